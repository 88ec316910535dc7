"""The plan of a saved run with more draws; heavy imports inside."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from simcore._version import __version__
from simcore.errors import ConfigError, Fault
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    from simcore.plan import Plan


def longer(options: argparse.Namespace) -> Plan:
    """The config of a run with more draws, of which those of the run are the first.

    Raises
    ------
    ConfigError
        This version, or the files that the config reads, would not make the run again; or more
        draws would change those it has.
    """
    from simcore.intake import document, load
    from simcore.plan import build

    with opened(options.run) as run:
        attrs = dict(run.attrs)
    file, had = str(options.run), int(attrs["draws"])
    config = {str(k): one for k, one in document.parse(str(attrs["config"]), file).data.items()}
    faults = []
    if (version := str(attrs["simcore_version"])) != __version__:
        faults.append(Fault(
            "simcore_version", version, f"{__version__}, as this is",
            f"install simcore {version}, or run the config anew", file=file,
        ))  # fmt: skip
    if config["design"] == "latin_hypercube":
        faults.append(Fault(
            "design", "latin_hypercube, of which more draws change every draw",
            "random, sobol, sobol_bridge or antithetic", "run the config anew", file=file,
        ))  # fmt: skip
    if config.get("until"):
        faults.append(Fault(
            "until", "a run that ends by itself", "a run of given draws",
            "run the config anew with a narrower `until`, or without", file=file,
        ))  # fmt: skip
    if options.draws <= had:
        faults.append(Fault(
            "--draws", f"{options.draws:,}", f"more than the {had:,} of the run",
            "take more; the draws there are stay",
        ))  # fmt: skip
    if faults:
        raise ConfigError(faults)
    changed = Fault(
        "config", "a config that is another one by now: this version, or a file, has changed",
        "the config of the run", "run the config anew", file=file,
    )  # fmt: skip
    try:
        again = build(load(config, allow_outside=options.allow_outside)).digest
    except ConfigError as error:
        raise ConfigError([changed, *error.faults]) from error
    if again != attrs["config_sha256"]:
        raise ConfigError(changed)
    return build(load(config, draws=options.draws, allow_outside=options.allow_outside))
