"""Tail means and shares above thresholds: closed forms, kept draws, any division of the work."""

from __future__ import annotations

import json
import math
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from minimal import route
from rich_config import rich_config
from small_config import small_config

import simcore
from simcore import cli, dataset
from simcore.analysis import summarise
from simcore.errors import ConfigError
from simcore.numerics.normal import quantile
from simcore.running import engine
from simcore.running.executors import Executor
from simcore.running.options import Options
from simcore.terminal.tables import outcome_text
from simcore.terminal.tails import tail_lines

TAILS = [0.05, 0.95]


def config(cost: Any, **changes: Any) -> dict[str, Any]:
    """One route whose levelised cost is one uncertain number."""
    risk = {"tails": TAILS, "of": ["levelised_cost"]}
    made = {
        "outcomes": ["levelised_cost"], "keep": ["levelised_cost"], "risk": risk, "draws": 40_000,
        "exposures": {},
    }  # fmt: skip
    return small_config(routes={"new": route(other_opex=cost)}, **(made | changes))


def cell(run: xr.Dataset, name: str) -> np.ndarray:
    one = run[f"levelised_cost{name}"].sel(route="new")
    return one.isel(scenario=0, region=0, year=0).values


def check(run: xr.Dataset, expected: list[float], *, errors: float = 4.0) -> None:
    found, error = cell(run, "_tail"), cell(run, "_tail_standard_error")
    assert (np.abs(found - expected) < errors * error).all()


def by_sorting(values: np.ndarray, tail: float) -> float:
    """Mean beyond a quantile: whole draws beyond it, and of the one at it what is left."""
    start = np.quantile(values, tail)
    if tail > 0.5:
        return start + math.fsum(values[values > start] - start) / ((1 - tail) * values.size)
    return start - math.fsum(start - values[values < start]) / (tail * values.size)


def test_the_tail_of_a_normal_is_its_closed_form():
    mean, sd = 100.0, 20.0
    run = engine.run(plan(config({"kind": "normal", "mean": mean, "sd": sd})), threads=2)
    z = float(quantile(0.95))
    beyond = sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 0.05
    check(run, [mean - beyond, mean + beyond])
    # The error itself: sd((X - q)+) / (1 - a) / sqrt(n).
    second = sd * sd * ((1 + z * z) * 0.05 - z * beyond / sd * 0.05)
    spread = math.sqrt(second - (0.05 * (beyond - z * sd)) ** 2)
    right = spread / 0.05 / math.sqrt(40_000)
    np.testing.assert_allclose(cell(run, "_tail_standard_error"), right, rtol=0.05)


def test_the_tail_of_a_uniform_is_its_closed_form():
    run = engine.run(plan(config({"kind": "uniform", "low": 10.0, "high": 30.0})), threads=2)
    check(run, [10.5, 29.5])


@pytest.mark.parametrize("share", [0.02, 0.05, 0.3])
def test_an_atom_at_the_quantile_counts_as_far_as_it_is_beyond(share):
    """200 with this probability, else 100: of the worst 5 % some are at the atom."""
    cost = {"kind": "discrete", "values": [100.0, 200.0], "probabilities": [1 - share, share]}
    run = engine.run(plan(config(cost)), threads=2)
    kept = cell(run, "")
    high = (kept == 200).mean()
    expected = 100 + 100 * min(1.0, high / 0.05)
    np.testing.assert_allclose(cell(run, "_tail"), [100.0, expected], rtol=1e-12)


def test_what_is_certain_is_its_own_tail():
    run = engine.run(plan(config(50.0)), threads=1)
    np.testing.assert_array_equal(cell(run, "_tail"), [50.0, 50.0])
    np.testing.assert_array_equal(cell(run, "_tail_standard_error"), [0.0, 0.0])


RICH = {
    "draws": 3000, "regions": ["XA", "XB"], "routes": ["blast", "hydrogen"],
    "outcomes": ["cost_premium", "levelised_cost", "npv_carbon_value"],
    "keep": ["cost_premium", "npv_carbon_value"], "dtype": "float64",
    "risk": {
        "tails": [0.975, 0.05, 0.025, 0.95], "of": ["cost_premium", "npv_carbon_value"],
        "exceed": {"cost_premium": [100, -50, 0], "npv_carbon_value": 0},
    },
}  # fmt: skip


def plan(content: dict[str, Any]) -> Any:
    return simcore.build(simcore.load(content))


@pytest.mark.parametrize("currency", ["EUR", "USD"])
@pytest.mark.parametrize("design", ["random", "sobol"])
def test_they_are_those_of_the_kept_draws(design, currency):
    run = engine.run(plan(rich_config(**RICH, design=design, currency=currency)), threads=2)
    assert run["tail"].values.tolist() == [0.025, 0.05, 0.95, 0.975]
    assert run["cost_premium_threshold"].values.tolist() == [-50, 0, 100]
    compared = 0
    for name in ("cost_premium", "npv_carbon_value"):
        draws = run[name]
        for index in np.ndindex(draws.shape[:-1]):
            values = draws.values[index]
            found = run[f"{name}_tail"].values[index]
            shares = run[f"{name}_exceedance"].values[index]
            if np.isnan(values).any():
                assert np.isnan(found).all()
                assert np.isnan(shares).all()
                continue
            compared += 1
            quantiles = run[f"{name}_tail_quantile"].values[index]
            np.testing.assert_allclose(quantiles, np.quantile(values, run["tail"]), rtol=1e-12)
            right = [by_sorting(values, tail) for tail in run["tail"].values]
            np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9)
            above = [(values > one).mean() for one in run[f"{name}_threshold"].values]
            np.testing.assert_allclose(shares, above, rtol=1e-12)
    assert compared > 20


def test_a_quantile_of_the_nine_is_found_the_same_in_either_way():
    """0.05 comes from the first pass; beside others it could come from that of the tails."""
    content = rich_config(**RICH)
    run = engine.run(plan(content), threads=2)
    for end in ("", "_low", "_high"):
        found = run[f"cost_premium_tail_quantile{end}"].sel(tail=0.05)
        right = run[f"cost_premium_quantile{end}"].sel(quantile=0.05)
        np.testing.assert_array_equal(found, right)
    low, high = (
        run[f"cost_premium_tail_quantile_{end}"].sel(tail=0.025) for end in ("low", "high")
    )
    inside = run["cost_premium_tail_quantile"].sel(tail=0.025)
    assert ((low <= inside) & (inside <= high) | inside.isnull()).all()
    assert (low < high).any()


@pytest.mark.long
@pytest.mark.parametrize("design", ["random", "latin_hypercube"])
def test_no_bit_depends_on_how_the_work_is_divided(design):
    made = plan(rich_config(**RICH, design=design))
    digests = {
        dataset.digest(engine.run(made, threads=threads, options=options))
        for threads, options in (
            (1, Options()), (3, Options()), (2, Options(items=1)), (2, Options(bins=64)),
            (2, Options(collected=1000)),
        )
    }  # fmt: skip
    assert len(digests) == 1


def test_any_executor_gives_the_same_bits():
    made = plan(rich_config(**RICH))
    with ProcessPoolExecutor(2) as pool:
        apart = engine.run(made, executor=Executor(pool.map, parts=3, threads=1))
    assert dataset.digest(apart) == dataset.digest(engine.run(made, threads=1))


def test_the_rest_of_a_run_is_that_without_risk():
    content = rich_config(**RICH)
    own = {name: value for name, value in content.items() if name != "risk"}
    plain, run = (engine.run(plan(one), threads=2) for one in (own, content))
    for name in plain.data_vars:
        xr.testing.assert_identical(plain[name].variable, run[name].variable)
    assert {name.split("_tail")[0].split("_exc")[0] for name in set(run) - set(plain)} == {
        "cost_premium", "npv_carbon_value",
    }  # fmt: skip


def test_replicates_tell_the_error():
    """Of a design the error is that between replicates, smaller than that of single draws."""
    cost = {"kind": "uniform", "low": 10.0, "high": 30.0}
    errors = {
        design: cell(engine.run(plan(config(cost, design=design)), threads=2),
                     "_tail_standard_error")
        for design in ("random", "sobol")
    }  # fmt: skip
    assert (errors["sobol"] < errors["random"] / 5).all()
    assert (errors["sobol"] > 0).all()


def test_arrays_say_what_they_are(tmp_path):
    out = tmp_path / "run.nc"
    with simcore.run(rich_config(**RICH), out=out, threads=2) as run:
        assert run["cost_premium_tail"].attrs["long_name"] == (
            "Cost premium, mean beyond: below the 2.5 % quantile, below the 5 % quantile, above "
            "the 95 % quantile, above the 97.5 % quantile"
        )
        assert run["cost_premium_tail"].dims[-1] == "tail"
        assert run["cost_premium_tail"].attrs["units"] == "EUR t-1"
        shares = run["cost_premium_exceedance"]
        assert (shares.attrs["units"], shares.dims[-1]) == ("1", "cost_premium_threshold")
        assert "currency" not in shares.attrs
        assert (
            run["npv_carbon_value_threshold"].attrs["units"]
            == run["npv_carbon_value_mean"].attrs["units"]
        )


def test_until_takes_as_many_draws_as_the_tails_need():
    content = rich_config(
        **RICH | {"draws": 40_000, "risk": {"tails": 0.998, "of": "npv_carbon_value"}}
    )
    content["until"] = {"variable": "npv_carbon_value", "statistic": "mean", "width": 1e9}
    assert engine.run(plan(content), threads=2).attrs["draws"] == 16_384


@pytest.mark.parametrize(
    ("risk", "draws", "found", "expected"),
    [
        ({"of": ["cost_premum"]}, 3000, "'cost_premum'", "did you mean 'cost_premium'"),
        ({"of": ["total_cost"]}, 3000, "not among the outcomes", "add total_cost to outcomes"),
        ({"of": ["viability"]}, 3000, "no number in each draw", "remove it"),
        ({"exceed": {"npv": 1}}, 3000, "'npv'", "one of"),
        ({"of": ["npv_carbon_value", "npv_carbon_value"]}, 3000, "twice", "remove one"),
        ({"of": ["npv_carbon_value"], "tails": [0.5]}, 3000, "0.5", "neither end"),
        ({"of": ["npv_carbon_value"], "tails": [1.5]}, 3000, "1.5", "< 1"),
        ({"of": ["npv_carbon_value"], "tails": [0.1, 0.1]}, 3000, "[0.1, 0.1]", "remove one"),
        ({}, 3000, "neither of nor exceed", "write of"),
        ({"tails": [0.1], "exceed": {"npv_carbon_value": 0}}, 3000, "tails of no outcome", "drop tails"),
        ({"of": ["npv_carbon_value"]}, 599, "599 draws, 29.95 of them beyond the 5 %", "take 600"),
        ({"of": ["npv_carbon_value"], "tails": [0.999]}, 3000, "3 of them", "take 30,000 draws"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(risk, draws, found, expected):
    changes = {"draws": draws, "risk": risk, "outcomes": [*RICH["outcomes"], "viability"]}
    with pytest.raises(ConfigError) as caught:
        simcore.load(rich_config(**RICH | changes))
    assert found in str(caught.value)
    assert expected in str(caught.value)


def test_six_hundred_draws_are_enough_for_five_per_cent():
    simcore.load(rich_config(**RICH | {"draws": 600, "risk": {"of": ["npv_carbon_value"]}}))


def test_an_outcome_without_a_value_in_some_draws_is_refused_before_the_run():
    outcomes = ["break_even_price", "cost_premium"]
    risk = {"of": outcomes, "exceed": {}}
    content = rich_config(**RICH | {"outcomes": outcomes, "keep": [], "risk": risk})
    with pytest.raises(ConfigError, match=r"no value in \d+ of 1,024 draws"):
        engine.run(plan(content), threads=2)


RARE = config(50.0, outcomes=["abatement_cost", "cost_premium"], keep=[])
"""In one of ten thousand draws nothing is avoided; none is among the first."""
RARE["catalog"]["routes"]["new"]["emission_intensity"] = {
    "kind": "discrete",
    "values": [1.0, 3.0],
    "probabilities": [0.9999, 0.0001],
}
RARE["risk"] = {"of": ["abatement_cost", "cost_premium"], "exceed": {"abatement_cost": 20.0}}


def test_an_outcome_that_rarely_has_no_value_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match="risk: abatement_cost: not told where some draws"):
        run = engine.run(plan(RARE), threads=2)
    assert 0.999 < float(run["abatement_cost_defined"].sel(route="new").min()) < 1
    for name in ("tail", "tail_standard_error", "exceedance", "exceedance_standard_error"):
        assert run[f"abatement_cost_{name}"].isnull().all()
    assert run["cost_premium_tail"].sel(route="new").notnull().all()


def test_a_command_warns_in_a_line(capsys, tmp_path, recwarn):
    file = tmp_path / "rare.json"
    file.write_text(json.dumps(RARE))
    warnings.simplefilter("always")
    assert cli.main(["run", str(file), "-o", str(tmp_path / "run.zarr"), "--quiet"]) == 0
    assert "warning: risk: abatement_cost: not told where" in capsys.readouterr().err


def test_a_run_without_risk_is_silent():
    content = {name: value for name, value in rich_config(**RICH).items() if name != "risk"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "tail" not in engine.run(plan(content), threads=2).dims


def test_tables_show_them(tmp_path, capsys):
    out = tmp_path / "run.zarr"
    simcore.run(rich_config(**RICH), out=out, threads=2).close()
    with simcore.open_run(out) as run:
        frame = summarise(run, variable="npv_carbon_value")
    np.testing.assert_array_equal(
        frame["tail_p5"], run["npv_carbon_value_tail"].values[..., 1].ravel()
    )
    assert {"tail_p97.5_standard_error", "p97.5_low", "above_0"} <= set(frame)
    assert "p5_low" in frame
    text = outcome_text(frame)
    for heading in ("mean<P5", "mean>P95", "mean<P2.5", "P97.5", "P(>0)"):
        assert text.count(f" {heading} ") + text.count(f" {heading}\n") == 1, heading
    assert max(map(len, text.splitlines())) <= 100
    call = ["summary", str(out), "--variable", "cost_premium", "--format", "csv"]
    assert cli.main(call) == 0
    header = capsys.readouterr().out.splitlines()[1]
    assert header.endswith("above_100,above_100_standard_error")


def test_the_table_after_a_run_tells_few_numbers_and_names_the_rest():
    content = rich_config(**RICH | {"regions": ["XB"], "scenarios": {"law": {}}})
    done = engine.execute(plan(content), threads=2)
    lines = tail_lines(done, Path("run.zarr"))
    assert lines[1].split()[-5:] == ["mean<P2.5", "mean<P5", "mean>P95", "mean>P97.5", "P(>0)"]
    assert lines[-1].startswith("Tails     cost_premium: simcore summary")
    npv = done.open()["npv_carbon_value_tail"]
    assert lines[-3].startswith("mean<P5: mean of the draws below")
    rows = [line.split() for line in lines[2:-3]]
    assert len(rows) == npv[..., 0].size
    shown = [float(cell.replace(",", "")) for cell in rows[-1][-5:-1]]
    np.testing.assert_allclose(shown, npv.values.reshape(-1, 4)[-1], atol=1)


@pytest.mark.parametrize(("risk", "where"), [
    ({"of": ["levelised_cost", "cost_premium"], "tails": 0.95}, "risk.of.1"),
    ({"exceed": {"cost_premium": 100}}, "risk.exceed.cost_premium"),
])  # fmt: skip
def test_tails_of_what_the_run_does_not_have_are_refused(risk, where):
    """The reference has no premium over itself."""
    with pytest.raises(ConfigError) as caught:
        plan({
            "name": "alone", "draws": 1024, "years": "2028-2029", "regions": "EU",
            "routes": ["bf_bof"], "outcomes": ["levelised_cost", "cost_premium"], "risk": risk,
        })  # fmt: skip
    (found,) = caught.value.faults
    assert found.where == where
    assert "cost_premium, of which this run has none" in found.found
