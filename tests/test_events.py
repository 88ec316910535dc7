"""`--progress json`: what a command tells another program."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_config import small_config

from simcore import cli
from simcore.intake import document
from simcore.terminal import events, pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    for module in (events, pace):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_run_tells_its_pace_once_a_second_at_most(clock: list[float]) -> None:
    stream = io.StringIO()
    report = events.Events(stream).report(1000, lambda: "2 processes")
    for step in range(1, 11):
        clock[0] += 0.25
        report(step / 20)
    clock[0] += 0.25
    report(1.0)
    report(1.0)
    start, *between, last = told(stream)
    about = {"draws": 1000, "workers": "2 processes"}
    assert start == {"event": "start", "share": 0.0, **about}
    assert [one["elapsed_s"] for one in between] == [0.2, 1.2, 2.2]
    assert between[1] == {
        "event": "progress", "share": 0.25, **about, "rate": 200.0, "remaining_s": 3.8,
        "elapsed_s": 1.2,
    }  # fmt: skip
    assert (last["share"], last["remaining_s"]) == (1.0, 0.0)


def test_what_a_run_found_done_is_no_pace(clock: list[float]) -> None:
    own = pace.Pace(1000)
    assert own.at(0.6, pace.GOING_ON)[1] == float("inf")
    clock[0] += 10.0
    assert own.at(0.7) == pytest.approx((10.0, 30.0))


def test_whatever_is_printed_is_an_event() -> None:
    stream = io.StringIO()
    taken = events.Events(stream)
    print("note: one\n  more of it", file=taken)
    print("warning: \x1b[31mtwo", "a", file=taken, end="\n\n")
    print(file=taken)
    taken.write("half")
    taken.write(" a line\n")
    assert told(stream) == [
        {"event": "note", "text": "one\n  more of it"},
        {"event": "warning", "text": "\x1b[31mtwo a"},
        {"event": "note", "text": "half a line"},
    ]
    assert "\x1b" not in stream.getvalue()


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(small_config(draws=300, keep=[])))
    assert document.read(path).data["draws"] == 300
    return path


def test_a_run_and_its_failure(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out = sys.stderr, str(tmp_path / "run.zarr")
    asked = ["run", str(config), "-o", out, "--threads", "1", "--progress", "json", "--json"]
    assert cli.main(asked) == 0
    assert sys.stderr is before
    printed = capsys.readouterr()
    found = lines_of(printed.err)
    kinds = [one["event"] for one in found if one["event"] not in ("note", "warning")]
    assert (kinds[0], kinds[-1]) == ("start", "done")
    assert set(kinds[1:-1]) == {"progress"}
    assert found[-1]["exit_code"] == 0
    assert json.loads(printed.out)["draws"] == 300
    assert cli.main(asked) == 2
    last = lines_of(capsys.readouterr().err)[-1]
    assert (last["event"], last["exit_code"]) == ("failed", 2)
    assert "a run that already exists" in last["text"]


def test_it_is_not_told_quietly(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", str(config), "--progress", "json", "--quiet"]) == 2
    assert "leave --quiet out" in capsys.readouterr().err
