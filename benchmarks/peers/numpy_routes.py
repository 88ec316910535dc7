"""What a route states in a region, in NumPy: itself, its host, or the draws of its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.peers.numpy_inputs import Config, Sample, Values, quantity


def holder(sample: Sample, route: str, key: str) -> str:
    """The route that states something: this one, or its host."""
    record = sample.catalog["routes"][route]
    return route if "host" not in record or _at(record, key) is not None else record["host"]


def stated(sample: Sample, route: str, key: str) -> Any:
    """What is written under a dotted key of a route or its host; None if nothing is."""
    return _at(sample.catalog["routes"][holder(sample, route, key)], key)


def number(sample: Sample, route: str, region: str, key: str, target: str = "1") -> Values:
    """A quantity of a route in a region, in the unit `target`."""
    return quantity(
        sample,
        _of_region(stated(sample, route, key), region)[0],
        _stream(sample, route, region, key),
        target,
    )


def commodities(sample: Sample, route: str, side: str) -> list[str]:
    """Names that a route buys or sells, those of its capture included."""
    record = sample.catalog["routes"][route]
    host = sample.catalog["routes"].get(record.get("host"), {})
    names = [*host.get(side, {}), *record.get(side, {})]
    if side == "inputs" and record.get("capture"):
        names += [*record["capture"]["inputs"], record["capture"]["storage"]]
    return list(dict.fromkeys(names))


def _stream(sample: Sample, route: str, region: str, key: str) -> str:
    """Name of the random numbers of a quantity."""
    owner = holder(sample, route, key)
    for twin, keys in sample.catalog["routes"][owner].get("shares", {}).items():
        if key in keys:
            return _stream(sample, twin, region, key)
    written, end = _of_region(stated(sample, owner, key), region)
    if isinstance(written, Mapping) and written.get("kind") == "factor":
        return str(written["name"])
    return f"{owner}.{key}{end}"


def _at(record: Config, key: str) -> Any:
    found: Any = record
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _of_region(written: Any, region: str) -> tuple[Any, str]:
    """The entry of a region, and the end of its name where it has one of its own."""
    if not isinstance(written, Mapping) or "kind" in written:
        return written, ""
    return (written[region], f".{region}") if region in written else (written["default"], "")
