"""Prices by year out of CSV files: `{csv: FILE, column: NAME}` where a config may write a table.

The numbers take the place of the file's name before anything is checked: the resolved config holds
them, so it runs without the file, and its digest covers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from simcore.errors import ConfigError
from simcore.files import contained
from simcore.intake.compilation import file_fault
from simcore.intake.findings import Address, Finding, of_file, unknown
from simcore.units import UnitError, conversion

PLACES: Final = ("path", "anchors", "forward", "futures", "history", "floor", "ceiling")
"""Keys of a price under which prices by year may stand."""

_BAND: Final = ("low", "central", "high")


def keys() -> tuple[str, ...]:
    """What may be said of a file."""
    from simcore.timeseries import TOLD

    return ("csv", "column", *_BAND, "unit", *TOLD)


@dataclass
class Filled:
    """A config with the numbers of its files.

    Attributes
    ----------
    data : mapping
        The config, files replaced by tables; those that cannot be read are left out.
    findings : list of Finding
        What is wrong with the files, or with how they are named.
    notes : list of str
        What was taken for granted, and years that are not whole.
    """

    data: Any
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def fill(data: Any, under: Mapping[str, Any], folder: Path, address: Address = ()) -> Filled:
    """Replace the files of a config, or of the overlay of a scenario, by what they hold.

    The data lie over what is `under` them: a price that is only changed has its unit there. The
    files lie in the folder of the config, and the overlay stands at an address of it.
    """
    done = Filled(data)
    if isinstance(data, Mapping) and isinstance(data.get("catalog"), Mapping):
        below = under.get("catalog") if isinstance(under, Mapping) else None
        catalog = _walk(data["catalog"], below, folder, (*address, "catalog"), done)
        done.data = {**data, "catalog": catalog}
    return done


def _walk(
    node: Any, under: Any, folder: Path, address: Address, done: Filled, unit: Any = None
) -> Any:
    if not isinstance(node, Mapping):
        return node
    # A corridor, or a view, is in the unit of the price that it belongs to.
    unit = node.get("unit") or (under.get("unit") if isinstance(under, Mapping) else None) or unit
    content: dict[Any, Any] = {}
    for key, value in node.items():
        below = under.get(key) if isinstance(under, Mapping) else None
        here = (*address, key)
        if key in PLACES and address[-1:] != ("process",) and _names_a_file(value):
            table = _table(value, key, unit, folder, here, done)
            if table is not None:
                content[key] = table
        else:
            content[key] = _walk(value, below, folder, here, done, unit)
    return content


def _names_a_file(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and any(isinstance(key, str) for key in value)
        and ("csv" in value or "file" in value or "column" in value)
    )


def _table(
    content: Mapping[str, Any], key: str, unit: Any, folder: Path, address: Address, done: Filled
) -> dict[int, Any] | None:
    """The table that a file stands for; None where something is wrong."""
    findings = list(_wrong_keys(content, key, address))
    if not findings:
        missing = file_fault((*address, "csv"), folder, content["csv"])
        findings += [missing] if missing else []
    if findings:
        done.findings += findings
        return None
    scale = 1.0
    own = content.get("unit")
    if own is not None and key != "anchors":
        try:
            scale = conversion(own, str(unit), exchange={})
        except UnitError:
            done.findings.append(Finding(
                (*address, "unit"), f"{own} for a price in {unit or 'no unit'}",
                "a unit of the same money as the price's",
                f"write unit: {own} beside {key}, or convert the file",
            ))  # fmt: skip
            return None
    columns = {name: content[name] for name in _BAND if name in content}
    columns = columns or {"column": content.get("column")}
    try:
        taken = own if own is not None else unit
        found = {
            name: _yearly(content, label, folder, done, taken) for name, label in columns.items()
        }
    except ConfigError as error:
        done.findings += of_file((*address, "csv"), error)
        return None
    first = next(iter(found.values()))
    years = sorted(year for year in first if all(year in one for one in found.values()))
    return {
        year: _entry({name: scale * one[year] for name, one in found.items()}, key, own)
        for year in years
    }


def _entry(values: Mapping[str, float], key: str, unit: Any) -> Any:
    """What stands in a table for one year."""
    one = next(iter(values.values()))
    if key != "anchors" or (len(values) == 1 and unit is None):
        return one
    band = {name: values.get(name, one) for name in _BAND}
    return band if unit is None else {**band, "unit": unit}


def _yearly(
    content: Mapping[str, Any], label: Any, folder: Path, done: Filled, unit: Any
) -> dict[int, float]:
    """Mean of each year of a column."""
    from simcore.timeseries import (
        Options,
        annual_means,
        labels_of,
        named,
        of_sheet,
        read_sheet,
    )

    path = contained(folder, content["csv"])
    assert path is not None
    options = Options.of(
        content, as_quoted=True, future=True, signed=True, fewest=1,
        unit=unit if isinstance(unit, str) else None,
    )  # fmt: skip
    sheet = read_sheet(
        path, name=content["csv"], labels=labels_of(label, options), encoding=options.encoding
    )
    history = of_sheet(sheet, label, options)
    means, notes = annual_means(history)
    told = [named(note, content["csv"]) for note in history.notes if not _is_usual(note)]
    done.notes += [one for one in (*told, *notes) if one not in done.notes]
    return means


def _is_usual(note: str) -> bool:
    """Whether a note is of interest to who fits a history only."""
    return "of the changes are zero" in note or "dated on their last day" in note


def _wrong_keys(content: Mapping[str, Any], key: str, address: Address) -> Any:
    from simcore.timeseries import DUPLICATES
    from simcore.timeseries.dates import ORDERS
    from simcore.timeseries.numerals import DECIMALS

    choices = {"decimal": DECIMALS, "date_order": ORDERS, "duplicates": DUPLICATES}
    for name, value in content.items():
        if name == "file":
            yield Finding((*address, name), "unknown key 'file'", "csv", "write csv: FILE")
        elif name == "per_year" and key == "history":
            yield Finding((*address, name), "per_year beside the process", "means of past years",
                          "what is drawn again stands inside: process: {kind: bootstrap, history: "
                          "{csv: FILE, column: NAME, per_year: 1}}")  # fmt: skip
        elif name not in keys():
            yield unknown((*address, name), str(name), keys(), "key of a price table")
        elif name in _BAND and key != "anchors":
            yield Finding((*address, name), f"{name} under {key}", "column: one price a year",
                          "write column: ...")  # fmt: skip
        elif name in ("first", "last") and not isinstance(value, (int, str)):
            yield Finding((*address, name), repr(value), "a year, or a date as YYYY-MM-DD",
                          "write first: 2027")  # fmt: skip
        elif name == "where" and not isinstance(value, Mapping):
            yield Finding((*address, name), repr(value), "a mapping of headings to cells",
                          "write where: {instrument: EUA}")  # fmt: skip
        elif name in choices and value not in choices[name]:
            yield unknown((*address, name), str(value), choices[name], name)
        elif name not in ("where", "first", "last") and not isinstance(value, (str, int)):
            yield Finding((*address, name), repr(value), "a text", f"correct {name}")
    if not isinstance(content.get("csv"), str) and "file" not in content:
        yield Finding(address, "no csv", "csv: the name of a file", "write csv: FILE, column: NAME")
    bands = [name for name in _BAND if name in content]
    if key == "anchors" and bands and ("column" in content or len(bands) != len(_BAND)):
        yield Finding(
            address, " and ".join([*bands, *(["column"] if "column" in content else [])]),
            "low, central and high, or column alone for prices that are certain",
            "name three columns, or one",
        )  # fmt: skip
