"""Numbers that may be, but that hardly anybody means: outside of what is usual for their field.

Every number of a config is looked at, wherever it stands: constant, distribution, date of a table,
region, scenario, setting or price file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from simcore.distributions import Marginal, constant, tails
from simcore.intake import Spec, shipped
from simcore.intake.compilation import compiled
from simcore.intake.findings import Address, Finding
from simcore.intake.instruments import OnPrice
from simcore.intake.policies import named_policies
from simcore.intake.schema import Experiment
from simcore.intake.stated import dated, entries, measure_of, numbers, target_of
from simcore.quantities import ByYear, FactorReference, Uncertain
from simcore.quantities.annotations import PER_COMMODITY, Canonical
from simcore.quantities.ranges import PRICES, Range, meant, shown_range
from simcore.units import UnitError, conversion
from simcore.units.canonical import EURO_PER_TONNE, ONE

_PARTS: Final = ("money", "cbam", "hydrogen", "value", "plant")
_LONG: Final = 10
"""Years for which a price may be held before the run begins."""
_FAR: Final = 5.0
"""How many times a rate may lie above or below that of today, of a base year since 1990."""


def unusual(spec: Spec) -> list[Any]:
    """Find the numbers of a config that are outside of what is usual for their field.

    Returns
    -------
    list of Fault
        Warnings, each with file and line; packaged entries are none.
    """
    seen: dict[Finding, str] = {}
    sound = set(shipped.records())
    for name, experiment in spec.scenarios.items():
        for finding in _findings(experiment, spec.folder, sound):
            seen.setdefault(finding, name)
    return [
        spec.fault(one.address, found=one.found, expected=one.expected, remedy=one.remedy,
                   scenario=name)
        for one, name in seen.items()
    ]  # fmt: skip


class _Field(NamedTuple):
    """What is asked of a number as it is written: what is usual, and in which unit."""

    usual: Range
    unit: str
    also: Range | None = None


def _findings(experiment: Experiment, folder: Path, sound: set[int]) -> Iterator[Finding]:
    yield from _rates(experiment)
    own = [(address, one) for address, one in entries(experiment.catalog) if id(one) not in sound]
    for address, one in own:
        yield from _of_the_past(experiment, address, getattr(one, "path", None))
    parts: list[tuple[Address, Any]] = [((name,), getattr(experiment, name)) for name in _PARTS]
    parts += [
        ((key, name), one)
        for key in ("exposures", "projects", "budgets", "portfolios", "accounts")
        for name, one in getattr(experiment, key).items()
    ]  # fmt: skip
    for address, value, canonical, unit in chain.from_iterable(
        numbers(one, address) for address, one in (*parts, *own)
    ):
        if canonical is None or isinstance(value, str):
            continue
        for place, one in _by_date(address, value):
            yield from _money_of_a_year_to_come(experiment, place, one)
            field = _field(experiment, address, one, canonical, unit)
            marginal = None if field is None else _marginal(experiment, one, folder)
            if field is not None and marginal is not None:
                yield from _judged(place, marginal, field)
    yield from _hydrogen(experiment, own, folder)
    for name, canonical, address in named_policies(experiment):
        policy = experiment.catalog.policies.get(name)
        if policy is None or id(policy) in sound or not isinstance(canonical.usual, Range):
            continue
        for finding in _policy(policy, name, canonical.usual, folder):
            yield replace(finding, also=(address,))


def _hydrogen(
    experiment: Experiment, own: Iterable[tuple[Address, Any]], folder: Path
) -> Iterator[Finding]:
    """Prices of hydrogen in a contract: without a unit they are those of a tonne, not of a kg."""
    unit, usual = str(EURO_PER_TONNE), PRICES["kg"].in_unit(1e-3)
    for address, record in own:
        if not isinstance(record, OnPrice) or record.per != "hydrogen":
            continue
        for key in ("strike", "floor"):
            value = getattr(record, key)
            if isinstance(value, Uncertain) and getattr(value, "unit", None) is None:
                marginal = _marginal(experiment, value, folder)
                if marginal is not None:
                    yield from _judged((*address, key), marginal, _Field(usual, unit))


def _rates(experiment: Experiment) -> Iterator[Finding]:
    """Rates that are far from the packaged ones, such as those of EUR in another money."""
    for code, usual in shipped.base()["money"]["exchange"].items():
        rate, near = experiment.money.exchange.get(code, usual), Range(usual / _FAR, usual * _FAR)
        if not near.holds(rate):
            expected = shown_range(near, "1")
            yield Finding(
                ("money", "exchange", code), f"{rate:g} {code} per EUR, where {expected} is usual",
                expected, f"did you mean {1 / rate:.6g}?" if near.holds(1 / rate)
                else "correct the number, unless it is meant",
            )  # fmt: skip


def _of_the_past(experiment: Experiment, address: Address, path: Any) -> Iterator[Finding]:
    """Prices that end long before the run, which holds the last of them."""
    last = max(path) if isinstance(path, dict) and path else experiment.years.first
    if last < experiment.years.first - _LONG:
        yield Finding(
            (*address, "path"), f"the last price, of {last}, is held until {experiment.years.last}",
            f"prices of {experiment.years.first} and later",
            "add later prices, unless it is meant",
        )  # fmt: skip


def _money_of_a_year_to_come(
    experiment: Experiment, address: Address, value: Any
) -> Iterator[Finding]:
    year, base = getattr(value, "price_year", None), experiment.money.base_year
    if year is not None and year > base + 1:
        yield Finding(
            (*address, "price_year"), f"{year}, with money of {base}",
            f"{base + 1} or earlier",
            "price_year is of the money, not of the cost, which changes by year in a table: "
            "{years: {2030: ..., 2040: ...}}",
        )  # fmt: skip


def _policy(policy: Any, name: str, usual: Range, folder: Path) -> Iterator[Finding]:
    for variant, record in policy.variants.items():
        for year, value in record.values.items():
            address = ("catalog", "policies", name, "variants", variant, "values", year)
            unit = value.unit or record.unit or policy.unit or "1"
            if not isinstance(value, FactorReference):
                scale = conversion(unit, ONE, exchange={})
                field = _Field(usual.in_unit(scale), unit)
                yield from _judged(address, compiled(value, folder), field)


def _judged(address: Address, marginal: Marginal, field: _Field) -> Iterator[Finding]:
    """The finding of a number, or a distribution, that leaves its usual range."""
    usual, unit, central = field.usual, field.unit, marginal.central
    low, high = tails(marginal)
    what = f"{central:g}"
    remedy = meant(central, usual, unit) or "correct the number or its unit, unless it is meant"
    if field.also is not None and field.also.holds(central):
        remedy = f"did you mean {100 * central:g} %/yr?"
    if usual.holds(central):
        remedy = "narrow the distribution, or correct its unit, unless it is meant"
        if high > usual.high:
            what = f"values up to {high:g}"
        elif low < min(usual.low, 0.0):
            what = f"values down to {low:g}"
        else:
            return
    expected = shown_range(usual, unit)
    tail = "" if unit == "1" else f" {unit}"
    yield Finding(address, f"{what}{tail}, where {expected} is usual", expected, remedy)


def _by_date(address: Address, value: Any) -> Iterable[tuple[Address, Any]]:
    if not isinstance(value, ByYear):
        return [(address, value)]
    return [((*address, "years", year), one) for year, one in dated(value).items()]


def _field(
    experiment: Experiment, address: Address, value: Any, canonical: Canonical, around: str | None
) -> _Field | None:
    """What is asked of a number in a field; None where nothing is."""
    unit = getattr(value, "unit", None)
    if isinstance(value, FactorReference):
        unit = unit or experiment.factors[value.name].unit
    usual, target = canonical.usual, canonical.unit
    if isinstance(value, Uncertain):
        canonical = canonical.seen_in(target_of(experiment, value, canonical))
        usual, target = canonical.usual, canonical.unit
    exchange = experiment.money.exchange
    if isinstance(usual, dict):
        found = measure_of(experiment, address)
        if found is None or found[0] not in usual:
            return None
        usual, target = usual[found[0]], found[1]
        if canonical.unit == PER_COMMODITY:
            # Of what one of the price's currency buys.
            unit, exchange = around, dict.fromkeys(exchange, 1.0)
        elif address[1] != "routes":
            unit = unit or around
    if usual is None:
        return None
    shown = unit or target
    if canonical.unit == PER_COMMODITY:
        shown = f"t/{shown.partition('/')[2]}"
    try:
        scale = 1.0 if unit is None else conversion(unit, target, exchange=exchange)
    except UnitError:
        return None
    return _Field(usual.in_unit(scale), shown, canonical.usual_also if unit is None else None)


def _marginal(experiment: Experiment, value: Any, folder: Path) -> Marginal | None:
    if isinstance(value, FactorReference):
        value = experiment.factors[value.name]
    return compiled(value, folder) if isinstance(value, Uncertain) else constant(float(value))
