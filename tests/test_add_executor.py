"""An executor from outside: that of docs/extend.md, by its name, gives the bits of threads."""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import documents
import pytest
import yaml
from rich_config import rich_config

import simcore
from simcore import cli, dataset
from simcore.errors import ConfigError, WorkerError
from simcore.running import engine
from simcore.running.executors import EXECUTORS, Executor, executor_named
from simcore.running.jobs import Perform, Result, Task
from simcore.running.options import Options

KEPT = ["carbon_price", "cost_premium", "crossover_year", "cheapest_route", "viability", "inputs"]


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The executor of the page, registered while a test runs."""
    exec(compile(documents.recipe("executor", "python"), "extend.md", "exec"), {})
    yield
    del EXECUTORS["shuffled"]


def digest(config: dict[str, Any], **options: Any) -> str:
    return dataset.digest(engine.run(simcore.build(simcore.load(config)), **options))


@pytest.mark.long
@pytest.mark.parametrize("design", ["random", "sobol"])
def test_any_parts_in_any_order_have_the_same_bits(design):
    """Statistics, kept draws, intervals of replicates; parts of all sizes."""
    config = rich_config(
        draws=5000, keep=KEPT, design=design, regions=["XA"], routes=["blast", "hydrogen"],
        outcomes=[*KEPT[:-1], "viability_by_view", "project_npv"],
    )  # fmt: skip
    here = digest(config, threads=1)
    for part in (None, 1, 4, 64):
        made = digest(config, executor=executor_named("shuffled"), options=Options(part=part))
        assert made == here, part


@pytest.mark.parametrize(
    "options", [Options(items=60, collected=50_000, part=1), Options(bins=17, part=1)]
)
def test_parts_of_tiles_cut_otherwise_have_the_same_bits(options):
    config = rich_config(
        draws=1500, keep=["cost_premium"], regions=["XA"], outcomes=["cost_premium"]
    )
    here = digest(config, threads=2)
    assert digest(config, executor=executor_named("shuffled"), options=options) == here


def test_prices_of_a_system_are_solved_where_the_part_is_done():
    config = {
        "name": "elsewhere", "draws": 1500, "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"],
        "years": {"first": 2026, "last": 2032}, "keep": ["carbon_price"],
        "outcomes": ["carbon_price", "carbon_price_by_view", "viability_by_view"],
    }  # fmt: skip
    parts = digest(config, executor=executor_named("shuffled:4"), options=Options(part=1))
    assert parts == digest(config, threads=2)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_chaos_changes_nothing(seed):
    """Parts in any order, late, twice, and failing until they are done again, by several threads."""
    chance, failed = random.Random(seed), list[Any]()

    def chaos(perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        def done(task: Task, late: float, fails: bool) -> Result:
            time.sleep(late)
            result = pickle.loads(pickle.dumps(perform))(task)
            if fails:
                raise ConnectionError(task.part)
            return result

        with ThreadPoolExecutor(3) as pool:
            waiting = {}
            for task in [*chance.sample(tasks, len(tasks)), *chance.choices(tasks, k=3)]:
                late, fails = chance.uniform(0, 0.01), chance.random() < 0.4
                waiting[pool.submit(done, task, late, fails)] = task
            while waiting:
                for one in wait(waiting, return_when=FIRST_COMPLETED).done:
                    task = waiting.pop(one)
                    if one.exception() is None:
                        yield one.result()
                    else:
                        failed.append(task.part)
                        waiting[pool.submit(done, task, 0.0, chance.random() < 0.4)] = task

    config = rich_config(draws=5000, keep=["cost_premium", "inputs"], outcomes=["cost_premium"],
                         regions=["XA"], routes=["blast", "hydrogen"])  # fmt: skip
    here = digest(config, threads=1)
    other = Executor(chaos, parts=4, threads=1)
    assert digest(config, executor=other, options=Options(part=1)) == here
    assert failed


def test_a_lost_part_is_an_error_and_a_broken_one_shows():
    """The digests above are able to differ: every part counts, and what is in it."""

    def losing(perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        return map(perform, tasks[1:])

    def breaking(perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        for result in map(perform, tasks):
            yield result._replace(sums=result.sums * (1 + 1e-15))

    config = rich_config(draws=2000, outcomes=["cost_premium"], keep=[])
    with pytest.raises(WorkerError, match="0 of 1 parts"):
        digest(config, executor=Executor(losing))
    assert digest(config, executor=Executor(breaking)) != digest(config)


@pytest.mark.long
def test_until_and_the_command_line_take_it(tmp_path):
    """The same command with another executor writes the same run."""
    config = rich_config(draws=9000, outcomes=["cost_premium"], keep=[], regions=["XA"],
                         until="cost_premium.mean=3 EUR/t")  # fmt: skip
    file, found = tmp_path / "config.yaml", []
    file.write_text(yaml.safe_dump(config))
    for name in ("threads:2", "shuffled:3"):
        out = tmp_path / f"{name[:4]}.zarr"
        call = ["run", str(file), "--quiet", "--out", str(out), "--executor", name]
        assert cli.main(call) == 3  # all 9,000 draws do not reach it
        with dataset.open_run(out) as run:
            found.append((run.attrs["draws"], run.attrs["until_interval"], dataset.digest(run)))
    assert found[0] == found[1]
    assert found[0][0] > 4096


@pytest.mark.long
def test_questions_take_it_or_say_why_not(tmp_path, capsys):
    """What runs a config does it where it is told to; what is no run says so."""
    config = rich_config(draws=1024, outcomes=["cost_premium"], keep=[], regions=["XA"],
                         routes=["blast", "hydrogen"])  # fmt: skip
    file, said = tmp_path / "config.yaml", []
    file.write_text(yaml.safe_dump(config))
    place = ["--of", "cost_premium", "--at", "route=hydrogen,destination=domestic,year=2029",
             "--format", "csv"]  # fmt: skip
    for more in ([], ["--executor", "shuffled:2"]):
        for command in (["converge", "--design", "random"], ["tornado"]):
            assert cli.main([command[0], str(file), *command[1:], *place, *more]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and said[0].count("\n") > 10
    for command in ("sensitivity", "converge", "tornado"):
        of = ["--at", "year=2029"] if command == "sensitivity" else place[:4]
        assert cli.main([command, str(file), *of, "--executor", "folder:2"]) == 2
        assert "threads" in capsys.readouterr().err


def test_the_package_takes_its_name():
    config = rich_config(draws=600, outcomes=["cost_premium"], keep=[], regions=["XA"])
    named = simcore.run(config, executor="shuffled:2")
    assert dataset.digest(named) == dataset.digest(simcore.run(config, threads=2))


@pytest.mark.parametrize("name", ["shufled", "threads:0", "threads:many", "threads:", ""])
def test_an_unknown_executor_is_refused(name):
    with pytest.raises(ConfigError, match="shuffled"):
        executor_named(name)
