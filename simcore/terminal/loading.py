"""Read the config that a command names, and say what is to be said of it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from simcore.errors import ConfigError, Fault
from simcore.terminal.answering import is_saved

if TYPE_CHECKING:
    from simcore.intake import Spec
    from simcore.plan import Plan
    from simcore.running.executors import Executor


def read_config(options: argparse.Namespace) -> Spec:
    """Read the config that a command names, with what its options replace."""
    if is_saved(options.file):
        raise ConfigError(Fault(
            "", "a saved run, or the indices of a study", "a config (.yaml)",
            f"name its config; simcore audit {options.file} prints that of a run",
            file=str(options.file),
        ))  # fmt: skip
    from simcore.intake import load

    return load(
        options.file, overrides=options.set, draws=options.draws, seed=options.seed,
        until=getattr(options, "until", None), allow_outside=options.allow_outside,
    )  # fmt: skip


def build_plan(options: argparse.Namespace, *, warning: bool = False) -> Plan:
    """Resolve it; `warning` says on stderr which settings change nothing."""
    spec = read_config(options)
    if not warning:
        from simcore.plan import build

        return build(spec)
    from simcore.effects import build_and_warn

    plan, warnings = build_and_warn(spec)
    warn(options, spec, warnings)
    return plan


def executor_of(options: argparse.Namespace, *, to_file: bool = True) -> Executor:
    """Where the runs of a command are done; a ConfigError where one needs the folder of a file."""
    from simcore.running.executors import executor_named, on_threads

    if not options.executor:
        return on_threads(options.threads)
    found = executor_named(options.executor)
    if found.settle is not None and not to_file:
        raise ConfigError(Fault(
            "--executor", options.executor, "threads, processes or dask",
            f"simcore {options.name} keeps no folder that others could join",
        ))  # fmt: skip
    return found


def warn(options: argparse.Namespace, spec: Spec, warnings: list[Fault]) -> None:
    """Say what a config was noted for; with --strict a warning is a fault."""
    if warnings and getattr(options, "strict", False):
        raise ConfigError(warnings)
    if not getattr(options, "quiet", False):
        for note in spec.notes:
            from simcore.timeseries import is_warning

            print(note if is_warning(note) else f"note: {note}", file=sys.stderr)
        for one in warnings:
            print(one.as_warning(), file=sys.stderr)
