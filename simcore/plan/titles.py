"""Human names of the labels of a run: `h2_dri_eaf.capex` is "Hydrogen DRI, EAF: capital cost".

Entries and settings say their own (`title`); those of uncertain inputs, goods and parts of a sum
are made of the title of their entry and the words of the field. What has none keeps its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from simcore.intake import Spec
from simcore.intake.schema import Experiment
from simcore.intake.usage import references
from simcore.plan.groups import record_of
from simcore.plan.records import Plan

_WORDS: Final = {
    "anchor": "price level",
    "byproducts": "yield of",
    "capacity": "capacity built in the world",
    "capex": "capital cost",
    "capex_factor": "cost level of plants",
    "cbam": "CBAM",
    "coefficient": "ratio to its index",
    "first_of_a_kind": "surcharge on first plants",
    "fixed_opex": "fixed cost",
    "greenfield": "new plant",
    "home_carbon": "carbon at home",
    "indirect_factor": "factor of carbon value",
    "inputs": "use of",
    "kappa": "speed of reversion",
    "law": "",
    "made_from": "product inside",
    "other_opex": "other cost",
    "premium": "surcharge on its index",
    "sigma": "volatility",
    "theta_border": "carbon cost passed on, with a border",
    "theta_open": "carbon cost passed on, open",
    "values": "",
    "view": "view of its price",
    "wacc": "cost of capital",
    "willingness": "willingness to pay",
}
"""Words of fields and parts of the cost; of all others their names with blanks."""
_SOLD: Final = {"domestic": "at home", "eu": "in the EU"}
_SCENARIO: Final = re.compile(r"(?P<name>.*?)(?: \((?P<scenario>.*)\))?")
_SECTIONS: Final = {
    "region": ("catalog", "regions"), "route": ("catalog", "routes"),
    "market": ("catalog", "markets"), "sector": ("catalog", "sectors"),
    "instrument": ("catalog", "instruments"), "product": ("catalog", "products"),
    "project": ("projects",), "exposure": ("exposures",), "budget": ("budgets",),
    "account": ("accounts",),
    "decision": ("decisions",), "portfolio": ("portfolios",),
}  # fmt: skip
"""Where the entry of a label stands in a config."""
_MADE_OF_WORDS: Final = ("emission", "grade")


def titles_of(plan: Plan, dims: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Title of each label along some dimensions of a run, by the coordinate that holds them.

    Returns
    -------
    dict
        `region_title` -> ("region", titles in the order of the labels).
    """
    spec = plan.spec
    makers: dict[str, Callable[[str], str]] = {
        "scenario": lambda label: scenario_title(spec, label),
        "destination": lambda label: _SOLD.get(label, label),
        "against": lambda label: _against(spec, label),
        "component": lambda label: _component(spec, label),
        "commodity": lambda label: _price(spec, *label.partition(".")[::2]),
        "good": lambda label: _price(spec, label, ""),
        "view": lambda label: _view(spec, label),
        "member": lambda label: _member(spec, label),
        **{dim: partial(_entry, spec, dim) for dim in _SECTIONS},
        **dict.fromkeys(_MADE_OF_WORDS, words),
    }
    found = {
        f"{dim}_title": (dim, _distinct(plan.coords[dim], map(makers[dim], plan.coords[dim])))
        for dim in dims if dim in makers
    }  # fmt: skip
    if "factor" in dims:
        names = tuple(one.name for one in plan.inputs)
        found["factor_title"] = ("factor", _distinct(names, (_factor(spec, one) for one in names)))
    return found


def titles_aside(spec: Spec) -> dict[str, dict[str, str]]:
    """Titles of what tables name and a run need not ask for: reference routes, regions of buyers
    and of projects."""
    every = spec.scenarios.values()
    built = [project for one in every for project in one.projects.values()]
    routes = [route for one in every for route in references(one).values()]
    routes += [route for one in built for route in one.routes]
    buyers = [one.partition(".")[0] for one in spec.experiment.against]
    buyers += [one.region for one in built]
    return {
        dim: {one: _entry(spec, dim, one) for one in dict.fromkeys(labels)}
        for dim, labels in (("route", routes), ("region", buyers))
    }


def words(name: str) -> str:
    """A name in words, such as a field's or a part of the cost."""
    return _WORDS.get(name, name.replace("_", " "))


def _distinct(labels: Sequence[str], titles: Iterable[str]) -> tuple[str, ...]:
    """Titles, with the label behind those that several have."""
    found = list(titles)
    times = Counter(found)
    return tuple(
        one if times[one] == 1 else f"{one} ({label})"
        for one, label in zip(found, labels, strict=True)
    )


def scenario_title(spec: Spec, name: str) -> str:
    """Title of a scenario, as its changes say it."""
    changes = spec.experiment.scenarios.get(name)
    return str(changes.get("title") or name) if isinstance(changes, dict) else name


def _experiments(spec: Spec) -> Iterable[Experiment]:
    return (spec.experiment, *spec.scenarios.values())


def _entry(spec: Spec, dim: str, label: str) -> str:
    """Title of an entry of the catalog, or of a setting by name."""
    for experiment in _experiments(spec):
        entries: Any = experiment
        for part in _SECTIONS[dim]:
            entries = getattr(entries, part)
        if label in entries:
            return _short(getattr(entries[label], "title", "")) or label
    return label


def _member(spec: Spec, label: str) -> str:
    """Title of a project or an exposure."""
    built = any(label in one.projects for one in _experiments(spec))
    return _entry(spec, "project" if built else "exposure", label)


def _short(title: str) -> str:
    """A title without what it says in brackets."""
    return re.sub(r" *\([^()]*\)", "", title).strip()


def _against(spec: Spec, label: str) -> str:
    region, _, route = label.partition(".")
    return f"{_entry(spec, 'route', route)}, {_entry(spec, 'region', region)}"


def _component(spec: Spec, label: str) -> str:
    return words(label) if label in _WORDS else _price(spec, label, "")


def _price(spec: Spec, name: str, place: str) -> str:
    """What is bought, and where: the title of the price up to its first comma."""
    for experiment in _experiments(spec):
        places = experiment.catalog.prices.get(name)
        if places:
            entry = places.get(place) or places.get("default") or next(iter(places.values()))
            said = re.split(r"[,:]", _short(getattr(entry, "title", "")))[0]
            what = said or words(name).capitalize()
            return f"{what}, {_entry(spec, 'region', place)}" if _is_region(place) else what
    return words(name)


def _is_region(place: str) -> bool:
    return place not in ("", "default")


def _view(spec: Spec, label: str) -> str:
    market, _, view = label.partition(".")
    return f"{_entry(spec, 'market', market)}: {words(view)}"


def _factor(spec: Spec, name: str) -> str:
    """Title of an uncertain input: that of its entry, the words of the field, the region."""
    parted = _SCENARIO.fullmatch(name)
    assert parted is not None
    head, *rest = parted["name"].split(".")
    scenario = parted["scenario"]
    told = f"{scenario_title(spec, scenario)}" if scenario in spec.scenarios else scenario
    suffix = f" ({told})" if told else ""
    for experiment in _experiments(spec):
        section, record = record_of(experiment, head, rest)
        if section:
            what, rest = _holder(spec, section, record, head, rest)
            field = _field(spec, experiment, rest)
            return f"{what}: {field}{suffix}" if field else what + suffix
    return words(parted["name"]).replace(".", " ").capitalize() + suffix


def _holder(
    spec: Spec, section: str, record: Any, head: str, rest: list[str]
) -> tuple[str, list[str]]:
    """What an input belongs to, and what is left of its name."""
    if section == "prices":
        return _price(spec, head, rest[0] if rest else ""), rest[1:]
    if section == "sectors":
        return _entry(spec, "region", head), rest
    told = _short(getattr(record, "title", "")) or words(head).capitalize()
    # What a rule says of itself is often the same in several regions.
    where = getattr(record, "region", None) if section == "policies" else None
    return f"{told}, {_entry(spec, 'region', where)}" if where else told, rest


def _field(spec: Spec, experiment: Experiment, rest: list[str]) -> str:
    """Words of a field: `inputs.electricity.EU` is "use of electricity, European Union"."""
    regions = [one for one in rest if one in experiment.catalog.regions]
    years = [one for one in rest if one.isdecimal()]
    plain = [one for one in rest if one not in regions and one not in years and one != "default"]
    told, after = "", ""
    for part in plain:
        said = words(part)
        told += (" " if after.endswith(" of") else ", " if told else "") + said if said else ""
        after = said or after
    ends = [*(_entry(spec, "region", one) for one in regions), *years]
    return ", ".join([told, *ends] if told else ends)
