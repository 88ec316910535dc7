"""Faults in what a config asks of tails and thresholds."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.findings import Address, Finding, unknown
from simcore.intake.risk import FEWEST, has_enough, needed_draws, share_beyond
from simcore.intake.schema import Experiment
from simcore.variables import OUTCOMES


def risk_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find names that are no outcomes in numbers of the run, and tails with too few draws."""
    risk = experiment.risk
    if risk is None:
        return
    seen: set[str] = set()
    for position, name in enumerate(risk.of):
        if name in seen:
            yield Finding(
                ("risk", "of", position), f"{name!r} twice", "each name once", "remove one"
            )
        seen.add(name)
        yield from _named(experiment, ("risk", "of", position), name)
    for name in risk.exceed:
        yield from _named(experiment, ("risk", "exceed", name), name)
    draws = experiment.draws
    few = [tail for tail in risk.tails if risk.of and not has_enough(tail, draws)]
    if few:
        tail = min(few, key=share_beyond)
        yield Finding(
            ("draws",), f"{draws:,} draws, {draws * share_beyond(tail):.4g} of them beyond the "
            f"{100 * tail:.10g} % quantile", f"at least {FEWEST} beyond it: risk.tails",
            f"take {needed_draws(tail):,} draws, or leave {tail:g} out of risk.tails",
            also=(("risk", "tails"), ("risk",)),
        )  # fmt: skip


def _named(experiment: Experiment, address: Address, name: str) -> Iterator[Finding]:
    variable = OUTCOMES.get(name)
    known = [
        one for one in experiment.outcomes
        if one in OUTCOMES and OUTCOMES[one].kind == "number" and "view" not in OUTCOMES[one].dims
    ]  # fmt: skip
    if variable is not None and name in experiment.outcomes and name not in known:
        yield Finding(
            address, f"{name}, which is no number in each draw", "an outcome in numbers",
            "its mean and its shares tell all of it: remove it",
        )  # fmt: skip
    elif variable is not None and name not in experiment.outcomes:
        yield Finding(
            address, f"{name!r}, which is not among the outcomes", "names listed under outcomes",
            f"add {name} to outcomes", name=name,
        )  # fmt: skip
    elif variable is None:
        yield unknown(address, name, known, "outcome of the run")
