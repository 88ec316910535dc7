"""How a command ends that cannot go on: what is said, and its exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from simcore.errors import Fault, SimcoreError, format_faults, is_of_memory, printable
from simcore.terminal import address_space


@contextlib.contextmanager
def plain_warnings() -> Iterator[None]:
    """Print what a run warns of as a line, without the place in the code."""

    def show(message: Warning | str, *_: Any) -> None:
        print(f"warning: {printable(str(message))}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show  # type: ignore[assignment]
        yield


def told(error: BaseException) -> tuple[str, int]:
    """Say why a command ends; SIMCORE_DEBUG=1 shows where instead.

    Parameters
    ----------
    error : exception
        What ended it.

    Returns
    -------
    str, int
        Text after the name of the command, and exit code; notes of the error follow the text.
    """
    text, status = _told(error)
    return "\n".join([text, *getattr(error, "__notes__", ())]), status


def _told(error: BaseException) -> tuple[str, int]:
    if isinstance(error, SimcoreError):
        return f"error\n{error}", error.exit_code
    if isinstance(error, KeyboardInterrupt):
        # OpenBLAS interrupts its process where it cannot start threads.
        return "; ".join(["interrupted" + address_space.hint(), *map(str, error.args)]), 130
    short = is_of_memory(error)
    if isinstance(error, OSError) and error.filename is not None and not short:
        return f"error\n{format_faults([_unusable(error)])}", 2
    limited = address_space.hint()
    if short:
        remedy = limited or "; lower draws, memory in the config, or threads"
        return f"out of memory{remedy}{_cause(error)}", 1
    # A library may lack memory and name something else.
    return (
        f"an error of simcore itself{_cause(error)}{limited}; please report it with what "
        "SIMCORE_DEBUG=1 prints"
    ), 1


def _unusable(error: OSError) -> Fault:
    name: Any = error.filename
    return Fault(
        "", error.strerror or type(error).__name__, "a file or folder that can be used",
        "correct the name, or the rights to it", file=os.fsdecode(name),
    )  # fmt: skip


def _cause(error: BaseException) -> str:
    """An error in a line; its text may be a whole report."""
    first = next(iter(str(error).splitlines()), "")[:300]
    return f" ({type(error).__name__}: {printable(first)})" if first else ""
