"""A disk that fills up, or fails, at each step of a run: a clear error, and the run goes on later."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from full_disk import TAKES_ROOM, Disk, writing_to
from small_config import small_config

import simcore
from simcore import dataset
from simcore.errors import OutputError
from simcore.running import engine, resuming
from simcore.running.options import Options

TILES = Options(items=3)
CONFIG = small_config(draws=700, keep=["cost_premium"], outcomes=["cost_premium"])


@pytest.fixture(scope="module")
def plan() -> Any:
    return simcore.build(simcore.load(CONFIG))


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done is kept at once."""
    for name in ("SECONDS", "_COST"):
        monkeypatch.setattr(resuming, name, 0.0)
    monkeypatch.setattr(engine, "prepare", lambda _: None)


def run_to(plan: Any, out: Path, **options: Any) -> None:
    engine.execute(plan, out=out, threads=2, options=TILES, **options)


def digest(path: Path) -> str:
    with simcore.open_run(path) as run:
        return dataset.digest(run)


@pytest.fixture(scope="module")
def right(plan: Any) -> str:
    return dataset.digest(engine.run(plan, threads=2, options=TILES))


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that stands where the other is to be."""
    out = tmp_path_factory.mktemp("older") / "run.zarr"
    simcore.run(CONFIG, seed=5, out=out, threads=1).close()
    return out


def roles(plan: Any, older: Path, folder: Path) -> dict[str, int]:
    """How often each kind of step is met in a run."""
    shutil.copytree(older, folder / "run.zarr")
    with writing_to(Disk(folder)) as disk:
        run_to(plan, folder / "run.zarr", overwrite=True)
    return dict(disk.met)


@pytest.mark.long
@pytest.mark.parametrize("place", ["first", "last", pytest.param("middle", marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [errno.ENOSPC, pytest.param(errno.EIO, marks=pytest.mark.slow)])
def test_a_disk_that_refuses_any_step(
    plan: Any, right: str, older: Path, tmp_path: Path, number: int, place: str
) -> None:
    """Of each kind of step one is refused: the run says so, what stood there stands, and the same
    command goes on once there is room."""
    met = roles(plan, older, tmp_path / "whole")
    asked = [one for one in met if number == errno.EIO or one.startswith(TAKES_ROOM)]
    assert len(asked) >= 12
    before, said, out = digest(older), 0, tmp_path / "refusing" / "run.zarr"
    for role in asked:
        shutil.copytree(older, out)
        at = {"first": 1, "middle": (met[role] + 1) // 2, "last": met[role]}[place]
        disk, expected = Disk(out.parent, (role, at), number), right
        try:
            with writing_to(disk):
                run_to(plan, out, overwrite=True)
        except OutputError as error:
            said, expected = said + 1, before
            assert "remedy" in str(error), role
            assert os.strerror(number) in str(error), role
        assert disk.refused, f"{role} was not met"
        assert digest(out) == expected, role
        run_to(plan, out, overwrite=True)
        for one in out.parent.iterdir():
            # Where the last step fails, the run is complete and stays beside its place.
            assert one == out or one.name.startswith("run.kept-"), (role, one)
            assert digest(one) == right, role
        shutil.rmtree(out.parent)
    # Others may fail: the links of kept draws, the lock, what is removed.
    assert said >= 0.7 * len(asked)


@pytest.mark.skipif(sys.platform != "linux", reason="it has no tmpfs")
def test_a_small_disk(
    plan: Any, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that fills up by itself, at several sizes; then it is made larger."""
    monkeypatch.setattr("simcore.dataset.store.stored_bytes", lambda _: 0)
    monkeypatch.setattr("simcore.dataset.store.check_output", lambda *_, **__: None)

    def mounted(*options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(tmp_path)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if shutil.which("mount") is None or not mounted("size=64k"):
        pytest.skip("this process may not mount a tmpfs")
    try:
        said = 0
        for size in (64, 128, 256, 320, 384, 448):
            assert mounted("remount", f"size={size}k")
            try:
                run_to(plan, tmp_path / "run.zarr", overwrite=True)
            except OutputError as error:
                said += 1
                assert "No space left" in str(error)
                assert not (tmp_path / "run.zarr").exists()
            assert mounted("remount", "size=64m")
            run_to(plan, tmp_path / "run.zarr", overwrite=True)
            assert digest(tmp_path / "run.zarr") == right
            assert [one.name for one in tmp_path.iterdir()] == ["run.zarr"]
            shutil.rmtree(tmp_path / "run.zarr")
        assert said >= 2
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
