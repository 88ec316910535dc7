"""What a command tells another program on stderr: a JSON object a line (`--progress json`).

Each has an `event`: start, progress, note, warning, done or failed. What a command prints there
otherwise is a note or a warning, so that every line is an event.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from simcore.errors import ConfigError, Fault
from simcore.terminal.pace import Pace

if TYPE_CHECKING:
    from simcore.running.options import Report

_SECONDS: Final = 1.0
"""Between two events of progress, at least."""
_WARNING: Final = "warning: "
_NOTE: Final = "note: "


class Events:
    """A text stream of which each line is an event.

    Parameters
    ----------
    bare : text stream
        Where the lines go.
    """

    encoding: Final = "utf-8"

    def __init__(self, bare: Any) -> None:
        self._bare, self._lock = bare, threading.RLock()
        self._text = ""
        self._begun = time.monotonic()

    def write(self, text: str) -> int:
        """Take a text; what ends a line makes all of it an event."""
        with self._lock:
            self._text += text
            if text.endswith("\n"):
                whole, self._text = self._text.strip("\r\n"), ""
                is_warning = whole.startswith(_WARNING)
                if whole:
                    said = whole.removeprefix(_WARNING).removeprefix(_NOTE)
                    self.say("warning" if is_warning else "note", text=said)
        return len(text)

    def flush(self) -> None:
        """Hand over what was written."""
        self._bare.flush()

    def isatty(self) -> bool:
        """Whoever reads it is a program."""
        return False

    def say(self, event: str, **facts: Any) -> None:
        """Write an event, with what there is to say of it."""
        with self._lock:
            line = json.dumps({"event": event, **facts}, allow_nan=False)
            # In one piece, whoever else writes there.
            self._bare.write(f"{line}\n")
            self._bare.flush()

    def report(self, draws: int, workers: Callable[[], str]) -> Report:
        """Tell that a run begins; give the function that it tells its share."""
        self.say("start", share=0.0, draws=draws, workers=workers())
        pace, last = Pace(draws), -math.inf

        def report(share: float, note: str = "") -> None:
            nonlocal last
            now = time.monotonic()
            rate, left = pace.at(share, note)
            if last == math.inf or (share < 1 and now - last < _SECONDS):
                return
            last = now if share < 1 else math.inf
            self.say(
                "progress", share=round(share, 6), draws=draws, workers=workers(),
                rate=round(rate, 1), remaining_s=None if math.isinf(left) else round(left, 1),
                elapsed_s=round(now - self._begun, 1), **({"note": note} if note else {}),
            )  # fmt: skip

        return report

    def end(self, status: int, text: str = "") -> None:
        """Tell how the command has ended."""
        seconds = round(time.monotonic() - self._begun, 1)
        said = {"text": text} if text else {}
        self.say("failed" if text else "done", exit_code=status, elapsed_s=seconds, **said)


def begin(options: argparse.Namespace) -> None:
    """From now on stderr is of events, if that was asked for; `streams.held` undoes it."""
    if getattr(options, "progress", None) is None:
        return
    if getattr(options, "quiet", False):
        raise ConfigError(Fault(
            "--progress", "json, beside --quiet", "one of them", "leave --quiet out",
        ))  # fmt: skip
    sys.stderr = Events(sys.stderr)  # type: ignore[assignment]


def failed(command: str, text: str, status: int) -> None:
    """Say why a command ends."""
    errors: Any = sys.stderr
    if isinstance(errors, Events):
        errors.end(status, text)
    else:
        print(f"simcore {command}: {text}", file=errors)


def done(status: int) -> None:
    """A command has ended as it should; a person sees that."""
    errors: Any = sys.stderr
    if isinstance(errors, Events):
        errors.end(status)
