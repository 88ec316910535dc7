"""A random walk of the log price about its anchor path."""

from functools import partial
from typing import Any, Final, Literal

from simcore.processes import shocks
from simcore.processes.declaration import Fitting
from simcore.processes.estimates import Fit
from simcore.processes.shocks import SIGMA, Volatile


class RandomWalk(Volatile):
    """A random walk of the log price about its anchor path."""

    kind: Literal["random_walk"] = "random_walk"


def _written(fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    return {"kind": "random_walk", "sigma": quantity("sigma")}


RANDOM_WALK: Final = shocks.volatile_kind(
    RandomWalk,
    fits={"random_walk": Fitting(partial(shocks.wandering, "random_walk"), _written)},
    lacking={"sigma": SIGMA},
    on_top=True,
)
