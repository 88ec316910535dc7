"""Parts of a run on workers of a dask cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from strange_work import CONFIG, Dying, Rounding, counting, made

import simcore
from simcore import dataset
from simcore.errors import ConfigError, WorkerError
from simcore.running import engine
from simcore.running.executors import Executor, dask_workers, executor_named


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(CONFIG))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster that runs already."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as made:
        yield made


@pytest.fixture
def workers(cluster: Any) -> Iterator[Executor]:
    with executor_named(f"dask:{cluster.scheduler_address}") as made:
        yield made


def test_without_dask_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"pip install 'simcore\[cluster\]'"):
        executor_named("dask:2")


@pytest.mark.parametrize("name", ["dask:somewhere", "dask:0"])
def test_what_is_no_address_is_refused(name):
    with pytest.raises(ConfigError, match="dask:tcp://host:8786"):
        executor_named(name)


@pytest.mark.long
def test_a_cluster_gives_the_bits_of_threads(plan, workers, cluster):
    here = dataset.digest(engine.run(plan, threads=2))
    assert workers.parts == 2 and workers.workers == "2 dask workers"
    assert dataset.digest(engine.run(plan, executor=workers)) == here
    assert dataset.digest(simcore.run(CONFIG, executor="dask:1")) == here
    # It is not ended with the runs of others.
    assert len(cluster.scheduler_info["workers"]) == 2


@pytest.mark.slow
def test_a_part_of_a_worker_that_dies_is_done_again(plan, workers, tmp_path):
    work, asked = counting(plan)
    found = made(workers.run(Dying(work.job, tmp_path / "died"), asked))
    assert (tmp_path / "died").exists()
    assert found == made(map(work, asked))


@pytest.mark.long
def test_a_worker_that_would_make_other_bits_is_refused_by_name(plan, workers):
    work, asked = counting(plan)
    with pytest.raises(WorkerError, match=r"worker .*, process \d+\n.*first 256 draws"):
        list(workers.run(Rounding(work.job, os.getpid()), asked))


@pytest.mark.long
def test_where_nobody_answers_it_is_said(monkeypatch):
    monkeypatch.setattr(dask_workers, "_SECONDS", 1)
    with pytest.raises(ConfigError, match="nobody answers at tcp://127"):
        executor_named("dask:tcp://127.0.0.1:9")
