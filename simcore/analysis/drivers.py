"""What moves an answer of a saved run: its uncertain inputs and, each as a whole, its prices.

The inputs alone miss the yearly shocks of the prices. So a price whose draws are kept stands for
all that moves it, by its value in the year of the answer or its discounted mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.names import titles
from simcore.analysis.notation import said_unit
from simcore.analysis.targets import Target
from simcore.dataset import RunError
from simcore.errors import Fault
from simcore.numerics.normal import cdf

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

PRICES: Final = {"carbon_price": "market", "commodity_price": "commodity"}
"""Outcomes that hold price paths, and the dimension of their labels."""
_MOST_CLASSES: Final = 12
"""Whole values up to which an input is one of classes, such as the variant of a policy."""
_NORMAL: Final = "standard normal"
"""Source of an input that is such a number: how high in its range a whole curve lies."""


@dataclass(frozen=True)
class Driver:
    """One input of an answer, draw by draw.

    Attributes
    ----------
    name : str
        Factor, or label of a price.
    title : str
        For people.
    unit : str
    group : str
        Part of the catalog it comes from, as in the coordinate `factor_group`.
    values : float64, shape (draws,)
        Of a price those of the year, or the discounted mean of the years.
    years : tuple of int
        Of a price; else empty.
    classes : dict of int to str, or None
        Names of its values where it has only a few; None where it is a number.
    is_position : bool
        Whether it is a standard normal number, of which the percentile says more.
    """

    name: str
    title: str
    unit: str
    group: str
    values: Floats
    years: tuple[int, ...] = ()
    classes: dict[int, str] | None = None
    is_position: bool = False

    @property
    def when(self) -> str:
        """Years of a price in words: `2035`, or `2030-2049`."""
        if not self.years:
            return ""
        first, last = self.years[0], self.years[-1]
        return f"{first}" if first == last else f"{first}-{last}"

    def said(self, value: float) -> str:
        """A value of it in words, with its unit."""
        if self.classes is not None:
            return self.classes.get(round(value), f"{value:g}")
        if self.is_position:
            return f"its P{min(99, max(1, round(100 * float(cdf(value)))))}"
        unit = said_unit(self.unit)
        return _figures(value) + ("" if unit in ("", "1") else f" {unit}")


@dataclass(frozen=True)
class Drivers:
    """All that may move an answer.

    Attributes
    ----------
    moving : tuple of Driver
        Prices first.
    missing : tuple of str
        What was not kept, as `keep` names it.
    draws : ndarray of bool, shape (draws,)
        Those in which the answer and all of them are defined.
    """

    moving: tuple[Driver, ...]
    missing: tuple[str, ...]
    draws: NDArray[np.bool_]

    @property
    def columns(self) -> Floats:
        """Their values in the draws that count, shape (drivers, draws)."""
        return np.array([one.values[self.draws] for one in self.moving])

    @property
    def numbers(self) -> list[bool]:
        """Whether each is a number, and not one of a few classes."""
        return [one.classes is None for one in self.moving]


def inputs_alone(run: xr.Dataset, target: Target) -> Floats:
    """Kept inputs without any price, those of the prices among them, shape (inputs, draws)."""
    inputs = _inputs(run, target, []) if "input" in run else []
    shape = len(inputs), int(target.defined.sum())
    return np.array([one.values[target.defined] for one in inputs]).reshape(shape)


def drivers_of(run: xr.Dataset, target: Target) -> Drivers:
    """Gather what may move an answer.

    Raises
    ------
    RunError
        The run kept neither inputs nor prices, or nothing in it is uncertain.
    """
    missing = tuple(
        setting for setting, held in (("inputs", "input"), *((one, one) for one in PRICES))
        if held not in run
    )  # fmt: skip
    if len(missing) == 1 + len(PRICES):
        raise RunError(Fault(
            "inputs", "neither inputs nor prices were kept", "what the answer may depend on",
            f"keep: [inputs, carbon_price, commodity_price, {target.name}] in the config, both "
            "prices among its outcomes too, and run again",
        ))  # fmt: skip
    prices = [one for name, dim in PRICES.items() if name in run
              for one in _prices(run, target, name, dim)]  # fmt: skip
    inputs = _inputs(run, target, [one.name for one in prices]) if "input" in run else []
    defined = target.defined.copy()
    # A price that is undefined somewhere is none of this answer.
    moving = tuple(one for one in (*prices, *inputs) if _differs(one.values)
                   and np.isfinite(one.values[defined]).all())  # fmt: skip
    if not moving:
        raise RunError(Fault(
            target.name, "nothing in this run is uncertain", "an input or a price that differs "
            "between the draws", "give some quantity of the config a distribution",
        ))  # fmt: skip
    return Drivers(moving, missing, defined)


def _prices(run: xr.Dataset, target: Target, name: str, dim: str) -> list[Driver]:
    """Price paths that move by themselves: what follows from others only repeats them."""
    still = json.loads(run.attrs.get("without_shocks", "{}"))
    cells = run[name].sel(scenario=target.place["scenario"], year=list(target.years))
    found, titled = [], _titles(run, dim)
    for label in map(str, run[dim].values):
        if label in still or (name == target.name and label == target.place.get(dim)):
            continue
        values = np.asarray(cells.sel({dim: label}).values, dtype=np.float64)
        money = str(run.attrs.get("currency", "EUR"))
        per = "t" if dim == "market" else str(run["commodity_unit"].sel(commodity=label).item())
        found.append(Driver(
            label, titled[label], f"{money}/{per}",
            "carbon_market" if dim == "market" else "energy_and_materials",
            target.weights @ values, target.years,
        ))  # fmt: skip
    return found


def _inputs(run: xr.Dataset, target: Target, paths: list[str]) -> list[Driver]:
    """Uncertain inputs that no price stands for; those of another scenario are none."""
    others = [str(one) for one in run["scenario"].values if one != target.place["scenario"]]
    values = np.asarray(run["input"].values, dtype=np.float64)
    names, groups = (list(map(str, run[one].values)) for one in ("factor", "factor_group"))
    units = list(map(str, run["factor_unit"].values))
    sources = list(map(str, run["factor_source"].values)) if "factor_source" in run else units
    choices = json.loads(run.attrs.get("choices", "{}"))
    found, titled = [], _titles(run, "factor")
    for name, unit, group, row, source in zip(
        names, units, groups, values, sources, strict=True
    ):  # fmt: skip
        inside = any(name.startswith(f"{path}.") for path in paths) and group != "policy"
        elsewhere = any(name.endswith(f" ({one})") for one in others)
        if not inside and not elsewhere:
            found.append(Driver(
                name, titled[name], unit, group, row,
                classes=_classes(row, choices.get(name)), is_position=source == _NORMAL,
            ))  # fmt: skip
    return found


def _titles(run: xr.Dataset, dim: str) -> dict[str, str]:
    """Titles of labels, without the region where the run has one alone."""
    regions = list(titles(run, "region").values())
    only = f", {regions[0]}" if len(regions) == 1 else ""
    return {label: one.replace(only, "") for label, one in titles(run, dim).items()}


def _classes(values: Floats, names: list[str] | None) -> dict[int, str] | None:
    """Names of the values of an input that has a few whole ones."""
    known = np.unique(values[:1000])
    if known.size > _MOST_CLASSES or (known != np.round(known)).any():
        return None
    known = np.unique(values)
    if known.size > _MOST_CLASSES:
        return None
    said = dict(enumerate(names or ()))
    return {int(one): said.get(int(one), f"{one:g}") for one in known}


def _differs(values: Floats) -> bool:
    return bool(np.nanmax(values) > np.nanmin(values)) if np.isfinite(values).any() else False


def _figures(value: float) -> str:
    """A number with three figures, in full: 92, 0.0715, 1,240."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "-"
    digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    text = f"{value:,.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
