"""The command `plot`, and the pictures that `run --plots` draws."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simcore.errors import Fault, OutputError, format_faults
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    from simcore.dataset import Finished

_TABLES: Final = (".xlsx", ".xls", ".csv", ".html", ".json")
_PICTURES: Final = (".png", ".svg", ".pdf")
_OTHERS: Final = (".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".eps", ".ps", ".bmp")
"""Pictures that are not drawn; any other name is that of a folder."""


def plot(options: argparse.Namespace) -> int:
    """Draw pictures of a saved run."""
    from simcore.plots import plot_run

    out = _place(options.out, options.format) or _beside(options.run)
    kinds = _several(options.kind)
    with opened(options.run, studies=True) as result:
        files, lacking = plot_run(
            result, out, kind=kinds, scenarios=_several(options.scenario),
            regions=_several(options.region), routes=_several(options.route),
            destinations=_several(options.destination), years=options.year or (),
            format=options.format or "png",
        )  # fmt: skip
        scenarios = result["scenario"].values.tolist()
    for file in files:
        print(file)
    if kinds and "all" not in kinds and lacking:
        print(f"simcore plot: {format_faults(lacking)}", file=sys.stderr)
        return 2
    for fault in lacking:
        print(f"Not drawn: {fault.where.split()[-1]} ({fault.remedy})", file=sys.stderr)
    if not options.scenario and len(scenarios) > 1:
        print(
            f"Other scenarios: {', '.join(scenarios[1:])} (--scenario NAME, or all).",
            file=sys.stderr,
        )
    return 0


def drawn(done: Finished, options: argparse.Namespace, out: Path) -> list[Path]:
    """Draw what `run --plots` asks for."""
    if options.plots is None:
        return []
    from simcore.plots import plot_run

    files, _ = plot_run(done.open(), Path(options.plots) if options.plots else _beside(out))
    return files


def _several(given: Sequence[str] | None) -> list[str]:
    """Names of an option that may be repeated, or written with commas."""
    return [name for text in given or () for name in text.split(",") if name]


def _place(out: Path | None, kind: str | None) -> Path | None:
    """Where to draw; a file of another kind than a picture has another command."""
    if out is None or out.is_dir():
        return out
    ending = out.suffix.lower()
    if ending in _TABLES:
        raise OutputError(Fault(
            str(out), f"{ending} is no picture", "a folder, or FILE.png, .svg or .pdf",
            "simcore summary RUN --format csv, or simcore report RUN, writes tables",
        ))  # fmt: skip
    if ending in _OTHERS:
        raise OutputError(Fault(
            str(out), f"{ending}, which is not drawn", "a folder, or FILE.png, .svg or .pdf",
            f"-o {out.with_suffix('.png')}",
        ))  # fmt: skip
    if ending in _PICTURES and kind is not None and ending != f".{kind}":
        raise OutputError(Fault(
            str(out), f"{ending} beside --format {kind}", "one of the two",
            f"-o {out.with_suffix('.' + kind)}",
        ))  # fmt: skip
    return out


def _beside(out: Path) -> Path:
    """Folder for the pictures of a run: results/quickstart.zarr -> results/quickstart-plots."""
    return out.with_name(f"{out.stem}-plots")
