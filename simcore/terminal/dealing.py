"""The command `deal`: one page on a project of a saved run, or of a config that is run first."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simcore.errors import ConfigError, Fault
from simcore.terminal.answering import is_saved, name_pictures, refuse_options
from simcore.terminal.formats import print_json, to_csv
from simcore.terminal.loading import build_plan
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    import xarray as xr

    from simcore.plan import Plan

_OF_A_CONFIG: Final = ("draws", "seed", "set", "allow_outside", "out", "overwrite", "threads")
"""Options that say how a config is run."""


def deal(options: argparse.Namespace) -> None:
    """Print the page of a project."""
    from simcore.analysis.deal import deal_of, deal_rows
    from simcore.analysis.headline import OpenedRun
    from simcore.terminal.deal import deal_text

    with run_of(options, _require) as result:
        found = deal_of(OpenedRun(result), options.project, options.scenario or ())
        if options.format == "json":
            print_json(found)
        elif options.format == "csv":
            print(to_csv(*deal_rows(found)), end="")
        else:
            print(deal_text(replace(found, titles={}) if options.ids else found))
        if options.plots is not None:
            from simcore.plots.deals import draw_deal

            name_pictures(options, draw_deal(result, found, options.plots))


def _require(plan: Plan, options: argparse.Namespace) -> None:
    """Refuse a config without the project that is asked for, before it is run."""
    from simcore.analysis.deal import chosen

    if not plan.coords["project"]:
        raise ConfigError(Fault(
            "projects", "no project", "at least one", "write projects: {NAME: {region: ..., "
            "route: ..., start: ..., lifetime: ..., output: ...}}", file=options.file,
        ))  # fmt: skip
    chosen(plan.coords["project"], options.project)


@contextlib.contextmanager
def run_of(
    options: argparse.Namespace, require: Callable[[Plan, argparse.Namespace], None]
) -> Iterator[xr.Dataset]:
    """The saved run that is named, or that of the config, of whose plan something is required."""
    from simcore.dataset import check_output

    file = Path(options.file)
    if is_saved(file):
        refuse_options(options, _OF_A_CONFIG)
        with opened(file) as result:
            yield result
        return
    plan = build_plan(options, warning=True)
    require(plan, options)
    if options.out is not None:
        check_output(options.out, overwrite=options.overwrite)
    from simcore.running import engine
    from simcore.terminal.progress import progress, say_if_cold

    say_if_cold(options.name)
    with progress(plan.draws, quiet=False, threads=options.threads) as report:
        result = engine.run(
            plan, out=options.out, overwrite=options.overwrite, threads=options.threads,
            report=report,
        )  # fmt: skip
    with result:
        yield result
