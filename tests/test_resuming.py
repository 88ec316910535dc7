"""A run that was stopped goes on where it was, and nothing in its result tells."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich_config import rich_config

import simcore
from simcore import dataset
from simcore.dataset import journal
from simcore.dataset.journal import Journal, folder_of, line_of, read_line
from simcore.errors import OutputError
from simcore.running import engine, resuming
from simcore.running.executors import Executor
from simcore.running.jobs import Part
from simcore.running.options import Options

# --- the journal alone ---------------------------------------------------------------------------

KEEPS = {"one": np.arange(5.0), "two": np.array([[1, 2], [3, 4]], np.int32)}


@pytest.fixture
def written(tmp_path: Path) -> Journal:
    """Three keys, one of them twice."""
    found = Journal(tmp_path / "run.zarr.partial", lambda: {"config": "a"})
    found.read()
    assert found.is_empty
    assert not found.folder.exists()
    for key, number in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        found.add(key, {**KEEPS, "number": np.array(number)}, said=number)
    return found


def again(before: Journal, config: str = "a") -> Journal:
    found = Journal(before.folder, lambda: {"config": config})
    found.check()
    found.read()
    return found


def numbers(found: Journal) -> dict[str, int]:
    """What each key holds."""
    arrays = {key: found.arrays(key) for key in found.keys("")}
    return {key: int(one["number"]) for key, one in arrays.items() if one is not None}


def test_what_was_added_is_read(written):
    found = again(written)
    assert numbers(found) == {"a": 3, "b": 2, "c": 4}
    for name, values in KEEPS.items():
        np.testing.assert_array_equal(found.arrays("b")[name], values)
    assert found.facts("a") == {"said": 3}
    assert found.facts("d") is found.arrays("d") is None
    found.drop("b")
    found.add("d", {"number": np.array(5)})
    assert numbers(again(found)) == {"a": 3, "c": 4, "d": 5}
    assert len(list((found.folder / "parts").iterdir())) == 3
    found.discard()
    assert not found.folder.exists()


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_torn_last_line_is_as_if_it_was_not_there_and_hides_nothing_after_it(written, cut):
    path = written.folder / journal.LINES
    path.write_bytes(path.read_bytes()[:-cut])
    found = again(written)
    assert numbers(found) == {"a": 3, "b": 2}
    found.add("e", {"number": np.array(6)})
    assert numbers(again(found)) == {"a": 3, "b": 2, "e": 6}


def test_a_flipped_bit_ends_what_is_believed(written):
    path, content = written.folder / journal.LINES, (written.folder / journal.LINES).read_bytes()
    lines = content.splitlines(keepends=True)
    for position in range(len(lines[0]), len(lines[0]) + len(lines[1]), 7):
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 4]) + content[position + 1 :]
        )
        # The file of the first line is gone: the third has taken its place.
        assert numbers(again(written)) == {}


@pytest.mark.parametrize("harm", ["flipped", "cut", "longer", "missing"])
def test_a_harmed_part_is_not_believed(written, harm):
    path = written.folder / "parts" / "2-b.npz"
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        path.write_bytes({
            "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "cut": content[:middle], "longer": content + b"\0",
        }[harm])  # fmt: skip
    assert numbers(again(written)) == {"a": 3, "c": 4}


def test_work_of_another_run_is_refused_with_both_digests(written):
    with pytest.raises(OutputError, match="--fresh") as refused:
        again(written, "b")
    for config in ("a", "b"):
        assert journal.digest_of_manifest({"config": config})[:16] in str(refused.value)
    assert "differs: config" in str(refused.value)


def test_a_folder_without_a_manifest_is_work_of_nobody(written):
    (written.folder / journal.MANIFEST).write_text("{")
    assert again(written).is_empty
    assert not written.folder.exists()


def test_what_no_run_has_made_is_refused_and_stays(written, tmp_path):
    written.require_own()
    mine = written.folder / "notes.txt"
    mine.write_text("mine")
    with pytest.raises(OutputError, match="in it, which no run has made"):
        written.require_own()
    assert mine.read_text() == "mine"
    with pytest.raises(OutputError, match="a file, which no run has made"):
        journal.Journal(mine, dict).require_own()
    journal.Journal(tmp_path / "nothing", dict).require_own()


def test_no_object_is_kept(written):
    with pytest.raises(ValueError, match="runs code"):
        written.add("f", {"number": np.array([{}])})


def test_lines_are_read_as_they_were_written():
    facts = {"n": 1, "key": 'a","crc":"00000000"}', "facts": {"x": [1, "ü"]}}
    assert read_line(line_of(facts)) == facts
    for broken in (b"", b"\n", line_of(facts)[:-1], line_of(facts)[1:], b"{}\n"):
        assert read_line(broken) is None


# --- runs ----------------------------------------------------------------------------------------

WHOLE = rich_config(
    draws=3000, regions=["XA"], routes=["blast", "hydrogen"], keep=["cost_premium", "inputs"],
    outcomes=["cost_premium", "carbon_price", "cheapest_route", "crossover_year"],
    risk={"of": ["cost_premium"], "tails": [0.9, 0.97], "exceed": {"cost_premium": [50]}},
)  # fmt: skip
TILES = Options(items=40)


class Stop(BaseException):
    """As Ctrl-C, but of a test."""


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(WHOLE))


@pytest.fixture(scope="module")
def right(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """Digest of a run that nothing stops and that keeps nothing on the way; batches it takes."""
    out, calls = tmp_path_factory.mktemp("whole") / "run.zarr", 0

    def counting() -> None:
        nonlocal calls
        calls += 1

    with counted(plan, counting):
        found = dataset.digest(engine.run(plan, out=out, threads=2, options=TILES))
    assert [one.name for one in out.parent.iterdir()] == ["run.zarr"]
    return found, calls


@contextlib.contextmanager
def counted(plan: Any, call: Callable[[], None]) -> Iterator[None]:
    """Before each batch of a run, do something."""
    from simcore.kernels import simulate

    plain = simulate.run_blocks

    def run_blocks(*arguments: Any) -> None:
        call()
        plain(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "prepare", lambda _: None)
        patch.setattr(simulate, "run_blocks", run_blocks)
        yield


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done is kept at once."""
    for name in ("SECONDS", "_COST"):
        monkeypatch.setattr(resuming, name, 0.0)


def stopped(
    plan: Any, out: Path, after: int, *, options: Options = TILES, threads: int = 2
) -> BaseException:
    """A run that is stopped when so many batches have been simulated."""
    calls = 0

    def stopping() -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise Stop

    with counted(plan, stopping), pytest.raises(Stop) as error:
        engine.execute(plan, out=out, threads=threads, options=options, overwrite=True)
    return error.value


@pytest.mark.parametrize("share", [0.4, 0.85])
def test_a_stopped_run_goes_on_and_nothing_tells(plan, right, tmp_path, eager, share):
    out, calls = tmp_path / "run.zarr", 0
    error = stopped(plan, out, int(share * right[1]))
    assert [one.name for one in tmp_path.iterdir()] == ["run.zarr.partial"]
    assert "the same command goes on" in error.__notes__[0]
    with pytest.raises(dataset.RunError):
        dataset.open_run(folder_of(out))

    def counting() -> None:
        nonlocal calls
        calls += 1

    with counted(plan, counting), engine.run(plan, out=out, threads=2, options=TILES) as run:
        assert dataset.digest(run) == right[0]
    assert [one.name for one in tmp_path.iterdir()] == ["run.zarr"]
    # At most what was at work is done again, and all else is not.
    assert calls < (1.35 - share) * right[1]


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_a_stage_at_work_goes_on_wherever_it_is_stopped(tmp_path, eager, design):
    """In a single tile, which is counted and collected; after each batch how far it is, is kept."""
    config = WHOLE | {"keep": [], "risk": None, "outcomes": ["cost_premium"], "draws": 9000}
    alone = simcore.build(simcore.load(config | {"design": design}))
    calls = 0

    def counting() -> None:
        nonlocal calls
        calls += 1

    with counted(alone, counting):
        whole = dataset.digest(engine.run(alone, threads=2))
    total, out = calls, tmp_path / "run.zarr"
    for after in range(5, total, 9):
        stopped(alone, out, after)
        assert folder_of(out).exists()
        calls = 0
        with counted(alone, counting), engine.run(alone, out=out, threads=2, overwrite=True) as run:
            assert dataset.digest(run) == whole
        # The first look, the central case, and what two threads were at.
        assert calls <= total - after + 5


@pytest.mark.long
@pytest.mark.parametrize("design", ["random", "sobol"])
def test_parts_that_others_have_done_are_kept_within_a_tile(tmp_path, eager, design):
    """Whoever goes on, with more or fewer workers, does none of them again."""
    config = WHOLE | {"keep": [], "risk": None, "outcomes": ["cost_premium"], "draws": 40_000}
    alone = simcore.build(simcore.load(config | {"design": design}))
    options, done = Options(part=1 if design == "sobol" else 8), list[Part]()

    def elsewhere(most: float, workers: int) -> Executor:
        def run(perform: Any, tasks: Any) -> Iterator[Any]:
            # From the back, as parts arrive in any order.
            for task in reversed(tasks):
                if len(done) >= most:
                    raise Stop
                done.append(task.part)
                yield perform(task)

        return Executor(run, parts=workers)

    whole = dataset.digest(engine.run(alone, threads=2))
    everything = engine.run(alone, executor=elsewhere(np.inf, 1), options=options)
    assert dataset.digest(everything) == whole
    assert len(done) == len(set(done)) == 10
    for most in (3, 5, 8):
        out = tmp_path / f"{most}.zarr"
        done.clear()
        with pytest.raises(Stop):
            engine.execute(alone, out=out, executor=elsewhere(most, 2), options=options)
        with engine.run(alone, out=out, executor=elsewhere(np.inf, 3), options=options) as run:
            assert dataset.digest(run) == whole
        assert sorted(done) == sorted(set(done))
        assert len(done) == 10
    # Parts that are cut otherwise are of no use, and do no harm.
    done.clear()
    with pytest.raises(Stop):
        engine.execute(alone, out=out, executor=elsewhere(3, 2), options=options, overwrite=True)
    other = Options(part=4)
    with engine.run(
        alone, out=out, executor=elsewhere(99, 3), options=other, overwrite=True
    ) as run:
        assert dataset.digest(run) == whole


def test_parts_that_are_harmed_are_done_again(plan, right, tmp_path, eager):
    """One bit of a statistic, one of a kept draw, and a file that is gone."""
    out = tmp_path / "run.zarr"
    stopped(plan, out, int(0.8 * right[1]))
    parts = sorted((folder_of(out) / "parts").iterdir())
    chunks = sorted((folder_of(out) / "kept" / "cost_premium").iterdir())
    for path in (parts[0], chunks[0]):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    parts[1].unlink()
    chunks[1].unlink()
    with engine.run(plan, out=out, threads=1, options=TILES) as run:
        assert dataset.digest(run) == right[0]


def test_work_of_another_seed_is_refused_until_it_is_to_be_discarded(plan, tmp_path, eager):
    out = tmp_path / "run.zarr"
    stopped(plan, out, 30)
    other = simcore.build(simcore.load(WHOLE | {"seed": 5}))
    left = sorted(folder_of(out).rglob("*"))
    with pytest.raises(OutputError, match="work of another run"):
        engine.execute(other, out=out, threads=2, options=TILES)
    assert sorted(folder_of(out).rglob("*")) == left
    alone = engine.run(other, threads=2, options=TILES)
    with engine.run(other, out=out, threads=2, options=TILES, fresh=True) as run:
        assert dataset.digest(run) == dataset.digest(alone)
    assert [one.name for one in tmp_path.iterdir()] == ["run.zarr"]


def test_a_run_of_seconds_leaves_nothing(plan, tmp_path):
    assert not hasattr(stopped(plan, tmp_path / "run.zarr", 20), "__notes__")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", ["savez", "line"])
def test_a_full_disk_keeps_what_was_there(plan, right, tmp_path, eager, monkeypatch, write):
    """Of a part half is written, and of a line; room is made, and the run goes on."""
    out, times = tmp_path / "run.zarr", 0

    def full(plain: Any) -> Any:
        def writing(*arguments: Any, **others: Any) -> Any:
            nonlocal times
            times += 1
            if times > 9:
                raise OSError(errno.ENOSPC, "No space left on device")
            return plain(*arguments, **others)

        return writing

    with monkeypatch.context() as patch:
        if write == "savez":
            patch.setattr(journal.np, "savez", full(np.savez))
        else:
            patch.setattr(journal, "line_of", full(journal.line_of))
        with pytest.raises(OutputError, match="No space left") as error:
            engine.execute(plan, out=out, threads=2, options=TILES)
    assert "the same command goes on" in error.value.__notes__[0]
    with engine.run(plan, out=out, threads=2, options=TILES) as run:
        assert dataset.digest(run) == right[0]


def test_a_netcdf_file_goes_on_too(plan, right, tmp_path, eager):
    """Its kept draws are made again, as a file of HDF5 that nobody has closed is not believed."""
    out = tmp_path / "run.nc"
    stopped(plan, out, int(0.6 * right[1]))
    with engine.run(plan, out=out, threads=2, options=TILES) as run:
        assert dataset.digest(run) == right[0]
    assert [one.name for one in tmp_path.iterdir()] == ["run.nc"]


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="it has no fork")
@pytest.mark.parametrize(
    ("kills", "where"),
    [(3, "threads:2"), pytest.param(200, "threads:2", marks=pytest.mark.slow),
     pytest.param(12, "processes:2", marks=pytest.mark.slow)],
)  # fmt: skip
def test_kills_at_random_moments_leave_a_run_that_goes_on(tmp_path, kills, where):
    """kill -9, again and again, until a run ends: byte for byte the files of a whole one."""
    tests = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, tests / "killed_at_random.py", tmp_path, str(kills), "1", where],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    killed, went_on = map(int, done.stdout.split())
    assert killed == kills
    assert went_on >= kills // 4


def test_what_was_counted_is_kept_before_anything_is_collected(tmp_path, monkeypatch):
    """Though counting took less than from one look at a stage to the next."""
    clock = [0.0]
    monkeypatch.setattr(resuming, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    config = WHOLE | {"keep": [], "risk": None, "outcomes": ["cost_premium"], "draws": 9000}
    plan, out, calls = simcore.build(simcore.load(config)), tmp_path / "run.zarr", 0

    def ticking() -> None:
        nonlocal calls
        calls += 1
        clock[0] += 1.5

    with counted(plan, ticking):
        whole = dataset.digest(engine.run(plan, threads=2))
    total, calls = calls, 0

    def stopping() -> None:
        ticking()
        if calls > 13:
            raise Stop

    with counted(plan, stopping), pytest.raises(Stop):
        engine.execute(plan, out=out, threads=2)
    kept = [path.name for path in (folder_of(out) / "parts").iterdir()]
    assert any("count" in name for name in kept)
    calls = 0
    with counted(plan, ticking), engine.run(plan, out=out, threads=2) as run:
        assert dataset.digest(run) == whole
    # Nine batches were counted, and are not again.
    assert calls <= total - 9
