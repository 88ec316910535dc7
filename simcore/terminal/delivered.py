"""The table of what tonnes cost a buyer, delivered, beside what he compares with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.delivered import Delivered
from simcore.analysis.notation import band, decimals, number
from simcore.terminal.tables import Titles, grouped, named, wrapped

_SHORT: Final = {
    "landed_cost": "landed cost",
    "buyer_premium": "premium",
    "buyer_cost_per_tco2": "per t CO2e",
}
_LEGEND: Final = {
    "landed_cost": "levelised and carbon cost, freight and duty, in the region of the buyer",
    "buyer_premium": "landed cost minus the cost of what the buyer compares with",
    "buyer_cost_per_tco2": "premium by t CO2e that the tonne saves against it",
}


def legend_of(tables: Sequence[Delivered]) -> dict[str, str]:
    """What the columns are, by their headings."""
    names = dict.fromkeys(name for one in tables for row in one.rows.values() for name in row)
    return {_SHORT[name]: _LEGEND[name] for name in names}


def delivered_lines(one: Delivered, quantiles: Sequence[str], titles: Titles) -> list[str]:
    """One block: a row a region and route, with the name of what they are compared with."""
    against = named(titles, "against", one.against)
    title = f"{one.year}, {named(titles, 'scenario', one.scenario)}, against {against}, delivered"
    if one.alternative:
        places = decimals(one.alternative, figures=3)
        title += "; that costs " + band([number(value, places) for value in one.alternative])
    if not one.rows:
        return ["", *wrapped(f"{title}: nothing else is available")]
    names = list(next(iter(one.rows.values())))
    places = decimals(one.numbers(), figures=3)
    groups = [(_SHORT[name], [(name, quantile) for quantile in quantiles]) for name in names]
    rows: dict[Any, Any] = {
        (named(titles, "region", key[0]), named(titles, "route", key[1])): {
            (name, quantile): number(value, places) for name, values in row.items()
            for quantile, value in zip(quantiles, values, strict=True)
        }
        for key, row in one.rows.items()
    }  # fmt: skip
    head, *table = grouped(
        title, ["region", "route"], groups, rows, lambda key: key[1].upper(), cutting=True
    )
    lines = ["", *wrapped(head), *table]
    buyer = named(titles, "region", one.against.partition(".")[0])
    for what, places_ in (("freight or duty", one.without_freight), ("duty", one.without_duty)):
        if places_:
            why = "no entry in imports" if what != "duty" else "all is within the quota"
            told = ", ".join(named(titles, "region", place) for place in places_)
            lines += wrapped(f"Without {what} into {buyer} ({why}): {told}")
    return lines
