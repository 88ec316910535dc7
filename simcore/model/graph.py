"""The model as a graph of rows: each distinct row stands once, however often it is asked for.

A plan adds nodes; what coincides (two scenarios with the same price, an EU plant that sells to
the EU) gets the same node and so is computed once. A program is cut from the graph by asking for
some of its nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from simcore.kernels.operations import Operation


@dataclass(frozen=True)
class Node:
    """One row of the model.

    Attributes
    ----------
    operation : Operation or None
        None for a constant, whose value is `numbers[0]`.
    inputs : tuple of int
        Nodes read.
    numbers : tuple of float
        Constants of the operation.
    table : ndarray of float64 or None
        One line per simulated year, or the pool of a marginal.
    stream : str
        Name under which random numbers are addressed; empty if none.
    yearly : bool
        Whether the row changes from year to year.
    state : tuple of float
        Starting values of the rows that the operation carries from year to year.
    keeps : bool
        Whether its own row is carried from year to year (and starts at `state[0]`).
    """

    operation: Operation | None
    inputs: tuple[int, ...] = ()
    numbers: tuple[float, ...] = ()
    table: np.ndarray | None = None
    stream: str = ""
    yearly: bool = False
    state: tuple[float, ...] = ()
    keeps: bool = False


@dataclass
class Graph:
    """Nodes in the order they were added; inputs always precede what reads them.

    Attributes
    ----------
    nodes : list of Node
    known : dict
        Number of the node of each content.
    rename : callable, optional
        From the name of a random stream to the one that is used; two graphs that share their nodes
        and rename differently share all but these streams and what follows from them.
    """

    nodes: list[Node] = field(default_factory=list)
    known: dict[tuple[object, ...], int] = field(default_factory=dict)
    rename: Callable[[str], str] | None = None

    def add(
        self,
        operation: Operation | None,
        inputs: Iterable[int] = (),
        *,
        numbers: Iterable[float] = (),
        table: np.ndarray | None = None,
        stream: str = "",
        yearly: bool | None = None,
        state: tuple[float, ...] = (),
        keeps: bool = False,
    ) -> int:
        """Number of the node with this content, added if it is new.

        Without `yearly` a node is yearly when one of its inputs is.
        """
        if stream and self.rename is not None:
            stream = self.rename(stream)
        inputs, numbers = tuple(inputs), tuple(float(number) for number in numbers)
        changes = any(self.nodes[i].yearly for i in inputs) if yearly is None else yearly
        key = (
            operation,
            inputs,
            numbers,
            stream,
            changes,
            keeps,
            repr(state),
            None if table is None else (table.shape, table.tobytes()),
        )
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(
                Node(operation, inputs, numbers, table, stream, changes, state, keeps)
            )
        return self.known[key]

    def constant(self, value: float) -> int:
        """Node of a number that is the same in every draw and year."""
        return self.add(None, numbers=(value,))

    def is_constant(self, node: int, value: float) -> bool:
        """Whether a node is this constant."""
        return self.nodes[node].operation is None and self.nodes[node].numbers[0] == value

    def closure(self, wanted: Iterable[int]) -> list[int]:
        """The wanted nodes and all that they read, in the order of the graph."""
        needed = set(wanted)
        for number in range(max(needed, default=-1), -1, -1):
            if number in needed:
                needed.update(self.nodes[number].inputs)
        return sorted(needed)
