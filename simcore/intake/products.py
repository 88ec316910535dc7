"""A product: what is made of what the run makes, such as a car, and what it costs (MODEL 13)."""

from typing import Annotated

from pydantic import Field

from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import Canonical, Name
from simcore.quantities.records import Described
from simcore.units.canonical import EURO, ONE, TONNE

Used = Annotated[Quantity, Canonical(TONNE, minimum=0.0, usual=ranges.USED)]
Passed = Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=2.0, usual=ranges.SHARE)]


class Product(Described):
    """Something that is made of what a sector makes."""

    title: str = ""
    per: str = ""
    """What one of it is, such as `m2` or `MW`; without it the name of the entry."""
    uses: dict[Name, Used] = Field(min_length=1)
    """By sector: how many tonnes of what it makes are bought for one."""
    price: Annotated[Quantity, Canonical(EURO, minimum=1e-6, usual=ranges.PRODUCT_PRICE)]
    """Of one, with conventional materials."""
    pass_through: Passed = certain(1.0)
    """Part of what the materials cost more that its buyer pays."""
