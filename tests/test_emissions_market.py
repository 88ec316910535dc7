"""The EU ETS as a market with cap, bank and reserve: balances, arbitrage, and what rules do."""

from __future__ import annotations

import copy
import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml
from agreement import central_case, disagreements
from reference_market import market as allowances
from reference_paths import Case
from small_config import market, small_config

import simcore
from simcore import distributions
from simcore.errors import ConfigError
from simcore.intake import packaged
from simcore.intake.systems import Rules
from simcore.kernels.simulate import simulate
from simcore.kernels.streams import Stream
from simcore.model.emissions_market import caps, rules_table
from simcore.running import program

TONNE = 1e-6
STOCKS = ["bank", "reserve", "emissions", "invalidated", "removed"]
OUTCOMES = ["carbon_price", *(f"allowance_{name}" for name in STOCKS)]
PACKAGED = packaged.catalog()["systems"]["eu_ets"]
DATA = Path(__file__).parent / "data"
QUANTITIES = (
    "level", "growth", "slope", "backstop", "discount_rate", "immediate", "adjustment", "hedge",
)  # fmt: skip
PLAIN: dict[str, Any] = {"immediate": 0.0, "adjustment": 1.0, "hedge": 0.0}
"""All abatement at once, and a bank that may be empty."""


def system(**changes: Any) -> dict[str, Any]:
    """The packaged system under one set of rules, known from the beginning; `rules` changes them."""
    found = copy.deepcopy(PACKAGED) | {"follows": None, "rules": {}, "resolution": None}
    rules = changes.pop("rules", {})
    found |= changes
    found["variants"] = {
        name: copy.deepcopy(entry) | rules for name, entry in found["variants"].items()
    }
    return found


def usual(entry: dict[str, Any]) -> dict[str, Any]:
    """A system with every uncertain number at its mode."""
    return {
        key: {**{k: one[k] for k in ("unit", "price_year") if k in one}, "value": one["mode"]}
        if isinstance(one, dict) and "mode" in one else one
        for key, one in entry.items()
    }  # fmt: skip


def config(entry: dict[str, Any], *, first: int, last: int, **changes: Any) -> dict[str, Any]:
    """A config whose home market is this system."""
    home = market({"kind": "cap_and_bank", "system": "ets"}, spot=None)
    made = small_config(
        markets={"home_ets": home}, years={"first": first, "last": last}, outcomes=OUTCOMES,
        keep=OUTCOMES, exposures={}, draws=256,
    )  # fmt: skip
    made["catalog"]["systems"] = {"ets": entry}
    return made | changes


def solved(entry: dict[str, Any], *, first: int = 2026, last: int = 2050) -> xr.Dataset:
    made = simcore.run(config(entry, first=first, last=last))
    return made.sel(scenario="law", market="home_ets")


def central(entry: dict[str, Any], name: str, *, first: int = 2026, last: int = 2050) -> np.ndarray:
    return solved(entry, first=first, last=last)[f"{name}_central"].values


@pytest.fixture(scope="module")
def law() -> xr.Dataset:
    return solved(system())


# ---------------------------------------------------------------- against the slow model


def number(rng: np.random.Generator, low: float, high: float) -> dict[str, Any]:
    """An uncertain number."""
    a, b = sorted(rng.uniform(low, high, 2))
    return {"kind": "uniform", "low": a, "high": b}


def random_system(rng: np.random.Generator) -> dict[str, Any]:
    """Rules and demand as no parliament would pass them."""

    def rules() -> dict[str, Any]:
        return {
            "cap": {2026: rng.uniform(500, 1500)}, "reduction_base": 2000.0,
            "reduction_factor": {2027: rng.uniform(0, 0.06), 2034: rng.uniform(0, 0.05)},
            "rebasing": {2030: rng.uniform(-150, 100)}, "auctioned": rng.uniform(0.1, 0.9),
            "intake": {2026: rng.uniform(0, 0.4), 2031: rng.uniform(0, 0.3)},
            "upper": rng.uniform(400, 1000), "lower": rng.uniform(100, 400),
            "release": rng.uniform(0, 150),
            "band": rng.choice([0.0, rng.uniform(1, 200)]),
            "decline": {} if rng.random() < 0.5 else {2029: 0.04, 2033: 0.1},
            "moved": {2027: (brought := rng.uniform(-80, 80)), 2030: -brought},
            "removals": {2031: rng.uniform(0, 40), 2032: rng.uniform(0, 40)},
            "ceiling": None if rng.random() < 0.3 else rng.uniform(0, 800),
            "invalidation_end": None if rng.random() < 0.5 else 2035,
            "price_trigger": None if rng.random() < 0.3 else rng.uniform(1.01, 2.5),
            "price_release": rng.uniform(0, 100),
        }  # fmt: skip

    return {
        "start": 2025, "bank": {2024: rng.uniform(0, 1800), 2025: rng.uniform(0, 1800)},
        "reserve": {2025: rng.uniform(0, 900)},
        "prices": {year: rng.uniform(5, 120) for year in (2023, 2024, 2025)},
        "baseline": {2025: rng.uniform(600, 1500), 2030: rng.uniform(500, 1500)},
        "level": number(rng, 0.8, 1.2), "growth": number(rng, -0.06, 0.03),
        "reference_price": number(rng, 30, 90), "slope": number(rng, 0.1, 0.9),
        "backstop": number(rng, 100, 900), "discount_rate": number(rng, 0.0, 0.15),
        "immediate": number(rng, 0.0, 0.3), "adjustment": number(rng, 0.1, 1.0),
        "hedge": number(rng, 0.0, 0.4),
        "until": 2046, "variant": "law", "follows": "reform",
        "variants": {"law": rules(), "other": rules(), "third": rules()},
    } | NEWS[rng.integers(len(NEWS))]  # fmt: skip


NEWS: list[dict[str, Any]] = [
    {},
    {"resolution": {
        "year": {"kind": "discrete", "values": [2027, 2028, 2030], "probabilities": [0.3, 0.4, 0.3]},
        "odds": {"law": 0.25, "other": 0.75}}},
    {"resolution": {"year": 2029, "odds": {"third": 1.0}}, "rules": {"law": "third"}},
    {"rules": {"law": "third", "other": "third"}},
    {"horizon": 7},
    {"horizon": 3, "resolution": {"year": 2031, "odds": {"third": 0.1, "law": 0.6, "other": 0.3}}},
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(6, 12))]
)
def test_random_systems_agree_with_the_slow_model(seed):
    made = config(random_system(np.random.default_rng(seed)), first=2026, last=2040, draws=300)
    if seed % 2:  # a known price, in the first year or, in one that solves from earlier on, later
        made["catalog"]["markets"]["home_ets"]["spot"] = {"year": 2026, "value": 15.0 * seed}
    if seed == 3:
        ets = made["catalog"]["systems"]["ets"]
        ets |= {"start": 2024, "bank": ets["bank"] | {2023: 900.0}, "reserve": {2024: 300.0}}
        ets["prices"] |= {2022: 50.0}
        ets["baseline"] |= {2024: 1100.0}
        for rules in ets["variants"].values():
            rules |= {"cap": {2025: 1200.0}, "intake": rules["intake"] | {2025: 0.24}}
            rules["reduction_factor"] |= {2025: 0.04}
    choice = {"kind": "discrete", "values": ["other", "law"], "probabilities": [0.4, 0.6]}
    values = {"values": {2020: 0.5}}
    made["catalog"]["policies"] = {"reform": {
        "variant": choice, "known_until": 2026, "variants": {"law": values, "other": values},
    }}  # fmt: skip
    plan = simcore.build(simcore.load(made))
    run = simcore.run(made).sel(scenario="law", market="home_ets")
    resolved, years = plan.spec.resolved(), range(2026, 2041)
    found = {name: run[name].transpose("draw", "year").values for name in OUTCOMES}
    assert run.year.values.tolist() == [*years]
    for draw in (*range(0, 256, 36), 256, 299):
        slow = allowances(Case(resolved, draw), resolved["catalog"]["markets"]["home_ets"])
        price = [slow.price[year] for year in years]
        np.testing.assert_allclose(found["carbon_price"][draw], price, rtol=1e-9, err_msg=f"{draw}")
        for name in STOCKS:
            held, own = getattr(slow, name), found[f"allowance_{name}"][draw]
            right = [held[year] for year in years]
            np.testing.assert_allclose(own, right, rtol=0, atol=TONNE, err_msg=f"{name} {draw}")
    faults = disagreements(resolved, central_case(plan), None, complete=False)
    assert list(faults) == []


# ---------------------------------------------------------------- bookkeeping and arbitrage


def test_bank_and_reserve_balance_to_the_tonne_in_every_draw(law):
    """Allowances issued are used, banked, in the reserve, or invalid; removals add to them."""
    rules = PACKAGED["variants"]["law"]
    cap, issued = rules["cap"][2024], {}
    assert sum(rules["moved"].values()) == 0.0
    for year in range(2025, 2051):
        cap -= (0.043 if year < 2028 else 0.044) * rules["reduction_base"]
        cap = max(0.0, cap - (27.0 if year == 2026 else 0.0))
        issued[year] = cap + rules["moved"].get(year, 0.0)
    stocks = {name: law[f"allowance_{name}"].transpose("year", "draw").values for name in STOCKS}
    held = stocks["bank"] + stocks["reserve"]
    before = np.vstack([np.full(256, PACKAGED["bank"][2025] + 400.0), held[:-1]])
    new = np.array([issued[year] for year in range(2026, 2051)])[:, None]
    rest = before + new + stocks["removed"] - stocks["emissions"] - stocks["invalidated"] - held
    assert np.abs(rest).max() < TONNE
    assert stocks["bank"].min() > -TONNE
    assert stocks["reserve"].min() >= 0.0
    assert stocks["reserve"].max() <= 400.0
    assert stocks["invalidated"].sum(axis=0).min() > 0.0


def test_price_grows_at_the_discount_rate_while_there_is_a_bank(law):
    made = config(system(), first=2026, last=2050)
    made["keep"] = [*OUTCOMES, "inputs"]
    run = simcore.run(made).sel(scenario="law", market="home_ets")
    rate = run["input"].sel(factor="ets.discount_rate").values
    backstop = run["input"].sel(factor="ets.backstop").values
    price = run["carbon_price"].transpose("year", "draw").values
    hedge = run["input"].sel(factor="ets.hedge").values
    bank = run["allowance_bank"].transpose("year", "draw").values
    bank = bank - hedge * run["allowance_emissions"].transpose("year", "draw").values
    assert bank.min() > -1e-6
    growth = price[1:] / price[:-1] - 1.0
    banked = (bank[:-1] > TONNE) & (price[1:] < backstop * (1 - 1e-9))
    assert banked.mean() > 0.5
    assert np.abs(np.where(banked, growth - rate, 0.0)).max() < 1e-9
    # At the hedge it may grow by less, never by more: it would have paid to keep allowances.
    assert (growth - rate).max() < 1e-9
    assert ((bank[:-1] <= TONNE) & (growth < rate - 1e-3)).any()


def test_price_without_a_reserve_in_closed_form():
    """Cumulative emissions along the growth of the price equal bank and caps, so ln P is a ratio.

    sum U (1 - a (x + k rho - ln ref)) = B + sum S, while emissions stay above zero.
    """
    entry = system(
        until=2035, growth=0.0, level=1.0, slope=0.5, discount_rate=0.07, backstop=2000.0,
        baseline={2026: 1000.0}, **PLAIN,
        rules={"intake": {2019: 0.0}, "release": 0.0, "price_trigger": None, "moved": {}},
    )  # fmt: skip
    rules = entry["variants"]["law"] | {"cap": {2024: 1200.0}, "rebasing": {}}
    entry["variants"] = {"law": rules}
    supply = entry["bank"][2025]
    cap = 1200.0
    for year in range(2025, 2036):
        cap -= (0.043 if year < 2028 else 0.044) * 2033.1
        supply += cap * (year > 2025)
    k, rho = np.arange(10), np.log(1.07)
    x = np.log(75.0) + (10 - supply / 1000.0) / (0.5 * 10) - rho * k.mean()
    found = central(entry, "carbon_price", last=2035)
    assert np.log(found) == pytest.approx(x + rho * k, rel=1e-9)
    assert central(entry, "allowance_bank", last=2035)[-1] == pytest.approx(0.0, abs=TONNE)


def test_price_with_slow_abatement_and_a_hedge_in_closed_form():
    """Cumulative emissions are linear in the first log price; the last bank is the hedge.

    With d[k] = x + k rho - ln ref, a[k] = (1-l) a[k-1] + l (s - s0) d[k] and E = U (1 - s0 d - a),
    sum E + h E[last] = B + sum S.
    """
    share = {"immediate": 0.1, "adjustment": 0.3, "hedge": 0.2}
    entry = system(
        until=2035, growth=0.0, level=1.0, slope=0.5, discount_rate=0.07, backstop=2000.0,
        baseline={2026: 1000.0}, **share,
        rules={"intake": {2019: 0.0}, "release": 0.0, "price_trigger": None, "moved": {}},
    )  # fmt: skip
    entry["variants"] = {"law": entry["variants"]["law"] | {"cap": {2024: 1200.0}, "rebasing": {}}}
    cap, supply = 1200.0, entry["bank"][2025]
    for year in range(2025, 2036):
        cap -= (0.043 if year < 2028 else 0.044) * 2033.1
        supply += cap * (year > 2025)

    def used(x: float) -> float:
        slow, total, emissions = 0.0, 0.0, 0.0
        for k in range(10):
            d = x + k * np.log(1.07) - np.log(75.0)
            slow += 0.3 * (0.4 * d - slow)
            emissions = 1000.0 * (1 - 0.1 * d - slow)
            total += emissions
        return total + 0.2 * emissions

    zero, one = used(0.0), used(1.0)
    x = (zero - supply) / (zero - one)
    found = central(entry, "carbon_price", last=2035)
    assert np.log(found) == pytest.approx(x + np.arange(10) * np.log(1.07), rel=1e-9)
    banks = central(entry, "allowance_bank", last=2035)
    assert banks[-1] == pytest.approx(0.2 * central(entry, "allowance_emissions", last=2035)[-1])


def test_all_at_once_without_a_hedge_is_the_market_of_before():
    """Numbers of version 0.1.0, with the system of that version as it was read.

    Its central case took the modes.
    """
    old = yaml.safe_load((DATA / "system_before_adjustment.yaml").read_text("utf-8"))
    with (DATA / "system_before_adjustment.csv").open(encoding="utf-8") as file:
        pinned = list(csv.DictReader(file))
    for variant in ("law", "reform_2026"):
        chosen = old | {"follows": None, "variant": variant}
        run, middle = solved(chosen), solved(usual(chosen))
        rows = [row for row in pinned if row["variant"] == variant]
        assert [int(row["year"]) for row in rows] == list(range(2026, 2051))
        for name in OUTCOMES:
            expected = [float(row[name]) for row in rows]
            found = middle[f"{name}_central"].values
            assert found == pytest.approx(expected, rel=1e-10, abs=TONNE)
        for draw in (0, 17, 255):
            expected = [float(row[f"draw_{draw}"]) for row in rows]
            assert run["carbon_price"].isel(draw=draw).values == pytest.approx(expected, rel=1e-9)


# ---------------------------------------------------------------- what the rules do


def test_a_tighter_reduction_factor_raises_the_price_of_today():
    prices = [
        central(system(rules={"reduction_factor": {2024: 0.043, 2028: factor}}), "carbon_price")[0]
        for factor in (0.034, 0.04, 0.044, 0.05)
    ]
    assert all(loose < tight * 0.99 for loose, tight in pairwise(prices))


def test_a_tighter_reduction_factor_invalidates_more():
    """Osorio et al. (2021), Energy Policy 158, 112530: cancellations grow with the factor."""
    found = [
        central(
            system(rules={"reduction_factor": {2024: 0.043, 2028: factor}}), "allowance_invalidated"
        ).sum()
        for factor in (0.03, 0.044, 0.05)
    ]
    assert found == sorted(found)
    assert found[-1] > 1.5 * found[0]


def test_intake_beyond_12_percent_hardly_moves_the_price():
    """Osorio et al. (2021): intake rates above 12 % have a limited effect; the bank is smaller."""
    slow, fast = (
        solved(usual(system(rules={"intake": {2019: rate}}))) for rate in (0.12, 0.24)
    )  # fmt: skip
    prices = [run["carbon_price_central"].sel(year=2030).item() for run in (slow, fast)]
    assert 1e-4 < abs(prices[1] / prices[0] - 1) < 0.01
    banks = [run["allowance_bank_central"].sel(year=2027).item() for run in (slow, fast)]
    assert banks[1] < banks[0] - 50.0


def test_a_reserve_that_keeps_the_cap_raises_prices_first_and_lowers_them_later():
    """Perino and Willner (2016), J. Environ. Econ. Manag. 80: so it is where the reserve binds.

    The cap is kept: nothing is invalidated, and all comes back before the market ends.
    """
    keeps = {"ceiling": None, "price_trigger": None, "auctioned": 1.0, "upper": 100.0}
    keeps |= {"lower": 100.0, "release": 400.0}
    entry = {"growth": -0.01, "slope": 0.6, "until": 2060, "backstop": 400.0, **PLAIN}
    runs = [
        solved(system(**entry, rules=keeps | {"intake": {2019: rate}}), last=2060)
        for rate in (0.0, 0.1, 0.9)
    ]
    prices = [run["carbon_price_central"].values for run in runs]
    for less, more in pairwise(prices):
        assert more[0] > less[0] * 1.05
        assert (more[15:] < less[15:] * 0.95).any()
    used = [run["allowance_emissions_central"] - run["allowance_removed_central"] for run in runs]
    ends = [run["allowance_bank_central"] + run["allowance_reserve_central"] for run in runs]
    total = [float(u.sum() + e[-1]) for u, e in zip(used, ends, strict=True)]
    assert total == pytest.approx([total[0]] * 3, abs=TONNE)


def test_invalidation_raises_the_price():
    """It takes allowances away for good (MODEL 9; Osorio et al. 2021: 5.1 Gt under the rules)."""
    # With demand that brings the reserve back before removals do the rest.
    demand = PLAIN | {"start": 2023, "slope": 0.62, "backstop": 400.0}
    with_it, without = (
        solved(usual(system(**demand, rules={"ceiling": ceiling})), first=2024)
        for ceiling in (400.0, None)
    )
    prices = [run["carbon_price_central"].values for run in (with_it, without)]
    assert prices[0][0] > prices[1][0] * 1.002
    assert with_it["allowance_invalidated_central"].sum() > 500.0
    assert without["allowance_invalidated_central"].sum() == 0.0


def test_price_trigger_releases_and_lowers_the_price():
    """Article 29a: prices that jump above a multiple of the two years before free allowances."""
    low = {2023: 20.0, 2024: 20.0, 2025: 70.0}
    prices = [
        central(system(prices=low, rules={"price_trigger": trigger}), "carbon_price")[0]
        for trigger in (2.4, None)
    ]
    assert prices[0] < prices[1]


def test_reform_lowers_the_price_with_the_free_allocation_it_prolongs():
    """One draw of the policy decides the rules of the market and the free allocation alike."""
    made: dict[str, Any] = {
        "name": "both", "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"], "draws": 512,
        "years": {"first": 2026, "last": 2035}, "outcomes": ["carbon_price", "cbam_factor"],
        "keep": ["carbon_price", "cbam_factor"], "scenarios": {"law": {}},
        "catalog": {
            "markets": {"eu_ets": {
                "anchors": {}, "tightening": None, "corridor": None,
                "process": {"kind": "cap_and_bank", "system": "eu_ets"},
            }},
            "systems": {"eu_ets": {
                name: PACKAGED[name].get("mode", 75)
                for name in QUANTITIES
            } | {"resolution": {"year": 2028}}},
            "policies": {"eu_free_allocation": {"variant": {
                "kind": "discrete", "values": ["law", "reform_2026"], "probabilities": [0.5, 0.5],
            }}},
        },
    }  # fmt: skip
    run = simcore.run(made).sel(scenario="law", year=2030)
    price = run["carbon_price"].sel(market="eu_ets").values
    law = run["cbam_factor"].values > 0.45
    assert 0.4 < law.mean() < 0.6
    assert np.ptp(price[law]) < 1e-9 * price[law][0]
    assert np.ptp(price[~law]) < 1e-9 * price[~law][0]
    assert price[~law][0] < 0.95 * price[law][0]


# ---------------------------------------------------------------- the years behind us


def test_bank_and_price_of_2024_to_2026_are_reproduced():
    """Solved from the end of 2023 with the packaged inputs, all of them stated in its table."""
    run = solved(system(start=2023), first=2024, last=2030)
    bank = run["allowance_bank_central"].sel(year=[2024, 2025]).values
    assert bank == pytest.approx([PACKAGED["bank"][2024], PACKAGED["bank"][2025]], rel=0.06)
    # Annual means and the quarters of 2026 in money of 2025 (2 % a year).
    seen = np.array([66.47 / 0.979, 74.29, 77.65 / 1.02])
    price = run["carbon_price_central"].sel(year=[2024, 2025, 2026]).values
    assert price == pytest.approx(seen, rel=0.1)
    # The reserve stands at its ceiling, so that it invalidates what it takes in.
    intake = run["allowance_invalidated_central"].sel(year=2025).item()
    assert intake == pytest.approx((2 * 266.8 + 275.5) / 3, rel=0.03)


def test_intakes_by_hand():
    """24 % of what was published: 275.5 and, as the excess over 833, 190.494202 Mt."""
    published = {year: PACKAGED["bank"][year] for year in (2024, 2025)}
    taken = {year: min(0.24 * bank, bank - 833.0) for year, bank in published.items()}
    assert taken == pytest.approx({2024: 275.52, 2025: 190.494202})
    intake = (2 * taken[2024] + taken[2025]) / 3
    assert intake == pytest.approx(247.2, abs=0.03)
    # The reserve is full: what comes in is invalid.
    assert central(system(), "allowance_invalidated")[0] == pytest.approx(intake, rel=1e-12)


# ---------------------------------------------------------------- law, reform, and neither


def followed(draws: int = 2048, **changes: Any) -> dict[str, Any]:
    """A market that follows a policy under which law and reform are possible."""
    entry = copy.deepcopy(PACKAGED) | {"follows": "reform"} | changes
    made = config(entry, first=2026, last=2050, draws=draws)
    made["catalog"]["markets"]["home_ets"]["spot"] = {"year": 2026, "value": SPOT}
    made["keep"] = [*OUTCOMES, "inputs"]
    values = {"values": {2020: 0.5}}
    made["catalog"]["policies"] = {"reform": {
        "variant": {"kind": "discrete", "values": ["law", "reform_2026"],
                    "probabilities": [1 / 3, 2 / 3]},
        "known_until": 2026, "variants": {"law": values, "reform_2026": values},
    }}  # fmt: skip
    return made


SPOT = 77.65 / 1.02


@pytest.fixture(scope="module")
def undecided() -> xr.Dataset:
    return simcore.run(followed()).sel(scenario="law", market="home_ets")


@pytest.fixture(scope="module")
def decided() -> dict[str, xr.Dataset]:
    """Law and reform, each known from 2027 on, after a year at the spot."""
    found = {}
    for name in ("law", "reform_2026", "law_2026_0085", "tightened"):
        made = config(system(variant=name), first=2026, last=2050, draws=2048)
        made["catalog"]["markets"]["home_ets"]["spot"] = {"year": 2026, "value": SPOT}
        found[name] = simcore.run(made).sel(scenario="law", market="home_ets")
    return found


def test_all_is_as_the_spot_says_until_the_rules_are_known(undecided, decided):
    """Same price, emissions and bank in every draw with the same demand, whatever comes later."""
    resolved = undecided["input"].sel(factor="ets.resolution.year").values
    shares = [(resolved == year).mean() for year in (2027, 2028, 2029)]
    assert shares == pytest.approx([0.5, 0.35, 0.15], abs=0.03)
    for name in OUTCOMES:
        # Scenarios share the draws of demand.
        now = undecided[name].sel(year=2026).values
        for run in decided.values():
            assert now == pytest.approx(run[name].sel(year=2026).values, rel=1e-12), name
    assert undecided["carbon_price"].sel(year=2026).values == pytest.approx(SPOT, rel=1e-12)
    # 2027: the mean of the two prices where nothing is known, one of them where it is.
    price = undecided["carbon_price"].sel(year=2027).values
    law, reform = (decided[name]["carbon_price"].sel(year=2027).values
                   for name in ("law", "reform_2026"))  # fmt: skip
    open_ = resolved > 2027
    odds = PACKAGED["resolution"]["odds"]
    mean = odds["law"] * law + odds["reform_2026"] * reform
    assert price[open_] == pytest.approx(mean[open_], rel=1e-10)
    follows_law = np.isclose(price, law, rtol=1e-10)
    assert np.all((follows_law | np.isclose(price, reform, rtol=1e-10))[~open_])
    assert follows_law[~open_].mean() == pytest.approx(1 / 3, abs=0.05)


def test_an_open_price_grows_at_the_discount_rate_and_then_jumps_both_ways(undecided):
    resolved = undecided["input"].sel(factor="ets.resolution.year").values
    rate = undecided["input"].sel(factor="ets.discount_rate").values
    last = resolved == 2029
    price = undecided["carbon_price"].transpose("year", "draw").values[:, last]
    growth = price[1:] / price[:-1] - 1.0 - rate[last]
    assert np.abs(growth[1]).max() < 1e-9  # 2027 to 2028
    jump = growth[2]
    assert (jump > 0.03).mean() == pytest.approx(1 / 3, abs=0.08)
    assert (jump < -0.01).mean() == pytest.approx(2 / 3, abs=0.08)
    # No gain to be had on average: the jump is what the odds are worth, nearly, as demand and bank
    # are those of one path.
    assert abs(jump.mean()) < 0.02


def test_numbers_of_the_packaged_market(undecided, decided):
    """Ranges of the evidence on the first years, the reserve, and the century's first forty years."""

    def of(run: xr.Dataset, name: str) -> xr.DataArray:
        return run[name].median("draw")

    used, bank = of(undecided, "allowance_emissions"), of(undecided, "allowance_bank")
    change = (undecided["allowance_emissions"].sel(year=2027)
              / undecided["allowance_emissions"].sel(year=2026)).median().item() - 1  # fmt: skip
    assert -0.06 < change < -0.02
    held = bank / used
    assert 0.55 < held.sel(year=2027).item() < 0.75
    ratio = undecided["allowance_bank"] / undecided["allowance_emissions"]
    assert ratio.sel(year=slice(2027, 2040)).min().item() > 0.25 - 1e-6
    totals = {
        name: (run["allowance_emissions"] - run["allowance_removed"])
        .sel(year=slice(2026, 2040)).sum("year").median().item()
        for name, run in decided.items()
    }  # fmt: skip
    # 8.6 to 9.2 Gt, to one digit.
    assert 8.6 <= round(totals["law"] / 1000, 1) <= 9.2
    assert 10400 < totals["reform_2026"] < 11300
    mean = of(decided["reform_2026"], "carbon_price").sel(year=slice(2031, 2040)).mean().item()
    assert 115 < mean < 165
    # The reserve only falls when it releases.
    reserve = of(decided["reform_2026"], "allowance_reserve")
    falls = reserve.diff("year") < -1.0
    assert 2034 <= int(falls.year[falls.values][0]) <= 2037
    tight = of(decided["tightened"], "carbon_price") / of(decided["law"], "carbon_price")
    assert 1.05 < tight.sel(year=2030).item() < 1.3


def test_bank_of_2026_with_the_auctions_brought_forward():
    run = central(system(), "allowance_bank", last=2027)
    made = config(system(), first=2026, last=2028)
    made["catalog"]["markets"]["home_ets"]["spot"] = {"year": 2026, "value": SPOT}
    run = simcore.run(made).sel(scenario="law", market="home_ets")
    assert run["allowance_bank_central"].sel(year=2026).item() == pytest.approx(945, abs=10)


def test_less_demand_for_three_years_mostly_stays_away_under_the_law_only():
    """The waterbed (Perino 2018): what is not emitted in 2026 to 2028 is in part invalidated."""
    stays = {}
    for name in ("law", "reform_2026"):
        totals = []
        for less in (0.0, 50.0 / 3):
            years = dict(zip(range(2026, 2029), (1130.0, 1130 * 0.965, 1130 * 0.965**2),
                             strict=True))  # fmt: skip
            baseline = {year: value - less for year, value in years.items()}
            entry = system(
                variant=name, baseline=baseline | {2029: 1130 * 0.965**3}, backstop=1000.0
            )
            totals.append(central(entry, "allowance_emissions", last=2050).sum())
        stays[name] = totals[0] - totals[1]
    assert stays["law"] > stays["reform_2026"] + 5.0
    assert stays["reform_2026"] == pytest.approx(0.0, abs=12.0)


def test_looking_twelve_years_ahead_at_a_low_rate_is_about_as_dear_today():
    """Quemin and Trotignon (2021): a rolling horizon with a low rate, or a high rate without."""
    far = central(system(), "carbon_price")
    near = central(system(horizon=12, discount_rate=0.05), "carbon_price")
    assert near[0] == pytest.approx(far[0], rel=0.15)
    # What lies beyond the horizon comes into sight year by year: the price outgrows the rate.
    growth = near[1:10] / near[:9] - 1
    assert growth.mean() > 0.055
    # Found anew each year over all years to come, it is the same, where no rule is a step.
    smooth = {"band": 100.0, "price_trigger": None}
    once, anew = (
        central(system(horizon=ahead, rules=smooth), "carbon_price", last=2040)
        for ahead in (None, 100)
    )
    assert anew == pytest.approx(once, rel=1e-8)


def test_outcomes_of_a_system_are_read_from_one_solution():
    plan = simcore.build(simcore.load(config(system(), first=2026, last=2030)))
    solved_nodes = [node for node in plan.graph.nodes if node.operation == "CAP_AND_BANK"]
    assert len(solved_nodes) == 1


def test_draws_that_do_not_need_the_system_are_undefined_and_change_no_other():
    made = config(system(), first=2026, last=2032)
    plan = simcore.build(simcore.load(made))
    price = next(n for n, node in enumerate(plan.graph.nodes)
                 if node.operation == "CAP_AND_BANK")  # fmt: skip
    node = plan.graph.nodes[price]
    coin = distributions.compile_distribution({"kind": "bernoulli", "probability": 0.5})
    active = plan.graph.node(
        "FACTOR", kind=coin.kind, central_value=coin.central, parameters=coin.params,
        values=coin.pool, normal=(), stream=Stream("half"),
    )  # fmt: skip
    masked = len(plan.graph.nodes)
    plan.graph.nodes.append(node._replace(inputs=(*node.inputs[:11], active)))
    stock = plan.graph.output(masked, "bank")
    years = tuple(range(2026, 2033))
    requests = [program.Request(n, years) for n in (price, masked, stock)]
    requests.append(program.Request(active, (), static=True))
    cut, outputs = program.compile_program(plan, requests)
    out = np.empty((len(outputs), 256))
    simulate(cut, np.arange(len(outputs)), 0, 256, False, out)
    full, half, bank, wanted = (out[outputs[:7]], out[outputs[7:14]], out[outputs[14:21]],
                                out[outputs[21]] != 0)  # fmt: skip
    assert 0.3 < wanted.mean() < 0.7
    np.testing.assert_array_equal(half[:, wanted], full[:, wanted])
    assert np.isnan(half[:, ~wanted]).all()
    assert np.isnan(bank[:, ~wanted]).all()
    assert np.isfinite(bank[:, wanted]).all()


@pytest.fixture(scope="module")
def shipped() -> xr.Dataset:
    """The shipped config: law, reform, undecided, and what else may come."""
    path = Path(__file__).parents[1] / "configs" / "cap_and_bank.yaml"
    made = yaml.safe_load(path.read_text("utf-8"))
    made |= {"draws": 1024, "keep": OUTCOMES, "outcomes": OUTCOMES, "dtype": "float64"}
    return simcore.run(made).sel(market="eu_ets")


def test_every_shipped_scenario_runs_and_moves_the_price_as_it_should(shipped):
    price = shipped["carbon_price_central"].sel(year=2030)
    of = {name: price.sel(scenario=name).item() for name in shipped.scenario.values.tolist()}
    assert of["reform_2026"] < 0.9 * of["law"]
    assert of["tightened"] > 1.05 * of["law"]
    # CBAM may go: the market keeps the rules of the law.
    assert of["repealed"] == pytest.approx(of["law"], rel=1e-9)
    assert of["no_invalidation"] <= of["law"]
    assert of["near_sighted"] > of["law"]
    mixed = shipped["carbon_price"].sel(scenario="undecided", year=2030).values
    law, reform = (shipped["carbon_price"].sel(scenario=one, year=2030).values
                   for one in ("law", "reform_2026"))  # fmt: skip
    assert np.isclose(mixed, law).mean() == pytest.approx(1 / 3, abs=0.06)
    assert np.all(np.isclose(mixed, law) | np.isclose(mixed, reform))


def test_a_known_price_that_asks_for_more_than_there_is_empties_the_bank():
    entry = system(bank={2024: 0.0, 2025: 0.0}, baseline={2025: 1500.0})
    made = config(entry, first=2026, last=2028)
    made["catalog"]["markets"]["home_ets"]["spot"] = {"year": 2026, "value": 20.0}
    run = simcore.run(made).sel(scenario="law", market="home_ets", year=2026)
    assert run["carbon_price"].values == pytest.approx(20.0, rel=1e-12)
    assert np.abs(run["allowance_bank"].values).max() < TONNE
    assert run["allowance_removed"].values.max() == 0.0
    # The cap, what was brought forward and, as the bank lies below 400, 100 from the reserve.
    assert run["allowance_emissions"].values == pytest.approx(1184.8 + 103.0 + 100.0, abs=0.06)


def test_caps_by_hand():
    """Directive 2003/87/EC, Art. 9, in steps of a pocket calculator; see the table's own note."""
    years = np.arange(2024, 2041)
    tables_of = {
        name: Rules.model_validate(PACKAGED["variants"][name]) for name in ("law", "reform_2026")
    }
    found = {name: caps(rules, 2040) for name, rules in tables_of.items()}
    law = {2024: 1386.6, 2025: 1299.2, 2026: 1184.8, 2027: 1097.3, 2028: 1007.9, 2030: 829.0,
           2035: 381.7, 2039: 23.9, 2040: 0.0}  # fmt: skip
    reform = {2030: 829.0, 2031: 753.7, 2035: 452.8, 2036: 418.3, 2040: 280.0}
    for name, expected in (("law", law), ("reform_2026", reform)):
        assert {y: found[name][y] for y in expected} == pytest.approx(expected, abs=0.06)
    issued = {name: dict(zip(years.tolist(), rules_table(rules, years)[:, 0], strict=True))
              for name, rules in tables_of.items()}  # fmt: skip
    assert issued["law"][2026] - found["law"][2026] == 103
    for name, new in (("law", 0.0), ("reform_2026", 250.0)):
        assert sum(issued[name].values()) - sum(
            found[name][year] for year in years.tolist()
        ) == pytest.approx(new, abs=0.01)


def test_thresholds_of_the_reform_by_hand():
    """833 and 400 Mt until 2028, then 4 % less each year; the release is full 100 Mt further down."""
    lines = rules_table(
        Rules.model_validate(PACKAGED["variants"]["reform_2026"]), np.arange(2028, 2031)
    )
    assert lines[:, 3] == pytest.approx([833.0, 833 * 0.96, 833 * 0.96**2])
    assert lines[:, 4] == pytest.approx([400.0, 400 * 0.96, 400 * 0.96**2])
    assert 1 / lines[:, 9] == pytest.approx([100.0, 96.0, 92.16])
    assert lines[:, 2] == pytest.approx([0.12] * 3)
    # The second threshold is where 12 % are the excess over the first.
    assert pytest.approx(947, abs=0.5) == 833.0 / (1 - 0.12)
    assert pytest.approx(1096, abs=0.5) == 833.0 / (1 - 0.24)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"resolution": {"year": 2028, "odds": {"law": 0.5, "reform_2026": 0.4}}}, "add up to 0.9"),
        ({"resolution": {"year": 2028, "odds": {"low": 1.0}}}, "unknown variant 'low'"),
        ({"horizon": 0}, "horizon"),
        ({"adjustment": 1.5}, "adjustment"),
        ({"rules": {"moved": {2027: 50.0}}}, "amounts that add up to 50 Mt"),
        ({"rules": {"decline": {2029: 4.0}}}, "decline"),
    ],
)
def test_systems_that_make_no_sense_are_refused(changes, expected):
    with pytest.raises(ConfigError, match=expected):
        simcore.load(config(system(**changes), first=2026, last=2030))


def test_a_variant_without_rules_says_how_to_name_them():
    made = followed()
    made["catalog"]["systems"]["ets"]["rules"] = {"law": "lax"}
    with pytest.raises(ConfigError, match=r"no variant lax(.|\n)*write rules: \{law: ...\}"):
        simcore.load(made)
