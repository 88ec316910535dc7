"""The command `work`: do parts of a run in progress."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from simcore.terminal.option_parts import command, positive


def add_work(commands: Any) -> None:
    """Add the command `work`."""
    one = command(
        commands, "work", "join a run in progress and do parts of it, on any host",
        "simcore run FILE -o results/big.zarr --executor folder    # on one host",
        "simcore work results/big.zarr.partial                     # on others that see the folder",
        "simcore work results/big.zarr.partial --threads 8 --wait 600",
    )  # fmt: skip
    one.add_argument("partial", type=Path, metavar="OUT.partial",
                     help="folder of a run with --executor folder, beside OUT")  # fmt: skip
    one.add_argument("--threads", type=positive, metavar="T",
                     help="parts at a time (default: one a processor)")  # fmt: skip
    one.add_argument("--wait", type=positive, default=0, metavar="S",
                     help="seconds to wait for the run to begin (default: none)")  # fmt: skip
    one.add_argument("--quiet", action="store_true", help="only errors are said")


def joined(options: argparse.Namespace) -> int:
    """Join the run until it has ended; 1 where it is not complete then."""
    from simcore.running.executors.joining import join
    from simcore.terminal.progress import say_if_cold

    def say(text: str) -> None:
        if not options.quiet:
            print(f"simcore work: {text}", file=sys.stderr, flush=True)

    say_if_cold("work", quiet=options.quiet)
    threads = options.threads or os.cpu_count() or 1
    ended = join(options.partial, threads, wait_for=options.wait, say=say)
    parts = f"{ended.parts:,} part{'' if ended.parts == 1 else 's'} done here"
    if ended.is_complete:
        say(f"{ended.why}; {parts}")
        return 0
    print(f"simcore work: {ended.why}; {parts}", file=sys.stderr)
    return 1
