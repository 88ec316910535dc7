"""What a market says about the price some years ahead, seen from the last known price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore import distributions
from simcore.calibration.scores import mean_distance
from simcore.kernels import marginals
from simcore.kernels.prices import ramped, step_spread
from simcore.model.prices import anchor_lines
from simcore.spec import Spec
from simcore.spec.compilation import compiled
from simcore.spec.entries import Path
from simcore.spec.quantities import FactorReference

_POINTS: Final = 2048  # a power of two keeps Sobol' points balanced; doubling moves CRPS by < 1e-4
_GRID: Final = 1601
_REACH: Final = 6.0


@dataclass(frozen=True)
class Forecast:
    """A distribution of ln(price ahead / price now) as a mixture of normals of equal weight.

    Attributes
    ----------
    means, sds : float64, shape (n,)
        Natural logarithms of price ratios; the distribution is the same from every origin.
    grid, cdf : float64, shape (m,)
        The distribution function, tabulated.
    half_gap : float
        E|X - X'|/2 of two independent draws, the part of the CRPS that needs no observation.
    """

    means: NDArray[np.float64]
    sds: NDArray[np.float64]
    grid: NDArray[np.float64]
    cdf: NDArray[np.float64]
    half_gap: float

    def crps(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """CRPS of observed log changes: E|X - y| - E|X - X'|/2."""
        z = (change[:, None] - self.means) / self.sds
        return np.asarray((self.sds * mean_distance(z)).mean(axis=1) - self.half_gap)

    def log_score(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """Negative log density at observed log changes."""
        z = (change[:, None] - self.means) / self.sds
        density = (np.exp(-0.5 * z**2) / (self.sds * math.sqrt(2 * math.pi))).mean(axis=1)
        return np.asarray(-np.log(np.maximum(density, 1e-300)))

    def pit(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of less than the observed log changes."""
        return np.asarray(np.interp(change, self.grid, self.cdf))

    def quantile(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log changes at probabilities."""
        return np.asarray(np.interp(probability, self.cdf, self.grid))


def mixture(means: NDArray[np.float64], sds: NDArray[np.float64]) -> Forecast:
    """Tabulate a mixture of normals of equal weight.

    Parameters
    ----------
    means, sds : float64, shape (n,)
        sds > 0.
    """
    from scipy.special import ndtr

    low = float(np.min(means - _REACH * sds))
    high = float(np.max(means + _REACH * sds))
    grid = np.linspace(low, high, _GRID)
    cdf = ndtr((grid[:, None] - means) / sds).mean(axis=1)
    return Forecast(means, sds, grid, cdf, float(np.trapezoid(cdf * (1 - cdf), grid)))


def ahead(spec: Spec, market: Path, years: int, *, growth: float) -> Forecast:
    """Forecast of a market a number of years after its known price.

    The process, the spread of the anchors and the tightening event stand at the same distance from
    the known price as in the market; the centre of anchors does not, because it is what analysts
    expected when the market was written down. It is replaced by steady growth. A market without
    anchors keeps its own carry or drift. A corridor, in money, is left out.

    Parameters
    ----------
    spec : Spec
        Experiment with the market's factors and inflation.
    market : Path
        A market with a spot.
    years : int
        Distance from the spot.
    growth : float
        Nominal growth of the median where there are anchors, ln per year.

    Returns
    -------
    Forecast
        Of nominal prices.

    Raises
    ------
    ValueError
        The market has no spread at that distance, or is a fixed path.
    """
    if market.spot is None or market.process.kind == "scenario":
        raise ValueError("a scenario is a fixed path, without a distribution")
    refused = market.process.kind in ("regime_switching", "bootstrap", "cap_and_bank")
    if refused or market.process.jumps is not None or market.process.steps > 1:
        raise ValueError(
            f"a {market.process.kind} with jumps, regimes, steps or a system has no normal "
            "distribution: only gbm, random_walk and log_ou are scored"
        )
    points = _points()
    process, money = market.process, spec.experiment.money
    folder = spec.folder
    noisy = process.kind in ("gbm", "random_walk", "log_ou")

    def sample(value: Any, place: int) -> NDArray[np.float64]:
        return _sample(spec, value, points[:, place], folder)

    sigma = sample(process.sigma, 1) if noisy else np.zeros(_POINTS)
    kappa = sample(process.kappa, 2) if process.kind == "log_ou" else np.zeros(_POINTS)
    # Exact over any time: the step of `years` has kappa and sigma scaled to it.
    variance = years * np.array(
        [step_spread(s, k * years) ** 2 for s, k in zip(sigma, kappa, strict=True)]
    )
    z = _normal(points[:, 0])
    means = np.zeros(_POINTS)
    if market.anchors:
        _, above, below = anchor_lines(
            market.anchors, np.array([market.spot.year + years]),
            known=(market.spot.year, market.spot.value),
        )  # fmt: skip
        means += growth * years + z * np.where(z >= 0, above, below)
        if market.centre == "mean":
            means -= math.log(np.exp(z * np.where(z >= 0, above, below)).mean())
    else:
        own = process.mu if process.kind == "gbm" else market.carry
        means += (sample(own, 3) + math.log1p(money.inflation)) * years
    if market.centre == "mean" or process.kind == "gbm":
        means -= 0.5 * variance
    event = market.tightening
    if event is not None and event.probability > 0:
        occurs = points[:, 4] < event.probability
        # Fresh points for year and strength within the share of draws in which it occurs.
        year, strength = sample(event.year, 5), sample(event.strength, 6)
        share = [ramped(float(market.spot.year + years), start, event.ramp) for start in year]
        means += occurs * strength * np.array(share)
    if not np.all(variance > 0):
        raise ValueError("no volatility: nothing to score")
    return mixture(means, np.sqrt(variance))


def _points() -> NDArray[np.float64]:
    """Uniform numbers that fill the cube evenly, never 0 or 1, shape (n, 7)."""
    from scipy.stats import qmc

    return np.asarray(qmc.Sobol(7, scramble=False).random(_POINTS) + 0.5 / _POINTS)


def _normal(uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform))


def _sample(
    spec: Spec, value: Any, uniform: NDArray[np.float64], folder: FilePath
) -> NDArray[np.float64]:
    """Values of a dimensionless quantity at probabilities."""
    if isinstance(value, FactorReference):
        value = spec.experiment.factors[value.name]
    marginal: distributions.Marginal = compiled(value, folder)
    out = np.empty(len(uniform))
    if marginal.kind == distributions.CONSTANT:
        out[:] = marginal.central
        return out
    marginals.fill_marginal(
        marginal.kind, marginal.params, np.ascontiguousarray(marginal.pool), uniform.copy(),
        _normal(uniform), out,
    )  # fmt: skip
    return out
