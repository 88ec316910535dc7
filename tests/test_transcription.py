"""Numbers that decide results are transcribed twice, independently, and compared here.

`data/second_transcription.csv` was written from the source figures without sight of the packaged
tables. Its columns: key, value (mode or central), low, high, unit, source_row (file and line,
header = 1), kind (seen, recalled or synthesis). Per cents stand as fractions.
"""

from __future__ import annotations

import csv
import functools
import math
from fnmatch import fnmatchcase
from pathlib import Path as File
from typing import Any

import pytest
from transcription_addresses import ADDRESSES, ALL, UNUSED, Address, Figure, Path
from transcription_derived import DERIVED, Derived
from transcription_judged import JUDGED
from transcription_sectors import STATED_APART

from simcore.intake.packaged import catalog

_SAME_UNIT = {
    "EUR/t_yr": {"EUR/(t/yr)"},
    "tCO2/t": {"t/t"},
    "tCO2e/t": {"t/t"},
    "tCO2/MWh": {"t/MWh"},
    "MWh/tCO2": {"MWh/t"},
    "USD/(tCO2/yr)": {"USD/(t/yr)"},
    "-": {"1"},
    "1/yr": {"1", "1/yr"},
    "USD/t FOB Aus": {"USD/t"},
    "USD/t CFR": {"USD/t"},
    # The source mixes both currencies in one column.
    "EUR|USD/MWh": {"EUR/MWh", "USD/MWh"},
}


@functools.cache
def figures() -> dict[str, Figure]:
    """Read the second transcription: key -> figure."""
    found: dict[str, Figure] = {}
    with (File(__file__).parent / "data" / "second_transcription.csv").open(
        encoding="utf-8"
    ) as file:
        for row in csv.DictReader(file):
            assert row["key"] not in found, f"{row['key']} twice"
            value, low, high = (float(row[part]) if row[part] else None for part in ALL)
            found[row["key"]] = Figure(
                value, low, high, row["unit"], row["source_row"], row["kind"]
            )
    return found


@functools.cache
def packaged() -> dict[str, Any]:
    return catalog()


def look_up(path: Path) -> tuple[Any, dict[str, Any]]:
    """Find a node of the catalog and the metadata of the nearest entry that has it."""
    node: Any = packaged()
    meta: dict[str, Any] = {}
    for step in path:
        if step == "default" and "default" not in node:
            continue
        node = node[step]
        if isinstance(node, dict):
            meta |= {key: node[key] for key in ("unit", "status", "price_year") if key in node}
    return node, meta


def part_of(node: Any, part: str) -> float | None:
    """Read the value, low or high of a number, distribution, anchor or spot."""
    if not isinstance(node, dict):
        return float(node) if part == "value" else None
    if part in ("low", "high") and "sd" in node and "central" in node:
        # P10 and P90 of a lognormal band.
        wide = math.exp(1.2815515655446004 * float(node["sd"]))
        return float(node["central"]) * wide if part == "high" else float(node["central"]) / wide
    names = ("value", "mode", "central") if part == "value" else (part,)
    return next((float(node[name]) for name in names if name in node), None)


def compared(key: str, address: Address) -> dict[str, tuple[float, float | None]]:
    """Pair source and package, part by part, where the source has the part."""
    figure = figures()[key]
    source = {part: getattr(figure, part) for part in ALL}
    if address.sign < 0:
        turned = {"value": source["value"], "low": source["high"], "high": source["low"]}
        source = {part: None if number is None else -number for part, number in turned.items()}
    pairs = {}
    for part in address.parts:
        if source[part] is not None:
            path = address.band if address.band and part != "value" else address.path
            pairs[part] = (source[part], part_of(look_up(path)[0], part))
    return pairs


def units_agree(key: str, address: Address) -> bool:
    unit = look_up(address.path)[1].get("unit")
    source = figures()[key].unit
    return not address.unit or unit is None or unit in _SAME_UNIT.get(source, {source})


def _case(case: tuple[str, Address]) -> str:
    return f"{case[0]} at {'.'.join(map(str, case[1].path))}"


@pytest.mark.parametrize("case", ADDRESSES, ids=_case)
def test_package_holds_the_figure(case: tuple[str, Address]) -> None:
    key, address = case
    judged = JUDGED[key].parts.split() if key in JUDGED else []
    differ = {
        part: f"source {source}, package {package}"
        for part, (source, package) in compared(key, address).items()
        if part not in judged and source != package
    }
    assert not differ, f"{key} ({figures()[key].source_row}): {differ}"
    assert "unit" in judged or units_agree(key, address), (
        f"{key}: unit {figures()[key].unit}, package {look_up(address.path)[1].get('unit')}"
    )
    if address.price_year is not None:
        assert look_up(address.path)[1]["price_year"] == address.price_year


@pytest.mark.parametrize("key", JUDGED)
def test_judged_parts_differ_and_stay_in_the_band(key: str) -> None:
    judged, outside = JUDGED[key].parts.split(), JUDGED[key].outside.split()
    assert set(outside) <= set(judged)
    addresses = [address for name, address in ADDRESSES if name == key]
    assert addresses
    for address in addresses:
        if "unit" in judged:  # another unit: the numbers cannot be compared
            assert not units_agree(key, address)
            continue
        pairs = compared(key, address)
        low, high = pairs["low"][0], pairs["high"][0]
        for part in judged:
            source, package = pairs[part]
            assert package is not None
            assert package != source, f"{part} is the figure: no judgement"
            assert (low <= package <= high) == (part not in outside), (
                f"{part} {package}, {low} to {high}"
            )


@pytest.mark.parametrize(
    "case", DERIVED, ids=lambda case: f"{'.'.join(map(str, case.path))} {case.part}"
)
def test_package_derives_the_value(case: Derived) -> None:
    package = part_of(look_up(case.path)[0], case.part)
    assert package == pytest.approx(case.compute(figures()), abs=0.5001 * 10**-case.digits, rel=0)


@pytest.mark.parametrize(
    "case",
    [c for c in ADDRESSES if figures()[c[0]].kind != "seen" and c[0] not in STATED_APART],
    ids=_case,
)
def test_recalled_and_synthesis_are_assumptions(case: tuple[str, Address]) -> None:
    key, address = case
    assert look_up(address.path)[1]["status"] == "assumed", f"{key} is {figures()[key].kind}"


@pytest.mark.parametrize(
    ("policy", "variant", "years", "end"),
    [
        ("eu_free_allocation", "law", range(2026, 2035), 2034),
        ("eu_free_allocation", "reform_2026", range(2026, 2039), 2038),
        ("eu_cbam_mark_up", "law", range(2026, 2029), None),
    ],
)
def test_schedule_has_no_other_dates(
    policy: str, variant: str, years: range, end: int | None
) -> None:
    table = packaged()["policies"][policy]["variants"][variant]
    assert list(table["values"]) == list(years)
    assert table["end"] == end


def test_every_figure_is_placed_or_explained() -> None:
    used: set[str] = {key for key, _ in ADDRESSES}

    class Seen(dict[str, Figure]):
        def __getitem__(self, key: str) -> Figure:
            used.add(key)
            return super().__getitem__(key)

    for case in DERIVED:
        case.compute(Seen(figures()))
    left = {key for key in figures() if any(fnmatchcase(key, pattern) for pattern in UNUSED)}
    assert not used & left
    assert set(figures()) - used - left == set()
    stale = [
        pattern for pattern in UNUSED if not any(fnmatchcase(key, pattern) for key in figures())
    ]
    assert not stale
