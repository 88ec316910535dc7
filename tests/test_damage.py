"""A damaged run is an error that names the file, or reads as before: never another number."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import synthetic_run
import xarray as xr
import zarr
from batteries import some
from google_crc32c import value as crc32c
from synthetic_run import create

from simcore import cli
from simcore.dataset import RunError, digest, open_run, verify
from simcore.dataset.heaps import is_endless

CONTAINERS = pytest.mark.parametrize("suffix", [".zarr", ".nc"])
CELL, OTHER_CELL = "cost_premium/c.0.1.0.1.0.0", "cost_premium/c.1.1.0.1.0.0"
SMALL = {
    "draws": 12, "outcomes": ("cost_premium", "cost_premium_ex_carbon", "cheapest_route"),
    "kept": ("cost_premium", "cheapest_route"),
}  # fmt: skip
COMMANDS = (
    ("digest",), ("summary",), ("summary", "--variable", "cost_premium", "--quantiles", "0.2"),
)  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    paths = {suffix: folder / f"run{suffix}" for suffix in (".zarr", ".nc")}
    for path in paths.values():
        synthetic_run.make(path, **SMALL).close()
    return paths


@pytest.fixture(scope="module")
def whole(saved: dict[str, Path]) -> xr.Dataset:
    return _loaded(saved[".zarr"])


@pytest.fixture
def run(saved: dict[str, Path], suffix: str, tmp_path: Path) -> Path:
    """A copy to damage."""
    place = tmp_path / f"run{suffix}"
    (shutil.copytree if suffix == ".zarr" else shutil.copy)(saved[suffix], place)
    return place


def _loaded(place: Path) -> xr.Dataset:
    with open_run(place) as run:
        return run.load()


def _flip(file: Path, part: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(part * len(content))] ^= 0x10
    file.write_bytes(content)


def _change(file: Path, change: Callable[[bytes], bytes]) -> None:
    file.write_bytes(change(file.read_bytes()))


def _swap(first: Path, second: Path) -> None:
    aside = first.parent / "aside"
    second.rename(aside)
    first.rename(second)
    aside.rename(first)


def _edit(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what stands at the top of a store."""
    top = json.loads((run / "zarr.json").read_text("utf-8"))
    change(top)
    (run / "zarr.json").write_text(json.dumps(top), encoding="utf-8")


def _arrays(top: dict[str, Any]) -> dict[str, Any]:
    return top["consolidated_metadata"]["metadata"]


def _swap_entries(top: dict[str, Any]) -> None:
    held = _arrays(top)
    names = "cost_premium_mean", "cost_premium_positive"
    held[names[0]], held[names[1]] = held[names[1]], held[names[0]]


def _put(run: Path, name: str, index: tuple[int, ...], value: Any) -> None:
    """Change a number as another tool does, checksums of its chunk included."""
    if run.is_dir():
        zarr.open_group(str(run), mode="r+")[name][index] = value
        return
    with netCDF4.Dataset(str(run), "r+") as file:
        file[name][index] = value


ZARR: dict[str, Callable[[Path], None]] = {
    "kept chunk flipped": lambda run: _flip(run / CELL, 0.5),
    "kept chunk flipped at its end": lambda run: _flip(run / CELL, 0.999),
    "summary flipped": lambda run: _flip(run / "cost_premium_quantile/c.0.0.0.0.0.0", 0.3),
    "year flipped": lambda run: _flip(run / "year/c.0", 0.2),
    "text flipped": lambda run: _flip(run / "region/c.0", 0.5),
    "text of another array flipped": lambda run: _flip(run / "factor_unit/c.0", 0.5),
    "numbers for text": lambda run: shutil.copy(
        run / "quantile/c.0", run / "region/c.0"
    ) and None,
    "cut": lambda run: _change(run / CELL, lambda old: old[: len(old) // 2]),
    "one byte lost": lambda run: _change(run / CELL, lambda old: old[:-1]),
    "empty": lambda run: _change(run / CELL, lambda _: b""),
    "zeros": lambda run: _change(run / CELL, lambda old: bytes(len(old))),
    "longer": lambda run: _change(run / CELL, lambda old: old + b"more"),
    "kept chunk lost": lambda run: (run / CELL).unlink(),
    "summary lost": lambda run: (run / "cost_premium_mean/c.0.0.0.0.0").unlink(),
    "labels lost": lambda run: (run / "route/c.0").unlink(),
    "array lost": lambda run: shutil.rmtree(run / "cost_premium"),
    "cells swapped": lambda run: _swap(run / CELL, run / OTHER_CELL),
    "a cell twice": lambda run: shutil.copy(run / CELL, run / OTHER_CELL) and None,
    "arrays swapped": lambda run: _swap(
        run / "cost_premium_mean", run / "cost_premium_positive"
    ),
    "chunk of another array": lambda run: shutil.copy(
        run / "cost_premium_positive/c.0.0.0.0.0", run / "cost_premium_mean/c.0.0.0.0.0"
    ) and None,
    "entries swapped": lambda run: _edit(run, _swap_entries),
    "array left out": lambda run: _edit(
        run, lambda top: _arrays(top).pop("cost_premium_mean") and None
    ),
    "its checksums left out": lambda run: _edit(
        run, lambda top: _arrays(top)["year"]["attributes"].pop("checksums") and None
    ),
    "unit edited": lambda run: _edit(
        run, lambda top: _arrays(top)["cost_premium_mean"]["attributes"].update(units="USD t-1")
    ),
    "dimensions edited": lambda run: _edit(
        run, lambda top: _arrays(top)["cost_premium_mean"]["dimension_names"].reverse()
    ),
    "shape edited": lambda run: _edit(
        run, lambda top: _arrays(top)["cost_premium_mean"]["shape"].reverse()
    ),
    "type edited": lambda run: _edit(
        run, lambda top: _arrays(top)["cost_premium_mean"].update(data_type="int64", fill_value=0)
    ),
    "currency edited": lambda run: _edit(run, lambda top: top["attributes"].update(currency="USD")),
    "seal edited": lambda run: _edit(run, lambda top: top["attributes"].update(checksum="00000000")),
    "schema edited": lambda run: _edit(run, lambda top: top["attributes"].update(schema_version="x")),
    "top lost": lambda run: (run / "zarr.json").unlink(),
    "top cut": lambda run: _change(run / "zarr.json", lambda old: old[:-9]),
    "number edited": lambda run: _put(run, "cost_premium_mean", (0, 0, 0, 1, 0), 7.0),
    "draw edited": lambda run: _put(run, "cost_premium", (0, 0, 0, 1, 0, 0), 7.0),
    "year edited": lambda run: _put(run, "year", (1,), 2031),
}  # fmt: skip


def _netcdf_attribute(run: Path, array: str | None, name: str, value: Any) -> None:
    with netCDF4.Dataset(str(run), "r+") as file:
        (file[array] if array else file).setncattr(name, value)


def _rename(run: Path) -> None:
    with netCDF4.Dataset(str(run), "r+") as file:
        file.renameVariable("cost_premium_mean", "aside")
        file.renameVariable("cost_premium_positive", "cost_premium_mean")
        file.renameVariable("aside", "cost_premium_positive")


NETCDF: dict[str, Callable[[Path], None]] = {
    "cut": lambda run: _change(run, lambda old: old[: len(old) // 2]),
    "empty": lambda run: _change(run, lambda _: b""),
    "zeros": lambda run: _change(run, lambda old: old[:30_000] + bytes(len(old) - 30_000)),
    "number edited": lambda run: _put(run, "cost_premium_mean", (0, 0, 0, 1, 0), 7.0),
    "draw edited": lambda run: _put(run, "cost_premium", (0, 0, 0, 1, 0, 0), 7.0),
    "year edited": lambda run: _put(run, "year", (1,), 2031),
    "text edited": lambda run: _put(run, "region", (0,), "UK"),
    "unit edited": lambda run: _netcdf_attribute(run, "cost_premium_mean", "units", "USD t-1"),
    "currency edited": lambda run: _netcdf_attribute(run, None, "currency", "USD"),
    "meaning edited": lambda run: _netcdf_attribute(run, "cheapest_route", "flag_meanings", "a b"),
    "arrays renamed": _rename,
}  # fmt: skip

CASES = [(".zarr", name) for name in ZARR] + [(".nc", name) for name in NETCDF]


@pytest.mark.parametrize(
    ("suffix", "name"), some(CASES, each=3), ids=[f"{a} {b}" for a, b in CASES]
)
def test_damage_is_an_error_that_names_the_file(
    run: Path, suffix: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (ZARR if suffix == ".zarr" else NETCDF)[name](run)
    with pytest.raises(RunError) as raised:
        _loaded(run)
    assert all(str(run) in str(fault.file) for fault in raised.value.faults)
    assert cli.main(["digest", str(run)]) == 2
    assert str(run) in capsys.readouterr().err
    assert cli.main(["verify", str(run)]) == 2
    said = capsys.readouterr()
    assert str(run) in said.out + said.err


@pytest.fixture(scope="module")
def shown(saved: dict[str, Path]) -> dict[tuple[str, ...], str]:
    """What the commands print of the whole run."""
    return {command: _printed(saved[".zarr"], command)[1] for command in COMMANDS}


def _printed(place: Path, command: tuple[str, ...]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([command[0], str(place), *command[1:]])
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("suffix", "part"),
    some([(".zarr", part) for part in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999)]
         + [(".nc", part) for part in np.linspace(0, 0.999, 10).tolist()], each=3),
)  # fmt: skip
def test_a_flipped_byte_is_an_error_or_changes_nothing(
    run: Path, suffix: str, part: float, whole: xr.Dataset, shown: dict[tuple[str, ...], str]
) -> None:
    _flip(run / "zarr.json" if suffix == ".zarr" else run, part)
    try:
        found = _loaded(run)
    except RunError as error:
        assert str(run) in str(error)
    else:
        assert found.equals(whole)
        own = {"history", "zarr_format_needed"}
        assert all(found.attrs[name] == whole.attrs[name] for name in set(whole.attrs) - own)
    for command in COMMANDS:
        status, out, err = _printed(run, command)
        if status == 0:
            assert out == shown[command]
        else:
            assert status == 2
            assert str(run) in err


def _heaps(content: bytes) -> list[int]:
    return [
        place for place in range(0, len(content) - 8)
        if content.startswith(b"GCOL\x01\x00\x00\x00", place)
    ]  # fmt: skip


def _blank(content: bytearray, start: int, length: int) -> None:
    content[start : start + length] = bytes(length)


HEAPS: dict[str, Callable[[bytearray, int], None]] = {
    "first entry lost": lambda content, heap: _blank(content, heap + 16, 16),
    "all but the head lost": lambda content, heap: _blank(content, heap + 16, 4080),
    "length of the room lost": lambda content, heap: _blank(content, _room(content, heap) + 8, 8),
    "a length that goes round": lambda content, heap: content.__setitem__(
        slice(heap + 24, heap + 32), b"\xf0" + 7 * b"\xff"
    ),
}


def _room(content: bytearray, heap: int) -> int:
    """Place of the entry that stands for the room that is left."""
    place = heap + 16
    while int.from_bytes(content[place : place + 2], "little"):
        length = int.from_bytes(content[place + 8 : place + 16], "little")
        place += 16 + -(-length // 8) * 8
    return place


@pytest.mark.parametrize("suffix", [".nc"])
@pytest.mark.parametrize("name", HEAPS)
@pytest.mark.parametrize("which", [0, -1])
def test_a_file_over_which_hdf5_would_never_end_is_refused(
    run: Path, name: str, which: int, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(run.read_bytes())
    assert not is_endless(run)
    HEAPS[name](content, _heaps(content)[which])
    run.write_bytes(content)
    # Without this the commands would not come back.
    assert is_endless(run)
    for command in ("verify", "digest", "summary"):
        assert cli.main([command, str(run)]) == 2
        assert str(run) in capsys.readouterr().err


def test_a_plot_shows_no_damaged_number(
    saved: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in ("cost_premium_quantile/c.0.0.0.0.0.0", "year/c.0"):
        place = tmp_path / f"{file.split('/')[0]}.zarr"
        shutil.copytree(saved[".zarr"], place)
        _flip(place / file, 0.4)
        assert cli.main(["plot", str(place), "-o", str(tmp_path / "pictures")]) == 2
        assert str(place / file) in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".zarr"])
@pytest.mark.parametrize("name", ["cut", "kept chunk lost", "cells swapped", "longer"])
def test_what_is_not_damaged_can_be_used(
    run: Path, whole: xr.Dataset, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ZARR[name](run)
    with open_run(run) as found:
        for array in set(found.variables) - {"cost_premium"}:
            assert found[array].variable.equals(whole[array].variable)
        cells = found.cost_premium.isel(region=0)
        np.testing.assert_array_equal(cells, whole.cost_premium.isel(region=0))
        with pytest.raises(RunError, match="cost_premium/c") as raised:
            found.cost_premium.isel(region=1, route=1, draw=[1, 5]).load()
        assert str(run / CELL) in str(raised.value)
        assert "can still be used" in str(raised.value)
    for options in ([], ["--variable", "cost_premium"]):
        assert cli.main(["summary", str(run), *options]) == 0
    capsys.readouterr()
    assert cli.main(["verify", str(run), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "damaged"
    assert told["digest"] is None
    assert [array for array, state in told["arrays"].items() if state != "ok"] == ["cost_premium"]
    assert str(run / CELL) in [fault["file"] for fault in told["faults"]]
    verdict = verify(run)
    assert [fault.where for fault in verdict.faults] == ["cost_premium"] * len(told["faults"])


@pytest.mark.parametrize("suffix", [".zarr"])
def test_damage_outside_what_simcore_reads_is_told_by_verify(
    run: Path, whole: xr.Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    _swap(run / "cost_premium/zarr.json", run / "cheapest_route/zarr.json")
    (run / "year" / "zarr.json").unlink()
    assert _loaded(run).identical(whole)
    assert cli.main(["verify", str(run)]) == 2
    said = capsys.readouterr().out
    for name in ("cost_premium", "cheapest_route", "year"):
        assert str(run / name / "zarr.json") in said


@CONTAINERS
def test_an_intact_run_is_verified(
    saved: dict[str, Path], suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = saved[suffix]
    with open_run(place) as run:
        assert run.attrs["digest"] == digest(run)
        assert not any("checksum" in name for name in run.attrs)
        assert not any("checksums" in one.attrs for one in run.variables.values())
    assert cli.main(["verify", str(place)]) == 0
    said = capsys.readouterr().out
    assert ": ok\n" in said
    assert run.attrs["digest"] in said
    assert cli.main(["verify", str(place), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["arrays"].values()) == {"ok"}


@pytest.mark.parametrize("suffix", [".zarr"])
def test_numbers_are_not_read_as_the_length_of_a_text(run: Path) -> None:
    content = (1000).to_bytes(4, "little") + bytes(96)
    (run / "region/c.0").write_bytes(content + crc32c(content).to_bytes(4, "little"))
    with pytest.raises(RunError, match="not what was written"):
        open_run(run)


@pytest.mark.parametrize("suffix", [".zarr"])
def test_readers_without_simcore_see_a_flipped_chunk(run: Path) -> None:
    for file in ("year/c.0", "region/c.0", "cost_premium_mean/c.0.0.0.0.0", CELL):
        _flip(run / file, 0.5)
        with pytest.raises(ValueError, match="checksum"):
            zarr.open_group(str(run), mode="r")[file.split("/")[0]][...]


def test_readers_of_netcdf_see_a_flipped_chunk(saved: dict[str, Path], tmp_path: Path) -> None:
    with netCDF4.Dataset(str(saved[".nc"])) as file:
        content = file["cost_premium_mean"][:].filled(np.nan)
    run = tmp_path / "run.nc"
    whole = saved[".nc"].read_bytes()
    place = whole.index(content.tobytes()) + 100
    run.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with netCDF4.Dataset(str(run)) as file, pytest.raises(RuntimeError, match="HDF error"):
        file["cost_premium_mean"][:]


def _older(run: Path) -> None:
    """Take away what older versions did not write."""
    if run.is_dir():
        group = zarr.open_group(str(run), mode="r+")
        for holder in (group, *(array for _, array in group.arrays())):
            holder.update_attributes({})
            attrs = dict(holder.attrs)
            for name in ("checksum", "checksums", "digest"):
                attrs.pop(name, None)
            holder.attrs.put(attrs)
        zarr.consolidate_metadata(str(run))
        return
    with netCDF4.Dataset(str(run), "r+") as file:
        for holder in (file, *file.variables.values()):
            for name in {"checksum", "checksums", "digest"} & set(holder.ncattrs()):
                holder.delncattr(name)


@CONTAINERS
@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_a_run_without_checksums_opens_and_says_so(
    run: Path,
    whole: xr.Dataset,
    suffix: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _older(run)
    found = _loaded(run)
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        f"{run} has no checksums"
    ]
    assert found.equals(whole)
    assert digest(found) == digest(whole)
    assert cli.main(["digest", str(run)]) == 0
    capsys.readouterr()
    assert cli.main(["verify", str(run)]) == 1
    assert "no checksums" in capsys.readouterr().out
    if suffix == ".zarr":
        _change(run / CELL, lambda old: old[:7])
        with pytest.raises(RunError, match="cost_premium"):
            _loaded(run)


def _narrow(run: xr.Dataset) -> xr.Dataset:
    return run.assign(
        {name: run[name].astype("int32") for name in run.variables if run[name].dtype == "int64"}
    )


COPIES: dict[str, Callable[[xr.Dataset, Path], Any]] = {
    "classic.nc": lambda run, to: _narrow(run).to_netcdf(to, format="NETCDF4_CLASSIC"),
    "narrow.nc": lambda run, to: _narrow(run).to_netcdf(to),
    "wide.nc": lambda run, to: run.assign(
        cheapest_route=run.cheapest_route.astype("int16")
    ).to_netcdf(to),
    "copy.nc": lambda run, to: run.to_netcdf(to),
    "copy.zarr": lambda run, to: run.to_zarr(to, zarr_format=3, consolidated=True),
}  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "name"),
    some([(suffix, name) for suffix in (".zarr", ".nc") for name in COPIES]
         # What a NetCDF file gives as attributes, xarray cannot write as JSON.
         [:-1], each=3),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_a_copy_by_another_tool_keeps_digest_and_checksums(
    saved: dict[str, Path], whole: xr.Dataset, suffix: str, name: str, tmp_path: Path
) -> None:
    copy = tmp_path / name
    with xr.open_dataset(saved[suffix]) as run:
        for one in run.variables.values():
            one.encoding = {}
        COPIES[name](run.load(), copy)
    with open_run(copy) as found:
        assert digest(found) == found.attrs["digest"] == digest(whole)
    assert cli.main(["verify", str(copy)]) == 0
    _put(copy, "cost_premium_mean", (0, 0, 0, 1, 0), 7.0)
    with pytest.raises(RunError, match="cost_premium_mean"):
        _loaded(copy)


def test_a_part_of_a_run_is_not_taken_for_the_run(
    saved: dict[str, Path],
    whole: xr.Dataset,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open_run(saved[".nc"]) as run:
        run.sel(region=["KR"]).to_netcdf(tmp_path / "ours.nc")
    with open_run(tmp_path / "ours.nc") as part:
        np.testing.assert_array_equal(
            part.cost_premium_mean, whole.cost_premium_mean.sel(region=["KR"])
        )
    assert "no checksums" in caplog.text
    assert cli.main(["digest", str(tmp_path / "ours.nc")]) == 2
    assert "not the values of the run" in capsys.readouterr().err
    with xr.open_dataset(saved[".nc"]) as run:
        run.sel(region=["KR"]).to_netcdf(tmp_path / "theirs.nc")
    with pytest.raises(RunError, match="on purpose"):
        open_run(tmp_path / "theirs.nc")


def _overwrite(place: Path) -> None:
    """Replace the run by one whose numbers and labels are others."""
    store = create(synthetic_run.layout(**SMALL | {"draws": 13}), place, overwrite=True)
    synthetic_run.fill(store)
    found = synthetic_run.statistics(store.layout)
    store.complete({name: values + 1 for name, values in found.items()})


@CONTAINERS
def test_a_reader_never_sees_new_numbers_under_old_labels(
    run: Path, whole: xr.Dataset, suffix: str
) -> None:
    with open_run(run) as old:
        _overwrite(run)
        for name in ("cost_premium_mean", "cost_premium"):
            if suffix == ".nc":
                assert old[name].equals(whole[name])
                continue
            with pytest.raises(RunError, match="another run, written while this one was read"):
                old[name].load()
    assert _loaded(run).sizes["draw"] == 13


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            (suffix, stretch), id=f"{suffix}-{stretch}",
            marks=pytest.mark.long if stretch == 1 else (),
        )
        for suffix in (".zarr", ".nc") for stretch in (1, 5, 65_536, None)
    ],
)  # fmt: skip
def cut(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, np.ndarray]:
    """A run whose draws are cut in one of many ways, and the draws."""
    suffix, stretch = request.param
    held: dict[str, Any] = {
        "outcomes": ("cost_premium",), "kept": ("cost_premium",), "draws": 12, "stretch": stretch,
    }  # fmt: skip
    place = tmp_path_factory.mktemp("cut") / f"run{suffix}"
    with pytest.MonkeyPatch.context() as patch:
        # As runs were cut before they had a stretch: four years, and the two that are left.
        patch.setattr("simcore.dataset.containers.CHUNK_BYTES", 200)
        synthetic_run.make(place, **held).close()
    return place, synthetic_run.draws_of(synthetic_run.layout(draws=12), "cost_premium")


@pytest.mark.long
@pytest.mark.parametrize("room", [1, 400, 64_000_000])
def test_any_part_of_an_array_is_read(
    cut: tuple[Path, np.ndarray], room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simcore.dataset.checked._ROOM", room)
    monkeypatch.setattr("simcore.dataset.containers.ROOM", room)
    place, values = cut
    parts: tuple[tuple[Any, ...], ...] = (
        (..., 3), (1, 0, 1), (..., slice(None, None, 7)), (..., slice(10, 2, -5)), (..., [5, 1, 11]),
        (0, [1, 0], ..., slice(2, 5), slice(11, 12)), (..., slice(7, 7)), (1, 1, 1, 2, 5, 11),
    )  # fmt: skip
    with open_run(place) as run:
        for part in parts:
            np.testing.assert_array_equal(run.cost_premium.variable[part].values, values[part])
        np.testing.assert_array_equal(run.cost_premium, values)
        assert digest(run) == run.attrs["digest"]
    assert not verify(place).faults


@CONTAINERS
def test_numbers_that_a_disk_gives_back_otherwise_are_an_output_error(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simcore.errors import OutputError

    store = create(synthetic_run.layout(**SMALL), tmp_path / f"run{suffix}")
    synthetic_run.fill(store)
    read = store._container.read

    def worn(name: str, chunk: Any) -> Any:
        return read(name, chunk) * (1 if name != "cost_premium" else 2)

    monkeypatch.setattr(store._container, "read", worn)
    with pytest.raises(OutputError, match="cost_premium: the disk"):
        store.complete(synthetic_run.statistics(store.layout))
    store.abort()
    assert not list(tmp_path.iterdir())
