"""When to build: published cases, a plain dynamic program, and what knowing nothing is worth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simcore.estimators.least_squares import affordable, polynomial, terms_of
from simcore.estimators.waiting import (
    best_fixed,
    best_rule,
    best_simple,
    every_degree,
    fixed,
    follow,
    mean_of,
    perfect,
    probabilities,
    rule_of,
    threshold,
)

DRAWS = 8_000
BUILD, NEVER = 0, 1


def halves(arrays):
    return [one[:, ::2] for one in arrays], [one[:, 1::2] for one in arrays]


def beside_never(worth):
    """Values of one option by date, beside never, which is decided on at the last one."""
    none = np.full(worth.shape[1], np.nan)
    last = len(worth) - 1
    return [np.stack([one, np.zeros_like(one) if at == last else none])
            for at, one in enumerate(worth)]  # fmt: skip


def priced(values, features, degree=None):
    """Adaptive values of the half that prices, those of its best fixed date, and the rule."""
    (fit, price), (known, met) = halves(values), halves(features)
    _, rule = best_rule(fit, known, every_degree(degree))
    date, option = best_fixed(price)
    return follow(rule, price, met), price[date][option], price, rule


# --- the polynomials -----------------------------------------------------------------------------


def test_a_polynomial_is_found_again_and_ends_hold_beyond_the_draws():
    random = np.random.default_rng(1)
    x = random.normal(size=(2, 500)) * [[3.0], [0.1]] + [[5.0], [-1.0]]
    wanted = 2.0 - x[0] + 3.0 * x[0] * x[1] + x[1] ** 2
    found = polynomial(x, wanted[None], 2)
    np.testing.assert_allclose(found(x)[0], wanted, rtol=1e-9, atol=1e-9)
    beyond = np.array([[x[0].max() + 5.0], [x[1].min()]])
    np.testing.assert_allclose(found(beyond), found(np.array([[x[0].max()], [x[1].min()]])))


def test_what_repeats_or_never_moves_is_left_out():
    random = np.random.default_rng(2)
    flag = (random.random(1000) < 0.3).astype(float)
    x = np.stack([flag, 1.0 - flag, np.full(1000, 0.7)])
    target = np.where(flag == 1.0, 4.0, -1.0) + random.normal(size=1000)
    found = polynomial(x, target[None], 3)
    assert found.terms == ((), (0,))
    means = [target[flag == one].mean() for one in (1.0, 0.0)]
    np.testing.assert_allclose(found(np.array([[1.0, 0], [0, 1], [0.7, 0.7]]))[0], means)


def test_few_draws_lower_the_degree():
    assert len(terms_of(range(4), 3)) == math.comb(7, 3)
    assert affordable(4, 35 * 50, 3) == 3
    assert affordable(4, 35 * 50 - 1, 3) == 2
    assert affordable(4, 10, 3) == 0


# --- published cases -----------------------------------------------------------------------------


def test_dixit_and_pindyck_wait_a_year():
    # A widget factory of 1600: 200 now, then 300 or 100 for ever, at 10 %.
    later = np.where(np.arange(4000) // 2 % 2 == 0, 300.0, 100.0)
    worth = np.stack([-1600 + 200 + later / 0.1, (-1600 + later + later / 0.1) / 1.1])
    values, features = beside_never(worth), [np.full((1, 4000), 200.0), later[None]]
    taken, best, price, rule = priced(values, features)
    assert best.mean() == pytest.approx(600)
    assert taken.value.mean() == pytest.approx(0.5 * (-1600 + 3300) / 1.1)
    np.testing.assert_allclose(probabilities(taken, 2, 2), [[0, 0], [0.5, 0.5]])
    found = threshold(rule[1], features[1], 0, NEVER)
    assert found.kind == "above"
    assert found.value == pytest.approx(1600 * 0.1 / 1.1, rel=0.01)
    assert threshold(rule[0], features[0], 0, NEVER).kind == "never"
    assert perfect(price).mean() == pytest.approx(max(1600, 1545) / 2, rel=1e-3)


def put(spot, volatility, years, draws, seed=3):
    """An American put of 40 at 6 %, 50 dates a year: discounted payoffs and prices."""
    random, steps = np.random.default_rng(seed), 50 * years
    moves = random.normal((0.06 - volatility**2 / 2) / 50, volatility / math.sqrt(50),
                          (steps, draws))  # fmt: skip
    price = spot * np.exp(np.cumsum(moves, axis=0))
    gain = np.maximum(40.0 - price, 0.0)
    discount = np.exp(-0.06 / 50 * np.arange(1, steps + 1))[:, None]
    return beside_never(gain * discount), list(np.stack([price, gain], axis=1))


@pytest.mark.parametrize(
    ("spot", "volatility", "years", "draws", "published"),
    [
        (36, 0.2, 1, 6000, 4.478),
        pytest.param(36, 0.2, 1, 100_000, 4.478, marks=pytest.mark.long),
        pytest.param(44, 0.4, 2, 100_000, 5.647, marks=pytest.mark.long),
    ],
)
def test_the_puts_of_longstaff_and_schwartz(spot, volatility, years, draws, published):
    values, features = put(spot, volatility, years, draws)
    taken, _, price, _ = priced(values, features, degree=3)
    found = mean_of(taken.value)
    # Their table is of a finite difference scheme; a rule that is fitted is worth somewhat less.
    assert found.low - 0.001 * published < published < found.high + 0.015 * published
    assert perfect(price).mean() > 1.5 * published


# --- a plain dynamic program ---------------------------------------------------------------------

RATE, COST, SPREAD, LEVEL = 0.08, 100.0, 0.3, 90.0
DATES = 4


def by_quadrature():
    """Value of the option at each of many prices of each date, by sums over a grid."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    grid = np.linspace(math.log(5.0), math.log(2000.0), 4001)
    worth = [math.exp(-RATE * at) * (np.exp(grid) - COST) for at in range(DATES)]
    value = np.maximum(worth[-1], 0.0)
    limits = [COST]
    for at in reversed(range(DATES - 1)):
        later = sum(
            weight * np.interp(grid + SPREAD * node - SPREAD**2 / 2, grid, value)
            for node, weight in zip(nodes, weights, strict=True)
        )
        limits.append(float(np.exp(grid[np.flatnonzero(worth[at] > later)[0]])))
        value = np.maximum(worth[at], later)
    start = sum(weight * np.interp(math.log(LEVEL) + SPREAD * node, grid, value)
                for node, weight in zip(nodes, weights, strict=True))  # fmt: skip
    return start, limits[::-1]


def geometric(draws, seed=5):
    """A price that moves at random, whose project loses 1 for each that it has not won."""
    random = np.random.default_rng(seed)
    logs = math.log(LEVEL) + SPREAD * random.normal(size=draws)
    prices = [np.exp(logs)]
    for _ in range(DATES - 1):
        logs = logs + SPREAD * random.normal(size=draws) - SPREAD**2 / 2
        prices.append(np.exp(logs))
    worth = np.stack([math.exp(-RATE * at) * (one - COST) for at, one in enumerate(prices)])
    return beside_never(worth), prices


def test_value_and_thresholds_are_those_of_a_dynamic_program():
    values, prices = geometric(100_000)
    features = [np.log(one)[None] for one in prices]
    taken, best, price, rule = priced(values, features, degree=3)
    value, limits = by_quadrature()
    found = mean_of(taken.value)
    assert found.low < value < found.high + 0.004 * value
    told = [threshold(step, known, 0, NEVER) for step, known in zip(rule, features, strict=True)]
    assert {one.kind for one in told} == {"above"}
    # Above the cost by what the right to wait is worth, less and less as it ends.
    np.testing.assert_allclose([math.exp(one.value) for one in told], limits, rtol=0.05)
    assert limits == sorted(limits, reverse=True)
    assert mean_of(best).value < found.value < perfect(price).mean()
    fit, _ = halves(values)
    simple = best_simple(fit, [one[::2] for one in prices], NEVER)
    assert simple.is_above
    one = simple.follow(price, [one[1::2] for one in prices], NEVER).value.mean()
    assert 0.9 * found.value < one < found.value


# --- what knowing nothing is worth ---------------------------------------------------------------


def test_without_volatility_the_option_is_worth_nothing():
    worth = np.repeat([[-5.0], [2.0], [3.0], [1.0]], 1000, axis=1)
    features = [np.full((2, 1000), 4.0)] * 4
    taken, best, price, _ = priced(beside_never(worth), features)
    assert np.array_equal(taken.value, best)
    assert set(taken.date) == {2}
    assert mean_of(taken.value - best) == (0.0, 0.0, 0.0)
    assert fixed(price)[1][BUILD] == (2.0, 2.0, 2.0)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))]
)
def test_noise_that_is_known_is_worth_nothing(seed):
    random = np.random.default_rng(seed)
    worth = random.normal(1.0, 5.0, (4, DRAWS)) + np.array([[0.0], [0.1], [0.3], [0.2]])
    features = list(random.normal(size=(4, 5, DRAWS)))
    taken, best, price, _ = priced(beside_never(worth), features)
    gain = taken.value - best
    error = gain.std(ddof=1) / math.sqrt(len(gain)) + 1e-12
    # No gain that is none; of dates that are nearly as good the wrong one may be taken.
    assert -0.3 < gain.mean() <= 2 * error
    assert taken.value.mean() < perfect(price).mean()


def test_two_options_are_told_apart_by_what_moves_each():
    random = np.random.default_rng(6)
    x = random.normal(size=(2, DRAWS))
    values = [np.stack([x[0], x[1], np.zeros(DRAWS)])]
    taken, _, price, rule = priced(values, [x], degree=1)
    # Of the largest of three normals half the sum of the mean distances, the third being 0.
    wanted = (math.sqrt(2) + 1 + 1) / (2 * math.sqrt(2 * math.pi))
    assert taken.value.mean() == pytest.approx(wanted, rel=0.03)
    np.testing.assert_array_equal(taken.value, perfect(price))
    assert len(rule) == 1


def test_to_wait_that_costs_something_ends_when_nothing_is_hoped_for():
    # Each date costs 2: who sees a low price gives up at once, by never taken at the first date.
    random = np.random.default_rng(7)
    price = random.normal(0.0, 10.0, DRAWS)
    later = price + random.normal(0.0, 3.0, DRAWS)
    paid = -2.0
    values = [np.stack([price, np.zeros(DRAWS)]),
              np.stack([later + paid, np.full(DRAWS, paid)])]  # fmt: skip
    taken, _, _, _ = priced(values, [price[None], later[None]], degree=3)
    share = probabilities(taken, 2, 2)
    assert share[0, NEVER] > 0.3
    assert share[0, BUILD] > 0.3
    assert share.sum() == pytest.approx(1)
    free = [values[0].copy(), values[1] - paid]
    free[0][NEVER] = np.nan
    without, _, _, _ = priced(free, [price[None], later[None]], degree=3)
    assert without.value.mean() > taken.value.mean()
    assert probabilities(without, 2, 2)[0, NEVER] == 0


def test_an_option_that_comes_later_is_not_taken_before():
    values = [np.stack([np.full(1000, np.nan), np.full(1000, np.nan)]),
              np.stack([np.full(1000, 3.0), np.zeros(1000)])]  # fmt: skip
    rule = rule_of(values[1:], [np.zeros((1, 1000))], 1)
    assert set(follow(rule, values[1:], [np.zeros((1, 1000))]).option) == {BUILD}


def test_several_thresholds_are_none():
    x = np.linspace(-2.0, 2.0, DRAWS)[None]
    worth = np.stack([1.0 - x[0] ** 2, np.zeros(DRAWS)])
    rule = rule_of([worth], [x], 2)
    assert threshold(rule[0], x, 0, NEVER).kind == "several"
    below = rule_of([np.stack([1.0 - x[0], np.zeros(DRAWS)])], [x], 2)
    found = threshold(below[0], x, 0, NEVER)
    assert found.kind == "below"
    assert found.value == pytest.approx(1.0, abs=1e-6)
