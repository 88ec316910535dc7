"""Scenarios of a grid as one table: one axis down, one across."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any, Final

from simcore.analysis.headline import HEADLINE_QUANTILES, Run, telling_years
from simcore.analysis.names import titles
from simcore.analysis.notation import band, decimals, number, said_unit
from simcore.terminal.tables import WIDTH, scale_of, wrapped
from simcore.variables import OUTCOMES

_USUAL: Final = ("support_gap", "cost_premium_ex_carbon", "cost_premium", "carbon_value")
_MOST: Final = 60
"""Rows of the table."""
_GAP: Final = 2


def grid_lines(run: Run) -> list[str]:
    """P50 (P5 to P95) of the most telling outcome, in one year, by the axes of the grid.

    The axis with the fewest choices goes across, the others down. No lines where the run has no
    grid, or no such outcome.
    """
    axes: dict[str, list[str]] = json.loads(str(run.attrs.get("grid", "{}")))
    name = next((one for one in _USUAL if f"{one}_quantile" in run), None)
    if not axes or name is None:
        return []
    across = min(axes, key=lambda axis: len(axes[axis])) if len(axes) > 1 else ""
    down = [axis for axis in axes if axis != across]
    year = telling_years(run.labels("year"))[-1]
    held, rows = _rows(run, name, axes, across, year)
    values = [value for row in rows.values() for one in row for value in one]
    if not rows:
        return []
    scale = scale_of(values)
    digits = decimals([value / scale for value in values], figures=3)

    def shown(one: list[float], *, whole: bool) -> str:
        written = [number(value / scale, digits) for value in one]
        return band(written) if whole else written[1]

    header = [*held, *down, *axes.get(across, [name])]
    for whole in (True, False):
        table = [
            [*key, *(shown(one, whole=whole) for one in row)]
            for key, row in list(rows.items())[:_MOST]
        ]
        lines = _columns(header, table, text=len(held) + len(down))
        if max(map(len, lines)) <= WIDTH:
            break
    unit = said_unit(OUTCOMES[name].unit_in(str(run.attrs["currency"])), scale)
    title = f"{OUTCOMES[name].long_name} ({name}) in {year}, {unit} of {run.attrs['price_year']}: "
    title += "P50 (P5 to P95)" if whole else "P50"
    title += f"; {' and '.join(down)} down" + (f", {across} across" if across else "")
    more = len(rows) - _MOST
    tail = [f"... {more:,} more rows: simcore summary RUN --variable {name}"] if more > 0 else []
    return ["", *wrapped(title), *lines, *tail]


def _rows(
    run: Run, name: str, axes: dict[str, list[str]], across: str, year: int
) -> tuple[list[str], dict[tuple[str, ...], list[list[float]]]]:
    """Quantiles by place and choices down, for each choice across, at the first destination."""
    scenarios = run.labels("scenario")
    cells = run.quantiles(name, HEADLINE_QUANTILES)["value"]
    held = [str(dim) for dim in cells.dims if dim in ("region", "route")]
    fixed: dict[str, Any] = {"year": run.labels("year").index(year)}
    down = [axis for axis in axes if axis != across]
    rows: dict[tuple[str, ...], list[list[float]]] = {}
    for place in itertools.product(*(enumerate(run.labels(dim)) for dim in held)):
        fixed |= {dim: at for dim, (at, _) in zip(held, place, strict=True)}
        for cell in itertools.product(*(axes[axis] for axis in down)):
            chosen, found = dict(zip(down, cell, strict=True)), []
            for label in axes.get(across, [""]):
                names = chosen | {across: label}
                scenario = scenarios.index("_".join(names[axis] for axis in axes))
                index = [{**fixed, "scenario": scenario}.get(dim, 0) for dim in cells.dims[:-1]]
                found.append(list(map(float, cells.values[tuple(index)])))
            if not all(math.isnan(value) for one in found for value in one):
                told = (
                    titles(run, dim).get(str(label), str(label))
                    for dim, (_, label) in zip(held, place, strict=True)
                )
                rows[(*told, *cell)] = found
    return held, rows


def _columns(header: list[str], rows: list[list[str]], *, text: int) -> list[str]:
    """Align columns, those of text to the left; what a row repeats of the one above stays blank."""
    widths = [max(len(row[at]) for row in [header, *rows]) for at in range(len(header))]
    lines, before = [], [""] * text
    for row in [header, *rows]:
        shown = list(row)
        for at in range(text - 1):
            if row[: at + 1] != before[: at + 1]:
                break
            shown[at] = ""
        before = row[:text]
        cells = [
            cell.ljust(width) if at < text else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(shown, widths, strict=True))
        ]
        lines.append((" " * _GAP).join(cells).rstrip())
    return lines
