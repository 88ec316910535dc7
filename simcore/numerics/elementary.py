"""Elementary functions of numbers and arrays whose bits are the same on every machine.

The C library, NumPy's vectors and SciPy round the last bit of a power, an exponential or a
logarithm as the processor and their version have it. Here are only sums, products, quotients and
square roots, each rounded once as IEEE 754 says, in an order that is written down, and operations
on the exponent, which are exact. All that is prepared for the kernels goes through these;
`kernels.elementary` has those of the draws.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_LOG2_E: Final = 1.4426950408889634
_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_SQRT_HALF: Final = 0.7071067811865476
_EXP_SMALLEST: Final = -746.0
_EXP_LARGEST: Final = 709.782712893384
_WHOLE: Final = 4096
"""Largest whole exponent of a power that is computed exactly."""

# Coefficients of fdlibm's e_exp.c and e_log.c, highest power first.
_EXP: Final = (
    4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05,
    -2.77777777770155933842e-03, 1.66666666666666019037e-01,
)  # fmt: skip
_LOG: Final = (
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
    2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
    6.666666666666735130e-01,
)  # fmt: skip
_SIN: Final = tuple((-1.0 if k % 2 else 1.0) / math.factorial(2 * k + 1) for k in range(12, 0, -1))


def polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    """Polynomial by Horner's rule, the highest power first."""
    found = coefficients[0]
    for one in coefficients[1:]:
        found = found * x + one
    return found


def _of_exp(x: Any, k: Any) -> Any:
    """e**x / 2**k."""
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * polynomial(t, _EXP)
    return 1.0 - ((low - r * c / (2.0 - c)) - high)


def _of_log(m: Any, k: Any) -> Any:
    """ln(2**k m) for m between sqrt(1/2) and sqrt(2)."""
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + z * polynomial(z, _LOG)) + k * _LN2_LOW)) - f)


def exp(x: Any) -> Any:
    """e**x within 1 ulp, of a number or an array; infinity above 709.78."""
    if isinstance(x, float | int):
        x = float(x)
        if not _EXP_SMALLEST <= x <= _EXP_LARGEST:
            return math.nan if x != x else 0.0 if x < 0 else math.inf
        k = round(x * _LOG2_E)
        return math.ldexp(_of_exp(x, k), k)
    x = np.asarray(x, dtype=float)
    inside = np.minimum(np.maximum(x, _EXP_SMALLEST), _EXP_LARGEST)
    k = np.rint(inside * _LOG2_E)
    # NaN becomes some whole number, and stays NaN in the product.
    with np.errstate(under="ignore", invalid="ignore"):
        found = np.ldexp(_of_exp(inside, k), k.astype(np.int64))
    return np.where(x > _EXP_LARGEST, np.inf, found)


def log(x: Any) -> Any:
    """Natural logarithm within 1 ulp, of a number or an array; -infinity at 0, NaN below."""
    if isinstance(x, float | int):
        x = float(x)
        if not 0.0 < x < math.inf:
            return x if x > 0 else -math.inf if x == 0 else math.nan
        m, k = math.frexp(x)
        return _of_log(*((2.0 * m, k - 1) if m < _SQRT_HALF else (m, k)))
    x = np.asarray(x, dtype=float)
    known = (x > 0.0) & (x < np.inf)
    parts, exponent = np.frexp(np.where(known, x, 1.0))
    small = parts < _SQRT_HALF
    found = _of_log(np.where(small, 2.0 * parts, parts), exponent - np.where(small, 1.0, 0.0))
    if known.all():
        return found
    return np.where(known, found, np.where(x == 0.0, -np.inf, np.where(x > 0.0, x, np.nan)))


def log1p(x: Any) -> Any:
    """ln(1 + x), with all digits where x is small, of a number or an array."""
    grown = 1.0 + x
    # What 1 + x lost by rounding is made good by the quotient (Kahan).
    if isinstance(x, float | int):
        return float(x) if grown == 1.0 else log(grown) * (x / (grown - 1.0))
    small = grown == 1.0
    return np.where(small, x, log(grown) * (x / np.where(small, 1.0, grown - 1.0)))


def expm1(x: Any) -> Any:
    """e**x - 1, with all digits where x is small, of a number or an array."""
    x = np.asarray(x, dtype=float)
    grown = exp(x)
    plain = (grown == 1.0) | (abs(x) > 0.5)
    safe = np.where(plain, 2.0, grown)
    found = np.where(plain, grown - 1.0, (safe - 1.0) * (x / log(safe)))
    return np.where(grown == 1.0, x, found)


@lru_cache(maxsize=8192)
def power(base: float, exponent: float) -> float:
    """A number raised to another: of a whole exponent rounded once, else within a few ulp.

    OverflowError, ZeroDivisionError: as the operator of Python raises them.
    """
    if base == 1.0 or exponent == 0:
        return 1.0
    if exponent == int(exponent) and abs(exponent) <= _WHOLE:
        return float(Fraction(base) ** int(exponent))
    return float(exp(exponent * log(base)))


def powers(base: float, exponents: ArrayLike) -> Floats:
    """`power` of one number for each exponent of an array of one axis."""
    return np.array([power(base, one) for one in np.asarray(exponents).tolist()], dtype=float)


def sin(x: Any) -> Any:
    """Sine of a number or an array between -pi/2 and pi/2, within 2 ulp."""
    square = x * x
    return x + x * (square * polynomial(square, _SIN))


def arcsin(x: Any) -> Any:
    """Angle of a sine between -0.5 and 0.5, of a number or an array."""
    angle = x + x * (x * x) / 6.0
    for _ in range(4):
        found = sin(angle)
        angle = angle - (found - x) / np.sqrt(1.0 - found * found)
    return angle


def interpolated(x: ArrayLike, points: ArrayLike, values: ArrayLike) -> Floats:
    """Values on the straight lines between points, which increase; beyond them the outermost."""
    x, points = np.asarray(x, dtype=float), np.asarray(points, dtype=float)
    values = np.asarray(values, dtype=float)
    if points.size == 1:
        return np.full(x.shape, values[0])
    left = np.clip(np.searchsorted(points, x, "right") - 1, 0, points.size - 2)
    slope = (values[left + 1] - values[left]) / (points[left + 1] - points[left])
    found = slope * (x - points[left]) + values[left]
    found = np.where(x >= points[-1], values[-1], found)
    return np.where(x <= points[0], values[0], found)


def evenly(low: float, high: float, count: int) -> Floats:
    """Numbers at even distances from one to another, both included."""
    found = low + (high - low) * (np.arange(count) / (count - 1))
    found[-1] = high
    return found


def total(values: ArrayLike, axis: int = -1) -> Any:
    """Sum along an axis: halves are added, then their halves, so that no vector decides the order.

    Parameters
    ----------
    values : array_like of float
    axis : int

    Returns
    -------
    float64, shape of the other axes
    """
    left = np.moveaxis(np.asarray(values, dtype=float), axis, 0)
    if len(left) == 0:
        return np.zeros(left.shape[1:])[()]
    while len(left) > 1:
        half = len(left) // 2
        added = left[:half] + left[half : 2 * half]
        if len(left) % 2:
            added[0] += left[-1]
        left = added
    return left[0]


def mean_of(values: ArrayLike, axis: int = -1) -> Any:
    """Mean along an axis, by `total`."""
    values = np.asarray(values, dtype=float)
    return total(values, axis) / values.shape[axis]
