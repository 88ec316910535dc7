"""Claims of simcore.intake.packaged.formulas: what a formula says, and that nothing else is understood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.intake.packaged import formulas
from simcore.intake.packaged.formulas import FormulaError, Number, Operation, Term, parse

COST = Term("levelised_cost", ("EU", "bf_bof", "2026"))


def test_terms_and_numbers_with_units() -> None:
    assert parse("levelised_cost[EU, bf_bof,2026]") == COST
    assert parse(" 65 [EUR/t] ") == Number(65.0, "EUR/t")
    assert parse("1.5e3") == Number(1500.0, "1")
    assert parse("catalog[regions.IN.average_intensity]").labels == (
        "regions.IN.average_intensity",
    )
    assert str(COST) == "levelised_cost[EU, bf_bof, 2026]"


def value(formula: formulas.Formula) -> float:
    """Value of a formula of bare numbers."""
    if isinstance(formula, Number):
        return formula.value
    assert isinstance(formula, Operation)
    left, right = value(formula.left), value(formula.right)
    return {"+": left + right, "-": left - right, "*": left * right, "/": left / right}[
        formula.sign
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("10 - (4 - 3)", 9),
        ("24 / 4 / 3", 2), ("24 / (4 / 2)", 12), ("2 * 3 - 4 / 2", 4), ("((5))", 5),
    ],
)  # fmt: skip
def test_precedence_is_that_of_arithmetic(text: str, expected: float) -> None:
    assert value(parse(text)) == expected


def test_terms_come_in_order_with_repetitions() -> None:
    text = "2 * hydrogen_cost[EU, 2026] - (carbon_price[eu_ets, 2026] + hydrogen_cost[EU, 2026])"
    found = [term.name for term in formulas.terms(parse(text))]
    assert found == ["hydrogen_cost", "carbon_price", "hydrogen_cost"]
    assert [one.value for one in formulas.numbers(parse(text))] == [2.0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "''"), ("1 +", r"'1 \+'"), ("(1", r"'\(1'"), ("1)", r"'1\)'"), ("1 2", "'1 2'"),
        ("* 2", r"\*"), ("-2", "-"), ("levelised_cost", "without an address"),
        ("levelised_cost[EU, bf_bof]", r"levelised_cost\[EU, bf_bof\]"),
        ("levelised_cost[EU, bf_bof, late]", "late"),
        ("levelized_cost[EU, bf_bof, 2026]", "levelised"),
        ("input[a]", "the name 'input'"), ("catalog[a, b]", "catalog"), ("1 ** 2", r"\*"),
        ("carbon_price[eu_ets, 2026, 2027]", "2027"), ("carbon_price[eu ets, 2026]", "names"),
        ("5[furlong]", "furlong"), ("1; 2", ";"), ("__import__('os')", "__import__"),
        ("carbon_price.mean", r"\.mean"), ("carbon_price 5", "'carbon_price 5'"),
        ("5[t][t]", r"'5\[t\]\[t\]'"), ("[5]", r"'\[5\]'"), ("5[[t]]", r"5\[\["), ("True", "True"),
        ("'a'", "'a'"), ("x[t] if 1 else 2", "if"), ("(" * 190 + "1" + ")" * 190 + "1", "190|1"),
        ("1+" * 300 + "1", "characters"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str, found: str) -> None:
    with pytest.raises(FormulaError, match=found):
        parse(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.+-*/()[], eucarbon_priceEU_tx'\"\\\n", max_size=60))
def test_a_formula_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except FormulaError as error:
        assert error.found
        assert error.expected
