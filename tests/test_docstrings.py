"""Every public name says what it is; what a user calls from Python gives shapes, units and errors."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[1] / "simcore"
CALLED = {
    "simcore": ["load", "run", "open_run"],
    "simcore.running.engine": ["run"],
    "simcore.dataset": ["digest"],
    "simcore.analysis": None,
    "simcore.analysis.select": ["quantiles"],
    "simcore.calibration.backtest": ["backtest"],
    "simcore.calibration.blocks": ["market_block", "correlation_block"],
    "simcore.calibration.correlation": ["correlate"],
    "simcore.calibration.processes": ["fit", "calibrate"],
    "simcore.plots": None,
    "simcore.units": None,
}
"""Modules and the functions that users call; None: all that the module exports."""
NEVER_FAIL = {"correlation_block", "describe", "digest", "market_block"}


def members(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Public functions, classes and methods of a module."""
    for node in ast.iter_child_nodes(tree):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from members(node, f"{prefix}{node.name}.")


def explained(tree: ast.AST) -> set[str]:
    """Last names of what docstrings explain: those that have one, and attributes listed in one."""
    found = set()
    for name, node in members(tree):
        said = ast.get_docstring(node)
        if said is not None:
            listed = re.findall(r"^([\w, ]+) : ", said, re.M)
            found |= {
                name.rpartition(".")[2],
                *(one for line in listed for one in line.split(", ")),
            }
    return found


def is_one_line(node: ast.AST) -> bool:
    """Whether a function only returns an expression."""
    return isinstance(node, ast.FunctionDef) and [type(one) for one in node.body] == [ast.Return]


def undocumented(files: dict[str, str]) -> list[str]:
    """Public names that no docstring explains.

    A method may be explained by a protocol in any room, and a function that fills a field by that
    field in its room. In the kernels a formula of one line, and a loop `NAME_row` over a formula,
    say it themselves.
    """
    trees = {file: ast.parse(text) for file, text in files.items()}
    rooms: dict[str, set[str]] = {}
    for file, tree in trees.items():
        rooms.setdefault(file.partition("/")[0], set()).update(explained(tree))
    everywhere = set().union(*rooms.values())
    return [
        f"{file}:{node.lineno}: {name}"
        for file, tree in trees.items()
        for name, node in members(tree)
        if ast.get_docstring(node) is None
        and not (file.startswith("kernels/") and (name.endswith("_row") or is_one_line(node)))
        and name.rpartition(".")[2]
        not in (everywhere if "." in name else rooms[file.partition("/")[0]])
    ]


def test_every_public_name_has_a_docstring() -> None:
    paths = sorted(PACKAGE.rglob("*.py"))
    assert not undocumented(
        {str(one.relative_to(PACKAGE)): one.read_text("utf-8") for one in paths}
    )


def test_a_name_without_words_is_found() -> None:
    there = (
        'class A:\n    """Words.\n\n    g : callable\n    """\n    def f(self):\n        """W."""\n'
    )
    for file, text, lacking in (
        ("a/b.py", "def h():\n    pass\n", True),
        ("a/b.py", "def _h():\n    pass\n", False),
        ("a/b.py", "def g():\n    pass\n", False),
        ("b/b.py", "def g():\n    pass\n", True),
        ("b/b.py", "class B:\n    'Words.'\n    def h(self):\n        pass\n", True),
        ("b/b.py", "class B:\n    'Words.'\n    def f(self):\n        pass\n", False),
        ("kernels/b.py", "def sum_row():\n    pass\n", False),
        ("kernels/b.py", "def total(a, b):\n    return a + b\n", False),
        ("kernels/b.py", "def total(a, b):\n    c = a + b\n    return c\n", True),
        ("b/b.py", "def sum_row():\n    pass\n", True),
    ):
        assert bool(undocumented({"a/a.py": there, file: text})) is lacking, text


def called() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module, names in CALLED.items():
        there = importlib.import_module(module)
        for name in names or there.__all__:
            one = getattr(there, name)
            if inspect.isfunction(inspect.unwrap(one)):
                yield f"{module}.{name}", one


@pytest.mark.parametrize("one", [pytest.param(one, id=name) for name, one in called()])
def test_what_users_call_says_what_goes_in_what_comes_out_and_what_goes_wrong(
    one: Callable[..., Any],
) -> None:
    said = inspect.getdoc(one) or ""
    signature = inspect.signature(one)
    for name in signature.parameters:
        assert re.search(rf"^\**{name}\b.* : |^[\w, ]*\b{name}\b[\w, ]* : ", said, re.M), name
    if signature.return_annotation not in (None, "None"):
        assert re.search(r"^(Returns|Yields)\n-", said, re.M)
    assert (one.__name__ not in NEVER_FAIL) is bool(re.search(r"^Raises\n-", said, re.M))
