"""Outcomes in words: units told apart, found by what others call them, said alike everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simcore import cli
from simcore.errors import ConfigError
from simcore.glossary import meaning
from simcore.intake.editor_schema import json_schema
from simcore.terminal.outline import catalog_text, outcome_entries
from simcore.variables import OUTCOMES, meant

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("name", "unit"), [
    ("levelised_cost", "EUR per t of product"),
    ("carbon_price", "EUR per t CO2e"),
    ("abatement_cost", "EUR per t CO2e"),
    ("carbon_value", "EUR per t of product"),
    ("carbon_value_per_tco2", "EUR per t CO2e"),
    ("hydrogen_cost", "EUR per kg of hydrogen"),
    ("project_npv", "million EUR"),
    ("project_cash", "million EUR a year"),
    ("viability", "probability"),
    ("crossover_year", "calendar year"),
])  # fmt: skip
def test_a_unit_says_what_the_tonne_is_of(name: str, unit: str) -> None:
    assert meaning(name).unit == unit


def test_every_unit_is_in_words() -> None:
    for name in OUTCOMES:
        unit = meaning(name).unit
        assert unit and not any(sign in unit for sign in ("{", "-1", "1e6")), (name, unit)


@pytest.mark.parametrize(("asked", "name"), [
    ("green_premium", "cost_premium"), ("npv", "project_npv"), ("lcoe", "levelised_cost"),
    ("lcos", "levelised_cost"), ("mac", "abatement_cost"), ("abatement", "abatement_cost"),
    ("breakeven", "break_even_price"), ("subsidy", "support_gap"), ("strike", "break_even_strike"),
    ("irr", "project_irr"), ("liability", "exposure_cost"), ("cost_premum", "cost_premium"),
])  # fmt: skip
def test_an_outcome_is_found_by_meaning(asked: str, name: str) -> None:
    assert meant(asked) == name
    with pytest.raises(ConfigError, match=f"did you mean {name}"):
        catalog_text({"outcomes": outcome_entries()}, ("outcomes",), section="outcomes", name=asked)


def test_no_word_leads_to_two_outcomes_or_is_one() -> None:
    words = [word for one in OUTCOMES.values() for word in one.asked_as]
    assert len(set(words)) == len(words)
    assert not set(words) & set(OUTCOMES)


def test_differences_say_their_sign() -> None:
    for name in ("cost_premium", "support_gap", "carbon_value", "project_npv", "buyer_premium"):
        assert "zero" in OUTCOMES[name].sign


def test_the_terminal_says_all_of_one_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["catalog", "outcomes", "premium_per_tonne"]) == 0
    told = capsys.readouterr().out
    for part in ("carbon_value\n", "EUR per t of product", "sign", "(7.1)", "premium_per_tonne"):
        assert part in told


@pytest.mark.parametrize(("width", "most"), [("100", 1.1), ("80", 2.0)])
def test_the_list_is_a_line_an_outcome_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: str, most: float
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert cli.main(["catalog", "outcomes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert len(lines) <= most * len(OUTCOMES)
    assert cli.main(["catalog", "outcomes", "--long"]) == 0
    assert capsys.readouterr().out.count("\n  unit ") == len(OUTCOMES)


def test_the_same_words_stand_in_the_schema_and_on_the_page() -> None:
    items = json_schema()["properties"]["outcomes"]["anyOf"][0]["items"]
    told = dict(zip(items["enum"], items["enumDescriptions"], strict=True))
    page = (ROOT / "docs" / "outcomes.md").read_text("utf-8")
    for name in OUTCOMES:
        one = meaning(name)
        assert one.title in told[name] and one.unit in told[name]
        assert f"## {name}\n\n**{one.title}**, {one.unit}." in page


def test_numbers_of_equations_are_those_of_the_page() -> None:
    held = json.loads((ROOT / "simcore" / "data" / "equations.json").read_text("utf-8"))
    model = (ROOT / "docs" / "model.md").read_text("utf-8")
    assert set(held) == set(OUTCOMES)
    assert all(f"({number})" in model for number in held.values())
