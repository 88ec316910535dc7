"""The command line of `plot`, whose help lists the kinds of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simcore.terminal.option_parts import command, saved


def _kinds() -> str:
    from simcore.plots.kinds import kinds_text

    return kinds_text()


def add_pictures(commands: Any) -> None:
    """Add the command `plot`."""
    one = command(
        commands, "plot", "draw pictures of a saved run",
        "simcore plot results/quickstart.zarr",
        "simcore plot results/quickstart.zarr --kind routes --year 2030 --scenario all",
        "simcore plot results/quickstart.zarr --kind waterfall --region EU --route scrap_eaf \\",
        "    -o fall.svg",
    )  # fmt: skip
    one.listed = _kinds
    saved(one)
    one.add_argument("--kind", action="append", metavar="KIND",
                     help="which picture, several with commas, all for each that the run can "
                     "show (default: what answers its question)")  # fmt: skip
    for option, kind, what, more in (
        ("region", str, "R", ""), ("route", str, "K", ""), ("year", int, "Y", ""),
        ("destination", str, "D", " or all (default: the first)"),
        ("scenario", str, "S", " or all (default: the first)"),
    ):  # fmt: skip
        one.add_argument(f"--{option}", type=kind, action="append", metavar=what,
                         help=f"only this {option}; may be repeated{more}")  # fmt: skip
    one.add_argument("-o", "--out", type=Path, metavar="OUT",
                     help="folder, or one file .png, .svg, .pdf (default: beside RUN)")  # fmt: skip
    one.add_argument("--format", choices=("png", "svg", "pdf"), help="default: png")
