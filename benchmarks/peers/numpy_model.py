"""The model in NumPy: carbon, costs and premiums as arrays over (year, draw) (MODEL 5 to 8).

What two scenarios, destinations or routes have in common is computed once, as a careful programmer
arranges it by hand: `once` gives back the same array for the same formula of the same arrays, so
what coincides is told by identity. A term is a float or an array that broadcasts to (year, draw).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from benchmarks.peers.numpy_inputs import Values
from benchmarks.peers.numpy_paths import capital_recovery
from benchmarks.peers.numpy_plants import Place

Memo = ChainMap[Any, Any]


def once(memo: Memo, formula: Callable[..., Values], *terms: Values) -> Values:
    """Value of a formula, computed once for the same terms."""
    key = (formula, *[id(term) if isinstance(term, np.ndarray) else term for term in terms])
    if key not in memo:
        memo[key] = formula(*terms), terms  # keeps the terms, so that no id is used again
    return memo[key][0]


def lasting(memo: Memo, values: np.ndarray) -> np.ndarray:
    """The same array, kept as long as the memo, so that no other one has its identity."""
    memo["lasting", id(values)] = values, ()
    return values


def of_plant(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of a plant put what belongs to the reference route where it lasts.

    The first map of a memo holds what one route needs and is dropped with it, so that the arrays
    of the next route lie in memory that is still in the cache.
    """

    @wraps(function)
    def placed(memo: Memo, place: Place, route: str, *destination: str) -> Any:
        lasting = route == place.reference and len(memo.maps) > 1
        return function(memo.parents if lasting else memo, place, route, *destination)

    return placed


def _sum(one: Values, other: Values) -> Values:
    return one + other


def difference(one: Values, other: Values) -> Values:
    return one - other


def product(one: Values, other: Values) -> Values:
    return one * other


def ratio(value: Values, divisor: Values) -> np.ndarray:
    """value/divisor, undefined where the divisor is not positive."""
    value, divisor = np.broadcast_arrays(value, divisor)
    return np.divide(value, divisor, out=np.full(value.shape, np.nan), where=divisor > 0)


# --- a tonne before carbon -----------------------------------------------------------------------


def _levelised(capital, learning, fixed, other, support, *trades):
    cost = capital * learning + (fixed + other - support)
    for sign, amount, price in zip(trades[::3], trades[1::3], trades[2::3], strict=True):
        cost = cost + (sign * amount) * price
    return cost


@of_plant
def levelised_cost(memo: Memo, place: Place, route: str) -> Values:
    """Levelised cost, EUR/t."""
    plant = place.plants[route]
    trades = [term for one in plant.trades.values() for trade in one for term in trade]
    return once(
        memo,
        _levelised,
        plant.capital,
        plant.learning,
        plant.fixed,
        plant.other,
        plant.support,
        *trades,
    )


def _emissions(direct, precursor, *bought):
    total = direct + precursor
    for amount, factor in zip(bought[::2], bought[1::2], strict=True):
        total = total + amount * factor
    return total


@of_plant
def emissions(memo: Memo, place: Place, route: str) -> Values:
    """Emissions on the boundary of the run, t/t."""
    plant = place.plants[route]
    bought = [term for pair in plant.emitted_elsewhere for term in pair]
    return once(memo, _emissions, plant.direct, plant.precursor, *bought)


def avoided(memo: Memo, place: Place, route: str) -> Values:
    """Emissions of the reference minus those of the route, t/t."""
    return once(
        memo, difference, emissions(memo, place, place.reference), emissions(memo, place, route)
    )


# --- carbon cost ---------------------------------------------------------------------------------


def _exposure(covered, direct, allocation, benchmark, border, precursor, precursor_benchmark):
    tonnes = covered * (direct - allocation * benchmark)
    if np.any(border) and np.any(precursor):
        tonnes = tonnes + border * np.maximum(0.0, precursor - allocation * precursor_benchmark)
    return tonnes


@of_plant
def exposure(memo: Memo, place: Place, route: str) -> Values:
    """Allowances to buy at home per tonne."""
    plant = place.plants[route]
    return once(
        memo,
        _exposure,
        place.coverage,
        plant.direct,
        place.allocation,
        plant.benchmark,
        place.border,
        plant.precursor,
        plant.precursor_benchmark,
    )


@of_plant
def home_carbon_cost(memo: Memo, place: Place, route: str) -> Values:
    """Carbon cost at home, EUR/t, sign kept."""
    return once(memo, product, place.home_price, exposure(memo, place, route))


@of_plant
def marginal_carbon_cost(memo: Memo, place: Place, route: str) -> Values:
    """Price times covered emissions, EUR/t."""
    covered = once(memo, product, place.coverage, place.plants[route].direct)
    return once(memo, product, place.home_price, covered)


def _gap(actual, share, clean, allocation, benchmark):
    embedded = actual
    if share > 0.0:
        embedded = (1.0 - share) * actual + share * np.minimum(actual, clean)
    return embedded - allocation * benchmark


def _gap_of_default(value, mark_up, allocation, benchmark):
    return value * (1.0 + mark_up) - allocation * benchmark


def _paid(home, recognised):
    return np.maximum(0.0, home) * recognised


def _dearer(price, gap, paid_at_home, other_gap, other_paid):
    bill = np.maximum(0.0, price * gap - paid_at_home)
    return bill > np.maximum(0.0, price * other_gap - other_paid)


@of_plant
def declaration(memo: Memo, place: Place, route: str) -> tuple[Values, Values]:
    """Emissions declared above the free allocation of CBAM, t/t; what counts as paid, EUR/t."""
    rules, plant = place.rules["cbam"], place.plants[route]
    actual = once(memo, _sum, plant.direct, plant.precursor)
    if rules["method"] == "country_average":
        actual = place.average_intensity
    share = rules["resource_shuffling"] if route == place.reference else 0.0
    gap = once(
        memo,
        _gap,
        actual,
        share,
        rules["clean_intensity"],
        place.cbam_allocation,
        plant.cbam_benchmark,
    )
    paid = once(memo, _paid, home_carbon_cost(memo, place, route), place.recognised)
    if rules["declared"] == "actual":
        return gap, paid
    other = once(
        memo,
        _gap_of_default,
        place.default_intensity,
        place.mark_up,
        place.cbam_allocation,
        place.default_benchmark,
    )
    counted = once(memo, product, paid, place.counts_default)
    if rules["declared"] == "default":
        return other, counted
    by_default = once(memo, _dearer, place.border_price, gap, paid, other, counted)
    return once(memo, np.where, by_default, other, gap), once(
        memo, np.where, by_default, counted, paid
    )


def cbam_gap(memo: Memo, place: Place, route: str) -> Values:
    """Embedded emissions above the free allocation that CBAM grants, t/t."""
    return declaration(memo, place, route)[0]


def paid(memo: Memo, place: Place, route: str) -> Values:
    """What CBAM deducts for the price paid at home, EUR/t."""
    return declaration(memo, place, route)[1]


def _cbam(price, covered, gap, paid_at_home):
    return covered * np.maximum(0.0, price * gap - paid_at_home)


@of_plant
def cbam_cost(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """CBAM certificates, EUR/t."""
    if not (place.is_abroad and destination == "eu"):
        return once(memo, np.zeros, 1)
    return once(
        memo,
        _cbam,
        place.border_price,
        place.cbam_coverage,
        cbam_gap(memo, place, route),
        paid(memo, place, route),
    )


@of_plant
def carbon_cost(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Carbon cost at home and at the border, EUR/t."""
    home = home_carbon_cost(memo, place, route)
    if not (place.is_abroad and destination == "eu"):
        return home
    return once(memo, _sum, home, cbam_cost(memo, place, route, destination))


# --- premiums ------------------------------------------------------------------------------------


@of_plant
def total_cost(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Levelised and carbon cost, EUR/t."""
    return once(
        memo, _sum, levelised_cost(memo, place, route), carbon_cost(memo, place, route, destination)
    )


def cost_premium_ex_carbon(memo: Memo, place: Place, route: str) -> Values:
    """Levelised cost above the reference's, EUR/t."""
    return once(
        memo,
        difference,
        levelised_cost(memo, place, route),
        levelised_cost(memo, place, place.reference),
    )


def cost_premium(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Cost above the reference's, carbon included, EUR/t."""
    return once(
        memo,
        difference,
        total_cost(memo, place, route, destination),
        total_cost(memo, place, place.reference, destination),
    )


def abatement_cost(memo: Memo, place: Place, route: str) -> Values:
    """Premium before carbon per tonne of CO2e avoided, EUR."""
    return once(
        memo, ratio, cost_premium_ex_carbon(memo, place, route), avoided(memo, place, route)
    )


def _break_even_border(excess, covered, gap_reference, paid_reference, gap, paid_at_home):
    with np.errstate(invalid="ignore", divide="ignore"):
        needed = excess / covered + paid_reference
        alone = needed / gap_reference
        both = (needed - paid_at_home) / (gap_reference - gap)
    both = np.where((gap_reference > gap) & (both >= 0.0), both, np.nan)
    price = np.where(alone * gap <= paid_at_home, alone, both)
    price = np.where((covered > 0.0) & (gap_reference > 0.0), price, np.nan)
    return np.where(excess <= 0.0, 0.0, price)


def break_even_price(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Carbon price at which the cost premium is zero, EUR/t."""
    excess, reference = cost_premium_ex_carbon(memo, place, route), place.reference
    if not (place.is_abroad and destination == "eu"):
        saved = once(
            memo, difference, exposure(memo, place, reference), exposure(memo, place, route)
        )
        return once(memo, ratio, excess, saved)
    at_home = once(
        memo,
        difference,
        home_carbon_cost(memo, place, route),
        home_carbon_cost(memo, place, reference),
    )
    return once(
        memo,
        _break_even_border,
        once(memo, _sum, excess, at_home),
        place.cbam_coverage,
        cbam_gap(memo, place, reference),
        paid(memo, place, reference),
        cbam_gap(memo, place, route),
        paid(memo, place, route),
    )


def _netted(factor, carbon_reference, carbon):
    return factor * (carbon_reference - carbon)


def _less_credit(value, credit, amount, limit, emitted):
    sold = amount if limit is None else np.minimum(amount, limit * emitted)
    return value - credit * sold


def _seed(factor, price, credit):
    return price * factor - credit


def carbon_value(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Carbon value, EUR/t."""
    value, reference = place.rules["value"], place.reference
    if value["mode"] == "seed":
        return once(
            memo,
            product,
            avoided(memo, place, route),
            carbon_value_per_tco2(memo, place, route, destination),
        )
    net = once(
        memo,
        _netted,
        place.indirect_factor,
        carbon_cost(memo, place, reference, destination),
        carbon_cost(memo, place, route, destination),
    )
    if value["double_claiming"] == "forbid":
        return net
    return once(
        memo,
        _less_credit,
        net,
        place.credit_price,
        avoided(memo, place, route),
        value.get("credit_limit"),
        emissions(memo, place, reference),
    )


def carbon_value_per_tco2(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Carbon value per tonne of CO2e avoided, EUR."""
    if place.rules["value"]["mode"] == "netted":
        return once(
            memo,
            ratio,
            carbon_value(memo, place, route, destination),
            avoided(memo, place, route),
        )
    price = place.home_price
    if place.is_abroad and destination == "eu":
        price = once(memo, _sum, price, place.border_price)
    return once(memo, _seed, place.indirect_factor, price, place.credit_price)


def annualised_carbon_value(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Carbon value over the lifetime of the plant, EUR/t and year."""
    return once(
        memo,
        product,
        carbon_value(memo, place, route, destination),
        1.0 / place.rules["plant"]["lifetime"],
    )


def support_gap(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Premium before carbon less the carbon value, EUR/t."""
    return once(
        memo,
        difference,
        cost_premium_ex_carbon(memo, place, route),
        carbon_value(memo, place, route, destination),
    )


def _not_positive(values):
    return (values <= 0.0).astype(float)


def viability(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """1 where the carbon value covers the cost."""
    return once(memo, _not_positive, support_gap(memo, place, route, destination))


def _labelled(gap, drawn):
    return np.where(gap <= 0.0, drawn, np.nan)


def viability_by_view(memo: Memo, place: Place, route: str, destination: str) -> Values | None:
    """Position of each draw's view where the carbon value covers the cost, else undefined."""
    drawn = place.border_view if destination == "eu" else place.home_view
    if drawn is None:
        return None
    return once(memo, _labelled, support_gap(memo, place, route, destination), drawn)


def green_is_cheaper(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """1 where the cost premium is not positive."""
    return once(memo, _not_positive, cost_premium(memo, place, route, destination))


# --- values without a year -----------------------------------------------------------------------


def _crossover(premium, first, year):
    crossed = premium[first:] <= 0.0
    return np.where(crossed.any(axis=0), year + first + crossed.argmax(axis=0), np.nan)


def crossover_year(memo: Memo, place: Place, route: str, destination: str) -> np.ndarray:
    """First year (draw,) in which the route exists and is not dearer."""
    return once(
        memo,
        _crossover,
        cost_premium(memo, place, route, destination),
        place.plants[route].first,
        place.years[0],
    )


def lifecycle_carbon_value(memo: Memo, place: Place, route: str, destination: str) -> np.ndarray:
    """Carbon value (draw,) over the plant's life, 1e6 EUR."""
    return _over_life(memo, place, _earned(memo, place, route, destination), None)


def npv_carbon_value(memo: Memo, place: Place, route: str, destination: str) -> np.ndarray:
    """The same discounted to `valued_in`, 1e6 EUR."""
    return _over_life(memo, place, _earned(memo, place, route, destination), place.wacc)


def value_at_start(memo: Memo, place: Place, route: str, destination: str) -> np.ndarray:
    """The same discounted to the year before the plant starts, 1e6 EUR."""
    earned = _earned(memo, place, route, destination)
    return _over_life(memo, place, earned, place.wacc, place.rules["plant"]["start"] - 1)


def _earned(memo: Memo, place: Place, route: str, destination: str) -> Values:
    """Carbon value by year, undefined while the route does not exist."""
    premium = carbon_value(memo, place, route, destination)
    return defined(memo, premium, place.plants[route].first, len(place.years))


def _over_life(
    memo: Memo, place: Place, premium: Values, rate: Values | None, valued_in: int | None = None
) -> np.ndarray:
    plant = place.rules["plant"]
    to = plant["valued_in"] if valued_in is None else valued_in

    def add_up(values, rate):
        total: Values = 0.0
        for year in range(plant["start"], plant["start"] + plant["lifetime"]):
            shown = values[min(year - place.years[0], len(values) - 1)]
            discount = 1.0 if rate is None else (1.0 + rate) ** (to - year)
            total = total + plant["output"] * shown * discount
        return total

    kind = (plant["start"], plant["lifetime"], to, plant["output"])
    key = ("life", kind, id(premium), id(rate))
    if key not in memo:
        memo[key] = add_up(premium, rate), (premium, rate)
    return memo[key][0]


def _annuity(value, rate, output, life):
    return value * capital_recovery(rate, life) / output


def annuity_carbon_value(memo: Memo, place: Place, route: str, destination: str) -> np.ndarray:
    """Level yearly payment (draw,) over the plant's life, EUR/t."""
    plant = place.rules["plant"]
    return once(
        memo,
        _annuity,
        value_at_start(memo, place, route, destination),
        place.wacc,
        plant["output"],
        float(plant["lifetime"]),
    )


# --- what is shown -------------------------------------------------------------------------------


def _defined(values, first, years):
    shown = np.array(np.broadcast_to(values, (years, np.shape(values)[-1])))
    shown[:first] = np.nan
    return shown


def defined(memo: Memo, values: Values, first: int, years: int) -> Values:
    """Values with the years before `first` undefined."""
    return once(memo, _defined, values, first, years) if first else values


def cheapest(*totals: np.ndarray) -> np.ndarray:
    """Position (year, draw) of the lowest total; the first wins a tie, none is NaN."""
    stacked = np.stack(np.broadcast_arrays(*totals))
    missing = np.isnan(stacked)
    place = np.where(missing, np.inf, stacked).argmin(axis=0).astype(float)
    return np.where(missing.all(axis=0), np.nan, place)
