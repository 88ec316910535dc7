"""Kinds of support beside carbon contracts, operation and grants, each against its closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_config import market, small_config

import simcore
from simcore.errors import ConfigError
from simcore.running import tracing

OUTPUT, START, LIFE, WACC, ALLOWANCE = 2.0, 2026, 4, 0.07, 80.0
CAPEX, UTILISATION = 1000.0, 0.9
HYDROGEN, POWER, GAS = 60.0, 1.5, 30.0  # kg/t, MWh/t, EUR/MWh
YEARS = {"first": 2026, "last": 2030}


def priced(unit: str, value: float) -> dict[str, Any]:
    return {"default": {"title": "a price", "unit": unit, "process": {"kind": "scenario"},
                        "path": {2026: value}}}  # fmt: skip


def config(*instruments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A plant of known cost with instruments a, b, ... in an economy without doubt."""
    made = small_config(
        years=YEARS, draws=2, exposures={}, outcomes=["instrument_payment", "project_gap"],
        prices={"hydrogen": priced("EUR/kg", 5.0), "electricity": priced("EUR/MWh", 70.0),
                "natural_gas": priced("EUR/MWh", GAS)},
        projects={"plant": {"region": "AA", "route": "new", "start": START, "lifetime": LIFE,
                            "output": OUTPUT, "instruments": list("abc"[: len(instruments)])}},
    )  # fmt: skip
    made["catalog"]["instruments"] = dict(zip("abc", instruments, strict=False))
    made["catalog"]["routes"]["new"] |= {
        "capex": CAPEX, "utilisation": UTILISATION, "emission_intensity": 0.5,
        "inputs": {"hydrogen": HYDROGEN, "electricity": POWER},
    }  # fmt: skip
    made["projects"]["plant"] |= changes
    return made


def payments(*instruments: dict[str, Any], **changes: Any) -> np.ndarray:
    """Payments of the last instrument in the years of the run, M EUR; undefined after the life."""
    run = simcore.run(config(*instruments, **changes))
    found = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=-1)
    return np.asarray(found.values, dtype=float)


def level(per_year: float, years: int = LIFE) -> list[float]:
    return [per_year] * years + [0.0] * (LIFE - years)


@pytest.mark.parametrize(
    ("instrument", "expected"),
    [
        # (strike - gas) * hydrogen, both for a tonne of it.
        ({"kind": "cfd", "strike": "6 EUR/kg", "replaces": {"natural_gas": "39.4 MWh/t"}},
         level(OUTPUT * 1e-3 * HYDROGEN * (6000 - 39.4 * GAS))),
        # The dearest of what is replaced counts, and a floor above it more.
        ({"kind": "cfd", "strike": "6 EUR/kg", "floor": "2 EUR/kg",
          "replaces": {"natural_gas": "39.4 MWh/t"}},
         level(OUTPUT * 1e-3 * HYDROGEN * 4000)),
        ({"kind": "cfd", "strike": "6 EUR/kg",
          "replaces": {"natural_gas": "39.4 MWh/t", "electricity": "50 MWh/t"}},
         level(OUTPUT * 1e-3 * HYDROGEN * (6000 - 50 * 70))),
        # Two sides: the firm pays where the reference is above the strike.
        ({"kind": "cfd", "per": "avoided", "strike": "60 EUR/t"},
         level(OUTPUT * 1.5 * (60 - ALLOWANCE))),
        ({"kind": "premium", "strike": "200 EUR/t", "term": 3},
         level(OUTPUT * 1.5 * (200 - ALLOWANCE), 3)),
        # A floor bounds what the public pays; below the reference price nothing is due.
        ({"kind": "premium", "strike": "200 EUR/t", "floor": "150 EUR/t"},
         level(OUTPUT * 1.5 * 50)),
        ({"kind": "premium", "strike": "70 EUR/t"}, level(0.0)),
        ({"kind": "procurement", "share": 0.25, "uplift": "120 EUR/t"},
         level(OUTPUT * 0.25 * 120)),
        ({"kind": "product", "amount": "300 EUR", "content": "0.75 t", "share": 0.2,
          "passed_on": 0.5}, level(OUTPUT * 300 / 0.75 * 0.2 * 0.5)),
        ({"kind": "compensation", "intensity": 0.75, "emission_factor": "0.5 t/MWh",
          "efficiency": 0.8}, level(OUTPUT * 0.75 * 0.5 * ALLOWANCE * 0.8 * POWER)),
        ({"kind": "opex", "amount": "100 EUR/t", "steps": {2: 0.5, 4: 0.25}},
         [200.0, 100.0, 100.0, 50.0]),
    ],
)  # fmt: skip
def test_payment_is_its_closed_form(instrument: dict[str, Any], expected: list[float]) -> None:
    assert payments(instrument)[:LIFE] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(payments(instrument)[LIFE])


def recovery(rate: float, years: int) -> float:
    return rate / (1 - (1 + rate) ** -years) if rate else 1 / years


@pytest.mark.parametrize(("spread", "years"), [(0.02, 3), (0.07, 4), (0.0, 4)])
def test_a_loan_is_worth_the_service_that_it_saves(spread: float, years: int) -> None:
    paid = payments({"kind": "loan", "share": 0.6, "spread": spread, "term": years})
    lent = 0.6 * CAPEX / UTILISATION * OUTPUT
    saved = lent * (recovery(WACC, years) - recovery(WACC - spread, years))
    assert paid[:LIFE] == pytest.approx(level(saved, years), abs=1e-9)
    # Without a term it runs as long as the plant.
    whole = payments({"kind": "loan", "share": 0.6, "spread": spread})
    lent_for_life = lent * (recovery(WACC, LIFE) - recovery(WACC - spread, LIFE))
    assert whole[:LIFE] == pytest.approx(level(lent_for_life), abs=1e-9)


def test_public_buyers_cover_their_part_of_the_gap() -> None:
    run = simcore.run(config({"kind": "procurement", "share": 0.25, "covers": "gap"}))
    gap = run.project_gap_mean.isel(scenario=0, project=0).values[:LIFE]
    assert (gap > 0).all()
    paid = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=0).values[:LIFE]
    assert paid == pytest.approx(OUTPUT * 0.25 * gap, rel=1e-12)
    # A project that lacks nothing is paid nothing.
    rich = {"sold": 1.0, "willing": "900 EUR/t"}
    covered = payments({"kind": "procurement", "share": 0.25, "covers": "gap"}, **rich)
    assert covered[:LIFE] == pytest.approx(0.0)


def test_the_price_is_that_of_the_market_that_is_named() -> None:
    other = {"kind": "premium", "strike": "200 EUR/t", "market": "other"}
    made = config(other)
    made["catalog"]["markets"]["other"] = market({"kind": "fixed"}) | {
        "spot": {"year": 2025, "value": 20.0}
    }
    run = simcore.run(made)
    paid = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=0).values[:LIFE]
    assert paid == pytest.approx(level(OUTPUT * 1.5 * 180), rel=1e-12)


def test_power_of_an_electrolyser_of_its_own_is_compensated_too() -> None:
    made = config({"kind": "compensation", "intensity": 1.0, "emission_factor": "0.5 t/MWh"},
                  hydrogen="own")  # fmt: skip
    made["catalog"]["prices"]["hydrogen"] = {"AA": {
        "kind": "electrolysis", "title": "made", "electricity": "electricity",
        "electricity_demand": "50 kWh/kg", "full_load_hours": 5000, "capex": "1000 EUR/kW",
        "fixed_opex": 0.03, "lifetime": 20, "stack_lifetime": 10, "stack_share": 0.3,
        "risk_premium": 0.0, "storage": "0.2 EUR/kg",
    }}  # fmt: skip
    run = simcore.run(made)
    paid = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=0).values[:LIFE]
    power = POWER + HYDROGEN * 0.05
    assert paid == pytest.approx(level(OUTPUT * 0.5 * ALLOWANCE * power), rel=1e-12)


def test_amounts_of_each_year_lose_value() -> None:
    made = config({"kind": "premium", "strike": "200 EUR/t", "nominal": True})
    made["money"] = {"inflation": 0.02}
    run = simcore.run(made)
    paid = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=0).values[:LIFE]
    worth = 1.02 ** -np.arange(LIFE)
    assert paid == pytest.approx(OUTPUT * 1.5 * (200 * worth - ALLOWANCE), rel=1e-12)


def test_what_was_paid_before_is_deducted() -> None:
    first = {"kind": "procurement", "share": 0.5, "uplift": "100 EUR/t"}
    second = {"kind": "premium", "strike": "200 EUR/t", "other_aid": "deduct"}
    assert payments(first, second)[:LIFE] == pytest.approx(level(OUTPUT * 1.5 * 120 - 100))


def test_break_even_strike_of_a_price_contract() -> None:
    contract = {"kind": "cfd", "strike": "6 EUR/kg", "replaces": {"natural_gas": "39.4 MWh/t"}}
    made = config(contract)
    made["outcomes"] = ["break_even_strike", "project_npv"]
    found = float(simcore.run(made).break_even_strike_mean.values.ravel()[0])
    made["catalog"]["instruments"]["a"]["strike"] = f"{found!r} EUR/t"
    assert simcore.run(made).project_npv_mean.values.ravel()[0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("instrument", "where", "found"),
    [
        ({"kind": "procurement", "share": 0.2}, "", "neither uplift nor covers"),
        ({"kind": "procurement", "share": 0.2, "uplift": 5, "covers": "gap"}, "",
         "both uplift and covers"),
        ({"kind": "cfd", "strike": "6 EUR/kg"}, "", "neither replaces nor floor with per: hydrogen"),
        ({"kind": "cfd", "strike": 60, "per": "avoided", "replaces": {"natural_gas": 1}},
         "", "replaces with per: avoided"),
        ({"kind": "cfd", "strike": 60, "replaces": {"natural_gas": 1}, "market": "home_ets"}, "",
         "market with per: hydrogen"),
        ({"kind": "cfd", "strike": "6 EUR/kg", "replaces": {"natural_gaz": 39.4}},
         ".replaces.natural_gaz", "unknown commodity 'natural_gaz'"),
        ({"kind": "cfd", "strike": "6 EUR/kg", "replaces": {"hydrogen": 39.4}},
         ".replaces.hydrogen", "hydrogen, which has no price per MWh"),
        ({"kind": "premium", "strike": 60, "market": "mars"}, ".market", "unknown market 'mars'"),
        ({"kind": "loan", "share": 0.5}, ".spread", "no 'spread'"),
        ({"kind": "product", "amount": 300, "content": 0}, ".content", "0"),
    ],
)  # fmt: skip
def test_a_faulty_one_is_refused(instrument: dict[str, Any], where: str, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load(config(instrument))
    (fault,) = caught.value.faults
    assert fault.where.removeprefix("catalog.instruments.a") == where
    assert fault.found == found


def expecting(**changes: Any) -> dict[str, Any]:
    """A plant whose gap is uncertain, of both signs, and what covers it in each way."""
    made = config({"kind": "opex", "covers": "expected_gap", "share": 0.5}, {"kind": "opex",
                  "covers": "gap", "share": 0.5}, **changes)  # fmt: skip
    made["catalog"]["prices"]["hydrogen"]["default"]["process"] = {"kind": "gbm", "sigma": 0.4}
    made["catalog"]["prices"]["hydrogen"]["default"] |= {"spot": {"year": 2025, "value": 2.0}}
    del made["catalog"]["prices"]["hydrogen"]["default"]["path"]
    made["projects"]["plant"] |= {"sold": 1.0, "willing": "180 EUR/t"}
    made |= {"draws": 600, "keep": ["instrument_payment", "project_gap"],
             "exposures": {}}  # fmt: skip
    return made


def test_an_expected_gap_is_the_mean_of_what_is_lacking() -> None:
    run = simcore.run(expecting())
    paid = run.instrument_payment.isel(scenario=0, project=0)
    lacking = np.maximum(run.project_gap.isel(scenario=0, project=0), 0.0)
    for year in range(START, START + LIFE):
        told = paid.sel(year=year).isel(instrument=0)
        assert np.ptp(told.values) == 0
        mean = float(lacking.sel(year=year).mean())
        assert float(told[0]) == pytest.approx(0.5 * OUTPUT * mean, rel=1e-9)
        drawn = 0.5 * OUTPUT * lacking.sel(year=year)
        np.testing.assert_allclose(paid.sel(year=year).isel(instrument=1), drawn, rtol=1e-9)
    # In some draws the plant lacks nothing, so that the mean gap would be another number.
    assert 0.05 < float((lacking.sel(year=2029) == 0).mean()) < 0.95


def test_a_strike_is_found_beside_an_expected_gap() -> None:
    made = expecting()
    made["catalog"]["instruments"]["b"] = {
        "kind": "cfd", "strike": {"break_even": 0.7}, "floor": "1 EUR/kg",
    }  # fmt: skip
    made["outcomes"], made["keep"] = ["project_npv", "instrument_payment"], ["project_npv"]
    run = simcore.run(made)
    assert float((run.project_npv >= 0).mean()) == pytest.approx(0.7, abs=2 / 600)
    paid = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=0)
    assert (paid.values[:LIFE] > 0).all()


def test_an_expected_gap_is_that_of_its_scenario_and_of_any_threads() -> None:
    made = expecting()
    rich = {"projects": {"plant": {"willing": "240 EUR/t"}}}
    made["scenarios"] = {"law": {}, "rich": rich}
    one, two = simcore.run(made, threads=1), simcore.run(made, threads=2)
    told = one.instrument_payment.isel(project=0, instrument=0, draw=0).sel(year=2027)
    assert float(told.sel(scenario="law")) > float(told.sel(scenario="rich"))
    np.testing.assert_array_equal(one.instrument_payment, two.instrument_payment)


def test_a_trace_has_the_expected_gap_of_the_draws_that_are_taken() -> None:
    until = {"variable": "project_npv", "statistic": "mean", "width": 1e6}
    made = expecting() | {
        "draws": 20_000,
        "until": until,
        "keep": [],
        "outcomes": ["project_npv", "instrument_payment"],
    }
    run = simcore.run(made)
    assert run.attrs["draws"] < 20_000
    paid = run.instrument_payment_mean.isel(scenario=0, project=0, instrument=0)
    rows = tracing.trace(simcore.build(simcore.load(made)), 7, project="plant")
    (traced,) = [one["values"] for one in rows if one["variable"] == "instrument_payment"
                 and one["instrument"] == "a"]  # fmt: skip
    assert traced[2027] == pytest.approx(float(paid.sel(year=2027)), rel=1e-12)
