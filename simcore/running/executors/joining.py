"""A worker that joins a run in progress in its folder, and does parts until the run has ended."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from simcore._version import __version__
from simcore.dataset.chunks import ChunkFolder
from simcore.dataset.containers import Array
from simcore.dataset.lock import Lock
from simcore.dataset.saved import is_complete
from simcore.errors import ConfigError, Fault, OutputError
from simcore.running.crew import StoppedError
from simcore.running.executors.registry import on_threads
from simcore.running.executors.workplace import BEAT, FORMAT, Now, Workplace
from simcore.running.jobs import Job, Part, Task
from simcore.running.options import Options

_LOOK: Final = 0.5
"""Seconds between two looks for something to do."""
_GRACE: Final = 5.0
"""Seconds in which a run that has ended clears its folder away."""

Say = Callable[[str], None]


class Ended(NamedTuple):
    """How a worker has ended.

    Attributes
    ----------
    is_complete : bool
        Whether the run is.
    parts : int
        Parts that the worker has done.
    why : str
    """

    is_complete: bool
    parts: int
    why: str


def join(partial: Path, threads: int, *, wait_for: float = 0.0, say: Say) -> Ended:
    """Do parts of the run whose work is kept in a folder, until it has ended.

    Parameters
    ----------
    partial : Path
        The folder, `OUT.partial`.
    threads : int
        Parts at a time.
    wait_for : float
        Seconds to wait for a run to begin.
    say : callable
        Told in words what happens.

    Raises
    ------
    ConfigError
        Nothing is run there with `--executor folder`, or its config cannot be read here.
    WorkerError
        This process would make other bits.
    """
    # A folder such as `.` has no name.
    partial = partial.absolute() if not partial.name else partial
    if not partial.name:
        raise ConfigError(Fault(
            str(partial), "no folder of a run in progress", "OUT.zarr.partial, beside its OUT.zarr",
            "name that folder",
        ))  # fmt: skip
    place, out = Workplace(partial), partial.with_name(partial.name.removesuffix(".partial"))
    told = _told(place, partial, out, wait_for)
    work = _met(told, partial)
    name = f"{socket.gethostname()}-{os.getpid()}"
    say(f"joined {out}: {threads} part{'s' if threads > 1 else ''} at a time, as {name}")
    return Worker(place, out, work, told["token"], name, threads).run()


def _told(place: Workplace, partial: Path, out: Path, seconds: float) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while True:
        told = place.job()
        if told is not None and Lock(out).fault() is not None:
            break
        if time.monotonic() >= until:
            raise ConfigError(_nothing_there(partial, out, has_work=told is not None))
        time.sleep(_LOOK)
    if told.get("format") != FORMAT:
        raise ConfigError(Fault(
            str(partial), f"work of format {told.get('format')}", f"format {FORMAT}",
            "install the simcore of the run here",
        ))  # fmt: skip
    return told


def _nothing_there(partial: Path, out: Path, *, has_work: bool) -> Fault:
    begin = f"begin it: simcore run FILE -o {out} --executor folder; or --wait SECONDS until it is"
    if not partial.name.endswith(".partial"):
        return Fault(
            str(partial), "no folder of a run in progress", "OUT.zarr.partial, beside its OUT.zarr",
            f"name {partial}.partial, or {begin}",
        )  # fmt: skip
    if not partial.is_dir():
        return Fault(str(partial), "nothing", "the folder of a run in progress", begin)
    if has_work:
        return Fault(
            str(partial), "a run whose process is gone", "a run in progress",
            "give its command again; it goes on",
        )  # fmt: skip
    return Fault(str(partial), "no run that others may join", "a run with --executor folder", begin)


def _met(told: dict[str, Any], partial: Path) -> Any:
    """The work of a run, made here from its config, once its bits are known to be the same."""
    from simcore.intake import document, load
    from simcore.plan import build
    from simcore.running.executors.meeting import Proof, check, proof_of
    from simcore.running.resolving import resolved
    from simcore.running.resuming import sources_digest
    from simcore.running.stages import Work

    proof = Proof(**told["proof"])
    # What other sources would make of the config is anyone's guess.
    check(proof._replace(plan="", bits=""), Proof(__version__, sources_digest()))
    read = document.parse(str(told["config"]), "config of the run").data
    config = {str(key): value for key, value in read.items()}
    with contextlib.ExitStack() as stack:
        if Path(told["folder"]).is_dir():
            # Files that the config names are looked for from where it stands.
            stack.enter_context(contextlib.chdir(told["folder"]))
        outside = [one for one in told["outside"] if Path(one).is_dir()]
        plan = build(load(config, allow_outside=outside))
    options = Options(**told["options"])
    plan = resolved(replace(plan, draws=told["draws"]), on_threads(None), options)
    work = Work(replace(Job.of(plan, True, 1, options), folder=_kept(told["kept"], partial)))
    check(proof, proof_of(work))
    return work


def _kept(said: dict[str, Any] | None, partial: Path) -> ChunkFolder | None:
    """Where chunks of kept draws are written."""
    if said is None:
        return None
    arrays = {
        name: Array(tuple(one["dims"]), tuple(one["shape"]), np.dtype(one["dtype"]),
                    lead=one["lead"], stretch=one["stretch"])
        for name, one in said["arrays"].items()
    }  # fmt: skip
    return ChunkFolder(partial / said["folder"], said["nonce"], arrays)


class Worker:
    """Threads that do one part each, and a main one that gives signs of life."""

    def __init__(
        self, place: Workplace, out: Path, work: Any, token: str, name: str, threads: int
    ) -> None:
        self._place, self._out, self._work, self._token = place, out, work, token
        self._name, self._threads = name, threads
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._given: tuple[str, Task] | None = None
        self._held: dict[Part, Now] = {}
        self._parts = 0

    def run(self) -> Ended:
        """Work until the run has ended; what is at work is let go on the way out."""
        with ThreadPoolExecutor(self._threads) as pool:
            others = [pool.submit(self._help_out) for _ in range(self._threads)]
            beaten = -BEAT
            try:
                while (why := self._ended()) is None:
                    if time.monotonic() - beaten > BEAT:
                        beaten = time.monotonic()
                        self._beat()
                    done, _ = wait(others, timeout=_LOOK, return_when=FIRST_EXCEPTION)
                    for one in done:
                        one.result()
                complete, words = why
                return Ended(complete, self._parts, words)
            finally:
                self._stop.set()
                with self._lock:
                    for part, now in self._held.items():
                        self._place.release(now, part)
                self._place.leave(self._name)

    def _beat(self) -> None:
        with self._lock:
            held = dict(self._held)
        now = next(iter(held.values()), None)
        self._place.live(self._name, now, set(held))

    def _ended(self) -> tuple[bool, str] | None:
        """Whether the run is complete and how it ended; None while it goes on."""
        told = self._place.job()
        if told is not None and told["token"] != self._token:
            return False, "the run was begun anew; join again"
        if told is not None and Lock(self._out).fault() is not None:
            return None
        until = time.monotonic() + _GRACE
        while self._place.folder.parent.exists():
            if time.monotonic() > until:
                return False, "the process of the run is gone; its command, given again, goes on"
            time.sleep(_LOOK)
        if is_complete(self._out):
            return True, "the run is complete"
        return False, "the run has ended before it was complete"

    def _help_out(self) -> None:
        while not self._stop.is_set():
            try:
                did = self._did_part()
            except StoppedError:
                return
            except (OSError, OutputError):
                # The stage, or the run, has ended meanwhile; else the folder cannot be used.
                if self._place.job() is not None and self._place.now() is not None:
                    raise
                did = False
            if not did:
                self._stop.wait(_LOOK)

    def _did_part(self) -> bool:
        """Do a part that nobody does, if there is one."""
        now = self._place.now()
        if now is None or not now.name.startswith(self._token):
            return False
        part = next(self._free(now), None)
        if part is None:
            return False
        with self._lock:
            self._held[part] = now
        try:
            task = self._task(now)
            if task is None:
                return False
            result = self._work(task._replace(part=part), self._heard)
            self._place.hand_in(now, result)
            self._parts += 1
            with self._lock:
                del self._held[part]
            return True
        finally:
            with self._lock:
                if self._held.pop(part, None) is not None:
                    self._place.release(now, part)

    def _free(self, now: Now) -> Iterator[Part]:
        """Parts taken, tried in any order, or all workers would try the same."""
        for part in random.sample(now.parts, len(now.parts)):
            if self._place.claim(now, part, self._name):
                yield part

    def _task(self, now: Now) -> Task | None:
        with self._lock:
            if self._given is None or self._given[0] != now.name:
                task = self._place.given(now)
                if task is None:
                    return None
                self._given = now.name, task
            return self._given[1]

    def _heard(self, share: float, note: str = "") -> None:
        if self._stop.is_set():
            raise StoppedError
