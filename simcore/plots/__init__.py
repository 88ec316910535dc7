"""Pictures of a saved run, drawn from its stored summaries alone: see `plot` and `plot_run`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.headline import OpenedRun
from simcore.analysis.names import every_title
from simcore.analysis.sectors import sectors_of
from simcore.analysis.select import choose
from simcore.dataset import RunError
from simcore.errors import Fault, printable
from simcore.files import whole
from simcore.plots.fonts import drawable, families
from simcore.plots.kinds import Asked, Kind, every_kind, fault_of, is_of, kind_of
from simcore.plots.panels import labels_of
from simcore.plots.words import ROUTES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["plot", "plot_run"]

FORMATS: Final = ("png", "svg", "pdf")
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
ALL: Final = "all"


def style() -> Any:
    """Settings of Matplotlib for all pictures."""
    return {**STYLE, "font.family": list(families())}


Cut = Callable[["xr.Dataset"], "xr.Dataset"]


def plot(
    run: xr.Dataset, kind: str, *, scenarios: str | Sequence[str] = (),
    regions: str | Sequence[str] = (), routes: str | Sequence[str] = (),
    destinations: str | Sequence[str] = (), years: int | Sequence[int] = (),
) -> Figure:  # fmt: skip
    """Draw one picture of a run.

    Parameters
    ----------
    run : xarray.Dataset
        A run.
    kind : str
        Such as ``routes``; `simcore plot --help` lists them.
    scenarios, regions, routes, destinations : str or sequence of str, optional
        What to show; for a picture of one scenario or one destination the first by default.
    years : int or sequence of int, optional
        Of a picture of single years.

    Returns
    -------
    matplotlib.figure.Figure
        Of several sectors or scenarios that each have a picture, that of the first.

    Raises
    ------
    RunError
        For an unknown kind or label, and where the run does not hold what the picture shows.
    """
    from matplotlib import rc_context

    scenarios, regions, routes, destinations = map(
        _several, (scenarios, regions, routes, destinations)
    )
    years = [years] if isinstance(years, int) else years
    one = kind_of(kind)
    fault = fault_of(one, run)
    if fault is None:
        chosen = _chosen(run, scenarios=scenarios, regions=regions, routes=routes,
                         destinations=destinations)  # fmt: skip
        named = _named(scenario=scenarios, region=regions, route=routes, destination=destinations)
        for _, draw in _pictures_of(one, chosen, years=_years(run, years), named=named):
            with rc_context(style()):
                figure = draw()
            if figure is not None:
                return figure
        fault = _nothing(one)
    raise RunError(fault)


def plot_run(
    dataset: xr.Dataset, out: Path, *, kind: Sequence[str] = (), scenarios: Sequence[str] = (),
    regions: Sequence[str] = (), routes: Sequence[str] = (), destinations: Sequence[str] = (),
    years: Sequence[int] = (), format: str = "png",
) -> tuple[list[Path], list[Fault]]:  # fmt: skip
    """Draw pictures of a run into files.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    out : Path
        Folder, made when missing; or one file that ends in .png, .svg or .pdf.
    kind : sequence of str, optional
        Kinds of pictures, ``all`` for each; those that answer the question of the run by default.
    scenarios, regions, routes, destinations, years : sequence, optional
        As in `plot`; of the scenarios ``all`` for each.
    format : str
        png, svg or pdf.

    Returns
    -------
    files : list of Path
        Named after the kind, then by scenario, sector and destination where there are several.
    lacking : list of Fault
        Kinds that were asked for, or are usual, and that the run does not hold.

    Raises
    ------
    RunError
        For an unknown kind or label.
    OutputError
        When a file cannot be written.
    """
    single = out.suffix.lower().removeprefix(".") in FORMATS
    every = {name: one for name, one in every_kind().items() if is_of(one, dataset)}
    wanted = [one for one in every.values() if ALL in kind or (not kind and one.usual(dataset))]
    wanted += [one for one in map(kind_of, kind if ALL not in kind else ()) if one not in wanted]
    chosen = _chosen(dataset, scenarios=scenarios, regions=regions, routes=routes,
                     destinations=destinations)  # fmt: skip
    years = _years(dataset, years)
    named = _named(scenario=scenarios, region=regions, route=routes, destination=destinations)
    files, lacking = [], []
    drawn: list[tuple[Kind, str, Callable[[], Figure | None]]] = []
    for one in wanted:
        fault = fault_of(one, dataset)
        if fault is None:
            pictures = _pictures_of(one, chosen, years=years, named=named)
            drawn += [(one, stem, draw) for stem, draw in pictures]
        else:
            lacking.append(fault)
    if single and len(drawn) > 1:
        raise RunError(Fault(
            "-o", str(out), f"a folder: these are {len(drawn)} pictures",
            "name a folder, or ask for one picture: --kind, --scenario",
        ))  # fmt: skip
    for one, stem, draw in drawn:
        path = out if single else out / f"{stem}.{format}"
        file = save(draw, path, expected="a folder to write pictures into")
        if file is not None:
            files.append(file)
        elif kind and one.name in kind:
            lacking.append(_nothing(one))
    return files, lacking


def _several(names: str | Sequence[str]) -> Sequence[str]:
    """One name stands for itself, and not for its letters."""
    return [names] if isinstance(names, str) else names


def _nothing(kind: Kind) -> Fault:
    return Fault(
        f"--kind {kind.name}", "no number there", kind.shows,
        "choose other regions, routes, scenarios or years",
    )  # fmt: skip


def _named(**labels: Sequence[str]) -> frozenset[str]:
    """Dimensions of which labels are asked for."""
    return frozenset(dim for dim, given in labels.items() if given)


def _years(dataset: xr.Dataset, years: Sequence[int]) -> tuple[int, ...]:
    choose(dataset, {"year": years})
    return tuple(years)


def _chosen(
    dataset: xr.Dataset, *, scenarios: Sequence[str], regions: Sequence[str],
    routes: Sequence[str], destinations: Sequence[str],
) -> tuple[xr.Dataset, xr.Dataset]:  # fmt: skip
    """The run cut to what is asked for, and the same with every route."""
    labels = {
        "scenario": [one for one in scenarios if ALL not in scenarios], "region": regions,
        "route": routes, "destination": [one for one in destinations if ALL not in destinations],
    }  # fmt: skip
    # A picture of some routes may tell of the cost of their reference too.
    whole = inert(choose(dataset, {**labels, "route": ()}))
    # Its name too, where the reference is none of them.
    whole = whole.assign_attrs({ROUTES: every_title(whole)["route"]})
    return choose(whole, {"route": routes}), whole


def _pictures_of(
    kind: Kind,
    both: tuple[xr.Dataset, xr.Dataset],
    *,
    years: tuple[int, ...],
    named: frozenset[str],
) -> Iterator[tuple[str, Callable[[], Figure | None]]]:
    """Name and drawing of each picture of a kind: one a scenario, sector and destination."""
    dataset, whole = both
    hidden: dict[str, tuple[str, ...]] = {}
    axes: list[list[tuple[str, Cut]]] = []
    for dim in kind.each:
        if dim == "sector":
            axes.append(_sectors(dataset))
            continue
        labels = labels_of(dataset, dim)
        if not labels or dim not in dataset.dims:
            continue
        if dim not in named:
            labels, hidden[dim] = labels[:1], tuple(labels[1:])
        several = len(labels) > 1
        axes.append([
            (f"_{one}" if several else "", partial(_at, dim=dim, label=one)) for one in labels
        ])  # fmt: skip
    asked = Asked(years, hidden, named, whole)
    for parts in product(*axes):
        yield (
            kind.name + _file_name("".join(ending for ending, _ in parts)),
            partial(_drawn, kind, dataset, asked, [cut for _, cut in parts]),
        )


def _drawn(kind: Kind, dataset: xr.Dataset, asked: Asked, cuts: Sequence[Cut]) -> Figure | None:
    whole = asked.whole
    for cut in cuts:
        dataset = cut(dataset)
        whole = cut(whole) if isinstance(cut, partial) and cut.func is _at else whole
    return kind.draw(dataset, replace(asked, whole=whole))


def _at(dataset: xr.Dataset, *, dim: str, label: str) -> xr.Dataset:
    place = labels_of(dataset, dim).index(label)
    return dataset.isel({dim: place})


def _sectors(dataset: xr.Dataset) -> list[tuple[str, Cut]]:
    """Of several sectors each has its own picture: tonnes of steel are none of glass."""
    made = sectors_of(OpenedRun(dataset))
    if len(made) < 2 and dataset.sizes.get("sector", 1) < 2:
        return [("", lambda one: one)]
    return [(f"_{one.sector}", partial(_of_routes, routes=list(one.routes))) for one in made]


def _of_routes(dataset: xr.Dataset, *, routes: list[str]) -> xr.Dataset:
    return dataset.sel(route=routes)


def _file_name(text: str) -> str:
    """A run may come from anyone: its names lead to no other folder."""
    return "".join(one if one.isalnum() or one in "-_" else "_" for one in text)[:100]


def inert(dataset: xr.Dataset) -> xr.Dataset:
    """A run whose title and labels fonts can write: what has no picture is shown as its number."""
    labels = {
        name: (coord.dims, np.vectorize(_shown, otypes=[object])(coord))
        for name, coord in dataset.coords.items() if coord.dtype.kind in "UOT" and coord.size
    }  # fmt: skip
    title = _shown(dataset.attrs.get("title", ""))
    return dataset.assign_coords(labels).assign_attrs(title=title)


def _shown(label: Any) -> str:
    return drawable(printable(str(label)))


def save(
    draw: Callable[[], Figure | None], path: Path, *, expected: str,
    remedy: str = "choose another -o",
) -> Path | None:  # fmt: skip
    """Draw a picture in the style of the house and write it whole or not at all.

    Parameters
    ----------
    draw : callable
        Makes the figure; None where there is nothing to show, and no file then.
    path : Path
        SVG or PDF by its name, else PNG.
    expected, remedy : str
        See `simcore.errors.Fault`, for a file that cannot be written.
    """
    from matplotlib import rc_context

    kind = path.suffix.lower().removeprefix(".")
    kind = kind if kind in FORMATS else "png"
    # The salt and no clock make a file the same in each run.
    without = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with rc_context({**style(), "svg.hashsalt": "simcore"}):
        figure = draw()
        if figure is None:
            return None
        with whole(path, expected=expected, remedy=remedy, folders=True) as unfinished:
            figure.savefig(unfinished, dpi=110, format=kind, metadata=without.get(kind))
    return path
