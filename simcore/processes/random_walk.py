"""A random walk of the log price about its anchor path."""

from __future__ import annotations

from typing import Any, Final, Literal

from simcore.processes import shocks
from simcore.processes.declaration import Fitting, Kind
from simcore.processes.estimates import Changes, Fit
from simcore.processes.shocks import SIGMA, Volatile


class RandomWalk(Volatile):
    """A random walk of the log price about its anchor path."""

    kind: Literal["random_walk"] = "random_walk"


def _fit(history: Changes) -> Fit:
    return shocks.wandering("random_walk", history)


def _written(fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    return {"kind": "random_walk", "sigma": quantity("sigma")}


RANDOM_WALK: Final = Kind(
    RandomWalk,
    motion=shocks.volatile_motion,
    variance=shocks.volatile_variance,
    ahead=shocks.volatile_ahead,
    fits={"random_walk": Fitting(_fit, _written)},
    lacking={"sigma": SIGMA},
    shocked=True,
    on_top=True,
)
