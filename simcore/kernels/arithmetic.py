"""Sums, products and the like of whole rows."""

from __future__ import annotations

from simcore.kernels.jit import kernel


@kernel
def product_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] * rows[b, j]


@kernel
def sum_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] + rows[b, j]


@kernel
def difference_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] - rows[b, j]


@kernel
def quotient_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] / rows[b, j]


@kernel
def scaled_row(rows, out, a, scale):
    for j in range(rows.shape[1]):
        rows[out, j] = scale * rows[a, j]


@kernel
def smaller_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = min(rows[a, j], rows[b, j])


@kernel
def linear_row(rows, out, inputs, weights):
    for j in range(rows.shape[1]):
        rows[out, j] = weights[0] * rows[inputs[0], j]
    for k in range(1, inputs.shape[0]):
        row, weight = inputs[k], weights[k]
        for j in range(rows.shape[1]):
            rows[out, j] += weight * rows[row, j]
