"""Quantities that cannot be are refused, those that hardly anybody means are asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from one_year import CONFIG

import simcore
from simcore.distributions import compile_distribution, tails
from simcore.effects import build_and_warn
from simcore.errors import ConfigError
from simcore.intake.unusual import unusual
from simcore.kernels.marginals import quantile
from simcore.quantities.ranges import Range, meant


def catalog(section: str, name: str, **content: Any) -> dict[str, Any]:
    return {"catalog": {section: {name: content}}}


def route(**content: Any) -> dict[str, Any]:
    return catalog("routes", "h2_dri_eaf", **content)


def region(**content: Any) -> dict[str, Any]:
    return catalog("regions", "EU", **content)


def price(name: str, value: Any) -> dict[str, Any]:
    return {"catalog": {"prices": {name: {"EU": value}}}}


def warned(changes: dict[str, Any], **options: Any) -> dict[str, str]:
    spec = simcore.load({**CONFIG, **changes}, **options)
    return {one.where: f"{one.found}: {one.remedy}" for one in unusual(spec)}


def walk(**content: Any) -> dict[str, Any]:
    return catalog("markets", "eu_ets", process={"kind": "random_walk", **content})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "catalog.regions.EU.wacc": (region(wacc=10), "0.1 or 10 %"),
    "catalog.regions.EU.capex_factor": (region(capex_factor=110), "1.1 or 110 %"),
    "catalog.regions.EU.coverage": (region(coverage=100), "100 %"),
    "catalog.regions.EU.recognised": (region(recognised=1.5), "1.5 %"),
    "catalog.routes.h2_dri_eaf.risk_premium": (route(risk_premium=2), "0.02 or 2 %"),
    "catalog.routes.h2_dri_eaf.utilisation": (
        route(utilisation={"kind": "uniform", "low": 80, "high": 90}), "0.85 or 85 %"),
    "catalog.routes.h2_dri_eaf.first_of_a_kind": (route(first_of_a_kind=110), "110 %"),
    "catalog.prices.hydrogen.EU.fixed_opex": (price("hydrogen", {"fixed_opex": 3}), "0.03 or 3 %"),
    "catalog.prices.hydrogen.EU.full_load_hours": (
        price("hydrogen", {"full_load_hours": 55_000}), "its unit"),
    "catalog.technologies.electrolyser.learning_rate": (
        catalog("technologies", "electrolyser", learning_rate=18), "0.18 or 18 %"),
    "catalog.markets.eu_ets.process.sigma": (walk(sigma=28), "0.28 or 28 %"),
    "catalog.markets.eu_ets.process.mu": (
        catalog("markets", "eu_ets", anchors={}, process={"kind": "gbm", "sigma": 0.2, "mu": 3}),
        "0.03 or 3 %"),
    "catalog.markets.eu_ets.after.grow": (
        catalog("markets", "eu_ets", after={"grow": 2}), "0.02 or 2 %"),
    "money.inflation": ({"money": {"inflation": 2}}, "0.02 or 2 %"),
    "plant.output": ({"plant": {"start": 2030, "lifetime": 1, "output": 5e6}}, "5 Mt/yr"),
    "catalog.policies.eu_free_allocation.variants.law.values.2026": (
        catalog("policies", "eu_free_allocation",
                variants={"law": {"values": {2026: 97.5, 2034: 0}}}), "0.975 or 97.5 %"),
    "catalog.routes.h2_dri_eaf.inputs.electricity": (
        route(inputs={"electricity": {"kind": "normal", "mean": 0.8, "sd": 0.6,
                                      "unit": "MWh/t"}}), "truncated_normal"),
    "catalog.routes.h2_dri_eaf.inputs.hydrogen": (route(inputs={"hydrogen": "-50 kg/t"}), "sign"),
    "catalog.routes.h2_dri_eaf.emission_intensity": (
        route(emission_intensity={"kind": "normal", "mean": 0.1, "sd": 5}), "truncated_normal"),
}  # fmt: skip


@pytest.mark.parametrize("where", REFUSED)
def test_what_cannot_be_is_refused(where: str) -> None:
    changes, remedy = REFUSED[where]
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, **changes})
    found = {one.where: one.remedy for one in caught.value.faults}
    assert remedy in found[where], found


ASKED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a rate that is too small": ("catalog.regions.EU.wacc", region(wacc=0.0008), "0.08 or 8 %"),
    "a surcharge without its 1": (
        "catalog.routes.h2_dri_eaf.interest_during_construction",
        route(interest_during_construction=0.15), "1.15?"),
    "nothing of all capital": (
        "catalog.routes.h2_dri_eaf.first_of_a_kind", route(first_of_a_kind=0), "mean 1?"),
    "thousands of euros": ("catalog.routes.h2_dri_eaf.capex", route(capex=0.7), "700 EUR"),
    "a lognormal without end": (
        "catalog.routes.h2_dri_eaf.capex",
        route(capex={"kind": "lognormal", "mu": 6.5, "sigma": 4}), "narrow"),
    "kilowatt-hours": (
        "catalog.routes.h2_dri_eaf.inputs.electricity", route(inputs={"electricity": "800 MWh/t"}),
        "0.8 MWh/t"),
    "one date": (
        "catalog.routes.h2_dri_eaf.inputs.electricity.years.2035",
        route(inputs={"electricity": {"years": {2026: "0.8 MWh/t", 2035: "800 MWh/t"}}}),
        "0.8 MWh/t"),
    "one region": (
        "catalog.routes.h2_dri_eaf.inputs.electricity.EU",
        route(inputs={"electricity": {"EU": "800 MWh/t", "default": "0.8 MWh/t"}}), "0.8 MWh/t"),
    "a price in thousands of won": (
        "catalog.prices.electricity.EU.path.2030", price("electricity", "70 KRW/MWh"),
        "70000 KRW/MWh"),
    "a dated price": (
        "catalog.prices.hydrogen.EU.path.2035",
        price("hydrogen", {2026: "3 EUR/kg", 2035: "3000 EUR/kg"}), "3 EUR/kg"),
    "a carbon price": (
        "catalog.markets.eu_ets.path.2035",
        {"catalog": {"markets": {"eu_ets": {2026: "80 EUR/t", 2035: "80000 EUR/t"}}}},
        "80 EUR/t"),
    "a volatility": ("catalog.markets.eu_ets.process.sigma", walk(sigma=2.8), "0.028 or 2.8 %"),
    "an output": (
        "plant.output", {"plant": {"start": 2030, "lifetime": 1, "output": 5000}}, "5 Mt/yr"),
    "an emission factor per kWh": (
        "catalog.prices.electricity.EU.emission_intensity.2026",
        price("electricity", {"emission_intensity": {2026: 200}}), "0.2 t/MWh"),
    "kilograms for tonnes": (
        "catalog.routes.h2_dri_eaf.emission_intensity", route(emission_intensity=200), "0.2 t/t"),
    "a benchmark in kilograms": (
        "catalog.regions.EU.benchmarks.default",
        region(benchmarks={"default": 1370}), "1.37?"),
    "hours for years": (
        "catalog.prices.hydrogen.EU.stack_lifetime", price("hydrogen", {"stack_lifetime": 80_000}),
        "80000 h"),
    "costs as a share": (
        "catalog.routes.h2_dri_eaf.fixed_opex", route(fixed_opex="0.03 %/yr"), "3 %/yr"),
    "a share as costs": (
        "catalog.routes.h2_dri_eaf.fixed_opex", route(fixed_opex=0.03), "3 %/yr"),
    "a price below zero": (
        "catalog.regions.EU.credit_price", region(credit_price=-3), "correct the number"),
    "a price that may fall below zero": (
        "catalog.prices.hydrogen.EU.storage",
        price("hydrogen", {"storage": {"kind": "normal", "mean": 0.3, "sd": 0.2}}), "narrow"),
    "a factor": (
        "catalog.routes.h2_dri_eaf.interest_during_construction",
        {"factors": {"f": {"kind": "uniform", "low": 0.1, "high": 0.2}},
         **route(interest_during_construction={"kind": "factor", "name": "f"})}, "1.15?"),
    "a scenario": (
        "scenarios.dear.catalog.regions.EU.wacc",
        {"scenarios": {"law": "law", "dear": region(wacc=0.0008)}}, "0.08 or 8 %"),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_what_is_hardly_meant_is_asked_about(name: str) -> None:
    where, changes, remedy = ASKED[name]
    found = warned(changes)
    assert remedy in found[where], found


def test_a_setting_is_asked_about() -> None:
    found = warned({}, overrides=["catalog.regions.EU.wacc=0.0008"])
    assert "0.08 or 8 %" in found["catalog.regions.EU.wacc"]


def test_a_price_file_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("date,price\n2025-06-01,0.07\n2030-06-01,0.08\n")
    config = tmp_path / "config.yaml"
    config.write_text(
        "name: t\nregions: [EU]\nroutes: [bf_bof]\nyears: {first: 2030, last: 2030}\n"
        "catalog: {prices: {electricity: {EU: {unit: EUR/MWh, process: {kind: scenario},\n"
        "  path: {csv: prices.csv, date: date, column: price}}}}}\n"
    )
    found = unusual(simcore.load(config))
    assert any("path" in one.where and "80 EUR/MWh" in one.remedy for one in found), found


MEANT: dict[str, dict[str, Any]] = {
    "per cent": region(wacc="8 %", coverage="100 %", capex_factor="110 %"),
    "biomass with capture": route(emission_intensity=-0.3),
    "a normal that never reaches zero": route(capex={"kind": "normal", "mean": 900, "sd": 90}),
    "a truncated normal": route(inputs={"electricity": {
        "kind": "truncated_normal", "mean": 0.8, "sd": 0.6, "low": 0, "high": 3,
        "unit": "MWh/t"}}),
    "no cost": route(other_opex=0, capex=0, fixed_opex=0),
    "fixed costs as a share": route(fixed_opex="3 %/yr"),
    "a price in won": price("electricity", "120000 KRW/MWh"),
    "a price of nothing": price("electricity", "0 EUR/MWh"),
    "a mixture with a tail": route(other_opex={
        "kind": "mixture", "weights": [0.9, 0.1], "unit": "EUR/t",
        "components": [{"kind": "normal", "mean": 100, "sd": 10}, {"kind": "lognormal",
                                                                   "mu": 5, "sigma": 0.5}]}),
    "a market of few": walk(sigma=0.9),
    "a plant of 50,000 t": {"plant": {"start": 2030, "lifetime": 1, "output": 0.05}},
    "a policy in per cent": catalog("policies", "eu_free_allocation", variants={
        "law": {"values": {2026: "97.5 %", 2034: 0}}}),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_what_may_well_be_is_no_matter(name: str) -> None:
    spec = simcore.load({**CONFIG, **MEANT[name]})
    assert [str(one) for one in unusual(spec)] == []


def test_check_prints_what_is_asked() -> None:
    _, found = build_and_warn(simcore.load({**CONFIG, **region(wacc=0.0008)}))
    (told,) = [one.as_warning() for one in found]
    assert "EU.wacc: 0.0008, where 0.005 to 0.3 is usual: did you mean 0.08 or 8 %?" in told


DISTRIBUTIONS: list[dict[str, Any]] = [
    {"kind": "normal", "mean": 1, "sd": 2},
    {"kind": "lognormal", "mu": 0, "sigma": 1},
    {"kind": "split_lognormal", "p10": 1, "p50": 2, "p90": 6},
    {"kind": "truncated_normal", "mean": 0.8, "sd": 0.1, "low": 0, "high": 100},
    {"kind": "beta", "alpha": 2, "beta": 5},
    {"kind": "mixture", "weights": [0.3, 0.7],
     "components": [{"kind": "normal", "mean": 0, "sd": 1}, {"kind": "normal", "mean": 9, "sd": 1}]},
    {"kind": "mixture", "weights": [0.5, 0.5],
     "components": [{"kind": "uniform", "low": 1, "high": 2}, {"kind": "lognormal", "mu": 1,
                                                               "sigma": 1}]},
]  # fmt: skip


@pytest.mark.parametrize("given", DISTRIBUTIONS, ids=lambda one: one["kind"])
def test_tails_are_the_quantiles_that_kernels_draw(given: dict[str, Any]) -> None:
    marginal = compile_distribution(given)
    for p in (0.001, 2.0**-53):
        drawn = quantile(np.array([p, 1 - p]), kind=marginal.kind, params=marginal.params,
                         pool=marginal.pool)  # fmt: skip
        width = np.ptp(drawn) * 0.01
        assert np.abs(np.array(tails(marginal, p)) - drawn).max() < width


def test_nothing_is_guessed_far_from_the_range() -> None:
    usual = Range(0.005, 0.3)
    assert meant(5000, usual, "1") == ""
    assert meant(20, usual, "1") == "did you mean 0.2 or 20 %?"
    assert meant(20, Range(1, 2), "EUR/t") == ""


FAMILIES: dict[str, tuple[Any, str, str]] = {
    "logarithms are not what was written": (
        {"kind": "lognormal", "quantiles": {0.1: 0.6, 0.5: 0.8, 0.9: 1.2}}, "0.1: 0.6, 0.5: 0.8",
        "change the quantiles"),
    "a lognormal by its mean": (
        {"kind": "lognormal", "mean": 0.8, "sd": 0.1}, "mean and sd", "mu: -0.230896, sigma: 0.124516"),
    "a lognormal by half": ({"kind": "lognormal", "mean": 0.8}, "mean and sd", "quantiles"),
    "a triangle by its mode": (
        {"kind": "triangular", "mode": 0.8, "quantiles": {0.1: 0.6, 0.9: 1.2}}, "mode and quantiles",
        "write low, mode, high, or quantiles"),
    "money of a year": ("700 EUR2015/(t/yr)", "'EUR2015'", "EUR/(t/yr), and price_year: 2015"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_a_number_that_is_written_otherwise_is_told_how(name: str) -> None:
    given, said, remedy = FAMILIES[name]
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, **route(capex=given)})
    (fault,) = caught.value.faults
    assert said in fault.found
    assert remedy in fault.remedy


def test_the_lognormal_that_is_told_has_the_mean_and_the_deviation() -> None:
    marginal = compile_distribution({"kind": "lognormal", "mu": -0.230896, "sigma": 0.124516})
    assert marginal.mean == pytest.approx(0.8, rel=1e-5)
    sd = marginal.mean * np.sqrt(np.expm1(0.124516**2))
    assert sd == pytest.approx(0.1, rel=1e-4)


def test_money_of_a_year_to_come_is_asked_about() -> None:
    def money(year: int) -> dict[str, str]:
        return warned(route(capex={"kind": "constant", "value": 700, "price_year": year}))

    assert "not of the cost" in money(2040)["catalog.routes.h2_dri_eaf.capex.price_year"]
    assert money(2015) == {}


@pytest.mark.parametrize(
    ("path", "warned_of"),
    [({2010: 3, 2012: 4}, True), ({2015: 3.0}, True), ({2010: 3, 2026: 4}, False),
     ({2026: 3.0}, False), ({2030: 3, 2035: 4}, False)],
)  # fmt: skip
def test_prices_that_end_long_before_the_run_are_asked_about(
    path: dict[int, float], warned_of: bool
) -> None:
    hydrogen = {
        "kind": "path", "unit": "EUR/kg", "process": {"kind": "scenario"}, "path": path,
    }  # fmt: skip
    found = warned(price("hydrogen", hydrogen))
    where = "catalog.prices.hydrogen.EU.path"
    assert list(found) == ([where] if warned_of else [])
    assert f"of {max(path)}, is held until 2030" in found.get(where, "") or not warned_of


@pytest.mark.parametrize(
    ("code", "rate", "said"),
    [("KRW", 0.00067, "1492.54"), ("USD", 113.0, "unless it is meant"), ("JPY", 0.0061, "163.9"),
     ("USD", 1.4, ""), ("KRW", 1100, ""), ("CHF", 0.001, "")],
)  # fmt: skip
def test_a_rate_far_from_that_of_today_is_asked_about(code: str, rate: float, said: str) -> None:
    found = warned({"money": {"exchange": {code: rate}}})
    assert list(found) == ([f"money.exchange.{code}"] if said else [])
    assert said in "".join(found.values())


TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "catalog.markets.eu_ets.spot.value": (
        catalog("markets", "eu_ets", spot={"year": 2026, "value": "18 USD/t"}),
        "put the unit beside it: {value: 18, unit: USD/t}"),
    "catalog.routes.h2_dri_eaf.lifetime": (
        route(lifetime="20 yr"), "write lifetime: {value: 20, unit: yr}"),
    "cbam.clean_intensity": ({"cbam": {"clean_intensity": "0.2"}}, "write clean_intensity: 0.2"),
    "money.inflation": ({"money": {"inflation": "two"}}, "without quotes"),
}  # fmt: skip


@pytest.mark.parametrize("where", TEXTS)
def test_a_number_in_quotes_is_told_where_its_unit_goes(where: str) -> None:
    changes, remedy = TEXTS[where]
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, **changes})
    assert remedy in {one.where: one.remedy for one in caught.value.faults}[where]


@pytest.mark.parametrize(
    ("where", "value", "remedy"),
    [("plant.output", {"value": 3000, "unit": "kt"}, "write it in Mt/yr"),
     ("plant.output", "5000 kt", "write it in Mt/yr"),
     ("plant.output", "5 EUR", "write it in Mt/yr"),
     ("plant.output", "3", "write output: 3"),
     ("plant.output", {"value": 3000, "unit": "kt/yr"}, ""),
     ("money.inflation", {"value": 2, "unit": "EUR"}, "leave the unit out"),
     ("money.inflation", {"value": 2, "unit": "%"}, "")],
)  # fmt: skip
def test_a_number_in_a_unit_that_does_not_fit_is_told_which_does(
    where: str, value: Any, remedy: str
) -> None:
    part, key = where.split(".")
    changes = {part: {**CONFIG.get(part, {}), key: value}}
    if not remedy:
        simcore.load({**CONFIG, **changes})
        return
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, **changes})
    assert [(one.where, one.remedy) for one in caught.value.faults] == [(where, remedy)]
