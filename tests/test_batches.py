"""Sums as a tree over batches of draws: against plain loops, in any order, for any length of a run."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from rich_config import rich_config

import simcore
from simcore.kernels.operations import BLOCK
from simcore.running.batches import BATCH, Batch, Batches, Node, Tree
from simcore.running.compiled import Tile
from simcore.running.crew import Crew
from simcore.running.executors import Executor
from simcore.running.jobs import Job, Part, Result, Stage, Task
from simcore.running.options import Options, silent
from simcore.running.reduction import Team
from simcore.running.stages import Work

LENGTHS = [1, 255, 256, 1023, 1024, 1025, 4096, 7000, 20_000]


@pytest.mark.parametrize("replicates", [1, 3, 8])
@pytest.mark.parametrize("draws", LENGTHS)
def test_units_hold_each_block_of_their_replicate_once(draws, replicates):
    batches = Batches(draws, replicates)
    seen = []
    for batch in batches.within(0, batches.numbers):
        blocks = list(range(batch.first, batch.first + batch.draws, BLOCK * replicates))
        assert {block // BLOCK % replicates for block in blocks} == {batch.replicate}
        last = blocks[-1] + BLOCK
        assert batch.is_whole == (len(blocks) == BATCH and last <= draws)
        assert batches.begin(batch.number) <= batch.first < batches.begin(batch.number + 1)
        seen += blocks
    assert sorted(seen) == list(range(0, draws, BLOCK))


def values_of(batch: Batch) -> np.ndarray:
    """Sums of a batch, by its number, replicate and whether it is whole: all digits are taken."""
    known = np.random.default_rng([batch.number, batch.replicate, batch.is_whole])
    return known.lognormal(0, 4, (3, 4))


def folded(batches: list[Batch]) -> np.ndarray:
    """Plainly: the largest powers of two first, each halved down to its batches; then what is cut."""

    def node(some: list[Batch]) -> np.ndarray:
        half = len(some) // 2
        return values_of(some[0]) if not half else node(some[:half]) + node(some[half:])

    total, whole = np.zeros((3, 4)), [one for one in batches if one.is_whole]
    while whole:
        largest = 1 << (len(whole).bit_length() - 1)
        total, whole = total + node(whole[:largest]), whole[largest:]
    return total + sum((values_of(one) for one in batches if not one.is_whole), np.zeros((3, 4)))


@pytest.mark.parametrize("replicates", [1, 3])
@pytest.mark.parametrize("draws", LENGTHS)
def test_sums_are_those_of_the_plain_tree_in_any_order_and_any_parts(draws, replicates):
    batches, order = Batches(draws, replicates), random.Random(draws)
    every = batches.within(0, batches.numbers)
    right = [folded([u for u in every if u.replicate == r]) for r in range(replicates)]
    for parts in (1, 2, 5):
        edges = sorted({0, batches.numbers, *order.choices(range(batches.numbers), k=parts - 1)})
        made = []
        for first, last in zip(edges, edges[1:], strict=False):
            own, tree = batches.within(first, last), Tree()
            for batch in order.sample(own, len(own)):
                tree.add(Node.of(batch), values_of(batch))
            made.append(tree.nodes())
        order.shuffle(made)
        np.testing.assert_array_equal(Tree.joined(made).total(replicates), right)


def test_few_nodes_wait():
    """Batches in order leave a node for each binary digit."""
    tree, most = Tree(), 0
    for number in range(1000):
        tree.add(Node(0, 0, number), np.ones((1, 1)))
        most = max(most, len(tree.nodes()[0]))
    assert most <= 10
    assert tree.total(1).item() == 1000


def counted(draws: int, design: str, first: int = 0, last: int | None = None) -> Result:
    """The count stage of a small model, or of some of its batches."""
    config = rich_config(draws=draws, outcomes=["cost_premium"], keep=[], regions=["XA"],
                         routes=["blast", "hydrogen"], design=design)  # fmt: skip
    job = Job.of(simcore.build(simcore.load(config)), False, 2, Options())
    rows = Tile.of(job, 0).rows
    numbers = np.zeros((rows, 4))
    numbers[:, 0], numbers[:, 3] = 1.0, np.nan
    part = Part(0, Stage.COUNT, first, job.batches.numbers if last is None else last)
    return Work(job)(Task(part, numbers, np.full(rows, -1)))


@pytest.mark.parametrize("design", ["random", "sobol", "antithetic"])
def test_sums_of_whole_batches_are_those_of_a_longer_run(design):
    """What a run has added up is that of any longer one; only batches that it ends in are not."""
    size = 1024 if design == "random" else 8 * 1024
    short, longer = counted(3 * size + 300, design), counted(7 * size, design)
    whole = short.nodes[:, 1] >= 0
    assert set(short.nodes[whole, 1].tolist()) == {0, 1}
    assert not whole.all()
    more = counted(7 * size, design, first=3)
    parts = (short.nodes[whole], short.sums[whole]), (more.nodes, more.sums)
    both, alone = Tree.joined(parts), Tree.joined([(longer.nodes, longer.sums)])
    for found, right in zip(both.nodes(), alone.nodes(), strict=True):
        np.testing.assert_array_equal(found, right)


def test_a_part_done_twice_counts_once():
    """And a run of parts in any order, as `test_add_executor.py` has it, has the same bits."""
    config = rich_config(draws=5000, outcomes=["cost_premium"], keep=[], regions=["XA"],
                         routes=["blast", "hydrogen"])  # fmt: skip
    job = Job.of(simcore.build(simcore.load(config)), True, 1, Options(part=2))
    rows = Tile.of(job, 0).rows
    numbers = np.zeros((rows, 4))
    numbers[:, 0], numbers[:, 3] = 1.0, np.nan

    def twice(work: Any, tasks: Any) -> Any:
        return (work(task) for task in [*tasks, *tasks[::-1]])

    with Crew(1) as crew:
        found = []
        for run in (map, twice):
            team = Team(job, Executor(run, parts=4), crew)
            tile = Tile.of(job, 0)
            parts = team.parts(0, Stage.COUNT, tile)
            tasks = [Task(part, numbers, np.full(rows, -1)) for part in parts]
            assert len(tasks) == 3
            result = team.results(tasks, tile, silent)
            found.append(Tree.joined([(result.nodes, result.sums)]).total(1))
    np.testing.assert_array_equal(*found)
    assert found[0][0, :, 0].max() == 5000
