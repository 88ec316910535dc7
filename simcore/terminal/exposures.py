"""The table of exposures after a run: allowances, border and both, in some years and in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from simcore.analysis.exposures import YEARLY, OwedRow
from simcore.analysis.notation import number, said_unit
from simcore.terminal.tables import Titles, grouped, named, scaled, wrapped

_MOST: Final = 48
"""Lines of the table."""
_NAMES: Final = dict(zip(YEARLY, ("allowances", "border", "both"), strict=True))
_ALL: Final = "all years"


def exposure_lines(
    rows: Sequence[OwedRow], quantiles: Sequence[str], currency: str, titles: Titles
) -> list[str]:
    """Years of each exposure of each scenario, then all of them."""
    if not rows:
        return []
    shown, scale, places = scaled(rows, _MOST)
    told = [name for name in YEARLY if any(name in one.amounts for one in shown)]
    cells: dict[Any, Any] = {}
    for one in shown:
        place = ("scenario", one.scenario), ("exposure", one.exposure)
        year = _ALL if one.year is None else str(one.year)
        cells[*(named(titles, *label) for label in place), year] = {
            (name, quantile): number(value, places)
            for name, values in one.amounts.items()
            for quantile, value in zip(quantiles, values, strict=True)
        }
    unit = said_unit(f"1e6 {currency}", scale)
    groups = [(_NAMES[name], [(name, one) for one in _of(name, told, quantiles)]) for name in told]
    title = f"Exposures: what is owed for carbon by year and in all, in {unit}"
    labels = ["scenario", "exposure", "year"]
    lines = ["", *grouped(title, labels, groups, cells, _heading, cutting=True, leading=2)]
    if "exposure_allowances" in told:
        lines += wrapped("allowances: above zero they are bought, below zero sold.")
    if shown[0].local:
        lines += wrapped(
            f"In the currency of each: simcore summary RUN --variable {shown[0].local[0]}"
        )
    if len(rows) > _MOST:
        lines += wrapped(f"... {len(rows) - _MOST:,} more: simcore summary RUN --format csv")
    return lines


def _of(name: str, told: Sequence[str], quantiles: Sequence[str]) -> Sequence[str]:
    """Quantiles of a column: of the parts beside their sum the middle one, as 80 columns hold."""
    if name != YEARLY[-1] and len(told) > 1 and "p50" in quantiles:
        return ["p50"]
    return quantiles


def _heading(key: tuple[str, str]) -> str:
    return key[1].upper()
