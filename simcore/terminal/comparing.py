"""The command `compare`: what differs between two scenarios, and what it changes."""

from __future__ import annotations

import argparse
import contextlib
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from simcore.errors import ConfigError, Fault
from simcore.terminal.formats import print_json
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    import xarray as xr

_DIMS: Final = ("year", "region", "route", "destination", "project", "market")
_USUAL: Final = ("support_gap", "cost_premium_ex_carbon", "cost_premium")


def compare(options: argparse.Namespace) -> None:
    """Compare two scenarios of a run, or two runs."""
    from simcore.analysis.compare import compare
    from simcore.analysis.headline import telling_years
    from simcore.changes import changes
    from simcore.terminal.comparison import comparison_text, frame_of

    volume = None if options.volume is None else megatonnes(options.volume)
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(opened(one)) for one in (options.run, options.other) if one]
        variable = options.variable or _usual(runs[0])
        if f"{variable}_mean" not in runs[0] and not options.variable:
            from simcore.dataset import RunError

            raise RunError(Fault(
                "--variable", "no outcome, and none of those that are compared most",
                "an outcome of the run", f"name one: --variable {_first(runs[0])}",
            ))  # fmt: skip
        labels = {dim: getattr(options, dim) for dim in _DIMS}
        _require_dims(variable, labels)
        if options.format == "table" and not labels["year"] and "year" in runs[0].coords:
            shared = [set(one["year"].values.tolist()) for one in runs]
            if years := sorted(set.intersection(*shared)):
                labels["year"] = telling_years(years)
        found = compare(
            *runs, variable=variable, labels=labels, volume=volume,
            old_scenario=options.base, new_scenario=options.to,
        )  # fmt: skip
        apart = changes(
            runs[0].attrs["config"], found.attrs["old_scenario"],
            runs[-1].attrs["config"], found.attrs["new_scenario"],
        )  # fmt: skip
        if options.format == "table":
            names = [str(one.attrs.get("title", "")) for one in runs]
            print(comparison_text(found, apart, names))
            return
        frame = frame_of(found)
        rows = frame.astype(object).to_numpy().tolist()
        if options.format == "csv":
            print(_csv(found.attrs, list(map(str, frame.columns)), rows), end="")
            return
        records = [dict(zip(frame.columns, row, strict=True)) for row in rows]
        print_json({**found.attrs, "changes": apart, "rows": records})


def _require_dims(variable: str, labels: Mapping[str, Any]) -> None:
    """Refuse labels along dimensions that the outcome has not: they would change nothing."""
    from simcore.variables import OUTCOMES, present_name

    outcome = OUTCOMES.get(present_name(variable))
    faults = [
        Fault(f"--{dim}", ", ".join(map(str, names)),
              f"a dimension of {outcome.name}: {', '.join(outcome.dims)}", "leave it out")
        for dim, names in labels.items() if names and outcome and dim not in outcome.dims
    ]  # fmt: skip
    if faults:
        raise ConfigError(faults)


def _csv(attrs: Mapping[str, Any], header: list[str], rows: list[list[Any]]) -> str:
    """The rows with what they are of, its unit and money, as `summary` writes them."""
    from simcore.terminal.comparison import is_number
    from simcore.terminal.spreadsheets import Style, spreadsheet

    told = {name: attrs[name] for name in ("variable", "units", "currency", "price_year")}
    first = next(place for place, name in enumerate(header) if is_number(name))
    title = f"{attrs['long_name']} ({attrs['variable']}) | from {attrs['old_scenario']} to "
    title += f"{attrs['new_scenario']} | {'paired' if attrs['paired'] else 'independent'}"
    heads = [*header[:first], *told, *header[first:]]
    heads = ["unit" if name == "units" else name for name in heads]
    lines = [[*row[:first], *told.values(), *row[first:]] for row in rows]
    return spreadsheet(title, heads, lines, Style())


def _first(run: xr.Dataset) -> str:
    """The first outcome of a run that can be compared."""
    from simcore.analysis.select import outcomes_of
    from simcore.variables import OUTCOMES

    return next(
        (name for name in outcomes_of(run) if name in OUTCOMES and f"{name}_mean" in run), "V"
    )


def _usual(run: xr.Dataset) -> str:
    """The first of the outcomes that are compared most."""
    return next((name for name in _USUAL if f"{name}_mean" in run), _USUAL[-1])


def megatonnes(text: str) -> float:
    """Read a volume such as `5Mt` or `100 kt/yr`, in Mt (a year)."""
    from simcore.dataset import RunError
    from simcore.units import UnitError, conversion, parse_quantity

    try:
        value, unit = parse_quantity(re.sub(r"(?<=[0-9.])(?=[kMGt]?t)", " ", text, count=1))
        amount = value * conversion(unit.removesuffix("/yr"), "Mt", exchange={})
    except UnitError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise RunError(Fault(
            "volume", text, "tonnes a year with a unit", "write for example --volume 5Mt",
        ))  # fmt: skip
    return amount
