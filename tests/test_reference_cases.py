"""The reference cases, as data, through the door that users take: simcore.run on configs/reference."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import simcore
from simcore.intake import document

FOLDER = Path(__file__).parents[1] / "configs" / "reference"
CASES = yaml.safe_load((Path(__file__).parent / "data" / "reference_cases.yaml").read_text("utf-8"))
CONFIGS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
CERTAIN = [name for name in CONFIGS if name not in ("e4_linear_normals", "e6_triangular")]
PLACES = ("scenario", "region", "destination", "route", "market", "exposure", "component", "year")


@cache
def result(name: str) -> Any:
    return simcore.run(FOLDER / f"{name}.yaml", threads=1)


def value(case: dict[str, Any], at: dict[str, Any], *, variable: str = "") -> np.ndarray:
    """The numbers at a place; dimensions of length one need not be named."""
    return np.asarray(result(case["config"])[variable or case["variable"]].sel(at).squeeze())


def label(case: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in case["at"].values())
    return f"{case['id']}-{case['variable']}-{place}"


@pytest.mark.parametrize("case", CASES, ids=label)
def test_case(case):
    found = value(case, case["at"])
    if "minus" in case:
        found = found - value(case, case["minus"])
    if "over" in case:
        found = found / value(case, case["over"])
    assert found.shape == np.shape(case["expected"]), f"name more of {PLACES} in `at`"
    if "errors" in case:
        error = value(case, case["at"], variable=case["variable"].replace("mean", "standard_error"))
        assert error > 0
        tolerance = case["errors"] * error
    elif "relative" in case:
        tolerance = case["relative"] * np.abs(case["expected"])
    else:
        tolerance = case["absolute"]
    assert np.all(np.abs(found - case["expected"]) <= tolerance), f"{found} != {case['expected']}"


def test_every_config_has_a_case_and_every_case_a_config():
    named = {case["config"] for case in CASES}
    assert named | {"e5_collapsed"} == set(CONFIGS)


@pytest.mark.parametrize("name", CERTAIN)
def test_without_uncertainty_every_statistic_is_the_deterministic_result(name):
    """Case E5: and so for every other config without an uncertain input."""
    run = result(name)
    quantiles = [name for name in run.data_vars if str(name).endswith("_quantile")]
    assert quantiles
    for quantile in quantiles:
        stem = str(quantile).removesuffix("_quantile")
        central = run[f"{stem}_central"]
        for statistic in (
            quantile,
            f"{stem}_quantile_low",
            f"{stem}_quantile_high",
            f"{stem}_mean",
        ):
            found = run[statistic].transpose(..., *central.dims)
            wanted = np.broadcast_to(central, found.shape)
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12, err_msg=statistic)


@pytest.mark.parametrize("name", CONFIGS)
def test_config_greets_the_editor_and_says_what_it_shows(name):
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    head = text.splitlines()
    assert head[0] == "# yaml-language-server: $schema=../schema.json"
    case = name.split("_")[0].upper()
    assert head[1].startswith(f"# {case}. ")
    assert any(line.startswith("# Source: ") for line in head)
    assert document.read(FOLDER / f"{name}.yaml").data["name"] == name


def test_the_bill_of_the_blast_furnace_adds_up():
    """B9: the waterfall of each plant against nothing is its bill."""
    run = result("b9_mpp_bill").squeeze()
    parts = run["waterfall_central"].sel(scenario="bills").sum("component")
    for route in ("blast_furnace", "h2_shaft"):
        total = run["levelised_cost_central"].sel(scenario="bills", route=route)
        np.testing.assert_allclose(parts.sel(route=route), total, rtol=1e-12)
