"""What the command `simcore` understands, and its help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from simcore import __version__
from simcore.terminal.decision_options import add_decide
from simcore.terminal.option_parts import Alone, Parser
from simcore.terminal.option_parts import as_examples as _examples
from simcore.terminal.option_parts import command as _command
from simcore.terminal.option_parts import config as _config
from simcore.terminal.option_parts import csv_style as _csv
from simcore.terminal.option_parts import executed as _executed
from simcore.terminal.option_parts import formatted as _format
from simcore.terminal.option_parts import ids as _ids
from simcore.terminal.option_parts import outcomes_in as _outcomes
from simcore.terminal.option_parts import positive as _positive
from simcore.terminal.option_parts import progress as _progress
from simcore.terminal.option_parts import saved as _saved
from simcore.terminal.option_parts import several as _several
from simcore.terminal.option_parts import strict as _strict
from simcore.terminal.option_parts import within as _within
from simcore.terminal.picture_options import add_pictures
from simcore.terminal.question_options import add_questions
from simcore.terminal.waiting import add_waiting
from simcore.terminal.working import add_work

SECTIONS: Final = (
    "regions", "sectors", "markets", "systems", "routes", "policies", "prices", "technologies",
    "buyers", "products", "instruments", "sources", "outcomes",
)  # fmt: skip
_FREQUENCIES: Final = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "annual")


class _Fits:
    """Names of the processes that can be fitted, read when asked: no start waits for them."""

    def __iter__(self) -> Iterator[str]:
        from simcore.processes import FITS

        return iter((*FITS, "all"))

    def __contains__(self, name: str) -> bool:
        return name in iter(self)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace | None:
    """Read a command line; its `name` is the command. Without a command print help: None."""
    given = sys.argv[1:] if arguments is None else arguments
    whole = parser(given[0] if given else "")
    options, unknown = whole.parse_known_args(arguments)
    own: argparse.ArgumentParser = getattr(options, "parser", whole)
    if unknown:
        named = next((one for one in unknown if one.startswith("-")), None)
        own.error(f"{own.prog} has no {named}" if named else f"too much: {' '.join(unknown)}")
    if own is whole:
        whole.print_help()
        return None
    return options


def parser(only: str = "") -> argparse.ArgumentParser:
    """Build the parser; `name` of its result is the command, `parser` its own parser.

    `only` may name a command: no other is there then, as to make all of them takes a while.
    """
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
    commands = whole.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=Parser, prog=whole.prog
    )
    for add in (
        _add_configs, add_work, _add_runs, _add_studies, add_questions, add_waiting,
        _add_knowledge, _add_calibration,
    ):  # fmt: skip
        add(Alone(commands, only) if only else commands)
    return parser() if only and only not in commands.choices else whole


def _simulated(one: Parser, default: str) -> None:
    """Take how a run is made, and where to."""
    one.add_argument("-o", "--out", type=Path, metavar="OUT",
                     help=f"ends in .zarr or .nc (default: {default})")  # fmt: skip
    one.add_argument("--threads", type=_positive, metavar="T",
                     help="worker threads; the numbers stay the same")  # fmt: skip
    _executed(one)
    one.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    one.add_argument("--fresh", action="store_true",
                     help="discard what a run to OUT that was stopped has kept")  # fmt: skip
    one.add_argument("--plots", nargs="?", const="", metavar="DIR",
                     help="also draw PNG files (default folder: beside OUT)")  # fmt: skip
    one.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    one.add_argument("--quiet", action="store_true", help="no progress, no table")
    _progress(one)
    _ids(one)


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
        "simcore plan mine.yaml --diff    # only what differs from the packaged base",
        "simcore plan mine.yaml --diff yours.yaml",
    )  # fmt: skip
    _config(one)
    one.add_argument("--diff", nargs="?", const="", metavar="OTHER",
                     help="only what differs from the packaged base, or from OTHER")  # fmt: skip
    one.add_argument(
        "--json", action="store_true", help="print JSON: the config, or the list of differences"
    )
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
    _simulated(one, "results/NAME.zarr")
    one.add_argument("--until", metavar="WHAT=WIDTH",
                     help="fewer draws than --draws once the 95 %% interval is that narrow, such "
                     "as cost_premium.p95=2EUR/t")  # fmt: skip
    one.add_argument("--dry-run", action="store_true",
                     help="shapes, memory, disk and time; write nothing")  # fmt: skip
    one = _command(
        commands, "extend", "take more draws of a saved run, whose draws are the first of them",
        "simcore extend results/quickstart.zarr --draws 100000",
        "simcore extend results/quickstart.zarr --draws 100000 -o results/longer.zarr",
    )  # fmt: skip
    _saved(one)
    one.add_argument("--draws", type=_positive, required=True, metavar="N", help="of the result")
    one.add_argument("--allow-outside", action="append", default=[], metavar="DIR",
                     help="let the config read files in DIR too; may be repeated")  # fmt: skip
    _simulated(one, "RUN, replaced when the longer one is complete")
    one = _command(
        commands, "trace", "recompute one draw in full, equal to the stored one",
        "simcore trace configs/quickstart.yaml --draw 7 --region EU --route h2_dri_eaf",
        "simcore trace configs/quickstart.yaml --draw 7 --format csv > draw7.csv",
    )  # fmt: skip
    _config(one)
    one.add_argument("--draw", type=int, required=True, metavar="I", help="number from 0")
    one.add_argument("--region", metavar="R", help="only this region")
    one.add_argument("--route", metavar="K", help="only this route")
    one.add_argument("--project", metavar="P", help="only this project")
    _format(one)


def _add_runs(commands: Any) -> None:
    one = _command(
        commands, "summary", "print a table of a saved run",
        "simcore summary results/quickstart.zarr",
        "simcore summary results/quickstart.zarr --variable carbon_price --year 2030 --year 2040",
        "simcore summary results/quickstart.zarr --variable cost_premium --region EU \\",
        "    --route h2_dri_eaf --quantiles 0.1 0.5 0.9 --format csv",
        "simcore summary results/quickstart.zarr --format csv --decimal comma -o table.csv",
    )  # fmt: skip
    _saved(one)
    one.add_argument("--variable", type=_outcomes, metavar="V",
                     help="one outcome in full, or input (default: cost beside value)")  # fmt: skip
    for option, kind, what in (
        ("year", int, "Y"), ("region", str, "R"), ("route", str, "K"), ("destination", str, "D"),
        ("scenario", str, "S"), ("project", str, "P"), ("instrument", str, "I"),
    ):  # fmt: skip
        one.add_argument(f"--{option}", type=kind, action="append", metavar=what,
                         help=f"only this {option}; may be repeated")  # fmt: skip
    one.add_argument("--quantiles", type=_several(float, "a number"), nargs="+", metavar="Q",
                     help="probabilities (default: 0.05 0.5 0.95)")  # fmt: skip
    _ids(one)
    _format(one)
    _csv(one)
    one = _command(
        commands, "compare", "set two scenarios of a run, or two runs, beside each other",
        "simcore compare results/quickstart.zarr --to law --variable support_gap --year 2030",
        "simcore compare results/mine.zarr --from law --to reform_2026 --volume 5Mt",
        "simcore compare results/before.zarr results/after.zarr --variable cost_premium",
    )  # fmt: skip
    _saved(one)
    one.add_argument("other", type=Path, nargs="?", metavar="RUN2", help="the new run")
    one.add_argument("--from", dest="base", metavar="S",
                     help="old scenario (default: the first of RUN)")  # fmt: skip
    one.add_argument("--to", metavar="S",
                     help="new scenario (default: the next; of RUN2 the same)")  # fmt: skip
    one.add_argument("--variable", type=_outcomes, metavar="V",
                     help="default: support_gap, else cost_premium")  # fmt: skip
    for option, kind, what in (
        ("year", int, "Y"), ("region", str, "R"), ("route", str, "K"), ("destination", str, "D"),
        ("project", str, "P"), ("market", str, "M"),
    ):  # fmt: skip
        one.add_argument(f"--{option}", type=kind, action="append", metavar=what,
                         help=f"only this {option}; may be repeated")  # fmt: skip
    one.add_argument("--volume", metavar="T",
                     help="also what closes the gap of so many tonnes a year: 5Mt")  # fmt: skip
    _format(one)
    one = _command(
        commands, "report", "write one page that says what a run answers, for people",
        "simcore report results/quickstart.zarr -o report.html",
        "simcore report results/quickstart.zarr --at region=EU,route=h2_dri_eaf,year=2035 \\",
        "    --question 'Does hydrogen steel pay in 2035?' --sensitivity results/sens.zarr",
        "simcore report results/before.zarr results/after.zarr -o change.html",
        "simcore report results/quickstart.zarr --xlsx board.xlsx --csv board",
    )  # fmt: skip
    _saved(one)
    one.add_argument("other", type=Path, nargs="?", metavar="RUN2",
                     help="another run, beside which it is set")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE",
                     help="ends in .html (default: beside RUN)")  # fmt: skip
    one.add_argument("--question", metavar="TEXT", default="", help="what the reader wants to know")
    one.add_argument("--title", metavar="TEXT", default="", help="default: that of the run")
    one.add_argument("--at", action="append", default=[], metavar="DIM=LABEL,...",
                     help="what the first page is about: scenario, against, region, destination, "
                     "route, year")  # fmt: skip
    one.add_argument("--sensitivity", type=Path, metavar="SENS",
                     help="indices that simcore sensitivity wrote")  # fmt: skip
    one.add_argument("--xlsx", type=Path, metavar="FILE",
                     help="write a workbook for Excel, with native charts")  # fmt: skip
    one.add_argument("--csv", type=Path, metavar="DIR",
                     help="write the numbers of each chart, NN-chart.csv")  # fmt: skip
    add_pictures(commands)
    one = _command(
        commands, "digest", "print the SHA-256 of a run's values, if it is the stored one",
        "simcore digest results/quickstart.zarr",
    )  # fmt: skip
    _saved(one)
    one = _command(
        commands, "verify", "compare all of a saved run with its checksums",
        "simcore verify results/quickstart.zarr",
        "simcore verify results/quickstart.zarr --json",
    )  # fmt: skip
    _saved(one)
    one.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    one = _command(
        commands, "audit", "tell who made a run of what, and how to make it again",
        "simcore audit results/quickstart.zarr > audit.md",
        "simcore audit results/quickstart.zarr --rerun",
    )  # fmt: skip
    _saved(one)
    one.add_argument("--rerun", action="store_true",
                     help="run it again and compare digests; 1 where they differ")  # fmt: skip
    one.add_argument("--folder", type=Path, default=Path(), metavar="DIR",
                     help="of price files that the config names (default: this one)")  # fmt: skip
    one.add_argument("--threads", type=_positive, metavar="T",
                     help="worker threads; the numbers stay the same")  # fmt: skip
    one = _command(
        commands, "export", "write the summaries of a run for CDO, or for pyam (IAMC)",
        "simcore export results/quickstart.zarr -o results/quickstart-cdo.nc",
        "simcore export results/quickstart.zarr --iamc results/quickstart-iamc.csv",
        "simcore export results/quickstart.zarr --iamc results/quickstart-iamc.xlsx --wide",
    )  # fmt: skip
    _saved(one)
    one.add_argument("-o", "--out", type=Path, metavar="FILE", help="NetCDF for CDO: ends in .nc")
    one.add_argument("--iamc", type=Path, metavar="FILE",
                     help="in the format of the IAMC: ends in .csv or .xlsx")  # fmt: skip
    one.add_argument("--wide", action="store_true", help="with --iamc: a column a year")
    one.add_argument("--overwrite", action="store_true", help="replace a file that stands there")
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
    _format(one, "json")

    one = _command(
        commands, "deal", "print one page on a project: its cost, who pays, what can go wrong",
        "simcore deal configs/ccfd.yaml             # runs the config",
        "simcore deal results/mine.zarr --project NAME --scenario law",
        "simcore deal results/mine.zarr --project NAME --plots pictures --format csv",
    )  # fmt: skip
    _config(one, metavar="FILE|RUN", what="a YAML config, which is run, or a saved run")
    one.add_argument("--project", metavar="P", help="default: the only one")
    _ids(one)
    one.add_argument("--scenario", action="append", metavar="S",
                     help="only this scenario; may be repeated")  # fmt: skip
    one.add_argument("--plots", type=Path, metavar="DIR",
                     help="draw payments by year and what is exceeded how often, PNG")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="OUT",
                     help="keep the run, in a .zarr or .nc")  # fmt: skip
    one.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    one.add_argument("--threads", type=_positive, metavar="T", help="of the run")
    _progress(one)
    _format(one, "json")
    add_decide(commands)


def _add_studies(commands: Any) -> None:
    one = _command(
        commands, "sensitivity", "tell which inputs make an outcome uncertain, and how surely",
        "simcore sensitivity configs/quickstart.yaml --at region=EU,year=2030",
        "simcore sensitivity configs/quickstart.yaml --of cost_premium carbon_price \\",
        "    --at region=EU,route=h2_dri_eaf --order first_total -o results/sens.zarr",
        "simcore sensitivity FILE --groups policy='*.variant,*.delay' others=rest",
        "simcore sensitivity results/sens.zarr      # shows what was found before",
        "simcore sensitivity results/mine.zarr --given --at year=2035 --measures first pawn",
    )  # fmt: skip
    _config(one, metavar="FILE|RUN", what="a YAML config, or indices that were saved")
    one.add_argument("--given", action="store_true",
                     help="of the draws that a run kept, instead of new ones")  # fmt: skip
    one.add_argument("--measures", nargs="+", metavar="M",
                     help="with --given: first, spearman, prcc, pawn, delta (default: the first "
                     "three)")  # fmt: skip
    one.add_argument("--of", type=_outcomes, nargs="+", metavar="V",
                     help="outcomes (default: cost_premium)")  # fmt: skip
    one.add_argument("--at", action="append", default=[], metavar="DIM=LABEL,...",
                     help="only these places: region=EU,year=2030; may be repeated")  # fmt: skip
    one.add_argument("--groups", nargs="+", metavar="GROUP",
                     help="default, single, or NAME=PATTERN,... for each group; "
                          "NAME=rest is what is left")  # fmt: skip
    one.add_argument("--order", choices=("first_total", "second", "shapley"),
                     help="how much is computed (default: shapley)")  # fmt: skip
    one.add_argument("--scale", nargs="+", choices=("rank", "value", "covers"), metavar="S",
                     help="rank, value, covers: above 0 or not (default: rank value)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="OUT",
                     help="keep the indices, in a .zarr or .nc")  # fmt: skip
    one.add_argument("--overwrite", action="store_true", help="replace what stands there")
    one.add_argument("--plots", type=Path, metavar="DIR", help="also draw PNG files")
    one.add_argument("--threads", type=_positive, metavar="T",
                     help="worker threads; the numbers stay the same")  # fmt: skip
    one.add_argument("--executor", metavar="WHERE", help="none but threads, by --threads")
    one.add_argument("--quiet", action="store_true", help="no progress, no notes")
    _progress(one)
    _format(one, "json")


def _add_knowledge(commands: Any) -> None:
    one = _command(
        commands, "catalog", "show what the package knows, with units and sources",
        "simcore catalog", "simcore catalog routes", "simcore catalog routes h2_dri_eaf",
        "simcore catalog outcomes support_gap",
        "simcore catalog policies eu_free_allocation --plot eu_free_allocation.png",
    )  # fmt: skip
    one.add_argument("section", nargs="?", choices=SECTIONS, metavar="SECTION",
                     help=", ".join(SECTIONS))  # fmt: skip
    one.add_argument("entry", nargs="?", metavar="NAME", help="one entry in full")
    one.add_argument("--long", action="store_true", help="all outcomes, or all sources, in full")
    one.add_argument("--plot", type=Path, metavar="FILE",
                     help="draw the timeline of a policy as a fan, PNG")  # fmt: skip
    _command(
        commands, "schema", "print the JSON Schema of a config",
        "simcore schema > config.schema.json",
    )  # fmt: skip


def _add_calibration(commands: Any) -> None:
    one = _command(
        commands, "calibrate", "fit price processes, or correlations, to histories in CSV",
        "simcore calibrate eua.csv --column close --process all --unit EUR/t -o market.yaml",
        "simcore calibrate prices.csv --where instrument=EUA --process log_ou --from 2018-01-01",
        "simcore calibrate --correlation eua.csv uka.csv --names eu_ets uk_ets -o shocks.yaml",
    )  # fmt: skip
    one.add_argument("files", type=Path, nargs="+", metavar="PRICES.csv",
                     help="headings, then a date and its prices on each line")  # fmt: skip
    one.add_argument("--correlation", action="store_true",
                     help="rank correlations of the changes of several files")  # fmt: skip
    one.add_argument("--process", choices=_Fits(), default="all",
                     help="%(choices)s (default: all; the lowest BIC is written)",
                     metavar="KIND")  # fmt: skip
    _history(one)
    one.add_argument("--frequency", choices=_FREQUENCIES, metavar="F",
                     help="last price of each period: %(choices)s (default: weekly, or that of "
                          "the file)")  # fmt: skip
    one.add_argument("--names", nargs="+", metavar="NAME",
                     help="of the market or the prices (default: file names)")  # fmt: skip
    one.add_argument("--unit", default="EUR/t", metavar="U", help="of the prices (default: EUR/t)")
    one.add_argument("--price-year", type=_within(1950, 2100), metavar="Y",
                     help="the prices are real money of this year (default: nominal)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE", help="write a config (YAML)")
    one.add_argument("--overwrite", action="store_true", help="replace a file that stands there")
    one.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    one = _command(
        commands, "backtest", "score a market on past prices, beside random walks",
        "simcore backtest eua.csv --column close --market eu_ets",
        "simcore backtest prices.csv --where instrument=EUA --market market.yaml --horizons 1 3",
        "simcore backtest eua.csv --market eu_ets --window 5 -o results/backtest",
    )  # fmt: skip
    one.add_argument("files", type=Path, nargs=1, metavar="PRICES.csv",
                     help="headings, then a date and its prices on each line")  # fmt: skip
    one.add_argument("--market", required=True, metavar="NAME|FILE",
                     help="a packaged market, or a config with one")  # fmt: skip
    one.add_argument("--name", dest="chosen", metavar="NAME", help="which market of the config")
    one.add_argument(
        "--view", metavar="NAME", help="one view of the market (default: all, by weight)"
    )
    _history(one)
    one.add_argument("--horizons", type=_several(_within(1, 50), "a number of years"), nargs="+",
                     default=[1, 3, 5], metavar="Y",
                     help="years ahead (default: 1 3 5)")  # fmt: skip
    one.add_argument("--carry", type=float, default=0.04, metavar="C",
                     help="nominal growth from each origin, per year (default: 0.04)")  # fmt: skip
    one.add_argument("--minimum", type=float, default=4.0, metavar="Y",
                     help="years of history before the first origin (default: 4)")  # fmt: skip
    one.add_argument("--window", type=float, metavar="Y",
                     help="years from which random walks are estimated (default: all)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="DIR", help="folder for a PNG and two CSV")
    one.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def _history(one: argparse.ArgumentParser) -> None:
    one.add_argument("--column", action="append", metavar="NAME",
                     help="heading of the prices, or its number; once, or once a file")  # fmt: skip
    one.add_argument("--date", metavar="NAME",
                     help="heading of the dates (default: date, or the only dates)")  # fmt: skip
    one.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE",
                     help="only rows with this cell (and: COLUMN=V,OTHER=W)")  # fmt: skip
    one.add_argument("--front", metavar="COLUMN",
                     help="of several deliveries a date (in this column) the nearest, without "
                          "the gaps between them")  # fmt: skip
    one.add_argument("--from", dest="first", metavar="DATE", help="first day, month or year")
    one.add_argument("--to", dest="last", metavar="DATE", help="last day, month or year")
    one.add_argument("--duplicates", choices=("error", "last", "mean"), default="error",
                     help="two prices of one date (default: error)")  # fmt: skip
    one.add_argument("--missing", metavar="CELL",
                     help="a mark for no price, beside the usual ones: 0, closed")  # fmt: skip
    one.add_argument("--encoding", metavar="E", help="of the file: cp1252, cp949 (default: UTF-8)")
    one.add_argument("--decimal", choices=("point", "comma"),
                     help="decimal sign, where 1,234 may be two numbers")  # fmt: skip
    one.add_argument("--date-order", choices=("dmy", "mdy", "ymd"),
                     help="order of 01/02/2024, where it may be two dates")  # fmt: skip
