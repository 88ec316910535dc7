"""What README, CONTRIBUTING and docs/*.md claim: commands, files, links, blocks of YAML."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"(?P<indent>[ ]*)```(?P<info>[^\n`]*)\n(?P<text>.*?)\n?(?P=indent)```", re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
_TOP = "benchmarks|configs|docs|experiments|simcore|tests"
_PATH = re.compile(rf"(?<![\w./-])(?:{_TOP})/[\w./*-]*\w[\w./*-]*|(?<![\w./-])\.ci/\w+")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    info: str
    text: str

    @property
    def label(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for found in _FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page, line, found["info"].strip(), textwrap.dedent(found["text"]) + "\n")


def recipe(kind: str, info: str = "yaml") -> str:
    """The block of docs/extend.md that shows how to add one of a kind, such as `dated table`."""
    page = (ROOT / "docs" / "extend.md").read_text("utf-8")
    section = page.partition(f"## A new {kind}\n")[2].partition("\n## ")[0]
    return next(one["text"] + "\n" for one in _FENCE.finditer(section) if one["info"] == info)


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def commands(program: str) -> list[tuple[str, list[str]]]:
    """Where, and the arguments of every command of a program in blocks and in code spans."""
    found = []
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        lines = [
            (f"{name}:{block.line}", line)
            for block in blocks()
            if block.page == page and block.info.split(" ")[0] in ("", "sh")
            for line in block.text.replace("\\\n", " ").splitlines()
        ]
        lines += [(name, span) for span in _SPAN.findall(prose(page))]
        found += [
            (f"{place}: {line}", shlex.split(line, comments=True)[1:])
            for place, line in lines
            if line.split(" ")[0] == program
        ]
    return found


def paths(page: Path) -> set[str]:
    """Files and folders of the repository that a page names."""
    return {found.rstrip(".,:") for found in _PATH.findall(page.read_text("utf-8"))}


def links(page: Path) -> set[str]:
    return set(_LINK.findall(prose(page)))


def anchors(page: Path) -> set[str]:
    """Names by which headings of a page can be reached."""
    heads = re.findall(r"^#+ (.*)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def numbers(text: str) -> list[str]:
    """Numbers of a text, as written."""
    return re.findall(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?!\w)", text)
