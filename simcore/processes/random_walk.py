"""A random walk of the log price about its anchor path."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from simcore.processes import shocks
from simcore.processes.declaration import Fitting, Floats, Kind, Maker, Motion, Points
from simcore.processes.estimates import Changes, Fit
from simcore.processes.shocks import SIGMA, Volatile


class RandomWalk(Volatile):
    """A random walk of the log price about its anchor path."""

    kind: Literal["random_walk"] = "random_walk"


def motion(make: Maker, process: Volatile, centred: bool) -> Motion:
    sigma = make.quantity("sigma", process.sigma)
    return shocks.moved(make, process, centred, sigma=sigma, kappa=make.constant(0.0))


def variance(make: Maker, process: Volatile, ages: NDArray[np.int64]) -> Floats:
    sigma = make.central(process.sigma)
    # A power of Python numbers would raise where a product is infinite.
    return shocks.variance(make, process, sigma * sigma, 0.0, ages)


def ahead(process: Volatile, points: Points, years: int, centred: bool) -> tuple[Floats, Floats]:
    spread = points.value("sigma", process.sigma) ** 2 * years
    return shocks.ahead(process, points, years, centred, spread)


def _fit(history: Changes) -> Fit:
    return shocks.wandering("random_walk", history)


def _written(fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    return {"kind": "random_walk", "sigma": quantity("sigma")}


RANDOM_WALK: Final = Kind(
    RandomWalk,
    motion=motion,
    variance=variance,
    ahead=ahead,
    fits={"random_walk": Fitting(_fit, _written)},
    lacking={"sigma": SIGMA},
    shocked=True,
    on_top=True,
)
