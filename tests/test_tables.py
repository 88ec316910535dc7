"""The packaged tables: provenance of every value, deciding numbers, and what must be refused."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from simcore.intake import packaged
from simcore.intake.packaged import TableError, provenance
from simcore.units.names import parse_unit

DATA = Path(packaged.__file__).parents[2] / "data"
CATALOG = packaged.catalog()
POLICIES = CATALOG["policies"]
MET = CATALOG["sectors"]["steel"]["regions"]
REGIONS = ["EU", "UK", "KR", "JP", "CN", "IN"]
WITHOUT_MARKET = ["OM", "AU", "US", "GULF", "MZ"]
"""Where something is made for others, or steel in a run, without a carbon market."""
LIKE_EU = ["SE", "IS"]
ROUTES = [
    "bf_bof", "bf_bof_ccs", "bf_bof_h2_injection", "ng_dri_eaf", "ng_dri_eaf_ccs", "h2_dri_eaf",
    "hbi_import_eaf", "scrap_eaf", "moe", "slab_import",
]  # fmt: skip
MELTING = ["hbi_oman_gas_eaf", "hbi_oman_eaf", "hbi_australia_eaf", "hbi_sweden_eaf", "hbi_us_eaf"]
"""Steel of iron that is made elsewhere, like hbi_import_eaf."""
METAL = ["aluminium_mozambique", "aluminium_iceland", "aluminium_gulf"]
"""Metal of smelters elsewhere, like aluminium_import."""


def values(policy: str, variant: str = "law") -> dict[int, float]:
    """Dated values of a policy, distributions at their central value."""
    table = POLICIES[policy]["variants"][variant]["values"]
    return {year: central(value) for year, value in table.items()}


def central(value: object) -> float:
    if isinstance(value, dict):
        for key in ("value", "mode", "central"):
            if key in value:
                return float(value[key])
        return (value["low"] + value["high"]) / 2
    return float(value)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------- provenance


def test_every_value_has_unit_source_place_and_status() -> None:
    listed = packaged.records()
    assert len(listed) > 500
    for record in listed:
        parse_unit(record.unit)
        assert record.source in packaged.sources()
        assert record.at.strip()
        assert record.status in provenance.STATUSES
    assert all(count == 1 for count in Counter((r.file, r.name) for r in listed).values())


def test_every_source_is_used() -> None:
    used = {record.source for record in packaged.records()}
    # Some entries name the source of the whole, such as the hydrogen cost that ACER reports.
    for entries in (*CATALOG["prices"].values(), CATALOG["policies"], CATALOG["technologies"]):
        used |= {entry.get("source") for entry in entries.values()}
    assert set(packaged.sources()) <= used


def test_judgement_and_synthesis_are_always_assumed() -> None:
    own = {key for key, entry in packaged.sources().items() if entry["kind"] == "judgement"}
    assert own == {"judgement", "synthesis"}
    assert {r.status for r in packaged.records() if r.source in own} == {"assumed"}


@pytest.mark.parametrize("word", ["recalled", "judged from", "assumed"])
def test_recalled_values_are_not_called_seen(word: str) -> None:
    # A band may be seen in one number only: `at` then starts with the one that was.
    for record in packaged.records():
        if record.at.startswith(word):
            assert record.status == "assumed", record


def test_no_path_of_a_machine_stands_in_the_data() -> None:
    for path in DATA.rglob("*"):
        if path.is_file():
            assert not re.search(
                r"(?<![\w.])/(farm|work|home|tmp|root|Users)/", path.read_text("utf-8")
            ), path


def test_callers_cannot_change_the_tables() -> None:
    packaged.catalog()["regions"]["EU"]["currency"] = "XXX"
    packaged.base()["money"]["exchange"]["USD"] = 0.0
    packaged.sources().clear()
    assert packaged.catalog()["regions"]["EU"]["currency"] == "EUR"
    assert packaged.base()["money"]["exchange"]["USD"] == 1.13
    assert packaged.sources()


# -------------------------------------------------------------------------- deciding numbers


def test_free_allocation_of_the_law_and_of_the_proposal() -> None:
    law = values("eu_free_allocation")
    cbam_factor = {year: round(100 * (1 - share), 6) for year, share in law.items()}
    assert cbam_factor == {
        2026: 2.5, 2027: 5, 2028: 10, 2029: 22.5, 2030: 48.5, 2031: 61, 2032: 73.5, 2033: 86,
        2034: 100,
    }  # fmt: skip
    reform = values("eu_free_allocation", "reform_2026")
    phased_out = [2.5, 5, 8.5, 19, 41, 52, 62.5, 73, 85, 85, 85, 85, 100]
    assert [round(100 * (1 - share), 6) for share in reform.values()] == phased_out
    assert list(reform) == list(range(2026, 2039))
    assert all(reform[year] >= share for year, share in law.items())
    drawn = POLICIES["eu_free_allocation"]["variant"]
    odds = dict(zip(drawn["values"], drawn["probabilities"], strict=True))
    assert odds == pytest.approx({"law": 1 / 3, "reform_2026": 2 / 3})
    assert drawn["status"] == "assumed"


def test_deciding_numbers_of_cbam() -> None:
    assert values("eu_cbam_mark_up") == {2026: 0.1, 2027: 0.2, 2028: 0.3}
    assert values("eu_cbam_coverage_steel") == {2023: 0.0, 2026: 1.0}
    for route, value in (("bf_bof", 1.370), ("dri_eaf", 0.481), ("scrap_eaf", 0.072)):
        assert values(f"eu_cbam_benchmark_{route}")[2026] == value
    defaults = {name: rules.get("default_intensity", {}) for name, rules in MET.items()}
    hot_rolled = {name: goods["hot_rolled"] for name, goods in defaults.items() if goods}
    assert hot_rolled == {"UK": 2.42, "KR": 2.118, "JP": 2.10, "CN": 3.19, "IN": 4.28, "US": 1.4}
    slabs = {name: goods["semi_finished"] for name, goods in defaults.items() if len(goods) > 1}
    assert slabs == {"KR": 2.118, "JP": 2.10, "CN": 3.17, "IN": 4.27}
    assert CATALOG["sectors"]["steel"]["cbam"]["good"] == "hot_rolled"
    assert values("eu_recognition_default", "draft_2026") == {2026: 0.0}
    assert POLICIES["eu_recognition_default"]["variant"] == "draft_2026"


@pytest.mark.parametrize(
    ("year", "hot_metal", "coke", "sinter"),
    [(2021, 1.288, 0.217, 0.157), (2026, 1.248, 0.143, 0.086)],
)
def test_eu_benchmark_of_integrated_steel_is_its_derivation(
    year: int, hot_metal: float, coke: float, sinter: float
) -> None:
    derived = 0.95 * hot_metal + 0.34 * coke + 1.05 * sinter
    assert values("eu_benchmark_bf_bof")[year] == pytest.approx(derived, abs=0.001)


def test_eu_benchmarks_of_furnaces_and_direct_reduction() -> None:
    assert values("eu_benchmark_eaf") == {2021: 0.215, 2026: 0.142, 2030: 0.142}
    # Steel made of iron under the hot metal benchmark gets no furnace benchmark as well.
    for name, year in (("eu_benchmark_dri_eaf", 2026), ("uk_benchmark_dri_eaf", 2027)):
        assert values(name)[year] == pytest.approx(1.06 * 1.248, abs=0.0005)
    # Column B is column A and the pellets of a tonne of iron.
    column_b, column_a = (
        values("eu_precursor_benchmark_hbi", one)[2026] for one in ("column_b", "column_a")
    )
    assert POLICIES["eu_precursor_benchmark_hbi"]["variant"] == "column_b"
    assert column_b == 0.397
    assert 1.1 < (column_b - column_a) / 0.086 < 1.45


def test_spot_of_the_eu_market_is_the_mean_of_the_certificate_prices() -> None:
    spot = CATALOG["markets"]["eu_ets"]["spot"]
    assert spot["value"] == pytest.approx((75.36 + 75.28 + 82.32) / 3, abs=0.005)
    assert CATALOG["markets"]["eu_ets"]["history"][2025] == 74.29


def test_corridor_of_japan() -> None:
    corridor = CATALOG["markets"]["gx_ets"]["corridor"]
    assert corridor == {"floor": {2026: 1700}, "ceiling": {2026: 4300}, "growth": 0.03}
    # A view within 3 % of the floor, one within 3 % of the ceiling, as shares of the way.
    views = CATALOG["markets"]["gx_ets"]["views"]
    ends = {name: views[name]["position"] for name in ("floor", "ceiling")}
    assert (ends["floor"]["low"], ends["ceiling"]["high"]) == (0.0, 1.0)
    assert ends["floor"]["high"] == pytest.approx(0.03 * 1700 / 2600, abs=1e-4)
    assert ends["ceiling"]["low"] == pytest.approx(1 - 0.03 * 4300 / 2600, abs=1e-4)


def test_india_follows_the_sector_path_scaled_to_the_plant() -> None:
    plant = central(CATALOG["routes"]["bf_bof"]["emission_intensity"]["IN"])
    target = values("in_benchmark_bf_bof")
    assert target[2023] == plant
    assert target[2029] / plant == pytest.approx(2.20 / 2.54, abs=0.001)


# ------------------------------------------------------------------------------ plausibility


@pytest.mark.parametrize(
    "name",
    sorted(
        n
        for n in POLICIES
        if ("benchmark" in n or "free_allocation" in n) and n != "kr_benchmark_share"
    ),
)
def test_benchmarks_and_free_shares_never_rise(name: str) -> None:
    for variant, table in POLICIES[name]["variants"].items():
        path = values(name, variant)
        if (name, variant) == ("eu_free_allocation", "repealed"):
            continue  # free allocation returns with the end of CBAM
        if name.endswith("benchmark_dri_eaf"):
            # the one rise in the law: direct reduction enters the hot-metal benchmark
            path = {year: value for year, value in path.items() if year > 2021}
        assert list(path) == sorted(path)
        assert np.all(np.diff(list(path.values())) <= 1e-12)
        assert 0 <= table.get("decline", 0) < 0.05


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_policies_are_well_formed(name: str) -> None:
    policy = POLICIES[name]
    chosen = policy["variant"]
    assert set(chosen["values"] if isinstance(chosen, dict) else [chosen]) <= set(
        policy["variants"]
    )
    assert 2000 < policy["known_until"] <= 2035
    for variant, table in policy["variants"].items():
        if policy["unit"] in ("1", "t/t"):
            assert all(0 <= value < 5 for value in values(name, variant).values())
        assert min(values(name, variant).values()) >= 0
        assert table["end"] is None or table["end"] >= max(table["values"])


@pytest.mark.parametrize("name", sorted(n for n in POLICIES if "coverage" in n or "mark_up" in n))
def test_coverage_and_mark_up_never_fall(name: str) -> None:
    assert np.all(np.diff(list(values(name).values())) >= 0)


def test_anchors_are_ordered_bands() -> None:
    paths = list(CATALOG["markets"].values())
    for regions in CATALOG["prices"].values():
        paths += [path for path in regions.values() if "spot" in path]
    anchored = [path for path in paths if path.get("anchors")]
    for market in CATALOG["markets"].values():
        views = market.get("views", {}).values()
        anchored += [{"spot": market["spot"], **view} for view in views if view.get("anchors")]
    assert len(anchored) > 25
    for path in anchored:
        years = list(path["anchors"])
        assert years == sorted(years)
        spot = path["spot"]
        assert years[0] > spot.get("year", int(str(spot.get("date", "0"))[:4]))
        for anchor in path["anchors"].values():
            if "sd" in anchor:
                assert anchor["central"] > 0
                assert 0 <= anchor["sd"] < 1.5
            else:
                assert 0 < anchor["low"] < anchor["central"] < anchor["high"]
            assert anchor["status"] == "assumed"


def test_every_region_and_route_is_complete() -> None:
    assert set(CATALOG["regions"]) == {*REGIONS, *WITHOUT_MARKET, *LIKE_EU}
    steel = [name for name, one in CATALOG["routes"].items() if one["sector"] == "steel"]
    assert [name for name in steel if name not in MELTING] == ROUTES
    assert set(steel) == {*ROUTES, *MELTING}
    for name, region in CATALOG["regions"].items():
        known = {None} if name in WITHOUT_MARKET else set(CATALOG["markets"])
        assert region.get("market") in known
    for name, sector in CATALOG["sectors"].items():
        made = {one: route for one, route in CATALOG["routes"].items() if route["sector"] == name}
        own = {one for one, route in made.items() if "host" not in route}
        own -= {*MELTING, *METAL}
        blends = {one for one in own if "made_from" in made[one]}
        assert sector["product"]
        assert set(sector["routes"]) <= set(made)
        # Each region is complete for each sector.
        assert set(sector["regions"]) - {*WITHOUT_MARKET, *LIKE_EU} == set(REGIONS)
        for region, rules in sector["regions"].items():
            if region in (*WITHOUT_MARKET, *LIKE_EU):
                continue
            assert set(rules) >= {"coverage", "free_allocation", "cscf", "border"}
            # A blend has the benchmark of what is inside.
            assert set(rules["benchmarks"]) - {*MELTING, *METAL} == own - blends
            assert rules["reference"] in made
            if CATALOG["regions"][region]["market"] != packaged.base()["cbam"]["market"]:
                assert sector["cbam"]["good"] in rules["default_intensity"]
                assert rules["average_intensity"] > 0
    for region in REGIONS:
        rules = MET[region]
        benchmarks = dict(rules["benchmarks"])
        assert benchmarks.pop("slab_import") == 0.0
        assert set(benchmarks.values()) <= set(POLICIES)
    for route in CATALOG["routes"].values():
        if "host" in route:
            assert set(route) <= {
                "title", "sector", "host", "capture", "made_from", "available_from",
                "buys_instead", "shares", "inputs", "emission_intensity", "note",
            }  # fmt: skip
            continue
        assert "made_from" in route or route["cbam_benchmark"] in POLICIES
        for commodity in (*route["inputs"], *route.get("byproducts", {})):
            prices = CATALOG["prices"][commodity]
            assert "default" in prices or set(REGIONS) <= set(prices), commodity
    assert set(REGIONS) <= set(CATALOG["prices"]["hydrogen"])


@pytest.mark.parametrize("region", ["KR", "JP", "CN", "IN"])
def test_low_carbon_routes_hold_no_surplus_where_no_law_gives_one(region: str) -> None:
    record = MET[region]
    for route in ("ng_dri_eaf", "h2_dri_eaf", "scrap_eaf", "hbi_import_eaf"):
        own = CATALOG["routes"][route]["emission_intensity"]
        granted = max(values(record["benchmarks"][route], "process").values())
        assert granted <= central(own) + 1e-9


@pytest.mark.parametrize(
    ("route", "taken", "left"),
    [("bf_bof_ccs", (1.1, 1.4), (0.7, 0.95)), ("ng_dri_eaf_ccs", (0.35, 0.5), (0.2, 0.35))],
)
def test_capture_takes_what_figures_of_plants_say(
    route: str, taken: tuple[float, float], left: tuple[float, float]
) -> None:
    """MPP captures 1.43 t of a blast furnace at every stack; ptx-boa and MPP leave 0.1 to 0.5 t."""
    capture = CATALOG["routes"][route]["capture"]
    host = CATALOG["routes"][CATALOG["routes"][route]["host"]]
    unabated = host["emission_intensity"]
    unabated = central(unabated.get("EU", unabated) if "kind" not in unabated else unabated)
    unit = {"MWh/t": 3.6, "GJ/t": 1.0}[capture["inputs"]["natural_gas"]["unit"]]
    own = unit * central(capture["inputs"]["natural_gas"])
    own *= central(capture["emission_factors"]["natural_gas"])
    rate = central(capture["rate"])
    captured = rate * unabated / (1 - rate * own)
    assert taken[0] < captured < taken[1]
    assert left[0] < unabated + own * captured - captured < left[1]


@pytest.mark.parametrize("group", ["factors", "shocks"])
def test_default_correlations_are_positive_definite(group: str) -> None:
    pairs = packaged.base()["correlations"][group]
    names = list(dict.fromkeys(name for pair in pairs for name in pair["between"]))
    matrix = np.eye(len(names))
    for pair in pairs:
        i, j = (names.index(name) for name in pair["between"])
        assert i != j
        assert matrix[i, j] == 0, f"{pair} twice"
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * pair["rank"] / 6)
    assert np.linalg.eigvalsh(matrix)[0] > 0.01


def test_correlated_names_exist() -> None:
    correlations = packaged.base()["correlations"]
    paths = set(CATALOG["markets"]) | {
        f"{commodity}.{region}"
        for commodity, regions in CATALOG["prices"].items()
        for region, price in regions.items()
        if "spot" in price
    }
    for pair in correlations["shocks"]:
        assert set(pair["between"]) <= paths
    for name in (name for pair in correlations["factors"] for name in pair["between"]):
        assert name.removesuffix(".anchor") in paths or name.split(".")[0] in CATALOG["routes"], (
            name
        )


def test_base_year_and_currencies() -> None:
    money = packaged.base()["money"]
    assert set(money["exchange"]) == {"USD", "GBP", "KRW", "JPY", "CNY", "INR"}
    assert set(money["deflator"]) == {*money["exchange"], "EUR"}
    for index in money["deflator"].values():
        assert index[money["base_year"]] == 1.0
        assert all(np.diff(list(index.values())) > -0.01)


# ------------------------------------------------------------------------------- refusals


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private copy of the tables, with cold caches before and after."""
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    caches = (packaged._load, packaged._sources, packaged._base, packaged.reality)
    monkeypatch.setattr(packaged, "_DATA", copy)
    for cache in caches:
        cache.cache_clear()
    yield copy
    for cache in caches:
        cache.cache_clear()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


STEEL = "technology/steel.csv"
FAULTS = [
    (STEEL, "mpp_steel", "nobody", "steel.csv:2: found source 'nobody'"),
    (STEEL, ",seen\n", ",\n", "steel.csv:2: found no status"),
    (STEEL, ",seen\n", ",rumour\n", "steel.csv:2: found status 'rumour'"),
    (STEEL, "64,188,285", "200,188,285", "steel.csv:2: .*low <= central"),
    (STEEL, "64,188,285", "64,,285", "steel.csv:2: found no central"),
    (STEEL, "64,188,285", ",188,285", "steel.csv:2: .*both or none"),
    (STEEL, "64,188,285", "64,188,inf", "steel.csv:2: .*finite"),
    (STEEL, "(t/yr),EUR,2020", "(t/yr),EUR,", "steel.csv:2: .*price year"),
    (STEEL, "(t/yr),EUR,2020", "(t/yr),USD,2020", "steel.csv:2: .*in USD"),
    (STEEL, "default,bf_bof,capex", "default,bof,capex", "steel.csv:2: .*route 'bof'"),
    (STEEL, "default,bf_bof,lifetime", "EU,bf_bof,lifetime", "lifetime of EU"),
    (STEEL, "region,route", "route,region", "steel.csv:1: found columns"),
    ("price/base.csv", "electricity,EU,2030", "electricity,EU,2020", "base.csv:3: .*years rising"),
    ("price/base.csv", "electricity,EU,2030", "steam,EU,2030", "base.csv:3: .*commodity 'steam'"),
    ("policy/eu.yaml", "      source: directive_2003_87\n", "", "allocation.law: found no source"),
    ("policy/eu.yaml", "      end: 2034\n", "", "eu_free_allocation.law: found no end"),
    ("policy/eu.yaml", "  known_until: 2026\n", "", "eu_free_allocation: found no known_until"),
    ("policy/eu.yaml", '  unit: "1"\n', "", "eu_free_allocation.law: found no unit"),
    ("sources.yaml", "kind: regulation\n", "kind: rumour\n", "directive_2003_87: found kind"),
    ("sources.yaml", "  date: 2023-05-10\n", "", "directive_2003_87: found no date"),
    ("exchange.yaml", "base_year: 2025", "base_year: 2024", "exchange.yaml: base_year"),
    (
        "base.yaml",
        "rank: 0.95, source: judgement, at: one gas market",
        "rank: 0.95, source: judgement",
        "natural_gas.EU.anchor/natural_gas.UK.anchor: .*no at",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), FAULTS)
def test_a_faulty_table_is_refused_by_file_and_row(
    data: Path, file: str, old: str, new: str, message: str
) -> None:
    edit(data / file, old, new)
    with pytest.raises(TableError, match=message):
        packaged.records()


def test_a_second_row_for_one_quantity_is_refused(data: Path) -> None:
    path = data / "technology" / "steel.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), "utf-8")
    with pytest.raises(TableError, match="a second capex of default"):
        packaged.catalog()


def test_a_short_row_is_refused(data: Path) -> None:
    with (data / "price/base.csv").open("a", encoding="utf-8") as file:
        file.write("scrap,UK,2025,1\n")
    with pytest.raises(TableError, match="4 cells"):
        packaged.catalog()


def test_a_row_without_band_is_a_constant() -> None:
    lifetime = CATALOG["routes"]["bf_bof"]["lifetime"]
    assert lifetime == 20
    assert isinstance(lifetime, int)
    factor = CATALOG["routes"]["bf_bof"]["first_of_a_kind"]
    assert factor["kind"] == "constant"
    assert factor["value"] == 1.0
    capex = CATALOG["routes"]["bf_bof"]["capex"]
    assert (capex["kind"], capex["mode"], capex["price_year"]) == ("triangular", 188.0, 2020)
