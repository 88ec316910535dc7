"""The command `report`: one page that tells what a run says."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.errors import ConfigError, Fault
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    import xarray as xr

    from simcore.report.charts import Chart
    from simcore.report.page import Asked


def report(options: argparse.Namespace) -> None:
    """Write the page of a saved run."""
    from simcore.analysis.reading import Reading, place_of
    from simcore.analysis.targets import at_of
    from simcore.files import whole
    from simcore.intake import packaged
    from simcore.report.audit import told_of
    from simcore.report.page import Asked, asked_of, page_of

    out = _out(options)
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(opened(options.run))
        own = asked_of(run)
        at = {**own.at, **{dim: [label] for dim, label in at_of(options.at).items()}}
        asked = Asked(
            options.question or own.question, options.title or own.title, at, own.years, own.routes
        )
        place = place_of(Reading(run), at)
        more: list[Chart] = []
        changes: list[tuple[str, str, str]] = []
        if options.sensitivity is not None:
            more += _sensitivity(options.sensitivity, place.__dict__)
        if options.other is not None:
            from simcore.report.comparison import comparison_charts

            other = stack.enter_context(opened(options.other))
            more += comparison_charts(run, other, place)
            changes = _changes(run, other, place.scenario)
        if options.csv is not None or options.xlsx is not None:
            _tables(options, run, asked, more)
        if out is None:
            return
        text = page_of(run, asked, sources=packaged.sources(), more=more, changes=changes,
                       audit=told_of(run.attrs))  # fmt: skip
    with whole(out, expected="a file to write the page to", remedy="choose another -o",
               folders=True) as unfinished:  # fmt: skip
        unfinished.write_text(text, "utf-8")
    print(out)


_OTHERS: Final = (".pdf", ".doc", ".docx", ".odt", ".md", ".txt", ".xls", ".json", ".png")
"""Endings that would say something else of the page than it is."""


def _out(options: argparse.Namespace) -> Path | None:
    """Where the page goes; nowhere if only other forms are asked for."""
    if options.out is None:
        others = options.xlsx or options.csv
        return None if others else Path(options.run).with_suffix(".html")
    out = Path(options.out)
    for suffix, option in ((".xlsx", "--xlsx"), (".csv", "--csv DIR")):
        if out.suffix.lower() == suffix:
            told = f"{option} {out}" if suffix == ".xlsx" else option
            raise ConfigError(Fault(
                "-o", str(out), "a name that ends in .html", f"write {told} for its numbers",
            ))  # fmt: skip
    if out.suffix.lower() in _OTHERS:
        raise ConfigError(Fault(
            "-o", str(out), "a name that ends in .html",
            f"write to {out.with_suffix('.html')}, which any browser opens and prints to PDF",
        ))  # fmt: skip
    return out


def _tables(
    options: argparse.Namespace, run: xr.Dataset, asked: Asked, more: Sequence[Chart]
) -> None:
    """Write the workbook, and the numbers of each chart as CSV."""
    from simcore.analysis.reading import Reading, place_of
    from simcore.intake import packaged
    from simcore.report.content import charts_at
    from simcore.report.excel import write_tables, write_workbook

    if options.xlsx is not None:
        write_workbook(run, options.xlsx, asked, more=more, sources=packaged.sources())
        print(options.xlsx)
    if options.csv is not None:
        reading = Reading(run, years=asked.years, routes=asked.routes)
        charts = charts_at(reading, place_of(reading, asked.at), more)
        files = write_tables(charts, options.csv)
        print(f"{options.csv}: {len(files)} files, {files[0].name} to {files[-1].name}")


def _sensitivity(path: Path, asked: Mapping[str, Any]) -> Sequence[Chart]:
    from simcore.dataset.indices import checked_indices
    from simcore.report.uncertainty import sensitivity_charts

    with opened(path, studies=True) as result:
        return sensitivity_charts(checked_indices(result, path), asked)


def _changes(old: xr.Dataset, new: xr.Dataset, scenario: str) -> list[tuple[str, str, str]]:
    """Addresses at which the configs differ, with what stands there."""
    from simcore.changes import changes

    known = new["scenario"].values.tolist()
    other = scenario if scenario in known else str(known[0])
    return [
        (one.path, _short(one.old), _short(one.new))
        for one in changes(str(old.attrs["config"]), scenario, str(new.attrs["config"]), other)
    ]


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:200]} …"
