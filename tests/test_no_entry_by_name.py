"""What differs between sectors, routes, regions and goods is data: no module names an entry of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from simcore.intake import packaged

PACKAGE = Path(packaged.__file__).parents[2]
ALLOWED = {
    "hydrogen": "it is counted by the kilogram, and a law of its own says which of it may have support",
    "electricity": "instruments pay per MWh of it, as they do per kg of hydrogen",
    "capture": "a key of a route, whose technology has its name",
    "scrap": "a key of a sector and of its regions",
    "captive_power": "a kind of emissions",
    "co2_transport_storage": "the page of the board counts it among what operation costs",
}
"""Names of packaged entries that modules hold, and why."""


@cache
def entries() -> set[str]:
    """Names of all packaged entries."""
    return {name for section in packaged.catalog().values() for name in section}


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of the strings of a module, docstrings apart."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def named(source: str) -> list[tuple[int, str]]:
    known = entries()
    return [(line, text) for line, text in literals(source) if text in known]


@pytest.mark.long
def test_no_module_holds_the_name_of_an_entry() -> None:
    found, met = [], set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, text in named(path.read_text("utf-8")):
            met.add(text)
            if text not in ALLOWED:
                found.append(f"{path.relative_to(PACKAGE)}:{line}: {text}")
    assert not found, "say it in the data: " + ", ".join(found)
    assert met == set(ALLOWED), "a name that no module holds any more is not allowed either"


@pytest.mark.parametrize("name", ["steel", "h2_dri_eaf", "KR", "k_ets", "iron_ore", "eu_cscf"])
def test_a_comparison_with_a_name_is_found(name: str) -> None:
    assert named(f'"""{name}"""\ndef f(x):\n    return x == "{name}"\n') == [(3, name)]
