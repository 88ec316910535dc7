"""The formula of an observed quantity: outcomes of a run at an address, with simple arithmetic.

    levelised_cost[EU, bf_bof, 2026] + 65[EUR/t]
    100 * cost_premium_ex_carbon[EU, scrap_eaf, 2026] / levelised_cost[EU, bf_bof, 2026]

A name with an address is a term; a number may state its unit in square brackets. `+ - * /` and
brackets have their usual meaning. Nothing else is understood, and nothing is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simcore.errors import TextError, suggest
from simcore.units import UnitError, parse_unit
from simcore.variables import OUTCOMES

MAX_LENGTH: Final = 400
_MAX_DEPTH: Final = 20
CATALOG: Final = "catalog"

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<sign>[-+*/()])"
    r"|\[(?P<label>[^\[\]]*)\])"
)
_LABEL: Final = re.compile(r"[A-Za-z0-9_.]+")


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
    tokens = _Tokens(text)
    formula = _sum(tokens, 0)
    if tokens.kind:
        raise FormulaError(
            f"{tokens.shown!r} after a whole formula", "an operation or the end", "correct it"
        )
    return formula


def terms(formula: Formula) -> Iterator[Term]:
    """List the terms of a formula, from left to right, with repetitions."""
    if isinstance(formula, Term):
        yield formula
    elif isinstance(formula, Operation):
        yield from terms(formula.left)
        yield from terms(formula.right)


def numbers(formula: Formula) -> Iterator[Number]:
    """List the numbers of a formula, from left to right."""
    if isinstance(formula, Number):
        yield formula
    elif isinstance(formula, Operation):
        yield from numbers(formula.left)
        yield from numbers(formula.right)


class _Tokens:
    """The token at hand, and those after it."""

    def __init__(self, text: str) -> None:
        self._whole, self._place = text.rstrip(), 0
        self.kind, self.text = "", ""
        self.advance()

    def advance(self) -> None:
        if self._place >= len(self._whole):
            self.kind, self.text = "", "the end"
            return
        match = _TOKEN.match(self._whole, self._place)
        if match is None or match.lastgroup is None:
            raise FormulaError(
                f"{self._whole[self._place:].strip()[:30]!r}",
                "a name with its address, a number, + - * / or a bracket", "correct the formula",
            )  # fmt: skip
        self._place = match.end()
        self.kind, self.text = match.lastgroup, match[match.lastgroup]

    @property
    def shown(self) -> str:
        """The token as it was written, for messages."""
        return f"[{self.text}]" if self.kind == "label" else self.text

    def take(self) -> str:
        text = self.text
        self.advance()
        return text


def _sum(tokens: _Tokens, depth: int) -> Formula:
    left = _product(tokens, depth)
    while tokens.kind == "sign" and tokens.text in "+-":
        left = Operation(tokens.take(), left, _product(tokens, depth))
    return left


def _product(tokens: _Tokens, depth: int) -> Formula:
    left = _single(tokens, depth)
    while tokens.kind == "sign" and tokens.text in "*/":
        left = Operation(tokens.take(), left, _single(tokens, depth))
    return left


def _single(tokens: _Tokens, depth: int) -> Formula:
    if depth > _MAX_DEPTH:
        raise FormulaError("brackets too deep", f"at most {_MAX_DEPTH}", "simplify it")
    kind, text = tokens.kind, tokens.text
    if kind == "name":
        tokens.advance()
        return _term(text, tokens)
    if kind == "number":
        tokens.advance()
        return Number(float(text), _unit(tokens))
    if (kind, text) == ("sign", "("):
        tokens.advance()
        inner = _sum(tokens, depth + 1)
        if (tokens.kind, tokens.text) != ("sign", ")"):
            raise FormulaError(tokens.shown, "a closing bracket", "close the bracket")
        tokens.advance()
        return inner
    raise FormulaError(
        tokens.shown, "a name with its address, a number or a bracket", "complete it"
    )


def _term(name: str, tokens: _Tokens) -> Term:
    if name != CATALOG and name not in OUTCOMES:
        near = suggest(name, (*OUTCOMES, CATALOG))
        raise FormulaError(
            f"the name {name!r}", "an outcome, or catalog",
            f"did you mean {near}?" if near else "simcore catalog outcomes lists them",
        )  # fmt: skip
    if tokens.kind != "label":
        raise FormulaError(f"{name} without an address", f"{name}[...]", "add the address")
    labels = tuple(label.strip() for label in tokens.take().split(","))
    if not all(_LABEL.fullmatch(label) for label in labels):
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


def _unit(tokens: _Tokens) -> str:
    if tokens.kind != "label":
        return "1"
    unit = tokens.take().strip()
    try:
        parse_unit(unit)
    except UnitError as error:
        raise FormulaError(error.found, error.expected, error.remedy) from None
    return unit
