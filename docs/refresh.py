"""Rewrite what README.md and docs/*.md copy from the program, so that nobody types it.

    <!-- output: simcore summary ... -->            what that command prints
    <!-- output: simcore validate | tail -1 -->     the last line of it
    <!-- output: ... | sed -n 3,9p -->              some lines of it
    <!-- outcomes -->                               the table of all outcomes
    <!-- glossary -->                               what each of them means, in words
    <!-- keys: project -->                          the keys of a record, with units and defaults

each up to `<!-- end -->`. `make readme` makes the run that the commands read, and calls this.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

from simcore import cli
from simcore.glossary import meaning
from simcore.intake.accounts import Account
from simcore.intake.editor_schema import json_schema
from simcore.intake.instruments import RECORDS, Instrument
from simcore.intake.projects import Project
from simcore.intake.sourced import places
from simcore.intake.stated import unit_of_field
from simcore.quantities import Uncertain
from simcore.quantities.annotations import COMMODITY
from simcore.quantities.records import Described, Model
from simcore.variables import OUTCOMES

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
RUN = "results/quickstart.zarr"
OUTPUT = re.compile(
    r"(?P<head><!-- output: (?P<command>[^\n]+?) -->\n)```\n(?P<text>.*?)```\n<!-- end -->", re.S
)
KEYS = re.compile(r"(?P<head><!-- keys: (?P<name>\w+) -->\n)(?P<text>.*?)<!-- end -->", re.S)
GLOSSARY = re.compile(r"(?P<head><!-- glossary -->\n)(?P<text>.*?)<!-- end -->", re.S)
NUMBERS = ROOT / "simcore" / "data" / "equations.json"
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


def glossary_text() -> str:
    """All outcomes in words, one below the other."""
    lines = []
    for name in OUTCOMES:
        one = meaning(name)
        lines += [
            "",
            f"## {one.name}",
            "",
            f"**{one.title}**, {one.unit}. {one.what} {one.sign}".rstrip(),
        ]
        asides = [f"equation ({one.equation})" if one.equation else "", f"by {', '.join(one.over)}"]
        asides += [f"formerly {', '.join(one.aliases)}"] if one.aliases else []
        asides += [f"also: {', '.join(one.words)}"] if one.words else []
        lines += ["", f"*{'; '.join(filter(None, asides))}*"]
    return "\n".join(lines).replace("<=", "&le;") + "\n\n"


def key_table(name: str) -> str:
    """Keys of a project, of all instruments, or of one kind of them."""
    shared = set(Instrument.model_fields) if name in RECORDS else set()
    record = {"project": Project, "account": Account, "instrument": Instrument, **RECORDS}[name]
    hidden = {*Described.model_fields, "title", "kind"}
    rows = [one for one in _keys(record, "") if one[0].split(".")[0] not in shared | hidden]
    rows += [one for one in _keys(record, "") if name in RECORDS and one[0] in _changed(record)]
    lines = [f"| `{key}` | {unit} | {default} | {text} |" for key, unit, default, text in rows]
    return "\n".join(["| key | unit | default | what |", "|---|---|---|---|", *lines]) + "\n"


def _changed(record: type[Model]) -> set[str]:
    """Fields of all instruments of which a kind has another default."""
    return {
        key for key, one in Instrument.model_fields.items()
        if record.model_fields[key].default != one.default
    }  # fmt: skip


def _keys(record: type[Model], head: str) -> Iterator[tuple[str, str, str, str]]:
    """Key, unit, default and meaning of the fields of a record and of the records in it."""
    shown = RECORDS["grant"] if record is Instrument else record
    said = _schema()["$defs"][shown.__name__]["properties"]
    for key, field in record.model_fields.items():
        name = field.alias or key
        text = _text(said[name])
        inner = _record_in(field.annotation)
        if inner is None:
            yield f"{head}{name}", _unit(record, key), _default(field), " ".join(text.split())
        else:
            if text:
                yield f"{head}{name}", "", _default(field), " ".join(text.split())
            for one in _keys(inner, f"{head}{name}."):
                if one[0].rpartition(".")[2] not in Described.model_fields:
                    yield one


@cache
def _schema() -> Any:
    return json_schema()


def _text(node: Any) -> str:
    """What a field of the schema says of itself, or of the first of its forms."""
    inner = next(iter(node.get("anyOf", [])), {})
    return str(node.get("description") or (_text(inner) if inner else ""))


def _record_in(annotation: Any) -> type[Model] | None:
    """The record that a field holds, if it holds one and nothing else."""
    members = [one for one in get_args(annotation) if one is not type(None)] or [annotation]
    one = members[0]
    is_record = isinstance(one, type) and issubclass(one, Model)
    return one if len(members) == 1 and is_record and not issubclass(one, Uncertain) else None


def _unit(record: type[Model], key: str) -> str:
    with contextlib.suppress(KeyError, AssertionError):
        found = unit_of_field(record, key)
        return "" if found in ("1", COMMODITY) else found
    place = places(record).get(key)
    return "" if place is None or place.last.unit in ("", "1") else place.last.unit


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "needed"
    value = getattr(value, "value", value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{key}: {one:g}" for key, one in value.items()) + "}"
    if value is None or isinstance(value, (Model, dict, list)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def refreshed(text: str) -> str:
    """A page with its copies made anew."""
    text = OUTPUT.sub(
        lambda one: f"{one['head']}```\n{printed(one['command'])}```\n<!-- end -->", text
    )
    text = GLOSSARY.sub(lambda one: f"{one['head']}{glossary_text()}<!-- end -->", text)
    text = KEYS.sub(lambda one: f"{one['head']}{key_table(one['name'])}<!-- end -->", text)
    return LISTED.sub(lambda one: f"{one['head']}{outcome_table()}<!-- end -->", text)


def main() -> None:
    # The package says the number of an equation where docs/ are not there.
    NUMBERS.write_text(json.dumps(equations(), indent=1) + "\n", encoding="utf-8")
    for page in PAGES:
        before = page.read_text("utf-8")
        after = refreshed(before)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"{page.relative_to(ROOT)}: rewritten")


if __name__ == "__main__":
    main()
