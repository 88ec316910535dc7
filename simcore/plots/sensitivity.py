"""Pictures of sensitivity indices: shares over the years, bars with their errors, a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.shares import (
    Place,
    Share,
    fixed_labels,
    lead_of,
    merged,
    places_of,
    titled,
    variables_of,
)
from simcore.errors import printable
from simcore.plots.kinds import Asked, picture
from simcore.plots.panels import COLOURS, finish, panel_grid
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

STUDY: Final = "sensitivity"
_NAMES: Final = {
    "shapley": "Shapley effect", "total": "total index", "first": "first-order index",
}  # fmt: skip
_OF_SCALE: Final = {"rank": "of the rank", "value": "of the value", "covers": "of the sign"}
_MOST_PANELS: Final = 12
_MOST_BARS: Final = 12
_MOST_COLOURS: Final = 7
"""Groups with a colour of their own; the others are grey together."""
_GREY: Final = "#BBBBBB"
Labels = dict[str, list[Any]]


@picture(
    "sensitivity", shows="groups of inputs by their share of the variance, with 95 % intervals",
    study=STUDY,
)  # fmt: skip
def sensitivity(found: xr.Dataset, asked: Asked) -> Figure | None:
    """Bars with whiskers; one panel a place, of a few years."""
    places = [
        (one, labels) for one, labels in merged(list(places_of(found)))
        if not asked.years or set(labels.get("year", ())) & set(asked.years)
    ]  # fmt: skip
    if not asked.years:
        places = _of_some_years(places)
    places, left = places[:_MOST_PANELS], places[_MOST_PANELS:]
    if not places:
        return None
    lead = lead_of(found)
    many = min(_MOST_BARS, max(len(one.groups) for one, _ in places))
    figure, panels = panel_grid(
        found, len(places), _title(found, places, lead), "sensitivity",
        height=0.75 + 0.26 * many, share="none",
    )  # fmt: skip
    colours = _colours(found)
    fixed = fixed_labels([labels for _, labels in places])
    widest = max(max(share.high for share in one.measures[lead].values()) for one, _ in places)
    for axes, (one, labels) in zip(panels, places, strict=True):
        names = one.groups[:_MOST_BARS]
        shares = [one.measures[lead][name] for name in names]
        at = np.arange(len(names))
        values = np.array([100 * max(share.value, 0.0) for share in shares])
        ends = 100 * np.array([[max(share.low, 0.0), max(share.high, 0.0)] for share in shares])
        axes.barh(at, values, height=0.62, color=[colours.get(name, _GREY) for name in names])
        errors = np.maximum([values - ends[:, 0], ends[:, 1] - values], 0.0)
        axes.errorbar(values, at, xerr=errors, fmt="none", ecolor="black", elinewidth=1, capsize=2)
        for place, share in enumerate(shares):
            text = "not told apart from zero" if share.is_zero else f"{values[place]:.1f}"
            axes.annotate(
                text, (ends[place, 1], place), xytext=(5, 0), textcoords="offset points",
                va="center", fontsize=7.5, color="#555555" if share.is_zero else "black",
            )  # fmt: skip
        axes.set_yticks(at, [_wrapped(titled(found, "group", name)) for name in names], fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(0, min(1.18, 1.25 * widest + 0.25) * 100)
        axes.set_xticks([tick for tick in range(0, 101, 20) if tick <= axes.get_xlim()[1]])
        axes.grid(visible=False, axis="y")
        text = _place(found, labels, fixed)
        if text:
            axes.set_title(text)
        axes.set_xlabel("% of the variance")
    more = f"; {len(left)} more places: --year, --region, --route" if left else ""
    note = f"{_note(found)}; whiskers: 95 % intervals{more}"
    finish(figure, panels, "", note, years=False)
    return figure


@picture(
    "sensitivity_years", shows="shares of the variance over the years, stacked to 100 %",
    study=STUDY, usual=lambda found: found.sizes.get("year", 0) > 1,
)  # fmt: skip
def sensitivity_years(found: xr.Dataset, asked: Asked) -> Figure | None:
    """Stacked Shapley effects; one panel a place."""
    lead = lead_of(found)
    series: list[tuple[Labels, dict[int, Place]]] = []
    for one, labels in merged(list(places_of(found))):
        if "year" not in labels:
            continue
        rest = {dim: label for dim, label in labels.items() if dim != "year"}
        own = next((years for other, years in series if other == rest
                    and next(iter(years.values())).variable == one.variable), None)  # fmt: skip
        if own is None:
            series.append((rest, own := {}))
        for year in labels["year"]:
            own[int(year)] = one
    series = [(labels, years) for labels, years in series if len(years) > 1]
    if lead != "shapley" or not series:
        return None
    left, series = series[_MOST_PANELS:], series[:_MOST_PANELS]
    figure, panels = panel_grid(
        found, len(series),
        _title(found, [(next(iter(years.values())), labels) for labels, years in series], lead),
        "sensitivity_years", height=2.4, share="both",
    )  # fmt: skip
    colours = _colours(found)
    fixed = fixed_labels([labels for labels, _ in series])
    for axes, (labels, years) in zip(panels, series, strict=True):
        horizon = sorted(years)
        stacked = _stacked([years[year].measures[lead] for year in horizon], colours)
        axes.stackplot(
            horizon, *stacked.values(),
            colors=[colours.get(name, _GREY) for name in stacked], linewidth=0.6,
            edgecolor="white",
            labels=[_short(found, name) for name in stacked],
        )  # fmt: skip
        axes.set_xlim(horizon[0], horizon[-1])
        axes.set_ylim(0, 100)
        text = _place(found, labels, fixed)
        if text:
            axes.set_title(text)
    more = f"; {len(left)} more places: --region, --route" if left else ""
    finish(figure, panels, "% of the variance", f"{_note(found)}{more}", years=False)
    for axes in panels:
        first, last = axes.get_xlim()
        step = 10 if last - first > 18 else 5 if last - first > 8 else 1
        axes.set_xticks([year for year in range(int(first), int(last) + 1) if year % step == 0])
    return figure


@picture(
    "sensitivity_map", shows="share of each group by region and route, as a heat map", study=STUDY,
    usual=lambda found: found.sizes.get("region", 0) > 1 and found.sizes.get("route", 0) > 1,
)  # fmt: skip
def sensitivity_map(found: xr.Dataset, asked: Asked) -> Figure | None:
    """One panel a group, regions in rows, routes in columns; of one year and destination."""
    if not {"region", "route"} <= set(found.dims):
        return None
    lead, places = lead_of(found), list(places_of(found))
    variable = next((one.variable for one in places if "route" in one.labels), None)
    places = [one for one in places if one.variable == variable]
    if not places:
        return None
    chosen: dict[str, Any] = {}
    for dim in places[0].labels:
        if dim not in ("region", "route"):
            known = list(dict.fromkeys(one.labels[dim] for one in places))
            wanted = [year for year in asked.years if year in known] if dim == "year" else []
            chosen[dim] = wanted[0] if wanted else known[_middle(dim, known)]
    shown = {
        (one.labels["region"], one.labels["route"]): one for one in places
        if all(one.labels[dim] == label for dim, label in chosen.items())
    }  # fmt: skip
    regions = [one for one in found["region"].values.tolist() if any(r == one for r, _ in shown)]
    routes = [one for one in found["route"].values.tolist() if any(k == one for _, k in shown)]
    groups = list(_colours(found))[:6]
    labels: Labels = {dim: [label] for dim, label in chosen.items()}
    figure, panels = panel_grid(
        found, len(groups),
        f"{_title(found, [(next(iter(shown.values())), labels)], lead)}",
        "sensitivity_map", height=1.3 + 0.3 * len(regions), share="none",
    )  # fmt: skip
    for axes, name in zip(panels, groups, strict=True):
        values = np.full((len(regions), len(routes)), np.nan)
        for (region, route), one in shown.items():
            values[regions.index(region), routes.index(route)] = 100 * max(
                one.measures[lead][name].value, 0.0
            )
        image = axes.imshow(values, cmap="cividis", vmin=0, vmax=100, aspect="auto")
        for row, column in np.ndindex(*values.shape):
            if np.isfinite(values[row, column]):
                axes.text(
                    column, row, f"{values[row, column]:.0f}", ha="center", va="center",
                    fontsize=8, color="white" if values[row, column] < 60 else "black",
                )  # fmt: skip
        axes.set_title(_short(found, name))
        axes.set_xticks(range(len(routes)), [_wrapped(titled(found, "route", one), 16)
                                             for one in routes], rotation=55, ha="right",
                        rotation_mode="anchor", fontsize=7.5)  # fmt: skip
        axes.set_yticks(range(len(regions)), [titled(found, "region", one) for one in regions])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=panels, label="% of the variance", shrink=0.7)
    finish(figure, panels, "", _note(found), years=False)
    return figure


def _stacked(
    by_year: Sequence[dict[str, Share]], colours: Sequence[str] | dict[str, str]
) -> dict[str, Any]:
    """Per cent by group and year that sum to 100, none below 0; those without a colour together."""
    parts = {
        name: np.array([max(one[name].value, 0.0) for one in by_year]) for name in by_year[0]
    }  # fmt: skip
    whole = np.sum(list(parts.values()), axis=0)
    found = {name: 100 * parts[name] / whole for name in colours}
    if len(found) < len(parts):
        found["others"] = 100 - np.sum(list(found.values()), axis=0)
    return found


def _middle(dim: str, labels: Sequence[Any]) -> int:
    """The year in the middle of those there are; of another dimension the first label."""
    return len(labels) // 2 if dim == "year" else 0


def _of_some_years(places: list[tuple[Place, Labels]]) -> list[tuple[Place, Labels]]:
    """First, middle and last year, where there are more."""
    years = sorted({year for _, labels in places for year in labels.get("year", ())})
    if len(years) <= 3:
        return places
    kept = {years[0], years[len(years) // 2], years[-1]}
    return [(one, labels) for one, labels in places if set(labels.get("year", kept)) & kept]


def _colours(found: xr.Dataset) -> dict[str, str]:
    """Colours of the groups with the largest shares over all places; the same in each picture."""
    lead = lead_of(found)
    mean: dict[str, float] = {}
    for one in places_of(found):
        for name, share in one.measures[lead].items():
            mean[name] = mean.get(name, 0.0) + share.value
    order = sorted(mean, key=lambda name: -mean[name])
    return dict(zip(order[:_MOST_COLOURS], COLOURS, strict=False))


def _title(found: xr.Dataset, places: Sequence[tuple[Place, Labels]], lead: str) -> str:
    """What is shown, and the labels that all panels have in common."""
    variables = list(dict.fromkeys(one.variable for one, _ in places))
    what = " and ".join(OUTCOMES[one].long_name.lower() for one in variables or variables_of(found))
    fixed = fixed_labels([labels for _, labels in places])
    first = places[0][1]
    same = [_labels(found, dim, first[dim]) for dim in fixed]
    scale = _OF_SCALE[str(found["scale"].values[0])]
    ending = f" ({', '.join(same)})" if same else ""
    return printable(f"What makes the {what} uncertain: {_NAMES[lead]} {scale}{ending}")


def _place(found: xr.Dataset, labels: Labels, fixed: Sequence[str]) -> str:
    own = [_labels(found, dim, several) for dim, several in labels.items() if dim not in fixed]
    return printable(", ".join(own))


def _labels(found: xr.Dataset, dim: str, several: Sequence[Any]) -> str:
    return " or ".join(titled(found, dim, one) for one in several)


def _short(found: xr.Dataset, name: str) -> str:
    return name if name == "others" else printable(titled(found, "group", name))


def _wrapped(text: str, width: int = 28) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(printable(text), width)) or text


def _note(found: xr.Dataset) -> str:
    return f"{int(found.attrs['draws']):,} draws"
