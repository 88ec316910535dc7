"""Sections of a config that no outcome of its run is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simcore.errors import Fault
from simcore.intake.asked import asked_budgets
from simcore.plan.records import Plan
from simcore.variables import OUTCOMES

_SECTIONS: Final = (
    "accounts", "budgets", "decisions", "exposures", "portfolios", "projects", "waiting",
)  # fmt: skip
"""Sections of entries by name, which are laid over each other."""
_READ_BY: Final = {
    "projects": ("instrument", "decision", "portfolio", "member", "account"),
    "exposures": ("portfolio", "member"),
}
"""Dimensions of outcomes that are made of what a section names."""


def unasked(plan: Plan) -> Iterator[Fault]:
    """What a buyer compares with, products, projects and what is made of them, in a run that
    computes nothing of them."""
    dims = {dim for name in plan.experiment.outcomes for dim in OUTCOMES[name].dims}
    for scenario in plan.spec.scenarios.values():
        if any(one.gap == "buyer" for one in asked_budgets(scenario).values()):
            dims.add("against")
    if plan.experiment.waiting:
        dims.add("project")
    for key, dim, found, some in (
        ("against", "against", "a buyer, without an outcome of his", "buyer_premium, landed_cost"),
        ("products", "product", "products, without an outcome of theirs", "price_effect"),
        ("projects", "project", "projects, without an outcome of theirs", "project_npv"),
        ("portfolios", "portfolio", "portfolios, without an outcome of theirs", "portfolio_npv"),
        ("decisions", "decision", "decisions, without an outcome of theirs", "decision_npv"),
        ("exposures", "exposure", "exposures, without an outcome of theirs", "exposure_total"),
    ):
        if getattr(plan.experiment, key) and not dims & {dim, *_READ_BY.get(key, ())}:
            yield plan.spec.fault(
                (key,), found=found, expected=f"{some} or another one over `{dim}`",
                remedy=f"add {some.partition(',')[0]} to outcomes, or remove {key}",
            )  # fmt: skip


def emptied(plan: Plan) -> Iterator[Fault]:
    """Empty sections that are laid over full ones: they leave all that stands there."""
    for section in _SECTIONS:
        held = getattr(plan.experiment, section)
        if held and any(one.data.get(section) == {} for one in plan.spec.documents):
            yield plan.spec.fault(
                (section,), found=f"an empty section, which leaves {', '.join(held)} as they are",
                expected="a setting that changes something",
                remedy=f"remove it; who wants no {section} leaves them out where they are written",
            )  # fmt: skip
