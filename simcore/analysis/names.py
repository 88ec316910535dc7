"""Human names of the labels of a run, as it holds them: `route_title` along `route`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    from simcore.analysis.headline import Run

_NAMED: Final = (
    "scenario", "region", "destination", "against", "sector", "route", "market", "project",
    "instrument", "product", "budget", "account", "exposure", "decision",
    "portfolio", "member",
)  # fmt: skip
"""Dimensions whose labels tables show by their human names."""


def titles(run: xr.Dataset | Run, dim: str) -> dict[str, str]:
    """Title of each label along a dimension.

    Parameters
    ----------
    run : dataset or Run
        An older run holds no titles: each label is then its own.
    dim : str
        Such as `route`, `scenario` or `factor`.

    Returns
    -------
    dict of str to str
        In the order of the run; empty where the run has no such dimension.
    """
    labels = _texts(run, dim)
    told = _texts(run, f"{dim}_title")
    if len(told) != len(labels):
        told = labels  # an older run, or one that was cut to one label
    return {label: title or label for label, title in zip(labels, told, strict=True)}


def every_title(run: xr.Dataset | Run) -> dict[str, dict[str, str]]:
    """Titles by dimension, with those of what tables name and the run does not ask for, such as a
    reference route."""
    aside = json.loads(run.attrs.get("titles_aside", "{}"))
    return {dim: {**aside.get(dim, {}), **titles(run, dim)} for dim in _NAMED}


def title(run: xr.Dataset | Run, dim: str, label: str) -> str:
    """Title of one label; the label itself where it has none."""
    return titles(run, dim).get(label, label)


def _texts(run: Any, name: str) -> list[str]:
    """Labels, or their titles, as text; none where the run does not hold them."""
    if hasattr(run, "labels"):
        try:
            return [str(one) for one in run.labels(name)]
        except KeyError:
            return []
    held = np.atleast_1d(run.coords[name].values) if name in run.coords else ()
    return [str(one) for one in held]
