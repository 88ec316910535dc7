"""The one number a draw that a question is about: an outcome at a place, of a run that kept it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.names import title
from simcore.analysis.select import choose, require_outcome
from simcore.dataset import RunError
from simcore.errors import Fault
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

USUAL: Final = ("project_npv", "cost_premium", "free_cash_npv", "project_gap")
"""What a picture of a run is about that names no outcome, in this order."""
LEAST_DEFINED: Final = 0.95
"""Share of the draws in which an outcome must have a value."""


@dataclass(frozen=True)
class Target:
    """An outcome at one place, draw by draw.

    Attributes
    ----------
    name, title, unit : str
    kind : str
        See `simcore.variables.Variable`.
    place : dict of str to label
        One along each dimension of the outcome.
    values : float64, shape (draws,)
        NaN where undefined.
    years : tuple of int
        That of the place; of a present value all that it is made of.
    rate : float
        By which these years are discounted; 0 where the place has one year.
    titles : mapping of str to str
        What people call the labels of the place, by dimension.
    """

    name: str
    title: str
    unit: str
    kind: str
    place: dict[str, Any]
    values: Floats
    years: tuple[int, ...]
    rate: float = 0.0
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def year(self) -> int | None:
        """The year of the place, if it has one."""
        return self.place.get("year")

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Draws in which it has a value."""
        return np.isfinite(self.values)

    @property
    def weights(self) -> Floats:
        """Weight of each of the years, which sum to 1."""
        found = (1.0 + self.rate) ** -np.arange(len(self.years), dtype=float)
        return np.asarray(found / found.sum())

    def where(self) -> str:
        """The place in words: `European Union, Hydrogen DRI, EAF, 2035`."""
        return "; ".join(self.titles.get(dim, str(one)) for dim, one in self.place.items())


def target_of(run: xr.Dataset, name: str, at: Mapping[str, str]) -> Target:
    """Read the draws of an outcome at a place.

    Parameters
    ----------
    run : xarray.Dataset
    name : str
        Outcome, of which the run kept the draws.
    at : mapping of str to str
        Label by dimension; a dimension with one label needs none, and of scenarios the first is
        taken.

    Raises
    ------
    RunError
        The run does not hold it, has not kept it, or several places are meant.
    """
    name = require_outcome(run, name)
    if name in OUTCOMES and OUTCOMES[name].kind in ("category", "known"):
        raise RunError(Fault(
            name, f"its kind is {OUTCOMES[name].kind}", "a number, or 0 and 1, that differs "
            "between the draws", "such as cost_premium, project_npv, green_is_cheaper, deal_closes",
        ))  # fmt: skip
    if name not in run:
        raise RunError(Fault(
            name, "its draws were not kept", "every draw of the outcome",
            f"add {name} to keep: in the config and run again",
        ))  # fmt: skip
    place = _place(run, name, at)
    cell = run[name].sel(place)
    values = np.asarray(cell.values, dtype=np.float64)
    defined = float(np.isfinite(values).mean())
    if defined < LEAST_DEFINED:
        raise RunError(Fault(
            name, f"defined in {100 * defined:.0f} % of the draws at {_words(place)}",
            f"a value in at least {100 * LEAST_DEFINED:.0f} % of them",
            "choose another place, or ask `summary` in which it is defined",
        ))  # fmt: skip
    years, rate = _years(run, place)
    attrs = run[name].attrs
    return Target(
        name, str(attrs.get("long_name", name)), str(attrs.get("units", "")),
        OUTCOMES[name].kind if name in OUTCOMES else "number", place, values, years, rate,
        {dim: title(run, dim, str(label)) for dim, label in place.items()},
    )  # fmt: skip


def usual_target(run: xr.Dataset) -> Target | None:
    """What a picture is about where no one says it; None where nothing is kept."""
    kept = [str(name) for name in run.data_vars if name in OUTCOMES]
    for name in (*USUAL, *kept):
        if name not in kept or OUTCOMES[name].kind != "number":
            continue
        cell = run[name].isel(draw=0)
        places = np.argwhere(np.isfinite(np.asarray(cell.values, dtype=float)))
        if len(places):
            dims = [str(dim) for dim in cell.dims]
            # The first place that has a value; of its years the middle one.
            same = [one for one in places.tolist() if "year" not in dims
                    or one[:-1] == places[0].tolist()[:-1]]  # fmt: skip
            chosen = same[len(same) // 2] if "year" in dims else same[0]
            at = {dim: str(run[dim].values[place])
                  for dim, place in zip(dims, chosen, strict=True)}  # fmt: skip
            return target_of(run, name, at)
    return None


def require_usual_target(run: xr.Dataset) -> str:
    """Name of what a question is about that names no outcome; a RunError where nothing is kept."""
    found = next((name for name in ("cost_premium", *USUAL) if name in run), None)
    if found is None:
        raise RunError(Fault(
            "--of", "no outcome, and none of the usual ones was kept", "an outcome whose draws "
            "were kept", "name one, or add cost_premium to keep: in the config and run again",
        ))  # fmt: skip
    return found


def _place(run: xr.Dataset, name: str, at: Mapping[str, str]) -> dict[str, Any]:
    dims = [str(dim) for dim in run[name].dims if dim != "draw"]
    faults = [
        Fault("--at", f"{dim}={label}", f"a dimension of {name}: {', '.join(dims)}",
              "leave it out, or name one of those")
        for dim, label in at.items() if dim not in dims
    ]  # fmt: skip
    found: dict[str, Any] = {}
    for dim in dims:
        known = run[dim].values.tolist()
        if dim in at:
            label = next((one for one in known if str(one) == at[dim]), None)
            if label is None:
                try:
                    choose(run, {dim: [at[dim]]})
                except RunError as error:
                    faults += [
                        Fault(f"--at {dim}", one.found, one.expected, one.remedy)
                        for one in error.faults
                    ]
            found[dim] = label
        elif len(known) == 1 or dim == "scenario":
            found[dim] = known[0]
        else:
            faults.append(Fault(
                "--at", f"no {dim}", f"one of {', '.join(map(str, known))}",
                f"add --at {dim}={known[len(known) // 2]}",
            ))  # fmt: skip
    if faults:
        raise RunError(faults)
    return found


def _years(run: xr.Dataset, place: Mapping[str, Any]) -> tuple[tuple[int, ...], float]:
    """Years whose prices an outcome depends on, and the rate that discounts them."""
    if "year" in place:
        return (int(place["year"]),), 0.0
    known = [int(year) for year in run["year"].values.tolist()]
    told = json.loads(run.attrs.get("projects", "{}")).get(place.get("scenario"), {})
    project = told.get(place.get("project"))
    if project is None:
        return tuple(known), 0.0
    life = tuple(year for year in known if project["start"] <= year <= project["end"])
    rates = (f"{place['project']}.rate", f"{project['region']}.wacc")
    factors = [str(one) for one in run["factor"].values] if "factor" in run.coords else []
    central = run["input_central"].values if "input_central" in run else np.empty(0)
    rate = next((float(central[factors.index(one)]) for one in rates if one in factors), 0.0)
    return life or tuple(known), rate if math.isfinite(rate) and 0 <= rate < 1 else 0.0


def at_of(texts: Sequence[str]) -> dict[str, str]:
    """Labels by dimension out of `project=duisburg,year=2030`.

    Raises
    ------
    RunError
        A part is no `DIM=LABEL`, or a dimension is named twice.
    """
    found: dict[str, str] = {}
    faults = []
    for part in (part.strip() for text in texts for part in text.split(",")):
        dim, equals, label = (one.strip() for one in part.partition("="))
        if not (dim and equals and label):
            faults.append(Fault("--at", repr(part), "DIM=LABEL, such as year=2035",
                                "separate several with commas"))  # fmt: skip
        elif found.setdefault(dim, label) != label:
            faults.append(Fault(
                "--at", f"{dim}={found[dim]} and {dim}={label}",
                f"one {dim}: an answer is about one place", "remove one",
            ))  # fmt: skip
    if faults:
        raise RunError(faults)
    return found


def _words(place: Mapping[str, Any]) -> str:
    return ", ".join(str(label) for label in place.values())
