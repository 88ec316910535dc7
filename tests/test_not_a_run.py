"""Commands that are given something else than they read, or a place that takes nothing."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batteries import some
from small_config import small_config

import simcore
from simcore import cli
from simcore.dataset import indices
from simcore.errors import ConfigError, OutputError
from simcore.terminal.options import parser

CONFIG: dict[str, Any] = {
    "name": "small", "draws": 256, "years": {"first": 2029, "last": 2031}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["h2_dri_eaf", "scrap_eaf"],
    "outcomes": ["cost_premium", "carbon_value", "carbon_price"], "keep": ["cost_premium"],
}  # fmt: skip
OF = ["--of", "cost_premium"]
READS: dict[str, list[list[str]]] = {
    "summary": [["STUDY"]], "compare": [["STUDY"], ["RUN", "STUDY"]], "audit": [["STUDY"]],
    "export": [["STUDY", "-o", "new.nc"], ["STUDY", "--iamc", "new.csv"]], "validate": [["STUDY"]],
    "report": [["STUDY", "-o", "new.html"], ["RUN", "STUDY", "-o", "new.html"]],
    "extend": [["STUDY", "--draws", "512"]], "tornado": [["STUDY", *OF]], "deal": [["STUDY"]],
    "decide": [["STUDY"]],
    "discover": [["STUDY", "--where", "cost_premium < 0"]], "converge": [["STUDY", *OF]],
    "sensitivity": [["STUDY", "--given", *OF]],
}  # fmt: skip
"""Commands that read a run, and what they are given."""
READS_BOTH = {"plot", "digest", "verify"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run.zarr"
    simcore.run(CONFIG, out=out).close()
    return out


@pytest.fixture(scope="module")
def study(run: Path) -> Path:
    out = run.with_name("study.zarr")
    indices.save(a_study(), out)
    return out


def a_study() -> Any:
    share = indices.Measure(("scale", "group"), np.array([[0.25, 0.75]]))
    coords = {"scale": ("scale", ["rank"]), "group": ("group", ["prices", "policy"])}
    return indices.labelled({"cost_premium_first": share}, coords, {"draws": 256})


def test_every_command_that_reads_a_run_is_among_these() -> None:
    known = parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    reading = {
        name for name, one in known.items()
        if any("RUN" in str(action.metavar) for action in one._actions if not action.option_strings)
    }  # fmt: skip
    assert reading == {*READS, *READS_BOTH}


@pytest.mark.parametrize(
    ("command", "given"), [(name, one) for name, several in READS.items() for one in several]
)
def test_a_study_is_no_run(
    command: str, given: list[str], run: Path, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    places = {"STUDY": str(study), "RUN": str(run)}
    assert cli.main([command, *(places.get(one, one) for one in given)]) == 2
    told = capsys.readouterr()
    assert "indices of a sensitivity study, which hold no draws" in told.err
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_no_study_and_no_config(
    run: Path, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sensitivity", str(run)]) == 2
    assert "no sensitivity indices" in capsys.readouterr().err
    for place in (run, study):
        assert cli.main(["check", str(place)]) == 2
        assert "a saved run, or the indices of a study" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"), [("mine.yaml", "a config, which is not run yet"), ("mine.png", "a picture"),
                       ("page.html", "a page or table"), ("mine", "something else")],
)  # fmt: skip
def test_other_files_are_told_by_their_names(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("draws: 5")
    assert cli.main(["summary", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err


def test_an_error_of_a_command_is_no_damage_of_a_run_that_is_as_it_was_written(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("flue")

    monkeypatch.setattr("simcore.analysis.summarise", broken)
    assert cli.main(["summary", str(run)]) == 1
    assert "an error of simcore itself (KeyError: 'flue')" in capsys.readouterr().err
    monkeypatch.setattr("simcore.dataset.saved.attributes_of", lambda _: {})
    monkeypatch.setattr("simcore.dataset.saved.finished_run", Path)
    assert cli.main(["summary", str(run)]) == 2
    assert "all that simcore writes into a run" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["tornado", "discover", "sensitivity"])
def test_an_input_is_no_answer(command: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"discover": ["--where", "input < 0"], "sensitivity": ["--given", "--of", "input"]}
    assert cli.main([command, str(run), *asked.get(command, ["--of", "input"])]) == 2
    assert "an outcome, which follows from the inputs" in capsys.readouterr().err


def test_a_place_is_named_once(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--at", "route=scrap_eaf", "--at", "route=h2_dri_eaf"]
    assert cli.main(["report", str(run), *asked]) == 2
    assert "route=scrap_eaf and route=h2_dri_eaf" in capsys.readouterr().err


def test_a_choice_of_a_grid_is_not_passed_over_for_a_scenario_of_its_name() -> None:
    config = small_config(scenarios={"law": {}}, grid={"policy": {"law": {"nothing": 5}}})
    with pytest.raises(ConfigError, match="cell of the grid"):
        simcore.load(config)


# --- places that take nothing --------------------------------------------------------------------


@contextlib.contextmanager
def little_room(size: int) -> Iterator[None]:
    """No file may be longer, as on a disk that fills up."""
    resource = pytest.importorskip("resource")
    before, writes = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    # Python takes what it could write of a compiled module for the whole of it.
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes


WRITES: dict[str, list[str]] = {
    "page": ["report", "RUN", "-o", "page.html"], "workbook": ["report", "RUN", "--xlsx", "a.xlsx"],
    "tables": ["report", "RUN", "--csv", "tables"], "netcdf": ["export", "RUN", "-o", "a.nc"],
    "iamc": ["export", "RUN", "--iamc", "a.csv"], "iamc sheet": ["export", "RUN", "--iamc", "a.xlsx"],
    "csv": ["summary", "RUN", "--format", "csv", "-o", "a.csv"],
    "picture": ["plot", "RUN", "--kind", "routes", "-o", "a.png"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "size"), some([(name, size) for size in (300, 0) for name in WRITES], each=3)
)
def test_a_disk_that_fills_up_is_said_and_leaves_nothing(
    name: str, size: int, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with little_room(size):
        status = cli.main([str(run) if one == "RUN" else one for one in WRITES[name]])
    told = capsys.readouterr()
    assert status == 2, told
    assert "File too large" in told.err and "remedy" in told.err
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("name", WRITES)
def test_a_place_below_a_file_is_said(
    name: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    given = [str(run) if one == "RUN" else one for one in WRITES[name]]
    assert cli.main([*given[:-1], str(tmp_path / "file" / given[-1])]) == 2
    assert "found" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("suffix", [".zarr", ".nc"])
def test_indices_are_there_whole_or_not_at_all(suffix: str, tmp_path: Path) -> None:
    with little_room(300), pytest.raises(OutputError, match="free space"):
        indices.save(a_study(), tmp_path / f"study{suffix}")
    assert list(tmp_path.iterdir()) == []
