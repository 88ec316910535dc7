"""How far a run is: a bar on a terminal, one line in a notebook, a line now and then in a log."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from simcore.running.options import Report, silent
from simcore.terminal import address_space
from simcore.terminal.events import Events
from simcore.terminal.pace import Pace
from simcore.terminal.streams import Stream

_LOG_SECONDS: Final = 5.0
_NOTEBOOK_SECONDS: Final = 0.5


def say_if_cold(command: str, *, quiet: bool = False) -> None:
    """Say why nothing moves, where kernels must first be compiled on this machine."""
    from simcore.kernels import compiling
    from simcore.running.engine import is_cold

    if is_cold():
        address_space.require(command, compiling=True)
    compiling.report_to(None if quiet else _compiled())


def _compiled() -> Callable[[int, int], None]:
    """What is told how many kernels are compiled: one line on a terminal, a few in a log."""
    last = -math.inf

    def report(done: int, total: int) -> None:
        nonlocal last
        again, now = sys.stderr.isatty(), time.monotonic()
        if not again and done < total and now - last < _LOG_SECONDS:
            return
        last = now
        text = f"simcore: compiled {done} of {total} kernels, once on this machine"
        end = "" if again and done < total else "\n"
        print(f"\r{text:<70}" if again else text, end=end, file=sys.stderr, flush=True)

    return report


@contextlib.contextmanager
def progress(
    draws: int, *, quiet: bool, workers: Callable[[], str] = str, threads: int | None = None
) -> Iterator[Report]:  # fmt: skip
    """Give the function that a run tells the share of its work that is done; it writes to stderr.

    The rate is told in the draws of the run. Its `workers`, called whenever something is told, are
    told in words, where they are not threads of this process, of which there are so many.
    """
    errors: Any = sys.stderr
    if quiet:
        yield silent
    elif isinstance(errors, Events):
        own = f"{threads or os.cpu_count() or 1} threads"
        yield errors.report(draws, lambda: workers() or own)
    elif sys.stderr.isatty():
        with _bar(draws, workers) as report:
            yield report
    elif "ipykernel" in sys.modules:
        yield _log(draws, workers, wait=_NOTEBOOK_SECONDS, again=True)
    else:
        yield _log(draws, workers)


@contextlib.contextmanager
def _bar(draws: int, workers: Callable[[], str]) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("left{task.fields[who]}"),
    )
    pace = Pace(draws)
    errors = sys.stderr
    console = Console(file=errors.steering() if isinstance(errors, Stream) else errors)  # type: ignore[arg-type]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("draws", total=None, rate="loading", who="")

        def report(share: float, note: str = "") -> None:
            rate, _ = pace.at(share, note)
            who = f", {names}" if (names := workers()) else ""
            bar.update(task, completed=share, total=1, rate=f"{rate:,.0f} draws/s", who=who)

        yield report


def _log(
    draws: int, workers: Callable[[], str], *, wait: float = _LOG_SECONDS, again: bool = False
) -> Report:
    """A line after each wait, which with `again` takes the place of the one before."""
    pace, last = Pace(draws), time.monotonic()

    def report(share: float, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        rate, left = pace.at(share, note)
        if share <= 0 or (share < 1 and now - last < wait) or last == math.inf:
            return
        last = now if share < 1 else math.inf
        text = f"simcore: {math.floor(100 * share)} % of {draws:,} draws"
        if left < math.inf:
            text += f", {rate:,.0f} draws/s, {left:,.0f} s left"
        text += f", {names}" if (names := workers()) else ""
        end = "" if again and share < 1 else "\n"
        # Blanks cover what a longer line has left.
        print(f"\r{text:<70}" if again else text, end=end, file=sys.stderr, flush=True)

    return report
