"""The folder in which a run and its workers meet: nothing there is pickled, or believed unchecked.

    `work`, in OUT.partial:
      job.json                 what is run, and what who joins must show
      stage.json               what is done now, and its parts
      given/T-N.npz            what the stages before have found out
      claims/T-N-FIRST         who does a part; made by one only, touched while that one lives
      results/T-N-FIRST-H.npz  what was made of it, H being the digest of the file
      workers/NAME             touched while a worker lives

T tells one try of a run from the next, and N its stages. A file is whole once it has its name. The
process of the run makes the folder, and alone decides that a worker is gone; a claim that is lost
costs time only, as a part that is done twice counts once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.dataset.chunks import Chunk
from simcore.dataset.journal import line_of, read_line
from simcore.files import make_folders, sync_one, token
from simcore.kernels.intervals import Tally
from simcore.running.jobs import Part, Result, Stage, Task

BEAT: Final = 10.0
"""Seconds between two signs of life."""
SILENCE: Final = 90.0
"""Seconds without one after which a worker is gone."""
FORMAT: Final = 1

_FOLDERS: Final = ("given", "claims", "results", "workers")
_ARRAYS: Final = ("kept", "nodes", "sums", "counts", "values", "places")
_ASKED: Final = ("numbers", "lines", "slot", "atom", "places", "shift")


class Now(NamedTuple):
    """What is done at present.

    Attributes
    ----------
    name : str
        Tells the stage from all others.
    parts : tuple of Part
    digest : str
        Of the file of what is given.
    rows : (int, int)
        As in `Task`, and so `known`.
    known : tuple of int
    """

    name: str
    parts: tuple[Part, ...]
    digest: str
    rows: tuple[int, int]
    known: tuple[int, ...]


class Workplace:
    """The folder, seen by the process of the run or by a worker.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, partial: Path) -> None:
        self.folder = partial / "work"

    # --- what the process of the run does ---------------------------------------------------------

    def open(self, job: Mapping[str, Any]) -> None:
        """Make the folder anew, and say what is run."""
        self.close()
        for name in _FOLDERS:
            make_folders(self.folder / name)
        self._say("job.json", job)

    def close(self) -> None:
        """Remove the folder; whoever works there ends."""
        with contextlib.suppress(OSError):
            # Without it nobody believes the rest, should this be cut short.
            (self.folder / "job.json").unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self, name: str, tasks: list[Task]) -> None:
        """Say what is to be done from now on."""
        task = tasks[0]
        arrays = {key: getattr(task, key) for key in _ASKED}
        content = _packed(arrays)
        self._write(self.folder / "given" / f"{name}.npz", content)
        part = task.part
        self._say("stage.json", {
            "name": name, "tile": part.tile, "stage": part.stage.value, "rows": task.rows,
            "parts": [(one.part.first, one.part.last) for one in tasks],
            "given": _digest(content), "known": task.known,
        })  # fmt: skip

    def end(self, name: str) -> None:
        """Forget a stage that is done."""
        with contextlib.suppress(OSError):
            (self.folder / "stage.json").unlink()
        for folder in ("given", "claims", "results"):
            for path in self._those(folder, name):
                path.unlink(missing_ok=True)

    def results(self, now: Now) -> Iterator[Result]:
        """What workers have made; a file that is not what was written is removed with its claim."""
        for path in self._those("results", now.name):
            first = path.stem.removeprefix(f"{now.name}-").partition("-")[0]
            part = next((one for one in now.parts if str(one.first) == first), None)
            result = None
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                content = path.read_bytes()
                if path.stem.endswith(f"-{_digest(content)}") and part is not None:
                    result = _result(part, _unpacked(content))
            path.unlink(missing_ok=True)
            if result is not None:
                yield result
            elif part is not None:
                self.release(now, part)

    def lost(self, now: Now, parts: set[Part]) -> list[Part]:
        """Those of the parts whose worker gives no sign of life any more; they are free again."""
        found, clock = [], self._clock()
        for part in parts:
            with contextlib.suppress(OSError):
                if clock - self._claim(now, part).stat().st_mtime > SILENCE:
                    self.release(now, part)
                    found.append(part)
        return found

    def alive(self) -> list[str]:
        """Names of workers that have given a sign of life."""
        clock, found = self._clock(), []
        for path in self._those("workers", ""):
            with contextlib.suppress(OSError):
                if clock - path.stat().st_mtime < SILENCE:
                    found.append(path.name)
        return sorted(found)

    # --- what workers do --------------------------------------------------------------------------

    def job(self) -> dict[str, Any] | None:
        """What is run; None where nothing is."""
        return self._said("job.json")

    def now(self) -> Now | None:
        """What is done at present; None between two stages."""
        said = self._said("stage.json")
        if said is None:
            return None
        stage = Stage(said["stage"])
        parts = tuple(Part(said["tile"], stage, first, last) for first, last in said["parts"])
        first, last = said["rows"]
        return Now(said["name"], parts, said["given"], (first, last), tuple(said["known"]))

    def given(self, now: Now) -> Task | None:
        """The task of the first part of a stage; None where the stage has ended."""
        try:
            content = (self.folder / "given" / f"{now.name}.npz").read_bytes()
        except OSError:
            return None
        if _digest(content) != now.digest:
            return None
        given: dict[str, Any] = _unpacked(content)
        return Task(now.parts[0], rows=now.rows, known=now.known, **given)

    def claim(self, now: Now, part: Part, name: str) -> bool:
        """Take a part, unless somebody has it."""
        try:
            file = os.open(self._claim(now, part), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except OSError:
            return False
        with os.fdopen(file, "w") as written:
            written.write(name)
        return True

    def claimer(self, now: Now, part: Part) -> str:
        """Who has a part; empty where that is unknown."""
        with contextlib.suppress(OSError, ValueError):
            return self._claim(now, part).read_text("utf-8")
        return ""

    def release(self, now: Now, part: Part) -> None:
        """Let others have a part."""
        with contextlib.suppress(OSError):
            self._claim(now, part).unlink()

    def hand_in(self, now: Now, result: Result) -> None:
        """Leave what was made of a part."""
        arrays = {key: value for key in _ARRAYS if (value := getattr(result, key)) is not None}
        if result.tally is not None:
            arrays |= result.tally._asdict()
        if result.chunks:
            arrays["chunks"] = np.frombuffer(json.dumps(result.chunks).encode(), np.uint8)
        content = _packed(arrays)
        name = f"{now.name}-{result.part.first}-{_digest(content)}.npz"
        self._write(self.folder / "results" / name, content)

    def live(self, name: str, now: Now | None, parts: set[Part]) -> None:
        """Give a sign of life, for a worker and the parts that it has."""
        with contextlib.suppress(OSError):
            (self.folder / "workers" / name).touch()
        for part in parts if now is not None else ():
            with contextlib.suppress(OSError):
                os.utime(self._claim(now, part))  # type: ignore[arg-type]

    def leave(self, name: str) -> None:
        """A worker goes."""
        with contextlib.suppress(OSError):
            (self.folder / "workers" / name).unlink()

    # --- files ------------------------------------------------------------------------------------

    def _claim(self, now: Now, part: Part) -> Path:
        return self.folder / "claims" / f"{now.name}-{part.first}"

    def _those(self, folder: str, name: str) -> list[Path]:
        with contextlib.suppress(OSError):
            return [one for one in (self.folder / folder).iterdir()
                    if one.name.startswith(name) and ".writing" not in one.name]  # fmt: skip
        return []

    def _clock(self) -> float:
        """The time by the clock of the file system, which is not always that of the machine."""
        path = self.folder / "clock"
        with contextlib.suppress(OSError):
            path.touch()
            return path.stat().st_mtime
        return time.time()

    def _say(self, name: str, said: Mapping[str, Any]) -> None:
        self._write(self.folder / name, line_of(said))

    def _said(self, name: str) -> dict[str, Any] | None:
        try:
            return read_line((self.folder / name).read_bytes())
        except OSError:
            return None

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file that is whole once it has its name."""
        partial = path.with_name(f"{path.name}.writing-{token()}")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise
        sync_one(path.parent)


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    room = io.BytesIO()
    np.savez(room, **arrays)  # type: ignore[arg-type]
    return room.getvalue()


def _unpacked(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _result(part: Part, arrays: dict[str, np.ndarray]) -> Result:
    tally = None
    if "filled" in arrays:
        tally = Tally(*(arrays.pop(name) for name in ("filled", "under", "inside")))
    chunks = json.loads(arrays.pop("chunks").tobytes()) if "chunks" in arrays else ()
    told = tuple(Chunk(*one) for one in chunks)
    return Result(part, (), **arrays, tally=tally, chunks=told)  # type: ignore[arg-type]
