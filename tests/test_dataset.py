"""Claims of simcore.dataset: what is stored, when it becomes visible, and its fingerprint."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import synthetic_run
import xarray as xr
from synthetic_run import create

from simcore.dataset import (
    RunError,
    check_output,
    containers,
    digest,
    open_run,
    statistics_of,
    stored_bytes,
)
from simcore.dataset.containers import Array, NetcdfContainer
from simcore.dataset.layout import kept_arrays
from simcore.dataset.zarr_files import ZarrContainer
from simcore.errors import OutputError
from simcore.running.batches import Batches
from simcore.variables import OUTCOMES

CONTAINERS = pytest.mark.parametrize("suffix", [".zarr", ".nc"])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    paths = {suffix: folder / f"run{suffix}" for suffix in (".zarr", ".nc")}
    for path in paths.values():
        synthetic_run.make(path).close()
    return paths


def _entries(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@CONTAINERS
def test_opens_in_plain_xarray(saved: dict[str, Path], suffix: str) -> None:
    with xr.open_dataset(saved[suffix]) as run:
        assert run.cost_premium.dims == (
            "scenario", "region", "destination", "route", "year", "draw",
        )  # fmt: skip
        assert run.cost_premium.dtype == np.float32
        np.testing.assert_array_equal(
            run.cost_premium, synthetic_run.draws_of(synthetic_run.layout(), "cost_premium")
        )
        one = run.cost_premium.sel(route="h2_dri_eaf").quantile([0.05, 0.5, 0.95], "draw")
        assert bool(np.isfinite(one).all())
        assert run.region.values.tolist() == ["EU", "KR"]
        assert run.factor.values.tolist()[2] == "élan"
        assert run["year"].dtype == np.int64
        assert run.coords["factor_unit"].dims == ("factor",)
        assert run.coords["commodity_unit"].dims == ("commodity",)


@CONTAINERS
def test_variables_and_run_describe_themselves(saved: dict[str, Path], suffix: str) -> None:
    with open_run(saved[suffix]) as run:
        for name, variable in run.data_vars.items():
            assert {"long_name", "description"} <= set(variable.attrs), name
            # Factors have each their own unit, in a coordinate.
            assert ("units" in variable.attrs) != str(name).startswith("input"), name
        assert run.cost_premium.attrs["units"] == "EUR t-1"
        assert run.cost_premium_quantile.attrs["currency"] == "EUR"
        assert run.cost_premium_quantile.attrs["price_year"] == 2025
        assert run.cost_premium_positive.attrs["units"] == "1"
        assert "currency" not in run.cost_premium_positive.attrs
        assert run.cheapest_route.attrs["flag_meanings"] == "none bf_bof h2_dri_eaf scrap_eaf"
        assert list(run.cheapest_route.attrs["flag_values"]) == [-1, 0, 1, 2]
        assert run.cheapest_route.dtype == np.int8
        assert (run.draw.attrs["standard_name"], run.draw.attrs["axis"]) == ("realization", "E")
        expected = {
            "Conventions": "CF-1.11", "complete": 1, "draws": 60, "schema_version": 1, "seed": 7,
            "title": "Synthetic", "currency": "EUR", "price_year": 2025,
        }  # fmt: skip
        assert expected.items() <= run.attrs.items()
        assert {"source", "history", "simcore_version", "sampler", "config"} <= set(run.attrs)
        for value in run.attrs.values():
            assert isinstance(value, str | int | float | np.integer | np.floating)


def test_netcdf_opens_with_the_c_library_and_marks_missing(saved: dict[str, Path]) -> None:
    import netCDF4

    with netCDF4.Dataset(str(saved[".nc"])) as file:
        assert file.data_model == "NETCDF4"
        assert np.isnan(file["cost_premium"].getncattr("_FillValue"))
        assert file["region"][:].tolist() == ["EU", "KR"]
        assert file.getncattr("complete") == 1


def test_zarr_is_format_3_without_fixed_width_text(saved: dict[str, Path]) -> None:
    import zarr

    group = zarr.open_group(str(saved[".zarr"]), mode="r")
    assert group.metadata.zarr_format == 3
    assert all(array.dtype.kind != "U" for _, array in group.arrays())
    assert group["cost_premium"].chunks == (1, 1, 1, 1, 6, 60)


def test_digest_is_that_of_the_values_alone(saved: dict[str, Path]) -> None:
    with synthetic_run.make() as run:
        expected = digest(run)
        assert len(expected) == 64
        relabelled = run.assign_attrs(history="tomorrow", title="other")
        relabelled["cost_premium"].attrs["note"] = "x"
        assert digest(relabelled) == expected
        assert digest(run.transpose("scenario", ...)) == expected
        changed = run.copy(deep=True)
        changed.cost_premium_mean.values[0, 0, 0, 1, 0] += 1e-12
        assert digest(changed) != expected
        assert digest(run.rename(cost_premium="premium")) != expected
    for path in saved.values():
        with open_run(path) as run:
            assert digest(run) == expected


def test_digest_does_not_depend_on_chunks_or_kind_of_nan(tmp_path: Path) -> None:
    run = synthetic_run.make()
    expected = digest(run)
    other = tmp_path / "rechunked.zarr"
    encoding = {"cost_premium": {"chunks": (2, 1, 2, 3, 2, 13)}}
    run.to_zarr(other, encoding=encoding, zarr_format=3, consolidated=False)
    with xr.open_dataset(other, engine="zarr", chunks=None, consolidated=False) as again:
        assert digest(again) == expected
    values = run.cost_premium.values.copy()
    payload = np.uint32(0xFFC12345)
    values.view(np.uint32)[np.isnan(values)] = payload
    run["cost_premium"] = run.cost_premium.copy(data=values)
    assert digest(run) == expected


def test_digest_reads_large_arrays_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from simcore.dataset import saved as module

    run = synthetic_run.make()
    expected = digest(run)
    for size in (1, 100, 1000, 5000):
        monkeypatch.setattr(module, "_BLOCK_BYTES", size)
        assert digest(run) == expected


@CONTAINERS
def test_threads_may_write_at_once(tmp_path: Path, suffix: str) -> None:
    store = create(synthetic_run.layout(kept=("cost_premium",)), tmp_path / f"run{suffix}")
    values = synthetic_run.draws_of(store.layout, "cost_premium")
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda index: store.write("cost_premium", index, values[index]),
                np.ndindex(values.shape[:4]),
            )
        )
    with store.complete(synthetic_run.statistics(store.layout)).open() as run:
        np.testing.assert_array_equal(run.cost_premium, values)


@CONTAINERS
def test_nothing_is_visible_before_the_end(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / "new" / f"run{suffix}"
    store = create(synthetic_run.layout(), out)
    synthetic_run.fill(store)
    assert not out.exists()
    partial = store._partial
    assert partial is not None
    assert _entries(out.parent) == {partial.name, f"{out.name}.lock"}
    if suffix == ".zarr":
        with pytest.raises(RunError, match="did not end"):
            open_run(partial)
    store.complete(synthetic_run.statistics(store.layout)).open().close()
    assert _entries(out.parent) == {out.name}


@CONTAINERS
def test_abort_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    store = create(synthetic_run.layout(), tmp_path / f"run{suffix}")
    synthetic_run.fill(store)
    store.abort()
    store.abort()
    assert _entries(tmp_path) == set()


@CONTAINERS
def test_an_interrupt_while_the_place_is_made_leaves_nothing(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = NetcdfContainer if suffix == ".nc" else ZarrContainer
    make = kind.__init__

    def stopped(self: object, path: Path) -> None:
        make(self, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, "__init__", stopped)
    with pytest.raises(KeyboardInterrupt):
        create(synthetic_run.layout(), tmp_path / f"run{suffix}")
    assert _entries(tmp_path) == set()


@CONTAINERS
def test_overwriting_keeps_the_old_run_until_the_new_one_is_complete(
    tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"run{suffix}"
    synthetic_run.make(out, draws=10).close()
    with pytest.raises(OutputError, match="--overwrite"):
        create(synthetic_run.layout(), out)
    store = create(synthetic_run.layout(draws=20), out, overwrite=True)
    store.abort()
    with open_run(out) as run:
        assert run.sizes["draw"] == 10
    synthetic_run.make(out, draws=20, overwrite=True).close()
    with open_run(out) as run:
        assert run.sizes["draw"] == 20
    assert _entries(tmp_path) == {out.name}


def test_what_is_not_a_run_is_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "precious.zarr"
    folder.mkdir()
    (folder / "thesis.txt").write_text("text")
    file = tmp_path / "precious.nc"
    file.write_text("text")
    for out in (folder, file):
        with pytest.raises(OutputError, match="not a simcore run"):
            check_output(out, overwrite=True)
    assert (folder / "thesis.txt").exists()


def test_output_is_checked_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.zarr or \.nc"):
        check_output(tmp_path / "run.csv", overwrite=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"):
        check_output(tmp_path / "file" / "run.zarr", overwrite=False)
    with pytest.raises(OutputError, match="MB free"):
        check_output(tmp_path / "run.zarr", overwrite=False, needed=2**62)
    check_output(tmp_path / "a" / "b" / "run.zarr", overwrite=False)
    assert _entries(tmp_path) == {"file"}


def test_a_folder_that_refuses_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="not writable"):
        check_output(tmp_path / "run.zarr", overwrite=False)


def test_a_full_disk_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = create(synthetic_run.layout(), tmp_path / "run.zarr")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store._container, "write", full)
    with pytest.raises(OutputError, match="No space left"):
        synthetic_run.fill(store)
    store.abort()
    assert _entries(tmp_path) == set()


def test_a_missing_cell_or_summary_is_an_error() -> None:
    store = create(synthetic_run.layout())
    with pytest.raises(ValueError, match="24 of 24 cells of cost_premium"):
        store.complete(synthetic_run.statistics(store.layout)).open()
    synthetic_run.fill(store)
    found = synthetic_run.statistics(store.layout)
    del found["cost_premium_mean"]
    with pytest.raises(ValueError, match="cost_premium_mean"):
        store.complete(found).open()


@pytest.mark.parametrize("name", [None, "run.zarr", "run.nc"])
def test_a_cell_may_be_left_undefined(tmp_path: Path, name: str | None) -> None:
    store = create(synthetic_run.layout(kept=("cost_premium",)), name and tmp_path / name)
    values = synthetic_run.draws_of(store.layout, "cost_premium")
    for index in np.ndindex(values.shape[:4]):
        if index[3] == 0:
            store.mark_undefined("cost_premium", index)
        else:
            store.write("cost_premium", index, values[index])
    with store.complete(synthetic_run.statistics(store.layout)).open() as run:
        np.testing.assert_array_equal(run.cost_premium, values)


def test_wrong_shapes_are_refused() -> None:
    store = create(synthetic_run.layout())
    with pytest.raises(ValueError, match="shape"):
        store.write("cost_premium", (0, 0, 0, 0), np.zeros((60, 6)))
    with pytest.raises(ValueError, match="positions"):
        store.write("cost_premium", (0, 0), np.zeros((6, 60)))


def test_opening_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nothing there"):
        open_run(tmp_path / "none.zarr")
    (tmp_path / "text.nc").write_text("text")
    with pytest.raises(RunError, match="something else"):
        open_run(tmp_path / "text.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(RunError, match="something else"):
        open_run(tmp_path / "other.nc")


def test_a_newer_run_names_the_version_that_reads_it(tmp_path: Path) -> None:
    attrs = {"simcore_version": "9.1", "schema_version": 99, "complete": 1}
    xr.Dataset(attrs=attrs).to_netcdf(tmp_path / "newer.nc")
    with pytest.raises(RunError, match=r"simcore 9\.1") as raised:
        open_run(tmp_path / "newer.nc")
    assert raised.value.exit_code == 2


def test_chunks_hold_a_cell_within_eight_megabytes() -> None:
    small = Array(("a", "year", "draw"), (5, 25, 20_000), np.dtype("f4"), {}, 1)
    assert small.chunks == (1, 25, 20_000)
    large = Array(("a", "year", "draw"), (5, 25, 500_000), np.dtype("f4"), {}, 1)
    assert large.chunks == (1, 4, 500_000)
    huge = Array(("a", "year", "draw"), (5, 25, 10_000_000), np.dtype("f4"), {}, 1)
    assert huge.chunks == (1, 1, 2_000_000)


@pytest.mark.parametrize(("replicates", "stretch"), [(1, 65_536), (3, 49_152), (8, 65_536),
                                                     (100, 102_400)])  # fmt: skip
def test_a_chunk_of_kept_draws_has_all_years_and_whole_batches(
    replicates: int, stretch: int
) -> None:
    """Whoever makes these batches writes it at once; so as many draws in memory, of any run."""
    assert Batches(10**9, replicates).stretch == stretch
    arrays = kept_arrays(synthetic_run.layout(draws=10**6, stretch=stretch))
    assert arrays["cost_premium"].chunks == (1, 1, 1, 1, 6, stretch)
    assert arrays["crossover_year"].chunks == (1, 1, 1, 1, stretch)
    few = kept_arrays(synthetic_run.layout(draws=60, stretch=stretch))
    assert few["cost_premium"].chunks == (1, 1, 1, 1, 6, 60)


@pytest.mark.parametrize("room", [1, 100, 1000, 10**6])
@pytest.mark.parametrize("block", [(2, 3, 5, 7), (1, 3, 5, 2), (1, 1, 2, 7), (1, 1, 5, 3),
                                   (2, 1, 4, 4), (1, 2, 5, 7), (1, 1, 1, 2)])  # fmt: skip
def test_blocks_are_put_in_order(
    block: tuple[int, ...], room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "ROOM", room)
    values = np.arange(210).reshape(2, 3, 5, 7)
    pieces = list(containers.in_order(values.shape, block, values.dtype, values.__getitem__))
    np.testing.assert_array_equal(np.concatenate([one.ravel() for one in pieces]), values.ravel())
    if block == (1, 1, 5, 3) and room == 1:
        assert max(one.size for one in pieces) == 3


def test_size_is_estimated_from_above(saved: dict[str, Path]) -> None:
    size = sum(file.stat().st_size for file in saved[".zarr"].rglob("*") if file.is_file())
    assert size <= stored_bytes(synthetic_run.layout())


def test_every_outcome_can_be_summarised() -> None:
    names = statistics_of(synthetic_run.layout(outcomes=("viability", "cheapest_route")))
    assert set(names) == {
        "viability_mean", "viability_standard_error", "cheapest_route_probability", "input_mean",
        "input_sd", "input_central",
    }  # fmt: skip
    assert set(OUTCOMES["waterfall"].dims) == set(
        statistics_of(synthetic_run.layout(outcomes=("waterfall",)))["waterfall_central"]
    )
