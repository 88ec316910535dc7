"""The packaged catalog passes every check here, and is not checked again when a config is read."""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from batteries import some
from pydantic import ValidationError

import simcore
from simcore.errors import ConfigError
from simcore.intake import packaged, shipped
from simcore.intake.checks import find_faults
from simcore.intake.entries import Catalog
from simcore.intake.findings import Finding
from simcore.intake.stated import entries, quantities
from simcore.intake.unit_checks import unit_findings
from simcore.variables import OUTCOMES

SECTIONS = list(Catalog.model_fields)


@pytest.fixture
def anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package is read as if for the first time."""
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path))
    made = (shipped._read, shipped.records, shipped.pairs)
    for one in made:
        one.cache_clear()
    yield
    for one in made:
        one.cache_clear()


def faults_of_the_package(scenarios: Iterable[str] = ()) -> Iterator[Finding]:
    """What any check finds in a run of all that is packaged, sector by sector."""
    catalog = packaged.catalog()
    every = set.intersection(*(set(one["regions"]) for one in catalog["sectors"].values()))
    runs = [
        (sector, [*every], [name for name, one in catalog["routes"].items()
                            if one["sector"] == sector])
        for sector in catalog["sectors"]
    ]  # fmt: skip
    # Where only some sectors are at home nobody ships all that others buy: the usual routes.
    runs += [
        (sector, [name], one["routes"])
        for sector, one in catalog["sectors"].items() for name in one["regions"].keys() - every
    ]  # fmt: skip
    for sector, regions, routes in runs:
        products = [name for name, one in catalog["products"].items() if sector in one["uses"]]
        rules = catalog["sectors"][sector]["regions"]
        priced = set[str]().union(*(rules[region] for region in regions))
        # Instruments pay for plants of steel; a sector whose goods nobody prices has no such gap.
        paid = catalog["instruments"] if sector == "steel" else {}
        left_out = {"waterfall"} | ({"product_price", "market_gap"} - priced)
        none = (set() if products else {"product"}) | (set() if paid else {"project", "instrument"})
        left_out |= {name for name, one in OUTCOMES.items() if none & set(one.dims)}
        spec = simcore.load({
            "name": "all", "sector": sector, "regions": regions, "routes": routes,
            "outcomes": [name for name in OUTCOMES if name not in left_out], "keep": [],
            "parity": list(catalog["prices"]), "against": [f"EU.{rules['EU']['reference']}"],
            "exposures": {"mill": {"market": "eu_ets", "shortfall": 1, "first": 2030,
                                   "last": 2032}},
            "products": products,
            "decisions": {"nothing": [], "none": []},
            "budgets": {"tonnes": {"region": "EU", "route": routes[1], "volume": {2040: 5}}},
            "portfolios": {"firm": {"exposures": ["mill"], "rate": 0.05}},
            "accounts": {"fund": {"first": 2030, "last": 2032, "rate": 0.03, "inflow": {
                "sold": {"kind": "auction", "market": "eu_ets", "volume": {2030: 1}}}}},
            # One plant each: two strikes cannot both be solved.
            "projects": {f"plant_{name}": {
                "region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 15, "output": 1,
                "instruments": [name]} for name in paid},
            "scenarios": {name: name for name in scenarios} | {"base": {}},
        })  # fmt: skip
        yield from find_faults(spec.scenarios["base"], spec.scenarios, Path())


@pytest.mark.parametrize(
    "scenarios",
    [(), pytest.param(tuple(packaged.scenarios()), marks=pytest.mark.long)],
    ids=["alone", "each scenario"],
)
def test_the_package_passes_every_check(scenarios):
    assert shipped.catalog_of(packaged.catalog(), {})[1] == []
    assert list(faults_of_the_package(scenarios)) == []


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    catalog = copy.deepcopy(packaged.catalog())
    node: Any = catalog
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return catalog


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (("regions", "JP", "wacc"), "7 EUR/t", "EUR/t is money"),
        (("routes", "moe", "capex"), {"kind": "normal", "mean": 900, "sd": 300}, "minus infinity"),
        (("prices", "scrap", "default", "unit"), "EUR/MWh", "EUR/MWh"),
        (("policies", "eu_free_allocation", "variant"), "lwa", "lwa"),
        (("markets", "eu_ets", "corridor"), {"floor": {2026: 9}, "ceiling": {2026: 8}}, "floor"),
    ],
)
def test_a_broken_entry_does_not_pass(path, value, found, anew, monkeypatch):
    broken = changed(path, value)
    monkeypatch.setattr(packaged, "catalog", lambda: broken)
    said = []
    try:
        for one in faults_of_the_package():
            said.append(str(one))
            if found in said[-1]:
                return
    except ConfigError as error:
        said.append(str(error))
    assert found in said[-1], said


@pytest.mark.parametrize("section", some(SECTIONS, each=3))
def test_every_entry_is_among_those_checked(section):
    """An unknown key in any entry, and a strange unit of any of its numbers, is found."""
    spec = simcore.load({"name": "any"})
    experiment = next(iter(spec.scenarios.values()))
    whole = experiment.catalog
    for path, entry in entries(whole):
        if path[1] != section:
            continue
        # A blend has no emissions of its own, and an empty table is none that anybody writes.
        data = {key: one for key, one in entry.model_dump(exclude_none=True).items() if one != {}}
        with pytest.raises(ValidationError):
            type(entry).model_validate({**data, "strange": 1})
        places = [where for where, one, unit in quantities(entry) if unit is not None]
        if not places:
            continue
        node = data
        for part in places[0][:-1]:
            node = node[part]
        node[places[0][-1]] = {"value": 1, "unit": "furlong"}
        table = dict(getattr(whole, section))
        if section == "prices":
            table[path[2]] = {**table[path[2]], path[3]: type(entry).model_validate(data)}
        else:
            table[path[2]] = type(entry).model_validate(data)
        other = experiment.model_copy(update={"catalog": whole.model_copy(update={section: table})})
        found = list(unit_findings(other, Path(), set(shipped.records())))
        assert [one for one in found if one.address[: len(path)] == path], path


def test_what_a_config_leaves_alone_is_the_packaged_record():
    spec = simcore.load(
        {"name": "own", "catalog": {"regions": {"EU": {"wacc": 0.07}}},
         "scenarios": {"plain": {}, "law": "law"}}
    )  # fmt: skip
    plain, law = spec.scenarios["plain"].catalog, spec.scenarios["law"].catalog
    assert id(plain.regions["JP"]) in shipped.records()
    assert id(plain.regions["EU"]) not in shipped.records()
    # The scenarios share what they do not change.
    assert plain.regions["EU"] is law.regions["EU"]
    assert simcore.load({"name": "own"}).scenarios  # and the packaged record is as it was
    assert shipped.base()["catalog"]["regions"]["EU"] == packaged.catalog()["regions"]["EU"]


def test_a_packaged_entry_is_checked_against_what_a_config_changes():
    with pytest.raises(ConfigError) as caught:
        simcore.load({"name": "own", "catalog": {"prices": {"coking_coal": {"default": {
            "unit": "EUR/MWh"}}}}, "regions": ["EU"], "routes": ["bf_bof"]})  # fmt: skip
    assert "coking_coal" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        simcore.load({"name": "own", "years": "1995-2030"})
    assert "before the first year" in str(caught.value)


def made_of(config: dict[str, Any]) -> str:
    return str(simcore.load(config).resolved())


def test_the_cache_gives_what_the_tables_give_and_is_never_stale(anew, tmp_path, monkeypatch):
    file, config = tmp_path / "packaged" / "catalog.pickle", {"name": "own"}
    from_tables = made_of(config)
    kept = file.read_bytes()

    def broken() -> None:
        raise AssertionError("the tables are read")

    monkeypatch.setattr(packaged, "catalog", broken)
    shipped._read.cache_clear()
    assert made_of(config) == from_tables
    # Of another code or other data, cut short, or of somebody else's making: made anew.
    monkeypatch.undo()
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path))
    for content in (b"x" + kept[1:], kept[:-9], kept[:64] + b"cos\nsystem\n", b""):
        file.write_bytes(content)
        shipped._read.cache_clear()
        assert made_of(config) == from_tables
        assert file.read_bytes() == kept


def test_threads_that_read_at_once_share_the_records(anew, monkeypatch):
    made, both = shipped._made, threading.Barrier(2)

    def slowly() -> Any:
        # Whoever is let in waits for another, who must not come.
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1.0)
        return made()

    monkeypatch.setattr(shipped, "_made", slowly)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: shipped.known(), range(2))
    assert first.keys() == second.keys()


def test_the_digest_of_the_cache_knows_every_table_and_source(tmp_path, monkeypatch):
    copied = tmp_path / "simcore"
    shutil.copytree(shipped._PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(shipped, "_PACKAGE", copied)
    seen = {shipped._digest()}
    for name in ("data/price/base.csv", "data/policy/eu.yaml", "intake/entries.py", "dated.py"):
        (copied / name).write_text((copied / name).read_text("utf-8") + "\n", encoding="utf-8")
        seen.add(shipped._digest())
    assert len(seen) == 5


def test_all_code_that_makes_the_records_counts_in_the_digest():
    statement = (
        "import sys; from simcore.intake import shipped; shipped._made(); print(*("
        "one.__file__ for name, one in sys.modules.items() if name.startswith('simcore')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert any(one.endswith("entries.py") for one in loaded)
    assert loaded <= set(shipped.deciding())


def test_without_a_cache_all_is_as_with_one(anew, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path / "file"))
    assert made_of({"name": "own"})
    if os.name == "posix":
        monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path / "open"))
        shipped._read.cache_clear()
        (tmp_path / "open" / "packaged").mkdir(parents=True)
        (tmp_path / "open" / "packaged").chmod(0o777)
        assert made_of({"name": "own"})
        assert not list((tmp_path / "open" / "packaged").iterdir())
