"""The table of `simcore validate`: what was observed beside the run, by what is asked of a row."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.notation import share
from simcore.intake.packaged.observations import ROLES
from simcore.reality import VERDICTS, Finding
from simcore.terminal.tables import WIDTH, shortened

_HEADER: Final = ("what", "year", "observed", "unit", "P5", "P50", "P95", "verdict")
COLUMNS: Final = (
    "id", "what", "region", "year", "published", "low", "high", "unit", "price_year", "run",
    "statistic", "p5", "p50", "p95", "verdict", "role", "failed", "reason", "note", "quantity",
    "source", "at", "status",
)  # fmt: skip


def reality_text(findings: Sequence[Finding], *, title: str, left_out: int = 0) -> str:
    """Show every finding, then why the rows outside are outside.

    `left_out` counts the rows that have inputs of their own and were not run.
    """
    shown = [one for one in findings if one.verdict != "absent"]
    lines = [
        shortened(title, WIDTH),
        "money as published; a number alone: mean or deterministic case",
    ]
    lines += [f"  {name:<7} {VERDICTS[name]}" for name in ("inside", "near", "off")]
    cells = {one.observation.id: _cells(one) for one in shown}
    widths = [max(len(row[place]) for row in (_HEADER, *cells.values())) for place in range(8)]
    widths[0] -= max(0, sum(widths) + 2 * 7 - WIDTH)
    for role, meaning in ROLES.items():
        rows = [one for one in shown if one.observation.role == role]
        if rows:
            lines += ["", f"{meaning[0].upper()}{meaning[1:]}: {_count(rows)}"]
            lines.append(_line(_HEADER, widths))
            lines += [_line(cells[one.observation.id], widths) for one in rows]
    outside = [one for one in shown if one.verdict != "inside" and one.observation.role != "show"]
    if outside:
        lines += ["", "Outside, and why"]
        for one in outside:
            lines += _reason(one)
    lines += ["", _summary(shown)]
    absent = [one for one in findings if one.verdict == "absent"]
    for reason in dict.fromkeys(one.reason for one in absent):
        names = ", ".join(one.observation.id for one in absent if one.reason == reason)
        lines += textwrap.wrap(f"Not compared, {reason}: {names}", WIDTH, subsequent_indent="  ")
    if left_out:
        lines.append(f"{left_out} rows need inputs of their own: simcore validate without RUN.")
    return "\n".join(lines)


def reality_rows(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Give every finding as plain data, in the columns `COLUMNS`; low and high are widened.

    An open end of a range, and a quantity that the run does not hold, are None.
    """
    return [
        {name: one.observation.written if name == "published"
         else _plain(getattr(one if hasattr(one, name) else one.observation, name))
         for name in COLUMNS}
        for one in findings
    ]  # fmt: skip


def _cells(one: Finding) -> tuple[str, ...]:
    seen = one.observation
    return (seen.what, str(seen.year), seen.written, seen.unit, *one.written, one.verdict)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = {0, 3, 7}
    return "  ".join(
        shortened(cell, width).ljust(width) if place in left else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


def _count(rows: Sequence[Finding]) -> str:
    inside = sum(one.verdict == "inside" for one in rows)
    return f"{inside} of {len(rows)} inside"


def _reason(one: Finding) -> list[str]:
    seen = one.observation
    where = f"P50 {abs(one.miss):.0%} {'above' if one.miss > 0 else 'below'} the range"
    text = f"{seen.what}: {where}" + (f"; {seen.note}" if seen.note else "")
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _summary(shown: Sequence[Finding]) -> str:
    judged = [one for one in shown if one.observation.role != "show"]
    if not judged:
        return "No row is judged."
    inside = sum(one.verdict == "inside" for one in judged)
    failed = [one.observation.id for one in judged if one.failed]
    text = f"Judged: {inside} of {len(judged)} inside ({share(inside / len(judged))})"
    if failed:
        return shortened(f"{text}; these must be and are not: {', '.join(failed)}", 20 * WIDTH)
    return f"{text}; all that must be inside are."


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
