"""Charts as pictures: pure functions from the numbers of a chart to SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simcore.report import bars, panels
from simcore.report.charts import Chart
from simcore.report.svg import range_of

_WHOLE: Final = {
    "waterfall": bars.waterfall, "whiskers": bars.whiskers, "bars": bars.bars, "heat": bars.heat,
}  # fmt: skip
_PANELS: Final = {"fan": panels.fan, "lines": panels.lines, "shares": panels.shares}


@dataclass(frozen=True)
class Picture:
    """A panel of a chart as SVG; its title is empty where the chart has one panel."""

    title: str
    svg: str


def drawn(chart: Chart, *, small: bool = False, mark: int | None = None) -> list[Picture]:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
        Of any kind but `table`.
    small : bool
        Whether panels are small, and the page names their series.
    mark : int, optional
        A year that stands out.

    Returns
    -------
    list of Picture
        One a panel; whiskers and maps show all their panels in one.
    """
    if chart.kind in _WHOLE:
        return [Picture("", _WHOLE[chart.kind](chart))]
    ends = None
    if not chart.own_scale:
        ends = range_of(chart.numbers())
    colours = {name: place for place, name in enumerate(panels.series_of(chart))}
    return [
        Picture(title, _PANELS[chart.kind](panel, ends, colours, small, mark))
        for title, panel in chart.panels()
    ]
