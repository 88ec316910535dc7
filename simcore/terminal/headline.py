"""The table after a run: cost, carbon value and viability of every region and route."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from simcore.analysis.headline import SOLD
from simcore.analysis.sectors import Made, References
from simcore.analysis.views import MarketPrice
from simcore.errors import printable
from simcore.terminal.delivered import delivered_lines, legend
from simcore.terminal.goods import budget_lines, product_lines
from simcore.terminal.projects import project_lines
from simcore.terminal.tables import (
    WIDTH,
    Key,
    decimals,
    grouped,
    number,
    said_unit,
    scale_of,
    share,
    shortened,
)

_SHORT: Final = {
    "cost_premium_ex_carbon": "extra cost",
    "cost_premium": "with carbon",
    "carbon_value": "carbon value",
    "support_gap": "support gap",
    "viability": "covers",
    "green_is_cheaper": "cheaper",
}
_LEGEND: Final = {
    "cost_premium_ex_carbon": "levelised cost minus that of the reference route, before carbon",
    "cost_premium": "extra cost after carbon: levelised and carbon cost minus those of the "
    "reference",
    "carbon_value": "what the avoided CO2 is worth, per tonne of product",
    "support_gap": "extra cost that the carbon value leaves to pay",
    "viability": "share of the draws in which the carbon value covers the extra cost",
    "green_is_cheaper": "share of the draws in which green costs less, carbon included",
}
_BY_VIEW: Final = " (by view)"
_PLACE: Final = {"domestic": "at home", "eu": "in EU"}

Rows = Sequence[Mapping[str, Any]]


def headline_text(columns: Mapping[Any, Sequence[Any]], attrs: Mapping[Any, Any]) -> str:
    """Show the headline of `analysis`, a block for each scenario and year.

    Labels and numbers in columns of equal length, and `attrs`, are what
    `analysis.headline.headline_of` gives; no line is longer than 100 characters.
    """
    columns, attrs = _in_thousands(columns, attrs)
    unit = attrs["unit"]
    lines = [shortened(attrs["run"], WIDTH)]
    what = f"; t of {attrs['product']}" if attrs.get("product") else ""
    real = f"real {unit} of {attrs['price_year']}"
    shown = " ".join(attrs["quantiles"]).upper()
    lines.append(f"{attrs['draws']:,} draws, {real}, {shown}{what}")
    outcomes: Sequence[str] = attrs["outcomes"]
    # Without a cost or a value the columns are those of the tables of buyers.
    every = zip(*columns.values(), strict=True) if any(outcomes) else ()
    table: Rows = [dict(zip(columns, row, strict=True)) for row in every]
    for name in outcomes:
        if name:
            ranged = f"{name}_low" in (table[0] if table else ())
            lines.append(f"  {_SHORT[name]:<13} {_LEGEND[name]}{_BY_VIEW if ranged else ''}")
    references: References = attrs.get("references") or {}
    alike = all(one == next(iter(references.values())) for one in references.values())
    lines += legend(attrs["delivered"])
    if references and alike and any(outcomes):
        lines += _references(next(iter(references.values())))
    made: Sequence[Made] = attrs["sectors"] if "sector" in columns else ()
    if len(_labels(table, "destination")) > 1:
        lines.append("  at home, in EU where the tonne is sold; in EU is blank where it is home")
    for scenario in _labels(table, "scenario"):
        for year in _labels(table, "year"):
            rows = [row for row in table if row["scenario"] == scenario and row["year"] == year]
            title = f"{year}, scenario {scenario}"
            for one in made:
                own = [row for row in rows if row["sector"] == one.sector]
                what = f"{one.sector}: {unit} of {one.product}"
                lines += _of_year(own, outcomes, f"{title}, {what}") if own else []
            lines += [] if made else _of_year(rows, outcomes, title)
            lines += [] if alike else _references(references.get(scenario, {}), everywhere=True)
            told = [one for one in attrs["prices"] if (one.scenario, one.year) == (scenario, year)]
            # Below several sectors they stand apart, as they are those of all.
            lines += ["", *_price_lines(told, unit)] if made and told else _price_lines(told, unit)
    for one in attrs["delivered"]:
        lines += delivered_lines(one, attrs["quantiles"])
    if attrs["projects"] is not None:
        lines += project_lines(attrs["projects"], attrs["quantiles"])
    lines += budget_lines(attrs["budgets"], attrs["currency"])
    lines += product_lines(attrs["products"], attrs["quantiles"], attrs["currency"])
    lines.append("")
    if attrs["left_out"]:
        names = ", ".join(attrs["left_out"])
        lines.append(f"Not shown: {names} (the reference route, or undefined in these years).")
    if attrs["apart"]:
        names = ", ".join(_SHORT[name] for name in attrs["apart"])
        lines.append(
            f"Not shown: {names}: the cost after carbon holds the value already; add "
            "cost_premium_ex_carbon."
        )
    if attrs["lacking"]:
        names = ", ".join(f"{_SHORT[name]} (add {name})" for name in attrs["lacking"])
        lines.append(f"Not shown: {names}, not among the outcomes.")
    return "\n".join(map(printable, [*lines, *_intervals(attrs, unit)])).rstrip("\n")


def _in_thousands(
    columns: Mapping[Any, Sequence[Any]], attrs: Mapping[Any, Any]
) -> tuple[Mapping[Any, Sequence[Any]], Mapping[Any, Any]]:
    """The same in thousands of its unit, where amounts have six digits."""
    amounts = [column for column in columns if _is_amount(column, attrs["outcomes"])]
    values = [value for column in amounts for value in columns[column]]
    scale = scale_of([*values, *(value for one in attrs["delivered"] for value in one.numbers())])
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


def _intervals(attrs: Mapping[Any, Any], unit: str) -> list[str]:
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
        lines.append(
            f"The 95 % confidence interval of {whose} is within +-{attrs['interval']:,.1f} {unit}."
        )
    return lines


def _references(
    references: Mapping[str, Mapping[str, str]], *, everywhere: bool = False
) -> list[str]:
    """The reference routes by sector, where regions, sectors or scenarios differ: the most common
    one first."""
    lines, head = list[str](), f"  {'reference':<13} "
    for sector, by_region in references.items():
        names = list(by_region.values())
        if len(references) == 1 and len(set(names)) < 2 and not (everywhere and names):
            continue
        usual = max(dict.fromkeys(names), key=names.count)
        places: dict[str, list[str]] = {}
        for region, name in by_region.items():
            places.setdefault(name, []).append(region)
        others = [f"{' '.join(found)} {name}" for name, found in places.items() if name != usual]
        text = "; ".join([usual, ", ".join(others)] if others else [usual])
        said = f"{sector}: {text}" if len(references) > 1 else text
        lines += textwrap.wrap(
            said, WIDTH, initial_indent=head, subsequent_indent=" " * (len(head) + 2)
        )
        head = " " * len(head)
    return lines


def _of_year(rows: Rows, outcomes: Sequence[str], title: str) -> list[str]:
    """One block, or one a destination where cost and value differ by it or do not fit beside."""
    names = _labels(rows, "destination")
    if not names or (outcomes[0] in ("", "cost_premium_ex_carbon") and len(names) <= 2):
        lines = _block(rows, outcomes, title)
        if len(names) < 2 or max(map(len, lines)) <= WIDTH:
            return ["", *lines]
    lines, told = [], list[Mapping[str, Any]]()
    for name in names:
        part = [row for row in rows if row["destination"] == name]
        again = _regions_as(told, part)
        part = [row for row in part if row.get("region") not in again]
        told += part
        heading = f"{title}, {SOLD.get(name, name)}"
        first = SOLD.get(names[0], names[0])
        if not part:
            lines += ["", f"{heading}: as {first}"]
            continue
        lines += ["", *_block(part, outcomes, heading, cutting=True)]
        if again:
            lines.append(f"As {first}: {', '.join(again)}")
    return lines


def _regions_as(told: Rows, rows: Rows) -> list[str]:
    """Regions that the rows tell as other rows have told them already: the EU is home."""
    aside = ("destination",)

    def numbers(part: Rows, region: str) -> list[str]:
        # As text, in which NaN is NaN.
        own = [row for row in part if row["region"] == region]
        return [str([value for key, value in row.items() if key not in aside]) for row in own]

    regions = _labels(rows, "region")
    return [one for one in regions if numbers(rows, one) == numbers(told, one)]


def _labels(rows: Rows, dim: str) -> list[Any]:
    """Labels along a dimension in their order; none where the rows do not differ by it."""
    return list(dict.fromkeys(row[dim] for row in rows if dim in row))


def _block(rows: Rows, outcomes: Sequence[str], title: str, *, cutting: bool = False) -> list[str]:
    cost, value, covers = outcomes
    amounts = [column for column in (rows[0] if rows else ()) if _is_amount(column, outcomes)]
    places = decimals([row[column] for row in rows for column in amounts], figures=3)
    destinations: list[str] = _labels(rows, "destination") or [""]
    groups: list[tuple[str, list[Key]]] = []
    for name in (cost, value):
        columns = [column for column in amounts if name and column.startswith(f"{name}_p")]
        if not columns:
            continue
        shared = name == "cost_premium_ex_carbon" or len(destinations) == 1
        if name == (value or cost) and covers:
            columns = [*columns, covers]
        for destination in destinations[:1] if shared else destinations:
            sold = "" if shared else f" {_PLACE.get(destination, destination)}"
            groups.append((_SHORT[name] + sold, [(column, destination) for column in columns]))
    labels = [name for name in ("region", "route") if _labels(rows, name)]
    cells: dict[tuple[str, ...], dict[Key, str]] = {}
    for record in rows:
        row = cells.setdefault(tuple(str(record[name]) for name in labels), {})
        for name in (*amounts, *([covers] if covers else [])):
            text = _probability(record, name) if name == covers else number(record[name], places)
            row[name, str(record.get("destination", ""))] = text
    defined = {key: row for key, row in cells.items() if set(row.values()) != {"-"}}
    for row in defined.values():
        _blank_repeated(row, destinations)
    # A route that is the reference of one region and compared in another is not absent.
    shown = {key[-1] for key in defined}
    absent = list(dict.fromkeys(key[-1] for key in cells if key[-1] not in shown))
    if not defined:
        return [f"{title}: not available: {', '.join(absent)}" if absent else title]
    lines = grouped(title, labels, groups, defined, _heading)
    if (cutting or len(destinations) < 2) and max(map(len, lines)) > WIDTH:
        # One group under the other, rather than names that can no longer be told apart.
        parts = [grouped(title, labels, [one], defined, _heading, cutting=True) for one in groups]
        lines = [*parts[0], *(line for part in parts[1:] for line in part[1:])]
    if absent and labels[-1:] == ["route"]:
        lines.append(f"Not available: {', '.join(absent)}")
    return lines


def _probability(record: Mapping[str, Any], name: str) -> str:
    """A probability, and between which two the single views of the price put it."""
    low, high = (record.get(f"{name}_{end}", math.nan) for end in ("low", "high"))
    text = share(record[name])
    return text if math.isnan(low) else f"{text} ({100 * low:.0f}-{100 * high:.0f})"


def _blank_repeated(row: dict[Key, str], destinations: Sequence[str]) -> None:
    """Leave out what is the same at the second destination: the EU is home."""
    home, *away = destinations
    for other in away:
        keys = [key for key in row if key[1] == other]
        if all(row[key] == row.get((key[0], home)) for key in keys):
            row.update(dict.fromkeys(keys, ""))


def _is_amount(column: str, outcomes: Sequence[str]) -> bool:
    """Whether a column is a quantile of the cost or of the value."""
    return any(name and column.startswith(f"{name}_p") for name in outcomes[:2])


def _heading(key: Key) -> str:
    return _column(key[0])


def _column(name: str) -> str:
    return _SHORT.get(name) or name.rsplit("_", 1)[-1].upper()


def _price_lines(prices: Sequence[MarketPrice], unit: str) -> list[str]:
    """Say what the carbon price of one scenario and year is made of.

    The market that decides most stands first and is told in full, the others in a line.
    """
    if not prices:
        return []
    first, *others = prices
    text = f"{first.market} {first.year}: {_band(first.quantiles)} {unit} (P5/P50/P95)"
    if not math.isnan(first.futures):
        text += f", futures {number(first.futures, _places(first.quantiles))}"
    if first.at_limit > 0:
        text += f", {share(first.at_limit)} of the draws at a hard limit"
    lines = [text]
    if first.views:
        parts = [f"{one.name} {share(one.weight)} {_band(one.quantiles)}" for one in first.views]
        lines += _joined("  views, weights judged: ", parts)
    if others:
        parts = [f"{one.market} {_band(one.quantiles)}" for one in others]
        lines += _joined("  other markets: ", parts)
    return lines


def _places(values: Sequence[float]) -> int:
    return decimals(values, figures=2)


def _band(values: Sequence[float]) -> str:
    return "/".join(number(value, _places(values)) for value in values)


def _joined(head: str, parts: Sequence[str]) -> list[str]:
    """Join parts by commas; a part is not broken."""
    glued = [part.replace(" ", "\0") for part in parts]
    found = textwrap.wrap(head + ", ".join(glued), WIDTH, subsequent_indent="    ")
    return [line.replace("\0", " ") for line in found]
