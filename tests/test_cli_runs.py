"""The commands as a user types them: one small run, written, read, drawn, traced and digested."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from commands import simcore

ROOT = Path(__file__).parents[1]
SMALL = """
extends: base
name: small
seed: 7
draws: 500
years: {first: 2026, last: 2032}
regions: [EU, IN]
routes: [bf_bof, h2_dri_eaf, scrap_eaf]
outcomes: [carbon_price, levelised_cost, cost_premium, cost_premium_ex_carbon, carbon_value,
           viability, green_is_cheaper, crossover_year, cheapest_route]
keep: [carbon_price, cost_premium]
dtype: float64
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("small")
    (path / "small.yaml").write_text(SMALL, encoding="utf-8")
    done = simcore("run", "small.yaml", "-o", "small.zarr", cwd=path)
    (path / "printed.txt").write_text(done.stdout, encoding="utf-8")
    return path


def test_run_prints_the_premiums_and_where_they_are(folder):
    printed = (folder / "printed.txt").read_text(encoding="utf-8")
    for word in (
        "EUR/t",
        "P5",
        "P50",
        "P95",
        "covered",
        "Hydrogen DRI, EAF",
        "small.zarr",
        "2026",
        "2032",
    ):
        assert word in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_the_store_opens_in_plain_xarray(folder):
    with xr.open_dataset(folder / "small.zarr") as run:
        assert run.cost_premium.dims[-1] == "draw"
        place = {"route": ["h2_dri_eaf", "scrap_eaf"], "year": [2030, 2032]}
        quantiles = run.cost_premium.sel(place).quantile([0.05, 0.5, 0.95], "draw")
        stored = run.cost_premium_quantile.sel(place).sel(quantile=[0.05, 0.5, 0.95])
        np.testing.assert_allclose(quantiles.transpose(*stored.dims), stored, rtol=1e-12)
        assert run.cost_premium.attrs["currency"] == "EUR"
        assert run.draw.attrs["standard_name"] == "realization"
        assert run.attrs["complete"] == 1


def test_check_says_ok(folder):
    assert "ok" in simcore("check", "small.yaml", cwd=folder).stdout


def test_plan_printed_and_run_again_has_the_same_digest(folder):
    (folder / "resolved.yaml").write_text(
        simcore("plan", "small.yaml", cwd=folder).stdout, encoding="utf-8"
    )
    simcore("run", "resolved.yaml", "-o", "resolved.nc", "--quiet", cwd=folder)
    digests = {
        simcore("digest", name, cwd=folder).stdout.split()[0]
        for name in ("small.zarr", "resolved.nc")
    }
    assert len(digests) == 1
    with xr.open_dataset(folder / "small.zarr") as a, xr.open_dataset(folder / "resolved.nc") as b:
        assert a.attrs["config_sha256"] == b.attrs["config_sha256"]


def test_json_and_set(folder):
    done = simcore(
        "run", "small.yaml", "-o", "set.nc", "--json", "--draws", "300", "--seed", "8", "--threads",
        "1", "--set", "years.last=2028", "--set", "value.buyer=automotive", cwd=folder,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert set(said) == {
        "out", "draws", "seconds", "draws_per_second", "peak_memory_mb", "digest",
    }  # fmt: skip
    assert said["draws"] == 300
    with xr.open_dataset(folder / "set.nc") as run:
        assert run.sizes["draw"] == 300
        assert list(run.year.values) == [2026, 2027, 2028]
        assert run.attrs["seed"] == 8
        assert "automotive" in run.attrs["config"]


def test_a_year_without_any_available_route(folder):
    done = simcore(
        "run", "small.yaml", "-o", "late.nc", "--draws", "256", "--set",
        "routes=[bf_bof, h2_dri_eaf]", cwd=folder,
    )  # fmt: skip
    assert ": not available: Hydrogen DRI, EAF" in done.stdout


def test_dry_run_writes_nothing(folder):
    before = sorted(folder.iterdir())
    said = simcore("run", "small.yaml", "-o", "never.zarr", "--dry-run", cwd=folder).stdout
    assert "MB" in said
    assert sorted(folder.iterdir()) == before


def test_existing_output_needs_overwrite(folder):
    digest = simcore("digest", "small.zarr", cwd=folder).stdout
    done = simcore("run", "small.yaml", "-o", "small.zarr", cwd=folder, code=2)
    assert "--overwrite" in done.stderr
    assert simcore("digest", "small.zarr", cwd=folder).stdout == digest
    simcore("run", "small.yaml", "-o", "small.zarr", "--overwrite", "--quiet", cwd=folder)
    assert simcore("digest", "small.zarr", cwd=folder).stdout == digest


def test_summary_as_csv_json_and_table(folder):
    common = ("summary", "small.zarr", "--variable", "cost_premium", "--year", "2030",
              "--region", "EU", "--route", "h2_dri_eaf")  # fmt: skip
    title, _, table = simcore(*common, "--format", "csv", cwd=folder).stdout.partition("\n")
    assert title.startswith("# Cost premium (cost_premium) | real EUR of 2025 | ")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["unit"] for row in rows} == {"EUR t-1"}
    assert {row["route"] for row in rows} == {"h2_dri_eaf"}
    with xr.open_dataset(folder / "small.zarr") as run:
        place = {"region": "EU", "route": "h2_dri_eaf", "year": 2030}
        for row in rows:
            where = {**place, "scenario": row["scenario"], "destination": row["destination"]}
            assert float(row["mean"]) == pytest.approx(float(run.cost_premium_mean.sel(where)))
    assert json.loads(simcore(*common, "--format", "json", cwd=folder).stdout)
    table = simcore(*common, "--quantiles", "0.25", "0.75", cwd=folder).stdout
    assert "P25" in table
    assert "P75" in table


def test_trace_equals_the_stored_draw(folder):
    done = simcore(
        "trace", "small.yaml", "--draw", "137", "--region", "EU", "--route", "h2_dri_eaf",
        "--format", "json", cwd=folder,
    )  # fmt: skip
    rows = json.loads(done.stdout)["rows"]
    rows = [row for row in rows if row["variable"] == "cost_premium" and row["value"] is not None]
    assert len(rows) == 2 * 2 * 5  # scenarios or destinations, times the years of the route
    with xr.open_dataset(folder / "small.zarr") as run:
        for row in rows:
            dims = ("scenario", "region", "destination", "route", "year")
            stored = run.cost_premium.sel({dim: row[dim] for dim in dims}).isel(draw=137)
            assert row["value"] == float(stored)


def test_plot_draws_pictures(folder):
    simcore("plot", "small.zarr", "-o", "pictures", cwd=folder)
    names = {file.name for file in (folder / "pictures").glob("*.png")}
    assert {"prices.png", "waterfall.png", "crossing.png"} <= names


def test_catalog_and_schema(folder):
    assert "h2_dri_eaf" in simcore("catalog", "routes", cwd=folder).stdout
    assert "assumed" in simcore("catalog", "routes", "h2_dri_eaf", cwd=folder).stdout
    schema = simcore("schema", cwd=folder).stdout
    assert schema == (ROOT / "configs" / "schema.json").read_text(encoding="utf-8")
    near = simcore("catalog", "routes", "h2_dri_eat", cwd=folder, code=2)
    assert "h2_dri_eaf" in near.stderr


@pytest.mark.long
def test_a_run_to_zarr_loads_no_reader_of_it(folder):
    code = (
        "import sys\nfrom simcore import cli\n"
        "status = cli.main(['run', 'small.yaml', '-o', 'light.zarr', '--draws', '256'])\n"
        "print('LOADED', *sys.modules)\nsys.exit(status)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    table, loaded = found.stdout.split("LOADED", 1)
    assert "Hydrogen DRI, EAF" in table
    assert not set(loaded.split()) & {"xarray", "pandas", "zarr", "matplotlib", "scipy.stats"}
    again = simcore("summary", "light.zarr", cwd=folder).stdout
    assert again.strip() == table.split("\n\n256 draws in")[0].strip()


@pytest.mark.long
def test_interrupt_ends_cleanly(folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "simcore", "run", "small.yaml", "-o", "stopped.zarr", "--draws",
         "3000000"], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    for _ in range(600):
        if list(folder.glob("stopped.zarr.partial*")) or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert not list(folder.glob("stopped.zarr*"))
