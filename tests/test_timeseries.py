"""One reader of price files: each kind of shape, date and number that users bring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simcore.calibration.history import frequency_of
from simcore.cli import main
from simcore.errors import ConfigError
from simcore.timeseries import History, annual_means, read

SHARED = Path("../shared/cases")
PRICES = (52.1, 53.4, 51.8, 55.2, 54.9, 57.3, 56.1, 58.8, 60.2, 59.1, 61.7, 63.0)
FRIDAYS = [str(np.datetime64("2025-01-03") + 7 * k) for k in range(12)]


def lines(*rows: str, dates: list[str] | None = None, comma: str = ",") -> str:
    """Rows of headings, then a line for each price."""
    days = FRIDAYS if dates is None else dates
    body = [f"{day}{comma}{price}" for day, price in zip(days, PRICES, strict=False)]
    return "\n".join([*rows, *body]) + "\n"


def written(text: str, folder: Path, encoding: str = "utf-8") -> Path:
    path = folder / "prices.csv"
    path.write_bytes(text.encode(encoding))
    return path


def of(text: str, folder: Path, **options: Any) -> History:
    return read(written(text, folder), **options)


def refused(text: str, folder: Path, **options: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        of(text, folder, **options)
    return str(raised.value)


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
SHAPES: dict[str, tuple[str, dict[str, Any], str]] = {
    "text before the headings": (
        lines("Security,SYN1 Comdty", "Currency,EUR", "", "Date,PX_LAST"), {}, "in line 4"),
    "text with a date before the headings": (
        lines("Exported,2025-04-01 by me", "Date,PX_LAST"), {"column": "PX_LAST"}, "line 2"),
    "two rows of headings": (
        "\n".join([",East,,West,", "Date,Rate,Price,Rate,Price",
                   *(f"{day},1,{price},2,{900 * price}"
                     for day, price in zip(FRIDAYS, PRICES, strict=True))]),
        {"column": "East  price"}, "line 2"),
    "a line that names the separator": (lines("sep=;", "Date;Price", comma=";"), {}, ""),
    "empty lines first": (lines("", "", "date,price"), {}, ""),
    "empty cells first": (lines(",", "date,price"), {}, ""),
    "a line break in a heading": (
        lines('Date,"Auction Price\r\nEUR/tCO2"'), {"column": "auction price EUR/tCO2"}, ""),
    "dates without a heading": (lines(",close"), {}, "dates in column 1"),
    "dates with a heading of their own": (lines("Stichtag,close"), {}, "dates in Stichtag"),
    "no headings": (lines(), {}, "no headings"),
    "a column by its number": (lines("date,price"), {"column": "2"}, ""),
    "a byte order mark": ("\ufeff" + lines("date,price"), {}, ""),
    "trailing separators": (lines("date,price,").replace("\n2", ",\n2"), {}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_read(name: str, tmp_path: Path) -> None:
    text, options, note = SHAPES[name]
    history = of(text, tmp_path, **options)
    assert history.prices == pytest.approx(PRICES)
    assert [str(day) for day in history.dates] == FRIDAYS
    assert note in "; ".join(history.notes)


def test_one_of_two_columns_of_a_name_must_be_told(tmp_path: Path) -> None:
    text = "\n".join(["Date,Price,Volume,Price,Volume", *(
        f"{day},{price},10,{1000 * price},10" for day, price in zip(FRIDAYS, PRICES, strict=True)
    )])  # fmt: skip
    said = refused(text, tmp_path, column="Price")
    assert "2 columns called 'Price'" in said
    assert "2 or 4" in said
    assert of(text, tmp_path, column="4").prices == pytest.approx([1000 * one for one in PRICES])


@pytest.mark.parametrize("mark", [".", "-", "n/a", "#N/A", "NaN", "null", "..", ""])
def test_a_mark_for_no_price_is_a_gap(mark: str, tmp_path: Path) -> None:
    text = lines("date,price") + f"2025-03-28,{mark}\n2025-04-04,64\n"
    history = of(text, tmp_path)
    assert history.prices == pytest.approx([*PRICES, 64])
    assert "1 rows without a price" in "; ".join(history.notes)
    assert not mark or repr(mark) in "; ".join(history.notes)


def test_a_code_page_is_named(tmp_path: Path) -> None:
    path = written(lines("날짜,가격"), tmp_path, "cp949")
    with pytest.raises(ConfigError, match=r"--encoding cp1252, cp949"):
        read(path)
    assert read(path, encoding="cp949", column="가격").prices == pytest.approx(PRICES)
    with pytest.raises(ConfigError, match="unknown encoding"):
        read(path, encoding="cp0")


@pytest.mark.parametrize("head", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_workbook_is_told(head: bytes, tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    path.write_bytes(head)
    with pytest.raises(ConfigError, match="save the sheet as CSV"):
        read(path)


def last_days(count: int, step: int) -> list[str]:
    """Last days of periods of some months from January 2024 on."""
    start = np.datetime64("2024-01") + step * np.arange(1, count + 1)
    return [str(day) for day in start.astype("datetime64[D]") - 1]


DATES: dict[str, tuple[list[str], list[str], str, str]] = {
    "month in words first": (
        [f'"{MONTHS[k]} 05, 2024"' for k in range(12)],
        [f"2024-{k:02}-05" for k in range(1, 13)], "in words", "day"),
    "month in words last": (
        [f"5 {MONTHS[k]} 2024" for k in range(12)],
        [f"2024-{k:02}-05" for k in range(1, 13)], "in words", "day"),
    "month in words between dashes": (
        [f"05-{MONTHS[k]}-2024" for k in range(12)],
        [f"2024-{k:02}-05" for k in range(1, 13)], "in words", "day"),
    "months as 2024M01": ([f"2024M{k:02}" for k in range(1, 13)], last_days(12, 1), "last day",
                          "month"),
    "months as Jan 2024": ([f"{one} 2024" for one in MONTHS], last_days(12, 1), "last day",
                           "month"),
    "quarters": ([f"{2024 + k // 4}-Q{k % 4 + 1}" for k in range(12)], last_days(12, 3),
                 "last day", "quarter"),
    "quarters first": ([f"Q{k % 4 + 1} {2024 + k // 4}" for k in range(12)], last_days(12, 3),
                       "last day", "quarter"),
    "years": ([str(2010 + k) for k in range(12)], [f"{2010 + k}-12-31" for k in range(12)],
              "last day", "year"),
    "compact": ([f"2024{k:02}05" for k in range(1, 13)], [f"2024-{k:02}-05" for k in range(1, 13)],
                "YYYYMMDD", "day"),
    "month first, evenly spaced": (
        [f"{k % 12 + 1:02}/01/{2024 + k // 12}" for k in range(6, 18)],
        [f"{2024 + k // 12}-{k % 12 + 1:02}-01" for k in range(6, 18)],
        "month/day/year, which makes them evenly spaced", "day"),
    "day first, evenly spaced": (
        [f"01/{k % 12 + 1:02}/{2024 + k // 12}" for k in range(6, 18)],
        [f"{2024 + k // 12}-{k % 12 + 1:02}-01" for k in range(6, 18)],
        "day/month/year, which makes them evenly spaced", "day"),
}  # fmt: skip


@pytest.mark.parametrize("name", DATES)
def test_dates_of_one_reading_are_read(name: str, tmp_path: Path) -> None:
    cells, days, note, period = DATES[name]
    history = of(lines("date,price", dates=cells), tmp_path)
    assert [str(day) for day in history.dates] == days
    assert history.prices == pytest.approx(PRICES)
    assert note in "; ".join(history.notes)
    assert history.period == period


def test_an_order_that_may_be_two_is_asked_for(tmp_path: Path) -> None:
    text = lines("date,price", dates=["01/02/2024", "03/04/2024", "05/07/2024"])
    assert "ambiguous" in refused(text, tmp_path)
    assert "--date-order dmy or mdy" in refused(text, tmp_path)
    assert str(of(text, tmp_path, date_order="mdy").dates[0]) == "2024-01-02"
    assert str(of(text, tmp_path, date_order="dmy").dates[0]) == "2024-02-01"


@pytest.mark.parametrize(
    ("cell", "found"),
    [("0202-02-14", "the year 202"), ("2945-01-01", "the year 2945"), ("2025-02-30", "2025-02-30")],
)
def test_a_year_that_no_price_can_have_is_refused(cell: str, found: str, tmp_path: Path) -> None:
    said = refused(lines("date,price", dates=[FRIDAYS[0], cell, *FRIDAYS[2:]]), tmp_path)
    assert found in said
    assert "prices.csv:3" in said


def test_the_future_is_no_history_but_may_be_a_forecast(tmp_path: Path) -> None:
    text = lines("year,price", dates=[str(2045 + k) for k in range(12)])
    assert "a history holds past prices" in refused(text, tmp_path)
    assert len(of(text, tmp_path, future=True).prices) == 12


def test_day_numbers_of_a_workbook_are_told(tmp_path: Path) -> None:
    said = refused(lines("date,price", dates=[str(45660 + 7 * k) for k in range(12)]), tmp_path)
    assert "45660, the number of a day in a workbook (2025-01-03?)" in said
    assert "format the column as a date" in said


GERMAN = [f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in FRIDAYS]
NUMBERS: dict[str, tuple[list[str], Callable[[float], str], str, dict[str, Any], str]] = {
    "points of thousands beside d.m.yyyy": (
        GERMAN, lambda x: f"{x:.3f}", ";", {}, "points read as thousands"),
    "points of thousands as told": (
        FRIDAYS, lambda x: f"{x:.3f}", ";", {"decimal": "comma"}, ""),
    "commas of thousands": (
        FRIDAYS, lambda x: f'"{x:.3f}"'.replace(".", ","), ",", {}, "commas read as thousands"),
    "commas of thousands as told": (
        FRIDAYS, lambda x: f"{x:.3f}".replace(".", ","), ";", {"decimal": "point"}, ""),
    "spaces of thousands": (FRIDAYS, lambda x: f"{x:.3f}".replace(".", " "), ";", {}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_thousands_are_read(name: str, tmp_path: Path) -> None:
    days, write, separator, options, note = NUMBERS[name]
    rows = [f"{day}{separator}{write(x)}" for day, x in zip(days, PRICES, strict=True)]
    history = of("\n".join([f"Date{separator}Price", *rows]), tmp_path, **options)
    assert history.prices == pytest.approx([1000 * one for one in PRICES])
    assert note in "; ".join(history.notes)


DECIMALS: dict[str, tuple[list[str], str, dict[str, Any]]] = {
    "three decimals in a file of commas": (FRIDAYS, ",", {}),
    "three decimals as told": (FRIDAYS, ";", {"decimal": "point"}),
    "three decimals and tabs": (FRIDAYS, "\t", {}),
}


@pytest.mark.parametrize("name", DECIMALS)
def test_three_decimals_are_read(name: str, tmp_path: Path) -> None:
    days, separator, options = DECIMALS[name]
    rows = [f"{day}{separator}{x:.3f}" for day, x in zip(days, PRICES, strict=True)]
    text = "\n".join([f"Date{separator}Price", *rows])
    assert of(text, tmp_path, **options).prices == pytest.approx(PRICES)


@pytest.mark.parametrize("sign", [".", ","])
def test_a_number_that_may_be_two_is_refused(sign: str, tmp_path: Path) -> None:
    rows = [f"{day};{x:.3f}".replace(".", sign) for day, x in zip(FRIDAYS, PRICES, strict=True)]
    said = refused("\n".join(["Date;Price", *rows]), tmp_path)
    assert "52100 or 52.1" in said or "52.1 or 52100" in said
    assert "--decimal point or comma" in said


@pytest.mark.parametrize("place", [0, 6, 11])
@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_a_misprint_is_a_warning_with_date_and_change(
    place: int, factor: float, tmp_path: Path
) -> None:
    prices = [x * factor if k == place else x for k, x in enumerate(PRICES)]
    rows = [f"{day},{x}" for day, x in zip(FRIDAYS, prices, strict=True)]
    history = of("\n".join(["date,price", *rows]), tmp_path)
    notes = [one for one in history.notes if "misprint" in one]
    assert len(notes) == 1
    assert FRIDAYS[place] in notes[0]
    assert "times the" in notes[0]


def test_a_price_that_jumps_and_stays_is_no_misprint(tmp_path: Path) -> None:
    rows = [f"{day},{x * (20 if k > 5 else 1)}" for k, (day, x) in enumerate(zip(
        FRIDAYS, PRICES, strict=True))]  # fmt: skip
    history = of("\n".join(["date,price", *rows]), tmp_path)
    assert not any("misprint" in one for one in history.notes)


def test_the_nearest_delivery_of_each_date(tmp_path: Path) -> None:
    rows = ["date,delivery,price"]
    for month in range(1, 13):
        rows += [f"2024-{month:02}-15,2024-12,{month}", f"2024-{month:02}-15,2025-12,{100 + month}"]
    rows += ["2025-01-15,2024-12,999", "2025-01-15,2025-12,113", "2025-01-15,2026-12,213"]
    text = "\n".join(rows)
    assert "--front" in refused(text, tmp_path, column="price")
    history = of(text, tmp_path, column="price", front="delivery", as_quoted=True)
    assert history.prices.tolist() == [*map(float, range(1, 13)), 113.0]
    assert "1 rolls" in "; ".join(history.notes)


@pytest.mark.parametrize(
    ("dates", "name"),
    [(FRIDAYS, "weekly"), (DATES["months as 2024M01"][0], "monthly"),
     (DATES["quarters"][0], "quarterly"), (DATES["years"][0], "annual"),
     ([str(np.datetime64("2025-01-06") + k) for k in range(12)], "daily")],
)  # fmt: skip
def test_the_frequency_of_a_file(dates: list[str], name: str, tmp_path: Path) -> None:
    assert frequency_of(of(lines("date,price", dates=dates), tmp_path)) == name


def test_monthly_prices_are_not_called_weekly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.1, 60)))
    rows = [f"{2019 + k // 12}-{k % 12 + 1:02},{20 * x:.3f}" for k, x in enumerate(draws)]
    path = written("\n".join(["date,price", *rows]), tmp_path)
    assert main(["calibrate", str(path), "--process", "random_walk"]) == 0
    assert "60 monthly prices" in capsys.readouterr().out
    asked = ["--process", "random_walk", "--frequency", "quarterly"]
    assert main(["calibrate", str(path), *asked]) == 0
    assert "20 quarterly prices" in capsys.readouterr().out


def test_options_of_the_command_reach_the_reader(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [f"{k % 12 + 1:02}/{k // 12 + 1:02}/2024" for k in range(36)]
    rows = [f"{day};{20 + k % 7},{k:03}" for k, day in enumerate(days)]
    path = written("\n".join(["날짜;가격", *rows]), tmp_path, "cp949")
    told = ["--encoding", "cp949", "--decimal", "comma", "--date-order", "mdy", "--column", "2",
            "--date", "1", "--process", "random_walk", "--frequency", "daily"]  # fmt: skip
    assert main(["calibrate", str(path), *told]) == 0
    assert "36 daily prices, 2024-01-01" in capsys.readouterr().out


def test_a_year_is_the_mean_of_its_months_and_few_months_are_told(tmp_path: Path) -> None:
    days = [np.datetime64("2024-01-01") + k for k in range(366)]
    rows = [f"{day},{1 + int(str(day)[5:7])}" for day in days] + ["2025-01-02,10", "2025-02-03,20"]
    means, notes = annual_means(of("\n".join(["date,price", *rows]), tmp_path))
    assert means == {2024: pytest.approx(7.5), 2025: pytest.approx(15.0)}
    assert notes == ["prices.csv: 2025 is the mean of 2 of 12 months"]
    assert annual_means(of("year,price\n2030,5\n2031,6\n", tmp_path, future=True)) == (
        {2030: 5.0, 2031: 6.0}, []
    )  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared inputs are not here")
@pytest.mark.parametrize("name", sorted(one.stem for one in SHARED.glob("*.csv")))
def test_every_shared_input_is_read_or_refused_with_a_remedy(name: str) -> None:
    columns = {
        "heading_line_break": "Auction Price EUR/tCO2",
        "two_heading_rows": "West ETS Primary Market",
    }
    if name in ("twice_named", "year_0202"):
        with pytest.raises(ConfigError, match="remedy"):
            read(SHARED / f"{name}.csv", column="Price" if name == "twice_named" else None)
        return
    assert len(read(SHARED / f"{name}.csv", column=columns.get(name)).prices) >= 8
