"""Pictures and the table of model against facts, from a saved run of experiment.yaml.

    python experiments/01_green_steel_2030/figures.py results/01_green_steel_2030.zarr

Reads only the dataset. Every amount is in the money of the run, per tonne of crude steel.
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
COST, NET, LAW, FACT = "#D55E00", "#0072B2", "#009E73", "#000000"
NOW, LATER = 2026, 2030
BAND = (0.05, 0.5, 0.95)
DOTS = 2000  # as many draws as a small picture shows
# Fastmarkets, flat steel of at most 0.8 t CO2 per tonne, ex works Northern Europe, EUR/t.
PREMIUMS = {
    "June 2023": (200, 300),
    "August 2024": (150, 200),
    "January 2025": (100, 200),
    "July 2025": (130, 180),
    "January 2026": (40, 170),
}
LATEST = "January 2026"
CBAM_SEEN = {"IN": 250, "KR": 75}  # EUR/t of hot-rolled coil, default values of 2026
HYDROGEN_SEEN = (7.0, 9.0)  # EUR/kg in Europe
FUTURES_SEEN = (83, 100)  # EUR/t, December 2030, quoted November 2025 to March 2026
COIL_SEEN = (547, 558)  # EUR/t, north-west Europe, December 2024 and July 2025
SCRAP_SEEN = (40, 65)  # EUR/t that EU scrap steel costs more (8 to 13 %), EuRIC 2024
ROLLING = 65  # EUR/t from crude steel to coil, judged
MARKET = "eu_ets"
ROUTES = {
    "scrap_eaf": "Scrap, EAF",
    "hbi_import_eaf": "Imported HBI, EAF",
    "ng_dri_eaf": "Gas DRI, EAF",
    "ng_dri_eaf_ccs": "Gas DRI with\ncapture, EAF",
    "h2_dri_eaf": "Hydrogen DRI,\nEAF",
}
REGIONS = {"EU": "EU", "UK": "UK", "KR": "Korea", "JP": "Japan", "CN": "China", "IN": "India"}


class Row(NamedTuple):
    """A fact beside what the run says about it."""

    fact: str
    observed: str
    asked: str
    found: str


# ------------------------------------------------------------------------------ reading the run


def band(
    run: xr.Dataset, name: str, probabilities: Sequence[float] = BAND, **where: object
) -> np.ndarray:
    """Stored quantiles of one cell; `where` names scenario, region, route and year."""
    stored = run[f"{name}_quantile"]
    if "destination" in stored.dims:
        stored = stored.squeeze("destination", drop=True)
    places = [int(np.abs(stored["quantile"].values - p).argmin()) for p in probabilities]
    return stored.sel(where).isel(quantile=places).values


def central(run: xr.Dataset, name: str, **where: object) -> float:
    """The case of every factor at its central value, in one cell."""
    return float(run[f"{name}_central"].sel(where).squeeze())


def covers(run: xr.Dataset, scenario: str, route: str, year: int) -> str:
    """Share of the draws in which carbon covers the extra cost, with its range over views, %."""
    cell = {"scenario": scenario, "region": "EU", "route": route, "year": year}
    views = [view for view in run["view"].values if str(view).startswith(f"{MARKET}.")]
    everywhere = 100 * float(run["viability_mean"].sel(cell).squeeze())
    each = 100 * run["viability_by_view_mean"].sel(view=views, **cell).squeeze().values
    if year == NOW:  # the price is known, whatever the view
        return f"{everywhere:.0f}"
    return f"{everywhere:.0f} ({each.min():.0f}-{each.max():.0f})"


def hydrogen_and_cost(run: xr.Dataset, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw by draw: cost of hydrogen, and extra cost of the hydrogen route before carbon."""
    cell = {"scenario": "undecided", "region": "EU", "year": year}
    cost = run["cost_premium_ex_carbon"].sel(route="h2_dri_eaf", **cell)
    return run["hydrogen_cost"].sel(cell).values, cost.values


# ------------------------------------------------------------------------------------- pictures


def routes(run: xr.Dataset) -> Figure:
    """Extra cost of each route in the EU, before and after the carbon that it avoids."""
    figure, panels = script.panels((10, 4.9), 2)
    series = (
        ("cost_premium_ex_carbon", COST, -0.17, "before carbon"),
        ("cost_premium", NET, 0.17, "after the carbon cost that both pay"),
    )
    for axes, year in zip(panels, (NOW, LATER), strict=True):
        for place, route in enumerate(ROUTES):
            for name, colour, shift, label in series:
                where = {"scenario": "undecided", "region": "EU", "route": route, "year": year}
                values = band(run, name, (0.05, 0.25, 0.5, 0.75, 0.95), **where)
                if np.isnan(values).any():
                    axes.annotate("not before 2029", (200, place), va="center", color="#666666")
                    break
                _interval(axes, values, place + shift, colour, label if place == 0 else "")
            if year == LATER:
                kept = band(run, "cost_premium", (0.5,), **{**where, "scenario": "law"})
                axes.plot(
                    kept, place + 0.36, "^", color=LAW, markersize=5,
                    label="P50 of that if the law stays" if place == 0 else None,
                )  # fmt: skip
        low, high = PREMIUMS[LATEST]
        axes.axvspan(
            low, high, color="#BBBBBB", alpha=0.5, linewidth=0, zorder=0,
            label=f"premium of green flat steel, {LATEST}",
        )  # fmt: skip
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(f"{year}")
        axes.set_yticks(range(len(ROUTES)), ROUTES.values())
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
    panels[1].tick_params(labelleft=False)
    _share_x(panels)
    figure.suptitle("What a tonne costs more in the EU than one of a relined blast furnace")
    note = (
        f"{money(run)} per tonne of crude steel; bar P25 to P75, line P5 to P95, circle P50; "
        "law or proposal of July 2026 drawn"
    )
    script.legend(figure, panels, note)
    return figure


def hydrogen(run: xr.Dataset) -> Figure:
    """Draw by draw: what hydrogen costs, and what its steel costs more before carbon."""
    figure, panels = script.panels((10, 4.9), 2)
    for axes, year in zip(panels, (NOW, LATER), strict=True):
        price, cost = hydrogen_and_cost(run, year)
        dots = slice(DOTS)
        axes.plot(price[dots], cost[dots], ".", color=COST, markersize=2, alpha=0.3)
        slope, start = np.polyfit(price, cost, 1)
        ends = np.quantile(price, [0.001, 0.999])
        axes.plot(
            ends, slope * ends + start, color=FACT, linewidth=1.6,
            label="straight line through all draws",
        )  # fmt: skip
        unit = run.attrs["currency"]
        axes.annotate(
            f"slope: {slope:.0f} {unit}/t for 1 {unit}/kg", (0.02, 0.95), weight="bold",
            xycoords="axes fraction", va="top",
        )  # fmt: skip
        axes.axvspan(
            *HYDROGEN_SEEN, color="#56B4E9", alpha=0.25, linewidth=0, zorder=0,
            label="hydrogen in Europe as reported: 7 to 9 EUR/kg",
        )  # fmt: skip
        low, high = PREMIUMS[LATEST]
        axes.axhspan(
            low, high, color="#BBBBBB", alpha=0.5, linewidth=0, zorder=0,
            label=f"premium of green flat steel, {LATEST}",
        )  # fmt: skip
        axes.set_title(f"{year}: {price[dots].size:,} of {price.size:,} draws")
        axes.set_xlabel(f"cost of hydrogen, {money(run)} per kg")
    panels[0].set_ylabel(f"{money(run)} per tonne of crude steel")
    _share_x(panels)
    tops = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(0, tops)
    figure.suptitle("Extra cost of hydrogen steel in the EU, before carbon, draw by draw")
    script.legend(figure, panels, "")
    return figure


def cbam(run: xr.Dataset) -> Figure:
    """CBAM on a tonne of blast furnace steel, by seller, at actual and at default emissions."""
    figure, panels = script.panels((10, 4.4), 2)
    sellers = [region for region in REGIONS if region != "EU"]
    series = (
        ("undecided", NET, -0.17, "verified emissions, less the price paid at home"),
        ("default_values", COST, 0.17, "default value with mark-up, nothing deducted"),
    )
    for axes, year in zip(panels, (NOW, LATER), strict=True):
        for place, region in enumerate(sellers):
            for scenario, colour, shift, label in series:
                where = {"scenario": scenario, "region": region, "route": "bf_bof", "year": year}
                values = band(run, "cbam_cost", (0.05, 0.25, 0.5, 0.75, 0.95), **where)
                _interval(axes, values, place + shift, colour, label if place == 0 else "")
        if year == NOW:
            seen = {sellers.index(region): value for region, value in CBAM_SEEN.items()}
            axes.plot(
                list(seen.values()), [place + 0.42 for place in seen], "D", color=FACT,
                markersize=5, label="published examples for default values",
            )  # fmt: skip
        axes.set_title(f"{year}")
        axes.set_xlim(0, 1.06 * axes.get_xlim()[1])
        axes.set_yticks(range(len(sellers)), [REGIONS[region] for region in sellers])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
    panels[1].tick_params(labelleft=False)
    figure.suptitle("CBAM on a tonne of blast furnace steel sold into the EU")
    note = (
        f"{money(run)} per tonne; bar P25 to P75, line P5 to P95, circle P50; scales differ; "
        "a UK linked to the EU ETS pays none"
    )
    script.legend(figure, panels, note)
    return figure


def _interval(axes: Axes, values: np.ndarray, place: float, colour: str, label: str) -> None:
    p5, p25, p50, p75, p95 = values
    axes.plot([p5, p95], [place, place], color=colour, linewidth=1.4, solid_capstyle="butt")
    axes.plot([p25, p75], [place, place], color=colour, linewidth=6, solid_capstyle="butt")
    axes.plot(p50, place, "o", color="white", markeredgecolor=colour, markersize=6, zorder=3)
    axes.annotate(
        f"{p50:,.0f}", (p95, place), xytext=(4, 0), textcoords="offset points", va="center",
        color=colour, fontsize=8.5,
    )  # fmt: skip
    if label:
        axes.plot([], [], "o-", color=colour, markerfacecolor="white", linewidth=3, label=label)


def _share_x(panels: list[Axes]) -> None:
    limits = np.array([axes.get_xlim() for axes in panels])
    for axes in panels:
        axes.set_xlim(limits[:, 0].min(), 1.06 * limits[:, 1].max())


# ---------------------------------------------------------------------------------------- table


def comparison(run: xr.Dataset) -> list[Row]:
    """Facts from the market beside the same quantity of the run."""
    here = {"region": "EU", "year": NOW}
    scrap = {"scenario": "undecided", "route": "scrap_eaf", **here}
    price = central(run, "carbon_price", scenario="undecided", market=MARKET, year=NOW)
    gross = price * band(run, "avoided_emissions", **scrap)
    hydrogen_cost, extra = hydrogen_and_cost(run, NOW)
    reported = extra[(hydrogen_cost >= HYDROGEN_SEEN[0]) & (hydrogen_cost <= HYDROGEN_SEEN[1])]
    running = {"scenario": "operating_cost", "route": "h2_dri_eaf", **here}
    steel = {"scenario": "undecided", "route": "bf_bof", **here}
    carbon = {"scenario": "undecided", "market": MARKET, "year": LATER}
    rows = [
        Row(f"green flat steel premium, {when}", f"{low} to {high}", "before the run starts", "-")
        for when, (low, high) in PREMIUMS.items()
        if when != LATEST
    ]
    low, high = PREMIUMS[LATEST]
    rows += [
        Row(
            f"green flat steel premium, {LATEST}", f"{low} to {high}",
            f"scrap-EAF, cost premium after carbon, {NOW}",
            _text(band(run, "cost_premium", **scrap)),
        ),
        Row(
            "the same", "the same", f"scrap-EAF, extra cost before carbon, {NOW}",
            _text(band(run, "cost_premium_ex_carbon", **scrap)),
        ),
        Row(
            "the same", "the same",
            f"scrap-EAF, avoided CO2 at the full price of {price:.0f} EUR/t, {NOW}", _text(gross),
        ),
        Row(
            "EU scrap steel over blast furnace steel, 2024", "{} to {}".format(*SCRAP_SEEN),
            f"scrap-EAF, extra cost before carbon, {NOW}",
            _text(band(run, "cost_premium_ex_carbon", **scrap)),
        ),
        Row(
            "H2-DRI in Europe at hydrogen of 7 to 9 EUR/kg", "several hundred more",
            f"extra cost before carbon in draws with such hydrogen, {NOW}",
            _text(np.quantile(reported, BAND)),
        ),
        Row(
            "the same", "the same", f"cost premium after carbon, all draws, {NOW}",
            _text(band(run, "cost_premium", **{**scrap, "route": "h2_dri_eaf"})),
        ),
        Row(
            "H2-DRI-EAF operating cost at hydrogen of 8 to 9 EUR/kg", "950 to 1,200",
            f"cost without capital at 8.5 EUR/kg, {NOW}",
            _text(band(run, "levelised_cost", **running)),
        ),
        Row(
            "hot-rolled coil, December 2024 and July 2025", "{} to {}".format(*COIL_SEEN),
            f"blast furnace steel before carbon and {ROLLING} of rolling, {NOW}",
            _text(band(run, "levelised_cost", **steel) + ROLLING),
        ),
        Row(
            f"EU allowance, December {LATER} future", "{} to {}".format(*FUTURES_SEEN),
            f"carbon price of {LATER}", _text(band(run, "carbon_price", **carbon)),
        ),
    ]  # fmt: skip
    for region, seen in CBAM_SEEN.items():
        for scenario, how in (
            ("default_values", "with mark-up and correction factor"),
            ("published_sums", "with mark-up, without correction factor"),
        ):
            where = {"scenario": scenario, "region": region, "route": "bf_bof", "year": NOW}
            rows.append(
                Row(
                    f"CBAM on hot-rolled coil from {REGIONS[region]}, default values, {NOW}",
                    f"about {seen}", f"CBAM cost {how}", _text(band(run, "cbam_cost", **where)),
                )
            )  # fmt: skip
    return rows


def outlook(run: xr.Dataset) -> list[tuple[str, ...]]:
    """Routes in the EU: before carbon, after it undecided and under the law, and what it covers."""
    rows = []
    for year in (NOW, LATER):
        for route, label in ROUTES.items():
            cell = {"region": "EU", "route": route, "year": year}
            before = band(run, "cost_premium_ex_carbon", scenario="undecided", **cell)
            if np.isnan(before).any():
                continue
            after = [
                _text(band(run, "cost_premium", scenario=one, **cell))
                for one in ("undecided", "law")
            ]
            shares = [covers(run, one, route, year) for one in ("undecided", "law")]
            rows.append((f"{year}", label.replace("\n", " "), _text(before), *after, *shares))
    return rows


def _text(values: np.ndarray) -> str:
    return " / ".join(f"{value:,.0f}" for value in values)


def table(run: xr.Dataset) -> str:
    """The comparison as a Markdown table, headed by what identifies the run."""
    compared = (
        "fact", "observed, EUR/t", "what the run says about",
        f"P5 / P50 / P95, {money(run)} per t",
    )  # fmt: skip
    after = (
        "year", "route in the EU", "before carbon", "after carbon, undecided", "the same, law",
        "covers, undecided", "the same, law",
    )  # fmt: skip
    lines = [*script.table(compared, comparison(run)), "", *script.table(after, outlook(run))]
    return "\n".join([script.identity(run), "", *lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the table."""
    script.main(__file__, __doc__, (routes, hydrogen, cbam), table, arguments=arguments)


if __name__ == "__main__":
    main()
