"""Distributions of the config compiled to the marginals that kernels evaluate.

A validated mapping with a `kind` becomes a `Marginal`: a kind code, eight parameters and a pool of
numbers. Kinds without a closed quantile function are tabulated here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import Parameter, signature
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.distributions.components import Component, component_of, mixture_of
from simcore.distributions.fits import FITTED, fit
from simcore.distributions.marginal import SMALLEST, DistributionError, Marginal, scaled, tails
from simcore.distributions.tabulation import (
    beta_table,
    mixture_median,
    mixture_table,
    truncated_normal_table,
)
from simcore.kernels import marginal_form
from simcore.kernels.marginal_form import CONSTANT
from simcore.numerics.beta import quantile
from simcore.numerics.elementary import exp, log, total
from simcore.numerics.normal import Z90, log_mean

__all__ = [
    "CONSTANT",
    "SMALLEST",
    "DistributionError",
    "Marginal",
    "compile_distribution",
    "constant",
    "scaled",
    "tails",
]

_NOTHING: Final = np.empty(0)


def compile_distribution(spec: Mapping[str, Any] | float) -> Marginal:
    """Compile one distribution.

    Parameters
    ----------
    spec : number or mapping
        A number, or a mapping with `kind` and the parameters of that kind, or `quantiles` (two or
        three probabilities and their values) in their place. Other keys are metadata and ignored.
        `empirical` needs its `values`. The kind `factor` is not known here.

    Returns
    -------
    Marginal
        In the unit of the parameters.

    Raises
    ------
    DistributionError
        If the parameters are impossible, or no member of the family has the quantiles.
    """
    kind, parameters = _parameters(spec)
    return _MAKERS[kind](**parameters)


def _parameters(spec: Mapping[str, Any] | float) -> tuple[str, dict[str, Any]]:
    """Kind and parameters of a distribution, fitted to its quantiles where it gives them."""
    if not isinstance(spec, Mapping):
        return "constant", {"value": float(spec)}
    kind = spec["kind"]
    if kind not in _MAKERS:
        raise DistributionError(f"kind {kind!r} of a distribution; known: {', '.join(_MAKERS)}")
    given = {name: spec[name] for name in _PARAMETERS[kind] if spec.get(name) is not None}
    if spec.get("quantiles") is not None:
        if kind not in FITTED:
            raise DistributionError(
                f"kind {kind!r} cannot be fitted to quantiles; give its parameters"
            )
        given = fit(kind, spec["quantiles"], **_kept(kind, given))
    missing = [
        name
        for name, one in _PARAMETERS[kind].items()
        if one.default is Parameter.empty and name not in given
    ]
    if missing:
        raise DistributionError(f"kind {kind!r} needs {', '.join(missing)}, or quantiles instead")
    return kind, given


def _kept(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Parameters that stand beside quantiles; the others would contradict them."""
    excess = [name for name in given if _PARAMETERS[kind][name].default is Parameter.empty]
    if excess:
        raise DistributionError(f"kind {kind!r} gives {', '.join(excess)} as well as quantiles")
    return given


def _marginal(
    kind: int,
    params: Sequence[float],
    *,
    central: float,
    low: float,
    high: float,
    mean: float,
    pool: NDArray[np.float64] = _NOTHING,
) -> Marginal:
    slots = np.zeros(marginal_form.PARAMETERS)
    slots[: len(params)] = params
    numbers = [float(x) for x in (central, low, high, mean)]
    return Marginal(kind, slots, np.asarray(pool, dtype=np.float64), *numbers)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise DistributionError(message)


def constant(value: float) -> Marginal:
    """Marginal of a number that is known (any unit)."""
    value = float(value)
    _require(np.isfinite(value), f"constant {value} must be finite")
    return _marginal(
        marginal_form.CONSTANT, [value], central=value, low=value, high=value, mean=value
    )


def _uniform(low: float, high: float) -> Marginal:
    _require(low <= high, f"uniform: low {low} is above high {high}")
    if low == high:
        return constant(low)
    middle = low + 0.5 * (high - low)
    return _marginal(
        marginal_form.UNIFORM, [low, high - low], central=middle, low=low, high=high, mean=middle
    )


def _triangular(low: float, mode: float, high: float) -> Marginal:
    _require(
        low <= mode <= high, f"triangular: low {low}, mode {mode}, high {high} must not decrease"
    )
    if low == high:
        return constant(low)
    width = high - low
    rising, falling = np.sqrt(0.5 * width * (mode - low)), np.sqrt(0.5 * width * (high - mode))
    return _marginal(
        marginal_form.TRIANGULAR,
        [low, high, (mode - low) / width, width * (mode - low), width * (high - mode)],
        central=low + rising if 2 * mode >= low + high else high - falling,
        low=low,
        high=high,
        mean=(low + mode + high) / 3,
    )


def _beta(alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> Marginal:
    _require(alpha > 0 and beta > 0, f"beta: alpha {alpha} and beta {beta} must be positive")
    _require(low <= high, f"beta: low {low} is above high {high}")
    if low == high:
        return constant(low)
    median, _ = quantile(float(alpha), float(beta), np.array([0.5]))
    return _marginal(
        marginal_form.TABLE,
        [1],
        pool=beta_table(alpha, beta, low, high),
        central=low + (high - low) * float(median[0]),
        low=low,
        high=high,
        mean=low + (high - low) * alpha / (alpha + beta),
    )


def _pert(low: float, mode: float, high: float, shape: float = 4.0) -> Marginal:
    _require(low <= mode <= high, f"pert: low {low}, mode {mode}, high {high} must not decrease")
    _require(shape >= 0, f"pert: shape {shape} is negative")
    if low == high:
        return constant(low)
    position = (mode - low) / (high - low)
    return _beta(1 + shape * position, 1 + shape * (1 - position), low, high)


def _normal(mean: float, sd: float) -> Marginal:
    _require(sd >= 0, f"normal: sd {sd} is negative")
    if sd == 0:
        return constant(mean)
    return _marginal(
        marginal_form.NORMAL, [mean, sd], central=mean, low=-np.inf, high=np.inf, mean=mean
    )


def _truncated_normal(
    mean: float, sd: float, low: float = -np.inf, high: float = np.inf
) -> Marginal:
    _require(sd > 0, f"truncated_normal: sd {sd} must be positive")
    _require(low < high, f"truncated_normal: low {low} must be below high {high}")
    pool, average, median = truncated_normal_table(mean, sd, low, high)
    return _marginal(
        marginal_form.TABLE, [1], pool=pool, central=median, low=low, high=high, mean=average
    )


def _lognormal(mu: float, sigma: float) -> Marginal:
    _require(sigma >= 0, f"lognormal: sigma {sigma} is negative")
    if sigma == 0:
        return constant(exp(mu))
    return _marginal(
        marginal_form.LOGNORMAL,
        [mu, sigma, 1.0],
        central=exp(mu),
        low=0.0,
        high=np.inf,
        mean=exp(mu + sigma * sigma / 2),
    )


def _split_lognormal(p10: float, p50: float, p90: float) -> Marginal:
    _require(
        0 < p10 <= p50 <= p90, f"split_lognormal: 0 < p10 {p10} <= p50 {p50} <= p90 {p90} must hold"
    )
    if p10 == p90:
        return constant(p50)
    below, above = log(p50 / p10) / Z90, log(p90 / p50) / Z90
    mean = p50 * exp(log_mean(np.array([above]), np.array([below]))[0])
    return _marginal(
        marginal_form.SPLIT_LOGNORMAL,
        [p50, below, above],
        central=p50,
        low=0.0 if below > 0 else p50,
        high=np.inf if above > 0 else p50,
        mean=mean,
    )


def _discrete(
    values: Sequence[float] | NDArray[np.float64],
    probabilities: Sequence[float] | NDArray[np.float64],
) -> Marginal:
    x = np.asarray(values, dtype=np.float64)
    weights = np.asarray(probabilities, dtype=np.float64)
    _require(x.ndim == 1 and x.size > 0, "discrete: at least one value is needed")
    _require(
        x.shape == weights.shape,
        f"discrete: {x.size} values but {weights.size} probabilities",
    )
    _require(bool(np.isfinite(x).all()), "discrete: values must be finite")
    _require(bool((weights >= 0).all()), "discrete: a probability is negative")
    whole = float(total(weights))
    _require(abs(whole - 1) < 1e-9, f"discrete: probabilities add up to {whole}, not 1")
    weights = weights / whole
    central = x[np.argmax(weights)]
    order = np.argsort(x, kind="stable")
    x, weights = x[order], weights[order]
    possible = weights > 0
    x, weights = x[possible], weights[possible]
    if x.size == 1:
        return constant(x[0])
    return _marginal(
        marginal_form.DISCRETE,
        [x.size],
        pool=np.concatenate([np.cumsum(weights)[:-1], x]),
        central=central,
        low=x[0],
        high=x[-1],
        mean=total(weights * x),
    )


def _bernoulli(probability: float) -> Marginal:
    _require(0 <= probability <= 1, f"bernoulli: probability {probability} is not within 0 and 1")
    return _discrete([0.0, 1.0], [1 - probability, probability])


def _empirical(values: Sequence[float] | NDArray[np.float64]) -> Marginal:
    values = np.sort(np.asarray(values, dtype=np.float64))
    _require(values.ndim == 1 and values.size > 0, "empirical: at least one value is needed")
    _require(bool(np.isfinite(values).all()), "empirical: values must be finite")
    if values[0] == values[-1]:
        return constant(values[0])
    return _marginal(
        marginal_form.EMPIRICAL,
        [values.size],
        pool=values,
        central=0.5 * (values[(values.size - 1) // 2] + values[values.size // 2]),
        low=values[0],
        high=values[-1],
        mean=(total(values) - (values[0] + values[-1]) / 2) / (values.size - 1),
    )


def _mixture(components: Sequence[Mapping[str, Any] | float], weights: Sequence[float]) -> Marginal:
    component = _mixture_component(components, weights)
    median = mixture_median(component)
    if component.is_discrete:
        return replace(_discrete(component.values, component.weights), central=median)
    parts = [compile_distribution(spec) for spec, w in zip(components, weights, strict=True) if w]
    shares = np.array([w for w in weights if w], dtype=np.float64)
    pool = mixture_table(component)
    return _marginal(
        marginal_form.TABLE,
        [(pool.size - 1) // (2 * marginal_form.TABLE_LENGTH + 1)],
        pool=pool,
        central=median,
        low=min(part.low for part in parts),
        high=max(part.high for part in parts),
        mean=total(shares * [part.mean for part in parts]) / total(shares),
    )


def _mixture_component(
    components: Sequence[Mapping[str, Any] | float], weights: Sequence[float]
) -> Component:
    shares = np.asarray(weights, dtype=np.float64)
    _require(
        len(components) == shares.size and shares.size > 0,
        f"mixture: {len(components)} components but {shares.size} weights",
    )
    _require(
        bool((shares >= 0).all()) and 0 < total(shares) < np.inf,
        f"mixture: weights {shares.tolist()} must not be negative, nor all zero",
    )
    parts = []
    for spec, share in zip(components, shares, strict=True):
        kind, parameters = _parameters(spec)
        _MAKERS[kind](**parameters)
        if share == 0:
            continue
        nested = kind == "mixture"
        parts.append(_mixture_component(**parameters) if nested else component_of(kind, parameters))
    shares = shares[shares > 0]
    return mixture_of(parts, list(shares / total(shares)))


_MAKERS: Final[dict[str, Callable[..., Marginal]]] = {
    "constant": constant,
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "normal": _normal,
    "truncated_normal": _truncated_normal,
    "lognormal": _lognormal,
    "split_lognormal": _split_lognormal,
    "beta": _beta,
    "discrete": _discrete,
    "bernoulli": _bernoulli,
    "empirical": _empirical,
    "mixture": _mixture,
}
_PARAMETERS: Final = {kind: signature(make).parameters for kind, make in _MAKERS.items()}
