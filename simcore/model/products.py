"""What a product costs more when its material is low-carbon, as nodes (MODEL 13)."""

from __future__ import annotations

from typing import Any, Final

from simcore.intake.stated import unit_of_field
from simcore.intake.usage import sector_of
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
def _passed_on(scene: Scene, product: str, sector: str) -> int:
    """Node of the tonnes of what a sector makes in a product whose extra cost its buyer pays."""
    record = scene.experiment.catalog.products[product]
    used = quantity(
        scene, f"{product}.uses.{sector}", record.uses[sector], unit_of_field(type(record), "uses")
    )
    return scene.graph.product(read(scene, record, "pass_through", product), used)


def _uses(scene: Scene, product: str, route: str) -> str | None:
    """The sector of a route, where a product uses what it makes."""
    sector = sector_of(scene.experiment, route)
    return sector if sector in scene.experiment.catalog.products[product].uses else None


def _share(scene: Scene, product: str, effect: int) -> int:
    record = scene.experiment.catalog.products[product]
    return scene.graph.quotient(effect, read(scene, record, "price", product))


@outcome(
    over=BOUGHT, title="Price effect", since=COMPARED, comes_with="products",
    asked_as=("cost_per_car", "price_per_unit"), **_EFFECT,
)  # fmt: skip
@remembered
def price_effect(
    scene: Scene, product: str, region: str, destination: str, route: str
) -> int | None:
    """cost_premium * tonnes that a product uses * pass_through: what it costs more if its material
    is made by the route in place of the reference of the region.

    None of what the product does not use.
    """
    sector = _uses(scene, product, route)
    if sector is None:
        return None
    premium = cost_premium(scene, region, destination, route)
    return scene.graph.product(_passed_on(scene, product, sector), premium)


@outcome(over=BOUGHT, title="Price uplift", since=COMPARED, comes_with="products", **_UPLIFT)
def price_uplift(
    scene: Scene, product: str, region: str, destination: str, route: str
) -> int | None:
    """price_effect / price of the product.

    None of what the product does not use.
    """
    effect = price_effect(scene, product, region, destination, route)
    return None if effect is None else _share(scene, product, effect)


@outcome(over=DELIVERED, title="Price effect for the buyer", since=BESIDE, **_EFFECT)
@remembered
def buyer_price_effect(
    scene: Scene, product: str, against: str, region: str, route: str
) -> int | None:
    """buyer_premium * tonnes that a product uses * pass_through: what it costs more if its maker
    takes the delivered tonne in place of what he compares with.

    None of that itself, and of what the product does not use.
    """
    premium = buyer_premium(scene, against, region, route)
    sector = _uses(scene, product, route)
    if premium is None or sector is None:
        return None
    return scene.graph.product(_passed_on(scene, product, sector), premium)


@outcome(over=DELIVERED, title="Price uplift for the buyer", since=BESIDE, **_UPLIFT)
def buyer_price_uplift(
    scene: Scene, product: str, against: str, region: str, route: str
) -> int | None:
    """buyer_price_effect / price of the product.

    None of what he compares with.
    """
    effect = buyer_price_effect(scene, product, against, region, route)
    return None if effect is None else _share(scene, product, effect)
