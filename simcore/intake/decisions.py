"""Decisions that are set beside each other, and how one of them is chosen (MODEL 20)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from simcore.numerics.elementary import total
from simcore.quantities.annotations import Name, Plain, Year, listed
from simcore.quantities.records import Model, fault, shown
from simcore.statistics import probability_named
from simcore.variables import QUANTILES

MOST: Final = 100
"""Decisions of a run: the best one is kept as a small number."""
METRIC: Final = "decision_npv"
"""The outcome that a choice is made by."""
_LEVELS: Final = ", ".join(f"p{100 * one:g}" for one in QUANTILES)


class Decision(Model):
    """Projects that are done together; none of them: nothing is done."""

    title: str = ""
    projects: list[Name] = Field(default_factory=list[Name])
    """Of `projects`, each with its own start."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, content: Any) -> Any:
        """Also the list alone: now: [duisburg]."""
        return content if isinstance(content, Mapping) else {"projects": _names(content)}


def _names(content: Any) -> Any:
    if content is None:
        return []
    if isinstance(content, str):
        return [part.strip() for part in content.split(",") if part.strip()]
    return content


def _millions(value: Any) -> Any:
    if isinstance(value, str | Mapping):
        raise fault(
            shown(value), "a number: millions of the money of the run, without a unit",
            "write above: 100 for a hundred million",
        )  # fmt: skip
    return value


class Satisfice(Model):
    """Enough, with a probability, in each scenario."""

    above: Annotated[float, BeforeValidator(_millions)] = 0.0
    """Net present value that is to be exceeded, 1e6 of the currency of the run."""
    probability: Annotated[Plain, Field(gt=0, le=1)] = 0.8
    """Share of the draws in which it is to be."""


class Weighed(Model):
    """A rule that has a number of its own."""

    hurwicz: Annotated[Plain, Field(ge=0, le=1)] | None = None
    """Weight of the best scenario; the rest is that of the worst."""
    satisfice: Satisfice | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.hurwicz is None) == (self.satisfice is None):
            raise fault(
                "no rule, or two in one", "one rule in each entry of the list",
                "write {hurwicz: 0.4}, or {satisfice: {above: 0, probability: 0.8}}",
            )  # fmt: skip
        return self


Plainly = Literal["expected", "maximin", "minimax_regret"]
_ALONE: Final = ("expected", "maximin", "minimax_regret")
_NUMBERED: Final = {"hurwicz": {"hurwicz": 0.5}, "satisfice": {"satisfice": {}}}
"""Rules with a number of their own, as they are without it."""


def _kind_of_rule(value: Any) -> str:
    """Whether an entry is meant as a rule that is named alone."""
    if isinstance(value, Weighed) or (isinstance(value, Mapping) and set(value) & set(_NUMBERED)):
        return "weighed"
    return "plain"


def _one_of_them(value: Any) -> Any:
    if not (isinstance(value, str) and value in _ALONE):
        raise fault(
            shown(value), f"one of {', '.join((*_ALONE, *_NUMBERED))}",
            "write its name, or {hurwicz: 0.4}, or {satisfice: {above: 0, probability: 0.8}}",
        )  # fmt: skip
    return value


Rule = Annotated[
    Annotated[Annotated[Plainly, BeforeValidator(_one_of_them)], Tag("plain")]
    | Annotated[Weighed, Tag("weighed")],
    Discriminator(_kind_of_rule),
]


def _bare(value: Any) -> Any:
    """The rules that have a number of their own, named without it."""
    return [_NUMBERED.get(one, one) if isinstance(one, str) else one for one in listed(value)]


def rule_name(rule: Rule) -> str:
    """What a rule is called."""
    if isinstance(rule, str):
        return rule
    return "satisfice" if rule.hurwicz is None else "hurwicz"


def _each_once(rules: list[Rule]) -> list[Rule]:
    twice = [one for place, one in enumerate(rules) if one in rules[:place]]
    if twice:
        raise fault(f"{rule_name(twice[0])} twice", "each rule once", "remove one")
    return rules


def _metric(value: str) -> str:
    head, dot, last = value.partition(".")
    try:
        probability_named(last if dot and head == METRIC else value)
    except ValueError:
        raise fault(
            repr(value), f"{METRIC}.mean, or a quantile: {_LEVELS}", f"write {METRIC}.p5"
        ) from None
    return value if dot and head == METRIC else f"{METRIC}.{value}"


def _sums_to_one(weights: dict[str, float]) -> dict[str, float]:
    whole = float(total([*weights.values()]))
    if weights and abs(whole - 1.0) > 1e-9:
        raise fault(
            f"weights that sum to {whole:g}", "weights of scenarios that sum to 1",
            "correct the weights",
        )  # fmt: skip
    return weights


class RobustChoice(Model):
    """How decisions are valued beside each other, and by which rules one is chosen."""

    valued_in: Year | None = None
    """Year to which the values of all decisions are discounted; without it the first of the run."""
    until: Year | None = None
    """Last year that counts, of all decisions; without it the last of the run."""
    over: Literal["scenario"] = "scenario"
    """What has no probabilities of its own."""
    metric: Annotated[str, AfterValidator(_metric)] = f"{METRIC}.mean"
    """What a decision is worth in a scenario: decision_npv.mean, or a quantile such as
    decision_npv.p5."""
    weights: Annotated[
        dict[Name, Annotated[Plain, Field(ge=0, le=1)]], AfterValidator(_sums_to_one)
    ] = Field(default_factory=dict[str, float])
    """Of scenarios, for the rule `expected`; those not named have none."""
    rules: Annotated[
        list[Rule], Field(min_length=1), BeforeValidator(_bare), AfterValidator(_each_once)
    ] = Field(default_factory=lambda: list[Rule](["maximin", "minimax_regret"]))
    """expected: highest weighted mean of the scenarios; maximin: best in its worst scenario;
    minimax_regret: least regret where it regrets most; {hurwicz: 0.4}: 0.4 times its best scenario
    and 0.6 times its worst; {satisfice: {above: 0, probability: 0.8}}: most likely to be above an
    amount in the scenario where that is least likely."""


def window_of(choice: RobustChoice | None, first: int, last: int) -> tuple[int, int]:
    """Year to which decisions are valued and the last one that counts, in a run of some years."""
    valued_in, until = (None, None) if choice is None else (choice.valued_in, choice.until)
    return first if valued_in is None else valued_in, last if until is None else until
