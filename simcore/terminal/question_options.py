"""Command lines of questions put to draws: what drives an answer, and how sure it is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from simcore.terminal.option_parts import (
    command,
    config,
    executed,
    formatted,
    outcomes_in,
    positive,
    progress,
    saved,
)

_EITHER: Final = "a YAML config, which is run, or a saved run"


def add_questions(commands: Any) -> None:
    """Add the commands `tornado`, `discover` and `converge`."""
    one = command(
        commands, "tornado", "show what each input does to an answer, low and high",
        "simcore tornado configs/quickstart.yaml --of cost_premium \\",
        "    --at region=EU,route=h2_dri_eaf,destination=domestic,year=2035",
        "simcore tornado results/mine.zarr --of project_npv --at project=NAME -o tornado.png",
    )  # fmt: skip
    config(one, metavar="FILE|RUN", what=_EITHER)
    _answer(one)
    one.add_argument("--most", type=positive, default=12, metavar="N",
                     help="bars; all others are summed up (default: 12)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE",
                     help="also draw it: .png, .svg or .pdf")  # fmt: skip
    one.add_argument("--threads", type=positive, metavar="T", help="of the run")
    executed(one)
    progress(one)
    formatted(one, "json")
    one = command(
        commands, "discover", "find where a condition is met: limits on a few inputs",
        "simcore discover results/mine.zarr --where 'deal_closes == 0' \\",
        "    --at project=NAME,year=2030",
        "simcore discover results/mine.zarr --where 'cost_premium > 300' \\",
        "    --at region=EU,route=h2_dri_eaf,year=2035 -o where.png",
    )  # fmt: skip
    saved(one)
    one.add_argument("--where", type=outcomes_in, required=True, metavar="CONDITION",
                     help="'OUTCOME SIGN NUMBER' with < <= > >= == !=")  # fmt: skip
    _place(one)
    one.add_argument("--repeats", type=positive, default=50, metavar="N",
                     help="bootstrap repeats (default: 50)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE",
                     help="also draw coverage against density: .png, .svg or .pdf")  # fmt: skip
    formatted(one, "json")
    one = command(
        commands, "converge", "show how the error of an answer falls with draws, by design",
        "simcore converge configs/quickstart.yaml --of cost_premium \\",
        "    --at region=EU,route=h2_dri_eaf,destination=domestic,year=2035",
        "simcore converge results/mine.zarr --of project_npv --statistic p5 -o error.png",
        "simcore converge configs/ccfd.yaml --until project_npv.p5=200",
    )  # fmt: skip
    config(one, metavar="FILE|RUN", what=_EITHER)
    _answer(one, needed=False)
    one.add_argument("--statistic", metavar="S", help="mean, or p1 p5 p10 ... p99 (default: mean)")
    one.add_argument("--design", action="append", metavar="D",
                     help="only this design of a config; may be repeated")  # fmt: skip
    one.add_argument("--until", metavar="WHAT=WIDTH",
                     help="what the 95 %% interval is to reach, such as cost_premium.p95=2EUR/t; "
                     "exit code 3 where it does not")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE",
                     help="also draw it: .png, .svg or .pdf")  # fmt: skip
    one.add_argument("--threads", type=positive, metavar="T", help="of the runs")
    executed(one)
    formatted(one, "json")


def _answer(one: argparse.ArgumentParser, *, needed: bool = True) -> None:
    one.add_argument("--of", type=outcomes_in, required=needed, metavar="V",
                     help="outcome" + ("" if needed else " (default: that of until)"))  # fmt: skip
    _place(one)


def _place(one: argparse.ArgumentParser) -> None:
    one.add_argument("--at", action="append", default=[], metavar="DIM=LABEL,...",
                     help="the place that is meant: region=EU,year=2035; a dimension with one "
                     "label needs none")  # fmt: skip
