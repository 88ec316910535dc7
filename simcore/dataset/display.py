"""A run as a notebook shows it: by outcome, where xarray lists every array and the whole config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

import xarray as xr

from simcore.statistics import split_name

_LABELS: Final = 8
_LONG: Final = 60
"""Longest text in a cell."""
_LINES: Final = 96
"""Most outcomes, and other arrays, that are listed."""


class Dataset(xr.Dataset):
    """A run; `print(run)` lists every array, as xarray does."""

    __slots__ = ()

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Dataset:
        """Give a dataset this display; it stays the same object, its files and order included."""
        dataset.__class__ = cls
        assert isinstance(dataset, cls)
        return dataset

    def _repr_html_(self) -> str:
        """Less than 20 kB, whatever the run holds."""
        title = _cell(self.attrs.get("title", "simcore run"))
        return "\n".join([
            f"<div><b>{title}</b><br>{_cell(_head(self.attrs), 200)}",
            _table(("dimension", "", "labels"), (
                (dim, f"{size:,}", _labels(self, str(dim))) for dim, size in self.sizes.items()
            )),
            _table(("outcome", "unit", "by", "arrays"), _outcomes(self)),
            f"<p>Arrays: run.{_first(self)}; config, sources, what is assumed: run.attrs; each "
            "array in full: print(run).</p></div>",
        ])  # fmt: skip


def _head(attrs: Mapping[Any, Any]) -> str:
    """What the run is, in a line."""
    parts = [f"simcore {attrs.get('simcore_version', '')} run", f"{attrs.get('draws', 0):,} draws"]
    parts += [f"{name} {attrs[name]}" for name in ("seed", "sampler") if name in attrs]
    if "currency" in attrs:
        parts.append(f"money in {attrs['currency']} of {attrs.get('price_year', '')}")
    return ", ".join(parts)


def _first(dataset: xr.Dataset) -> str:
    return next((str(name) for name in dataset.data_vars), "attrs")


def _labels(dataset: xr.Dataset, dim: str) -> str:
    if dim not in dataset.coords:
        return ""
    labels = dataset[dim]
    if labels.size <= _LABELS:
        return ", ".join(map(str, labels.values.tolist()))
    first, last = labels.values[:3].tolist(), labels.values[-1]
    return f"{', '.join(map(str, first))}, ... {last}"


def _outcomes(dataset: xr.Dataset) -> Iterable[tuple[str, ...]]:
    """A line for each outcome, and for each array that is no statistic of one."""
    groups: dict[str, list[str]] = {}
    for array in map(str, dataset.data_vars):
        name, statistic = split_name(array) or (array, "")
        own = "draws" if "draw" in dataset[array].dims else "values"
        groups.setdefault(name, []).append(statistic or own)
    for name, held in list(groups.items())[:_LINES]:
        one = dataset[name if name in dataset else f"{name}_{held[0]}"]
        dims = [str(dim) for dim in one.dims if dim not in ("draw", "quantile")]
        yield name, str(one.attrs.get("units", "")), ", ".join(dims), ", ".join(held)
    if len(groups) > _LINES:
        yield "...", "", "", f"{len(groups) - _LINES} more"


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = [f"<tr>{''.join(f'<th>{_cell(name)}</th>' for name in header)}</tr>"]
    lines += [f"<tr>{''.join(f'<td>{_cell(cell, 160)}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table>{''.join(lines)}</table>"


def _cell(content: Any, longest: int = _LONG) -> str:
    text = str(content)
    return escape(text if len(text) <= longest else f"{text[: longest - 1]}~")
