"""Pictures and the table of the variance split, from a saved run of experiment.yaml.

    python experiments/02_policy_risk/figures.py results/02_policy_risk.zarr

Reads only the dataset. Every amount is in the money of the run, per tonne of crude steel.

The split compares scenarios that share all draws but those of one group. With Y of `shared` and Y'
of a scenario that draws a group anew, mean((Y - Y')^2)/2 is the variance that is left when all but
this group is known: over the variance, the group's total index. With Y' of the scenario that keeps
a group and draws all else anew, one minus the same ratio is its first-order index: the part of the
variance that is gone once the group is known.

A price with a long tail makes the variance of the premium that of a few draws. The split of the
rank (the share of draws below) has no such tail. The pictures show the rank, the table both.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import simcore
from simcore.dataset import digest

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision.
GROUPS = {"policy": "#0072B2", "market": "#D55E00", "technology": "#009E73"}
HATCHES = {"policy": "", "market": "//", "technology": "..", "view": "\\\\"}
# The view of carbon prices is a part of the market; its bar stands beside the groups.
BARS = {**GROUPS, "view": "#E69F00"}
LABELS = {"view": "of the market: which view of carbon prices"}
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
BATCHES = 20


class Row(NamedTuple):
    """What one group, or one decision, does to the premium of a route in a year."""

    premium: str
    year: str
    asked: str
    found: str


class Split(NamedTuple):
    """First-order and total index of a group, with their standard errors."""

    first: float
    total: float
    first_error: float
    total_error: float


# ------------------------------------------------------------------------------ reading the run


def premium(run: xr.Dataset, scenario: str, region: str, route: str, year: int) -> np.ndarray:
    """Cost premium in each draw."""
    cell = {"scenario": scenario, "region": region, "route": route, "year": year}
    return run["cost_premium"].sel(cell).squeeze().values.astype(float)


def ranks(*samples: np.ndarray) -> list[np.ndarray]:
    """Each value as its share of smaller values in the first sample: no tail dominates."""
    order = np.sort(samples[0])
    return [np.searchsorted(order, one) / len(order) for one in samples]


def split(
    run: xr.Dataset, group: str, region: str, route: str, year: int, *, ranked: bool = False
) -> Split:
    """Split of the variance of the premium, or of its rank."""
    found = [
        premium(run, scenario, region, route, year)
        for scenario in ("shared", f"redraw_{group}", f"keep_{group}")
    ]
    own, redrawn, kept = ranks(*found) if ranked else found
    variance = np.var(own)
    # Means of batches give the error of the mean of all.
    first, total = (
        np.array([part.mean() for part in np.array_split((own - other) ** 2, BATCHES)])
        / (2 * variance)
        for other in (kept, redrawn)
    )
    errors = [one.std(ddof=1) / np.sqrt(BATCHES) for one in (first, total)]
    return Split(1 - first.mean(), total.mean(), errors[0], errors[1])


def money(run: xr.Dataset) -> str:
    return f"{run.attrs['currency']} of {run.attrs['price_year']}"


# ------------------------------------------------------------------------------------- pictures


def groups(run: xr.Dataset) -> Figure:
    """First-order and total index of each group, route and region, in both years."""
    figure, panels = _panels((10, 6.4), len(YEARS))
    cells = [(region, route) for region in REGIONS for route in ROUTES]
    for axes, year in zip(panels, YEARS, strict=True):
        for place, (region, route) in enumerate(cells):
            for lane, (group, colour) in enumerate(BARS.items()):
                one = split(run, group, region, route, year, ranked=True)
                at = place + 0.21 * (lane - 1.5)
                axes.barh(
                    at, 100 * max(one.first, 0), height=0.18, color=colour, hatch=HATCHES[group],
                    edgecolor="white", linewidth=0,
                    label=LABELS.get(group, group) if place == 0 else None,
                )  # fmt: skip
                axes.plot(
                    100 * one.total, at, "|", color="black", markersize=8, markeredgewidth=1.6,
                    label="total index" if place == lane == 0 else None,
                )  # fmt: skip
                axes.annotate(
                    f"{100 * max(one.first, 0):.0f}", (100 * max(one.first, one.total, 0), at),
                    xytext=(5, 0), textcoords="offset points", va="center", fontsize=8,
                )  # fmt: skip
        axes.set_title(f"{year}")
        axes.set_yticks(range(len(cells)), [f"{ROUTES[k]}\n{REGIONS[r]}" for r, k in cells])
        axes.invert_yaxis()
        axes.set_xlim(0, 112)
        axes.set_xticks(range(0, 101, 20))
        axes.grid(visible=False, axis="y")
    panels[1].tick_params(labelleft=False)
    figure.suptitle("Spread of the cost premium that is gone once a group is known, %")
    _finish(
        figure, panels,
        "variance of the rank; bar and number: first-order index; mark: total, with interactions",
    )  # fmt: skip
    return figure


def years(run: xr.Dataset) -> Figure:
    """Total index of policy over the years."""
    figure, panels = _panels((10, 4.4), len(REGIONS))
    horizon = [int(year) for year in run["year"].values if year >= 2029]
    styles = (("-", "o"), ("--", "s"), ("-.", "^"))
    for axes, region in zip(panels, REGIONS, strict=True):
        for (dash, mark), colour, route in zip(styles, GROUPS.values(), ROUTES, strict=True):
            found = [split(run, "policy", region, route, year, ranked=True) for year in horizon]
            totals = np.array([100 * one.total for one in found])
            errors = np.array([200 * one.total_error for one in found])
            axes.fill_between(
                horizon, totals - errors, totals + errors, color=colour, alpha=0.2, linewidth=0
            )
            axes.plot(
                horizon, totals, dash, marker=mark, color=colour, markersize=4,
                label=ROUTES[route],
            )  # fmt: skip
        axes.set_title(REGIONS[region])
        axes.set_xticks(horizon)
    top = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(0, top)
    panels[0].set_ylabel("% of the variance of the rank")
    figure.suptitle("What policy adds to the spread of the cost premium, by year")
    _finish(figure, panels, "total index of policy, with two standard errors")
    return figure


def decisions(run: xr.Dataset) -> Figure:
    """What each decision moves in the same draws, against the law."""
    figure, panels = _panels((10, 4.6), len(YEARS))
    cells = [(region, route) for region in REGIONS for route in ROUTES]
    for axes, year in zip(panels, YEARS, strict=True):
        for lane, (scenario, colour) in enumerate(zip(DECIDED, GROUPS.values(), strict=True)):
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
    _finish(figure, panels, f"{money(run)} per tonne; line P5 to P95, mark P50; scales differ")
    return figure


def _moved(run: xr.Dataset, scenario: str, region: str, route: str, year: int) -> np.ndarray:
    where = (region, route, year)
    return premium(run, scenario, *where) - premium(run, "law", *where)


def _panels(size: tuple[float, float], number: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    panels = list(figure.subplots(1, number))
    for axes in panels:
        axes.grid(color="#DDDDDD", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _finish(figure: Figure, panels: list[Axes], note: str) -> None:
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(handles), frameon=False,
        title=note, fontsize=8.5, title_fontsize=8.5,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------- table


def comparison(run: xr.Dataset) -> list[Row]:
    """Spread, its split, and what decisions move, for each route, region and year."""
    rows = []
    for region in REGIONS:
        for route in ROUTES:
            for year in YEARS:
                where = (region, route, year)
                label = f"{ROUTES[route]}, {REGIONS[region]}"
                low, middle, high = np.quantile(premium(run, "shared", *where), (0.05, 0.5, 0.95))
                rows.append(Row(label, f"{year}", f"P5 / P50 / P95, {money(run)} per t",
                                f"{low:,.0f} / {middle:,.0f} / {high:,.0f}"))  # fmt: skip
                for ranked, of in ((False, "premium"), (True, "rank")):
                    found = [split(run, group, *where, ranked=ranked) for group in GROUPS]
                    rows.append(Row(
                        label, f"{year}", f"first-order / total of {', '.join(GROUPS)}; {of}, %",
                        ", ".join(f"{100 * a.first:.0f} / {100 * a.total:.0f}" for a in found),
                    ))  # fmt: skip
                view = split(run, "view", *where, ranked=True)
                rows.append(Row(
                    label, f"{year}", "first-order / total of the view of carbon prices; rank, %",
                    f"{100 * view.first:.0f} / {100 * view.total:.0f}",
                ))  # fmt: skip
                means = [_moved(run, scenario, *where).mean() for scenario in DECIDED]
                rows.append(Row(
                    label, f"{year}", f"mean shift by {', '.join(DECIDED)}",
                    " / ".join(f"{mean:+,.0f}" for mean in means),
                ))  # fmt: skip
    return rows


def table(run: xr.Dataset) -> str:
    """The comparison as a Markdown table, headed by what identifies the run."""
    attrs = run.attrs
    worst = [
        100 * max(
            error
            for region in REGIONS for route in ROUTES for year in YEARS for group in BARS
            for error in split(run, group, region, route, year, ranked=ranked)[2:]
        )
        for ranked in (True, False)
    ]  # fmt: skip
    head = (
        f"seed {attrs['seed']}, {int(attrs['draws']):,} draws, "
        f"config {attrs['config_sha256'][:12]}, digest {digest(run)[:12]}; "
        f"largest standard error of an index {worst[0]:.1f} points (rank), {worst[1]:.0f} (premium)"
    )
    lines = [
        "| premium of | year | what | found |",
        "|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in comparison(run)),
    ]
    return "\n".join([head, "", *lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a .zarr or .nc of experiment.yaml")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path(__file__).parent / "figures",
        help="folder of the PNG files (default: figures/ beside this script)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    run = simcore.open_run(options.run)
    options.out.mkdir(parents=True, exist_ok=True)
    for draw in (groups, years, decisions):
        path = options.out / f"{draw.__name__}.png"
        # Without the version in the metadata the same run gives the same file.
        draw(run).savefig(path, dpi=110, metadata={"Software": None})
        print(path)
    print()
    print(table(run))


if __name__ == "__main__":
    main()
