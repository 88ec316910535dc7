"""Put a complete run in its place, at once and for good; what it replaces leaves only then."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

from simcore.dataset.leftovers import discard, kept_path, replaced_path
from simcore.errors import Fault, OutputError
from simcore.files import sync_one

Identity = tuple[int, int, int]

_HERE: Final = -100
_ONLY_IF_FREE: Final = 1
_EXCHANGE: Final = 2
_UNABLE: Final = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


def identity_of(path: Path) -> Identity | None:
    """What tells a file or folder from another of its name; None where there is none."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


def put_in_place(partial: Path, out: Path, token: str, *, replaces: Identity | None) -> None:
    """Move a complete run, all of it on the disk, to its name.

    Parameters
    ----------
    partial : Path
        The run.
    out : Path
        Its name.
    token : str
        Its token.
    replaces : Identity or None
        What stood there when the run began and may be replaced. The name never stands for less
        than a whole run, save for a moment where the system cannot exchange two folders; a process
        killed in it leaves both runs, and the next run puts one back.

    Raises
    ------
    OutputError
        Something else stands there, or the disk refuses; it says where the run is kept.
    """
    try:
        there = identity_of(out)
        if there is None:
            _take_free_name(partial, out)
        elif there == replaces:
            _replace(partial, out, token, there)
        else:
            raise FileExistsError
    except OSError as error:
        kept, found = kept_path(out, token), "another run, written meanwhile"
        try:
            partial.rename(kept)
        except OSError:
            kept = partial
        if not isinstance(error, FileExistsError):
            found = f"{type(error).__name__}: {error}"
        raise OutputError(Fault(
            str(out), found, "a free name", f"this run is complete; it stays in {kept}",
        )) from error  # fmt: skip


def _take_free_name(partial: Path, out: Path) -> None:
    """Give a run a name that nothing has; FileExistsError where something has it by now."""
    if not _renamed(partial, out, _ONLY_IF_FREE):
        if partial.is_dir():
            # Refused by itself where something stands there, unless that is an empty folder.
            try:
                partial.rename(out)
            except OSError as error:
                if os.path.lexists(out):
                    raise FileExistsError from error
                raise
        else:
            _link(partial, out)
    sync_one(out.parent)


def _link(partial: Path, out: Path) -> None:
    """Give a file a free name without the call for it."""
    try:
        os.link(partial, out)
    except FileExistsError:
        raise
    except OSError:
        partial.rename(out)  # no links here
    else:
        partial.unlink()


def _replace(partial: Path, out: Path, token: str, old: Identity) -> None:
    """Give a run the name of another, which is removed once that is on the disk."""
    aside = partial
    if not _renamed(partial, out, _EXCHANGE):
        if not partial.is_dir() and not out.is_dir():
            partial.replace(out)
            sync_one(out.parent)
            return
        aside = replaced_path(out, token)
        out.rename(aside)
        try:
            partial.rename(out)
        except OSError:
            aside.rename(out)
            raise
    sync_one(out.parent)
    if identity_of(aside) == old:
        discard(aside)
    else:
        # Without locks somebody may have come in between; none of the two runs is lost.
        with contextlib.suppress(OSError):
            aside.rename(kept_path(out, token))


def _renamed(one: Path, other: Path, flag: int) -> bool:
    """Rename as Linux can, in one step; False where the system or the file system cannot."""
    if sys.platform != "linux":
        return False
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))
