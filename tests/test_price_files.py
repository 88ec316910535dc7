"""Price files as tools, offices and spreadsheets write them: read with a word, or refused with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import simcore
from simcore.calibration.history import frequency_of
from simcore.cli import main
from simcore.errors import ConfigError
from simcore.timeseries import History, annual_means, read
from simcore.timeseries.oddities import oddities

PRICES = (52.1, 53.4, 51.8, 55.2, 54.9, 57.3, 56.1, 58.8, 60.2, 59.1, 61.7, 63.0)
FRIDAYS = [str(np.datetime64("2025-01-03") + 7 * k) for k in range(12)]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
GERMAN = [f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in FRIDAYS]
US = [f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in FRIDAYS]


def table(*above: str, dates: Any = FRIDAYS, cells: Any = PRICES, sep: str = ",",
          more: str = "", below: tuple[str, ...] = ()) -> str:  # fmt: skip
    """Lines above, a line for each date, lines below."""
    rows = [f"{day}{sep}{cell}{more}" for day, cell in zip(dates, cells, strict=False)]
    return "\n".join([*above, *rows, *below]) + "\n"


def of(content: str | bytes, folder: Path, **options: Any) -> History:
    path = folder / "prices.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, **options)


def refused(content: str | bytes, folder: Path, **options: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        of(content, folder, **options)
    return str(raised.value)


TURNED = "\n".join([f"series,unit,{','.join(FRIDAYS)}", f"mine,EUR,{','.join(map(str, PRICES))}",
                    f"other,EUR,{','.join(['7'] * 12)}"])  # fmt: skip
SHAPES: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "a row of units": (table("Date,Price", ",EUR/t"), {}, ""),
    "a row of units in brackets": (table("Date,Price", "(d),(EUR/t)"), {}, ""),
    "a row of units in words": (
        table("Date,Price,Volume", ",euros a tonne,tonnes", more=",9"), {}, ""),
    "a mark of the encoding that is told": (
        ("\ufeff" + table("date,price")).encode(), {"encoding": "utf-8", "date": "date"}, ""),
    "units tell two columns apart": (
        table("Date,Price,Price", ",EUR/t,USD/t", more=",9"), {"column": "price EUR/t"}, ""),
    "titles, names and units": (
        table("Data sheet", "nominal", "", ",Coal,Oil", ",($/t),($/bbl)", more=",9"),
        {"column": "Coal"}, "headings found in line 4"),
    "a remark between headings and prices": (table("date,price", "all in EUR"), {}, ""),
    "remarks below": (
        table("date,price", below=("", "Source: an exchange,", "* provisional")), {},
        "2 lines below the table left out: Source: an exchange"),
    "remarks of many commas": (
        table("date,price", below=("An exchange, weekly, 2025",)), {}, "An exchange"),
    "words under no heading": (
        table("date,price", more=",provisional"), {}, ""),
    "many lines of description": (
        table(",ID1,ID2", "unit,EUR,USD", "base,1,1", "source,a,b", "state,01.03.2025,x", more=",9"),
        {"column": "ID1"}, "line 5"),
    "headings again": (
        table("date,price", cells=PRICES[:6])
        + table("date,price", dates=FRIDAYS[6:], cells=PRICES[6:]), {}, "repeat the headings"),
    "bars": (table("date|price", sep="|"), {}, ""),
    "a column of words": (table("date,close,who", more=",me"), {}, ""),
    "the date of the file in each row": (
        table("made,day,price", dates=[f"2026-01-01,{day}" for day in FRIDAYS]), {},
        "dates in day"),
    "a usual name among other numbers": (
        table("LAST UPDATE,TIME_PERIOD,OBS_VALUE,WEIGHT", more=",3",
              dates=[f"11/10/24 23:00,{day}" for day in FRIDAYS]), {}, "dates in TIME_PERIOD"),
    "dates side by side": (TURNED, {"column": "mine EUR"}, "the table is turned"),
    "UTF-16": (table("date,price").encode("utf-16"), {}, "read as UTF-16"),
    "UTF-16 without its mark": (table("date,price").encode("utf-16-le"), {}, "UTF-16-LE"),
    "UTF-32": (table("date,price").encode("utf-32"), {}, "UTF-32"),
    "a code page, named": (
        table("date,Preis \u20ac").encode("cp1252"), {"encoding": "cp1252"}, ""),
    "money beside each number": (
        table("date,price", cells=[f"\u20ac{x}" for x in PRICES]), {}, "\u20ac beside"),
    "a unit beside each number": (
        table("date,price", cells=[f"{x} EUR/t" for x in PRICES]), {}, "EUR/t beside"),
    "marks of statisticians": (
        table("date,price", cells=[*(f"{x} p" for x in PRICES[:6]), *PRICES[6:]]), {},
        "marks behind numbers left out: p"),
    "a mark that is named": (
        table("date,price", "2024-12-27,k.A."), {"missing": "k.A."}, "without a price ('k.A.')"),
    "zero where there was no trade": (
        table("date,price", "2024-12-27,0"), {"missing": "0"}, "without a price ('0')"),
    "commas settled by one cell": (
        table("date;price", cells=[f"{x:.3f}".replace(".", ",") for x in PRICES],
              sep=";", below=("2024-12-27;0,125",)), {"first": "2025"}, "commas read as decimal"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_read(name: str, tmp_path: Path) -> None:
    content, options, note = SHAPES[name]
    history = of(content, tmp_path, **options)
    assert history.prices == pytest.approx(PRICES)
    assert [str(day) for day in history.dates] == FRIDAYS
    assert note in "; ".join(history.notes)


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "a web page": (b"<html><table>", "a page in HTML", "save as CSV"),
    "an archive": (b"\x1f\x8b123", "compressed", "unpack it"),
    "a document": (b'{"prices": []}', "JSON", "write it as CSV"),
    "another code page": (table("date,Preis \u20ac").encode("cp1252"), "utf-8", "--encoding"),
    "two columns of dates": (
        table("trade,settled,price", dates=[f"{day},{day}" for day in FRIDAYS]),
        "2 columns of dates: trade (1), settled (2)", "--date"),
    "several prices": (table("Date,Open,Close", more=",9"), "2 columns of numbers", "--column"),
    "a first price in words": (table("date,price", "2024-12-27,dear"), "dear", "--missing"),
    "a first date that is none": (table("date,price", "2024-12-2x,9"), "2024-12-2x", "one way"),
    "two kinds of money": (
        table("date,price", cells=["5 EUR", "6 USD"]), "prices in EUR and in USD", "--where"),
    "thousands in letters": (table("date,price", cells=["52k", "53k"]), "52k", "--missing"),
    "points or commas": (
        table("date;price", cells=["52.1", "53,2", "54.1"], sep=";"), "53,2", "such as 1234.5"),
    "thousands or decimals beside a whole number": (
        table("date;price", cells=["1.234", "987"], sep=";"), "1.234 or 1234", "--decimal"),
    "points in dates and in numbers, commas between": (
        table("date,price", dates=GERMAN, cells=["52.100", "53.400"]), "52.1 or 52100",
        "--decimal"),
    "points in dates, commas in quoted numbers": (
        table("date,price", dates=GERMAN, cells=['"52,100"', '"53,400"']), "52100 or 52.1",
        "--decimal"),
    "decimal commas between commas": (
        table("date,price", cells=["52,1", "53,4"]), "3 cells under 2 headings", "quotes"),
    "one number with a comma between commas": (
        table("date,price", cells=["987.5", "1,234.5"]), "3 cells under 2 headings", "quotes"),
    "numbers of rows without a heading": (
        table("date,price", dates=[f"{k},{day}" for k, day in enumerate(FRIDAYS)]),
        "3 cells under 2 headings, and so in 11 more lines", "add the heading"),
    "some dates in another way": (
        table("date,price", dates=[*FRIDAYS[:8], *US[8:]]), "02/28/2025", "YYYY-MM-DD"),
    "a day without its year": (
        table("date,price", dates=[f"{k}-Jan" for k in range(1, 13)]), "1-Jan, a day without",
        "write the year"),
    "days that look like months": (
        table("date,price", dates=[f"Jan-{k:02}" for k in (3, 10, 17, 24, 31)]),
        "a month or a day without its year", "years of four digits"),
    "seconds of a computer": (
        table("date,price", dates=[1735862400 + 604800 * k for k in range(12)]),
        "seconds or more since 1970", "write dates"),
    "daily or monthly": (
        table("date,price", dates=[f"{k:02}/02/2024" for k in range(1, 13)]), "ambiguous",
        "--date-order dmy or mdy"),
    "next month": (
        table("date,price", dates=[str(np.datetime64("today") + 33 * k) for k in range(2)]),
        "in the future", "forward prices"),
    "a condition that no row meets": (
        table("date,price,name", more=",EUA"), "no row has name=UKA", "name: EUA"),
    "nothing but remarks": ("date,price\nfirst,dear\nlast,cheap\n", "no rows", "headings"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_unclear_is_refused_with_what_settles_it(name: str, tmp_path: Path) -> None:
    content, found, remedy = REFUSED[name]
    options = {"where": {"name": "UKA"}} if "condition" in name else {}
    said = refused(content, tmp_path, **options)
    assert found in said
    assert remedy in said


def ends(first: str, last: str) -> tuple[str, str]:
    return first, last


DATES: dict[str, tuple[list[str], tuple[str, str], str, str]] = {
    "d/m/yy": ([f"{d[8:]}/{d[5:7]}/{d[2:4]}" for d in FRIDAYS], ("2025-01-03", "2025-03-21"),
               "day", "03/01/25 is 2025-01-03"),
    "m/d/yy": ([f"{d[5:7]}/{d[8:]}/{d[2:4]}" for d in FRIDAYS], ("2025-01-03", "2025-03-21"),
               "day", "month/day/year"),
    "yy.mm.dd": ([f"{d[2:4]}.{d[5:7]}.{d[8:]}" for d in FRIDAYS], ("2025-01-03", "2025-03-21"),
                 "day", "year/month/day, which makes them evenly spaced"),
    "last century": ([f"31/12/{k}" for k in range(80, 92)], ("1980-12-31", "1991-12-31"),
                     "day", "31/12/80 is 1980-12-31"),
    "uneven, but in order": (
        ["05/03/2024", "09/04/2024", "08/05/2024", "04/06/2024", "02/07/2024", "06/08/2024"],
        ("2024-03-05", "2024-08-06"), "day", "which puts them in order"),
    "monthly with holes": (
        [f"{k:02}/01/{year}" for year in (2023, 2024) for k in (1, 2, 4, 5, 6, 8, 9, 12)],
        ("2023-01-01", "2024-12-01"), "day", "one day of the month"),
    "weekly with holes": (
        ["07/03/2025", "04/04/2025", "02/05/2025", "09/05/2025", "06/06/2025"],
        ("2025-03-07", "2025-06-06"), "day", "evenly spaced"),
    "the name of the day": ([f"Fri, {d}" for d in FRIDAYS], ("2025-01-03", "2025-03-21"), "day",
                            ""),
    "with the time": ([f"{d}T00:00:00Z" for d in FRIDAYS], ("2025-01-03", "2025-03-21"), "day", ""),
    "3-Jan-25": ([f"{d[8:]}-{MONTHS[int(d[5:7]) - 1]}-{d[2:4]}" for d in FRIDAYS],
                 ("2025-01-03", "2025-03-21"), "day", "in words"),
    "German": (["3. Januar 2024", "3. M\u00e4rz 2024", "3. Mai 2024"], ("2024-01-03", "2024-05-03"),
               "day", "in words"),
    "Spanish": (["3 de enero de 2024", "3 de abril de 2024"], ("2024-01-03", "2024-04-03"), "day",
                "in words"),
    "Korean": ([f"2024\ub144 {k}\uc6d4 5\uc77c" for k in range(1, 13)], ("2024-01-05", "2024-12-05"),
               "day", ""),
    "Chinese months": ([f"2024\u5e74{k}\u6708" for k in range(1, 13)], ("2024-01-31", "2024-12-31"),
                       "month", "last day"),
    "French months": (["janv. 2024", "f\u00e9vr. 2024", "ao\u00fbt 2024", "d\u00e9c. 2024"],
                      ("2024-01-31", "2024-12-31"), "month", "last day"),
    "Jan-24": ([f"{one}-24" for one in MONTHS], ("2024-01-31", "2024-12-31"), "month", "last day"),
    "Jan24": ([f"{one}24" for one in MONTHS], ("2024-01-31", "2024-12-31"), "month", "last day"),
    "202401": ([f"2024{k:02}" for k in range(1, 13)], ("2024-01-31", "2024-12-31"), "month", ""),
    "01/2024": ([f"{k:02}/2024" for k in range(1, 13)], ("2024-01-31", "2024-12-31"), "month", ""),
    "2024.01": ([f"2024.{k:02}" for k in range(1, 13)], ("2024-01-31", "2024-12-31"), "month", ""),
    "2024Q1": ([f"{2020 + k // 4}Q{k % 4 + 1}" for k in range(12)], ("2020-03-31", "2022-12-31"),
               "quarter", ""),
    "1Q24": ([f"{k % 4 + 1}Q{20 + k // 4}" for k in range(12)], ("2020-03-31", "2022-12-31"),
             "quarter", ""),
    "half-years": ([f"{2015 + k // 2}-S{k % 2 + 1}" for k in range(12)],
                   ("2015-06-30", "2020-12-31"), "half-year", "half-years are dated"),
    "weeks": ([f"2024-W{k:02}" for k in range(1, 13)], ("2024-01-05", "2024-03-22"), "week",
              "their Friday"),
    "years as decimals": ([f"{2010 + k}.0" for k in range(12)], ("2010-12-31", "2021-12-31"),
                          "year", "last day"),
    "this year": ([str(int(str(np.datetime64("today"))[:4]) - 11 + k) for k in range(12)],
                  (f"{int(str(np.datetime64('today'))[:4]) - 11}-12-31",
                   f"{str(np.datetime64('today'))[:4]}-12-31"), "year", "last day"),
}  # fmt: skip


@pytest.mark.parametrize("name", DATES)
def test_dates_of_one_reading_are_read(name: str, tmp_path: Path) -> None:
    cells, (first, last), period, note = DATES[name]
    quoted = [f'"{one}"' for one in cells]
    history = of(table("date,price", dates=quoted, cells=range(20, 60)), tmp_path)
    assert (str(history.dates[0]), str(history.dates[-1])) == (first, last)
    assert len(history.prices) == len(cells)
    assert history.period == period
    assert note in "; ".join(history.notes)


@pytest.mark.parametrize(
    ("heading", "cells", "last"),
    [("Year,Month", [f"2024,{k}" for k in range(1, 13)], "2024-12-31"),
     ("Jahr,Monat", [f"2024,{one}" for one in MONTHS], "2024-12-31"),
     ("year,", [f"2024,{one}" for one in MONTHS], "2024-12-31"),
     ("year,quarter", [f"{2020 + k // 4},{k % 4 + 1}" for k in range(12)], "2022-12-31"),
     ("Year,Week", [f"2024,{k}" for k in range(1, 13)], "2024-03-22")],
)  # fmt: skip
def test_a_year_and_its_part_may_stand_apart(
    heading: str, cells: list[str], last: str, tmp_path: Path
) -> None:
    history = of(table(f"{heading},price", dates=cells), tmp_path)
    assert str(history.dates[-1]) == last
    first, second = heading.split(",")
    assert f"dates in {first} and {second or 'column 2'}" in history.notes


@pytest.mark.parametrize(
    ("heading", "cells"),
    [("year,month,day", [f"2024,3,{k}" for k in range(1, 13)]),
     ("Jahr,Monat,Tag", [f"2024,M\u00e4rz,{k}" for k in range(1, 13)]),
     ("Year,Month,hour,Day", [f"2024.0,3.0,0,{k}.0" for k in range(1, 13)])],
)  # fmt: skip
def test_a_day_beside_year_and_month_is_the_day(
    heading: str, cells: list[str], tmp_path: Path
) -> None:
    history = of(table(f"{heading},price", dates=cells), tmp_path, column="price")
    assert (str(history.dates[0]), str(history.dates[-1])) == ("2024-03-01", "2024-03-12")
    assert history.period == "day"


@pytest.mark.parametrize("sign", ["/", "-"])
def test_a_year_from_one_to_the_next_is_no_month(sign: str, tmp_path: Path) -> None:
    seasons = [f"{2000 + k}{sign}{k + 1:02}" for k in range(11)]
    assert "a month or a year" in refused(table("season,price", dates=seasons), tmp_path)
    months = [*seasons[:10], f"2010{sign}12"]
    assert of(table("month,price", dates=months), tmp_path).period == "month"


@pytest.mark.parametrize(
    "options", [{"front": "Date"}, {"column": "date"}, {"column": "price", "date": "price"}]
)
def test_a_column_of_dates_is_nothing_else(options: dict[str, str], tmp_path: Path) -> None:
    said = refused(table("date,price"), tmp_path, **options)
    assert "the column of the dates" in said
    assert f"--{'front' if 'front' in options else 'column'}" in said


def test_a_market_is_not_written_over_the_file_of_its_prices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = table("date,price")
    (tmp_path / "p.csv").write_text(content, encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to("p.csv")
    (tmp_path / "old.yaml").write_text("name: old", encoding="utf-8")
    for name, code in (("p.csv", 2), ("link.yaml", 2), ("old.yaml", 0)):
        asked = ["--process", "random_walk", "-o", str(tmp_path / name), "--overwrite"]
        assert main(["calibrate", str(tmp_path / "p.csv"), *asked]) == code
    assert "the file of the prices" in capsys.readouterr().err
    assert (tmp_path / "p.csv").read_text(encoding="utf-8") == content
    assert "random_walk" in (tmp_path / "old.yaml").read_text(encoding="utf-8")


SAID: dict[str, tuple[str, Any, str, str]] = {
    "money in the heading": ("date,Price (USD/t)", PRICES, "EUR/t", "USD"),
    "money below the heading": ("date,Price\n,GBP", PRICES, "EUR/t", "GBP"),
    "money beside the prices": (
        "date,price",
        [f"\u20ac {one}" for one in PRICES],
        "USD/t",
        "\u20ac",
    ),
    "another size": ("date,EUR/kg", PRICES, "EUR/t", "EUR/kg"),
    "another thing": ("date,price in EUR per MWh", PRICES, "EUR/t", "EUR/MWh"),
    "the same": ("date,Price (EUR/t)", PRICES, "EUR/t", ""),
    "the same by its sign": ("date,price", [f"\u00a5{one}" for one in PRICES], "CNY/t", ""),
    "the same by a longer name": ("date,Euro per tonne", PRICES, "EUR/t", ""),
    "no money": ("date,EUA Dec HRC", PRICES, "EUR/t", ""),
}


@pytest.mark.parametrize("name", SAID)
def test_another_unit_than_that_of_the_file_is_warned_of(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heading, cells, unit, found = SAID[name]
    content = table(heading, cells=cells)
    told = [one for one in of(content, tmp_path, unit=unit).notes if "the file says" in one]
    assert [one.split("says ")[1].split(" (")[0].split(",")[0] for one in told] == (
        [found] if found else []
    )
    asked = ["calibrate", str(tmp_path / "prices.csv"), "--process", "random_walk", "--unit", unit]
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert ("which is right?" in said) == bool(found)


def test_a_price_table_in_another_money_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    years = [f"{2026 + k}" for k in range(12)]
    for heading, warned in (("USD/kg", True), ("EUR/kg", False), ("hydrogen", False)):
        (tmp_path / "p.csv").write_text(
            table(f"year,{heading}", dates=years, cells=[4.0] * 12), encoding="utf-8"
        )
        path = {"csv": "p.csv", "column": heading}
        hydrogen = {
            "kind": "path", "unit": "EUR/kg", "process": {"kind": "scenario"}, "path": path,
        }  # fmt: skip
        file = config(tmp_path, {"prices": {"hydrogen": {"EU": hydrogen}}})
        assert main(["check", str(file)]) == 0
        said = capsys.readouterr()
        assert ("the file says USD" in said.out + said.err) == warned


def test_what_is_told_in_vain_is_noted(tmp_path: Path) -> None:
    notes = of(table("date,price"), tmp_path, date_order="mdy", missing="k.A.").notes
    assert "the order mdy changes nothing: no date is like 01/02/2024" in notes
    assert "no cell is k.A." in notes
    text = table("date,price", dates=[f"0{k}/02/2024" for k in range(1, 9)], cells=["x", *PRICES])
    assert of(text, tmp_path, date_order="mdy", missing="x").notes == (
        "1 rows without a price ('x')",
    )


def test_a_year_of_one_half_is_told(tmp_path: Path) -> None:
    text = table("date,price", dates=["2020-S1", "2020-S2", "2021-S1"])
    assert annual_means(of(text, tmp_path))[1] == [
        "prices.csv: 2021 is the mean of 1 of 2 half-years"
    ]


def test_prices_that_look_like_years_are_prices(tmp_path: Path) -> None:
    text = table("Jahr,Preis", dates=range(2010, 2022), cells=range(1990, 2002))
    history = of(text, tmp_path, column="Preis")
    assert history.prices.tolist() == list(range(1990, 2002))
    assert "2 columns of dates" in refused(text, tmp_path)


def test_half_years_have_their_frequency(tmp_path: Path) -> None:
    history = of(table("date,price", dates=DATES["half-years"][0]), tmp_path)
    assert frequency_of(history) == "half-yearly"


NUMBERS: dict[str, tuple[list[str], list[float], dict[str, Any], str]] = {
    "groups of India": (["1,23,456", "12,34,567"], [123456, 1234567], {}, "thousands"),
    "apostrophes": (["1'234.5", "987.1"], [1234.5, 987.1], {}, ""),
    "hard spaces": (["1\u00a0234,5", "987,1"], [1234.5, 987.1], {}, "commas read as decimal"),
    "points, then a group more": (["1.234", "1.234.567"], [1234, 1234567], {}, "points read as"),
    "points, then a short one": (["1.234", "2.3"], [1.234, 2.3], {}, ""),
    "no group begins with zero": (["0.234", "1.345"], [0.234, 1.345], {}, ""),
    "both signs": (["1.234,5", "2.345,0"], [1234.5, 2345.0], {}, "commas read as decimal"),
    "a sign of print": (["\u22125", "6"], [-5, 6], {"signed": True}, ""),
    "powers of ten": (["5.21e1", "5.3E1"], [52.1, 53.0], {}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_one_reading_are_read(name: str, tmp_path: Path) -> None:
    cells, values, options, note = NUMBERS[name]
    history = of(table("date;price", cells=cells, sep=";"), tmp_path, **options)
    assert history.prices == pytest.approx(values)
    assert note in "; ".join(history.notes)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("2025-02", None, 7), (None, "2025-01", 5), ("2025", "2025", 12), ("2025Q1", "2025-02", 9)],
)
def test_bounds_may_be_periods(
    first: str | None, last: str | None, count: int, tmp_path: Path
) -> None:
    assert len(of(table("date,price"), tmp_path, first=first, last=last).prices) == count


# -------------------------------------------------------------------------------- deliveries


def contracts(*, days: int = 8, lost: tuple[int, ...] = ()) -> str:
    """A contract to January and one to February, twice as dear; both rise by 1 % a day."""
    rows = ["date,delivery,price"]
    for k in range(days):
        day = np.datetime64("2025-01-27") + k
        if day <= np.datetime64("2025-01-31") and k not in lost:
            rows.append(f"{day},2025-01,{10 * 1.01**k:.6f}")
        rows.append(f"{day},2025-02,{20 * 1.01**k:.6f}")
    return "\n".join(rows)


def test_the_gap_between_two_deliveries_is_no_change(tmp_path: Path) -> None:
    history = of(contracts(), tmp_path, front="delivery")
    assert np.diff(np.log(history.prices)) == pytest.approx([np.log(1.01)] * 7, abs=1e-6)
    assert history.prices[-1] == pytest.approx(20 * 1.01**7)
    (note,) = [one for one in history.notes if one.startswith("front")]
    assert "1 rolls, 2025-02-01 to 2025-02-01" in note
    assert "the first price times 2" in note
    quoted = of(contracts(), tmp_path, front="delivery", as_quoted=True)
    assert quoted.prices[4:6] == pytest.approx([10 * 1.01**4, 20 * 1.01**5])


def test_a_day_without_the_nearest_delivery_is_no_roll_and_back(tmp_path: Path) -> None:
    history = of(contracts(lost=(2,)), tmp_path, front="delivery", as_quoted=True)
    assert history.prices[:3] == pytest.approx([10, 10.1, 10 * 1.01**3])
    assert "1 dates on which the nearest delivery has no price" in "; ".join(history.notes)
    assert "1 rolls" in "; ".join(history.notes)


def test_a_roll_without_a_common_date_is_told(tmp_path: Path) -> None:
    text = "date,month,price\n2025-01-30,Jan-25,10\n2025-01-31,Jan-25,11\n2025-02-03,Feb-25,20\n"
    history = of(text, tmp_path, front="month", column="price")
    assert history.prices.tolist() == [10, 11, 20]
    assert "warning: at 1 rolls no date has both" in "; ".join(history.notes)


def test_the_first_of_a_month_is_that_month_in_the_order_of_the_dates(tmp_path: Path) -> None:
    rows = ["Trade Date,Strip,Settle"]
    for day in ("01/15/2025", "01/30/2025", "02/27/2025", "03/05/2025"):
        rows += [f"{day},2/1/2025,10", f"{day},3/1/2025,20"]
    history = of("\n".join(rows), tmp_path, front="Strip", as_quoted=True)
    assert history.prices.tolist() == [10, 10, 10, 20]
    assert str(history.dates[-1]) == "2025-03-05"


def test_several_deliveries_name_what_tells_them_apart(tmp_path: Path) -> None:
    said = refused(contracts(), tmp_path, column="price")
    assert "rows differ in delivery, price" in said
    assert "--front" in said
    assert "such as 2025-12" in refused(
        contracts().replace("2025-01,", "soon,"), tmp_path, column="price", front="delivery"
    )


# ------------------------------------------------------------------------ misprints and units


def walk(seed: int, scale: float, *, wild: bool = False) -> np.ndarray:
    draw = np.random.default_rng(seed)
    steps = draw.standard_t(3, 300) if wild else draw.standard_normal(300)
    return np.asarray(50 * np.exp(np.cumsum(scale * steps)))


DAYS = np.datetime64("2015-01-02") + 7 * np.arange(300)


@pytest.mark.parametrize("factor", [1.6, 10.0, 0.1, 100.0, 1000.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_misprint_is_told_with_date_and_size(factor: float, seed: int) -> None:
    prices = walk(seed, 0.03)
    prices[100] *= factor
    (said,) = [one for one in oddities(DAYS, prices) if one.startswith("warning")]
    assert "a misprint?" in said
    assert str(DAYS[100]) in said
    times = float(f"{prices[100] / prices[99]:.3g}")
    assert f"is {times:,.10g} times the" in said


@pytest.mark.parametrize("length", [2, 5])
def test_misprints_in_a_row_are_told_once(length: int) -> None:
    prices = walk(1, 0.03)
    prices[100 : 100 + length] *= 10
    (said,) = [one for one in oddities(DAYS, prices) if one.startswith("warning")]
    assert f"a misprint (until {DAYS[99 + length]})?" in said
    assert str(DAYS[100]) in said


@pytest.mark.parametrize("factor", [1000.0, 0.001, 100.0])
@pytest.mark.parametrize("place", [1, 150, 297])
def test_a_change_of_unit_is_told_with_its_date(factor: float, place: int) -> None:
    prices = walk(3, 0.03)
    prices[place:] *= factor
    (said,) = [one for one in oddities(DAYS, prices) if one.startswith("warning")]
    assert str(DAYS[place]) in said
    assert "another unit" in said or place == 1


@pytest.mark.parametrize("wild", [False, True])
def test_a_true_price_raises_no_alarm(wild: bool) -> None:
    for seed in range(40):
        prices = walk(seed, 0.05, wild=wild)
        prices[150:] *= 3.0
        assert not [one for one in oddities(DAYS, prices) if one.startswith("warning")]


def test_a_price_of_spikes_is_told_once() -> None:
    draw = np.random.default_rng(5)
    prices = np.where(draw.random(300) < 0.1, 900.0, 50.0) * np.exp(0.05 * draw.random(300))
    told = [one for one in oddities(DAYS, prices) if one.startswith("warning")]
    assert len(told) == 1
    assert "spikes, or misprints" in told[0]


# ------------------------------------------------------------------------- commands, configs


CONFIG: dict[str, Any] = {
    "name": "files", "draws": 64, "years": {"first": 2026, "last": 2027}, "regions": ["EU"],
    "routes": ["bf_bof", "scrap_eaf"], "destinations": ["domestic"], "outcomes": ["carbon_price"],
    "keep": [], "scenarios": {"law": {}}, "correlations": {"factors": [], "shocks": []},
}  # fmt: skip


def config(folder: Path, catalog: dict[str, Any]) -> Path:
    file = folder / "c.yaml"
    file.write_text(yaml.safe_dump({**CONFIG, "catalog": catalog}), encoding="utf-8")
    return file


def resampled(**history: Any) -> dict[str, Any]:
    history = {"csv": "prices.csv", "column": "price", "per_year": 1, **history}
    process = {"kind": "bootstrap", "sigma": 0, "kappa": 0, "history": history}
    return {"markets": {"eu_ets": {"process": process}}}


def test_what_a_resampled_history_took_for_granted_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [f"{1000 + 7 * k:,}" for k in range(10)]
    text = table("date;price", dates=[f"{2010 + k}" for k in range(10)], cells=cells, sep=";")
    (tmp_path / "prices.csv").write_text(text.replace(",", "."), encoding="utf-8")
    with pytest.raises(ConfigError, match="decimal: point or comma"):
        simcore.load(config(tmp_path, resampled()))
    file = config(tmp_path, resampled(decimal="comma", first=2012))
    assert main(["check", str(file)]) == 0
    assert "note: prices.csv: years are dated on their last day" in capsys.readouterr().err
    text = text.replace("2019;1,063", "2019;1,063,000")
    (tmp_path / "prices.csv").write_text(text.replace(",", "."), encoding="utf-8")
    out = str(tmp_path / "out.zarr")
    assert main(["run", str(file), "--draws", "256", "-o", out, "--json"]) == 0
    said = capsys.readouterr()
    warning = "warning: prices.csv: 1,063,000 on 2019-12-31 is 1,010 times"
    assert any(one.startswith(warning) for one in json.loads(said.out)["notes"])
    assert f"\n{warning}" in said.err


@pytest.mark.parametrize(("step", "right"), [(12, 1), (3, 4), (1, 12)])
def test_another_number_of_prices_a_year_is_told(step: int, right: int, tmp_path: Path) -> None:
    days = [f"{2000 + k * step // 12}-{k * step % 12 + 1:02}" for k in range(60 // step + 12)]
    text = table("date,price", dates=days, cells=[20 + k % 7 for k in range(len(days))])
    (tmp_path / "prices.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"write per_year: {right}\n"):
        simcore.load(config(tmp_path, resampled(per_year=52)))
    simcore.load(config(tmp_path, resampled(per_year=right)))


@pytest.mark.parametrize("key", ["csv", "file"])
def test_past_prices_to_draw_again_stand_inside_the_process(key: str, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(table("date,price"), encoding="utf-8")
    market = resampled()["markets"]["eu_ets"]
    history = market["process"].pop("history")
    history[key] = history.pop("csv")
    with pytest.raises(ConfigError) as raised:
        simcore.load(config(tmp_path, {"markets": {"eu_ets": {**market, "history": history}}}))
    assert "process: {kind: bootstrap, history: {csv: FILE" in str(raised.value)


def test_a_resampled_history_of_the_front_has_no_gaps(tmp_path: Path) -> None:
    rows = ["date,delivery,price"]
    for year in range(2010, 2020):
        rows += [f"{year}-06-30,{year + ahead},{(1 + ahead) * 10 + year % 3}" for ahead in (0, 1)]
    (tmp_path / "prices.csv").write_text("\n".join(rows), encoding="utf-8")
    spec = simcore.load(config(tmp_path, resampled(front="delivery")))
    assert any("front: the nearest delivery" in one for one in spec.notes)


def test_a_column_of_numbers_is_read_by_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("# rates\n\nplant;wacc\nA;7,5\nB;n/a\nC;8,25\n")
    wacc = {"kind": "empirical", "csv": "w.csv", "column": "wacc", "unit": "%"}
    spec = simcore.load(config(tmp_path, {"regions": {"EU": {"wacc": wacc}}}))
    assert "w.csv: commas read as decimal" in spec.notes
    assert "w.csv: 1 rows without a number" in spec.notes
    (tmp_path / "w.csv").write_text("plant;wacc\nA;7.125\nB;8.250\n")
    with pytest.raises(ConfigError, match="decimal: point or comma"):
        simcore.load(config(tmp_path, {"regions": {"EU": {"wacc": wacc}}}))
    wacc["decimal"] = "point"
    simcore.load(config(tmp_path, {"regions": {"EU": {"wacc": wacc}}}))


@pytest.mark.parametrize("command", ["calibrate", "backtest", "correlation"])
def test_notes_are_in_the_json_of_each_command(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = 20 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.1, 72)))
    months = [f"{2018 + k // 12}M{k % 12 + 1:02}" for k in range(72)]
    for name in ("one.csv", "two.csv"):
        text = table("date,price", dates=months, cells=[f"{x:.4f}" for x in draws])
        (tmp_path / name).write_text(text, encoding="utf-8")
    asked = {
        "calibrate": ["calibrate", "one.csv", "--process", "log_ou"],
        "backtest": ["backtest", "one.csv", "--market", "eu_ets", "--horizons", "1"],
        "correlation": ["calibrate", "one.csv", "two.csv", "--correlation"],
    }[command]
    files = [str(tmp_path / one) if one.endswith(".csv") else one for one in asked]
    assert main([*files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=lambda one: 1 / 0)
    notes = found["notes"]["one"] if command == "correlation" else found["notes"]
    assert "months are dated on their last day" in notes
    assert found["frequency"] == "monthly"


def test_a_finer_frequency_than_that_of_the_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = table("date,price", dates=[f"{2010 + k}" for k in range(12)])
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    for asked, code in (("weekly", 2), ("half-yearly", 2), ("annual", 0)):
        options = ["--process", "random_walk", "--frequency", asked]
        assert main(["calibrate", str(tmp_path / "p.csv"), *options]) == code
    said = capsys.readouterr()
    assert "weekly of annual prices" in said.err
    assert "12 annual prices" in said.out


def test_a_market_that_no_run_would_take_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.yaml"
    for cells, code in (([*PRICES[:6], 5610.0, *PRICES[7:]], 2), (PRICES, 0)):
        (tmp_path / "p.csv").write_text(table("date,price", cells=cells), encoding="utf-8")
        asked = ["calibrate", str(tmp_path / "p.csv"), "--process", "random_walk"]
        assert main(asked) == 0
        assert main([*asked, "-o", str(out)]) == code
        assert out.exists() == (code == 0)
    said = capsys.readouterr()
    assert "look for misprints" in said.err
    assert "catalog.markets.p.process.sigma" in said.err


def test_a_price_that_does_not_revert_is_said_to_wander() -> None:
    from simcore.calibration import processes

    when = np.datetime64("2000-01-31") + 30 * np.arange(120)
    rising = History(
        when, np.exp(np.linspace(0, 2, 120) ** 2 + 0.001 * np.sin(np.arange(120))), "", ""
    )
    found = processes.calibrate(rising, kinds=("log_ou",), frequency="monthly")
    assert "log_ou found no reversion: it is a random walk here" in found.warnings
    assert not any("endless" in one for one in found.warnings)
