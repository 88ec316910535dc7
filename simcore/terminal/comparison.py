"""A comparison as text: what differs between two scenarios, and what it changes in each cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.names import titles
from simcore.analysis.notation import decimals, number, said_unit, share
from simcore.errors import printable
from simcore.terminal.tables import WIDTH, grouped, scale_of, shortened, wrapped

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from simcore.changes import Change

_MOST: Final = 12
"""Changes that are shown; the others are counted."""
_ROWS: Final = 200
_HEADING: Final = 22
"""Longest heading of a side."""
_SIDES: Final = ("old", "new", "difference")
_EDGES: Final = ("low", "high")


def frame_of(found: xr.Dataset) -> pd.DataFrame:
    """One row a cell: its labels, then the numbers of each side and of the difference."""
    import xarray as xr

    from simcore.analysis.headline import percentile

    columns: dict[str, Any] = {}
    for side in _SIDES:
        for name, array in found.data_vars.items():
            before, _, what = str(name).partition("_")
            if before != side:
                continue
            if "quantile" not in array.dims:
                columns[str(name)] = array
                continue
            for place, one in enumerate(found["quantile"].values.tolist()):
                column = f"{side}_{percentile(one)}{what.removeprefix('quantile')}"
                columns[column] = array.isel(quantile=place, drop=True)
    table = xr.Dataset({name: array.reset_coords(drop=True) for name, array in columns.items()})
    dims = [str(dim) for dim in next(iter(columns.values())).dims]
    frame = table.to_dataframe(dim_order=dims).reset_index() if dims else _single(table)
    numbers = [name for name in columns if name in frame]
    frame = frame[frame[["old_mean", "new_mean"]].notna().any(axis=1)].reset_index(drop=True)
    return frame[[*dims, *numbers]]


def _single(table: xr.Dataset) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({str(name): [float(array)] for name, array in table.data_vars.items()})


def comparison_text(found: xr.Dataset, apart: Sequence[Change], runs: Sequence[str]) -> str:
    """What differs, then both sides and the difference of each cell, within the width."""
    attrs = found.attrs
    lines = [shortened(name, WIDTH) for name in dict.fromkeys(runs)]
    (old, new), said = _sides_said(attrs, two=len(runs) > 1)
    lines += [*wrapped(f"{said}; {_draws_said(attrs)}"), "", *_changed(apart)]
    frame = _without_repeats(frame_of(found))
    unit = str(attrs["units"])
    quantiles = "difference_p50" in frame
    left_out = ("_needed", "_budget", *(["_mean"] if quantiles else []))
    amounts = [name for name in _numbers(frame) if not any(one in name for one in left_out)]
    is_share = unit == "1"
    values = frame[amounts].to_numpy(dtype=float).ravel().tolist()
    scale = 1 if is_share or unit == "yr" else scale_of(values)
    places = 0 if unit == "yr" else decimals([one / scale for one in values], figures=3)

    def shown(value: float) -> str:
        return share(value) if is_share else number(value / scale, places)

    kind = "draw by draw" if attrs["paired"] else "shift of each quantile"
    shift = [f"p{q:g}" for q in (5, 50, 95)] if quantiles else ["mean"]
    middle = "p50" if quantiles else "mean"
    groups = [
        (name, [(side, column) for column in shift]) for name, side in ((old, "old"), (new, "new"))
    ]
    interval = [("difference", f"{middle}_{end}") for end in _EDGES]
    groups += [("difference", [("difference", column) for column in shift]),
               (f"95 % of {middle.upper() if quantiles else middle}", interval)]  # fmt: skip
    title = f"{attrs['long_name']} ({attrs['variable']})"
    title += "" if is_share else f" [{said_unit(unit, scale)}], real money of {attrs['price_year']}"
    title += f"; difference {kind}" if quantiles else ""
    named = _with_titles(frame, found)
    lines += ["", *_table(title, named, groups, shown)]
    if "old_budget" in frame:
        lines += ["", *_budget(named, attrs, old, new)]
    return "\n".join(map(printable, lines))


def _sides_said(attrs: Mapping[Any, Any], *, two: bool) -> tuple[list[str], str]:
    """Headings of the two sides, by their titles where these fit, and the sentence that names
    both."""
    ids = [str(attrs[f"{side}_scenario"]) for side in ("old", "new")]
    named = [str(attrs.get(f"{side}_title") or one) for side, one in zip(_SIDES, ids, strict=False)]
    said = [
        name if f"({one})" in name or name == one else f"{name} ({one})"
        for name, one in zip(named, ids, strict=True)
    ]
    if two and ids[0] == ids[1]:
        return ["first run", "second run"], f"{said[0]}: from the first run to the second"
    fit = max(map(len, named)) <= _HEADING and named[0] != named[1]
    heads = named if fit else [shortened(one, _HEADING) for one in ids]
    return heads, f"From {said[0]} to {said[1]}"


def _with_titles(frame: pd.DataFrame, found: xr.Dataset) -> pd.DataFrame:
    """The same with what people call the labels."""
    dims = [name for name in map(str, frame) if name not in _numbers(frame) and name != "year"]
    return frame.assign(**{
        dim: [titles(found, dim).get(str(label), str(label)) for label in frame[dim]]
        for dim in dims
    })  # fmt: skip


def _numbers(frame: pd.DataFrame) -> list[str]:
    """Columns that are no labels."""
    return [name for name in map(str, frame) if is_number(name)]


def is_number(column: str) -> bool:
    """Whether a column is of numbers, not of labels."""
    return column.partition("_")[0] in _SIDES


def _without_repeats(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out a destination of a region that says the same as its first, as the EU at home."""
    if not {"region", "destination"} <= set(frame):
        return frame
    numbers = _numbers(frame)
    kept = []
    for _, own in frame.groupby("region", sort=False):
        first, *others = (one for _, one in own.groupby("destination", sort=False))
        kept.append(first.index)
        kept += [
            one.index for one in others
            if len(one) != len(first) or not np.array_equal(
                one[numbers].to_numpy(), first[numbers].to_numpy(), equal_nan=True)
        ]  # fmt: skip
    return frame.loc[sorted(index for one in kept for index in one)].reset_index(drop=True)


def _draws_said(attrs: Mapping[Any, Any]) -> str:
    if attrs["paired"]:
        return f"paired: the same {attrs['old_draws']:,} draws"
    return f"independent, since {attrs['why_unpaired']}" if attrs["why_unpaired"] else ""


def _changed(apart: Sequence[Change]) -> list[str]:
    """What differs in the config, a line each."""
    if not apart:
        return ["The configs say the same: nothing differs."]
    lines = ["What differs (path: old -> new)"]
    for one in apart[:_MOST]:
        old, new = (shortened(_value(value), 60) for value in (one.old, one.new))
        lines += wrapped(f"  {one.path}: {old} -> {new}")
    if len(apart) > _MOST:
        lines.append(f"  and {len(apart) - _MOST} more: --format json names them")
    return lines


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False).replace('"', "")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(
    title: str,
    frame: pd.DataFrame,
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]],
    shown: Callable[[Any], str],
) -> list[str]:
    """Rows under the groups of their columns; a label that is the same in all stands above."""
    columns = {f"{side}_{what}" for _, keys in groups for side, what in keys}
    dims = [name for name in map(str, frame) if name not in _numbers(frame)]
    fixed = [name for name in dims if frame[name].nunique() == 1 and len(frame) > 1]
    lines = [", ".join(f"{name} {frame[name].iloc[0]}" for name in fixed)] if fixed else []
    labels = [name for name in dims if name not in fixed] or dims
    rows = {}
    for record in frame.head(_ROWS).to_dict("records"):
        cells = {
            (side, what): shown(record[f"{side}_{what}"]) for _, keys in groups
            for side, what in keys if f"{side}_{what}" in columns
        }  # fmt: skip
        rows[tuple(str(record[name]) for name in labels)] = cells
    head, *table = grouped(title, labels, groups, rows, _heading, cutting=True)
    more = len(frame) - _ROWS
    if more > 0:
        table.append(f"... {more:,} more rows: choose with --year, --region, --route, or "
                     "take --format csv")  # fmt: skip
    return [*wrapped(head), *lines, *table]


def _heading(key: tuple[str, str]) -> str:
    _, what = key
    ending = what.rpartition("_")[2]
    if ending in _EDGES:
        return {"low": "from", "high": "to"}[ending]
    return what.upper() if what[1:].isdigit() else what


def _budget(frame: pd.DataFrame, attrs: Mapping[Any, Any], old: str, new: str) -> list[str]:
    """What closes each gap for the volume, and how often there is one."""
    names = [name for name in _numbers(frame) if "_budget" in name]
    values = frame[names].to_numpy(dtype=float).ravel().tolist()
    scale = scale_of(values)
    places = decimals([one / scale for one in values], figures=3)
    unit = said_unit(f"1e6 {attrs['currency']}", scale) + ("/yr" if "year" in frame else "")
    groups = [
        (name, [(side, "budget"), (side, "needed")]) for name, side in ((old, "old"), (new, "new"))
    ]
    apart = [("difference", f"budget{end}") for end in ("", "_low", "_high")]
    groups.append(("difference", apart))
    told = frame.copy()

    def cell(side: str, what: str, value: float) -> str:
        return share(value) if what == "needed" else number(value / scale, places)

    for _, keys in groups:
        for side, what in keys:
            name = f"{side}_{what}"
            told[name] = [cell(side, what, value) for value in frame[name].tolist()]
    title = f"Budget of {attrs['volume']:g} Mt a year: mean of max(gap, 0) times volume [{unit}]"
    title += "; needed: share of draws with a gap; from, to: 95 %"
    return _table(title, told, groups, str)
