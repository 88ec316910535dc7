"""The workbook of a run: the answer, every input, every chart with its numbers, and checks."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.names import titles
from simcore.analysis.notation import said_unit
from simcore.analysis.reading import Reading, place_of
from simcore.analysis.select import outcomes_of
from simcore.analysis.sentences import answer_of
from simcore.errors import Fault, OutputError, printable
from simcore.files import whole
from simcore.report import checks, inputs, method, native
from simcore.report.beside import BESIDE
from simcore.report.board import where
from simcore.report.charts import BAND, Chart, Column, Value, labels
from simcore.report.content import charts_at
from simcore.report.page import Asked, asked_of
from simcore.report.tiles import tiles_of
from simcore.report.twins import as_csv
from simcore.report.units import Units
from simcore.report.workbook import MIXED, ROW_LIMIT, SHARE, Book, opened_workbook, write
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

SHEETS: Final = {
    "Read me": "what this is, how it was made, how to read it",
    "Answer": "the answer in sentences and its numbers",
    "Inputs": "every uncertain input: distribution, central value, mean, source",
    "Config": "the complete config; saved as a file it makes the same run again",
    "Quantiles": "P5, P25, P50, P75 and P95 of every outcome, one a row",
    "Decisions": "what projects and instruments cost and bring",
    "Sensitivity": "what the answer depends on",
    "Sources": "every source, and what was taken from it",
    "Checks": "what must be so in these numbers, as formulas",
}
"""Sheets of every workbook and what they hold; those without content are left out."""

_LINE: Final = 118
"""Letters that fit in a line of text."""


def write_workbook(
    run: xr.Dataset, out: Path, asked: Asked | None = None, *, more: Sequence[Chart] = (),
    sources: Mapping[str, Mapping[str, Any]] | None = None, row_limit: int = ROW_LIMIT,
) -> list[str]:  # fmt: skip
    """Write a run as a workbook for Excel.

    Parameters
    ----------
    run : xarray.Dataset
        An opened run.
    out : Path
        Ends in .xlsx; what stands there is replaced.
    asked : Asked, optional
        What the reader wants to know; without it what the config of the run says.
    more : sequence of Chart
        Charts of other datasets: a sensitivity study, a comparison.
    sources : mapping, optional
        What is known of each source by its key.
    row_limit : int
        Rows of a sheet.

    Returns
    -------
    list of str
        Names of its sheets.

    Raises
    ------
    OutputError
        The name has another suffix, or the file cannot be written.
    RunError
        `asked` names a label that the run does not have.
    """
    if out.suffix.lower() != ".xlsx":
        raise OutputError(Fault(
            str(out), out.suffix or "no suffix", "a name that ends in .xlsx",
            f"write to {out.with_suffix('.xlsx')}",
        ))  # fmt: skip
    asked = asked or asked_of(run)
    reading = Reading(run, years=asked.years, routes=asked.routes)
    place = place_of(reading, asked.at)
    charts = charts_at(reading, place, more)
    title = asked.title or str(run.attrs.get("title", "")) or "A run of simcore"
    with (
        whole(out, expected="a file to write the workbook to", remedy="choose another name",
              folders=True) as partial,
        opened_workbook(partial, title=title) as workbook,
    ):  # fmt: skip
        book = Book(workbook, row_limit=row_limit)
        front = book.sheet("Read me")
        _answer(book, reading, place, asked, title)
        _inputs(book, reading)
        _config(book, reading)
        placed = [_chart(book, one) for one in charts]
        _quantiles(book, reading)
        _decisions(book, reading)
        _together(book, "Sensitivity", [one for one in charts if one.section == "sensitivity"])
        _sources(book, method.cited(reading, sources or {}))
        _checks(book, reading, placed)
        _read_me(book, front, reading, title, placed)
        front.activate()
        names = [sheet.get_name() for sheet in workbook.worksheets()]
    return names


def write_tables(charts: Sequence[Chart], folder: Path) -> list[Path]:
    """Write the numbers of each chart as `01-name.csv` into a folder, in the order of the page."""
    files = []
    digits = max(2, len(str(len(charts))))
    # No file has its name before all are written.
    with contextlib.ExitStack() as stack:
        for place, one in enumerate(charts, 1):
            file = folder / f"{place:0{digits}}-{one.name}.csv"
            partial = stack.enter_context(whole(
                file, expected="a folder to write CSV files to", remedy="choose another --csv",
                folders=True,
            ))  # fmt: skip
            partial.write_text(as_csv(one), "utf-8", newline="")
            files.append(file)
    return files


def _read_me(
    book: Book, sheet: Any, reading: Reading, title: str, placed: Sequence[checks.Placed]
) -> None:
    attrs = reading.attrs
    lines = [
        ("title", title), ("", ""), ("bold", "How to read it"),
        ("wrapped", f"Amounts are {reading.money()}; {int(attrs['draws']):,} draws, seed "
                    f"{attrs.get('seed', '')}."),
        ("wrapped", "P5, P50, P95: 5, 50 and 95 of 100 draws are below. P50 of a difference is not "
                    "the difference of two P50."),
        ("wrapped", f"{method.sampling_error(reading)}."),
        ("wrapped", "An empty cell is undefined: the reference route's own premium, a route before "
                    "it is available. `unbounded`: too few draws for that end of an interval."),
        *(("wrapped", text) for text in method.LIMITS),
        ("", ""), ("bold", "How it was made"),
        *(("wrapped", f"{key}: {value}") for key, value in method.made_by(reading)),
        ("", ""), ("bold", "Sheets"),
    ]  # fmt: skip
    for row, (style, text) in enumerate(lines):
        write(sheet, row, 0, text, book.style(style) if style else None)
        if style == "wrapped" and len(text) > _LINE:
            sheet.set_row(row, 15 * math.ceil(len(text) / _LINE))
    made = {one.get_name() for one in book.book.worksheets()}
    told = [(name, what) for name, what in SHEETS.items() if name in made]
    at = [name for name, _ in told].index("Config") + 1
    told[at:at] = [(one.sheet, one.chart.title) for one in placed]
    for row, (name, what) in enumerate(told, len(lines)):
        quoted = name.replace("'", "''")
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", None, printable(f"{name}: {what}"))
    sheet.set_column(0, 0, 110)


def _answer(book: Book, reading: Reading, place: Any, asked: Asked, title: str) -> None:
    sheet = book.sheet("Answer")
    sheet.write_string(0, 0, asked.question or title, book.style("title"))
    sheet.write_string(1, 0, where(reading, place), book.style("soft"))
    row = 3
    sentences = answer_of(reading, place)
    for one in sentences:
        sheet.merge_range(row, 0, row, 4, one.text, book.style("wrapped"))
        sheet.set_row(row, 15 * max(1, math.ceil(len(one.text) / 105)))
        row += 1
    rows: list[tuple[Value, ...]] = []
    for tile in tiles_of(reading, place):
        numbers = (tile.number, *tile.detail.numbers)
        rows += [(tile.label, number.text, number.value, tile.unit or SHARE,
                  _address(number)) for number in numbers]  # fmt: skip
    for place_, one in enumerate(sentences, 1):
        rows += [(f"Sentence {place_}", number.text, number.value, _unit(reading, number.array),
                  _address(number)) for number in one.numbers]  # fmt: skip
    columns = (
        *labels("what=Where it stands", "text=As written"), Column("value", "Value", MIXED),
        *labels("unit=Unit", "address=Array of the run and place in it"),
    )  # fmt: skip
    book.table(sheet, columns, rows, top=row + 1, filtered=False, widest=70)


def _address(number: Any) -> str:
    return f"{number.array}: {', '.join(f'{dim} {label}' for dim, label in number.at.items())}"


def _unit(reading: Reading, array: str) -> str:
    return SHARE if reading.run.unit(array) == "1" else said_unit(reading.run.unit(array))


def _inputs(book: Book, reading: Reading) -> None:
    rows = inputs.inputs_of(reading)
    if rows:
        sheet = book.sheet("Inputs")
        book.table(sheet, inputs.COLUMNS, rows, name="Inputs", widest=48)
        sheet.freeze_panes(1, 1)


def _config(book: Book, reading: Reading) -> None:
    sheet = book.sheet("Config", landscape=False)
    sheet.set_column(0, 0, 110)
    for row, line in enumerate(str(reading.attrs.get("config", "")).splitlines()):
        write(sheet, row, 0, line, book.style("code"))


def _chart(book: Book, chart: Chart) -> checks.Placed:
    """The sheet of a chart: what it says, its numbers, its picture."""
    sheet = book.sheet(chart.name.replace("-", " ").capitalize())
    made = f"Unit: {chart.unit}. Source: {chart.source}"
    told = [("title", chart.title)]
    told += [("soft", text) for text in (chart.place, chart.question, made, chart.note) if text]
    for row, (style, text) in enumerate(told):
        write(sheet, row, 0, text, book.style(style))
    top = len(told) + 1
    sheets = book.table(sheet, chart.columns, chart.rows, top=top, name=sheet.get_name(),
                        filtered=chart.kind == "table", widest=36)  # fmt: skip
    if len(sheets) == 1:
        beside = BESIDE.get(chart.kind)
        added = beside(book, sheet, chart, top) if beside is not None else {}
        left = native.draw(book, sheet, chart, top, added)
        if left:
            sheet.write_string(top - 1, 0, f"{left} more panels are not drawn; their numbers are "
                               "in the table.", book.style("soft"))  # fmt: skip
    if chart.kind == "heat" and chart.rows:
        at = [one.name for one in chart.columns].index("value")
        sheet.conditional_format(top + 1, at, top + len(chart.rows), at, {
            "type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#5FA8D3",
        })  # fmt: skip
    return checks.Placed(chart, sheet.get_name(), top, is_whole=len(sheets) == 1)


def _quantiles(book: Book, reading: Reading) -> None:
    run = reading.dataset
    names = [name for name in outcomes_of(run) if f"{name}_quantile" in run and name in OUTCOMES]
    if not names:
        return
    dims = list(dict.fromkeys(
        dim for name in names for dim in OUTCOMES[name].dims if dim in run.dims
    ))  # fmt: skip
    columns = (
        *labels("outcome=Outcome", "name=Name", *(f"{dim}={dim.capitalize()}" for dim in dims),
                "unit=Unit", "quantile=Quantile"),
        Column("value", "Value", MIXED), Column("low", "95 % from", MIXED),
        Column("high", "95 % to", MIXED),
    )  # fmt: skip
    rows = [row for name in names for row in _of_outcome(reading, name, dims)]
    book.table(book.sheet("Quantiles"), columns, rows, name="Quantiles", widest=36)


def _of_outcome(reading: Reading, name: str, dims: Sequence[str]) -> Iterator[tuple[Value, ...]]:
    run = reading.dataset
    arrays = [run[f"{name}_{part}"] for part in ("quantile", "quantile_low", "quantile_high")]
    own = [str(dim) for dim in arrays[0].dims if dim != "quantile"]
    stored = run["quantile"].values
    places = [int(np.abs(stored - one).argmin()) for one in BAND]
    values = [array.transpose(*own, "quantile").values for array in arrays]
    named = {dim: titles(run, dim) for dim in own}
    held = {dim: run[dim].values.tolist() for dim in own}
    outcome, units = OUTCOMES[name], Units(run)
    for index in np.ndindex(*values[0].shape[:-1]):
        if np.isnan(values[0][index]).all():
            continue
        at = {dim: held[dim][place] for dim, place in zip(own, index, strict=True)}
        told: list[Value] = [
            "" if dim not in at else at[dim] if dim == "year"
            else named[dim].get(str(at[dim]), str(at[dim])) for dim in dims
        ]  # fmt: skip
        unit = said_unit(units.at(outcome, at))
        for place, probability in zip(places, BAND, strict=True):
            yield (outcome.long_name, name, *told, unit, f"P{100 * probability:g}",
                   *(float(array[(*index, place)]) for array in values))  # fmt: skip


def _decisions(book: Book, reading: Reading) -> None:
    """Every outcome of a project that is no matter of a year: mean and quantiles."""
    run = reading.dataset
    rows: list[tuple[Value, ...]] = []
    for name in outcomes_of(run):
        one = OUTCOMES.get(name)
        if one is None or "project" not in one.dims or "year" in one.dims:
            continue
        if f"{name}_mean" not in run:
            continue
        mean = run[f"{name}_mean"]
        dims = [str(dim) for dim in mean.dims]
        share = one.kind in ("indicator", "conditional")
        for index in np.ndindex(*mean.shape):
            if math.isnan(float(mean.values[index])):
                continue
            at = {dim: str(run[dim].values[place]) for dim, place in zip(dims, index, strict=True)}
            told = [reading.title(dim, at[dim]) if dim in at else "" for dim in
                    ("project", "instrument", "scenario")]  # fmt: skip
            ends = reading.quantiles(name, at, (0.05, 0.5, 0.95)) if not share else (math.nan,) * 3
            rows.append((*told, one.long_name, SHARE if share else reading.unit(name),
                         float(mean.values[index]), *ends))  # fmt: skip
    if rows:
        numbers = [Column(name, name.upper() if name != "mean" else "Mean", MIXED)
                   for name in ("mean", "p5", "p50", "p95")]  # fmt: skip
        columns = (*labels("project=Project", "instrument=Instrument", "scenario=Scenario",
                           "outcome=Outcome", "unit=Unit"), *numbers)  # fmt: skip
        book.table(book.sheet("Decisions"), columns, rows, name="Decisions", widest=44)


def _together(book: Book, name: str, charts: Sequence[Chart]) -> None:
    """The numbers of several charts, one below the other."""
    if not charts:
        return
    rows = [
        (one.title, column.title, *_named(one, row), column.unit, row[at])
        for one in charts for row in one.rows
        for at, column in enumerate(one.columns) if column.unit
    ]  # fmt: skip
    columns = (*labels("chart=Chart", "what=What", "of=Of", "unit=Unit"),
               Column("value", "Value", MIXED))  # fmt: skip
    book.table(book.sheet(name), columns, rows, name=name, widest=48)


def _named(chart: Chart, row: Sequence[Value]) -> tuple[str]:
    """The labels of a row, in one text."""
    told = [str(row[at]) for at, one in enumerate(chart.columns) if not one.unit]
    return (", ".join(one for one in told if one),)


def _sources(book: Book, cited: Sequence[method.Cited]) -> None:
    rows: list[tuple[Value, ...]] = []
    for one in cited:
        head = (one.title, one.key, one.publisher, one.date, one.kind, one.link, one.identifier)
        taken = one.values or (("", "", ""),)
        rows += [(*head, *value[:2], value[2].replace("_", " ")) for value in taken]
    columns = labels("title=Source", "key=Key", "publisher=Publisher", "date=Date", "kind=Kind",
                     "link=Link", "identifier=Identifier", "address=Value in the config",
                     "place=Place in the source", "status=Status")  # fmt: skip
    if rows:
        book.table(book.sheet("Sources"), columns, rows, name="Sources", widest=40)


def _checks(book: Book, reading: Reading, placed: Sequence[checks.Placed]) -> None:
    sheet = book.sheet("Checks")
    heads = (*labels("what=What must be so"), Column("left", "One way", MIXED),
             Column("right", "The other", MIXED), Column("off", "Difference", MIXED),
             *labels("verdict=Verdict"))  # fmt: skip
    book.table(sheet, heads, (), filtered=False)
    sheet.set_column(0, 0, 95)
    sheet.set_column(1, 3, 14)
    sheet.set_column(4, 4, 10)
    style = book.number("#,##0.000")
    row = 1
    for one in checks.checks_of(placed):
        write(sheet, row, 0, one.what, book.style("wrapped"))
        if len(one.what) > _LINE:
            sheet.set_row(row, 15 * math.ceil(len(one.what) / _LINE))
        left, right = one.values
        sheet.write_formula(row, 1, f"={one.left}", style, left)
        sheet.write_formula(row, 2, f"={one.right}", style, right)
        sheet.write_formula(row, 3, f"=B{row + 1}-C{row + 1}", style, left - right)
        sheet.write_formula(
            row, 4, f'=IF(ABS(D{row + 1})<={one.tolerance:.9f},"ok","differs")', book.style("ok"),
            "ok" if one.holds else "differs",
        )  # fmt: skip
        row += 1
    _net_present_value(book, sheet, reading, row + 1)


def _net_present_value(book: Book, sheet: Any, reading: Reading, row: int) -> None:
    """How to discount in Excel what a project earns: its NPV begins a year later."""
    if "project_cash_mean" not in reading:
        return
    project = str(reading.labels("project")[0])
    scenario = str(reading.labels("scenario")[0])
    cash = reading.values("project_cash_mean", {"scenario": scenario, "project": project})
    flows = [(year, float(value)) for year, value in zip(reading.labels("year"), cash, strict=True)
             if math.isfinite(float(value))]  # fmt: skip
    if not flows:
        return
    named = reading.title("project", project), reading.title("scenario", scenario)
    told = f"Mean cash of {named[0]} ({named[1]}) at an example of a rate"
    write(sheet, row, 0, told, book.style("bold"))
    write(sheet, row + 1, 0, "Rate")
    write(sheet, row + 1, 1, checks.RATE, book.number("0.0%"))
    style = book.number("#,##0.000")
    for place, (year, value) in enumerate(flows, row + 2):
        write(sheet, place, 0, f"{year}, {reading.unit('project_cash')}")
        write(sheet, place, 1, value, style)
    cells = f"B{row + 3}:B{row + 2 + len(flows)}"
    worth = checks.present_value([value for _, value in flows], cells, f"B{row + 2}")
    for place, (what, formula, value) in enumerate(worth, row + 2 + len(flows)):
        write(sheet, place, 0, what)
        sheet.write_formula(place, 1, f"={formula}", style, value)
