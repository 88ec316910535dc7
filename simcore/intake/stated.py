"""The quantities that records state: where each stands, and the unit it is used in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, get_args

from simcore.intake.entries import Catalog
from simcore.intake.findings import Address
from simcore.intake.places import Price
from simcore.intake.schema import Experiment
from simcore.intake.usage import all_regions, price_of
from simcore.quantities import ByYear, FactorReference, Uncertain
from simcore.quantities.annotations import Canonical
from simcore.quantities.records import Described, Model, Sourced
from simcore.units import UnitError, conversion
from simcore.units.canonical import EURO_PER_MWH, EURO_PER_TONNE


def dated(quantity: Any) -> dict[int, Any]:
    """The quantity of each date of a table by year, with the unit and metadata of the table."""
    shared = {"unit": quantity.unit, "price_year": quantity.price_year,
              "source": quantity.source, "status": quantity.status}  # fmt: skip
    return {
        year: entry.model_copy(
            update={key: value for key, value in shared.items() if getattr(entry, key) is None}
        )
        for year, entry in sorted(quantity.years.items())
    }


def unit_of(experiment: Experiment, quantity: Any) -> str | None:
    """The unit of a quantity: its own, of the factor it names, or of its first date."""
    if isinstance(quantity, ByYear):
        return unit_of(experiment, next(iter(dated(quantity).values())))
    if isinstance(quantity, FactorReference) and quantity.name in experiment.factors:
        return quantity.unit or experiment.factors[quantity.name].unit
    unit: str | None = quantity.unit
    return unit


def target_of(experiment: Experiment, quantity: Any, canonical: Canonical) -> str:
    """The unit in which the model uses a quantity: that of its field, or the field's second one."""
    unit = unit_of(experiment, quantity)
    if canonical.also is None or unit is None:
        return canonical.unit
    try:
        conversion(unit, canonical.also, exchange=experiment.money.exchange)
    except UnitError:
        return canonical.unit
    return canonical.also


def commodity_unit(experiment: Experiment, commodity: str, price: Price) -> str:
    """Canonical unit of a commodity: MWh of energy, kg of hydrogen, t of anything else."""
    if commodity == "hydrogen":
        return "kg"
    try:
        conversion(price.unit, EURO_PER_MWH, exchange=experiment.money.exchange)
    except UnitError:
        return "t"
    return "MWh"


_TRADED: Final = ("inputs", "byproducts", "emission_factors")


def measure_of(experiment: Experiment, address: Address) -> tuple[str, str] | None:
    """What a field of a commodity is counted by, and its unit in the model.

    The measure is that of `quantities.ranges`; None where no price tells it.
    """
    section, name = address[1], address[2]
    if section == "markets":
        return "allowance", str(EURO_PER_TONNE)
    if section == "prices":
        price = experiment.catalog.prices[name][address[3]]
        own = commodity_unit(experiment, name, price)
        return own, f"EUR/{own}"
    at = next((at for at, one in enumerate(address) if one in _TRADED), None)
    if section != "routes" or at is None:
        return None
    group, commodity, region = address[at : at + 3]
    price = priced(experiment, commodity, region)
    if price is None:
        return None
    own = commodity_unit(experiment, commodity, price)
    return own, f"t/{own}" if group == "emission_factors" else f"{own}/t"


def priced(experiment: Experiment, commodity: str, region: str) -> Any:
    """The price that a quantity of a region, or the default one, will meet first."""
    places = [region] if region != "default" else all_regions(experiment)
    found = (price_of(experiment, commodity, one) for one in places)
    return next((one for one in found if one is not None), None)


def entries(catalog: Catalog) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every entry of a catalog, with its address."""
    for section in Catalog.model_fields:
        for name, entry in getattr(catalog, section).items():
            if section == "prices":
                for place, price in entry.items():
                    yield ("catalog", section, name, place), price
            else:
                yield ("catalog", section, name), entry


def quantities(
    record: Any, address: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any, Canonical | None]]:
    """Every quantity inside a record, with its address and the annotation of its field."""
    for name, canonical in _fields(type(record)):  # type: ignore[arg-type]
        written = type(record).model_fields[name].alias or name
        yield from _inside(getattr(record, name), (*address, written), canonical)


def numbers(
    record: Any, address: Address = (), unit: str | None = None
) -> Iterator[tuple[Address, Any, Canonical | None, str | None]]:
    """Every quantity, plain number and name of a policy inside a record.

    With its address, the annotation of its field, and the unit of the record around it.
    """
    unit = (record.unit if isinstance(record, Sourced) else getattr(record, "unit", None)) or unit
    for name, canonical in _numeric(type(record)):  # type: ignore[arg-type]
        written = type(record).model_fields[name].alias or name
        yield from _numbers(getattr(record, name), (*address, written), canonical, unit)


def _numbers(
    value: Any, address: Address, canonical: Canonical | None, unit: str | None
) -> Iterator[tuple[Address, Any, Canonical | None, str | None]]:
    if isinstance(value, Uncertain):
        yield address, value, canonical, unit
    elif isinstance(value, Model):
        yield from numbers(value, address, unit)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _numbers(entry, (*address, key), canonical, unit)
    elif canonical is not None and type(value) in (int, float, str):
        yield address, value, canonical, unit


def described(
    node: Any, address: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Described]]:
    """Every record inside a record, a mapping or a list that says where it comes from."""
    if isinstance(node, Described):
        yield address, node
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, Model):
        fields, held = type(node).model_fields, _fields(type(node))  # type: ignore[arg-type]
        inner = [(fields[name].alias or name, getattr(node, name)) for name, _ in held]
    elif isinstance(node, dict):
        inner = node.items()
    elif isinstance(node, list):
        inner = enumerate(node)
    for name, one in inner:
        if isinstance(one, Model | dict | list):
            yield from described(one, (*address, name))


@cache
def unit_of_field(record: type[Model], field: str) -> str:
    """The unit in which the model reads a field of a kind of record: that of its annotation."""
    canonical = dict(_fields(record))[field]
    assert canonical is not None, f"{record.__name__}.{field} has no canonical unit"
    return canonical.unit


@cache
def _numeric(record: Any) -> tuple[tuple[str, Canonical | None], ...]:
    """Fields of a record that may hold numbers, and the annotation of their values."""
    with_quantities = dict(_fields(record))
    return tuple(
        (name, with_quantities.get(name) or _last(field.metadata))
        for name, field in record.model_fields.items()
        if name in with_quantities or _last(field.metadata) is not None
    )


def _last(notes: Iterable[Any]) -> Canonical | None:
    return next((one for one in [*notes][::-1] if isinstance(one, Canonical)), None)


@cache
def _fields(record: Any) -> tuple[tuple[str, Canonical | None], ...]:
    """Fields of a record that may hold quantities, and the annotation of their values."""
    found = []
    for name, field in record.model_fields.items():
        notes = [*field.metadata]
        for argument in get_args(field.annotation):
            notes += getattr(argument, "__metadata__", ())
        canonical = _last(notes)
        if field.annotation not in (str, int, float, bool, str | None, int | None, float | None):
            found.append((name, canonical))
    return tuple(found)


def _inside(
    value: Any, address: tuple[Any, ...], canonical: Canonical | None
) -> Iterator[tuple[tuple[Any, ...], Any, Canonical | None]]:
    if isinstance(value, Uncertain):
        yield address, value, canonical
    elif isinstance(value, Model):
        yield from quantities(value, address)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _inside(entry, (*address, key), canonical)
