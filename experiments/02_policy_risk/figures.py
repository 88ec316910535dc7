"""Pictures and the table of the variance split, from a saved run and indices of experiment.yaml.

    python experiments/02_policy_risk/figures.py results/02_policy_risk.zarr

reads `results/02_policy_risk_indices.zarr` too, which `simcore sensitivity` has written. Reads only
the datasets. Every amount is in the money of the run, per tonne of crude steel.

A price with a long tail makes the variance of the premium that of a few draws. The split of the
rank (the share of draws below) has no such tail. The pictures show the rank, the table both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simcore.dataset import digest
from simcore.plots import script
from simcore.plots.script import money

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision.
GROUPS = {"policy": "#0072B2", "view": "#E69F00", "prices": "#D55E00", "technology": "#009E73"}
HATCHES = {"policy": "", "view": "\\\\", "prices": "//", "technology": ".."}
LABELS = {
    "policy": "policy", "view": "which view of the carbon price", "prices": "prices, views aside",
    "technology": "technology",
}  # fmt: skip
LINES = ("#0072B2", "#D55E00", "#009E73")
YEARS = (2030, 2035)
ROUTES = {
    "scrap_eaf": "Scrap, EAF",
    "ng_dri_eaf": "Gas DRI, EAF",
    "h2_dri_eaf": "Hydrogen DRI, EAF",
}
REGIONS = {"EU": "EU", "KR": "Korea, sold into the EU"}
DECIDED = {
    "reform_2026": "the proposal of 2026 becomes law",
    "cbam_delayed": "the phase-in pauses for one to three years",
    "ets_tightened": "the EU ETS is tightened for certain",
}


class Row(NamedTuple):
    """What one group, or one decision, does to the premium of a route in a year."""

    premium: str
    year: str
    asked: str
    found: str


class Index(NamedTuple):
    """An index with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


# ------------------------------------------------------------------------ reading the datasets


def premium(run: xr.Dataset, scenario: str, region: str, route: str, year: int) -> np.ndarray:
    """Cost premium in each draw."""
    cell = {"scenario": scenario, "region": region, "route": route, "year": year}
    return run["cost_premium"].sel(cell).squeeze().values.astype(float)


def index(
    indices: xr.Dataset, measure: str, group: str, region: str, route: str, year: int, *,
    scale: str = "rank",
) -> Index:  # fmt: skip
    """An index of a group."""
    cell = {"scale": scale, "group": group, "region": region, "route": route, "year": year}
    found = [indices[f"cost_premium_{measure}{end}"].sel(cell) for end in ("", "_low", "_high")]
    return Index(*(float(one.squeeze()) for one in found))


# ------------------------------------------------------------------------------------- pictures


def groups(run: xr.Dataset, indices: xr.Dataset) -> Figure:
    """Shapley effect of each group, route and region, in both years."""
    figure, panels = script.panels((10, 6.4), len(YEARS))
    cells = [(region, route) for region in REGIONS for route in ROUTES]
    for axes, year in zip(panels, YEARS, strict=True):
        for place, (region, route) in enumerate(cells):
            for lane, (group, colour) in enumerate(GROUPS.items()):
                one = index(indices, "shapley", group, region, route, year)
                at = place + 0.2 * (lane - 1.5)
                value, low, high = (100 * max(part, 0.0) for part in one)
                axes.barh(
                    at, value, height=0.17, color=colour, hatch=HATCHES[group],
                    edgecolor="white", linewidth=0, label=LABELS[group] if place == 0 else None,
                )  # fmt: skip
                axes.plot([low, high], [at, at], color="black", linewidth=1)
                axes.annotate(
                    f"{value:.0f}", (high, at), xytext=(4, 0), textcoords="offset points",
                    va="center", fontsize=8,
                )  # fmt: skip
        axes.set_title(f"{year}")
        axes.set_yticks(range(len(cells)), [f"{ROUTES[k]}\n{REGIONS[r]}" for r, k in cells])
        axes.invert_yaxis()
        axes.set_xlim(0, 112)
        axes.set_xticks(range(0, 101, 20))
        axes.grid(visible=False, axis="y")
    panels[1].tick_params(labelleft=False)
    figure.suptitle("What the spread of the cost premium is made of, %")
    script.legend(figure, panels, "variance of the rank, Shapley effects; line: 95 % interval")
    return figure


def years(run: xr.Dataset, indices: xr.Dataset) -> Figure:
    """Total index of policy over the years."""
    figure, panels = script.panels((10, 4.4), len(REGIONS))
    horizon = [int(year) for year in indices["year"].values]
    styles = (("-", "o"), ("--", "s"), ("-.", "^"))
    for axes, region in zip(panels, REGIONS, strict=True):
        for (dash, mark), colour, route in zip(styles, LINES, ROUTES, strict=True):
            found = [index(indices, "total", "policy", region, route, year) for year in horizon]
            value, low, high = (100 * np.array(part) for part in zip(*found, strict=True))
            axes.fill_between(horizon, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(
                horizon, value, dash, marker=mark, color=colour, markersize=4, label=ROUTES[route]
            )
        axes.set_title(REGIONS[region])
        axes.set_xticks(horizon)
    top = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(0, top)
    panels[0].set_ylabel("% of the variance of the rank")
    figure.suptitle("What policy adds to the spread of the cost premium, by year")
    script.legend(figure, panels, "total index of policy, with its 95 % interval")
    return figure


def decisions(run: xr.Dataset, indices: xr.Dataset) -> Figure:
    """What each decision moves in the same draws, against the law."""
    figure, panels = script.panels((10, 4.6), len(YEARS))
    cells = [(region, route) for region in REGIONS for route in ROUTES]
    for axes, year in zip(panels, YEARS, strict=True):
        for lane, (scenario, colour) in enumerate(zip(DECIDED, LINES, strict=True)):
            for place, (region, route) in enumerate(cells):
                p5, p50, p95 = np.quantile(_moved(run, scenario, region, route, year),
                                           (0.05, 0.5, 0.95))  # fmt: skip
                at = place + 0.24 * (lane - 1)
                axes.plot([p5, p95], [at, at], color=colour, linewidth=2)
                axes.plot(
                    p50, at, "os^"[lane], color="white", markeredgecolor=colour, markersize=6,
                    label=DECIDED[scenario] if place == 0 else None,
                )  # fmt: skip
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(f"{year}")
        axes.set_yticks(range(len(cells)), [f"{ROUTES[k]}\n{REGIONS[r]}" for r, k in cells])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
    panels[1].tick_params(labelleft=False)
    figure.suptitle("What a decision adds to the cost premium, draw by draw, against the law")
    note = f"{money(run)} per tonne; line P5 to P95, mark P50; scales differ"
    script.legend(figure, panels, note)
    return figure


def _moved(run: xr.Dataset, scenario: str, region: str, route: str, year: int) -> np.ndarray:
    where = (region, route, year)
    return premium(run, scenario, *where) - premium(run, "law", *where)


# ---------------------------------------------------------------------------------------- table


def comparison(run: xr.Dataset, indices: xr.Dataset) -> list[Row]:
    """Spread, its split, and what decisions move, for each route, region and year."""
    rows = []
    names = ", ".join(GROUPS)
    for region in REGIONS:
        for route in ROUTES:
            for year in YEARS:
                where = (region, route, year)
                label = f"{ROUTES[route]}, {REGIONS[region]}"
                low, middle, high = np.quantile(premium(run, "shared", *where), (0.05, 0.5, 0.95))
                rows.append(Row(label, f"{year}", f"P5 / P50 / P95, {money(run)} per t",
                                f"{low:,.0f} / {middle:,.0f} / {high:,.0f}"))  # fmt: skip
                for measure, asked in (("shapley", "share of"), ("total", "total of")):
                    for scale, of in (("rank", "rank"), ("value", "premium")):
                        found = [index(indices, measure, group, *where, scale=scale)
                                 for group in GROUPS]  # fmt: skip
                        rows.append(Row(
                            label, f"{year}", f"{asked} {names}; {of}, %",
                            " / ".join(_percent(one.value) for one in found),
                        ))  # fmt: skip
                means = [_moved(run, scenario, *where).mean() for scenario in DECIDED]
                rows.append(Row(
                    label, f"{year}", f"mean shift by {', '.join(DECIDED)}",
                    " / ".join(f"{mean:+,.0f}" for mean in means),
                ))  # fmt: skip
    return rows


def _percent(value: float) -> str:
    return f"{100 * max(value, 0.0):.0f}"


def table(run: xr.Dataset, indices: xr.Dataset) -> str:
    """The comparison as a Markdown table, headed by what identifies the run and the indices."""
    widest = [
        100 * max(
            (one.high - one.low) / 2
            for region in REGIONS for route in ROUTES for year in YEARS for group in GROUPS
            for one in [index(indices, "shapley", group, region, route, year, scale=scale)]
        )
        for scale in ("rank", "value")
    ]  # fmt: skip
    head = (
        f"{script.identity(run)}, "
        f"of the indices {digest(indices)[:12]}; shares by {int(indices.attrs['draws']):,} draws, "
        f"+- {widest[0]:.1f} points at most (rank), {widest[1]:.1f} (premium)"
    )
    header = ("premium of", "year", "what", "found")
    return "\n".join([head, "", *script.table(header, comparison(run, indices))])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the table."""
    script.main(
        __file__, __doc__, (groups, years, decisions), table, arguments=arguments, beside="indices"
    )


if __name__ == "__main__":
    main()
