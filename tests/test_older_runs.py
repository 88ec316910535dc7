"""Runs that an older version wrote open, with the numbers that were written."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from simcore import cli, dataset
from simcore.analysis import summarise

RUNS = Path(__file__).with_name("data") / "runs-0.2.0.tar.xz"
DIGEST = "2ee782a6fb9a491e88d90872a4cfdb3c51406976d2dfd93cd2ff56b977d60662"
"""What version 0.2.0 said of both: 16 draws of one route in the EU."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("older")
    # Python 3.11.4 is the first that knows filters.
    options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(RUNS) as archive:
        archive.extractall(found, **options)
    return found


@pytest.mark.parametrize("name", ["tiny.zarr", "tiny.nc"])
def test_a_run_of_version_0_2_0_opens_with_its_numbers(folder, name):
    with dataset.open_run(folder / name) as run:
        assert run.attrs["simcore_version"] == "0.2.0"
        assert dataset.digest(run) == DIGEST
        # What it called premium_per_tonne.
        kept, mean = run["carbon_value"], run["carbon_value_mean"]
        assert kept.sizes["draw"] == 16
        np.testing.assert_allclose(kept.mean("draw"), mean, rtol=1e-6, equal_nan=True)
        assert float(mean.max()) > 0
        frame = summarise(run, variable="cost_premium")
        assert len(frame) > 0
    verdict = dataset.verify(folder / name)
    assert not verdict.has_checksums
    assert not verdict.faults


def test_it_is_not_extended_where_its_config_means_something_else(folder, capsys):
    assert cli.main(["extend", str(folder / "tiny.zarr"), "--draws", "100"]) == 2
    assert "another one by now" in capsys.readouterr().err
