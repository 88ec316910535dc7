"""The table of `simcore sensitivity`: groups by share, with what surrounds each number."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from simcore.analysis.headline import telling_years
from simcore.analysis.notation import share
from simcore.analysis.shares import (
    Place,
    fixed_labels,
    lead_of,
    merged,
    pairs_of,
    places_of,
    titled,
    told_per_cent,
    told_shares,
    variables_of,
)
from simcore.errors import printable
from simcore.terminal.tables import WIDTH, grid
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

_SCALES: Final = {
    "rank": "the rank of the outcome among the draws", "value": "the value of the outcome",
    "covers": "whether the outcome is above 0",
}  # fmt: skip
_FULL: Final = 4
"""Places that are shown in full; more become one table."""
_MOST_ROWS: Final = 60
_MOST_GROUPS: Final = 12
_MOST_COLUMNS: Final = 6
_COLUMNS: Final = {"shapley": "share", "first": "alone", "total": "with others"}
_MEANING: Final = {
    "shapley": "share: Shapley effect, of the variance, sums to 100 %",
    "first": "alone: gone once the group is known",
    "total": "with others: left once all but the group is known",
}  # fmt: skip


def shares_text(found: xr.Dataset) -> str:
    """All of the table, within 100 columns."""
    lead, scales = lead_of(found), [str(one) for one in found["scale"].values]
    places = list(places_of(found))
    head = (
        f"{found.attrs['title']}: what makes it uncertain; {found.attrs['draws']:,} draws, "
        f"{len(found['group'])} groups"
    )
    lines = [*textwrap.wrap(printable(head), WIDTH), _about(found, scales[0])]
    for variable in variables_of(found):
        own = [one for one in places if one.variable == variable]
        if not own:
            continue
        told = merged(own)
        if len(told) <= _FULL:
            for place, labels in told:
                lines += ["", *_in_full(found, place, labels, lead, scales[1:])]
        else:
            lines += ["", *_side_by_side(found, variable, own, lead)]
    notes = list(_notes(found, places, lead))
    if notes:
        lines.append("")
    for note in notes:
        lines += textwrap.wrap(note, WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _about(found: xr.Dataset, scale: str) -> str:
    shown = [text for name, text in _MEANING.items() if f"{variables_of(found)[0]}_{name}" in found]
    text = f"Per cent of the variance of {_SCALES[scale]}, +- 95 %. " + "; ".join(shown) + "."
    return "\n".join(textwrap.wrap(text, WIDTH))


def _in_full(
    found: xr.Dataset, place: Place, labels: dict[str, list[Any]], lead: str,
    others: Sequence[str],
) -> Iterator[str]:  # fmt: skip
    kinds = [one for one in _COLUMNS if one in place.measures]
    yield from textwrap.wrap(_title_of(found, place, labels), WIDTH)
    header = ["", *(part for one in kinds for part in (_COLUMNS[one], "+-"))]
    beside = {
        scale: next((one for one in places_of(found, scale)
                     if (one.variable, one.labels) == (place.variable, place.labels)), None)
        for scale in others
    }  # fmt: skip
    header += [f"{_COLUMNS[lead]}, {scale}" for scale in others]
    groups = place.groups[:_MOST_GROUPS]
    shown = {kind: told_per_cent(place, kind) for kind in kinds}
    told = {kind: told_shares(place, kind) for kind in kinds}
    rows = []
    for name in groups:
        cells = [title_of_group(found, name)]
        for kind in kinds:
            cells += [f"{shown[kind][name]:.1f}", f"{100 * told[kind][name].error:.1f}"]
        for other in beside.values():
            cells.append("-" if other is None else f"{told_per_cent(other, lead)[name]:.1f}")
        if place.measures[lead][name].is_zero:
            cells[0] += " *"
        rows.append(cells)
    yield from grid(header, rows, text_columns=1)
    if len(place.groups) > len(groups):
        left = sum(shown[lead][name] for name in place.groups[len(groups) :])
        yield f"{len(place.groups) - len(groups)} others, {_COLUMNS[lead]} {left:.1f} in all"
    for one, two, both in pairs_of(found, place)[:3]:
        yield (
            f"Together beyond each alone: {title_of_group(found, one)} with "
            f"{title_of_group(found, two)} {100 * both.value:+.1f} +- {100 * both.error:.1f}"
        )


def _side_by_side(
    found: xr.Dataset, variable: str, places: Sequence[Place], lead: str
) -> Iterator[str]:
    """One line a place, one column a group."""
    mean = {
        name: sum(one.measures[lead][name].value for one in places) for name in places[0].groups
    }
    order = sorted(mean, key=lambda name: -mean[name])
    told = merged(places)
    if len(told) > _MOST_ROWS and "year" in places[0].labels:
        years = set(telling_years(found["year"].values.tolist()))
        told = merged([one for one in places if one.labels["year"] in years])
    fixed = fixed_labels([labels for _, labels in told])
    dims = [dim for dim in told[0][1] if dim not in fixed]
    same = ", ".join(_labels(found, dim, told[0][1][dim]) for dim in fixed)
    title = f"{OUTCOMES[variable].long_name}{f' ({same})' if same else ''}, {_COLUMNS[lead]} in %"
    yield from textwrap.wrap(printable(title), WIDTH)
    # As --at takes them, and short.
    text = [
        [printable("/".join(map(str, labels[dim]))) for dim in dims]
        for _, labels in told[:_MOST_ROWS]
    ]
    # As many groups as there is room for beside the labels.
    for count in range(_MOST_COLUMNS, 2, -1):
        header, cells = _columns(found, [one for one, _ in told[:_MOST_ROWS]], lead, order, count)
        rows = [[*dims, *header[1]], *([*a, *b] for a, b in zip(text, cells, strict=True))]
        head = [*("" for _ in dims), *header[0]]
        wide = sum(max(map(len, column)) + 2 for column in zip(head, *rows, strict=True)) - 2
        if wide <= WIDTH:
            break
    head, *rows = [head, *rows] if any(header[0]) else rows
    yield from grid(head, rows, text_columns=len(dims))
    if len(told) > _MOST_ROWS:
        yield f"{len(told) - _MOST_ROWS} more places: --at region=...,year=..., or --format csv"


def _columns(
    found: xr.Dataset, places: Sequence[Place], lead: str, order: Sequence[str], count: int
) -> tuple[tuple[list[str], list[str]], list[list[str]]]:
    """Both lines of the heading, and the cells of each place, of the groups that come first."""
    groups, others = order[:count], order[count:]
    heads = [_in_two(title_of_group(found, one)) for one in groups]
    tail = ["others", "+-"] if others else ["+-"]
    rows = []
    for one in places:
        shown, shares = told_per_cent(one, lead), told_shares(one, lead)
        cells = [f"{shown[name]:.1f}{'*' if shares[name].is_zero else ' '}" for name in groups]
        if others:
            cells.append(f"{sum(shown[name] for name in others):.1f}")
        rows.append([*cells, f"{100 * max(share.error for share in shares.values()):.1f}"])
    first, second = ([one[line] for one in heads] for line in (0, 1))
    return ([*first, *("" for _ in tail)], [*second, *tail]), rows


def _labels(found: xr.Dataset, dim: str, several: Sequence[Any]) -> str:
    return printable(" or ".join(titled(found, dim, one) for one in several))


def _in_two(text: str) -> tuple[str, str]:
    """A heading in two lines, the second of which is not empty."""
    words = text.split()
    cut = min(range(len(words)), key=lambda n: max(
        len(" ".join(words[:n])), len(" ".join(words[n:]))
    ))  # fmt: skip
    return " ".join(words[:cut]), " ".join(words[cut:])


def _short(name: str) -> str:
    return printable(name.replace("_", " "))


def _title_of(found: xr.Dataset, place: Place, labels: dict[str, list[Any]]) -> str:
    told = [_labels(found, dim, several) for dim, several in labels.items()]
    return printable(f"{OUTCOMES[place.variable].long_name}: {', '.join(told)}")


def title_of_group(found: xr.Dataset, name: str) -> str:
    """What people call a group."""
    return printable(titled(found, "group", name))


def _notes(found: xr.Dataset, places: Sequence[Place], lead: str) -> Iterator[str]:
    if any(one.is_zero for place in places for one in place.measures[lead].values()):
        yield "* not told apart from zero by so many draws"
    if found.attrs.get("second_hidden"):
        yield f"Second order is not shown: {found.attrs['second_hidden']}."
    elif found.attrs["dependent"] == "yes":
        yield ("Inputs of different groups are correlated: what they have in common counts for "
               "each of them alone, and for none with others.")  # fmt: skip
    import json

    empty = json.loads(found.attrs.get("groups_empty", "[]"))
    if empty:
        yield f"Not read here: {', '.join(_short(one) for one in empty)}."
    yield from _limits(found)
    refused = _refused(found)
    if refused:
        yield f"No index of {refused}: a value in less than 95 % of the draws."


def _limits(found: xr.Dataset) -> Iterator[str]:
    """How many draws sit on a bound of the carbon price, which decides the variance of values."""
    if "at_price_limit_mean" not in found:
        return
    shares = found["at_price_limit_mean"].max("scenario")
    told = []
    for market in shares["market"].values.tolist():
        own = shares.sel(market=market)
        at = int(own.argmax("year"))
        if float(own[at]) > 0:
            told.append(f"{market} {share(float(own[at]))} in {int(own['year'][at])}")
    if told:
        yield (f"Draws whose carbon price sits on its floor or ceiling, at most: {', '.join(told)}."
               " They weigh on the scale value, hardly on the rank.")  # fmt: skip


def _refused(found: xr.Dataset) -> str:
    names: list[Any] = []
    for variable in variables_of(found):
        defined = found[f"{variable}_defined"]
        if bool(((defined > 0) & (defined < 0.95)).any()):
            names.append(f"some places of {variable}")
    return " and ".join(names)
