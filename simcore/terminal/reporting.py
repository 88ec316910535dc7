"""The command `report`: one page that tells what a run says."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.terminal.opening import opened

if TYPE_CHECKING:
    import xarray as xr

    from simcore.report.charts import Chart


def report(options: argparse.Namespace) -> None:
    """Write the page of a saved run."""
    from simcore.analysis.reading import Reading, place_of
    from simcore.files import whole
    from simcore.intake import packaged
    from simcore.report.audit import told_of
    from simcore.report.page import Asked, asked_of, page_of
    from simcore.terminal.studying import places

    out = options.out or options.run.with_suffix(".html")
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(opened(options.run))
        own = asked_of(run)
        at = {**own.at, **{dim: [str(one) for one in names]
                           for dim, names in places(options.at).items()}}  # fmt: skip
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
        text = page_of(run, asked, sources=packaged.sources(), more=more, changes=changes,
                       audit=told_of(run.attrs))  # fmt: skip
    with whole(out, expected="a file to write the page to", remedy="choose another -o",
               folders=True) as unfinished:  # fmt: skip
        unfinished.write_text(text, "utf-8")
    print(out)


def _sensitivity(path: Path, asked: Mapping[str, Any]) -> Sequence[Chart]:
    from simcore.dataset.indices import checked_indices
    from simcore.report.uncertainty import sensitivity_charts

    with opened(path) as result:
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
