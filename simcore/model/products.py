"""What a product costs more when its material is low-carbon, as nodes (MODEL 13)."""

from __future__ import annotations

from typing import Any, Final

from simcore.intake.stated import unit_of_field
from simcore.model.buyer import BESIDE, buyer_premium
from simcore.model.premium import cost_premium
from simcore.model.scene import Scene, quantity, read, remembered
from simcore.model.since import COMPARED
from simcore.variables import CELL, outcome

BOUGHT: Final = ("scenario", "product", *CELL[1:])
DELIVERED: Final = ("scenario", "product", "against", "region", "route", "year")
_EFFECT: Final[dict[str, Any]] = {
    "unit": "{money}", "unit_here": "{money} per {product_unit}", "usual": False,
}  # fmt: skip
_UPLIFT: Final[dict[str, Any]] = {"unit": "1", "usual": False}


@remembered
def _passed_on(scene: Scene, product: str) -> int:
    """Node of the tonnes of a product whose extra cost its buyer pays."""
    record, sector = scene.experiment.catalog.products[product], scene.experiment.sector
    used = quantity(
        scene, f"{product}.uses.{sector}", record.uses[sector], unit_of_field(type(record), "uses")
    )
    return scene.graph.product(read(scene, record, "pass_through", product), used)


def _share(scene: Scene, product: str, effect: int) -> int:
    record = scene.experiment.catalog.products[product]
    return scene.graph.quotient(effect, read(scene, record, "price", product))


@outcome(
    over=BOUGHT, title="Price effect", since=COMPARED, comes_with="products",
    asked_as=("cost_per_car", "price_per_unit"), **_EFFECT,
)  # fmt: skip
@remembered
def price_effect(scene: Scene, product: str, region: str, destination: str, route: str) -> int:
    """cost_premium * tonnes that a product uses * pass_through: what it costs more if its material
    is made by the route in place of the reference of the region."""
    premium = cost_premium(scene, region, destination, route)
    return scene.graph.product(_passed_on(scene, product), premium)


@outcome(over=BOUGHT, title="Price uplift", since=COMPARED, comes_with="products", **_UPLIFT)
def price_uplift(scene: Scene, product: str, region: str, destination: str, route: str) -> int:
    """price_effect / price of the product."""
    return _share(scene, product, price_effect(scene, product, region, destination, route))


@outcome(over=DELIVERED, title="Price effect for the buyer", since=BESIDE, **_EFFECT)
@remembered
def buyer_price_effect(
    scene: Scene, product: str, against: str, region: str, route: str
) -> int | None:
    """buyer_premium * tonnes that a product uses * pass_through: what it costs more if its maker
    takes the delivered tonne in place of what he compares with.

    None of that itself.
    """
    premium = buyer_premium(scene, against, region, route)
    return None if premium is None else scene.graph.product(_passed_on(scene, product), premium)


@outcome(over=DELIVERED, title="Price uplift for the buyer", since=BESIDE, **_UPLIFT)
def buyer_price_uplift(
    scene: Scene, product: str, against: str, region: str, route: str
) -> int | None:
    """buyer_price_effect / price of the product.

    None of what he compares with.
    """
    effect = buyer_price_effect(scene, product, against, region, route)
    return None if effect is None else _share(scene, product, effect)
