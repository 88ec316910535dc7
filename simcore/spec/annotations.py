"""What the records of the catalog share: names, years, and the canonical unit of a field."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from simcore.spec.records import Whole

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
