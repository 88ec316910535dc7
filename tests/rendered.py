"""What a rendered figure is held to: all words on the canvas, ticks apart, a unit on each axis."""

from __future__ import annotations

from typing import Any

MONEY = ("EUR", "KRW", "%")


def _boxes(texts: Any, renderer: Any) -> list[tuple[Any, Any]]:
    shown = [one for one in texts if one.get_visible() and one.get_text().strip()]
    return [(one, one.get_window_extent(renderer)) for one in shown]


def faults_of(figure: Any, *, few_years: bool = False, dpi: int = 110) -> list[str]:
    """What is wrong with a figure as it is drawn, in words; it is saved with 110 dots an inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure.dpi = dpi
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer, edge = canvas.get_renderer(), figure.bbox
    faults = []
    hidden = {
        id(one) for axes in figure.axes if not axes.get_visible() for one in axes.findobj(Text)
    }
    ticks = set()
    panels = [axes for axes in figure.axes if axes.get_visible()]
    for axes in panels:
        for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            every = {id(tick.label1) for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())}
            low, high = sorted(axis.get_view_interval())
            labels = [
                tick.label1 for tick in axis.get_major_ticks()
                if low - 1e-9 <= tick.get_loc() <= high + 1e-9
            ]  # fmt: skip
            hidden |= every - set(map(id, labels))
            ticks |= every
            boxes = [box for _, box in _boxes(labels, renderer)]
            start = 0 if name == "x" else 1
            boxes.sort(key=lambda box: box.get_points()[0, start])
            for before, after in zip(boxes, boxes[1:], strict=False):
                ends = before.get_points()[1, start], after.get_points()[0, start]
                if ends[0] > ends[1] + 0.5:
                    faults.append(f"labels of {name} overlap: {[one.get_text() for one in labels]}")
                    break
            is_named = not any(_is_number(one.get_text()) for one in labels)
            if len(labels) < 3 and not is_named and not (few_years and name == "x"):
                faults.append(f"{len(labels)} ticks along {name}")
    for text, box in _boxes(figure.findobj(Text), renderer):
        if id(text) in hidden:
            continue
        if box.x0 < -0.5 or box.y0 < -0.5 or box.x1 > edge.x1 + 0.5 or box.y1 > edge.y1 + 0.5:
            faults.append(f"off the canvas: {text.get_text()!r}")
    rows = {axes.get_subplotspec().rowspan.start: [] for axes in panels}
    for axes in panels:
        rows[axes.get_subplotspec().rowspan.start].append(axes)
    across = any(_names_unit(axes.get_xlabel()) for axes in panels)
    for row in rows.values():
        if not across and not any(_names_unit(axes.get_ylabel()) for axes in row):
            faults.append("a row without a unit")
    return faults


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").lstrip("-").isdecimal()


def _names_unit(label: str) -> bool:
    return any(unit in label for unit in MONEY)
