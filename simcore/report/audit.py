"""The audit of a run as Markdown: who made it, of what, from which sources, how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simcore.analysis.reading import Reading
from simcore.errors import printable
from simcore.report.method import Cited, cited, correlations, sampling_error

if TYPE_CHECKING:
    import xarray as xr

_MADE: Final = (
    ("command", "Command"), ("user", "User"), ("host", "Host"), ("started", "Started"),
    ("commit", "Commit of simcore"), ("python", "Python"), ("platform", "Platform"),
)  # fmt: skip


_HARMLESS_IN_CODE: Final = str.maketrans({"`": "'", "|": "\\|"})
"""Signs of Markdown that end a piece of code or a cell, and what stands for them."""
_HARMLESS: Final = _HARMLESS_IN_CODE | str.maketrans(
    {sign: f"\\{sign}" for sign in "\\*_[]"} | {"<": "&lt;", ">": "&gt;"}
)
"""All signs of Markdown and HTML; one pass, so that nothing is escaped twice."""


def audit_text(run: xr.Dataset, sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Everything that another needs to trust a run, or to make it again.

    Parameters
    ----------
    run : xarray.Dataset
        An opened run.
    sources : mapping
        The packaged sources, by key.

    Returns
    -------
    str
        Markdown. The config stands last, in the only block of YAML.
    """
    reading = Reading(run)
    parts = [
        _what(reading), _made(reading.attrs), _again(reading.attrs), _sources(reading, sources),
        _assumed(reading.attrs), _correlated(reading), _config(reading.attrs),
    ]  # fmt: skip
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def made_of(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """What a run tells of its making; empty for one of a version that kept no such record."""
    found: dict[str, Any] = json.loads(str(attrs.get("audit", "{}")))
    return found


def told_of(attrs: Mapping[str, Any]) -> dict[str, str]:
    """How a run was made, a line each, for the end of a page."""
    made = made_of(attrs)
    lines = {title: str(made.get(key) or "not known") for key, title in _MADE} if made else {}
    files = {f"SHA-256 of {name}": digest for name, digest in made.get("files", {}).items()}
    versions = ", ".join(f"{name} {text}" for name, text in made.get("versions", {}).items())
    told = {**lines, **({"Versions": versions} if versions else {}), **files}
    return {printable(key): printable(text) for key, text in told.items()}


def _what(reading: Reading) -> list[str]:
    attrs = reading.attrs
    rows = [
        ("Digest of all values", f"`{attrs.get('digest', 'not stored')}`"),
        ("Digest of the config", f"`{attrs.get('config_sha256', 'not stored')}`"),
        ("Draws", f"{int(attrs['draws']):,}"),
        ("Seed", str(attrs.get("seed", "not stored"))),
        ("Random numbers", _cell(attrs.get("sampler", "not stored"))),
        ("Sampling error", sampling_error(reading)),
        ("Money", f"real {attrs['currency']} of {attrs['price_year']}"),
        ("Version", str(attrs.get("simcore_version", "not stored"))),
    ]
    return [f"# Audit: {_cell(attrs.get('title', 'a run'))}", "", *_table(("what", ""), rows)]


def _made(attrs: Mapping[str, Any]) -> list[str]:
    made = made_of(attrs)
    if not made:
        return ["## How it was made", "", "A version of simcore made this run that kept no record."]
    rows = [(title, _code(made.get(key) or "not known")) for key, title in _MADE]
    rows += [(f"Version of {name}", text) for name, text in made.get("versions", {}).items()]
    files = [(_code(name), f"`{digest}`") for name, digest in made.get("files", {}).items()]
    return [
        "## How it was made", "", *_table(("what", ""), rows), "", "### Files that were read", "",
        *(_table(("file", "SHA-256"), files) if files else ["None: the config came from Python."]),
    ]  # fmt: skip


def _again(attrs: Mapping[str, Any]) -> list[str]:
    made, version = made_of(attrs), attrs.get("simcore_version", "")
    commit = str(made.get("commit") or "")
    dirty = commit.endswith("-dirty")
    took = [f"git checkout {commit.removesuffix('-dirty')}"] if commit else []
    lines = [
        "## To make it again", "",
        "Save the config at the end of this page as `audited.yaml`, in the folder that holds the "
        "price files it names, if it names any. Then", "",
        "```", *took, f"simcore --version    # simcore {version}",
        "simcore run audited.yaml -o again.zarr",
        f"simcore digest again.zarr    # {attrs.get('digest', '')}", "```", "",
        "Threads, memory and machine change no bit. `simcore audit RUN --rerun` does all this.",
    ]  # fmt: skip
    if dirty:
        lines += [
            "",
            "The checkout held changes that were not committed (-dirty): the commit alone may not "
            "give the same digest.",
        ]
    return lines


def _sources(reading: Reading, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = cited(reading, known)
    rows = [(_code(one.key), _named(one), _cell(one.date), one.statuses) for one in found]
    values = [
        (_code(address), _code(one.key), _cell(place), _cell(status))
        for one in found for address, place, status in one.values
    ]  # fmt: skip
    return [
        "## Sources", "", *_table(("key", "source", "date", "values by status"), rows), "",
        "### Values and where they stand", "",
        *_table(("value", "source", "place", "status"), values),
    ]  # fmt: skip


def _named(one: Cited) -> str:
    title = f"[{_cell(one.title)}]({one.link})" if one.link else _cell(one.title)
    parts = (title, _cell(one.publisher), _cell(one.identifier))
    return ", ".join(part for part in parts if part)


def _assumed(attrs: Mapping[str, Any]) -> list[str]:
    found = json.loads(str(attrs.get("assumed", "[]")))
    head = ["## Assumed", "", f"{len(found):,} values were recalled or judged, not read:", ""]
    return [*head, *(f"- {_code(one)}" for one in found)] if found else []


def _correlated(reading: Reading) -> list[str]:
    chart = correlations(reading)
    if chart is None:
        return []
    rows = [
        (_cell(row[0]), *(f"{float(one or 0):.3f}" for one in row[1:])) for row in chart.rows
    ]  # fmt: skip
    return ["## Correlations", "", *_table(("inputs", "asked", "used", "achieved"), rows)]


def _config(attrs: Mapping[str, Any]) -> list[str]:
    return ["## Config", "", "```yaml", str(attrs["config"]).rstrip("\n"), "```"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _cell(text: object) -> str:
    """Text of the user in a cell: one line, and no mark of Markdown or HTML in it."""
    return " ".join(printable(str(text)).split()).translate(_HARMLESS)


def _code(text: object) -> str:
    plain = " ".join(printable(str(text)).split())
    return f"`{plain.translate(_HARMLESS_IN_CODE)}`"
