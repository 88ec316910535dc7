"""A statistic from outside: that of docs/extend.md in a run, its files, tables and summaries."""

from __future__ import annotations

from collections.abc import Iterator

import documents
import numpy as np
import pytest
from rich_config import rich_config

import simcore
from simcore import cli
from simcore.analysis import summarise
from simcore.statistics import STATISTICS
from simcore.terminal.tables import outcome_text

CONFIG = rich_config(draws=700, keep=[], regions=["XA"], routes=["blast", "hydrogen"],
                     outcomes=["cost_premium", "carbon_price", "viability"])  # fmt: skip


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    exec(compile(documents.recipe("statistic", "python"), "extend.md", "exec"), {})
    yield
    del STATISTICS["spread"]


@pytest.mark.parametrize("name", [None, "run.zarr", "run.nc"])
def test_it_stands_in_the_run(tmp_path, name):
    run = simcore.run(CONFIG, out=name and tmp_path / name, threads=2)
    for outcome in ("cost_premium", "carbon_price"):
        found, quantile = run[f"{outcome}_spread"], run[f"{outcome}_quantile"]
        right = quantile.sel(quantile=0.95) - quantile.sel(quantile=0.05)
        np.testing.assert_array_equal(found, right)
        assert np.isfinite(found).any()
        assert found.attrs["long_name"].endswith(", from P5 to P95")
        assert found.attrs["units"] == run[f"{outcome}_mean"].attrs["units"]
    assert "viability_spread" not in run
    run.close()


def test_it_stands_in_tables(tmp_path, capsys):
    out = tmp_path / "run.zarr"
    simcore.run(CONFIG, out=out, threads=2).close()
    with simcore.open_run(out) as run:
        frame = summarise(run, variable="carbon_price", years=[2028])
        np.testing.assert_allclose(frame["spread"], frame["p95"] - frame["p5"])
        assert "P5-P95" in outcome_text(frame)
    call = ["summary", str(out), "--variable", "carbon_price", "--format", "csv"]
    assert cli.main(call) == 0
    assert ",spread" in capsys.readouterr().out.splitlines()[1]
