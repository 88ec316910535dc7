"""Names that outcomes had before: still understood wherever a user may say one, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from minimal import minimal_config

from simcore import dataset, load, run
from simcore.analysis import summarise
from simcore.intake.packaged import formulas
from simcore.terminal.options import parsed
from simcore.variables import ALIASES, OUTCOMES


def test_no_value_is_called_a_premium() -> None:
    for one in OUTCOMES.values():
        if "premium" in one.name:
            assert "value" not in one.long_name.lower(), one.name
        if "carbon value" in one.long_name.lower() and one.kind == "number":
            assert "carbon_value" in one.name, one.name


def test_aliases_lead_to_outcomes_and_are_none() -> None:
    assert set(ALIASES.values()) <= set(OUTCOMES)
    assert not set(ALIASES) & set(OUTCOMES)


def test_a_config_may_say_the_old_names_and_is_told_once() -> None:
    config = minimal_config(
        draws=1024, outcomes=["cost_premium", "premium_per_tonne", "npv_premium"],
        keep=["premium_per_tonne"], until="premium_per_tonne.p95=1EUR/t",
        risk={"of": "npv_premium", "exceed": {"premium_per_tonne": 10}},
        sensitivity={"of": "premium_per_tonne"},
    )  # fmt: skip
    spec = load(config)
    found = spec.experiment
    assert found.outcomes == ["cost_premium", "carbon_value", "npv_carbon_value"]
    assert found.keep == ["carbon_value"] and found.until is not None
    assert found.until.variable == "carbon_value" and found.risk is not None
    assert found.sensitivity is not None and found.sensitivity.of == ["carbon_value"]
    assert found.risk.of == ["npv_carbon_value"] and found.risk.exceed == {"carbon_value": [10.0]}
    assert [one for one in spec.notes if "is called" in one] == [
        "premium_per_tonne is called carbon_value now",
        "npv_premium is called npv_carbon_value now",
    ]


@pytest.mark.parametrize(("arguments", "name", "told"), [
    (["summary", "run.zarr", "--variable", "npv_premium"], "variable", "npv_carbon_value"),
    (["compare", "run.zarr", "--variable", "npv_premium"], "variable", "npv_carbon_value"),
    (["sensitivity", "c.yaml", "--of", "lifecycle_premium"], "of", ["lifecycle_carbon_value"]),
    (["tornado", "c.yaml", "--of", "premium_per_tonne"], "of", "carbon_value"),
    (["discover", "r.zarr", "--where", "premium_per_tonne < 0"], "where", "carbon_value < 0"),
])  # fmt: skip
def test_a_command_line_may_say_them(
    arguments: list[str], name: str, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert getattr(parsed(arguments), name) == told
    assert " is called " in capsys.readouterr().err


def test_a_formula_may_say_them() -> None:
    old = formulas.parse("premium_per_tonne[EU, domestic, scrap_eaf, 2030] * 2")
    assert old == formulas.parse("carbon_value[EU, domestic, scrap_eaf, 2030] * 2")


@pytest.fixture(scope="module")
def old_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as a version before the new names wrote it."""
    made = run(minimal_config(
        draws=600, outcomes=["carbon_value", "npv_carbon_value"], keep=["npv_carbon_value"],
        risk={"exceed": {"npv_carbon_value": [10.0]}},
    ))  # fmt: skip
    back = {new: old for old, new in ALIASES.items()}
    names = {
        name: back[new] + str(name)[len(new) :]
        for name in made.variables
        for new in ("carbon_value", "npv_carbon_value")
        if name == new or str(name).startswith(f"{new}_")
    }
    assert len(names) > 10
    before = made.rename(names)
    path: Path = tmp_path_factory.mktemp("old") / "run.nc"
    before.assign_attrs(digest=dataset.digest(before)).to_netcdf(path)
    return path


def test_an_old_run_opens_under_the_new_names_with_its_digest(old_run: Path) -> None:
    with dataset.open_run(old_run) as found:
        assert not [name for name in found.variables if "premium_per" in str(name)]
        assert "npv_carbon_value_threshold" in found.dims
        assert dataset.digest(found) == found.attrs["digest"]
        assert "carbon_value_p50" in summarise(found)
        by_old, by_new = (
            summarise(found, variable=name) for name in ("premium_per_tonne", "carbon_value")
        )
        assert by_old.equals(by_new)
