"""Pictures of what moves over the years: fans, lines and shares, a panel at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simcore.analysis.sentences import figures, per_cent, written
from simcore.report.charts import Chart, is_share
from simcore.report.svg import (
    DASHES,
    INK,
    LINE,
    SERIES,
    SIZE,
    SOFT,
    Canvas,
    Scale,
    apart,
    range_of,
    scaled_unit,
    step_of,
    wrapped,
    year_ticks,
)


def series_of(chart: Chart) -> list[str]:
    """Names of the series of a chart, in their order."""
    return list(dict.fromkeys(map(str, chart.column("series")))) if chart.has("series") else []


def _rows(chart: Chart) -> dict[str, list[tuple[float, ...]]]:
    """Numbers of each series, in the order of x."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for row in chart.rows:
        numbers = tuple(float(value) for value in row[1:])
        if all(map(math.isfinite, numbers)):
            found.setdefault(str(row[0]), []).append(numbers)
    return found


@dataclass(frozen=True)
class _Frame:
    """Canvas and scales of a panel with years, or amounts, along its width."""

    canvas: Canvas
    x: Scale
    y: Scale
    right: float


def _frame(
    chart: Chart, ends: tuple[float, float] | None, across: Sequence[float], *, small: bool,
    room: float, years: bool = True, margin: float = 0.0,
) -> _Frame:  # fmt: skip
    """Axes of a panel; `room` is kept free at its right."""
    width, height = (230.0, 150.0) if small else (520.0, 264.0)
    share = is_share(chart.unit)
    low, high = (0.0, 1.0) if share else ends or range_of(chart.numbers())
    canvas = Canvas(width, height)
    y = Scale(low, high, height - 24, 12 if small else 34)
    ticks = [0, 0.25, 0.5, 0.75, 1] if share else y.ticks(3 if small else 5)
    places = figures([step_of(high - low, 3 if small else 5)], 1) if not share else 0
    scale = 1000 if max(abs(low), abs(high)) >= 99_999.5 else 1
    texts = [per_cent(one) if share else written(one / scale, places) for one in ticks]
    size = 10.0 if small else SIZE
    left = 10 + max(map(len, texts), default=1) * size * 0.58
    x = Scale(min(across) - margin, max(across) + margin, left, width - room)
    for value, text in zip(ticks, texts, strict=True):
        canvas.line(left, y(value), width - room, y(value), SOFT if value == 0 else LINE,
                    width=1.0 if value == 0 else 0.7)  # fmt: skip
        canvas.text(left - 6, y(value) + size * 0.35, text, size=size, anchor="end")
    if not small:
        canvas.text(0, 12, scaled_unit(chart.unit, scale), size=size)
    if share:
        canvas.line(left, y(0.5), width - room, y(0.5), SOFT, width=1.0, dash="2 2")
    if years:
        first, last = int(min(across)), int(max(across))
        for year in year_ticks(first, last, 3 if small else 5):
            anchor = "start" if year == first else "end" if year == last else "middle"
            canvas.line(x(year), height - 24, x(year), height - 20, SOFT)
            canvas.text(x(year), height - 8, str(year), size=size,
                        anchor="middle" if first == last else anchor)  # fmt: skip
    else:
        for value in x.ticks(4):
            canvas.line(x(value), height - 24, x(value), height - 20, SOFT)
            canvas.text(x(value), height - 8, written(value), size=size, anchor="middle")
    return _Frame(canvas, x, y, width - room + 8)


def _marked(frame: _Frame, mark: int | None, height: float) -> None:
    if mark is not None and frame.x.low < mark < frame.x.high:
        frame.canvas.line(frame.x(mark), 31, frame.x(mark), height - 24, SOFT, dash="1 3")
        frame.canvas.text(frame.x(mark), 28, str(mark), size=11, anchor="middle", colour=INK)


def _named(
    frame: _Frame, ends: Mapping[str, float], colours: Mapping[str, int]
) -> None:  # fmt: skip
    """Write names of series beside their last points, none over another."""
    room = frame.canvas.width - frame.right
    lines = {name: wrapped(name, room, SIZE) for name in ends}
    tallest = max((len(one) for one in lines.values()), default=1) * (SIZE + 2) + 3
    places = apart([frame.y(value) for value in ends.values()], tallest, 30,
                   frame.canvas.height - 30)  # fmt: skip
    for (name, texts), place in zip(lines.items(), places, strict=True):
        top = place + SIZE * 0.35 - (len(texts) - 1) * (SIZE + 2) / 2
        for line, text in enumerate(texts):
            frame.canvas.text(frame.right, top + line * (SIZE + 2), text, size=SIZE, bold=True,
                              colour=SERIES[colours[name] % len(SERIES)])  # fmt: skip


def fan(
    chart: Chart, ends: tuple[float, float] | None, colours: Mapping[str, int], small: bool,
    mark: int | None,
) -> str:  # fmt: skip
    """Bands of half and nine tenths of the draws, and the median; edges tell bands apart."""
    series = _rows(chart)
    years = [row[0] for rows in series.values() for row in rows]
    named = len(colours) > 1 and not small
    frame = _frame(chart, ends, years, small=small, room=118 if named else 10)
    canvas, x, y = frame.canvas, frame.x, frame.y
    if not small:
        _marked(frame, mark, canvas.height)
    for name, rows in series.items():
        place = colour_of(colours, name)
        colour, dash = SERIES[place % len(SERIES)], DASHES[colours[name] % len(DASHES)]
        if len(rows) == 1:
            year, p5, p25, p50, p75, p95 = rows[0]
            at = x(year) + 10 * place
            canvas.line(at, y(p5), at, y(p95), colour, width=1.5)
            canvas.line(at, y(p25), at, y(p75), colour, width=5)
            canvas.dot(at, y(p50), colour, shape=place, size=4)
            continue
        for low, high, opacity in ((1, 5, 0.13), (2, 4, 0.2)):
            there = [(x(row[0]), y(row[low])) for row in rows]
            back = [(x(row[0]), y(row[high])) for row in reversed(rows)]
            canvas.area([*there, *back], colour, opacity)
        if not small:
            for edge in (1, 5):
                canvas.path([(x(row[0]), y(row[edge])) for row in rows], colour, width=0.8,
                            dash=dash)  # fmt: skip
        canvas.path([(x(row[0]), y(row[3])) for row in rows], colour, dash=dash,
                    width=1.6 if small else 2.4)  # fmt: skip
    if named:
        _named(frame, {name: rows[-1][3] for name, rows in series.items()},
               {name: colour_of(colours, name) for name in series})  # fmt: skip
    words = "; ".join(
        f"{name}: median {_amount(chart, rows[0][3])} in {rows[0][0]:.0f}, "
        f"{_amount(chart, rows[-1][3])} in {rows[-1][0]:.0f}"
        for name, rows in series.items()
    )
    return canvas.svg(chart.name, chart.title, f"{words}.")


def colour_of(colours: Mapping[str, int], name: str) -> int:
    """Place of a series among the colours: what costs is warm, what it is worth is cool."""
    place = colours[name]
    return 1 - place if len(colours) == 2 and place < 2 and _costs(colours) else place


def _costs(colours: Mapping[str, int]) -> bool:
    return next(iter(colours)).startswith("Costs more")


def _amount(chart: Chart, value: float) -> str:
    if is_share(chart.unit):
        return per_cent(value)
    return f"{written(value, figures(chart.numbers()))} {chart.unit}"


def lines(
    chart: Chart, ends: tuple[float, float] | None, colours: Mapping[str, int], small: bool,
    mark: int | None,
) -> str:  # fmt: skip
    """Lines with names beside their ends; those that coincide are drawn and named once."""
    series = _rows(chart)
    along = next(one for one in chart.columns if one.name == "x")
    same: dict[tuple[tuple[float, ...], ...], list[str]] = {}
    for name, rows in series.items():
        same.setdefault(tuple(rows), []).append(name)
    merged = {" = ".join(names): list(rows) for rows, names in same.items()}
    places = {name: colours[name.split(" = ")[0]] for name in merged}
    across = [row[0] for rows in merged.values() for row in rows]
    frame = _frame(chart, ends, across, small=small, room=118 if not small else 10,
                   years=not along.unit)  # fmt: skip
    if not small:
        _marked(frame, mark if not along.unit else None, frame.canvas.height)
    for name, rows in merged.items():
        place = places[name]
        colour, points = (
            SERIES[place % len(SERIES)],
            [(frame.x(a), frame.y(b)) for a, b, *_ in rows],
        )
        frame.canvas.path(points, colour, width=2.2, dash=DASHES[place % len(DASHES)])
        every = max(1, len(points) // 5)
        for point in points[place % every :: every]:
            frame.canvas.dot(*point, colour, shape=place)
    if not small:
        if along.unit:
            frame.canvas.text(frame.canvas.width, frame.canvas.height - 8, along.unit, size=SIZE,
                              anchor="end")  # fmt: skip
        _named(frame, {name: rows[-1][1] for name, rows in merged.items()}, places)
    words = "; ".join(
        f"{name}: {_amount(chart, rows[0][1])} at {rows[0][0]:,.10g}, "
        f"{_amount(chart, rows[-1][1])} at {rows[-1][0]:,.10g}"
        for name, rows in merged.items()
    ).replace(",", "")  # fmt: skip
    return frame.canvas.svg(chart.name, chart.title, f"{words}.")


def shares(
    chart: Chart, ends: tuple[float, float] | None, colours: Mapping[str, int], small: bool,
    mark: int | None,
) -> str:  # fmt: skip
    """Stacked columns, one a year, with the letter of a series where it is widest."""
    series = _rows(chart)
    years = sorted({row[0] for rows in series.values() for row in rows})
    frame = _frame(chart, (0.0, 1.0), years, small=small, room=10, margin=0.5)
    canvas, x, y = frame.canvas, frame.x, frame.y
    step = x(1.0) - x(0.0)
    total = dict.fromkeys(years, 0.0)
    for name, rows in series.items():
        place = colours[name]
        colour = SERIES[place % len(SERIES)]
        best = (0.0, 0.0, 0.0)
        for year, share, *_ in rows:
            base = total[year]
            total[year] = base + share
            at = x(year - 0.5)
            canvas.box(at, y(base + share), step - 0.8, y(base) - y(base + share), colour,
                       opacity=0.92 if place < len(SERIES) else 0.5)  # fmt: skip
            # A letter at the edge would stand on the axis.
            inner = len(years) < 7 or years[1] < year < years[-2]
            best = max(best, (share if inner else 0.0, at + step / 2, base + share / 2))
        if y(0) - y(best[0]) > 13:
            canvas.text(best[1], y(best[2]) + 4, letter(place), size=11, colour="#ffffff",
                        anchor="middle", bold=True)  # fmt: skip
    words = "; ".join(
        f"{name}: {per_cent(rows[0][1])} in {rows[0][0]:.0f}, {per_cent(rows[-1][1])} in "
        f"{rows[-1][0]:.0f}" for name, rows in series.items()
    )  # fmt: skip
    return canvas.svg(chart.name, chart.title, f"{words}.")


def letter(place: int) -> str:
    """The letter of a series: A, B ... Z, AA."""
    return (letter(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)
