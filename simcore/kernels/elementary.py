"""Branch-free exp and log whose bits do not depend on the vector width.

Calls to the C library cost 6-8 ns a value and stop vectorisation. These are short polynomials in
explicit fused multiply-adds, so scalar, 256-bit and 512-bit code round alike.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import bits_of, float_of, fma, inlined

_LOG2_E: Final = 1.4426950408889634
_LN2_HIGH: Final = float.fromhex("0x1.62e42fefa3800p-1")
_LN2_LOW: Final = float.fromhex("0x1.ef35793c76730p-45")

# Adding 1.5 * 2**52 rounds to an integer that then sits in the low bits of the float.
_SHIFTER: Final = 6755399441055744.0
_SHIFTER_BITS: Final = np.int64(0x4338000000000000)
_EXPONENT_BIAS: Final = np.int64(1023)
_MANTISSA_BITS: Final = np.int64(52)
_ONE: Final = np.int64(1)

_EXP_LOWEST: Final = -746.0
_EXP_HIGHEST: Final = 710.0

_SQRT_HALF_BITS: Final = np.int64(0x3FE6A09E667F3BCD)
_ONE_BITS: Final = np.int64(0x3FF0000000000000)
_MANTISSA_MASK: Final = np.int64(0x000FFFFFFFFFFFFF)
_SMALLEST_NORMAL: Final = 2.2250738585072014e-308
_TWO_54: Final = 18014398509481984.0


@inlined
def exp(x):
    """Exponential function.

    Parameters
    ----------
    x : float
        Any float; NaN gives NaN.

    Returns
    -------
    float
        e**x within 1 ulp (2 ulp where the result is subnormal); 0 below -745.2, infinity
        above 709.8.

    Notes
    -----
    e**x = 2**k e**r with |r| <= ln(2)/2; the polynomial is the Taylor series to r**13, whose
    remainder is below 5e-18 there.
    """
    x = _EXP_LOWEST if x < _EXP_LOWEST else x
    x = _EXP_HIGHEST if x > _EXP_HIGHEST else x
    shifted = fma(x, _LOG2_E, _SHIFTER)
    k = shifted - _SHIFTER
    r = fma(k, -_LN2_HIGH, x)
    r = fma(k, -_LN2_LOW, r)
    q = fma(r, 1.6059043836821613e-10, 2.08767569878681e-09)
    q = fma(r, q, 2.505210838544172e-08)
    q = fma(r, q, 2.755731922398589e-07)
    q = fma(r, q, 2.7557319223985893e-06)
    q = fma(r, q, 2.48015873015873e-05)
    q = fma(r, q, 0.0001984126984126984)
    q = fma(r, q, 0.001388888888888889)
    q = fma(r, q, 0.008333333333333333)
    q = fma(r, q, 0.041666666666666664)
    q = fma(r, q, 0.16666666666666666)
    q = fma(r, q, 0.5)
    q = fma(r * r, q, r) + 1.0
    # Two factors, so that results below the normal range are reached by gradual underflow.
    whole = np.int64(bits_of(shifted)) - _SHIFTER_BITS
    half = whole >> _ONE
    first = float_of(np.uint64((half + _EXPONENT_BIAS) << _MANTISSA_BITS))
    second = float_of(np.uint64((whole - half + _EXPONENT_BIAS) << _MANTISSA_BITS))
    return q * first * second


@inlined
def log(x):
    """Natural logarithm.

    Parameters
    ----------
    x : float
        Any float.

    Returns
    -------
    float
        ln(x) within 1 ulp; -infinity at zero, NaN below zero, infinity at infinity.

    Notes
    -----
    x = 2**k m with m between sqrt(1/2) and sqrt(2); ln(m) by the odd series in
    s = f / (2 + f), f = m - 1, with the coefficients of fdlibm's `e_log.c`.
    """
    small = x < _SMALLEST_NORMAL
    scaled = x * _TWO_54 if small else x
    raised = np.int64(bits_of(scaled)) + (_ONE_BITS - _SQRT_HALF_BITS)
    exponent = (raised >> _MANTISSA_BITS) - _EXPONENT_BIAS
    # Integer to float by the shifter: AVX2 has no conversion of 64-bit integers.
    k = float_of(np.uint64(exponent + _SHIFTER_BITS)) - _SHIFTER
    k = k - 54.0 if small else k
    m = float_of(np.uint64((raised & _MANTISSA_MASK) + _SQRT_HALF_BITS))
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    q = fma(z, 1.479819860511658591e-01, 1.531383769920937332e-01)
    q = fma(z, q, 1.818357216161805012e-01)
    q = fma(z, q, 2.222219843214978396e-01)
    q = fma(z, q, 2.857142874366239149e-01)
    q = fma(z, q, 3.999999999940941908e-01)
    q = fma(z, q, 6.666666666666735130e-01)
    q = z * q
    half_square = 0.5 * f * f
    tail = fma(s, half_square + q, k * _LN2_LOW)
    result = fma(k, _LN2_HIGH, -((half_square - tail) - f))
    result = x if x == np.inf else result
    result = -np.inf if x == 0.0 else result
    # The comparison is false for NaN, which thus stays NaN.
    return result if x >= 0.0 else np.nan
