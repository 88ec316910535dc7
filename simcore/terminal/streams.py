"""The terminal as it may be lost: closed, full or gone; what is told to it stops nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simcore.errors import printable


class Stream:
    """A text stream that never fails, and by which no text can steer a terminal.

    Parameters
    ----------
    bare : text stream
        Where the text goes.
    steering : bool
        Whether it may steer the terminal all the same, as a progress bar does.

    Attributes
    ----------
    lost : OSError or None
        Why nothing more can be written; what follows goes nowhere.
    """

    def __init__(self, bare: Any, *, steering: bool = False) -> None:
        self._bare, self._steering = bare, steering
        self.lost: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bare, name)

    def write(self, text: str) -> int:
        """Write a text; what its encoding lacks, and control characters, as their numbers."""
        shown = text if self._steering else "\n".join(map(printable, text.split("\n")))
        encoding = self._bare.encoding or "utf-8"
        self._try(self._bare.write, shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Hand over what was written."""
        self._try(self._bare.flush)

    def steering(self) -> Stream:
        """The same stream for what may steer the terminal."""
        return Stream(self._bare, steering=True)

    def _try(self, do: Any, *given: str) -> None:
        if self.lost is not None:
            return
        try:
            do(*given)
        except OSError as error:
            self.lost = error
            # What waits in the buffer would fail again when Python ends.
            with contextlib.suppress(OSError), Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), self._bare.fileno())


@contextlib.contextmanager
def held() -> Iterator[Stream]:
    """Let a command outlive its terminal; yields its standard output."""
    _fill_closed()
    before = sys.stdout, sys.stderr
    with _no_hangup():
        out, errors = (_taken(one, place) for place, one in enumerate(before, 1))
        sys.stdout, sys.stderr = out, errors  # type: ignore[assignment]
        try:
            yield out
        finally:
            out.flush()
            errors.flush()
            sys.stdout, sys.stderr = before


def _fill_closed() -> None:
    """Put nothing where a standard stream is closed: a file opened there would be printed to."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _taken(stream: Any, number: int) -> Stream:
    return Stream(os.fdopen(number, "w", closefd=False) if stream is None else stream)


@contextlib.contextmanager
def _no_hangup() -> Iterator[None]:
    """A run that takes hours must not end because a connection does."""
    if not hasattr(signal, "SIGHUP") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
