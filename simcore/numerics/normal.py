"""The normal distribution, and one whose halves may differ, as anchors of a price have them."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simcore.numerics.elementary import exp, log, polynomial, sin, total

Floats = NDArray[np.float64]

Z90: Final = 1.2815515655446004
"""The 90 % quantile of the standard normal."""
SQRT_2PI: Final = 2.5066282746310002

_SQRT_HALF: Final = 0.7071067811865476

# Rational functions for erf up to 1, and for exp(x*x) erfc(x) up to 8 and beyond (Cephes), the
# highest power first.
_ERF: Final = (
    (9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
     7.00332514112805075473e3, 5.55923013010394962768e4),
    (1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
     2.26290000613890934246e4, 4.92673942608635921086e4),
)  # fmt: skip
_ERFC: Final = (
    (2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
     4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
     9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2),
    (1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
     9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
     1.65666309194161350182e3, 5.57535340817727675546e2),
)  # fmt: skip
_ERFC_FAR: Final = (
    (5.64189583547755073984e-1, 1.27536670759978104416e0, 5.01905042251180477414e0,
     6.16021097993053585195e0, 7.40974269950448939160e0, 2.97886665372100240670e0),
    (1.0, 2.26052863220117276590e0, 9.39603524938001434673e0, 1.20489539808096656605e1,
     1.70814450747565897222e1, 9.60896809063285878198e0, 3.36907645100081516050e0),
)  # fmt: skip

# The quantile by algorithm AS 241 (Wichura 1988), the highest power first.
_MIDDLE: Final = (
    (2.509080928730122672700e3, 3.343057558358812810500e4, 6.726577092700870085300e4,
     4.592195393154987145700e4, 1.373169376550946112500e4, 1.971590950306551442700e3,
     1.331416678917843774500e2, 3.387132872796366608000e0),
    (5.226495278852854561000e3, 2.872908573572194267400e4, 3.930789580009271061000e4,
     2.121379430158659586700e4, 5.394196021424751107700e3, 6.871870074920579083000e2,
     4.231333070160091125200e1, 1.0),
)  # fmt: skip
_TAIL: Final = (
    (7.745450142783414076400e-4, 2.272384498926918458330e-2, 2.417807251774506117700e-1,
     1.270458252452368382580e0, 3.647848324763204605040e0, 5.769497221460691405500e0,
     4.630337846156545295900e0, 1.423437110749683577340e0),
    (1.050750071644416843240e-9, 5.475938084995344946000e-4, 1.519866656361645719660e-2,
     1.481039764274800745900e-1, 6.897673349851000045500e-1, 1.676384830183803849400e0,
     2.053191626637758821870e0, 1.0),
)  # fmt: skip
_FAR_TAIL: Final = (
    (2.010334399292288132650e-7, 2.711555568743487578150e-5, 1.242660947388078438600e-3,
     2.653218952657612309300e-2, 2.965605718285048912300e-1, 1.784826539917291335800e0,
     5.463784911164114369900e0, 6.657904643501103777200e0),
    (2.044263103389939785640e-15, 1.421511758316445888700e-7, 1.846318317510054681800e-5,
     7.868691311456132591000e-4, 1.487536129085061485250e-2, 1.369298809227358053100e-1,
     5.998322065558879376900e-1, 1.0),
)  # fmt: skip


def _ratio(x: Floats, fraction: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    return polynomial(x, fraction[0]) / polynomial(x, fraction[1])


def cdf(z: ArrayLike) -> Floats:
    """P(Z <= z) of a standard normal, any shape, within 1e-14 of itself; 0 below -38."""
    z = np.asarray(z, dtype=float)
    x = (z * -_SQRT_HALF).ravel()
    far, found = abs(x), np.empty(x.size)
    near = far <= 1.0
    inner = x[near]
    found[near] = 0.5 - 0.5 * (inner * _ratio(inner * inner, _ERF))
    for some, fraction in ((~near & (far < 8.0), _ERFC), (far >= 8.0, _ERFC_FAR)):
        if some.any():
            outer = np.minimum(far[some], 30.0)
            tail = 0.5 * exp(-outer * outer) * _ratio(outer, fraction)
            found[some] = np.where(x[some] > 0.0, tail, 1.0 - tail)
    found[x != x] = np.nan
    return found.reshape(z.shape)


def between(low: ArrayLike, high: ArrayLike) -> Floats:
    """P(low < Z <= high) of a standard normal, from the tails on the side where they are small."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return np.where(low > 0, cdf(-low) - cdf(-high), cdf(high) - cdf(low))


def density(z: ArrayLike) -> Floats:
    """Density of a standard normal, any shape."""
    z = np.asarray(z, dtype=float)
    return np.asarray(exp(-0.5 * (z * z)) / SQRT_2PI)


def quantile(p: ArrayLike) -> Floats:
    """z with P(Z <= z) = p of a standard normal, any shape; within 1e-15 of itself."""
    p = np.asarray(p, dtype=float)
    flat = p.ravel()
    off, found = flat - 0.5, np.empty(flat.size)
    middle = abs(off) <= 0.425
    inner = off[middle]
    found[middle] = inner * _ratio(0.180625 - inner * inner, _MIDDLE)
    outer = flat[~middle]
    root = np.sqrt(-log(np.minimum(outer, 1.0 - outer)))
    z = np.full(outer.size, np.inf)
    for some, fraction, shift in ((root <= 5.0, _TAIL, 1.6), (root > 5.0, _FAR_TAIL, 5.0)):
        known = some & (root < np.inf)
        z[known] = _ratio(root[known] - shift, fraction)
    found[~middle] = np.where(outer < 0.5, -z, np.where(outer == outer, z, np.nan))
    return found.reshape(p.shape)


def log_mean(above: Floats, below: Floats) -> Floats:
    """ln E[exp(z s)] of a standard normal z.

    Parameters
    ----------
    above, below : float64, shape (n,)
        Standard deviations s where z >= 0 and where z < 0.
    """
    up, down = exp(0.5 * (above * above)), exp(0.5 * (below * below))
    return np.asarray(log(up * cdf(above) + down * cdf(-below)))


_SHIFTS: Final[dict[tuple[float, float, float], float]] = {}
"""Median shifts found so far, by what decides them."""


def median_shift(above: Floats, below: Floats, variance: Floats) -> Floats:
    """Median of z*s + X: what a deviation adds to the median of an anchor whose halves differ.

    Parameters
    ----------
    above, below : float64, shape (n,)
        Standard deviations s of the log anchor for z >= 0 and z < 0.
    variance : float64, shape (n,)
        Of the deviation X, normal with mean zero.

    Returns
    -------
    float64, shape (n,)

    Notes
    -----
    A two-piece normal has its median at zero, but not with a symmetric X on top.
    """
    lines = [*zip(above.tolist(), below.tolist(), variance.tolist(), strict=True)]
    for one in lines:
        if one[0] == one[1] or one[2] <= 0.0 or max(one[:2]) <= 0.0:
            _SHIFTS[one] = 0.0
        elif math.isinf(one[2]):
            _SHIFTS[one] = (one[0] - one[1]) / SQRT_2PI  # the limit: the mean of z*s
    new = [*dict.fromkeys(one for one in lines if one not in _SHIFTS)]
    if new:
        _SHIFTS.update(zip(new, _shifts(np.array(new)).tolist(), strict=True))
    return np.array([_SHIFTS[one] for one in lines])


def _shifts(lines: Floats) -> Floats:
    """The roots of P(z*s + X <= m) = 1/2, of rows of `above`, `below`, variance."""
    found = np.zeros(len(lines))
    steep = np.sqrt(lines[:, 2]) < 0.15 * np.maximum(lines[:, 0], lines[:, 1])
    for some in (~steep, steep):
        if some.any():
            found[some] = _roots(lines[some], steep=some is steep)
    return found


def _roots(lines: Floats, *, steep: bool) -> Floats:
    """The same by Newton steps; `steep`: all that changes with z does so within some deviations of
    X, a small part of the way.

    Each stops by itself: what else is asked for decides no digit.
    """
    sd = np.sqrt(lines[:, 2:])
    changing = 12.0 * sd / np.maximum(lines[:, :2], 1e-300)
    parts = [_half_normal(changing[:, side : side + 1] if steep else None) for side in (0, 1)]
    (up, over), (down, under) = parts
    sides = np.concatenate([-lines[:, :1] * up, lines[:, 1:2] * down], axis=1) / sd
    both = np.broadcast_to(0.5 * np.concatenate([over, under], axis=1), sides.shape)
    found, active = np.zeros(len(lines)), np.arange(len(lines))
    for _ in range(30):
        points = found[active, None] / sd[active] + sides[active]
        missed = total(both[active] * cdf(points)) - 0.5
        step = missed * sd[active, 0] / total(both[active] * density(points))
        found[active] -= step
        active = active[abs(step) >= 1e-12]
        if not active.size:
            break
    return found


def _half_normal(changing: Floats | None = None) -> tuple[Floats, Floats]:
    """Points z > 0 and weights for integrals over the upper half of a standard normal, each row
    with as many below `changing` as above it, shape (n, points)."""
    points, weights = (one[None, :] for one in _gauss_legendre(48))
    if changing is None:
        z = 4.25 * (points + 1.0)
        weights = density(z) * weights
    else:
        half = 0.5 * np.minimum(changing, 8.5)
        z = half * (points + 1.0)
        rest = 4.25 - half
        above = 2.0 * half + rest * (points + 1.0)
        weights = np.concatenate(
            [density(z) * weights * half, density(above) * weights * rest], axis=1
        )
        z = np.concatenate([z, above], axis=1)
    return z, weights / total(weights)[:, None]


@cache
def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    """Points between -1 and 1 and weights of the quadrature of an even number of points."""
    # From near each root of the Legendre polynomial, whose recurrence gives value and slope.
    x = sin(0.5 * math.pi * (1.0 - (2.0 * np.arange(count // 2) + 1.5) / (count + 0.5)))
    for _ in range(6):
        before, value = np.ones(x.size), x
        for n in range(2, count + 1):
            before, value = value, ((2 * n - 1) * x * value - (n - 1) * before) / n
        slope = count * (before - x * value) / (1.0 - x * x)
        x = x - value / slope
    weights = 2.0 / ((1.0 - x * x) * slope * slope)
    return np.concatenate([-x, x[::-1]]), np.concatenate([weights, weights[::-1]])
