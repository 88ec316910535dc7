"""What drives an answer and how sure it is, as tables within 100 columns and as rows for CSV."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.converge import Convergence, Course
from simcore.analysis.discover import Discovery, Region, doubted
from simcore.analysis.given import MEASURES, USUAL, Given
from simcore.analysis.notation import decimals, number, said_unit
from simcore.analysis.targets import Target
from simcore.analysis.tornado import Bar, Reading, Tornado
from simcore.terminal.tables import WIDTH, grid, wrapped

_NARROW: Final = 16
"""Letters that a name has at least in a line."""
_ROWS: Final = 15
"""Inputs that a table of measures shows."""

Table = tuple[list[str], list[list[Any]]]


def heading(target: Target) -> str:
    """The answer, its place and its unit in a line."""
    unit = said_unit(target.unit)
    shown = f" [{unit}]" if unit not in ("", "1") else ""
    where = ", ".join(f"{dim} {label}" for dim, label in target.place.items())
    return f"{target.title} ({target.name}){shown}: {where}"


def named(title: str, when: str) -> str:
    """An input with the years of its price."""
    return f"{title}, {when}" if when else title


def _rows_of(header: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> list[str]:
    """A table whose first column goes on in the next line rather than be cut."""
    others = sum(max(map(len, one)) + 2 for one in list(zip(header, *rows, strict=True))[1:])
    room = max(_NARROW, WIDTH - others)
    shown: list[list[str]] = []
    for first, *rest in rows:
        name, *more = textwrap.wrap(first, room, subsequent_indent="  ") or [""]
        shown += [[name, *rest], *([one, *[""] * len(rest)] for one in more)]
    return grid(header, shown, text_columns=texts)


def place_of(target: Target) -> dict[str, Any]:
    """The answer and its place, for JSON."""
    return {"of": target.name, "title": target.title, "unit": target.unit, "at": target.place}


# --- tornado -------------------------------------------------------------------------------------


def tornado_text(found: Tornado) -> str:
    """A bar a line: the input low and high, and the answer then, in each reading."""
    bars = [*found.bars, *([found.others] if found.others else [])]
    has_central = any(bar.central for bar in bars)
    readings = [one for bar in bars for one in (bar.given, bar.central) if one]
    places = decimals([end for one in readings for end in (one.low, one.high)], figures=4)

    def cells(one: Reading | None) -> list[str]:
        return ["-", "-"] if one is None else [number(one.low, places), number(one.high, places)]

    header = ["input", "low to high"]
    header += ["central low", "high"] if has_central else []
    header += ["given low", "high", "+-"]
    rows = []
    for bar in bars:
        row = [_title(bar, found), _ends(bar)]
        row += cells(bar.central) if has_central else []
        sure = bar.given.is_told_from_zero or bar is found.others
        error = number(2 * bar.given.error, places) if bar.given.error else ""
        row += [*cells(bar.given), error + ("" if sure else " *")]
        rows.append(row)
    lines = wrapped(heading(found.target))
    middle = f"mean {number(found.mean, places)} of {found.draws:,} draws"
    if has_central:
        middle += f"; central case {number(found.base, places)}"
    lines += [middle, "", *_rows_of(header, rows, 1)]
    said = [
        "given: mean of the draws with the input in its lowest or highest tenth (of variants: "
        "with each), which moves what goes with it; +-: two standard errors of the difference."
    ]
    if has_central:
        said.insert(
            0, "central: the central case with this input alone at its P10 and P90; a price "
            "follows its own P10 or P90 by year.",
        )  # fmt: skip
    if any(not bar.given.is_told_from_zero for bar in found.bars):
        said.append("*: the difference is not told apart from zero.")
    said += [f"{weak} goes with {strong} (rank correlation {how:.2f}): in the draws one cannot be "
             "told from the other." for weak, strong, how in found.together]  # fmt: skip
    said += [f"{idle} is left out: by itself it moves nothing, and it goes with {strong} (rank "
             f"correlation {how:.2f})." for idle, strong, how in found.borrowed]  # fmt: skip
    said += _missing(found.missing)
    for one in said:
        lines += ["", *wrapped(one)] if one is said[0] else wrapped(one)
    return "\n".join(lines)


def _ends(bar: Bar) -> str:
    """The input low and high, a unit that both have said once."""
    low, _, unit = bar.low_said.partition(" ")
    if unit and bar.high_said.endswith(f" {unit}") and bar.unit not in ("", "1"):
        return f"{low} to {bar.high_said}"
    return f"{bar.low_said} to {bar.high_said}" if bar.low_said else ""


def _title(bar: Bar, found: Tornado) -> str:
    if bar is found.others:
        return f"all others ({found.left_out:,}), as if independent"
    return named(bar.title, bar.when)


def tornado_rows(found: Tornado) -> Table:
    """Every number of a tornado."""
    header = ["input", "title", "years", "group", "unit", "low", "high", "low_said", "high_said",
              "central_low", "central_high", "given_low", "given_high", "given_error"]  # fmt: skip
    rows = []
    for bar in (*found.bars, *([found.others] if found.others else [])):
        central = bar.central or Reading(math.nan, math.nan)
        rows.append([
            bar.name, bar.title, bar.when, bar.group, bar.unit, bar.low, bar.high, bar.low_said,
            bar.high_said, central.low, central.high, bar.given.low, bar.given.high,
            bar.given.error,
        ])  # fmt: skip
    return header, rows


def _missing(missing: Sequence[str]) -> list[str]:
    if not missing:
        return []
    return [f"warning: not kept, so not among the inputs: {', '.join(missing)}. Add them to keep "
            "in the config and run again."]  # fmt: skip


# --- given ---------------------------------------------------------------------------------------


def given_text(found: Given) -> str:
    """An input a line with its measures, those that lead."""
    names = list(found.rows[0].measures)
    is_wide = len(names) > len(USUAL)
    header = ["input"] if is_wide else ["input", "group"]
    for name in names:
        header += [name, "+-"] if name != "pawn" else [name]
    header += ["VIF"] if "prcc" in names else []
    rows = []
    for row in found.rows[:_ROWS]:
        cells = [named(row.title, row.when), row.group.replace("_", " ")][: 2 - is_wide]
        for name in names:
            value, error = row.measures[name]
            shown = "-" if math.isnan(value) else f"{value:.3f}"
            # What a dummy reaches is no finding.
            if not math.isnan(value) and abs(value) <= max(found.floor[name], 2 * _zero(error)):
                shown += "*"
            cells += [shown] if name == "pawn" else [shown, _error(error)]
        if "prcc" in names:
            inflated = row.inflation
            cells.append("endless" if math.isinf(inflated) else f"{inflated:.1f}")
        rows.append(cells)
    lines = [*wrapped(heading(found.target)),
             f"{found.draws:,} draws, {len(found.rows):,} inputs", ""]  # fmt: skip
    lines += _rows_of(header, rows, 2 - is_wide)
    left = found.rows[_ROWS:]
    if left:
        most = max(abs(_zero(row.measures[names[0]][0])) for row in left)
        lines.append(f"... {len(left):,} more, none above {most:.3f}: --format csv")
    lines.append("")
    for name in names:
        lines += wrapped(f"{name}: {MEASURES[name]}; a dummy input reaches {found.floor[name]:.3f}")
    if "prcc" in names:
        lines += wrapped("VIF: variance inflation; above 10 an input is hardly told from others")
    lines += wrapped("+-: two standard errors; *: not told apart from zero")
    for note in found.notes:
        lines += wrapped(note)
    if not math.isnan(found.fit_of_inputs):
        lines += wrapped(f"With the inputs alone, without prices, R2 is {found.fit_of_inputs:.3f}.")
    return "\n".join(lines)


def given_rows(found: Given) -> Table:
    """Every number of every input."""
    names = list(found.rows[0].measures)
    header = ["input", "title", "years", "group", "unit"]
    header += [part for name in names for part in (name, f"{name}_error")] + ["inflation"]
    return header, [
        [row.name, row.title, row.when, row.group, row.unit,
         *(part for name in names for part in row.measures[name]), row.inflation]
        for row in found.rows
    ]  # fmt: skip


def _zero(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _error(value: float) -> str:
    return "-" if math.isnan(value) else f"{2 * value:.3f}"


# --- discover ------------------------------------------------------------------------------------


def discovery_text(found: Discovery) -> str:
    """The limits in a sentence, what each of them is worth, and a second opinion."""
    lines = wrapped(heading(found.target))
    lines += [f"A draw fails where {found.condition}; {found.draws:,} draws: half find the limits, "
              "half are counted", ""]  # fmt: skip
    lines += wrapped(found.region.sentence(found.share))
    if found.region.sides:
        rows = [
            [one.title, one.said, _chance(one.quasi_p), f"{100 * one.restricted:.0f} %"]
            for one in found.region.sides
        ]
        held = found.region.held
        lines += ["", *_rows_of(("input", "limit", "quasi-p", "repeats"), rows, 2)]
        lines += wrapped(
            f"coverage {held.coverage:.3f}, density {held.density:.3f}, mass {held.mass:.3f} of "
            "the draws; quasi-p: how probable chance makes a limit; repeats: share of "
            f"{found.repeats} bootstrap repeats that limit the input"
        )
    if found.others:
        said = ", ".join(f"{title} ({100 * share:.0f} %)" for title, share in found.others)
        lines += wrapped(f"Repeats also limit: {said}.")
    for one in doubted(found):
        lines += wrapped(one)
    lines.append("")
    if found.tree is None:
        lines += wrapped("No second opinion: scikit-learn is not installed "
                         '(pip install "simcore[sensitivity]").')  # fmt: skip
    else:
        lines += wrapped(f"Second opinion, a decision tree: {found.tree.sentence(found.share)}")
    return "\n".join(lines)


def _chance(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def discovery_rows(found: Discovery) -> Table:
    """The limits of the box and of the tree."""
    header = ["by", "input", "title", "years", "unit", "low", "high", "classes", "quasi_p",
              "repeats", "coverage", "density", "mass", "overall"]  # fmt: skip
    rows: list[list[Any]] = []
    regions: list[tuple[str, Region | None]] = [("prim", found.region), ("cart", found.tree)]
    for name, region in regions:
        for one in region.sides if region else ():
            held = region.held if region else found.region.held
            rows.append([
                name, one.name, one.title, one.when, one.unit, one.low, one.high,
                "|".join(one.classes), one.quasi_p, one.restricted, held.coverage, held.density,
                held.mass, found.share,
            ])  # fmt: skip
    return header, rows


# --- converge ------------------------------------------------------------------------------------


def convergence_text(found: Convergence) -> str:
    """Draws down, designs across: half the 95 % interval."""
    draws = sorted({step.draws for one in found.courses for step in one.steps})
    steps = {one.design: {step.draws: step for step in one.steps} for one in found.courses}
    halves = [step.half_width for one in steps.values() for step in one.values()]
    places = decimals([half for half in halves if math.isfinite(half)], figures=4)
    header = ["draws", *(_short(one.design) for one in found.courses)]
    rows = []
    for count in draws:
        cells = [f"{count:,}"]
        for one in found.courses:
            step = steps[one.design].get(count)
            if step is None:
                cells.append("")
                continue
            half = number(step.half_width, places) if math.isfinite(step.half_width) else "no bound"
            cells.append(half + ("*" if step.doubt else " "))
        rows.append(cells)
    rows.append(["slope", *(_slope(one) for one in found.courses)])
    rows.append(["d.o.f.", *(f"{one.steps[-1].freedom:,} " for one in found.courses)])
    lines = wrapped(heading(found.target))
    lines += [f"half of the 95 % interval of the {_statistic(found)}", ""]
    lines += grid(header, rows, text_columns=0)
    lines.append("")
    lines += wrapped(
        "slope: by which power of the draws it falls; -0.5 for independent draws, down to -1 for "
        "Sobol' points of one price. d.o.f.: degrees of freedom of the last line."
    )
    doubts = dict.fromkeys(
        step.doubt for one in found.courses for step in one.steps if step.doubt
    )  # fmt: skip
    if doubts:
        lines += wrapped(
            f"*: {' or '.join(doubts)}: the interval may be far too narrow or too wide"
        )
    if found.tried:
        lines += ["", "until", *grid(
            ("draws", "width"),
            [[f"{count:,}", number(width, places) if math.isfinite(width) else "no bound"]
             for count, width in found.tried], text_columns=0,
        )]  # fmt: skip
    if found.until:
        lines += wrapped(found.until)
    return "\n".join(lines)


def _statistic(found: Convergence) -> str:
    return found.statistic if found.statistic == "mean" else found.statistic.upper()


def _short(design: str) -> str:
    return {"latin_hypercube": "latin hypercube", "sobol_bridge": "sobol bridge"}.get(
        design, design
    )  # fmt: skip


def _slope(one: Course) -> str:
    return "- " if math.isnan(one.slope) else f"{one.slope:.2f} "


def convergence_rows(found: Convergence) -> Table:
    """Every step of every design."""
    header = ["design", "replicates", "draws", "value", "half_width", "degrees_of_freedom", "doubt"]
    return header, [
        [one.design, one.replicates, step.draws, step.value, step.half_width, step.freedom,
         step.doubt]
        for one in found.courses for step in one.steps
    ]  # fmt: skip
