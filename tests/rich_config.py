"""A config in which everything happens at once: every process, policy form and distribution.

Names are the test's own, so that nothing of the packaged catalog comes in. Two regions, one of
them inside the border market; four routes; four years; two scenarios.
"""

from __future__ import annotations

import copy
from typing import Any

from reference_paths import merge

from simcore.variables import OUTCOMES

ASKED = list(OUTCOMES)
KEEPABLE = [name for name in ASKED if OUTCOMES[name].kind != "conditional"]
"""Outcomes with a value in each draw."""

MARKETS: dict[str, Any] = {
    # Nominal, mean-centred, reverting around uncertain anchors that grow; corridor; tightening.
    "border_ets": {
        "title": "border market", "unit": "EUR/t", "nominal": True, "centre": "mean",
        "spot": {"year": 2024, "value": 70.0},
        "anchors": {
            2027: {"low": 60.0, "central": 90.0, "high": 140.0},
            2028: {"low": 70.0, "central": 110.0, "high": 150.0},
        },
        "after": {"grow": 0.03},
        "process": {
            "kind": "log_ou",
            "sigma": {"kind": "triangular", "low": 0.2, "mode": 0.3, "high": 0.45},
            "kappa": {"kind": "pert", "low": 0.05, "mode": 0.2, "high": 0.6},
        },
        "corridor": {"floor": {2026: 55.0, 2028: 62.0}, "ceiling": {2026: 190.0}, "growth": 0.03},
        "tightening": {
            "probability": 0.4,
            "year": {"kind": "discrete", "values": [2028, 2026], "probabilities": [0.4, 0.6]},
            "strength": {"kind": "uniform", "low": 0.1, "high": 0.5}, "ramp": 2,
        },
    },
    # Another currency and price year, a random walk with uncertain carry, a step of tightening.
    "home_ets": {
        "title": "home market", "unit": "KRW/t", "price_year": 2021, "centre": "median",
        "spot": {"year": 2025, "value": 14.0, "unit": "USD/t", "price_year": 2023},
        "carry": {"kind": "normal", "mean": 2.0, "sd": 1.5, "unit": "%"},
        "process": {"kind": "random_walk", "sigma": {"kind": "uniform", "low": 0.2, "high": 0.4}},
        "tightening": {"probability": 0.7, "year": 2027, "strength": 0.25, "ramp": 0},
    },
    "third_ets": {
        "title": "another market", "unit": "USD/t", "price_year": 2022,
        "spot": {"year": 2023, "value": 30.0},
        "process": {"kind": "gbm", "sigma": 0.3, "mu": {"kind": "normal", "mean": 0.02, "sd": 0.01}},
    },
}  # fmt: skip

PRICES: dict[str, Any] = {
    "power": {
        "XA": {
            "title": "power", "unit": "EUR/GJ", "price_year": 2023,
            "spot": {"year": 2025, "value": 18.0},
            "anchors": {2029: {"low": 10.0, "central": 15.0, "high": 25.0}},
            "process": {"kind": "log_ou", "sigma": 0.25, "kappa": 1.1},
            "emission_intensity": {2025: 0.09, 2028: 0.05},
        },
        "default": {
            "title": "power", "unit": "USD/MWh", "nominal": True,
            "path": {2025: 60.0, 2027: 75.0, 2028: 66.0}, "process": {"kind": "scenario"},
            "emission_intensity": {2024: 0.6, 2030: 0.3},
        },
    },
    "electricity": {
        "default": {"title": "of the grid", "unit": "EUR/MWh", "path": {2025: 50.0, 2029: 70.0},
                    "process": {"kind": "scenario"}},
    },
    "ore": {
        "default": {
            "title": "ore", "unit": "USD/t", "price_year": 2024,
            "spot": {"year": 2025, "value": 110.0},
            "anchors": {2027: {"low": 70.0, "central": 95.0, "high": 120.0}, 2031: 90.0},
            "process": {"kind": "fixed"},
        },
    },
    "hydrogen": {
        "XA": {
            "kind": "electrolysis", "electricity": "power",
            "electricity_demand": {"kind": "triangular", "low": 49.0, "mode": 52.0, "high": 56.0,
                                   "unit": "kWh/kg"},
            "capex": {"kind": "split_lognormal", "p10": 900.0, "p50": 1300.0, "p90": 2200.0,
                      "unit": "USD/kW", "price_year": 2022},
            "fixed_opex": 0.03,
            "full_load_hours": {"kind": "uniform", "low": 3000.0, "high": 6500.0, "unit": "h/yr"},
            "lifetime": 20,
            "stack_lifetime": {"kind": "discrete", "values": [10.0, 25.0],
                               "probabilities": [0.7, 0.3], "unit": "yr"},
            "stack_share": 0.4,
            "storage": {"kind": "normal", "mean": 0.3, "sd": 0.03, "unit": "EUR/kg"},
            "risk_premium": "1 %",
            "learning": {"technology": "stack", "share": 0.8},
        },
        "default": {
            "title": "bought hydrogen", "unit": "USD/kg", "price_year": 2023,
            "spot": {"year": 2024, "value": 4.5}, "carry": -0.02, "centre": "mean",
            "process": {"kind": "random_walk", "sigma": 0.15},
            "emission_intensity": {2026: 0.002},
        },
    },
}  # fmt: skip

POLICIES: dict[str, Any] = {
    "share": {
        "variant": {"kind": "discrete", "values": ["slow", "law"], "probabilities": [0.4, 0.6]},
        "delay": {"kind": "discrete", "values": [0, 2, 1], "probabilities": [0.5, 0.2, 0.3]},
        "known_until": 2026,
        "variants": {
            "law": {"values": {2020: 0.975, 2027: 0.9, 2028: 0.775}, "end": 2028},
            "slow": {
                "values": {
                    2020: 0.98, 2026: {"kind": "uniform", "low": 0.9, "high": 0.97},
                    2028: {"kind": "beta", "alpha": 2.0, "beta": 3.0, "low": 0.7, "high": 0.9},
                },
                "decline": 0.05,
            },
        },
    },
    "benchmark": {
        "unit": "kg/t", "variant": "law", "delay": 1, "known_until": 2025,
        "variants": {"law": {"values": {2021: 1530.0, 2026: 1288.0}, "decline": 0.02}},
    },
    "mark_up": {
        "unit": "%", "variant": "law", "known_until": 2030,
        "variants": {"law": {"values": {2026: 10, 2027: 20, 2028: 30}}},
    },
    "correction": {
        "variant": "law", "known_until": 2025,
        "variants": {"law": {"values": {2026: {"kind": "empirical", "values": [0.9, 1.0, 0.97]}}}},
    },
    "recognition": {
        "variant": "law", "delay": {"kind": "discrete", "values": [0, 1],
                                    "probabilities": [0.5, 0.5]},
        "known_until": 2026, "variants": {"law": {"values": {2020: 0.0, 2027: 1.0}}},
    },
}  # fmt: skip

REGIONS: dict[str, Any] = {
    "XA": {
        "title": "inside", "currency": "EUR", "market": "border_ets",
        "wacc": {"kind": "triangular", "low": 5.0, "mode": 7.0, "high": 10.0, "unit": "%"},
        "capex_factor": 1.0, "coverage": 1.0, "free_allocation": "share", "cscf": "correction",
        "benchmarks": {"default": "benchmark", "electric": 0.288},
        "recognised": 0.0, "border": 1.0,
        "credit_price": {"kind": "normal", "mean": 8.0, "sd": 0.9, "unit": "USD/t"},
        "default_intensity": 2.0, "average_intensity": 1.2, "reference": {"steel": "blast"},
        "product_price": {
            "margin": {"kind": "uniform", "low": -10.0, "high": 400.0, "unit": "USD/t"},
            "theta_border": 0.9, "theta_open": {"kind": "uniform", "low": 0.1, "high": 0.3},
        },
        "imports": {
            "XB": {
                "freight": {"kind": "uniform", "low": 40.0, "high": 90.0, "unit": "USD/t",
                            "price_year": 2021},
                "duty": "share", "out_of_quota": {"kind": "uniform", "low": 0.1, "high": 0.4},
            },
        },
    },
    "XB": {
        "title": "outside", "currency": "KRW", "market": "home_ets",
        "wacc": {"kind": "beta", "alpha": 2.0, "beta": 4.0, "low": 0.04, "high": 0.14},
        "capex_factor": {"kind": "lognormal", "quantiles": {0.1: 0.7, 0.9: 1.1}},
        "coverage": 0.9, "free_allocation": 0.95, "cscf": 1.0,
        "benchmarks": {"default": 1.9, "hydrogen": 0.4}, "recognised": "recognition",
        "border": 0.0,
        "credit_price": {"kind": "split_lognormal", "p10": 5000.0, "p50": 9000.0,
                         "p90": 20000.0, "unit": "KRW/t", "price_year": 2020},
        "default_intensity": 3.2, "average_intensity": 1.7, "reference": {"steel": "blast"},
        "product_price": {"carbon": "marginal", "theta_border": 1.0, "theta_open": 0.5,
                          "margin": "250 EUR/t"},
    },
}  # fmt: skip

ROUTES: dict[str, Any] = {
    "blast": {
        "title": "the reference", "sector": "steel",
        "capex": {"kind": "uniform", "low": 500.0, "high": 800.0},
        "lifetime": 20, "utilisation": 0.9, "fixed_opex": 40.0, "other_opex": "130 USD/t",
        "inputs": {"ore": {"kind": "normal", "quantiles": {0.1: 1.4, 0.9: 1.6}, "unit": "t/t"}},
        "byproducts": {"power": {"kind": "constant", "value": 0.5, "unit": "GJ/t"}},
        "emission_parts": {
            "furnace": {"kind": "triangular", "quantiles": {0.1: 1.6, 0.5: 1.75, 0.9: 1.95}},
            "coke": {"default": "150 kg/t", "XA": {"kind": "uniform", "low": 0.1, "high": 0.3}},
        },
        "biogenic_intensity": {"XA": {"kind": "uniform", "low": 20.0, "high": 120.0,
                                      "unit": "kg/t"}, "default": 0.1},
        "cbam_benchmark": "benchmark",
    },
    "hydrogen": {
        "title": "hydrogen", "sector": "steel",
        "capex": {
            "default": {"kind": "pert", "quantiles": {0.1: 900.0, 0.5: 1100.0, 0.9: 1500.0},
                        "unit": "USD/(t/yr)", "price_year": 2020},
            "XB": {"kind": "truncated_normal", "mean": 900.0, "sd": 200.0, "low": 500.0,
                   "high": 1000.0},
        },
        "learning": {"technology": "plant", "share": {"kind": "uniform", "low": 0.2, "high": 0.6}},
        "interest_during_construction": 1.1,
        "first_of_a_kind": {"kind": "factor", "name": "first_of_a_kind"},
        "lifetime": 25, "utilisation": {"XA": 0.9, "XB": {"kind": "uniform", "low": 0.7,
                                                          "high": 0.95}},
        "risk_premium": 0.01, "fixed_opex": 60.0,
        "other_opex": {"kind": "factor", "name": "consumables"},
        "inputs": {
            "ore": "1.5 t/t", "power": "0.9 MWh/t", "electricity": "0.1 MWh/t",
            "hydrogen": {
                "default": {"kind": "beta", "quantiles": {0.1: 50.0, 0.9: 60.0}, "low": 40.0,
                            "high": 80.0, "unit": "kg/t"},
                "XB": "0.054 t/t",
            },
        },
        "emission_intensity": {"kind": "mixture", "weights": [0.7, 0.3], "components": [
            {"kind": "uniform", "low": 0.05, "high": 0.2},
            {"kind": "triangular", "low": 0.1, "mode": 0.3, "high": 0.5},
        ]},
        "cbam_benchmark": 1.0, "support": {"default": 0.0, "XA": 60.0}, "available_from": 2027,
    },
    "electric": {
        "title": "scrap and bought iron", "sector": "steel", "capex": 350.0, "lifetime": 15,
        "utilisation": 0.85, "fixed_opex": {"kind": "factor", "name": "consumables"},
        "other_opex": {"kind": "empirical", "values": [240.0, 300.0, 260.0, 275.0, 410.0]},
        "inputs": {"power": {"XA": "0.7 MWh/t", "default": "2.7 GJ/t"},
                   "electricity": "150 kWh/t"},
        "emission_intensity": "90 kg/t",
        "precursor_intensity": {"kind": "discrete", "values": [0.6, 1.1],
                                "probabilities": [0.5, 0.5]},
        "cbam_benchmark": 0.288, "precursor_benchmark": "correction",
    },
    "captured": {
        "title": "captured", "sector": "steel", "capex": "1500000 KRW/(t/yr)", "lifetime": 20,
        "utilisation": 0.85, "fixed_opex": 55.0,
        "other_opex": {"kind": "mixture", "weights": [0.5, 0.5], "components": [
            {"kind": "constant", "value": 150.0},
            {"kind": "lognormal", "mu": 5.0, "sigma": 0.2},
        ]},
        "inputs": {"ore": "1.5 t/t", "power": "0.8 MWh/t"},
        "emission_intensity": {"default": 0.7, "XA": {"kind": "uniform", "low": 0.5, "high": 0.9}},
        "cbam_benchmark": "benchmark",
    },
}  # fmt: skip

PROJECTS: dict[str, Any] = {
    # Its electrolyser and capital are of 2027; it lives beyond the horizon.
    "works": {
        "region": "XA", "route": "hydrogen", "start": 2027, "lifetime": 6, "output": 2.0,
        "hydrogen": "own", "buyer": "choosy",
        "sold": {"kind": "uniform", "low": 20, "high": 80, "unit": "%"},
        "against": {"route": "blast", "capital": "reline", "reline": {
            "kind": "triangular", "low": 100.0, "mode": 150.0, "high": 260.0,
            "unit": "USD/(t/yr)", "price_year": 2021}},
        "valued_in": 2025, "spend": {-2: 0.3, -1: 0.5, 0: 0.2},
        "debt": {"share": {"kind": "uniform", "low": 0.4, "high": 0.7}, "years": 5,
                 "rate": {"kind": "uniform", "low": 5, "high": 9, "unit": "%"}, "nominal": True},
        "tax": {"rate": {"kind": "uniform", "low": 20, "high": 30, "unit": "%"}, "nominal": True},
        "instruments": ["running", "part_of_capex", "per_kilogram", "per_megawatt_hour", "contract",
                        "at_the_market"],
        "cumulation": {"of": "cost", "share": {"kind": "uniform", "low": 0.5, "high": 1.0}},
    },
    "later_works": {"like": "works", "start": 2029, "hydrogen": "bought", "valued_in": None,
                    "instruments": ["part_of_capex"], "cumulation": None, "tax": None,
                    "debt": {"repayment": "equal_principal"}},
    "abroad": {
        "region": "XB", "route": "hydrogen", "destination": "eu", "start": 2028, "lifetime": 20,
        "tax": {"rate": 0.25}, "debt": {"share": 0.6, "rate": "6 %", "years": 12},
        "output": 0.5, "against": {"route": "electric", "capital": "sunk"}, "sold": 0.5,
        "willing": {"kind": "uniform", "low": 20.0, "high": 60.0, "unit": "USD/t",
                    "price_year": 2022},
        "rate": {"kind": "triangular", "low": 3.0, "mode": 6.0, "high": 11.0, "unit": "%"},
        "instruments": ["price_of_hydrogen", "topped_up", "gap_filler", "later_grant", "cheap_loan",
                        "public_buyers", "buying_the_gap", "per_car", "for_power"],
    },
    "converted": {
        "region": "XB", "phases": {2028: "electric", 2029: "hydrogen"}, "destination": "eu",
        "conversion": {"kind": "uniform", "low": 50, "high": 200, "unit": "USD/(t/yr)",
                       "price_year": 2022},
        "lifetime": 9, "output": 0.7, "closes": 2029, "hydrogen": "own", "against": "blast",
        "sold": 0.5, "willing": 30, "spend": {-1: 0.5, 0: 0.5},
        "instruments": ["two_way", "price_of_hydrogen", "for_power", "part_of_capex"],
    },
    "short": {"region": "XA", "route": "electric", "destination": "eu", "start": 2026,
              "lifetime": 2, "output": 1.0, "beyond": "error", "valued_in": 2027, "cumulation": {"share": 0.8},
              "debt": {"share": 0.5, "rate": 0.04, "years": 2, "repayment": "equal_principal",
                       "covenant": 1.1},
              "tax": {"rate": 0.25},
              "instruments": ["two_way", "gap_filler", "for_power", "buying_the_gap"]},
}  # fmt: skip

INSTRUMENTS: dict[str, Any] = {
    # Kinds of contracts for the works, each with limits of another sort.
    "contract": {
        "kind": "ccfd", "strike": {"kind": "uniform", "low": 80.0, "high": 260.0, "unit": "USD/t",
                                   "price_year": 2023},
        "escalation": {"kind": "uniform", "low": -0.02, "high": 0.03}, "term": 3,
        "cover": {"kind": "uniform", "low": 0.8, "high": 1.0}, "green_revenue": 0.6,
        "indexation": {"base": 2026, "shares": {
            "hydrogen": {"kind": "uniform", "low": 0.5, "high": 1.0}, "power": 0.7}},
        "repay": "received", "other_aid": "deduct", "nominal": True, "exit_after": 2,
        "cap": {"total": {"kind": "uniform", "low": 50.0, "high": 400.0, "unit": "M USD"}},
        "eligible": {"avoided": 0.5},
        "rate": {"kind": "uniform", "low": 0.01, "high": 0.04},
    },
    "at_the_market": {
        "kind": "ccfd", "strike": "90 EUR/t", "reference": "market", "market": "third_ets",
        "sided": "one", "first": 2028, "cap": {"yearly": "20 M EUR/yr"}, "exit_after": 1,
        "eligible": {"emission_intensity": {"years": {2026: 0.4, 2029: 0.2}}}, "term": 2,
    },
    "part_of_capex": {
        "kind": "grant", "share": {"kind": "uniform", "low": 0.1, "high": 0.4}, "of": "difference",
        "cap": {"total": {"kind": "uniform", "low": 50.0, "high": 600.0}}, "paid_in": -1,
    },
    "later_grant": {"kind": "grant", "share": 0.1, "paid_in": 1},
    "running": {
        "kind": "opex", "amount": {"years": {2026: "30 USD/t", 2029: {
            "kind": "uniform", "low": 5.0, "high": 15.0, "unit": "EUR/t"}}},
        "per": "avoided", "share": 0.9, "delay": {"kind": "uniform", "low": 0.0, "high": 1.5},
        "nominal": True, "steps": {1: 1, 2: 0.75}, "last": 2028,
    },
    "per_kilogram": {"kind": "opex", "amount": "0.4 USD/kg", "per": "hydrogen", "term": 2},
    "per_megawatt_hour": {"kind": "opex", "amount": "3 EUR/MWh", "per": "electricity", "term": 3},
    "two_way": {"kind": "ccfd", "strike": {"kind": "uniform", "low": 0.0, "high": 150.0,
                                           "unit": "EUR/t"}, "term": 2, "cap": {"yearly": 90.0}},
    "gap_filler": {"kind": "opex", "covers": "gap", "share": 0.5, "term": 2},
    "price_of_hydrogen": {
        "kind": "cfd", "strike": {"kind": "uniform", "low": 3000.0, "high": 6000.0, "unit": "EUR/t"},
        "replaces": {"power": {"kind": "uniform", "low": 20.0, "high": 40.0, "unit": "MWh/t"}},
        "floor": "1800 EUR/t", "nominal": True, "term": 2,
    },
    "topped_up": {"kind": "premium", "strike": "150 EUR/t", "floor": {"kind": "uniform",
                  "low": 40.0, "high": 90.0, "unit": "EUR/t"}, "term": 2, "nominal": True},
    "cheap_loan": {"kind": "loan", "share": 0.5, "spread": "2 %", "term": 2},
    "public_buyers": {"kind": "procurement", "share": {"years": {2026: 0.1, 2029: 0.4}},
                      "uplift": {"kind": "uniform", "low": 10.0, "high": 50.0, "unit": "USD/t"},
                      "term": 2},
    "buying_the_gap": {"kind": "procurement", "share": 0.2, "covers": "gap", "term": 2},
    "per_car": {"kind": "product", "amount": "300 USD", "content": "0.9 t", "share": 0.4,
                "passed_on": {"kind": "uniform", "low": 0.3, "high": 0.9}, "term": 2,
                "nominal": True},
    "for_power": {"kind": "compensation", "intensity": {"years": {2026: 0.75, 2029: 0.6}},
                  "emission_factor": "500 kg/MWh", "efficiency": 0.8, "term": 2},
}  # fmt: skip

RICH: dict[str, Any] = {
    "name": "rich", "title": "Everything at once", "seed": 20261122, "draws": 512,
    "years": {"first": 2026, "last": 2029}, "currency": "EUR",
    "money": {
        "base_year": 2025, "inflation": 0.025, "exchange": {"USD": 1.2, "KRW": 1550.0},
        "deflator": {"USD": {2015: 0.78, 2022: 0.9, 2026: 1.03}, "EUR": {2020: 80.0, 2023: 95.0},
                     "KRW": {2018: 0.85, 2024: 0.98}},
    },
    "sector": "steel", "regions": ["XA", "XB"], "destinations": ["domestic", "eu"],
    "routes": ["blast", "hydrogen", "electric", "captured"],
    "outcomes": ASKED, "keep": [], "boundary": "scope1",
    "parity": ["hydrogen", "power", "ore"], "against": ["XA.blast", "XB.electric"],
    "hydrogen_rule": None,
    "cbam": {
        "market": "border_ets", "coverage": 1.0, "free_allocation": "share",
        "cscf": "correction", "mark_up": "mark_up", "declared": "actual", "method": "own",
        "resource_shuffling": 0.0, "clean_intensity": 0.4,
    },
    "value": {"mode": "netted", "buyer": "maker", "double_claiming": "forbid",
              "credit_limit": None},
    "plant": {"start": 2027, "lifetime": 7, "output": 1.5, "valued_in": 2025, "beyond": "hold"},
    "projects": PROJECTS,
    "exposures": {
        "firm": {"market": "third_ets", "shortfall": 20.0, "first": 2026, "last": 2028},
        "other": {"market": "border_ets", "shortfall": -2.5, "first": 2027, "last": 2029},
        "growing": {
            "market": "third_ets", "first": 2026, "last": 2029, "growth": 0.05, "currency": "USD",
            "shortfall": {2026: 3.0, 2028: {"kind": "uniform", "low": 1.0, "high": 2.0}},
        },
    },
    "products": ["car", "bridge"],
    "decisions": {
        "both": {"title": "All at once", "projects": ["works", "short"]}, "wait": ["later_works"],
        "never": [], "elsewhere": ["abroad", "later_works"],
    },
    "choice": {"valued_in": 2024, "until": 2029},
    "portfolios": {
        "group": {"title": "A group", "projects": ["works", "abroad"], "rate": "7 %",
                  "exposures": ["firm", "growing"], "valued_in": 2024},
        "builder": {"projects": ["short", "works", "converted"]},
    },
    "budgets": {
        "hydrogen_steel": {"region": "XB", "route": "hydrogen", "destination": "eu", "volume": {
            2027: 1.0, 2029: {"kind": "uniform", "low": 2.0, "high": 4.0},
        }},
        "at_the_price": {"region": "XA", "route": "electric", "gap": "market",
                         "volume": {2020: 2.0, 2028: 0.5}},
        "offered": {"region": "XB", "route": "electric", "gap": "buyer", "against": "XA.blast",
                    "volume": {2028: {"kind": "triangular", "low": 0.1, "mode": 0.2, "high": 0.5}}},
    },
    "accounts": {
        "fund": {
            "first": 2027, "last": 2029, "rate": {"kind": "uniform", "low": 0.01, "high": 0.05},
            "inflow": {
                "cars": {"kind": "surcharge", "product": "car", "volume": {2026: 1.0, 2029: 2.0},
                         "amount": {"years": {2027: 90.0, 2028: {
                             "kind": "uniform", "low": 50.0, "high": 150.0}}}},
                "sold": {"kind": "auction", "market": "third_ets", "share": 0.5,
                         "volume": {2027: 3.0, 2029: {"kind": "uniform", "low": 1.0,
                                                      "high": 2.0}}},
            },
            "outflow": {
                "gaps": {"kind": "gap", "budget": "offered"},
                "given": {"kind": "fixed", "amount": {2028: 40.0, 2030: 10.0}},
            },
        },
        "bond": {
            "first": 2026, "last": 2029, "rate": 0.03, "nominal": True, "proceeds": "spent",
            "issue": {2026: 900.0, 2028: {"kind": "uniform", "low": 200.0, "high": 400.0}},
            "repayment": {"kind": "bullet", "years": 3, "rate": 0.04},
            "inflow": {
                "freed": {"kind": "freed", "region": "XA", "route": "blast",
                          "volume": {2026: 30.0}},
                "border": {"kind": "cbam", "region": "XB", "route": "electric", "share": 0.75,
                           "volume": {2026: {"kind": "uniform", "low": 1.0, "high": 3.0}}},
                "other": {"kind": "fixed", "amount": {2027: 60.0}},
            },
        },
    },
    "factors": {
        "first_of_a_kind": {"kind": "split_lognormal", "quantiles": {0.05: 1.0, 0.5: 1.1,
                                                                     0.9: 1.4}},
        "consumables": {"kind": "lognormal", "quantiles": {0.1: 40.0, 0.9: 80.0}, "unit": "USD/t",
                        "price_year": 2021},
    },
    "correlations": {
        "repair": False,
        "factors": [
            {"between": ["border_ets.anchor", "power.XA.anchor"], "rank": 0.6},
            {"between": ["power.XA.anchor", "consumables"], "rank": -0.4},
            {"between": ["border_ets.anchor", "share.variant"], "rank": 0.5},
            {"between": ["hydrogen.emission_intensity", "electric.precursor_intensity"],
             "rank": 0.3},
            {"between": ["border_ets.tightening.occurs", "share.delay"], "rank": -0.5},
            {"between": ["plant.capacity", "stack.capacity"], "rank": 0.9},
        ],
        "shocks": [
            {"between": ["home_ets", "border_ets"], "rank": 0.7},
            {"between": ["border_ets", "power.XA"], "rank": 0.4},
            {"between": ["hydrogen.default", "third_ets"], "rank": -0.5},
        ],
    },
    "independent_scenarios": False,
    "scenarios": {
        "law": {},
        "reform": {
            "cbam": {"declared": "cheaper"},
            "factors": {"consumables": {"kind": "uniform", "low": 50.0, "high": 90.0,
                                        "unit": "EUR/t"}},
            "projects": {
                "abroad": {"output": 0.8, "destination": "domestic"},
                "of_the_reform": {"region": "XB", "route": "electric", "start": 2027,
                                  "lifetime": 4, "output": 0.3, "sold": 1.0},
            },
            "catalog": {
                "policies": {"share": {"variant": "slow"}},
                "markets": {"border_ets": {"after": "hold", "corridor": {"floor": {}}}},
            },
        },
    },
    "memory": 1000, "dtype": "float64",
    "catalog": {
        # Nothing here remelts scrap: that of the package would bring its prices along.
        "sectors": {"steel": {"scrap": None}},
        "instruments": INSTRUMENTS,
        "markets": MARKETS, "prices": PRICES, "policies": POLICIES, "regions": REGIONS,
        "routes": ROUTES,
        "technologies": {
            "plant": {
                "learning_rate": {"kind": "uniform", "low": 0.08, "high": 0.2},
                "cumulative_capacity": {2025: 1, 2030: {"low": 2.0, "central": 5.0, "high": 9.0}},
            },
            "stack": {
                "learning_rate": 0.15,
                "cumulative_capacity": {
                    2024: {"low": 0.8, "central": 1.0, "high": 1.1},
                    2027: {"low": 3.0, "central": 6.0, "high": 8.0},
                },
            },
        },
        "buyers": {
            "maker": {"indirect_factor": {"kind": "triangular", "low": 1.0, "mode": 1.05,
                                          "high": 1.3}},
            "choosy": {
                "indirect_factor": {"kind": "uniform", "low": 1.1, "high": 1.4},
                "willingness": {"kind": "triangular", "low": 10.0, "mode": 30.0, "high": 90.0,
                                "unit": "USD/t", "price_year": 2023},
            },
        },
        "products": {
            "car": {
                "uses": {"steel": {"kind": "uniform", "low": 800.0, "high": 1000.0, "unit": "kg"},
                         "copper": 0.02},
                "price": {"kind": "triangular", "low": 20e3, "mode": 30e3, "high": 50e3,
                          "unit": "USD", "price_year": 2022},
                "pass_through": {"kind": "uniform", "low": 0.5, "high": 1.0},
            },
            "bridge": {"per": "km", "uses": {"steel": 9e3}, "price": "30 M EUR"},
        },
    },
}  # fmt: skip


POWER: dict[str, Any] = {
    # Power made on site, in the place of what is bought, and all that a market may ask of power.
    "routes": ["blast", "hydrogen", "electric", "own_power"],
    "cbam": {"indirect": 0.6, "power_factor": "grid_mean"},
    "projects": {
        "abroad": {"instruments": ["topped_up"]},
        "converted": {"instruments": ["two_way", "price_of_hydrogen", "part_of_capex"]},
        "short": {"route": "own_power", "instruments": ["two_way"]},
    },
    "catalog": {
        "prices": {
            "power": {"XA": {"grid": "mean"}, "default": {"grid": "mean"}},
            "mean": {
                "XA": {"title": "the mean of the grid", "unit": "EUR/MWh", "path": {2025: 70.0},
                       "process": {"kind": "scenario"},
                       "emission_intensity": {2025: 0.3, 2028: 0.2}},
                "default": {"title": "the mean of the grid", "unit": "EUR/GJ", "path": {2025: 20.0},
                            "process": {"kind": "scenario"},
                            "emission_intensity": {2024: 0.2, 2030: 0.1}},
            },
            "coal": {"default": {"title": "coal", "unit": "USD/MWh", "spot": {
                "year": 2025, "value": 14.0}, "process": {"kind": "random_walk", "sigma": 0.2}}},
            "own": {
                "XA": {"kind": "generation", "fuel": "coal", "heat_rate": "9.5 GJ/MWh",
                       "emission_factor": "910 kg/MWh", "grid": "mean"},
                "default": {"kind": "generation", "fuel": "coal", "other_cost": "12 USD/MWh",
                            "heat_rate": {"kind": "uniform", "low": 8.0, "high": 11.0},
                            "emission_factor": {"kind": "uniform", "low": 0.8, "high": 1.0}},
            },
        },
        "regions": {
            "XA": {
                "captive_coverage": "share", "captive_allowance": {"kind": "uniform", "low": 0.1,
                                                                   "high": 0.5},
                "power_coverage": 0.7, "power_allowance": {"years": {2026: 0.05, 2028: "20 kg/MWh"}},
                "default_power_factor": 0.45,
                "compensation": {"share": 0.75, "power": ["power", "own"], "efficiency": 0.7,
                                 "benchmark": {"electric": "0.5 MWh/t"},
                                 "factor": {"kind": "uniform", "low": 0.4, "high": 0.8}},
            },
            "XB": {
                "captive_coverage": 0.9, "captive_allowance": 0.2, "power_coverage": "recognition",
                "default_power_factor": 0.8,
                "compensation": {"share": "recognition", "power": ["power"],
                                 "factor": {"years": {2026: "500 kg/MWh", 2029: 0.3}}},
            },
        },
        "routes": {
            "electric": {"inputs": {"power": {"XA": {"kind": "uniform", "low": 0.5, "high": 0.9,
                                                     "unit": "MWh/t"}}}},
            "own_power": {"title": "its own power", "host": "electric", "sector": "steel",
                          "buys_instead": {"power": "own"}, "capex": 900.0},
        },
    },
}  # fmt: skip

STORED: dict[str, Any] = {
    # A capture that reaches one part of the emissions, and stores CO2 of biomass.
    "routes": ["blast", "hydrogen", "electric", "stored", "both_stored"],
    "catalog": {
        "regions": {"XA": {"removals": 0.7}, "XB": {"removals": 0.25}},
        "routes": {
            "stored": {"title": "stored", "host": "blast", "sector": "steel", "capture": {
                "parts": ["furnace"], "storage": "ore", "inputs": {"power": "0.3 MWh/t"},
                "rate": {"XA": {"kind": "uniform", "low": 0.5, "high": 0.8}, "default": "60 %"},
                "emission_factors": {"power": "200 kg/MWh"}, "lifetime": 20,
                "capex": {"kind": "triangular", "low": 200.0, "mode": 300.0, "high": 500.0,
                          "unit": "USD/(t/yr)", "price_year": 2022},
            }},
            "both_stored": {"title": "all of it, with more biomass", "host": "blast",
                            "sector": "steel", "biogenic_intensity": "300 kg/t", "capture": {
                "storage": "ore", "rate": 0.8, "capex": 300.0, "lifetime": 25, "fixed_opex": 0.03,
            }},
        },
    },
}  # fmt: skip

SYSTEM: dict[str, Any] = {
    # A market solved in each draw, without shocks, whose supply grows by removals.
    "correlations": {"shocks": RICH["correlations"]["shocks"][:2]},
    "catalog": {
        "markets": {"third_ets": {"title": "solved", "unit": "EUR/t", "spot": {
            "year": 2025, "value": 60.0}, "process": {"kind": "cap_and_bank", "system": "scheme"}}},
        "systems": {"scheme": {
            "start": 2024, "bank": {2023: 800.0, 2024: 700.0}, "reserve": {2024: 300.0},
            "prices": {2022: 40.0, 2023: 45.0, 2024: 50.0},
            "baseline": {2024: 1000.0, 2027: 900.0}, "growth": -0.02,
            "level": {"kind": "uniform", "low": 0.9, "high": 1.1}, "reference_price": "60 EUR/t",
            "slope": {"kind": "uniform", "low": 0.3, "high": 0.6}, "immediate": 0.1,
            "adjustment": 0.6, "hedge": 0.1, "backstop": "400 EUR/t", "discount_rate": "6 %",
            "until": 2036, "variant": "law",
            "variants": {"law": {
                "cap": {2024: 900.0, 2025: 880.0}, "reduction_base": 1000.0,
                "reduction_factor": {2024: 0.03, 2028: 0.04}, "auctioned": 0.6,
                "intake": {2020: 0.24}, "upper": 500.3, "lower": 200.4, "release": 60.0,
                "removals": {2026: 15.0, 2028: 30.0}, "moved": {2026: 20.0, 2028: -20.0},
            }},
        }},
    },
}  # fmt: skip


def rich_config(**changes: Any) -> dict[str, Any]:
    """A fresh copy with `changes` laid over it, key by key."""
    return copy.deepcopy(merge(RICH, changes))
