"""Pictures of a saved run, drawn from its stored summaries alone: see `plot_run`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.analysis.select import choose
from simcore.files import whole
from simcore.plots.figures import (
    carbon_price,
    cost_and_value,
    cost_premium,
    green_is_cheaper,
    waterfall,
)
from simcore.plots.panels import destinations_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = [
    "carbon_price", "cost_and_value", "cost_premium", "green_is_cheaper", "plot_run", "waterfall",
]  # fmt: skip

STYLE: Final[Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "figure.titlesize": 13,
    # A name or title from a config is text, never a formula.
    "text.parse_math": False,
}


def plot_run(dataset: xr.Dataset, out_dir: Path, *, scenario: str | None = None) -> list[Path]:
    """Draw every picture that the outcomes of a run allow.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    out_dir : Path
        Folder for the PNG files; made when missing.
    scenario : str, optional
        Scenario of the pictures that show only one; the first by default.

    Returns
    -------
    list of Path
        Files written: carbon_price, cost_and_value_<destination>, cost_premium, waterfall and
        green_is_cheaper, as far as the run holds them.

    Raises
    ------
    RunError
        For an unknown scenario.
    OutputError
        When the folder cannot be written.
    """
    from matplotlib import rc_context

    name = scenario or str(dataset["scenario"].values[0])
    chosen = choose(dataset, {"scenario": [name]}).isel(scenario=0)
    pictures: list[tuple[str, Callable[[], Figure | None]]] = [
        ("carbon_price", lambda: carbon_price(dataset)),
        *(
            (f"cost_and_value_{d}", lambda d=d: cost_and_value(chosen, d))  # type: ignore[misc]
            for d in destinations_of(dataset)
        ),
        ("cost_premium", lambda: cost_premium(chosen)),
        ("waterfall", lambda: waterfall(chosen)),
        ("green_is_cheaper", lambda: green_is_cheaper(chosen)),
    ]
    files = []
    with rc_context(STYLE):
        for stem, draw in pictures:
            figure = draw()
            if figure is not None:
                files.append(out_dir / f"{stem}.png")
                save(figure, files[-1], expected="a folder to write pictures into")
    return files


def save(figure: Figure, path: Path, *, expected: str, remedy: str = "choose another -o") -> None:
    """Write a picture whole or not at all: SVG by its name, else PNG; see `simcore.files.whole`."""
    kind = "svg" if path.suffix.lower() == ".svg" else "png"
    with whole(path, expected=expected, remedy=remedy, folders=True) as partial:
        figure.savefig(partial, dpi=110, format=kind)
