"""Cut from a plan's graph what some of its cells need, as the flat arrays that the kernels run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simcore.kernels.operations import Operation
from simcore.model.graph import Graph, Node
from simcore.plan import Plan

if TYPE_CHECKING:
    from simcore.kernels.simulate import Program, Tape

_SCRATCH = 2
"""Rows at the head of a block that hold a factor's uniforms and normals."""
_PRICES = (Operation.NORMAL, Operation.LINEAR, Operation.PATH)


@dataclass(frozen=True)
class Request:
    """A row to hand out.

    Attributes
    ----------
    node : int
    years : tuple of int
        Years wanted, one output row each; empty: the value after the last year.
    first_year : int
        Earlier years are undefined.
    static : bool
        A value per draw that is known before the first year (an input).
    """

    node: int
    years: tuple[int, ...]
    first_year: int = 0
    static: bool = False

    @property
    def rows(self) -> int:
        """Number of output rows."""
        return max(1, len(self.years))


def cut(plan: Plan, requests: Sequence[Request]) -> Program:
    """Build the program that computes the requested rows, in the order of the requests.

    Returns
    -------
    Program
        Its output rows are those of the requests, one after the other.
    """
    from simcore.kernels.simulate import Program

    graph = plan.graph
    order = graph.closure(request.node for request in requests)
    row = {number: _SCRATCH + position for position, number in enumerate(order)}
    nodes = [(number, graph.nodes[number]) for number in order]
    constants = [(row[n], node.numbers[0]) for n, node in nodes if node.operation is None]
    static = [(n, node) for n, node in nodes if node.operation is not None and not node.yearly]
    yearly = [(n, node) for n, node in nodes if node.operation is not None and node.yearly]
    moving = [pair for pair in yearly if _is_price(graph, pair[1])]
    rest = [pair for pair in yearly if not _is_price(graph, pair[1])]
    states: list[tuple[int, float]] = []
    extra: dict[int, list[int]] = {}
    free = _SCRATCH + len(order)
    for n, node in yearly:
        if node.keeps:
            states.append((row[n], node.state[0]))
            continue
        extra[n] = list(range(free, free + len(node.state)))
        states += zip(extra[n], node.state, strict=True)
        free += len(node.state)
    last = plan.years[-1]
    emit_at, emit_rows, emit_out = _emissions(requests, row, plan.start, last)
    return Program(
        rows=free,
        constant_rows=np.array([r for r, _ in constants], dtype=np.int64),
        constants=np.array([value for _, value in constants], dtype=float),
        state_rows=np.array([r for r, _ in states], dtype=np.int64),
        states=np.array([value for _, value in states], dtype=float),
        first_year=plan.start,
        years=last - plan.start + 1,
        lead=plan.years[0] - plan.start,
        price_operations=len(moving),
        static=_tape(plan, static, row, extra),
        yearly=_tape(plan, moving + rest, row, extra),
        emit_at=emit_at,
        emit_rows=emit_rows,
        emit_out=emit_out,
    )


def _is_price(graph: Graph, node: Node) -> bool:
    """Whether a yearly row belongs to the stage that moves the prices."""
    return node.operation in _PRICES


def _emissions(
    requests: Sequence[Request], row: dict[int, int], start: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows to hand out by line: the static stage, then each simulated year."""
    lines: list[list[tuple[int, int]]] = [[] for _ in range(last - start + 2)]
    out = 0
    for request in requests:
        if request.static:
            lines[0].append((row[request.node], out))
        elif not request.years:
            defined = request.first_year <= last
            lines[-1].append((row[request.node] if defined else -1, out))
        for position, year in enumerate(request.years):
            defined = year >= request.first_year
            lines[year - start + 1].append((row[request.node] if defined else -1, out + position))
        out += request.rows
    at = np.cumsum([0, *map(len, lines)]).astype(np.int64)
    flat = np.array([pair for line in lines for pair in line], dtype=np.int64).reshape(-1, 2)
    return at, np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])


def _tape(
    plan: Plan, nodes: list[tuple[int, Node]], row: dict[int, int], extra: dict[int, list[int]]
) -> Tape:
    from simcore.kernels.designs import DESIGNS, family
    from simcore.kernels.random import stream_key
    from simcore.kernels.simulate import Tape

    inputs: list[int] = []
    numbers: list[float] = []
    tables: list[np.ndarray] = []
    inputs_at, numbers_at, table_at = [0], [0], [0]
    keys = np.zeros((len(nodes), 4), dtype=np.uint64)
    dimensions = np.zeros(len(nodes), dtype=np.int64)
    experiment = plan.experiment
    for position, (n, node) in enumerate(nodes):
        inputs += [row[one] for one in node.inputs] + extra.get(n, [])
        numbers += node.numbers
        if node.table is not None:
            tables.append(np.asarray(node.table, dtype=float).ravel())
        inputs_at.append(len(inputs))
        numbers_at.append(len(numbers))
        table_at.append(table_at[-1] + (0 if node.table is None else node.table.size))
        if node.stream:
            group, dimensions[position] = family(node.stream)
            keys[position, :2] = stream_key(experiment.seed, node.stream)
            keys[position, 2:] = stream_key(experiment.seed, group)
    return Tape(
        code=np.array(
            [int(node.operation) for _, node in nodes if node.operation is not None], dtype=np.int64
        ),
        out=np.array([row[n] for n, _ in nodes], dtype=np.int64),
        inputs_at=np.array(inputs_at, dtype=np.int64),
        inputs=np.array(inputs, dtype=np.int64),
        numbers_at=np.array(numbers_at, dtype=np.int64),
        numbers=np.array(numbers, dtype=float),
        table_at=np.array(table_at, dtype=np.int64),
        table=np.concatenate(tables) if tables else np.empty(0),
        keys=keys,
        dimensions=dimensions,
        design=(DESIGNS[experiment.design], experiment.draws, experiment.replicates),
    )
