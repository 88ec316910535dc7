"""Rules that choose among decisions where scenarios have no probabilities (MODEL 20).

Each gives every decision a score, the best having the highest, from what decisions are worth by
scenario; and the slopes of each score, from which follows how surely it is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.notation import share
from simcore.dataset import RunError
from simcore.errors import Fault, suggest

Floats = NDArray[np.float64]

PLAIN: Final = ("expected", "maximin", "minimax_regret")
NAMES: Final = (*PLAIN, "hurwicz", "satisfice")
_WRITTEN: Final = re.compile(r"(\w+)(?:[=:](.+))?")


@dataclass(frozen=True)
class Rule:
    """A rule with its numbers.

    Attributes
    ----------
    name : str
        One of `NAMES`.
    weight : float
        Of `hurwicz`: of the best scenario.
    above, probability : float
        Of `satisfice`: what is to be exceeded, and how likely.
    """

    name: str
    weight: float = 0.5
    above: float = 0.0
    probability: float = 0.8

    @property
    def label(self) -> str:
        """The rule in a word, as the command line takes it."""
        if self.name == "hurwicz":
            return f"hurwicz={self.weight:g}"
        if self.name == "satisfice":
            return f"satisfice={self.above:g},{self.probability:g}"
        return self.name

    @property
    def title(self) -> str:
        """The rule in words."""
        if self.name == "hurwicz":
            return f"hurwicz {self.weight:g}"
        if self.name == "satisfice":
            return f"above {self.above:,.10g} in {share(self.probability)}"
        return self.name.replace("_", " ")


def rule_of(written: Any) -> Rule:
    """A rule as a config or a command line writes it: maximin, {hurwicz: 0.4}, hurwicz=0.4,
    satisfice=-500,0.8.

    Raises
    ------
    RunError
        It is none.
    """
    if isinstance(written, Mapping) and len(written) == 1:
        ((name, number),) = written.items()
    else:
        found = _WRITTEN.fullmatch(str(written).strip())
        name, number = (found[1], found[2]) if found else (str(written), None)
    try:
        return _with_numbers(str(name), number)
    except (TypeError, ValueError):
        raise _wrong(str(written), str(name)) from None


def _with_numbers(name: str, number: Any) -> Rule:
    if name in PLAIN and number is None:
        return Rule(name)
    if name == "hurwicz":
        weight = 0.5 if number is None else float(number)
        if 0.0 <= weight <= 1.0:
            return Rule(name, weight=weight)
    if name == "satisfice":
        if isinstance(number, str):
            number = dict(zip(("above", "probability"), number.split(","), strict=False))
        found = Rule(name, **{key: float(one) for key, one in (number or {}).items()})
        if 0.0 < found.probability <= 1.0:
            return found
    raise ValueError(name)


def _wrong(written: str, name: str) -> RunError:
    near = suggest(name, NAMES)
    numbers = {
        "hurwicz": "write hurwicz=0.4, the weight of the best scenario, 0 to 1",
        "satisfice": "write satisfice=0,0.8: the amount, and how likely it is exceeded",
    }
    return RunError(Fault(
        "--rule", repr(written), f"one of {', '.join(NAMES)}",
        numbers.get(near or name) or (f"did you mean {near}?" if near else "choose one of these"),
    ))  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """What a rule makes of decisions.

    Attributes
    ----------
    score : float64, shape (decisions,)
    slopes : float64, shape (decisions, scenarios, decisions)
        What each score gains with what a decision is worth in a scenario.
    deciding : int64, shape (decisions,)
        The scenario that decides a score; -1 where several do.
    """

    score: Floats
    slopes: Floats
    deciding: NDArray[np.int64]


def scores_of(rule: Rule, worth: Floats, weights: Floats) -> Scores:
    """Apply a rule.

    Parameters
    ----------
    rule : Rule
    worth : float64, shape (scenarios, decisions)
        The metric; of `satisfice` the share of the draws above its amount.
    weights : float64, shape (scenarios,)
        Of `expected`.
    """
    scenarios, decisions = worth.shape
    every = np.arange(decisions)
    slopes = np.zeros((decisions, scenarios, decisions))
    worst = worth.argmin(axis=0)
    deciding = worst.astype(np.int64)
    if rule.name == "expected":
        slopes[every, :, every] = weights
        deciding[:] = np.argmax(weights) if np.count_nonzero(weights) == 1 else -1
    elif rule.name == "minimax_regret":
        best = worth.argmax(axis=1)
        deciding = (worth.max(axis=1)[:, None] - worth).argmax(axis=0).astype(np.int64)
        slopes[every, deciding, every] += 1.0
        slopes[every, deciding, best[deciding]] -= 1.0
    elif rule.name == "hurwicz":
        best = worth.argmax(axis=0)
        slopes[every, best, every] += rule.weight
        slopes[every, worst, every] += 1.0 - rule.weight
        deciding[best != worst] = -1
    else:
        slopes[every, worst, every] = 1.0
    return Scores(np.einsum("dse,se->d", slopes, worth), slopes, deciding)
