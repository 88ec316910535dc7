"""How far a run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

Report = Callable[[int, int], None]

_LOG_SECONDS: Final = 5.0


@contextlib.contextmanager
def progress(draws: int, *, quiet: bool) -> Iterator[Report | None]:
    """Give the function that a run calls with (work done, work in all); it writes to stderr.

    Parameters
    ----------
    draws : int
        Draws of the run, in which the rate is told.
    quiet : bool
        Report nothing.
    """
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(draws) as report:
            yield report
    else:
        yield _log(draws)


@contextlib.contextmanager
def _bar(draws: int) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    start = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("draws", total=None, rate="loading")

        def report(done: int, total: int) -> None:
            rate = draws * done / total / max(time.monotonic() - start, 1e-9)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f} draws/s")

        yield report


def _log(draws: int) -> Report:
    start = time.monotonic()
    last = start

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done <= 0 or (done < total and now - last < _LOG_SECONDS) or last == math.inf:
            return
        last = now if done < total else math.inf
        share = done / total
        rate = draws * share / max(now - start, 1e-9)
        left = (now - start) * (1 / share - 1)
        print(
            f"simcore: {math.floor(100 * share)} % of {draws:,} draws, {rate:,.0f} draws/s, "
            f"{left:,.0f} s left",
            file=sys.stderr,
            flush=True,
        )

    return report
