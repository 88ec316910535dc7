"""The tables of budgets and of products after a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.goods import BudgetRow, ProductRow
from simcore.analysis.notation import decimals, number
from simcore.terminal.tables import Titles, grouped, named, wrapped

_MOST: Final = 24
"""Lines of a table."""
_YEARS: Final = 3
"""Years of the table of budgets."""
_COLUMNS: Final = ("mean", "P95")


def budget_lines(rows: Sequence[BudgetRow], currency: str, titles: Titles) -> list[str]:
    """What closes each gap, in all and by year, beside the mean gap times the volume."""
    if not rows:
        return []
    shown = rows[:_MOST]
    years = [year for year in rows[0].years if any(one.years[year] != (0.0, 0.0) for one in shown)]
    if len(years) > _YEARS:
        years = [years[0], years[len(years) // 2], years[-1]]
    places = decimals([value for one in shown for value in one.numbers()], figures=3)
    net = any(math.isfinite(one.net) for one in shown)
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        ("all years", [*(("all", name) for name in _COLUMNS), *([("all", "net")] if net else [])])
    ]
    groups += [(str(year), [(str(year), name) for name in _COLUMNS]) for year in years]
    cells: dict[Any, Any] = {}
    for one in shown:
        keys = [("all", name) for name in (*_COLUMNS, "net")]
        found = dict(zip(keys, (one.total, one.reserve, one.net), strict=True))
        for year in years:
            keys = [(str(year), name) for name in _COLUMNS]
            found |= dict(zip(keys, one.years[year], strict=True))
        row = {key: number(value, places) for key, value in found.items()}
        labels = ("scenario", one.scenario), ("budget", one.budget)
        cells[tuple(named(titles, *label) for label in labels)] = row
    title = f"Budgets in M {currency}: what closes the gap of each draw"
    title += "; net: mean gap times volume" if net else ""
    lines = ["", *grouped(title, ["scenario", "budget"], groups, cells, _heading, cutting=True)]
    return lines + _more(len(rows), "budget_need")


def product_lines(
    rows: Sequence[ProductRow], quantiles: Sequence[str], currency: str, titles: Titles
) -> list[str]:
    """What products cost more in one scenario and year, and the share of their price."""
    if not rows:
        return []
    scenario, year = rows[0].scenario, _telling(rows)
    own = [one for one in rows if (one.scenario, one.year) == (scenario, year)]
    several = len({one.destination for one in own}) > 1
    labels = ["product", "region", *(["sold"] if several else []), "route"]
    cells: dict[Any, Any] = {}
    for one in own[:_MOST]:
        places = decimals(one.effect, figures=3)
        row = {("effect", name): number(value, places)
               for name, value in zip(quantiles, one.effect, strict=True)}  # fmt: skip
        row["price", "mean"] = f"{100 * one.uplift:.2f}%"
        name = named(titles, "product", one.product)
        name = name if one.unit.lower() in name.lower().split() else f"{name}, {one.unit}"
        sold = [named(titles, "destination", one.destination)] if several else []
        place, route = (named(titles, dim, getattr(one, dim)) for dim in ("region", "route"))
        cells[name, place, *sold, route] = row
    groups = [
        (f"{currency} more", [("effect", name) for name in quantiles]),
        ("of price", [("price", "mean")]),
    ]
    title = f"Products, {year}, {named(titles, 'scenario', scenario)}, carbon included"
    lines = ["", *grouped(title, labels, groups, cells, _heading, cutting=True)]
    return lines + _more(len(own), "price_effect")


def _telling(rows: Sequence[ProductRow]) -> int:
    """The second of the years shown, in which most routes are there; else the first."""
    years = sorted({one.year for one in rows})
    return years[min(1, len(years) - 1)]


def _more(count: int, variable: str) -> list[str]:
    if count <= _MOST:
        return []
    return wrapped(f"... {count - _MOST:,} more: simcore summary RUN --variable {variable}")


def _heading(key: tuple[str, str]) -> str:
    return key[1] if key[1] in ("mean", "net", "P95") else key[1].upper()
