"""What a project with its instruments is worth, in plain Python, and every outcome of projects
(sections 11 and 12)."""

from __future__ import annotations

import math
from typing import Any

from reference_instruments import (
    break_even_strike,
    courses,
    instrument_outcomes,
    stranded,
    support,
    supported_value,
)
from reference_paths import Case
from reference_projects import (
    gap,
    is_there,
    left_over,
    life,
    output,
    own_cost,
    rate,
    record,
    seen,
    valued_in,
)
from reference_routes import annuity_rate

NAN = math.nan


def of_a_year(case: Case, project: str, year: int, paid: float) -> dict[str, float]:
    """What a tonne and the plant have in a year of life."""
    now = seen(case, year)
    lacking = gap(case, project, now)
    margin = paid - lacking
    lost = stranded(case, project) if year == life(case, project)[-1] else 0.0
    return {
        "project_cost": own_cost(case, project, now),
        "project_gap": lacking,
        "project_support": paid,
        "project_margin": margin,
        "deal_closes": float(margin >= 0),
        "project_cash": margin * output(case, project) - lost,
    }


YEARLY = (
    "project_cost", "project_gap", "project_support", "project_margin", "deal_closes",
    "project_cash",
)  # fmt: skip


def for_life(case: Case, project: str) -> dict[str, float]:
    """What the plant is worth."""
    npv = supported_value(case, project, valued_in(case, project))
    one = record(case, project)
    # An amount per tonne of each year that is worth as much in the year before the start.
    begun = supported_value(case, project, one["start"] - 1)
    annuity = begun * annuity_rate(rate(case, project), len(life(case, project)))
    annuity /= output(case, project)
    return {
        "project_npv": npv,
        "project_annuity": annuity,
        "break_even_premium": -annuity,
        "break_even_grant": -npv if npv < 0 else 0.0,
        "break_even_strike": break_even_strike(case, project),
    }


def project_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the projects of one scenario; NaN in the years without production."""
    out: dict[tuple[Any, ...], float] = {}
    for project in case.config.get("projects") or ():
        out |= {(name, scenario, project, y): NAN for name in YEARLY for y in case.years}
        if not is_there(case, project):
            continue
        found = courses(case, project)
        for year in set(life(case, project)) & set(case.years):
            values = of_a_year(case, project, year, support(case, project, year, found))
            out |= {(name, scenario, project, year): v for name, v in values.items()}
        whole = for_life(case, project)
        out |= {(name, scenario, project): value for name, value in whole.items()}
        if left_over(case, project):
            out["stranded_value", scenario, project] = stranded(case, project)
    return out | instrument_outcomes(case, scenario)
