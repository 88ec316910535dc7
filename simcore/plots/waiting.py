"""Picture of what waiting is worth: ways to decide, and the thresholds of each date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simcore.analysis.notation import decimals, number, share
from simcore.analysis.waiting import CALLED, ORDER, Choice, choices_of, said_feature
from simcore.dataset.waiting import STUDY
from simcore.plots.kinds import Asked, picture
from simcore.plots.panels import COLOURS
from simcore.plots.sheet import GREY, INK, Sheet, wrapped
from simcore.plots.words import also

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST: Final = 8
"""Choices that have room on a sheet."""
_HEIGHT: Final = 1.75


@picture("waiting", shows="what the right to wait is worth, and when to start", study=STUDY,
         each=("scenario",))  # fmt: skip
def waiting(found: xr.Dataset, asked: Asked) -> Figure | None:
    """A line a choice: left what each way to decide is worth, right the thresholds by date."""
    # Of one scenario there is no dimension of them.
    every = list(choices_of(found if found["scenario"].ndim else found.expand_dims("scenario")))
    shown = every[:_MOST]
    sheet = Sheet(len(shown), 2, (4.3, _HEIGHT), "none")
    for (left, right), one in zip(sheet.grid, shown, strict=True):
        left.set_title(wrapped(one.title, 4.0, 9.5), fontsize=9.5, loc="left", color=INK)
        _values(left, one)
        _limits(right, one)
    unit = f"M {found.attrs['currency']}"
    sheet.grid[-1][0].set_xlabel(unit, fontsize=9, color=INK)
    sheet.title = _title(shown[0], unit)
    sheet.subtitle = (
        f"Scenario {shown[0].scenario}. Left: mean present value of each way to decide, {unit} of "
        f"{found.attrs['price_year']}, with 95 % intervals. Right: where the adaptive rule starts "
        "a plant, shaded, by first year of production; band and dots: P5, P50, P95 of the price "
        "that is known then"
    )
    sheet.notes = [
        "Means over draws at the cost of capital of the firm, not risk-neutral. Shaded with all "
        "else that is known at its median.",
    ]
    sheet.notes += also(found, asked)
    if len(every) > _MOST:
        sheet.notes.append(f"{len(every) - _MOST} more are not shown: simcore wait lists them.")
    return sheet.finished()


def _title(one: Choice, unit: str) -> str:
    gain = one.means["wait_option"]
    places = decimals([gain.value], figures=3)
    if not one.is_worth:
        return f"{one.title}: the right to wait is not told apart from nothing"
    return (f"{one.title}: to wait and see is worth {number(gain.value, places)} {unit}; "
            f"{share(one.never)} of the draws never build")  # fmt: skip


def _values(axes: Axes, one: Choice) -> None:
    names = [name for name in ORDER if name in one.means]
    date, option = one.best
    plant = f"{one.options[option]} in " if len(one.options) > 2 else ""
    fixed = "never" if option == "never" else f"{plant}{date}"
    means = [one.means[name] for name in names]
    places = decimals([each.value for each in means], figures=3)
    for at, (name, mean) in enumerate(zip(names, means, strict=True)):
        axes.barh(
            at, mean.value, height=0.6, color=COLOURS[0] if name == "wait_value" else "#BBBBBB"
        )
        axes.errorbar(mean.value, at, xerr=mean.half, ecolor=INK, elinewidth=1, capsize=2)
        axes.annotate(
            number(mean.value, places), (max(mean.high, 0.0), at), xytext=(4, 0), va="center",
            textcoords="offset points", fontsize=8, color=INK,
        )  # fmt: skip
    labels = [f"{CALLED[name]}: {fixed}" if name == "wait_best" else CALLED[name] for name in names]
    axes.set_yticks(range(len(names)), [wrapped(text, 1.6, 8) for text in labels], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.margins(x=0.16)
    axes.grid(visible=False, axis="y")


def _limits(axes: Axes, one: Choice) -> None:
    """Thresholds of the first thing that is known, beside what it is then."""
    lead = [each for each in one.limits if each.feature == one.limits[0].feature]
    if not lead:
        axes.set_visible(False)
        return
    top = 1.12 * max(max(each.known[2], _finite(each.value)) for each in lead)
    for at, each in enumerate(lead):
        low, middle, high = each.known
        axes.plot([at, at], [low, high], color=GREY, linewidth=1.4, zorder=3)
        axes.plot([at], [middle], "o", color=GREY, markersize=4, zorder=3)
        ends = {"above": (each.value, top), "below": (0.0, each.value), "always": (0.0, top)}
        if each.kind in ends:
            start, end = ends[each.kind]
            axes.bar(at, end - start, bottom=start, width=0.72, color=COLOURS[0], alpha=0.3)
        if each.kind in ("above", "below"):
            axes.plot([at - 0.36, at + 0.36], [each.value] * 2, color=COLOURS[0], linewidth=2)
            axes.annotate(
                number(each.value), (at + 0.38, each.value), fontsize=8, va="center", color=INK,
            )  # fmt: skip
        elif each.kind == "several":
            axes.annotate("no single\nthreshold", (at, 0.04 * top), fontsize=7.5, ha="center")
    built = [one.built(each.date) for each in lead]
    axes.set_xticks(
        range(len(lead)),
        [f"{each.date}\n{share(part)}" for each, part in zip(lead, built, strict=True)],
        fontsize=8,
    )
    axes.set_xlim(-0.5, len(lead) - 0.3)
    axes.set_ylim(0, top)
    axes.set_title(
        f"{said_feature(lead[0].feature)}, {lead[0].unit}; below: how often it starts",
        fontsize=8.5, loc="left", color=GREY,
    )  # fmt: skip
    axes.grid(visible=False, axis="x")


def _finite(value: float) -> float:
    return value if value == value else 0.0
