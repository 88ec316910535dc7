"""Where each outcome stands and which node computes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from simcore.intake.usage import references, sector_of
from simcore.model.scene import Scene
from simcore.variables import Outcome, labelled


def cells_of(
    one: Outcome, scene: Scene, coords: dict[str, tuple[Any, ...]]
) -> Iterator[tuple[tuple[int, ...], int, int, int]]:
    """Index (after the scenario), node, first and last year of each cell of one scenario."""
    dims = labelled(one.dims)
    reference = references(scene.experiment)
    sectors = {name: sector_of(scene.experiment, name) for name in coords["route"]}
    relative = one.relative
    for index in product(*(range(len(coords[dim])) for dim in dims)):
        place = {dim: coords[dim][at] for dim, at in zip(dims, index, strict=True)}
        if relative and _is_reference(place, reference, sectors):
            continue
        node = one.node(scene, *place.values())
        if node is not None:
            since, end = one.since, scene.experiment.years.last
            last = end if since.last is None else since.last(scene, place)
            yield index, node, since.first(scene, place), min(last, end)


def _is_reference(
    place: dict[str, Any], reference: dict[tuple[str, str], str], sectors: dict[str, str]
) -> bool:
    """Whether a place is of the reference of its region and sector."""
    route = place["route"]
    return bool(route == reference[place["region"], sectors[route]])
