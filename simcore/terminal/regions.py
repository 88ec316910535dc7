"""Blocks of the table after a run: a line for each route under the region and its reference."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcore.analysis.headline import SOLD
from simcore.analysis.notation import decimals, number, share
from simcore.terminal.tables import Titles, named

COLUMNS: Final = {
    "cost_premium_ex_carbon": "costs more",
    "cost_premium": "costs more, carbon included",
    "carbon_value": "carbon pays",
    "support_gap": "still missing",
    "viability": "covered",
    "green_is_cheaper": "cheaper",
}
"""Heading of each outcome, the same whatever else was asked for."""
_SHARES: Final = ("viability", "green_is_cheaper")
_NARROWEST: Final = 13
"""Least room for the name of a route, which is wrapped."""
_GAP: Final = 2

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Block:
    """How rows of one scenario and year are shown.

    Attributes
    ----------
    outcomes, quantiles : sequence of str
        Columns, and names of the quantiles in a cell, such as p5.
    titles : Titles
    width : int
        Longest line.
    references : mapping
        Reference route by sector, then region.
    ranged : bool
        Whether shares say between which two the single views of the price put them.
    """

    outcomes: Sequence[str]
    quantiles: Sequence[str]
    titles: Titles
    width: int
    references: Mapping[str, Mapping[str, str]]
    ranged: bool = False

    def reference(self, row: Mapping[str, Any]) -> str:
        """Name of the route that a row is compared with; empty where the run does not say it."""
        tables = [self.references.get(str(row.get("sector", "")), {}), *self.references.values()]
        found = next((one[row["region"]] for one in tables if row.get("region") in one), "")
        return named(self.titles, "route", found) if found else ""


def labels_of(rows: Rows, dim: str) -> list[Any]:
    """Labels along a dimension in their order; none where the rows do not differ by it."""
    return list(dict.fromkeys(row[dim] for row in rows if dim in row))


def is_amount(column: str, outcomes: Sequence[str]) -> bool:
    """Whether a column is a quantile of one of the outcomes."""
    return any(name and column.startswith(f"{name}_p") for name in outcomes)


def year_lines(rows: Rows, block: Block, title: str) -> list[str]:
    """Lines of one scenario and year, a block for each place where the tonnes are sold."""
    places = labels_of(rows, "destination")
    if len(places) < 2:
        abroad = [SOLD.get(one, one) for one in places if one != "domestic"]
        return ["", *_block(rows, block, ", ".join([title, *abroad]))]
    lines, told = [], list[Mapping[str, Any]]()
    for place in places:
        part = [row for row in rows if row["destination"] == place]
        again = _regions_as(told, part)
        part = [row for row in part if row.get("region") not in again]
        told += part
        first = SOLD.get(places[0], places[0])
        if part:
            lines += ["", *_block(part, block, f"{title}, {SOLD.get(place, place)}")]
        if again and _any_defined(told, block):
            names = ", ".join(named(block.titles, "region", one) for one in again)
            lines += textwrap.wrap(f"As {first}: {names}", block.width)
    return lines


def _regions_as(told: Rows, rows: Rows) -> list[str]:
    """Regions that the rows tell as other rows have told them already: the EU is home."""

    def numbers(part: Rows, region: str) -> list[str]:
        # As text, in which NaN is NaN.
        own = [row for row in part if row["region"] == region]
        return [str([value for key, value in row.items() if key != "destination"]) for row in own]

    return [one for one in labels_of(rows, "region") if numbers(rows, one) == numbers(told, one)]


def _any_defined(rows: Rows, block: Block) -> bool:
    return any(_is_defined(row, block) for row in rows)


def _is_defined(row: Mapping[str, Any], block: Block) -> bool:
    amounts = [key for key in row if is_amount(key, block.outcomes) or key in _SHARES]
    return any(math.isfinite(row[key]) for key in amounts)


def _block(rows: Rows, block: Block, title: str) -> list[str]:
    """Regions one below the other, their routes under them; what does not fit continues below."""
    shown = [row for row in rows if _is_defined(row, block)]
    # A route that is the reference of one region and compared in another is not absent.
    there = set(labels_of(shown, "route"))
    absent = [
        named(block.titles, "route", one) for one in labels_of(rows, "route") if one not in there
    ]
    note = f"Not available: {'; '.join(absent)}" if absent else ""
    if not shown:
        said = f"{title}: not available: {'; '.join(absent)}" if absent else title
        return textwrap.wrap(said, block.width, subsequent_indent="  ")
    columns = _columns(shown, block)
    widest = max((len(one) for one in _names(shown, block)), default=0) + _GAP
    lines: list[str] = [title]
    while columns:
        fits = len(columns)
        while fits > 1 and _width(columns[:fits]) + min(widest, _NARROWEST) > block.width:
            fits -= 1
        room = min(widest, block.width - _width(columns[:fits]))
        lines += _part(shown, block, columns[:fits], max(room, 8))
        columns = columns[fits:]
    return lines + textwrap.wrap(note, block.width, subsequent_indent="  ")


def _names(rows: Rows, block: Block) -> list[str]:
    return [named(block.titles, "route", str(row.get("route", ""))) for row in rows]


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + _GAP for column in columns)


def _columns(rows: Rows, block: Block) -> list[list[str]]:
    """Cells of each column below its heading."""
    amounts = [key for key in rows[0] if is_amount(key, block.outcomes)]
    places = decimals([row[key] for row in rows for key in amounts], figures=3)
    found = []
    for name in block.outcomes:
        if name in _SHARES:
            cells = [_probability(row, name, ranged=block.ranged) for row in rows]
            width = max(len(COLUMNS[name]), *map(len, cells))
            found.append([text.rjust(width) for text in (COLUMNS[name], *cells)])
            continue
        keys = [f"{name}_{quantile}" for quantile in block.quantiles]
        cells = _amounts([[number(row[key], places) for key in keys] for row in rows])
        width = max(len(COLUMNS[name]), *map(len, cells))
        found.append([text.ljust(width) for text in (COLUMNS[name], *cells)])
    return found


def _amounts(rows: Sequence[Sequence[str]]) -> list[str]:
    """Three quantiles as `P50 (P5 to P95)`, their medians aligned; others one after the other."""
    if any(len(row) != 3 for row in rows):
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return [" / ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    width = max(len(row[1]) for row in rows)
    return [
        f"{middle:>{width}} ({low} to {high})" if middle != "-" else middle.rjust(width)
        for low, middle, high in rows
    ]


def _probability(row: Mapping[str, Any], name: str, *, ranged: bool) -> str:
    low, high = (row.get(f"{name}_{end}", math.nan) for end in ("low", "high"))
    text = share(row[name])
    return text if math.isnan(low) or not ranged else f"{text} ({100 * low:.0f}-{100 * high:.0f})"


def _part(rows: Rows, block: Block, columns: Sequence[Sequence[str]], room: int) -> list[str]:
    """Some of the columns beside the names of the routes, in a room of so many characters."""
    gap = " " * _GAP
    lines, before = [(" " * room + gap + gap.join(one[0] for one in columns)).rstrip()], ""
    for place, (row, name) in enumerate(zip(rows, _names(rows, block), strict=True)):
        region = str(row.get("region", ""))
        if region != before and region:
            against = block.reference(row)
            head = named(block.titles, "region", region)
            head += f", against {against}" if against else ""
            lines += textwrap.wrap(head, block.width, subsequent_indent="  ")
        before = region
        first, *more = textwrap.wrap(name, room - _GAP) or [""]
        cells = gap.join(one[place + 1] for one in columns)
        lines.append((gap + first.ljust(room - _GAP) + gap + cells).rstrip())
        lines += [gap + part for part in more]
    return lines
