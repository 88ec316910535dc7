"""The kinds of process, how a price leaves its anchor path; one file each, and this register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import SerializeAsAny, ValidationError
from pydantic_core import InitErrorDetails, core_schema

from simcore.processes.bootstrap import BOOTSTRAP
from simcore.processes.cap_and_bank import CAP_AND_BANK
from simcore.processes.declaration import Fitting, Kind, Process
from simcore.processes.fixed import FIXED
from simcore.processes.gbm import GBM
from simcore.processes.log_ou import LOG_OU
from simcore.processes.random_walk import RANDOM_WALK
from simcore.processes.regime_switching import REGIME_SWITCHING
from simcore.processes.scenario import SCENARIO

__all__ = ["FITS", "KINDS", "AnyProcess", "Fitting", "Kind", "Process", "kind_of", "register"]

KINDS: Final[dict[str, Kind]] = {}
"""By the name that a config writes."""
FITS: Final[dict[str, Fitting]] = {}
"""By the name that `calibrate` takes."""


def register(kind: Kind) -> None:
    """Add a kind of process, which configs may then name.

    Raises
    ------
    ValueError
        One of that name, or a fit of that name, is there already.
    """
    if kind.name in KINDS or kind.fits.keys() & FITS.keys():
        raise ValueError(f"processes: a second {kind.name}; give it another name")
    KINDS[kind.name] = kind
    FITS.update(kind.fits)


for _kind in (FIXED, SCENARIO, GBM, RANDOM_WALK, LOG_OU, REGIME_SWITCHING, BOOTSTRAP, CAP_AND_BANK):
    register(_kind)


def kind_of(process: Process | None) -> Kind:
    """The kind of a process; `fixed` where there is none."""
    return FIXED if process is None else KINDS[process.kind]


def having(key: str) -> list[str]:
    """Names of the kinds that have a field."""
    return [name for name, kind in KINDS.items() if key in kind.record.model_fields]


class _OfKind:
    """Annotation: the record of the kind that a mapping names, of those registered by then."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.no_info_before_validator_function(_of_kind, handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> Any:
        # Not by the tag: a config may change one field of a process and leave its kind.
        choices: list[Any] = [kind.record.__pydantic_core_schema__ for kind in KINDS.values()]
        return handler(core_schema.union_schema(choices))


AnyProcess = Annotated[SerializeAsAny[Process], _OfKind()]
"""A process of any kind."""


def record_of(content: Any) -> type[Process]:
    """The record that a mapping is meant to be."""
    name = content.get("kind") if isinstance(content, Mapping) else None
    return KINDS[name].record if isinstance(name, str) and name in KINDS else Process


def _of_kind(content: Any) -> Any:
    record = record_of(content)
    if isinstance(content, Process) or not isinstance(content, Mapping):
        return content
    if record is Process and "kind" in content:
        names = " or ".join(map(repr, KINDS))
        detail = InitErrorDetails(
            type="literal_error", ctx={"expected": names}, loc=("kind",), input=content["kind"]
        )
        raise ValidationError.from_exception_data("Process", [detail])
    own = record.model_fields
    return record.model_validate({
        key: value for key, value in content.items()
        if (key in own and value is not None) or (key not in own and not _says_nothing(key, value))
        # Without a kind nothing is known of the fields of kinds.
        if record is not Process or not having(key)
    })  # fmt: skip


def _says_nothing(key: str, value: Any) -> bool:
    """Whether a field of other kinds is at its default, as complete configs once wrote it."""
    defaults = [KINDS[name].record.model_fields[key].default for name in having(key)]
    zero = value.get("value") if isinstance(value, Mapping) else value
    return bool(defaults) and (value is None or zero == 0 or value in defaults)


def fields_of(record: type[Process]) -> list[str]:
    """Fields that a process may have; without a kind those of all."""
    records = [kind.record for kind in KINDS.values()] if record is Process else [record]
    return sorted({key for one in records for key in one.model_fields})


def refusal(record: type[Process], key: str) -> tuple[str, str, str] | None:
    """Found, expected and remedy of a field that only other kinds have; None if none has it."""
    kinds, name = having(key), record.model_fields["kind"].default
    if not kinds:
        return None
    return (
        f"{key} with the process {name}, which has none",
        f"{key} with {' or '.join(kinds)}",
        f"remove {key}, or change kind",
    )


def lack(record: type[Process], key: str) -> tuple[str, str, str] | None:
    """The same of a field without which there is no such process."""
    name = record.model_fields["kind"].default
    entry = KINDS.get(name)
    if entry is None or key not in entry.lacking:
        return None
    return f"no {key} with the process {name}", *entry.lacking[key]
