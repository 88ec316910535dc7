"""What the records of the catalog share: names, years, and the canonical unit of a field."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints

from simcore.spec.records import Whole

_PERCENT: Final = re.compile(r"\s*([-+]?[0-9]{1,20}(?:\.[0-9]{0,20})?)\s*%\s*")


def percent(value: Any) -> Any:
    """0.08 for the text `8 %`; anything else as it is."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else float(Fraction(found[1]) / 100)


class AlsoText:
    """Lets the JSON schema of a number accept a text such as `8 %`."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        return {"anyOf": [handler(core_schema), {"type": "string"}]}


Plain = Annotated[float, BeforeValidator(percent), AlsoText()]
"""A plain number, such as a share or a rate per year; also written in %."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Year = Annotated[Whole, Field(ge=1990, le=2200)]
Dated = dict[Year, float]


class Canonical:
    """Annotation: the unit in which a field is used inside the model, and its limits there.

    `also` is a second unit, of another dimension, that says the same in another way.
    """

    def __init__(
        self,
        unit: str,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        also: str | None = None,
    ) -> None:
        self.unit = unit
        self.also = also
        self.minimum = minimum
        self.maximum = maximum
