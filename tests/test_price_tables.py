"""Prices by year out of a CSV file, wherever a config may write a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import simcore
from simcore.cli import main
from simcore.errors import ConfigError

CONFIG: dict[str, Any] = {
    "name": "files", "draws": 256, "years": {"first": 2027, "last": 2029}, "regions": ["EU"],
    "plant": {"start": 2027, "lifetime": 2}, "routes": ["bf_bof", "h2_dri_eaf"],
    "destinations": ["domestic"], "outcomes": ["carbon_price", "hydrogen_cost"], "keep": [],
    "scenarios": {"law": {}}, "correlations": {"factors": [], "shocks": []},
}  # fmt: skip
MONTHS = "month,hydrogen,low,high\n" + "\n".join(
    f"{year}-{month:02},{year - 2020 + (month - 6.5) / 10:.2f},{year - 2023},{year - 2017}"
    for year in (2027, 2028, 2029) for month in range(1, 13)
)  # fmt: skip


def written(folder: Path, text: str, *, name: str = "my.csv", **changes: Any) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    file = folder / "c.yaml"
    file.write_text(yaml.safe_dump({**CONFIG, **changes}, sort_keys=False), encoding="utf-8")
    return file


def hydrogen(**path: Any) -> dict[str, Any]:
    """A catalog in which hydrogen is bought at known prices."""
    entry = {"kind": "path", "unit": "EUR/kg", "process": {"kind": "scenario"}, "path": path}
    return {"prices": {"hydrogen": {"EU": entry}}}


def resolved(file: Path) -> Any:
    return simcore.load(file).experiment.catalog


def test_a_path_is_the_means_of_its_years(tmp_path: Path) -> None:
    file = written(tmp_path, MONTHS, catalog=hydrogen(csv="my.csv", column="hydrogen"))
    path = resolved(file).prices["hydrogen"]["EU"].path
    assert path == pytest.approx({2027: 7.0, 2028: 8.0, 2029: 9.0})
    run = simcore.run(file, threads=1)
    assert run["hydrogen_cost_mean"].values.ravel() == pytest.approx([7.0, 8.0, 9.0])


def test_a_file_and_the_table_that_it_holds_are_one_config(tmp_path: Path) -> None:
    file = written(tmp_path, MONTHS, catalog=hydrogen(csv="my.csv", column="hydrogen"))
    first = simcore.build(simcore.load(file))
    table = {year: float(value) for year, value in
             resolved(file).prices["hydrogen"]["EU"].path.items()}  # fmt: skip
    other = written(tmp_path, MONTHS)
    content = {**CONFIG, "catalog": hydrogen()}
    content["catalog"]["prices"]["hydrogen"]["EU"]["path"] = table
    other.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    assert simcore.build(simcore.load(other)).digest == first.digest
    alone = tmp_path / "alone" / "resolved.yaml"
    alone.parent.mkdir()
    alone.write_text(first.resolved_yaml, encoding="utf-8")
    assert simcore.build(simcore.load(alone)).digest == first.digest


def test_a_unit_of_its_own_is_converted(tmp_path: Path) -> None:
    file = written(
        tmp_path, MONTHS, catalog=hydrogen(csv="my.csv", column="hydrogen", unit="EUR/t")
    )
    assert resolved(file).prices["hydrogen"]["EU"].path[2027] == pytest.approx(0.007)
    file = written(
        tmp_path, MONTHS, catalog=hydrogen(csv="my.csv", column="hydrogen", unit="USD/kg")
    )
    with pytest.raises(ConfigError) as raised:
        simcore.load(file)
    (fault,) = raised.value.faults
    assert fault.where == "catalog.prices.hydrogen.EU.path.unit"
    assert fault.line is not None
    assert "write unit: USD/kg beside path" in fault.remedy


@pytest.mark.parametrize("band", [False, True])
def test_anchors_in_a_scenario(tmp_path: Path, band: bool) -> None:
    columns = {"low": "low", "central": "hydrogen", "high": "high"} if band else {
        "column": "hydrogen"
    }  # fmt: skip
    anchors = {"csv": "my.csv", **columns, "unit": "USD/t", "first": 2028}
    file = written(
        tmp_path, MONTHS,
        scenarios={"law": {}, "mine": {"catalog": {"markets": {"eu_ets": {
            "anchors": anchors, "process": {"kind": "random_walk", "sigma": 0.3}}}}}},
    )  # fmt: skip
    found = simcore.load(file).scenarios["mine"].catalog.markets["eu_ets"].anchors
    assert found is not None
    assert sorted(found) == [2028, 2029]
    assert found[2028].central == pytest.approx(8.0)
    assert found[2028].low == pytest.approx(5.0 if band else 8.0)
    assert found[2028].unit == "USD/t"
    law = simcore.load(file).scenarios["law"].catalog.markets["eu_ets"].anchors
    assert law is None or sorted(law) != [2028, 2029]


def test_past_means_beside_the_process(tmp_path: Path) -> None:
    history = {"csv": "my.csv", "column": "price"}
    file = written(tmp_path, "date,price\n2023-06-30,80\n2022-06-30,70\n",
                   catalog={"markets": {"eu_ets": {"history": history}}})  # fmt: skip
    assert resolved(file).markets["eu_ets"].history == {2022: 70.0, 2023: 80.0}


def test_a_floor_is_in_the_unit_of_its_price(tmp_path: Path) -> None:
    floor = {"csv": "my.csv", "column": "price", "unit": "EUR/kg"}
    file = written(tmp_path, "year,price\n2030,0.05\n2040,0.06\n",
                   catalog={"markets": {"eu_ets": {
                       "corridor": {"floor": floor},
                       "process": {"kind": "random_walk", "sigma": 0.3}}}})  # fmt: skip
    found = resolved(file).markets["eu_ets"].corridor
    assert found.floor == pytest.approx({2030: 50.0, 2040: 60.0})


def test_years_that_are_not_whole_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MONTHS.replace("2028-07", "2030-07").replace("2028-08", "2030-08")
    file = written(tmp_path, text, catalog=hydrogen(csv="my.csv", column="hydrogen"))
    assert main(["check", str(file)]) == 0
    said = capsys.readouterr().err
    assert "note: my.csv: 2028 is the mean of 10 of 12 months" in said
    assert "note: my.csv: 2030 is the mean of 2 of 12 months" in said


def test_a_setting_of_the_command_line_may_name_a_file(tmp_path: Path) -> None:
    file = written(tmp_path, MONTHS, catalog=hydrogen(**{"csv": "my.csv", "column": "low"}))
    spec = simcore.load(file, overrides=[
        "catalog.prices.hydrogen.EU.path={csv: my.csv, column: high}"
    ])  # fmt: skip
    assert spec.experiment.catalog.prices["hydrogen"]["EU"].path[2027] == 10.0  # type: ignore[union-attr,index]


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no such file": ({"csv": "your.csv", "column": "hydrogen"}, "path.csv", "no file your.csv"),
    "outside": ({"csv": "../my.csv", "column": "hydrogen"}, "path.csv", "../my.csv"),
    "no such column": ({"csv": "my.csv", "column": "hydrogn"}, "path.csv", "no column 'hydrogn'"),
    "which column": ({"csv": "my.csv"}, "path.csv", "3 columns of numbers beside the dates"),
    "file for csv": ({"file": "my.csv"}, "path.file", "unknown key 'file'"),
    "unknown key": ({"csv": "my.csv", "colunm": "low"}, "path.colunm", "colunm"),
    "a band of a path": ({"csv": "my.csv", "low": "low"}, "path.low", "low under path"),
    "a word for a choice": ({"csv": "my.csv", "decimal": "dot"}, "path.decimal", "dot"),
    "beside years": ({"csv": "my.csv", 2030: 5.0}, "path.2030", "2030"),
    "no csv": ({"column": "low"}, "path", "no csv"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_point_at_the_line(name: str, tmp_path: Path) -> None:
    path, where, found = FAULTS[name]
    file = written(tmp_path, MONTHS)
    content = {**CONFIG, "catalog": hydrogen()}
    content["catalog"]["prices"]["hydrogen"]["EU"]["path"] = path
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        simcore.load(file)
    fault = raised.value.faults[0]
    assert fault.where == f"catalog.prices.hydrogen.EU.{where}"
    assert found in fault.found
    assert fault.file == str(file)
    assert fault.line is not None
    assert all((fault.expected, fault.remedy))


def bootstrap(folder: Path, rows: list[str], **changes: Any) -> Path:
    history = {"csv": "my.csv", "column": "price", "per_year": 1, **changes}
    process = {"kind": "bootstrap", "sigma": 0, "kappa": 0, "history": history}
    return written(folder, "\n".join(["date,price", *rows]),
                   catalog={"markets": {"eu_ets": {"process": process}}})  # fmt: skip


def test_a_history_is_resampled_in_the_order_of_its_dates(tmp_path: Path) -> None:
    rows = [f"{2018 + k}-12-31,{price}" for k, price in enumerate((18, 26, 25, 54, 81, 85, 66, 74))]
    found = [
        simcore.run(bootstrap(tmp_path, order), threads=1)["carbon_price_quantile"].values
        for order in (rows, rows[::-1], [rows[3], *rows[:3], *rows[4:]])
    ]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize(
    ("rows", "per_year", "found"),
    [
        ([f"{2018 + k}-12-31,{20 + k}" for k in range(8)], 12, "365 days apart with per_year: 12"),
        ([f"{2010 + k + (k > 4)}-12-31,{20 + k}" for k in range(8)], 1,
         "no price between 2014-12-31 and 2016-12-31"),
        ([f"{2010 + k}-12-31,{20 - 5 * k}" for k in range(8)], 1, "a price above zero"),
        ([f"{2045 + k}-12-31,{20 + k}" for k in range(8)], 1, "2045-12-31, in the future"),
    ],
)  # fmt: skip
def test_a_history_that_is_not_even_is_refused(
    rows: list[str], per_year: int, found: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=found) as raised:
        simcore.load(bootstrap(tmp_path, rows, per_year=per_year))
    assert raised.value.faults[0].where == "catalog.markets.eu_ets.process.history.csv"
