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
from simcore.dataset.journal import Journal, folder_of
from simcore.errors import Fault, OutputError
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

Arrays = Mapping[str, NDArray[Any]]
Cell = tuple[str, tuple[int, ...]]


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
        self._pending: list[tuple[Job, int, Sample, Sequence[Cell]]] = []
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

    def sample(self, job: Job, number: int, cells: Sequence[Cell] = ()) -> Sample | None:
        """What a finished tile has left; the draws of its cells are put in their place.

        None where it is not known, or something of it is not what was written.
        """
        with self._lock:
            if self.journal.is_empty:
                return None
            key = key_of(job, number)
            facts, arrays = self.journal.facts(key), self.journal.arrays(key)
            if facts is None or arrays is None:
                return None
            kept = {(name, tuple(index)): sums for name, index, sums in facts["kept"]}
            if not kept.keys() >= set(cells):
                return None
            if not self._store.take_back(self._kept, {cell: kept[cell] for cell in cells}):
                return None
        parts: dict[str, Any] = {**arrays, "draws": int(arrays["draws"])}
        return Sample(**parts)

    def finish(self, job: Job, number: int, sample: Sample, cells: Sequence[Cell] = ()) -> None:
        """Keep what a tile has left, now or with those that follow."""
        with self._lock:
            self._pending.append((job, number, sample, cells))
            if self.is_due():
                self.flush()

    def flush(self) -> None:
        """Keep all tiles that are finished."""
        with self._lock:
            found: dict[str, tuple[Arrays, dict[str, Any]]] = {}
            for job, number, sample, cells in self._pending:
                sums = [self._store.set_aside(self._kept, name, index) for name, index in cells]
                if None not in sums:
                    arrays = {one.name: np.asarray(getattr(sample, one.name))
                              for one in fields(sample)}  # fmt: skip
                    kept = [(*cell, one) for cell, one in zip(cells, sums, strict=True)]
                    found[key_of(job, number)] = arrays, {"kept": kept}
            self._pending.clear()
            self.save(found)

    def save(self, parts: Mapping[str, tuple[Arrays, dict[str, Any]]]) -> None:
        """Keep arrays and facts by key."""
        with self._lock:
            start = time.monotonic()
            try:
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
            if parts:
                self.share = self._reached

    def end(self) -> None:
        """The run is complete."""
        self.journal.discard()

    def stop(self) -> str:
        """The run ends before it is complete: what is kept, in words, or nothing."""
        if not self._is_own:
            return ""
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

    @property
    def _kept(self) -> Path:
        return self.journal.folder / "kept"
