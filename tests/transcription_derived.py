"""Values of the package that are computed from figures, restated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from transcription_addresses import ALL, Figure, Path

Figures = Mapping[str, Figure]


class Derived(NamedTuple):
    """A value that the package computes from figures, rounded to `digits`."""

    path: Path
    part: str
    compute: Callable[[Figures], float]
    digits: int


def _policy(name: str, year: int) -> Path:
    return ("policies", name, "variants", "law", "values", year)


def _part(figures: Figures, key: str, part: str = "value") -> float:
    number = getattr(figures[key], part)
    if number is None:
        raise ValueError(f"{key} has no {part}")
    return float(number)


def _benchmark(figures: Figures, good: str, period: str) -> float:
    return _part(figures, f"benchmark.eu_ets.{good}.{period}")


def _integrated(period: str) -> Callable[[Figures], float]:
    """Hot metal, coke and sinter of one tonne of steel, in a benchmark period."""
    return lambda f: (
        0.95 * _benchmark(f, "hot_metal", period)
        + 0.34 * _benchmark(f, "coke", period)
        + 1.05 * _benchmark(f, "sintered_ore", period)
    )


def _reduction(f: Figures) -> float:
    """Direct reduced iron of one tonne of steel; its furnace has no benchmark of its own."""
    return 1.06 * _benchmark(f, "hot_metal", "2026-2030")


# Tonnes in a tonne of LC3.
_CLINKER_LC3, _CLAY_LC3 = 0.50, 0.30


def _binders(period: str) -> Callable[[Figures], float]:
    """Clinker and calcined clay of one tonne of LC3, both at the benchmark of clinker."""
    return lambda f: (_CLINKER_LC3 + _CLAY_LC3) * _benchmark(f, "grey_clinker", period)


def _india(year: int) -> Callable[[Figures], float]:
    """Sector path of six years, scaled to the central plant."""

    def target(f: Figures) -> float:
        first = _part(f, "policy.ccts.steel_intensity.2023-24")
        last = _part(f, "policy.ccts.steel_intensity_target.2029-30")
        return 2.60 / first * (first + (last - first) * (year - 2023) / 6)

    return target


def _line(
    key: str, part: str, *, plus: float = 0.0, times: float = 1.0
) -> Callable[[Figures], float]:
    return lambda f: _part(f, key, part) * times + plus


def _mean(*keys: str) -> Callable[[Figures], float]:
    return lambda f: sum(_part(f, key) for key in keys) / len(keys)


# EUR of 2025 for a EUR of 2020, by the indices of exchange.yaml
_EUR_2020: Final = 1 / 0.816
_CONSUMABLES: Final = -9.0  # EUR/t of lime and electrodes, which the package buys on their own


def _shaft_capture(f: Figures) -> float:
    """What capture adds to gas-based reduction in MPP, per tonne of the CO2 that it takes there."""
    added = _part(f, "route.ng_dri_eaf_ccs.capex_greenfield.global") - _part(
        f, "route.ng_dri_eaf.capex_greenfield.global"
    )
    taken = _part(f, "route.ng_dri_eaf.emissions_scope1.global") - _part(
        f, "route.ng_dri_eaf_ccs.emissions_scope1.global", "low"
    )
    return added / taken


def _shaft_power(f: Figures) -> float:
    """Power of a shaft with capture less without in ptx-boa, per tonne of CO2 (0.43 t)."""
    with_it = _part(f, "route.ng_dri_eaf_ccs.electricity.global", "low")
    return (with_it - _part(f, "route.ng_dri_eaf.electricity.global", "high")) / 0.43


# What a unit of money was worth in EUR of 2025 (exchange.yaml), and taxes inside quotations.
_USD, _JPY, _CNY = 1.13, 169.0, 8.12
_VAT_CN, _VAT_SCRAP_CN = 1.13, 1.03
_INR_PER_USD_2026: Final = 90.5  # as the source converts
_COAL_PER_COKE: Final = 1.35
_SHARES: Final = {"KR": 0.70, "JP": 0.75, "CN": 0.35, "IN": 0.60}


def _middle(f: Figures, key: str) -> float:
    return (_part(f, key, "low") + _part(f, key, "high")) / 2


def _turkey(f: Figures) -> float:
    """The index of scrap, EUR/t."""
    return _part(f, "quote.hms_turkey.2025-01") / _USD


def _chinese_coal(f: Figures) -> float:
    """A tonne of the blend, as a share of premium coal FOB Australia."""
    november = _part(f, "quote.coke_cn.2025-11")
    coke = [
        _part(f, "quote.coke_cn.2025-03"), _part(f, "quote.coke_cn.2025-06"),
        november - _part(f, "quote.coke_cn.rise.2025-11"), november,
    ]  # fmt: skip
    coal = sum(coke) / len(coke) / _VAT_CN / _COAL_PER_COKE
    return coal / _CNY * _USD / _part(f, "quote.coking_coal.2025")


def _price(commodity: str, place: str, *rest: str) -> Path:
    return ("prices", commodity, place, *rest)


_PRICES: Final = [
    Derived(
        _price("iron_ore", "default", "spot"),
        "value",
        _mean(*(f"quote.iron_ore.{day}" for day in (
            "2025-03-06", "2025-06-12", "2025-10-16", "2025-11",
        ))),
        0,
    ),
    Derived(_price("coking_coal", "CN", "coefficient"), "value", _chinese_coal, 2),
    *(
        Derived(
            _price("coking_coal", "IN", "premium"), part,
            _line(f"quote.freight_au_in.2024-{month}", "value"), 2,
        )
        for part, month in (("low", "01"), ("high", "04"))
    ),
    Derived(
        _price("scrap", "EU", "coefficient"), "value",
        lambda f: _middle(f, "quote.scrap_de.2025-08") / _turkey(f), 2,
    ),
    Derived(
        _price("scrap", "UK", "coefficient"), "value",
        # 30 USD of freight to Turkey, which a British dealer does not pay.
        lambda f: 1 - 30 / _part(f, "quote.hms_turkey.2025-01"), 2,
    ),
    Derived(
        _price("scrap", "JP", "coefficient"), "value",
        lambda f: _middle(f, "quote.scrap_jp.2025-10") / _JPY / _turkey(f), 2,
    ),
    Derived(
        _price("scrap", "KR", "coefficient"), "value",
        lambda f: (_middle(f, "quote.scrap_jp.2025-10") + _part(f, "quote.freight_jp_kr.2024-09"))
        / _JPY / _turkey(f), 2,
    ),
    Derived(
        _price("scrap", "CN", "coefficient"), "value",
        lambda f: (_part(f, "quote.scrap_cn.2025-06") / _VAT_SCRAP_CN + 50) / _CNY / _turkey(f), 2,
    ),
    Derived(
        _price("scrap", "IN", "coefficient"), "value",
        # Turkey stood near 370 USD in that month; 15 USD of delivery.
        lambda f: _middle(f, "quote.scrap_in.2025-04") / 370
        + 15 / _part(f, "quote.hms_turkey.2025-01"), 2,
    ),
    Derived(
        _price("dr_pellet", "default", "premium"), "value",
        # 50 USD over the 65 % index.
        lambda f: _part(f, "quote.fines_65.2023-05") - _part(f, "quote.fines_62.2023-05") + 50, 0,
    ),
    Derived(
        _price("dr_pellet", "IN", "premium"), "low",
        lambda f: (_part(f, "quote.pellex.2026-01") - _part(f, "quote.odisha_fines.2026-01"))
        / _INR_PER_USD_2026, 0,
    ),
    Derived(
        _price("iron_ore", "IN", "spot"), "value",
        _line("quote.odisha_fines.2026-01", "value", times=1 / _INR_PER_USD_2026), 0,
    ),
    Derived(_price("hbi", "default", "spot"), "value", lambda f: _middle(f, "quote.hbi.2025-07"), 0),
    Derived(
        _price("slab", "default", "spot"), "value",
        _mean(*(f"quote.slab.2025-{month}" for month in ("05", "06", "07", "11"))), -1,
    ),
    Derived(
        _price("wholesale_electricity", "EU", "coefficient"), "value",
        lambda f: (_part(f, "quote.power_eu.2025H1") + _part(f, "quote.power_eu.futures_2026")) / 2
        / _USD / 100, 2,
    ),
    Derived(
        _price("wholesale_electricity", "IN", "coefficient"), "value",
        lambda f: _part(f, "quote.power_in.2025H1") / 80, 2,
    ),
    Derived(
        _price("renewable_electricity", "CN", "spot"), "value",
        _line("quote.power_chifeng", "value", times=1000), 0,
    ),
    Derived(
        _price("electricity", "KR", "spot"), "value",
        _line("ptx_boa.electricity.KOR", "value", times=1000), 0,
    ),
    Derived(
        _price("co2_transport_storage", "EU", "spot"), "value",
        # 131 EUR; Northern Lights 128.
        _line("ptx_boa.co2_ts.DEU", "value", times=1000 / _USD), -1,
    ),
    *(
        Derived(
            _price("co2_transport_storage", region, "spot"), "value",
            _line(f"ptx_boa.co2_ts.{country}", "value", times=1000), 1,
        )
        for region, country in (("CN", "CHN"), ("IN", "IND"))
    ),
]  # fmt: skip


def _ore_beside_scrap(f: Figures) -> float:
    """Ore of the MPP plant, less what the scrap above its own replaces."""
    more = _part(f, "worldsteel.scrap") - _part(f, "mpp.bf_bof.scrap")
    return _part(f, "route.bf_bof.iron_ore.global") - more * 0.95 / 0.62


_FURNACES: Final = [
    *(
        Derived(("routes", route, "inputs", "iron_ore"), "value", _ore_beside_scrap, 2)
        for route in ("bf_bof",)
    ),
    *(
        Derived(
            ("routes", route, "inputs", "coking_coal"), "value",
            # Injection at 28 GJ per tonne.
            lambda f: _part(f, "worldsteel.coal")
            - _part(f, "route.bf_bof.thermal_coal_PCI.global") / 28, 1,
        )
        for route in ("bf_bof",)
    ),
    *(
        Derived(
            ("routes", route, "utilisation", "CN"), "value",
            _line("quote.furnaces_cn.2025-03", "value"), 3,
        )
        for route in ("bf_bof",)
    ),
    *(
        Derived(
            ("routes", route, "capex", region), "high",
            lambda f: _part(f, "project.dunkirk_eaf.cost")
            / _part(f, "project.dunkirk_eaf.capacity"), 0,
        )
        for route in ("hbi_import_eaf", "scrap_eaf")
        for region in ("EU", "UK")
    ),
    *(
        Derived(
            ("routes", route, "other_opex", "default"), "value",
            _line(f"route.{route}.fixed_opex_other.global", "value",
                  plus=_CONSUMABLES * _EUR_2020, times=_EUR_2020), 0,
        )
        for route in ("hbi_import_eaf", "scrap_eaf")
    ),
    *(
        Derived(
            ("routes", route, "other_opex", region), part,
            _line(f"route.{route}.fixed_opex_other.global", part,
                  plus=_CONSUMABLES * share, times=share), 1,
        )
        for route in ("ng_dri_eaf", "h2_dri_eaf")
        for region, share in _SHARES.items()
        for part in ALL
    ),
    *(
        Derived(
            ("routes", "moe", "other_opex", region), part,
            _line("route.moe.fixed_opex_other.global", part, times=share), 1,
        )
        for region, share in _SHARES.items()
        for part in ALL
    ),
    *(
        Derived(
            ("routes", "bf_bof", "other_opex", region), "value",
            _line("route.bf_bof.fixed_opex_other.global", "value", times=share * _EUR_2020), 0,
        )
        for region, share in _SHARES.items()
        if region != "CN"  # what Chinese cost leaves after its inputs
    ),
]  # fmt: skip


def _jp_grant(firm: str) -> Callable[[Figures], float]:
    """Aid over the cost of an electric furnace."""
    of = f"instrument.jp.grant.{firm}"
    return lambda f: _part(f, f"{of}.aid") / _part(f, f"{of}.cost")


def _sight(year: int) -> Callable[[Figures], float]:
    """Incentive of a year over that of the first."""
    of = "instrument.in.sight.year"
    return lambda f: _part(f, f"{of}_{year}") / _part(f, f"{of}_1")


DERIVED: Final[list[Derived]] = [
    Derived(
        ("instruments", "de_ccfd", "strike"),
        "value",
        # Support ceiling per tonne of CO2, and the allowance on top, to tens.
        lambda f: (
            _part(f, "instrument.de.round_1.money") / _part(f, "instrument.de.round_1.abatement")
            + _part(f, "instrument.de.allowance.2024")
        ),
        -1,
    ),
    Derived(
        ("instruments", "eu_hydrogen_bank", "amount"),
        "value",
        # M EUR per Mt are EUR per tonne.
        lambda f: (
            _part(f, "instrument.ehb.third.money") / _part(f, "instrument.ehb.third.hydrogen") / 1e3
        ),
        2,
    ),
    Derived(
        ("instruments", "uk_hydrogen_contract", "strike"),
        "value",
        lambda f: _part(f, "instrument.uk.hydrogen.strike") * 39.4 / 1e3,
        1,
    ),
    Derived(("instruments", "jp_transition_grant", "share"), "value", _jp_grant("jfe"), 3),
    Derived(("instruments", "jp_transition_grant", "share"), "low", _jp_grant("nippon"), 3),
    Derived(("instruments", "in_sight", "steps", 2), "value", _sight(2), 6),
    Derived(("instruments", "in_sight", "steps", 3), "value", _sight(3), 6),
    Derived(_policy("eu_benchmark_bf_bof", 2021), "value", _integrated("2021-2025"), 3),
    Derived(_policy("uk_benchmark_bf_bof", 2021), "value", _integrated("2021-2025"), 3),
    Derived(_policy("eu_benchmark_bf_bof", 2026), "value", _integrated("2026-2030"), 3),
    Derived(_policy("eu_benchmark_bf_bof", 2030), "value", _integrated("2026-2030"), 3),
    Derived(_policy("uk_benchmark_bf_bof", 2027), "value", _integrated("2026-2030"), 3),
    Derived(_policy("eu_benchmark_dri_eaf", 2026), "value", _reduction, 3),
    Derived(_policy("uk_benchmark_dri_eaf", 2027), "value", _reduction, 3),
    *(
        Derived(
            ("policies", "eu_benchmark_lc3", "variants", "guidance", "values", year),
            "value",
            _binders(period),
            3,
        )
        for year, period in (
            (2021, "2021-2025"),
            (2026, "2026-2030"),
            (2030, "2026-2030"),
        )
    ),
    Derived(
        _policy("eu_cbam_benchmark_calcined_clay", 2026),
        "value",
        _line("benchmark.cbam.calcined_clay_2507", "value", times=_CLAY_LC3),
        3,
    ),
    *(
        Derived(_policy("in_benchmark_bf_bof", year), "value", _india(year), 3)
        for year in (2023, 2026, 2027, 2028, 2029)
    ),
    Derived(
        ("markets", "eu_ets", "spot"),
        "value",
        _mean(*(f"observed.cbam_certificate.2026Q{quarter}" for quarter in (1, 2, 3))),
        2,
    ),
    Derived(
        ("markets", "uk_ets", "spot"),
        "value",
        lambda f: (
            (
                _part(f, "observed.uka.range.2026Q1", "low")
                + _part(f, "observed.uka.range.2026Q1", "high")
            )
            / 2
        ),
        1,
    ),
    Derived(
        ("markets", "k_ets", "spot"),
        "value",
        _mean(*(f"observed.kau25.spot.2026-0{month}" for month in (1, 3, 5))),
        0,
    ),
    *_PRICES,
    *_FURNACES,
    *(
        Derived(
            ("routes", route, "other_opex", "default"),
            part,
            _line(f"route.{route}.fixed_opex_other.global", part, plus=_CONSUMABLES),
            1,
        )
        for route in ("ng_dri_eaf", "h2_dri_eaf")
        for part in ALL
    ),
    Derived(("routes", "ng_dri_eaf_ccs", "capture", "capex"), "value", _shaft_capture, 0),
    Derived(
        ("routes", "ng_dri_eaf_ccs", "capture", "inputs", "electricity"), "value", _shaft_power, 1
    ),
]
