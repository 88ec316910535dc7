"""Files: whole or not at all, also after a power cut, and those that a config may read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import Final

from simcore.errors import Fault, OutputError

_AT_ONCE: Final = 16

_READ: ContextVar[dict[str, str] | None] = ContextVar("read", default=None)
"""Files that were read since `reading` began, with their SHA-256."""


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
    partial = path.parent / f"{path.name}.partial-{token()}"
    try:
        if path.exists() and not path.is_file():
            # Root could put a file in the place of a device.
            found = "a folder" if path.is_dir() else "a device or pipe"
            raise OutputError(Fault(str(path), found, expected, remedy))
        if folders:
            make_folders(path.parent)
        yield partial
        sync_one(partial)
        partial.replace(path)
        sync_one(path.parent)
    except OSError as error:
        raise OutputError(
            Fault(str(path), error.strerror or str(error), expected, remedy)
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def refuse_taken(out: Path, *, overwrite: bool) -> None:
    """Refuse the name of a file that stands there already, unless it may be replaced.

    Raises
    ------
    OutputError
        It is taken.
    """
    if out.exists() and not overwrite:
        raise OutputError(Fault(
            str(out), "a file that already exists", "a free name",
            "add --overwrite to replace it, or choose another name",
        ))  # fmt: skip


def token() -> str:
    """Sixteen digits that nobody else has, on whatever machine, in whatever container."""
    return os.urandom(8).hex()


def make_folders(folder: Path) -> None:
    """Make a folder and those above it that are missing; their names are on the disk."""
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        sync_one(one.parent)


def sync(path: Path, *, deep: bool = True) -> None:
    """Wait until a file, or a folder with what is in it, is on the disk.

    A rename may reach the disk before the files do: after a power cut a name would stand for
    nothing. An OSError tells of a disk that fails.

    Parameters
    ----------
    path : Path
        File or folder.
    deep : bool
        Whether the folders in it count, too, and what is in them.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    paths, taking = _within(path, deep=deep), Lock()

    def work() -> None:
        try:
            while (one := _taken(paths, taking)) is not None:
                sync_one(one)
        except BaseException:
            with taking:
                paths.close()  # the others need not go on
            raise

    helping: list[Future[None]] = []
    # Each call waits for the disk; many at once wait for it together.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # Where no more threads can start, those there are do, if only this one.
        with contextlib.suppress(RuntimeError):
            for _ in range(_AT_ONCE):
                helping.append(pool.submit(work))
        work()
    for done in helping:
        done.result()


def _taken(paths: Iterator[Path], taking: Lock) -> Path | None:
    with taking:
        return next(paths, None)


def _within(path: Path, *, deep: bool) -> Generator[Path, None, None]:
    yield path
    for folder, inner, names in os.walk(path):
        yield from (Path(folder, name) for name in names)
        if not deep:
            return
        yield from (Path(folder, name) for name in inner)


def sync_one(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    folder = path.is_dir()
    if folder and sys.platform == "win32":
        return  # it has no such call
    try:
        opened = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except PermissionError:
        if folder:
            return  # not every folder that takes files may be read
        raise
    try:
        os.fsync(opened)
        if folder and sys.platform == "darwin":
            import fcntl

            # What lies in the memory of the disk itself goes with it.
            fcntl.fcntl(opened, fcntl.F_FULLFSYNC)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise  # and not only a file system that cannot
    finally:
        os.close(opened)


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


@contextlib.contextmanager
def reading() -> Iterator[dict[str, str]]:
    """Collect what the user's files held when they were read: SHA-256 by resolved path.

    What is read twice, and was changed in between, counts as it was last.
    """
    found: dict[str, str] = {}
    before = _READ.set(found)
    try:
        yield found
    finally:
        _READ.reset(before)


def note_read(path: Path, content: bytes) -> None:
    """Note that a file of the user was read, for whoever collects it (`reading`)."""
    found = _READ.get()
    if found is not None:
        found[str(path.resolve())] = hashlib.sha256(content).hexdigest()
