"""The pictures, one function each; None where the run does not hold what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simcore.analysis.headline import SOLD
from simcore.analysis.summary import headline_years
from simcore.plots.kinds import CELL, Asked, picture
from simcore.plots.panels import (
    BLUE,
    COLOURS,
    MARKERS,
    VERMILLION,
    bars,
    by_region_and_route,
    defined_routes,
    destinations_of,
    different_scenarios,
    fan,
    finish,
    labels_of,
    panel_grid,
    scenario_text,
    unit_of,
    views,
)  # fmt: skip

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def carbon_price(dataset: xr.Dataset) -> Figure | None:
    """Fan of the carbon price by market, with the medians of its views and the futures.

    Scenarios stand over each other where they differ and no market has views.
    """
    if "carbon_price_quantile" not in dataset:
        return None
    markets = labels_of(dataset, "market")
    viewed = "carbon_price_by_view_quantile" in dataset
    title = "Carbon price by market"
    if viewed:
        # Views and scenarios together would be too many lines: the first scenario stands for all.
        dataset = dataset.isel(scenario=[0])
        title += scenario_text(dataset.isel(scenario=0))
    figure, panels = panel_grid(dataset, len(markets), title, "carbon_price")
    shown = different_scenarios(dataset, "carbon_price_quantile")
    for axes, market in zip(panels, markets, strict=True):
        part = dataset.sel(market=market)
        for place, (scenario, label) in enumerate(shown.items()):
            one = part.sel(scenario=scenario)
            fan(axes, one, "carbon_price", COLOURS[place], label if len(shown) > 1 else "")
            if viewed:
                views(axes, one)
        axes.set_title(market)
        if float(part["carbon_price_quantile"].min()) >= 0:
            axes.set_ylim(bottom=0)
    note = "thin lines: medians of views; " if viewed else ""
    finish(
        figure, panels, unit_of(dataset, "carbon_price_mean"),
        f"{note}each panel has its own scale",
    )  # fmt: skip
    return figure


def cost_and_value(dataset: xr.Dataset, destination: str) -> Figure | None:
    """Extra cost before carbon against the carbon value: a deal closes where value >= cost."""
    pair = ("cost_premium_ex_carbon", "carbon_value")
    if any(f"{name}_quantile" not in dataset for name in pair):
        return None
    title = (
        "Extra cost before carbon and carbon value per tonne, "
        f"{SOLD.get(destination, destination)}{scenario_text(dataset)}"
    )

    def draw(axes: Axes, cell: xr.Dataset) -> None:
        one = cell.sel(destination=destination) if "destination" in cell.dims else cell
        fan(axes, one, pair[0], VERMILLION, "extra cost before carbon")
        fan(axes, one, pair[1], BLUE, "carbon value")

    return by_region_and_route(dataset, pair[0], title, draw)


def cost_premium(dataset: xr.Dataset) -> Figure | None:
    """Fan of the cost premium, carbon included; below zero the low-carbon tonne is cheaper."""
    if "cost_premium_quantile" not in dataset:
        return None
    title = f"Cost premium with carbon{scenario_text(dataset)}: green is cheaper below zero"

    def draw(axes: Axes, cell: xr.Dataset) -> None:
        for place, name in enumerate(labels_of(cell, "destination")):
            one = cell.sel(destination=name)
            values = cell["cost_premium_quantile"]
            if place and np.array_equal(
                values.isel(destination=0), values.isel(destination=place), equal_nan=True
            ):
                continue  # A plant in the EU: both sales are the same sale.
            fan(axes, one, "cost_premium", COLOURS[place], SOLD.get(name, name))

    return by_region_and_route(dataset, "cost_premium", title, draw)


def waterfall(
    dataset: xr.Dataset,
    *,
    route: str | None = None,
    year: int | None = None,
    destination: str | None = None,
) -> Figure | None:
    """Cost premium of the central case by component, one panel a region.

    By default the route with the largest premium of those that no more carbon is paid for than for
    the reference, in the second headline year.
    """
    import xarray as xr

    if "waterfall_central" not in dataset:
        return None
    years = headline_years(dataset)
    year = year or years[min(1, len(years) - 1)]
    destination = destination or destinations_of(dataset)[0]
    parts = dataset["waterfall_central"].sel(year=year, destination=destination)
    totals = abs(parts.sum("component", skipna=False)).median("region")
    if route is None:
        if not np.isfinite(totals.values).any():
            return None
        kept = [one for one in ("home_carbon", "cbam") if one in labels_of(dataset, "component")]
        paid = parts.sel(component=kept).sum("component").median("region")
        if (np.isfinite(totals) & (paid <= 1e-9)).any():
            totals = totals.where(paid <= 1e-9)
        route = str(totals["route"].values[int(np.nanargmax(totals.values))])
    parts = parts.sel(route=route)
    regions = [
        name for name in labels_of(dataset, "region")
        if bool(np.isfinite(parts.sel(region=name)).all())
    ]  # fmt: skip
    if not regions:
        return None
    title = (
        f"Cost premium of {route} by component, {year}, "
        f"{SOLD.get(destination, destination)}, central case{scenario_text(dataset)}"
    )
    limit = 0.01 * float(abs(parts).max())
    shown = [
        name for name in labels_of(dataset, "component")
        if float(abs(parts.sel(component=name)).max()) > limit
    ]  # fmt: skip
    rest = parts.sum("component") - parts.sel(component=shown).sum("component")
    if float(abs(rest).max()) > 0.5:
        other = rest.expand_dims(component=["other"])
        parts = xr.concat(
            [parts.sel(component=shown).drop_vars("component_title", errors="ignore"), other],
            "component",
        )
        shown.append("other")
    figure, panels = panel_grid(
        dataset, len(regions), title, "waterfall", height=1.2 + 0.21 * len(shown), share="both"
    )
    for axes, region in zip(panels, regions, strict=True):
        bars(axes, shown, parts.sel(region=region, component=shown).values.tolist())
        axes.set_title(region)
    panels[0].invert_yaxis()
    low, high = panels[0].get_xlim()
    # Room for the number behind the longest bar.
    panels[0].set_xlim(low - 0.02 * (high - low), high + 0.14 * (high - low))
    finish(figure, panels, "", unit_of(dataset, "waterfall_central"), years=False)
    return figure


def green_is_cheaper(dataset: xr.Dataset) -> Figure | None:
    """Probability over the years that the low-carbon tonne costs less, one panel a region."""
    name = "green_is_cheaper_mean"
    if name not in dataset:
        return None
    regions = labels_of(dataset, "region")
    routes = defined_routes(dataset, name)
    title = f"Probability that the low-carbon tonne is cheaper{scenario_text(dataset)}"
    figure, panels = panel_grid(dataset, len(regions), title, "green_is_cheaper", share="both")
    years = dataset["year"].values
    sales = destinations_of(dataset)
    for axes, region in zip(panels, regions, strict=True):
        for place, route in enumerate(routes):
            for dash, destination in zip(("-", "--"), sales, strict=False):
                values = dataset[name].sel(region=region, route=route, destination=destination)
                axes.plot(
                    years, 100 * values, dash, color=COLOURS[place % len(COLOURS)], linewidth=1.5,
                    marker=MARKERS[place % len(MARKERS)], markersize=4,
                    # Marks at different years, so that lines on each other stay readable.
                    markevery=(place % 5, 5), label=route if dash == "-" else None,
                )  # fmt: skip
        axes.set_title(region)
        axes.set_ylim(-3, 103)
    note = "solid: " + ", dashed: ".join(SOLD.get(d, d) for d in sales[:2])
    finish(figure, panels, "%", note if len(sales) > 1 else "")
    return figure


@picture("prices", shows="carbon price of each market over the years, as a fan",
         needs=["carbon_price_quantile"])  # fmt: skip
def _prices(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return carbon_price(dataset)


@picture(
    "value", shows="extra cost before carbon against what the avoided carbon is worth, by year",
    needs=["cost_premium_ex_carbon_quantile", "carbon_value_quantile"], each=CELL,
)  # fmt: skip
def _value(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return cost_and_value(dataset, labels_of(dataset, "destination")[0])


@picture("premium", shows="cost premium, carbon included, by year", each=("scenario", "sector"),
         needs=["cost_premium_quantile"])  # fmt: skip
def _premium(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return cost_premium(dataset)


@picture("waterfall", shows="cost premium of the central case by component",
         needs=["waterfall_central"], each=("scenario", "sector"))  # fmt: skip
def _waterfall(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    return waterfall(dataset, year=next(iter(asked.years), None))


@picture("crossing", shows="probability by year that the low-carbon tonne is cheaper",
         needs=["green_is_cheaper_mean"], each=("scenario", "sector"))  # fmt: skip
def _crossing(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return green_is_cheaper(dataset)
