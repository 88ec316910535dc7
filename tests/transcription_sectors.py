"""Where the figures of aluminium, cement, ammonia and iron stand, and of power under carbon markets.

As pairs of a key and a path in the catalog; `transcription_addresses` makes addresses of them.
"""

from __future__ import annotations

from typing import Final

Pairs = list[tuple[str, tuple[str | int, ...]]]

_LAW: Final = ("variants", "law", "values")

_BENCHMARKS: Final[Pairs] = [
    (
        f"benchmark.eu_ets.{product}.{period}",
        ("policies", f"{region}_benchmark_{name}", *_LAW, year),
    )
    for product, name in (
        ("primary_aluminium", "aluminium"),
        ("grey_clinker", "clinker"),
        ("ammonia", "ammonia"),
    )
    for region, period, year in (
        ("eu", "2021-2025", 2021),
        ("eu", "2026-2030", 2026),
        ("eu", "2026-2030", 2030),
        ("uk", "2021-2025", 2021),
        ("uk", "2026-2030", 2027),
        ("uk", "2026-2030", 2030),
    )
]

_HOT_METAL: Final[Pairs] = [
    ("benchmark.eu_ets.hot_metal.2021-2025", ("policies", "eu_benchmark_hot_metal", *_LAW, 2021)),
    ("benchmark.eu_ets.hot_metal.2026-2030", ("policies", "eu_benchmark_hot_metal", *_LAW, 2026)),
    ("benchmark.eu_ets.hot_metal.2026-2030", ("policies", "eu_benchmark_hot_metal", *_LAW, 2030)),
    *(
        (
            "benchmark.eu_ets.hot_metal.2026-2030",
            ("sectors", "iron", "regions", "UK", "benchmarks", route),
        )
        for route in ("hbi_gas", "hbi_hydrogen")
    ),
]

_BORDER: Final[Pairs] = [
    (f"benchmark.cbam.{key}", ("policies", f"eu_cbam_benchmark_{name}", *_LAW, 2026))
    for key, name in (
        ("unwrought_7601.route_k", "aluminium"),
        ("unwrought_7601.route_l", "secondary_aluminium"),
        ("clinker_2523_10.grey", "clinker"),
        ("portland_2523_29.column_b", "cement_default"),
        ("ammonia_2814_10", "ammonia"),
    )
]

# Countries without a value of their own have that of the others.
_DEFAULTS: Final[Pairs] = [
    (
        f"default_value.{key}.{'other' if region in others else region}",
        ("sectors", sector, "regions", region, "default_intensity", good),
    )
    for key, sector, good, others in (
        ("unwrought_7601", "aluminium", "unwrought", ()),
        ("bars_7604", "aluminium", "bars", ()),
        ("plate_7606", "aluminium", "plate", ()),
        ("foil_7607", "aluminium", "foil", ()),
        ("clinker_2523_10", "clinker", "clinker", ()),
        ("portland_2523_29", "cement", "portland", ()),
        ("ammonia_2814_10", "ammonia", "ammonia", ("KR",)),
        ("iron_7203", "iron", "iron", ("UK", "KR", "JP", "CN")),
    )
    for region in ("UK", "KR", "JP", "CN", "IN")
]

_SCOPE: Final[Pairs] = [
    *(
        (f"policy.cbam.indirect.{good}", ("policies", f"eu_cbam_indirect_{good}", *_LAW, 2023))
        for good in ("cement", "fertilisers", "steel", "aluminium", "hydrogen")
    ),
    *(
        (f"policy.cbam.priced.{year}", ("policies", f"eu_cbam_coverage_{good}", *_LAW, place))
        for good in ("steel", "aluminium", "cement", "fertilisers")
        for year, place in ((2025, 2023), (2026, 2026))
    ),
    *(
        (f"policy.uk_cbam.priced.{year}", ("policies", f"uk_cbam_coverage_{good}", *_LAW, place))
        for good in ("steel", "aluminium", "fertilisers")
        for year, place in ((2026, 2021), (2027, 2027))
    ),
    *(
        ("policy.china_ets.new_sectors.2024", ("policies", f"cn_{one}_coverage", *_LAW, 2024))
        for one in ("steel", "aluminium")
    ),
    *(
        ("policy.china_ets.new_sectors.2024", ("sectors", one, "regions", "CN", "coverage"))
        for one in ("clinker", "cement")
    ),
    *(
        ("policy.gx_ets.in_force.2026", ("policies", f"jp_{one}_coverage", *_LAW, 2026))
        for one in ("steel", "aluminium", "ammonia")
    ),
    ("policy.ccts.aluminium.2025", ("policies", "in_aluminium_coverage", *_LAW, 2025)),
    *(
        ("policy.k_ets.bought_power", ("sectors", one, "regions", "KR", "power_coverage"))
        for one in ("steel", "iron", "aluminium", "clinker", "cement", "ammonia")
    ),
]

_COMPENSATION: Final[Pairs] = [
    *(
        (
            "compensation.eu.aluminium.benchmark",
            ("sectors", "aluminium", "regions", region, "compensation", "benchmark", "default"),
        )
        for region in ("EU", "UK")
    ),
    *(
        ("compensation.eu.efficiency", ("sectors", "steel", "regions", region, "compensation",
                                        "efficiency"))
        for region in ("EU", "UK")
    ),
    ("compensation.uk.intensity", ("policies", "uk_indirect_compensation", *_LAW, 2022)),
]  # fmt: skip

VALUES: Final[Pairs] = [
    *_BENCHMARKS, *_HOT_METAL, *_BORDER, *_DEFAULTS, *_SCOPE, *_COMPENSATION,
]  # fmt: skip
"""Figures of which the value alone is compared."""

BANDS: Final[Pairs] = [
    (
        "compensation.eu.factor.2026-2030",
        ("sectors", sector, "regions", "EU", "compensation", "factor", "years", 2030),
    )
    for sector in ("steel", "aluminium")
]
"""Figures of which low and high are compared too."""

STATED_APART: Final = {"compensation.eu.aluminium.benchmark", "compensation.eu.efficiency"}
"""Plain numbers: the catalog keeps no status beside them, their records state it as assumed."""

UNUSED_THERE: Final[dict[str, str]] = {
    "benchmark.cbam.portland_2523_29.column_a": "none of its own: the clinker inside meets its own",
    "benchmark.cbam.hydrogen*": "hydrogen is an input here, not a good",
    "default_value.*_760?.other": "each region has a value of its own",
    "default_value.clinker_2523_10.other": "each region has a value of its own",
    "default_value.portland_2523_29.other": "each region has a value of its own",
    "default_value.iron_7203.DZ": "not a region of the package",
}
"""Figures without a place, and why."""
