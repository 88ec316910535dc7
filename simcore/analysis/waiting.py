"""What the right to wait is worth, choice by choice, in numbers and in words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from simcore.analysis.notation import decimals, number
from simcore.dataset.saved import RunError
from simcore.dataset.waiting import MEANS, NEVER, STUDY
from simcore.errors import Fault

if TYPE_CHECKING:
    import xarray as xr

ORDER: Final = ("wait_best", "wait_simple", "wait_value", "wait_perfect")
"""Ways to decide, from what needs the least knowledge to what needs all."""
CALLED: Final = {
    "wait_best": "best fixed date", "wait_simple": "one limit", "wait_value": "adaptive rule",
    "wait_perfect": "perfect foresight",
}  # fmt: skip


class Ends(NamedTuple):
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of the interval."""
        return (self.high - self.low) / 2.0


class Limit(NamedTuple):
    """Threshold of one thing that is known, at one date; see `estimators.waiting.Threshold`."""

    date: int
    feature: str
    unit: str
    kind: str
    value: float
    known: tuple[float, float, float]
    """P5, P50 and P95 of it in the year of the decision."""


@dataclass(frozen=True)
class Choice:
    """A choice that may be put off, in one scenario.

    Attributes
    ----------
    name, title, scenario : str
    dates : list of int
    lead : int
        Years from the decision to the start.
    valued_in, draws, degree : int
    options : dict of str to str
        Titles of the plants and, last, of never.
    knows : list of str
    means : dict of str to Ends
        By name of `MEANS`; without the simple rule where there is none.
    fixed : dict of (int, str) to Ends
        By date and option, where it can be taken.
    probability : dict of (int, str) to float
    limits : list of Limit
    simple : dict
        Of the simple rule `of`, `side`, `option`, `limit`; empty without one.
    """

    name: str
    title: str
    scenario: str
    dates: list[int]
    lead: int
    valued_in: int
    draws: int
    degree: int
    options: dict[str, str]
    knows: list[str]
    means: dict[str, Ends]
    fixed: dict[tuple[int, str], Ends]
    probability: dict[tuple[int, str], float]
    limits: list[Limit]
    simple: dict[str, Any]

    @property
    def best(self) -> tuple[int, str]:
        """Date and option of the best choice that is fixed beforehand."""
        return max(self.fixed, key=lambda place: self.fixed[place].value)

    @property
    def never(self) -> float:
        """Share of the draws in which nothing is built."""
        return math.fsum(self.probability.get((date, NEVER), 0.0) for date in self.dates)

    def built(self, date: int) -> float:
        """Share of the draws in which a plant starts at a date."""
        return math.fsum(self.probability[date, one] for one in self.options
                         if one != NEVER and (date, one) in self.fixed)  # fmt: skip

    @property
    def is_worth(self) -> bool:
        """Whether the option to wait is told apart from nothing."""
        return self.means["wait_option"].low > 0.0

    @property
    def captured(self) -> float:
        """Part of the option that the simple rule gets; NaN where there is none to get."""
        if not self.simple or not self.is_worth:
            return math.nan
        return self.means["wait_simple_option"].value / self.means["wait_option"].value


def checked_waiting(found: xr.Dataset, path: Any) -> xr.Dataset:
    """A dataset that was opened, if it is one of waiting; a RunError tells of another."""
    if found.attrs.get("study") != STUDY:
        raise RunError(Fault(
            "", "nothing of waiting", "what simcore wait -o has written",
            "simcore wait FILE -o wait.zarr makes one", file=str(path),
        ))  # fmt: skip
    return found


def choices_of(found: xr.Dataset) -> Iterator[Choice]:
    """Every choice of a dataset, in each scenario."""
    told = json.loads(found.attrs["waitings"])
    labels = {dim: found[dim].values.tolist() for dim in map(str, found.dims)}
    units = dict(zip(labels["feature"], found["feature_unit"].values, strict=True))
    arrays = {str(name): one.values for name, one in found.data_vars.items()}
    for w, name in enumerate(map(str, labels["waiting"])):
        for s, scenario in enumerate(map(str, labels["scenario"])):
            here = {array: values[s, w] for array, values in arrays.items()}
            yield _choice(name, scenario, told[name], labels, here, units)


def _choice(
    name: str, scenario: str, about: Mapping[str, Any], labels: Mapping[str, list[Any]],
    here: Mapping[str, Any], units: Mapping[str, Any],
) -> Choice:  # fmt: skip
    """A choice from its part of each array."""
    dates = {date: labels["date"].index(date) for date in about["dates"]}
    options = {one: labels["option"].index(one) for one in about["options"]}
    features = {one: labels["feature"].index(one) for one in about["knows"]}
    places = {(date, one): (row, column) for date, row in dates.items()
              for one, column in options.items()}  # fmt: skip

    def ends(array: str, place: tuple[int, ...] = ()) -> Ends:
        return Ends(
            *(float(here[part][place]) for part in (array, f"{array}_low", f"{array}_high"))
        )

    limits = [
        Limit(
            date, one, str(units[one]), str(here["wait_threshold_kind"][row, column]),
            float(here["wait_threshold"][row, column]),
            (float(here["wait_known_p5"][row, column]), float(here["wait_known_p50"][row, column]),
             float(here["wait_known_p95"][row, column])),
        )
        for date, row in dates.items() for one, column in features.items()
        if str(here["wait_threshold_kind"][row, column])
    ]  # fmt: skip
    simple = about["simple"].get(scenario, {})
    fixed = {place: ends("wait_fixed", at) for place, at in places.items()}
    return Choice(
        name, about["title"] or name, scenario, about["dates"], about["lead"], about["valued_in"],
        about["draws"], int(here["wait_degree"]),
        {one: about["titles"].get(one, one) for one in options}, about["knows"],
        {mean: ends(mean) for mean in MEANS if math.isfinite(float(here[mean]))},
        {place: value for place, value in fixed.items() if math.isfinite(value.value)},
        {place: float(here["wait_probability"][at]) for place, at in places.items()},
        limits, {**simple, "limit": float(here["wait_simple_limit"])} if simple else {},
    )  # fmt: skip


def said_feature(name: str) -> str:
    """What is known, as people say it.

    >>> said_feature("carbon_price"), said_feature("natural_gas.EU")
    ('carbon price', 'price of natural gas.EU')
    """
    return "carbon price" if name == "carbon_price" else f"price of {name.replace('_', ' ')}"


def said_amount(value: float, unit: str) -> str:
    """A price with its unit, in three figures or to a whole number."""
    return f"{number(value, decimals([value], figures=3))} {unit}"


def said_limit(choice: Choice, limit: Limit) -> str:
    """A threshold in a sentence that can be repeated."""
    what = choice.options[next(iter(choice.options))] if len(choice.options) == 2 else "a plant"
    price = f"the {said_feature(limit.feature)} of {limit.date - choice.lead}"
    if limit.kind in ("above", "below"):
        return (f"{limit.date}: start {what} if {price} is {limit.kind} "
                f"{said_amount(limit.value, limit.unit)}")  # fmt: skip
    if limit.kind == "several":
        return f"{limit.date}: {price} gives no single threshold"
    verb = "start" if limit.kind == "always" else "do not start"
    return (
        f"{limit.date}: {verb} {what} whatever {price} is, within what it is in 98 % of the draws"
    )


def said_simple(choice: Choice) -> str:
    """The simple rule in a sentence."""
    one = choice.simple
    unit = next((each.unit for each in choice.limits if each.feature == one["of"]), "")
    when = f"{choice.lead} year{'s' if choice.lead != 1 else ''} earlier" if choice.lead else "then"
    return (f"start {choice.options[one['option']]} at the first date with a "
            f"{said_feature(one['of'])}, {when}, {one['side']} "
            f"{said_amount(one['limit'], unit)}, else never")  # fmt: skip


def waiting_rows(found: xr.Dataset) -> tuple[list[str], list[list[Any]]]:
    """Every number, one a line: choice, scenario, what, date, option or feature, value, ends."""
    header = ["waiting", "scenario", "what", "date", "of", "value", "low", "high", "said"]
    rows: list[list[Any]] = []
    for one in choices_of(found):
        head = [one.name, one.scenario]
        for name, mean in one.means.items():
            said = said_simple(one) if name == "wait_simple" else ""
            rows.append([*head, name, None, "", *mean, said])
        rows += [[*head, "wait_fixed", date, option, *mean, ""]
                 for (date, option), mean in one.fixed.items()]  # fmt: skip
        rows += [[*head, "wait_probability", date, option, share, None, None, ""]
                 for (date, option), share in one.probability.items()
                 if math.isfinite(share)]  # fmt: skip
        rows += [[*head, "wait_threshold", each.date, each.feature, each.value, None, None,
                  said_limit(one, each)] for each in one.limits]  # fmt: skip
        if one.simple:
            rows.append([*head, "wait_simple_limit", None, one.simple["of"], one.simple["limit"],
                         None, None, ""])  # fmt: skip
    return header, rows
