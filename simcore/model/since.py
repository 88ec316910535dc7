"""From which year on an outcome has a value: of a route, beside the reference, over a life."""

from __future__ import annotations

from typing import Final

from simcore.intake.usage import reference_of, there_from
from simcore.model.scene import Scene, remembered
from simcore.variables import Since


@remembered
def first_year(scene: Scene, route: str) -> int:
    """First year of the run in which a route is available."""
    return max(there_from(scene.experiment, route), scene.experiment.years.first)


@remembered
def first_compared(scene: Scene, region: str, route: str) -> int:
    """First year of the run in which a route and the region's reference are available."""
    reference = reference_of(scene.experiment, region, route)
    return max(first_year(scene, route), first_year(scene, reference))


@remembered
def first_of_life(scene: Scene, region: str, route: str) -> int:
    """First year of the run, or none of them if the plant starts before its route exists."""
    first, last = scene.experiment.years.first, scene.experiment.years.last
    start = scene.experiment.plant.start
    return first if start >= first_compared(scene, region, route) else last + 1


AVAILABLE: Final = Since(lambda scene, place: first_year(scene, place["route"]))
"""While the route is available."""
COMPARED: Final = Since(
    lambda scene, place: first_compared(scene, place["region"], place["route"]), relative=True
)
"""While the route and the reference of the region are, but not of the reference itself."""
LIFE: Final = Since(
    lambda scene, place: first_of_life(scene, place["region"], place["route"]),
    relative=True, life=True,
)  # fmt: skip
"""For a plant that starts when both are there; one value for its life."""
