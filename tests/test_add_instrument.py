"""A kind of instrument from outside: that of docs/extend.md, from its config to table and trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import documents
import pytest
import yaml

import simcore
from simcore import cli
from simcore.errors import ConfigError
from simcore.intake import sourced
from simcore.intake.entries import Catalog
from simcore.intake.instruments import RECORDS, Instrument, Millions, kinds
from simcore.model import kinds as paying
from simcore.model.dues import Kind

BONUS = {"kind": "bonus", "amount": "40 EUR/t", "share": {"value": 50, "unit": "%", "source": "us"},
         "term": 3, "cap": {"yearly": 30}}  # fmt: skip


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    """The kind of the page, registered while a test runs."""
    assert RECORDS.keys() == {one.model_fields["kind"].annotation.__args__[0] for one in known()}
    text = documents.recipe("kind of instrument", "python")
    exec(compile(text, "extend.md", "exec", dont_inherit=True), {"__name__": "bonus"})
    yield
    paying.withdraw("bonus")


def known() -> set[Any]:
    """Records whose numbers may say where they come from."""
    item = sourced.places(Catalog)["instruments"].item
    assert item is not None
    return set(item.records)


def config(**changes: Any) -> dict[str, Any]:
    return {
        "name": "toy", "draws": 512, "years": "2026-2034", "regions": ["EU"],
        "routes": ["scrap_eaf"], "outcomes": ["instrument_payment", "avoided_emissions"],
        "keep": ["instrument_payment", "avoided_emissions"], "scenarios": {"law": {}},
        "dtype": "float64", "catalog": {"instruments": {"ours": BONUS | changes}},
        "projects": {"mill": {"region": "EU", "route": "scrap_eaf", "start": 2028, "lifetime": 6,
                              "output": 1.0, "instruments": ["ours"]}},
    }  # fmt: skip


def test_it_pays_what_its_function_says() -> None:
    run = simcore.run(config())
    paid = run.instrument_payment.isel(scenario=0, project=0, instrument=0)
    cut = run.avoided_emissions.isel(scenario=0, region=0, route=0)
    for year in (2028, 2029, 2030):
        wanted = (20.0 * cut.sel(year=year)).clip(max=30.0)
        assert paid.sel(year=year).values == pytest.approx(wanted.values, rel=1e-12)
    assert (paid.sel(year=2031) == 0).all()
    assert (20.0 * cut.sel(year=2028) > 30.0).any()


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        ({"amont": 4}, ".amont", "unknown key 'amont'"),
        ({"amount": "4 EUR/MWh"}, ".amount", "EUR/MWh"),
        ({"share": 1.5}, ".share", "1.5"),
        ({"kind": "bonuses"}, ".kind", "bonuses"),
    ],
)
def test_a_faulty_one_is_refused(changes: dict[str, Any], where: str, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load(config(**changes))
    (fault,) = caught.value.faults
    assert fault.where.startswith("catalog.instruments.ours")
    assert found in fault.found
    assert where in fault.where or where == ".kind"


def test_every_command_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(yaml.safe_dump(config()), "utf-8")

    def said(*arguments: str) -> str:
        assert cli.main([*arguments]) == 0
        return capsys.readouterr().out

    said("check", "toy.yaml", "--strict")
    assert "bonus" in said("plan", "toy.yaml")
    assert "Bonus" in json.loads(said("schema"))["$defs"]
    said("run", "toy.yaml", "-o", "toy.zarr", "--quiet")
    assert "ours" in said("summary", "toy.zarr", "--variable", "instrument_payment")
    assert "ours" in said("trace", "toy.yaml", "--draw", "3")


def test_its_numbers_may_say_where_they_come_from() -> None:
    assert RECORDS["bonus"] in known()


def test_it_is_gone_when_it_is_taken_out() -> None:
    bonus = RECORDS["bonus"]
    held = paying.KINDS["bonus"]
    paying.withdraw("bonus")
    assert "bonus" not in kinds()
    with pytest.raises(ConfigError):
        simcore.load(config())
    paying.register(bonus, held)
    with pytest.raises(ValueError, match="a second bonus"):
        paying.register(bonus, held)


class Prize(Instrument):
    """A sum that is paid once."""

    kind: Literal["prize"]
    amount: Millions
    paid_in: int = 0


@pytest.mark.parametrize(("paid_in", "refused"), [(1, False), (9, True)])
def test_one_that_is_paid_once_is_asked_for_its_year_alone(paid_in: int, refused: bool) -> None:
    paying.register(Prize, Kind(lambda deal: deal.read("amount"), once=True))
    given = config()
    given["catalog"]["instruments"]["ours"] = {"kind": "prize", "amount": 7, "paid_in": paid_in}
    given["projects"]["mill"]["lifetime"] = 20
    try:
        if refused:
            with pytest.raises(ConfigError) as caught:
                simcore.load(given)
            (fault,) = caught.value.faults
            assert fault.where == "catalog.instruments.ours.paid_in"
        else:
            paid = simcore.run(given).instrument_payment.isel(scenario=0, project=0, instrument=0)
            assert paid.sel(year=2029).values == pytest.approx(7.0)
    finally:
        paying.withdraw("prize")
