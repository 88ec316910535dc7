"""Parts of a run in other processes: the same bits, lost parts done again, others' bits refused."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from batteries import some
from strange_work import CONFIG, Dying, Rounding, counting, made

import simcore
from simcore import cli, dataset
from simcore.errors import ConfigError, Fault, WorkerError
from simcore.running import engine
from simcore.running.executors import EXECUTORS, Executor, again, executor_named, meeting, processes
from simcore.running.executors.processes import Pool
from simcore.running.jobs import Part, Result, Stage, Task
from simcore.running.options import Options
from simcore.running.stages import Work


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(CONFIG))


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    """Two processes for all tests."""
    with executor_named("processes:2") as made:
        yield made


def refuse_fork(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(processes, "_is_alone", lambda: True)
    patch.setattr(os, "fork", no_more)


def refuse_spawn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(processes, "_is_alone", lambda: False)
    patch.setattr("multiprocessing.util.spawnv_passfds", no_more)


def refuse_semaphores(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("multiprocessing.synchronize.SemLock.__init__", no_shared_memory)


def refuse_threads(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("concurrent.futures.process._ExecutorManagerThread.start", no_thread)


def no_more(*_: object) -> None:
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def no_shared_memory(*_: object, **__: object) -> None:
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def no_thread(_: object) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.skipif(sys.platform != "linux", reason="how the system refuses")
@pytest.mark.parametrize(
    ("refuse", "why"),
    some([(refuse_fork, "temporarily unavailable"), (refuse_spawn, "temporarily unavailable"),
          (refuse_semaphores, "No such file"), (refuse_threads, "can't start new thread")], each=2),
)  # fmt: skip
def test_a_system_that_begins_no_process_is_a_fault(
    refuse: Any, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(CONFIG), "utf-8")
    refuse(monkeypatch)
    command = ["run", str(file), "-o", str(tmp_path / "run.zarr"), "--quiet"]
    assert cli.main([*command, "--executor", "processes:2"]) == 2
    said = capsys.readouterr().err
    assert "processes:2, of which the system begins none or too few" in said and why in said
    assert "expected" in said and "--executor threads:2" in said
    assert [one.name for one in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.fixture(scope="module")
def tasks(plan: Any) -> tuple[Work, list[Task]]:
    return counting(plan)


def test_processes_give_the_bits_of_threads(plan, pool):
    here = dataset.digest(engine.run(plan, threads=1))
    assert dataset.digest(engine.run(plan, threads=2)) == here
    assert dataset.digest(engine.run(plan, executor=pool)) == here


def test_more_parts_than_places_for_what_they_count_have_the_same_bits(plan, pool):
    longer = replace(plan, draws=10_000)
    here = dataset.digest(engine.run(longer, threads=2))
    assert dataset.digest(engine.run(longer, executor=pool, options=Options(part=1))) == here


@pytest.mark.long
def test_a_process_that_dies_is_replaced_and_its_part_done_again(tasks, pool, tmp_path, caplog):
    work, asked = tasks
    found = made(pool.run(Dying(work.job, tmp_path / "died"), asked))
    assert found == made(map(work, asked))
    assert "done again" in caplog.text


def test_a_process_that_would_make_other_bits_is_refused_by_name(tasks, pool):
    work, asked = tasks
    with pytest.raises(WorkerError, match=r"worker .*, process \d+\n.*first 256 draws") as error:
        list(pool.run(Rounding(work.job, os.getpid()), asked))
    assert f"process {os.getpid()}" not in str(error.value)


@pytest.mark.parametrize(
    ("changed", "says"), [("version", "version"), ("sources", "sources"), ("plan", "a plan")]
)
def test_a_process_with_another_version_sources_or_plan_is_refused(tasks, changed, says):
    told = meeting.Told.of(tasks[0])
    with pytest.raises(WorkerError, match=says):
        meeting.meet(told._replace(digest="new", proof=told.proof._replace(**{changed: "0"})))


def test_what_other_sources_have_pickled_is_not_looked_at():
    proof = meeting.Proof("0.0.1", "", "", "")
    with pytest.raises(WorkerError, match="install the same version there"):
        meeting.meet(meeting.Told("other", b"no pickle at all", proof))


def test_what_is_told_is_pickled_before_this_thread_adds_to_it():
    with pytest.raises((AttributeError, pickle.PicklingError)):
        Pool(1).expect(lambda task: Result(task.part, ()))


class Failing:
    """Fails each task so many times before it is done."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.calls = times, error, 0

    def submit(self, task: Task) -> Future[Result]:
        self.calls += 1
        made: Future[Result] = Future()
        if self.calls > self.times:
            made.set_result(Result(task.part, ()))
        elif isinstance(self.error, CancelledError):
            made.cancel()
            made.set_running_or_notify_cancel()
        else:
            made.set_exception(self.error)
        return made


TASK = [Task(Part(0, Stage.COUNT, 0, 1), np.empty(0), np.empty(0, np.int64))]


@pytest.mark.parametrize("error", [ConnectionError("gone"), CancelledError()])
def test_a_part_is_done_again_three_times(error):
    third, fourth = Failing(3, error), Failing(4, error)
    assert len(list(again.as_they_come(third.submit, TASK, "here", "help", lambda: 1))) == 1
    with pytest.raises(WorkerError, match="failed 4 times"):
        list(again.as_they_come(fourth.submit, TASK, "here", "help", lambda: 1))


def test_what_would_fail_again_is_not_done_again():
    for error in (WorkerError(Fault("", "", "", "")), MemoryError()):
        failing = Failing(1, error)
        with pytest.raises(type(error)):
            list(again.as_they_come(failing.submit, TASK, "here", "help", lambda: 1))
        assert failing.calls == 1


def test_processes_that_keep_dying_end_the_command_with_a_message(
    pool, tmp_path, capsys, monkeypatch
):
    """No traceback; and the way to go on where there is work that is kept."""
    monkeypatch.setattr(again, "_RETRIES", 0)
    run = lambda perform, tasks: pool.run(Dying(perform.job, tmp_path / "no" / "mark"), tasks)  # noqa: E731
    monkeypatch.setitem(EXECUTORS, "dying", lambda _: Executor(run, parts=2))
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(CONFIG))
    out = tmp_path / "out.zarr"
    assert cli.main(["run", str(file), "--executor", "dying", "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "a part failed 1 times" in said and "fewer processes" in said
    assert "Traceback" not in said and "itself" not in said
    assert not out.exists()


SCRIPT = """
import os, sys, threading
if __name__ == '__main__':
    from simcore.running.executors.processes import Pool
    if sys.argv[1] == 'spawn':
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    pool = Pool(1)
    pool.begin()
    (pool.folder / 'what').write_text('is told')
    for asked in ("'spawn' if '--multiprocessing-fork' in __import__('sys').orig_argv else 'fork'",
                  "__import__('os').getpid()"):
        print(pool.begun().submit(eval, asked).result(), flush=True)
    os._exit(9)
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no process is forked")
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_processes_end_with_the_one_that_began_them(way, tmp_path):
    """As after kill -9: nobody is left to do parts that nobody asks for, nor what they were told.

    They are forks of a process with one thread, and begun anew where there are more.
    """
    script, told = tmp_path / "script.py", tmp_path / "told"
    told.mkdir()
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script, way], capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(told), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    found, process = done.stdout.split()
    assert found == way
    until = time.monotonic() + 20
    while time.monotonic() < until and _lives(int(process)):
        time.sleep(0.05)
    assert not _lives(int(process))
    assert list(told.iterdir()) == []


def _lives(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("name", ["processes:0", "processes:many", "processes:100000"])
def test_a_number_of_processes_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match="processes"):
        executor_named(name)
