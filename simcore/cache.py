"""The user's folder for what is made once for each version of the code, such as machine code."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from functools import cache
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
        None when no candidate can be written, or others could put a file there, or another folder
        in its place: the pickles and the code in it would run as the user.
    """
    for root in _roots():
        folder = root / name
        try:
            _make(folder)
            open_place = None if sys.platform == "win32" else _open_to_others(folder)
            if open_place is None:
                with tempfile.TemporaryFile(dir=folder):
                    return folder
            _tell(open_place)
        except OSError:
            continue
    return None


def _make(folder: Path) -> None:
    """Make a folder and those above it, each for the user alone."""
    for one in reversed([folder, *folder.parents]):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)


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


def _open_to_others(folder: Path) -> Path | None:
    """What lets others decide what is read from a folder: an entry of it, the folder, one above.

    A folder can be exchanged by whoever may write to the one above, up to the root; also the links
    on the way to it.
    """
    own, user = {folder.absolute(), folder.resolve()}, os.getuid()
    for path in sorted({two for one in own for two in (one, *one.parents)}):
        status = path.lstat()
        if status.st_uid not in ((user,) if path in own else (user, 0)):
            return path
        # The entries of a sticky folder belong to their owners, but anyone may add some.
        sticky = status.st_mode & stat.S_ISVTX and path not in own
        if not stat.S_ISLNK(status.st_mode) and not sticky and _may_others_write(status):
            return path
    with os.scandir(folder) as entries:
        for entry in entries:
            # Another process of the user may just have moved its file.
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_uid not in (user, 0):
                    return Path(entry)
    return None


def _may_others_write(status: os.stat_result) -> bool:
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _is_own_group(status.st_gid)


def _is_own_group(number: int) -> bool:
    """Whether a group is that of the user alone, which many systems let write to all of theirs."""
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(number)
    except KeyError:
        return False
    alone = group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
    return alone and number == user.pw_gid


@cache
def _tell(path: Path) -> None:
    """Say once why nothing is kept, for it costs a minute in each process."""
    import logging

    logging.getLogger(__name__).warning(
        "nothing is read from or kept in the cache: others can write to %s, or own it; "
        "chmod go-w, or set SIMCORE_CACHE_DIR to a folder of yours alone",
        path,
    )
