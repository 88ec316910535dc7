"""The EU ETS as a market with cap, bank and reserve: balances, arbitrage, and what rules do."""

from __future__ import annotations

import copy
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
from simcore import tables
from simcore.model.emissions_market import rules_table
from simcore.spec.systems import Rules

TONNE = 1e-6
STOCKS = ["bank", "reserve", "emissions", "invalidated", "removed"]
OUTCOMES = ["carbon_price", *(f"allowance_{name}" for name in STOCKS)]
PACKAGED = tables.catalog()["systems"]["eu_ets"]


def system(**changes: Any) -> dict[str, Any]:
    """The packaged system under one set of rules; `rules` changes them."""
    found = copy.deepcopy(PACKAGED) | {"follows": None}
    rules = changes.pop("rules", {})
    found |= changes
    found["variants"] = {
        name: copy.deepcopy(entry) | rules for name, entry in found["variants"].items()
    }
    return found


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


@pytest.mark.parametrize("seed", range(14))
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
    resolved = plan.spec.resolved()
    for draw in (*range(0, 256, 17), 256, 299):
        slow = allowances(Case(resolved, draw), resolved["catalog"]["markets"]["home_ets"])
        for year in range(2026, 2041):
            here = run.sel(year=year).isel(draw=draw)
            price = float(here["carbon_price"])
            assert price == pytest.approx(slow.price[year], rel=1e-9), (draw, year)
            for name in STOCKS:
                found = float(here[f"allowance_{name}"])
                assert found == pytest.approx(getattr(slow, name)[year], abs=TONNE), (draw, year)
    faults = disagreements(resolved, central_case(plan), None, complete=False)
    assert list(faults) == []


# ---------------------------------------------------------------- bookkeeping and arbitrage


def test_bank_and_reserve_balance_to_the_tonne_in_every_draw(law):
    """Allowances issued are used, banked, in the reserve, or invalid; removals add to them."""
    rules = PACKAGED["variants"]["law"]
    cap, issued = rules["cap"][2024], {}
    for year in range(2025, 2051):
        cap -= (0.043 if year < 2028 else 0.044) * rules["reduction_base"]
        cap = max(0.0, cap - (27.0 if year == 2026 else 0.0))
        issued[year] = cap
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
    bank = run["allowance_bank"].transpose("year", "draw").values
    growth = price[1:] / price[:-1] - 1.0
    banked = (bank[:-1] > TONNE) & (price[1:] < backstop * (1 - 1e-9))
    assert banked.mean() > 0.5
    assert np.abs(np.where(banked, growth - rate, 0.0)).max() < 1e-9
    # Without a bank it may grow by less, never by more: it would have paid to keep allowances.
    assert (growth - rate).max() < 1e-9
    assert ((bank[:-1] <= TONNE) & (growth < rate - 1e-3)).any()


def test_price_without_a_reserve_in_closed_form():
    """Cumulative emissions along the growth of the price equal bank and caps, so ln P is a ratio.

    sum U (1 - a (x + k rho - ln ref)) = B + sum S, while emissions stay above zero.
    """
    entry = system(
        until=2035, growth=0.0, level=1.0, slope=0.5, discount_rate=0.07, backstop=2000.0,
        baseline={2026: 1000.0},
        rules={"intake": {2019: 0.0}, "release": 0.0, "price_trigger": None},
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
        solved(system(start=2023, rules={"intake": {2019: rate}}), first=2024)
        for rate in (0.12, 0.24)
    )
    prices = [run["carbon_price_central"].values[0] for run in (slow, fast)]
    assert abs(prices[1] / prices[0] - 1) < 0.04
    assert abs(prices[1] / prices[0] - 1) > 1e-4
    banks = [run["allowance_bank_central"].sel(year=2025).item() for run in (slow, fast)]
    assert banks[1] < banks[0] - 150.0


def test_a_reserve_that_keeps_the_cap_raises_prices_first_and_lowers_them_later():
    """Perino and Willner (2016), J. Environ. Econ. Manag. 80: so it is where the reserve binds.

    The cap is kept: nothing is invalidated, and all comes back before the market ends.
    """
    keeps = {"ceiling": None, "price_trigger": None, "auctioned": 1.0, "upper": 100.0}
    keeps |= {"lower": 100.0, "release": 400.0}
    entry = {"growth": -0.01, "slope": 0.6, "until": 2060}
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
    with_it, without = (
        solved(system(start=2023, rules={"ceiling": ceiling}), first=2024)
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
                for name in ("level", "growth", "slope", "backstop", "discount_rate")
            }},
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



@pytest.fixture(scope="module")
def shipped() -> xr.Dataset:
    """The shipped config: spot of 2026, law, reform, and a market that does not know which."""
    path = Path(__file__).parents[1] / "configs" / "cap_and_bank.yaml"
    made = yaml.safe_load(path.read_text("utf-8"))
    made |= {"draws": 2048, "keep": OUTCOMES, "outcomes": OUTCOMES, "dtype": "float64"}
    return simcore.run(made).sel(market="eu_ets")


def test_in_the_year_of_the_spot_all_is_as_the_spot_says(shipped):
    """One price, one amount of emissions, one bank in 2026, whatever becomes law later."""
    spot = 77.65 / 1.02
    law, reform = (shipped.sel(scenario=name) for name in ("law", "reform_2026"))
    for name in OUTCOMES:
        now, other = (run[name].sel(year=2026).values for run in (law, reform))
        assert now == pytest.approx(other, rel=1e-12), name
    assert law["carbon_price"].sel(year=2026).values == pytest.approx(spot, rel=1e-12)
    used = law["allowance_emissions_central"].sel(year=2026).item()
    expected = 1130 * (1 - PACKAGED["slope"]["mode"] * np.log(spot / 75))
    assert used == pytest.approx(expected, rel=1e-12)
    # What is learnt in 2027 moves the price of 2027, up or down.
    after = [run["carbon_price_central"].sel(year=2027).item() for run in (law, reform)]
    assert after[0] > 1.08 * spot > spot > after[1]


def test_the_spot_is_what_the_stated_odds_of_the_reform_are_worth(shipped):
    """Holding an allowance from 2026 on earns the discount rate on average: no arbitrage."""
    overlay = yaml.safe_load(shipped.attrs["config"])["scenarios"]["undecided"]
    odds = overlay["catalog"]["policies"]["eu_free_allocation"]["variant"]
    weights = dict(zip(odds["values"], odds["probabilities"], strict=True))
    later = shipped["carbon_price_central"].sel(year=2027)
    worth = sum(share * later.sel(scenario=name).item() for name, share in weights.items())
    rate = PACKAGED["discount_rate"]["mode"]
    assert worth / (1 + rate) == pytest.approx(77.65 / 1.02, rel=0.01)
    mixed = shipped["carbon_price"].sel(scenario="undecided", year=2027).values
    assert mixed.mean() / (1 + rate) == pytest.approx(77.65 / 1.02, rel=0.02)


def test_a_known_price_that_asks_for_more_than_there_is_empties_the_bank():
    entry = system(bank={2024: 0.0, 2025: 0.0}, baseline={2025: 1500.0})
    made = config(entry, first=2026, last=2028)
    made["catalog"]["markets"]["home_ets"]["spot"] = {"year": 2026, "value": 20.0}
    run = simcore.run(made).sel(scenario="law", market="home_ets", year=2026)
    assert run["carbon_price"].values == pytest.approx(20.0, rel=1e-12)
    assert np.abs(run["allowance_bank"].values).max() < TONNE
    assert run["allowance_removed"].values.max() == 0.0
    # The cap and, as the bank lies below 400, 100 from the reserve.
    assert run["allowance_emissions"].values == pytest.approx(1184.8 + 100.0, abs=0.06)


def test_caps_by_hand():
    """Directive 2003/87/EC, Art. 9, in steps of a pocket calculator; see the table's own note."""
    years = np.arange(2024, 2041)
    found = {
        name: dict(zip(years.tolist(), rules_table(
            Rules.model_validate(PACKAGED["variants"][name]), years)[:, 0], strict=True))
        for name in ("law", "reform_2026")
    }  # fmt: skip
    law = {2024: 1386.6, 2025: 1299.2, 2026: 1184.8, 2027: 1097.3, 2028: 1007.9, 2030: 829.0,
           2035: 381.7, 2039: 23.9, 2040: 0.0}  # fmt: skip
    reform = {2030: 829.0, 2031: 753.7, 2035: 452.8, 2036: 418.3, 2040: 280.0}
    for name, expected in (("law", law), ("reform_2026", reform)):
        assert {y: found[name][y] for y in expected} == pytest.approx(expected, abs=0.06)


def test_price_of_the_reform_is_three_quarters_of_the_laws(shipped):
    """What the scenario reform_2026_price took from here."""
    law, reform = (
        shipped["carbon_price_central"].sel(scenario=name, year=[2030, 2035, 2040]).values
        for name in ("law", "reform_2026")
    )
    assert reform / law == pytest.approx([0.745] * 3, abs=0.005)
