"""What a run tells of the far ends of its outcomes: tail means, and thresholds (MODEL 14)."""

from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from simcore.quantities.annotations import Plain
from simcore.quantities.records import Model, fault

FEWEST: Final = 30
"""Draws beyond a quantile from which on their mean is told."""


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _ascending(values: list[float]) -> list[float]:
    if len(set(values)) < len(values):
        raise fault(str(values), "each number once", "remove one")
    return sorted(values)


def _beside_half(value: float) -> float:
    if value == 0.5:
        raise fault("0.5", "a number below or above 0.5", "remove it: it is neither end")
    return value


Tail = Annotated[Plain, Field(gt=0, lt=1), AfterValidator(_beside_half)]
Tails = Annotated[
    list[Tail], Field(min_length=1, max_length=9), BeforeValidator(_listed),
    AfterValidator(_ascending),
]  # fmt: skip
Thresholds = Annotated[
    list[float], Field(min_length=1, max_length=100), BeforeValidator(_listed),
    AfterValidator(_ascending),
]  # fmt: skip


class Risk(Model):
    """The mean of the worst and of the best draws, and how often a threshold is exceeded."""

    tails: Tails = Field(default_factory=lambda: [0.05, 0.95])
    """Probabilities of the quantiles beyond which means are taken: of the draws below where it is
    under 0.5, of the draws above where it is over 0.5."""
    of: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list[str])
    """Outcomes whose tail means are computed."""
    exceed: dict[str, Thresholds] = Field(default_factory=dict)
    """By outcome the numbers of which it is told in which share of the draws it is greater, in its
    unit."""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not self.of and not self.exceed:
            raise fault("neither of nor exceed", "outcomes", "write of: [project_npv]")
        if not self.of and "tails" in self.model_fields_set:
            raise fault("tails of no outcome", "outcomes", "write of: [project_npv], or drop tails")
        return self

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        if not self.of:
            # Whoever reads it again would ask of what outcome they are.
            del found["tails"]
        return found


def is_upper(tail: float) -> bool:
    """Whether a tail is that of the draws above its quantile."""
    return tail > 0.5


def share_beyond(tail: float) -> float:
    """Share of the draws beyond the quantile of a tail."""
    return 1.0 - tail if is_upper(tail) else tail


def has_enough(tail: float, draws: int) -> bool:
    """Whether a run has the draws to tell a tail mean."""
    # A thousandth of a draw, as 1 - 0.95 is a little more than 0.05.
    return draws * share_beyond(tail) > FEWEST - 1e-3


def needed_draws(tail: float) -> int:
    """Draws that a tail mean needs."""
    draws = round(FEWEST / share_beyond(tail))
    return draws if has_enough(tail, draws) else draws + 1
