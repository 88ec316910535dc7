"""The command line of `decide`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from simcore.terminal.option_parts import command, config, formatted, ids, positive


def add_decide(commands: Any) -> None:
    """Add the command."""
    one = command(
        commands, "decide", "set decisions beside each other: what each is worth, which to take",
        "simcore decide configs/decide.yaml         # runs the config",
        "simcore decide results/mine.zarr --metric decision_npv.p5",
        "simcore decide results/mine.zarr --rule maximin --rule hurwicz=0.4 \\",
        "    --rule satisfice=0,0.8 --weights law=0.6,reform=0.4 --plots pictures",
    )  # fmt: skip
    config(one, metavar="FILE|RUN", what="a YAML config, which is run, or a saved run")
    one.add_argument("--metric", metavar="M",
                     help="what counts in a scenario: decision_npv.mean, or .p5 (default: that of "
                     "the config)")  # fmt: skip
    one.add_argument("--rule", action="append", metavar="R",
                     help="expected, maximin, minimax_regret, hurwicz=WEIGHT of the best scenario, "
                     "satisfice=AMOUNT,PROBABILITY; may be repeated (default: those of the "
                     "config)")  # fmt: skip
    one.add_argument("--weights", type=weights, metavar="S=W,...",
                     help="of scenarios, for expected: law=0.6,reform=0.4")  # fmt: skip
    one.add_argument("--scenario", action="append", metavar="S",
                     help="choose among these scenarios alone; may be repeated")  # fmt: skip
    one.add_argument("--decision", action="append", metavar="D",
                     help="choose among these decisions alone; may be repeated")  # fmt: skip
    ids(one)
    one.add_argument("--plots", type=Path, metavar="DIR",
                     help="draw what each is worth, and what is regretted, PNG")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="OUT",
                     help="keep the run, in a .zarr or .nc")  # fmt: skip
    one.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    one.add_argument("--threads", type=positive, metavar="T", help="of the run")
    formatted(one, "json", "csv")


def weights(text: str) -> dict[str, float]:
    """Type of an option that gives scenarios their weights: law=0.6,reform=0.4."""
    found = {}
    for part in text.split(","):
        name, sign, number = part.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not sign or not name.strip() or not 0.0 <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{part!r} is not SCENARIO=WEIGHT, such as law=0.6")
        found[name.strip()] = value
    return found
