"""Runs that are killed, before each step in which they change the disk.

Run as a script, `killed_runs.py FOLDER SUFFIX HOW`, for a fork needs a process of one thread. HOW is
`exchange`, `aside` for a system that cannot exchange folders, or `begin` for a name that is free.
It checks after each kill, and prints the steps before which there was one. Of a row of like steps,
such as writing each file to the disk, it takes the first two and the last.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import synthetic_run
from synthetic_run import create

from simcore.dataset import moving, open_run
from simcore.dataset.saved import is_complete

OLD, NEW, NEXT = 10, 20, 30
SMALL: dict[str, Any] = {"outcomes": ("carbon_price",), "kept": ("carbon_price",)}
STEPS = ("mkdir", "rename", "replace", "link", "unlink", "rmdir", "ftruncate", "write", "fsync")
KILLED = 9
WHOLE: list[Path] = []


def write(out: Path, draws: int) -> None:
    synthetic_run.make(out, draws=draws, overwrite=True, **SMALL).close()


def draws_of(path: Path) -> int:
    """Draws of a run, all of which is read, or each file of which is that of a whole one."""
    if path.is_dir():
        draws = json.loads((path / "zarr.json").read_text("utf-8"))["attributes"]["draws"]
        whole = next(one for one in WHOLE if one.name == f"{draws}.zarr")
        assert files_of(path) == files_of(whole), path
        return int(draws)
    with open_run(path) as run:
        run.load()
        return int(run.sizes["draw"])


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of each file, without the global attributes, which know the hour."""
    found = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    assert is_complete(found.pop("zarr.json").parent)
    return {name: file.read_bytes() for name, file in found.items()}


def complete_runs(folder: Path) -> list[int]:
    """Draws of all complete runs in a folder, each read to its end."""
    return sorted(draws_of(path) for path in folder.iterdir() if is_complete(path))


def watched(action: Callable[[], None], told: Callable[[str], None]) -> int:
    """Do something in another process, which tells of each step before it; its exit status."""
    process = os.fork()
    if process == 0:
        exchange = moving._renamed
        for name in STEPS:
            setattr(os, name, _telling(getattr(os, name), name, told))
        moving._renamed = _telling(exchange, "renameat2", told)
        action()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _telling(function: Callable[..., Any], name: str, told: Callable[[str], None]) -> Any:
    def step(*arguments: Any, **options: Any) -> Any:
        told(name)
        return function(*arguments, **options)

    return step


def steps_of(action: Callable[[], None], note: Path) -> list[str]:
    """Names of all steps of something."""
    with note.open("ab", buffering=0) as file:
        assert watched(action, lambda name: file.write(f"{name}\n".encode()) and None) == 0
    return note.read_text().split()


def chosen(steps: list[str]) -> list[int]:
    """Numbers of the steps to be killed before."""
    steps = [name.replace("rmdir", "unlink") for name in steps]  # both remove a folder
    alike = [
        0 < i < len(steps) - 1 and steps[i - 1] == steps[i] == steps[i + 1] == steps[i - 2]
        for i in range(len(steps))
    ]
    return [i for i, same in enumerate(alike) if not same]


def kill(action: Callable[[], None], step: int) -> None:
    """Do something in a process that ends, as by kill -9, before one of its steps."""
    done = iter(range(step + 1))

    def told(_: str) -> None:
        if next(done) == step:
            os._exit(KILLED)

    assert watched(action, told) == KILLED


def main(folder: Path, suffix: str, how: str) -> None:
    out = folder / "runs" / f"run{suffix}"
    out.parent.mkdir()
    if how == "aside":
        moving._renamed = lambda *_: False
    for draws in (OLD, NEW, NEXT):
        write(folder / f"{draws}{suffix}", draws)
        WHOLE.append(folder / f"{draws}{suffix}")
    old = WHOLE[0]

    def prepare() -> None:
        shutil.rmtree(out.parent)
        out.parent.mkdir()
        if how != "begin":
            shutil.copytree(old, out) if old.is_dir() else shutil.copy(old, out)

    prepare()
    steps = steps_of(lambda: write(out, NEW), folder / "steps")
    for step in chosen(steps):
        prepare()
        kill(lambda: write(out, NEW), step)
        if how == "exchange":
            assert draws_of(out) in (OLD, NEW), step
        before = complete_runs(out.parent)
        assert how == "begin" or before, step
        # The next run deletes no complete copy, and puts one where there is none.
        create(synthetic_run.layout(**SMALL), out, overwrite=True).abort()
        assert complete_runs(out.parent) == before, step
        assert not before or draws_of(out) in before, step
        kept = [path for path in out.parent.iterdir() if path != out]
        assert [path for path in kept if ".kept-" not in path.name] == [], step
        print(steps[step])
    write(out, NEXT)
    assert draws_of(out) == NEXT


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
