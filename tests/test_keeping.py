"""Kept draws are written in chunks by whoever makes them, and a chunk that is written is not lost."""

from __future__ import annotations

import json
import os
import pickle
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from batteries import some
from killed_runs import files_of
from rich_config import rich_config
from test_resuming import Stop, counted, stopped

import simcore
from simcore import dataset
from simcore.dataset.chunks import ChunkFolder
from simcore.dataset.journal import LINES, folder_of, read_line
from simcore.errors import OutputError
from simcore.running import batches, engine, keeping, reduction, resuming
from simcore.running.executors import Executor
from simcore.running.items import items_of
from simcore.running.keeping import InChunks, Keeper
from simcore.running.options import Options
from simcore.running.tiles import bytes_of, kept_at_once

KEPT = ["cost_premium", "crossover_year", "cheapest_route", "inputs"]
CONFIG = rich_config(
    draws=9000, regions=["XA"], routes=["blast", "hydrogen"], keep=KEPT, outcomes=KEPT[:-1]
)
CHUNKS = 5


@pytest.fixture(scope="module", autouse=True)
def short_chunks() -> Iterator[None]:
    """Two batches make a chunk, so that 9,000 draws are five, the last of them not whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "_STRETCH", 2048)
        yield


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(CONFIG))


@pytest.fixture(scope="module")
def right(plan: Any) -> xr.Dataset:
    """The same run in memory, where no draw is ever in a chunk."""
    return engine.run(plan, threads=1)


@pytest.fixture(scope="module")
def saved(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("saved") / "run.zarr"
    engine.execute(plan, out=out, threads=3)
    return out


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECONDS", "_COST"):
        monkeypatch.setattr(resuming, name, 0.0)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of all chunks as they are written."""
    found, plain = list[str](), ChunkFolder.write

    def write(self: ChunkFolder, *arguments: Any) -> Any:
        chunk = plain(self, *arguments)
        found.append(f"{chunk.array}/{chunk.key}")
        return chunk

    monkeypatch.setattr(ChunkFolder, "write", write)
    return found


def elsewhere(workers: int, seed: int = 0) -> Executor:
    """Parts that are sent, done in any order, and sent back, some of them twice."""

    def run(perform: Any, tasks: Any) -> Iterator[Any]:
        chance = random.Random(seed)
        for task in chance.sample([*tasks, tasks[0]], len(tasks) + 1):
            yield pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(perform))(task)))

    return Executor(run, parts=workers)


def chunks_of(out: Path) -> list[Path]:
    return sorted(one for name in ("cost_premium", "crossover_year", "cheapest_route", "input")
                  for one in (out / name).glob("c.*"))  # fmt: skip


# ---------------------------------------------------------------- who writes them


def test_draws_are_those_of_a_run_in_memory(saved, right):
    with simcore.open_run(saved) as run:
        assert dataset.digest(run) == dataset.digest(right) == run.attrs["digest"]
    assert zarr.open_group(str(saved))["cost_premium"].chunks[-1] == 2048
    assert {one.name.split(".")[-1] for one in chunks_of(saved)} == set(map(str, range(CHUNKS)))
    assert not dataset.verify(saved).faults


@pytest.mark.parametrize(
    ("options", "many"),
    some([(options, many) for many in (2, 16)
          for options in (Options(part=1), Options(), Options(part=8, items=40))], each=4),
)  # fmt: skip
def test_who_writes_changes_no_byte(plan, saved, tmp_path, many, options, monkeypatch, written):
    """Workers write whole chunks where they see the folder; parts of chunks come together here."""
    monkeypatch.setattr(reduction, "MANY", many)
    out = tmp_path / "run.zarr"
    engine.execute(plan, out=out, executor=elsewhere(3), options=options)
    assert files_of(out) == files_of(saved)
    assert sorted(set(written)) == [f"{one.parent.name}/{one.name}" for one in chunks_of(out)]


def test_a_worker_that_does_not_see_the_folder_sends_the_draws(plan, saved, tmp_path, monkeypatch):
    monkeypatch.setattr(reduction, "MANY", 2)
    monkeypatch.setattr(ChunkFolder, "is_here", False)
    out = tmp_path / "run.zarr"
    engine.execute(plan, out=out, executor=elsewhere(3))
    assert files_of(out) == files_of(saved)


def test_a_folder_is_known_by_what_is_in_it(tmp_path):
    folder = ChunkFolder.made(tmp_path, {})
    assert pickle.loads(pickle.dumps(folder)).is_here
    ChunkFolder.made(tmp_path, {})
    assert not folder.is_here
    assert not ChunkFolder(tmp_path / "none", folder.nonce, {}).is_here


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_few_chunks_are_in_memory(plan, saved, tmp_path, monkeypatch, threads):
    """However many draws and threads: two."""
    rooms, plain = list[int](), Keeper._new_room

    def new_room(self: Keeper) -> np.ndarray:
        rooms.append(len(self._rooms))
        return plain(self)

    monkeypatch.setattr(keeping.Keeper, "_new_room", new_room)
    out = tmp_path / "run.zarr"
    engine.execute(plan, out=out, threads=threads)
    assert files_of(out) == files_of(saved)
    assert 1 <= len(rooms) <= 2


def test_memory_of_a_tile_does_not_grow_with_draws():
    """That of a run in memory, or to NetCDF, does."""
    sizes = {}
    for draws in (10**6, 10**8):
        plan = simcore.build(simcore.load(CONFIG | {"draws": draws}))
        item = next(one for one in items_of(plan) if one.kept)
        for is_cut in (False, True, None):
            out = Path("run.nc" if is_cut is None else "run.zarr")
            kept = kept_at_once(plan, out, is_cut=bool(is_cut))
            sizes[draws, is_cut] = bytes_of(plan, Options(kept=kept), item, 2)
    assert sizes[10**6, False] == sizes[10**8, False] < sizes[10**6, True] == sizes[10**8, True]
    assert sizes[10**8, None] > 50 * sizes[10**6, None]


def test_no_chunk_is_begun_while_a_pause_is_due():
    due = [False]
    dealt = InChunks(range(10), lambda k: k // 4, lambda: due[0])
    dealt.go_on()
    found = [next(dealt)]
    due[0] = True
    assert [*found, *dealt] == [0, 1, 2, 3]
    assert list(dealt) == []
    dealt.go_on()
    assert list(dealt) == [4, 5, 6, 7]
    due[0] = False
    assert list(dealt) == [8, 9]


# ---------------------------------------------------------------- what is written is not lost


def told(out: Path) -> set[str]:
    """Chunks that the journal speaks of."""
    lines = [read_line(one) for one in (folder_of(out) / LINES).read_bytes().splitlines(True)]
    return {
        f"{array}/{key}" for line in lines if line
        for array, key, *_ in line.get("facts", {}).get("chunks", [])
    }  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("threads", [2, pytest.param(1, marks=pytest.mark.long)])
def test_a_chunk_that_is_kept_is_not_written_again(plan, saved, tmp_path, eager, written, threads):
    """Of the tile at work too; and what was counted goes with it."""
    out = tmp_path / "run.zarr"
    for after in (5, 8, 11, 14):
        stopped(plan, out, after, options=Options(), threads=threads)
        before = told(out)
        assert before
        written.clear()
        calls = 0

        def counting() -> None:
            nonlocal calls
            calls += 1

        with counted(plan, counting):
            engine.execute(plan, out=out, threads=threads, overwrite=True)
        assert not before & set(written)
        assert len(before) + len(written) == len(chunks_of(saved))
        assert files_of(out) == files_of(saved)
        assert [one.name for one in tmp_path.iterdir() if one.name != "run.zarr.lock"] == [
            "run.zarr"
        ]
        # The first look, the central case; nine batches counted and collected, but what was done.
        assert calls <= 22 - after + 4


def _flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])


HARMS: dict[str, Callable[[Path], Any]] = {
    "flipped": _flip,
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "missing": Path.unlink,
    "checksum": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\0"),
}


@pytest.mark.parametrize(
    ("harm", "after"), some([(harm, after) for after in (9, 17) for harm in HARMS], each=3)
)
def test_a_chunk_that_is_harmed_is_written_again_and_no_other(
    plan, saved, tmp_path, eager, written, harm, after
):
    """While its tile is at work, and afterwards."""
    out = tmp_path / "run.zarr"
    stopped(plan, out, after, options=Options())
    before = told(out)
    victim = sorted(one for one in before if one.startswith("cost_premium"))[0]
    HARMS[harm](folder_of(out) / "kept" / victim)
    written.clear()
    engine.execute(plan, out=out, threads=2)
    assert victim in written
    # Those of other cells with the same draws are made with it.
    ending = victim.rsplit(".", 1)[1]
    assert {one for one in before & set(written) if one.rsplit(".", 1)[1] != ending} == set()
    assert files_of(out) == files_of(saved)


def test_half_a_chunk_and_one_that_nothing_speaks_of_are_removed(plan, saved, tmp_path, eager):
    out = tmp_path / "run.zarr"
    stopped(plan, out, 9, options=Options())
    folder = folder_of(out) / "kept" / "cost_premium"
    (folder / "c.0.0.0.0.0.0.0123456789abcdef").write_bytes(b"half")
    (folder / "c.9.9.9.9.9.9").write_bytes(b"whose")
    engine.execute(plan, out=out, threads=2)
    assert files_of(out) == files_of(saved)


@pytest.mark.long
@pytest.mark.parametrize("many", [2, 16])
def test_parts_done_elsewhere_go_on_with_their_chunks(
    plan, saved, tmp_path, eager, written, many, monkeypatch
):
    monkeypatch.setattr(reduction, "MANY", many)
    done = list[Any]()

    def executor(most: float) -> Executor:
        def run(perform: Any, tasks: Any) -> Iterator[Any]:
            for task in reversed(tasks):
                if len(done) >= most:
                    raise Stop
                done.append(task.part)
                yield perform(task)

        return Executor(run, parts=2)

    for most in (2, 3, 4):
        out = tmp_path / f"{most}.zarr"
        done.clear()
        written.clear()
        with pytest.raises(Stop):
            engine.execute(plan, out=out, executor=executor(most), options=Options(part=2))
        engine.execute(plan, out=out, executor=executor(np.inf), options=Options(part=2))
        assert sorted(done) == sorted(set(done))
        assert len(written) == len(set(written)) == len(chunks_of(out))
        assert files_of(out) == files_of(saved)


def test_a_disk_that_is_full_keeps_the_chunks_that_were_written(
    plan, saved, tmp_path, eager, monkeypatch
):
    out, times = tmp_path / "run.zarr", 0
    plain = os.replace

    def full(self: Path, target: Any) -> Any:
        nonlocal times
        if "kept" in self.parts and self.name.startswith("c."):
            times += 1
            if times > 20:
                raise OSError(28, "No space left on device")
        plain(self, target)
        return target

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OutputError, match="No space left") as error:
            engine.execute(plan, out=out, threads=2)
    assert "the same command goes on" in error.value.__notes__[0]
    assert len(told(out)) >= 10
    engine.execute(plan, out=out, threads=2)
    assert files_of(out) == files_of(saved)


def test_an_error_while_a_run_is_put_in_place_loses_no_chunk(
    plan, saved, tmp_path, eager, monkeypatch, written
):
    out = tmp_path / "run.zarr"
    from simcore.dataset.zarr_files import ZarrContainer

    with monkeypatch.context() as patch:

        def closing(self: ZarrContainer, attrs: Any = None) -> None:
            if attrs is not None:
                raise OSError(28, "No space left on device")

        patch.setattr(ZarrContainer, "close", closing)
        with pytest.raises(OutputError, match="No space left"):
            engine.execute(plan, out=out, threads=2)
    written.clear()
    engine.execute(plan, out=out, threads=2)
    assert not written
    assert files_of(out) == files_of(saved)


# ---------------------------------------------------------------- and damage shows


def test_a_flipped_byte_of_a_chunk_is_found_by_verify_and_by_plain_readers(plan, tmp_path, capsys):
    from simcore import cli

    out = tmp_path / "run.zarr"
    engine.execute(plan, out=out, threads=2)
    assert cli.main(["verify", str(out)]) == 0
    victim = chunks_of(out)[7]
    _flip(victim)
    capsys.readouterr()
    assert cli.main(["verify", str(out), "--json"]) == 2
    assert victim.name in json.dumps(capsys.readouterr().out)
    array = zarr.open_array(str(out / victim.parent.name), mode="r")
    with pytest.raises(ValueError, match="checksum"):
        array[...]
