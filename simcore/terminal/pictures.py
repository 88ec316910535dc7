"""The command `plot`, and the pictures that `run --plots` draws."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simcore.terminal.opening import opened

if TYPE_CHECKING:
    from simcore.dataset import Finished


def plot(options: argparse.Namespace) -> None:
    """Draw the pictures of a saved run."""
    from simcore.plots import not_drawn, plot_run

    folder = options.out or _beside(options.run)
    with opened(options.run) as result:
        files = plot_run(result, folder, scenario=options.scenario, routes=options.route)
        lacking, scenarios = not_drawn(result), result["scenario"].values.tolist()
    for file in files:
        print(file)
    for picture, names in lacking.items():
        print(f"Not drawn: {picture} (add {', '.join(names)} to outcomes)", file=sys.stderr)
    if others := [name for name in scenarios if name != (options.scenario or scenarios[0])]:
        print(f"Other scenarios: {', '.join(others)} (--scenario NAME).", file=sys.stderr)


def drawn(done: Finished, options: argparse.Namespace, out: Path) -> list[Path]:
    """Draw what `run --plots` asks for."""
    if options.plots is None:
        return []
    from simcore.plots import plot_run

    return plot_run(done.open(), Path(options.plots) if options.plots else _beside(out))


def _beside(out: Path) -> Path:
    """Folder for the pictures of a run: results/quickstart.zarr -> results/quickstart-plots."""
    return out.with_name(f"{out.stem}-plots")
