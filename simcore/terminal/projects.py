"""The table of projects after a run, a line for each project and scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.notation import decimals, number, said_unit, share
from simcore.analysis.projects import Projects
from simcore.terminal.deal_terms import paid_for
from simcore.terminal.tables import Titles, grouped, named, scale_of

_MOST: Final = 30
"""Lines of the table; a run may have hundreds of projects."""
_BREAK_EVEN: Final = {
    "break_even_strike": "break-even strike",
    "break_even_premium": "break-even premium",
}


def project_lines(table: Projects, quantiles: Sequence[str], titles: Titles) -> list[str]:
    """Value, the share of the draws in which it is above zero, break-even, and cost of support."""
    numbers = [value for one in table.rows for value in (*one.value, one.support)]
    scale = scale_of(value for value in numbers if math.isfinite(value))
    if scale > 1:
        table = table.thousands()
    shown = table.rows[:_MOST]
    amounts = [value for one in shown for value in (*one.value, one.support)]
    places = decimals(amounts, figures=3)
    strikes = decimals([value for one in shown for value in one.break_even], figures=3)
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        ("npv", [*(("npv", name) for name in quantiles), ("npv", "P(>0)")])
    ]
    title = "Projects: npv in " + said_unit(table.unit, scale)
    if any(map(math.isfinite, (value for one in shown for value in one.break_even))):
        name = _BREAK_EVEN[table.break_even]
        of = dict.fromkeys(paid_for({"per": per}) for per in table.struck)
        per = f" {' or '.join(of)}" if table.break_even == "break_even_strike" else ""
        groups.append((name, [("even", quantile) for quantile in quantiles]))
        title += f", {name} in {said_unit(table.break_even_unit)}{per}"
    if any(math.isfinite(one.support) for one in shown):
        groups.append(("support", [("support", "mean")]))
        title += ", support: mean npv that the public pays"
    rows: dict[Any, Any] = {}
    for one in shown:
        cells = {("npv", name): number(value, places)
                 for name, value in zip(quantiles, one.value, strict=True)}  # fmt: skip
        cells["npv", "P(>0)"] = share(one.positive)
        cells |= {("even", name): number(value, strikes)
                  for name, value in zip(quantiles, one.break_even, strict=False)}  # fmt: skip
        cells["support", "mean"] = number(one.support, places)
        labels = ("scenario", one.scenario), ("project", one.project)
        rows[tuple(named(titles, *label) for label in labels)] = cells
    lines = ["", *grouped(title, ["scenario", "project"], groups, rows, _heading, cutting=True)]
    if len(table.rows) > _MOST:
        lines.append(
            f"... {len(table.rows) - _MOST:,} more: simcore summary RUN --variable project_npv"
        )
    return lines


def _heading(key: tuple[str, str]) -> str:
    return key[1] if key[1] in ("P(>0)", "mean") else key[1].upper()
