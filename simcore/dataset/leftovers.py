"""What a killed run leaves beside its place, and its removal by the next run to that place.

A run in progress is `OUT.partial-HOST-PID`. A process that is killed outright (kill -9, power) can
remove nothing, so the next run to the same OUT does: only what a process of this machine has left
that no longer lives, and it says so in the log.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import shutil
import sys
from pathlib import Path
from typing import Final

_LOG: Final = logging.getLogger(__name__)


def partial_name(out: Path) -> str:
    """Name of the run being written by this process."""
    return f"{out.name}.partial-{_owner()}"


def replaced_name(out: Path) -> str:
    """Name under which this process puts aside the run that it replaces."""
    return f"{out.name}.replaced-{_owner()}"


def clear_leftovers(out: Path) -> list[Path]:
    """Remove what dead processes of this machine have left of runs to `out`; returns that."""
    if sys.platform == "win32":
        # There is no harmless way to ask whether a process lives.
        return []
    # A run put aside is the only copy left if its process died before the new one stood there.
    kinds = "partial|replaced" if out.exists() else "partial"
    pattern = re.compile(rf"{re.escape(out.name)}\.({kinds})-{re.escape(_host())}-([0-9]+)")
    found = []
    for path in out.parent.iterdir() if out.parent.is_dir() else ():
        match = pattern.fullmatch(path.name)
        if match is None or _lives(int(match[2])):
            continue
        remove(path)
        found.append(path)
        _LOG.warning("removed %s, left by a run that was killed", path)
    return found


def remove(path: Path) -> None:
    """Remove a file, or a folder as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _owner() -> str:
    return f"{_host()}-{os.getpid()}"


def _host() -> str:
    # Folders are shared between machines, numbers of processes are not.
    return re.sub(r"[^A-Za-z0-9_]", "_", platform.node())[:40] or "host"


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
