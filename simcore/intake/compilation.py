"""Quantities of a config as marginals, columns of CSV files included; each compiled once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from simcore import distributions
from simcore.distributions import DistributionError
from simcore.files import contained
from simcore.intake.findings import Finding
from simcore.quantities import Constant, Empirical, Uncertain

_METADATA: Final = {*Uncertain.model_fields}
_MOST: Final = 4096
_COMPILED: Final[dict[Any, distributions.Marginal]] = {}
"""Marginals by all that decides them."""


def compiled(quantity: Any, folder: Path) -> distributions.Marginal:
    """Compile a quantity of any kind but `factor`, in the unit in which it is written.

    Raises
    ------
    DistributionError
        No distribution has these parameters or quantiles.
    ConfigError
        The CSV column cannot be used.
    """
    if isinstance(quantity, Constant):
        return distributions.constant(quantity.value)
    if isinstance(quantity, Empirical) and quantity.csv is not None:
        values, _ = column(folder, quantity)
        return _finite({"kind": "empirical", "values": values})
    content = _content(quantity)
    if content not in _COMPILED:
        if len(_COMPILED) >= _MOST:
            _COMPILED.clear()
        _COMPILED[content] = _finite(_plain(quantity))
    return _COMPILED[content]


def _content(value: Any) -> Any:
    """What decides the distribution of a record, as a key."""
    if isinstance(value, Uncertain):
        return type(value), *(_content(getattr(value, name)) for name in _shape(type(value)))
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(map(_content, value)) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """What a record says of a distribution; to have pydantic say it would make its serializer."""
    if isinstance(value, Uncertain):
        return {name: _plain(getattr(value, name)) for name in _shape(type(value))}
    return list(map(_plain, value)) if isinstance(value, list) else value


@cache
def _shape(kind: type[Uncertain]) -> tuple[str, ...]:
    return tuple(name for name in kind.model_fields if name not in _METADATA)


def _finite(content: dict[str, Any]) -> distributions.Marginal:
    """Compile what has finite parameters; extreme ones overflow on the way."""
    with np.errstate(all="ignore"):
        try:
            marginal = distributions.compile_distribution(content)
        except (ArithmeticError, AssertionError) as error:
            raise DistributionError(f"numbers too extreme for a {content['kind']}") from error
    every = (marginal.params, marginal.pool, marginal.central, marginal.mean)
    if not all(np.isfinite(one).all() for one in every):
        raise DistributionError(f"numbers too extreme for a {content['kind']}")
    return marginal


def file_fault(
    address: tuple[Any, ...], folder: Path, name: str, *, expected: str = "an existing CSV file"
) -> Finding | None:
    """Why a file beside the config cannot be opened; None where it can."""
    file = contained(folder, name)
    if file is None:
        return Finding(
            address,
            name,
            "a file in the folder of the config",
            "move the file beside the config, or allow its folder: --allow-outside DIR",
        )
    if not file.is_file():
        return Finding(
            address, f"no file {name}", expected, "correct the name; it is relative to the config"
        )
    return None


def column(folder: Path, quantity: Empirical) -> tuple[list[float], tuple[str, ...]]:
    """Numbers of a column of a CSV file in the folder of the config, and notes of their reading.

    Raises
    ------
    DistributionError
        The file lies elsewhere.
    ConfigError
        It cannot be read, or the column holds something else than numbers.
    """
    from simcore.timeseries import Options, labels_of, read_sheet, values_of

    name, label = str(quantity.csv), str(quantity.column)
    path = contained(folder, name)
    if path is None:
        raise DistributionError(f"{name} lies outside the folder of the config")
    options = Options.of(quantity)
    labels = labels_of(label, options)
    sheet = read_sheet(path, name=name, labels=labels, encoding=options.encoding)
    found, notes = values_of(sheet, label, options)
    return [one for _, one in found if one is not None], notes
