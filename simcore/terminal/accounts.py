"""The table of accounts after a run: how often solvent, back when, how low, which bond."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.accounts import AccountRow
from simcore.analysis.notation import number, said_unit, share
from simcore.terminal.tables import Titles, grouped, named, scaled, wrapped

_MOST: Final = 24
"""Lines of the table."""
_ENDS: Final = ("P5", "P50", "P95")
_MEANING: Final = {
    "": "solvent: share of the draws in which the last balance covers what is owed; back: median "
    "year from which on it does",
    "carries": "carries: the bond of the first year that inflow less outflow is worth, its P5 in "
    "95 % of the draws",
    "of issue": "of issue: that as a share of the issue",
}


def account_lines(rows: Sequence[AccountRow], currency: str, titles: Titles) -> list[str]:
    """Each account of each scenario in a line, then how to read them."""
    if not rows:
        return []
    shown, scale, places = scaled(rows, _MOST)
    issued = any(math.isfinite(one.carried[1]) for one in shown)
    cells: dict[Any, Any] = {}
    for one in shown:
        row = {("", "solvent"): share(one.solvent) if math.isfinite(one.solvent) else "-"}
        row["", "back"] = "-" if math.isnan(one.payback) else (
            f"{one.payback:.0f}" if math.isfinite(one.payback) else "never"
        )  # fmt: skip
        row |= {("lowest balance", end): number(value, places)
                for end, value in zip(_ENDS[:2], one.lowest, strict=False)}  # fmt: skip
        row |= {("carries", end): number(value, places)
                for end, value in zip(_ENDS, one.capacity, strict=True)}  # fmt: skip
        if issued:
            least = one.carried[0]
            row["of issue", "P5"] = f"{100 * least:.0f}%" if math.isfinite(least) else "-"
        labels = ("scenario", one.scenario), ("account", one.account)
        cells[tuple(named(titles, *label) for label in labels)] = row
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        ("", [("", "solvent"), ("", "back")]),
        ("lowest balance", [("lowest balance", end) for end in _ENDS[:2]]),
        ("carries", [("carries", end) for end in _ENDS]),
    ]
    # What nobody asked for has no columns.
    groups = [
        one for one in groups if any(row[key] != "-" for row in cells.values() for key in one[1])
    ]
    groups += [("of issue", [("of issue", "P5")])] if issued else []
    title = f"Accounts in {said_unit(f'1e6 {currency}', scale)}"
    lines = ["", *grouped(title, ["scenario", "account"], groups, cells, _heading, cutting=True)]
    meant = [_MEANING[name] for name, _ in groups if name in _MEANING]
    lines += wrapped("; ".join(meant) + ".") if meant else []
    if len(rows) > _MOST:
        more = f"... {len(rows) - _MOST:,} more: simcore summary RUN --variable account_capacity"
        lines += wrapped(more)
    return lines


def _heading(key: tuple[str, str]) -> str:
    return key[1]
