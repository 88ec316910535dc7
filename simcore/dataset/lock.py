"""The lock of a run under way, `OUT.lock`: it proves that the run lives.

The system lets go of the lock when its process dies, so neither a number of a process nor the name
of a host decides: containers share both. Where another kernel, or a file system without locks,
could hide a living run, its sign of life counts, the time at which it last touched the file.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import platform
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from simcore.errors import Fault, OutputError
from simcore.files import token

BEAT: Final = 15.0
"""Seconds between two signs of life."""
SILENCE: Final = 180.0
"""Seconds without one after which a run that no lock proves is dead."""

_TRIES: Final = 10
_FAR: Final = 1 << 30
"""Byte that is locked where a lock would keep others from reading who holds it."""


class Lock:
    """The right to write a run to a name, held by one process at a time.

    Attributes
    ----------
    path : Path
        File of the lock.
    proves : bool
        Whether it is held, and whoever asks would be told: what others have left is then dead.
    """

    def __init__(self, out: Path) -> None:
        self.path = out.with_name(f"{out.name}.lock")
        self.proves = False
        self._out = out
        self._file: int | None = None
        self._ended = threading.Event()
        self._content = json.dumps({
            "host": platform.node(), "boot": _boot(), "process": os.getpid(), "token": token(),
            "begun": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }).encode()  # fmt: skip

    def fault(self) -> Fault | None:
        """What is wrong where another run to this name lives; takes nothing."""
        try:
            file = _opened(self.path, 0)
        except OSError:
            return None
        try:
            return self._fault_of(file, _locked(file, shared=True))
        finally:
            os.close(file)

    def take(self) -> None:
        """Take the lock; an OutputError where another run to this name lives."""
        fault = None
        for _ in range(_TRIES):
            file = _opened(self.path, os.O_CREAT)
            try:
                held = _locked(file)
                fault = self._fault_of(file, held)
                if fault is None and self._keep(file, held):
                    return
            finally:
                if self._file is None:
                    os.close(file)
            if fault and held is not False:
                break
            # Whoever only asks lets go at once.
            time.sleep(0.05)
        if fault:
            raise OutputError(fault)

    def release(self) -> None:
        """Let go of the lock, and remove its file; nothing happens where it is not held."""
        self._ended.set()
        file, self._file, self.proves = self._file, None, False
        if file is None:
            return
        # Windows removes no file that is open; elsewhere nobody may take what is about to go.
        if sys.platform == "win32":
            os.close(file)
        with contextlib.suppress(OSError):
            if self.path.read_bytes() == self._content:
                self.path.unlink()
        if sys.platform != "win32":
            os.close(file)

    def _keep(self, file: int, held: bool | None) -> bool:
        """Write into the locked file whose it is; False where that cannot be."""
        if self._is_gone(file):
            return False
        try:
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, self._content)
        except OSError:
            # Left by another user, or the disk is full: a new file may be written, or none is left.
            with contextlib.suppress(OSError):
                self.path.unlink()
            return False
        with contextlib.suppress(OSError, AttributeError):
            os.fchmod(file, 0o644)  # so that every user can ask
        self._file, self.proves = file, held is True
        threading.Thread(target=self._live, name="simcore lock", daemon=True).start()
        return True

    def _is_gone(self, file: int) -> bool:
        """Whether an open file no longer has its name, for its run has ended."""
        try:
            there, opened = self.path.stat(), os.fstat(file)
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != (opened.st_dev, opened.st_ino)

    def _live(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(self.path)

    def _fault_of(self, file: int, held: bool | None) -> Fault | None:
        content = _content(file)
        if self._is_gone(file):
            return None
        if content is None:
            return Fault(
                str(self.path), "a file that is no lock of a run", f"a name free for {self._out}",
                "choose another output, or move that file away",
            )  # fmt: skip
        if held is not False:
            if not content or (held and not _is_elsewhere(content)):
                return None
            silent = _now(self.path.parent, file) - os.fstat(file).st_mtime
            if silent > SILENCE:
                return None
        who = " ".join(
            f"{word} {content[key]}"
            for word, key in (("process", "process"), ("on", "host"), ("since", "begun"))
            if content.get(key)
        )
        wait = "wait until it has ended, or choose another output"
        if held is not False:
            wait += f"; if it was killed, wait {SILENCE / 60:.0f} minutes or remove {self.path}"
        return Fault(
            str(self._out),
            f"another run to it, under way ({who or 'just begun'})",
            "one at a time",
            wait,
        )


def _opened(path: Path, flags: int) -> int:
    """Open the file of a lock, of another user if need be."""
    try:
        return os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError:
        return os.open(path, os.O_RDONLY)


def _locked(file: int, *, shared: bool = False) -> bool | None:
    """Lock an open file: False where somebody else holds it, None where nobody can."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _FAR, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK) else None
    return True


def _content(file: int) -> dict[str, Any] | None:
    """Who wrote the file; empty where nobody has as yet, None where that was no run."""
    os.lseek(file, 0, os.SEEK_SET)
    # After a power cut it may be full of zeros.
    raw = os.read(file, 4096).strip(b"\0")
    if not raw:
        return {}
    try:
        content = json.loads(raw)
        return content if isinstance(content, dict) and "token" in content else None
    except ValueError:
        return None


def _is_elsewhere(content: dict[str, Any]) -> bool:
    """Whether a lock was taken under another kernel, whose locks may not be seen here."""
    boot = content.get("boot")
    return content.get("host") != platform.node() and (not boot or boot != _boot())


def _boot() -> str:
    """What all containers of a running kernel have in common; empty where that is unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def _now(folder: Path, file: int) -> float:
    """The time by the clock of the file system, which is not always that of the machine."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            return os.fstat(probe.fileno()).st_mtime
    except OSError:
        return time.time()
