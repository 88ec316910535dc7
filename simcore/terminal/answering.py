"""What commands share that answer from a config or from what was saved: refuse, print, name."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.errors import ConfigError, Fault
from simcore.terminal.formats import print_rows

if TYPE_CHECKING:
    import xarray as xr


def is_saved(file: str | Path) -> bool:
    """Whether a file that is named is a saved run, or what a study saved, and no config."""
    return Path(file).suffix in (".zarr", ".nc")


def refuse_options(
    options: argparse.Namespace, names: Iterable[str],
    where: str = "a saved run, whose draws are made",
) -> None:  # fmt: skip
    """Refuse options that say how to make what is already made.

    Raises
    ------
    ConfigError
        Each of them that is given.
    """
    given = [name for name in names if getattr(options, name)]
    if given:
        raise ConfigError([
            Fault(f"--{name.replace('_', '-')}", str(getattr(options, name)),
                  f"no --{name.replace('_', '-')} with {where}",
                  "leave it out, or name the config")
            for name in given
        ])  # fmt: skip


def show(
    options: argparse.Namespace, text: Callable[[], str],
    table: tuple[Sequence[str], Sequence[Sequence[Any]]], attrs: Mapping[str, Any],
) -> None:  # fmt: skip
    """Print what was found: as a text, or its header and rows as CSV or JSON."""
    if options.format == "table":
        print(text())
    else:
        print_rows(options.format, *table, attrs)


def name_pictures(options: argparse.Namespace, files: Iterable[Path]) -> None:
    """Draw, and say beside a table where each picture stands."""
    for file in files:
        if options.format == "table":
            print(f"Picture   {file}")


def draw_study(options: argparse.Namespace, found: xr.Dataset) -> None:
    """Draw what a study found where that is asked for."""
    if options.plots is not None:
        from simcore.plots import plot_run

        name_pictures(options, plot_run(found, options.plots)[0])
