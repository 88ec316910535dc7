"""Strikes from the distribution: ranks in kept draws, limits, scenarios, stopping, threads."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
import xarray as xr
from batteries import some

import simcore
from simcore import cli, dataset
from simcore.effects import warnings_of
from simcore.errors import ConfigError
from simcore.plan import Plan
from simcore.running import engine
from simcore.running.executors import on_threads
from simcore.running.options import Options
from simcore.running.resolving import resolved
from simcore.running.tracing import trace
from simcore.terminal.tails import resolved_lines

CONFIG: dict[str, Any] = {
    "name": "bids", "draws": 2000, "years": "2026-2045", "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["h2_dri_eaf"], "dtype": "float64",
    "outcomes": ["project_npv", "break_even_strike", "instrument_strike", "instrument_payment"],
    "keep": ["project_npv", "break_even_strike"],
    "scenarios": ["law", "cbam_repealed"],
    "catalog": {"instruments": {"contract": {
        "kind": "ccfd", "term": 15, "strike": {"break_even": 0.8, "in": "law"},
    }}},
    "projects": {"plant": {
        "region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 20, "output": 2.0,
        "against": "bf_bof", "instruments": ["contract"],
    }},
}  # fmt: skip


def config(contract: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    content = copy.deepcopy(CONFIG) | changes
    content["catalog"]["instruments"]["contract"] |= contract or {}
    return content


def plan(contract: dict[str, Any] | None = None, **changes: Any) -> Plan:
    return simcore.build(simcore.load(config(contract, **changes)))


def run(contract: dict[str, Any] | None = None, **changes: Any) -> xr.Dataset:
    return engine.run(plan(contract, **changes), threads=2)


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    """The run as it stands above."""
    return run()


def told(found: xr.Dataset) -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, Any]] = json.loads(found.attrs["resolved"])
    return result


def closing(found: xr.Dataset, scenario: str = "law") -> int:
    """Draws in which the project breaks even, but for the last digits."""
    npv = found["project_npv"].sel(scenario=scenario, project="plant").values
    return int((npv > -1e-6).sum())


SHARED = "projects.plant.contract.strike"


@pytest.mark.parametrize(
    ("design", "probability"),
    some([("random", 0.8), ("sobol", 0.8), ("random", 0.975), ("sobol", 0.5), ("random", 0.5),
          ("sobol", 0.975)], each=3),
)  # fmt: skip
def test_the_project_breaks_even_in_as_many_draws_as_asked(probability, design):
    found = run({"strike": {"break_even": probability, "in": "law"}}, design=design)
    assert abs(closing(found) - probability * 2000) <= 1
    strike = told(found)[SHARED]
    draws = found["break_even_strike"].sel(scenario="law", project="plant").values
    assert strike["value"] == pytest.approx(np.quantile(draws, probability), rel=1e-12)
    assert strike["low"] < strike["value"] < strike["high"]
    assert (strike["draws"], strike["break_even"]) == (2000, probability)


@pytest.mark.parametrize(
    ("limits", "binds"),
    some(
        [
            ({"cap": {"yearly": "1100 M EUR/yr"}, "sided": "one", "exit_after": 2}, True),
            ({"sided": "one"}, True),
            ({"exit_after": 3, "repay": "received"}, True),
            ({"delay": {"kind": "uniform", "low": 0, "high": 3}, "nominal": True}, False),
            ({"cap": {"total": "12000 M EUR"}}, True),
        ],
        each=3,
    ),
)
def test_limits_of_a_contract_are_part_of_the_bid(limits, binds):
    found = run(limits)
    assert abs(closing(found) - 1600) <= 1
    strike = told(found)[SHARED]
    assert strike["low"] < strike["value"] < strike["high"]
    # By the strike of draws without limits it would be another number of draws.
    plain = np.quantile(found["break_even_strike"].sel(scenario="law").values, 0.8)
    given = run(limits | {"strike": float(plain)})
    assert (abs(closing(given) - 1600) > 1) == binds


@pytest.mark.parametrize(
    "contract",
    [
        {"kind": "cfd", "per": "hydrogen", "replaces": {"natural_gas": "39.4 MWh/t"}},
        {"kind": "premium", "per": "avoided"},
    ],
)
def test_other_kinds_with_a_strike_are_bid_too(contract):
    content = config()
    strike = {"break_even": 0.8, "in": "law"}
    content["catalog"]["instruments"]["contract"] = contract | {"term": 15, "strike": strike}
    found = engine.run(simcore.build(simcore.load(content)), threads=2)
    assert abs(closing(found) - 1600) <= 1
    assert told(found)[SHARED]["low"] < told(found)[SHARED]["value"] < told(found)[SHARED]["high"]


def test_the_ends_of_an_interval_by_trial_are_those_of_ranks():
    """Where nothing binds both ways are open, and must agree."""
    from simcore.running import resolving

    made = plan()
    bid = next(resolving._bids(made, "law"))
    work = on_threads(2), Options()
    linear = resolving._linear(made, bid, *work)
    tried = resolving._searched(made, bid, *work, linear)
    gap = np.diff(np.sort(engine.run(made)["break_even_strike"].sel(scenario="law").values.ravel()))
    np.testing.assert_allclose(tried, linear, atol=3 * gap.max(), rtol=0)
    np.testing.assert_allclose(tried, linear, atol=2.0, rtol=0)


def test_it_is_bid_under_one_scenario_and_paid_under_each(found):
    strikes = found["instrument_strike_mean"].sel(year=2030).values.ravel()
    assert strikes[0] == strikes[1] == told(found)[SHARED]["value"]
    assert closing(found, "cbam_repealed") < closing(found, "law") - 10


def test_without_a_scenario_each_has_its_own():
    found = run({"strike": {"break_even": 0.8}})
    strikes = found["instrument_strike_mean"].sel(year=2030).values.ravel()
    assert strikes[0] < strikes[1]
    for name, strike in zip(("law", "cbam_repealed"), strikes, strict=True):
        one = told(found)[f"scenarios.{name}.{SHARED}"]
        assert (one["value"], one["scenario"]) == (strike, name)
        assert abs(closing(found, name) - 1600) <= 1
    law = run({"strike": {"break_even": 0.8}}, scenarios=["law"])
    assert told(law)[f"scenarios.law.{SHARED}"] == told(found)[f"scenarios.law.{SHARED}"]


def test_projects_with_the_same_contract_have_strikes_of_their_own():
    content = config()
    content["projects"]["later"] = content["projects"]["plant"] | {"start": 2031}
    found = engine.run(simcore.build(simcore.load(content)), threads=2)
    assert set(told(found)) == {SHARED, "projects.later.contract.strike"}
    npv = found["project_npv"].sel(scenario="law")
    assert abs((npv > -1e-6).sum("draw") - 1600).max() <= 1


@pytest.mark.parametrize("limits", [{}, {"sided": "one"}])
def test_no_bit_depends_on_threads(limits):
    made = plan(limits)
    digests = {dataset.digest(engine.run(made, threads=threads)) for threads in (1, 3)}
    assert len(digests) == 1


def test_money_is_that_of_the_run(found):
    euros, dollars = told(found)[SHARED], told(run(currency="USD"))[SHARED]
    rate = simcore.load(CONFIG).experiment.money.exchange["USD"]
    assert dollars["value"] == pytest.approx(rate * euros["value"], rel=1e-12)
    assert dollars["unit"] == "USD t-1"


def test_stopping_resolves_for_the_draws_that_are_taken():
    until = {"variable": "project_npv", "statistic": "mean", "width": 400.0}
    made = plan(until=until, draws=40_000)
    found = engine.run(made, threads=2)
    draws = found.attrs["draws"]
    assert 4096 <= draws < 40_000
    assert told(found)[SHARED]["draws"] == draws
    assert abs(closing(found) - 0.8 * draws) <= 1
    assert dataset.digest(found) == dataset.digest(run(draws=draws))
    (strike,) = [one for one in trace(made, 7, project="plant") if one["variable"] == "resolved"]
    assert strike["value"] == told(found)[SHARED]["value"]
    # The interval that was narrow enough is that of a project which is paid.
    error = float(found["project_npv_standard_error"].max())
    assert found.attrs["until_interval"] == pytest.approx(2 * 1.959964 * error, rel=1e-6)


def test_a_plan_is_resolved_once():
    made = resolved(plan(), on_threads(1), Options())
    assert resolved(made, on_threads(1), Options()) is made
    plain = plan({"strike": 300.0})
    assert resolved(plain, on_threads(1), Options()) is plain


def test_a_trace_has_the_strike_of_the_run(found):
    lines = trace(plan(), 7, project="plant")
    (strike,) = [one for one in lines if one["variable"] == "resolved"]
    assert strike["name"] == "plant.contract.strike"
    assert strike["value"] == told(found)[SHARED]["value"]
    (npv,) = [one for one in lines
              if (one["variable"], one.get("scenario")) == ("project_npv", "law")]  # fmt: skip
    assert npv["value"] == found["project_npv"].sel(scenario="law", project="plant").values[7]


def test_a_run_says_the_strike(found, tmp_path, capsys):
    (_, line) = resolved_lines(found.attrs)
    strike = told(found)[SHARED]
    assert line == (
        f"strike of plant.contract: {strike['value']:.0f} EUR/t CO2 (break-even in 80 % of draws "
        f"under law; {strike['low']:.0f} to {strike['high']:.0f})"
    )
    assert resolved_lines({}) == []
    file = tmp_path / "bids.json"
    file.write_text(json.dumps(CONFIG))
    assert cli.main(["run", str(file), "-o", str(tmp_path / "run.zarr"), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["resolved"] == told(found)
    assert not [one for one in warnings_of(simcore.load(CONFIG)) if "strike" in one.where]


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"cap": {"total": "10 M EUR"}}, r"at most \d.* % of the draws under law"),
        ({"sided": "one", "strike": {"break_even": 0.01, "in": "law"}}, r"at least .* % of the"),
    ],
)
def test_a_strike_that_does_not_exist_is_refused(limits, found):
    with pytest.raises(ConfigError, match=found):
        run(limits)
