"""The kernels that a run lacks, compiled side by side in two processes before it begins.

Python compiles in one thread only. So a helper, a second process with the same folder for machine
code, takes operations from one end of the list, the dear ones first, and this process takes them
from the other. A helper that fails costs time and nothing else: what is missing in the end is
compiled where it is needed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Thread
from typing import Final, TextIO

from simcore.kernels import dispatch, jit
from simcore.kernels.operations import OPERATIONS, is_packaged

Tell = Callable[[int, int], None]

DEAR: Final = ("CAP_AND_BANK", "FACTOR", "PATH", "BRIDGED", "NORMAL", "TIMELINE")
"""Operations that take longest to compile, in that order."""
_FEW: Final = 6
"""Operations that are compiled before a helper has started."""
_HELPER: Final = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from simcore.kernels.compiling import help_out; help_out(sys.stdin, sys.stdout)"
)

_listeners: list[Tell] = []


def report_to(listener: Tell | None) -> None:
    """Whom to tell how many kernels are compiled, and of how many; nobody else from now on."""
    _listeners[:] = [] if listener is None else [listener]


def _report(done: int, total: int) -> None:
    for one in _listeners:
        one(done, total)


def missing(names: Iterable[str]) -> list[str]:
    """Operations that must be compiled, those that take longest first."""
    cold = sorted(
        name for name in names if OPERATIONS[name].formula and jit.is_cold(dispatch.made(name))
    )
    return [*(one for one in DEAR if one in cold), *(one for one in cold if one not in DEAR)]


def compile_all(names: Iterable[str], others: Sequence[Callable[[], None]] = ()) -> None:
    """Have machine code at hand for all that a run needs.

    Parameters
    ----------
    names : iterable of str
        Its operations.
    others : sequence of callables
        Each compiles what else must be compiled, in this process.
    """
    todo = deque(missing(names))
    total, done = len(todo) + len(others), [0]
    if total == 0:
        return

    def count() -> None:
        done[0] += 1
        _report(done[0], total)

    _report(0, total)
    with _helper(todo, count):
        for other in others:
            other()
            count()
        with contextlib.suppress(IndexError):
            while True:
                dispatch.entries([todo.pop()])
                count()


@contextlib.contextmanager
def _helper(todo: deque[str], count: Callable[[], None]) -> Iterator[None]:
    """A second process that takes operations from the left, if it is worth one."""
    if not (len(todo) > _FEW or {*todo} & {*DEAR[:3]}) or not _may_help():
        yield
        return
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _HELPER, *sys.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
    except OSError:
        # The system begins no process.
        yield
        return
    with process:
        feeder = Thread(target=_feed, args=(process, todo, count), daemon=True)
        try:
            feeder.start()
            yield
            feeder.join()
        finally:
            process.kill()


def _may_help() -> bool:
    """Whether another process would find the same table of operations and share what it makes."""
    alone = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return jit.CACHE_DIRECTORY is not None and is_packaged() and (alone or 1) > 1


def _feed(process: subprocess.Popen[str], todo: deque[str], count: Callable[[], None]) -> None:
    """Hand the helper one operation after the other, as it has made the one before."""
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018 - for mypy
    handed = False
    with contextlib.suppress(OSError, ValueError):
        # It answers once when it has started; until then it keeps nothing waiting.
        while process.stdout.readline():
            if handed:
                count()
            try:
                process.stdin.write(todo.popleft() + "\n")
            except IndexError:
                break
            process.stdin.flush()
            handed = True
        process.stdin.close()


def help_out(names: TextIO, answers: TextIO) -> None:
    """Compile each operation that is asked for, and say so, until there are no more."""
    print("ready", file=answers, flush=True)
    for name in names:
        dispatch.entries([name.strip()])
        print("done", file=answers, flush=True)
