"""Sums, products and the like."""

from __future__ import annotations

from simcore.kernels.jit import inlined


@inlined
def product(a, b):
    return a * b


@inlined
def total(a, b):
    return a + b


@inlined
def difference(a, b):
    return a - b


@inlined
def quotient(a, b):
    return a / b


@inlined
def scaled(a, scale):
    return scale * a


@inlined
def smaller(a, b):
    return min(a, b)


@inlined
def larger(a, b):
    return max(a, b)


@inlined
def excess(value, threshold, side):
    """How far a value lies above the threshold, or below it where the side is -1; else nothing."""
    over = side * (value - threshold)
    # What is undefined stays so.
    return 0.0 if over < 0.0 else over


@inlined
def latched(value, kept, year, since):
    """A value of one year, kept from then on."""
    return value if year == since else kept


@inlined
def scheduled(value, weight):
    """Weight of the year times a value, which may be unknown where the weight is zero."""
    return weight * value if weight != 0.0 else 0.0


@inlined
def linear_row(rows, out, terms, weights):
    row, weight = terms[0], weights[0]
    for j in range(rows.shape[1]):
        rows[out, j] = weight * rows[row, j]
    for k in range(1, terms.shape[0]):
        row, weight = terms[k], weights[k]
        for j in range(rows.shape[1]):
            rows[out, j] += weight * rows[row, j]
