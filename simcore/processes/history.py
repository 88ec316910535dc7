"""Past prices in a CSV file beside a config, and their changes over a year."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from simcore.distributions import DistributionError
from simcore.errors import ConfigError, Fault
from simcore.files import contained
from simcore.numerics.elementary import log, mean_of, total
from simcore.quantities.records import Column, Described, Whole

if TYPE_CHECKING:
    from simcore.timeseries import History


class PriceHistory(Column, Described):
    """Past prices in a CSV file beside the config, at even distances in time.

    They are sorted by their dates; a file without dates must hold them oldest first.
    """

    csv: str
    """A file in the folder of the config."""
    column: str
    """Heading of the prices, or the number of the column."""
    date: str | None = None
    """Heading of the dates; by default the only column of dates."""
    front: str | None = None
    """Heading of the deliveries: the nearest is taken, gaps between them are no changes."""
    first: str | Whole | None = None
    """First date, or year."""
    last: str | Whole | None = None
    """Last date, or year."""
    duplicates: Literal["error", "last", "mean"] = "error"
    """Two prices of one date."""
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    """Order of 01/02/2024, where it may be two dates."""
    per_year: Whole = Field(ge=1, le=366)
    """Observations a year."""


def past_prices(folder: Path, history: PriceHistory) -> tuple[np.ndarray, tuple[str, ...]]:
    """Prices of a history at even distances in time, oldest first, and notes of how it was read.

    Raises
    ------
    ConfigError
        The file cannot be read, its prices are not above zero, its dates at other distances than
        `per_year` says, or there is a hole between them.
    DistributionError
        The file lies elsewhere.
    """
    from simcore.timeseries import Options, labels_of, of_sheet, read_sheet, values_of

    path, name = contained(folder, history.csv), history.csv
    if path is None:
        raise DistributionError(f"{name} lies outside the folder of the config")
    options = Options.of(history)
    labels = labels_of(history.column, options)
    sheet = read_sheet(path, name=name, labels=labels, encoding=history.encoding)
    dates = set(sheet.dates()) - {sheet.find(history.column, "column")}
    said = history.date or history.first or history.last or history.front
    if said or dates or "date" in map(str.casefold, sheet.heading):
        found = of_sheet(sheet, history.column, options)
        _check_even(found, history)
        return found.prices, found.notes
    numbers, notes = values_of(sheet, history.column, options)
    filled = [place for place, (_, one) in enumerate(numbers) if one is not None]
    inside = numbers[filled[0] : filled[-1] + 1]
    for line, one in inside:
        if one is None:
            raise DistributionError(f"{name}:{line}: an empty cell between two numbers")
        if one <= 0:
            raise ConfigError(Fault("", f"{one:g}", "a price above zero", "correct it", name, line))
    told = "no dates: the prices are taken as they stand, oldest first"
    return np.array([one for _, one in inside]), (*notes, told)


def _check_even(found: "History", history: PriceHistory) -> None:
    from simcore.timeseries import DAYS

    steps, usual = np.diff(found.dates).astype(int), DAYS / history.per_year
    # Few days are no hole where only the days of trade count.
    apart = float(np.median(steps))
    if not 0.6 < apart / usual < 1.6:
        # Where only days of trade count, a year has some 252.
        fits = round(DAYS / apart) if apart > 4 else 252
        raise ConfigError(Fault(
            "per_year", f"prices {apart:g} days apart with per_year: {history.per_year}",
            "as many prices a year as the file has", f"write per_year: {fits}", history.csv,
        ))  # fmt: skip
    if steps.max() > max(1.6 * usual, 12):
        place = int(np.argmax(steps))
        raise ConfigError(Fault(
            "", f"no price between {found.dates[place]} and {found.dates[place + 1]}",
            "a price in each period", "add it, or take first or last from where it is whole",
            history.csv,
        ))  # fmt: skip


def yearly_changes(folder: Path, history: PriceHistory) -> np.ndarray:
    """Change of the log price over the year that begins at each observation, its mean removed.

    The last observation is followed by the first, so that all are drawn equally often.

    Raises
    ------
    ConfigError, DistributionError
        The file cannot be read; see `past_prices`; or it holds less than two years.
    """
    (prices, _), count = past_prices(folder, history), history.per_year
    if len(prices) < 2 * count + 1:
        raise DistributionError(
            f"{history.csv}: {len(prices)} prices, less than two years of {count}"
        )
    changes = np.diff(log(prices))
    changes -= mean_of(changes)
    return np.asarray(total([np.roll(changes, -step) for step in range(count)], axis=0))
