"""The picture of a back-test: bands beside what came, and the PIT histograms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simcore.plots.panels import BLUE, COLOURS, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simcore.calibration.backtest import Backtest, Score

_BINS = 10


def draw(result: Backtest, name: str, path: Path) -> Path:
    """Draw a back-test of a market, one of the models scored, into a PNG."""
    from simcore.plots import save

    save(lambda: _figure(result, name), path, expected="a folder to write into")
    return path


def _figure(result: Backtest, name: str) -> Figure:
    from matplotlib.figure import Figure

    horizons = list(result.origins)
    figure = Figure(figsize=(11, 1.3 + 2.7 * len(horizons)), layout="constrained")
    history = result.history
    figure.suptitle(f"{name} on {history.file}, {history.column}: forecasts and what came")
    grid = figure.subplots(len(horizons), 2, squeeze=False, width_ratios=(3, 1.25))
    for (left, right), years in zip(grid, horizons, strict=True):
        scores = [one for one in result.scores if one.horizon == years]
        _bands(left, result, name, years, scores[0])
        _histogram(right, scores)
    for _, right in grid:
        right.legend(loc="upper left", fontsize=7.5, frameon=False)
    grid[-1][0].set_xlabel("date of the outcome")
    grid[-1][1].set_xlabel("probability of less than what came")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False,
        title="One path, and forecasts of neighbouring dates overlap: thin evidence.",
    )  # fmt: skip
    return figure


def _bands(axes: Axes, result: Backtest, name: str, years: int, score: Score) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    origins, prices = result.origins[years], result.history.prices
    targets = result.targets[years]
    dates = result.history.dates[targets]
    # Rows of the bands: 2.5, 10, 25, 50, 75, 90, 97.5 %.
    bands = prices[origins] * np.exp(result.bands[name, years])
    for row, shade, label in ((0, 0.15, "95 %"), (1, 0.25, "80 %"), (2, 0.4, "50 %")):
        axes.fill_between(dates, bands[row], bands[6 - row], color=BLUE, alpha=shade, linewidth=0,
                          label=f"band of {label}")  # fmt: skip
    axes.plot(dates, bands[3], color=BLUE, linewidth=1, label="median")
    axes.plot(dates, prices[targets], color="black", linewidth=1.3, label="what came")
    axes.set_yscale("log")
    # The ticks of a logarithmic axis are written as formulas, which the style leaves as they are.
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("price, unit of the file")
    axes.set_title(
        f"{years} year{'s' if years > 1 else ''} ahead: {score.coverage[0.8]:.0%} inside the 80 % "
        f"band, CRPS {score.crps:.3f} ({score.origins} origins, {score.apart} apart)",
        loc="left",
    )


def _histogram(axes: Axes, scores: list[Score]) -> None:
    edges = np.linspace(0, 1, _BINS + 1)
    for place, one in enumerate(scores):
        share = np.histogram(one.pit, edges)[0] / len(one.pit) * _BINS
        if place == 0:
            axes.bar(edges[:-1], share, width=1 / _BINS, align="edge", color=BLUE, alpha=0.4,
                     label=one.model)  # fmt: skip
        else:
            axes.stairs(share, edges, color=(VERMILLION, COLOURS[2])[place - 1], linewidth=1.3,
                        label=f"{one.model}")  # fmt: skip
    axes.axhline(1, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlim(0, 1)
    # Room for the legend above the highest bar.
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.set_title("PIT: flat when calibrated", loc="left")
    axes.set_ylabel("density")
