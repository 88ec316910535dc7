"""Pictures of sensitivity indices: shares over the years, bars with their errors, a map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.shares import (
    Place,
    fixed_labels,
    lead_of,
    merged,
    places_of,
    titled,
    told_per_cent,
    told_shares,
)
from simcore.errors import printable
from simcore.plots.choice import MOST, grid_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import year_ticks
from simcore.plots.panels import COLOURS
from simcore.plots.sheet import GREY, INK, Sheet, names_room, wrapped
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STUDY: Final = "sensitivity"
_NAMES: Final = {
    "shapley": "Shapley effect", "total": "total index", "first": "first-order index",
}  # fmt: skip
_OF_SCALE: Final = {"rank": "of the rank", "value": "of the value", "covers": "of the sign"}
_MOST_BARS: Final = 12
_MOST_YEARS: Final = 3
_COLUMNS: Final = 3
_FEW_YEARS: Final = 4
"""Years of an axis that are all ticks."""
_MOST_COLOURS: Final = 7
"""Groups with a colour of their own; the others are grey together."""
_PALE: Final = "#BBBBBB"
_NAMES_ROOM: Final = 1.9
_BARS_ROOM: Final = 2.5
Labels = dict[str, list[Any]]


@picture(
    "sensitivity", shows="groups of inputs by their share of the variance, with 95 % intervals",
    study=STUDY,
)  # fmt: skip
def sensitivity(found: xr.Dataset, asked: Asked) -> Figure | None:
    """Bars with whiskers; a row of panels a place, of a few years."""
    places = [
        (one, labels) for one, labels in merged(list(places_of(found)))
        if not asked.years or set(labels.get("year", ())) & set(asked.years)
    ]  # fmt: skip
    if not asked.years:
        places = _of_some_years(places)
    places, left = places[:MOST], places[MOST:]
    if not places:
        return None
    lead, colours = lead_of(found), _colours(found)
    fixed = fixed_labels([labels for _, labels in places])
    many = min(_MOST_BARS, max(len(one.groups) for one, _ in places))
    at, rows, columns = _arranged(places)
    names = names_room([_short(found, name) for name in colours], 8, most=_NAMES_ROOM)
    sheet = Sheet(rows, columns, (names + _BARS_ROOM, 0.75 + 0.26 * many), "none")
    widest = max(max(share.high for share in told_shares(one, lead).values()) for one, _ in places)
    for place, axes in enumerate(sheet.panels):
        axes.set_visible(place in at)
    for place, (one, labels) in zip(at, places, strict=True):
        axes = sheet.panels[place]
        _bars(axes, found, one, widest, colours)
        text = _place(found, labels, fixed)
        axes.set_title(wrapped(text, names + _BARS_ROOM - 0.3, 9), fontsize=9, loc="left")
        axes.set_xlabel("% of the variance", fontsize=8)
    sheet.title = f"{_question(places)}: {_leading(found, [one for one, _ in places], lead)}"
    sheet.subtitle = f"{_standing(found, places, lead)}; whiskers: 95 % intervals"
    sheet.notes = [_left(left, "--year, --region, --route")]
    return sheet.finished()


def _bars(
    axes: Axes, found: xr.Dataset, one: Place, widest: float, colours: dict[str, str]
) -> None:
    """Groups of a place, the largest on top."""
    names, lead = one.groups[:_MOST_BARS], lead_of(found)
    own = told_shares(one, lead)
    shares = [own[name] for name in names]
    at = np.arange(len(names))
    told = told_per_cent(one, lead)
    values = np.array([max(told[name], 0.0) for name in names])
    ends = 100 * np.array([[max(share.low, 0.0), max(share.high, 0.0)] for share in shares])
    axes.barh(at, values, height=0.62, color=[colours.get(name, _PALE) for name in names])
    errors = np.maximum([values - ends[:, 0], ends[:, 1] - values], 0.0)
    axes.errorbar(values, at, xerr=errors, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    for place, share in enumerate(shares):
        text = "not told apart from zero" if share.is_zero else f"{values[place]:.1f}"
        axes.annotate(
            text, (ends[place, 1], place), xytext=(5, 0), textcoords="offset points",
            va="center", fontsize=7.5, color=GREY if share.is_zero else INK,
        )  # fmt: skip
    axes.set_yticks(
        at, [wrapped(_short(found, name), _NAMES_ROOM, 8) for name in names], fontsize=8
    )
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, min(1.18, 1.25 * widest + 0.25) * 100)
    axes.set_xticks([tick for tick in range(0, 101, 20) if tick <= axes.get_xlim()[1]])
    axes.grid(visible=False, axis="y")


@picture(
    "sensitivity_years", shows="shares of the variance over the years, stacked to 100 %",
    study=STUDY, usual=lambda found: found.sizes.get("year", 0) > 1,
)  # fmt: skip
def sensitivity_years(found: xr.Dataset, asked: Asked) -> Figure | None:
    """Stacked Shapley effects; one panel a place."""
    from matplotlib.patches import Patch

    lead, colours = lead_of(found), _colours(found)
    series = [(labels, years) for labels, years in _series(found) if len(years) > 1]
    if lead != "shapley" or not series:
        return None
    left, series = series[MOST:], series[:MOST]
    fixed = fixed_labels([labels for labels, _ in series])
    rows, columns = grid_of(len(series), most=_COLUMNS)
    sheet = Sheet(rows, columns, (3.3, 2.5), "all")
    horizon = sorted({year for _, years in series for year in years})
    named: dict[str, Any] = {}
    for axes, (labels, years) in zip(sheet.used(len(series)), series, strict=True):
        own = sorted(years)
        stacked = _stacked([told_per_cent(years[year], lead) for year in own], colours)
        shades = {name: colours.get(name, _PALE) for name in stacked}
        axes.stackplot(
            own, *stacked.values(), colors=list(shades.values()), linewidth=0.6, edgecolor="white"
        )
        named |= {name: Patch(color=shade) for name, shade in shades.items()}
        axes.set_xlim(horizon[0], horizon[-1])
        axes.set_ylim(0, 100)
        axes.set_xticks(horizon if len(horizon) <= _FEW_YEARS else year_ticks(horizon, 2.6))
        axes.set_title(wrapped(_place(found, labels, fixed), 3.1, 9), fontsize=9, loc="left")
    for line in sheet.grid:
        line[0].set_ylabel("% of the variance", fontsize=8)
    sheet.legend(list(named.values()), [_short(found, name) for name in named])
    shown = [(next(iter(years.values())), labels) for labels, years in series]
    ends = {}
    for pick in (min, max):
        year = Counter(pick(years) for _, years in series).most_common(1)[0][0]
        ends[year] = _leading(found, [years[year] for _, years in series if year in years], lead)
    sheet.title = f"{_question(shown)}: " + (
        f"{next(iter(ends.values()))}, in {min(ends)} as in {max(ends)}"
        if len({*ends.values()}) == 1
        else "; ".join(f"in {year} {said}" for year, said in ends.items())
    )
    sheet.subtitle = _standing(found, shown, lead)
    sheet.notes = [_left(left, "--region, --route")]
    return sheet.finished()


def _series(found: xr.Dataset) -> list[tuple[Labels, dict[int, Place]]]:
    """Places by year, those of one outcome and the same other labels together."""
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
    return series


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
    rows, columns = grid_of(len(groups), most=_COLUMNS)
    sheet = Sheet(
        rows, columns, (1.2 + 0.45 * len(routes), 1.6 + 0.3 * len(regions)),
        "none",
    )  # fmt: skip
    told = {place: told_per_cent(one, lead) for place, one in shown.items()}
    for axes, name in zip(sheet.used(len(groups)), groups, strict=True):
        values = np.full((len(regions), len(routes)), np.nan)
        for (region, route), shares in told.items():
            values[regions.index(region), routes.index(route)] = max(shares[name], 0.0)
        axes.imshow(values, cmap="cividis", vmin=0, vmax=100, aspect="auto")
        for row, column in np.ndindex(*values.shape):
            if np.isfinite(values[row, column]):
                axes.text(
                    column, row, f"{values[row, column]:.0f}", ha="center", va="center",
                    fontsize=8, color="white" if values[row, column] < 60 else "black",
                )  # fmt: skip
        axes.set_title(wrapped(_short(found, name), 1.0 + 0.45 * len(routes), 9), fontsize=9)
        axes.set_xticks(range(len(routes)), [wrapped(titled(found, "route", one), 1.1, 7.5)
                                             for one in routes], rotation=55, ha="right",
                        rotation_mode="anchor", fontsize=7.5)  # fmt: skip
        axes.set_yticks(range(len(regions)), [titled(found, "region", one) for one in regions],
                        fontsize=8)  # fmt: skip
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    of_all = [(one, {dim: [label] for dim, label in chosen.items()}) for one in shown.values()]
    sheet.title = f"{_question(of_all)}: {_leading(found, list(shown.values()), lead)}"
    sheet.subtitle = f"Numbers: % of the variance. {_standing(found, of_all, lead)}"
    return sheet.finished()


def _stacked(by_year: Sequence[dict[str, float]], colours: dict[str, str]) -> dict[str, Any]:
    """Per cent by group and year, which sum to 100; those without a colour together."""
    parts = {name: np.array([one[name] for one in by_year]) for name in by_year[0]}
    found = {name: parts.pop(name) for name in colours}
    return found | ({"others": np.sum(list(parts.values()), axis=0)} if parts else {})


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


def _arranged(places: Sequence[tuple[Place, Labels]]) -> tuple[list[int], int, int]:
    """Panel of each place, rows and columns: years side by side, or three places in a row."""
    years = list(dict.fromkeys(str(labels.get("year")) for _, labels in places))
    if not 1 < len(years) <= _MOST_YEARS:
        return list(range(len(places))), *grid_of(len(places), most=_COLUMNS)
    rest = [
        (one.variable, str({dim: label for dim, label in labels.items() if dim != "year"}))
        for one, labels in places
    ]
    rows = list(dict.fromkeys(rest))
    at = [
        rows.index(own) * len(years) + years.index(str(labels.get("year")))
        for own, (_, labels) in zip(rest, places, strict=True)
    ]
    return at, len(rows), len(years)


def _question(places: Sequence[tuple[Place, Labels]]) -> str:
    names = (OUTCOMES[name].long_name.lower() for name in dict.fromkeys(
        one.variable for one, _ in places
    ))  # fmt: skip
    return f"What makes the {' and '.join(names)} uncertain"


def _leading(found: xr.Dataset, places: Sequence[Place], lead: str) -> str:
    """The group with the largest share, and its shares; where it is not the same, how often."""
    leads = Counter(one.groups[0] for one in places)
    (first, times), *others = leads.most_common()
    if not others:
        shares = [told_per_cent(one, lead)[first] for one in places]
        low, high = f"{min(shares):.0f}", f"{max(shares):.0f}"
        return f"above all {_short(found, first)} ({low if low == high else f'{low} to {high}'} %)"
    said = [f"{_short(found, first)} in {times} of {len(places)} places"]
    said += [f"{_short(found, name)} in {count}" for name, count in others]
    return ", ".join(said)


def _standing(found: xr.Dataset, places: Sequence[tuple[Place, Labels]], lead: str) -> str:
    """What is shown, the labels that all panels have in common, of which run."""
    fixed = fixed_labels([labels for _, labels in places])
    parts = [
        f"{_NAMES[lead]} {_OF_SCALE[str(found['scale'].values[0])]}",
        *(_labels(found, dim, places[0][1][dim]) for dim in fixed),
        str(found.attrs.get("title", "")), f"{int(found.attrs['draws']):,} draws",
    ]  # fmt: skip
    return printable("; ".join(part for part in parts if part))


def _left(places: Sequence[Any], options: str) -> str:
    return f"{len(places)} more places are not shown: {options}." if places else ""


def _place(found: xr.Dataset, labels: Labels, fixed: Sequence[str]) -> str:
    own = [_labels(found, dim, several) for dim, several in labels.items() if dim not in fixed]
    return printable(", ".join(own))


def _labels(found: xr.Dataset, dim: str, several: Sequence[Any]) -> str:
    names = " or ".join(titled(found, dim, one) for one in several)
    return f"scenario {names}" if dim == "scenario" else names


def _short(found: xr.Dataset, name: str) -> str:
    return name if name == "others" else printable(titled(found, "group", name))
