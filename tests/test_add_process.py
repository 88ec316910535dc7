"""A price process from outside: that of docs/extend.md, from its config to table, trace and score."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import documents
import numpy as np
import pytest
import yaml
from price_series import reverting, write
from small_config import market, small_config

import simcore
from simcore import cli, processes
from simcore.calibration import predictive
from simcore.errors import ConfigError
from simcore.processes import Kind

YEARS = 4.0
BACK = {"kind": "half_life", "sigma": 0.3, "years": YEARS}


@pytest.fixture(autouse=True)
def kind() -> Iterator[Kind]:
    """The process of the page, registered while a test runs."""
    made: dict[str, Any] = {"__name__": "half_life"}
    text = documents.recipe("price process", "python")
    exec(compile(text, "extend.md", "exec", dont_inherit=True), made)
    kind = made["HALF_LIFE"]
    processes.register(kind)
    yield kind
    del processes.KINDS[kind.name]
    for name in kind.fits:
        del processes.FITS[name]


def config(**changes: Any) -> dict[str, Any]:
    """A market that returns by half in four years, and its twin by the packaged process."""
    twin = {"kind": "log_ou", "sigma": 0.3, "kappa": math.log(2) / YEARS}
    return small_config(
        markets={"half": market(BACK), "twin": market(twin), "steep": market(BACK | {"sigma": 0.6})},
        years={"first": 2026, "last": 2030}, outcomes=["carbon_price"], keep=["carbon_price"],
        correlations={"factors": [], "shocks": [
            {"between": ["half", "twin"], "rank": 1.0}, {"between": ["half", "steep"], "rank": 0.5},
            {"between": ["twin", "steep"], "rank": 0.5},
        ]}, **changes,
    )  # fmt: skip


def of(price: Any, name: str) -> np.ndarray:
    return np.asarray(price.isel(scenario=0).sel(market=name).values)


def test_it_moves_as_the_process_that_it_restates() -> None:
    price = simcore.run(config(draws=1000)).carbon_price
    np.testing.assert_allclose(of(price, "half"), of(price, "twin"), rtol=1e-12)
    logs = {name: np.log(of(price, name)[0]) for name in ("half", "steep")}
    assert 0.4 < np.corrcoef(*logs.values())[0, 1] < 0.6
    assert np.std(logs["steep"]) == pytest.approx(2 * np.std(logs["half"]), rel=0.1)


def test_its_density_is_that_of_a_run() -> None:
    run = simcore.run(config(draws=2**14))
    spec = simcore.load(config())
    record, levels = spec.experiment.catalog.markets["half"], np.array([0.1, 0.5, 0.9])
    for years in (1, 4):
        forecast = predictive.ahead(spec, record, years, growth=0.0)
        drawn = np.log(of(run.carbon_price.sel(year=2025 + years), "half") / 80.0)
        eroded = years * np.log1p(spec.experiment.money.inflation)
        expected = forecast.quantile(levels) - eroded
        assert np.quantile(drawn, levels) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("process", "found", "expected"),
    [
        (BACK | {"kappa": 0.2}, "kappa with the process half_life, which has none",
         "kappa with log_ou or regime_switching"),
        ({"kind": "half_life", "sigma": 0.3}, "no years with the process half_life",
         "years until half is left"),
        (BACK | {"years": 0}, "0", "values >= 0.1"),
        (BACK | {"year": 4}, "unknown key 'year'", "one of jumps, kind, sigma, steps, years"),
        ({"kind": "gbm", "sigma": 0.3, "years": 4}, "years with the process gbm, which has none",
         "years with half_life"),
        ({"kind": "half_lives"}, '"half_lives"', "one of fixed, scenario, gbm, random_walk, log_ou, "
         "regime_switching, bootstrap, cap_and_bank, half_life"),
    ],
)  # fmt: skip
def test_a_faulty_one_is_refused(process: Any, found: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.build(simcore.load(small_config(markets={"half": market(process)})))
    (fault,) = caught.value.faults
    assert fault.where.startswith("catalog.markets.half.process")
    assert (fault.found, fault.expected) == (found, expected)


def test_every_command_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(yaml.safe_dump(config(draws=512)), "utf-8")

    def said(*arguments: str) -> str:
        assert cli.main([*arguments]) == 0
        return capsys.readouterr().out

    said("check", "toy.yaml")
    assert "half_life" in said("plan", "toy.yaml")
    assert "HalfLife" in json.loads(said("schema"))["$defs"]
    said("run", "toy.yaml", "-o", "toy.zarr", "--quiet")
    assert "half" in said("summary", "toy.zarr", "--variable", "carbon_price")
    assert "half" in said("trace", "toy.yaml", "--draw", "3")
    said("plot", "toy.zarr", "-o", "pictures")
    assert list(Path("pictures").glob("*.png"))


def test_it_is_fitted_and_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(reverting(800, kappa=2.0, sigma=0.4, level=60, seed=5), Path("past.csv"))
    assert cli.main([
        "calibrate", "past.csv", "--process", "half_life", "--names", "half", "-o", "market.yaml"
    ]) == 0  # fmt: skip
    process = simcore.load("market.yaml").resolved()["catalog"]["markets"]["half"]["process"]
    assert process["kind"] == "half_life"
    assert 0.1 < process["years"]["value"] < 1.0
    capsys.readouterr()
    assert cli.main(["backtest", "past.csv", "--market", "market.yaml", "--horizons", "1",
                     "--json"]) == 0  # fmt: skip
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert next(one for one in scores if one["model"] == "half")["crps"] > 0


def test_a_name_is_given_once(kind: Kind) -> None:
    with pytest.raises(ValueError, match="a second half_life"):
        processes.register(kind)
