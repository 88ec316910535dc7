"""What a process may ask of the model while the nodes of a price path are built (MODEL 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from simcore.intake.compilation import compiled
from simcore.intake.paths import Spot
from simcore.kernels.streams import SHOCK
from simcore.model.scene import Scene, multiplier, normal_inputs, quantity
from simcore.quantities import FactorReference


class PathMaker(NamedTuple):
    """The maker of one path, as `processes.declaration.Maker` describes it.

    Attributes
    ----------
    scene : Scene
    shared : str
        Name of the price, whose shocks are those of all its views.
    own : str
        Name of the path, with that of its view if it has one.
    spot : Spot
        The known price that it leaves.
    """

    scene: Scene
    shared: str
    own: str
    spot: Spot

    @property
    def first(self) -> int:
        return self.spot.year + 1

    @property
    def wait(self) -> float | None:
        return None if self.spot.moment is None else self.first - self.spot.moment

    @property
    def folder(self) -> Path:
        return self.scene.folder

    def quantity(self, name: str, value: Any) -> int:
        return quantity(self.scene, f"{self.own}.{name}", value, "1")

    def central(self, value: Any) -> float:
        if isinstance(value, FactorReference):
            value = self.scene.experiment.factors[value.name]
        scale = multiplier(value, "1", self.scene.experiment.money)
        return float(compiled(value, self.folder).central) * scale

    def constant(self, value: float) -> int:
        return self.scene.graph.constant(value)

    def node(self, operation: str, *, role: str = "", **stated: Any) -> int:
        stream = self.scene.stream(self.own, role) if role else None
        yearly = operation == "NORMAL"
        return self.scene.graph.node(operation, stream=stream, yearly=yearly, **stated)

    def shocks(self, steps: int) -> tuple[int, ...]:
        scene = self.scene
        found: list[int] = []
        scene.shocked.add(self.shared)
        for step in range(steps):
            stated: dict[str, Any] = {"yearly": True, "steps": steps, "step": step}
            found += normal_inputs(scene, self.shared, scene.shocks, role=SHOCK, **stated) or (
                scene.graph.node("NORMAL", stream=scene.stream(self.shared, SHOCK), **stated),
            )
        return tuple(found)
