"""Pictures of what drives an answer and how sure it is: tornado, where it fails, falling error."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.converge import SLOPES, Convergence
from simcore.analysis.discover import Discovery
from simcore.analysis.notation import said_unit
from simcore.analysis.targets import Target, usual_target
from simcore.analysis.tornado import Bar, Reading, Tornado, tornado
from simcore.dataset import RunError
from simcore.errors import printable
from simcore.plots.kinds import Asked, picture
from simcore.plots.panels import BLUE, COLOURS, MARKERS, VERMILLION
from simcore.plots.sheet import Sheet

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = 34
"""Letters of a line of a bar's name."""
_LETTER: Final = 0.0105
"""Width of a letter of a label, as a share of the axis."""
_THICK: Final = 0.34
_DASHED: Final = (0, (4, 2))
_GREY: Final = "#444444"


def bars(found: Tornado, title: str) -> Figure:
    """Bars of a tornado, the longest on top: the answer with each input low (blue) and high (red).

    Of each pair the upper bar is the central reading, about the central case; the lower, paler one
    the given reading, about the mean.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = [*found.bars, *([found.others] if found.others else [])]
    both = any(bar.central for bar in shown)
    sheet = Sheet(1, 1, (8.2, 0.7 + (0.52 if both else 0.4) * len(shown)), "none")
    (axes,) = sheet.panels
    for at, bar in enumerate(shown):
        if both and bar.central is not None:
            _pair(axes, at - _THICK / 2, bar, bar.central, found.base)
        _pair(axes, at + _THICK / 2 if both else at, bar, bar.given, found.mean, pale=both)
    axes.set_yticks(range(len(shown)), [_label(bar, found) for bar in shown])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.margins(x=0.06)
    axes.set_xlim(_roomy(axes.get_xlim(), shown, found))
    axes.grid(visible=False, axis="y")
    axes.axvline(found.mean, color=_GREY, linewidth=1.0, linestyle=_DASHED)
    if both:
        axes.axvline(found.base, color="black", linewidth=1.0)
    low, high = axes.get_xlim()
    if low < 0 < high:
        axes.axvline(0, color="#999999", linewidth=0.8, linestyle=":")
    axes.set_xlabel(f"{found.target.title}, {_unit(found.target)}")
    axes.xaxis.set_major_formatter("{x:,.0f}" if high - low > 10 else "{x:g}")
    handles: list[Any] = [Patch(color=BLUE), Patch(color=VERMILLION)]
    labels = ["input low", "input high"]
    mean = Line2D([], [], color=_GREY, linewidth=1.0, linestyle=_DASHED)
    if both:
        handles += [Line2D([], [], color="black", linewidth=1.0), mean]
        labels += ["full: central case, this input alone at its P10 and P90",
                   "pale: mean of the draws with it in its lowest and highest tenth"]  # fmt: skip
        sheet.notes.append("A price moves whole: in each year it takes its own P10, or P90.")
    else:
        handles.append(mean)
        labels.append("mean of all; bars: mean of the draws with the input in its lowest and "
                      "highest tenth, which moves what goes with it")  # fmt: skip
    sheet.legend(handles, labels)
    sheet.title, sheet.subtitle = _finding(found), _standing(title, found.target, found.draws)
    sheet.notes += [
        f"{printable(weak)} goes with {printable(strong)} (rank correlation {how:.2f}): in the "
        "draws one cannot be told from the other." for weak, strong, how in found.together
    ]  # fmt: skip
    sheet.notes += [
        f"{printable(idle)} is left out: by itself it moves nothing, and it goes with "
        f"{printable(strong)} (rank correlation {how:.2f})." for idle, strong, how in found.borrowed
    ]  # fmt: skip
    return sheet.finished()


def _roomy(ends: tuple[float, float], shown: list[Bar], found: Tornado) -> tuple[float, float]:
    """Ends of the axis between which the labels beyond the bars have room."""
    low, high = ends
    for _ in range(8):  # the wider the axis, the more of it is as wide as a label
        letter = (high - low) * _LETTER
        first, last = low, high
        for bar in shown:
            one, middle = (bar.central, found.base) if bar.central else (bar.given, found.mean)
            sides = sorted([(one.low, len(bar.low_said)), (one.high, len(bar.high_said))])
            first = min(first, min(sides[0][0], middle) - letter * (sides[0][1] + 2))
            last = max(last, max(sides[1][0], middle) + letter * (sides[1][1] + 2))
        if (first, last) == (low, high) or not math.isfinite(last - first):
            break
        low, high = first, last
    return low, high


def _finding(found: Tornado) -> str:
    """What moves the answer most, and how far."""
    first = max(found.bars, key=lambda bar: (bar.central or bar.given).spread)
    one = first.central or first.given
    low, high = (f"{end:,.{0 if one.spread > 10 else 2}f}" for end in (one.low, one.high))
    return (
        f"{printable(first.title)} from {printable(first.low_said)} to "
        f"{printable(first.high_said)} moves it most: from {low} to {high} {_unit(found.target)}"
    )


def _pair(
    axes: Axes, at: float, bar: Bar, one: Reading, middle: float, *, pale: bool = False
) -> None:
    """Two half bars from the middle to the answer with an input low and with it high."""
    if not (math.isfinite(one.low) and math.isfinite(one.high)):
        return
    own = bar.name != "others"
    for value, colour in ((one.low, BLUE), (one.high, VERMILLION)):
        axes.barh(
            at, value - middle, left=middle, height=_THICK, color=colour if own else "#7F7F7F",
            alpha=0.45 if pale else 0.95, linewidth=0,
        )  # fmt: skip
    if pale:
        return
    for value, other, text, is_high in (
        (one.low, one.high, bar.low_said, False), (one.high, one.low, bar.high_said, True),
    ):  # fmt: skip
        # Beyond the end of its bar, on the outer side.
        right = value > other or (value == other and is_high)
        if text:
            axes.annotate(
                printable(text), (max(value, middle) if right else min(value, middle), at),
                xytext=(4 if right else -4, 0), textcoords="offset points", fontsize=7,
                va="center", ha="left" if right else "right",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            )  # fmt: skip


def _label(bar: Bar, found: Tornado) -> str:
    if bar is found.others:
        return f"all others ({found.left_out}),\nas if independent"
    name = printable(bar.title) + (f", {bar.when}" if bar.when else "")
    return "\n".join(textwrap.wrap(name, _NAME)[:2])


@picture(
    "tornado",
    shows="what moves the NPV of the first project, else the first premium, one input at a time "
    "(simcore tornado asks of any outcome)",
    needs=[("carbon_price", "commodity_price", "input")],
    usual=False,
)
def tornado_of_run(dataset: xr.Dataset, _: Asked) -> Figure | None:
    """Tornado of the usual answer of a run."""
    return _of_usual(dataset, lambda target: bars(tornado(dataset, target), _run(dataset)))


def _of_usual(dataset: xr.Dataset, draw: Callable[[Target], Figure]) -> Figure | None:
    """A picture of the usual answer of a run; None where its draws do not allow it."""
    try:
        target = usual_target(dataset)
        return None if target is None else draw(target)
    except RunError:
        return None


def _run(dataset: xr.Dataset) -> str:
    return str(dataset.attrs.get("title", ""))


def trajectory(found: Discovery, title: str) -> Figure:
    """Coverage against density of the boxes on the way, by their number of limits."""
    from matplotlib.ticker import PercentFormatter

    sheet = Sheet(1, 1, (6.4, 4.0), "none")
    (axes,) = sheet.panels
    handles, labels = list[Any](), list[str]()
    for at, count in enumerate(sorted({limits for limits, _ in found.path})):
        some = [one for limits, one in found.path if limits == count]
        handles += axes.plot(
            [one.coverage for one in some], [one.density for one in some],
            MARKERS[at % len(MARKERS)], color=COLOURS[at % len(COLOURS)], markersize=6,
        )  # fmt: skip
        labels.append("no limit" if count == 0 else f"{count} limit{'s' if count > 1 else ''}")
    held = found.region.held
    handles += axes.plot(held.coverage, held.density, "o", markersize=14, markerfacecolor="none",
                         markeredgecolor="black", markeredgewidth=1.4)  # fmt: skip
    labels.append("chosen box")
    if found.tree is not None and found.tree.sides:
        one = found.tree.held
        handles += axes.plot(one.coverage, one.density, "D", markersize=8, markerfacecolor="none",
                             markeredgecolor=_GREY)  # fmt: skip
        labels.append("best leaf of a tree")
    axes.axhline(found.share, color=_GREY, linewidth=0.9, linestyle=_DASHED)
    axes.annotate("all draws", (0.0, found.share), xytext=(4, 3), textcoords="offset points",
                  fontsize=8)  # fmt: skip
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(max(0.0, found.share - 0.1), 1.03)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("coverage: share of the failures that lie within")
    axes.set_ylabel("density: share of the draws within that fail")
    sheet.legend(handles, labels)
    sheet.title = printable(found.region.sentence(found.share))
    sheet.subtitle = f"Where {found.condition}; {_standing(title, found.target, found.draws)}"
    sheet.notes = ["Counted on the half of the draws that did not find the boxes."]
    return sheet.finished()


def falling(found: Convergence, title: str) -> Figure:
    """Half-width of the 95 % interval against draws, both logarithmic, beside the slope of theory.

    Hollow marks are of too few or unequal replicates.
    """
    sheet = Sheet(1, 1, (6.4, 4.0), "none")
    (axes,) = sheet.panels
    handles, labels = list[Any](), list[str]()
    for at, course in enumerate(found.courses):
        colour, mark = COLOURS[at % len(COLOURS)], MARKERS[at % len(MARKERS)]
        steps = [one for one in course.steps if 0 < one.half_width < math.inf]
        slope = "" if math.isnan(course.slope) else f", slope {course.slope:.2f}"
        handles += axes.plot([one.draws for one in steps], [one.half_width for one in steps],
                             color=colour, linewidth=1.5, marker=mark, markersize=5)  # fmt: skip
        labels.append(course.design.replace("_", " ") + slope)
        doubted = [one for one in steps if one.doubt]
        axes.plot(
            [one.draws for one in doubted], [one.half_width for one in doubted], mark,
            markersize=5, markerfacecolor="white", markeredgecolor=colour, zorder=3,
        )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for handle, label in _theory(axes, found):
        handles.append(handle)
        labels.append(label)
    _ticks(axes, sorted({step.draws for one in found.courses for step in one.steps}))
    axes.set_xlabel("draws")
    axes.set_ylabel(f"half of the 95 % interval, {_unit(found.target)}")
    sheet.legend(handles, labels)
    best = min(found.courses, key=lambda one: one.steps[-1].half_width)
    last, statistic = best.steps[-1], found.statistic
    design = f" of {best.design.replace('_', ' ')}" if len(found.courses) > 1 else ""
    sheet.title = (
        f"{last.draws:,} draws{design} know the "
        f"{statistic if statistic == 'mean' else statistic.upper()} to within "
        f"{float(f'{last.half_width:.3g}'):,g} {_unit(found.target)}"
    )
    sheet.subtitle = _standing(title, found.target)
    if any(step.doubt for one in found.courses for step in one.steps):
        sheet.notes.append("Hollow: too few or unequal replicates; the interval may be far off.")
    if found.until:
        sheet.notes.append(printable(found.until))
    return sheet.finished()


def _theory(axes: Axes, found: Convergence) -> list[tuple[Any, str]]:
    """Slopes of theory from the first step on, and what they are."""
    first = next((one for course in found.courses for one in course.steps
                  if 0 < one.half_width < math.inf), None)  # fmt: skip
    if first is None:
        return []
    last = max(step.draws for one in found.courses for step in one.steps)
    draws = np.array([first.draws, last], dtype=float)
    slopes = [(-0.5, _DASHED, "slope -1/2, of independent draws")]
    if any(one.design not in SLOPES for one in found.courses):
        slopes.append((-1.0, (0, (1, 2)), "slope -1"))
    drawn = []
    for slope, dash, said in slopes:
        (line,) = axes.plot(draws, first.half_width * (draws / first.draws) ** slope, color=_GREY,
                            linewidth=1.0, linestyle=dash, zorder=1)  # fmt: skip
        drawn.append((line, said))
    return drawn


def _ticks(axes: Axes, draws: list[int]) -> None:
    """The draws of the steps, and 1, 2, 5 of each power of ten beside them."""
    axes.set_xticks(draws, [f"{one:,}" for one in draws])
    low, high = axes.get_ylim()
    every = [lead * 10.0**power for power in range(-12, 16) for lead in (1, 2, 5)]
    chosen = [one for one in every if low <= one <= high]
    axes.set_yticks(chosen, [f"{one:,.6g}" for one in chosen])
    axes.minorticks_off()


def _standing(run: str, target: Target, draws: int = 0) -> str:
    """What is shown, of which run."""
    said = f"{target.title}: {target.where()}; {printable(run)}"
    return f"{said}; {draws:,} draws" if draws else said


def _unit(target: Target) -> str:
    unit = said_unit(target.unit)
    return "share of the draws" if unit in ("", "1") else unit
