"""What the records of the catalog share: names, years, and the canonical unit of a field."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from simcore.spec.records import Whole, fault, shown

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Year = Annotated[Whole, Field(ge=1990, le=2200)]
Dated = dict[Year, float]


class Canonical:
    """Annotation: the unit in which a field is used inside the model, and its limits there."""

    def __init__(
        self, unit: str, *, minimum: float | None = None, maximum: float | None = None
    ) -> None:
        self.unit = unit
        self.minimum = minimum
        self.maximum = maximum


def _policy_value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise fault(
            shown(value), "a number, or the name of a policy",
            "write a number for all years, or define a policy with dated values and name it",
        )  # fmt: skip
    return value


def _of_policy(value: Any) -> str:
    return "policy" if isinstance(value, str) else "number"


PolicyValue = Annotated[
    Annotated[
        Annotated[float, Tag("number")] | Annotated[Name, Tag("policy")], Discriminator(_of_policy)
    ],
    BeforeValidator(_policy_value),
]
"""A number that holds in all years, or the name of a policy."""
