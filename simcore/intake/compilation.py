"""Quantities of a config as marginals, columns of CSV files included; each compiled once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from simcore import distributions
from simcore.distributions import DistributionError
from simcore.errors import ConfigError
from simcore.intake.findings import Finding
from simcore.intake.processes import PriceHistory
from simcore.quantities import Constant, Empirical, Uncertain
from simcore.timeseries import DAYS, Options, Sheet, of_sheet, read_sheet
from simcore.timeseries.cells import is_gap, numbers_of

_METADATA = {*Uncertain.model_fields}


def compiled(quantity: Any, folder: Path) -> distributions.Marginal:
    """Compile a quantity in the unit in which it is written.

    Parameters
    ----------
    quantity : Quantity
        Any kind but `factor`.
    folder : Path
        Folder in which a CSV file that it names must lie.

    Returns
    -------
    Marginal

    Raises
    ------
    DistributionError
        No distribution has these parameters or quantiles, or the CSV column cannot be used.
    """
    if isinstance(quantity, Constant):
        return distributions.constant(quantity.value)
    if isinstance(quantity, Empirical) and quantity.csv is not None:
        values = column(folder, quantity.csv, quantity.column)
        return _finite({"kind": "empirical", "values": values})
    return _compiled(quantity.model_dump_json(exclude=_METADATA))


@lru_cache(maxsize=4096)
def _compiled(text: str) -> distributions.Marginal:
    content = json.loads(text)
    if "quantiles" in content:
        content["quantiles"] = {float(key): value for key, value in content["quantiles"].items()}
    return _finite(content)


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


class Folder(type(Path())):  # type: ignore[misc]
    """The folder of a config, and others from which it may read files as well.

    A path like any other, so that whoever has one can ask what it contains.
    """

    allowed: tuple[Path, ...] = ()

    @classmethod
    def of(cls, path: Path, allowed: Sequence[str | Path] = ()) -> Folder:
        """Make the folder of a config."""
        folder: Folder = cls(path)
        folder.allowed = tuple(Path(one).resolve() for one in allowed)
        return folder


def contained(folder: Path, name: str) -> Path | None:
    """The path of a file named in a config, or None where it leaves the config's folder.

    Folders that the command line allows (`Folder.allowed`) belong to it.
    """
    try:
        path = Path(folder, name).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    roots = (Path(folder).resolve(), *getattr(folder, "allowed", ()))
    return path if any(path.is_relative_to(root) for root in roots) else None


def file_fault(
    path: tuple[Any, ...], folder: Path, name: str, *, expected: str = "an existing CSV file"
) -> Finding | None:
    """Why a file named in a config cannot be opened; None where it can.

    Parameters
    ----------
    path : tuple
        Where in the config the name stands.
    folder : Path
        Folder of the config.
    name : str
        File, relative to it.
    expected : str
        What would do.
    """
    file = contained(folder, name)
    if file is None:
        return Finding(
            path,
            name,
            "a file in the folder of the config",
            "move the file beside the config, or allow its folder: --allow-outside DIR",
        )
    if not file.is_file():
        return Finding(
            path, f"no file {name}", expected, "correct the name; it is relative to the config"
        )
    return None


def column(folder: Path, name: str, label: str | None) -> list[float]:
    """Numbers of one column of a CSV file.

    Parameters
    ----------
    folder : Path
        Folder of the config.
    name : str
        File, relative to it.
    label : str
        Heading of the column.

    Returns
    -------
    list of float
        Empty cells left out.

    Raises
    ------
    DistributionError
        The file lies elsewhere or cannot be read, or the column holds something else than finite
        numbers.
    """
    path = contained(folder, name)
    if path is None:
        raise DistributionError(f"{name} lies outside the folder of the config")
    try:
        sheet = read_sheet(path, name=name, labels=[label or ""])
        place = sheet.find(label or "", "column")
    except ConfigError as error:
        raise DistributionError(_sentence(error)) from None
    cells = sheet.column(place)
    numbers = numbers_of(cells, delimiter=sheet.delimiter)
    if numbers.refusal:
        raise DistributionError(f"{name}: {numbers.refusal[0]}")
    values: list[float] = []
    for (line, _), cell in zip(sheet.rows, cells, strict=True):
        if is_gap(cell):
            continue
        value = numbers.read(cell)
        if value is None:
            raise DistributionError(f"{name}:{line}: {cell[:40]!r} is not a finite number")
        values.append(value)
    if not values:
        raise DistributionError(f"{name}: column {label!r} is empty")
    return values


def past_prices(folder: Path, history: PriceHistory) -> np.ndarray:
    """Prices of a history at even distances in time, oldest first.

    Raises
    ------
    DistributionError
        The file lies elsewhere or cannot be read; prices <= 0; dates at other distances than
        `per_year` says, or a hole between them.
    """
    path, name = contained(folder, history.csv), history.csv
    if path is None:
        raise DistributionError(f"{name} lies outside the folder of the config")
    options = Options(
        date=history.date, where=history.where, encoding=history.encoding,
        decimal=history.decimal, date_order=history.date_order,
    )  # fmt: skip
    labels = [one for one in (history.column, history.date, *history.where) if one]
    try:
        sheet = read_sheet(path, name=name, labels=labels, encoding=history.encoding)
        dated = history.date or history.where or sheet.only_dates() is not None
        if not dated and "date" not in map(str.casefold, sheet.heading):
            return _in_order(sheet, history)
        found = of_sheet(sheet, history.column, options)
    except ConfigError as error:
        raise DistributionError(_sentence(error)) from None
    steps, usual = np.diff(found.dates).astype(int), DAYS / history.per_year
    # Few days are no hole where only the days of trade count.
    if not 0.6 < float(np.median(steps)) / usual < 1.6:
        raise DistributionError(
            f"{name}: prices {np.median(steps):g} days apart with per_year: {history.per_year}"
        )
    if steps.max() > max(1.6 * usual, 12):
        place = int(np.argmax(steps))
        raise DistributionError(
            f"{name}: no price between {found.dates[place]} and {found.dates[place + 1]}"
        )
    return found.prices


def _in_order(sheet: Sheet, history: PriceHistory) -> np.ndarray:
    """Prices of a file without dates, as they stand."""
    cells = sheet.column(sheet.find(history.column, "column"))
    numbers = numbers_of(cells, decimal=history.decimal, delimiter=sheet.delimiter)
    last = max((place for place, cell in enumerate(cells) if not is_gap(cell)), default=-1)
    values: list[float] = []
    for (line, _), cell in zip(sheet.rows[: last + 1], cells, strict=False):
        if is_gap(cell):
            if not values:
                continue
            raise DistributionError(f"{sheet.name}:{line}: an empty cell between two numbers")
        value = numbers.read(cell)
        if value is None or numbers.refusal:
            raise DistributionError(f"{sheet.name}:{line}: {cell[:40]!r} is not a finite number")
        if value <= 0:
            raise DistributionError(f"{sheet.name}: prices <= 0")
        values.append(value)
    if not values:
        raise DistributionError(f"{sheet.name}: column {history.column!r} is empty")
    return np.array(values)


def _sentence(error: ConfigError) -> str:
    """The faults of a file in one line, for the fault of the config that names it."""
    return "; ".join(
        f"{one.file}{'' if one.line is None else f':{one.line}'}: {one.found}, expected "
        f"{one.expected}"
        for one in error.faults
    )
