"""The table of a run, just finished or saved: which scenarios and years, and what comes next."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.terminal.formats import csv_style, print_rows
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    from simcore.dataset import Finished

_ROWS: Final = 24
"""Rows of a year from which on a table shows one scenario, and one year."""

Labels = Mapping[str, Sequence[Any]]


def summary(options: argparse.Namespace) -> None:
    """Print a table of a saved run."""
    from simcore.analysis import summarise

    variable = options.variable
    style = csv_style(options)
    with opened(options.run) as result:
        labels = {str(dim): coord.values.tolist() for dim, coord in result.coords.items()}
        labels |= {dim: own for dim in labels if (own := getattr(options, dim, None))}
        scenarios, years = options.scenario, options.year
        others, later = list[str](), list[int]()
        if not variable and options.format == "table":
            if not scenarios:
                scenarios, others = _scenarios_shown(labels, in_grid="grid" in result.attrs)
            if not years:
                years, later = _years_shown(labels)
        frame = summarise(
            result, variable=variable, years=years, regions=options.region,
            routes=options.route, destinations=options.destination, scenarios=scenarios,
            projects=options.project, instruments=options.instrument, quantiles=options.quantiles,
        )  # fmt: skip
        if style is not None:
            from simcore.terminal.spreadsheets import put, summary_csv

            put(summary_csv(frame, style), style, options.out)
            return
        if options.format == "json":
            rows = frame.astype(object).to_numpy().tolist()
            print_rows(options.format, list(frame.columns), rows, frame.attrs)
            return
        if variable:
            from simcore.terminal.tables import outcome_text

            print(outcome_text(frame, ids=options.ids))
        else:
            from simcore.analysis.headline import OpenedRun
            from simcore.terminal.grids import grid_lines
            from simcore.terminal.headline import headline_text
            from simcore.terminal.tables import across

            print(headline_text(
                frame.to_dict("list"), frame.attrs, width=across(), ids=options.ids
            ))  # fmt: skip
            for line in () if options.scenario else grid_lines(OpenedRun(result)):
                print(line)
        _tell_others(others, later, "")


def show_run(
    done: Finished, out: Path, draws: int, seconds: float, pictures: Sequence[Path], *, ids: bool
) -> None:
    """Print the table of a run just finished, and what may be done with it."""
    from simcore.analysis.headline import FinishedRun, headline_of
    from simcore.dataset import RunError
    from simcore.terminal.grids import grid_lines
    from simcore.terminal.headline import headline_text
    from simcore.terminal.tables import across
    from simcore.terminal.tails import resolved_lines, tail_lines
    from simcore.variables import OUTCOMES

    labels = done.layout.coords
    scenarios, others = _scenarios_shown(labels, in_grid="grid" in done.attrs)
    years, later = _years_shown(labels)
    shown = FinishedRun(done, {"scenario": scenarios, "year": years})
    try:
        print(headline_text(*headline_of(shown), width=across(), ids=ids))
    except RunError:
        held = ", ".join(
            name for name in done.layout.outcomes if OUTCOMES[name].kind != "component"
        )
        print(f"Neither cost_premium nor carbon_value: simcore summary {out} --variable NAME.")
        print("\n".join(textwrap.wrap(f"Outcomes  {held}", 100, subsequent_indent=" " * 10)))
        later = []
    for line in grid_lines(FinishedRun(done, {})):
        print(line)
    _tell_others(others, later, f"simcore summary {out} ")
    for line in (*tail_lines(done, out), *resolved_lines(done.attrs)):
        print(line)
    print(f"\n{draws:,} draws in {seconds:.1f} s, {draws / max(seconds, 1e-9):,.0f} draws/s")
    print(f"Run       {out}")
    for picture in pictures:
        print(f"Picture   {picture}")
    print("Next")
    if not pictures:
        print(f"  simcore plot {out}")
    outcomes = done.layout.outcomes
    for name in labels.get("project", ())[:1]:
        print(f"  simcore deal {out} --project {name}")
    if "decision_npv" in outcomes:
        print(f"  simcore decide {out}")
    name = "cost_premium" if "cost_premium" in outcomes else outcomes[0]
    print(f"  simcore summary {out} --variable {name} --format csv")
    print(f"  python -c \"import xarray as xr; print(xr.open_dataset('{out}'))\"")


def _tell_others(others: Sequence[str], later: Sequence[int], command: str) -> None:
    if others:
        print(f"Other scenarios: {', '.join(others)} ({command}--scenario NAME).")
    if later:
        print(f"Other years: {', '.join(map(str, later))} ({command}--year YEAR).")


def _size(labels: Labels, *dims: str) -> int:
    size = 1
    for dim in dims:
        size *= len(labels.get(dim, "x"))
    return size


def _scenarios_shown(labels: Labels, *, in_grid: bool) -> tuple[list[str], list[str]]:
    """Scenarios to show, and those left out of a table that would be endless."""
    names = list(map(str, labels["scenario"]))
    if in_grid:
        return names[:1], []  # the others stand in the table of the grid
    few = _size(labels, "region", "route", "scenario") <= _ROWS
    return (names, []) if few else (names[:1], names[1:])


def _years_shown(labels: Labels) -> tuple[list[int], list[int]]:
    """Telling years to show, and those left out of a table that would be endless."""
    from simcore.analysis.headline import telling_years

    if len(labels.get("year", ())) == 0:
        return [], []
    years = telling_years(list(labels["year"]))
    if len(years) < 2 or _size(labels, "region", "route", "destination") <= _ROWS:
        return years, []
    # The second is the first one in which most routes are there.
    return [years[1]], [years[0], *years[2:]]
