"""The picture of a policy: each variant over the years as a fan of its dates and values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dated import DatedTable
from simcore.distributions import CONSTANT, compile_distribution
from simcore.plots.panels import COLOURS, MARKERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS: Final = 400
_READING: Final = (
    "line: median, dotted: mean, bands: P5-P95 and P25-P75 over delay and value; "
    "mark: a date of the table"
)
_AHEAD: Final = 4
_FIRST: Final = 2024
_BAND: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def draw(name: str, policy: Mapping[str, Any], path: Path) -> Path:
    """Draw a policy, an entry of the catalog, into a PNG."""
    from simcore.plots import save

    expected, remedy = "a PNG file that can be written", "choose another --plot"
    save(lambda: _figure(name, policy), path, expected=expected, remedy=remedy)
    return path


def band(policy: Mapping[str, Any], variant: str, years: np.ndarray) -> np.ndarray:
    """Quantiles and mean of one variant, its delay and its uncertain values taken together.

    Over calendar years, shape (n,): P5, P25, P50, P75, P95 and the mean, shape (6, n); NaN before
    the first date.
    """
    table = DatedTable.written(policy["variants"][variant])
    delays, weights = _delays(policy["delay"])
    quantiles = np.full((len(_BAND) + 1, len(years)), np.nan)
    for place, year in enumerate(years):
        values, shares = [], []
        for delay, weight in zip(delays, weights, strict=True):
            held = table.delayed(delay, known_until=policy["known_until"]).at(int(year))
            if held is None:
                break
            points = held.factor * _quantiles(held.value, (np.arange(_POINTS) + 0.5) / _POINTS)
            values.append(points)
            shares.append(np.full(len(points), weight / len(points)))
        else:
            mixed, share = np.concatenate(values), np.concatenate(shares)
            order = np.argsort(mixed)
            reached = np.cumsum(share[order])
            at = np.searchsorted(reached, np.array(_BAND) * reached[-1])
            quantiles[:-1, place] = mixed[order][at]
            quantiles[-1, place] = mixed @ share
    return quantiles


def _delays(delay: Any) -> tuple[list[int], list[float]]:
    if isinstance(delay, Mapping) and "probabilities" in delay:
        return [int(one) for one in delay["values"]], list(delay["probabilities"])
    return [int(delay.get("value", 0)) if isinstance(delay, Mapping) else int(delay)], [1.0]


def _quantiles(value: Any, levels: np.ndarray) -> np.ndarray:
    """Quantiles of a dated value; of a known one that number alone."""
    from simcore.kernels.marginals import quantile

    spec = {"kind": "constant", **value} if isinstance(value, Mapping) else value
    marginal = compile_distribution(spec)
    if marginal.kind == CONSTANT:
        return np.array([marginal.central])
    return quantile(levels, kind=marginal.kind, params=marginal.params, pool=marginal.pool)


def _figure(name: str, policy: Mapping[str, Any]) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    variants = policy["variants"]
    dates = [date for table in variants.values() for date in table["values"]]
    late = max(_delays(policy["delay"])[0])
    last = max([*dates, *(table.get("end") or 0 for table in variants.values())]) + late + _AHEAD
    years = np.arange(min(max(min(dates), _FIRST), max(dates)), last + 1)
    figure = Figure(figsize=(8.5, 4.6), layout="constrained")
    axes = figure.subplots()
    edges = np.append(years, last + 1) - 0.5  # a value holds all its year
    for place, (variant, table) in enumerate(variants.items()):
        found = band(policy, variant, years)
        held = np.concatenate([found, found[:, -1:]], axis=1)
        colour = COLOURS[place % len(COLOURS)]
        known = ~np.isnan(held[0])
        if np.any(held[4][known] > held[0][known]):
            for low, high, shade in ((0, 4, 0.18), (1, 3, 0.25)):
                axes.fill_between(
                    edges[known], held[low][known], held[high][known], step="post", color=colour,
                    alpha=shade, linewidth=0,
                )  # fmt: skip
            axes.step(edges, held[5], where="post", color=colour, linewidth=1.2, linestyle=":")
        axes.step(
            edges, held[2], where="post", color=colour, linewidth=1.8,
            linestyle=("-", "--", "-.")[place % 3],
            label=f"{variant} ({str(table.get('status', '-')).replace('_', ' ')})",
        )  # fmt: skip
        own = [date for date in table["values"] if date in years]
        axes.plot(
            own, found[2][np.searchsorted(years, own)], MARKERS[place % len(MARKERS)],
            color=colour, markersize=4,
        )  # fmt: skip
    unit = str(policy.get("unit") or "1")
    axes.set_ylabel("share or switch (0 to 1)" if unit == "1" else unit)
    axes.set_xlim(edges[0], edges[-1])
    axes.margins(y=0.06)
    axes.autoscale_view(scalex=False)
    if axes.get_ylim()[0] > 0:
        axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    edge = policy["known_until"] + 0.5
    if edges[0] < edge < edges[-1]:
        axes.axvline(edge, color="black", linewidth=0.9, linestyle=(0, (1, 3)))
        axes.annotate(
            f"known until {policy['known_until']}", (edge, 0.03), rotation=90,
            xycoords=("data", "axes fraction"), xytext=(-3, 0), textcoords="offset points",
            ha="right", va="bottom", fontsize=8, color="#444444",
        )  # fmt: skip
    axes.set_title(f"{policy.get('title', name)} ({policy.get('region', name)})", loc="left")
    figure.suptitle(name, x=0.01, ha="left")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(4, len(labels)), frameon=False,
        title=_READING,
        title_fontsize=8.5,
    )  # fmt: skip
    return figure
