"""What scripts of experiments share: bare panels, a legend below them, the line that says which run
it is, and a command line that draws and tells.

An experiment draws what its question asks for, so its pictures are no kinds of `simcore plot`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.dataset import digest, open_run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SMALL: Final = 8.5


def panels(
    size: tuple[float, float], columns: int, rows: int = 1, *, grid: str = "#DDDDDD"
) -> tuple[Figure, list[Axes]]:
    """A figure and its panels, row by row.

    Parameters
    ----------
    size : tuple of float
        Width and height, inches.
    columns, rows : int
    grid : str
        Colour of the grid.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    found = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axes in found:
        axes.grid(color=grid, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, found


def legend(figure: Figure, panels: Sequence[Axes], note: str) -> None:
    """Explain the marks of some panels, each once, below all of them, under a note."""
    marks: dict[str, Any] = {}
    for axes in panels:
        for mark, label in zip(*axes.get_legend_handles_labels(), strict=True):
            marks.setdefault(label, mark)
    figure.legend(
        marks.values(), marks.keys(), loc="outside lower center", ncols=len(marks), frameon=False,
        title=note, fontsize=_SMALL, title_fontsize=_SMALL,
    )  # fmt: skip


def money(run: xr.Dataset) -> str:
    """Currency of a run, and the year of its prices."""
    return f"{run.attrs['currency']} of {run.attrs['price_year']}"


def identity(run: xr.Dataset) -> str:
    """What makes a run the one that it is: seed, draws, digests of its config and its values."""
    attrs = run.attrs
    return (
        f"seed {attrs['seed']}, {int(attrs['draws']):,} draws, "
        f"config {attrs['config_sha256'][:12]}, digest {digest(run)[:12]}"
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table in Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in (header, *rows)]
    return [lines[0], "|" + "---|" * len(header), *lines[1:]]


def main(
    script: str, summary: str, pictures: Sequence[Callable[..., Figure]],
    tables: Callable[..., str], *, beside: str = "", arguments: Sequence[str] | None = None,
    dpi: int = 110,
) -> None:  # fmt: skip
    """Write the pictures of a saved run into files, and print its tables.

    Parameters
    ----------
    script : str
        Its `__file__`; without `-o` the pictures lie in `figures/` beside it.
    summary : str
        Its docstring, of which the first line is the help.
    pictures : sequence of callable
        Of the run, and of what stands beside it; each named as its file is.
    tables : callable
        Of the same.
    beside : str, optional
        What the name of the run ends with in that of another dataset: `wait` of `RUN_wait.zarr`.
    arguments : sequence of str, optional
        Those of the process by default.
    dpi : int
        Dots an inch.
    """
    parser = argparse.ArgumentParser(description=summary.splitlines()[0])
    parser.add_argument("run", type=Path, help="a .zarr or .nc of experiment.yaml")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path(script).parent / "figures",
        help="folder of the PNG files (default: figures/ beside this script)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    files: list[Path] = [options.run]
    if beside:
        files.append(options.run.with_name(f"{options.run.stem}_{beside}{options.run.suffix}"))
    found = [open_run(one) for one in files]
    for run in found:
        # Cell by cell is asked for: what has no draws is small, and read once.
        for array in run.variables.values():
            if "draw" not in array.dims:
                array.load()
    options.out.mkdir(parents=True, exist_ok=True)
    for draw in pictures:
        path = options.out / f"{draw.__name__}.png"
        # Without the version in the metadata the same run gives the same file.
        draw(*found).savefig(path, dpi=dpi, metadata={"Software": None})
        print(path)
    print()
    print(tables(*found))
