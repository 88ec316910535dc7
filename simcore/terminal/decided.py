"""The table of decisions after a run; which to take, and how surely, says `simcore decide`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.decided import DecidedRow
from simcore.analysis.notation import number, said_unit, share
from simcore.terminal.tables import Titles, grouped, named, scaled, wrapped

_MOST: Final = 48
"""Lines of the table."""
_BEST: Final = ("", "best in")
_REGRET: Final = ("", "regret")
_MEANING: Final = {
    _BEST: "best in: share of the draws in which it is worth most",
    _REGRET: "regret: mean of what is lost against the best of the same draw",
}


def decided_lines(
    rows: Sequence[DecidedRow], quantiles: Sequence[str], currency: str, titles: Titles
) -> list[str]:
    """What each decision is worth in each scenario, and how often it is the best."""
    if not rows:
        return []
    shown, scale, places = scaled(rows, _MOST)
    columns = ["mean", *quantiles]
    cells: dict[Any, Any] = {}
    for one in shown:
        values = [number(value, places) for value in (one.mean, *one.value)]
        row = {("npv", name): text for name, text in zip(columns, values, strict=True)}
        row[_BEST] = share(one.best) if math.isfinite(one.best) else "-"
        row[_REGRET] = number(one.regret, places)
        labels = ("scenario", one.scenario), ("decision", one.decision)
        cells[tuple(named(titles, *label) for label in labels)] = row
    worth = [("npv", name) for name in columns] if math.isfinite(shown[0].mean) else []
    beside = [_BEST] if math.isfinite(shown[0].best) else []
    beside += [_REGRET] if math.isfinite(shown[0].regret) else []
    groups = [one for one in (("npv", worth), ("", beside)) if one[1]]
    title = f"Decisions in {said_unit(f'1e6 {currency}', scale)}"
    lines = ["", *grouped(title, ["scenario", "decision"], groups, cells, _heading, cutting=True)]
    meant = [_MEANING[one] for one in beside]
    lines += wrapped("; ".join(meant) + ".") if meant else []
    if len(rows) > _MOST:
        lines += wrapped(f"... {len(rows) - _MOST:,} more: simcore decide RUN")
    return lines


def _heading(key: tuple[str, str]) -> str:
    return key[1].upper() if key[1].startswith("p") else key[1]
