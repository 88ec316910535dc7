"""Batches of the draws, and sums over them as a tree: no bit depends on how the work was cut.

A batch is four blocks of one replicate, wherever a run ends. What two neighbours add up to is a
node of the tree, two such nodes are the next one, and so on; so a node has the same bits whoever
makes it, in whatever order. Nodes of whole batches are those of any longer run; the last batches of
a run, where it ends within them, are nodes by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.operations import BLOCK

Floats = NDArray[np.float64]

BATCH: Final = 4
"""Blocks of one replicate that are added up in the order of the draws."""
_STRETCH: Final = 65_536
"""Draws of a chunk of kept draws, about: with all years it has some megabytes."""
_CUT: Final = -1
"""Level of a batch in which the run ends."""


class Batch(NamedTuple):
    """Some draws of one replicate: four blocks, or what is left of them.

    Attributes
    ----------
    replicate, number : int
    first, draws : int
        First draw, and draws from there to the end, with those of other replicates between them.
    is_whole : bool
        Whether a longer run has the same.
    """

    replicate: int
    number: int
    first: int
    draws: int
    is_whole: bool


@dataclass(frozen=True)
class Batches:
    """The draws of a run in batches; those of all replicates with one number lie side by side.

    Attributes
    ----------
    draws, replicates : int
    """

    draws: int
    replicates: int

    @property
    def size(self) -> int:
        """Draws of all replicates in the batches of one number."""
        return BATCH * BLOCK * self.replicates

    @property
    def numbers(self) -> int:
        """Numbers of batches; the last ones may be cut, or missing in some replicates."""
        return -(-self.draws // self.size)

    @property
    def stretch(self) -> int:
        """Draws of a chunk of those that are kept: a power of two of batches, as a part has."""
        return self.size << max(0, (_STRETCH // self.size).bit_length() - 1)

    def begin(self, number: int) -> int:
        """First draw of the batches of a number, or the end of the draws."""
        return min(number * self.size, self.draws)

    def within(self, first: int, last: int) -> list[Batch]:
        """Batches whose number is first..last-1, in the order of their first draws."""
        return list(self._within(first, last))

    def _within(self, first: int, last: int) -> Iterator[Batch]:
        for number in range(first, last):
            end = self.begin(number + 1)
            for replicate in range(self.replicates):
                begin = number * self.size + replicate * BLOCK
                blocks = begin + (BATCH - 1) * self.replicates * BLOCK + BLOCK
                if begin < end:
                    yield Batch(replicate, number, begin, end - begin, blocks <= self.draws)


class Node(NamedTuple):
    """Address of a sum: of 2**level batches of a replicate, from number 2**level * place on.

    Attributes
    ----------
    replicate, level, place : int
        The level of a batch that is cut is -1; its place is its number.
    """

    replicate: int
    level: int
    place: int

    @classmethod
    def of(cls, batch: Batch) -> Node:
        """The node that a batch is by itself."""
        return cls(batch.replicate, 0 if batch.is_whole else _CUT, batch.number)

    @property
    def sibling(self) -> Node:
        """The other one of the two that are joined."""
        return self._replace(place=self.place ^ 1)

    @property
    def parent(self) -> Node:
        """The sum of both."""
        return Node(self.replicate, self.level + 1, self.place >> 1)

    @property
    def first(self) -> int:
        """Number of the first batch."""
        return self.place << max(self.level, 0)


class Tree:
    """Sums that are joined as they arrive; from several threads.

    At most one node a level waits for each range of batches that arrives in order.
    """

    def __init__(self) -> None:
        self._nodes: dict[Node, Floats] = {}
        self._lock = Lock()

    def add(self, node: Node, sums: Floats) -> None:
        """Add a node that no other one here holds, shape (rows, sums); its array is given away."""
        while True:
            with self._lock:
                other = None if node.level == _CUT else self._nodes.pop(node.sibling, None)
                if other is None:
                    self._nodes[node] = sums
                    return
            sums += other
            node = node.parent

    def nodes(self) -> tuple[NDArray[np.int64], Floats]:
        """All nodes in order: addresses, shape (nodes, 3), and sums, shape (nodes, rows, sums)."""
        found = sorted(self._nodes, key=lambda node: (node.replicate, node.first))
        return np.array(found, np.int64), np.stack([self._nodes[node] for node in found])

    @classmethod
    def joined(cls, parts: Iterable[tuple[NDArray[np.int64], Floats]]) -> Tree:
        """The tree of nodes of parts, each of other batches; their arrays are given away."""
        tree = cls()
        for addresses, sums in parts:
            for address, own in zip(addresses.tolist(), sums, strict=True):
                tree.add(Node(*address), own)
        return tree

    def total(self, replicates: int) -> Floats:
        """Sums over all draws, shape (replicates, rows, sums): the largest nodes come first."""
        addresses, sums = self.nodes()
        total = np.zeros((replicates, *sums.shape[1:]))
        for replicate, own in zip(addresses[:, 0].tolist(), sums, strict=True):
            total[replicate] += own
        return total
