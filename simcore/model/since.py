"""From which year on an outcome has a value: of a route, beside the reference, over a life."""

from __future__ import annotations

from typing import Final

from simcore.intake.hosts import route_of
from simcore.intake.usage import references
from simcore.model.setting import Setting, remembered
from simcore.variables import Since


@remembered
def first_year(setting: Setting, route: str) -> int:
    """First year of the run in which a route is available."""
    available = route_of(setting.experiment.catalog, route).available_from
    return max(available or 0, setting.experiment.years.first)


@remembered
def first_compared(setting: Setting, region: str, route: str) -> int:
    """First year of the run in which a route and the region's reference are available."""
    reference = references(setting.experiment)[region]
    return max(first_year(setting, route), first_year(setting, reference))


@remembered
def first_of_life(setting: Setting, region: str, route: str) -> int:
    """First year of the run, or none of them if the plant starts before its route exists."""
    first, last = setting.experiment.years.first, setting.experiment.years.last
    start = setting.experiment.plant.start
    return first if start >= first_compared(setting, region, route) else last + 1


AVAILABLE: Final = Since(lambda setting, place: first_year(setting, place["route"]))
"""While the route is available."""
COMPARED: Final = Since(
    lambda setting, place: first_compared(setting, place["region"], place["route"]), relative=True
)
"""While the route and the reference of the region are, but not of the reference itself."""
LIFE: Final = Since(
    lambda setting, place: first_of_life(setting, place["region"], place["route"]),
    relative=True, life=True,
)  # fmt: skip
"""For a plant that starts when both are there; one value for its life."""
