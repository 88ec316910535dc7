"""Charts of decisions beside each other: worth, regret, the best of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from simcore.analysis.choice import regret_by_scenario, told_of
from simcore.analysis.reading import Reading
from simcore.report.board import source
from simcore.report.charts import Chart, Column, Value, labels, quantile_columns

_ENDS: Final = (0.05, 0.5, 0.95)
_NAME: Final = "decision_npv"


def choice_charts(reading: Reading, section: str) -> Iterator[Chart]:
    """Charts of the decisions of a run; none where it has none."""
    if reading.held(_NAME):
        yield _worth(reading, section)
        yield _regret(reading, section)
        yield _best(reading, section)


def _places(reading: Reading) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Title of each scenario and decision, and its place."""
    for scenario in map(str, reading.labels("scenario")):
        for decision in map(str, reading.labels("decision")):
            yield (reading.title("scenario", scenario), reading.title("decision", decision),
                   {"scenario": scenario, "decision": decision})  # fmt: skip


def _window(reading: Reading) -> str:
    told = told_of(reading.dataset)
    return f"Value in {told['valued_in']} of the years to {told['until']}"


def _worth(reading: Reading, section: str) -> Chart:
    unit = reading.unit(_NAME)
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (scenario, decision, *reading.quantiles(_NAME, at, _ENDS))
        for scenario, decision, at in _places(reading)
    )
    return Chart(
        "choices", "What each decision is worth", "Now, later or never, and which of them?",
        "whiskers", unit,
        (*labels("panel=Scenario", "label=Decision"), *quantile_columns(unit, _ENDS)), rows,
        section=section, better="high", source=source(reading, f"{_NAME}_quantile"),
        note=f"{_window(reading)}. Dot: median. Line: P5, the worse side, to P95.",
    )  # fmt: skip


def _regret(reading: Reading, section: str) -> Chart:
    unit = reading.unit(_NAME)
    metric, lost = regret_by_scenario(reading.dataset)
    said = metric.partition(".")[2]
    said = "mean" if said == "mean" else said.upper()
    rows: list[tuple[Value, ...]] = [
        (scenario, decision, float(lost.sel(at))) for scenario, decision, at in _places(reading)
    ]
    held = f"{_NAME}_mean" if said == "mean" else f"{_NAME}_quantile"
    return Chart(
        "regrets", f"How far the {said} of each decision is behind the best of the scenario",
        "What is lost by each decision if another law comes?", "heat", unit,
        (*labels("row=Scenario", "column=Decision"), Column("value", "Behind", unit)), tuple(rows),
        section=section, note=f"{_window(reading)}. 0: the best decision of the scenario.",
        source=source(reading, held),
    )  # fmt: skip


def _best(reading: Reading, section: str) -> Chart:
    unit = reading.unit(_NAME)
    columns = [*labels("scenario", "decision"), Column("mean", "Mean", unit),
               Column("positive", "Above zero", "share of draws")]  # fmt: skip
    arrays = [f"{_NAME}_mean", f"{_NAME}_positive"]
    for array, column in (
        ("best_decision_probability", Column("best", "The best one", "share of draws")),
        ("decision_regret_mean", Column("regret", "Regret, mean", unit)),
    ):
        if array in reading:
            columns.append(column)
            arrays.append(array)
    rows: list[tuple[Value, ...]] = []
    for scenario, decision, at in _places(reading):
        numbers = [reading.value(array, at) for array in arrays]
        if any(map(math.isfinite, numbers)):
            rows.append((scenario, decision, *numbers))
    return Chart(
        "best-decision", "How often each decision is the best, and what is regretted",
        "How sure is the choice?", "table", unit, tuple(columns), tuple(rows), section=section,
        note="Regret: what is lost against the best decision of the same draw. Of equal decisions "
        "that which is named first is the best one.",
        source=source(reading, *arrays),
    )  # fmt: skip
