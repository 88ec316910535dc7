"""The user's folder for what is made once for each version of the code, such as machine code."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path


def private_folder(name: str) -> Path | None:
    """Folder of the user to which nobody else can write, created where needed.

    Parameters
    ----------
    name : str
        Name of the folder: a digest of all that decides its content, so that it is never stale.

    Returns
    -------
    Path or None
        None when no candidate is writable, or is writable by others: the pickles and the code in
        it would run as the user.
    """
    for root in _roots():
        folder = root / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(folder):
                continue
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def _roots() -> list[Path]:
    """Candidate folders, the most specific first."""
    chosen = os.environ.get("SIMCORE_CACHE_DIR")
    if chosen:
        return [Path(chosen)]
    roots = []
    if os.environ.get("XDG_CACHE_HOME"):
        roots.append(Path(os.environ["XDG_CACHE_HOME"]) / "simcore")
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        roots.append(Path(os.environ["LOCALAPPDATA"]) / "simcore" / "cache")
    try:
        home = Path.home()
    except RuntimeError:
        return roots
    mac = sys.platform == "darwin"
    roots.append((home / "Library" / "Caches" if mac else home / ".cache") / "simcore")
    return roots


def _is_private(folder: Path) -> bool:
    if sys.platform == "win32":
        return True
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
