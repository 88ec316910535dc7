"""The equations of what a report shows, as MathML, with their numbers in docs/model.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True)
class Equation:
    """One equation.

    Attributes
    ----------
    outcome : str
    formula : str
        Words and signs: `_[k]` is an index, `sum_[t]` a sum over t.
    number : str
        Its number in docs/model.md.
    reading : str
        What it says.
    """

    outcome: str
    formula: str
    number: str
    reading: str


EQUATIONS: Final = (
    Equation(
        "levelised_cost",
        "levelised cost _[k] = capital + fixed + other + sum_[j] q_[j] p_[j] - sum_[b] y_[b] p_[b]",
        "6.3", "A tonne before carbon: capital, operation, inputs less by-products.",
    ),
    Equation(
        "cost_premium_ex_carbon",
        "premium before carbon _[k] = levelised cost _[k] - levelised cost _[k0]",
        "6.12", "What the route k costs more than the reference k0.",
    ),
    Equation(
        "cost_premium",
        "cost premium _[k] = total cost _[k] - total cost _[k0]",
        "6.11", "The same with what each pays for carbon.",
    ),
    Equation(
        "carbon_value",
        "carbon value _[k] = f ( carbon cost _[k0] - carbon cost _[k] ) - P_[credit] n",
        "7.1", "What the avoided CO₂ is worth: carbon cost that is saved, less credits bought.",
    ),
    Equation(
        "support_gap",
        "support gap _[k] = premium before carbon _[k] - carbon value _[k]",
        "8.1", "What a subsidy or a buyer must still pay, in each draw.",
    ),
    Equation(
        "viability", "covered _[k] = 1 where support gap _[k] ≤ 0",
        "8.2", "Its mean is the share of draws in which the value covers the cost.",
    ),
    Equation(
        "green_is_cheaper", "cheaper _[k] = 1 where cost premium _[k] ≤ 0",
        "6.14", "Its mean is the share of draws in which the low-carbon tonne costs less.",
    ),
    Equation(
        "waterfall", "cost premium _[k] = sum_[c] part _[c]",
        "6.20", "The parts of a waterfall sum to the premium.",
    ),
    Equation(
        "project_gap",
        "gap _[t] = cost _[t] - alternative _[t] - carbon value _[t] - sold × willing",
        "11.4", "What a tonne of a project lacks before support.",
    ),
    Equation(
        "project_npv",
        "NPV = sum_[t] Y ( support _[t] - gap _[t] ) ( 1 + w )^[v - t]",
        "11.8", "Margins over the life of the plant, discounted to the year of valuation v.",
    ),
    Equation(
        "instrument_npv",
        "public cost = sum_[t] payment _[t] ( 1 + r )^[v - t]",
        "12.10", "What the public pays, less what the firm repays, at the rate of the instrument.",
    ),
    Equation(
        "budget_need", "budget _[t] = max ( 0 , gap _[t] ) × volume _[t]",
        "13.5", "Its mean is the budget, its P95 the reserve.",
    ),
)  # fmt: skip
_SIGNS: Final = frozenset("=-+(),×≤")


def equations_of(outcomes: Iterable[str]) -> list[Equation]:
    """Equations of the outcomes of a run, in the order of the model."""
    held = set(outcomes)
    return [one for one in EQUATIONS if one.outcome in held]


def mathml(formula: str) -> str:
    """A formula as MathML, which browsers show and screen readers read."""
    found: list[str] = []
    words: list[str] = []

    def close() -> None:
        if words:
            found.append(_word(" ".join(words)))
            words.clear()

    for token in re.findall(r"[\w)]*[_^]\[[^]]*\]|[^\s]+", formula):
        base, mark, index = re.fullmatch(r"(.*?)(?:([_^])\[([^]]*)\])?", token).groups()  # type: ignore[union-attr]
        if mark and base:
            close()
            found.append(_indexed(base, mark, index))
        elif mark:
            close()
            found.append(_around(mark, found.pop(), index))
        elif token == "where":
            close()
            found.append("<mtext>\N{NO-BREAK SPACE}where\N{NO-BREAK SPACE}</mtext>")
        elif token in _SIGNS or token.isdigit():
            close()
            found.append(f"<mn>{token}</mn>" if token.isdigit() else _sign(token))
        else:
            words.append(token)
    close()
    return f'<math display="block"><mrow>{"".join(found)}</mrow></math>'


def _indexed(base: str, mark: str, index: str) -> str:
    if base == "sum":
        return f"<munder><mo>∑</mo>{_word(index)}</munder>"
    return _around(mark, _word(base), index)


def _around(mark: str, base: str, index: str) -> str:
    tag = "msub" if mark == "_" else "msup"
    inner = "".join(_sign(one) if one in _SIGNS else _word(one) for one in index.split())
    return f"<{tag}>{base}<mrow>{inner}</mrow></{tag}>"


def _word(text: str) -> str:
    """A name of one letter is a variable, a longer one is text."""
    if text in _SIGNS:
        return _sign(text)
    if len(text) == 1:
        return f"<mi>{escape(text)}</mi>"
    return f"<mtext>{escape(text)}</mtext>"


def _sign(text: str) -> str:
    return f"<mo>{'−' if text == '-' else escape(text)}</mo>"
