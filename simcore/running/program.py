"""Cut from a plan's graph what some of its cells need, as the flat arrays that the kernels run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simcore.kernels.operations import BLOCK, SCRATCH, code_of
from simcore.kernels.streams import SHOCK
from simcore.model.graph import OUTPUT, Graph, Node
from simcore.plan import LAST_YEAR, Plan
from simcore.running.mapped import Memory, mapped

if TYPE_CHECKING:
    from simcore.kernels.tape import Program, Tape


@dataclass(frozen=True)
class Request:
    """A row to hand out.

    Attributes
    ----------
    node : int
    years : tuple of int
        Years wanted, one output row each; empty: the value after the last year.
    first_year, last_year : int
        Earlier and later years are undefined.
    static : bool
        A value per draw that is known before the first year (an input).
    """

    node: int
    years: tuple[int, ...]
    first_year: int = 0
    last_year: int = LAST_YEAR
    static: bool = False

    @property
    def rows(self) -> int:
        """Number of output rows."""
        return max(1, len(self.years))


@dataclass(frozen=True)
class Recall:
    """Prices that systems make, kept from one pass over the draws to the next: they are dear.

    Attributes
    ----------
    places : dict of int to int
        Line of `values` by node.
    values : ndarray, shape (nodes, years, draws)
        By simulated year, draws in whole blocks; -1: not made yet. What of a block is made counts
        once its last year is.
    memory : Memory, optional
        Where other processes find the values.
    """

    places: dict[int, int]
    values: np.ndarray
    memory: Memory | None = None

    @classmethod
    def of(cls, plan: Plan, most: int, *, is_mapped: bool = False) -> Recall:
        """Room for at most so many values: for all such prices, or for none.

        Other processes write to the same room where it `is_mapped`.
        """
        made = _remembered(plan)
        if not cls.fits(plan, most):
            return cls({}, np.empty((0, 0, 0)))
        shape = _room(plan, made)
        places = {n: place for place, n in enumerate(made)}
        if not (is_mapped and made):
            return cls(places, np.full(shape, -1.0))
        memory = Memory(int(np.prod(shape)))
        memory.values[:] = -1.0
        return cls(places, memory.values.reshape(shape), memory)

    @staticmethod
    def fits(plan: Plan, most: int) -> bool:
        """Whether all such prices are no more values than these."""
        return int(np.prod(_room(plan, _remembered(plan)))) <= most

    def __reduce__(self) -> tuple[Any, ...]:
        address = None if self.memory is None else self.memory.address
        return _recalled, (self.places, self.values.shape, address)


def _remembered(plan: Plan) -> list[int]:
    """Nodes of prices that systems make."""
    nodes = plan.graph.nodes
    # Who reads other outputs than the price needs the system itself.
    read = {node.inputs[0] for node in nodes if node.operation == OUTPUT}
    return [n for n, node in enumerate(nodes)
            if node.operation == "CAP_AND_BANK" and n not in read]  # fmt: skip


def _room(plan: Plan, made: Sequence[int]) -> tuple[int, int, int]:
    """Nodes, simulated years, and draws in whole blocks."""
    return len(made), plan.years[-1] - plan.start + 1, -(-plan.draws // BLOCK) * BLOCK


def _recalled(places: dict[int, int], shape: tuple[int, ...], address: str | None) -> Recall:
    """The same in another process; nothing where it cannot reach the values."""
    values = None if address is None else mapped(address)
    if values is None:
        return Recall({}, np.empty((0, 0, 0)))
    return Recall(places, values.reshape(shape))


def compile_program(
    plan: Plan, requests: Sequence[Request], *, recall: Recall | None = None
) -> tuple[Program, np.ndarray]:
    """Build the program that computes the requested rows, in the order of the requests.

    With `recall` it keeps there what it makes, and takes from there what is made; the first run of
    any draw must then be one of all years.

    Returns
    -------
    Program
        Its output rows stand in the order in which they are made.
    ndarray of int64
        Output row of each requested row, one request after the other; -1 where undefined.
    """
    from simcore.kernels.dispatch import entries
    from simcore.kernels.tape import Program

    graph = plan.graph
    order = _reading_order(graph, [request.node for request in requests])
    nodes = [(number, graph.nodes[number]) for number in order]
    run = [(n, node) for n, node in nodes if node.operation not in (None, OUTPUT)]
    static = [(n, node) for n, node in run if not node.yearly]
    yearly = [(n, node) for n, node in run if node.yearly]
    before = _before_the_horizon(dict(yearly))
    moving = [pair for pair in yearly if pair[0] in before]
    tape = moving + [pair for pair in yearly if pair[0] not in before]
    if plan.experiment.design == "sobol_bridge":
        tape = _bridged(plan, tape)
    lasting = [n for n, node in nodes if not node.yearly or node.keeps is not None]
    row = {number: SCRATCH + position for position, number in enumerate(lasting)}
    free = SCRATCH + len(row)
    states: list[tuple[int, float]] = []
    extra: dict[int, list[int]] = {}
    for n, node in tape:
        if node.keeps is not None:
            states.append((row[n], node.keeps))
        extra[n] = list(range(free, free + len(node.state)))
        states += zip(extra[n], node.state, strict=True)
        free += len(node.state)
    row |= {n: extra[node.inputs[0]][int(node.numbers[0])]
            for n, node in nodes if node.operation == OUTPUT}  # fmt: skip
    constants = [(row[n], node.numbers[0]) for n, node in nodes if node.operation is None]
    free = _give_rows(tape, row, free)
    at, after, rows, outputs = _emissions(plan, requests, row, static, tape)
    program = Program(
        rows=free,
        constant_rows=np.array([r for r, _ in constants], dtype=np.int64),
        constants=np.array([value for _, value in constants], dtype=float),
        state_rows=np.array([r for r, _ in states], dtype=np.int64),
        states=np.array([value for _, value in states], dtype=float),
        first_year=plan.start,
        years=plan.years[-1] - plan.start + 1,
        lead=plan.years[0] - plan.start,
        price_operations=len(moving),
        entries=entries({node.operation for _, node in [*static, *tape] if node.operation}),
        static=_tape(plan, static, row, extra, None),
        yearly=_tape(plan, tape, row, extra, recall),
        output_at=at,
        output_after=after,
        output_rows=rows,
    )
    return program, outputs


def operations_of(plan: Plan) -> set[str]:
    """Operations that the cells of a plan need."""
    order = _reading_order(plan.graph, [cell.node for cell in plan.cells])
    found = {plan.graph.nodes[number].operation for number in order} - {None, OUTPUT}
    if plan.experiment.design == "sobol_bridge" and "NORMAL" in found:
        found.add("BRIDGED")
    return {name for name in found if name}


def _before_the_horizon(yearly: dict[int, Node]) -> set[int]:
    """What must run in the years before the horizon: all that carries a state from year to year
    besides its own row, and what that reads."""
    found: set[int] = set()
    pending = [n for n, node in yearly.items() if node.state]
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += [one for one in yearly[number].inputs if one in yearly]
    return found


def _bridged(plan: Plan, tape: list[tuple[int, Node]]) -> list[tuple[int, Node]]:
    """The yearly nodes, those of path shocks with the numbers of a bridge and rows for them."""
    from simcore.kernels.bridge import bridge_table

    table = bridge_table(plan.start, plan.years[0], plan.years[-1])
    rows = (0.0,) * (table.shape[1] // 2)
    return [
        (n, node._replace(operation="BRIDGED", table=table, state=rows))
        if node.operation == "NORMAL" and node.stream and node.stream.role == SHOCK
        else (n, node)
        for n, node in tape
    ]


def restrict_outputs(program: Program, first: int, last: int) -> Program:
    """The program that hands out only the output rows first..last-1, and ends with their years."""
    at = np.clip(program.output_at, first, last)
    lines = np.flatnonzero(np.diff(at))
    return program._replace(output_at=at, years=int(lines[-1]) if lines.size else 0)


def drop_operation(program: Program, operation: str) -> Program:
    """The program without an operation whose results no other reads and no one asks for."""
    code = program.yearly.code
    skipped = np.where(code == code_of(operation), code_of("NOTHING"), code)
    return program._replace(yearly=program.yearly._replace(code=skipped))


def _reading_order(graph: Graph, wanted: Sequence[int]) -> list[int]:
    """The wanted nodes and all that they read, each just before it is first needed."""
    order: dict[int, None] = {}
    for root in wanted:
        pending = [(root, False)]
        while pending:
            number, ready = pending.pop()
            if number in order:
                continue
            if ready:
                order[number] = None
                continue
            pending.append((number, True))
            pending += [(one, False) for one in reversed(graph.nodes[number].inputs)]
    return list(order)


def _give_rows(tape: list[tuple[int, Node]], row: dict[int, int], free: int) -> int:
    """Give each yearly node a row that none needs any more, the last one left first.

    The fewer rows a year touches, the more of them stay in the caches. Returns the number of rows.
    """
    last_read = {n: position for position, (n, _) in enumerate(tape)}
    for position, (_, node) in enumerate(tape):
        last_read.update((one, position) for one in node.inputs if one in last_read)
    leaving: dict[int, list[int]] = {}
    for n, position in last_read.items():
        if n not in row:
            leaving.setdefault(position, []).append(n)
    left: list[int] = []
    for position, (n, _) in enumerate(tape):
        if n not in row:
            if left:
                row[n] = left.pop()
            else:
                row[n], free = free, free + 1
        left += [row[one] for one in leaving.get(position, ())]
    return free


def _emissions(
    plan: Plan,
    requests: Sequence[Request],
    row: dict[int, int],
    static: list[tuple[int, Node]],
    tape: list[tuple[int, Node]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows to hand out by line (the static stage, then each simulated year) and operation.

    Returns where each line begins, the operation and the row of each, and `outputs` of the program.
    """
    last = plan.years[-1]
    at_static = {n: position for position, (n, _) in enumerate(static)}
    at_yearly = {n: position for position, (n, _) in enumerate(tape)}
    for request in requests:
        node = plan.graph.nodes[request.node]
        if node.operation == OUTPUT:
            at_yearly[request.node] = at_yearly[node.inputs[0]]
    lines: list[list[tuple[int, int, int]]] = [[] for _ in range(last - plan.start + 2)]
    asked = 0
    for request in requests:
        number = request.node
        after = (at_static if request.static else at_yearly).get(number, -1)
        if request.static:
            lines[0].append((after, row[number], asked))
        elif not request.years and request.first_year <= last:
            lines[-1].append((after, row[number], asked))
        for position, year in enumerate(request.years):
            if request.first_year <= year <= request.last_year:
                lines[year - plan.start + 1].append((after, row[number], asked + position))
        asked += request.rows
    at = np.cumsum([0, *map(len, lines)]).astype(np.int64)
    flat = [entry for line in lines for entry in sorted(line)]
    operations, rows, where = np.array(flat, dtype=np.int64).reshape(-1, 3).T
    outputs = np.full(asked, -1, dtype=np.int64)
    outputs[where] = np.arange(len(flat))
    return at, np.ascontiguousarray(operations), np.ascontiguousarray(rows), outputs


def _tape(
    plan: Plan, nodes: list[tuple[int, Node]], row: dict[int, int], extra: dict[int, list[int]],
    recall: Recall | None,
) -> Tape:  # fmt: skip
    from simcore.kernels.designs import DESIGNS
    from simcore.kernels.random import stream_key
    from simcore.kernels.tape import Tape

    inputs: list[int] = []
    numbers: list[float] = []
    tables: list[np.ndarray] = []
    columns: list[int] = []
    inputs_at, numbers_at, table_at = [0], [0], [0]
    keys = np.zeros((len(nodes), 4), dtype=np.uint64)
    dimensions = np.zeros(len(nodes), dtype=np.int64)
    experiment = plan.experiment
    for position, (n, node) in enumerate(nodes):
        inputs += [row[one] for one in node.inputs] + extra.get(n, [])
        numbers += node.numbers
        if node.table is not None:
            tables.append(node.table.ravel())
        inputs_at.append(len(inputs))
        numbers_at.append(len(numbers))
        table_at.append(table_at[-1] + (0 if node.table is None else node.table.size))
        columns.append(0 if node.table is None else node.table[:1].size)
        if node.stream is not None:
            group, dimensions[position] = node.stream.family
            keys[position, :2] = stream_key(experiment.seed, node.stream.name)
            keys[position, 2:] = stream_key(experiment.seed, group)
    return Tape(
        code=np.array(
            [code_of(node.operation) for _, node in nodes if node.operation], dtype=np.int64
        ),
        out=np.array([row[n] for n, _ in nodes], dtype=np.int64),
        inputs_at=np.array(inputs_at, dtype=np.int64),
        inputs=np.array(inputs, dtype=np.int64),
        numbers_at=np.array(numbers_at, dtype=np.int64),
        numbers=np.array(numbers, dtype=float),
        table_at=np.array(table_at, dtype=np.int64),
        table=np.concatenate(tables) if tables else np.empty(0),
        columns=np.array(columns, dtype=np.int64),
        keys=keys,
        dimensions=dimensions,
        design=(DESIGNS[experiment.design], plan.draws, experiment.replicates),
        recalled_at=np.array(
            [-1 if recall is None else recall.places.get(n, -1) for n, _ in nodes], dtype=np.int64
        ),
        recalled=np.empty((0, 0, 0)) if recall is None else recall.values,
    )
