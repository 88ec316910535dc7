"""Charts of what tonnes cost a buyer, and what products cost more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from simcore.analysis.delivered import delivered
from simcore.analysis.goods import products_of
from simcore.analysis.reading import Place, Reading
from simcore.report.board import source
from simcore.report.charts import Chart, Value, labels, quantile_columns

_ENDS: Final = (0.05, 0.5, 0.95)
SECTION: Final = "decisions"


def goods_charts(reading: Reading, place: Place) -> Iterator[Chart]:
    """Charts of buyers and products in the year of the board; none where the run has neither."""
    yield from _delivered(reading, place)
    yield from _products(reading, place)


def _delivered(reading: Reading, place: Place) -> Iterator[Chart]:
    """What a delivered tonne costs more than what the buyer compares with, by region and route."""
    if not reading.held("buyer_premium"):
        return
    unit = reading.unit("buyer_premium")
    for one in delivered(reading.run, _ENDS):
        if (one.scenario, one.year) != (place.scenario, place.year):
            continue
        rows: list[tuple[Value, ...]] = []
        for (region, route), row in sorted(
            one.rows.items(), key=lambda pair: reading.labels("region").index(pair[0][0])
        ):
            quantiles = row.get("buyer_premium", ())
            if quantiles and all(map(math.isfinite, quantiles)):
                rows.append((reading.title("region", region), reading.title("route", route),
                             *quantiles))  # fmt: skip
        if rows:
            against = reading.title("against", one.against)
            yield Chart(
                f"delivered-{''.join(c if c.isalnum() else '-' for c in one.against.lower())}",
                f"Delivered, above {against}, {one.year}",
                "Which tonne costs the buyer least?", "whiskers", unit,
                (*labels("panel=Region", "label=Route"), *quantile_columns(unit, _ENDS)),
                tuple(rows), section="board" if one.against == place.against else SECTION,
                better="low",
                note=f"Scenario: {reading.title('scenario', one.scenario)}. With freight, duty and "
                "the carbon of the border. Dot: median. Line: P5 to P95. "
                "Below zero it costs the buyer less.",
                source=source(reading, "buyer_premium_quantile"),
            )  # fmt: skip


def _products(reading: Reading, place: Place) -> Iterator[Chart]:
    """What products cost more in one year, by product and route."""
    currency = str(reading.attrs["currency"])
    rows: list[tuple[Value, ...]] = []
    for one in products_of(reading.run, _ENDS):
        here = (one.scenario, one.year, one.region) == (place.scenario, place.year, place.region)
        if here and all(map(math.isfinite, one.effect)):
            panel = f"{reading.title('product', one.product)} ({one.unit})"
            rows.append((panel, reading.title("route", one.route), *one.effect))
    # Of a ship and of a car no scale shows both: a table does.
    if rows:
        yield Chart(
            "products",
            f"What products cost more, {reading.title('region', place.region)}, {place.year}",
            "Who would notice?", "table", currency,
            (*labels("panel=Product", "label=Route"), *quantile_columns(currency, _ENDS)),
            tuple(rows), section=SECTION,
            note=f"Scenario: {reading.title('scenario', place.scenario)}. For one of each.",
            source=source(reading, "price_effect_quantile"),
        )  # fmt: skip
