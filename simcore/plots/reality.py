"""The picture of `simcore validate`: each observation, and the run beside it, on one scale.

Every row is drawn by how far it lies from the middle of what was observed, as a share of that
middle: so prices, costs and shares stand under each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.notation import band
from simcore.plots.panels import BLUE, COLOURS, VERMILLION
from simcore.reality import VERDICTS, Finding, middle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS: Final = {"inside": BLUE, "near": COLOURS[4], "off": VERMILLION}
_MARKERS: Final = {"inside": "o", "near": "D", "off": "s"}
_LOW, _HIGH = -1.0, 1.5
_ROW: Final = 0.215
"""Height of a row, inches."""
_COLUMN: Final = 8.75
"""Width of a column of rows with its words and numbers, inches."""
# Themes in the order of the picture, by the name of the first term of a formula.
_THEMES: Final = (
    ("Carbon markets and the border", ("carbon_price", "allowance_", "cbam_", "home_carbon_cost")),
    ("Cost of a tonne", ("levelised_cost", "total_cost", "product_price")),
    ("Extra cost and premiums", ("cost_premium", "abatement_cost", "premium")),
    ("Plants", ("catalog",)),
    ("Emissions", ("emissions_by_kind",)),
    ("Hydrogen", ("hydrogen_cost",)),
    ("Energy and raw materials", ("commodity_price",)),
)
_OTHERS: Final = "Others"


def draw(findings: Sequence[Finding], path: Path, *, title: str) -> Path:
    """Draw what a run holds of the observations into a PNG or SVG; `title` says what was run."""
    from simcore.plots import save

    save(lambda: _figure(findings, title), path, expected="a picture that can be written")
    return path


def themes_of(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Sort findings by theme; a theme without any is left out."""
    found: dict[str, list[Finding]] = {name: [] for name in (*dict(_THEMES), _OTHERS)}
    for one in findings:
        first = one.observation.leading
        theme = next((name for name, heads in _THEMES if first.startswith(heads)), _OTHERS)
        found[theme].append(one)
    return {name: rows for name, rows in found.items() if rows}


def place(one: Finding, value: float) -> float:
    """Distance of a value from the middle of the observation, as a share of its size.

    The size is the middle, or the larger end where the range crosses zero.
    """
    low, high = one.low, one.high
    central = middle(low, high)
    size = abs(central)
    if low < 0 < high and np.isfinite(low + high):
        size = max(-low, high)
    return (value - central) / size if size else 0.0


def _figure(findings: Sequence[Finding], title: str) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = [one for one in findings if one.verdict != "absent"]
    judged = [one for one in shown if one.observation.role != "show"]
    columns = [
        (name, rows)
        for name, rows in (
            ("Judged", judged),
            ("For comparison: sources of the tables, forecasts, premiums paid",
             [one for one in shown if one.observation.role == "show"]),
        )
        if rows
    ]  # fmt: skip
    lines = max((len(rows) + len(themes_of(rows)) for _, rows in columns), default=1)
    width, height = _COLUMN * max(1, len(columns)), 1.75 + _ROW * lines
    figure = Figure(figsize=(width, height))
    inside = sum(one.verdict == "inside" for one in judged)
    figure.suptitle(
        f"What was observed, and what the run says: {inside} of {len(judged)} inside",
        x=0.15 / width, y=1 - 0.12 / height, ha="left", va="top", weight="bold",
    )  # fmt: skip
    figure.text(
        0.15 / width, 1 - 0.44 / height,
        f"{title}. Scale: distance from the middle of the observation, as a share of it.",
        ha="left", va="top", color="#444444",
    )  # fmt: skip
    for column, (name, rows) in enumerate(columns):
        own = len(rows) + len(themes_of(rows))
        left = (_COLUMN * column + 2.75) / width
        box = (left, 1 - (1.02 + _ROW * own) / height, 3.35 / width, _ROW * own / height)
        axes = figure.add_axes(box)
        _column(axes, rows, name)
    handles = [
        Patch(color="#BBBBBB", label="observed"),
        *(
            Line2D([], [], color=_COLOURS[kind], marker=_MARKERS[kind], markersize=5,
                   label=f"run, P5 P50 P95: {kind} ({VERDICTS[kind]})" if kind == "inside"
                   else f"{kind}" + (f" ({VERDICTS[kind]})" if kind == "near" else ""))
            for kind in _COLOURS
        ),
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.02 / width, 0.02 / height),
        ncols=4 if len(columns) > 1 else 1, frameon=False, fontsize=8.5,
    )  # fmt: skip
    return figure


def _column(axes: Axes, rows: Sequence[Finding], name: str) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter

    at = 0
    axes.axvline(0, color="black", linewidth=0.8)
    for theme, members in themes_of(rows).items():
        axes.text(
            -2.65 / 3.35, at, theme, transform=axes.get_yaxis_transform(), weight="bold",
            fontsize=8.5, va="center", color="#222222",
        )  # fmt: skip
        axes.axhspan(at - 0.5, at + 0.5, xmin=0, xmax=1, color="#F2F2F2", linewidth=0)
        at += 1
        for one in members:
            _row(axes, one, at)
            at += 1
    axes.set_ylim(at - 0.5, -0.5)
    axes.set_xlim(_LOW, _HIGH)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(FixedLocator([-1, -0.5, 0, 0.5, 1, 1.5]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+.0%}" if x else "observed"))
    axes.tick_params(axis="x", labelsize=8, length=2, top=True, labeltop=False)
    axes.spines["left"].set_visible(False)
    axes.set_title(name, loc="left", fontsize=9.5, x=-2.65 / 3.35, pad=8)
    axes.annotate(
        "observed", (1.0, 1.0), xytext=(38, 4), xycoords="axes fraction",
        textcoords="offset points", ha="center", fontsize=7.5, color="#666666",
    )  # fmt: skip
    axes.annotate(
        "run P50 (P5 to P95)", (1.0, 1.0), xytext=(117, 4), xycoords="axes fraction",
        textcoords="offset points", ha="center", fontsize=7.5, color="#666666",
    )  # fmt: skip


def _row(axes: Axes, one: Finding, at: int) -> None:
    seen, colour = one.observation, _COLOURS[one.verdict]
    low, high = (float(np.clip(place(one, v), _LOW, _HIGH)) for v in (one.low, one.high))
    axes.barh(at, high - low, left=low, height=0.72, color="#BBBBBB", linewidth=0)
    p5, p50, p95 = (place(one, value) for value in (one.p5, one.p50, one.p95))
    ends = np.clip([p5, p95], _LOW, _HIGH)
    axes.plot(ends, [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
    for end, beyond, marker in ((_LOW, p5 < _LOW, "<"), (_HIGH, p95 > _HIGH, ">")):
        if beyond:
            axes.plot(end, at, marker, color=colour, markersize=5, clip_on=False)
    if _LOW <= p50 <= _HIGH:
        axes.plot(p50, at, _MARKERS[one.verdict], color=colour, markersize=5,
                  markeredgecolor="white", markeredgewidth=0.6, zorder=3)  # fmt: skip
    side = axes.get_yaxis_transform()
    year = "" if str(seen.year) in seen.what else f", {seen.year}"
    axes.text(-0.03, at, f"{seen.what}{year}", transform=side, ha="right", va="center",
              fontsize=8)  # fmt: skip
    axes.annotate(
        f"{seen.written} {seen.unit}", (1.0, at), xycoords=side, xytext=(74, 0),
        textcoords="offset points", ha="right", va="center", fontsize=7.5,
    )  # fmt: skip
    axes.annotate(
        _text(one), (1.0, at), xycoords=side, xytext=(84, 0), textcoords="offset points",
        ha="left", va="center", fontsize=7.5, color=colour,
    )  # fmt: skip


def _text(one: Finding) -> str:
    return band(one.written)
