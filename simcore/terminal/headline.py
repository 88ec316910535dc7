"""The table after a run: what each route costs more, what carbon pays of it, what is missing."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from simcore.analysis.notation import band, decimals, number, said_unit, share
from simcore.analysis.sectors import Made, References
from simcore.analysis.views import MarketPrice
from simcore.errors import printable
from simcore.terminal.accounts import account_lines
from simcore.terminal.delivered import delivered_lines, legend_of
from simcore.terminal.goods import budget_lines, product_lines
from simcore.terminal.portfolios import portfolio_lines
from simcore.terminal.projects import project_lines
from simcore.terminal.regions import COLUMNS, Block, Rows, is_amount, labels_of, year_lines
from simcore.terminal.tables import MANY, WIDTH, Titles, named, scale_of

_LEGEND: Final = {
    "cost_premium_ex_carbon": "levelised cost above that of the reference route, before carbon",
    "cost_premium": "levelised and carbon cost above those of the reference route",
    "carbon_value": "what the avoided CO2 is worth, per tonne of product",
    "support_gap": "costs more less carbon pays, draw by draw; below zero nothing is missing",
    "viability": "share of the draws in which nothing is missing",
    "green_is_cheaper": "share of the draws in which the route costs no more, carbon included",
}
_BY_VIEW: Final = " (by view of the price)"
_MOST: Final = 9_999.5
"""Amounts from here on stand in thousands, so that three of them fit into 80 columns."""


def headline_text(
    columns: Mapping[Any, Sequence[Any]],
    attrs: Mapping[Any, Any],
    *,
    width: int = WIDTH,
    ids: bool = False,
) -> str:
    """Show the headline of `analysis`, a block for each scenario, year and place of sale.

    Parameters
    ----------
    columns, attrs : mappings
        Labels and numbers in columns of equal length, and what `analysis.headline.headline_of`
        gives beside them.
    width : int
        Longest line; 80 is enough for P50, P5 and P95 of an amount.
    ids : bool
        Whether labels are shown as they are, and not by their human names.
    """
    columns, attrs = _in_thousands(columns, attrs)
    unit, titles = attrs["unit"], {} if ids else attrs["titles"]
    lines = textwrap.wrap(attrs["run"], width) + textwrap.wrap(
        f"{attrs['draws']:,} draws; {_money(attrs)}; {shape_of(attrs['quantiles'])}", width
    )
    outcomes: Sequence[str] = [name for name in attrs["outcomes"] if name]
    # Without a cost or a value the columns are those of the tables of buyers.
    every = zip(*columns.values(), strict=True) if outcomes else ()
    table: Rows = [dict(zip(columns, row, strict=True)) for row in every]
    legend = {
        COLUMNS[name]: _LEGEND[name] + (_BY_VIEW if _is_ranged(name, table, width) else "")
        for name in outcomes
    } | legend_of(attrs["delivered"])
    space = max(map(len, legend), default=0) + 2
    for heading, meaning in legend.items():
        lines += textwrap.wrap(
            meaning, width, initial_indent=f"  {heading:<{space}}",
            subsequent_indent=" " * (space + 2),
        )  # fmt: skip
    references: References = attrs.get("references") or {}
    made: Sequence[Made] = attrs["sectors"] if "sector" in columns else ()
    for scenario in labels_of(table, "scenario"):
        for year in labels_of(table, "year"):
            rows = [row for row in table if row["scenario"] == scenario and row["year"] == year]
            title = f"{year}, {named(titles, 'scenario', scenario)}"
            block = Block(
                outcomes, attrs["quantiles"], titles, width, references.get(scenario, {}),
                ranged=width >= WIDTH,
            )  # fmt: skip
            for one in made:
                own = [row for row in rows if row["sector"] == one.sector]
                what = f"{named(titles, 'sector', one.sector)}: {unit} of {one.product}"
                lines += year_lines(own, block, f"{title}, {what}") if own else []
            lines += [] if made else year_lines(rows, block, title)
            told = [one for one in attrs["prices"] if (one.scenario, one.year) == (scenario, year)]
            priced = _price_lines(told, said_co2(attrs), titles, width)
            # Below several sectors they stand apart, as they are those of all.
            lines += ["", *priced] if made and told else priced
    for one in attrs["delivered"]:
        lines += delivered_lines(one, attrs["quantiles"], titles)
    if attrs["projects"] is not None:
        lines += project_lines(attrs["projects"], attrs["quantiles"], titles)
    lines += portfolio_lines(attrs["portfolios"], attrs["quantiles"], attrs["currency"], titles)
    lines += account_lines(attrs["accounts"], attrs["currency"], titles)
    lines += budget_lines(attrs["budgets"], attrs["currency"], titles)
    lines += product_lines(attrs["products"], attrs["quantiles"], attrs["currency"], titles)
    for sentence in (*_not_shown(attrs, titles), *_intervals(attrs)):
        lines += ["", *textwrap.wrap(sentence, width)] if lines[-1:] != [""] else [sentence]
    return "\n".join(map(printable, lines)).rstrip("\n")


def _is_ranged(name: str, table: Rows, width: int) -> bool:
    """Whether the views of a price are shown beside a share."""
    return width >= WIDTH and f"{name}_low" in (table[0] if table else ())


def shape_of(quantiles: Sequence[str]) -> str:
    """How a cell of the table shows quantiles: three as `P50 (P5 to P95)`."""
    return band([one.upper() for one in quantiles])


def _money(attrs: Mapping[Any, Any]) -> str:
    unit, year = str(attrs["unit"]), attrs["price_year"]
    if not unit.endswith("/t"):
        return f"{unit}, money of {year}"
    product = f" of {attrs['product']}" if attrs.get("product") else ""
    return f"{unit.removesuffix('/t')} of {year} per t{product}"


def said_co2(attrs: Mapping[Any, Any]) -> str:
    """Unit of a carbon price, in the money of the table."""
    unit = str(attrs["unit"])
    return f"{unit} CO2" if unit.endswith("/t") else f"{attrs['currency']}/t CO2"


def _in_thousands(
    columns: Mapping[Any, Sequence[Any]], attrs: Mapping[Any, Any]
) -> tuple[Mapping[Any, Sequence[Any]], Mapping[Any, Any]]:
    """The same in thousands of its unit, where amounts have five digits."""
    amounts = [column for column in columns if is_amount(column, attrs["outcomes"])]
    values = [value for column in amounts for value in columns[column]]
    told = [*values, *(value for one in attrs["delivered"] for value in one.numbers())]
    scale = scale_of(told, above=_MOST)
    if scale == 1:
        return columns, {**attrs, "unit": said_unit(attrs["unit"])}

    def scaled(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(value / scale for value in values)

    prices = [
        replace(
            one, quantiles=scaled(one.quantiles), futures=one.futures / scale,
            views=tuple(replace(view, quantiles=scaled(view.quantiles)) for view in one.views),
        )
        for one in attrs["prices"]
    ]  # fmt: skip
    changed = {
        "unit": said_unit(attrs["unit"], scale), "interval": attrs["interval"] / scale,
        "prices": prices, "delivered": [one.scaled(scale) for one in attrs["delivered"]],
    }  # fmt: skip
    return {**columns, **{name: scaled(columns[name]) for name in amounts}}, {**attrs, **changed}


def _not_shown(attrs: Mapping[Any, Any], titles: Titles) -> list[str]:
    """What the table could say and does not, with the reason or the outcome to add."""
    lines = []
    if attrs["left_out"]:
        names = "; ".join(named(titles, "route", one) for one in attrs["left_out"])
        lines.append(f"Not shown: {names} (the reference route, or undefined in these years).")
    if attrs["apart"]:
        names = ", ".join(COLUMNS[name] for name in attrs["apart"])
        lines.append(
            f"Not shown: {names}, as the cost holds carbon already: add cost_premium_ex_carbon."
        )
    if attrs["lacking"]:
        names = ", ".join(f"{COLUMNS[name]} (add {name})" for name in attrs["lacking"])
        lines.append(f"Not shown: {names}, not among the outcomes.")
    return lines


def _intervals(attrs: Mapping[Any, Any]) -> list[str]:
    """How sure the amounts are, of those that the draws are enough for."""
    whose, lines = "any amount shown", []
    if attrs["open"]:
        names = ", ".join(name.upper() for name in attrs["open"])
        text = f"Too few draws: the 95 % confidence interval of {names} is open"
        if attrs["draws"] < attrs["enough"]:
            text += f"; from {attrs['enough']} draws it has two ends"
        lines.append(f"{text}.")
        whose = "any other"
    if not math.isnan(attrs["interval"]):
        error = f"+-{attrs['interval']:,.1f} {attrs['unit']}"
        text = f"Sampling error: the 95 % confidence interval of {whose} is within {error}"
        freedom = attrs.get("freedom", 0)
        few = f", with {freedom} degree{'s' if freedom > 1 else ''} of freedom"
        lines.append(text + (few if 0 < freedom < MANY else "") + ".")
    return lines


def _price_lines(prices: Sequence[MarketPrice], unit: str, titles: Titles, width: int) -> list[str]:
    """Say what the carbon price of one scenario and year is made of.

    The market that decides most stands first and is told in full, the others in a line.
    """
    if not prices:
        return []
    first, *others = prices
    parts = [f"{named(titles, 'market', first.market)}: {_band(first.quantiles)} {unit}"]
    if not math.isnan(first.futures):
        parts.append(f"futures {number(first.futures, _places(first.quantiles))}")
    if first.at_limit > 0:
        parts.append(f"{share(first.at_limit)} of the draws at its floor or ceiling")
    lines = _joined("", parts, width)
    if first.views:
        views = [f"{one.name} {share(one.weight)} {_band(one.quantiles)}" for one in first.views]
        lines += _joined("  views, weights judged: ", views, width)
    if others:
        told = [f"{named(titles, 'market', one.market)} {_band(one.quantiles)}" for one in others]
        lines += _joined("  other markets: ", told, width)
    return lines


def _places(values: Sequence[float]) -> int:
    return decimals(values, figures=2)


def _band(values: Sequence[float]) -> str:
    return band([number(value, _places(values)) for value in values])


def _joined(head: str, parts: Sequence[str], width: int) -> list[str]:
    """Join parts by commas; a part is not broken."""
    glued = [part.replace(" ", "\0") for part in parts]
    found = textwrap.wrap(
        head + ", ".join(glued), width, subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace("\0", " ") for line in found]
