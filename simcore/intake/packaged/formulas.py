"""The formula of an observed quantity: outcomes of a run at an address, with simple arithmetic.

    levelised_cost[EU, bf_bof, 2026] + 65[EUR/t]
    100 * cost_premium_ex_carbon[EU, scrap_eaf, 2026] / levelised_cost[EU, bf_bof, 2026]

A name with an address is a term; a number may state its unit in square brackets. `+ - * /` and
brackets have their usual meaning. Nothing else is understood, and nothing is ever executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simcore.errors import TextError, suggest
from simcore.units import UnitError, parse_unit
from simcore.variables import OUTCOMES, present_name

MAX_LENGTH: Final = 400
CATALOG: Final = "catalog"

_BRACKET: Final = re.compile(r"\[([^\[\]]*)\]")
_LABEL: Final = re.compile(r"[A-Za-z0-9_.]+")
_SIGNS: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class FormulaError(TextError):
    """A formula that cannot be read."""


@dataclass(frozen=True)
class Term:
    """A quantity of a run.

    Attributes
    ----------
    name : str
        An outcome, or `catalog`: a number or an uncertain quantity of the catalog that the run
        used.
    labels : tuple of str
        Where it stands: of an outcome, one label for each of its dimensions but the scenario; of
        the catalog its path, `routes.bf_bof.utilisation.EU`.
    """

    name: str
    labels: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(self.labels)}]"


@dataclass(frozen=True)
class Number:
    """A number, and its unit (`1` where none is stated)."""

    value: float
    unit: str = "1"


@dataclass(frozen=True)
class Operation:
    """Two formulas joined by `+`, `-`, `*` or `/`."""

    sign: str
    left: Formula
    right: Formula


Formula = Term | Number | Operation


def parse(text: str) -> Formula:
    """Read a formula; see the head of the module.

    Raises
    ------
    FormulaError
        With the first fault.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"{len(text)} characters", f"at most {MAX_LENGTH}", "shorten it")
    labels: list[str] = []

    def numbered(bracket: re.Match[str]) -> str:
        labels.append(bracket[1])
        return f"[{len(labels) - 1}]"

    try:
        return _read(ast.parse(_BRACKET.sub(numbered, text.strip()), mode="eval").body, labels)
    except FormulaError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(
            repr(text), "names with their address and numbers, joined by + - * / and brackets",
            "correct the formula",
        ) from None  # fmt: skip


def terms(formula: Formula) -> Iterator[Term]:
    """List the terms of a formula, from left to right, with repetitions."""
    return (one for one in _leaves(formula) if isinstance(one, Term))


def numbers(formula: Formula) -> Iterator[Number]:
    """List the numbers of a formula, from left to right."""
    return (one for one in _leaves(formula) if isinstance(one, Number))


def _leaves(formula: Formula) -> Iterator[Term | Number]:
    if isinstance(formula, Operation):
        yield from _leaves(formula.left)
        yield from _leaves(formula.right)
    else:
        yield formula


def _read(node: ast.expr, labels: list[str]) -> Formula:
    """The formula of a syntax tree in which numbers stand for what square brackets hold."""
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        sign, left, right = _SIGNS[type(node.op)], node.left, node.right
        return Operation(sign, _read(left, labels), _read(right, labels))
    named, label = node, None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        named, label = node.value, labels[int(str(node.slice.value))]
    if isinstance(named, ast.Name):
        return _term(named.id, label)
    value = named.value if isinstance(named, ast.Constant) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Number(float(value), _unit(label))
    raise SyntaxError


def _term(name: str, label: str | None) -> Term:
    name = present_name(name)
    if name != CATALOG and name not in OUTCOMES:
        near = suggest(name, (*OUTCOMES, CATALOG))
        raise FormulaError(
            f"the name {name!r}", "an outcome, or catalog",
            f"did you mean {near}?" if near else "simcore catalog outcomes lists them",
        )  # fmt: skip
    if label is None:
        raise FormulaError(f"{name} without an address", f"{name}[...]", "add the address")
    labels = tuple(one.strip() for one in label.split(","))
    if not all(_LABEL.fullmatch(one) for one in labels):
        raise FormulaError(f"{name}[{', '.join(labels)}]", "names and years", "correct the address")
    _check_labels(name, labels)
    return Term(name, labels)


def _check_labels(name: str, labels: tuple[str, ...]) -> None:
    if name == CATALOG:
        wanted, fits = "one path", len(labels) == 1
    else:
        dims = OUTCOMES[name].dims[1:]
        wanted = ", ".join(dims)
        fits = len(labels) == len(dims) and all(
            label.isdecimal() for label, dim in zip(labels, dims, strict=True) if dim == "year"
        )
    if not fits:
        raise FormulaError(
            f"{name}[{', '.join(labels)}]", f"{name}[{wanted}]", "correct the address"
        )


def _unit(label: str | None) -> str:
    unit = "1" if label is None else label.strip()
    try:
        parse_unit(unit)
    except UnitError as error:
        raise FormulaError(error.found, error.expected, error.remedy) from None
    return unit
