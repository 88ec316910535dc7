"""Charts of all regions and routes, as small panels and as one map of each year."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from simcore.analysis.headline import SOLD
from simcore.analysis.reading import Place, Reading
from simcore.report.board import AMOUNTS, amounts_of, below_zero, fan_rows, source
from simcore.report.charts import BAND, Chart, Column, Value, labels, quantile_columns

_ENDS: Final = (0.05, 0.5, 0.95)
SECTION: Final = "everywhere"


def charts_everywhere(reading: Reading, place: Place) -> Iterator[Chart]:
    """Charts of every cell: those of a sector, then those of the run."""
    for sector in reading.sectors:
        own = replace(place, sector=sector)
        of_plants = [*_maps(reading, own), *_ranges(reading, own), *_panels(reading, own)]
        for chart in of_plants:
            # Beside a buyer's premium these would be read as his.
            yield (
                replace(chart, title=f"{chart.title}, against the reference of each region")
                if place.against
                else chart
            )
        yield from _cheapest(reading, own)
    yield from _prices(reading)


def of_product(reading: Reading, sector: str) -> str:
    """Of what a title tells, where the run makes several things."""
    return f", {reading.product(sector)}" if len(reading.sectors) > 1 else ""


def sales(reading: Reading, scenario: str, sector: str) -> list[str]:
    """Destinations whose numbers differ from those before them."""
    name = reading.held("cost_premium", "support_gap", "carbon_value")
    known: list[np.ndarray] = []
    found = []
    for destination in reading.labels("destination"):
        at = {"scenario": scenario, "destination": destination, "quantile": 0.5}
        values = reading.values(f"{name}_quantile", at)
        if values.ndim == 0 or not any(
            np.array_equal(values, one, equal_nan=True) for one in known
        ):
            known.append(values)
            found.append(str(destination))
    return found or [""]


def _ending(reading: Reading, sector: str, *labels_of: str) -> str:
    """Words of a name that tell the charts of one kind apart."""
    words = [sector] if len(reading.sectors) > 1 else []
    text = "-".join([*words, *labels_of]).lower()
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in text)


def _maps(reading: Reading, place: Place) -> Iterator[Chart]:
    """Share of the draws in which the tonne pays, of every region and route, in one year."""
    name = reading.held("viability", "green_is_cheaper", statistic="mean")
    if name is None:
        return
    for destination in sales(reading, place.scenario, place.sector):
        rows: list[tuple[Value, ...]] = []
        for region in reading.labels("region"):
            for route in reading.routes(place.sector):
                at = {"scenario": place.scenario, "region": region, "destination": destination,
                      "route": route, "year": place.year}  # fmt: skip
                rows.append((
                    reading.title("region", region), reading.title("route", route),
                    reading.value(f"{name}_mean", at),
                ))  # fmt: skip
        rows = _without_empty(rows)
        if rows:
            sold = f", {SOLD.get(destination, destination)}" if destination else ""
            yield Chart(
                f"map-{_ending(reading, place.sector, destination)}",
                f"{AMOUNTS[name]}{of_product(reading, place.sector)}: share of the draws, "
                f"{place.year}{sold}",
                "Where does which route pay?", "heat", "share of draws",
                (*labels("row=Region", "column=Route"), Column("value", "Share", "share of draws")),
                tuple(rows), section=SECTION,
                note=f"Scenario: {reading.title('scenario', place.scenario)}. "
                "A dash: the reference route, or one that cannot be built there yet.",
                source=source(reading, f"{name}_mean"),
            )  # fmt: skip


def _without_empty(rows: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """Leave out rows and columns of a map without any value."""
    known = [row for row in rows if math.isfinite(float(row[2]))]
    keep = [{row[axis] for row in known} for axis in (0, 1)]
    return [row for row in rows if row[0] in keep[0] and row[1] in keep[1]]


def _ranges(reading: Reading, place: Place) -> Iterator[Chart]:
    """P5, P50 and P95 of what a tonne still lacks, by region and route, in one year."""
    name = reading.held("support_gap", "cost_premium", "cost_premium_ex_carbon")
    if name is None:
        return
    unit = reading.unit(name)
    for destination in sales(reading, place.scenario, place.sector):
        rows: list[tuple[Value, ...]] = []
        for region in reading.labels("region"):
            for route in reading.routes(place.sector):
                at = {"scenario": place.scenario, "region": region, "destination": destination,
                      "route": route, "year": place.year}  # fmt: skip
                quantiles = reading.quantiles(name, at, _ENDS)
                if all(map(math.isfinite, quantiles)):
                    rows.append((reading.title("region", region), reading.title("route", route),
                                 *quantiles))  # fmt: skip
        if rows:
            sold = f", {SOLD.get(destination, destination)}" if destination else ""
            yield Chart(
                f"ranges-{_ending(reading, place.sector, destination)}",
                f"{AMOUNTS[name]}{of_product(reading, place.sector)}, {place.year}{sold}",
                "How far apart are regions and routes, and how sure is that?", "whiskers", unit,
                (*labels("panel=Region", "label=Route"), *quantile_columns(unit, _ENDS)),
                tuple(rows), section=SECTION,
                note=f"Scenario: {reading.title('scenario', place.scenario)}. "
                f"Dot: median. Line: P5 to P95. {below_zero(name)}", better="low",
                source=source(reading, f"{name}_quantile"),
            )  # fmt: skip


def _panels(reading: Reading, place: Place) -> Iterator[Chart]:
    """Fans of cost and value of every route, one chart a region, scenario and sale.

    Scenarios and sales of the same numbers share a chart.
    """
    outcomes = amounts_of(reading)
    if not outcomes:
        return
    unit = reading.unit(outcomes[0])
    columns = (*labels("panel=Route", "series=Quantity", "year"), *quantile_columns(unit, BAND))
    several = len(reading.sectors) > 1
    for region in reading.labels("region"):
        found: dict[tuple[tuple[Value, ...], ...], list[tuple[str, str]]] = {}
        for scenario in reading.labels("scenario"):
            for destination in sales(reading, scenario, place.sector):
                one = replace(place, scenario=scenario, destination=destination, region=region)
                rows = tuple(
                    (reading.title("route", route), *row)
                    for route in reading.routes(place.sector)
                    for row in fan_rows(reading, outcomes, replace(one, route=route))
                )
                if rows:
                    found.setdefault(rows, []).append((scenario, destination))
        title = reading.title("region", region)
        for rows, cases in found.items():
            words = [_case(reading, *case) for case in cases]
            own = (("Sector", reading.title("sector", place.sector)),) if several else ()
            yield Chart(
                f"panels-{_ending(reading, place.sector, region, *cases[0])}",
                f"{title}{of_product(reading, place.sector)}: {' = '.join(words)}",
                "What does each route cost more, and what is its avoided CO₂ worth?",
                "fan", unit, columns, rows, section=SECTION,
                source=source(reading, *(f"{name}_quantile" for name in outcomes)),
                choices=tuple((*own, ("Region", title), ("Scenario", one)) for one in words),
            )  # fmt: skip


def _case(reading: Reading, scenario: str, destination: str) -> str:
    """A scenario and a sale in words."""
    words = [reading.title("scenario", scenario)]
    if len(reading.labels("destination")) > 1:
        words.append(SOLD.get(destination, destination))
    return ", ".join(words)


def _cheapest(reading: Reading, place: Place) -> Iterator[Chart]:
    """Shares of the draws in which each route is the cheapest, by region over the years."""
    array = "cheapest_route_probability"
    if array not in reading:
        return
    rows: list[tuple[Value, ...]] = []
    years = reading.labels("year")
    for region in reading.labels("region"):
        at = {"scenario": place.scenario, "region": region, "destination": place.destination,
              "sector": place.sector}  # fmt: skip
        # Of all routes, which are not all shown; 0 where there is none yet.
        left = sum(
            (reading.values(array, {**at, "route": one}) for one in reading.labels("route")),
            start=np.zeros(len(years)),
        )
        for route in reading.routes(place.sector):
            shares = reading.values(array, {**at, "route": route})
            if shares.ndim and np.nansum(shares) > 0:
                rows += _series(reading, region, reading.title("route", route), shares)
                left = left - shares
        if (left > 1e-6).any():
            rows += _series(reading, region, "Other routes", np.maximum(left, 0.0))
    if rows:
        yield Chart(
            f"cheapest-{_ending(reading, place.sector)}".rstrip("-"),
            f"Cheapest route{of_product(reading, place.sector)}: share of the draws",
            "Which route costs least, carbon included?", "shares", "share of draws",
            (*labels("panel=Region", "series=Route", "x=Year"),
             Column("value", "Share", "share of draws")),
            tuple(rows), section=SECTION,
            note=f"Scenario: {reading.title('scenario', place.scenario)}; "
            f"{SOLD.get(place.destination, place.destination)}.",
            source=source(reading, array),
        )  # fmt: skip


def _series(
    reading: Reading, region: str, name: str, shares: np.ndarray
) -> list[tuple[Value, ...]]:  # fmt: skip
    return [
        (reading.title("region", region), name, int(year), share)
        for year, share in zip(reading.labels("year"), shares.tolist(), strict=True)
    ]


def _prices(reading: Reading) -> Iterator[Chart]:
    """Fans of the carbon prices of the first scenario."""
    if not reading.held("carbon_price"):
        return
    scenario, unit = reading.labels("scenario")[0], reading.unit("carbon_price")
    rows: list[tuple[Value, ...]] = []
    for market in reading.labels("market"):
        at = {"scenario": scenario, "market": market}
        values = np.stack([
            reading.values("carbon_price_quantile", {**at, "quantile": one}) for one in BAND
        ], -1)  # fmt: skip
        rows += [
            (reading.title("market", market), "Carbon price", int(year), *quantiles)
            for year, quantiles in zip(reading.labels("year"), values.tolist(), strict=True)
            if all(map(math.isfinite, quantiles))
        ]
    if rows:
        yield Chart(
            "carbon-prices", "Carbon price by market", "What may an allowance cost?", "fan", unit,
            (*labels("panel=Market", "series=Price", "year"), *quantile_columns(unit, BAND)),
            tuple(rows), section=SECTION,
            note=f"Scenario: {reading.title('scenario', scenario)}. Each panel has its own scale.",
            source=source(reading, "carbon_price_quantile"), own_scale=True,
        )  # fmt: skip
