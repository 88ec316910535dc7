"""Kinds of pictures: what `simcore plot --kind NAME` may name.

A kind is one declaration above one function: its name, what it shows, which arrays of a run it
needs. The modules that hold them are named in `DECLARED_IN`; `register` adds one from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from simcore.dataset import RunError
from simcore.errors import Fault, unlisted
from simcore.statistics import split_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

DECLARED_IN: Final = (
    "routes", "years", "waterfalls", "comparisons", "prices", "deals", "accounts", "decisions",
    "sensitivity", "drivers", "converging", "waiting",
)  # fmt: skip
"""Modules of `plots/` with kinds, in the order in which kinds are listed."""

_MADE_BY: Final = {
    "sensitivity": "simcore sensitivity FILE -o sens.zarr makes indices, which this kind shows",
    "waiting": "simcore wait FILE -o wait.zarr makes what this kind shows",
}
CELL: Final = ("scenario", "sector", "destination")


@dataclass(frozen=True)
class Asked:
    """What a user asked of a picture, beside the labels that the run is cut to.

    Attributes
    ----------
    years : tuple of int
        Years of a picture of single years; empty: its own choice.
    hidden : mapping of str to tuple of str
        By dimension the labels of the run that are not shown as none were asked for.
    named : frozenset of str
        Dimensions of which labels were asked for.
    whole : xarray.Dataset
        The same run with every route.
    """

    years: tuple[int, ...] = ()
    hidden: Mapping[str, tuple[str, ...]] | None = None
    named: frozenset[str] = frozenset()
    whole: Any = None


Draw = Callable[["xr.Dataset", Asked], "Figure | None"]


@dataclass(frozen=True)
class Kind:
    """A kind of picture.

    Attributes
    ----------
    name : str
        As `--kind` takes it, and the name of the file.
    shows : str
        One line for `simcore plot --help`.
    draw : callable
        Draws a run that is cut to what was asked; None where there is nothing to show.
    needs : tuple of tuple of str
        Arrays of the run; of each tuple one. `cost_premium` alone is its draws.
    each : tuple of str
        Dimensions of which every picture shows one label.
    usual : callable
        Whether a run gets it unasked, by its arrays.
    study : str
        Attribute `study` of the datasets that it shows; empty: runs.
    """

    name: str
    shows: str
    draw: Draw
    needs: tuple[tuple[str, ...], ...] = ()
    each: tuple[str, ...] = ()
    usual: Callable[[Any], bool] = bool
    study: str = ""

    def lacking(self, arrays: Iterable[Any]) -> list[tuple[str, ...]]:
        """Arrays that are needed and not there, each with those that would do as well."""
        held = set(map(str, arrays))
        return [each for each in self.needs if not held & set(each)]


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind; one of that name is replaced."""
    _KINDS[kind.name] = kind


def withdraw(name: str) -> None:
    """Take a kind back."""
    _KINDS.pop(name, None)


def picture(
    name: str, *, shows: str, needs: Iterable[str | tuple[str, ...]] = (),
    each: tuple[str, ...] = (), usual: bool | Callable[[Any], bool] = True, study: str = "",
) -> Callable[[Draw], Draw]:  # fmt: skip
    """Declare the function below as what draws a kind; see `Kind`."""

    def declared(draw: Draw) -> Draw:
        register(Kind(
            name, shows, draw, tuple((one,) if isinstance(one, str) else one for one in needs),
            each, usual if callable(usual) else lambda _: usual, study,
        ))  # fmt: skip
        return draw

    return declared


def every_kind() -> dict[str, Kind]:
    """Every kind by its name."""
    for module in DECLARED_IN:
        import_module(f"simcore.plots.{module}")
    return dict(_KINDS)


def kind_of(name: str) -> Kind:
    """The kind of a name; an unknown one is a RunError with a hint."""
    known = every_kind()
    if name not in known:
        remedy = "simcore plot --help says what each shows"
        raise RunError(unlisted("--kind", name, known, remedy=remedy))
    return known[name]


def kinds_text(width: int = 100) -> str:
    """Table of the kinds for `simcore plot --help`."""
    import textwrap

    known = every_kind().values()
    room = max((len(one.name) for one in known), default=0) + 4
    lines = ["kinds:"]
    for one in known:
        lines += textwrap.wrap(
            one.shows, width, initial_indent=f"  {one.name}".ljust(room),
            subsequent_indent=" " * room,
        )  # fmt: skip
    return "\n".join(lines)


def is_of(kind: Kind, arrays: Any) -> bool:
    """Whether a kind shows datasets such as this: a run, or the indices of a study."""
    return bool(getattr(arrays, "attrs", {}).get("study", "") == kind.study)


def fault_of(kind: Kind, arrays: Iterable[Any]) -> Fault | None:
    """Why a run cannot show a kind, and what to add to its config; None where it can."""
    if not is_of(kind, arrays):
        return Fault(
            f"--kind {kind.name}",
            "another dataset" if kind.study else "no run, but what a study has found", kind.shows,
            _MADE_BY.get(kind.study, "name a run, which simcore run FILE makes"),
        )  # fmt: skip
    outcomes: list[str] = []
    kept: list[str] = []
    for each in kind.lacking(arrays):
        split = split_name(each[0])
        (outcomes if split else kept).append(split[0] if split else each[0])
    if not outcomes and not kept:
        return None
    said = [
        f"{', '.join(dict.fromkeys(names))} to {setting}"
        for names, setting in ((outcomes, "outcomes"), (kept, "keep")) if names
    ]  # fmt: skip
    return Fault(
        f"--kind {kind.name}", f"no {', '.join(dict.fromkeys(outcomes + kept))} in this run",
        kind.shows, f"add {', and '.join(said)} in the config and run again",
    )  # fmt: skip
