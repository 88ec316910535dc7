"""The charts of a report as charts of Excel, drawn from the cells of their sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcore.report.charts import Chart, is_share
from simcore.report.checks import letters
from simcore.report.svg import COST, GAIN, INK, SERIES
from simcore.report.workbook import Book

MOST: Final = 12
"""Pictures of a sheet; the numbers are all there."""
_WIDTH, _HEIGHT = 620, 330
_ACROSS: Final = 2
_ROW: Final = 20
"""Pixels of a row."""
_BAND: Final = {"p5": "dash", "p50": "solid", "p95": "dash"}
_LINES: Final = 1.0


@dataclass(frozen=True)
class Block:
    """Rows of a chart that follow each other, of one panel and one series.

    Attributes
    ----------
    panel, series : str
        Empty where the chart has none.
    first, last : int
        Rows of the chart, from 0.
    """

    panel: str
    series: str
    first: int
    last: int


def blocks_of(chart: Chart) -> list[Block]:
    """Cut the rows of a chart into runs of one panel and one series."""
    heads = [one.name for one in chart.columns]
    keys = [heads.index(one) if one in heads else None for one in ("panel", "series")]
    found: list[Block] = []
    for at, row in enumerate(chart.rows):
        panel, series = (str(row[key]) if key is not None else "" for key in keys)
        if found and (found[-1].panel, found[-1].series) == (panel, series):
            found[-1] = Block(panel, series, found[-1].first, at)
        else:
            found.append(Block(panel, series, at, at))
    return found


def draw(book: Book, sheet: Any, chart: Chart, top: int, added: dict[str, int]) -> int:
    """Draw a chart beside its table, which begins with its head in row `top`.

    Parameters
    ----------
    book : Book
    sheet : Worksheet
    chart : Chart
    top : int
    added : dict of str to int
        Columns beside those of the chart, such as the ends of the bars of a waterfall.

    Returns
    -------
    int
        Panels that are not drawn, as there are too many.
    """
    make = _MAKERS.get(chart.kind)
    if make is None or not chart.rows:
        return 0
    panels: dict[str, list[Block]] = {}
    for one in blocks_of(chart):
        panels.setdefault(one.panel, []).append(one)
    beside = len(chart.columns) + len(added) + 1
    for place, (panel, blocks) in enumerate(list(panels.items())[:MOST]):
        picture = make(book, _Cells(sheet.get_name(), chart, top, added), blocks)
        picture.set_title({"name": panel or chart.title, "name_font": {"size": 11, "bold": True}})
        picture.set_size({"width": _WIDTH, "height": _HEIGHT})
        several = any(one.series for one in blocks) and chart.kind != "waterfall"
        picture.set_legend({"position": "bottom"} if several else {"none": True})
        row = top + (place // _ACROSS) * (_HEIGHT // _ROW + 2)
        sheet.insert_chart(row, beside, picture,
                           {"x_offset": place % _ACROSS * (_WIDTH + 15),
                            "description": f"{chart.title}. {panel}".strip()})  # fmt: skip
    return max(0, len(panels) - MOST)


@dataclass(frozen=True)
class _Cells:
    """Where the numbers of a chart stand."""

    sheet: str
    chart: Chart
    top: int
    added: dict[str, int]

    def range(self, name: str, block: Block) -> list[Any]:
        heads = [one.name for one in self.chart.columns]
        at = self.added.get(name, heads.index(name) if name in heads else -1)
        return [self.sheet, self.top + 1 + block.first, at, self.top + 1 + block.last, at]

    def reference(self, name: str, block: Block) -> str:
        """The same as text."""
        sheet, first, at, last, _ = self.range(name, block)
        quoted = str(sheet).replace("'", "''")
        return f"'{quoted}'!${letters(at)}${first + 1}:${letters(at)}${last + 1}"

    def axes(self, picture: Any, *, flat: bool = False) -> Any:
        form = "0%" if is_share(self.chart.unit) else "#,##0"
        number = {"name": self.chart.unit, "num_format": form, "name_font": {"bold": False},
                  "major_gridlines": {"visible": True, "line": {"color": "#D5DAE0"}}}  # fmt: skip
        label = {"label_position": "low", "line": {"color": "#55606E"}}
        (picture.set_y_axis if not flat else picture.set_x_axis)(number)
        (picture.set_x_axis if not flat else picture.set_y_axis)(
            {**label, **({"reverse": True} if flat else {})}
        )
        return picture


def _fan(book: Book, cells: _Cells, blocks: Sequence[Block]) -> Any:
    picture = book.book.add_chart({"type": "line"})
    for place, one in enumerate(blocks):
        colour = SERIES[place % len(SERIES)]
        for name, dash in _BAND.items():
            thick = 2.25 if name == "p50" else _LINES
            picture.add_series({
                "name": f"{one.series} {name.upper()}".strip(),
                "categories": cells.range("year", one), "values": cells.range(name, one),
                "line": {"color": colour, "width": thick, "dash_type": dash},
            })  # fmt: skip
    return cells.axes(picture)


def _lines(book: Book, cells: _Cells, blocks: Sequence[Block]) -> Any:
    xs = [float(one) for one in cells.chart.column("x") if not isinstance(one, str)]
    on_scale = len(xs) == len(cells.chart.rows)
    kind = {"type": "scatter", "subtype": "straight"} if on_scale else {"type": "line"}
    picture = book.book.add_chart(kind)
    for place, one in enumerate(blocks):
        picture.add_series({
            "name": one.series or "value",
            "categories": cells.range("x", one), "values": cells.range("value", one),
            "line": {"color": SERIES[place % len(SERIES)], "width": 2.25},
        })  # fmt: skip
    cells.axes(picture)
    if not on_scale:
        return picture
    low, high = min(xs, default=0.0), max(xs, default=1.0)
    form = "0" if low >= 1900 and high <= 2300 else "#,##0"
    picture.set_x_axis({
        "min": low, **({"max": high} if high > low else {}), "num_format": form,
        "major_gridlines": {"visible": False}, "label_position": "low",
    })  # fmt: skip
    return picture


def _shares(book: Book, cells: _Cells, blocks: Sequence[Block]) -> Any:
    picture = book.book.add_chart({"type": "column", "subtype": "percent_stacked"})
    for place, one in enumerate(blocks):
        picture.add_series({
            "name": one.series, "categories": cells.range("x", one),
            "values": cells.range("value", one), "gap": 20,
            "fill": {"color": SERIES[place % len(SERIES)]},
        })  # fmt: skip
    return cells.axes(picture)


def _bars(book: Book, cells: _Cells, blocks: Sequence[Block]) -> Any:
    picture = book.book.add_chart({"type": "bar"})
    for place, one in enumerate(blocks):
        picture.add_series({
            "name": one.series or "value", "categories": cells.range("label", one),
            "values": cells.range("value", one), "gap": 40,
            "fill": {"color": SERIES[place % len(SERIES)]},
        })  # fmt: skip
    return cells.axes(picture, flat=True)


def _whiskers(book: Book, cells: _Cells, blocks: Sequence[Block]) -> Any:
    """P50 as a mark, from P5 to P95 as a line."""
    picture = book.book.add_chart({"type": "line"})
    for one in blocks:
        bars = {
            f"{way}_values": "=" + cells.reference(name, one)
            for way, name in (("plus", "above"), ("minus", "below"))
        }
        picture.add_series({
            "name": "P50", "categories": cells.range("label", one),
            "values": cells.range("p50", one), "line": {"none": True},
            "marker": {"type": "circle", "size": 8, "border": {"color": GAIN},
                       "fill": {"color": GAIN}},
            "y_error_bars": {"type": "custom", **bars, "line": {"color": GAIN, "width": 2}},
        })  # fmt: skip
    return cells.axes(picture)


def _waterfall(book: Book, cells: _Cells, blocks: Sequence[Block]) -> Any:
    """Each part from where the one before ended; up in one colour, down in the other."""
    picture = book.book.add_chart({"type": "column", "subtype": "stacked"})
    whole = Block("", "", blocks[0].first, blocks[-1].last)
    values = [float(one) for one in cells.chart.column("value")]
    ends = (0, len(values) - 1)
    fills = [
        {"fill": {"color": INK if at in ends else COST if one > 0 else GAIN}}
        for at, one in enumerate(values)
    ]
    for name in ("hidden", "over", "under"):
        look = {"fill": {"none": True}} if name == "hidden" else {"points": fills}
        picture.add_series({
            "name": name, "categories": cells.range("part", whole),
            "values": cells.range(name, whole), "gap": 30, **look,
        })  # fmt: skip
    return cells.axes(picture)


_MAKERS: Final = {
    "fan": _fan, "lines": _lines, "shares": _shares, "bars": _bars, "whiskers": _whiskers,
    "waterfall": _waterfall,
}  # fmt: skip
