"""Packaged support in a project of its home region: who pays, and amounts worked out on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore
from simcore.intake import packaged

HOME = {
    "de": "EU",
    "nl": "EU",
    "eu": "EU",
    "jp": "JP",
    "kr": "KR",
    "uk": "UK",
    "in": "IN",
    "us": "US",
}
NAMES = list(packaged.catalog()["instruments"])
OUTPUT, HYDROGEN = 2.0, 60.0
MONEY = packaged.base()["money"]


def in_euro(amount: float, currency: str, year: int) -> float:
    """Real EUR of 2025."""
    return amount / MONEY["deflator"][currency][year] / MONEY["exchange"][currency]


def plant(*instruments: str, region: str, **changes: Any) -> dict[str, Any]:
    return {
        "region": region, "route": "h2_dri_eaf", "start": 2029, "lifetime": 15, "output": OUTPUT,
        "hydrogen": "own", "instruments": list(instruments),
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Any:
    """A hydrogen plant for each instrument, and one that sells green."""
    projects = {f"at_{name}": plant(name, region=HOME[name[:2]]) for name in NAMES}
    projects["green"] = plant(region="EU", buyer="steel_buyers", sold=1.0)
    projects["plain"] = plant(region="EU", buyer="general", sold=1.0)
    return simcore.run({
        "name": "home", "draws": 512, "years": "2026-2045", "regions": ["EU"],
        "destinations": ["domestic"], "routes": ["h2_dri_eaf"], "scenarios": {"law": "law"},
        "outcomes": ["instrument_payment", "instrument_npv", "instrument_total", "project_gap"],
        "keep": ["instrument_payment", "instrument_npv", "project_gap"], "dtype": "float64",
        "catalog": {"routes": {"h2_dri_eaf": {"inputs": {"hydrogen": HYDROGEN},
                                              "available_from": 2026}}},
        "projects": projects,
    })  # fmt: skip


def paid(run: Any, name: str, year: int) -> np.ndarray:
    return np.asarray(run.instrument_payment.isel(scenario=0).sel(
        project=f"at_{name}", instrument=name, year=year).values)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_pays_a_project_at_home(run: Any, name: str) -> None:
    value = run.instrument_npv.isel(scenario=0).sel(project=f"at_{name}", instrument=name).values
    assert np.isfinite(value).all()
    assert value.mean() > 0
    record = packaged.catalog()["instruments"][name]
    two_sided = {"ccfd": "two", "cfd": "two"}.get(record["kind"], "one")
    if record.get("sided", two_sided) == "one":
        assert (value >= 0).all()


def test_amounts_are_those_of_the_programmes(run: Any) -> None:
    worth = (1 + MONEY["inflation"]) ** -1
    credit = in_euro(20_000, "JPY", 2024) * OUTPUT
    assert paid(run, "jp_production_credit", 2029) == pytest.approx(credit, rel=1e-9)
    assert paid(run, "jp_production_credit", 2030) == pytest.approx(credit * worth, rel=1e-9)
    assert paid(run, "jp_production_credit", 2038) == pytest.approx(
        0.25 * credit * worth**9, rel=1e-9
    )
    assert (paid(run, "jp_production_credit", 2039) == 0).all()
    sight = in_euro(50, "INR", 2024) * HYDROGEN * OUTPUT
    assert paid(run, "in_sight", 2029) == pytest.approx(sight, rel=1e-9)
    assert paid(run, "in_sight", 2030) == pytest.approx(0.8 * sight * worth, rel=1e-9)
    assert (paid(run, "in_sight", 2031) == 0).all()  # the programme ends in 2030
    inflated = 1 + MONEY["inflation"]
    bank = 0.84 / inflated * HYDROGEN * OUTPUT  # money of 2026
    assert paid(run, "eu_hydrogen_bank", 2029) == pytest.approx(bank, rel=1e-9)


def test_caps_are_those_of_the_programmes(run: Any) -> None:
    total = run.instrument_total_quantile.isel(scenario=0)
    largest = {"de_dri_grant": in_euro_of(550, 2023), "de_ccfd": in_euro_of(1000, 2024),
               "in_steel_pilot": in_euro(4550, "INR", 2024)}  # fmt: skip
    for name, cap in largest.items():
        assert total.sel(project=f"at_{name}", instrument=name).max() <= cap * (1 + 1e-9)


def in_euro_of(amount: float, year: int) -> float:
    return float(amount / MONEY["deflator"]["EUR"][year])


def test_surveyed_buyers_pay_what_they_said(run: Any) -> None:
    gap = run.project_gap.isel(scenario=0).sel(year=2030)
    willing = (gap.sel(project="plain") - gap.sel(project="green")).values
    fifth, twentieth = in_euro(75, "USD", 2024), in_euro(160, "USD", 2024)
    assert np.mean(willing > fifth) == pytest.approx(0.2, abs=0.03)
    assert np.mean(willing > twentieth) == pytest.approx(0.05, abs=0.02)
    assert np.mean(willing > in_euro(330, "USD", 2024)) < 0.02


@pytest.mark.parametrize(
    "strike", [{"break_even": 0.8}, "300 EUR/t", 300, {"value": 300, "unit": "EUR/t"}]
)
def test_a_strike_takes_the_place_of_the_packaged_one(strike: Any) -> None:
    for template in ("de_ccfd", "kr_ccfd"):
        spec = simcore.load({
            "name": "own", "years": "2026-2045", "regions": ["EU"],
            "catalog": {"instruments": {"mine": {"like": template, "strike": strike}}},
            "projects": {"one": plant("mine", region="EU")},
        })  # fmt: skip
        found = spec.experiment.catalog.instruments["mine"].strike
        if isinstance(strike, dict) and "break_even" in strike:
            assert found.break_even == 0.8
        else:
            assert (found.value, found.unit) in ((300, "EUR/t"), (300, None))
