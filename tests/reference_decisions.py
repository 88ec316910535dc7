"""Regret in plain Python (sections 8 and 20): of a route among those that are there, and of sets of
projects that are valued in one year and over the same years."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_deals import of_a_year
from reference_instruments import courses, support
from reference_paths import Case
from reference_projects import life, rate
from reference_routes import is_available, sector_of

Result = dict[tuple[Any, ...], Any]


def regrets(case: Case, scenario: str, out: Mapping[tuple[Any, ...], Any]) -> Result:
    """What a tonne of each route costs more than one of the cheapest route of its sector."""
    found: Result = {}
    routes = case.config["routes"]
    for name, where, *place in out:
        if name != "total_cost" or where != scenario:
            continue
        region, destination, route, year = place
        rivals = [
            out[name, where, region, destination, one, year] for one in routes
            if sector_of(case, one) == sector_of(case, route) and is_available(case, one, year)
        ]  # fmt: skip
        there = is_available(case, route, year)
        own = out[name, where, region, destination, route, year]
        found["regret", where, *place] = own - min(rivals) if there else math.nan
    return found


def window(case: Case) -> tuple[int, int]:
    """Year of valuation, and the last year that counts."""
    choice = case.config.get("choice") or {}
    first, last = case.years[0], case.years[-1]
    valued_in, until = choice.get("valued_in"), choice.get("until")
    return first if valued_in is None else valued_in, last if until is None else until


def worth(case: Case, project: str) -> float:
    """What a project brings in the years that count."""
    valued_in, until = window(case)
    found = courses(case, project)
    years = [y for y in life(case, project) if y in case.years and y <= until]
    return math.fsum(
        of_a_year(case, project, y, support(case, project, y, found))["project_cash"]
        / (1 + rate(case, project)) ** (y - valued_in)
        for y in years
    )


def decision_outcomes(case: Case, scenario: str) -> Result:
    """Outcomes of the decisions of a scenario."""
    decisions = case.config.get("decisions") or {}
    if not decisions:
        return {}
    npv = {
        name: math.fsum(worth(case, project) for project in listed(one))
        for name, one in decisions.items()
    }
    found: Result = {("decision_npv", scenario, name): value for name, value in npv.items()}
    for name, value in npv.items():
        found["decision_regret", scenario, name] = max(npv.values()) - value
    found["best_decision", scenario] = max(npv, key=lambda name: npv[name])
    return found


def listed(decision: Any) -> list[str]:
    """Projects of a decision, which may be the list alone."""
    return decision["projects"] if isinstance(decision, Mapping) else decision
