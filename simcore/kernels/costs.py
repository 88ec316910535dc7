"""Levelised cost, learning and hydrogen (MODEL 6)."""

from __future__ import annotations

from simcore.kernels.elementary import exp, log
from simcore.kernels.jit import inlined

LN2 = 0.6931471805599453


@inlined
def learning_exponent(rate: float) -> float:
    """log2(1 - LR): cost falls by LR with each doubling (MODEL 6.5)."""
    return log(1.0 - rate) / LN2


@inlined
def learning_multiplier(share: float, exponent: float, log_capacity: float) -> float:
    """Cost relative to the first year: fixed share + learning share * (Q/Q0)^exponent.

    MODEL 6.5.
    """
    return 1.0 - share + share * exp(exponent * log_capacity)


@inlined
def electrolyser_charge(
    capex: float,
    recovery: float,
    fixed: float,
    stack_share: float,
    stack_life: float,
    life: float,
    hours: float,
    demand: float,
) -> float:
    """Fixed cost of a kg of hydrogen before learning: capital, operation, stacks (MODEL 6.6, 6.7).

    Parameters
    ----------
    capex : float
        Money per kW.
    recovery, fixed : float
        Capital recovery factor and fixed operating cost, share of capex per year.
    stack_share : float
        Share of capex that a new stack costs.
    stack_life, life : float
        Years of a stack and of the plant.
    hours : float
        Full-load hours per year.
    demand : float
        Electricity, kWh/kg.
    """
    stacks = stack_share * max(0.0, 1.0 / stack_life - 1.0 / life)
    return capex * (recovery + fixed + stacks) / hours * demand


@inlined
def hydrogen(charge, learning, electricity, demand, storage):
    """Cost of a kg of hydrogen: fixed charge, electricity (money per MWh), storage (MODEL 6.6)."""
    return charge * learning + electricity * 1e-3 * demand + storage


@inlined
def learnt(exponent, z, share, centre, above, below):
    """`learning_multiplier` at a log capacity ratio of that centre, s+ and s-."""
    return learning_multiplier(share, exponent, centre + z * (above if z >= 0.0 else below))


@inlined
def levelised_row(rows, out, inputs, numbers):
    """inputs: capital charge, learning, other cost, then pairs of quantity and price; numbers: the
    sign of each pair (-1 for a by-product)."""
    capital, learning, other = inputs[0], inputs[1], inputs[2]
    for j in range(rows.shape[1]):
        rows[out, j] = rows[capital, j] * rows[learning, j] + rows[other, j]
    pairs = numbers.shape[0]
    # Two pairs at a time: half the passes over the sum.
    for pair in range(0, pairs - 1, 2):
        quantity, price, sign = inputs[3 + 2 * pair], inputs[4 + 2 * pair], numbers[pair]
        second, its_price, its_sign = (
            inputs[5 + 2 * pair],
            inputs[6 + 2 * pair],
            numbers[pair + 1],
        )
        for j in range(rows.shape[1]):
            rows[out, j] += (
                sign * rows[quantity, j] * rows[price, j]
                + its_sign * rows[second, j] * rows[its_price, j]
            )
    if pairs % 2 == 1:
        quantity, price, sign = inputs[1 + 2 * pairs], inputs[2 + 2 * pairs], numbers[pairs - 1]
        for j in range(rows.shape[1]):
            rows[out, j] += sign * rows[quantity, j] * rows[price, j]
