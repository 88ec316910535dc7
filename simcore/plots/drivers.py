"""Pictures of what drives an answer and how sure it is: tornado, where it fails, falling error."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.converge import SLOPES, Convergence
from simcore.analysis.discover import Discovery
from simcore.analysis.targets import Target, usual_target
from simcore.analysis.tornado import Bar, Reading, Tornado, tornado
from simcore.dataset import RunError
from simcore.errors import printable
from simcore.plots.kinds import Asked, picture
from simcore.plots.panels import BLUE, COLOURS, MARKERS, VERMILLION

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = 34
"""Letters of a line of a bar's name."""
_LETTERS: Final = 8.0
"""Letters of a title to the inch."""
_THICK: Final = 0.34


def bars(found: Tornado, title: str) -> Figure:
    """Bars of a tornado, the longest on top: the answer with each input low (blue) and high (red).

    Of each pair the upper bar is the central reading, about the central case; the lower, paler one
    the given reading, about the mean.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = [*found.bars, *([found.others] if found.others else [])]
    both = any(bar.central for bar in shown)
    height = 1.7 + (0.62 if both else 0.46) * len(shown)
    figure = Figure(figsize=(9.6, height), layout="constrained")
    axes = figure.subplots()
    for place, bar in enumerate(shown):
        if both and bar.central is not None:
            _pair(axes, place - _THICK / 2, bar, bar.central, found.base, pale=False)
        _pair(axes, place + _THICK / 2 if both else place, bar, bar.given, found.mean, pale=both)
    axes.set_yticks(range(len(shown)), [_label(bar, found) for bar in shown])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.margins(x=0.09)
    axes.grid(visible=False, axis="y")
    axes.axvline(found.mean, color="#444444", linewidth=1.0, linestyle=(0, (4, 2)))
    if both:
        axes.axvline(found.base, color="black", linewidth=1.0)
    low, high = axes.get_xlim()
    if low < 0 < high:
        axes.axvline(0, color="#999999", linewidth=0.8, linestyle=":")
    axes.set_xlabel(f"{found.target.title}, {_unit(found.target)}")
    axes.xaxis.set_major_formatter("{x:,.0f}" if high - low > 10 else "{x:g}")
    figure.suptitle(_title(
        figure, title, f"{found.target.title}: what moves it, {found.target.where()}"
    ))  # fmt: skip
    handles: list[Any] = [Patch(color=BLUE, label="input low"),
                          Patch(color=VERMILLION, label="input high")]  # fmt: skip
    if both:
        handles += [
            Line2D([], [], color="black", linewidth=1.0,
                   label="full: central case, this input alone at its P10 and P90"),
            Line2D([], [], color="#444444", linewidth=1.0, linestyle=(0, (4, 2)),
                   label="pale: mean of the draws with it in its lowest and highest tenth"),
        ]  # fmt: skip
    else:
        handles.append(Line2D(
            [], [], color="#444444", linewidth=1.0, linestyle=(0, (4, 2)),
            label="mean of all; bars: mean of the draws with it in its lowest and highest tenth",
        ))  # fmt: skip
    below: Any = "outside lower center"
    figure.legend(handles=handles, loc=below, ncols=2 if both else 3, frameon=False)
    return figure


def _pair(axes: Axes, at: float, bar: Bar, one: Reading, middle: float, *, pale: bool) -> None:
    """Two half bars from the middle to the answer with an input low and with it high."""
    if not (math.isfinite(one.low) and math.isfinite(one.high)):
        return
    own = bar.name != "others"
    for value, colour in ((one.low, BLUE), (one.high, VERMILLION)):
        axes.barh(
            at, value - middle, left=middle, height=_THICK, color=colour if own else "#7F7F7F",
            alpha=0.45 if pale else 0.95, linewidth=0,
        )  # fmt: skip
    for value, said in ((one.low, bar.low_said), (one.high, bar.high_said)):
        if pale or not said:
            continue
        # Beyond the end of its bar, on the outer side.
        other = one.high if value == one.low else one.low
        right = value > other or (value == other and said == bar.high_said)
        axes.annotate(
            printable(said), (max(value, middle) if right else min(value, middle), at),
            xytext=(4 if right else -4, 0), textcoords="offset points", fontsize=7, va="center",
            ha="left" if right else "right",
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
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(7.2, 5.4), layout="constrained")
    axes = figure.subplots()
    counts = sorted({limits for limits, _ in found.path})
    for place, count in enumerate(counts):
        some = [one for limits, one in found.path if limits == count]
        axes.plot(
            [one.coverage for one in some], [one.density for one in some],
            MARKERS[place % len(MARKERS)], color=COLOURS[place % len(COLOURS)], markersize=6,
            label="no limit" if count == 0 else f"{count} limit{'s' if count > 1 else ''}",
        )  # fmt: skip
    held = found.region.held
    axes.plot(held.coverage, held.density, "o", markersize=15, markerfacecolor="none",
              markeredgecolor="black", markeredgewidth=1.4, label="chosen box")  # fmt: skip
    if found.tree is not None and found.tree.sides:
        one = found.tree.held
        axes.plot(one.coverage, one.density, "D", markersize=8, markerfacecolor="none",
                  markeredgecolor="#444444", label="best leaf of a tree")  # fmt: skip
    axes.axhline(found.share, color="#444444", linewidth=0.9, linestyle=(0, (4, 2)))
    axes.annotate("all draws", (0.0, found.share), xytext=(4, 3), textcoords="offset points",
                  fontsize=8)  # fmt: skip
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(max(0.0, found.share - 0.1), 1.03)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("coverage: share of the failures that lie within")
    axes.set_ylabel("density: share of the draws within that fail")
    said = textwrap.fill(printable(found.region.sentence(found.share)), 92)
    figure.suptitle(_title(figure, title, f"Where {found.condition}, {found.target.where()}"))
    axes.set_title(said, fontsize=8.5, loc="left")
    below: Any = "outside lower center"
    figure.legend(loc=below, ncols=min(6, len(counts) + 2), frameon=False,
                  title="counted on the half of the draws that did not find the boxes")  # fmt: skip
    return figure


def falling(found: Convergence, title: str) -> Figure:
    """Half-width of the 95 % interval against draws, both logarithmic, beside the slope of theory.

    Hollow marks are of too few or unequal replicates.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 5.2), layout="constrained")
    axes = figure.subplots()
    for place, course in enumerate(found.courses):
        colour, mark = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        steps = [one for one in course.steps if 0 < one.half_width < math.inf]
        name = course.design.replace("_", " ")
        slope = "" if math.isnan(course.slope) else f", slope {course.slope:.2f}"
        axes.plot([one.draws for one in steps], [one.half_width for one in steps],
                  color=colour, linewidth=1.5, label=f"{name}{slope}",
                  marker=mark, markersize=5)  # fmt: skip
        doubted = [one for one in steps if one.doubt]
        axes.plot(
            [one.draws for one in doubted], [one.half_width for one in doubted], mark,
            markersize=5, markerfacecolor="white", markeredgecolor=colour, zorder=3,
        )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    _theory(axes, found)
    every = sorted({step.draws for one in found.courses for step in one.steps})
    axes.set_xticks(every, [f"{one:,}" for one in every])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    ticks = [lead * 10.0**power for power in range(-12, 16) for lead in (1, 2, 5)]
    chosen = [one for one in ticks if low <= one <= high]
    axes.set_yticks(chosen, [f"{one:,.6g}" for one in chosen])
    axes.set_xlabel("draws")
    statistic = found.statistic if found.statistic == "mean" else found.statistic.upper()
    axes.set_ylabel(f"half of the 95 % interval of the {statistic}, {_unit(found.target)}")
    figure.suptitle(
        _title(figure, title, f"{found.target.title}: how sure, {found.target.where()}")
    )
    note = "dashed: slope -1/2, of independent draws"
    if any(one.design not in SLOPES for one in found.courses):
        note += "; dotted: slope -1"
    if any(step.doubt for one in found.courses for step in one.steps):
        note += "; hollow: too few or unequal replicates"
    below: Any = "outside lower center"
    figure.legend(loc=below, ncols=3, frameon=False, title=note)
    return figure


def _theory(axes: Axes, found: Convergence) -> None:
    """Slopes of theory from the first step on."""
    first = next((one for course in found.courses for one in course.steps
                  if 0 < one.half_width < math.inf), None)  # fmt: skip
    if first is None:
        return
    last = max(step.draws for one in found.courses for step in one.steps)
    draws = np.array([first.draws, last], dtype=float)
    slopes = [(-0.5, (0, (5, 3)))]
    if any(one.design not in SLOPES for one in found.courses):
        slopes.append((-1.0, (0, (1, 2))))
    for slope, dash in slopes:
        axes.plot(draws, first.half_width * (draws / first.draws) ** slope, color="#444444",
                  linewidth=1.0, linestyle=dash, zorder=1)  # fmt: skip


def _title(figure: Figure, run: str, shown: str) -> str:
    """Titles of the run and of the picture, in lines that fit the figure."""
    room = int(figure.get_figwidth() * _LETTERS)
    return "\n".join(line for one in (run, shown) for line in textwrap.wrap(printable(one), room))


def _unit(target: Target) -> str:
    unit = target.unit.replace(" t-1", "/t").replace("1e6 ", "M ")
    return "share of the draws" if unit in ("", "1") else unit
