"""The table after a run: cost, carbon value and viability of every region and route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from simcore.terminal.tables import WIDTH, cut, decimals, number, share

_SHORT: Final = {
    "cost_premium_ex_carbon": "extra cost",
    "cost_premium": "with carbon",
    "premium_per_tonne": "carbon value",
    "support_gap": "support gap",
    "viability": "covers",
    "green_is_cheaper": "cheaper",
}
_LEGEND: Final = {
    "cost_premium_ex_carbon": "levelised cost minus that of the reference route, before carbon",
    "cost_premium": "extra cost after carbon: levelised and carbon cost minus those of the "
    "reference",
    "premium_per_tonne": "what the avoided CO2 is worth, per tonne of product",
    "support_gap": "extra cost that the carbon value leaves to pay",
    "viability": "probability that the carbon value covers the extra cost",
    "green_is_cheaper": "probability that the low-carbon tonne costs less, carbon included",
}
_SOLD: Final = {"domestic": "sold at home", "eu": "sold into the EU"}
_PLACE: Final = {"domestic": "at home", "eu": "in EU"}

# A column of numbers: its name in the frame and the destination it is for.
Key = tuple[str, str]


class Frame(Protocol):
    """A pandas.DataFrame, or an `analysis.headline.Table`."""

    @property
    def attrs(self) -> dict[Any, Any]:
        """Units, currency, price year ..."""

    def to_dict(self, orient: Any) -> list[dict[Any, Any]]:
        """Give the rows."""


Rows = Sequence[Mapping[str, Any]]


def headline_text(frame: Frame) -> str:
    """Show the headline of `analysis`, a block for each scenario and year.

    Parameters
    ----------
    frame : Frame
        Rows (scenario, region, destination, route, year) with `attrs`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    attrs = frame.attrs
    unit = attrs["unit"].replace(" t-1", "/t")
    lines = [cut(attrs["run"], WIDTH)]
    lines.append(f"{attrs['draws']:,} draws, real {unit} of {attrs['price_year']}, P5 P50 P95")
    lines += [f"  {_SHORT[name]:<13} {_LEGEND[name]}" for name in attrs["outcomes"] if name]
    table: Rows = frame.to_dict("records")
    if len(_labels(table, "destination")) > 1:
        lines.append("  at home, in EU where the tonne is sold")
    for scenario in _labels(table, "scenario"):
        for year in _labels(table, "year"):
            rows = [row for row in table if row["scenario"] == scenario and row["year"] == year]
            title = f"{year}, scenario {scenario}"
            for block, name in _parts(rows, attrs["outcomes"]):
                lines += ["", *_block(block, attrs["outcomes"], title + name)]
    lines.append("")
    if attrs["left_out"]:
        names = ", ".join(attrs["left_out"])
        lines.append(f"Not shown: {names} (the reference route, or undefined in these years).")
    if attrs.get("apart"):
        lines.append(
            f"Not shown: {_SHORT[attrs['apart']]}, which the cost after carbon holds already; add "
            "cost_premium_ex_carbon."
        )
    lines.append(
        f"The 95 % confidence interval of any amount shown is within +-{attrs['interval']:,.1f} "
        f"{unit}."
    )
    return "\n".join(lines)


def _labels(rows: Rows, dim: str) -> list[Any]:
    """Labels along a dimension in their order; none where the rows do not differ by it."""
    return list(dict.fromkeys(row[dim] for row in rows if dim in row))


def _parts(rows: Rows, outcomes: Sequence[str]) -> list[tuple[Rows, str]]:
    """Split by destination where cost and value both differ by it: together they are too wide."""
    names = _labels(rows, "destination")
    if not names or (outcomes[0] in ("", "cost_premium_ex_carbon") and len(names) <= 2):
        return [(rows, "")]
    return [
        ([row for row in rows if row["destination"] == name], f", {_SOLD.get(name, name)}")
        for name in names
    ]


def _block(rows: Rows, outcomes: Sequence[str], title: str) -> list[str]:
    cost, value, covers = outcomes
    amounts = [
        column
        for column in (rows[0] if rows else ())
        if any(name and column.startswith(f"{name}_p") for name in (cost, value))
    ]
    places = decimals([row[column] for row in rows for column in amounts], figures=3)
    destinations: list[str] = _labels(rows, "destination") or [""]
    groups: list[tuple[str, list[Key]]] = []
    for name in (cost, value):
        columns = [column for column in amounts if name and column.startswith(f"{name}_p")]
        if not columns:
            continue
        shared = name == "cost_premium_ex_carbon" or len(destinations) == 1
        if name == (value or cost) and covers:
            columns = [*columns, covers]
        for destination in destinations[:1] if shared else destinations:
            sold = "" if shared else f" {_PLACE.get(destination, destination)}"
            groups.append((_SHORT[name] + sold, [(column, destination) for column in columns]))
    labels = [name for name in ("region", "route") if _labels(rows, name)]
    cells: dict[tuple[str, ...], dict[Key, str]] = {}
    for record in rows:
        row = cells.setdefault(tuple(str(record[name]) for name in labels), {})
        for name in (*amounts, *([covers] if covers else [])):
            text = share(record[name]) if name == covers else number(record[name], places)
            row[name, str(record.get("destination", ""))] = text
    defined = {key: row for key, row in cells.items() if set(row.values()) != {"-"}}
    lines = _lay_out(title, labels, groups, defined) if defined else [title]
    absent = list(dict.fromkeys(key[-1] for key in cells if key not in defined))
    if absent and labels[-1:] == ["route"]:
        lines.append(f"Not available: {', '.join(absent)}")
    return lines


def _lay_out(
    title: str,
    labels: Sequence[str],
    groups: Sequence[tuple[str, Sequence[Key]]],
    rows: Mapping[tuple[str, ...], Mapping[Key, str]],
) -> list[str]:
    """Align columns under the titles of their groups; a repeated region stays blank."""
    widths = [
        [max(4, len(_column(key[0])), *(len(row.get(key, "-")) for row in rows.values()))
         for key in keys]
        for _, keys in groups
    ]  # fmt: skip
    left = [max([len(name), *(len(key[i]) for key in rows)]) for i, name in enumerate(labels)]
    taken = sum(sum(group) + len(group) + 1 for group in widths)
    while sum(left) + 2 * max(0, len(left) - 1) + taken > WIDTH and max(left, default=0) > 6:
        left[left.index(max(left))] -= 1

    def line(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
        text = "  ".join(cut(n, w).ljust(w) for n, w in zip(names, left, strict=True))
        for group, own in zip(cells, widths, strict=True):
            text += " " + "".join(
                " " + cell.rjust(width) for cell, width in zip(group, own, strict=True)
            )
        return text.rstrip()

    head = " " * (sum(left) + 2 * max(0, len(left) - 1))
    for (name, _), own in zip(groups, widths, strict=True):
        span = sum(own) + len(own) - 1
        head += "  " + (f"{name} ".ljust(span, "-") if len(name) < span else cut(name, span))
    lines = [title, head, line(labels, [[_column(key[0]) for key in keys] for _, keys in groups])]
    before = ""
    for names, row in rows.items():
        shown = list(names)
        if len(shown) > 1 and shown[0] == before:
            shown[0] = ""
        before = names[0] if names else ""
        lines.append(line(shown, [[row.get(key, "-") for key in keys] for _, keys in groups]))
    return lines


def _column(name: str) -> str:
    return _SHORT.get(name) or name.rsplit("_", 1)[-1].upper()
