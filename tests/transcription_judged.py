"""Figures that the package sets otherwise on judgement: which parts, and why."""

from __future__ import annotations

from typing import Final, NamedTuple


class Judged(NamedTuple):
    """Parts that the package sets on judgement, and those of them outside the source's band."""

    parts: str
    reason: str
    outside: str = ""


_BAND: Final = "low and high are P10 and P90 of 2030, the source's are the range of all cases; "
_LOW_RISK: Final = (
    "the source's low is a low-risk country rate, not a project rate: 1.5 points are added"
)

_SPREAD: Final = (
    "one view of several: its spread is what forecasters differ by, the rest is in others"
)

JUDGED: Final[dict[str, Judged]] = {
    "compensation.eu.factor.2026-2030": Judged(
        "high", "no higher than the factor of Central-West Europe until 2025"
    ),
    # markets
    "market.eu_ets.anchor.2030": Judged("value low high", _SPREAD),
    "market.eu_ets.anchor.2035": Judged("low high", _SPREAD),
    "market.eu_ets.anchor.2040": Judged("low high", _SPREAD),
    "market.k_ets.anchor.2030": Judged("value low high", _SPREAD, outside="high"),
    "market.k_ets.anchor.2035": Judged("value low high", _SPREAD),
    "market.china_ets.anchor.2030": Judged("low high", _SPREAD),
    "market.china_ets.anchor.2035": Judged("low high", _SPREAD),
    "market.ccts.anchor.2030": Judged("value low high", _SPREAD),
    # routes
    "route.bf_bof.capex_greenfield.global": Judged(
        "high", "best available 1067 in MPP; 1096 is another model's, in money of 2025"
    ),
    "route.bf_bof.iron_ore.global": Judged(
        "value low high",
        "1.539 goes with 0.051 t of scrap, not with 0.125; 1.12 charges a quarter of scrap",
    ),
    "route.bf_bof.scrap.global": Judged("high", "0.255 belongs to the ore use left out above"),
    "route.bf_bof.coking_coal.global": Judged(
        "value low", "worldsteel counts 0.78 in all; 0.441 belongs to a quarter of scrap"
    ),
    "route.bf_bof.electricity_net.global": Judged(
        "value low high", "many sites export nothing; a by-product is not negative"
    ),
    "route.bf_bof.emissions_scope1.KR": Judged(
        "high", "2.12 is the default value of 2.118, rounded"
    ),
    "route.bf_bof.emissions_scope1.CN": Judged(
        "value high",
        "2.2 at 90 % blast furnaces is the sector average of 2.0; the default value of 3.19 "
        "averages routes and gaps in data, and is not a plant",
    ),
    "route.bf_bof.emissions_scope1.IN": Judged(
        "value high",
        "mode near the sector average of 2.54; the default value of 4.28 is punitive and holds "
        "coal-based DRI",
    ),
    "route.ng_dri_eaf.pellets.global": Judged("value low", "between MPP and ptx-boa"),
    "route.ng_dri_eaf.natural_gas.global": Judged(
        "value low", "between MPP 14.0 and 10 to 11.8 elsewhere"
    ),
    "route.ng_dri_eaf.electricity.global": Judged("value", "between MPP 0.603 and ptx-boa 0.744"),
    "route.ng_dri_eaf.emissions_scope1.global": Judged(
        "value low high", "0.39 per t of iron in the EU (JRC), defaults of 0.45 to 0.81", "low"
    ),
    "route.ng_dri_eaf.capacity_factor.global": Judged("value", "between 0.9 and MPP 0.8"),
    "route.h2_dri_eaf.capex_shaft_eaf.global": Judged(
        "low", "414 is a recalled estimate of 2018, too low"
    ),
    "route.h2_dri_eaf.electricity_excl_electrolysis.global": Judged(
        "value low high", "1.66 holds no hot charging"
    ),
    "route.h2_dri_eaf.lime.global": Judged(
        "value", "between 0.018 and 0.05, which are the two sources"
    ),
    "route.h2_dri_eaf.capacity_factor.global": Judged("value", "between 0.9 and MPP 0.8"),
    "route.hbi_import_eaf.capex_EAF.global": Judged(
        "value low high", "moved to EUR of 2025: 257, 264 and 291 in three sources", "high"
    ),
    "route.scrap_eaf.capex_greenfield.global": Judged(
        "value low high", "moved to EUR of 2025: 257, 264 and 291 in three sources", "high"
    ),
    "route.scrap_eaf.electricity.global": Judged("value high", "0.82 is one Indian model"),
    "route.scrap_eaf.natural_gas.global": Judged("value", "towards 1.08 of ptx-boa"),
    "route.moe.iron_ore.global": Judged("value low", "1.172 charges scrap; 65 % ore needs 1.43"),
    "route.moe.emissions_scope1.global": Judged("value", "an inert anode emits nothing"),
    # hydrogen
    "electrolyser_AEL.capex_system": Judged(
        "value low high",
        "the source's 2263 is of 2025, where learning starts, its mode of 2030; set to ACER's cost",
        "high",
    ),
    "electrolyser.stack_lifetime": Judged(
        "value low high", "80,000 h last longer at 4000 hours a year", "high"
    ),
    # prices
    "price.electricity_industrial_grid.EU": Judged(
        "value low high", _BAND + "value between 105 USD and 110"
    ),
    "price.electricity_industrial_grid.CN": Judged(
        "value low high", _BAND + "68 USD is 60 EUR", "low"
    ),
    "price.electricity_industrial_grid.IN": Judged("high", _BAND),
    "price.electricity_industrial_grid.JP": Judged("high", _BAND),
    "price.electricity_industrial_grid.KR": Judged(
        "value high", _BAND + "123 in ptx-boa for Korea itself", "high"
    ),
    "price.electricity_renewable_ppa.EU": Judged("low high", _BAND),
    "price.natural_gas.EU": Judged(
        "value low high", _BAND + "37.3 in ptx-boa for 2025; 34 in 2030"
    ),
    "price.natural_gas.CN": Judged("high", _BAND),
    "price.natural_gas.IN": Judged("low high", _BAND),
    "price.natural_gas.JP": Judged("value low high", _BAND + "47.4 in ptx-boa, 47 is rounded"),
    "price.natural_gas.KR": Judged("value low high", _BAND + "47.4 in ptx-boa, 47 is rounded"),
    "price.co2_transport_storage": Judged("unit low high", _BAND + "source: EUR/tCO2"),
    "observed.j_credit.2025": Judged(
        "value low", "the peak fell by a quarter to 4950; the low is a further step", "low"
    ),
    "price.coking_coal_PLV_HCC": Judged("value low high", _BAND + "the mean of 2025 is 187"),
    "price.iron_ore_62": Judged("value low high", _BAND + "mean of four quotations of 2025"),
    "price.scrap_HMS": Judged("value low high", _BAND + "343 seen, level held in real terms"),
    "price.lime": Judged("value low high", _BAND + "moved from USD of 2022 to 2025", "high"),
    "route.hbi_import_eaf.hbi_price_NG.global": Judged(
        "unit value low high", "quoted in USD: 310 to 325 in 2025"
    ),
    **{f"wacc.{region}": Judged("low", _LOW_RISK) for region in ("EU", "CN", "JP", "KR", "IN")},
}
