"""A run whose numbers are not finite ends, and says where, in which draws and from which input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import simcore
from simcore.cli import main
from simcore.errors import ConfigError
from simcore.running.finite import LARGEST, check_statistics
from simcore.running.tracing import trace

CONFIG: dict[str, Any] = {
    "name": "small", "draws": 512, "years": {"first": 2030, "last": 2034},
    "plant": {"start": 2030, "lifetime": 1},
    "regions": ["EU"], "routes": ["bf_bof", "scrap_eaf"], "destinations": ["domestic"],
    "outcomes": ["carbon_price", "levelised_cost", "cost_premium"], "keep": [],
    "scenarios": {"law": "law"},
}  # fmt: skip
WIDE = {"kind": "lognormal", "mu": -1, "sigma": 3.5}


def price(process: dict[str, Any]) -> dict[str, Any]:
    path = {"kind": "path", "unit": "EUR/t", "spot": {"year": 2025, "value": 300},
            "process": process}  # fmt: skip
    return {"catalog": {"prices": {"scrap": {"EU": path}}}}


INFINITE: dict[str, tuple[dict[str, Any], str]] = {
    "a volatility": (price({"kind": "random_walk", "sigma": WIDE}), "scrap.EU.sigma = "),
    "a drift": (price({"kind": "gbm", "sigma": 0.2, "mu": WIDE}), "scrap.EU.mu = "),
    "jumps": (
        price({"kind": "random_walk", "sigma": 0.2,
               "jumps": {"rate": 5, "mean": 0, "sd": WIDE}}), "scrap.EU.jumps.sd = "),
    "a scenario": (
        {"scenarios": {"law": "law", "wild": price({"kind": "random_walk", "sigma": WIDE})}},
        "levelised_cost wild EU"),
}  # fmt: skip


@pytest.mark.parametrize("name", INFINITE)
def test_a_run_that_is_not_finite_ends_with_its_cause(name: str) -> None:
    changes, cause = INFINITE[name]
    with pytest.raises(ConfigError) as caught:
        simcore.run({**CONFIG, **changes}, threads=1)
    (fault,) = caught.value.faults
    assert fault.where == "outcomes.1"
    assert "in 2030 and 4 more years" in fault.found
    assert " of 512 draws (" in fault.found
    assert cause in fault.found
    draw = fault.found.split("draw ")[1].split(":")[0]
    assert f"--draw {draw}" in fault.remedy


def test_the_draws_and_the_input_are_those_of_the_run() -> None:
    config = {**CONFIG, **INFINITE["a volatility"][0]}
    with pytest.raises(ConfigError) as caught:
        simcore.run(config, threads=1)
    found = caught.value.faults[0].found
    draw = int(found.split("draw ")[1].split(":")[0])
    told = float(found.split("scrap.EU.sigma = ")[1].split(" ")[0])
    rows = trace(simcore.build(simcore.load(config)), draw)
    sigma = next(row for row in rows if row.get("name") == "scrap.EU.sigma")["value"]
    assert told == pytest.approx(sigma, rel=1e-3)
    costs = [row for row in rows if row["variable"] == "levelised_cost"]
    highest = np.max([list(row["values"].values()) for row in costs])
    assert not highest < LARGEST


FINITE: dict[str, dict[str, Any]] = {
    "what may have no value": {
        "outcomes": ["break_even_price", "crossover_year", "abatement_cost", "viability"]},
    "years before a route exists": {
        "catalog": {"routes": {"scrap_eaf": {"available_from": 2032}}}},
    "prices that nobody knows": {"outcomes": ["futures_price", "carbon_price_by_view"]},
    "a system among views": {"outcomes": ["allowance_bank", "carbon_price", "cost_premium"]},
    "a wide price": price({"kind": "random_walk", "sigma": 1.4}),
    "emissions below zero": {
        "catalog": {"routes": {"scrap_eaf": {"emission_intensity": -0.3}}}},
}  # fmt: skip


@pytest.mark.parametrize("name", FINITE)
def test_what_is_undefined_by_design_stays(name: str) -> None:
    simcore.run({**CONFIG, **FINITE[name]}, threads=1)


def test_a_command_ends_with_2_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "wild.yaml"
    config.write_text(yaml.safe_dump({**CONFIG, **INFINITE["a volatility"][0]}))
    assert main(["run", str(config), "--out", str(tmp_path / "out.zarr"), "--quiet"]) == 2
    assert "no finite number in" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["wild.yaml"]


def test_statistics_that_no_tile_makes_are_looked_at() -> None:
    plan = simcore.build(simcore.load(CONFIG))
    check_statistics(plan, {"a_quantile_low": np.array([-np.inf]), "a_mean": np.array([np.nan])})
    with pytest.raises(ConfigError, match="a_mean: infinite"):
        check_statistics(plan, {"a_mean": np.array([1.0, np.inf])})


TOO_LARGE: dict[str, dict[str, Any]] = {
    "catalog.routes.scrap_eaf.other_opex": {
        "catalog": {"routes": {"scrap_eaf": {"other_opex": 1e200}}}},
    "catalog.prices.scrap.EU.path.2030": {"catalog": {"prices": {"scrap": {"EU": "1e200 EUR/t"}}}},
    "catalog.regions.EU.wacc": {"catalog": {"regions": {"EU": {"wacc": {
        "kind": "lognormal", "mu": -3, "sigma": 12}}}}},
}  # fmt: skip


@pytest.mark.parametrize("where", TOO_LARGE)
def test_numbers_that_nothing_can_count_with_are_refused(where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, **TOO_LARGE[where]})
    assert [one.where for one in caught.value.faults] == [where]
