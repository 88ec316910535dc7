"""The options of calibrate and backtest."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

_FREQUENCIES: Final = ("daily", "weekly", "monthly", "quarterly", "annual")


class _Fits:
    """Names of the processes that can be fitted, read when asked: no start waits for them."""

    def __iter__(self) -> Iterator[str]:
        from simcore.processes import FITS

        return iter((*FITS, "all"))

    def __contains__(self, name: str) -> bool:
        return name in iter(self)


def add_calibration(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that read price histories."""
    one = command(
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
    one.add_argument("--price-year", type=int, metavar="Y",
                     help="the prices are real money of this year (default: nominal)")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE", help="write a config (YAML)")
    one.add_argument("--overwrite", action="store_true", help="replace a file that stands there")
    one.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    one = command(
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
    one.add_argument("--horizons", type=several(_years, "a number of years"), nargs="+",
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
                     help="of several deliveries a date (in this column) the nearest")  # fmt: skip
    one.add_argument("--from", dest="first", metavar="DATE", help="first date, YYYY-MM-DD")
    one.add_argument("--to", dest="last", metavar="DATE", help="last date, YYYY-MM-DD")
    one.add_argument("--duplicates", choices=("error", "last", "mean"), default="error",
                     help="two prices of one date (default: error)")  # fmt: skip
    one.add_argument("--encoding", metavar="E", help="of the file: cp1252, cp949 (default: UTF-8)")
    one.add_argument("--decimal", choices=("point", "comma"),
                     help="decimal sign, where 1,234 may be two numbers")  # fmt: skip
    one.add_argument("--date-order", choices=("dmy", "mdy"),
                     help="order of 01/02/2024, where it may be two dates")  # fmt: skip


def several(convert: Callable[[str], Any], what: str) -> Callable[[str], Any]:
    """Type of an option with several values, which takes a file that follows for one of them."""

    def one(text: str) -> Any:
        try:
            return convert(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not {what}; put the file before this option"
            ) from None

    return one


def _years(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 50:
        raise argparse.ArgumentTypeError(f"{text} is not within 1 and 50")
    return number
