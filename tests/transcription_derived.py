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


DERIVED: Final[list[Derived]] = [
    Derived(_policy("eu_benchmark_bf_bof", 2021), "value", _integrated("2021-2025"), 3),
    Derived(_policy("uk_benchmark_bf_bof", 2021), "value", _integrated("2021-2025"), 3),
    Derived(_policy("eu_benchmark_bf_bof", 2026), "value", _integrated("2026-2030"), 3),
    Derived(_policy("eu_benchmark_bf_bof", 2030), "value", _integrated("2026-2030"), 3),
    Derived(_policy("uk_benchmark_bf_bof", 2027), "value", _integrated("2026-2030"), 3),
    Derived(_policy("eu_benchmark_dri_eaf", 2026), "value", _reduction, 3),
    Derived(_policy("uk_benchmark_dri_eaf", 2027), "value", _reduction, 3),
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
    *(
        Derived(
            ("routes", route, "other_opex"),
            part,
            _line(f"route.{route}.fixed_opex_other.global", part, plus=_CONSUMABLES),
            1,
        )
        for route in ("ng_dri_eaf", "h2_dri_eaf", "hbi_import_eaf", "scrap_eaf")
        for part in ALL
    ),
    Derived(("routes", "ng_dri_eaf_ccs", "capture", "capex"), "value", _shaft_capture, 0),
    Derived(
        ("routes", "ng_dri_eaf_ccs", "capture", "inputs", "electricity"), "value", _shaft_power, 1
    ),
    Derived(
        ("routes", "ng_dri_eaf", "emission_intensity"),
        "value",
        # Emissions follow the gas: 12.5 GJ here, 14.0 in the source.
        lambda f: (
            _part(f, "route.ng_dri_eaf.emissions_scope1.global")
            * 12.5
            / _part(f, "route.ng_dri_eaf.natural_gas.global")
        ),
        2,
    ),
]
