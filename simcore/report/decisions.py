"""Charts of projects: what they are worth, what is paid for them, and what the public may owe."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from simcore.analysis.reading import Reading
from simcore.report.board import source
from simcore.report.charts import BAND, Chart, Column, Value, labels, quantile_columns
from simcore.report.choices import choice_charts
from simcore.variables import QUANTILES

_ENDS: Final = (0.05, 0.5, 0.95)
SECTION: Final = "decisions"


def decision_charts(reading: Reading) -> Iterator[Chart]:
    """Charts of the projects, firms, budgets and decisions of a run; none where it has none."""
    yield from choice_charts(reading, SECTION)
    for make in (
        _worth, _held_together, _owed, _owed_in_all, _payments, _liability, _closing, _gaps,
        _returns, _instruments, _budgets,
    ):  # fmt: skip
        chart = make(reading)
        if chart is not None:
            yield chart


def project_title(reading: Reading, scenario: str, project: str) -> str:
    """What people call a project."""
    told = reading.projects().get(scenario, {}).get(project, {})
    return reading.called("project", project, told)


def instrument_title(reading: Reading, scenario: str, project: str, instrument: str) -> str:
    """What people call an instrument of a project."""
    told = reading.projects().get(scenario, {}).get(project, {}).get("instruments", {})
    return reading.called("instrument", instrument, told.get(instrument, {}))


def instruments_of(reading: Reading) -> list[tuple[str, str, str]]:
    """Scenario, project and instrument of each contract of a run."""
    return [
        (scenario, project, instrument)
        for scenario, known in reading.projects().items()
        for project, told in known.items() for instrument in told.get("instruments", {})
    ]  # fmt: skip


def _worth(reading: Reading) -> Chart | None:
    """Net present value of each project, by scenario."""
    if not reading.held("project_npv"):
        return None
    unit = reading.unit("project_npv")
    rows: list[tuple[Value, ...]] = []
    for scenario, known in reading.projects().items():
        for project in known:
            at = {"scenario": scenario, "project": project}
            quantiles = reading.quantiles("project_npv", at, _ENDS)
            if all(map(math.isfinite, quantiles)):
                rows.append((project_title(reading, scenario, project),
                             reading.title("scenario", scenario), *quantiles))  # fmt: skip
    if not rows:
        return None
    return Chart(
        "npv", "Net present value of each project",
        "Is the project worth it, and how sure is that?",
        "whiskers", unit, (*labels("panel=Project", "label=Scenario"),
                           *quantile_columns(unit, _ENDS)),
        tuple(rows), section=SECTION, note="Dot: median. Line: P5, the worse side, to P95.",
        better="high",
        source=source(reading, "project_npv_quantile"),
    )  # fmt: skip


def _held_together(reading: Reading) -> Chart | None:
    """Net present value of each portfolio, by scenario."""
    return _of_firms(
        reading, "portfolio_npv", "portfolio", "portfolios", "Net present value of each portfolio",
        "What is all that the firm holds worth?", "Dot: median. Line: P5, the worse side, to P95.",
        better="high",
    )  # fmt: skip


def _owed(reading: Reading) -> Chart | None:
    """What each exposure owes by year."""
    if not reading.held("exposure_cost"):
        return None
    rows: list[tuple[Value, ...]] = []
    for exposure in map(str, reading.labels("exposure")):
        for scenario in map(str, reading.labels("scenario")):
            panel = f"{reading.title('exposure', exposure)}: {reading.title('scenario', scenario)}"
            at = {"scenario": scenario, "exposure": exposure}
            rows += [(panel, "Owed", *row) for row in _by_year(reading, "exposure_cost", at)]
    return _fan(
        reading, "owed", "What each firm owes for carbon, by year",
        "What does carbon cost the firm, and how bad can it get?", reading.unit("exposure_cost"),
        rows, "exposure_cost", "Allowances and border. Above zero the firm pays, below it earns.",
    )  # fmt: skip


def _owed_in_all(reading: Reading) -> Chart | None:
    """What each exposure owes in all its years, by scenario."""
    return _of_firms(
        reading, "exposure_total", "exposure", "owed-in-all",
        "What each firm owes for carbon in all its years", "What does another law change?",
        "Dot: median. Line: P5 to P95, the worse side.", better="low",
    )  # fmt: skip


def _of_firms(
    reading: Reading, outcome: str, dim: str, name: str, title: str, question: str, note: str, *,
    better: Literal["low", "high"],
) -> Chart | None:  # fmt: skip
    if not reading.held(outcome):
        return None
    unit = reading.unit(outcome)
    rows: list[tuple[Value, ...]] = []
    for label in map(str, reading.labels(dim)):
        for scenario in map(str, reading.labels("scenario")):
            quantiles = reading.quantiles(outcome, {"scenario": scenario, dim: label}, _ENDS)
            if all(map(math.isfinite, quantiles)):
                rows.append((
                    reading.title(dim, label), reading.title("scenario", scenario), *quantiles
                ))  # fmt: skip
    columns = (*labels(f"panel={dim.capitalize()}", "label=Scenario"),
               *quantile_columns(unit, _ENDS))  # fmt: skip
    return Chart(
        name, title, question, "whiskers", unit, columns, tuple(rows), section=SECTION, note=note,
        better=better, source=source(reading, f"{outcome}_quantile"),
    ) if rows else None  # fmt: skip


def _payments(reading: Reading) -> Chart | None:
    """What each instrument pays by year."""
    if not reading.held("instrument_payment"):
        return None
    unit = reading.unit("instrument_payment")
    rows: list[tuple[Value, ...]] = []
    for scenario, project, instrument in instruments_of(reading):
        at = {"scenario": scenario, "project": project, "instrument": instrument}
        title = instrument_title(reading, scenario, project, instrument)
        panel = f"{title}, {project_title(reading, scenario, project)}"
        panel += f": {reading.title('scenario', scenario)}"
        own = [(panel, "Payment", *row) for row in _by_year(reading, "instrument_payment", at)]
        # What is paid once is told by the table.
        rows += own if len(own) > 1 else []
    return _fan(
        reading, "payments", "Payments of each instrument by year",
        "What does the public pay, and when does the firm repay?", unit, rows,
        "instrument_payment", "Above zero the public pays, below zero the firm repays.",
    )  # fmt: skip


def _gaps(reading: Reading) -> Chart | None:
    """What each project lacks before support, by year."""
    if not reading.held("project_gap"):
        return None
    rows: list[tuple[Value, ...]] = []
    for scenario, known in reading.projects().items():
        for project in known:
            at = {"scenario": scenario, "project": project}
            panel = f"{project_title(reading, scenario, project)}: "
            panel += reading.title("scenario", scenario)
            rows += [(panel, "Gap", *row) for row in _by_year(reading, "project_gap", at)]
    return _fan(
        reading, "gaps", "What a tonne of each project lacks before support",
        "How much support does a tonne need in each year?", reading.unit("project_gap"), rows,
        "project_gap", "Above zero support is lacking, below zero none is needed.",
    )  # fmt: skip


def _by_year(reading: Reading, outcome: str, at: dict[str, str]) -> Iterator[tuple[Value, ...]]:
    """Year and quantiles, from the first to the last year in which anything is paid or lacks."""
    values = np.stack([
        reading.values(f"{outcome}_quantile", {**at, "quantile": one}) for one in BAND
    ], -1)  # fmt: skip
    known = np.flatnonzero((np.isfinite(values) & (values != 0)).any(-1))
    if known.size:
        years = reading.labels("year")
        for place in range(int(known[0]), int(known[-1]) + 1):
            if np.isfinite(values[place]).all():
                yield (int(years[place]), *values[place].tolist())


def _fan(
    reading: Reading, name: str, title: str, question: str, unit: str,
    rows: list[tuple[Value, ...]], outcome: str, note: str,
) -> Chart | None:  # fmt: skip
    if not rows:
        return None
    rows = _merged(rows)
    return Chart(
        name, title, question, "fan", unit,
        (*labels("panel", "series=Quantity", "year"), *quantile_columns(unit, BAND)), tuple(rows),
        section=SECTION, note=note, source=source(reading, f"{outcome}_quantile"), own_scale=True,
    )  # fmt: skip


def _liability(reading: Reading) -> Chart | None:
    """How often what an instrument costs the public exceeds an amount, at the stored quantiles."""
    if not reading.held("instrument_npv"):
        return None
    unit = reading.unit("instrument_npv")
    rows: list[tuple[Value, ...]] = []
    for scenario, project, instrument in instruments_of(reading):
        at = {"scenario": scenario, "project": project, "instrument": instrument}
        panel = instrument_title(reading, scenario, project, instrument)
        panel += f", {project_title(reading, scenario, project)}"
        amounts = reading.quantiles("instrument_npv", at, QUANTILES)
        # What costs the same in all draws is told by the table.
        if all(map(math.isfinite, amounts)) and amounts[0] < amounts[-1]:
            rows += [
                (panel, reading.title("scenario", scenario), amount, round(1 - probability, 6))
                for amount, probability in zip(amounts, QUANTILES, strict=True)
            ]
    if not rows:
        return None
    rows.sort(key=lambda row: str(row[0]))
    columns = (*labels("panel=Instrument", "series=Scenario"), Column("x", "Amount", unit),
               Column("value", "Share of draws above", "share of draws"))  # fmt: skip
    return Chart(
        "liability", "What the public may owe: how often an amount is exceeded",
        "How bad can it get?", "lines", "share of draws", columns, tuple(rows), section=SECTION,
        note="Present value of all payments. Points: the nine stored quantiles.",
        source=source(reading, "instrument_npv_quantile"),
    )  # fmt: skip


def _closing(reading: Reading) -> Chart | None:
    """Share of the draws in which each project closes, by year."""
    if not reading.held("deal_closes", statistic="mean"):
        return None
    rows: list[tuple[Value, ...]] = []
    for scenario, known in reading.projects().items():
        for project in known:
            at = {"scenario": scenario, "project": project}
            shares = reading.values("deal_closes_mean", at).tolist()
            rows += [
                (project_title(reading, scenario, project), reading.title("scenario", scenario),
                 int(year), share)
                for year, share in zip(reading.labels("year"), shares, strict=True)
                if math.isfinite(share)
            ]  # fmt: skip
    if not rows:
        return None
    rows.sort(key=lambda row: str(row[0]))
    columns = (*labels("panel=Project", "series=Scenario", "x=Year"),
               Column("value", "Share", "share of draws"))  # fmt: skip
    return Chart(
        "closing", "The project closes: share of the draws, by year",
        "In which years does the margin stay above zero?", "lines", "share of draws", columns,
        tuple(rows), section=SECTION, source=source(reading, "deal_closes_mean"),
    )  # fmt: skip


def _budgets(reading: Reading) -> Chart | None:
    """Mean and P95 of what closes the gap of each budget."""
    if not reading.held("budget_need"):
        return None
    unit = reading.unit("budget_need")
    rows: list[tuple[Value, ...]] = []
    for scenario in reading.labels("scenario"):
        for budget in reading.labels("budget"):
            at = {"scenario": scenario, "budget": budget}
            panel = f"{reading.title('budget', budget)}: {reading.title('scenario', scenario)}"
            rows += [(panel, "Budget", *row) for row in _by_year(reading, "budget_need", at)]
    return _fan(
        reading, "budgets", "What closes the gap of each budget, by year",
        "How large must the budget and its reserve be?", unit, rows, "budget_need",
        "P95 is the reserve.",
    )  # fmt: skip


def _instruments(reading: Reading) -> Chart | None:
    """What each instrument costs the public, as a table."""
    if not reading.held("instrument_npv"):
        return None
    unit = reading.unit("instrument_npv")
    shares = {"cap_binds": "A cap binds", "claw_back": "The firm repays in all"}
    shares = {one: title for one, title in shares.items() if f"{one}_mean" in reading}
    cost = reading.held("public_cost_per_tco2")
    group = "Cost to the public"
    columns = [*labels("instrument", "project", "scenario"), *(
        Column(one.name, f"{group} {one.title}", unit, group)
        for one in quantile_columns(unit, _ENDS)
    )]  # fmt: skip
    if cost:
        columns.append(Column("per_tco2", "P50 per t CO₂ avoided", reading.unit(cost)))
    columns += [Column(one, title, "share of draws") for one, title in shares.items()]
    rows: list[tuple[Value, ...]] = []
    for scenario, project, instrument in instruments_of(reading):
        at = {"scenario": scenario, "project": project, "instrument": instrument}
        numbers = list(reading.quantiles("instrument_npv", at, _ENDS))
        if cost:
            numbers += reading.quantiles(cost, at, (0.5,))
        numbers += [reading.value(f"{one}_mean", at) for one in shares]
        if any(map(math.isfinite, numbers)):
            rows.append((
                instrument_title(reading, scenario, project, instrument),
                project_title(reading, scenario, project),
                reading.title("scenario", scenario), *numbers,
            ))  # fmt: skip
    if not rows:
        return None
    return Chart(
        "instruments", "What each instrument costs the public", "Who pays how much?", "table",
        unit, tuple(columns), tuple(rows), section=SECTION,
        note="Present value at the public rate; P95 is the worse side.",
        source=source(reading, "instrument_npv_quantile", f"{cost}_quantile"),
    )  # fmt: skip


def _merged(rows: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """Panels of the same numbers as one, under all their names."""
    panels: dict[str, list[tuple[Value, ...]]] = {}
    for panel, *row in rows:
        panels.setdefault(str(panel), []).append(tuple(row))
    same: dict[tuple[tuple[Value, ...], ...], list[str]] = {}
    for panel, own in panels.items():
        same.setdefault(tuple(own), []).append(panel)
    return [(" = ".join(names), *row) for own, names in same.items() for row in own]


def _returns(reading: Reading) -> Chart | None:
    """Rates of return and debt cover of each project, as a table."""
    rate, cover = "share of the capital a year", "times"
    known = {"project_irr": ("Return", rate), "equity_irr": ("Return on equity", rate),
             "dscr_lowest": ("Lowest debt cover", cover)}  # fmt: skip
    held = {name: told for name, told in known.items() if reading.held(name)}
    if not held:
        return None
    columns = [*labels("project", "scenario"), *(
        Column(f"{name}_{one.name}", f"{group} {one.title}", unit, group)
        for name, (group, unit) in held.items() for one in quantile_columns(unit, _ENDS)
    )]  # fmt: skip
    rows: list[tuple[Value, ...]] = []
    for scenario, projects in reading.projects().items():
        for project in projects:
            at = {"scenario": scenario, "project": project}
            numbers = [one for name in held for one in reading.quantiles(name, at, _ENDS)]
            if any(map(math.isfinite, numbers)):
                rows.append((project_title(reading, scenario, project),
                             reading.title("scenario", scenario), *numbers))  # fmt: skip
    if not rows:
        return None
    return Chart(
        "returns", "Returns and debt cover", "What would a bank see?", "table",
        "share of the capital a year; times", tuple(columns), tuple(rows), section=SECTION,
        note="Real rates; a project that does not come back has a return of −100 %.",
        source=source(reading, *(f"{name}_quantile" for name in held)),
    )  # fmt: skip
