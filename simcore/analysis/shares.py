"""What sensitivity indices say, place by place: groups by share, and what cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.names import title

if TYPE_CHECKING:
    import xarray as xr

LEADS: Final = ("shapley", "total", "first")
"""Measures by which groups are put in order: the first that there is."""
_OF_GROUPS: Final = ("first", "total", "second", "shapley")


@dataclass(frozen=True)
class Share:
    """A number between 0 and 1, and the ends of its interval; NaN where there is none."""

    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def is_zero(self) -> bool:
        """Whether it is not told apart from zero."""
        return bool(self.low <= 0.0)


@dataclass(frozen=True)
class Place:
    """Indices of one outcome at one place on one scale.

    Attributes
    ----------
    variable : str
    labels : dict of str to label
        By dimension of the outcome.
    scale : str
    groups : tuple of str
        The largest share first.
    measures : dict of str to dict of str to Share
        By measure, then by group.
    """

    variable: str
    labels: dict[str, Any]
    scale: str
    groups: tuple[str, ...]
    measures: dict[str, dict[str, Share]]


def variables_of(found: xr.Dataset) -> list[str]:
    """Outcomes of a dataset of indices."""
    return str(found.attrs["outcomes"]).split(", ")


def lead_of(found: xr.Dataset) -> str:
    """Measure by which its groups are put in order."""
    return next(one for one in LEADS if f"{variables_of(found)[0]}_{one}" in found)


def places_of(found: xr.Dataset, scale: str | None = None) -> Iterator[Place]:
    """Places that have an index, in the order of the dataset.

    Parameters
    ----------
    found : xarray.Dataset
        Of `simcore.dataset.indices`.
    scale : str, optional
        That of all; the first of the dataset by default.
    """
    scale = scale or str(found["scale"].values[0])
    lead = lead_of(found)
    names = [str(one) for one in found["group"].values]
    for variable in variables_of(found):
        kinds = [one for one in _OF_GROUPS if one != "second" and f"{variable}_{one}" in found]
        arrays = {
            kind: [
                found[f"{variable}_{kind}{end}"].sel(scale=scale) for end in ("", "_low", "_high")
            ]
            for kind in kinds
        }
        dims = [str(dim) for dim in arrays[lead][0].dims if dim != "group"]
        known = {dim: found[dim].values.tolist() for dim in dims}
        lengths = [found.sizes[dim] for dim in dims]
        numbers = {
            kind: np.stack([one.transpose("group", *dims).values for one in parts])
            for kind, parts in arrays.items()
        }  # fmt: skip
        for index in np.ndindex(*lengths):
            cut = {kind: one[(slice(None), slice(None), *index)] for kind, one in numbers.items()}
            if np.isnan(cut[lead][0]).any():
                continue
            by = {
                kind: {name: Share(*map(float, one[:, g])) for g, name in enumerate(names)}
                for kind, one in cut.items()
            }
            order = sorted(names, key=lambda name, by=by: -by[lead][name].value)  # type: ignore[misc]
            labels = {dim: known[dim][at] for dim, at in zip(dims, index, strict=True)}
            yield Place(variable, labels, scale, tuple(order), by)


def told_shares(place: Place, measure: str) -> dict[str, Share]:
    """Shares of a place by group as all tables and pictures tell them, with their intervals:
    Shapley effects of their sum, none below 0; of other measures no number below 0 that is not
    told apart from it."""
    shares, whole = place.measures[measure], 1.0
    if measure == "shapley":
        whole = math.fsum(max(one.value, 0.0) for one in shares.values())
    return {
        name: Share(
            (max(one.value, 0.0) if one.is_zero or measure == "shapley" else one.value) / whole,
            one.low / whole, one.high / whole,
        )
        for name, one in shares.items()
    }  # fmt: skip


def told_per_cent(place: Place, measure: str) -> dict[str, float]:
    """The same per cent, to the decimal that is printed; Shapley effects sum to 100."""
    shares = told_shares(place, measure)
    if measure != "shapley":
        return {name: round(100 * one.value, 1) + 0.0 for name, one in shares.items()}
    return dict(zip(shares, percentages([one.value for one in shares.values()]), strict=True))


def percentages(values: Sequence[float], decimals: int = 1) -> list[float]:
    """Shares as per cent, none below 0, that sum to 100 as they are printed.

    >>> percentages([0.906, 0.0953, -0.0013])
    [90.5, 9.5, 0.0]
    """
    unit = 10**-decimals
    plain = np.maximum(np.asarray(values, dtype=float), 0.0)
    exact = plain / plain.sum() * 100 / unit
    whole = np.floor(exact + 1e-9)
    left = round(100 / unit - whole.sum())
    for place in np.argsort(whole - exact, kind="stable")[:left]:
        whole[place] += 1
    return [round(float(one) * unit, decimals) for one in whole]


def share_rows(found: xr.Dataset) -> tuple[list[str], list[list[Any]]]:
    """All indices as a table: header and rows, one for each number."""
    variables = variables_of(found)
    dims = list(dict.fromkeys(
        str(dim) for variable in variables for dim in found[f"{variable}_{lead_of(found)}"].dims
        if dim not in ("scale", "group")
    ))  # fmt: skip
    header = ["outcome", *dims, "scale", "measure", "group", "group_2", "value", "low", "high"]
    rows: list[list[Any]] = []
    for variable in variables:
        for measure in (*_OF_GROUPS, "closed"):
            name = f"{variable}_{measure}"
            if name not in found:
                continue
            array = found[name]
            ends = [found[name].values, found[f"{name}_low"].values, found[f"{name}_high"].values]
            known = {str(dim): found[dim].values.tolist() for dim in array.dims}
            for index in np.ndindex(*array.shape):
                at = {dim: one[i] for (dim, one), i in zip(known.items(), index, strict=True)}
                numbers = [float(one[index]) for one in ends]
                # Of two groups each pair once.
                if math.isnan(numbers[0]) or (measure == "second" and index[1] > index[2]):
                    continue
                rows.append([
                    variable, *(at.get(dim, "") for dim in dims), at["scale"], measure,
                    at.get("group", at.get("subset", "")), at.get("group_2", ""), *numbers,
                ])  # fmt: skip
    return header, rows


def pairs_of(found: xr.Dataset, place: Place) -> list[tuple[str, str, Share]]:
    """What two groups do together beyond what each does alone, if it is told apart from zero; the
    largest first."""
    name = f"{place.variable}_second"
    if name not in found:
        return []
    parts = [
        found[f"{name}{end}"].sel({"scale": place.scale, **place.labels})
        for end in ("", "_low", "_high")
    ]
    names = [str(one) for one in found["group"].values]
    told = []
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            own = Share(*(float(part.values[i, j]) for part in parts))
            if own.low > 0 or own.high < 0:
                told.append((other, one, own))
    return sorted(told, key=lambda pair: -abs(pair[2].value))


def titled(found: xr.Dataset, dim: str, label: Any) -> str:
    """What people call a label; the label itself where the dataset does not say."""
    return title(found, dim, str(label))


def merged(places: Sequence[Place]) -> list[tuple[Place, dict[str, list[Any]]]]:
    """Places of the same numbers once, each with all labels by dimension: a tonne of the EU that
    is sold at home is the one that is sold into the EU."""
    found: list[tuple[Place, dict[str, list[Any]]]] = []
    for one in places:
        for other, labels in found:
            if (one.variable, one.scale, one.measures) != (
                other.variable,
                other.scale,
                other.measures,
            ):
                continue
            differ = [dim for dim in labels if [one.labels[dim]] != labels[dim]]
            if len(differ) == 1:
                labels[differ[0]].append(one.labels[differ[0]])
                break
        else:
            found.append((one, {dim: [label] for dim, label in one.labels.items()}))
    return found


def fixed_labels(places: Sequence[dict[str, list[Any]]]) -> list[str]:
    """Dimensions along which all places have the same labels."""
    first = places[0]
    return [dim for dim in first if all(one[dim] == first[dim] for one in places)]
