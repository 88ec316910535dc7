"""Parts of command lines that several commands share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

FORMATS: Final = ("table", "csv", "json")


class Parser(argparse.ArgumentParser):
    """A parser whose help may end with a list, which is made when it is asked for."""

    listed: Callable[[], str] | None = None

    def format_help(self) -> str:
        """Help of the command, with the list if there is one."""
        if self.listed is not None:
            self.epilog, self.listed = f"{self.listed()}\n\n{self.epilog}", None
        return super().format_help()


class Alone:
    """The commands of a parser, of which one alone is added to it.

    Parameters
    ----------
    commands : object
        As `add_subparsers` gives it.
    name : str
        Name of that one.
    """

    def __init__(self, commands: Any, name: str) -> None:
        self._commands, self._name = commands, name

    def add_parser(self, name: str, **stated: Any) -> Any:
        """Make the parser of a command; of another one what takes options, and forgets them."""
        return self._commands.add_parser(name, **stated) if name == self._name else _Forgetting()


class _Forgetting:
    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: self


def command(commands: Any, name: str, summary: str, *examples: str) -> Parser:
    """Add a command with its examples; its parser."""
    one: Parser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + ".",
        epilog=as_examples(*examples), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    one.set_defaults(name=name, parser=one)
    return one


def config(
    one: argparse.ArgumentParser, *, metavar: str = "FILE", what: str = "a YAML config"
) -> None:
    """Take a config and what replaces some of it."""
    one.add_argument("file", metavar=metavar, help=what)
    one.add_argument("--draws", type=int, metavar="N", help="replaces draws of the config")
    one.add_argument("--seed", type=int, metavar="S", help="replaces seed of the config")
    one.add_argument("--set", action="append", default=[], metavar="PATH=VALUE",
                     help="replaces a value: plant.start=2032; may be repeated")  # fmt: skip
    one.add_argument("--allow-outside", action="append", default=[], metavar="DIR",
                     help="let the config read files in DIR too; may be repeated")  # fmt: skip


def saved(one: argparse.ArgumentParser) -> None:
    """Take a saved run."""
    one.add_argument("run", type=Path, metavar="RUN", help="a .zarr or .nc of simcore run")


def formatted(one: argparse.ArgumentParser, *short: str) -> None:
    """Take the form of what is printed; `short` are forms that are options by themselves."""
    one.add_argument("--format", type=_a_format, choices=FORMATS, default="table",
                     help="default: table")  # fmt: skip
    for form in short:
        one.add_argument(f"--{form}", action="store_const", const=form, dest="format",
                         help=f"the same as --format {form}")  # fmt: skip


def _a_format(text: str) -> str:
    if text.lower() in ("excel", "xlsx", "xls"):
        raise argparse.ArgumentTypeError(
            "a workbook is made by simcore report RUN --xlsx FILE; for a spreadsheet there is also "
            "--format csv, which a German Excel reads with --decimal comma"
        )
    return text


def csv_style(one: argparse.ArgumentParser) -> None:
    """Take how CSV is written, and where to."""
    one.add_argument("--decimal", choices=("point", "comma"),
                     help="of CSV; comma is as German and French spreadsheets read it")  # fmt: skip
    one.add_argument("--separator", metavar="S",
                     help='of CSV, or tab (default: "," or ";" with a comma)')  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="FILE", help="write the CSV to a file")


def progress(one: argparse.ArgumentParser) -> None:
    """Take how progress is told."""
    one.add_argument("--progress", choices=("json",),
                     help="tell progress, notes and faults as JSON, an object a line on "
                     "stderr")  # fmt: skip


def executed(one: argparse.ArgumentParser) -> None:
    """Take where the parts of a run are done."""
    one.add_argument("--executor", metavar="WHERE",
                     help="threads:T, processes:N, dask:N, dask:tcp://host:8786, or folder:N, "
                     "which others join by `simcore work`; the numbers stay the same")  # fmt: skip


def strict(one: argparse.ArgumentParser) -> None:
    """Take `--strict`."""
    one.add_argument("--strict", action="store_true",
                     help="a setting that changes nothing is a fault, not a warning")  # fmt: skip


def as_examples(*lines: str) -> str:
    """Examples below the help of a command."""
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def positive(text: str) -> int:
    """Type of an option that is a whole number of at least 1."""
    number = int(text[:20]) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text:.20} is not a whole number of at least 1")
    return number


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


def within(low: int, high: int) -> Callable[[str], int]:
    """Type of an option that is a whole number in a range."""

    def one(text: str) -> int:
        number = int(text[:20])
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text:.20} is not within {low:,} and {high:,}")
        return number

    one.__name__ = "number"
    return one


def ids(one: argparse.ArgumentParser) -> None:
    """Let a command show labels as they are."""
    one.add_argument("--ids", action="store_true",
                     help="show names as configs say them, and not titles")  # fmt: skip


def outcomes_in(text: str) -> str:
    """An outcome, or a condition on one, with the present names of outcomes; a note tells which."""
    from simcore.variables import ALIASES

    def now(found: re.Match[str]) -> str:
        name = found[0]
        if name in ALIASES:
            print(f"note: {name} is called {ALIASES[name]} now", file=sys.stderr)
        return ALIASES.get(name, name)

    return re.sub(r"\w+", now, text)
