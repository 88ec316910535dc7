"""Packaged data are valid configs: any entry copied into a config checks, in one dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_language import SCHEMA, accepts

import simcore
from simcore.errors import ConfigError
from simcore.intake import document, packaged, shipped, sourced
from simcore.intake.overlay import merge

DATA = Path(packaged.__file__).parents[2] / "data"
FOLDERS = {
    "market": "markets", "system": "systems", "policy": "policies", "sector": "sectors",
    "instrument": "instruments", "technology": "routes",
}  # fmt: skip
FILES = {
    "regions.yaml": "regions", "buyers.yaml": "buyers", "learning.yaml": "technologies",
    "products.yaml": "products",
}  # fmt: skip


def raw(file: Path | str) -> Any:
    return document.read(DATA / file).data


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every entry as it is written, with the config that it is copied into."""
    sections = dict(FILES)
    for folder, section in FOLDERS.items():
        names = (path.name for path in sorted((DATA / folder).glob("*.yaml")))
        sections |= {f"{folder}/{name}": section for name in names}
    for file, section in sections.items():
        for name, entry in raw(file).items():
            yield f"{file}: {name}", {"catalog": {section: {name: entry}}}
    for path in sorted((DATA / "price").glob("*.yaml")):
        yield from priced(raw(path))
    for name, changes in packaged.scenarios().items():
        yield f"scenarios/{name}", {"scenarios": {name: changes}}
    for file in ("base.yaml", "exchange.yaml"):
        yield file, raw(file)


def priced(prices: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    groups = {**prices.get("indexed", {})}
    for name, regions in prices.get("computed", {}).items():
        groups[name] = {**groups.get(name, {}), **regions}
    for name, regions in prices.get("emission_intensity", {}).items():
        for region, entry in regions.items():
            place = {name: {region: {"emission_intensity": entry}}}
            yield f"emissions of {name} {region}", {"catalog": {"prices": place}}
    for name, entry in prices.get("commodities", {}).items():
        groups.setdefault(name, {})
        for region, path in packaged.catalog()["prices"][name].items():
            # In other places it may follow an index, or be computed, by another file.
            if region not in groups[name] and "process" in path:
                yield f"{name} {region}", {"catalog": {"prices": {name: {region: entry}}}}
    for name, regions in groups.items():
        for region, entry in regions.items():
            yield f"{name} {region}", {"catalog": {"prices": {name: {region: entry}}}}


ENTRIES = dict(entries())


def test_every_entry_copied_into_a_config_checks() -> None:
    """Those of a section together: all of their faults are told at once, each with its address."""
    assert len(ENTRIES) > 150
    together: dict[str, dict[str, Any]] = {}
    for name, config in ENTRIES.items():
        ((section, *_),) = [[*config.get("catalog", {}), *config]]
        at = name if name.endswith(".yaml") else section
        together[at] = merge(together.get(at, {"name": "copied"}), config)
    wrong = []
    for config in together.values():
        try:
            simcore.load(config)
        except ConfigError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("section", sorted({*FOLDERS.values(), *FILES.values()} - {"routes"}))
def test_a_copied_entry_is_the_packaged_one(section: str) -> None:
    copied: dict[str, Any] = {}
    for config in ENTRIES.values():
        copied |= config.get("catalog", {}).get(section, {})
    given = simcore.load({"catalog": {section: copied}}).resolved()["catalog"].get(section)
    assert set(copied) == set(packaged.catalog()[section])
    known = simcore.load({}).resolved()["catalog"].get(section)
    assert {name: given[name] for name in known} == known


@pytest.mark.parametrize(
    "file", sorted(DATA.rglob("*.yaml")), ids=lambda path: str(path.relative_to(DATA))
)
def test_packaged_files_read_as_a_config_does(file: Path) -> None:
    """The quick reader of the package and the careful one of configs see the same."""
    quick = yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    if file.name == "sources.yaml":
        quick = {key: {**entry, "date": str(entry["date"])} for key, entry in quick.items()}
    assert document.read(file).data == quick


def test_values_keep_their_source_in_the_records() -> None:
    told = {one.name: one for one in packaged.records() if one.file == "sector/steel.yaml"}
    value = told["steel.regions.UK.average_intensity"]
    assert (value.value, value.unit, value.source) == ({"value": 1.4}, "t/t", "judgement")
    assert packaged.catalog()["sectors"]["steel"]["regions"]["UK"]["average_intensity"] == 1.4


@pytest.mark.parametrize(
    ("path", "stated", "plain"),
    [
        ("catalog.regions.EU.recognised", {"value": 50, "unit": "%", "source": "us"}, 0.5),
        ("catalog.sectors.steel.regions.EU.average_intensity", {"value": 1500, "unit": "kg/t"}, 1.5),
        ("catalog.prices.hydrogen.EU.lifetime", {"value": 25, "unit": "yr", "at": "p. 2"}, 25),
        ("catalog.systems.eu_ets.bank", {"values": {2024: 1.1, 2025: 1.0}, "unit": "Gt"},
         {2024: 1100.0, 2025: 1000.0}),
        ("catalog.systems.eu_ets.variants.law.upper", {"value": 800, "note": "ours"}, 800),
        ("catalog.prices.electricity.EU.emission_intensity",
         {"values": {2026: 200}, "unit": "kg/MWh"}, {2026: 0.2}),
        ("catalog.markets.eu_ets.history", {"values": {2025: 70}, "unit": "EUR/t"}, {2025: 70}),
        ("money.exchange", {"values": {"USD": 1.1}, "source": "us"}, {"USD": 1.1}),
        ("plant.output", {"value": 2, "status": "seen"}, 2),
        ("money.inflation", {"value": 3, "unit": "%"}, 0.03),
    ],
)  # fmt: skip
def test_a_number_may_say_where_it_comes_from(path: str, stated: Any, plain: Any) -> None:
    def at(value: Any) -> dict[str, Any]:
        for part in reversed(path.split(".")):
            value = {part: value}
        return value

    found = sourced.bare(at(stated), shipped.base())
    assert found == at(pytest.approx(plain))
    assert simcore.load(at(stated)).resolved() == simcore.load(found).resolved()


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"value": 25, "unit": "MWh"}, "a number in yr"),
        ({"value": 25, "price_year": 2020}, "a number"),
        ({"value": 25, "sauce": "us"}, "a number"),
    ],
)
def test_what_does_not_fit_is_refused(stated: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load({"catalog": {"prices": {"hydrogen": {"EU": {"lifetime": stated}}}}})
    (fault,) = caught.value.faults
    assert (fault.where, fault.expected) == ("catalog.prices.hydrogen.EU.lifetime", said)


def test_rules_of_a_system_may_be_like_others() -> None:
    changes = {"ours": {"like": "law", "upper": 700}}
    spec = simcore.load({
        "regions": ["EU"], "catalog": {"systems": {"eu_ets": {"variants": changes}}},
        "scenarios": {"law": {}, "high": {"catalog": {"systems": {"eu_ets": {"variants": {
            "law": {"lower": 300}, "theirs": {"like": "ours", "release": 50}}}}}}},
    })  # fmt: skip
    rules = spec.scenarios["high"].catalog.systems["eu_ets"].variants
    assert (rules["ours"].upper, rules["ours"].lower, rules["ours"].release) == (700, 300, 100)
    assert (rules["theirs"].upper, rules["theirs"].release) == (700, 50)
    assert spec.scenarios["law"].catalog.systems["eu_ets"].variants["ours"].lower == 400


def test_an_editor_accepts_every_entry() -> None:
    plain = {name: json.loads(json.dumps(config)) for name, config in ENTRIES.items()}
    assert [name for name, config in plain.items() if not accepts(SCHEMA, config)] == []
