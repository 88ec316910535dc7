"""What a run says of its decisions and of how one is chosen, for who reads only the run."""

from __future__ import annotations

import json
from typing import Any

from simcore.intake import Spec
from simcore.intake.decisions import RobustChoice, Rule, rule_name, window_of


def told_decisions(spec: Spec) -> dict[str, str]:
    """The attribute `decisions` of a run that has some: window, projects, and rules, as JSON."""
    experiment = spec.experiment
    if not experiment.decisions:
        return {}
    choice = experiment.choice or RobustChoice()
    years = experiment.years
    valued_in, until = window_of(experiment.choice, years.first, years.last)
    told = {
        "valued_in": valued_in, "until": until, "metric": choice.metric,
        "weights": choice.weights, "rules": [_plain(one) for one in choice.rules],
        "projects": {name: one.projects for name, one in experiment.decisions.items()},
    }  # fmt: skip
    return {"decisions": json.dumps(told)}


def _plain(rule: Rule) -> Any:
    """A rule as a config writes it in full."""
    name = rule_name(rule)
    if isinstance(rule, str):
        return name
    return {name: rule.hurwicz if rule.satisfice is None else rule.satisfice.model_dump()}
