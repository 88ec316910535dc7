"""What few draws cannot tell is open and said, never a spread of zero."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml
from test_stopping import START, YEAR, config

import simcore
from simcore.analysis.headline import OpenedRun, headline_of
from simcore.cli import main
from simcore.effects import build_and_warn
from simcore.terminal.headline import headline_text
from simcore.variables import QUANTILES

SHARE = 0.025


def run(draws: int, **changes: Any) -> xr.Dataset:
    return simcore.run(config(draws=draws, years={"last": YEAR}, **changes), threads=1)


def ends(found: xr.Dataset, name: str = "carbon_price", **place: Any) -> tuple[Any, Any]:
    cell = found.sel(year=YEAR, **place).isel(scenario=0)
    return cell[f"{name}_quantile_low"].values, cell[f"{name}_quantile_high"].values


@pytest.mark.parametrize("draws", [1, 2, 5, 6, 10, 20, 71, 72, 200, 367, 368])
def test_an_interval_is_open_where_no_draw_is_far_enough_out(draws):
    low, high = ends(run(draws), market="walk")
    for place, probability in enumerate(QUANTILES):
        # The chance that all draws lie above, or below, the true quantile.
        above, below = (1 - probability) ** draws, probability**draws
        assert (low[place] == -np.inf) == (above > SHARE), probability
        assert (high[place] == np.inf) == (below > SHARE), probability
    assert np.isfinite([low[4], high[4]]).all() == (draws >= 6)
    assert np.isfinite([low[1], high[1]]).all() == (draws >= 72)


@pytest.mark.parametrize("draws", [1, 2, 20])
def test_a_price_that_is_certain_has_no_error_however_few_the_draws(draws):
    market = config()["catalog"]["markets"]["walk"] | {
        "process": {"kind": "scenario"}, "path": {2026: START},
    }  # fmt: skip
    catalog = {"markets": {"walk": market}, "regions": {"EU": {"market": "walk"}}}
    low, high = ends(run(draws, catalog=catalog), market="walk")
    np.testing.assert_allclose([low, high], START)


@pytest.mark.parametrize(
    "sigma",
    [
        {"kind": "discrete", "values": [0.0, 0.5], "probabilities": [0.999, 0.001]},
        {"kind": "discrete", "values": [0.0, 0.5], "probabilities": [1.0, 0.0]},
        {"kind": "uniform", "low": 0.0, "high": 0.0},
    ],
)
def test_draws_that_agree_by_chance_are_not_certain(sigma):
    process = {"process": {"kind": "random_walk", "sigma": sigma}}
    market = config()["catalog"]["markets"]["walk"] | process
    catalog = {"markets": {"walk": market}, "regions": {"EU": {"market": "walk"}}}
    low, high = ends(run(20, catalog=catalog), market="walk")
    assert (low[0], high[0]) == (-np.inf, pytest.approx(START))
    assert (low[-1], high[-1]) == (pytest.approx(START), np.inf)


@pytest.mark.parametrize(
    ("design", "draws", "bounded"),
    [("sobol", 512, [0.5]), ("sobol", 2048, QUANTILES), ("antithetic", 512, []),
     ("latin_hypercube", 4096, QUANTILES)],
)  # fmt: skip
def test_replicates_that_do_not_reach_far_enough_leave_an_interval_open(design, draws, bounded):
    low, high = ends(run(draws, design=design), market="walk")
    found = {q for q, a, b in zip(QUANTILES, low, high, strict=True) if np.isfinite([a, b]).all()}
    assert set(bounded) <= found
    assert (len(found) == len(QUANTILES)) == (len(bounded) == len(QUANTILES))


@pytest.mark.parametrize(
    ("draws", "said", "unsaid"),
    [
        (1, ["P5, P50, P95 is open", "from 72 draws"], ["within +-"]),
        (20, ["P5, P95 is open", "any other is within +-"], ["P50,"]),
        (71, ["P5, P95 is open"], []),
        (72, ["any amount shown is within +-"], ["Too few"]),
        (2000, ["any amount shown is within +-"], ["Too few"]),
    ],
)
def test_the_headline_says_which_intervals_are_open(draws, said, unsaid):
    text = headline_text(*headline_of(OpenedRun(run(draws))))
    closing = text[text.rindex("eu_ets") if "eu_ets" in text else 0 :]
    for part in said:
        assert part in closing
    for part in unsaid:
        assert part not in closing.split("P5 P50 P95")[-1].split("\n\n")[-1]
    assert "+-0.0" not in text


# --- until -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draws", "until", "code", "said"),
    [
        (20, "cost_premium.p95=1EUR/t", 3, "wanted 1 EUR/t, reached without a bound with 20 draws"),
        (2000, "carbon_price.p50=1EUR/t", 3, "wanted 1 EUR/t, reached"),
        (2000, "carbon_price.mean=0.5EUR/t", 3, "wanted 0.5 EUR/t, reached"),
        (2000, "carbon_price.p50=90EUR/t", 0, ""),
    ],
)
def test_what_until_did_not_reach_is_said_and_ends_with_another_code(
    tmp_path, capsys, draws, until, code, said
):
    file, out = tmp_path / "c.yaml", tmp_path / "run.zarr"
    file.write_text(yaml.safe_dump(config(draws=draws, years={"last": YEAR})))
    assert main(["run", str(file), "--until", until, "-o", str(out), "--quiet"]) == code
    told = capsys.readouterr().err
    assert said in told
    assert bool(told) == bool(code)
    attrs = simcore.open_run(out).attrs
    assert attrs["until_reached"] == ("no" if code else "yes")
    path = json.loads(attrs["until_path"])
    assert path[-1] == [draws, None if draws == 20 else pytest.approx(attrs["until_interval"])]


# --- replicates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "draws", "replicates", "warned"),
    [
        ("sobol", 256, 8, "1 of 8 replicates have some"),
        ("sobol", 1000, 8, "3 degrees of freedom"),
        ("latin_hypercube", 2048, 8, "or replicates: 4"),
        ("antithetic", 1023, 2, "take 1,024 or more"),
        ("sobol", 4096, 8, ""),
        ("antithetic", 1024, 2, ""),
        ("sobol", 256, 1, ""),
        ("random", 10, 8, ""),
    ],
)
def test_too_few_draws_for_their_replicates_are_warned_of(design, draws, replicates, warned):
    _, found = build_and_warn(simcore.load(
        config(design=design, draws=draws, replicates=replicates)
    ))  # fmt: skip
    told = [one.as_warning() for one in found if one.where == "draws"]
    assert len(told) == bool(warned)
    assert warned in "".join(told)


@pytest.mark.parametrize(
    ("design", "draws", "freedom", "said"),
    [("sobol", 1000, 3, "+-3.2 of them"), ("sobol", 512, 1, "+-12.7 of them"),
     ("random", 20, 19, "+-2.1 of them"), ("random", 1000, 999, ""), ("sobol", 100, 99, "")],
)  # fmt: skip
def test_a_standard_error_says_its_degrees_of_freedom(
    tmp_path: Path, capsys, design, draws, freedom, said
):
    out = tmp_path / "run.nc"
    simcore.run(config(draws=draws, design=design, years={"last": YEAR}), threads=1, out=out)
    assert simcore.open_run(out).attrs["degrees_of_freedom"] == freedom
    assert main(["summary", str(out), "--variable", "carbon_price", "--year", str(YEAR)]) == 0
    assert said in capsys.readouterr().out
