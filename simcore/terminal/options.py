"""What the command `simcore` understands, and its help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from simcore import __version__
from simcore.terminal.calibration_options import add_calibration, several

SECTIONS: Final = (
    "regions", "sectors", "markets", "systems", "routes", "policies", "prices", "technologies",
    "buyers", "sources", "outcomes",
)  # fmt: skip
_FORMATS: Final = ("table", "csv", "json")


def parser() -> argparse.ArgumentParser:
    """Build the parser; `options.name` of its result is the command."""
    whole = argparse.ArgumentParser(
        prog="simcore",
        description="Distribution of the green premium of low-carbon materials, by Monte Carlo.",
        epilog=_examples(
            "simcore run configs/quickstart.yaml",
            "simcore summary results/quickstart.zarr --region EU --route h2_dri_eaf",
            "simcore run --help",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"simcore {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_configs, _add_runs, _add_knowledge):
        add(commands)
    add_calibration(commands, _command)
    return whole


def _add_configs(commands: Any) -> None:
    one = _command(
        commands, "check", "find every fault of a config at once",
        "simcore check configs/quickstart.yaml",
        "simcore check configs/quickstart.yaml --strict",
    )  # fmt: skip
    _config(one)
    _strict(one)
    one = _command(
        commands, "plan", "print the resolved config: nothing is left implicit",
        "simcore plan configs/quickstart.yaml > resolved.yaml",
        "simcore run resolved.yaml        # the same digest",
    )  # fmt: skip
    _config(one)
    one = _command(
        commands, "run", "simulate a config",
        "simcore run configs/quickstart.yaml",
        "simcore run configs/quickstart.yaml --draws 1000 -o results/try.nc --overwrite",
        "simcore run configs/quickstart.yaml --set value.buyer=automotive --set currency=USD",
        "simcore run configs/quickstart.yaml --until carbon_price.mean=1EUR/t --draws 1000000",
        "simcore run configs/quickstart.yaml --dry-run",
    )  # fmt: skip
    _config(one)
    _strict(one)
    one.add_argument("-o", "--out", type=Path, metavar="OUT",
                     help="ends in .zarr or .nc (default: results/NAME.zarr)")  # fmt: skip
    one.add_argument("--threads", type=_positive, metavar="T",
                     help="worker threads; the numbers stay the same")  # fmt: skip
    one.add_argument("--executor", metavar="NAME[:T]",
                     help="where it is done; the numbers stay the same")  # fmt: skip
    one.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    one.add_argument("--until", metavar="WHAT=WIDTH",
                     help="fewer draws than --draws once the 95 %% interval is that narrow, such "
                     "as cost_premium.p95=2EUR/t")  # fmt: skip
    one.add_argument("--plots", nargs="?", const="", metavar="DIR",
                     help="also draw PNG files (default folder: beside OUT)")  # fmt: skip
    one.add_argument("--dry-run", action="store_true",
                     help="shapes, memory, disk and time; write nothing")  # fmt: skip
    one.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    one.add_argument("--quiet", action="store_true", help="no progress, no table")
    one = _command(
        commands, "trace", "recompute one draw in full, equal to the stored one",
        "simcore trace configs/quickstart.yaml --draw 7 --region EU --route h2_dri_eaf",
        "simcore trace configs/quickstart.yaml --draw 7 --format csv > draw7.csv",
    )  # fmt: skip
    _config(one)
    one.add_argument("--draw", type=int, required=True, metavar="I", help="number from 0")
    one.add_argument("--region", metavar="R", help="only this region")
    one.add_argument("--route", metavar="K", help="only this route")
    one.add_argument("--format", choices=_FORMATS, default="table", help="default: table")


def _add_runs(commands: Any) -> None:
    one = _command(
        commands, "summary", "print a table of a saved run",
        "simcore summary results/quickstart.zarr",
        "simcore summary results/quickstart.zarr --variable carbon_price --year 2030 --year 2040",
        "simcore summary results/quickstart.zarr --variable cost_premium --region EU \\",
        "    --route h2_dri_eaf --quantiles 0.1 0.5 0.9 --format csv",
    )  # fmt: skip
    one.add_argument("run", type=Path, metavar="RUN", help="a .zarr or .nc of simcore run")
    one.add_argument("--variable", metavar="V",
                     help="one outcome in full, or input (default: cost beside value)")  # fmt: skip
    for option, kind, what in (
        ("year", int, "Y"), ("region", str, "R"), ("route", str, "K"), ("destination", str, "D"),
        ("scenario", str, "S"),
    ):  # fmt: skip
        one.add_argument(f"--{option}", type=kind, action="append", metavar=what,
                         help=f"only this {option}; may be repeated")  # fmt: skip
    one.add_argument("--quantiles", type=several(float, "a number"), nargs="+", metavar="Q",
                     help="probabilities (default: 0.05 0.5 0.95)")  # fmt: skip
    one.add_argument("--format", choices=_FORMATS, default="table", help="default: table")
    one = _command(
        commands, "plot", "draw fan charts, the waterfall and the crossing over",
        "simcore plot results/quickstart.zarr",
        "simcore plot results/quickstart.zarr -o pictures --scenario reform_2026",
    )  # fmt: skip
    one.add_argument("run", type=Path, metavar="RUN", help="a .zarr or .nc of simcore run")
    one.add_argument("-o", "--out", type=Path, metavar="DIR",
                     help="folder of the PNG files (default: beside RUN)")  # fmt: skip
    one.add_argument("--scenario", metavar="S", help="default: the first")
    one = _command(
        commands, "digest", "print the SHA-256 of a run's values",
        "simcore digest results/quickstart.zarr",
    )  # fmt: skip
    one.add_argument("run", type=Path, metavar="RUN", help="a .zarr or .nc of simcore run")
    one = _command(
        commands, "validate", "set a run beside what was observed: costs, prices, premiums",
        "simcore validate",
        "simcore validate -o reality.png",
        "simcore validate results/quickstart.zarr --format csv > reality.csv",
    )  # fmt: skip
    one.add_argument("run", type=Path, nargs="?", metavar="RUN",
                     help="a .zarr or .nc of simcore run (default: makes its own)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE",
                     help="also draw it, PNG or SVG")  # fmt: skip
    one.add_argument("--draws", type=_positive, metavar="N", help="of the runs it makes")
    one.add_argument("--seed", type=int, metavar="S", help="of the runs it makes")
    one.add_argument("--threads", type=_positive, metavar="T", help="of the runs it makes")
    one.add_argument("--format", choices=_FORMATS, default="table", help="default: table")
    one.add_argument("--json", action="store_const", const="json", dest="format",
                     help="the same as --format json")  # fmt: skip


def _add_knowledge(commands: Any) -> None:
    one = _command(
        commands, "catalog", "show what the package knows, with units and sources",
        "simcore catalog", "simcore catalog routes", "simcore catalog routes h2_dri_eaf",
        "simcore catalog policies eu_free_allocation --plot eu_free_allocation.png",
    )  # fmt: skip
    one.add_argument("section", nargs="?", choices=SECTIONS, metavar="SECTION",
                     help=", ".join(SECTIONS))  # fmt: skip
    one.add_argument("entry", nargs="?", metavar="NAME", help="one entry in full")
    one.add_argument("--plot", type=Path, metavar="FILE",
                     help="draw the timeline of a policy as a fan, PNG")  # fmt: skip
    _command(
        commands, "schema", "print the JSON Schema of a config",
        "simcore schema > config.schema.json",
    )  # fmt: skip


def _command(commands: Any, name: str, summary: str, *examples: str) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + ".",
        epilog=_examples(*examples), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    one.set_defaults(name=name)
    return one


def _config(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", metavar="FILE", help="a YAML config")
    one.add_argument("--draws", type=int, metavar="N", help="replaces draws of the config")
    one.add_argument("--seed", type=int, metavar="S", help="replaces seed of the config")
    one.add_argument("--set", action="append", default=[], metavar="PATH=VALUE",
                     help="replaces a value: plant.start=2032; may be repeated")  # fmt: skip
    one.add_argument("--allow-outside", action="append", default=[], metavar="DIR",
                     help="let the config read files in DIR too; may be repeated")  # fmt: skip


def _strict(one: argparse.ArgumentParser) -> None:
    one.add_argument("--strict", action="store_true",
                     help="a setting that changes nothing is a fault, not a warning")  # fmt: skip


def _examples(*lines: str) -> str:
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return number
