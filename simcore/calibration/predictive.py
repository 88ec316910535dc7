"""What a market says about the price some years ahead, seen from the last known price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from simcore import distributions
from simcore.calibration.scores import mean_distance
from simcore.intake import Spec
from simcore.intake.compilation import compiled
from simcore.intake.paths import PricePath, View
from simcore.intake.views import ENSEMBLE, as_path, chosen_views, has_views
from simcore.kernels import marginals
from simcore.kernels.prices import ramped
from simcore.model.paths import anchor_lines
from simcore.numerics.normal import median_shift
from simcore.processes import KINDS, kind_of
from simcore.processes.declaration import Floats
from simcore.quantities import FactorReference

_POINTS: Final = 2048  # a power of two keeps Sobol' points balanced; doubling moves CRPS by < 1e-4
_NAMES: Final = (
    "anchor", "sigma", "kappa", "drift", "tightening.occurs", "tightening.year",
    "tightening.strength", "jumps.rate", "jumps.mean", "jumps.sd", "jumps.count",
)  # fmt: skip
"""Names that have the first dimensions of the points, whoever asks first."""
_DIMENSIONS: Final = 24
"""Dimensions beside one a year."""
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

    means: Floats
    sds: Floats
    grid: Floats
    cdf: Floats
    half_gap: float

    def crps(self, change: Floats) -> Floats:
        """CRPS of observed log changes: E|X - y| - E|X - X'|/2."""
        z = (change[:, None] - self.means) / self.sds
        return np.asarray((self.sds * mean_distance(z)).mean(axis=1) - self.half_gap)

    def log_score(self, change: Floats) -> Floats:
        """Negative log density at observed log changes."""
        z = (change[:, None] - self.means) / self.sds
        density = (np.exp(-0.5 * z**2) / (self.sds * math.sqrt(2 * math.pi))).mean(axis=1)
        return np.asarray(-np.log(np.maximum(density, 1e-300)))

    def pit(self, change: Floats) -> Floats:
        """Probability of less than the observed log changes."""
        return np.asarray(np.interp(change, self.grid, self.cdf))

    def quantile(self, probability: Floats) -> Floats:
        """Log changes at probabilities."""
        return np.asarray(np.interp(probability, self.cdf, self.grid))


def mixture(means: Floats, sds: Floats) -> Forecast:
    """Tabulate a mixture of normals of equal weight; all of shape (n,), sds > 0."""
    from scipy.special import ndtr

    low = float(np.min(means - _REACH * sds))
    high = float(np.max(means + _REACH * sds))
    grid = np.linspace(low, high, _GRID)
    cdf = ndtr((grid[:, None] - means) / sds).mean(axis=1)
    return Forecast(means, sds, grid, cdf, float(np.trapezoid(cdf * (1 - cdf), grid)))


def ahead(spec: Spec, market: PricePath, years: int, *, growth: float) -> Forecast:
    """Forecast of a market a number of years after its known price.

    The process, the spread of the anchors and the tightening event stand at the same distance from
    the known price as in the market; the centre of anchors does not, because it is what analysts
    expected when the market was written down. It is replaced by steady growth. A market without
    anchors keeps its own carry or drift. A corridor and a response, in money, are left out, and so
    are the mean over the steps of a year and the date of the spot: a history has prices of single
    days. Of a market with views, those with a density make the mixture, by their weights: a system
    knows its rules and not those of another time.

    Parameters
    ----------
    spec : Spec
        Experiment with the market's factors and inflation.
    market : PricePath
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
        The market has no spread at that distance, or its process no density.
    """
    if market.relative is not None:
        raise ValueError(
            f"its price is that of {market.relative.to} times a ratio, whose spread is not its "
            f"own; score {market.relative.to}"
        )
    paths = [(market, 1.0, None)] if not has_views(market) else [
        (as_path(market, view), view.weight if market.view == ENSEMBLE else 1.0, view)
        for view in chosen_views(market).values()
    ]  # fmt: skip
    scored = [one for one in paths if kind_of(one[0].process).ahead is not None]
    if not scored or scored[0][0].spot is None:
        kind = "price without a moving process"
        if paths and paths[0][0].process is not None:
            kind = paths[0][0].process.kind
        dense = ", ".join(name for name, one in KINDS.items() if one.ahead is not None)
        raise ValueError(f"a {kind} has no density to score; {dense} have")
    total = sum(weight for _, weight, _ in scored)
    means, variances = [], []
    for path, weight, view in scored:
        mean, variance = _components(spec, path, view, years, growth)
        # The first points of the sequence are balanced too.
        taken = max(1, round(weight / total * _POINTS))
        means.append(mean[:taken])
        variances.append(variance[:taken])
    variance = np.concatenate(variances)
    if not np.all(variance > 0):
        raise ValueError("no volatility: nothing to score")
    return mixture(np.concatenate(means), np.sqrt(variance))


def _components(
    spec: Spec, market: PricePath, view: View | None, years: int, growth: float
) -> tuple[Floats, Floats]:
    """Means and variances of the normals that make one path's distribution."""
    process, kind = market.process, kind_of(market.process)
    assert kind.ahead is not None
    assert market.spot is not None
    points = _Points(spec, years)
    centred = market.centre == "mean" or bool(kind.drift)
    means, variance = kind.ahead(process, points, years, centred)
    if market.anchors:
        z = _normal(points.uniform("anchor"))
        _, above, below = anchor_lines(
            market.anchors, np.array([market.spot.year + years]),
            known=(market.spot.year, market.spot.value),
        )  # fmt: skip
        spread = z * np.where(z >= 0, above, below)
        if market.centre == "mean":
            shift = math.log(np.exp(spread).mean())
        else:
            whole = float(variance.mean() + means.var())
            shift = float(median_shift(above, below, np.array([whole]))[0])
        means = means + growth * years + spread - shift
    else:
        own = getattr(process, kind.drift) if kind.drift else market.carry
        nominal = view is not None and view.carry is not None and market.nominal
        inflation = 0.0 if nominal else math.log1p(spec.experiment.money.inflation)
        means = means + (points.value("drift", own) + inflation) * years
    if view is not None:
        means = means + points.value("premium", view.premium) * years
    event = market.tightening
    if event is not None and event.probability > 0:
        occurs = points.uniform("tightening.occurs") < event.probability
        # Fresh points for year and strength within the share of draws in which it occurs.
        year = points.value("tightening.year", event.year)
        strength = points.value("tightening.strength", event.strength)
        share = [ramped(float(market.spot.year + years), start, event.ramp) for start in year]
        means = means + occurs * strength * np.array(share)
    return means, variance


class _Points:
    """Uniform numbers that fill the cube evenly, never 0 or 1: a dimension a name."""

    def __init__(self, spec: Spec, years: int) -> None:
        from scipy.stats import qmc

        self.spec = spec
        cube = qmc.Sobol(_DIMENSIONS + years, scramble=False)
        self.numbers = np.asarray(cube.random(_POINTS) + 0.5 / _POINTS)
        self.names = {name: place for place, name in enumerate(_NAMES)}

    def uniform(self, name: str) -> Floats:
        """Numbers in (0, 1), shape (n,)."""
        return self.numbers[:, self.names.setdefault(name, len(self.names))]

    def value(self, name: str, quantity: Any) -> Floats:
        """Values of a dimensionless quantity, shape (n,)."""
        if isinstance(quantity, FactorReference):
            quantity = self.spec.experiment.factors[quantity.name]
        marginal: distributions.Marginal = compiled(quantity, self.spec.folder)
        out = np.full(_POINTS, marginal.central)
        if marginal.kind != distributions.CONSTANT:
            uniform = self.uniform(name)
            marginals.fill_marginal(
                marginal.kind, marginal.params, np.ascontiguousarray(marginal.pool),
                uniform.copy(), _normal(uniform), out,
            )  # fmt: skip
        return out


def _normal(uniform: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform))
