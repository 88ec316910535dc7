"""How far a run is: a bar on a terminal, one line in a notebook, a line now and then in a log."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from simcore.running.options import Report, silent
from simcore.terminal import address_space
from simcore.terminal.streams import Stream

_LOG_SECONDS: Final = 5.0
_NOTEBOOK_SECONDS: Final = 0.5


def say_if_cold(command: str, *, quiet: bool = False) -> None:
    """Say why nothing moves, where kernels must first be compiled on this machine."""
    from simcore.kernels import compiling
    from simcore.running.engine import is_cold

    if is_cold():
        address_space.require(command, compiling=True)
    compiling.tell_to(None if quiet else _compiled())


def _compiled() -> Callable[[int, int], None]:
    """What is told how many kernels are compiled: one line on a terminal, a few in a log."""
    last = -math.inf

    def tell(done: int, total: int) -> None:
        nonlocal last
        again, now = sys.stderr.isatty(), time.monotonic()
        if not again and done < total and now - last < _LOG_SECONDS:
            return
        last = now
        text = f"simcore: compiled {done} of {total} kernels, once on this machine"
        end = "" if again and done < total else "\n"
        print(f"\r{text:<70}" if again else text, end=end, file=sys.stderr, flush=True)

    return tell


@contextlib.contextmanager
def progress(draws: int, *, quiet: bool, workers: str = "") -> Iterator[Report]:
    """Give the function that a run tells the share of its work that is done; it writes to stderr.

    The rate is told in the draws of the run, and so are its `workers`, in words.
    """
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bar(draws, workers) as report:
            yield report
    elif "ipykernel" in sys.modules:
        yield _log(draws, workers, wait=_NOTEBOOK_SECONDS, again=True)
    else:
        yield _log(draws, workers)


@contextlib.contextmanager
def _bar(draws: int, workers: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn(f"left, {workers}" if workers else "left"),
    )
    start = time.monotonic()
    errors = sys.stderr
    console = Console(file=errors.steering() if isinstance(errors, Stream) else errors)  # type: ignore[arg-type]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("draws", total=None, rate="loading")

        def report(share: float, note: str = "") -> None:
            rate = draws * share / max(time.monotonic() - start, 1e-9)
            bar.update(task, completed=share, total=1, rate=f"{rate:,.0f} draws/s")

        yield report


def _log(draws: int, workers: str, *, wait: float = _LOG_SECONDS, again: bool = False) -> Report:
    """A line after each wait, which with `again` takes the place of the one before."""
    start = time.monotonic()
    last = start

    def report(share: float, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if share <= 0 or (share < 1 and now - last < wait) or last == math.inf:
            return
        last = now if share < 1 else math.inf
        rate = draws * share / max(now - start, 1e-9)
        left = (now - start) * (1 / share - 1)
        text = (
            f"simcore: {math.floor(100 * share)} % of {draws:,} draws, {rate:,.0f} draws/s, "
            f"{left:,.0f} s left" + (f", {workers}" if workers else "")
        )
        end = "" if again and share < 1 else "\n"
        # Blanks cover what a longer line has left.
        print(f"\r{text:<70}" if again else text, end=end, file=sys.stderr, flush=True)

    return report
