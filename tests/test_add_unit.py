"""A unit from outside: the recipe of docs/extend.md in a config, a run, tables and a trace."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import documents
import numpy as np
import pytest

import simcore
from simcore import cli, units
from simcore.units import names

SHORT_TON = 0.90718474


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "toy.yaml"
    file.write_text(documents.recipe("unit", "yaml toy"), "utf-8")
    return file


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(names, "UNITS", dict(names.UNITS))
    exec(documents.recipe("unit", "python"), {})
    yield
    names.parse_unit.cache_clear()


def test_before_it_is_declared_it_is_a_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(file)]) == 2
    assert "'short_ton' in the unit 'USD/short_ton'" in capsys.readouterr().err


@pytest.mark.usefixtures("declared")
def test_a_run_in_it_is_the_run_in_tonnes(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = simcore.run(file, threads=1)
    metric = file.read_text("utf-8").replace("USD/short_ton", "USD/t")
    for number in (380, 60, 75, 95):
        metric = metric.replace(f": {number}", f": {number / SHORT_TON!r}")
    (tmp_path / "metric.yaml").write_text(metric, "utf-8")
    expected = simcore.run(tmp_path / "metric.yaml", threads=1)
    assert expected.commodity_price.sel(commodity="scrap.EU").std() > 0
    for name in ("commodity_price", "input", "levelised_cost_mean", "levelised_cost_quantile"):
        np.testing.assert_allclose(
            found[name], expected[name], rtol=1e-6 if name == "input" else 1e-12
        )
    # What the dataset says is in the units of the model.
    assert str(found.factor_unit.sel(factor="scrap_eaf.other_opex").values) == "EUR/t"
    assert str(found.commodity_unit.sel(commodity="scrap.EU").values) == "t"


@pytest.mark.usefixtures("declared")
def test_commands_know_it(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(tmp_path / "toy.zarr")
    assert cli.main(["run", str(file), "--out", run, "--quiet"]) == 0
    assert cli.main(["plan", str(file)]) == 0
    assert "unit: USD/short_ton" in capsys.readouterr().out
    asked = ["--variable", "commodity_price", "--year", "2026", "--ids"]
    assert cli.main(["summary", run, *asked]) == 0
    price = 380 / SHORT_TON / simcore.load(file).experiment.money.exchange["USD"]
    row = next(line for line in capsys.readouterr().out.splitlines() if "scrap.EU" in line)
    assert f" {price:.0f} " in row
    assert cli.main(["trace", str(file), "--draw", "0"]) == 0
    assert "scrap_eaf.other_opex" in capsys.readouterr().out


@pytest.mark.usefixtures("declared")
def test_it_is_one_object_however_it_is_spelled() -> None:
    one = units.parse_unit("EUR/short_ton")
    assert one == units.parse_unit("EUR short_ton-1") == units.parse_unit("EUR / short_ton")
    assert str(one) == "EUR/short_ton"
    assert one.scale == 1 / Fraction("0.90718474")
    assert units.conversion("short_ton", "kg", exchange={}) == 907.18474
    with pytest.raises(units.UnitError, match="did you mean short_ton"):
        units.parse_unit("EUR/short_tons")


@pytest.mark.parametrize(
    ("name", "definition", "words"),
    [
        ("t", "1 kg", "a second unit 't'"),
        ("USD", "0.9 EUR", "a second unit"),
        ("%", "0.01", "a second unit"),
        ("2x", "1 kg", "letters, digits and _"),
        ("stone", "kg", "write the number first"),
        ("stone", "1/0 kg", "write the number first"),
        ("stone", "6.35 kgs", "did you mean kg"),
        ("stone", "6.35", "no unit"),
    ],
)
def test_a_declaration_that_says_nothing_is_refused(name: str, definition: str, words: str) -> None:
    before = dict(names.UNITS)
    with pytest.raises(units.UnitError, match=words):
        units.declare(name, definition)
    assert before == names.UNITS
