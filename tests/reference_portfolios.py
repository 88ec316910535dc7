"""Portfolios in plain Python (the end of section 11): what projects bring, less what exposures cost."""

from __future__ import annotations

import math
from typing import Any

from reference_deals import of_a_year
from reference_exposures import exposure_bills
from reference_instruments import courses, support, supported_value
from reference_paths import Case, quantity
from reference_projects import life, rate
from reference_routes import wacc


def cash(case: Case, portfolio: str, year: int) -> float:
    """M EUR in a year."""
    one = case.config["portfolios"][portfolio]
    earned = [
        of_a_year(case, project, year, support(case, project, year, courses(case, project)))[
            "project_cash"
        ]
        for project in one.get("projects") or () if year in life(case, project)
    ]  # fmt: skip
    owed = [sum(exposure_bills(case, name, year)) for name in one.get("exposures") or ()]
    return math.fsum(earned) - math.fsum(owed)


def worth(case: Case, portfolio: str, member: str) -> float:
    """M EUR in the year of valuation."""
    one = case.config["portfolios"][portfolio]
    to = one.get("valued_in") or case.years[0]
    stated = one.get("rate")
    given = None if stated is None else quantity(case, stated, f"{portfolio}.rate")
    if member in (one.get("projects") or ()):
        own = rate(case, member) if given is None else given
        return supported_value(case, member, to, at=own)
    if given is None:
        given = wacc(case, case.config["exposures"][member]["plant"]["region"])
    return -math.fsum(
        sum(exposure_bills(case, member, year)) / (1 + given) ** (year - to) for year in case.years
    )


def portfolio_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the portfolios of one scenario."""
    out: dict[tuple[Any, ...], float] = {}
    for portfolio, one in (case.config.get("portfolios") or {}).items():
        for year in case.years:
            out["portfolio_cash", scenario, portfolio, year] = cash(case, portfolio, year)
        members = [*(one.get("projects") or ()), *(one.get("exposures") or ())]
        values = {member: worth(case, portfolio, member) for member in members}
        out |= {("member_npv", scenario, portfolio, name): x for name, x in values.items()}
        out["portfolio_npv", scenario, portfolio] = math.fsum(values.values())
    return out
