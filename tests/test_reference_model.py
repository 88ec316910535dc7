"""The reference model against arithmetic done on paper and published known answers."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from minimal import constant_path, minimal_config, outside_config, region, route
from reference_costs import commodity_price
from reference_draws import (
    Z90,
    uniform,
)
from reference_model import evaluate
from reference_paths import Case, learning, merge, policy, price_path, quantity
from reference_routes import annuity_rate
from reference_units import factor_to, parse

CELL = ("law", "EU", "domestic", "h2_dri_eaf", 2026)
BORDER = ("law", "IN", "eu", "h2_dri_eaf", 2026)
MONEY = {"base_year": 2025, "inflation": 0.02, "exchange": {"USD": 1.25}, "deflator": {}}


def green(**changes: Any) -> dict[str, Any]:
    """Catalog change of the low-carbon route."""
    return {"routes": {"h2_dri_eaf": changes}}


def fixed_path(prices: dict[int, float]) -> dict[str, Any]:
    """A price path given by hand."""
    return constant_path("EUR/t", 1.0, process={"kind": "scenario"}, path=prices)


def at_seed(home: float, eu: float, f: float, credit: float) -> dict[str, Any]:
    """Config of the seed formula: avoided 1.9, both prices, buyer factor and credit price."""
    return outside_config(
        value={"mode": "seed"},
        catalog={
            "markets": {
                "in_ccts": fixed_path({2026: home}),
                "eu_ets": fixed_path({2026: eu}),
            },
            "regions": {"IN": {"credit_price": credit}},
            "buyers": {"general": {"indirect_factor": f}},
        },
    )  # fmt: skip


# ---------------------------------------------------------------- units, money, merging


def test_units_and_money():
    assert parse("8 USD/MMBtu") == (8.0, "USD/MMBtu")
    assert factor_to("EUR/MWh", "EUR/GJ", MONEY) == pytest.approx(3.6)
    assert factor_to("EUR/t", "USD/t", MONEY) == pytest.approx(0.8)
    assert factor_to("EUR/t", "USD/t", MONEY, 2023) == pytest.approx(0.8 * 1.02**2)
    assert factor_to("kg/t", "t/t", MONEY) == pytest.approx(1000)
    assert factor_to("EUR/(t/yr)", "EUR/(kg/yr)", MONEY) == pytest.approx(1000)
    table = MONEY | {"deflator": {"EUR": {2018: 80.0, 2025: 100.0}}}
    assert factor_to("EUR/t", "EUR/t", table, 2018) == pytest.approx(1.25)


def test_hydrogen_energy_and_mass():
    """B19: 51 kg at 33.33 kWh/kg is 1.70 MWh."""
    assert 51 * 33.33 * factor_to("MWh", "kWh", MONEY) == pytest.approx(1.70, rel=0.005)


def test_merge_replaces_distributions_and_dated_tables():
    base = {"a": {"kind": "uniform", "low": 0, "high": 1}, "b": {2026: 1, 2030: 2}, "c": {"d": 1}}
    overlay = {"a": {"kind": "normal", "mean": 0, "sd": 1}, "b": {2027: 3}, "c": {"e": 2}}
    assert merge(base, overlay) == {"a": overlay["a"], "b": {2027: 3}, "c": {"d": 1, "e": 2}}
    assert merge(base, {}) == base


def test_output_currency():
    euros, dollars = evaluate(minimal_config()), evaluate(minimal_config(currency="USD"))
    assert dollars["cost_premium", *CELL] == pytest.approx(1.25 * euros["cost_premium", *CELL])
    key = ("avoided_emissions", "law", "EU", "h2_dri_eaf", 2026)
    assert dollars[key] == euros[key] == pytest.approx(1.9)


# ---------------------------------------------------------------- paths and policies


def path_of(path: dict[str, Any], draw: int | None = None, last: int = 2030) -> dict[int, float]:
    config = minimal_config(years={"first": 2024, "last": last})
    return price_path(Case(config, draw), "eu_ets", path)


def test_anchors_interpolate_in_logarithms_then_grow():
    anchors = {2027: {"low": 80, "central": 120, "high": 200}}
    p = path_of(constant_path("EUR/t", 75.0, anchors=anchors, after={"grow": 0.03}))
    assert [p[2024], p[2025]] == pytest.approx([75, 75], rel=1e-12)
    assert p[2026] == pytest.approx(math.sqrt(75 * 120))
    assert [p[2027], p[2029]] == pytest.approx([120, 120 * 1.03**2])


def test_anchor_normal_moves_both_sides():
    anchors = {2027: {"low": 80, "central": 120, "high": 200}}
    path = constant_path("EUR/t", 75.0, anchors=anchors)
    for draw in range(6):
        z = statistics.NormalDist().inv_cdf(uniform(1, "eu_ets.anchor", draw))
        ratio = 200 / 120 if z >= 0 else 120 / 80
        assert path_of(path, draw)[2027] == pytest.approx(120 * ratio ** (z / Z90), rel=1e-9)


def test_random_walk_and_reversion_use_the_shock_of_their_year():
    z = {t: statistics.NormalDist().inv_cdf(uniform(1, "eu_ets.shock", 3, t)) for t in (2026, 2027)}
    walk = constant_path("EUR/t", 75.0, process={"kind": "random_walk", "sigma": 0.3})
    assert path_of(walk, 3)[2027] == pytest.approx(75 * math.exp(0.3 * (z[2026] + z[2027])))
    back = constant_path("EUR/t", 75.0, process={"kind": "log_ou", "sigma": 0.3, "kappa": 0.5})
    sd = 0.3 * math.sqrt((1 - math.exp(-1.0)) / 1.0)
    expected = 75 * math.exp(sd * (z[2026] * math.exp(-0.5) + z[2027]))
    assert path_of(back, 3)[2027] == pytest.approx(expected)


def test_gbm_has_the_mean_of_its_drift():
    path = constant_path("EUR/t", 75.0, process={"kind": "gbm", "sigma": 0.2, "mu": 0.05})
    prices = [path_of(path, draw, last=2027)[2027] for draw in range(1500)]
    error = 75 * math.exp(0.1) * math.sqrt(math.exp(0.08) - 1) / math.sqrt(1500)
    assert statistics.mean(prices) == pytest.approx(75 * math.exp(0.1), abs=4 * error)


def test_mean_centred_anchors_have_the_mean_they_name():
    anchors = {2027: {"low": 60, "central": 100, "high": 180}}
    process = {"kind": "log_ou", "sigma": 0.2, "kappa": 0.3}
    path = constant_path("EUR/t", 75.0, anchors=anchors, centre="mean", process=process)
    prices = [path_of(path, draw, last=2027)[2027] for draw in range(1500)]
    error = statistics.stdev(prices) / math.sqrt(1500)
    assert statistics.mean(prices) == pytest.approx(100, abs=4 * error)


def test_corridor_grows_after_its_last_date():
    corridor = {"floor": {2026: 90}, "ceiling": {2026: 95}, "growth": 0.03}
    low = path_of(constant_path("EUR/t", 75.0, corridor=corridor))
    assert [low[2025], low[2026], low[2028]] == pytest.approx([75, 90, 90 * 1.03**2])
    assert path_of(constant_path("EUR/t", 500.0, corridor=corridor))[2027] == pytest.approx(
        95 * 1.03
    )


def test_tightening_ramps():
    event = {"probability": 1.0, "year": 2027, "strength": 0.4, "ramp": 2}
    p = path_of(constant_path("EUR/t", 75.0, tightening=event))
    steps = [math.log(p[t] / 75) for t in (2027, 2028, 2029, 2030)]
    assert steps == pytest.approx([0, 0.2, 0.4, 0.4], abs=1e-12)


def test_scenario_path_and_nominal_money():
    process = {"kind": "scenario"}
    path = constant_path("EUR/t", 1.0, process=process, path={2024: 70, 2028: 90})
    assert [path_of(path)[t] for t in (2024, 2026, 2030)] == [70, 80, 90]
    nominal = path_of(path | {"nominal": True})
    assert nominal[2028] == pytest.approx(90 / 1.02**3)
    with pytest.raises(ValueError, match="before its first year"):
        path_of(constant_path("EUR/t", 1.0, process=process, path={2026: 70}))


def cbam_share(**changes: Any) -> dict[str, Any]:
    values = {2026: 0.975, 2027: 0.95, 2028: 0.9, 2029: 0.775, 2030: 0.515, 2031: 0.39,
              2032: 0.265, 2033: 0.14, 2034: 0.0}  # fmt: skip
    entry = {
        "title": "free allocation", "unit": "1", "region": "EU", "variant": "law", "delay": 0,
        "known_until": 2026,
        "variants": {"law": {"values": values, "end": None, "decline": 0.0},
                     "slow": {"values": {2026: 0.975}, "end": 2040, "decline": 0.1}},
    }  # fmt: skip
    return merge(entry, changes)


def test_cbam_factor_by_law():
    """C6: the CBAM factor of 2026 to 2034."""
    config = minimal_config(
        years={"last": 2034},
        cbam={"free_allocation": "phi"},
        catalog={"policies": {"phi": cbam_share()}},
    )
    out = evaluate(config)
    found = [100 * out["cbam_factor", "law", year] for year in range(2026, 2035)]
    assert found == pytest.approx([2.5, 5, 10, 22.5, 48.5, 61, 73.5, 86, 100], abs=1e-12)


def test_policy_delay_decline_and_end():
    def value(year: int, **changes: Any) -> float:
        catalog = {"policies": {"phi": cbam_share(**changes)}}
        return policy(Case(minimal_config(catalog=catalog), None), "phi", year)

    assert value(2029, delay=2) == 0.95
    assert value(2026, delay=2) == 0.975
    assert value(2028, variant="slow") == pytest.approx(0.975 * 0.81)
    assert value(2041, variant="slow") == 0
    with pytest.raises(ValueError, match="before its first date"):
        value(2025)
    either = {"kind": "discrete", "values": ["law", "slow"], "probabilities": [0.4, 0.6]}
    assert value(2034, variant=either) == pytest.approx(0.975 * 0.9**8)


# ---------------------------------------------------------------- carbon cost


def test_carbon_cost_without_free_allocation():
    """A1: 2.1 t at 65 EUR."""
    catalog = {
        "markets": {"eu_ets": constant_path("EUR/t", 65.0)},
        "routes": {"bf_bof": {"emission_intensity": 2.1}},
    }
    out = evaluate(minimal_config(catalog=catalog))
    assert out["carbon_cost", "law", "EU", "domestic", "bf_bof", 2027] == pytest.approx(
        136.5, abs=1e-9
    )
    assert out["marginal_carbon_cost", "law", "EU", "bf_bof", 2027] == pytest.approx(
        136.5, abs=1e-9
    )


def test_green_plant_keeps_its_surplus():
    place = {"free_allocation": 0.9, "benchmarks": {"default": 1.3}, "cscf": 0.95}
    out = evaluate(minimal_config(catalog={"regions": {"EU": place}}))
    home = out["home_carbon_cost", "law", "EU", "h2_dri_eaf", 2026]
    assert home == pytest.approx(80 * (0.1 - 0.9 * 0.95 * 1.3)) and home < 0


@pytest.mark.parametrize(("declared", "expected"), [("default", 222.26), ("actual", 64.66)])
def test_cbam_of_india(declared, expected):
    """C1, C2: default 4.27 or actual 2.3, benchmark 1.53, factor 2.5 %, price 80."""
    config = outside_config(
        cbam={
            "declared": declared, "free_allocation": 0.975, "mark_up": 0.0,
            "default_benchmark": 1.53,
        },
        catalog={
            "regions": {"IN": {"default_intensity": 4.27}},
            **green(emission_intensity=2.3, cbam_benchmark=1.53),
        },
    )  # fmt: skip
    assert evaluate(config)["cbam_cost", *BORDER] == pytest.approx(expected, abs=0.01)


def test_no_refund_where_the_home_price_is_higher():
    """C11: 120 paid at home, 80 in the EU."""
    config = outside_config(
        catalog={
            "markets": {"in_ccts": constant_path("EUR/t", 120.0)},
            "regions": {"IN": {"coverage": 1.0}},
        }
    )
    out = evaluate(config)
    assert out["cbam_cost", "law", "IN", "eu", "bf_bof", 2026] == 0
    assert out["carbon_cost", "law", "IN", "eu", "bf_bof", 2026] == pytest.approx(240)


def test_precursor_pays_the_border_and_cbam_counts_it():
    catalog = green(precursor_intensity=0.5, precursor_benchmark=0.2)
    out = evaluate(minimal_config(catalog=catalog | {"regions": {"EU": {"border": 1.0}}}))
    home = out["home_carbon_cost", "law", "EU", "h2_dri_eaf", 2026]
    assert home == pytest.approx(80 * (0.1 + 0.5))
    assert evaluate(outside_config(catalog=catalog))["cbam_cost", *BORDER] == pytest.approx(
        80 * 0.6
    )


def test_country_average_and_resource_shuffling():
    rules = {"method": "country_average", "resource_shuffling": 0.25}
    out = evaluate(outside_config(cbam=rules))
    assert out["cbam_cost", *BORDER] == pytest.approx(160)
    shuffled = out["cbam_cost", "law", "IN", "eu", "bf_bof", 2026]
    assert shuffled == pytest.approx(80 * (0.75 * 2.0 + 0.25 * 0.4))


# ---------------------------------------------------------------- costs


def test_annuity_rate():
    """B8: 7 %, 20 years; and the limit without interest."""
    assert annuity_rate(0.07, 20) == pytest.approx(0.0943929257, abs=1e-9)
    assert annuity_rate(0.0, 20) == 0.05
    assert annuity_rate(1e-9, 20) == pytest.approx(0.05, rel=1e-7)


def test_slope_in_the_price_of_electricity():
    """B1: 3.48 MWh/t, 20 to 100 EUR/MWh."""

    def cost(price: float) -> float:
        prices = {"electricity": {"default": constant_path("EUR/MWh", price)}}
        out = evaluate(minimal_config(catalog={"prices": prices}))
        return out["levelised_cost", "law", "EU", "h2_dri_eaf", 2026]

    assert (cost(100) - cost(20)) / 80 == pytest.approx(3.48, rel=1e-12)


def test_levelised_cost_on_paper():
    changes = {
        "utilisation": 0.8, "interest_during_construction": 1.1, "first_of_a_kind": 1.2,
        "risk_premium": 0.01, "support": 5.0,
    }  # fmt: skip
    out = evaluate(minimal_config(catalog=green(**changes)))
    rate = 0.08 * 1.08**20 / (1.08**20 - 1)
    expected = (1000 * 1.1 * 1.2 * rate + 30) / 0.8 + 100 + 1.5 * 100 + 3.48 * 60 - 5
    assert out["levelised_cost", "law", "EU", "h2_dri_eaf", 2026] == pytest.approx(expected)
    reference = 800 * 0.0943929257 + 20 + 150 + 150 - 6
    assert out["levelised_cost", "law", "EU", "bf_bof", 2026] == pytest.approx(reference, rel=1e-9)


def electrolysis(**changes: Any) -> dict[str, Any]:
    entry = {
        "kind": "electrolysis", "title": "on site", "unit": "EUR/kg", "electricity": "electricity",
        "electricity_demand": 53.0, "capex": 900.0, "fixed_opex": 0.04,
        "full_load_hours": 0.41 * 8760, "lifetime": 10, "stack_lifetime": 10, "stack_share": 0.3,
        "storage": 0.0, "risk_premium": 0.0, "learning": None,
    }  # fmt: skip
    return merge(entry, changes)


def hydrogen(wacc: float = 0.0, **changes: Any) -> Case:
    catalog = {
        "prices": {
            "hydrogen": {"default": electrolysis(**changes)},
            "electricity": {"default": constant_path("EUR/MWh", 33.0)},
        },
        "regions": {"EU": {"wacc": wacc}},
    }
    return Case(minimal_config(catalog=catalog), None)


def test_a_price_that_follows_an_index():
    def price(premium: Any) -> float:
        entry = {
            "kind": "indexed", "unit": "USD/t", "price_year": 2023, "index": "iron_ore.default",
            "coefficient": 0.8, "premium": premium,
        }  # fmt: skip
        ore = {"default": constant_path("EUR/t", 100.0), "EU": entry}
        config = minimal_config(money=MONEY, catalog={"prices": {"iron_ore": ore}})
        return commodity_price(Case(config, None), "iron_ore", "EU", 2026)

    # 10 USD of 2023 are 8 EUR of 2023, and two years of 2 % more in money of 2025.
    assert price(10.0) == pytest.approx(80.0 + 8.0 * 1.02**2)
    assert price("3 EUR/t") == pytest.approx(83.0)


def test_electrolysis_cost():
    """D2, with the capital recovery of 0.10 as ten years without interest."""
    assert commodity_price(hydrogen(), "hydrogen", "EU", 2026) == pytest.approx(3.608, abs=1e-3)
    with_stack = commodity_price(hydrogen(stack_lifetime=5.0), "hydrogen", "EU", 2026)
    without = commodity_price(hydrogen(), "hydrogen", "EU", 2026)
    assert with_stack - without == pytest.approx(900 * 0.3 * (1 / 5 - 1 / 10) / 3591.6 * 53)


def test_hydrogen_carries_the_emissions_of_its_electricity():
    electricity = constant_path("EUR/MWh", 33.0, emission_intensity={2025: 0.2})
    catalog = {
        "prices": {"hydrogen": {"EU": electrolysis()}, "electricity": {"default": electricity}},
        **green(inputs={"hydrogen": "0.06 t/t", "electricity": 1.0}),
    }
    out = evaluate(minimal_config(boundary="scope12", catalog=catalog))
    avoided = out["avoided_emissions", "law", "EU", "h2_dri_eaf", 2026]
    assert avoided == pytest.approx(2.0 - (0.1 + 0.2 * (1.0 + 60 * 0.053)))


def test_learning_over_two_doublings():
    """D4: 18 % twice."""
    table = {"learning_rate": 0.18, "cumulative_capacity": {2026: 1, 2028: 4}}
    case = Case(minimal_config(catalog={"technologies": {"electrolyser": table}}), None)
    whole = {"technology": "electrolyser", "share": 1.0}
    assert learning(case, whole, "x", 2028) == pytest.approx(0.6724, abs=1e-12)
    assert learning(case, whole, "x", 2027) == pytest.approx(0.82)
    assert learning(case, whole | {"share": 0.5}, "x", 2040) == pytest.approx(0.8362)
    assert learning(case, whole, "x", 2020) == 1
    assert math.log2(1 - 0.18) == pytest.approx(-0.28630, abs=1e-5)


def test_waterfall_sums_to_the_premium():
    for config in (minimal_config(), outside_config()):
        out = evaluate(config)
        for key, value in out.items():
            if key[0] == "cost_premium" and key[4] == "h2_dri_eaf":
                parts = [
                    v for k, v in out.items() if k[0] == "waterfall" and k[1:5] + k[6:] == key[1:]
                ]
                assert math.fsum(parts) == pytest.approx(value, abs=1e-10)


def test_break_even_price_closes_the_premium():
    at_home = evaluate(minimal_config())["break_even_price", *CELL]
    again = minimal_config(catalog={"markets": {"eu_ets": constant_path("EUR/t", at_home)}})
    assert evaluate(again)["cost_premium", *CELL] == pytest.approx(0, abs=1e-9)

    place = {"markets": {"in_ccts": constant_path("EUR/t", 10.0)},
             "regions": {"IN": {"coverage": 1.0}}}  # fmt: skip
    border = evaluate(outside_config(catalog=place))["break_even_price", *BORDER]
    eu = {"markets": {"eu_ets": constant_path("EUR/t", border)}}
    again = outside_config(catalog=merge(place, eu))
    assert evaluate(again)["cost_premium", *BORDER] == pytest.approx(0, abs=1e-9)


def test_break_even_at_the_ends():
    cheap = evaluate(outside_config(catalog=green(other_opex=-900.0)))
    assert cheap["break_even_price", *BORDER] == 0
    dirty = evaluate(outside_config(catalog=green(emission_intensity=2.5)))
    assert math.isnan(dirty["break_even_price", *BORDER])


def test_crossover_and_cheapest_route():
    prices = {2026: 80, 2027: 80, 2028: 400}
    market = fixed_path(prices)
    out = evaluate(minimal_config(catalog={"markets": {"eu_ets": market}}))
    assert out["crossover_year", "law", "EU", "domestic", "h2_dri_eaf"] == 2028
    chosen = [out["cheapest_route", "law", "EU", "domestic", "steel", year] for year in prices]
    assert chosen == ["bf_bof", "bf_bof", "h2_dri_eaf"]
    never = evaluate(minimal_config())
    assert math.isnan(never["crossover_year", "law", "EU", "domestic", "h2_dri_eaf"])


def test_a_route_has_no_outcomes_before_it_exists():
    out = evaluate(minimal_config(catalog=green(available_from=2027, other_opex=-900.0)))
    assert math.isnan(out["levelised_cost", "law", "EU", "h2_dri_eaf", 2026])
    assert out["cheapest_route", "law", "EU", "domestic", "steel", 2026] == "bf_bof"
    assert out["crossover_year", "law", "EU", "domestic", "h2_dri_eaf"] == 2027


# ---------------------------------------------------------------- carbon value


@pytest.mark.parametrize(
    ("inputs", "per_tco2", "per_tonne"),
    [
        ((70, 0, 1.2, 0), 84, 159.6),
        ((7, 70, 1.2, 5), 87.4, 166.06),
        ((0, 70, 1, 0), 70, 133),
        ((2, 0, 1, 10), -8, -15.2),
    ],
)
def test_seed_formula(inputs, per_tco2, per_tonne):
    """A4: avoided 1.9; home price, EU price, buyer factor, credit price."""
    out = evaluate(at_seed(*inputs))
    assert out["carbon_value_per_tco2", *BORDER] == pytest.approx(per_tco2, abs=1e-9)
    assert out["carbon_value", *BORDER] == pytest.approx(per_tonne, abs=1e-9)


def test_seed_over_a_life():
    """A5: second case of A4 with 1 Mt a year for 20 years."""
    out = evaluate(at_seed(7, 70, 1.2, 5))
    life = BORDER[:-1]
    assert out["lifecycle_carbon_value", *life] == pytest.approx(3321.2, abs=1e-9)
    assert out["annualised_carbon_value", *BORDER] == pytest.approx(8.303, abs=1e-9)
    assert out["npv_carbon_value", *life] == pytest.approx(166.06 / 0.0943929257, rel=1e-9)
    assert out["annuity_carbon_value", *life] == pytest.approx(166.06)


def test_a_life_beyond_the_horizon():
    with pytest.raises(ValueError, match="outside the horizon"):
        evaluate(minimal_config(plant={"beyond": "error"}, outcomes=["npv_carbon_value"]))
    out = evaluate(minimal_config(plant={"beyond": "error", "lifetime": 3}))
    life = CELL[:-1]
    assert out["lifecycle_carbon_value", *life] == pytest.approx(3 * 80 * 1.9)


def test_netted_value_and_support_gap():
    """With f = 1 and no credit the support gap is the cost premium."""
    out = evaluate(outside_config())
    assert out["carbon_value_per_tco2", *BORDER] == pytest.approx(80)
    assert out["support_gap", *BORDER] == pytest.approx(out["cost_premium", *BORDER])
    assert out["viability", *BORDER] == out["green_is_cheaper", *BORDER] == 0


def test_credits():
    place = {"regions": {"EU": {"credit_price": 10.0}}}
    assert evaluate(minimal_config(catalog=place))["carbon_value", *CELL] == pytest.approx(152)
    allowed = {"double_claiming": "allow"}
    sold = evaluate(minimal_config(catalog=place, value=allowed))
    assert sold["carbon_value", *CELL] == pytest.approx(152 - 19)
    limited = evaluate(minimal_config(catalog=place, value=allowed | {"credit_limit": 0.1}))
    assert limited["carbon_value", *CELL] == pytest.approx(152 - 10 * 0.2)


def test_exposure():
    """A2: 20 Mt a year at 30,000 KRW."""
    config = minimal_config(
        years={"last": 2030},
        currency="KRW",
        money={"exchange": {"KRW": 1500.0}},
        exposures={"firm": {"market": "eu_ets", "shortfall": 20, "first": 2026, "last": 2030}},
        catalog={"markets": {"eu_ets": constant_path("KRW/t", 30000.0)}},
    )
    out = evaluate(config)
    assert out["exposure_cost", "law", "firm", 2027] == pytest.approx(600e3)
    assert out["exposure_total", "law", "firm"] == pytest.approx(3000e3)


# ---------------------------------------------------------------- draws


def test_collapsed_distributions_equal_the_central_case():
    """E5: every distribution of one value."""
    point = {"kind": "triangular", "low": 30.0, "mode": 30.0, "high": 30.0}
    still = {"kind": "random_walk", "sigma": 0.0}
    anchors = {2027: {"low": 90, "central": 90, "high": 90}}
    config = minimal_config(
        catalog={
            "markets": {"eu_ets": constant_path("EUR/t", 80.0, anchors=anchors, process=still)},
            **green(fixed_opex=point),
        }
    )
    middle = evaluate(config)
    for draw in (0, 17, 300):
        for key, value in evaluate(config, draw).items():
            if isinstance(value, str):
                assert value == middle[key]
            else:
                assert value == pytest.approx(middle[key], rel=1e-12, nan_ok=True)


def test_triangular_inputs_have_the_mean_of_their_corners():
    """E6: (a + b + c)/3, not the mode."""
    q = {"kind": "triangular", "low": 50.0, "mode": 60.0, "high": 200.0}
    case_of = minimal_config(catalog=green(other_opex=q))
    values = [quantity(Case(case_of, draw), q, "h2_dri_eaf.other_opex") for draw in range(3000)]
    error = statistics.stdev(values) / math.sqrt(3000)
    assert statistics.mean(values) == pytest.approx(310 / 3, abs=3 * error)
    key = ("levelised_cost", "law", "EU", "h2_dri_eaf", 2026)
    shift = evaluate(case_of, 5)[key] - evaluate(case_of)[key]
    assert shift == pytest.approx(values[5] - (200 - math.sqrt(0.5 * 150 * 140)))


def test_a_sum_of_correlated_normals_has_its_known_spread():
    """E4: sd of a sum of two normals with Pearson 2 sin(pi/12) from a rank of 0.5."""
    q = {"kind": "normal", "mean": 100.0, "sd": 10.0}
    pairs = [{"between": ["a", "b"], "rank": 0.5}]
    config = minimal_config(correlations={"factors": pairs})
    sums = []
    for draw in range(3000):
        case = Case(config, draw)
        sums.append(quantity(case, q, "a") + quantity(case, q, "b"))
    sd = 10 * math.sqrt(2 + 4 * math.sin(math.pi / 12))
    assert statistics.mean(sums) == pytest.approx(200, abs=4 * sd / math.sqrt(3000))
    assert statistics.stdev(sums) == pytest.approx(sd, rel=4 / math.sqrt(6000))


def test_scenarios_share_their_draws_unless_told_otherwise():
    q = {"kind": "uniform", "low": 50.0, "high": 150.0}
    pair = {"one": {}, "two": {"value": {"mode": "seed"}}}
    key = ("EU", "h2_dri_eaf", 2026)
    for apart in (False, True):
        config = minimal_config(
            scenarios=pair, independent_scenarios=apart, catalog=green(other_opex=q)
        )
        config["scenarios"] = pair
        out = evaluate(config, 4)
        costs = [out["levelised_cost", name, *key] for name in pair]
        assert (costs[0] != costs[1]) == apart


def test_regional_quantities_have_their_own_streams():
    q = {"kind": "uniform", "low": 0.0, "high": 1.0}
    config = minimal_config(
        regions=["EU", "UK"],
        catalog={
            "regions": {"UK": region("EUR", "eu_ets")},
            "routes": {"moe": route(other_opex={"EU": q, "default": q})},
        },
        routes=["bf_bof", "moe"],
    )
    out = evaluate(config, 2)
    cost = {name: out["levelised_cost", "law", name, "moe", 2026] for name in ("EU", "UK")}
    assert cost["EU"] == pytest.approx(uniform(1, "moe.other_opex.EU", 2))
    assert cost["UK"] == pytest.approx(uniform(1, "moe.other_opex", 2))
