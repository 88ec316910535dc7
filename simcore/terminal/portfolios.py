"""The table of portfolios after a run: each member, all together, and what that takes off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.notation import number, said_unit, share
from simcore.analysis.portfolios import PortfolioRow
from simcore.terminal.tables import Titles, grouped, named, scaled, wrapped

_MOST: Final = 12
"""Portfolios of the table."""
_TOGETHER: Final = "all together"


def portfolio_lines(
    rows: Sequence[PortfolioRow], quantiles: Sequence[str], currency: str, titles: Titles
) -> list[str]:
    """Values of the members and of their sum, then a sentence on the diversification of each."""
    if not rows:
        return []
    shown, scale, places = scaled(rows, _MOST)
    columns = ["mean", *quantiles, "P(>0)"]
    cells: dict[Any, Any] = {}
    for row in shown:
        for one in (*row.members, row.together):
            texts = [number(value, places) for value in (one.mean, *one.value)]
            texts.append(share(one.positive))
            name = named(titles, "member", one.name) if one.name else _TOGETHER
            place = ("scenario", row.scenario), ("portfolio", row.portfolio)
            cells[*(named(titles, *label) for label in place), name] = {
                ("npv", column): text for column, text in zip(columns, texts, strict=True)
            }
    unit = said_unit(f"1e6 {currency}", scale)
    title = f"Portfolios: npv in {unit}"
    groups = [("npv", [("npv", column) for column in columns])]
    labels = ["scenario", "portfolio", "member"]
    lines = ["", *grouped(title, labels, groups, cells, _heading, cutting=True)]
    for row in shown:
        lines += wrapped(_said(row, unit, places, titles))
    if len(rows) > _MOST:
        more = f"... {len(rows) - _MOST:,} more: simcore summary RUN --variable portfolio_npv"
        lines += wrapped(more)
    return lines


def _said(row: PortfolioRow, unit: str, places: int, titles: Titles) -> str:
    """What the members lose one by one and together, in words."""
    where = (
        f"{named(titles, 'portfolio', row.portfolio)}, {named(titles, 'scenario', row.scenario)}"
    )
    if not row.members:
        return f"{where}: what it diversifies is told with member_npv among the outcomes."
    if len(row.members) < 2:
        return f"{where}: one member, nothing to diversify."
    apart, together = (number(one, places) for one in (row.at_risk, row.at_risk_together))
    found = row.diversification
    within = ""
    if row.interval:
        low, high = row.interval if found >= 0 else (-row.interval[1], -row.interval[0])
        within = f" (95 % interval {number(low, places)} to {number(high, places)})"
    does = "takes off" if found >= 0 else "adds"
    return (
        f"{where}: value at risk at P5, a loss above zero: {apart} as the sum of the members', "
        f"{together} of all together. Diversification {does} {number(abs(found), places)} {unit}"
        f"{within}."
    )


def _heading(key: tuple[str, str]) -> str:
    return key[1] if key[1] in ("mean", "P(>0)") else key[1].upper()
