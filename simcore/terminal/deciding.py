"""The command `decide`: decisions of a saved run, or of a config that is run first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from simcore.errors import ConfigError, Fault
from simcore.terminal.answering import name_pictures, show
from simcore.terminal.dealing import run_of

if TYPE_CHECKING:
    from simcore.plan import Plan


def decide(options: argparse.Namespace) -> None:
    """Print the page of the decisions."""
    from simcore.analysis.choice import among
    from simcore.analysis.choice import decide as decided
    from simcore.terminal.decision_page import Page, decision_rows

    with run_of(options, _require) as whole:
        result = among(whole, options.scenario or (), options.decision or ())
        found = decided(
            result, metric=options.metric, rules=options.rule or (),
            weights=options.weights,
        )  # fmt: skip
        page = Page(found, result, ids=options.ids)
        show(options, page.text, decision_rows(found), {
            **{key: found.attrs[key] for key in
               ("metric", "valued_in", "until", "units", "price_year", "draws", "paired")},
            "picks": dict(zip(found["rule"].values.tolist(), found["pick"].values.tolist(),
                              strict=True)),
        })  # fmt: skip
        if options.plots is not None:
            from simcore.plots.decisions import draw_decisions

            name_pictures(options, draw_decisions(result, options.plots, options.metric))


def _require(plan: Plan, options: argparse.Namespace) -> None:
    """Refuse a config of which there is nothing to decide, before it is run."""
    if not plan.coords["decision"]:
        raise ConfigError(Fault(
            "decisions", "no decisions", "at least two",
            "write decisions: {now: [PROJECT], never: []}", file=options.file,
        ))  # fmt: skip
    if "decision_npv" not in plan.experiment.outcomes:
        raise ConfigError(Fault(
            "outcomes", "decisions without what they are worth", "decision_npv among the outcomes",
            "add it to outcomes and to keep", file=options.file,
        ))  # fmt: skip
