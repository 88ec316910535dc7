"""A route that is made from the product of another: its cost, emissions and benchmarks (MODEL 16)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore
from simcore.errors import ConfigError

PER_PLANT = ["levelised_cost", "home_carbon_cost", "marginal_carbon_cost", "carbon_cost",
             "cbam_cost", "total_cost"]  # fmt: skip
BLEND: dict[str, Any] = {
    "sector": "billet", "capex": "0 EUR/(t/yr)", "lifetime": 20, "utilisation": 1,
    "emission_intensity": "0 t/t",
}  # fmt: skip
RULES: dict[str, Any] = {
    "EU": {"coverage": "eu_steel_coverage", "free_allocation": "eu_free_allocation",
           "cscf": "eu_cscf", "border": "eu_cbam_coverage_steel"},
    "CN": {"coverage": "cn_steel_coverage", "free_allocation": "cn_free_allocation", "cscf": 1},
}  # fmt: skip


def config(own: dict[str, Any], rules: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Steel and billets, of which a tonne is made from one of a route of steel."""
    regions = {
        name: {**one, "benchmarks": {}, "reference": "billet_old", **(rules or {})}
        for name, one in RULES.items()
    }  # fmt: skip
    made = {"billet_old": {**BLEND, "made_from": {"route": "bf_bof", "amount": "1 t/t"}}, **own}
    return {
        "name": "billets", "draws": 256, "dtype": "float64",
        "years": {"first": 2034, "last": 2036}, "sectors": ["steel", "billet"],
        "regions": ["EU", "CN"], "destinations": ["domestic", "eu"], "scenarios": {"law": {}},
        "outcomes": [*PER_PLANT, "avoided_emissions", "waterfall", "cost_premium", "parity_price",
                     "crossover_year", "break_even_price", "carbon_value"],
        "keep": [*PER_PLANT, "avoided_emissions", "waterfall", "cost_premium", "parity_price",
                 "crossover_year", "break_even_price", "carbon_value"],
        **changes,
        "catalog": {
            "sectors": {"billet": {"product": "billet", "routes": list(made), "regions": regions,
                                   "cbam": {"coverage": "eu_cbam_coverage_steel"}}},
            "routes": made, **changes.get("catalog", {}),
        },
    }  # fmt: skip


def run(own: dict[str, Any], rules: dict[str, Any] | None = None, **changes: Any) -> Any:
    return simcore.run(config(own, rules, **changes), threads=1).squeeze("scenario")


def holding(route: str, amount: Any = "1 t/t", **own: Any) -> dict[str, Any]:
    return {**BLEND, "made_from": {"route": route, "amount": amount}, **own}


@pytest.mark.parametrize("inside", ["h2_dri_eaf", "bf_bof_ccs", "hbi_import_eaf", "scrap_eaf"])
def test_a_tonne_that_is_another_one_and_nothing_else_is_that_one(inside):
    """Every outcome of the blend is that of what is inside, with capture, precursors and power."""
    found = run({"green": holding(inside)}, routes=["green", inside], boundary="scope12")
    for name in found.data_vars:
        if "route" in found[name].dims and "draw" in found[name].dims:
            own, other = (found[name].sel(route=one).values for one in ("green", inside))
            np.testing.assert_array_equal(own, other, err_msg=str(name))
            assert np.isfinite(other).any() or name in {"crossover_year", "parity_price"}, name


def test_cost_emissions_and_allowances_by_hand():
    """Half a tonne of scrap steel in a product with a plant and emissions of its own."""
    own = {"emission_intensity": "0.1 t/t", "other_opex": "7 EUR/t", "support": "2 EUR/t",
           "inputs": {"electricity": {"default": "0.2 MWh/t"}}}  # fmt: skip
    found = run({"green": holding("scrap_eaf", "0.5 t/t", **own)}, routes=["green", "scrap_eaf"],
                outcomes=[*PER_PLANT, "commodity_price", "carbon_price"],
                keep=[*PER_PLANT, "commodity_price", "carbon_price"])  # fmt: skip
    green, scrap = (found.sel(route=one, region="EU", destination="domestic")
                    for one in ("green", "scrap_eaf"))  # fmt: skip
    power = found.commodity_price.sel(commodity="electricity.EU")
    np.testing.assert_allclose(
        green.levelised_cost, 0.5 * scrap.levelised_cost + 5 + 0.2 * power, rtol=1e-12
    )
    price = found.carbon_price.sel(market="eu_ets")
    np.testing.assert_allclose(
        green.marginal_carbon_cost, 0.5 * scrap.marginal_carbon_cost + 0.1 * price, rtol=1e-12
    )
    np.testing.assert_allclose(
        green.home_carbon_cost, 0.5 * scrap.home_carbon_cost + 0.1 * price, rtol=1e-9
    )


@pytest.mark.parametrize(("stated", "share"), [({}, 0.6), ({"green": 0.9}, 0.75)])
def test_less_inside_loses_allowances_unless_the_region_says_so(stated, share):
    """A benchmark that a region states of the blend is that of the whole tonne."""
    asked = ["home_carbon_cost", "marginal_carbon_cost"]
    steel = {"regions": {"EU": {"benchmarks": {"bf_bof": 1.2}}}}
    made = config({"green": holding("bf_bof", "0.6 t/t")}, {"benchmarks": stated},
                  routes=["green", "bf_bof"], outcomes=asked, keep=asked)  # fmt: skip
    made["catalog"]["sectors"]["steel"] = steel
    found = simcore.run(made, threads=1).squeeze("scenario").sel(region="EU")
    free = found.marginal_carbon_cost - found.home_carbon_cost
    assert (free.sel(route="bf_bof").isel(year=0) > 0).any()
    np.testing.assert_allclose(
        free.sel(route="green"), share * free.sel(route="bf_bof"), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(("steel", "billet"), [(1.0, 0.0), (0.0, 1.0)])
def test_what_is_credited_below_zero_is_said_by_the_sector_that_is_sold(steel, billet):
    made = config(
        {"green": holding("h2_dri_eaf", "0.5 t/t")}, {"removals": billet, "free_allocation": 0},
        routes=["green", "h2_dri_eaf"], outcomes=["marginal_carbon_cost", "carbon_price"],
        keep=["marginal_carbon_cost", "carbon_price"], years={"first": 2034, "last": 2034},
    )  # fmt: skip
    made["catalog"]["routes"]["h2_dri_eaf"] = {"emission_intensity": "-0.2 t/t"}
    made["catalog"]["sectors"]["steel"] = {"regions": {"EU": {"removals": steel}}}
    found = simcore.run(made, threads=1).squeeze().sel(region="EU")
    price = found.carbon_price.sel(market="eu_ets")
    for route, share in (("green", 0.5 * billet), ("h2_dri_eaf", steel)):
        credited = found.marginal_carbon_cost.sel(route=route)
        np.testing.assert_allclose(credited, -0.2 * share * price, rtol=1e-12)


def test_a_retrofit_holds_as_much_as_its_host():
    """What a blend saves with another plant inside is the same amount of what that plant saves."""
    amount = {"kind": "uniform", "low": 0.6, "high": 0.9, "unit": "t/t"}
    routes = {
        "billet_old": holding("bf_bof", amount),
        "green": {"sector": "billet", "host": "billet_old", "made_from": {"route": "bf_bof_ccs"}},
    }
    found = run(routes, routes=["billet_old", "green", "bf_bof_ccs"], keep=[
        "avoided_emissions", "levelised_cost", "inputs"], years={"first": 2036, "last": 2036})  # fmt: skip
    ratio = (found.avoided_emissions.sel(route="green")
             / found.avoided_emissions.sel(route="bf_bof_ccs")).sel(region="EU")  # fmt: skip
    drawn = found.input.sel(factor="billet_old.made_from.amount").values
    np.testing.assert_allclose(ratio.values.squeeze(), drawn, rtol=1e-9)
    assert drawn.std() > 0.05
    assert not [one for one in found.factor.values if str(one).startswith("green.")]


def test_what_is_inside_has_the_draws_that_it_has_alone():
    """A run of billets alone has the steel of a run of steel."""
    alone = run({"green": holding("h2_dri_eaf")}, sectors=["billet"], routes=["green"],
                outcomes=["total_cost"], keep=["total_cost"])  # fmt: skip
    steel = simcore.run(
        {key: one for key, one in config({}, sectors=["steel"], routes=["h2_dri_eaf"],
         outcomes=["total_cost"], keep=["total_cost"]).items() if key != "catalog"}, threads=1,
    ).squeeze("scenario")  # fmt: skip
    np.testing.assert_array_equal(
        alone.total_cost.sel(route="green").values, steel.total_cost.sel(route="h2_dri_eaf").values
    )


def test_a_project_builds_what_is_inside_in_its_year():
    projects = {
        name: {"region": "EU", "route": route, "start": 2035, "lifetime": 15, "output": 1}
        for name, route in (("billets", "green"), ("steel", "h2_dri_eaf"))
    }
    asked = ["project_cost", "project_gap", "project_npv"]
    found = run(
        {"green": holding("h2_dri_eaf")}, routes=["green", "h2_dri_eaf"], projects=projects,
        outcomes=asked, keep=asked, years={"first": 2034, "last": 2040},
    )  # fmt: skip
    for name in asked:
        values = found[name]
        np.testing.assert_array_equal(
            values.sel(project="billets").values, values.sel(project="steel").values
        )
    assert np.isfinite(found.project_npv).all()


def test_a_route_is_there_once_what_is_inside_is():
    found = run({"green": holding("moe", available_from=2030)}, routes=["green", "moe"],
                years={"first": 2034, "last": 2045}, outcomes=["total_cost"], keep=["total_cost"])  # fmt: skip
    own, moe = (np.isfinite(found.total_cost.sel(route=one)).values for one in ("green", "moe"))
    np.testing.assert_array_equal(own, moe)
    assert not own.all()


LOOP = {"one": holding("two", "0.5 t/t"), "two": holding("one", "0.5 t/t")}


@pytest.mark.parametrize(
    ("routes", "where", "said"),
    [
        ({"one": holding("steal")}, "catalog.routes.one.made_from.route", "unknown route 'steal'"),
        (LOOP, "catalog.routes.one.made_from.route", "made from one in the end"),
        ({"one": {**BLEND, "made_from": {"route": "bf_bof"}}}, "catalog.routes.one.made_from",
         "without an amount"),
        ({"one": holding("bf_bof", "-1 t/t")}, "catalog.routes.one.made_from.amount", "-1"),
        ({"one": {"sector": "billet", "host": "billet_old", "capture": {
            "rate": 0.9, "storage": "co2_transport_storage", "capex": "100 EUR/(t/yr)",
            "lifetime": 20}}}, "catalog.routes.one.capture", "made from bf_bof"),
        ({"two": {**BLEND, "size": {"reference": "1 Mt/yr", "exponent": 0.7}},
          "one": holding("two", "1 t/t")}, "catalog.routes.two.size", "inside one"),
    ],
)  # fmt: skip
def test_what_cannot_be_inside_is_told(routes, where, said):
    benchmarks = {"benchmarks": {"default": 0.0}}
    with pytest.raises(ConfigError) as found:
        simcore.load(config(routes, benchmarks, routes=["one"]))
    told = {one.where: f"{one.found} {one.expected} {one.remedy}" for one in found.value.faults}
    assert where in told, told
    assert said in told[where]


def test_what_is_inside_needs_rules_of_its_sector():
    made = config({"one": holding("bf_bof")}, sectors=["billet"], routes=["one"])
    made["regions"] = ["home"]
    catalog = made["catalog"]
    catalog["regions"] = {"home": {"currency": "EUR", "market": "eu_ets", "wacc": 0.07,
                                   "recognised": 1}}  # fmt: skip
    rules = catalog["sectors"]["billet"]["regions"]
    rules["home"] = dict(rules["EU"])
    with pytest.raises(ConfigError) as found:
        simcore.load(made)
    assert "nothing of steel in home" in {one.found for one in found.value.faults}
