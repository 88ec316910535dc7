"""Sums, products and the like of whole rows."""

from __future__ import annotations

from simcore.kernels.jit import inlined


@inlined
def product_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] * rows[b, j]


@inlined
def sum_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] + rows[b, j]


@inlined
def difference_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] - rows[b, j]


@inlined
def quotient_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] / rows[b, j]


@inlined
def scaled_row(rows, out, a, scale):
    for j in range(rows.shape[1]):
        rows[out, j] = scale * rows[a, j]


@inlined
def smaller_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = min(rows[a, j], rows[b, j])


@inlined
def linear_row(rows, out, inputs, weights):
    row, weight = inputs[0], weights[0]
    for j in range(rows.shape[1]):
        rows[out, j] = weight * rows[row, j]
    for k in range(1, inputs.shape[0]):
        row, weight = inputs[k], weights[k]
        for j in range(rows.shape[1]):
            rows[out, j] += weight * rows[row, j]
