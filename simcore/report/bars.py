"""Pictures of parts, ranges and maps: waterfall, whiskers, bars, heat; all panels in one."""

from __future__ import annotations

import math

from simcore.analysis.sentences import figures, per_cent, written
from simcore.report.charts import Chart, is_share
from simcore.report.svg import (
    COST,
    GAIN,
    INK,
    LINE,
    SIZE,
    SOFT,
    Canvas,
    Scale,
    of_sign,
    range_of,
    scaled_unit,
    step_of,
    wrapped,
)


def waterfall(chart: Chart) -> str:
    """Floating bars from one level to another, read from top to bottom."""
    rows = [(str(name), float(value)) for name, value in chart.rows]
    reach, level = [0.0, rows[0][1]], rows[0][1]
    for _, value in rows[1:-1]:
        level += value
        reach.append(level)
    reach.append(rows[-1][1])
    # Two high levels with small steps between them are shown from near the lower one.
    low, high = range_of(reach)
    width, left, right = 520.0, 164.0, 62.0
    lines = [wrapped(name, left - 14, SIZE) for name, _ in rows]
    heights = [max(20.0, len(one) * (SIZE + 2) + 6) for one in lines]
    canvas = Canvas(width, sum(heights) + 24)
    x = Scale(low, high, left, width - right)
    scale = 1000 if max(map(abs, (low, high))) >= 99_999.5 else 1
    places = figures([value / scale for _, value in rows])
    canvas.text(0, 12, scaled_unit(chart.unit, scale), size=SIZE)
    canvas.line(x(0), 20, x(0), canvas.height - 2, SOFT)
    top, level = 20.0, 0.0
    for place, ((_, value), texts, height) in enumerate(zip(rows, lines, heights, strict=True)):
        is_level = place in (0, len(rows) - 1)
        start, end = (0.0, value) if is_level else (level, level + value)
        colour = INK if is_level else COST if value > 0 else GAIN
        middle = top + height / 2
        canvas.box(min(x(start), x(end)), middle - 7, abs(x(end) - x(start)), 14, colour)
        if place < len(rows) - 1:
            canvas.line(x(end), middle + 7, x(end), middle + height - 5, SOFT, width=0.8)
        for line, text in enumerate(texts):
            at = middle + 4 + (line - (len(texts) - 1) / 2) * (SIZE + 2)
            canvas.text(left - 10, at, text, size=SIZE, colour=INK, anchor="end", bold=is_level)
        number = written(value / scale, places, sign=not is_level)
        canvas.text(max(x(start), x(end)) + 5, middle + 4, number, size=SIZE, colour=INK,
                    bold=is_level)  # fmt: skip
        top, level = top + height, end
    words = "; ".join(f"{name} {written(value, sign=True)}" for name, value in rows)
    return canvas.svg(chart.name, chart.title, f"{words}.")


def whiskers(chart: Chart) -> str:
    """Median and P5 to P95 of each label on one scale, in groups, with their numbers."""
    width, left, right = 560.0, 170.0, 128.0
    groups = chart.panels()
    low, high = range_of(chart.numbers())
    scale = 1000 if max(abs(low), abs(high)) >= 99_999.5 else 1
    texts = [[wrapped(str(row[0]), left - 16, SIZE) for row in panel.rows] for _, panel in groups]
    heights = [[max(18.0, len(one) * (SIZE + 2) + 4) for one in group] for group in texts]
    headed = chart.has("panel")
    total = sum(map(sum, heights)) + (24 * len(groups) if headed else 0)
    canvas = Canvas(width, total + 44)
    x = Scale(low, high, left, width - right)
    places = figures(value / scale for value in chart.numbers())
    canvas.text(0, 12, scaled_unit(chart.unit, scale), size=SIZE)
    canvas.text(width, 12, "P50 (P5 to P95)", size=SIZE, anchor="end")
    for value in x.ticks(4):
        canvas.line(x(value), 20, x(value), total + 22, SOFT if value == 0 else LINE)
        canvas.text(x(value), total + 36, written(value / scale, figures([step_of(
            (high - low) / scale, 4)], 1)), size=SIZE, anchor="middle")  # fmt: skip
    top = 20.0
    for (title, panel), names, rooms in zip(groups, texts, heights, strict=True):
        if headed:
            top += 24
            canvas.text(0, top - 6, title, size=SIZE, colour=INK, bold=True, halo=True)
        for row, lines, room in zip(panel.rows, names, rooms, strict=True):
            p5, p50, p95 = (float(value) for value in row[1:4])
            middle = top + room / 2
            for line, text in enumerate(lines):
                at = middle + 4 + (line - (len(lines) - 1) / 2) * (SIZE + 2)
                canvas.text(left - 12, at, text, size=SIZE, anchor="end", colour=INK)
            colour = of_sign(p50, chart.better)
            canvas.line(x(p5), middle, x(p95), middle, colour, width=3)
            canvas.dot(x(p50), middle, colour, size=4.5, shape=2 if p50 < 0 else 0)
            numbers = [written(value / scale, places) for value in (p50, p5, p95)]
            canvas.text(width, middle + 4, "{} ({} to {})".format(*numbers), size=11,
                        anchor="end")  # fmt: skip
            top += room
    words = "; ".join(
        f"{title + ', ' if title else ''}{row[0]}: {_short(chart, float(row[2]))}"
        for title, panel in groups for row in panel.rows
    )  # fmt: skip
    return canvas.svg(chart.name, chart.title, f"Medians: {words}.")


def bars(chart: Chart) -> str:
    """Bars from zero, with the interval of each where it is known."""
    width, left, right = 520.0, 190.0, 60.0
    # An index below zero is noise: its bar begins and ends at zero.
    low, high = range_of(max(0.0, one) if is_share(chart.unit) else one for one in chart.numbers())
    names = [wrapped(str(row[0]), left - 12, SIZE) for row in chart.rows]
    heights = [max(20.0, len(one) * (SIZE + 2) + 6) for one in names]
    canvas = Canvas(width, sum(heights) + 24)
    x = Scale(low, high, left, width - right)
    canvas.text(0, 12, chart.unit, size=SIZE)
    canvas.line(x(0), 18, x(0), canvas.height, SOFT)
    top, ranged = 20.0, chart.has("low") and chart.has("high")
    for row, lines, room in zip(chart.rows, names, heights, strict=True):
        value, middle = float(row[1]), top + room / 2
        for line, text in enumerate(lines):
            at = middle + 4 + (line - (len(lines) - 1) / 2) * (SIZE + 2)
            canvas.text(left - 8, at, text, size=SIZE, colour=INK, anchor="end")
        if math.isfinite(value):
            colour = of_sign(value, chart.better)
            value = max(low, value)
            canvas.box(min(x(0), x(value)), middle - 6, abs(x(value) - x(0)), 12, colour)
            end = max(0.0, value)
            if ranged and all(math.isfinite(float(row[at])) for at in (2, 3)):
                start = max(low, float(row[2]))
                canvas.line(x(start), middle, x(float(row[3])), middle, INK, width=1.4)
                end = max(end, float(row[3]))
            canvas.text(x(end) + 5, middle + 4, _short(chart, value), size=SIZE, colour=INK)
        top += room
    words = "; ".join(f"{row[0]} {_short(chart, float(row[1]))}" for row in chart.rows)
    return canvas.svg(chart.name, chart.title, f"{words}.")


def _short(chart: Chart, value: float) -> str:
    if is_share(chart.unit):
        return per_cent(value)
    return written(value, figures(chart.numbers()))


def heat(chart: Chart) -> str:
    """A map: routes down, regions across, the deeper the more, with each number."""
    across = list(dict.fromkeys(str(row[0]) for row in chart.rows))
    down = list(dict.fromkeys(str(row[1]) for row in chart.rows))
    values = {(str(row[0]), str(row[1])): float(row[2]) for row in chart.rows}
    left = 176.0
    cell = max(48.0, min(92.0, 440.0 / len(across)))
    width = left + cell * len(across)
    heads = [wrapped(name, cell - 6, 11) for name in across]
    names = [wrapped(name, left - 12, SIZE) for name in down]
    top = max(map(len, heads)) * 13 + 8.0
    heights = [max(26.0, len(one) * (SIZE + 2) + 8) for one in names]
    canvas = Canvas(width, top + sum(heights))
    for place, lines in enumerate(heads):
        for line, text in enumerate(lines):
            canvas.text(left + cell * (place + 0.5), top - 8 - 13 * (len(lines) - 1 - line), text,
                        colour=INK, anchor="middle", bold=True)  # fmt: skip
    share = is_share(chart.unit)
    low, high = (0.0, 1.0) if share else range_of(values.values())
    for name, lines, room in zip(down, names, heights, strict=True):
        middle = top + room / 2
        for line, text in enumerate(lines):
            at = middle + 4 + (line - (len(lines) - 1) / 2) * (SIZE + 2)
            canvas.text(left - 8, at, text, size=SIZE, colour=INK, anchor="end")
        for place, one in enumerate(across):
            value = values.get((one, name), math.nan)
            depth = (value - low) / (high - low) if math.isfinite(value) else 0.0
            if math.isfinite(value):
                canvas.box(left + cell * place + 1, top + 1, cell - 2, room - 2, GAIN,
                           opacity=opacity_of(depth))  # fmt: skip
            canvas.text(left + cell * (place + 0.5), middle + 4, _short(chart, value), size=SIZE,
                        anchor="middle", colour="#ffffff" if depth >= 0.5 else INK)  # fmt: skip
        top += room
    words = "; ".join(f"{row[0]}, {row[1]}: {_short(chart, float(row[2]))}" for row in chart.rows)
    return canvas.svg(chart.name, chart.title, f"{words}.")


def opacity_of(depth: float) -> float:
    """How deep a cell of a map is, from 0 to 1; no middle tone, on which no text is readable."""
    return 0.06 + 0.34 * depth if depth < 0.5 else 0.66 + 0.34 * depth
