"""A run as CDO and NCO read it: numbers over a time, a level and a row of cells."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import synthetic_run
import xarray as xr
from test_effects import CONFIG

import simcore
from simcore.cli import main
from simcore.dataset.exported import export
from simcore.errors import OutputError

pytestmark = pytest.mark.long

SMALL = ["carbon_price", "cost_premium", "npv_carbon_value", "cheapest_route"]


@pytest.fixture(scope="module", params=["synthetic", "small", "one year"])
def exported(request, tmp_path_factory) -> tuple[xr.Dataset, Path]:
    out = tmp_path_factory.mktemp("export") / "run.nc"
    if request.param == "synthetic":
        run = synthetic_run.make()
    else:
        several: dict[str, Any] = {"years": {"first": 2029, "last": 2032}, "outcomes": SMALL}
        run = simcore.run(CONFIG | (several if request.param == "small" else {}), draws=3)
    export(run, out)
    return run, out


def codes(file: netCDF4.Dataset, name: str) -> dict[str, list[str]]:
    """Labels of each cell of an array, by dimension."""
    found = {}
    for code in file[name].cell_labels.split():
        meanings = file[code].flag_meanings.split()
        assert np.atleast_1d(file[code].flag_values).tolist() == list(range(len(meanings)))
        found[code.split("_", 2)[2]] = [meanings[k] for k in file[code][:]]
    return found


def test_every_summary_is_there_with_its_values_and_labels(exported) -> None:
    run, out = exported
    with netCDF4.Dataset(str(out)) as file:
        for name, array in run.data_vars.items():
            if "draw" in array.dims or array.dtype.kind not in "biuf":
                assert name not in file.variables
                continue
            labels = codes(file, name) if hasattr(file[name], "cell_labels") else {}
            years = netCDF4.num2date(file["time"][:], file["time"].units)
            values = np.ma.filled(file[name][:].astype(float), np.nan)
            stored, known = array.values, run["year"].values.tolist()
            places = {
                dim: [str(one).replace(" ", "_") for one in run[dim].values] for dim in labels
            }
            for place in np.ndindex(values.shape):
                at = dict(zip(file[name].dimensions, place, strict=True))
                cell = next((k for dim, k in at.items() if dim.startswith("cell")), None)
                here = {dim: places[dim].index(named[cell]) for dim, named in labels.items()}
                if "time" in at:
                    here["year"] = known.index(years[at["time"]].year)
                if "quantile" in at:
                    here["quantile"] = at["quantile"]
                assert set(here) == set(array.dims)
                right = float(stored[tuple(here[dim] for dim in array.dims)])
                assert values[place] == right or (np.isnan(values[place]) and np.isnan(right))
            assert file[name].long_name == array.attrs["long_name"]


def test_no_array_is_one_that_cdo_skips(exported) -> None:
    """At most four dimensions, no text, the time first, units that are text."""
    _, out = exported
    with netCDF4.Dataset(str(out)) as file:
        assert file.data_model == "NETCDF4_CLASSIC"
        assert file.dimensions["time"].isunlimited()
        for name, one in file.variables.items():
            assert one.dtype.kind in "fi", name
            assert len(one.dimensions) <= 3, name
            assert "time" not in one.dimensions[1:], name
        bounds = file["time_bounds"][:]
        years = netCDF4.num2date(bounds, file["time"].units)
        for first, last in years:
            assert (first.month, first.day, last.year) == (1, 1, first.year + 1)
        assert all(len(str(value)) <= 500 for value in file.__dict__.values()
                   if value is not file.history)  # fmt: skip


@pytest.mark.skipif(shutil.which("cdo") is None, reason="needs cdo (Debian: apt-get install cdo)")
def test_cdo_reads_every_array_without_a_word(exported) -> None:
    run, out = exported

    def cdo(*call: str) -> list[str]:
        done = subprocess.run(["cdo", "-s", *call, str(out)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    with netCDF4.Dataset(str(out)) as file:
        held = {name for name in file.variables if name not in file.dimensions}
    assert set(cdo("showname")) == held - {"time_bounds"}
    assert cdo("showyear") == [str(year) for year in run["year"].values]
    last = int(run["year"].values[-1])
    found = cdo("output", f"-selyear,{last}", "-sellevel,0.5", "-selname,cost_premium_quantile")
    right = run["cost_premium_quantile"].sel(year=last, quantile=0.5).values.ravel()
    np.testing.assert_allclose(
        [float(one) for one in found], np.nan_to_num(right, nan=1e20), rtol=1e-4
    )


@pytest.mark.skipif(shutil.which("ncks") is None, reason="needs nco (Debian: apt-get install nco)")
def test_nco_reads_it(exported) -> None:
    run, out = exported
    call = ["ncks", "-H", "--trd", "-s", "%.12g ", "-v", "cost_premium_mean", "-C", str(out)]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    found = np.array([float(one) for one in done.stdout.replace("_", "1e20").split()])
    array = run["cost_premium_mean"].transpose("year", ...).values.ravel()
    np.testing.assert_allclose(found, np.nan_to_num(array, nan=1e20), rtol=1e-6)


@pytest.mark.parametrize("name", ["x.csv", "x", "x.zarr"])
def test_another_suffix_is_refused(name, tmp_path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.nc"), synthetic_run.make() as run:
        export(run, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_is_left_out_and_replaces_only_when_told(tmp_path, capsys) -> None:
    path, out = tmp_path / "run.zarr", tmp_path / "new" / "out.nc"
    synthetic_run.make(path).close()
    assert main(["export", str(path), "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("cost_premium,", "factor_unit", "commodity_unit"))
    before = out.read_bytes()
    assert main(["export", str(path), "-o", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert main(["export", str(path), "-o", str(out), "--overwrite"]) == 0
    assert main(["export", str(tmp_path / "none.zarr"), "-o", str(out), "--overwrite"]) == 2
    assert [one.name for one in out.parent.iterdir()] == ["out.nc"]


@pytest.mark.parametrize("own", [True, False])
def test_an_export_never_takes_the_place_of_a_run(own: bool, tmp_path: Path, capsys) -> None:
    run, out = tmp_path / "run.nc", tmp_path / "export.nc"
    synthetic_run.make(run).close()
    other = run if own else tmp_path / "other.nc"
    if not own:
        synthetic_run.make(other).close()
    before = other.read_bytes()
    assert main(["export", str(run), "-o", str(other), "--overwrite"]) == 2
    assert "a run is more than its export" in capsys.readouterr().err
    assert other.read_bytes() == before
    for options in ([], ["--overwrite"]):
        assert main(["export", str(run), "-o", str(out), *options]) == 0
    capsys.readouterr()
    assert main(["summary", str(out)]) == 2
    assert "a run written by simcore run" in capsys.readouterr().err
