"""Pictures and tables of four sectors under one carbon price, from a saved run of experiment.yaml.

    python experiments/06_four_sectors/figures.py results/06_four_sectors.zarr

Reads only the dataset. Amounts are in the money of the run, per tonne of the product of each
sector or, to compare sectors, per tonne of CO2. What arrives of a euro is the fall of the mean
premium when an allowance of the EU costs 110 instead of 100 EUR in every draw, divided by ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simcore.plots import script
from simcore.plots.script import money

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision.
BLUE, ORANGE, GREEN, PURPLE, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
GRID = "#E5E5E5"
SECTORS = {
    "steel": {
        "scrap_eaf": "Scrap, EAF",
        "ng_dri_eaf": "Gas DRI, EAF",
        "h2_dri_eaf": "Hydrogen DRI, EAF",
    },
    "aluminium": {
        "secondary_aluminium": "Remelted scrap",
        "hall_heroult_hydro": "Smelter on clean power",
        "inert_anode": "Inert anodes, clean power",
    },
    "cement": {"lc3": "LC3", "cement_ccs_oxyfuel": "Oxyfuel capture"},
    "ammonia": {
        "ammonia_smr_ccs_process": "Gas, process CO2 stored",
        "ammonia_smr_ccs": "Gas, all CO2 stored",
        "ammonia_electrolytic": "Electrolysis",
    },
}
ROUTES = {route: label for routes in SECTORS.values() for route, label in routes.items()}
REGIONS = {"EU": "EU", "UK": "UK", "KR": "Korea", "JP": "Japan", "CN": "China", "IN": "India"}
# Sellers of the pictures: the EU at home, the two dirtiest abroad as they sell into the EU.
SELLERS = {
    "EU": ("made in the EU", BLUE, "o"),
    "CN": ("made in China, sold into the EU", ORANGE, "s"),
    "IN": ("made in India, sold into the EU", GREEN, "^"),
}
YEARS = (2026, 2030, 2040)
MIDDLE = 2035  # the first of the five-year dates at which every route can be built
BAND = (0.1, 0.5, 0.9)
COLUMNS = (
    f"a t CO2 avoided costs, {MIDDLE}",
    f"pays from a carbon price of, {MIDDLE}",
    "1 EUR takes off a t of product, 2030, 2040",
    "the same by t CO2 avoided",
    "the same in % of its cost",
    "in most draws from",
)
MARKET = "eu_ets"


class Row(NamedTuple):
    """What the run says of a route where it is made, its columns in one."""

    route: str
    where: str
    found: str


# ------------------------------------------------------------------------------ reading the run


def cell(region: str, route: str, year: object = None, home: bool = False) -> dict[str, object]:
    """Labels of a route: made in the EU and sold there, or made elsewhere and sold into the EU."""
    place = {"region": region, "route": route,
             "destination": "domestic" if home or region == "EU" else "eu"}  # fmt: skip
    return place if year is None else {**place, "year": year}


def select(values: xr.DataArray, place: dict[str, object]) -> xr.DataArray:
    """The cell of a variable, whatever of the labels it has a dimension for."""
    return values.sel({name: label for name, label in place.items() if name in values.dims})


def band(
    run: xr.Dataset, name: str, place: dict[str, object], at: Sequence[float] = BAND
) -> np.ndarray:
    """Stored quantiles of one cell under the law."""
    stored = select(run[f"{name}_quantile"], {**place, "scenario": "law"})
    return stored.sel(quantile=list(at), method="nearest").values


def mean(run: xr.Dataset, name: str, place: dict[str, object], scenario: str = "law") -> float:
    """Mean over the draws; of what is 0 or 1 the share of them."""
    return float(select(run[f"{name}_mean"], {**place, "scenario": scenario}))


def arrives(run: xr.Dataset, place: dict[str, object], power: bool = False) -> float:
    """What one EUR/t CO2 more takes off the premium, EUR per tonne of product."""
    names = ("power_at_100", "power_at_110") if power else ("at_100", "at_110")
    low, high = (mean(run, "cost_premium", place, name) for name in names)
    return (low - high) / 10


def per_tco2(run: xr.Dataset, place: dict[str, object], power: bool = False) -> float:
    """The same per tonne of CO2 avoided: the share of a euro that arrives."""
    return arrives(run, place, power) / mean(run, "avoided_emissions", place)


def per_cost(run: xr.Dataset, place: dict[str, object]) -> float:
    """The same in per cent of what the conventional tonne costs in the EU before carbon."""
    home = cell("EU", str(place["route"]), place["year"])
    usual = mean(run, "levelised_cost", home) - mean(run, "cost_premium_ex_carbon", home)
    return 100 * arrives(run, place) / usual


def likely_from(run: xr.Dataset, place: dict[str, object]) -> str:
    """First year in which green is cheaper in more than half of the draws."""
    share = select(run["green_is_cheaper_mean"].sel(scenario="law"), place)
    years = share["year"].values[share.values > 0.5]
    return str(years.min()) if years.size else "-"


# ------------------------------------------------------------------------------------- pictures


def ladder(run: xr.Dataset) -> Figure:
    """The carbon price at which each route costs no more, by seller, beside the price itself."""
    from matplotlib.patheffects import withStroke

    figure, panels = script.panels((11, 6.6), 1, grid=GRID)
    axes = panels[0]
    low, middle, high = _price(run)
    axes.axvspan(low, high, color="#DDDDDD", linewidth=0, zorder=0)
    axes.axvline(middle, color="#777777", linewidth=1.2, zorder=1)
    left, right = -130, 740
    for place, (route, _) in _lanes():
        for lane, (region, (label, colour, mark)) in enumerate(SELLERS.items()):
            y = place + 0.26 * (lane - 1)
            p10, p50, p90 = band(run, "break_even_price", cell(region, route, MIDDLE))
            if np.isnan(p50):
                none = "none" if np.isnan(p10) else "none in most draws"
                axes.annotate(none, (6, y), va="center", fontsize=8, color=colour)
                continue
            shown = np.clip([p10, right if np.isnan(p90) else p90], left, right)
            axes.plot(shown, [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
            axes.plot(
                max(p50, left), y, mark, color="white", markeredgecolor=colour, markersize=6.5,
                markeredgewidth=1.5, zorder=3, label=label if place == 0 else None,
            )  # fmt: skip
            axes.annotate(
                f"{p50:,.0f}", (shown[1], y), xytext=(5, 0), textcoords="offset points",
                va="center", fontsize=8, color=colour,
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )  # fmt: skip
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlim(left, right + 70)
    axes.set_xlabel(f"EUR per t CO2 ({money(run)}); no more than 0: pays without a carbon price")
    _name_lanes(axes)
    figure.suptitle(f"The EU carbon price at which a low-carbon tonne costs no more, {MIDDLE}")
    note = (
        f"line P10 to P90 of the draws, mark and number P50; grey: the carbon price of {MIDDLE}, "
        f"P10 to P90 ({low:.0f} to {high:.0f}), and P50 ({middle:.0f})"
    )
    script.legend(figure, panels, note)
    return figure


def reach(run: xr.Dataset) -> Figure:
    """What of a euro more of carbon price reaches the premium: in 2030 and in 2040."""
    figure, panels = script.panels((11, 6.6), 2, grid=GRID)
    asked = (
        (per_tco2, "EUR per tonne of CO2 avoided"),
        (per_cost, "% of what the conventional tonne costs in the EU"),
    )
    for axes, (how, title) in zip(panels, asked, strict=True):
        for place, (route, _) in _lanes():
            for lane, (region, (label, colour, mark)) in enumerate(SELLERS.items()):
                y = place + 0.26 * (lane - 1)
                then, last = (how(run, cell(region, route, year)) for year in (2030, 2040))
                axes.plot([then, last], [y, y], color=colour, linewidth=1.4)
                axes.plot(then, y, mark, color="white", markeredgecolor=colour, markersize=5.5)
                axes.plot(last, y, mark, color=colour, markersize=5.5,
                          label=label if place == 0 else None)  # fmt: skip
                if how is per_tco2 and route == "hall_heroult_hydro" and region != "EU":
                    axes.plot(
                        how(run, cell(region, route, 2040), power=True), y, "x", color=colour,
                        markersize=7, markeredgewidth=2,
                    )  # fmt: skip
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(title, fontsize=10.5)
        low, high = axes.get_xlim()
        axes.set_xlim(low, 1.22 * high)  # room for the names of the sectors
        _name_lanes(axes)
    panels[0].axvline(1, color="#777777", linewidth=1.2, linestyle="--", zorder=1)
    panels[0].plot([], [], "x", color=BLACK, markersize=7, markeredgewidth=2,
                   label="the same if CBAM counted the power of smelters")  # fmt: skip
    panels[1].tick_params(labelleft=False)
    figure.suptitle("What one euro more per tonne of CO2 takes off the premium of the green tonne")
    script.legend(figure, panels, "hollow 2030, filled 2040; dashed: the whole euro")
    return figure


def chance(run: xr.Dataset) -> Figure:
    """Share of the draws in which green is cheaper, by year, in the EU and at its border."""
    figure, panels = script.panels((10, 5.8), 2, 2, grid=GRID)
    for axes, (sector, routes) in zip(panels, SECTORS.items(), strict=True):
        for (route, label), colour in zip(routes.items(), (BLUE, ORANGE, GREEN), strict=False):
            for region, dash, width in (("EU", "-", 2.2), ("IN", ":", 1.8)):
                share = 100 * select(
                    run["green_is_cheaper_mean"].sel(scenario="law"), cell(region, route)
                )
                axes.plot(share["year"], share, dash, color=colour, linewidth=width,
                          label=label if region == "EU" else None)  # fmt: skip
        axes.axhline(50, color="black", linewidth=0.8)
        axes.set_ylim(-2, 102)
        axes.set_yticks(range(0, 101, 25), [f"{one} %" for one in range(0, 101, 25)])
        axes.set_xlim(2026, 2040)
        axes.set_xticks((2026, 2030, 2035, 2040))
        axes.set_title(sector.capitalize(), fontsize=10.5)
        axes.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.suptitle("Share of the draws in which the low-carbon tonne costs no more, law")
    note = (
        "solid: made and sold in the EU, where compensation for the carbon in power ends in 2030; "
        "dotted: made in India, sold into the EU"
    )
    figure.supxlabel(note, fontsize=9)
    return figure


def _price(run: xr.Dataset) -> np.ndarray:
    return band(run, "carbon_price", {"market": MARKET, "year": MIDDLE})


def _lanes() -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(ROUTES.items()))


def _name_lanes(axes: Axes) -> None:
    axes.set_yticks(range(len(ROUTES)), ROUTES.values())
    axes.set_ylim(len(ROUTES) - 0.45, -0.55)
    axes.grid(visible=False, axis="y")
    start = 0
    for sector, routes in SECTORS.items():
        if start:
            axes.axhline(start - 0.5, color="#999999", linewidth=0.8)
        axes.annotate(
            sector.capitalize(), (1, start - 0.5), xycoords=("axes fraction", "data"),
            xytext=(-3, -4), textcoords="offset points", ha="right", va="top", fontsize=9,
            fontweight="bold", color="#555555",
        )  # fmt: skip
        start += len(routes)


# --------------------------------------------------------------------------------------- tables


def comparison(run: xr.Dataset) -> list[Row]:
    """Each route made in the EU, and in China and India and sold into the EU."""
    rows = []
    for route, label in ROUTES.items():
        for region in SELLERS:
            place, middle = cell(region, route), cell(region, route, MIDDLE)
            reached = [
                ", ".join(
                    _number(how(run, cell(region, route, year)), digits) for year in (2030, 2040)
                )
                for how, digits in ((arrives, 2), (per_tco2, 2), (per_cost, 2))
            ]
            found = (
                _text(band(run, "abatement_cost", middle)),
                _text(band(run, "break_even_price", middle)),
                *reached,
                likely_from(run, place),
            )
            rows.append(Row(label, REGIONS[region], " | ".join(found)))
    return rows


def outlook(run: xr.Dataset) -> list[tuple[str, ...]]:
    """Each sector and region: the route whose median premium is lowest, at home and into the EU."""
    rows = []
    for sector, routes in SECTORS.items():
        for region, title in REGIONS.items():
            for home in (True, False):
                if not home and region == "EU":
                    continue
                found = []
                for year in YEARS:
                    each = {
                        route: band(run, "cost_premium", cell(region, route, year, home))
                        for route in routes
                    }
                    there = {key: one for key, one in each.items() if not np.isnan(one[1])}
                    best = min(there, key=lambda key: there[key][1])
                    found.append(f"{ROUTES[best]}: {_text(there[best])}")
                rows.append((sector, title, "home" if home else "EU", *found))
    return rows


def _number(value: float, digits: int = 0) -> str:
    """A number, without a minus in front of zero."""
    return "-" if np.isnan(value) else f"{round(value, digits) + 0.0:,.{digits}f}"


def _text(values: np.ndarray) -> str:
    return " / ".join(_number(value) for value in values)


def table(run: xr.Dataset) -> str:
    """The tables in Markdown, headed by what identifies the run."""
    sellers = ("route", "made in", *COLUMNS)
    years = ("sector", "made in", "sold", *map(str, YEARS))
    lines = [*script.table(sellers, comparison(run)), "", *script.table(years, outlook(run))]
    return "\n".join([script.identity(run), "", *lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the tables."""
    script.main(__file__, __doc__, (ladder, reach, chance), table, arguments=arguments)


if __name__ == "__main__":
    main()
