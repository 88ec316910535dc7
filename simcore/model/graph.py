"""The model as a graph of rows: each distinct row stands once, however often it is asked for.

A plan adds nodes; what coincides (two scenarios with the same price, an EU plant that sells to
the EU) gets the same node and so is computed once. A program is cut from the graph by asking for
some of its nodes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.kernels.operations import OPERATIONS, Operation
from simcore.kernels.streams import Stream

OUTPUT: Final = "OUTPUT"
"""In place of an operation: another row that the operation of its only input writes."""


class Node(NamedTuple):
    """One row of the model.

    Attributes
    ----------
    operation : str or None
        Name in the table of operations, or OUTPUT; None for a constant, whose value is
        `numbers[0]`.
    inputs : tuple of int
        Nodes read.
    numbers : tuple of float
        Constants of the operation; of an OUTPUT its place among the carried rows.
    table : ndarray of float64 or None
        One line per simulated year, or the pool of a marginal.
    stream : Stream or None
        Of random numbers.
    yearly : bool
        Whether the row changes from year to year.
    state : tuple of float
        Starting values of the rows that the operation carries beside its own.
    keeps : float or None
        Start of its own row, where that is carried from year to year.
    """

    operation: str | None
    inputs: tuple[int, ...] = ()
    numbers: tuple[float, ...] = ()
    table: np.ndarray | None = None
    stream: Stream | None = None
    yearly: bool = False
    state: tuple[float, ...] = ()
    keeps: float | None = None


@dataclass
class Graph:
    """Nodes in the order they were added; inputs always precede what reads them.

    Attributes
    ----------
    nodes : list of Node
    known : dict
        Number of the node of each content.
    """

    nodes: list[Node] = field(default_factory=list)
    known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def node(
        self, operation: str, *, stream: Stream | None = None, yearly: bool = False, **stated: Any
    ) -> int:  # fmt: skip
        """Number of the node of an operation, added if it is new.

        Parameters
        ----------
        operation : str
            Name in `kernels.operations`, which also names what is to be stated.
        stream : Stream, optional
            Of its random numbers.
        yearly : bool
            Whether the row changes from year to year though no input does.
        **stated
            Inputs (numbers of nodes), numbers, columns (a value, or one per year) or the pool,
            and the start of states that have none. A sequence where the table says `...`.

        Raises
        ------
        TypeError
            The table has no such operation, or it takes other names.
        """
        entry = OPERATIONS.get(operation)
        if entry is None:
            raise TypeError(f"graph: no operation {operation!r}; declare it in kernels.operations")
        if stated.keys() != entry.names or (stream is not None) != entry.random:
            raise TypeError(_misnamed(entry, stated, stream))
        inputs = tuple(_each(entry.inputs, stated))
        table, starts = None, tuple[float, ...]()
        if entry.pool:
            table = np.asarray(stated[entry.pool], dtype=float)
        elif entry.columns:
            columns = np.broadcast_arrays(*_each(entry.columns, stated))
            table = np.stack(columns, axis=1).astype(float)
        if entry.carried:
            starts = tuple(
                float(stated[name] if start is None else start)
                for name, start in entry.states.items()
            ) + (np.nan,) * (len(entry.carried) - len(entry.states))  # fmt: skip
        yearly = yearly or entry.changes
        for one in inputs:
            yearly = yearly or self.nodes[one].yearly
        return self._known(
            operation, inputs, tuple(map(float, _each(entry.numbers, stated))), table,
            stream, yearly, starts, entry.keeps,
        )  # fmt: skip

    def output(self, node: int, name: str) -> int:
        """Node of another row that the operation of a node writes, by its name in the table.

        Raises
        ------
        TypeError
            It writes no such row.
        """
        operation = self.nodes[node].operation
        entry = OPERATIONS.get(operation or "")
        if entry is None or name not in entry.outputs:
            raise TypeError(f"graph: {operation} has no output {name!r}")
        if name == entry.outputs[0]:
            return node
        place = float(entry.carried.index(name))
        return self._known(OUTPUT, (node,), (place,), yearly=self.nodes[node].yearly)

    def _known(
        self,
        operation: str | None,
        inputs: tuple[int, ...] = (),
        numbers: tuple[float, ...] = (),
        table: np.ndarray | None = None,
        stream: Stream | None = None,
        yearly: bool = False,
        state: tuple[float, ...] = (),
        keeps: float | None = None,
    ) -> int:
        key = (
            operation, inputs, numbers, stream, yearly,
            repr((state, keeps)) if state else keeps,
            None if table is None else (table.shape, table.tobytes()),
        )  # fmt: skip
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = len(self.nodes)
            self.nodes.append(Node(operation, inputs, numbers, table, stream, yearly, state, keeps))
        return found

    def in_year(self, node: int, line: int) -> int:
        """Node of the value that a node has in the year of a line of the tables, known in all.

        Raises
        ------
        TypeError
            It follows from what is only known when that year has come: states, or its own row.
        ValueError
            No year of the run has that line.
        """
        found = self.nodes[node]
        if not found.yearly:
            return node
        entry = OPERATIONS.get(found.operation or "")
        if entry is None or entry.yearly or entry.states or found.stream or found.keeps is not None:
            raise TypeError(f"graph: {found.operation} is not known before its year")
        if found.table is not None and not 0 <= line < len(found.table):
            raise ValueError(f"graph: {found.operation} has no line {line}")
        table = None if found.table is None else found.table[line : line + 1]
        inputs = tuple(self.in_year(one, line) for one in found.inputs)
        return self._known(found.operation, inputs, found.numbers, table)

    def constant(self, value: float) -> int:
        """Node of a number that is the same in every draw and year."""
        key = (float(value),)
        if key not in self.known:
            self.known[key] = self._known(None, numbers=key)
        return self.known[key]

    def is_constant(self, node: int, value: float) -> bool:
        """Whether a node is this constant."""
        return self.nodes[node].operation is None and self.nodes[node].numbers[0] == value

    def product(self, first: int, *others: int) -> int:
        """Node of a product, from the left."""
        for one in others:
            first = self.node("PRODUCT", a=first, b=one)
        return first

    def sum(self, a: int, b: int) -> int:
        """Node of a sum."""
        return self.node("SUM", a=a, b=b)

    def difference(self, a: int, b: int) -> int:
        """Node of a less b."""
        return self.node("DIFFERENCE", a=a, b=b)

    def plus(self, node: int, other: int) -> int:
        """Node of a sum where there is another; the node itself where that is zero."""
        return node if self.is_constant(other, 0.0) else self.sum(node, other)

    def less(self, node: int, other: int) -> int:
        """Node of a difference where there is another; the node itself where that is zero."""
        return node if self.is_constant(other, 0.0) else self.difference(node, other)

    def quotient(self, a: int, b: int) -> int:
        """Node of a over b."""
        return self.node("QUOTIENT", a=a, b=b)

    def scaled(self, node: int, scale: float) -> int:
        """Node of a row times a number."""
        return self.node("SCALED", a=node, scale=scale)

    def total(self, nodes: Iterable[int]) -> int:
        """Node of the sum of nodes from the left, a zero at its head left out; of none, zero."""
        found = self.constant(0.0)
        for one in nodes:
            found = one if self.is_constant(found, 0.0) else self.sum(found, one)
        return found

    def with_other(self, node: int, old: int, new: int) -> int:
        """Node of the same row where another one stands in the place of a node that it reads, or
        that is read behind it."""
        behind, made = self.closure([node]), {old: new}
        for number in sorted(behind - {old}):
            one = self.nodes[number]
            if any(each in made for each in one.inputs):
                inputs = tuple(made.get(each, each) for each in one.inputs)
                made[number] = self._known(
                    one.operation, inputs, one.numbers, one.table, one.stream, one.yearly,
                    one.state, one.keeps,
                )  # fmt: skip
        return made.get(node, node)

    def drawn(self) -> np.ndarray:
        """Whether each node follows from random numbers; of the others every draw is the same."""
        found = np.zeros(len(self.nodes), bool)
        for number, node in enumerate(self.nodes):
            found[number] = node.stream is not None or any(found[one] for one in node.inputs)
        return found

    def closure(self, wanted: Iterable[int]) -> set[int]:
        """The wanted nodes and all that they read."""
        needed = set(wanted)
        for number in range(max(needed, default=-1), -1, -1):
            if number in needed:
                needed.update(self.nodes[number].inputs)
        return needed


def _each(names: Iterable[str], stated: dict[str, Any]) -> list[Any]:
    """What is stated under names, in their order; a name with `...` stands for several."""
    if not names:
        return []
    found: list[Any] = []
    for name in names:
        if name in stated:
            found.append(stated[name])
        else:
            found.extend(stated[name.removesuffix("...")])
    return found


def _misnamed(entry: Operation, stated: dict[str, Any], stream: Stream | None) -> str:
    """What is wrong with the names of a call."""
    found = [f"lacks {one}" for one in sorted(entry.names - stated.keys())]
    found += [f"knows no {one}" for one in sorted(stated.keys() - entry.names)]
    if (stream is not None) != entry.random:
        found.append("needs a stream" if entry.random else "reads no stream")
    return f"graph: {entry.name} {', '.join(found)}; it takes {', '.join(sorted(entry.names))}"
