"""The words of docs/glossary.md bind: nothing is called by a word that has been given up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "simcore"
PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
TOLD, GONE = PAGE.split("\n## Not any more\n")


def rows(text: str) -> list[list[str]]:
    table = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in table[1:]]


def defined(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names of functions, classes, parameters, fields and variables."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.alias):
            yield node.asname or node.name, node.lineno


@cache
def lines_of_names(file: Path) -> dict[str, int]:
    """A line of each name that a file defines."""
    return dict(defined(ast.parse(file.read_text("utf-8"))))


@pytest.mark.parametrize(("word", "where", "say"), rows(GONE))
def test_words_given_up_name_nothing(word: str, where: str, say: str) -> None:
    files = [PACKAGE / where] if where.endswith(".py") else sorted(PACKAGE.rglob("*.py"))
    for file in files:
        name = str(file.relative_to(PACKAGE))
        if where.endswith("/*") and not name.startswith(where[:-1]):
            continue
        assert file.stem != word, f"{name}: {say}"
        found = lines_of_names(file)
        assert word not in found, f"{name}:{found.get(word)}: {word}; say {say}"


def test_each_word_is_told_once_and_lies_where_the_page_says() -> None:
    told = [
        word.strip() for row in rows(TOLD) for word in re.sub(r"\*\*.*\*\*", "", row[0]).split(",")
    ]
    told = [word for word in told if word]
    assert len(told) == len(set(told)) > 50
    for *_, where in rows(TOLD):
        for place in re.findall(r"`([\w/]+(?:\.py|/))`", where):
            assert (PACKAGE / place).exists(), place
