"""A run in the format of the IAMC: model, scenario, region, variable, unit, year, value.

`pyam`, and the databases of integrated assessment, read it. It has a year in each row, so that what
has none (a crossover year, a net present value) stays in the run; and no undefined values.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.names import titles
from simcore.analysis.select import outcomes_of
from simcore.dataset import RunError
from simcore.errors import Fault, OutputError, printable
from simcore.files import refuse_taken, whole
from simcore.report.units import Units
from simcore.variables import OUTCOMES, Outcome

if TYPE_CHECKING:
    import xarray as xr

HEAD: Final = ("model", "scenario", "region", "variable", "unit")
SUFFIXES: Final = (".csv", ".xlsx")
_MOST_ROWS: Final = 1_048_576
_NAMES: Final = {"carbon_price": "Price|Carbon", "commodity_price": "Price"}
"""Variables that others name so; of the rest the name is that of the outcome."""
_PLACED: Final = ("scenario", "region", "market", "year")
"""Dimensions that are no part of a variable."""
_FIRST: Final = ("sector", "route", "destination")
"""Parts of a variable that come first; the others follow in the order of the run."""
_EVERYWHERE: Final = "World"
_NO_UNIT: Final = "dimensionless"
_SMALL: Final = (
    "a", "above", "an", "and", "at", "before", "below", "beyond", "by", "for", "from", "if", "in",
    "is", "of", "on", "or", "over", "per", "t", "the", "to", "with",
)  # fmt: skip
"""Words without a capital within a name."""

Row = tuple[str, str, str, str, str]


def write_iamc(
    run: xr.Dataset, out: Path, *, wide: bool = False, overwrite: bool = False
) -> list[str]:
    """Write the summaries of a run in the format of the IAMC.

    Parameters
    ----------
    run : xarray.Dataset
    out : Path
        Ends in .csv or .xlsx.
    wide : bool
        A column a year, instead of a row.
    overwrite : bool
        Replace a file that stands there.

    Returns
    -------
    list of str
        Outcomes that have no year, which are left out.

    Raises
    ------
    OutputError
        The name has another suffix or is taken, or a sheet has no room for so many rows.
    RunError
        Two rows would have the same labels.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(Fault(
            str(out), out.suffix or "no suffix", "a name that ends in .csv or .xlsx",
            f"write to {out.with_suffix('.csv')}",
        ))  # fmt: skip
    refuse_taken(out, overwrite=overwrite)
    header, rows = table(run, wide=wide)
    with whole(out, expected="a place that can be written", remedy="choose another name",
               folders=True) as partial:  # fmt: skip
        if out.suffix.lower() == ".csv":
            with partial.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(rows)
        else:
            _write_sheet(partial, header, list(rows), out)
    return [name for name in outcomes_of(run) if name in OUTCOMES
            and "year" not in OUTCOMES[name].dims]  # fmt: skip


def table(run: xr.Dataset, *, wide: bool = False) -> tuple[list[Any], Iterator[list[Any]]]:
    """Header and rows; with `wide` the values of all years, an empty cell where there is none."""
    years = [int(year) for year in run["year"].values.tolist()]
    seen: set[Row] = set()

    def rows() -> Iterator[list[Any]]:
        for labels, values in _Labelled(run).series():
            if labels in seen:
                raise RunError(Fault(
                    "variable", " | ".join(labels), "rows that differ",
                    "give regions, scenarios or routes other titles in the config",
                ))  # fmt: skip
            seen.add(labels)
            if wide:
                yield [*labels, *(value if math.isfinite(value) else "" for value in values)]
                continue
            for year, value in zip(years, values, strict=True):
                if math.isfinite(value):
                    yield [*labels, year, value]

    return [*HEAD, *(years if wide else ("year", "value"))], rows()


class _Labelled:
    """A run, and how its labels are written."""

    def __init__(self, run: xr.Dataset) -> None:
        self.run = run
        self.model = f"simcore {run.attrs.get('simcore_version', '')}".strip()
        self._labels = {
            str(dim): run[dim].values.tolist()
            for dim in run.dims if dim in run.coords and dim != "draw"
        }  # fmt: skip
        self._titles: dict[str, dict[str, str]] = {}
        self._projects = json.loads(run.attrs.get("projects", "{}"))
        self._markets = _markets(run)
        self._units = Units(run)
        self._sectors: dict[str, str] = {}
        if "route_sector" in run.coords:
            pairs = zip(run["route"].values.tolist(), run["route_sector"].values.tolist(),
                        strict=True)  # fmt: skip
            self._sectors = {str(route): str(sector) for route, sector in pairs}

    def series(self) -> Iterator[tuple[Row, list[float]]]:
        """Labels and values by year of each series with a value."""
        for name in outcomes_of(self.run):
            outcome = OUTCOMES.get(name)
            if outcome is None or "year" not in outcome.dims:
                continue
            for leaf, array in _statistics(self.run, outcome):
                dims = [str(dim) for dim in array.dims if dim != "year"]
                values = array.transpose(*dims, "year").values
                labels = [self._labels[dim] for dim in dims]
                for index in np.ndindex(*values.shape[:-1]):
                    series = list(map(float, values[index]))
                    if not any(map(math.isfinite, series)):
                        continue
                    at = {dim: str(own[i]) for dim, own, i in zip(dims, labels, index, strict=True)}
                    variable = self._variable(outcome, at, leaf)
                    unit = _NO_UNIT if leaf.startswith("Probability") else self._unit(outcome, at)
                    scenario = _plain(self._title("scenario", at["scenario"]))
                    for region in self._regions(at):
                        yield (self.model, scenario, region, variable, unit), series

    def _title(self, dim: str, label: str) -> str:
        if dim not in self._titles:
            self._titles[dim] = titles(self.run, dim)
        return self._titles[dim].get(label, label)

    def _variable(self, outcome: Outcome, at: Mapping[str, str], leaf: str) -> str:
        base = _NAMES.get(outcome.name) or _words(outcome.long_name)
        parts = dict(at)
        if "route" in at and "sector" not in at:
            parts["sector"] = self._sectors.get(at["route"], "")
        order = [dim for dim in _FIRST if parts.get(dim)]
        order += [dim for dim in at if dim not in (*_FIRST, *_PLACED)]
        return "|".join([base, *(self._part(dim, parts[dim]) for dim in order), leaf])

    def _part(self, dim: str, label: str) -> str:
        """A label as part of a variable: those of routes are their names, as in H2-DRI-EAF."""
        if dim == "route":
            return label.upper().replace("_", "-")
        if dim == "destination":
            return "Domestic" if label == "domestic" else label.upper()
        if dim == "sector":
            return _words(label.replace("_", " "))
        return _words(self._title(dim, label).replace("_", " "))

    def _regions(self, at: Mapping[str, str]) -> list[str]:
        """Regions of which a number is: its own, those of its market, or that of its project."""
        own = [at["region"]] if "region" in at else []
        if "market" in at:
            known = self._labels.get("region", [])
            own = [one for one in known if self._markets.get(one) == at["market"]]
            if not own:
                return [_plain(self._title("market", at["market"]))]
        elif "project" in at:
            told = self._projects.get(at["scenario"], {}).get(at["project"], {})
            own = [str(told["region"])] if told.get("region") else []
        return [_plain(self._title("region", one)) for one in own] or [_EVERYWHERE]

    def _unit(self, outcome: Outcome, at: Mapping[str, str]) -> str:
        """A unit as databases write it: EUR_2025/t, million EUR_2025/yr."""
        currency, year = str(self.run.attrs["currency"]), self.run.attrs["price_year"]
        text = self._units.at(outcome, at).replace("1e6 ", "million ")
        held = self._units.held(at)
        for money in {currency, held.get("exposure_currency", currency)}:
            text = text.replace(money, f"{money}_{year}")
        over = [one[:-2] for one in text.split() if one.endswith("-1")]
        kept = " ".join(one for one in text.split() if not one.endswith("-1"))
        return "/".join([kept, *over]) if kept != "1" else _NO_UNIT


def _markets(run: xr.Dataset) -> dict[str, str]:
    """Market of each region, as the config of the run says."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    config = yaml.load(str(run.attrs.get("config", "")), Loader=loader)
    regions = config.get("catalog", {}).get("regions", {}) if isinstance(config, dict) else {}
    return {str(name): str(one.get("market")) for name, one in regions.items()}


def _statistics(run: xr.Dataset, outcome: Outcome) -> Iterator[tuple[str, xr.DataArray]]:
    """What is told of an outcome, each with the last part of its variable."""
    name = outcome.name
    if f"{name}_quantile" in run:
        quantiles = run[f"{name}_quantile"]
        for place, probability in enumerate(run["quantile"].values.tolist()):
            yield f"{100 * probability:.1f}th Percentile", quantiles.isel(quantile=place, drop=True)
    told = {"mean": "Mean", "positive": "Probability of More than Zero"}
    if outcome.kind in ("indicator", "conditional"):
        told = {"mean": "Probability"}
    elif outcome.kind == "category":
        told = {"probability": "Probability"}
    elif outcome.kind in ("known", "component"):
        told = {"central": "Central"}
    for statistic, leaf in told.items():
        if f"{name}_{statistic}" not in run:
            continue
        array = run[f"{name}_{statistic}"]
        # Where there is no such thing, nothing is above zero either.
        yield leaf, array.where(run[f"{name}_defined"] > 0) if statistic == "positive" else array


def _plain(text: str) -> str:
    """A title without what means something in a name: levels are apart by |, * stands for any."""
    return re.sub(r"\s+", " ", re.sub(r"[|*]", " ", printable(text))).strip()


def _words(text: str) -> str:
    """A text with capitals, such as Cost Premium before Carbon; CO2e stays."""
    return " ".join(
        one if place and one in _SMALL else one[:1].upper() + one[1:]
        for place, one in enumerate(_plain(text).split())
    )


def _write_sheet(path: Path, header: list[Any], rows: Iterable[list[Any]], out: Path) -> None:
    from simcore.report.workbook import opened_workbook

    every = list(rows)
    if len(every) >= _MOST_ROWS:
        raise OutputError(Fault(
            str(out), f"{len(every):,} rows", f"fewer than {_MOST_ROWS:,}",
            "add --wide, or write a .csv",
        ))  # fmt: skip
    with opened_workbook(path) as book:
        sheet = book.add_worksheet("data")
        sheet.freeze_panes(1, 0)
        for at, row in enumerate([header, *every]):
            for column, value in enumerate(row):
                if value != "":
                    sheet.write(at, column, value)
