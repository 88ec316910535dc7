"""The uncertain inputs of a run as a table: what each is, its distribution, where it is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simcore.analysis.reading import Reading
from simcore.errors import dotted
from simcore.report.charts import Column, Value, labels
from simcore.report.workbook import MIXED

COLUMNS: Final = (
    *labels("title=What", "name=Name", "unit=Unit", "distribution=Distribution"),
    Column("central", "Central", MIXED), Column("mean", "Mean", MIXED),
    Column("sd", "Standard deviation", MIXED),
    *labels("source=Source", "place=Place in it", "status=Status", "group=Group"),
)  # fmt: skip
_NORMAL: Final = "standard normal"
_WORDS: Final = ("kind", "unit", "source", "at", "status", "note", "title", "price_year", "factor")
"""What stands beside the parameters of a distribution."""


def inputs_of(reading: Reading) -> list[tuple[Value, ...]]:
    """Rows of `COLUMNS`, one for each factor of the run.

    The distribution is as the config of the run says it; where it stands in none of its entries
    (the anchor of a price is a draw of its own, a standard normal) the cell says so.
    """
    written = dict(_quantities(reading.config, ()))
    scenarios = [str(one) for one in reading.labels("scenario")]
    rows: list[tuple[Value, ...]] = []
    for name in map(str, reading.labels("factor")):
        at = {"factor": name}
        scenario = next((one for one in scenarios if name.endswith(f" ({one})")), "")
        own = _found(name.removesuffix(f" ({scenario})"), scenario, written)
        place = reading.labels("factor").index(name)

        def told(what: str, place: int = place) -> str:
            held = reading.labels(f"factor_{what}")
            return str(held[place]) if held else ""

        rows.append((
            reading.title("factor", name), name, told("unit"), _distribution(own, told("source")),
            reading.value("input_central", at), reading.value("input_mean", at),
            reading.value("input_sd", at), _source(told("source")), str(own.get("at", "")),
            told("status").replace("_", " "), told("group").replace("_", " "),
        ))  # fmt: skip
    return rows


def _source(key: str) -> str:
    return "" if key == _NORMAL else key


def _quantities(node: Any, address: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping of a config that says how something is distributed, by its address."""
    if isinstance(node, list):
        for place, one in enumerate(node):
            yield from _quantities(one, (*address, str(place)))
    if not isinstance(node, Mapping):
        return
    if "kind" in node and address:
        yield dotted(address), node
    for key, one in node.items():
        yield from _quantities(one, (*address, str(key)))


def _found(
    name: str, scenario: str, written: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:  # fmt: skip
    """What the config says of a factor, of one scenario alone if that is named: the entry whose
    address ends with its name."""
    head, _, last = name.rpartition(".")
    ends = [name, f"{name}.default", f"{head}.process.{last}"]
    near = [
        address for address in written
        if any(address == end or address.endswith(f".{end}") for end in ends)
    ]  # fmt: skip
    begins = f"scenarios.{scenario}." if scenario else ""
    own = [
        address for address in near
        if address.startswith(begins) and (scenario or not address.startswith("scenarios."))
    ]  # fmt: skip
    chosen = min(own, key=len, default="")
    return written.get(chosen, {})


def _distribution(own: Mapping[str, Any], source: str) -> str:
    """A distribution in a line: triangular: low 1.2, mode 1.4, high 1.9."""
    if source == _NORMAL:
        return _NORMAL
    if not own:
        return "see Config"
    told = [f"{key} {_value(one)}" for key, one in own.items() if key not in _WORDS]
    return f"{str(own['kind']).replace('_', ' ')}: {', '.join(told)}" if told else str(own["kind"])


def _value(one: Any) -> str:
    if isinstance(one, float):
        return f"{one:.7g}"
    if isinstance(one, list):
        return "[" + ", ".join(map(_value, one)) + "]"
    if isinstance(one, Mapping):
        return "{" + ", ".join(f"{key}: {_value(child)}" for key, child in one.items()) + "}"
    return str(one)
