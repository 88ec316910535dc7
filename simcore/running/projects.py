"""What a run says of its projects and instruments in words, for who reads only the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from simcore.intake import Spec
from simcore.intake.schema import Experiment
from simcore.intake.stated import quantities
from simcore.intake.usage import product_of, replaced_by, sector_of
from simcore.quantities import ByYear, Constant, FactorReference, Uncertain
from simcore.quantities.records import Described, Model

_ASIDE: Final = {*Described.model_fields, "title", "kind"}
_ALWAYS: Final = {"sided", "reference", "per"}
"""What is told of an instrument with a strike also where it is the default."""


def told_projects(spec: Spec) -> dict[str, str]:
    """The attribute `projects` of a run that has some: by scenario and name, as JSON."""
    told = {
        name: {project: _told(one, project) for project in one.projects}
        for name, one in spec.scenarios.items()
    }
    return {"projects": json.dumps(told)} if any(told.values()) else {}


def _told(experiment: Experiment, name: str) -> dict[str, Any]:
    one = experiment.projects[name]
    against, words = one.against, terms(one)
    known = experiment.catalog.instruments
    return {
        "title": one.title, "region": one.region, "route": one.route,
        "product": product_of(experiment, sector_of(experiment, one.route)),
        "destination": one.destination, "start": one.start, "end": one.end,
        "planned_end": one.planned_end,
        "phases": {str(first): route for route, first in one.spans[1:]},
        "conversion": words.get("conversion", ""),
        "output": one.output, "against": replaced_by(experiment, name),
        "capital": "full" if against is None else against.capital,
        "reference_capital": experiment.reference_capital,
        "reline": words.get("against.reline", ""), "hydrogen": one.hydrogen,
        "rate": words.get("rate", ""), "value_year": one.value_year,
        "sold": words.get("sold", ""), "willing": words.get("willing", ""),
        "debt": {} if one.debt is None else terms(one.debt),
        "instruments": {
            each: {"kind": known[each].kind, "title": known[each].title,
                   "terms": terms(known[each])}
            for each in one.instruments
        },
    }  # fmt: skip


def terms(record: Model) -> dict[str, str]:
    """What a record says beyond its defaults, in words by dotted key: `cap.total`, `strike`."""
    stated = {
        ".".join(map(str, address)): _with_unit(value, canonical.unit if canonical else "1")
        for address, value, canonical in quantities(record)
    }
    found = {}
    for field, declared in type(record).model_fields.items():
        value = getattr(record, field)
        told = value != declared.default or (field in _ALWAYS and hasattr(record, "strike"))
        if field in _ASIDE or value is None or not told:
            continue
        key = declared.alias or field
        for name, word in _plain(key, value):
            found[name] = stated.get(name, word)
    return found


def _plain(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every leaf of a field, by its dotted key."""
    if isinstance(value, Model) and not isinstance(value, Uncertain):
        value = {
            declared.alias or field: getattr(value, field)
            for field, declared in type(value).model_fields.items() if field not in _ASIDE
        }  # fmt: skip
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _plain(f"{key}.{name}", one)
    elif isinstance(value, list):
        if value:
            yield key, ", ".join(map(str, value))
    elif value is not None:
        yield key, f"{value:g}" if isinstance(value, float) else str(value)


def _with_unit(value: Uncertain, unit: Any) -> str:
    shown = value.unit or str(unit)
    return f"{_word(value)} {'' if shown == '1' else shown}".rstrip()


def _word(value: Uncertain) -> str:
    """A quantity in a word: the number, or how it is distributed."""
    if isinstance(value, Constant):
        return f"{value.value:g}"
    if isinstance(value, FactorReference):
        return f"the factor {value.name}"
    if isinstance(value, ByYear):
        return ", ".join(f"{year}: {_word(one)}" for year, one in sorted(value.years.items()))
    numbers = value.model_dump(exclude={*Described.model_fields, "unit", "price_year", "factor"})
    shown = [
        f"{one:g}" for key, one in numbers.items() if isinstance(one, int | float) and key != "kind"
    ]
    return f"{numbers['kind'].replace('_', ' ')} {'/'.join(shown)}".rstrip()
