"""What the records of the catalog share: names, years, and the canonical unit of a field."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StringConstraints, Tag

from simcore.quantities.ranges import SHARE, Range, Ranges
from simcore.quantities.records import Whole, fault, shown
from simcore.units import Unit, UnitError, conversion, parse_quantity
from simcore.units.canonical import ONE

_PERCENT: Final = re.compile(r"\s*([-+]?[0-9]{1,20}(?:\.[0-9]{0,20})?)\s*%\s*")


def percent(value: Any) -> Any:
    """0.08 for the text `8 %`; anything else as it is."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else float(Fraction(found[1]) / 100)


def listed(value: Any) -> Any:
    """A list of one for a single value; nothing stays nothing."""
    return value if isinstance(value, list) or value is None else [value]


def once(values: list[Any]) -> list[Any]:
    """Values each of which stands once; others are a fault."""
    if len(set(values)) < len(values):
        raise fault(str(values), "each once", "remove one")
    return values


class AlsoText:
    """Lets the JSON schema of a number accept a text such as `8 %`."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        return {"anyOf": [handler(core_schema), {"type": "string"}]}


def in_unit(unit: Unit) -> BeforeValidator:
    """Annotation: a plain number that may also be written with its unit, such as `2000 kt/yr`."""

    def number(value: Any) -> Any:
        if not isinstance(value, str) or value.strip().replace(".", "").isdecimal():
            return value  # a number in quotes is refused as such
        try:
            amount, own = parse_quantity(value)
            return amount * conversion(own, str(unit), exchange={})
        except UnitError as error:
            raise fault(shown(value), f"a number, or one with a unit such as {unit}", error.remedy
                        ) from None  # fmt: skip

    return BeforeValidator(number)


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
YEARS: Final = (1990, 2200)
"""First and last year that a config may name."""
Year = Annotated[Whole, Field(ge=YEARS[0], le=YEARS[1])]
Dated = dict[Year, float]


COMMODITY: Final = "commodity"
"""In place of a unit: it follows from what the commodity is priced by."""
PER_COMMODITY: Final = "t/commodity"
"""The same of emissions: t CO2e per unit of the commodity."""


class Canonical:
    """Annotation: the unit in which a field is used inside the model, and its limits there.

    Beyond `minimum` and `maximum` is nothing that can be; `central` is the highest central value
    that is not per cent written as a plain number. Outside of `usual` a number is asked about: one
    range, or one for each measure of a commodity. `also` is a second unit, of another dimension,
    that says the same in another way, with its own range. Of several annotations the last counts.
    """

    def __init__(
        self,
        unit: Unit | str,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        central: float | None = None,
        usual: Range | Ranges | None = None,
        also: Unit | None = None,
        usual_also: Range | None = None,
    ) -> None:
        self.unit = str(unit)
        self.central = central
        self.also = None if also is None else str(also)
        self.minimum = minimum
        self.maximum = maximum
        self.usual = usual
        self.usual_also = usual_also

    def seen_in(self, unit: str) -> Canonical:
        """The annotation of a quantity that is used in one of the two units."""
        second = unit == self.also
        return Canonical(
            unit, minimum=self.minimum, maximum=self.maximum, central=self.central,
            usual=self.usual_also if second else self.usual,
            usual_also=None if second else self.usual_also,
        )  # fmt: skip


TEXT, OTHER = Tag("text"), Tag("other")
TEXT_OR_OTHER = Discriminator(lambda value: "text" if isinstance(value, str) else "other")
"""A union of which one member is written as a text."""
Plain = Annotated[float, BeforeValidator(percent), AlsoText(), Canonical(ONE)]
"""A plain number, such as a share or a rate per year; also written in %."""

_NAME: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)


def _policy_value(value: Any) -> Any:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        # 51.5 %, or a benchmark such as 1.37 t/t.
        try:
            number, unit = parse_quantity(value)
            return number * conversion(unit, ONE, exchange={})
        except UnitError as error:
            raise fault(
                shown(value), "a number such as 0.5 or 50 %, or the name of a policy", error.remedy
            ) from None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise fault(
            shown(value), "a number, or the name of a policy",
            "write a number for all years, or define a policy with dated values and name it",
        )  # fmt: skip
    return value


PolicyValue = Annotated[
    Annotated[Annotated[float, OTHER] | Annotated[Name, TEXT], TEXT_OR_OTHER],
    BeforeValidator(_policy_value),
    Canonical(ONE),
]
"""A number that holds in all years, or the name of a policy."""


def _share(value: float | str) -> float | str:
    if not isinstance(value, str) and not 0.0 <= value <= 1.0:
        raise fault(
            f"{value:g}", "a share from 0 to 1, or the name of a policy",
            f"write {value:g} % if per cent is meant" if value > 1 else "correct the sign",
        )  # fmt: skip
    return value


PolicyShare = Annotated[
    PolicyValue, AfterValidator(_share), Canonical(ONE, minimum=0.0, maximum=1.0, usual=SHARE)
]
"""A share that holds in all years, or the name of a policy."""
