"""Conversions agree with published identities, invert, and refuse what does not fit."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.units import (
    UnitError,
    conversion,
    currency_of,
    deflate,
    describe,
    parse_quantity,
    parse_unit,
)

# Reference case A3: 1 EUR = 1.1 USD, 10,000 KRW = 7 USD, 100 JPY = 0.68 USD, 87 INR = 1 USD.
EXCHANGE = {"USD": 1.1, "KRW": 1.1 * 10_000 / 7, "JPY": 1.1 * 100 / 0.68, "INR": 1.1 * 87}

MONEY = ["EUR", "USD", "KRW", "JPY", "INR", "M EUR", "bn KRW"]
MASS = ["t", "kg", "kt", "Mt", "g", "tCO2", "t CO2e"]
ENERGY = ["MWh", "kWh", "GJ", "TJ", "MMBtu", "GWh"]
POWER = ["kW", "MW", "GW", "MWh/h", "GJ/yr"]
TIME = ["h", "yr"]
FAMILIES = (
    [MONEY, MASS, ENERGY, POWER, TIME, ["%", "1", "t/t", "kg/t", "h/yr"]]
    + [[f"{a}/({b})" for a in MONEY for b in group] for group in (MASS, ENERGY, POWER)]
    + [[f"{a}/({b}/yr)" for a in MONEY for b in MASS]]
    + [[f"{a}/{b}" for a in ENERGY for b in MASS]]
)


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [(30_000, "KRW/t", "USD/t", 21), (289, "JPY/t", "USD/t", 1.97), (87, "INR", "USD", 1)],
)
def test_exchange_rates_of_case_a3(value: float, unit: str, target: str, expected: float) -> None:
    assert value * conversion(unit, target, exchange=EXCHANGE) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("kilograms", "expected"), [(51, 1.70), (63, 2.10)])
def test_hydrogen_heating_value_of_case_b19(kilograms: float, expected: float) -> None:
    per_tonne = 33.33 * conversion("kWh/kg", "MWh/t", exchange={})
    energy = kilograms * conversion("kg", "t", exchange={}) * per_tonne
    assert energy == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("GJ", "MWh", 1 / 3.6),
        ("TJ", "MWh", 1000 / 3.6),
        ("kWh", "MWh", 0.001),
        ("MMBtu", "MWh", 0.29307107017),
        ("USD/MMBtu", "EUR/MWh", 1 / 1.1 / 0.29307107017),
        ("EUR/kg", "EUR/t", 1000),
        ("kg/t", "t/t", 0.001),
        ("kWh/kg", "kWh/kg", 1),
        ("EUR/kW", "EUR/MW", 1000),
        ("%", "1", 0.01),
        ("%/yr", "1/yr", 0.01),
        ("yr", "h", 8760),
        ("%", "h/yr", 87.6),
        ("USD/(tCO2/yr)", "EUR/(t/yr)", 1 / 1.1),
        ("EUR/(t/yr)/yr", "EUR/t", 1),
        ("EUR/t/yr", "EUR/(t yr)", 1),
        ("tCO2e/t", "t CO2/t", 1),
        ("Mt CO2e", "t", 1e6),
        ("EUR t-1", "EUR/t", 1),
        ("EUR t-1 yr-1", "EUR/(t*yr)", 1),
        ("1e6 EUR", "M EUR", 1),
        ("GBP/t", "GBP/t", 1),
    ],
)
def test_factors(unit: str, target: str, factor: float) -> None:
    assert conversion(unit, target, exchange=EXCHANGE) == pytest.approx(factor, rel=1e-15)


def test_a_price_of_gas() -> None:
    value, unit = parse_quantity("8 USD/MMBtu")
    assert (value, unit) == (8.0, "USD/MMBtu")
    price = value * conversion(unit, "EUR/MWh", exchange=EXCHANGE)
    assert price == pytest.approx(24.8156, rel=1e-5)


@st.composite
def alike(draw: st.DrawFn) -> tuple[str, str, str]:
    """Three units of one dimension."""
    family = st.sampled_from(draw(st.sampled_from(FAMILIES)))
    return draw(family), draw(family), draw(family)


@given(alike())
def test_conversions_invert_and_chain(units: tuple[str, str, str]) -> None:
    first, second, third = units
    assert conversion(first, first, exchange=EXCHANGE) == 1.0
    there = conversion(first, second, exchange=EXCHANGE)
    back = conversion(second, first, exchange=EXCHANGE)
    assert there * back == pytest.approx(1, rel=1e-14)
    onward = there * conversion(second, third, exchange=EXCHANGE)
    assert onward == pytest.approx(conversion(first, third, exchange=EXCHANGE), rel=1e-14)


@given(st.floats(1e-3, 1e6), st.sampled_from(["EUR/t", "USD/MMBtu", "%", "EUR/(t/yr)", "M EUR"]))
def test_quantities_come_back(value: float, unit: str) -> None:
    assert parse_quantity(f"{value!r} {unit}") == (value, unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("41%", (41.0, "%")),
        ("  8   EUR/t ", (8.0, "EUR/t")),
        ("8", (8.0, "1")),
        ("-5 EUR/t", (-5.0, "EUR/t")),
        ("1e3 KRW/t", (1000.0, "KRW/t")),
        (".5 t/t", (0.5, "t/t")),
        ("10 M EUR", (10.0, "M EUR")),
    ],
)
def test_parse_quantity(text: str, expected: tuple[float, str]) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "EUR/t", "1,000 USD/t", "30 000 KRW", "1_000 t", "nan EUR", "inf EUR", "1e999 EUR", "8EUR"]
    + ["8 EUR/tonne", "0x10 t", "8 EUR/t/", "8 %%/", "8 " + "t" * 1000, "1" * 1000 + " t", "٣ t"],
)
def test_unusable_quantities_are_refused(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_quantity(text)
    assert caught.value.found
    assert caught.value.expected
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("unit", "target", "message"),
    [
        ("EUR/t", "EUR/MWh", "EUR/t is money per mass; expected money per energy"),
        ("EUR/t", "EUR/(t/yr)", "EUR/t is money per mass; expected money per (mass per time)"),
        ("EUR/kW", "EUR/t", "EUR/kW is money per power; expected money per mass"),
        ("1", "EUR/t", "1 is a plain number; expected money per mass"),
        ("%/yr", "%", "%/yr is a number per time; expected a plain number"),
        ("t/yr", "MWh", "t/yr is mass per time; expected energy"),
    ],
)
def test_dimensions_must_agree(unit: str, target: str, message: str) -> None:
    with pytest.raises(UnitError) as caught:
        conversion(unit, target, exchange=EXCHANGE)
    assert str(caught.value).startswith(message)


def test_hydrogen_is_not_turned_into_energy() -> None:
    with pytest.raises(UnitError, match=r"33\.33 kWh/kg"):
        conversion("EUR/kg", "EUR/MWh", exchange={})


@pytest.mark.parametrize(
    ("unit", "near"),
    [
        ("EUR/tonne", "t"), ("MWH", "MWh"), ("mwh", "MWh"), ("USD/MMBTU", "MMBtu"), ("$/t", "USD"),
        ("€/t", "EUR"), ("RMB/t", "CNY"), ("eur/t", "EUR"), ("EUR/year", "yr"), ("MEUR", "M EUR"),
        ("kWh/kgH2", "kg"), ("EUR/tCO2eq", "tCO2e"), ("EUR/t_yr", "(t/yr)"),
    ],
)  # fmt: skip
def test_unknown_units_suggest_a_known_one(unit: str, near: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_unit(unit)
    assert caught.value.remedy == f"did you mean {near}?"


@pytest.mark.parametrize(
    "unit",
    [
        "",
        " ",
        "EUR//t",
        "EUR/",
        "/t",
        "EUR/(t",
        "EUR/t)",
        "()",
        "EUR/t yr",
        "EUR/t*yr",
        "0 t",
        "2 t",
    ]
    + ["000 KRW", "EUR;t", "EUR/t^9", "(" * 90, "EUR/" * 30, "EUR/\0t", "EUR−t"],
)
def test_misspelt_units_are_refused(unit: str) -> None:
    with pytest.raises(UnitError):
        parse_unit(unit)


@given(st.text(max_size=120))
def test_any_text_is_a_unit_or_a_unit_error(text: str) -> None:
    for reader in (parse_unit, parse_quantity):
        try:
            reader(text)
        except UnitError as error:
            assert str(error)


def test_a_currency_needs_a_rate() -> None:
    with pytest.raises(UnitError, match="no exchange rate for GBP"):
        conversion("GBP/t", "EUR/t", exchange=EXCHANGE)
    with pytest.raises(UnitError, match="did you mean USD"):
        conversion("UDS/t", "EUR/t", exchange=EXCHANGE)
    assert conversion("XAU", "EUR", exchange={"XAU": 0.5}) == 2.0


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_rates_must_be_positive_and_finite(rate: float) -> None:
    with pytest.raises(UnitError, match="exchange rate"):
        conversion("USD", "EUR", exchange={"USD": rate})


def test_one_euro_is_one_euro() -> None:
    assert conversion("EUR", "USD", exchange={"EUR": 1.0, "USD": 1.25}) == 1.25
    with pytest.raises(UnitError, match="exchange rate"):
        conversion("EUR", "USD", exchange={"EUR": 2.0, "USD": 1.25})


def test_factors_beyond_floats_are_refused() -> None:
    with pytest.raises(UnitError, match="beyond"):
        conversion("bn USD", "EUR", exchange={"USD": 1e-305})


def test_currency_of() -> None:
    assert currency_of("KRW/t") == "KRW"
    assert currency_of("GJ/t") is None
    assert currency_of("EUR/EUR") is None
    with pytest.raises(UnitError, match="EUR and USD"):
        currency_of("EUR/USD")


def test_describe() -> None:
    assert describe(parse_unit("EUR/(t/yr)")) == "money per (mass per time)"
    assert describe(parse_unit("kW")) == "power"
    assert describe(parse_unit("kWh/kg")) == "energy per mass"
    assert describe(parse_unit("m3")) == "volume"


INDEX = {2018: 80.0, 2020: 88.2, 2025: 100.0}


@pytest.mark.parametrize(
    ("year_from", "year_to", "expected"),
    [
        (2018, 2025, 100 / 80),
        (2025, 2018, 80 / 100),
        (2019, 2025, 100 / math.sqrt(80 * 88.2)),
        (2025, 2027, 1.02**2),
        (2016, 2018, 1.02**2),
        (2016, 2027, 100 / 80 * 1.02**4),
        (2030, 2030, 1),
    ],
)
def test_deflate_follows_the_index_and_then_inflation(
    year_from: int, year_to: int, expected: float
) -> None:
    factor = deflate(year_from, year_to, index=INDEX, inflation=0.02)
    assert factor == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("index", [None, {}])
def test_deflate_without_an_index(index: dict[int, float] | None) -> None:
    assert deflate(2020, 2025, index=index, inflation=0.02) == pytest.approx(1.02**5, rel=1e-15)
    assert deflate(2020, 2020, index=index, inflation=0.02) == 1.0


@given(st.integers(2000, 2060), st.integers(2000, 2060), st.integers(2000, 2060))
def test_deflation_chains(first: int, second: int, third: int) -> None:
    whole = deflate(first, third, index=INDEX, inflation=0.02)
    parts = deflate(first, second, index=INDEX, inflation=0.02) * deflate(
        second, third, index=INDEX, inflation=0.02
    )
    assert parts == pytest.approx(whole, rel=1e-12)


def test_deflate_refuses_what_is_not_usable() -> None:
    for inflation in (-1.0, math.nan, math.inf):
        with pytest.raises(UnitError, match="inflation"):
            deflate(2020, 2025, index=None, inflation=inflation)
    for level in (0.0, -1.0, math.nan):
        with pytest.raises(UnitError, match="price index"):
            deflate(2020, 2025, index={2020: level}, inflation=0.02)
    with pytest.raises(UnitError, match="apart"):
        deflate(2020, 10**9, index=None, inflation=0.02)


def test_unit_errors_survive_the_trip_from_a_worker_process() -> None:
    error = UnitError("a", "b", "c")
    back = pickle.loads(pickle.dumps(error))
    assert (back.found, back.expected, back.remedy) == ("a", "b", "c")
    assert isinstance(back, ValueError)
