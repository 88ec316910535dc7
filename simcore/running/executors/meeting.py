"""What a process shows before it does any part of a run: that it would make the same bits."""

from __future__ import annotations

import hashlib
import os
import pickle
import socket
from dataclasses import replace
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np

from simcore._version import __version__
from simcore.errors import Fault, WorkerError
from simcore.kernels import sinks
from simcore.kernels.operations import BLOCK
from simcore.running.compiled import Tile
from simcore.running.jobs import Job, Result, Task
from simcore.running.resuming import numbers_digest, sources_digest
from simcore.running.stages import Work, first_draws

_DRAWS: Final = BLOCK
"""Draws of the first tile that are compared: a block, as all others are made by the same code."""


class Proof(NamedTuple):
    """What must be the same wherever parts of a run are done.

    Attributes
    ----------
    version, sources : str
        Of simcore; the digest of its sources.
    plan : str
        Digest of the config and of all numbers that reach the kernels.
    bits : str
        Digest of the first draws of the first tile: processors, libraries and compilers differ.
    """

    version: str
    sources: str
    plan: str = ""
    bits: str = ""


_WORDS: Final = Proof(
    "simcore {}", "sources with the digest {}", "a plan with the digest {}",
    f"first {_DRAWS} draws with the digest {{}}",
)  # fmt: skip
_REMEDIES: Final = Proof(
    "install the same version there", "install the same sources there",
    "report it: the plan was changed on its way",
    "leave that machine out: its processor or libraries round otherwise",
)  # fmt: skip


class Told(NamedTuple):
    """A job on its way to a process.

    Attributes
    ----------
    digest : str
        Of the work.
    work : bytes
        Pickled, so that it is only looked at where the sources are the same.
    proof : Proof
        Of the process that runs all.
    """

    digest: str
    work: bytes
    proof: Proof

    @classmethod
    def of(cls, work: Any, content: bytes | None = None) -> Told:
        """What to tell of the work of a job, which may be pickled already."""
        content = content or pickled(work)
        return cls(hashlib.sha256(content).hexdigest(), content, proof_of(work))


def pickled(work: Any) -> bytes:
    """The work of a job on its way, while no other thread adds to what it holds."""
    return pickle.dumps(work, pickle.HIGHEST_PROTOCOL)


def proof_of(work: Work) -> Proof:
    """What this process shows for a job."""
    plan = work.job.plan
    numbers = numbers_digest(plan, len(plan.graph.nodes))
    of_plan = hashlib.sha256((plan.digest + numbers).encode()).hexdigest()
    return Proof(__version__, sources_digest(), of_plan, bits_of(work.job, work.tile(0)))


def bits_of(job: Job, tile: Tile) -> str:
    """Digest of the first draws of a tile as they are made here."""
    numbers = np.zeros((tile.rows, 4))
    numbers[:, sinks.RATE] = tile.rate
    # Made here, not recalled from elsewhere.
    yearly = tile.program.yearly
    yearly = yearly._replace(recalled_at=np.full_like(yearly.recalled_at, -1))
    tile = replace(tile, program=tile.program._replace(yearly=yearly))
    draws = first_draws(tile, numbers, min(_DRAWS, job.plan.draws))
    return hashlib.sha256(draws.tobytes()).hexdigest()


_LOCK: Final = Lock()
_MET: Final[dict[str, Work]] = {}
"""By digest the job that this process does parts of."""


def meet(told: Told) -> Work:
    """The work of a job, once this process has shown that it makes the bits of the run.

    Raises
    ------
    WorkerError
        It would make other bits.
    """
    with _LOCK:
        if told.digest not in _MET:
            # What other sources would make of the work is anyone's guess.
            check(told.proof._replace(plan="", bits=""), Proof(__version__, sources_digest()))
            work = pickle.loads(told.work)
            check(told.proof, proof_of(work))
            _MET.clear()
            _MET[told.digest] = work
        return _MET[told.digest]


def check(asked: Proof, shown: Proof) -> None:
    """Refuse this process, by name, where it shows another proof than is asked for."""
    for words, remedy, expected, found in zip(_WORDS, _REMEDIES, asked, shown, strict=True):
        if found != expected:
            raise WorkerError(Fault(
                f"worker {worker_name()}", words.format(found[:16]), words.format(expected[:16]),
                remedy,
            ))  # fmt: skip


def worker_name() -> str:
    """Machine and process."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def do(told: Told, task: Task) -> Result:
    """Do a part here."""
    return meet(told)(task)
