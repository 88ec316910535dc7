"""What a plan holds that changes nothing, or tells too little: pairs, scenarios, goods, draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from simcore.errors import Fault
from simcore.intake import shipped
from simcore.kernels.operations import BLOCK
from simcore.plan import Plan
from simcore.variables import OUTCOMES, labelled

_BLOCKS: Final = 2
"""Blocks of draws in each replicate, from which on its spread tells an error."""


def idle_correlations(plan: Plan) -> Iterator[Fault]:
    """Pairs of which one side is not drawn; packaged pairs are complete for all runs."""
    for kind, position, name in plan.idle:
        yield plan.spec.fault(
            ("correlations", kind, position, "between"),
            found=f"{name}, which this run does not draw: the pair changes nothing",
            expected="two names that this run draws",
            remedy="it does not vary, or nothing in this run uses it",
        )


def twins(plan: Plan) -> Iterator[Fault]:
    """Scenarios whose rows are those of an earlier one."""
    rows: dict[tuple[Any, ...], str] = {}
    for place, name in enumerate(plan.spec.scenarios):
        own = tuple(
            (one.variable, one.index[1:], one.node, one.first_year)
            for one in plan.cells
            if one.index[0] == place
        )
        if own in rows:
            yield plan.spec.fault(
                ("scenarios", name),
                found=f"scenario {name} changes nothing in this run",
                expected="a scenario that changes something in this run",
                remedy=f"every number is that of {rows[own]}: remove one of the two",
            )
        rows.setdefault(own, name)


def idle_goods(plan: Plan) -> Iterator[Fault]:
    """Goods with a parity price that no route of the run uses."""
    written = not plan.spec.stands_alone and any(
        one.data.get("parity", []) not in ([], shipped.base()["parity"])
        for one in plan.spec.documents
    )
    of_goods = {name: one for name, one in OUTCOMES.items() if "good" in one.dims}
    if not written or not set(of_goods) & set(plan.experiment.outcomes):
        if written:
            names = " or ".join(of_goods)
            yield plan.spec.fault(
                ("parity",), found=f"goods, without the outcome {names}",
                expected=f"{names} among the outcomes", remedy="add it to outcomes",
            )  # fmt: skip
        return
    found = {
        one.index[labelled(of_goods[one.variable].dims).index("good") + 1]
        for one in plan.cells if one.variable in of_goods
    }  # fmt: skip
    for position, name in enumerate(plan.experiment.parity):
        if written and position not in found:
            yield plan.spec.fault(
                ("parity", position), found=f"{name}, which no route of this run uses",
                expected="a good that a route of the run buys or sells", remedy="remove it",
            )  # fmt: skip


def few_replicates(plan: Plan) -> Iterator[Fault]:
    """Replicates too few or too short for the errors that they are to tell."""
    wanted, used = plan.experiment.replicates, plan.replicates
    enough = _BLOCKS * BLOCK * wanted
    if plan.experiment.design == "random" or wanted < 2 or plan.draws >= enough:
        return
    errors = f"standard errors and intervals have {plan.freedom} degrees of freedom"
    if used < 2:
        errors = "standard errors and intervals are those of independent draws"
    fewer = plan.draws // (_BLOCKS * BLOCK)
    yield plan.spec.fault(
        ("draws",), found=f"{plan.draws:,}, of which {used} of {wanted} replicates have some: "
        f"{errors}", expected=f"at least {enough:,} ({_BLOCKS} x {BLOCK} x replicates)",
        remedy=f"take {enough:,} or more" + (f", or replicates: {fewer}" if fewer > 1 else ""),
    )  # fmt: skip
