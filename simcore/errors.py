"""What a user is told when something is wrong: where, found, expected, remedy.

Bad input and a bad output path end a command with exit code 2 and a message, never a traceback.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar, Final
from unicodedata import category

_SHOWN_FAULTS: Final = 100
_SHOWN_CHARACTERS: Final = 500
_SUGGESTIONS: Final = 300
_COMPARED: Final = 100
"""Known names that count as one more suggestion."""
_LEFT: Final[ContextVar[list[int] | None]] = ContextVar("suggestions left", default=None)
_HARMLESS: Final = "\u200c\u200d"


@dataclass(frozen=True)
class Fault:
    """One thing wrong in what the user gave.

    Attributes
    ----------
    where : str
        Dotted address, such as `catalog.markets.eu_ets.process.sigma`; empty for the whole file.
    found : str
        What stands there.
    expected : str
        What may stand there.
    remedy : str
        What to do.
    file : str or None
        File, as the user named it.
    line : int or None
        Line in that file, from 1.
    """

    where: str
    found: str
    expected: str
    remedy: str
    file: str | None = None
    line: int | None = None

    @property
    def _head(self) -> str:
        place = self.file or ""
        if place and self.line is not None:
            place = f"{place}:{self.line}"
        return ": ".join(part for part in (place, self.where) if part) or "input"

    def as_warning(self) -> str:
        """Say it in one line, of what is no fault but changes nothing."""
        return printable(f"warning: {self._head}: {_cut(self.found)}: {self.remedy}")

    def __str__(self) -> str:
        head = self._head
        rows = (("found", _cut(self.found)), ("expected", self.expected), ("remedy", self.remedy))
        body = [f"  {label:<9} {_indented(text)}" for label, text in rows]
        return "\n".join([printable(head), *body])


class TextError(ValueError):
    """A text that cannot be read, such as a unit or a formula; see `Fault`."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(found, expected, remedy)
        self.found, self.expected, self.remedy = found, expected, remedy

    def __str__(self) -> str:
        return f"{self.found}; expected {self.expected}; {self.remedy}"


class SimcoreError(Exception):
    """An error shown as its message, without a traceback.

    Attributes
    ----------
    exit_code : int
        Exit status of a command that ends with this error.
    """

    exit_code: ClassVar[int] = 1


class FaultyError(SimcoreError):
    """What a user gave or named cannot be used, with every fault found in it.

    Parameters
    ----------
    faults : Fault or iterable of Fault
        At least one.

    Attributes
    ----------
    faults : tuple of Fault
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        if not self.faults:
            raise ValueError("an error needs at least one fault")
        # One positional argument, so that the error survives the trip from a worker process.
        super().__init__(self.faults)

    def __str__(self) -> str:
        return format_faults(self.faults)


class ConfigError(FaultyError):
    """A config or table that cannot be used."""


class OutputError(FaultyError):
    """An output that cannot be written: it exists, is read-only, full, or in use.

    `where` of its faults is the path of the output.
    """


class WorkerError(SimcoreError):
    """Processes that do the parts of a run fail, or would make other bits.

    Parameters
    ----------
    fault : Fault
        `where` names the worker.

    Attributes
    ----------
    fault : Fault
    """

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)

    def __str__(self) -> str:
        return format_faults([self.fault])


def format_faults(faults: Iterable[Fault]) -> str:
    """Show faults one after the other, then their number.

    Parameters
    ----------
    faults : iterable of Fault
        In the order to show; those after the hundredth are only counted.

    Returns
    -------
    str
        Four lines a fault and a last line `N faults`.
    """
    every = tuple(faults)
    count = f"{len(every)} fault" + ("" if len(every) == 1 else "s")
    if len(every) > _SHOWN_FAULTS:
        count += f", the first {_SHOWN_FAULTS} shown"
    return "\n".join([*(str(fault) for fault in every[:_SHOWN_FAULTS]), count])


def is_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, be it for the stack of one more thread."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, RuntimeError) and "can't start new thread" in str(error))
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    )


def dotted(address: Iterable[str | int | float]) -> str:
    """Write an address of keys and list positions as in `markets.eu_ets.anchors.2030`.

    Parameters
    ----------
    address : iterable of str, int or float
        Keys of mappings and positions in lists, from the top.

    Returns
    -------
    str
        Empty for the empty address.
    """
    return ".".join(str(part) for part in address)


@contextlib.contextmanager
def few_suggestions() -> Iterator[None]:
    """Look for what was meant by the first names only: a file may hold thousands of unknown ones.

    Each search takes a millisecond, and only the first faults are shown.
    """
    before = _LEFT.set([_SUGGESTIONS])
    try:
        yield
    finally:
        _LEFT.reset(before)


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that the user probably meant.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        What could have been written.

    Returns
    -------
    str or None
        The nearest known name, upper and lower case taken as equal; None when none is near, or
        within `few_suggestions` after the first ones.
    """
    left = _LEFT.get()
    if left is not None and left[0] <= 0:
        return None
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    if left is not None:
        left[0] -= 1 + len(folded) // _COMPARED
    import difflib

    # A misspelling is short; a long text is something else, and slow to compare.
    near = difflib.get_close_matches(name[:100].casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def unlisted(
    where: str, name: object, known: Iterable[object], *, remedy: str = "choose one of those"
) -> Fault:
    """Make the fault of a name that is none of those that may stand there.

    Parameters
    ----------
    where : str
    name, known : object
        Names, or numbers such as years.
    remedy : str
        What to do where no known name is near.

    Returns
    -------
    Fault
    """
    names = [str(one) for one in known]
    near = suggest(str(name), names)
    return Fault(
        where, str(name), f"one of {', '.join(names)}", f"did you mean {near}?" if near else remedy
    )


def printable(text: str) -> str:
    """Show what could steer a terminal as its number, an escape as x1b after a backslash.

    Parameters
    ----------
    text : str
        Of a config, a table or a run that anyone may have written.

    Returns
    -------
    str
        One line: line breaks too are numbers. Spaces of all widths, and what joins letters, stay.
    """
    if text.isprintable():
        return text
    return "".join(
        one
        if one.isprintable() or one in _HARMLESS or category(one) == "Zs"
        else one.encode("unicode_escape", "surrogatepass").decode()
        for one in text
    )


def _indented(text: str) -> str:
    """Keep lines under their label, so that no text can pass for the head of a fault."""
    return ("\n" + " " * 12).join(printable(line) for line in text.split("\n"))


def _cut(text: str) -> str:
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]}... ({len(text):,} characters)"
