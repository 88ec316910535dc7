"""What a killed run leaves beside its place, and what the next run to that place makes of it.

A run under way to OUT is `OUT.partial-` and a token of its own. A run that OUT has had until now is
`OUT.replaced-` and that token, where two folders cannot be exchanged. A process that is killed
outright (kill -9, power) can clear up nothing, so the next one does: it removes what is no complete
run, and nothing else.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
from pathlib import Path
from typing import Final

from simcore.dataset.saved import is_complete
from simcore.files import sync_one

_LOG: Final = logging.getLogger(__name__)


def partial_path(out: Path, token: str) -> Path:
    """Where a run is written."""
    return out.with_name(f"{out.name}.partial-{token}")


def replaced_path(out: Path, token: str) -> Path:
    """Where a run stands aside while another takes its place."""
    return out.with_name(f"{out.name}.replaced-{token}")


def kept_path(out: Path, token: str) -> Path:
    """Where a complete run stays that has lost its place; only its owner removes it."""
    return out.with_name(f"{out.stem}.kept-{token}{out.suffix}")


def clear_leftovers(out: Path) -> bool:
    """Clear up what dead runs to `out` have left; the caller has proof that none of them lives.

    Returns
    -------
    bool
        Whether a run that one of them had finished was put in its place, which was free.
    """
    pattern = re.compile(rf"{re.escape(out.name)}\.(?:partial|replaced)-([0-9a-f]{{16}})")
    restored = False
    # The newer run first: a partial one comes before what it replaces.
    for path in sorted(_entries(out.parent)):
        match = pattern.fullmatch(path.name)
        if match is None:
            continue
        try:
            restored |= _clear(path, out, kept_path(out, match[1]))
        except OSError as error:
            _LOG.warning("%s, left by a run that was killed, stays: %s", path, error)
    if restored:
        sync_one(out.parent)
    return restored


def _clear(path: Path, out: Path, kept: Path) -> bool:
    """Clear up one leftover; whether it was put in its place."""
    if not is_complete(path):
        if not remove(path):
            raise PermissionError("it cannot be removed")
        _LOG.warning("removed %s, left by a run that was killed", path)
    elif os.path.lexists(out):
        path.rename(kept)
        _LOG.warning("kept %s, a complete run that a killed process left: yours to remove", kept)
    else:
        path.rename(out)
        _LOG.warning("put %s in place: complete, left by a process that was killed", out)
        return True
    return False


def discard(path: Path) -> None:
    """Remove a run that has been replaced; a removal cut short leaves no run that looks whole."""
    if path.is_dir() and not path.is_symlink():
        with contextlib.suppress(OSError):
            (path / "zarr.json").unlink()
            sync_one(path)
    if not remove(path):
        _LOG.warning("%s, which has been replaced, cannot be removed", path)


def remove(path: Path) -> bool:
    """Remove a file, or a folder as far as that is possible; whether nothing is left."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)  # or it would keep what is in it
            for folder, names, _ in os.walk(path):
                for name in names:
                    with contextlib.suppress(OSError):
                        Path(folder, name).chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return not os.path.lexists(path)


def _entries(folder: Path) -> list[Path]:
    # A folder that takes new files may refuse to be read.
    with contextlib.suppress(PermissionError, FileNotFoundError):
        return list(folder.iterdir())
    return []
