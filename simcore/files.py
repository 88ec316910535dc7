"""A file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from simcore.errors import Fault, OutputError


@contextlib.contextmanager
def whole(path: Path, *, expected: str, remedy: str, folders: bool = False) -> Iterator[Path]:
    """Write beside a place and move there what is complete; a failure leaves nothing behind.

    Parameters
    ----------
    path : Path
        Place of the file; what stands there is replaced.
    expected, remedy : str
        See `simcore.errors.Fault`, for a file that cannot be written.
    folders : bool
        Whether to make its folder when missing.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        if folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OutputError(
            Fault(str(path), error.strerror or str(error), expected, remedy)
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
