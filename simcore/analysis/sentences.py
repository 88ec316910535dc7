"""The answer of a run in sentences, each number with its address in the dataset."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simcore.analysis.delivered import delivered
from simcore.analysis.headline import SOLD
from simcore.analysis.notation import decimals, number, share
from simcore.analysis.reading import Place, Reading

_ENDS: Final = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Number:
    """A number of the dataset, as it is written.

    Attributes
    ----------
    text : str
    value : float
        In the unit of the dataset.
    array : str
        Array of the dataset that holds it.
    at : mapping of str to label
        Its place there, by dimension.
    """

    text: str
    value: float
    array: str
    at: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sentence:
    """Words and numbers in turn."""

    parts: tuple[str | Number, ...]

    @property
    def text(self) -> str:
        """The sentence as it is read."""
        return "".join(one if isinstance(one, str) else one.text for one in self.parts)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Its numbers."""
        return tuple(one for one in self.parts if isinstance(one, Number))


def written(value: float, decimals: int = 0, *, sign: bool = False) -> str:
    """A number as a page shows it."""
    return number(value, decimals, sign=sign, typeset=True)


def per_cent(value: float) -> str:
    """A probability as a page shows it."""
    return share(value, typeset=True)


def figures(values: Iterable[float], wanted: int = 3) -> int:
    """Digits after the point that show so many figures of the largest number."""
    return decimals(values, figures=wanted)


class Teller:
    """Numbers of a run at one place, ready to be told.

    Parameters
    ----------
    reading : Reading
    at : mapping of str to label
        Labels by dimension; those that an array has not are passed over.
    """

    def __init__(self, reading: Reading, at: Mapping[str, Any]) -> None:
        self._reading, self._at = reading, dict(at)

    def amounts(self, outcome: str) -> tuple[Number, ...]:
        """P5, P50 and P95 of an outcome, with the same digits."""
        array = f"{outcome}_quantile"
        values = self._reading.quantiles(outcome, self._at, _ENDS)
        digits = figures(values)
        return tuple(
            self._number(array, value, written(value, digits), quantile=probability)
            for value, probability in zip(values, _ENDS, strict=True)
        )

    def mean(self, outcome: str) -> Number:
        """Mean of an outcome."""
        value = self._reading.value(f"{outcome}_mean", self._at)
        return self._number(f"{outcome}_mean", value, written(value, figures([value])))

    def share(self, array: str) -> Number:
        """A probability of the run."""
        value = self._reading.value(array, self._at)
        return self._number(array, value, per_cent(value))

    def interval(self, outcome: str, probability: float = 0.5) -> tuple[Number, ...]:
        """Ends of the 95 % interval of a quantile."""
        arrays = (f"{outcome}_quantile_low", f"{outcome}_quantile_high")
        at = {**self._at, "quantile": probability}
        values = [self._reading.value(array, at) for array in arrays]
        digits = figures(values)
        return tuple(
            self._number(array, value, written(value, digits), quantile=probability)
            for array, value in zip(arrays, values, strict=True)
        )

    def _number(self, array: str, value: float, text: str, **more: Any) -> Number:
        at = {**self._at, **more}
        held = self._reading.dataset[array].dims if array in self._reading else ()
        return Number(text, value, array, {str(dim): at[dim] for dim in held if dim in at})

    def over_views(self, array: str) -> tuple[Number, ...]:
        """Lowest and highest probability that a single view of the price gives; nothing without
        several views."""
        found = self._reading.values(array, self._at)
        views = self._reading.labels("view")
        if found.ndim != 1 or len(found) != len(views):
            return ()
        known = [(float(value), view) for value, view in zip(found, views, strict=True)
                 if math.isfinite(value)]  # fmt: skip
        if len(known) < 2:
            return ()
        return tuple(
            self._number(array, value, per_cent(value), view=view)
            for value, view in (min(known), max(known))
        )


def is_known(numbers: Iterable[Number]) -> bool:
    """Whether there are such numbers at all."""
    return all(math.isfinite(one.value) for one in numbers)


def answer_of(reading: Reading, place: Place) -> list[Sentence]:
    """What a run answers of one tonne and of its projects, as far as its outcomes say it."""
    tonne = _of_buyer if place.against else _of_tonne
    return [*tonne(reading, place), *_of_scenarios(reading, place), *_of_projects(reading)]


def error_of(reading: Reading, place: Place) -> Iterator[Sentence]:
    """How sure the first number of a tonne is, and which prices stand at a hard bound."""
    at = place.at(("scenario", "against", "region", "destination", "route", "year"))
    outcome = (
        "buyer_premium" if place.against
        else reading.held("cost_premium_ex_carbon", "cost_premium")
    )  # fmt: skip
    if outcome:
        source = Teller(reading, at)
        middle, ends = source.amounts(outcome)[1], source.interval(outcome)
        if is_known((middle, *ends)):
            yield Sentence(("95 % interval of the ", middle, ": ", ends[0], " to ", ends[1],
                            f" {reading.unit(outcome)}, the error of so many draws"))  # fmt: skip
        bounds = {
            end: [reading.value(f"{outcome}_quantile_{side}", {**at, "quantile": end})
                  for side in ("low", "high")]
            for end in _ENDS
        }  # fmt: skip
        open_ended = [f"P{100 * end:.0f}" for end in _ENDS if any(map(math.isinf, bounds[end]))]
        if open_ended:
            yield Sentence((
                f"Too few draws: the 95 % interval of {', '.join(open_ended)} has no end",
            ))  # fmt: skip
    if "at_price_limit_mean" in reading:
        for market in reading.markets(place):
            share = Teller(reading, {**at, "market": market}).share("at_price_limit_mean")
            if share.value >= 0.005:
                yield Sentence((share, f" of the draws stand at a hard bound of the price of "
                                f"{reading.title('market', market)} in {place.year}"))  # fmt: skip


def _of_tonne(reading: Reading, place: Place) -> Iterator[Sentence]:
    """What it costs more, what its avoided CO2 is worth, and what is missing."""
    source = Teller(reading, place.at(("scenario", "region", "destination", "route", "year")))
    money = reading.attrs["currency"]
    outcome = reading.held("cost_premium_ex_carbon", "cost_premium")
    if outcome is None:
        return
    low, middle, high = source.amounts(outcome)
    if not is_known((low, middle, high)):
        yield Sentence((_no_value(reading, place),))
        return
    reference = reading.reference(place)
    beside = f"one made by {reading.title('route', reference)}" if reference else "the reference"
    before = outcome == "cost_premium_ex_carbon"
    sale = f", {SOLD[place.destination]}" if place.destination in SOLD and not before else ""
    yield Sentence((
        f"{reading.title('region', place.region)}, {place.year}: a tonne of "
        f"{reading.product(place.sector)} made by {reading.title('route', place.route)}{sale} "
        f"{'costs' if middle.value >= 0 else 'has an extra cost of'} ", middle,
        f" {money} {'more than' if middle.value >= 0 else 'over'} {beside}, "
        f"{'before carbon' if before else 'carbon included'} (P5 ", low, ", P95 ", high, ").",
    ))  # fmt: skip
    if before and reading.held("carbon_value"):
        low, middle, high = source.amounts("carbon_value")
        if is_known((low, middle, high)):
            yield Sentence(("The CO₂ that it avoids is worth ", middle, f" {money} (P5 ", low,
                            ", P95 ", high, ")."))  # fmt: skip
        if reading.held("viability", statistic="mean"):
            share = source.share("viability_mean")
            missing: tuple[Number, ...] = ()
            if reading.held("support_gap"):
                missing = source.amounts("support_gap")[1:2]
            more: tuple[str | Number, ...] = ("That covers the cost in ", share, " of the draws")
            if missing and is_known(missing) and missing[0].value > 0:
                more += ("; in half of them more than ", missing[0], f" {money} is still missing")
            yield Sentence((*more, "."))
    elif reading.held("green_is_cheaper", statistic="mean"):
        yield Sentence(("The low-carbon tonne is the cheaper one in ",
                        source.share("green_is_cheaper_mean"), " of the draws."))  # fmt: skip


def _of_buyer(reading: Reading, place: Place) -> Iterator[Sentence]:
    """What the delivered tonne costs its buyer more, and the least that he can pay."""
    dims = ("scenario", "against", "region", "route", "year")
    source, money = Teller(reading, place.at(dims)), reading.attrs["currency"]
    beside = reading.title("against", place.against)
    low, middle, high = source.amounts("buyer_premium")
    made, origin = reading.title("route", place.route), reading.title("region", place.region)
    at_home = place.against.partition(".")[0] == place.region
    brought = "" if at_home else " with freight, and duty and border carbon where due"
    if is_known((low, middle, high)):
        yield Sentence((
            f"{place.year}: a tonne of {reading.product(place.sector)} made by {made} from "
            f"{origin}, delivered{brought}, "
            f"{'costs the buyer' if middle.value >= 0 else 'has an extra cost to the buyer of'} ",
            middle,
            f" {money} {'more than' if middle.value >= 0 else 'over'} {beside} (P5 ", low,
            ", P95 ", high, ").",
        ))  # fmt: skip
        own = source.amounts("landed_cost") if reading.held("landed_cost") else ()
        other = source.amounts("alternative_cost") if reading.held("alternative_cost") else ()
        if own and other and is_known((*own, *other)):
            yield Sentence(("It costs ", own[1], f" {money} (P5 ", own[0], ", P95 ", own[2],
                            "); what he compares with costs ", other[1], f" {money} (P5 ",
                            other[0], ", P95 ", other[2], ")."))  # fmt: skip
    else:
        yield Sentence((
            f"{made} in {origin} has no premium over {beside} in {place.year}: the buyer compares "
            "with it, or it cannot be delivered yet.",
        ))  # fmt: skip
    yield from _least(reading, place)


def _least(reading: Reading, place: Place) -> Iterator[Sentence]:
    """Of all tonnes that the buyer may take, the one with the lowest median."""
    here = (place.scenario, place.against, place.year)
    known = {
        key: row["buyer_premium"][1]
        for one in delivered(reading.run, _ENDS)
        if (one.scenario, one.against, one.year) == here
        for key, row in one.rows.items()
        if key[1] in reading.routes(place.sector) and math.isfinite(row["buyer_premium"][1])
    }
    if len(known) < 2:
        return
    region, route = min(known, key=lambda key: known[key])
    at = {**place.at(("scenario", "against", "year")), "region": region, "route": route}
    low, middle, high = Teller(reading, at).amounts("buyer_premium")
    yield Sentence((
        f"Of the {len(known)} tonnes that he may take, by the median the least costly is "
        f"{reading.title('route', route)}, {reading.title('region', region)}: ", middle,
        f" {reading.attrs['currency']} over what he compares with (P5 ", low, ", P95 ", high, ").",
    ))  # fmt: skip


def _bought_elsewhere(reading: Reading, place: Place) -> Iterator[Sentence]:
    """The median of what the same tonne costs its buyer more, in the other scenarios."""
    parts: list[str | Number] = []
    others = [one for one in reading.labels("scenario") if one != place.scenario]
    for scenario in others[:3]:
        at = {**place.at(("against", "region", "route", "year")), "scenario": scenario}
        middle = Teller(reading, at).amounts("buyer_premium")[1]
        if is_known([middle]):
            before = ", " if parts else "The median of what it costs him more in other scenarios: "
            parts += [f"{before}{reading.title('scenario', scenario)} ", middle,
                      f" {reading.attrs['currency']}"]  # fmt: skip
    if parts:
        yield Sentence((*parts, "."))


def _no_value(reading: Reading, place: Place) -> str:
    return (
        f"{reading.title('route', place.route)} has no premium in "
        f"{reading.title('region', place.region)} in {place.year}: it is the reference there, or "
        "cannot be built yet."
    )


def _of_scenarios(reading: Reading, place: Place) -> Iterator[Sentence]:
    """The same share in the other scenarios; of a buyer the median of what he pays more."""
    if place.against:
        yield from _bought_elsewhere(reading, place)
        return
    name = reading.held("viability", "green_is_cheaper", statistic="mean")
    others = [one for one in reading.labels("scenario") if one != place.scenario]
    if name is None or not others:
        return
    parts: list[str | Number] = []
    for scenario in others[:3]:
        at = place.at(("region", "destination", "route", "year"))
        share = Teller(reading, {**at, "scenario": scenario}).share(f"{name}_mean")
        if is_known([share]):
            title = reading.title("scenario", scenario)
            before = ", " if parts else "In other scenarios: "
            parts += [f"{before}{title} ", share]
    if parts:
        yield Sentence((*parts, "."))


def _of_projects(reading: Reading) -> Iterator[Sentence]:
    """What each project of the first scenario is worth, and what the public may owe."""
    if not reading.held("project_npv"):
        return
    scenario, known = next(iter(reading.projects().items()), ("", {}))
    for project, told in list(known.items())[:3]:
        source = Teller(reading, {"scenario": scenario, "project": project})
        unit = reading.unit("project_npv")
        low, middle, _ = source.amounts("project_npv")
        if not is_known((low, middle)):
            continue
        title = reading.called("project", project, told)
        yield Sentence((
            f"{title} has a net present value of ", middle, f" {unit} in the middle; it is above "
            "zero in ", source.share("project_npv_positive"), " of the draws, and below ", low,
            f" {unit} in one of twenty.",
        ))  # fmt: skip
        yield from _of_instruments(reading, scenario, project, told)


def _of_instruments(
    reading: Reading, scenario: str, project: str, told: Mapping[str, Any]
) -> Iterator[Sentence]:
    if not reading.held("instrument_npv"):
        return
    unit = reading.unit("instrument_npv")
    for instrument, terms in list(told.get("instruments", {}).items())[:2]:
        source = Teller(
            reading, {"scenario": scenario, "project": project, "instrument": instrument}
        )
        mean, high = source.mean("instrument_npv"), source.amounts("instrument_npv")[2]
        if is_known((mean, high)):
            title = reading.called("instrument", instrument, terms)
            yield Sentence((f"{title} costs the public ", mean, f" {unit} on average, and more "
                            "than ", high, f" {unit} in one of twenty draws."))  # fmt: skip
