"""What pictures call things: names people use, the reference, the scenario, what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from simcore.analysis.headline import SOLD, OpenedRun
from simcore.analysis.names import title
from simcore.analysis.sectors import references_of, sectors_of
from simcore.plots.kinds import Asked
from simcore.plots.panels import labels_of

if TYPE_CHECKING:
    import xarray as xr

ROUTES: Final = "titles of every route"
"""Attribute of a run that is cut to some routes."""
_WITH_ARTICLE: Final = ("European ", "United ")
_OPTIONS: Final = {"scenario": "--scenario", "destination": "--destination"}


def called(dataset: xr.Dataset, dim: str, label: str) -> str:
    """Name of a label; the label itself where the run has no names."""
    name = title(dataset, dim, label).strip() or label
    routes = dataset.attrs.get(ROUTES, {}) if dim == "route" and name == label else {}
    return routes.get(label, "").strip() or name


def within(dataset: xr.Dataset, region: str) -> str:
    """A region behind "in": in the European Union, in Korea."""
    name = called(dataset, "region", region)
    if name.startswith("The "):
        return f"the {name[4:]}"
    return f"the {name}" if name.startswith(_WITH_ARTICLE) else name


def label_of(dataset: xr.Dataset, dim: str) -> str:
    """The one label that a run is cut to; nothing where it has several or none."""
    labels = labels_of(dataset, dim)
    return labels[0] if len(labels) == 1 else ""


def product_of(dataset: xr.Dataset) -> str:
    """What a tonne of the routes of a run is a tonne of."""
    if "route" not in dataset.dims:
        return ""
    made = sectors_of(OpenedRun(dataset))
    return made[0].product if len(made) == 1 else str(dataset.attrs.get("product", ""))


def sold(dataset: xr.Dataset) -> str:
    """Where the tonne is sold, of a run that is cut to one destination."""
    label = label_of(dataset, "destination")
    return SOLD.get(label, f"sold in {called(dataset, 'destination', label)}") if label else ""


def against(dataset: xr.Dataset, regions: Sequence[str]) -> str:
    """The reference routes of some regions, of a run that is cut to one scenario."""
    scenario = label_of(dataset, "scenario")
    made = {one.sector for one in sectors_of(OpenedRun(dataset))} if "route" in dataset.dims else {}
    own: dict[str, str] = {}
    for sector, table in references_of(dataset.attrs).get(scenario, {}).items():
        if not sector or not made or sector in made:
            own |= {region: route for region, route in table.items() if region in regions}
    if not own:
        return ""
    usual = Counter(own.values()).most_common(1)[0][0]
    text = f"against {called(dataset, 'route', usual)}"
    others = [
        f"{called(dataset, 'region', region)} against {called(dataset, 'route', route)}"
        for region, route in own.items() if route != usual
    ]  # fmt: skip
    return f"{text} ({', '.join(others)})" if others else text


def standing(
    dataset: xr.Dataset, regions: Sequence[str] = (), *, what: str = "", several: bool = False,
    is_sold: bool = True,
) -> str:  # fmt: skip
    """Subtitle: what is shown, against what, in which scenario (of `several` the first is no
    part of it), of how many draws."""
    scenario = label_of(dataset, "scenario")
    parts = [
        what, against(dataset, regions) if regions else "", sold(dataset) if is_sold else "",
        f"scenario {called(dataset, 'scenario', scenario)}" if scenario and not several else "",
        f"{int(dataset.attrs['draws']):,} draws" if "draws" in dataset.attrs else "",
    ]  # fmt: skip
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def also(dataset: xr.Dataset, asked: Asked) -> list[str]:
    """What the run holds and the picture does not show, and how to ask for it."""
    parts = [
        f"{dim} {listed(dataset, dim, labels)} "
        f"({_OPTIONS[dim]} NAME or all)"
        for dim, labels in (asked.hidden or {}).items() if labels
    ]  # fmt: skip
    return [f"Also in this run: {'; '.join(parts)}."] if parts else []


def left_out(dataset: xr.Dataset, dim: str, labels: Sequence[str]) -> str:
    """Labels that no panel was left for, and how to ask for them."""
    if not labels:
        return ""
    several = dim if len(labels) == 1 else dim + "s"
    return f"No panel was left for {several} {listed(dataset, dim, labels)} (--{dim} ID)."


def listed(dataset: xr.Dataset, dim: str, labels: Sequence[str]) -> str:
    """Names, each with the label that a command takes."""
    names = [(called(dataset, dim, one), one) for one in labels]
    return "; ".join(name if name == one else f"{name} [{one}]" for name, one in names)


def word_of(dataset: xr.Dataset, dim: str, label: str) -> str:
    """Name of a label that is a word by itself, such as a component."""
    name = called(dataset, dim, label)
    return name if name != label else label.replace("_", " ")


def reference_in(dataset: xr.Dataset, region: str) -> str:
    """The reference route of a region, of a run that is cut to one scenario; else nothing."""
    made = {one.sector for one in sectors_of(OpenedRun(dataset))} if "route" in dataset.dims else {}
    tables = references_of(dataset.attrs).get(label_of(dataset, "scenario"), {})
    for sector, table in tables.items():
        if (not sector or not made or sector in made) and region in table:
            return table[region]
    return ""
