"""Payments that can be worked out on paper, of contracts that materials share."""

from __future__ import annotations

from typing import Any

import pytest
from minimal import route
from small_config import small_config

import simcore


def known(path: dict[int, float], unit: str = "EUR/t") -> dict[str, Any]:
    return {"title": "known", "unit": unit, "process": {"kind": "scenario"}, "path": path}


def paid(
    instrument: dict[str, Any], *, carbon: dict[int, float], avoided: float = 1.0,
    start: int = 2026, **changes: Any,
) -> Any:  # fmt: skip
    """What an instrument pays for a plant of 1 Mt that avoids that much CO2 a tonne, by year."""
    years = sorted(carbon)
    given = small_config(
        markets={"home_ets": known(carbon)},
        routes={"old": route(emission_intensity=avoided, **changes.pop("old", {})),
                "new": route(emission_intensity=0.0, **changes.pop("new", {}))},
        years={"first": years[0], "last": years[-1]}, draws=64, exposures={},
        outcomes=["instrument_payment", "instrument_strike"], keep=[],
        projects={"plant": {"region": "AA", "route": "new", "start": start, "output": 1.0,
                            "lifetime": years[-1] - start + 1, "instruments": ["aid"]}},
        **changes,
    )  # fmt: skip
    given["catalog"]["instruments"] = {"aid": instrument}
    return simcore.run(given, threads=1).isel(scenario=0, project=0, instrument=0)


def test_a_contract_follows_gas() -> None:
    """140 + (12.5 - 0.33) GJ for 1 EUR/GJ more, over 1.14 t: 150.675; less 75.36: 85.86 a tonne."""
    gas = known({2026: 10.0, 2027: 11.0}, "EUR/GJ")
    found = paid(
        {"kind": "ccfd", "strike": 140.0, "term": 2,
         "indexation": {"base": 2026, "shares": {"natural_gas": 1.0}}},
        carbon={2026: 75.36, 2027: 75.36}, avoided=1.14,
        old={"inputs": {"natural_gas": {"default": "0.33 GJ/t"}}},
        new={"inputs": {"natural_gas": {"default": "12.5 GJ/t"}}},
        prices={"natural_gas": {"default": gas}},
    ).sel(year=2027)  # fmt: skip
    assert float(found["instrument_strike_mean"]) == pytest.approx(150.675, abs=0.001)
    assert float(found["instrument_payment_mean"]) == pytest.approx(85.86, abs=0.01)


def test_a_premium_pays_what_the_base_is_above_market_and_floor() -> None:
    """Base 300, floor 90: 180 beside 120, nothing beside 310, 210 beside 60."""
    found = paid(
        {"kind": "premium", "strike": 300.0, "floor": 90.0, "term": 3},
        carbon={2026: 120.0, 2027: 310.0, 2028: 60.0},
    )  # fmt: skip
    assert found["instrument_payment_mean"].values == pytest.approx([180.0, 0.0, 210.0])


def test_support_of_a_car_is_support_of_its_steel() -> None:
    """50,000 JPY for 0.9 t at 169 JPY/EUR: 328.7 EUR a tonne."""
    found = paid(
        {"kind": "product", "amount": {"kind": "constant", "value": 50_000, "unit": "JPY",
                                       "price_year": 2025},
         "content": 0.9, "term": 1},
        carbon={2026: 80.0}, money={"exchange": {"JPY": 169.0}, "base_year": 2025},
    )  # fmt: skip
    assert float(found["instrument_payment_mean"][0]) == pytest.approx(328.7, abs=0.1)
