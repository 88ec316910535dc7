"""Levelised cost, learning and hydrogen (MODEL 6)."""

from __future__ import annotations

from simcore.kernels.elementary import exp, log
from simcore.kernels.jit import kernel, scalar

LN2 = 0.6931471805599453


@scalar
def learning_exponent(rate: float) -> float:
    """log2(1 - LR): cost falls by LR with each doubling."""
    return log(1.0 - rate) / LN2


@scalar
def learning_multiplier(share: float, exponent: float, log_capacity: float) -> float:
    """Cost relative to the first year: fixed share + learning share * (Q/Q0)^exponent."""
    return 1.0 - share + share * exp(exponent * log_capacity)


@scalar
def hydrogen_cost(
    capital: float, hours: float, demand: float, electricity: float, storage: float
) -> float:
    """Cost of a kg of hydrogen.

    Parameters
    ----------
    capital : float
        Yearly charge of the electrolyser, money per kW and year.
    hours : float
        Full-load hours per year.
    demand : float
        Electricity, kWh/kg.
    electricity : float
        Price, money per MWh.
    storage : float
        Storage and delivery, money per kg.
    """
    return (capital / hours + electricity * 1e-3) * demand + storage


@kernel
def learning_exponent_row(rows, out, rate):
    for j in range(rows.shape[1]):
        rows[out, j] = learning_exponent(rows[rate, j])


@kernel
def learning_row(rows, out, exponent, z, share, line):
    """line: log of the capacity ratio, s+ and s- of the year."""
    centre, above, below = line[0], line[1], line[2]
    for j in range(rows.shape[1]):
        anchor = rows[z, j]
        log_capacity = centre + anchor * (above if anchor >= 0.0 else below)
        rows[out, j] = learning_multiplier(rows[share, j], rows[exponent, j], log_capacity)


@kernel
def hydrogen_row(rows, out, inputs, numbers):
    """inputs: capex, learning, recovery, fixed opex, stack share, stack life, hours, demand,
    electricity, storage; numbers: lifetime."""
    capex, learning, recovery, fixed = inputs[0], inputs[1], inputs[2], inputs[3]
    stack_share, stack_life, hours, demand = inputs[4], inputs[5], inputs[6], inputs[7]
    electricity, storage, lifetime = inputs[8], inputs[9], numbers[0]
    for j in range(rows.shape[1]):
        stacks = rows[stack_share, j] * max(0.0, 1.0 / rows[stack_life, j] - 1.0 / lifetime)
        charge = rows[capex, j] * rows[learning, j] * (rows[recovery, j] + rows[fixed, j] + stacks)
        rows[out, j] = hydrogen_cost(
            charge, rows[hours, j], rows[demand, j], rows[electricity, j], rows[storage, j]
        )


@kernel
def levelised_row(rows, out, inputs, numbers):
    """inputs: capital charge, learning, fixed, other, support, then pairs of quantity and price;
    numbers: the sign of each pair (-1 for a by-product)."""
    capital, learning, fixed = inputs[0], inputs[1], inputs[2]
    other, support = inputs[3], inputs[4]
    for j in range(rows.shape[1]):
        rows[out, j] = (
            rows[capital, j] * rows[learning, j]
            + rows[fixed, j]
            + rows[other, j]
            - rows[support, j]
        )
    for pair in range(numbers.shape[0]):
        quantity, price, sign = inputs[5 + 2 * pair], inputs[6 + 2 * pair], numbers[pair]
        for j in range(rows.shape[1]):
            rows[out, j] += sign * rows[quantity, j] * rows[price, j]
