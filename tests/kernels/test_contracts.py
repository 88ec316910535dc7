"""The settlement of a year against a plain loop over years, with clauses and dues at random."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from reference_contracts import Clauses, account

from simcore.kernels import contracts

DRAWS, YEARS = 256, 25
_STATE = ("paid", "received", "run", "ended", "cut")


def settled(
    clauses: Clauses, due: np.ndarray, active: np.ndarray, room: np.ndarray, worth: np.ndarray,
    cap: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Payments by year, and the state after each year; `cap` is that of each draw."""
    out, rows = 0, np.zeros((11, DRAWS))
    names = ("due", "active", "cap_year", "cap_total", "room", *_STATE)
    at = {name: 1 + place for place, name in enumerate(names)}
    rows[at["cap_year"]], rows[at["cap_total"]] = (
        clauses.yearly,
        (clauses.total if cap is None else cap),
    )
    payments, states = [], []
    for year in range(YEARS):
        rows[at["due"]], rows[at["active"]] = due[year], active[year]
        rows[at["room"]] = room[year]
        contracts.settled_row(
            rows, out, *(at[name] for name in names), float(clauses.one_sided),
            float(clauses.received), float(clauses.exit_after), worth[year],
        )  # fmt: skip
        payments.append(rows[out].copy())
        states.append(rows[[at[name] for name in _STATE]].copy())
    return np.array(payments), np.array(states)


CASES = list(product((math.inf, 300.0), (math.inf, 60.0), (False, True), (False, True), (0, 1, 3)))


@pytest.mark.parametrize(
    ("total", "yearly", "one_sided", "received", "exit_after"), CASES,
    ids=["-".join(map(str, case)) for case in CASES],
)  # fmt: skip
def test_settlement_is_that_of_a_plain_loop(
    total: float, yearly: float, one_sided: bool, received: bool, exit_after: int
) -> None:
    clauses = Clauses(total, yearly, one_sided, received, exit_after)
    make = np.random.default_rng(CASES.index((total, yearly, one_sided, received, exit_after)))
    # Some years in a row on one side, so that contracts end, are used up, and take back.
    due = np.cumsum(make.normal(0, 30, (YEARS, DRAWS)), axis=0) + make.normal(0, 20, DRAWS)
    active = make.random((YEARS, DRAWS)) < np.linspace(0.3, 1.0, DRAWS)
    room = np.where(make.random((YEARS, DRAWS)) < 0.8, np.inf, make.uniform(0, 50, (YEARS, DRAWS)))
    worth = np.full(YEARS, 1.0) if make.random() < 0.5 else 1.03 ** -np.arange(YEARS)
    cap = total * make.uniform(0.5, 1.5, DRAWS)
    payments, states = settled(clauses, due, active, room, worth, cap)
    for draw in range(DRAWS):
        own = replace(clauses, total=cap[draw])
        plain = account(own, due[:, draw], active[:, draw], room[:, draw], worth)
        np.testing.assert_allclose(payments[:, draw], plain.payments, rtol=0, atol=1e-9)
        paid, *_, ended, cut = states[-1, :, draw]
        assert paid == pytest.approx(plain.paid, abs=1e-9)
        assert (ended, cut) == (float(plain.ended_in is not None), float(plain.is_cut))
    # Exactly: what is left decides in which year a programme has spent all.
    given = np.where(payments > 0, payments / worth[:, None], 0.0).sum(axis=0)
    assert np.all(states[:, 0] <= cap)
    is_spent = states[-1, 0] == cap
    np.testing.assert_array_equal(is_spent, np.isclose(given, cap) if total < math.inf else False)
    if math.isfinite(total) and not exit_after:
        assert is_spent.any() and not is_spent.all()


def test_nothing_is_read_of_what_is_due_before_the_first_payment() -> None:
    """Of a project that has not begun nothing is known."""
    due = np.full((YEARS, DRAWS), 5.0)
    due[:10] = math.nan
    active = np.arange(YEARS)[:, None] >= np.full(DRAWS, 10)
    ever = np.full((YEARS, DRAWS), math.inf)
    payments, states = settled(Clauses(exit_after=2), due, active, ever, np.ones(YEARS))
    assert np.all(payments[:10] == 0.0) and np.all(payments[10:] == 5.0)
    assert np.all(np.isfinite(states[:, 1:]))


def test_what_is_due_may_be_all_that_a_cap_allows() -> None:
    every, ever = np.ones((YEARS, DRAWS)), np.full((YEARS, DRAWS), math.inf)
    clauses = Clauses(total=60.0 * YEARS, yearly=60.0)
    payments, states = settled(clauses, 60.0 * every, every, ever, np.ones(YEARS))
    assert np.all(payments == 60.0)
    assert not states[-1, _STATE.index("cut")].any()
    _, states = settled(clauses, 60.5 * every, every, ever, np.ones(YEARS))
    assert states[0, _STATE.index("cut")].all()


def test_a_cap_is_reached_to_the_last_digit() -> None:
    """What is left of it is a difference, and with what was paid need not sum to it."""
    make = np.random.default_rng(5)
    due, cap = np.full((YEARS, DRAWS), 10.0), make.uniform(0.7, 1.0, DRAWS)
    due[0] = make.uniform(0.0, 0.3, DRAWS)
    assert np.any(due[0] + (cap - due[0]) != cap)
    every, ever = np.ones((YEARS, DRAWS)), np.full((YEARS, DRAWS), math.inf)
    payments, states = settled(Clauses(), due, every, ever, np.ones(YEARS), cap)
    np.testing.assert_array_equal(states[1, 0], cap)
    assert not payments[2:].any()


@pytest.mark.parametrize("delay", [0.0, 0.4, 2.0])
@pytest.mark.parametrize("term", [1.0, 15.0])
@pytest.mark.parametrize("programme", [(2030.0, 2060.0), (2032.0, 2040.0)])
def test_years_of_payment(delay: float, term: float, programme: tuple[float, float]) -> None:
    found = [year for year in range(2026, 2060)
             if contracts.in_force(delay, year, 2030.0, term, *programme)]  # fmt: skip
    begun = 2030 + math.ceil(delay)
    paid = range(begun, begun + int(term))
    assert found == [year for year in paid if programme[0] <= year <= programme[1]]
