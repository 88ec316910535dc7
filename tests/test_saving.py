"""A run on its way to its name: power cuts, kills, a second run to the same name, leftovers."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run
from small_config import small_config
from synthetic_run import create

import simcore
from simcore import files
from simcore.dataset import Store, check_output, lock, moving, open_run
from simcore.dataset.lock import Lock
from simcore.dataset.saved import is_complete
from simcore.errors import OutputError
from simcore.files import whole
from simcore.running import engine

CONTAINERS = pytest.mark.parametrize("suffix", [".zarr", ".nc"])
ROOT = Path(__file__).parents[1]
ENVIRONMENT = {
    **os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))
}  # fmt: skip
SMALL: dict[str, Any] = {"outcomes": ("carbon_price",), "kept": ("carbon_price",)}
POSIX = pytest.mark.skipif(os.name != "posix", reason="forks, modes and folders of POSIX")


def begin(out: Path, draws: int, *, overwrite: bool = False) -> Store:
    """A small run, filled but not complete."""
    store = create(synthetic_run.layout(draws=draws, **SMALL), out, overwrite=overwrite)
    synthetic_run.fill(store)
    return store


def end(store: Store) -> None:
    store.complete(synthetic_run.statistics(store.layout))


def make(out: Path, draws: int, *, overwrite: bool = False) -> None:
    end(begin(out, draws, overwrite=overwrite))


def draws_of(path: Path) -> int:
    with open_run(path) as run:
        assert bool(np.isfinite(run.carbon_price.values).all())
        return int(run.sizes["draw"])


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- power cuts ----------------------------------------------------------------------------------


class Disk:
    """What has reached the disk: each file and folder as it was when it was last synced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: dict[Path, tuple[int, int]] = {}
        self.events: list[tuple[str, Path]] = []
        opened: dict[int, Path] = {}
        really_open, really_sync = os.open, os.fsync

        def open_(path: Any, *arguments: Any, **options: Any) -> int:
            file = really_open(path, *arguments, **options)
            if isinstance(path, Path):
                opened[file] = path
            return file

        def fsync(file: int) -> None:
            really_sync(file)
            self.synced[opened[file]] = self.state(opened[file])
            self.events.append(("sync", opened[file]))

        def noted(name: str, function: Callable[..., None]) -> Callable[..., None]:
            def note(path: Any, *arguments: Any, **options: Any) -> None:
                function(path, *arguments, **options)
                self.events.append((name, Path(path)))

            return note

        names = {"rename": "rename", "replace": "rename", "link": "rename", "unlink": "unlink"}
        for call, name in names.items():
            monkeypatch.setattr(os, call, noted(name, getattr(os, call)))
        monkeypatch.setattr(os, "open", open_)
        monkeypatch.setattr(os, "fsync", fsync)

    @staticmethod
    def state(path: Path) -> tuple[int, int]:
        status = path.stat()
        return status.st_size, status.st_mtime_ns

    def lacks(self, run: Path) -> list[Path]:
        """What of a run would not survive a power cut."""
        return [
            path for path in (run, *run.rglob("*")) if self.synced.get(path) != self.state(path)
        ]


@POSIX
@CONTAINERS
@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_run_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, suffix: str, can_exchange: bool, overwrite: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "new" / f"run{suffix}"
    if overwrite:
        make(out, 10)
    disk = Disk(monkeypatch)
    store = begin(out, 20, overwrite=overwrite)
    partial, container = store._partial, store._container
    assert partial is not None
    assert disk.lacks(partial)
    close, exchange, put = container.close, moving._renamed, moving.put_in_place
    seen = []

    def closed(attrs: Any = None) -> None:
        assert disk.lacks(partial) == []
        assert not is_complete(partial)
        close(attrs)
        seen.append("complete")

    def exchanged(*arguments: Any) -> bool:
        disk.events += [("rename", out)] * can_exchange
        return can_exchange and exchange(*arguments)

    def placed(*arguments: Any, **options: Any) -> None:
        assert is_complete(partial)
        assert disk.lacks(partial) == []
        seen.append("moved")
        disk.events.clear()
        put(*arguments, **options)

    monkeypatch.setattr(container, "close", closed)
    monkeypatch.setattr(moving, "_renamed", exchanged)
    monkeypatch.setattr("simcore.dataset.store.put_in_place", placed)
    end(store)
    assert seen == ["complete", "moved"]
    # The name is on the disk before the old run goes, and before anyone is told.
    (named,) = [i for i, event in enumerate(disk.events) if event == ("sync", out.parent)]
    assert "rename" in {name for name, _ in disk.events[:named]}
    assert "rename" not in {name for name, _ in disk.events[named:]}
    assert not overwrite or "unlink" not in {name for name, _ in disk.events[:named]}
    # A new folder has its own name there, too.
    assert overwrite or tmp_path in disk.synced
    assert draws_of(out) == 20
    assert entries(out.parent) == [out.name]


@POSIX
def test_a_disk_that_fails_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "run.zarr", 10)
    store = begin(tmp_path / "run.zarr", 20, overwrite=True)

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OutputError, match="Input/output"):
        end(store)
    store.abort()
    monkeypatch.undo()
    assert entries(tmp_path) == ["run.zarr"]
    assert draws_of(tmp_path / "run.zarr") == 10


@POSIX
@pytest.mark.parametrize("number", [22, 95])
def test_a_file_system_that_cannot_sync_is_written_all_the_same(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(_: int) -> None:
        raise OSError(number, "cannot")

    monkeypatch.setattr(os, "fsync", unable)
    make(tmp_path / "run.zarr", 10)
    assert draws_of(tmp_path / "run.zarr") == 10


@POSIX
def test_a_single_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, replace = Disk(monkeypatch), os.replace

    def replaced(old: Path, new: Path) -> None:
        assert disk.lacks(old) == []
        disk.events.clear()
        replace(old, new)

    monkeypatch.setattr(os, "replace", replaced)
    with whole(tmp_path / "a" / "b.txt", expected="", remedy="", folders=True) as partial:
        partial.write_text("text")
    assert [name for name, _ in disk.events[:2]] == ["rename", "sync"]
    assert disk.events[1] == ("sync", tmp_path / "a")
    assert tmp_path in disk.synced


# --- kills ---------------------------------------------------------------------------------------


@pytest.mark.long
@POSIX
@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        (".zarr", "exchange"),
        pytest.param(".zarr", "aside", marks=pytest.mark.long),
        pytest.param(".nc", "exchange", marks=pytest.mark.long),
        pytest.param(".zarr", "begin", marks=pytest.mark.long),
        pytest.param(".nc", "aside", marks=pytest.mark.long),
        pytest.param(".nc", "begin", marks=pytest.mark.long),
    ],
)
def test_a_kill_at_any_step_leaves_a_whole_run(tmp_path: Path, suffix: str, how: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "killed_runs.py"), str(tmp_path), suffix, how],
        capture_output=True, text=True, check=False, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps = done.stdout.split()
    assert {"write", "fsync", "renameat2"} <= set(steps)
    if how == "aside":
        assert ("rename" if suffix == ".zarr" else "replace") in steps


# --- two runs to one name ------------------------------------------------------------------------


@CONTAINERS
@pytest.mark.parametrize("overwrite", [True, False])
def test_the_second_run_to_a_name_is_refused(tmp_path: Path, suffix: str, overwrite: bool) -> None:
    out = tmp_path / f"run{suffix}"
    first = begin(out, 10)
    for refused in (
        lambda: begin(out, 20, overwrite=overwrite),
        lambda: check_output(out, overwrite=overwrite),
    ):
        with pytest.raises(OutputError, match="under way") as caught:
            refused()
        (fault,) = caught.value.faults
        assert str(os.getpid()) in fault.found
        assert fault.where == str(out)
    begin(tmp_path / f"other{suffix}", 20).abort()
    end(first)
    assert draws_of(out) == 10
    assert entries(tmp_path) == [out.name]
    make(out, 20, overwrite=True)
    assert draws_of(out) == 20


COMPETE = f"""
import sys
from pathlib import Path
from simcore.errors import OutputError
from synthetic_run import create, fill, layout, statistics

out, plan = Path(sys.argv[1]), layout(draws=int(sys.argv[2]), **{SMALL})
input()
try:
    store = create(plan, out, overwrite=True)
except OutputError:
    store = None
print("refused" if store is None else "begun", flush=True)
input()
if store is not None:
    fill(store)
    store.complete(statistics(plan))
"""


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".zarr", pytest.param(".nc", marks=pytest.mark.long)])
def test_of_runs_that_start_at_once_one_is_written(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"run{suffix}"
    runs = {
        draws: subprocess.Popen(
            [sys.executable, "-c", COMPETE, str(out), str(draws)], text=True, env=ENVIRONMENT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for draws in (11, 12, 13)
    }  # fmt: skip
    said = {}
    for process in runs.values():
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for draws, process in runs.items():
        assert process.stdout
        said[draws] = process.stdout.readline().strip()
    for process in runs.values():
        process.communicate("\n")
        assert process.returncode == 0
    assert sorted(said.values()) == ["begun", "refused", "refused"]
    assert said[draws_of(out)] == "begun"
    assert entries(tmp_path) == [out.name]


@pytest.mark.long
@CONTAINERS
@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("can_exchange", [True, False])
def test_where_nothing_locks_both_results_are_kept(
    tmp_path: Path, suffix: str, overwrite: bool, can_exchange: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(Lock, "take", lambda _: None)
    if not can_exchange:
        monkeypatch.setattr(moving, "_renamed", lambda *_: False)
    out = tmp_path / f"run{suffix}"
    stores = [begin(out, draws, overwrite=overwrite) for draws in (10, 20)]
    end(stores[0])
    with pytest.raises(OutputError, match="written meanwhile") as caught:
        end(stores[1])
    stores[1].abort()
    (fault,) = caught.value.faults
    kept = Path(fault.remedy.rpartition(" in ")[2])
    assert (draws_of(out), draws_of(kept)) == (10, 20)
    # Also an old run is replaced once only, and what is kept nobody clears away.
    monkeypatch.undo()
    make(out, 30, overwrite=True)
    assert (draws_of(out), draws_of(kept)) == (30, 20)
    assert len(entries(tmp_path)) == 2


@CONTAINERS
def test_a_run_that_replaces_another_does_not_replace_a_third(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"run{suffix}"
    make(out, 10)
    store = begin(out, 20, overwrite=True)
    out.rename(tmp_path / f"moved{suffix}")
    make(tmp_path / f"third{suffix}", 30)
    (tmp_path / f"third{suffix}").rename(out)
    with pytest.raises(OutputError, match="stays in"):
        end(store)
    store.abort()
    assert draws_of(out) == 30
    assert sorted(draws_of(one) for one in tmp_path.iterdir()) == [10, 20, 30]


def test_a_name_that_was_given_up_meanwhile_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "run.zarr"
    make(out, 10)
    store = begin(out, 20, overwrite=True)
    out.rename(tmp_path / "moved.zarr")
    end(store)
    assert (draws_of(out), draws_of(tmp_path / "moved.zarr")) == (20, 10)


@CONTAINERS
def test_a_result_that_cannot_be_moved_is_kept_and_named(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / f"run{suffix}"
    store = begin(out, 10)

    def fails(*_: object) -> bool:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(moving, "_renamed", fails)
    with pytest.raises(OutputError, match=r"Permission denied(.|\n)*stays in"):
        end(store)
    store.abort()
    (kept,) = tmp_path.iterdir()
    assert draws_of(kept) == 10


# --- locks ---------------------------------------------------------------------------------------


def _left(out: Path, **changes: Any) -> Path:
    """Leave the lock of a dead run to a name."""
    path = out.with_name(f"{out.name}.lock")
    content = {"host": platform.node(), "boot": lock._boot(), "process": os.getpid(), "token": "1",
               "begun": "2026-01-01T00:00:00+00:00", **changes}  # fmt: skip
    path.write_text(json.dumps(content))
    return path


STALE: dict[str, Callable[[Path], object]] = {
    "of a container of this name and process": _left,
    "of this machine before it was started anew": lambda out: _left(out, boot="another"),
    "of another host name under this kernel": lambda out: _left(out, host="container-2"),
    "of another machine, silent for long": lambda out: os.utime(
        _left(out, host="far", boot="another"), (time.time() - 3600,) * 2
    ),
    "empty": lambda out: out.with_name(f"{out.name}.lock").write_text(""),
    "after a power cut": lambda out: out.with_name(f"{out.name}.lock").write_bytes(b"\0" * 64),
    "read-only": lambda out: _left(out).chmod(0o400),
}


@CONTAINERS
@pytest.mark.parametrize("which", STALE)
def test_a_stale_lock_stops_nobody(tmp_path: Path, suffix: str, which: str) -> None:
    out = tmp_path / f"run{suffix}"
    STALE[which](out)
    check_output(out, overwrite=False)
    make(out, 10)
    assert draws_of(out) == 10
    assert entries(tmp_path) == [out.name]


def test_a_machine_whose_locks_may_not_be_seen_is_believed_while_it_gives_signs(
    tmp_path: Path,
) -> None:
    out = tmp_path / "run.zarr"
    path = _left(out, host="far", boot="another")
    before = path.read_bytes()
    for ask in (lambda: begin(out, 10), lambda: check_output(out, overwrite=False)):
        with pytest.raises(OutputError, match=r"on far(.|\n)*3 minutes or remove"):
            ask()
    assert path.read_bytes() == before
    assert entries(tmp_path) == [path.name]


def test_where_there_are_no_locks_a_sign_of_life_counts_and_nothing_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_locked", lambda *_, **__: None)
    out = tmp_path / "run.zarr"
    left = tmp_path / "run.zarr.partial-0123456789abcdef"
    left.mkdir()
    first = begin(out, 10)
    with pytest.raises(OutputError, match="under way"):
        begin(out, 20)
    end(first)
    os.utime(_left(out), (time.time() - 3600,) * 2)
    make(out, 20, overwrite=True)
    assert draws_of(out) == 20
    assert entries(tmp_path) == [out.name, left.name]


def test_a_run_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.01)
    store = begin(tmp_path / "run.zarr", 10)
    path = tmp_path / "run.zarr.lock"
    os.utime(path, (1, 1))
    for _ in range(3000):
        if path.stat().st_mtime > 1:
            break
        time.sleep(0.01)
    assert path.stat().st_mtime > 1
    store.abort()
    assert entries(tmp_path) == []


@pytest.mark.parametrize("content", ["my notes", "[]", "{}"])
def test_what_is_no_lock_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.zarr.lock"
    path.write_text(content)
    with pytest.raises(OutputError, match="no lock of a run"):
        begin(tmp_path / "run.zarr", 10)
    assert path.read_text() == content


# --- leftovers -----------------------------------------------------------------------------------


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    with caplog.at_level("WARNING"):
        yield lambda: [record.getMessage() for record in caplog.records]


@CONTAINERS
def test_what_a_killed_run_left_is_removed_by_the_next(
    tmp_path: Path, suffix: str, said: Callable[[], list[str]]
) -> None:
    out = tmp_path / f"run{suffix}"
    left = tmp_path / f"{out.name}.partial-0123456789abcdef"
    if suffix == ".zarr":
        left.mkdir()
        (left / "zarr.json").write_text("{}")
        (left / "folder").mkdir()
        (left / "folder" / "file").write_text("")
        for folder in (left / "folder", left):
            folder.chmod(0o500)
    else:
        left.write_text("")
        left.chmod(0o400)
    others = [
        f"{out.name}.partial-notes",
        f"{out.name}.partial-HOST-123",
        f"other{out.name}.partial-0123456789abcdef",
        f"{out.name}.partial-0123456789abcdef.txt",
    ]
    for name in others:
        (tmp_path / name).write_text("")
    create(synthetic_run.layout(), out).abort()
    assert said() == [f"removed {left}, left by a run that was killed"]
    assert entries(tmp_path) == sorted(others)


@CONTAINERS
@pytest.mark.parametrize("kind", ["partial", "replaced"])
def test_a_complete_leftover_takes_a_free_name(
    tmp_path: Path, suffix: str, kind: str, said: Callable[[], list[str]]
) -> None:
    out = tmp_path / f"run{suffix}"
    make(out, 10)
    out.rename(tmp_path / f"{out.name}.{kind}-0123456789abcdef")
    with pytest.raises(OutputError, match="already exists"):
        begin(out, 20)
    assert draws_of(out) == 10
    assert entries(tmp_path) == [out.name]
    assert "put" in said()[0]
    make(out, 20, overwrite=True)
    assert draws_of(out) == 20


@CONTAINERS
@pytest.mark.parametrize("kind", ["partial", "replaced"])
def test_a_complete_leftover_is_kept_beside_a_run(
    tmp_path: Path, suffix: str, kind: str, said: Callable[[], list[str]]
) -> None:
    out, kept = tmp_path / f"run{suffix}", tmp_path / f"run.kept-0123456789abcdef{suffix}"
    make(out, 10)
    out.rename(tmp_path / f"{out.name}.{kind}-0123456789abcdef")
    make(tmp_path / f"second{suffix}", 20)
    (tmp_path / f"second{suffix}").rename(out)
    for draws in (30, 40):
        make(out, draws, overwrite=True)
    assert (draws_of(out), draws_of(kept)) == (40, 10)
    assert entries(tmp_path) == sorted([out.name, kept.name])
    assert len(said()) == 1
    assert str(kept) in said()[0]


@CONTAINERS
def test_a_leftover_that_stays_stops_nobody(
    tmp_path: Path, suffix: str, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / f"run{suffix}"
    left = tmp_path / f"{out.name}.partial-0123456789abcdef"
    left.mkdir()
    monkeypatch.setattr("simcore.dataset.leftovers.remove", os.path.islink)
    for draws in (10, 20):
        make(out, draws, overwrite=True)
    assert draws_of(out) == 20
    assert str(left) in said()[0]
    assert "stays" in said()[0]
    assert left.exists()


def test_an_output_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "run.zarr", 10)
    first = begin(tmp_path / "other.zarr", 10)
    plan = simcore.build(simcore.load(small_config()))
    monkeypatch.setattr(engine, "prepare", lambda _: pytest.fail("kernels are made"))
    for name, found in (("run.zarr", "already exists"), ("other.zarr", "under way")):
        with pytest.raises(OutputError, match=found):
            engine.run(plan, out=tmp_path / name)
    first.abort()


def test_two_tokens_differ() -> None:
    assert len({files.token() for _ in range(100)}) == 100
