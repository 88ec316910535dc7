"""The command `wait`: what the right to wait is worth, and by which thresholds one decides."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.errors import ConfigError, Fault
from simcore.terminal.answering import draw_study, is_saved, refuse_options, show
from simcore.terminal.loading import read_config
from simcore.terminal.opening import opened
from simcore.terminal.option_parts import command, config, formatted, positive

if TYPE_CHECKING:
    import xarray as xr

_OF_A_CONFIG = ("project", "draws", "seed", "set", "allow_outside", "out", "overwrite", "threads")
"""Options that say what is computed, and how."""


def add_waiting(commands: Any) -> None:
    """Add the command `wait`."""
    one = command(
        commands, "wait", "tell what the right to wait is worth, and when to start",
        "simcore wait experiments/04_wait_or_build/experiment.yaml -o results/wait.zarr",
        "simcore wait FILE --project duisburg --plots results/plots",
        "simcore wait results/wait.zarr             # shows what was found before",
    )  # fmt: skip
    config(one, metavar="FILE|WAIT", what="a YAML config with waiting, or what was saved")
    one.add_argument("--project", action="append", default=[], metavar="P",
                     help="only this choice, or those with this project; repeatable")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="OUT", help="keep it, in a .zarr or .nc")
    one.add_argument("--overwrite", action="store_true", help="replace what stands there")
    one.add_argument("--plots", type=Path, metavar="DIR", help="also draw PNG files")
    one.add_argument("--threads", type=positive, metavar="T",
                     help="worker threads; the draws stay the same")  # fmt: skip
    one.add_argument("--quiet", action="store_true", help="no progress, no notes")
    formatted(one, "json", "csv")


def wait(options: argparse.Namespace) -> None:
    """Compute or open what waiting is worth, print it, and draw it where that is asked for."""
    from simcore.analysis.waiting import waiting_rows
    from simcore.terminal.waiting_table import waiting_text

    with _found(options) as found:
        show(
            options, lambda: waiting_text(found), waiting_rows(found),
            {name: found.attrs[name] for name in ("name", "draws", "seed", "currency")},
        )  # fmt: skip
        if options.out is not None and options.format == "table":
            print(f"\nWaiting   {options.out}")
        draw_study(options, found)


@contextlib.contextmanager
def _found(options: argparse.Namespace) -> Iterator[xr.Dataset]:
    """What was saved, or what follows from a config."""
    from simcore.analysis.waiting import checked_waiting

    file = Path(options.file)
    if is_saved(file):
        refuse_options(options, _OF_A_CONFIG, "what was saved, which is made")
        with opened(file, studies=True) as result:
            yield checked_waiting(result, file)
        return
    from simcore.intake.waiting import FEWEST_DRAWS, MOST_DRAWS

    many, options.draws = options.draws, None
    if many is not None and not FEWEST_DRAWS <= many <= MOST_DRAWS:
        raise ConfigError(Fault(
            "--draws", str(many),
            f"{FEWEST_DRAWS:,} to {MOST_DRAWS:,}, half of which find the rule",
            "take more" if many < FEWEST_DRAWS else "take fewer: all of them lie in memory",
        ))  # fmt: skip
    spec = read_config(options)
    if options.out is not None:
        from simcore.dataset import check_output

        check_output(options.out, overwrite=options.overwrite)
    from simcore.studies.waiting import waiting as study
    from simcore.terminal.progress import progress, say_if_cold

    say_if_cold("wait", quiet=options.quiet)
    every = [many or one.draws for one in spec.experiment.waiting.values()]
    with progress(max(every, default=1), quiet=options.quiet) as report:
        found = study(
            spec, names=options.project, draws=many, out=options.out,
            overwrite=options.overwrite, threads=options.threads, report=report,
        )  # fmt: skip
    yield found
