"""Rewrite what README.md and docs/*.md copy from the program, so that nobody types it.

    <!-- output: simcore summary ... -->            what that command prints
    <!-- output: simcore validate | tail -1 -->     the last line of it
    <!-- output: ... | sed -n 3,9p -->              some lines of it
    <!-- outcomes -->                               the table of all outcomes

each up to `<!-- end -->`. `make readme` makes the run that the commands read, and calls this.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

from simcore import cli
from simcore.variables import OUTCOMES

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
RUN = "results/quickstart.zarr"
OUTPUT = re.compile(
    r"(?P<head><!-- output: (?P<command>[^\n]+?) -->\n)```\n(?P<text>.*?)```\n<!-- end -->", re.S
)
LISTED = re.compile(r"(?P<head><!-- outcomes -->\n)(?P<text>.*?)<!-- end -->", re.S)
EQUATION = re.compile(r"\((\d+\.\d+)\)\s*$")


def printed(command: str, run: str = RUN) -> str:
    """What a command prints, with another run in place of `results/quickstart.zarr`."""
    command, _, part = command.partition(" | ")
    said = io.StringIO()
    arguments = shlex.split(command.replace(RUN, run))[1:]
    with contextlib.redirect_stdout(said):
        status = cli.main(arguments)
    if status:
        raise SystemExit(f"{command}: exit code {status}; `make readme` makes the run first")
    lines = said.getvalue().replace(run, RUN).strip("\n").splitlines()
    if part.startswith("tail -"):
        lines = lines[-int(part.removeprefix("tail -")) :]
    elif part:
        first, last = part.removeprefix("sed -n ").removesuffix("p").split(",")
        lines = lines[int(first) - 1 : int(last)]
    return "\n".join(lines) + "\n"


def equations() -> dict[str, str]:
    """Numbers of the equations of docs/model.md that an outcome stands in first, by outcome."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    inside = False
    for line in (ROOT / "docs" / "model.md").read_text("utf-8").splitlines():
        if line.startswith("```"):
            inside, waiting = not inside, []
        elif inside:
            waiting.append(line)
            number = EQUATION.search(line)
            if number:
                for name in re.findall(r"[a-z]\w+", " ".join(waiting)):
                    if name in OUTCOMES:
                        found.setdefault(name, number[1])
                waiting = []
    return found


def outcome_table() -> str:
    """All outcomes: name, unit, meaning, equation."""
    numbers = equations()
    lines = ["| outcome | unit | what | equation |", "|---|---|---|---|"]
    for name, one in OUTCOMES.items():
        unit = one.unit_in("EUR") or "of its market"
        number = numbers.get(name, "missing")
        lines.append(f"| `{name}` | {unit} | {one.long_name}. {one.description} | ({number}) |")
    return "\n".join(lines) + "\n"


def refreshed(text: str) -> str:
    """A page with its copies made anew."""
    text = OUTPUT.sub(
        lambda one: f"{one['head']}```\n{printed(one['command'])}```\n<!-- end -->", text
    )
    return LISTED.sub(lambda one: f"{one['head']}{outcome_table()}<!-- end -->", text)


def main() -> None:
    for page in PAGES:
        before = page.read_text("utf-8")
        after = refreshed(before)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"{page.relative_to(ROOT)}: rewritten")


if __name__ == "__main__":
    main()
