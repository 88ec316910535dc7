"""The config that is stored with what was made of it is a config again, and the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import simcore
from simcore.studies.waiting import waiting

BASE: dict[str, Any] = {
    "name": "stored", "draws": 640, "years": "2028-2031", "regions": "EU",
    "destinations": ["domestic"], "routes": ["h2_dri_eaf", "bf_bof"], "outcomes": ["cost_premium"],
}  # fmt: skip
PLANT = {"region": "EU", "route": "h2_dri_eaf", "start": 2029, "lifetime": 2,
         "output": 1.0}  # fmt: skip


def of_run(config: dict[str, Any]) -> xr.Dataset:
    return simcore.run(config, threads=1)


def of_sensitivity(config: dict[str, Any]) -> xr.Dataset:
    return simcore.sensitivity(config, draws=256, threads=1)


def of_waiting(config: dict[str, Any]) -> xr.Dataset:
    return waiting(simcore.load(config), threads=1)


@pytest.mark.parametrize(("made", "changes"), [
    (of_run, {}), (of_run, {"risk": {"exceed": {"cost_premium": 100}}}),
    (of_run, {"risk": {"of": "cost_premium"}}),
    (of_sensitivity, {"sensitivity": {"at": {"year": 2030}, "order": "first_total"}}),
    (of_waiting, {"projects": {"plant": PLANT}, "waiting": {"plant": {
        "dates": [2029, 2030], "draws": 1024, "knows": ["carbon_price"],
    }}}),
], ids=["run", "thresholds", "tails", "sensitivity", "waiting"])  # fmt: skip
def test_is_read_again(made: Any, changes: dict[str, Any], tmp_path: Path) -> None:
    found = made(BASE | changes)
    file = tmp_path / "again.yaml"
    file.write_text(found.attrs["config"], "utf-8")
    again = simcore.load(file)
    assert simcore.build(again).digest == found.attrs["config_sha256"]
    if "risk" in changes:
        assert again.experiment.risk == simcore.load(BASE | changes).experiment.risk
