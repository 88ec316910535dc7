"""A terminal that is closed, full or gone costs a command nothing but its words."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from batteries import some

from simcore import cli

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """
extends: base
name: small
draws: 8
years: {first: 2026, last: 2027}
regions: [IN]
routes: [bf_bof, h2_dri_eaf]
outcomes: [carbon_price, cost_premium]
keep: [cost_premium]
scenarios: {law: law}
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
LOST = {
    "all closed": "<&- >&- 2>&-",
    "output full": ">/dev/full",
    "errors full": ">/dev/null 2>/dev/full",
    "both full": ">/dev/full 2>/dev/full",
    "reader gone": "2>&1 | true",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lost")
    (path / "small.yaml").write_text(CONFIG, encoding="utf-8")
    assert (
        cli.main(["run", str(path / "small.yaml"), "-o", str(path / "small.zarr"), "--quiet"]) == 0
    )
    return path


def _shell(folder: Path, command: str, lost: str) -> subprocess.CompletedProcess[str]:
    line = f'"{sys.executable}" -m simcore {command} {lost}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=folder, env=ENVIRONMENT,
        timeout=300, check=False,
    )  # fmt: skip


def _digest(place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(["digest", str(place)]) == 0
    return capsys.readouterr().out


SOME: Final = ("all closed", "reader gone")
"""Ways that stand for the others, which take longer together."""


@pytest.mark.parametrize(
    "lost",
    [pytest.param(way, id=name, marks=() if name in SOME else pytest.mark.long)
     for name, way in LOST.items()],
)  # fmt: skip
def test_a_run_is_saved(folder: Path, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / f"{list(LOST.values()).index(lost)}.zarr"
    done = _shell(folder, f"run small.yaml -o {out.name}", lost)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert ("No space left" in done.stderr) == (lost == LOST["output full"])
    assert _digest(out, capsys) == _digest(folder / "small.zarr", capsys)


@pytest.mark.parametrize(
    ("command", "lost", "code"),
    some([(command, lost, code) for command in ("check small.yaml", "catalog routes")
          for lost, code in ((">&-", 0), (">/dev/full", 1), (">/dev/full 2>&-", 1))], each=2),
)  # fmt: skip
def test_what_is_there_to_be_read_says_that_it_was_not(
    folder: Path, command: str, lost: str, code: int
) -> None:
    done = _shell(folder, command, lost)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("what was printed is lost" in done.stderr) == (lost == ">/dev/full")


@pytest.mark.parametrize("command", ["check none.yaml", "run small.yaml --fly", "digest none.zarr"])
def test_exit_codes_stay(folder: Path, command: str) -> None:
    assert _shell(folder, command, ">/dev/full 2>&-").returncode == 2


def test_a_terminal_that_hangs_up_stops_no_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "hangup.zarr"
    process, terminal = pty.fork()
    if process == 0:
        command = [sys.executable, "-m", "simcore", "run", "small.yaml", "-o", out.name]
        os.chdir(folder)
        os.execve(sys.executable, command, ENVIRONMENT)
    assert os.read(terminal, 1)  # it has begun to show its progress
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert _digest(out, capsys) == _digest(folder / "small.zarr", capsys)


def test_a_library_that_is_called_gets_its_streams_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr, signal.getsignal(signal.SIGHUP)
    assert cli.main(["catalog", "routes"]) == 0
    assert (sys.stdout, sys.stderr, signal.getsignal(signal.SIGHUP)) == before
