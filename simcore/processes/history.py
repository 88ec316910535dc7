"""Past prices in a CSV file beside a config, and their changes over a year."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from simcore.distributions import DistributionError
from simcore.errors import ConfigError
from simcore.files import contained
from simcore.numerics.elementary import log, mean_of, total
from simcore.quantities.records import Described, Whole
from simcore.timeseries import DAYS, Options, Sheet, of_sheet, read_sheet
from simcore.timeseries.cells import is_gap, numbers_of


class PriceHistory(Described):
    """Past prices in a CSV file beside the config, at even distances in time.

    They are sorted by their dates; a file without dates must hold them oldest first.
    """

    csv: str
    """A file in the folder of the config."""
    column: str
    """Heading of the prices, or the number of the column."""
    date: str | None = None
    """Heading of the dates; by default `date`, or the only column of dates."""
    where: dict[str, str] = Field(default_factory=dict)
    """Only rows with these cells."""
    encoding: str | None = None
    """Of the file; UTF-8 by default."""
    decimal: Literal["point", "comma"] | None = None
    """Decimal sign, where 1,234 may be two numbers."""
    date_order: Literal["dmy", "mdy"] | None = None
    """Order of 01/02/2024, where it may be two dates."""
    per_year: Whole = Field(ge=1, le=366)
    """Observations a year."""


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
        raise DistributionError(error.sentence) from None
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
    values: list[float] = Field(default_factory=list)
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


def yearly_changes(folder: Path, history: PriceHistory) -> np.ndarray:
    """Change of the log price over the year that begins at each observation, its mean removed.

    The last observation is followed by the first, so that all are drawn equally often.

    Raises
    ------
    DistributionError
        The file cannot be read, holds prices <= 0, or less than two years.
    """
    prices, count = past_prices(folder, history), history.per_year
    if len(prices) < 2 * count + 1:
        raise DistributionError(
            f"{history.csv}: {len(prices)} prices, less than two years of {count}"
        )
    changes = np.diff(log(prices))
    changes -= mean_of(changes)
    return np.asarray(total([np.roll(changes, -step) for step in range(count)], axis=0))
