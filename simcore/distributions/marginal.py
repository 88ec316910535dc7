"""One compiled marginal, and its product with a fixed number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels import marginal_form
from simcore.numerics.elementary import exp


class DistributionError(ValueError):
    """No distribution has these parameters, quantiles or values."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """Quantile function of one uncertain number, ready for `kernels.marginals.fill_marginal`.

    Attributes
    ----------
    kind : int
        Code of `kernels.marginal_form`.
    params : ndarray, shape (8,)
        Parameters, float64. Parameter `kernels.marginal_form.POOL_OFFSET` (7) is 0 here;
        whoever joins pools adds the place where this pool begins.
    pool : ndarray, shape (n,)
        Numbers beside the parameters; empty for closed forms.
    central : float
        Central value: the median; of listed values (discrete, bernoulli) the most probable one,
        the first of several.
    low, high : float
        Ends of the support, may be infinite.
    mean : float
        Mean.
    """

    kind: int
    params: NDArray[np.float64]
    pool: NDArray[np.float64]
    central: float
    low: float
    high: float
    mean: float


def scaled(marginal: Marginal, factor: float) -> Marginal:
    """Multiply a random number by a fixed one, as a conversion of units does.

    DistributionError: the factor is not finite and positive.
    """
    if not (np.isfinite(factor) and factor > 0):
        raise DistributionError(f"factor {factor} of a conversion must be finite and positive")
    if factor == 1:
        return marginal
    power = _POWERS[marginal.kind]
    params = marginal.params.copy()
    params[: len(power)] *= [(1.0, factor, factor * factor)[one] for one in power]
    pool = marginal.pool.copy()
    pool[_values_start(marginal) :] *= factor
    return replace(
        marginal,
        params=params,
        pool=pool,
        central=marginal.central * factor,
        low=marginal.low * factor,
        high=marginal.high * factor,
        mean=marginal.mean * factor,
    )


def tails(marginal: Marginal, p: float = 0.001) -> tuple[float, float]:
    """The quantiles `p` and 1 - p, 0.001 or `SMALLEST`, nearly, without any kernel.

    No draw lies beyond those of `SMALLEST`. What has a closed form and ends gives its ends.
    """
    kind, params, pool, far = marginal.kind, marginal.params, marginal.pool, _FAR[p]
    with np.errstate(over="ignore"):
        if kind == marginal_form.NORMAL:
            return float(params[0] - far * params[1]), float(params[0] + far * params[1])
        if kind == marginal_form.LOGNORMAL:
            low, high = params[2] * exp(params[0] + np.array([-far, far]) * params[1])
            return float(low), float(high)
        if kind == marginal_form.SPLIT_LOGNORMAL:
            low, high = params[0] * exp(np.array([-far, far]) * params[1:3])
            return float(low), float(high)
    if kind != marginal_form.TABLE:
        return marginal.low, marginal.high
    pieces, edges = int(params[0]), marginal_form.edges()
    breaks = pool[: pieces + 1]

    def value(u: float) -> float:
        piece = min(max(int(np.searchsorted(breaks, u, side="right")) - 1, 0), pieces - 1)
        within = (u - breaks[piece]) / (breaks[piece + 1] - breaks[piece])
        start = pieces + 1 + (2 * piece + (within > 0.5)) * marginal_form.TABLE_LENGTH
        segment = min(int(np.searchsorted(edges, min(within, 1 - within))), len(edges) - 1)
        return float(pool[start + segment * marginal_form.COEFFICIENTS])

    return value(p), value(1 - p)


SMALLEST: Final = marginal_form.SMALLEST
"""The smallest probability that is drawn."""
_FAR: Final = {0.001: 3.090232306167813, SMALLEST: 8.2095361516}
"""Quantiles of a standard normal number above its mean."""
# The power of the factor by which each parameter of a kind is multiplied.
_POWERS: Final[dict[int, tuple[int, ...]]] = {
    marginal_form.CONSTANT: (1,),
    marginal_form.UNIFORM: (1, 1),
    marginal_form.TRIANGULAR: (1, 1, 0, 2, 2),
    marginal_form.NORMAL: (1, 1),
    marginal_form.LOGNORMAL: (0, 0, 1),
    marginal_form.SPLIT_LOGNORMAL: (1, 0, 0),
    marginal_form.DISCRETE: (0,),
    marginal_form.EMPIRICAL: (0,),
    marginal_form.TABLE: (0,),
}


def _values_start(marginal: Marginal) -> int:
    """Where the probabilities of a pool end and its values begin."""
    if marginal.kind == marginal_form.DISCRETE:
        return int(marginal.params[0]) - 1
    if marginal.kind == marginal_form.TABLE:
        return int(marginal.params[0]) + 1
    return 0
