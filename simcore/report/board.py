"""Charts of the first page: one tonne of one route in one place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from simcore.analysis.headline import SOLD
from simcore.analysis.reading import Place, Reading
from simcore.report.charts import BAND, Chart, Column, Value, labels, quantile_columns

_ENDS: Final = (0.05, 0.5, 0.95)
_GROUPS: Final = (
    ("Capital", ("capex",)),
    ("Operation", ("fixed_opex", "other_opex", "co2_transport_storage")),
    ("Support", ("support",)),
    ("Carbon at home", ("home_carbon",)),
    ("Carbon at the border", ("cbam",)),
    ("Carbon paid back", ("compensation",)),
    ("Carbon of origin", ("origin_carbon",)),
)
"""Parts of a premium that stand together; each input stands for itself, or among the others."""
_LAST: Final = ("Carbon of origin", "Carbon at home", "Carbon at the border", "Carbon paid back",
                "Support")  # fmt: skip
_ROWS: Final = 6
"""Rows of the table of the board, which stands on one page with all else."""
_SHOWN: Final = 6
"""Inputs that a waterfall shows one by one."""
AMOUNTS: Final = {
    "cost_premium_ex_carbon": "Costs more, before carbon",
    "cost_premium": "Costs more, carbon included",
    "carbon_value": "Avoided CO₂ is worth",
    "support_gap": "Still missing",
    "viability": "Value covers cost",
    "green_is_cheaper": "Green is cheaper",
    "buyer_premium": "Costs the buyer more",
    "landed_cost": "Delivered, it costs",
    "alternative_cost": "What the buyer compares with",
    "buyer_cost_per_tco2": "Costs the buyer, by CO₂ saved",
}
"""What a reader calls an outcome."""


def board_charts(reading: Reading, place: Place) -> Iterator[Chart]:
    """Charts of the board, as far as the outcomes of the run allow."""
    makers = [cost_and_value, waterfall, probabilities, routes_here, years_table]
    if place.against:
        # The others tell the tonne beside a plant of its own region.
        own = _is_own_comparison(reading, place)
        makers = [cost_and_value, *([waterfall, probabilities] if own else []), years_table]
    for make in makers:
        chart = make(reading, place)
        if chart is not None:
            yield replace(chart, place=where(reading, place))


def _is_own_comparison(reading: Reading, place: Place) -> bool:
    """Whether the buyer compares with what the region compares with: one premium is the other."""
    at = place.at(("scenario", "against", "region", "destination", "route"))
    bought, own = (reading.values(f"{name}_quantile", at)
                   for name in ("buyer_premium", "cost_premium"))  # fmt: skip
    return bought.shape == own.shape and np.allclose(bought, own, rtol=1e-5, equal_nan=True)


def amounts_of(reading: Reading, place: Place | None = None) -> list[str]:
    """Cost and value of a tonne, as far as the run holds them.

    Without the cost before carbon the value is left out: the cost then holds carbon already, and
    who sees both subtracts twice. At a place with a buyer it is what the tonne costs him more.
    """
    if place is not None and place.against:
        return ["buyer_premium"]
    if reading.held("cost_premium_ex_carbon"):
        value = reading.held("carbon_value")
        return ["cost_premium_ex_carbon", *([value] if value else [])]
    return ["cost_premium"] if reading.held("cost_premium") else []


def where(reading: Reading, place: Place) -> str:
    """The place of a tonne in words."""
    words = [reading.title("route", place.route), reading.title("region", place.region)]
    if len(reading.labels("destination")) > 1:
        words.append(SOLD.get(place.destination, place.destination))
    if len(reading.labels("scenario")) > 1:
        words.append(f"scenario: {reading.title('scenario', place.scenario)}")
    return "; ".join(words)


def cost_and_value(reading: Reading, place: Place) -> Chart | None:
    """Fan of what a tonne costs more, against what its avoided CO₂ is worth."""
    outcomes = amounts_of(reading, place)
    rows = list(fan_rows(reading, outcomes, place))
    if not rows:
        return None
    unit, both = reading.unit(outcomes[0]), len(outcomes) > 1
    title = "Cost and value of a tonne" if both else AMOUNTS[outcomes[0]]
    if place.against:
        title += f" than {reading.title('against', place.against)}"
    question = (
        "When does the value of avoided CO₂ cover what the low-carbon tonne costs more?" if both
        else "When does the low-carbon tonne cost less?"
    )  # fmt: skip
    return Chart(
        "cost-and-value", title, question,
        "fan", unit,
        (*labels("series=Quantity", "year"), *quantile_columns(unit, BAND)), tuple(rows),
        note="Line: median of each year. Bands: half, and nine tenths, of the draws. "
        "Medians of years are not a path.",
        source=source(reading, *(f"{one}_quantile" for one in outcomes)),
    )  # fmt: skip


def fan_rows(
    reading: Reading, outcomes: list[str], place: Place
) -> Iterator[tuple[Value, ...]]:  # fmt: skip
    """Series, year and quantiles of some outcomes of one tonne, in its years with a value."""
    at = place.at(("scenario", "against", "region", "destination", "route"))
    for outcome in outcomes:
        by_year = np.stack([
            reading.values(f"{outcome}_quantile", {**at, "quantile": one}) for one in BAND
        ], -1)  # fmt: skip
        for year, quantiles in zip(reading.labels("year"), by_year.tolist(), strict=True):
            if all(map(math.isfinite, quantiles)):
                yield (AMOUNTS[outcome], int(year), *quantiles)


def waterfall(reading: Reading, place: Place) -> Chart | None:
    """From what the reference costs to what the route costs, in the central case of one year."""
    if "waterfall_central" not in reading:
        return None
    at = place.at(("scenario", "region", "destination", "route", "year"))
    values = reading.values("waterfall_central", at)
    if values.ndim != 1 or not np.isfinite(values).all():
        return None
    parts = grouped(dict(zip(reading.labels("component"), values.tolist(), strict=True)), reading)
    reference, start = reading.reference(place), math.nan
    if reference is not None:
        at = {**at, "route": reference}
        start = reading.value("levelised_cost_central", at)
        start += reading.value("carbon_cost_central", at)
    named = reading.title("route", reference) if reference else "Reference"
    first = [(named, start)] if math.isfinite(start) else [("Reference", 0.0)]
    last = reading.title("route", place.route) if math.isfinite(start) else "Costs more in all"
    title = (
        f"From {named} to {last}"
        if reference and math.isfinite(start)
        else "What it costs more, part by part"
    )
    total = first[0][1] + float(values.sum())
    unit = reading.unit("waterfall")
    return Chart(
        "waterfall", f"{title}, {place.year}",
        "What makes the low-carbon tonne dearer, and what makes it cheaper?",
        "waterfall", unit, (*labels("part"), Column("value", "Value", unit)),
        (*first, *parts, (last, total)),
        note="Central case: every uncertain number at its median, carbon included.",
        source=source(
            reading, "waterfall_central", "levelised_cost_central", "carbon_cost_central"
        ),
    )  # fmt: skip


def grouped(parts: dict[str, float], reading: Reading) -> list[tuple[str, float]]:
    """Parts of a premium in the order capital, operation, inputs, carbon, support.

    Small inputs are put together; nothing is left out of the sum.
    """
    of = {name: group for group, names in _GROUPS for name in names}
    sums: dict[str, float] = {}
    for name, value in parts.items():
        group = of.get(name) or reading.title("component", name).replace("_", " ").capitalize()
        sums[group] = sums.get(group, 0.0) + value
    groups = {group for group, _ in _GROUPS}
    inputs = sorted((one for one in sums if one not in groups), key=lambda one: -abs(sums[one]))
    large = [one for one in inputs[:_SHOWN] if abs(sums[one]) >= 0.5]
    rest = sum(sums[one] for one in inputs if one not in large)
    order = [("Capital", None), ("Operation", None), *((one, None) for one in large)]
    found = [(name, sums[name]) for name, _ in order if sums.get(name)]
    if len(inputs) > len(large) and rest:
        found.append(("Other inputs", rest))
    return found + [(name, sums[name]) for name in _LAST if sums.get(name)]


def probabilities(reading: Reading, place: Place) -> Chart | None:
    """Over the years, the share of draws in which the tonne pays, by scenario."""
    name = reading.held("viability", "green_is_cheaper", statistic="mean")
    if name is None:
        return None
    at = place.at(("region", "destination", "route"))
    rows: list[tuple[Value, ...]] = []
    for scenario in reading.labels("scenario"):
        shares = reading.values(f"{name}_mean", {**at, "scenario": scenario}).tolist()
        rows += [
            (reading.title("scenario", scenario), int(year), share)
            for year, share in zip(reading.labels("year"), shares, strict=True)
            if math.isfinite(share)
        ]
    if not rows:
        return None
    return Chart(
        "probability", f"{AMOUNTS[name]}: share of the draws",
        "In how many draws does the tonne pay without further support?",
        "lines", "share of draws",
        (*labels("series=Scenario", "x=Year"), Column("value", "Share", "share of draws")),
        tuple(rows), source=source(reading, f"{name}_mean"),
    )  # fmt: skip


def routes_here(reading: Reading, place: Place) -> Chart | None:
    """What a tonne of each route of the region still lacks in the year."""
    name = reading.held("support_gap", "cost_premium", "cost_premium_ex_carbon")
    known = reading.compared(place)
    if name is None or len(known) < 2:
        return None
    unit, rows = reading.unit(name), list[tuple[Value, ...]]()
    for route in known:
        at = {**place.at(("scenario", "region", "destination", "year")), "route": route}
        quantiles = reading.quantiles(name, at, _ENDS)
        if all(map(math.isfinite, quantiles)):
            rows.append((reading.title("route", route), *quantiles))
    if len(rows) < 2:
        return None
    return Chart(
        "routes-here",
        f"{AMOUNTS[name]}: routes in {reading.title('region', place.region)}, {place.year}",
        "Would another route do better?", "whiskers", unit,
        (*labels("label=Route"), *quantile_columns(unit, _ENDS)), tuple(rows),
        note=f"Dot: median. Line: P5 to P95. {below_zero(name)}", better="low",
        source=source(reading, f"{name}_quantile"),
    )  # fmt: skip


def years_table(reading: Reading, place: Place) -> Chart | None:
    """Cost, value, gap and share covered in telling years, by scenario."""
    shown = amounts_of(reading, place)
    if place.against:
        shown = [name for name in ("landed_cost", "alternative_cost", *shown) if reading.held(name)]
    elif len(shown) > 1 and reading.held("support_gap"):
        shown.append("support_gap")
    if not shown:
        return None
    share = None if place.against else reading.held(
        *(["viability"] if len(shown) > 1 else []), "green_is_cheaper", statistic="mean"
    )  # fmt: skip
    unit = reading.unit(shown[0])
    columns = [*labels("scenario", "year")]
    for name in shown:
        columns += [
            Column(f"{name}_{one.name}", f"{AMOUNTS[name]} {one.title}", unit, AMOUNTS[name])
            for one in quantile_columns(unit, _ENDS)
        ]
    if share:
        columns.append(Column(share, AMOUNTS[share], "share of draws"))
    rows: list[tuple[Value, ...]] = []
    scenarios = reading.labels("scenario")
    years = sorted({*reading.years, place.year})
    if len(scenarios) * len(years) > _ROWS and not reading.asks_years:
        years = [place.year]
    for scenario in scenarios:
        for year in years:
            at = {**place.at(("against", "region", "destination", "route")),
                  "scenario": scenario, "year": year}  # fmt: skip
            numbers = [one for name in shown for one in reading.quantiles(name, at, _ENDS)]
            if share:
                numbers.append(reading.value(f"{share}_mean", at))
            if any(map(math.isfinite, numbers)):
                rows.append((reading.title("scenario", scenario), year, *numbers))
    if not rows:
        return None
    note = "Still missing is the distribution of the difference, not the difference of medians."
    if place.against:
        note = "The difference has its own distribution: its median is not that of the medians."
    return Chart(
        "years", "In numbers",
        "What are the numbers of each scenario?", "table", unit, tuple(columns), tuple(rows),
        note=note if place.against or "support_gap" in shown else "",
        source=source(reading, *(f"{one}_quantile" for one in shown)),
    )  # fmt: skip


def below_zero(name: str) -> str:
    """What a number below zero says."""
    if name == "support_gap":
        return "Below zero nothing is missing."
    return "Below zero the low-carbon tonne costs less."


def source(reading: Reading, *arrays: str) -> str:
    """Where the numbers of a chart are from: the run and its arrays."""
    held = ", ".join(dict.fromkeys(one for one in arrays if one in reading))
    attrs = reading.attrs
    digest = str(attrs.get("digest", ""))[:12]
    return (
        f"simcore run{f' {digest}' if digest else ''}, {attrs['draws']:,} draws, "
        f"{reading.money()}; {held}"
    )
