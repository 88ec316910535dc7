"""Plants that are converted or close early: closed forms, what a contract pays, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from minimal import route
from small_config import small_config

import simcore
from simcore.errors import ConfigError

FIRST, LAST, WACC, LIFE, OUTPUT = 2030, 2045, 0.07, 20, 2.0
KEPT = ["project_cost", "project_gap", "project_margin", "project_cash", "project_npv",
        "project_annuity", "project_support"]  # fmt: skip
PLANT: dict[str, Any] = {
    "region": "AA", "route": "gas", "start": FIRST, "lifetime": LIFE, "output": OUTPUT,
    "against": "old",
}  # fmt: skip
CONVERTED: dict[str, Any] = {
    **PLANT, "phases": {FIRST: "gas", 2036: "new"}, "conversion": "100 EUR/(t/yr)",
}  # fmt: skip


def annuity(years: int) -> float:
    return float(sum((1 + WACC) ** -n for n in range(1, years + 1)))


def config(
    projects: dict[str, Any], kept: list[str] = KEPT, instruments: Any = None
) -> dict[str, Any]:
    """Gas for 1,000 and hydrogen for 1,300 EUR/(t/yr), at 300 and 400 EUR/t of other cost."""
    plain = {"lifetime": float(LIFE), "utilisation": 1.0, "fixed_opex": 0.0}
    found = small_config(
        years={"first": FIRST, "last": LAST}, draws=256, outcomes=kept, keep=kept,
        projects=projects, exposures={},
        routes={
            "old": route(emission_intensity=2.0, capex=800.0, other_opex=200.0, **plain),
            "gas": route(emission_intensity=1.0, capex=1000.0, other_opex=300.0, **plain),
            "new": route(emission_intensity=0.2, capex=1300.0, other_opex=400.0, **plain),
        },
    )  # fmt: skip
    found["catalog"]["instruments"] = instruments or {}
    found["catalog"]["regions"]["AA"]["wacc"] = WACC
    return found


def run(projects: dict[str, Any], *more: Any) -> Any:
    return simcore.run(config(projects, *more), threads=1).squeeze("scenario")


@pytest.fixture(scope="module")
def found() -> Any:
    return run({
        "plain": PLANT, "one_phase": {**PLANT, "phases": {FIRST: "gas"}},
        "same_twice": {**PLANT, "phases": {FIRST: "gas", 2036: "gas"}},
        "converted": CONVERTED,
        "soon": {**CONVERTED, "phases": {FIRST: "gas", FIRST + 1: "new"}},
        "hydrogen": {**PLANT, "route": "new"}, "closed": {**PLANT, "closes": 2039},
        "at_its_end": {**PLANT, "lifetime": 10, "closes": 2039},
        "ten_years": {**PLANT, "lifetime": 10},
    }, [*KEPT, "stranded_value"])  # fmt: skip


def test_phases_of_one_route_are_none_to_the_bit(found: Any) -> None:
    for name in KEPT:
        own = found[name].sel(project="plain")
        for other in ("one_phase", "same_twice"):
            assert own.equals(found[name].sel(project=other).assign_coords(own.coords))
        closed = found[name].sel(project="ten_years")
        assert closed.equals(found[name].sel(project="at_its_end").assign_coords(closed.coords))


def test_the_capital_of_the_first_phase_goes_on(found: Any) -> None:
    """1,000 of 2030 over 20 years, 100 over the 14 that are left, and other cost of the year."""
    gas = 1000 / annuity(LIFE) + 300
    cost = found.project_cost.sel(project="converted")
    assert cost.sel(year=slice(FIRST, 2035)).values == pytest.approx(gas, rel=1e-12)
    later = 1000 / annuity(LIFE) + 100 / annuity(14) + 400
    assert cost.sel(year=slice(2036, LAST)).values == pytest.approx(later, rel=1e-12)
    # Converted after a year: the second route, at the capital of the first and the conversion.
    soon = found.project_cost.sel(project="soon", year=slice(FIRST + 1, LAST)).values
    alone = found.project_cost.sel(project="hydrogen", year=slice(FIRST + 1, LAST)).values
    extra = (1000 - 1300) / annuity(LIFE) + 100 / annuity(LIFE - 1)
    assert soon - alone == pytest.approx(np.full_like(soon, extra), rel=1e-9)


def test_the_gap_is_that_of_the_route_of_the_year(found: Any) -> None:
    """But for capital, which differs from that of a plant of the second route by a constant."""
    gaps = found.project_gap
    early, late = slice(FIRST, 2035), slice(2036, LAST)
    assert gaps.sel(project="converted", year=early).values == pytest.approx(
        gaps.sel(project="plain", year=early).values, rel=1e-12
    )
    capital = (1000 - 1300) / annuity(LIFE) + 100 / annuity(14)
    extra = gaps.sel(project="converted", year=late) - gaps.sel(project="hydrogen", year=late)
    assert extra.values == pytest.approx(np.full(extra.shape, capital), rel=1e-9)


def test_what_is_stranded_is_the_book_value(found: Any) -> None:
    """capital * annuity(years left) / annuity(life), after ten years of twenty."""
    book = OUTPUT * 1000 * annuity(LIFE - 10) / annuity(LIFE)
    left = found.stranded_value
    assert left.sel(project="closed").values == pytest.approx(book, rel=1e-12)
    assert np.isnan(left.sel(project=["plain", "at_its_end", "converted"])).all()
    cash = found.project_cash.sel(project="closed")
    margin = OUTPUT * found.project_margin.sel(project="closed")
    lost = (margin - cash).transpose("year", ...)
    assert lost.sel(year=2039).values == pytest.approx(book, rel=1e-9)
    assert abs(lost.sel(year=slice(FIRST, 2038))).max() < 1e-9
    assert np.isnan(cash.sel(year=slice(2040, LAST))).all()


def test_closing_saves_all_but_capital(found: Any) -> None:
    """The value that is lost is what the years left would have brought before their capital."""
    cash, npv = found.project_cash.sel(project="plain"), found.project_npv
    charge = OUTPUT * 1000 / annuity(LIFE)
    last = cash.sel(year=LAST)  # held in the years of life after the run
    lost = sum(
        ((cash.sel(year=year) if year <= LAST else last) + charge) / (1 + WACC) ** (year - 2029)
        for year in range(2040, FIRST + LIFE)
    )
    difference = npv.sel(project="plain") - npv.sel(project="closed")
    assert difference.values == pytest.approx(lost.values, rel=1e-9)


def test_a_carbon_contract_pays_for_what_each_phase_avoids() -> None:
    contract = {"kind": "ccfd", "strike": "150 EUR/t", "reference": "market", "sided": "two"}
    paid = run(
        {"plant": {**CONVERTED, "instruments": ["contract"]}},
        ["instrument_payment", "carbon_price"], {"contract": contract},
    )  # fmt: skip
    price = paid.carbon_price.squeeze("market")
    per_tonne = paid.instrument_payment.squeeze(["project", "instrument"]) / (150 - price)
    avoided = (per_tonne / OUTPUT).transpose("year", ...)
    assert avoided.sel(year=slice(FIRST, 2035)).values == pytest.approx(1.0, rel=1e-9)
    assert avoided.sel(year=slice(2036, LAST)).values == pytest.approx(1.8, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"conversion": None}, "phases without what converting costs"),
        ({"phases": {}}, "conversion of a plant with one route"),
        ({"phases": {2031: "gas", 2036: "new"}}, "a first phase of 2031"),
        ({"phases": {FIRST: "new", 2036: "gas"}}, "a first phase of 2030: new, and route: gas"),
        ({"phases": {FIRST: "gas", 2036: "nuclear"}}, "unknown route 'nuclear'"),
        ({"phases": {FIRST: "gas", 2048: "new"}}, "2048, after 2045, the last year of the run"),
        ({"closes": 2035}, "2036, after the plant's last year 2035"),
        ({"closes": 2029}, "a year in 2030-2045"),
        ({"debt": {"share": 0.5, "rate": 0.05, "years": 5}}, "debt of a plant that is converted"),
        ({"tax": 0.25}, "tax of a plant that is converted"),
        ({"conversion": "100 EUR/t"}, "EUR/t"),
    ],
)  # fmt: skip
def test_what_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        simcore.load(config({"plant": {**CONVERTED, **change}}))


def test_phases_say_where_a_plant_begins() -> None:
    short = {key: one for key, one in CONVERTED.items() if key not in ("route", "start")}
    one = simcore.load(config({"plant": short})).experiment.projects["plant"]
    assert (one.route, one.start) == ("gas", FIRST)


def test_a_route_must_be_there_when_the_plant_is_converted() -> None:
    late = config({"plant": CONVERTED})
    late["catalog"]["routes"]["new"]["available_from"] = 2038
    with pytest.raises(ConfigError, match="2036, before new is available"):
        simcore.load(late)
