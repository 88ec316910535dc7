"""The commands `tornado`, `discover`, `converge` and `sensitivity --given` as a user types them."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import simcore

import simcore as package
from simcore.estimators.tree import best_leaf

CONFIG = """
extends: base
name: asked
seed: 7
draws: 1024
years: 2026-2032
regions: [EU]
destinations: [domestic]
routes: [bf_bof, h2_dri_eaf]
outcomes: [carbon_price, commodity_price, cost_premium, project_npv]
keep: [inputs, carbon_price, commodity_price, cost_premium]
scenarios: {law: law}
projects:
  plant: {title: A plant, region: EU, route: h2_dri_eaf, start: 2030, lifetime: 3, output: 2,
          against: bf_bof}
"""
AT = ("--at", "year=2030,route=h2_dri_eaf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("asked")
    (path / "asked.yaml").write_text(CONFIG, encoding="utf-8")
    simcore("run", "asked.yaml", "-o", "asked.zarr", "--quiet", cwd=path)
    return path


def test_tornado_of_a_config_has_both_readings(folder):
    done = simcore("tornado", "asked.yaml", "--of", "cost_premium", *AT, "-o", "bars.png",
                   cwd=folder)  # fmt: skip
    assert "central low" in done.stdout and "EU ETS allowance, 2030" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert (folder / "bars.png").stat().st_size > 20_000
    rows = list(csv.DictReader(io.StringIO(simcore(
        "tornado", "asked.zarr", "--of", "cost_premium", *AT, "--format", "csv", cwd=folder
    ).stdout)))  # fmt: skip
    assert len(rows) == 13 and rows[0]["input"] == "eu_ets" and rows[0]["central_low"] == ""
    assert rows[-1]["input"] == "others"


def test_tornado_of_what_a_config_does_not_keep(folder):
    told = json.loads(simcore("tornado", "asked.yaml", "--of", "project_npv", "--most", 3,
                              "--draws", 512, "--json", cwd=folder).stdout)  # fmt: skip
    assert told["at"] == {"scenario": "law", "project": "plant"} and len(told["rows"]) == 4
    assert told["rows"][0]["years"] == "2030-2032" and told["rows"][0]["central_low"] is not None


def test_discover_says_a_sentence(folder):
    done = simcore("discover", "asked.zarr", "--where", "cost_premium > 300", *AT, "--repeats", 5,
                   "-o", "where.svg", cwd=folder)  # fmt: skip
    assert "of the failures" in " ".join(done.stdout.split()) and "decision tree" in done.stdout
    assert "coverage" in (folder / "where.svg").read_text("utf-8")
    assert max(map(len, done.stdout.splitlines())) <= 100
    told = json.loads(simcore("discover", "asked.zarr", "--where", "cost_premium > 300", *AT,
                              "--repeats", 2, "--json", cwd=folder).stdout)  # fmt: skip
    assert told["path"][0]["coverage"] == 1.0 and {row["by"] for row in told["rows"]} == {
        "prim", "cart",
    }  # fmt: skip


def test_given_says_how_much_is_explained(folder):
    done = simcore("sensitivity", "asked.zarr", "--given", *AT, "--measures", "first", "pawn",
                   cwd=folder)  # fmt: skip
    assert "explain the answer" in " ".join(done.stdout.split()) and "a dummy input" in done.stdout
    told = json.loads(simcore("sensitivity", "asked.zarr", "--given", *AT, "--json",
                              cwd=folder).stdout)  # fmt: skip
    assert told["r2"] > 0.97 and told["r2_of_inputs_alone"] < 0.5
    assert told["rows"][0]["input"] == "eu_ets"


def test_converge_of_a_run_and_of_a_config(folder):
    done = simcore("converge", "asked.zarr", "--of", "cost_premium", *AT, cwd=folder)
    assert "1,024" in done.stdout and "slope" in done.stdout
    done = simcore("converge", "asked.yaml", "--of", "cost_premium", *AT, "--draws", 4096,
                   "--design", "random", "--design", "sobol", "-o", "error.png",
                   cwd=folder)  # fmt: skip
    assert "fewer than 2 blocks" in done.stdout and (folder / "error.png").exists()


def test_a_missed_until_ends_with_3_and_says_so_last(folder):
    wanted = ("--until", "cost_premium.mean=1EUR/t", "--design", "random")
    place = ("--at", "year=2030")
    done = simcore("converge", "asked.yaml", *wanted, *place, cwd=folder, code=3)
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("until cost_premium.mean: wanted 1, reached ")
    simcore("run", "asked.yaml", "--until", "cost_premium.mean=1EUR/t", "-o", "short.zarr",
            "--quiet", cwd=folder, code=3)  # fmt: skip
    done = simcore("converge", "short.zarr", *AT, cwd=folder, code=3)
    assert done.stdout.strip().splitlines()[-1].startswith("until cost_premium.mean: wanted 1")


def test_a_run_of_few_replicates_says_what_its_interval_is_worth(folder):
    done = simcore("run", "asked.yaml", "--draws", 1024, "--set", "design=sobol", "-o", "few.zarr",
                   cwd=folder)  # fmt: skip
    assert "with 3 degrees of freedom." in " ".join(done.stdout.split())
    assert "warning" in done.stderr


@pytest.mark.parametrize(("arguments", "word"), [
    (("tornado", "asked.zarr", "--of", "cost_premium", "--draws", "9"), "no --draws with a saved"),
    (("tornado", "asked.zarr", "--of", "cost_premum", *AT), "did you mean cost_premium"),
    (("tornado", "asked.zarr", "--of", "project_npv"), "add project_npv to keep"),
    (("tornado", "asked.yaml", "--of", "cost_premium", "-o", "bars.xlsx"), "-o bars.png"),
    (("discover", "asked.zarr", "--where", "cost_premium = ten", *AT), "OUTCOME SIGN NUMBER"),
    (("discover", "asked.zarr", "--where", "cost_premium < 1e9", *AT), "do not meet"),
    (("converge", "asked.yaml"), "name one: --of"),
    (("converge", "asked.zarr", "--of", "cost_premium", *AT, "--design", "sobol"), "--design"),
    (("sensitivity", "asked.yaml", "--given"), "simcore run FILE first"),
    (("sensitivity", "asked.yaml", "--measures", "pawn"), "add --given"),
    (("sensitivity", "asked.zarr", "--given", *AT, "--order", "second"), "--order"),
])  # fmt: skip
def test_faults_say_what_to_do(folder, arguments, word):
    done = simcore(*arguments, cwd=folder, code=2)
    assert word in done.stderr and "remedy" in done.stderr


def test_kinds_of_plot(folder):
    done = simcore("plot", "asked.zarr", "--kind", "tornado", "-o", "p", cwd=folder)
    assert {Path(one).name for one in done.stdout.split()} == {"tornado.png"}


def test_pictures_hold_their_words(folder):
    """No text outside the canvas, ticks, a unit on the axis."""
    from simcore.analysis.converge import of_run
    from simcore.analysis.discover import condition_of, discover
    from simcore.analysis.targets import target_of
    from simcore.analysis.tornado import tornado
    from simcore.plots import drivers

    run = package.open_run(folder / "asked.zarr").load()
    place = {"year": "2030", "route": "h2_dri_eaf"}
    target = target_of(run, "cost_premium", place)
    figures = [
        drivers.bars(tornado(run, target), "A title that is rather long " * 4),
        drivers.trajectory(
            discover(run, condition_of("cost_premium > 300"), at=place, repeats=2), "A title"
        ),
        drivers.falling(of_run(run, target, "mean"), "A title"),
    ]
    for figure in figures:
        figure.draw_without_rendering()
        whole = figure.bbox
        (axes,) = figure.axes
        texts = [*figure.texts, *axes.texts, *figure.legends[0].get_texts()]
        for text in (*texts, *axes.get_yticklabels()):
            box = text.get_window_extent()
            assert box.x0 >= whole.x0 - 1 and box.x1 <= whole.x1 + 1, text.get_text()
        assert len(axes.get_xticks()) >= 2 and axes.get_xlabel()
    assert "EUR/t" in figures[0].axes[0].get_xlabel() and "EUR/t" in figures[2].axes[0].get_ylabel()


def test_a_tree_finds_the_corner_or_says_nothing(monkeypatch):
    pytest.importorskip("sklearn")
    x = np.random.default_rng(1).random((4, 3000))
    kind = np.random.default_rng(2).integers(0, 3, 3000).astype(float)
    wanted = (x[1] < 0.3) & (kind == 2)
    leaf = best_leaf(np.vstack([x, kind]), wanted, numbers=[True] * 4 + [False])
    sides = {one.column: one for one in leaf}
    assert sides[1].high == pytest.approx(0.3, abs=0.01) and sides[4].classes == (2,)
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    assert best_leaf(x, wanted, numbers=[True] * 4) is None
