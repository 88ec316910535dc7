"""The command `export`: a run for other tools."""

from __future__ import annotations

import argparse
import textwrap

from simcore.errors import ConfigError, Fault
from simcore.terminal.opening import opened


def export(options: argparse.Namespace) -> None:
    """Write the summaries of a saved run for CDO and NCO, or for pyam, and say what is left out."""
    _check(options)
    from simcore.terminal.tables import WIDTH

    with opened(options.run) as result:
        if options.iamc is not None:
            from simcore.report.iamc import write_iamc

            left = write_iamc(result, options.iamc, wide=options.wide, overwrite=options.overwrite)
            told = "as they have no year"
        else:
            from simcore.dataset.exported import export

            left = export(result, options.out, overwrite=options.overwrite)
            told = "as draws or text"
    print(options.iamc or options.out)
    if left:
        print("\n".join(textwrap.wrap(f"Not in it, {told}: {', '.join(left)}.", WIDTH)))


def _check(options: argparse.Namespace) -> None:
    """One format is asked for, and what is asked for has an effect."""
    if (options.out is None) == (options.iamc is None):
        found = "both" if options.out else "neither"
        raise ConfigError(Fault(
            "-o, --iamc", found, "-o FILE.nc, or --iamc FILE.csv or FILE.xlsx", "name one of them",
        ))  # fmt: skip
    if options.wide and options.iamc is None:
        raise ConfigError(Fault("--wide", "without --iamc", "--wide with --iamc", "leave it out"))
    if options.out is not None and options.out.suffix.lower() in (".csv", ".xlsx"):
        raise ConfigError(Fault(
            str(options.out), options.out.suffix, "a name that ends in .nc",
            f"write --iamc {options.out} for pyam, or simcore report {options.run} --xlsx FILE",
        ))  # fmt: skip
