"""Memory that processes of a machine share: the same bits, nothing left half made, nothing left."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import simcore
from simcore import dataset
from simcore.running import engine, program, rooms, stages
from simcore.running.executors import Executor
from simcore.running.jobs import Part, Perform, Result, Stage, Task
from simcore.running.mapped import Memory, can_map, mapped
from simcore.running.merging import Collected
from simcore.running.options import Options
from simcore.running.program import Recall, Request
from simcore.running.rows import draws_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="known to Linux alone")

CONFIG = {
    "name": "mapped", "draws": 6000, "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"],
    "years": {"first": 2026, "last": 2030}, "outcomes": ["cost_premium", "carbon_price"],
    "keep": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(CONFIG))


@pytest.fixture(scope="module")
def here(plan) -> str:
    return dataset.digest(engine.run(plan, threads=1))


def made_apart(plan: Any) -> tuple[str, list[Result], Any]:
    """Digest of a run whose work is pickled as it is for a process, its results, and the work."""
    found: list[Result] = []
    works: list[Any] = []

    def run(perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        work = pickle.loads(pickle.dumps(perform))
        works.append(work)
        for task in reversed(tasks):
            found.append(pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(task))))))
            yield found[-1]

    options = Options(part=2)
    made = engine.run(plan, executor=Executor(run, maps_memory=True), options=options)
    return dataset.digest(made), found, works[-1]


def test_a_part_of_a_memory_is_mapped_where_it_lies():
    """Also where it does not begin with a page, or fill one."""
    memory = Memory(5000)
    for first, values in ((0, 3), (3, 1020), (1023, 2977), (4990, 10)):
        part = mapped(memory.address, first, values)
        assert part is not None and part.shape == (values,)
        part[:] = np.arange(first, first + values)
    written = [*range(4000), *[0] * 990, *range(4990, 5000)]
    assert memory.values.tolist() == written


def test_values_are_written_in_their_place_and_prices_remembered(plan, here, monkeypatch):
    monkeypatch.setattr(rooms, "_MOST_ROOM", 100)
    digest, results, work = made_apart(plan)
    assert digest == here
    collected = [one for one in results if one.part.stage is Stage.COLLECT]
    assert len(collected) > 1
    assert all(one.values.size == 0 for one in collected)
    # Each price of a system has been made, and seen there.
    assert work.recall.places
    assert not (work.recall.values == -1.0).any()


def test_what_cannot_be_mapped_is_sent(plan, here, monkeypatch):
    for module in (stages, program):
        monkeypatch.setattr(module, "mapped", lambda address: None)
    digest, results, work = made_apart(plan)
    assert digest == here
    assert sum(one.values.size for one in results) > 0
    assert not work.recall.places


def test_a_block_that_was_left_half_made_is_made_again(plan):
    """The bank of the year after would be missing, also where but one lane of a year is."""
    recall = Recall.of(plan, 10**9, is_mapped=True)
    (node, place), *_ = recall.places.items()
    requests = [Request(node, tuple(plan.years), plan.years[0])]
    first = draws_of(plan, requests, 512, threads=1, recall=recall)
    made = recall.values[place, :, :512].copy()
    recall.values[place, :-1, :256] = 7.0
    recall.values[place, -1, 3] = -1.0
    np.testing.assert_array_equal(draws_of(plan, requests, 512, threads=1, recall=recall), first)
    np.testing.assert_array_equal(recall.values[place, :, :512], made)
    # What is whole is believed.
    recall.values[place, :, 256:512] = 7.0
    assert (
        draws_of(plan, requests, 512, threads=1, recall=recall)[:, 256:] != first[:, 256:]
    ).any()


def test_memory_is_gone_with_who_made_it():
    assert can_map()
    memory = Memory(3)
    seen = mapped(memory.address)
    assert seen is not None
    seen[1] = 5.0
    values, address = memory.values, memory.address
    assert values.tolist()[:3] == [0.0, 5.0, 0.0]
    del memory
    assert mapped(address) is None
    # Who sees it may look on.
    assert values[1] == seen[1] == 5.0


def test_values_sent_and_values_in_place_are_put_together():
    """So is a run that goes on from what was kept."""
    from simcore.kernels import sinks
    from simcore.kernels.intervals import Tally

    arena, merged = np.arange(10.0), Collected()
    for k, (values, start) in enumerate([(arena, 4), (np.array([-1.0, -2.0]), 0), (arena, 7)]):
        places = np.zeros((1, 1, 5), np.int64)
        places[:, :, sinks.START], places[:, :, sinks.FILLED] = start, 2
        part = Part(0, Stage.COLLECT, k, k + 1)
        merged.add(Result(part, (), values=values, places=places, tally=Tally.of(0, 1, 1, 1)))
    whole = merged.result(Part(0, Stage.COLLECT, 0, 3))
    starts = whole.places[:, 0, sinks.START]
    assert [whole.values[at : at + 2].tolist() for at in starts] == [[4, 5], [-1, -2], [7, 8]]
    assert whole.values.size == 12
