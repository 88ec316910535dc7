"""Files: one that appears whole or not at all, and those that a config may read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
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
    partial = path.parent / f"{path.name}.partial-{os.getpid()}"
    try:
        if path.exists() and not path.is_file():
            # Root could put a file in the place of a device.
            found = "a folder" if path.is_dir() else "a device or pipe"
            raise OutputError(Fault(str(path), found, expected, remedy))
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


class Folder(type(Path())):  # type: ignore[misc]
    """The folder of a config, and others from which it may read files as well.

    A path like any other, so that whoever has one can ask what it contains.
    """

    allowed: tuple[Path, ...] = ()

    @classmethod
    def of(cls, path: Path, allowed: Sequence[str | Path] = ()) -> Folder:
        """Make the folder of a config."""
        folder: Folder = cls(path)
        folder.allowed = tuple(Path(one).resolve() for one in allowed)
        return folder


def contained(folder: Path, name: str) -> Path | None:
    """The path of a file named in a config, or None where it leaves the config's folder.

    Folders that the command line allows (`Folder.allowed`) belong to it.
    """
    try:
        path = Path(folder, name).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    roots = (Path(folder).resolve(), *getattr(folder, "allowed", ()))
    return path if any(path.is_relative_to(root) for root in roots) else None
