"""The files of a Zarr store are those that the library zarr would describe and can read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import synthetic_run
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, BloscShuffle, Crc32cCodec

from simcore.dataset.containers import Array
from simcore.dataset.zarr_files import ZarrContainer, metadata_of, write_chunk

BLOSC = BloscCodec(cname="lz4", clevel=1, shuffle=BloscShuffle.shuffle)


def _plain(metadata: dict[str, object]) -> dict[str, object]:
    """Compare what format 3 calls equal: no configuration is an empty one, a codec's blanks."""
    content = json.loads(json.dumps(metadata))
    for codec in content["codecs"]:
        codec.setdefault("configuration", {})
    return content


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int8", "bool", None])
@pytest.mark.parametrize("length", [3, 10_000])
def test_the_metadata_are_those_of_the_library(
    tmp_path: Path, dtype: str | None, length: int
) -> None:
    attrs = {"units": "EUR t-1", "long_name": "Köst", "flag_values": np.arange(2, dtype=np.int8)}
    array = Array(("a", "b"), (2, length), dtype and np.dtype(dtype), attrs, 1)
    ours = metadata_of(array)
    group = zarr.create_group(str(tmp_path / "peer.zarr"), zarr_format=3)
    options = {"dtype": str, "compressors": [Crc32cCodec()]}
    if dtype is not None:
        packed = [BLOSC] if array.nbytes >= 32_768 else []
        options = {"dtype": dtype, "compressors": [*packed, Crc32cCodec()]}
        if dtype.startswith("float"):
            options["fill_value"] = np.nan
    group.create_array(
        "x", shape=array.shape, chunks=array.chunks, dimension_names=array.dims,
        attributes=ours["attributes"],
        chunk_key_encoding={"name": "default", "separator": "."}, **options,
    )  # fmt: skip
    theirs = json.loads((tmp_path / "peer.zarr" / "x" / "zarr.json").read_text("utf-8"))
    assert _plain(ours) == _plain(theirs)


VALUES = [
    np.array([["a", "", "é" * 300], ["0", "\u2603", "line\nline"]], dtype=object),
    np.linspace(-1, 1, 30_000).reshape(3, 10_000),
    np.array([[np.nan, -0.0, 5e-324], [np.inf, -np.inf, 1.0]]),
    np.arange(12, dtype=">i8").reshape(3, 4),
    np.arange(100_000, dtype=np.int8).reshape(2, -1)[:, ::2],
    np.array([[True, False]]),
    np.asfortranarray(np.arange(20_000.0).reshape(100, 200)),
    np.array(3.5),
    np.zeros((0, 4)),
]


@pytest.mark.parametrize("values", VALUES, ids=[str(i) for i in range(len(VALUES))])
@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_values_come_back_to_the_bit(tmp_path: Path, values: np.ndarray) -> None:
    container = ZarrContainer(tmp_path / "x.zarr")
    dims = ("a", "b")[: values.ndim]
    number = values.dtype.kind in "biuf"
    container.put("x", Array(dims, values.shape, values.dtype if number else None), values)
    container.close()
    for consolidated in (True, False):
        group = zarr.open_group(str(tmp_path / "x.zarr"), mode="r", use_consolidated=consolidated)
        found = group["x"][...]
        np.testing.assert_array_equal(found, values)
        if number:
            assert np.asarray(found, values.dtype.newbyteorder("<")).tobytes() == np.asarray(
                values, values.dtype.newbyteorder("<")
            ).tobytes("C")
        with xr.open_zarr(tmp_path / "x.zarr", consolidated=consolidated, chunks=None) as run:
            np.testing.assert_array_equal(run["x"].values, values)


def test_cells_are_cut_into_chunks_and_unwritten_ones_are_undefined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simcore.dataset.containers.CHUNK_BYTES", 400)
    array = Array(("a", "year", "draw"), (3, 5, 130), np.dtype("f4"), {}, 1)
    assert array.chunks == (1, 1, 100)
    values = np.random.default_rng(1).normal(size=(3, 5, 130)).astype("f4")
    container = ZarrContainer(tmp_path / "x.zarr")
    container.reserve({"x": array})
    for cell in (0, 2):
        container.write("x", (cell,), values[cell])
    container.close()
    values[1] = np.nan
    np.testing.assert_array_equal(zarr.open_group(str(tmp_path / "x.zarr"))["x"][...], values)


def test_a_run_has_one_folder_an_array_and_its_metadata_at_the_top(tmp_path: Path) -> None:
    synthetic_run.make(tmp_path / "run.zarr").close()
    top = json.loads((tmp_path / "run.zarr" / "zarr.json").read_text("utf-8"))
    folders = {path.name: path for path in (tmp_path / "run.zarr").iterdir() if path.is_dir()}
    assert top["consolidated_metadata"]["metadata"].keys() == folders.keys()
    for name, folder in folders.items():
        assert all(path.is_file() for path in folder.iterdir())
        own = json.loads((folder / "zarr.json").read_text("utf-8"))
        assert own == top["consolidated_metadata"]["metadata"][name]


def test_a_chunk_has_the_same_bytes_whoever_writes_it(tmp_path, monkeypatch):
    """Threads of the compressor would put its blocks in the order in which they are done."""
    # As before zarr is loaded, which a run does not need.
    monkeypatch.setattr("numcodecs.blosc.use_threads", None)
    draws = np.random.default_rng(1).integers(0, 9, (4, 65_536)).astype(np.float32)
    array = Array(("year", "draw"), draws.shape, np.dtype(np.float32), stretch=65_536)
    found = set()
    for _ in range(60):
        write_chunk(tmp_path / "chunk", array, draws)
        found.add((tmp_path / "chunk").read_bytes())
    assert len(found) == 1
