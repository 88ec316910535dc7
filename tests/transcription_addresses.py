"""Where each figure of the second transcription stands in the packaged catalog.

`ADDRESSES` names the places that hold a figure; `UNUSED` says why the others have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from transcription_rules import RULES
from transcription_sectors import BANDS, UNUSED_THERE, VALUES

Path = tuple[str | int, ...]
ALL: Final = ("value", "low", "high")


class Figure(NamedTuple):
    """One row of the second transcription; a part that the source lacks is None."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    source_row: str
    kind: str


@dataclass(frozen=True)
class Address:
    """A place in the catalog.

    Attributes
    ----------
    path : tuple
        Keys from the catalog down; `default` is skipped where a route holds one value for all.
    parts : tuple of str
        The parts of the figure that the place holds.
    band : tuple, optional
        Another place for low and high: a price path has its value in the spot, its band in anchors.
    sign : int
        -1 where the package counts the figure the other way round.
    price_year : int, optional
        Year of the money, where it must be checked.
    unit : bool
        False where the catalog keeps no unit beside the number.
    """

    path: Path
    parts: tuple[str, ...] = ALL
    band: Path | None = None
    sign: int = 1
    price_year: int | None = None
    unit: bool = True


def _value(*path: str | int, unit: bool = True) -> Address:
    return Address(path, ("value",), unit=unit)


def _dated(policy: str, variant: str, prefix: str, years: range) -> list[tuple[str, Address]]:
    return [
        (f"{prefix}.{year}", _value("policies", policy, "variants", variant, "values", year))
        for year in years
    ]


def _route(route: str, **places: str) -> list[tuple[str, Address]]:
    """Pair the figures of one route, given as quantity=catalog place, without a price year."""
    return [
        (
            f"route.{route}.{quantity}.global",
            Address(("routes", route, *place.split("/"), "default")),
        )
        for quantity, place in places.items()
    ]


def _price(key: str, commodity: str, region: str) -> tuple[str, Address]:
    at: Path = ("prices", commodity, region)
    return key, Address((*at, "spot"), band=(*at, "anchors", 2030))


_FORECASTS: Final = {
    "eu_ets": "analysts", "k_ets": "policy", "cn_ets": "analysts", "in_ccts": "expected",
}  # fmt: skip
"""The view that holds what forecasters say, by market."""


def _anchors(market: str, key: str, *years: int) -> list[tuple[str, Address]]:
    return [
        (
            f"market.{key}.anchor.{year}",
            Address(("markets", market, "views", _FORECASTS[market], "anchors", year)),
        )
        for year in years
    ]


def _history(market: str, key: str, years: range) -> list[tuple[str, Address]]:
    return [
        (f"observed.{key}.annual_mean.{y}", _value("markets", market, "history", y)) for y in years
    ]


def _money(
    route: str, quantity: str, place: str, year: int, region: str = "global"
) -> tuple[str, Address]:
    path = ("routes", route, place, "default" if region == "global" else region)
    return f"route.{route}.{quantity}.{region}", Address(path, price_year=year)


_GX: Final = ("markets", "gx_ets")

ADDRESSES: Final[list[tuple[str, Address]]] = [
    *_dated("eu_free_allocation", "law", "policy.eu_free_allocation.law", range(2026, 2035)),
    *_dated(
        "eu_free_allocation",
        "reform_2026",
        "policy.eu_free_allocation.reform_2026",
        range(2026, 2039),
    ),
    *_dated("eu_cbam_mark_up", "law", "policy.cbam_mark_up", range(2026, 2029)),
    *_dated("uk_free_allocation", "law", "policy.uk_free_allocation", range(2027, 2031)),
    ("policy.eu_cscf.2021-2025", _value("policies", "eu_cscf", "variants", "law", "values", 2021)),
    (
        "policy.eu_cscf.2026-2030",
        Address(("policies", "eu_cscf", "variants", "law", "values", 2026)),
    ),
    (
        "policy.eu_cscf.2031-2040_impact_assessment",
        Address(("policies", "eu_cscf", "variants", "law", "values", 2031)),
    ),
    (
        "policy.k_ets.leakage_sector_free_share.2026-2030",
        _value("policies", "kr_free_allocation", "variants", "law", "values", 2026),
    ),
    (
        "instrument.eu.indirect.intensity",
        _value("policies", "eu_indirect_compensation", "variants", "law", "values", 2026),
    ),
    (
        "policy.gx_ets.grandfathering_reduction.2026",
        _value("policies", "jp_benchmark_bf_bof", "variants", "law", "decline", unit=False),
    ),
    (
        "policy.ccts.steel_intensity.2023-24",
        _value("sectors", "steel", "regions", "IN", "average_intensity"),
    ),
    *(
        (f"policy.{key}", Address(("policies", policy, "variants", variant, "values", year)))
        for key, policy, variant, year in RULES
    ),
    *((key, _value(*path)) for key, path in VALUES),
    *((key, Address(path)) for key, path in BANDS),
    *(
        (
            f"benchmark.eu_ets.eaf_carbon_steel.{period}",
            _value("policies", f"{region}_benchmark_eaf", "variants", "law", "values", year),
        )
        for region, period, year in (
            ("eu", "2021-2025", 2021),
            ("eu", "2026-2030", 2026),
            ("eu", "2026-2030", 2030),
            ("uk", "2021-2025", 2021),
            ("uk", "2026-2030", 2027),
        )
    ),
    *(
        (
            f"benchmark.cbam.hrc_7208.{route}.column_b",
            _value("policies", f"eu_cbam_benchmark_{route}", "variants", "law", "values", 2026),
        )
        for route in ("bf_bof", "dri_eaf", "scrap_eaf")
    ),
    *(
        (
            f"default_value.{key}.{region}",
            _value("sectors", "steel", "regions", region, "default_intensity", good),
        )
        for key, good, regions in (
            ("hrc_7208", "hot_rolled", ("CN", "IN", "KR", "JP", "UK")),
            ("semis_7207", "semi_finished", ("CN", "IN", "KR", "JP")),
        )
        for region in regions
    ),
    ("market.gx_ets.corridor.floor.2026", _value(*_GX, "corridor", "floor", 2026)),
    ("market.gx_ets.corridor.ceiling.2026", _value(*_GX, "corridor", "ceiling", 2026)),
    ("market.gx_ets.corridor.growth", _value(*_GX, "corridor", "growth", unit=False)),
    *_anchors("eu_ets", "eu_ets", 2030, 2035, 2040),
    *_anchors("k_ets", "k_ets", 2030, 2035),
    *_anchors("cn_ets", "china_ets", 2030, 2035),
    *_anchors("in_ccts", "ccts", 2030),
    ("market.ccts.expectation.2026-27", _value("markets", "in_ccts", "spot")),
    ("market.ccts.expectation.2026-27", Address(("regions", "IN", "credit_price"))),
    *_history("eu_ets", "eua", range(2008, 2026)),
    *_history("uk_ets", "uka", range(2021, 2024)),
    ("observed.uka.auction_mean.2025", _value("markets", "uk_ets", "history", 2025)),
    *_history("k_ets", "kau", range(2015, 2026)),
    *_history("cn_ets", "cea", range(2021, 2026)),
    # Routes: money first, each in the price year of its source.
    _money("bf_bof", "capex_reline", "capex", 2020),
    _money("bf_bof", "fixed_opex_other", "other_opex", 2020),
    (
        "route.bf_bof.capex_greenfield.global",
        Address(("routes", "bf_bof", "greenfield", "capex"), price_year=2020),
    ),
    (
        "route.bf_bof_ccs.capex_capture_retrofit.global",
        Address(("routes", "bf_bof_ccs", "capture", "capex"), price_year=2019),
    ),
    _money("ng_dri_eaf", "capex_greenfield", "capex", 2020),
    _money("h2_dri_eaf", "capex_shaft_eaf", "capex", 2020),
    *(
        (
            "route.dri_project.capex.EU",
            Address(("routes", route, "capex", region), price_year=2025),
        )
        for route in ("ng_dri_eaf", "h2_dri_eaf")
        for region in ("EU", "UK")
    ),
    *(
        ("worldsteel.iron_ore", Address(("routes", route, "inputs", "iron_ore", "low"), ("value",)))
        for route in ("bf_bof",)
    ),
    ("worldsteel.scrap", _value("routes", "bf_bof", "inputs", "scrap")),
    ("quote.coking_coal.2025", _value("prices", "coking_coal", "default", "spot")),
    ("quote.hms_turkey.2025-01", _value("prices", "scrap", "default", "spot")),
    _money("hbi_import_eaf", "capex_EAF", "capex", 2025),
    _money("scrap_eaf", "capex_greenfield", "capex", 2025),
    _money("moe", "capex_greenfield", "capex", 2020),
    _money("moe", "fixed_opex_other", "other_opex", 2020),
    *_route(
        "bf_bof",
        iron_ore="inputs/iron_ore",
        scrap="inputs/scrap",
        coking_coal="inputs/coking_coal",
        thermal_coal_PCI="inputs/thermal_coal",
        natural_gas="inputs/natural_gas",
        slag_credit="byproducts/slag",
        emissions_scope1="emission_intensity",
        capacity_factor="utilisation",
    ),
    (
        "route.bf_bof.electricity_net.global",
        Address(("routes", "bf_bof", "byproducts", "wholesale_electricity"), sign=-1),
    ),
    *(
        (
            f"route.bf_bof.emissions_scope1.{region}",
            Address(("routes", "bf_bof", "emission_intensity", region)),
        )
        for region in ("EU", "KR", "JP", "CN", "IN")
    ),
    *_route(
        "bf_bof_ccs",
        capture_elec="capture/inputs/electricity",
        capture_gas="capture/inputs/natural_gas",
        capture_rate="capture/rate",
    ),
    *_route(
        "ng_dri_eaf",
        pellets="inputs/dr_pellet",
        natural_gas="inputs/natural_gas",
        electricity="inputs/electricity",
        emissions_scope1="emission_intensity",
        capacity_factor="utilisation",
    ),
    *_route(
        "h2_dri_eaf",
        pellets_DR_grade="inputs/dr_pellet",
        hydrogen="inputs/hydrogen",
        electricity_excl_electrolysis="inputs/electricity",
        carbon_coke="inputs/coking_coal",
        lime="inputs/lime",
        graphite_electrodes="inputs/electrodes",
        emissions_scope1="emission_intensity",
        capacity_factor="utilisation",
    ),
    ("route.h2_dri_eaf.natural_gas.US", Address(("routes", "h2_dri_eaf", "inputs", "natural_gas"))),
    *_route(
        "hbi_import_eaf",
        hbi="inputs/hbi",
        electricity="inputs/electricity",
        natural_gas_EAF="inputs/natural_gas",
        emissions_scope1="emission_intensity",
    ),
    *_route(
        "scrap_eaf",
        scrap="inputs/scrap",
        electricity="inputs/electricity",
        natural_gas="inputs/natural_gas",
        emissions_scope1="emission_intensity",
        capacity_factor="utilisation",
    ),
    *_route(
        "moe",
        electricity="inputs/electricity",
        iron_ore="inputs/iron_ore",
        emissions_scope1="emission_intensity",
    ),
    *(
        (f"route.{route}.lifetime.global", _value("routes", route, "lifetime"))
        for route in ("bf_bof", "ng_dri_eaf", "h2_dri_eaf")
    ),
    *(
        (f"route.{route}.earliest_year.{region}", _value("routes", route, "available_from"))
        for route, region in (
            ("bf_bof_ccs", "global"),
            ("ng_dri_eaf_ccs", "global"),
            ("h2_dri_eaf", "EU"),
            ("moe", "global"),
        )
    ),
    (
        "route.h2_dri_eaf.learning_rate_DRI_shaft.global",
        Address(("technologies", "dri_shaft", "learning_rate")),
    ),
    ("electrolyser.learning_rate", Address(("technologies", "electrolyser", "learning_rate"))),
    (
        "electrolyser_AEL.capex_system",
        Address(("prices", "hydrogen", "EU", "capex"), price_year=2025),
    ),
    ("electrolyser.fixed_opex", Address(("prices", "hydrogen", "EU", "fixed_opex"))),
    ("electrolyser.stack_lifetime", Address(("prices", "hydrogen", "EU", "stack_lifetime"))),
    *(
        _price(f"price.electricity_industrial_grid.{region}", "electricity", region)
        for region in ("EU", "CN", "IN", "JP", "KR")
    ),
    _price("price.electricity_renewable_ppa.EU", "renewable_electricity", "EU"),
    *(
        _price(f"price.natural_gas.{region}", "natural_gas", region)
        for region in ("EU", "CN", "IN")
    ),
    *(_price(f"price.natural_gas.{region}", "natural_gas", "default") for region in ("JP", "KR")),
    _price("price.coking_coal_PLV_HCC", "coking_coal", "default"),
    _price("price.iron_ore_62", "iron_ore", "default"),
    _price("price.scrap_HMS", "scrap", "default"),
    _price("price.lime", "lime", "default"),
    _price("route.hbi_import_eaf.hbi_price_NG.global", "hbi", "default"),
    _price("price.co2_transport_storage", "co2_transport_storage", "default"),
    ("observed.j_credit.2025", Address(("regions", "JP", "credit_price"))),
    *(
        (f"wacc.{region}", Address(("regions", region, "wacc")))
        for region in ("EU", "CN", "JP", "KR", "IN")
    ),
    *(
        (
            f"grid_emission_factor.{source}.{year}",
            _value("prices", "electricity", region, "emission_intensity", year, unit=False),
        )
        for source, region, years in (
            ("EU", "EU", (2025, 2030, 2040, 2050)),
            ("CN", "CN", (2025, 2030, 2040, 2050)),
            ("IN", "IN", (2025, 2030, 2040, 2050)),
            ("JP", "JP", (2025,)),
            ("KR", "KR", (2025,)),
            ("JP-KR", "JP", (2030, 2040, 2050)),
            ("JP-KR", "KR", (2030, 2040, 2050)),
        )
        for year in years
    ),
    *(
        (f"instrument.{key}", _value("instruments", *path))
        for key, path in (
            ("de.term", ("de_ccfd", "term")),
            ("de.exit", ("de_ccfd", "exit_after")),
            ("de.cut", ("de_ccfd", "eligible", "avoided")),
            ("de.largest", ("de_ccfd", "cap", "total")),
            ("de.tks.grant", ("de_dri_grant", "cap", "total")),
            ("idb.support", ("eu_decarbonisation_bank", "amount")),
            ("eu.public_buyers.first", ("eu_public_buyers", "first")),
            ("jp.credit", ("jp_production_credit", "amount")),
            ("jp.credit.years", ("jp_production_credit", "term")),
            ("jp.car", ("jp_clean_vehicles", "amount")),
            ("jp.hydrogen.term", ("jp_hydrogen_gap", "term")),
            ("in.sight.year_1", ("in_sight", "amount")),
            ("in.pilot.share", ("in_steel_pilot", "share")),
            ("in.pilot.money", ("in_steel_pilot", "cap", "total")),
        )
    ),
    ("instrument.de.green_revenue", Address(("instruments", "de_ccfd", "green_revenue"))),
    *(
        (f"buyer.survey.{part}", _value("buyers", buyer, "willingness", "quantiles", quantile))
        for buyer in ("steel_buyers", "automotive")
        for part, quantile in (("fifth", 0.8), ("twentieth", 0.95))
    ),
]

UNUSED: Final[dict[str, str]] = {
    **UNUSED_THERE,
    "instrument.kr.first": "a date without a place for its status: the records state it as assumed",
    "instrument.jp.credit.year_*": "steps without a place for their status: recalled, stated as assumed",
    "benchmark.cbam.pig_iron*": "no route sells pig iron",
    "benchmark.cbam.sintered_ore*": "no route sells sintered ore",
    "benchmark.eu_ets.eaf_high_alloy*": "carbon steel only",
    "default_value.hrc_7208.other": "each region has a value of its own",
    "observed.eua.first_half_mean*": "the spot is the mean of the CBAM certificate prices",
    "observed.uka.january*": "part of a year",
    "observed.uka.last_auction*": "one day",
    "observed.cea.last*": "the spot is the mean of points of 2026",
    "market.uk_ets.anchor.2030": "the price follows that of the EU",
    "market.gx_ets.anchor.2030": "views of the place in the corridor instead",
    "market.gx_ets.corridor.outlook*": "follows from floor, ceiling and growth",
    "route.*.trl.global": "readiness enters through risk premium and first year",
    "route.bf_bof_ccs.capex_greenfield*": "the host's capital plus capture instead",
    "route.bf_bof_ccs.fixed_opex_other*": "the host's, plus a share of the capture's capital",
    "route.bf_bof_ccs.iron_ore*": "the host's",
    "route.bf_bof_ccs.coking_coal*": "the host's",
    "route.bf_bof_ccs.emissions_scope1*": "computed from the host's and the capture rate",
    "route.ng_dri_eaf_ccs.natural_gas*": "the host's plus capture, whose gas is judged",
    "route.ng_dri_eaf_ccs.fixed_opex_other*": "the host's, plus a share of the capture's capital",
    "route.h2_dri_eaf.capex_project_actual*": "one project of several; dri_project holds them all",
    "price.DR_pellet": "an index and a premium instead",
    "route.bf_bof_ccs.electricity*": "grid power of capture with heat from gas instead",
    "route.bf_bof_ccs.capture_cost_all_in*": "a check on the parts, not a part",
    "route.h2_dri_eaf.electricity_total*": "hydrogen is bought at its own price",
    "route.hbi_import_eaf.hbi_price_green*": "HBI is gas-based",
    "electrolyser_PEM*": "one system, alkaline",
    "electrolyser_AEL.efficiency*": "enters the judged electricity demand with auxiliaries",
    "electrolyser.learning_rate_BoP*": "enters through the share that learns",
    "price.hydrogen*": "hydrogen is computed from electricity",
    "cost.hydrogen*": "hydrogen is computed from electricity",
    "price.*.US": "not a region of the package",
    "wacc.US": "not a region of the package",
    "discount_rate_default*": "each region has its own",
    "price.electricity_renewable_generation*": "generation alone, without firming and delivery",
    "price.coking_coal_model": "a price of 2020",
    "price.iron_ore_model": "a price of 2020",
    "price.iron_ore_fines": "far above the market price of 62 % ore",
    "price.scrap_model": "a price of 2020",
    "price.HRC": "the premium needs no steel price",
}
