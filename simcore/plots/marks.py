"""Marks of panels: years, amounts, bands, whiskers, and where two lines cross."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.plots.amounts import Amounts
from simcore.plots.sheet import GREY, INK

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

PALE: Final = 0.16
FULL: Final = 0.32


def quantile_of(cell: xr.Dataset, name: str, probability: float) -> np.ndarray:
    """A stored quantile of an outcome, by what else the cell has, shape of those dimensions."""
    stored = cell["quantile"].values
    found: np.ndarray = (
        cell[f"{name}_quantile"].isel(quantile=int(np.abs(stored - probability).argmin())).values
    )
    return found


def year_ticks(years: Any, width: float) -> list[int]:
    """Ticks in an axis so many inches wide: first and last year, and round ones between."""
    first, last = int(years[0]), int(years[-1])
    if last - first < 2:
        return list(range(first, last + 1))
    room = max(2, int(width / 0.52))
    step = next(one for one in (1, 2, 5, 10, 20, 25, 50, 100, 1000) if (last - first) / one <= room)
    inner = [
        year for year in range(first + 1, last)
        if year % step == 0 and min(year - first, last - year) >= 0.6 * step
    ]  # fmt: skip
    return [first, *(inner or [(first + last) // 2]), last]


def year_axis(axes: Axes, years: Any, width: float) -> None:
    """Tick the first and last year and what is round between them."""
    from matplotlib.ticker import FixedLocator

    span = max(1, int(years[-1]) - int(years[0]))
    margin = 0.03 * span if len(years) > 1 else 1.0
    axes.set_xlim(years[0] - margin, years[-1] + margin)
    axes.xaxis.set_major_locator(FixedLocator(year_ticks(years, width)))
    axes.xaxis.set_major_formatter("{x:.0f}")


def amount_axis(axes: Axes, amounts: Amounts, *, along: str = "y", bins: int = 5) -> None:
    """Few round ticks, all written alike."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if along == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=bins, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(amounts.tick))


def zero(axes: Axes, *, along: str = "y") -> None:
    """The line of no difference."""
    draw = axes.axhline if along == "y" else axes.axvline
    draw(0, color=INK, linewidth=0.9, zorder=1.5)


def fan(axes: Axes, cell: xr.Dataset, name: str, amounts: Amounts, colour: str) -> None:
    """P5 to P95 and P25 to P75 as bands, the median as a line."""
    years = cell["year"].values
    for low, high, alpha in ((0.05, 0.95, PALE), (0.25, 0.75, FULL)):
        below, above = (quantile_of(cell, name, one) * amounts.factor for one in (low, high))
        band(axes, years, below, above, colour, alpha)
    line(axes, years, quantile_of(cell, name, 0.5) * amounts.factor, colour)


def band(axes: Axes, years: Any, low: Any, high: Any, colour: str, alpha: float) -> None:
    """Fill between two lines; of one year a bar."""
    if len(years) == 1:
        axes.vlines(years, low, high, color=colour, alpha=alpha, linewidth=14)
        return
    axes.fill_between(years, low, high, color=colour, alpha=alpha, linewidth=0)


def line(axes: Axes, years: Any, values: Any, colour: str, **style: Any) -> None:
    """A line over the years; a value that stands alone is a point."""
    known = np.isfinite(np.asarray(values, dtype=float))
    alone = known & ~np.roll(known, 1) & ~np.roll(known, -1) if len(known) > 1 else known
    if len(known) > 1:
        alone[0], alone[-1] = known[0] and not known[1], known[-1] and not known[-2]
    axes.plot(years, values, color=colour, **{"linewidth": 1.8, **style})
    if alone.any():
        axes.plot(np.asarray(years)[alone], np.asarray(values)[alone], "o", color=colour,
                  markersize=3.5)  # fmt: skip


def first_above(years: np.ndarray, values: np.ndarray) -> tuple[int, float] | None:
    """The first year from below zero to above it, and the point where a line crosses zero.

    None where the values never rise from below zero.
    """
    for place in range(1, len(values)):
        before, after = values[place - 1], values[place]
        if before < 0 <= after:
            share = -before / (after - before)
            gap = years[place] - years[place - 1]
            return int(years[place]), float(years[place - 1] + share * gap)
    return None


def crossed(axes: Axes, at: tuple[int, float], height: float) -> None:
    """Mark where two lines cross, with the first year after it."""
    year, place = at
    axes.plot([place], [height], "o", color=INK, markersize=5, markeredgecolor="white",
              markeredgewidth=0.9, zorder=4)  # fmt: skip
    left, right = axes.get_xlim()
    late = place > left + 0.75 * (right - left)
    axes.annotate(
        str(year), (place, height), xytext=(-5 if late else 5, 6), textcoords="offset points",
        ha="right" if late else "left", va="bottom", fontsize=8, weight="bold", color=INK,
        bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
        zorder=5,
    )  # fmt: skip


def empty(axes: Axes, why: str = "no value") -> None:
    """Say that a panel has nothing to show."""
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes, color=GREY,
              fontsize=8)  # fmt: skip
