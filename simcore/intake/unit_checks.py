"""Quantities of a config: units that fit, distributions that exist, values inside their limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from simcore.distributions import SMALLEST, DistributionError, Marginal, tails
from simcore.errors import ConfigError
from simcore.intake import shipped
from simcore.intake.compilation import compiled, file_fault
from simcore.intake.entries import Indexed
from simcore.intake.findings import Address, Finding, of_file, unknown
from simcore.intake.paths import PricePath
from simcore.intake.policies import named_policies, used_policies, variants
from simcore.intake.priced import used_entries
from simcore.intake.schema import Experiment
from simcore.intake.stated import (
    commodity_unit,
    dated,
    entries,
    numbers,
    priced,
    quantities,
    target_of,
    unit_of,
)
from simcore.intake.usage import all_routes
from simcore.intake.views import as_path
from simcore.quantities import ByYear, Empirical, FactorReference, Mixture
from simcore.quantities.annotations import COMMODITY, Canonical
from simcore.quantities.ranges import Range, meant, shown_range
from simcore.units import UnitError, conversion, parse_unit

LARGEST: Final = 1e30
"""Of a number in a config: sums and products of larger ones are soon infinite."""


def unit_findings(experiment: Experiment, folder: Path, sound: set[int]) -> Iterator[Finding]:
    """Find quantities that cannot be used.

    Entries of the catalog whose identity is in `sound` need no check, such as the packaged ones. An
    entry that was checked is added, unless it refers to a factor, which scenarios may change.
    """
    factors = ((("factors", name), one, None) for name, one in experiment.factors.items())
    firms = (
        quantities(one, (key, name))
        for key in ("exposures", "projects", "budgets", "portfolios", "waiting", "accounts")
        for name, one in getattr(experiment, key).items()
    )  # fmt: skip
    yield from _quantities(experiment, chain(factors, *firms), folder)
    for address, entry in entries(experiment.catalog):
        if id(entry) not in sound:
            inside = list(quantities(entry, address))
            yield from _quantities(experiment, inside, folder)
            if not any(isinstance(one, FactorReference) for _, one, _ in inside):
                sound.add(id(entry))
    yield from _far(experiment)
    for address, price in used_entries(experiment):
        if isinstance(price, Indexed):
            yield from _indexed_units(experiment, address, price)
        elif isinstance(price, PricePath):
            is_market = address[1] == "markets"
            unit = "t" if is_market else commodity_unit(experiment, address[2], price)
            yield from _price_units(experiment, address, price, f"EUR/{unit}")
    for name in all_routes(experiment):
        if name in experiment.catalog.routes:
            yield from _trades(experiment, name)
    for name in used_policies(experiment):
        if name in experiment.catalog.policies:
            yield from _policy_units(experiment, name)
    for name, canonical, _ in named_policies(experiment):
        policy = experiment.catalog.policies.get(name)
        if policy is not None and id(policy) not in shipped.records():
            yield from _policy_limits(experiment, name, canonical, folder)


def _far(experiment: Experiment) -> Iterator[Finding]:
    """Plain numbers that are too large to count with."""
    sound = shipped.records()
    for address, entry in entries(experiment.catalog):
        for place, value, *_ in numbers(entry, address) if id(entry) not in sound else ():
            if isinstance(value, int | float) and abs(value) > LARGEST:
                yield Finding(
                    place, f"{value:g}", f"numbers below {LARGEST:g}",
                    "correct the number or its unit",
                )  # fmt: skip


def _quantities(
    experiment: Experiment, found: Iterable[tuple[Address, Any, Canonical | None]], folder: Path
) -> Iterator[Finding]:
    for address, quantity, canonical in found:
        wrong = list(_quantity(experiment, address, quantity, folder))
        yield from wrong
        if canonical is not None and not wrong:
            yield from _limits(experiment, address, quantity, canonical, folder)


def _quantity(
    experiment: Experiment, address: Address, quantity: Any, folder: Path
) -> Iterator[Finding]:
    """Faults of a quantity that need no unit."""
    if isinstance(quantity, ByYear):
        for year, entry in quantity.years.items():
            if isinstance(entry, FactorReference):
                yield Finding(
                    (*address, "years", year), "a factor as the value of one date",
                    "numbers or distributions; their dates share one draw", "write it out",
                )  # fmt: skip
            else:
                yield from _quantity(experiment, (*address, "years", year), entry, folder)
        return
    if isinstance(quantity, FactorReference):
        yield from _reference(experiment, address, quantity)
        return
    if isinstance(quantity, Mixture):
        nested = list(_components(address, quantity))
        yield from nested
        if nested:
            return
    if isinstance(quantity, Empirical) and quantity.csv is not None:
        unreadable = file_fault((*address, "csv"), folder, quantity.csv)
        if unreadable is not None:
            yield unreadable
            return
    try:
        compiled(quantity, folder)
    except ConfigError as error:
        yield from of_file((*address, "csv"), error)
    except DistributionError as error:
        if getattr(quantity, "csv", None):
            yield Finding(
                (*address, "csv"), str(error), "a column of finite numbers",
                "correct the file, or the name of the column",
            )  # fmt: skip
        elif getattr(quantity, "quantiles", None):
            yield Finding(
                (*address, "quantiles"), str(error), f"quantiles of a {quantity.kind} distribution",
                "change the quantiles, or the kind",
            )  # fmt: skip
        else:
            yield Finding(
                address, str(error), f"a {quantity.kind} distribution that exists",
                "change its parameters, or the kind",
            )  # fmt: skip


def _reference(
    experiment: Experiment, address: Address, quantity: FactorReference
) -> Iterator[Finding]:
    if address[0] == "factors":
        yield Finding(
            address,
            "a factor that refers to a factor",
            "a distribution",
            "write the distribution out",
        )
    elif quantity.name not in experiment.factors:
        yield unknown(
            (*address, "name"), quantity.name, experiment.factors, "factor",
            define="define it under factors",
        )  # fmt: skip
    elif quantity.unit is not None and experiment.factors[quantity.name].unit is not None:
        yield Finding(
            (*address, "unit"), f"a unit here and at factors.{quantity.name}", "one unit",
            "remove one of the two",
        )  # fmt: skip


def _components(address: Address, mixture: Mixture) -> Iterator[Finding]:
    for position, component in enumerate(mixture.components):
        place = (*address, "components", position)
        if isinstance(component, (FactorReference, Mixture)) or getattr(component, "csv", None):
            what = "empirical with csv" if isinstance(component, Empirical) else component.kind
            yield Finding(
                place, f"a component of kind {what}", "simple distributions", "write it out"
            )
        elif component.unit is not None or component.price_year is not None:
            yield Finding(
                place, f"a component with the unit {component.unit}", "components without unit",
                "give the mixture its unit, and all components in it",
            )  # fmt: skip


def _limits(
    experiment: Experiment, address: Address, quantity: Any, canonical: Canonical, folder: Path
) -> Iterator[Finding]:
    """Whether the unit fits its field and the values stay inside its limits."""
    canonical = canonical.seen_in(target_of(experiment, quantity, canonical))
    if isinstance(quantity, ByYear):
        for year, entry in dated(quantity).items():
            yield from _limits(experiment, (*address, "years", year), entry, canonical, folder)
        return
    factor, unit = quantity, quantity.unit
    if isinstance(quantity, FactorReference):
        factor = experiment.factors[quantity.name]
        unit = unit or factor.unit
        if list(_quantity(experiment, ("factors", quantity.name), factor, folder)):
            return
    scale = 1.0
    if canonical.unit != COMMODITY:
        wrong = list(_unit(experiment, address, unit, canonical.unit))
        yield from wrong
        if wrong:
            return
        if unit is not None:
            scale = conversion(unit, canonical.unit, exchange=experiment.money.exchange)
    yield from beyond(address, compiled(factor, folder), canonical, scale)


def beyond(
    address: Address, marginal: Marginal, canonical: Canonical, scale: float
) -> Iterator[Finding]:
    """What of a number or a distribution cannot be in a field."""
    low, high = marginal.low * scale, marginal.high * scale
    drawn = [end * scale for end in tails(marginal, SMALLEST)]
    if not -LARGEST <= drawn[0] <= drawn[1] <= LARGEST:
        yield Finding(
            address, _reach(max(drawn, key=abs), marginal.central * scale, "up to"),
            f"numbers below {LARGEST:g}", "correct the number or its unit, or bound it",
        )  # fmt: skip
        return
    if canonical.minimum is not None and max(low, drawn[0]) < canonical.minimum:
        yield Finding(
            address, _reach(low, marginal.central * scale, "down to"),
            f"values >= {canonical.minimum:g}", _remedy(low),
        )  # fmt: skip
        return
    if canonical.maximum is not None and min(high, drawn[1]) > canonical.maximum:
        yield Finding(
            address, _reach(high, marginal.central * scale, "up to"),
            f"values <= {canonical.maximum:g}", _near(high, canonical) or _remedy(high),
        )  # fmt: skip
        return
    central = marginal.central * scale
    if canonical.central is not None and central > canonical.central:
        usual = canonical.usual
        yield Finding(
            address,
            f"{central:g}, which is {100 * central:g} %" if canonical.unit == "1" else
            f"{central:g} {canonical.unit}",
            "a share or rate, such as 0.08" if not isinstance(usual, Range) else
            f"at most {canonical.central:g}; usual is {shown_range(usual, canonical.unit)}",
            _near(central, canonical) or _remedy(central),
        )  # fmt: skip


def _near(value: float, canonical: Canonical) -> str:
    return (
        meant(value, canonical.usual, canonical.unit) if isinstance(canonical.usual, Range) else ""
    )


def _reach(end: float, central: float, direction: str) -> str:
    if end == central:
        return f"{end:g}"
    if math.isfinite(end):
        return f"values {direction} {end:g}"
    return f"values {direction} {'minus ' if end < 0 else ''}infinity"


def _remedy(end: float) -> str:
    if math.isfinite(end):
        return "correct the number, its sign or its unit"
    return "use a distribution with an end on this side, such as truncated_normal or triangular"


def _unit(
    experiment: Experiment, address: Address, unit: str | None, target: str
) -> Iterator[Finding]:
    if unit is None:
        return
    try:
        conversion(unit, target, exchange=experiment.money.exchange)
    except UnitError as error:
        if target == "1":
            yield Finding(
                address, error.found, "a plain number, % or t/t", "write it without unit, or in %"
            )
        elif target in error.expected and not error.expected.startswith("a plain number"):
            yield Finding(address, error.found, error.expected, error.remedy)
        else:
            yield Finding(address, error.found, f"a unit such as {target}", error.remedy)


def _price_units(
    experiment: Experiment, address: Address, price: PricePath, target: str
) -> Iterator[Finding]:
    yield from _unit(experiment, (*address, "unit"), price.unit, target)
    alone = [(address, price)] + [
        ((*address, "views", name), as_path(price, view)) for name, view in price.views.items()
    ]
    for place, one in alone:
        if one.spot is not None:
            yield from _unit(experiment, (*place, "spot", "unit"), one.spot.unit, target)
        for year, anchor in (one.anchors or {}).items():
            yield from _unit(experiment, (*place, "anchors", year, "unit"), anchor.unit, target)
    for key, value in price.response.limits.items() if price.response else ():
        yield from _unit(experiment, (*address, "response", *key), value.unit, target)


def _indexed_units(experiment: Experiment, address: Address, price: Indexed) -> Iterator[Finding]:
    """An index is of the same measure: a price per MWh follows none per tonne."""
    target = f"EUR/{commodity_unit(experiment, str(address[2]), price)}"
    wrong = list(_unit(experiment, (*address, "unit"), price.unit, target))
    yield from wrong
    yield from _unit(experiment, (*address, "premium"), price.premium.unit, target)
    index, _, place = price.index.partition(".")
    followed = experiment.catalog.prices.get(index, {}).get(place)
    if not wrong and isinstance(followed, PricePath):
        other = f"EUR/{commodity_unit(experiment, index, followed)}"
        if other != target:
            yield Finding(
                (*address, "index"),
                f"{price.index} in {followed.unit} for a price in {price.unit}",
                "an index of the same measure",
                "name another index, or write a path of its own",
            )


def _trades(experiment: Experiment, name: str) -> Iterator[Finding]:
    """Units of what a route buys and sells against those of the prices."""
    route = experiment.catalog.routes[name]
    capture = getattr(route, "capture", None)
    groups: list[tuple[tuple[str, ...], Any, str]]
    groups = [((kind,), getattr(route, kind), "{}/t") for kind in ("inputs", "byproducts")]
    if capture is not None:
        groups.append((("capture", "inputs"), capture.inputs, "{}/t"))
        groups.append((("capture", "emission_factors"), capture.emission_factors, "t/{}"))
    for group, amounts, form in groups:
        for commodity, by_region in amounts.items():
            for region, quantity in by_region.items():
                price = priced(experiment, commodity, region)
                address = ("catalog", "routes", name, *group, commodity, region)
                if price is not None and isinstance(quantity, ByYear):
                    for year, entry in dated(quantity).items():
                        place = (*address, "years", year)
                        yield from _trade(experiment, place, commodity, price, entry, form)
                elif price is not None:
                    yield from _trade(experiment, address, commodity, price, quantity, form)


def _trade(
    experiment: Experiment, address: Address, commodity: str, price: Any, quantity: Any, form: str
) -> Iterator[Finding]:
    own = commodity_unit(experiment, commodity, price)
    target = form.format(own)
    unit = unit_of(experiment, quantity)
    for finding in _unit(experiment, address, unit, target):
        yield replace(
            finding, found=f"{finding.found}, of a price in {price.unit}",
            also=(("catalog", "prices", commodity),),
        )  # fmt: skip
    if unit is None and not _same(price.unit, f"EUR/{own}"):
        yield Finding(
            address, f"a number without unit for a price in {price.unit}",
            "a quantity with its unit", f"write the unit, such as '1.2 {target}'",
        )  # fmt: skip


def _same(unit: str, other: str) -> bool:
    """Whether two units differ in nothing but the currency."""
    try:
        left, right = parse_unit(unit), parse_unit(other)
    except UnitError:
        return True
    return (left.scale, left.dimension) == (right.scale, right.dimension)


def _policy_limits(
    experiment: Experiment, name: str, canonical: Canonical, folder: Path
) -> Iterator[Finding]:
    """Values of a policy that cannot stand where it is named."""
    policy, address = experiment.catalog.policies[name], ("catalog", "policies", name, "variants")
    for variant, record in policy.variants.items():
        for year, value in record.values.items():
            unit = value.unit or record.unit or policy.unit or "1"
            place = (*address, variant, "values", year)
            if list(_unit(experiment, place, unit, "1")) or list(
                _quantity(experiment, place, value, folder)
            ):
                continue
            factor = experiment.factors[value.name] if isinstance(value, FactorReference) else value
            scale = conversion(unit, "1", exchange=experiment.money.exchange)
            yield from beyond(place, compiled(factor, folder), canonical, scale)


def _policy_units(experiment: Experiment, name: str) -> Iterator[Finding]:
    """Shares and benchmarks are plain numbers, t/t or %."""
    policy, address = experiment.catalog.policies[name], ("catalog", "policies", name)
    yield from _unit(experiment, (*address, "unit"), policy.unit, "1")
    for variant in variants(policy):
        if variant in policy.variants:
            record, place = policy.variants[variant], (*address, "variants", variant)
            yield from _unit(experiment, (*place, "unit"), record.unit, "1")
            for year, value in record.values.items():
                yield from _unit(experiment, (*place, "values", year), value.unit, "1")
