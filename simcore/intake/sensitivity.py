"""What a config asks of `simcore sensitivity`: outcomes, places, groups of inputs, indices."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from simcore.quantities.annotations import Name, Year, listed, once
from simcore.quantities.records import Model, Whole, fault

REST: Final = "rest"
"""Group of all that no other pattern names."""
MOST_GROUPS: Final = 8
"""Groups of which Shapley effects are computed: subsets double with each."""
FEWEST_DRAWS: Final = 256
Scale = Literal["value", "rank", "covers"]
Order = Literal["first_total", "second", "shapley"]


def _one_rest(groups: Any) -> Any:
    rest = (
        [name for name, one in groups.items() if one == [REST]] if isinstance(groups, dict) else []
    )
    if len(rest) > 1:
        raise fault(f"rest for {' and '.join(rest)}", "one group of what is left", "name patterns")
    return groups


def _written(value: Any) -> Any:
    """`default`, `single`, or patterns by group: one, a list, or `rest`."""
    if isinstance(value, dict):
        return {name: listed(one) for name, one in value.items()}
    if value not in ("default", "single"):
        raise fault(
            repr(value), "default, single, or patterns by group",
            'write {policy: ["*.variant", "*.delay"], others: rest}',
        )  # fmt: skip
    return value


Patterns = Annotated[list[str], Field(min_length=1)]
Groups = Annotated[
    Literal["default", "single"] | Annotated[dict[Name, Patterns], Field(min_length=1)],
    BeforeValidator(_written), AfterValidator(_one_rest),
]  # fmt: skip


class Sensitivity(Model):
    """Which inputs make outcomes uncertain, one by one or by groups."""

    of: Annotated[list[str], Field(min_length=1), BeforeValidator(listed), AfterValidator(once)] = (
        Field(default_factory=lambda: ["cost_premium"])
    )
    """Outcomes of the run."""
    at: dict[str, Annotated[list[str | Year], Field(min_length=1), BeforeValidator(listed)]] = (
        Field(default_factory=dict)
    )
    """Labels by dimension, such as {region: [EU], year: [2030, 2035]}; without them all."""
    groups: Groups = "default"
    """`default`: by part of the catalog, as in `factor_group`. `single`: each path or input by
    itself. Or patterns of inputs and shocks by group; `rest` is what no other pattern names, and
    `group:policy` what belongs to a default group."""
    order: Order = "shapley"
    """`first_total`; `second`: interactions of two as well; `shapley`: shares that sum to one, also
    of inputs that are correlated."""
    scale: Annotated[
        list[Scale], Field(min_length=1), BeforeValidator(listed), AfterValidator(once)
    ] = Field(default_factory=lambda: list[Scale](["rank", "value"]))
    """What of an outcome varies: its rank among the draws, its value, or whether it is above 0
    (`covers`)."""
    draws: Annotated[Whole, Field(ge=FEWEST_DRAWS)] | None = None
    """Without it those of the run."""
