"""What the right to wait is worth as a dataset of its own, small and without draws.

Arrays by scenario and choice (`waiting`), in millions: `wait_best` of the best date fixed
beforehand, `wait_value` of the adaptive rule, `wait_perfect` with foresight, `wait_option` what the
rule gains over the best fixed date, `wait_simple` of one limit for all dates and
`wait_simple_option` what it gains; `wait_fixed` also by date and option. `wait_probability` by
date and option; `wait_threshold` by date and what is known, in its unit, with
`wait_threshold_kind`, and `wait_known_p5`, `_p50` and `_p95` of what is known then. Means have
`_low` and `_high`, the ends of their 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset.indices import Measure
from simcore.dataset.indices import labelled as measured
from simcore.estimators.waiting import Mean, Simple, Threshold

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

STUDY: Final = "waiting"
"""Attribute `study` of such a dataset."""
NEVER: Final = "never"
"""Option of building none."""
MEANS: Final[dict[str, str]] = {
    "wait_best": "Best date fixed beforehand", "wait_value": "Adaptive rule",
    "wait_perfect": "Perfect foresight",
    "wait_option": "Adaptive rule less best fixed date",
    "wait_simple": "One limit for all dates",
    "wait_simple_option": "One limit for all dates less best fixed date",
}  # fmt: skip
"""Means by scenario and choice, and what they are of."""
SIMPLE: Final = "simple"
KNOWN: Final = (0.05, 0.5, 0.95)
"""Quantiles of what is known when one decides."""
_PLACE: Final = ("scenario", "waiting")


@dataclass(frozen=True)
class Found:
    """What is found of a choice in a scenario.

    Attributes
    ----------
    scenario, name, title : str
    options : list of str
        Plants and, last, never.
    titles : list of str
        Of the plants.
    dates : list of int
    lead : int
        Years from the decision to the start.
    valued_in, draws, degree : int
    fixed : list of list of Mean
        By date and option.
    best : tuple of int
        Date and option of the highest of them.
    best_value, value, perfect, option : Mean
    probability : ndarray, shape (dates, options)
    thresholds : mapping
        By date and name of what is known, in its unit.
    units : mapping of str to str
        Of what is known and has a threshold.
    knows : list of str
    known : mapping
        Quantiles `KNOWN` of what is known and has a unit, by date of the start and name.
    simple : tuple, optional
        Name of the price, the rule, its value, and what it gains over the best fixed date.
    """

    scenario: str
    name: str
    title: str
    options: list[str]
    titles: list[str]
    dates: list[int]
    lead: int
    valued_in: int
    draws: int
    degree: int
    fixed: list[list[Mean]]
    best: tuple[int, int]
    best_value: Mean
    value: Mean
    perfect: Mean
    option: Mean
    probability: NDArray[np.float64]
    thresholds: Mapping[tuple[int, str], Threshold]
    units: Mapping[str, str]
    knows: list[str]
    known: Mapping[tuple[int, str], Sequence[float]]
    simple: tuple[str, Simple, Mean, Mean] | None


def labelled(
    found: Sequence[Found], scenarios: Sequence[str], currency: str, attrs: Mapping[str, Any]
) -> xr.Dataset:
    """Lay what was found of each choice in each scenario into one dataset.

    Parameters
    ----------
    found : sequence of Found
    scenarios : sequence of str
    currency : str
    attrs : mapping
        Of the dataset.

    Returns
    -------
    xarray.Dataset
    """
    labels: dict[str, list[Any]] = {
        "scenario": list(scenarios),
        "waiting": list(dict.fromkeys(one.name for one in found)),
        "date": sorted({date for one in found for date in one.dates}),
        "option": [
            *dict.fromkeys(name for one in found for name in one.options if name != NEVER), NEVER
        ],
        "feature": list(dict.fromkeys(name for one in found for name in one.knows)),
    }  # fmt: skip
    unit = f"1e6 {currency}"
    shape = {dim: len(own) for dim, own in labels.items()}

    def empty(*dims: str, text: bool = False) -> Any:
        size = [shape[dim] for dim in dims]
        return np.full(size, "", object) if text else np.full(size, math.nan)

    means = {name: [empty(*_PLACE) for _ in range(3)] for name in MEANS}
    fixed = [empty(*_PLACE, "date", "option") for _ in range(3)]
    probability = empty(*_PLACE, "date", "option")
    known = [empty(*_PLACE, "date", "feature") for _ in KNOWN]
    limits, kinds = empty(*_PLACE, "date", "feature"), empty(*_PLACE, "date", "feature", text=True)
    numbers = {name: empty(*_PLACE) for name in ("wait_degree", "wait_simple_limit")}
    told: dict[str, Any] = {}
    for one in found:
        place = labels["scenario"].index(one.scenario), labels["waiting"].index(one.name)
        several = {"wait_best": one.best_value, "wait_value": one.value,
                   "wait_perfect": one.perfect, "wait_option": one.option}  # fmt: skip
        about: dict[str, Any] = {
            "title": one.title, "titles": dict(zip(one.options, one.titles, strict=False)),
            "dates": one.dates, "lead": one.lead, "valued_in": one.valued_in,
            "draws": one.draws, "knows": one.knows, "options": one.options, "simple": {},
        }  # fmt: skip
        about = told.setdefault(one.name, about)
        if one.simple is not None:
            feature, rule, value, gain = one.simple
            several |= {"wait_simple": value, "wait_simple_option": gain}
            numbers["wait_simple_limit"][place] = rule.limit
            about[SIMPLE][one.scenario] = {
                "of": feature, "side": "above" if rule.is_above else "below",
                "option": one.options[rule.option],
            }  # fmt: skip
        for name, mean in several.items():
            for part, end in zip(means[name], mean, strict=True):
                part[place] = end
        numbers["wait_degree"][place] = one.degree
        columns = [labels["option"].index(name) for name in one.options]
        for at, date in enumerate(one.dates):
            row = labels["date"].index(date)
            probability[place][row, columns] = one.probability[at]
            for column, mean in zip(columns, one.fixed[at], strict=True):
                for part, end in zip(fixed, mean, strict=True):
                    part[place][row, column] = end
        for (date, name), several_of in one.known.items():
            cell = labels["date"].index(date), labels["feature"].index(name)
            for part, end in zip(known, several_of, strict=True):
                part[place][cell] = end
        for (date, name), threshold in one.thresholds.items():
            cell = labels["date"].index(date), labels["feature"].index(name)
            limits[place][cell], kinds[place][cell] = threshold.value, threshold.kind
    arrays = {
        name: Measure(_PLACE, parts[0], parts[1], parts[2],
                      attrs={"units": unit, "long_name": MEANS[name]})
        for name, parts in means.items()
    } | {
        "wait_fixed": Measure((*_PLACE, "date", "option"), fixed[0], fixed[1], fixed[2], attrs={
            "units": unit, "long_name": "Started at a date whatever happens"}),
        "wait_probability": Measure((*_PLACE, "date", "option"), probability, attrs={
            "long_name": "Share of the draws in which the rule takes an option at a date"}),
        "wait_threshold": Measure((*_PLACE, "date", "feature"), limits, attrs={
            "units": "of the feature", "long_name": "Threshold, all else known at its median"}),
        "wait_threshold_kind": Measure((*_PLACE, "date", "feature"), kinds, attrs={
            "long_name": "Where it is built: above, below, always, never; several: no threshold"}),
        "wait_degree": Measure(_PLACE, numbers["wait_degree"], attrs={
            "long_name": "Degree of the polynomials"}),
        "wait_simple_limit": Measure(_PLACE, numbers["wait_simple_limit"], attrs={
            "units": "of the feature", "long_name": "Limit of the simple rule"}),
    }  # fmt: skip
    arrays |= {
        f"wait_known_p{100 * at:g}": Measure((*_PLACE, "date", "feature"), part, attrs={
            "units": "of the feature",
            "long_name": f"What is known when it is decided, P{100 * at:g} of the draws"})
        for at, part in zip(KNOWN, known, strict=True)
    }  # fmt: skip
    units = {name: unit for one in found for name, unit in one.units.items()}
    coords = {dim: (dim, own) for dim, own in labels.items()} | {
        "feature_unit": ("feature", [units.get(one, "1") for one in labels["feature"]])
    }
    return measured(arrays, coords, {
        "currency": currency, "waitings": json_of(told), "draws": max(one.draws for one in found),
        **attrs,
    })  # fmt: skip


def json_of(value: Any) -> str:
    """A text that an attribute can hold."""
    import json

    return json.dumps(value)
