"""Results of the parts of a stage, put together as they arrive: in any order, and once each.

Together they are one result, as that of a part with all draws would be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.running.batches import Node, Tree
from simcore.running.jobs import Part, Result, Stage, Task

Arrays = Mapping[str, NDArray[Any]]


class Kept:
    """Nothing but which parts are done: the draws that they keep are put in their place at once.

    Attributes
    ----------
    done : set of (int, int)
        First and last batch of the parts that are in it.
    """

    def __init__(self) -> None:
        self.done: set[tuple[int, int]] = set()

    def add(self, result: Result) -> bool:
        """Put a result to the others; False where its part is among them already."""
        ends = result.part.first, result.part.last
        if ends in self.done:
            return False
        self.done.add(ends)
        self._add(result)
        return True

    def result(self, part: Part) -> Result:
        """All of it as the result of one part."""
        return Result(part, ())

    def arrays(self) -> Arrays:
        """All of it as arrays, from which `load` goes on."""
        return {"parts": np.array(sorted(self.done), np.int64).reshape(-1, 2)}

    def load(self, found: Arrays, tasks: Iterable[Task]) -> None:
        """Begin with what was put together before, if it is of parts of these tasks."""
        parts = {(first, last) for first, last in found["parts"].tolist()}
        if parts <= {(one.part.first, one.part.last) for one in tasks}:
            self.done = parts
            self._load(found)

    def _add(self, result: Result) -> None: ...

    def _load(self, found: Arrays) -> None: ...


class Counted(Kept):
    """Sums as a tree, and counts by bin added up."""

    def __init__(self) -> None:
        super().__init__()
        self._tree, self._counts = Tree(), np.zeros((0, 0, 0), np.int32)

    def _add(self, result: Result) -> None:
        for address, sums in zip(result.nodes.tolist(), result.sums, strict=True):
            self._tree.add(Node(*address), sums)
        for counts in result.counts:
            if self._counts.size == 0:
                self._counts = counts[None].astype(np.int32)
            else:
                self._counts[0] += counts

    def arrays(self) -> Arrays:
        """See the base."""
        nodes, sums = self._tree.nodes()
        return {**super().arrays(), "nodes": nodes, "sums": sums, "counts": self._counts}

    def _load(self, found: Arrays) -> None:
        self._tree = Tree.joined([(found["nodes"], found["sums"])])
        self._counts = found["counts"]

    def result(self, part: Part) -> Result:
        """See the base."""
        nodes, sums = self._tree.nodes()
        return Result(part, (), nodes=nodes, sums=sums, counts=self._counts)


class Collected(Kept):
    """Values of wanted bins one after the other, with where those of each part lie."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Result] = []

    def _add(self, result: Result) -> None:
        self._parts.append(result)

    def arrays(self) -> Arrays:
        """See the base."""
        whole = self.result(self._parts[0].part)
        return {
            **super().arrays(), "values": whole.values, "places": whole.places,
            "filled": whole.tally.filled, "under": whole.tally.under,
            "inside": whole.tally.inside,
        }  # fmt: skip

    def _load(self, found: Arrays) -> None:
        from simcore.kernels.intervals import Tally

        tally = Tally(found["filled"], found["under"], found["inside"])
        whole = Part(0, Stage.COLLECT, 0, 0)
        self._parts = [
            Result(whole, (), values=found["values"], places=found["places"], tally=tally)
        ]

    def result(self, part: Part) -> Result:
        """See the base; the results that were added are let go, but for this one."""
        from simcore.kernels import sinks
        from simcore.kernels.intervals import Tally

        parts = self._parts
        if len(parts) > 1:
            places = np.concatenate([one.places for one in parts])
            begins = np.cumsum([0, *(len(one.places) for one in parts)])
            # Parts may have written into the same array.
            arrays = list({id(one.values): one.values for one in parts}.values())
            at = np.cumsum([0, *(one.size for one in arrays)]).tolist()
            moved = dict(zip(map(id, arrays), at, strict=False))
            for one, begin, end in zip(parts, begins, begins[1:], strict=False):
                places[begin:end, :, sinks.START] += moved[id(one.values)]
            tally = Tally(
                np.concatenate([one.tally.filled for one in parts], axis=1),
                parts[0].tally.under,
                sum(one.tally.inside for one in parts),  # type: ignore[arg-type]
            )
            values = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
            self._parts = [Result(part, (), values=values, places=places, tally=tally)]
        return self._parts[0]._replace(part=part)


class Refined(Kept):
    """Counts of a closer look, added up."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros((0, 0), np.int32)

    def _add(self, result: Result) -> None:
        # What came from elsewhere may not be written to.
        self._counts = self._counts + result.counts if self._counts.size else result.counts

    def arrays(self) -> Arrays:
        """See the base."""
        return {**super().arrays(), "counts": self._counts}

    def _load(self, found: Arrays) -> None:
        self._counts = found["counts"]

    def result(self, part: Part) -> Result:
        """See the base."""
        return Result(part, (), counts=self._counts)


MERGERS: Final = {
    Stage.COUNT: Counted, Stage.COLLECT: Collected, Stage.KEEP: Kept, Stage.REFINE: Refined,
}  # fmt: skip


def asked_by(task: Task) -> NDArray[np.uint8]:
    """Digest of what the stages before have found out, without which results are of no use."""
    found = hashlib.blake2b(repr(task.rows).encode(), digest_size=16)
    for one in (task.numbers, task.lines, task.slot, task.atom, task.places, task.shift):
        found.update(np.ascontiguousarray(one).tobytes())
    return np.frombuffer(found.digest(), np.uint8)
