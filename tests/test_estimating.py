"""What `run --dry-run` says of a run, beside what the run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich_config import rich_config
from small_config import small_config

import simcore
from simcore import cli, dataset
from simcore.running import engine, estimating, reduction, tiles
from simcore.running.executors import Executor, on_threads
from simcore.running.items import items_of, rows_of

CONFIG = small_config(draws=600, keep=["cost_premium"])


def plan_of(**changes: Any) -> Any:
    return simcore.build(simcore.load(CONFIG | changes))


@pytest.mark.parametrize("draws", [600, 140_000])
def test_files_are_those_of_the_run(tmp_path: Path, draws: int) -> None:
    plan, out = plan_of(draws=draws), tmp_path / "run.zarr"
    said = estimating.estimate(plan, on_threads(2), out=out)["files"]
    engine.execute(plan, out=out, threads=2)
    found = sum(one.is_file() for one in out.rglob("*"))
    assert 0.9 * found <= said <= 1.1 * found
    assert estimating.estimate(plan, on_threads(2), out=out.with_suffix(".nc"))["files"] == 1


def test_time_follows_from_that_of_a_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted once, and of each group of rows a fifth of what collecting takes, besides the rest."""
    monkeypatch.setattr(estimating, "_seconds_of_draws", lambda _, own: ([1e-3] * len(own), True))
    monkeypatch.setattr(estimating, "_FEW", 1)
    few = estimating.estimate(plan_of(), on_threads(1))
    assert (few["tiles"], few["passes"], few["parts"]) == (1, 2, 2)
    assert few["core_hours"] == pytest.approx(600 * 1.9e-3 / 3600, abs=1e-4)
    many = estimating.estimate(plan_of(draws=10**9, keep=[], memory=340), on_threads(1))
    groups = many["passes"] - 1
    assert groups >= 3 and many["tiles"] == 1
    hours = 1e6 * (1 + 0.9 * (0.8 + 0.2 * groups)) / 3600
    assert many["core_hours"] == pytest.approx(hours, rel=1e-6)
    assert many["seconds"] == pytest.approx(3600 * hours, rel=1e-3)
    assert many["enough"]["passes"] < many["passes"]
    # With that memory there are so many passes, with half of it more.
    for share, more in ((1, 0), (2, 1)):
        wider = plan_of(draws=10**9, keep=[], memory=many["enough"]["memory"] // share)
        found = estimating.estimate(wider, on_threads(1))["passes"]
        assert found >= many["enough"]["passes"] + more
        assert more or found == many["enough"]["passes"]


def test_groups_are_about_those_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    config = rich_config(draws=5000, keep=[], outcomes=["cost_premium", "carbon_price"])
    plan, met, plain = simcore.build(simcore.load(config)), [0], reduction.groups_of_rows
    for module in (estimating, reduction, tiles):
        monkeypatch.setattr(module, "collected_values", lambda *_: 5000)

    def counted(room: Any, most: int) -> Any:
        found = plain(room, most)
        met[0] += len(found)
        return found

    monkeypatch.setattr(reduction, "groups_of_rows", counted)
    said = estimating.estimate(plan, on_threads(2))
    digest = dataset.digest(engine.run(plan, threads=2))
    found = said["passes"] - said["tiles"]
    assert found > 1
    assert 0.4 * met[0] <= found <= 2.5 * met[0]
    # However few rows a tile has, the bits are the same.
    monkeypatch.setattr(tiles, "rows_of_tile", lambda *_: 400)
    assert dataset.digest(engine.run(plan, threads=2)) == digest


@pytest.mark.long
@pytest.mark.parametrize("draws", [10**5, 10**7, 10**9])
@pytest.mark.parametrize("memory", [400, 1000, 16_000])
def test_tiles_are_cut_for_the_fewest_passes(draws: int, memory: int) -> None:
    config = rich_config(draws=draws, keep=[]) | {"memory": memory}
    plan = simcore.build(simcore.load(config))
    items = items_of(plan)
    rows, chosen = rows_of(items), tiles.rows_of_tile(plan, items, 2)
    passes = tiles.passes_of(plan, rows, chosen, 2)
    for most in (rows, rows // 2 + 1, rows // 7 + 1):
        size = sum(tiles.bytes_of(plan, tiles._PLAIN, item, 2) for item in items) / rows
        if most * size <= 1e6 * (memory - tiles.OVERHEAD) / 2:
            assert passes <= 1.3 * tiles.passes_of(plan, rows, most, 2) + 1


def test_workers_have_memory_of_their_own() -> None:
    one, four = (
        estimating.estimate(
            plan_of(draws=10**8, keep=[]),
            Executor(map, parts=3, threads=threads, workers="3 processes"),
        )
        for threads in (1, 4)
    )
    # Each thread counts by itself.
    assert tiles.OVERHEAD < one["worker_mb"] < four["worker_mb"] < four["memory_mb"]
    assert one["parts"] > 3
    assert estimating.estimate(plan_of(), on_threads(1))["worker_mb"] == 0


def test_the_command_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(estimating, "_FEW", 1)
    path, asked = tmp_path / "mine.yaml", ["--dry-run", "--draws", "1000000000"]
    path.write_text(json.dumps(CONFIG | {"keep": []}))
    assert cli.main(["run", str(path), *asked, "--threads", "2"]) == 0
    said = capsys.readouterr().out
    assert "with 2 threads" in said and "passes over the draws" in said
    assert cli.main(["run", str(path), *asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["core_hours"] > 0.01
    assert [one.name for one in tmp_path.iterdir()] == ["mine.yaml"]
