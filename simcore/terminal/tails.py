"""What a run just finished tells of its distribution: tails, and numbers that follow from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

from simcore.analysis.notation import decimals, number, said_unit, share
from simcore.dataset import Finished, Layout, threshold_of
from simcore.terminal.deal_terms import paid_for
from simcore.terminal.tables import grid, wrapped
from simcore.variables import OUTCOMES

_FEW: Final = 8
"""Most places of an outcome that are told."""


def tail_lines(done: Finished, out: Path) -> list[str]:
    """Tail means and shares above thresholds of outcomes with few values, and where the rest is.

    No lines where the run tells none.
    """
    layout, lines, left = done.layout, list[str](), list[str]()
    for name in dict.fromkeys([*layout.tailed, *layout.exceeded]):
        dims = OUTCOMES[name].dims
        if "year" not in dims and math.prod(map(layout.length, dims)) <= _FEW:
            lines += ["", *_table(done, name)]
        else:
            left.append(name)
    if lines and layout.tailed:
        lines.append("mean<P5: mean of the draws below that quantile; mean>P95: of those above.")
    if left:
        told = f"Tails     {', '.join(left)}: simcore summary {out} --variable {left[0]}"
        lines += ["", *wrapped(told)]
    return lines


def resolved_lines(attrs: Mapping[str, Any]) -> list[str]:
    """A line for each strike that was found from the distribution; no lines where there is none."""
    lines, told = [""], json.loads(attrs.get("projects", "{}"))
    for path, one in json.loads(attrs.get("resolved", "{}")).items():
        project, instrument, _ = path.split(".")[-3:]
        of = told.get(one["scenario"], {}).get(project, {}).get("instruments", {})
        unit = f"{said_unit(one['unit'])} {paid_for(of.get(instrument, {}).get('terms', {}))}"
        ends = [math.inf if one[end] is None else one[end] for end in ("low", "high")]
        digits = decimals([one["value"]], figures=3)
        low, high = (number(end, digits) for end in ends)
        lines += wrapped(
            f"strike of {project}.{instrument}: {number(one['value'], digits)} {unit} "
            f"(break-even in {100 * one['break_even']:.10g} % of draws under {one['scenario']}; "
            f"{low} to {high})"
        )
    return lines if len(lines) > 1 else []


def _table(done: Finished, name: str) -> list[str]:
    """A row for each place of an outcome."""
    layout, one = done.layout, OUTCOMES[name]
    places = list(product(*(range(layout.length(dim)) for dim in one.dims)))
    columns: dict[str, list[str]] = {}
    if name in layout.tailed:
        values = [_values(done, f"{name}_tail", place) for place in places]
        digits = decimals([abs(value) for row in values for value in row], figures=3)
        for k, tail in enumerate(layout.coords["tail"]):
            side = ">" if tail > 0.5 else "<"
            heading = f"mean{side}P{100 * tail:.10g}"
            columns[heading] = [number(row[k], digits) for row in values]
    if name in layout.exceeded:
        values = [_values(done, f"{name}_exceedance", place) for place in places]
        for k, threshold in enumerate(layout.coords[threshold_of(name)]):
            columns[f"P(>{threshold:.10g})"] = [share(row[k]) for row in values]
    unit = said_unit(one.unit_in(layout.currency))
    labels = [
        "; ".join(_label(layout, dim, at) for dim, at in zip(one.dims, place, strict=True))
        for place in places
    ]
    rows = list(zip(labels, *columns.values(), strict=True))
    heading = name if unit == "1" else f"{name} [{unit}]"
    return grid([heading, *columns], rows, text_columns=1)


def _label(layout: Layout, dim: str, place: int) -> str:
    """Title of a label, if the run has one."""
    _, titles = layout.extra_coords.get(f"{dim}_title", (dim, layout.coords[dim]))
    return str(titles[place])


def _values(done: Finished, name: str, place: tuple[int, ...]) -> list[Any]:
    found: list[Any] = done.summaries[name][1][place].tolist()
    return found
