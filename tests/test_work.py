"""Parts of a run done by workers that join in its folder, some of which die, lie or differ."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rich_config import rich_config

import simcore
from simcore import cli, dataset
from simcore.dataset.chunks import ChunkFolder
from simcore.dataset.journal import folder_of, line_of
from simcore.dataset.lock import Lock
from simcore.errors import ConfigError, OutputError, WorkerError
from simcore.kernels.intervals import Tally
from simcore.running import engine
from simcore.running.crew import StoppedError
from simcore.running.executors import executor_named, folder, joining, workplace
from simcore.running.executors.joining import Ended, join
from simcore.running.executors.workplace import Workplace
from simcore.running.jobs import Job, Part, Result, Stage, Task
from simcore.running.options import Options
from simcore.terminal import working
from simcore.terminal.options import parsed

CONFIG = rich_config(
    draws=9000, regions=["XA"], routes=["blast", "hydrogen"], keep=["cost_premium"],
    outcomes=["cost_premium", "carbon_price"], risk={"of": ["cost_premium"], "tails": [0.97]},
)  # fmt: skip
CUT = Options(part=2)

# --- the folder alone ----------------------------------------------------------------------------

PARTS = [Part(3, Stage.COLLECT, first, first + 4) for first in (0, 4, 8)]
TASKS = [Task(part, np.arange(8.0).reshape(2, 4), np.array([-1, 0]), rows=(0, 2)) for part in PARTS]
RESULT = Result(
    PARTS[1], (), values=np.arange(5.0), places=np.ones((1, 2, 5), np.int64),
    tally=Tally.of(0, 1, 2, 3),
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    made = Workplace(tmp_path / "run.zarr.partial")
    made.open({"token": "t"})
    made.begin("t-1", TASKS)
    return made


def test_what_is_given_and_what_is_made_are_read_as_they_were_written(place):
    now = place.now()
    assert now is not None and list(now.parts) == PARTS
    task = place.given(now)
    assert task is not None and task.rows == (0, 2)
    np.testing.assert_array_equal(task.numbers, TASKS[0].numbers)
    assert place.claim(now, PARTS[1], "one") and not place.claim(now, PARTS[1], "two")
    place.hand_in(now, RESULT)
    (found,) = place.results(now)
    assert found.part == PARTS[1] and found.kept is None
    np.testing.assert_array_equal(found.values, RESULT.values)
    assert found.tally.filled.shape == RESULT.tally.filled.shape
    assert list(place.results(now)) == []
    place.end("t-1")
    assert place.now() is None and place.given(now) is None
    place.close()
    assert place.job() is None


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "of another name"])
def test_a_result_that_is_not_what_was_written_is_done_again(place, harm):
    now = place.now()
    place.claim(now, PARTS[1], "one")
    place.hand_in(now, RESULT)
    (path,) = (place.folder / "results").iterdir()
    content = path.read_bytes()
    if harm == "of another name":
        path.rename(path.with_name("t-1-4-0123.npz"))
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:-1], "flipped": flipped, "empty": b""}[harm])
    assert list(place.results(now)) == []
    assert place.claim(now, PARTS[1], "two")
    # Half a file does not have its name as yet.
    (place.folder / "results" / f"{path.name}.writing-1").write_bytes(content[:9])
    assert list(place.results(now)) == []
    assert not place.claim(now, PARTS[1], "three")


def test_no_object_is_read(place):
    """A pickle in the folder is not run, whoever has put it there."""
    now = place.now()
    content = workplace._packed({"values": np.array([Ended(True, 0, "")], object)})
    name = f"t-1-4-{workplace._digest(content)}.npz"
    (place.folder / "results" / name).write_bytes(content)
    assert list(place.results(now)) == []


def test_a_claim_without_a_sign_of_life_is_taken_over(place):
    now = place.now()
    for part in PARTS[:2]:
        place.claim(now, part, "one")
    place.live("one", now, {PARTS[0]})
    then = time.time() - 2 * workplace.SILENCE
    os.utime(place.folder / "claims" / "t-1-4", (then, then))
    assert place.lost(now, set(PARTS)) == [PARTS[1]]
    assert place.claim(now, PARTS[1], "two") and not place.claim(now, PARTS[0], "two")
    assert place.alive() == ["one"]
    os.utime(place.folder / "workers" / "one", (then, then))
    assert place.alive() == []


# --- runs ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(CONFIG))


@pytest.fixture(scope="module")
def right(plan: Any) -> str:
    return dataset.digest(engine.run(plan, threads=2))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, seconds in (
        (joining, "_LOOK", 0.02), (folder, "_LOOK", 0.02), (joining, "_GRACE", 0.5),
        (folder, "BEAT", 0.1), (joining, "BEAT", 0.1),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, seconds)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the run leaves all parts to others."""
    plain = Workplace.claim
    monkeypatch.setattr(
        Workplace, "claim", lambda *given: given[-1] != folder._HERE and plain(*given)
    )


@contextlib.contextmanager
def joined(out: Path, workers: int) -> Iterator[list[Future[Ended]]]:
    """Workers that wait for a run and join it."""
    with ThreadPoolExecutor(workers) as pool:
        yield [
            pool.submit(join, folder_of(out), 1, wait_for=60.0, say=lambda _: None)
            for _ in range(workers)
        ]


def run(plan: Any, out: Path, **options: Any) -> str:
    with executor_named("folder:2") as where:
        engine.execute(plan, out=out, executor=where, options=CUT, **options)
    with dataset.open_run(out) as made:
        return dataset.digest(made)


def test_a_run_needs_nobody_else(plan, right, tmp_path):
    assert run(plan, tmp_path / "run.zarr") == right
    assert [one.name for one in tmp_path.iterdir()] == ["run.zarr"]


@pytest.mark.parametrize("stretch", [65_536, 1024])
def test_workers_do_all_parts_of_a_run_and_end_with_it(
    plan, right, tmp_path, idle, monkeypatch, stretch
):  # fmt: skip
    """Of kept draws too, which they write into the run where whole chunks are theirs."""
    monkeypatch.setattr("simcore.running.batches._STRETCH", stretch)
    wrote, write = list[str](), ChunkFolder.write

    def writing(*given: Any) -> Any:
        wrote.append(threading.current_thread().name)
        return write(*given)

    monkeypatch.setattr(ChunkFolder, "write", writing)
    with joined(tmp_path / "run.zarr", 2) as workers:
        assert run(plan, tmp_path / "run.zarr") == right
    ended = [one.result() for one in workers]
    assert all(one.is_complete for one in ended)
    # Counted in five parts, or in nine chunks, and collected in five.
    assert sum(one.parts for one in ended) == (10 if stretch > 9000 else 14)
    assert ("MainThread" not in wrote) == (stretch < 9000)
    assert [one.name for one in tmp_path.iterdir()] == ["run.zarr"]


@pytest.mark.long
def test_parts_of_a_worker_that_died_are_done_by_others(plan, right, tmp_path, monkeypatch, caplog):
    begin = Workplace.begin

    def claimed(place: Workplace, name: str, tasks: list[Task]) -> None:
        begin(place, name, tasks)
        now = place.now()
        assert now is not None
        assert place.claim(now, now.parts[1], "a worker that died")

    monkeypatch.setattr(Workplace, "begin", claimed)
    monkeypatch.setattr(workplace, "SILENCE", 0.3)
    assert run(plan, tmp_path / "run.zarr") == right
    assert "no sign of life" in caplog.text


def test_a_worker_that_goes_gives_back_what_it_has(plan, right, tmp_path, idle, monkeypatch):
    """As on Ctrl-C, in the middle of a part; the other one does the rest."""
    task, ended, first = joining.Worker._task, joining.Worker._ended, list[joining.Worker]()

    def stuck(worker: joining.Worker, now: workplace.Now) -> Task | None:
        first.append(worker)
        if worker is first[0]:
            worker._stop.wait(60)
            raise StoppedError
        return task(worker, now)

    def interrupted(worker: joining.Worker) -> Any:
        if first and worker is first[0]:
            raise KeyboardInterrupt
        return ended(worker)

    monkeypatch.setattr(joining.Worker, "_task", stuck)
    monkeypatch.setattr(joining.Worker, "_ended", interrupted)
    with joined(tmp_path / "run.zarr", 2) as workers:
        assert run(plan, tmp_path / "run.zarr") == right
    errors = [one.exception() for one in workers]
    assert {type(one) for one in errors} == {type(None), KeyboardInterrupt}
    assert workers[errors.index(None)].result().parts == 10


@pytest.fixture
def open_place(plan: Any, tmp_path: Path) -> Iterator[Workplace]:
    """A run that others may join, and that does nothing itself."""
    lock = Lock(tmp_path / "run.zarr")
    lock.take()
    here = folder.Here(1)
    here.settle(tmp_path / "run.zarr.partial", Job.of(plan, True, 1, CUT))
    yield Workplace(tmp_path / "run.zarr.partial")
    here.close()
    lock.release()


@pytest.mark.parametrize(
    ("changed", "says"),
    [("version", r"simcore \d"), ("sources", "sources"), ("plan", "a plan"),
     ("bits", "first 256 draws")],
)  # fmt: skip
def test_a_worker_that_differs_is_refused_and_told_in_what(open_place, changed, says, capsys):
    told = open_place.job()
    told.pop("crc", None)
    told["proof"][changed] = "0" * 64
    (open_place.folder / "job.json").write_bytes(line_of(told))
    partial = open_place.folder.parent
    with pytest.raises(WorkerError, match=rf"worker .*, process \d+\n.*{says}"):
        join(partial, 1, say=print)
    assert cli.main(["work", str(partial)]) == 1
    assert re.search(says, capsys.readouterr().err)


@pytest.mark.long
def test_a_worker_whose_run_is_gone_ends_and_says_so(open_place, tmp_path, capsys):
    lock = Lock(tmp_path / "run.zarr")
    with pytest.raises(OutputError, match="another run to it"):
        lock.take()
    with ThreadPoolExecutor(1) as pool:
        options = parsed(["work", str(open_place.folder.parent), "--threads", "1"])
        work = pool.submit(working.joined, options)
        while not work.done() and not list((open_place.folder / "workers").iterdir()):
            time.sleep(0.01)
        (tmp_path / "run.zarr.lock").unlink()
        assert work.result() == 1
    assert "is gone; its command, given again, goes on; 0 parts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "says"),
    [("run.zarr", "name run.zarr.partial"), ("run.zarr.partial", "--executor folder"),
     ("there.zarr.partial", "no run that others may join"),
     ("left.zarr.partial", "whose process is gone")],
)  # fmt: skip
def test_where_no_run_is_it_is_said(tmp_path, monkeypatch, capsys, name, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.zarr.partial").mkdir()
    Workplace(tmp_path / "left.zarr.partial").open({"token": "t"})
    assert cli.main(["work", name]) == 2
    assert says in capsys.readouterr().err


def test_a_run_without_a_file_has_no_folder_to_join():
    with pytest.raises(ConfigError, match="name one: -o"):
        simcore.run(CONFIG, executor="folder:1")


@pytest.mark.slow
def test_processes_that_are_killed_lose_no_run(tmp_path):
    """kill -9 of a worker, then of the run; its command goes on, and its digest is that of threads."""
    file, out = tmp_path / "config.yaml", tmp_path / "run.zarr"
    file.write_text(yaml.safe_dump(CONFIG | {"draws": 6_000_000, "keep": []}))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}

    def begun(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "simcore", *arguments], env=environment)

    def simulating() -> subprocess.Popen[bytes]:
        return begun("run", str(file), "-o", str(out), "--quiet", "--executor", "folder:1")

    first = simulating()
    worker = begun("work", f"{out}.partial", "--threads", "1", "--wait", "120")
    claims = folder_of(out) / "work" / "claims"
    until = time.monotonic() + 120
    while time.monotonic() < until and not (
        claims.is_dir() and any(one.read_text() != "here" for one in claims.iterdir())
    ):
        time.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    time.sleep(2)
    first.send_signal(signal.SIGKILL)
    assert first.wait() == worker.wait() == -signal.SIGKILL
    again = simulating()
    worker = begun("work", f"{out}.partial", "--threads", "1", "--wait", "120")
    assert again.wait() == worker.wait() == 0
    with dataset.open_run(out) as made:
        here = simcore.run(str(file), threads=2)
        assert dataset.digest(made) == dataset.digest(here)
    assert threading.active_count() < 10


def test_who_does_parts_is_told_while_they_are_done(plan, tmp_path, idle):
    said, names = list[str](), list[str]()
    with joined(tmp_path / "run.zarr", 2) as workers, executor_named("folder:2") as where:

        def report(share: float, note: str = "") -> None:
            said.append(where.who())
            names.extend(where.alive() if where.alive else ())

        engine.execute(plan, out=tmp_path / "run.zarr", executor=where, options=CUT, report=report)
    assert all(one.result().is_complete for one in workers)
    own = f"{socket.gethostname()}-{os.getpid()}"
    assert f"2 here, {own}" in said
    assert set(names) == {"2 here", own}
