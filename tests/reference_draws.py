"""Random numbers of the reference model: addresses, correlations, marginals.

Slow and plain on purpose: integers are Python's, matrices are lists, and every distribution is
one quantile function and one distribution function.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv, ndtr, ndtri

Z90 = 1.2815515655446004
MASK = (1 << 64) - 1

# ---------------------------------------------------------------- addressed uniforms


def threefry2x64_20(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Threefry-2x64 with 20 rounds (Salmon et al. 2011)."""
    rotations = (16, 42, 12, 31, 16, 32, 24, 21)
    keys = (key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDAA9FC1A22)
    x0 = (counter[0] + keys[0]) & MASK
    x1 = (counter[1] + keys[1]) & MASK
    for r in range(20):
        x0 = (x0 + x1) & MASK
        n = rotations[r % 8]
        x1 = ((x1 << n) | (x1 >> (64 - n))) & MASK
        x1 ^= x0
        if r % 4 == 3:
            j = (r + 1) // 4
            x0 = (x0 + keys[j % 3]) & MASK
            x1 = (x1 + keys[(j + 1) % 3] + j) & MASK
    return x0, x1


def stream_key(seed: int, name: str) -> tuple[int, int]:
    """Key of a named stream."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def uniform(seed: int, name: str, draw: int, step: int = 0) -> float:
    """The number at the address (seed, name, draw, step), strictly between 0 and 1."""
    block, lane, half = draw >> 8, draw & 127, (draw >> 7) & 1
    word = threefry2x64_20(stream_key(seed, name), (block * 128 + lane, step))[half]
    return ((word >> 12) + 0.5) * 2.0**-52


# ---------------------------------------------------------------- correlations


def cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Lower triangular factor; a zero pivot (perfect correlation) leaves a zero column."""
    n = len(matrix)
    lower = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:
                if rest < -1e-12:
                    raise ValueError("correlation matrix is not positive semi-definite")
                lower[i][i] = math.sqrt(rest) if rest > 1e-12 else 0.0
            elif lower[j][j] > 0:
                lower[i][j] = rest / lower[j][j]
            elif abs(rest) > 1e-6:
                raise ValueError("correlation matrix is not positive semi-definite")
    return lower


def correlation_factor(
    pairs: Sequence[Mapping[str, Any]],
) -> tuple[list[str], list[list[float]]]:
    """Names in order of first mention, and the Cholesky factor of their Pearson matrix."""
    names: list[str] = []
    for pair in pairs:
        for name in pair["between"]:
            if name not in names:
                names.append(name)
    matrix = [[float(i == j) for j in range(len(names))] for i in range(len(names))]
    for pair in pairs:
        i, j = (names.index(name) for name in pair["between"])
        matrix[i][j] = matrix[j][i] = 2 * math.sin(math.pi * pair["rank"] / 6)
    return names, cholesky(matrix)


def correlated_normal(
    name: str,
    factor: tuple[list[str], list[list[float]]],
    own_normal: Callable[[str], float],
) -> float:
    """Standard normal of `name`: row of L times the independent normals of the group."""
    names, lower = factor
    if name not in names:
        return own_normal(name)
    i = names.index(name)
    return sum(lower[i][j] * own_normal(names[j]) for j in range(i + 1))


def given_the_kept(
    factor: tuple[list[str], list[list[float]]], kept: Sequence[str], again: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Normals that are drawn again given others: weights of these, and of independent ones."""
    names, lower = factor
    whole = np.array(lower) @ np.array(lower).T
    k, r = ([names.index(one) for one in group] for group in (kept, again))
    mean = whole[np.ix_(r, k)] @ np.linalg.pinv(whole[np.ix_(k, k)], rcond=1e-9)
    left = whole[np.ix_(r, r)] - mean @ whole[np.ix_(k, r)]
    return mean, np.array(cholesky(left.tolist()))


# ---------------------------------------------------------------- marginals


def bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """Root of an increasing function between `low` and `high`."""
    for _ in range(300):
        middle = 0.5 * (low + high)
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def beta_shapes(low: float, mode: float, high: float, shape: float) -> tuple[float, float]:
    """Shape parameters of a PERT distribution."""
    a = 1 + shape * (mode - low) / (high - low)
    b = 1 + shape * (high - mode) / (high - low)
    return a, b


FITS: dict[str, dict[str, Any]] = {}  # the nested bisections are slow


def fitted(q: Mapping[str, Any]) -> dict[str, Any]:
    """The distribution by its parameters, where it is given by two or three quantiles."""
    if not q.get("quantiles"):
        return dict(q)
    if repr(q) not in FITS:
        FITS[repr(q)] = fit(q)
    return FITS[repr(q)]


def fit(q: Mapping[str, Any]) -> dict[str, Any]:
    """The member of a family with these quantiles."""
    points = sorted((float(p), float(x)) for p, x in q["quantiles"].items())
    rest = {name: value for name, value in q.items() if name != "quantiles" and value is not None}
    p, x = [point[0] for point in points], [point[1] for point in points]
    kind, z = q["kind"], [float(ndtri(value)) for value in p]
    if kind == "truncated_normal" and rest.get("low") is None and rest.get("high") is None:
        kind = "normal"  # nothing is cut off
    if kind == "uniform" and len(p) == 2:
        slope = (x[1] - x[0]) / (p[1] - p[0])
        return rest | {"low": x[0] - slope * p[0], "high": x[0] + slope * (1 - p[0])}
    if kind == "normal" and len(p) == 2:
        sd = (x[1] - x[0]) / (z[1] - z[0])
        return rest | {"mean": x[0] - sd * z[0], "sd": sd}
    if kind in ("lognormal", "split_lognormal") and len(p) == 2:
        sigma = math.log(x[1] / x[0]) / (z[1] - z[0])
        mu = math.log(x[0]) - sigma * z[0]
        tail = math.exp(sigma * Z90)
        p50 = math.exp(mu)
        by_points = {"p10": p50 / tail, "p50": p50, "p90": p50 * tail}
        return rest | ({"mu": mu, "sigma": sigma} if kind == "lognormal" else by_points)
    if kind == "split_lognormal" and p[1] == 0.5:
        down, up = math.log(x[1] / x[0]) / -z[0], math.log(x[2] / x[1]) / z[2]
        return rest | {
            "p10": x[1] * math.exp(-Z90 * down), "p50": x[1], "p90": x[1] * math.exp(Z90 * up),
        }  # fmt: skip
    if kind in ("triangular", "pert"):
        return fit_three_points(rest, p, x)
    if kind in ("beta", "truncated_normal") and len(p) == 2:
        return fit_two_shapes(rest, p, x)
    raise ValueError(f"{kind} cannot be fitted to {len(p)} quantiles")


def fit_three_points(rest: dict[str, Any], p: list[float], x: list[float]) -> dict[str, Any]:
    """Triangular or PERT: the mode's place in the range by bisection, then place and width."""

    def unit(place: float) -> dict[str, Any]:
        return rest | {"low": 0.0, "mode": place, "high": 1.0}

    def upper_share(place: float) -> float:
        v = [quantile(unit(place), value) for value in p]
        return (v[2] - v[1]) / (v[2] - v[0])

    place = 0.5  # two quantiles: symmetric
    if len(p) == 3:
        wanted = (x[2] - x[1]) / (x[2] - x[0])
        place = bisect(lambda c: wanted - upper_share(c), 0.0, 1.0)
        if abs(upper_share(place) - wanted) > 1e-9:
            raise ValueError("no such distribution has these quantiles")
    first, last = quantile(unit(place), p[0]), quantile(unit(place), p[-1])
    width = (x[-1] - x[0]) / (last - first)
    low = x[0] - width * first
    return rest | {"low": low, "mode": low + width * place, "high": low + width}


def fit_two_shapes(rest: dict[str, Any], p: list[float], x: list[float]) -> dict[str, Any]:
    """Beta or truncated normal within given bounds: nested bisection on both quantiles."""
    if rest["kind"] == "beta":

        def first_fits(log_a: float) -> dict[str, Any]:
            def member(log_b: float) -> dict[str, Any]:
                return rest | {"alpha": math.exp(log_a), "beta": math.exp(log_b)}

            return member(bisect(lambda b: x[0] - quantile(member(b), p[0]), -12.0, 12.0))

        return first_fits(bisect(lambda a: x[1] - quantile(first_fits(a), p[1]), -7.0, 9.0))

    spread = x[1] - x[0]

    def centred(log_sd: float) -> dict[str, Any]:
        sd = math.exp(log_sd)

        def member(mean: float) -> dict[str, Any]:
            return rest | {"mean": mean, "sd": sd}

        # A mean more than 30 sd outside the bounds leaves no probability between them.
        low, high = bounds(rest)
        first = max(x[0] - 20 * (sd + spread), low - 30 * sd)
        last = min(x[1] + 20 * (sd + spread), high + 30 * sd)
        return member(bisect(lambda m: quantile(member(m), p[0]) - x[0], first, last))

    centre = math.log(spread)
    return centred(bisect(lambda s: quantile(centred(s), p[1]) - x[1], centre - 7.0, centre + 3.0))


def bounds(q: Mapping[str, Any]) -> tuple[float, float]:
    """Bounds of a truncated normal; a missing one is infinite."""
    low = -math.inf if q.get("low") is None else float(q["low"])
    high = math.inf if q.get("high") is None else float(q["high"])
    return low, high


def tails(q: Mapping[str, Any]) -> tuple[float, float, float]:
    """Sign of the tail the range lies in, and the normal probabilities of its two ends there."""
    low, high = bounds(q)
    a, b = (low - q["mean"]) / q["sd"], (high - q["mean"]) / q["sd"]
    sign = -1.0 if a > 0 else 1.0  # the upper tail is mirrored, so that no digit is lost
    return sign, float(ndtr(sign * a)), float(ndtr(sign * b))


def atoms(q: Mapping[str, Any]) -> list[tuple[float, float]]:
    """(value, probability) in rising order of a distribution on points."""
    if q["kind"] == "constant":
        return [(q["value"], 1.0)]
    if q["kind"] == "bernoulli":
        return [(0.0, 1 - q["probability"]), (1.0, q["probability"])]
    if q["kind"] == "discrete":
        total = sum(q["probabilities"])
        pairs = zip(q["values"], q["probabilities"], strict=True)
        return sorted((float(x), p / total) for x, p in pairs)
    raise ValueError(f"{q['kind']} is not a distribution on points")


POINTS = ("constant", "discrete", "bernoulli")


def interpolated(values: Sequence[float], u: float) -> float:
    """Quantile of observed values, linear between them: the smallest at 0, the largest at 1."""
    ordered = sorted(float(x) for x in values)
    place = u * (len(ordered) - 1)
    below = min(int(place), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def quantile(q: Any, u: float, z: float | None = None) -> float:
    """Quantile function: the smallest value whose cumulative probability reaches `u`.

    `z` is the standard normal of `u` where it is already known.
    """
    if isinstance(q, (int, float)):
        return float(q)
    q = fitted(q)
    kind = q["kind"]
    z = float(ndtri(u)) if z is None else z
    if kind in POINTS:
        total = 0.0
        for value, probability in atoms(q):
            total += probability
            if u <= total:
                return value
        return atoms(q)[-1][0]
    if kind == "empirical":
        return interpolated(q["values"], u)
    if kind == "uniform":
        return q["low"] + u * (q["high"] - q["low"])
    if kind == "triangular":
        low, mode, high = q["low"], q["mode"], q["high"]
        width = high - low
        if width == 0:
            return low
        if u <= (mode - low) / width:
            return low + math.sqrt(u * width * (mode - low))
        return high - math.sqrt((1 - u) * width * (high - mode))
    if kind == "pert":
        low, mode, high = q["low"], q["mode"], q["high"]
        if high == low:
            return low
        a, b = beta_shapes(low, mode, high, q.get("shape", 4.0))
        return low + (high - low) * float(betaincinv(a, b, u))
    if kind == "normal":
        return q["mean"] + q["sd"] * z
    if kind == "truncated_normal":
        low, high = bounds(q)
        if q["sd"] == 0:
            return min(high, max(low, q["mean"]))
        sign, below, above = tails(q)
        x = q["mean"] + sign * q["sd"] * float(ndtri(below + u * (above - below)))
        return min(high, max(low, x))
    if kind == "lognormal":
        return math.exp(q["mu"] + q["sigma"] * z)
    if kind == "split_lognormal":
        ratio = q["p90"] / q["p50"] if z >= 0 else q["p50"] / q["p10"]
        return q["p50"] * math.exp(z * math.log(ratio) / Z90)
    if kind == "beta":
        low, high = q.get("low", 0.0), q.get("high", 1.0)
        return low + (high - low) * float(betaincinv(q["alpha"], q["beta"], u))
    if kind == "mixture":
        ends = [quantile(part, p) for part in q["components"] for p in (1e-15, u, 1 - 1e-15)]
        return bisect(lambda x: cumulative(q, x) - u, min(ends) - 1e-9, max(ends) + 1e-9)
    raise ValueError(f"unknown kind {kind!r}")


def cumulative(q: Any, x: float) -> float:
    """Distribution function."""
    if isinstance(q, (int, float)):
        return float(x >= q)
    q = fitted(q)
    kind = q["kind"]
    if kind in POINTS:
        return sum(p for value, p in atoms(q) if value <= x)
    if kind == "mixture":
        total = sum(q["weights"])
        parts = zip(q["components"], q["weights"], strict=True)
        return sum(w / total * cumulative(part, x) for part, w in parts)
    if kind == "empirical":
        low, high = min(q["values"]), max(q["values"])
        if x < low or x >= high:
            return float(x >= high)
        return bisect(lambda u: interpolated(q["values"], u) - x, 0.0, 1.0)
    if kind in ("uniform", "triangular", "pert", "beta"):
        low, high = q.get("low", 0.0), q.get("high", 1.0)
        if x <= low or x >= high:
            return float(x >= high)
        share = (x - low) / (high - low)
        if kind == "uniform":
            return share
        if kind == "triangular":
            mode = q["mode"]
            if x <= mode:
                return (x - low) ** 2 / ((high - low) * (mode - low))
            return 1 - (high - x) ** 2 / ((high - low) * (high - mode))
        a, b = (q["alpha"], q["beta"]) if kind == "beta" else beta_shapes(
            low, q["mode"], high, q.get("shape", 4.0)
        )  # fmt: skip
        return float(betainc(a, b, share))
    if kind == "normal":
        return float(ndtr((x - q["mean"]) / q["sd"]))
    if kind == "truncated_normal":
        sign, below, above = tails(q)
        here = float(ndtr(sign * (x - q["mean"]) / q["sd"]))
        return min(1.0, max(0.0, (here - below) / (above - below)))
    if x <= 0:
        return 0.0
    if kind == "lognormal":
        return float(ndtr((math.log(x) - q["mu"]) / q["sigma"]))
    if kind == "split_lognormal":
        ratio = q["p90"] / q["p50"] if x >= q["p50"] else q["p50"] / q["p10"]
        return float(ndtr(math.log(x / q["p50"]) * Z90 / math.log(ratio)))
    raise ValueError(f"unknown kind {kind!r}")


def central(q: Any) -> Any:
    """What the central case uses: the median; of listed values the most probable one."""
    if isinstance(q, (int, float)):
        return float(q)
    q = fitted(q)
    kind = q["kind"]
    if kind == "constant":
        return float(q["value"])
    if kind == "discrete":
        return q["values"][q["probabilities"].index(max(q["probabilities"]))]
    if kind == "bernoulli":
        return 1.0 if q["probability"] > 0.5 else 0.0
    if kind == "empirical":
        return statistics.median(q["values"])
    return quantile(q, 0.5)
