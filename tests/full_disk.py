"""A disk that refuses, at any step in which something below a folder is written.

Steps are told apart by their role: what is done, to which kind of file. A role stands for many
like steps, such as writing the metadata of each array.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simcore.dataset import moving

TAKES_ROOM = ("write", "mkdir", "link")


@dataclass
class Disk:
    """What is written below a folder, and when that fails.

    Attributes
    ----------
    root : Path
    met : Counter
        How often each role was met.
    fails : (str, int) or None
        Role, and which of its steps is refused, from 1.
    number : int
        Of the error: ENOSPC, after which nothing that takes room is written, or EIO, once.
    refused : list of str
        Roles of the steps that were.
    """

    root: Path
    fails: tuple[str, int] | None = None
    number: int = errno.EIO
    met: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def step(self, what: str, path: Any) -> None:
        """Something is about to be done; an OSError where it is refused."""
        role = self._role(what, path)
        if role is None:
            return
        with self.lock:
            self.met[role] += 1
            is_full = bool(self.refused) and self.number == errno.ENOSPC and what in TAKES_ROOM
            if is_full or (role, self.met[role]) == self.fails:
                self.refused.append(role)
                raise OSError(self.number, os.strerror(self.number), str(path))

    def _role(self, what: str, path: Any) -> str | None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            if isinstance(path, int):
                path = Path(f"/proc/self/fd/{path}").readlink()
            place = os.path.relpath(os.fspath(path), self.root)
            if place.startswith("..") or place == ".":
                return None
            place = re.sub(r"[0-9a-f]{16,}|\d+", "#", place)
            place = re.sub(r"(partial-#|kept)/[a-z_#]+(/zarr\.json|/c\.[#.]+)?$", _of_array, place)
            return f"{what} {re.sub('#-#-?[a-z-]*[#-]*', 'PART', place)}"
        return None


def _of_array(found: re.Match[str]) -> str:
    file = found[2] or ""
    return f"{found[1]}/ARRAY{'/CHUNK' if file.startswith('/c') else file}"


class Written:
    """A file of which half a piece is written where the disk refuses."""

    def __init__(self, bare: Any, disk: Disk, path: Any) -> None:
        self._bare, self._disk, self._path = bare, disk, path

    def write(self, content: Any) -> Any:
        try:
            self._disk.step("write", self._path)
        except OSError:
            with contextlib.suppress(Exception):
                self._bare.write(content[: len(content) // 2])
                self._bare.flush()
            raise
        return self._bare.write(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bare, name)

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self._bare.close()


@contextlib.contextmanager
def writing_to(disk: Disk) -> Iterator[Disk]:
    """Ask a disk before each step of this process that writes."""
    opened = io.open

    def open_(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if not set(mode) & set("wax+") or disk._role("write", file) is None:
            return opened(file, mode, *rest, **more)
        return Written(opened(file, mode, *rest, **more), disk, file)

    def asking(what: str, plain: Callable[..., Any], place: int = 0) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            disk.step(what, given[place])
            return plain(*given, **more)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(io, "open", open_)
        for name in ("fsync", "mkdir", "rename", "replace", "write"):
            patch.setattr(os, name, asking(name, getattr(os, name)))
        patch.setattr(os, "link", asking("link", os.link, 1))
        patch.setattr(moving, "_renamed", asking("rename", moving._renamed))
        yield disk
