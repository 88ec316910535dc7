"""The cost premium by component, and what a good must cost for no premium, in NumPy."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.numpy_inputs import Values
from benchmarks.peers.numpy_model import (
    Memo,
    cbam_cost,
    cost_premium,
    difference,
    home_carbon_cost,
    of_plant,
    once,
    product,
    ratio,
)
from benchmarks.peers.numpy_plants import Place


def _part(amount, price, sign, before):
    return before + sign * amount * price


@of_plant
def parts(memo: Memo, place: Place, route: str, destination: str) -> dict[str, Values]:
    """Levelised and carbon cost by component, EUR/t."""
    plant = place.plants[route]
    found = {
        "capex": once(memo, product, plant.capital, plant.learning),
        "fixed_opex": plant.fixed,
        "other_opex": plant.other,
        "support": once(memo, product, plant.support, -1.0),
        "home_carbon": home_carbon_cost(memo, place, route),
        "cbam": cbam_cost(memo, place, route, destination),
    }
    for commodity, trades in plant.trades.items():
        value: Values = 0.0
        for trade in trades:
            value = once(memo, _part, trade.amount, trade.price, trade.sign, value)
        found[commodity] = value
    return found


def waterfall(memo: Memo, place: Place, route: str, destination: str) -> dict[str, Values]:
    """Parts of the cost premium by component, EUR/t."""
    own = parts(memo, place, route, destination)
    other = parts(memo, place, place.reference, destination)
    return {
        name: once(memo, difference, own.get(name, 0.0), other.get(name, 0.0))
        for name in {**other, **own}
    }


def _parity(price, excess, own, other):
    more = own - other
    return price - ratio(excess * more, np.square(more))


def parity_price(
    memo: Memo, place: Place, route: str, destination: str, good: str
) -> Values | None:
    """Price of a good at which the cost premium is zero; None where neither route uses it."""
    used = [place.plants[one].trades.get(good, ()) for one in (route, place.reference)]
    if not any(used):
        return None
    own, other = (sum(one.sign * one.amount for one in some) for some in used)
    price = (*used[0], *used[1])[0].price
    excess = cost_premium(memo, place, route, destination)
    key = ("parity", good, id(excess))
    if key not in memo:
        memo[key] = _parity(price, excess, own, other), (excess,)
    return memo[key][0]
