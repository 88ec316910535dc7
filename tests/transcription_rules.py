"""Where the figures of policy rules stand that no schedule or benchmark holds."""

from __future__ import annotations

from typing import Final

# Key without its `policy.`, then the place: policy, variant, year.
RULES: Final = [
    ("cbam_mark_up_fertiliser.2026", "eu_cbam_mark_up_fertilisers", "law", 2026),
    ("china_ets.largest_deficit.2025", "cn_largest_deficit", "law", 2025),
    ("gx_ets.benchmark_percentile.2030", "jp_benchmark_percentile", "law", 2030),
    ("ccts.steel_intensity.2023-24", "in_sector_intensity", "law", 2023),
    ("ccts.steel_intensity_target.2029-30", "in_sector_intensity", "law", 2029),
    ("cbam.de_minimis.2026", "eu_cbam_de_minimis", "law", 2026),
    ("cbam.quarterly_holding.2027", "eu_cbam_quarterly_holding", "law", 2027),
    ("ccfd_de.budget.2024", "de_ccfd_budget", "law", 2024),
    ("ccfd_de.budget.2026", "de_ccfd_budget", "law", 2026),
    ("uk_cbam.registration.2027", "uk_cbam_registration", "law", 2027),
    ("k_ets.cap.2026-2030", "kr_ets_cap", "law", 2026),
    ("k_ets.industry_auction.2026", "kr_industry_auction", "law", 2026),
    ("k_ets.credit_limit.2021", "kr_credit_limit", "law", 2021),
    ("gx_ets.credit_limit.2026", "jp_credit_limit", "law", 2026),
    ("gx_ets.shortfall_payment.2026", "jp_shortfall_payment", "law", 2026),
    ("jp.climate_tax.2026", "jp_climate_tax", "law", 2026),
    ("china_ets.credit_limit.2021", "cn_credit_limit", "law", 2021),
    ("ccts.penalty.2026", "in_penalty", "law", 2026),
    *(
        (f"k_ets.{key}.{year}", f"kr_{key}", "law", year)
        for key, years in (
            ("power_auction", range(2026, 2031)),
            ("benchmark_percentile", (2026, 2030)),
            ("benchmark_share", (2026, 2030)),
        )
        for year in years
    ),
    *(
        (f"eu_ets.{key}.{variant}.{year}", f"eu_ets_{key}", variant, year)
        for key, variant, years in (
            ("linear_reduction", "law", (2024, 2028)),
            ("linear_reduction", "reform_2026", (2031, 2036)),
            ("cap", "law", (2030, 2035, 2040)),
            ("cap", "reform_2026", (2030, 2035, 2040)),
        )
        for year in years
    ),
]
