"""What a run keeps of its work, so that the same run can go on where it was stopped.

Finished tiles are kept with their statistics and draws, and now and then how far a stage of the
tile at work is. That happens seldom enough to cost nothing that one would notice, and never in a
run of seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore._version import __version__
from simcore.dataset import Store
from simcore.dataset.chunks import Chunk, ChunkFolder
from simcore.dataset.journal import Journal, folder_of
from simcore.errors import Fault, OutputError
from simcore.files import sync_one
from simcore.plan import Plan
from simcore.running.options import Report
from simcore.statistics import Sample

if TYPE_CHECKING:
    from simcore.running.jobs import Job

_LOG: Final = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""Work that is worth keeping."""
_STAGE: Final = 4.0
"""Times as long between two looks at a stage at work, which are larger."""
_COST: Final = 50.0
"""Times what the last one took that pass before the next: some 2 % of a run at most."""

_CHUNKS: Final = "chunks-"
"""Keys under which it is kept which chunks are written."""

Arrays = Mapping[str, NDArray[Any]]


def manifest_of(plan: Plan, nodes: int) -> dict[str, Any]:
    """All that decides the bits of a run, which has so many nodes: work of another is no use."""
    return {
        "simcore": __version__,
        "numpy": np.__version__,
        "code": _code(),
        "config": plan.digest,
        "draws": plan.draws,
        "numbers": numbers_digest(plan, nodes),
    }


@cache
def _code() -> str:
    """Digest of the sources of the package and of what decides the machine code."""
    from simcore.kernels.jit import code_digest

    return hashlib.sha256((code_digest() + sources_digest()).encode()).hexdigest()


@cache
def sources_digest() -> str:
    """Digest of the sources of the package, the same on every machine."""
    found, folder = hashlib.sha256(), Path(__file__).parents[1]
    for path in sorted(folder.rglob("*.py")):
        found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()


def numbers_digest(plan: Plan, nodes: int) -> str:
    """Digest of the numbers that reach the kernels, files that a config reads among them."""
    found = hashlib.sha256(plan.factors.used.tobytes())
    for node in plan.graph.nodes[:nodes]:
        found.update(_content(node))
    return found.hexdigest()


def _content(node: Any) -> bytes:
    table = b"" if node.table is None else np.ascontiguousarray(node.table).tobytes()
    return repr(node._replace(table=None)).encode() + hashlib.sha256(table).digest()


def key_of(job: Job, number: int) -> str:
    """Name of the work of a tile, whatever tiles there are beside it."""
    plan, found = job.plan, hashlib.sha256()
    found.update(repr((plan.draws, job.probabilities, job.options.look)).encode())
    for item in job.tiles[number]:
        found.update(repr((item.request, item.need, item.rate)).encode())
        found.update(_content(plan.graph.nodes[item.request.node]))
    return found.hexdigest()[:24]


@dataclass(frozen=True)
class Checkpoint:
    """How far a stage of a tile is, seen from there.

    Attributes
    ----------
    record : Record
    job : Job
    tile : int
    stage : str
        With all that tells it from other stages of the tile.
    """

    record: Record
    job: Job
    tile: int
    stage: str

    def is_due(self) -> bool:
        """Whether to pause and keep what is done."""
        return self.record.is_due(_STAGE)

    def is_worth_it(self) -> bool:
        """Whether what is done is worth keeping where a stage ends anyway."""
        return self.record.is_due()

    def load(self) -> dict[str, NDArray[Any]] | None:
        """What was kept."""
        return None if self.record.journal.is_empty else self.record.arrays(self._key)

    def save(self, arrays: Arrays) -> None:
        """Keep what is done, in the place of what was kept before."""
        self.record.save({self._key: (arrays, {})})

    @property
    def _key(self) -> str:
        return f"{key_of(self.job, self.tile)}-{self.stage}"


def _percent(share: float) -> str:
    """Nothing is complete before it is in its place."""
    return f"{min(99, int(100 * share))} %"


class Record:
    """The work of a run to a file; from several threads.

    Attributes
    ----------
    share : float
        Share of the run that is kept.
    """

    def __init__(self, plan: Plan, out: Path, store: Store) -> None:
        nodes = len(plan.graph.nodes)
        # It takes some tenths of a second, which a short run does not need.
        self.journal = Journal(folder_of(out), lambda: manifest_of(plan, nodes))
        self._store = store
        self._lock = threading.RLock()
        self._begun = self._last = time.monotonic()
        self._cost = 0.0
        self._pending: list[tuple[Job, int, Sample]] = []
        self._folder: ChunkFolder | None = None
        self._known: dict[tuple[str, str], Chunk] = {}
        self._written: list[Chunk] = []
        self.share = self._reached = 0.0
        self._is_own = False

    def begin(self, *, fresh: bool = False) -> None:
        """Learn what was done, or discard it; an OutputError where it is of another run."""
        self.journal.require_own()
        if fresh:
            self.journal.discard()
        self.journal.check()
        self.journal.read()
        self._is_own = True
        if not self.journal.is_empty:
            facts = (self.journal.facts(key) or {} for key in self.journal.keys(""))
            self.share = max(float(one.get("share", 0.0)) for one in facts)
            _LOG.warning("going on at %s, from %s", _percent(self.share), self.journal.folder)

    def hearing(self, report: Report) -> Report:
        """The report of a run, of which the record hears how far it is."""

        def heard(share: float, note: str = "") -> None:
            self._reached = share
            report(share, note)

        return heard

    def is_due(self, times: float = 1.0) -> bool:
        """Whether so much was done since something was kept that it is worth keeping."""
        return time.monotonic() - self._last > max(times * SECONDS, _COST * self._cost)

    def checkpoint(self, job: Job, tile: int, stage: str) -> Checkpoint:
        """Where it is kept how far a stage of a tile is."""
        return Checkpoint(self, job, tile, stage)

    def arrays(self, key: str) -> dict[str, NDArray[Any]] | None:
        """What is kept under a key."""
        with self._lock:
            return self.journal.arrays(key)

    def write_apart(self) -> ChunkFolder | None:
        """Where the chunks of kept draws are written; what is not known to be whole is removed."""
        self._folder = self._store.write_apart(self.journal.folder / "kept")
        if self._folder is not None:
            found = (self.journal.facts(key) or {} for key in self.journal.keys(_CHUNKS))
            told = [Chunk(*one) for facts in found for one in facts["chunks"]]
            self._known = {(one.array, one.key): one for one in told}
            self._folder.clear(but=set(self._known))
        return self._folder

    def known(self, keys: Sequence[tuple[str, str]]) -> bool:
        """Whether these chunks, (array, key), are there as they were written; they are then counted
        as those of this run."""
        chunks = [self._known.get(key) for key in keys]
        whole = [one for one in chunks if one and self._folder and self._folder.holds(one)]
        if len(whole) < len(chunks):
            return False
        for one in whole:
            self._store.adopt(one)
        return True

    def wrote(self, chunk: Chunk) -> None:
        """Count a chunk; it is kept now or with those that follow."""
        self._store.adopt(chunk)
        with self._lock:
            self._written.append(chunk)
            if self.is_due():
                self.flush()

    def sample(self, job: Job, number: int) -> Sample | None:
        """What a finished tile has left; None where it is not known, or not what was written."""
        with self._lock:
            arrays = None if self.journal.is_empty else self.journal.arrays(key_of(job, number))
        if arrays is None:
            return None
        parts: dict[str, Any] = {**arrays, "draws": int(arrays["draws"])}
        return Sample(**parts)

    def finish(self, job: Job, number: int, sample: Sample) -> None:
        """Keep what a tile has left, now or with those that follow."""
        with self._lock:
            self._pending.append((job, number, sample))
            if self.is_due():
                self.flush()

    def flush(self) -> None:
        """Keep all that is finished."""
        with self._lock:
            found: dict[str, tuple[Arrays, dict[str, Any]]] = {}
            for job, number, sample in self._pending:
                arrays = {one.name: np.asarray(getattr(sample, one.name)) for one in fields(sample)}
                found[key_of(job, number)] = arrays, {}
            self._pending.clear()
            self.save(found)

    def _keep_chunks(self) -> None:
        """Speak of chunks that are written, once they are on the disk."""
        if self._folder is None or not self._written:
            return
        for one in self._written:
            sync_one(self._folder.path / one.array / one.key)
        for name in {one.array for one in self._written}:
            sync_one(self._folder.path / name)
        many = len(self.journal.keys(_CHUNKS))
        self.journal.note(
            f"{_CHUNKS}{many}", chunks=[list(one) for one in self._written], share=self._reached
        )
        self._written.clear()

    def save(self, parts: Mapping[str, tuple[Arrays, dict[str, Any]]]) -> None:
        """Keep arrays and facts by key."""
        with self._lock:
            start, more = time.monotonic(), bool(parts or self._written)
            try:
                # What follows may speak of tiles whose draws they are.
                self._keep_chunks()
                for key, (arrays, facts) in parts.items():
                    self.journal.add(key, arrays, **facts, share=self._reached)
                    # What a tile has left contains how far its stages were.
                    for stage in self.journal.keys(f"{key}-"):
                        self.journal.drop(stage)
            except OSError as error:
                raise OutputError(Fault(
                    str(self.journal.folder), f"{type(error).__name__}: {error}",
                    "a place that can be written", "check free space and permissions",
                )) from error  # fmt: skip
            self._last = time.monotonic()
            self._cost = self._last - start
            if more:
                self.share = self._reached

    def end(self) -> None:
        """The run is complete."""
        self.journal.discard()

    def stop(self) -> str:
        """The run ends before it is complete: what is kept, in words, or nothing."""
        if not self._is_own:
            return ""
        self._store.take_out()
        with contextlib.suppress(OutputError):
            if time.monotonic() - self._begun > SECONDS:
                self.flush()
        if self.journal.is_empty:
            self.journal.discard()
            return ""
        return (
            f"{_percent(self.share)} of the run is kept in {self.journal.folder}; "
            "the same command goes on from there"
        )
