"""How a run was made: sources with their places, what is assumed, correlations, what was read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simcore.analysis.reading import Reading
from simcore.errors import printable
from simcore.report.charts import Chart, Column, Value, labels

_KEYS: Final = ("simcore_version", "schema_version", "seed", "sampler", "draws", "replicates",
                "dtype", "config_sha256", "digest", "git_commit", "command")  # fmt: skip
# Nothing that could end a link of Markdown or an attribute of HTML.
_LINK: Final = re.compile(r"https?://[^\s<>()\[\]\"'`|\\]+")


@dataclass(frozen=True)
class Cited:
    """A source, and what was taken from it.

    Attributes
    ----------
    key, title, publisher, date, kind, note, link, identifier : str
        What is not known is empty; `link` is an address.
    values : tuple of (address, place, status)
        Address in the config, place in the source.
    """

    key: str
    title: str
    publisher: str
    date: str
    kind: str
    note: str
    link: str
    identifier: str
    values: tuple[tuple[str, str, str], ...]

    @property
    def statuses(self) -> str:
        """Statuses of its values with their numbers, the most first."""
        found: dict[str, int] = {}
        for _, _, status in self.values:
            found[status] = found.get(status, 0) + 1
        order = sorted(found.items(), key=lambda one: (-one[1], one[0]))
        return ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in order)


def cited(reading: Reading, known: Mapping[str, Mapping[str, Any]]) -> list[Cited]:
    """Sources of a run in the order of their keys; `known` says what each of them is."""
    taken: dict[str, list[tuple[str, str, str]]] = {}
    for address, value in _sourced(reading.config, ()):
        key = str(value["source"])
        place = (".".join(address), str(value.get("at", "")), str(value.get("status", "")))
        taken.setdefault(key, []).append(place)
    keys = sorted({*json.loads(reading.attrs.get("sources", "[]")), *taken})
    return [_cited(key, known.get(key, {}), taken.get(key, [])) for key in keys]


def _cited(key: str, what: Mapping[str, Any], values: list[tuple[str, str, str]]) -> Cited:
    told = {
        name: printable(str(what.get(name, "")))
        for name in ("publisher", "date", "kind", "note", "identifier")
    }
    # A config names a source by its key or in words of its own, and these may be an address.
    link = str(what.get("url", "")) or key
    own = link if _LINK.fullmatch(link) else ""
    clean = tuple((printable(a), printable(b), printable(c)) for a, b, c in values)
    title = printable(str(what.get("title") or key))
    return Cited(printable(key), title, link=own, values=clean, **told)


def _sourced(value: Any, address: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("source"), str):
            yield address, value
        for key, inner in value.items():
            yield from _sourced(inner, (*address, str(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _sourced(inner, (*address, str(place)))


def correlations(reading: Reading) -> Chart | None:
    """Correlated inputs: asked for, used, achieved."""
    arrays = ("correlation_requested", "correlation_used", "correlation_achieved")
    if "correlation_achieved" not in reading:
        return None
    rows: list[tuple[Value, ...]] = []
    for pair in reading.labels("pair"):
        names = [reading.title("factor", one) for one in str(pair).split(" ~ ")]
        rows.append((" and ".join(names), *(reading.value(one, {"pair": pair}) for one in arrays)))
    unit = "rank correlation"
    columns = (*labels("pair=Inputs"), Column("asked", "Asked", unit), Column("used", "Used", unit),
               Column("achieved", "Achieved", unit))  # fmt: skip
    return Chart(
        "correlations", "Correlations asked for, used and achieved",
        "Do the draws move together as they should?", "table", unit, columns, tuple(rows),
        section="method", source=", ".join(arrays),
    )  # fmt: skip


def made_by(reading: Reading) -> list[tuple[str, str]]:
    """What tells a run from any other: version, seed, draws, digests."""
    return [
        (key.replace("_", " "), printable(str(reading.attrs[key])))
        for key in _KEYS if key in reading.attrs
    ]  # fmt: skip


def sampling_error(reading: Reading) -> str:
    """How the error of a finite sample is told."""
    replicates = int(reading.attrs.get("replicates", 1))
    if replicates > 1:
        return f"Intervals are from {replicates} replicates"
    return "Intervals are those of order statistics, exact for independent draws"


LIMITS: Final = (
    "A distribution of results follows from distributions of inputs, many of which are judged: the "
    "list of assumed values says which.",
    "Intervals of quantiles are the error of a finite sample. They say nothing of whether inputs "
    "are right.",
    "Prices are drawn for each year of a path; a median over draws of each year is not itself a "
    "path.",
    "Nobody trades here: prices do not answer to how much green material is made.",
    "Costs are those of a plant of the kind, not of a certain site, unless a project says so.",
)
