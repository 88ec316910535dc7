"""One project of a run: what it costs, who pays, what can go wrong, and its cash flow."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.deal_records import Deal, Exceeded, Line, Seen, Spread, Tail
from simcore.analysis.names import every_title, title
from simcore.dataset import RunError
from simcore.errors import Fault, suggest
from simcore.variables import OUTCOMES, Outcome

if TYPE_CHECKING:
    from simcore.analysis.headline import Cells, Run

_QUANTILES: Final = (0.05, 0.5, 0.95)
_BAD: Final = 0.05
"""Share of the draws that are called bad: those with the lowest net present values."""

_FAR: Final = 0.25
"""Quartile ranges by which a price of the bad draws lies off before it is told."""
_SHOWN: Final = 3
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "cost": (
        "project_cost", "project_gap", "project_npv", "break_even_strike", "break_even_premium",
        "break_even_grant",
    ),
    "payer": (
        "project_support", "instrument_strike", "instrument_reference", "instrument_payment",
        "instrument_npv", "instrument_total", "instrument_repaid", "public_cost_per_tco2",
        "claw_back", "instrument_repays", "cap_binds", "instrument_exhausted", "instrument_ended",
    ),
    "risk": ("deal_closes", "project_margin", "dscr_below", "irr_ambiguous"),
    "cash": (
        "project_revenue", "project_free_cash", "free_cash_npv", "project_irr", "equity_irr",
        "dscr", "dscr_lowest", "debt_capacity",
    ),
}  # fmt: skip
"""Outcomes of each part of the page, in its order; those that a run does not hold are left out."""


def projects_of(run: Run) -> list[str]:
    """Names of the projects of a run.

    Raises
    ------
    RunError
        The run has none.
    """
    told = json.loads(run.attrs.get("projects", "{}"))
    names = dict.fromkeys(name for known in told.values() for name in known)
    if not names:
        raise RunError(Fault(
            "projects", "no project in this run", "a run of a config with projects:",
            "write projects: {NAME: {region: ..., route: ..., start: ..., lifetime: ..., "
            "output: ...}} and run again",
        ))  # fmt: skip
    return list(names)


def deal_of(run: Run, project: str | None = None, scenarios: Sequence[str] = ()) -> Deal:
    """Put together what a run says of a project.

    Parameters
    ----------
    run : Run
    project : str, optional
        The only one of the run by default.
    scenarios : sequence of str
        Those to show; all by default.

    Raises
    ------
    RunError
        For a project or scenario that the run does not have, or that says not enough.
    """
    name = chosen(projects_of(run), project)
    told = json.loads(run.attrs["projects"])
    facts = {scenario: known[name] for scenario, known in told.items() if name in known}
    if unknown := [one for one in scenarios if one not in facts]:
        raise RunError(Fault(
            "--scenario", ", ".join(unknown), f"some of {', '.join(facts)}",
            f"those of the run that have {name}",
        ))  # fmt: skip
    facts = {one: known for one, known in facts.items() if not scenarios or one in scenarios}
    first = next(iter(facts.values()))
    years = _years(first, run.labels("year"))
    instruments = list(dict.fromkeys(i for known in facts.values() for i in known["instruments"]))
    reader = _Reader(run, name, tuple(facts), years)
    lines = tuple(
        line for section, names in SECTIONS.items()
        for line in reader.section(section, names, instruments)
    )  # fmt: skip
    if not lines:
        raise RunError(Fault(
            "outcomes", "nothing of its projects in this run", "outcomes such as project_npv",
            "leave outcomes: out of the config, or list project_gap, project_npv and deal_closes",
        ))  # fmt: skip
    return Deal(
        project=name, run=str(run.attrs.get("title", "")), draws=int(run.attrs["draws"]),
        currency=str(run.attrs["currency"]),
        # Of older runs each has one sector.
        product=str(first.get("product", run.attrs.get("product", ""))),
        price_year=int(run.attrs["price_year"]), scenarios=tuple(facts), facts=facts,
        years=years, lines=lines,
        tails=tuple(reader.beyond(Tail, "tail", lambda _: "tail", instruments)),
        exceeded=tuple(reader.beyond(
            Exceeded, "exceedance", lambda name: f"{name}_threshold", instruments
        )),
        bad=tuple(_bad(run, name, tuple(facts), years)),
        resolved=json.loads(run.attrs.get("resolved", "{}")),
        lacking=tuple(_lacking(run, instruments)), titles=every_title(run),
    )  # fmt: skip


def chosen(known: Sequence[str], project: str | None) -> str:
    """The project that is named, or the only one.

    Raises
    ------
    RunError
        There is none of that name, or several and none is named.
    """
    if project in known:
        return str(project)
    if project is None and len(known) == 1:
        return known[0]
    near = None if project is None else suggest(project, known)
    raise RunError(Fault(
        "--project", "several projects, and none is named" if project is None else project,
        f"one of {', '.join(known)}", f"did you mean {near}?" if near else "name one of them",
    ))  # fmt: skip


def _years(facts: Mapping[str, Any], years: Sequence[int]) -> tuple[int, ...]:
    start, end = facts["start"], min(facts["end"], years[-1])
    return tuple(sorted({one for one in (start, start + 5, start + 10, end) if one <= end}))


class _Reader:
    """Numbers of one project out of the summaries of a run."""

    def __init__(
        self, run: Run, project: str, scenarios: tuple[str, ...], years: tuple[int, ...]
    ) -> None:
        self._run, self._project = run, project
        self._scenarios, self._years = scenarios, years

    def section(
        self, section: str, names: Sequence[str], instruments: Sequence[str]
    ) -> Iterator[Line]:
        """Lines of a part of the page: those of the project, then those of each instrument."""
        held = [one for one in names if one in OUTCOMES and f"{one}_mean" in self._run]
        for name in held:
            # Without an instrument support is nothing and the margin is the gap.
            if instruments or name not in ("project_support", "project_margin"):
                yield from self._lines(section, name, None)
        for instrument in instruments:
            found = [line for name in held for line in self._lines(section, name, instrument)]
            yield from _that_pay(found)

    def _lines(self, section: str, name: str, instrument: str | None) -> Iterator[Line]:
        """Lines of an outcome: one a year, where it is over years."""
        one = OUTCOMES[name]
        if ("instrument" in one.dims) != (instrument is not None):
            return
        found = self._spreads(one)
        unit = self._run.unit(f"{name}_mean")
        years: Iterable[int | None] = self._years if "year" in one.dims else (None,)
        for year in years:
            spreads = {
                scenario: found(scenario=scenario, instrument=instrument, year=year)
                for scenario in self._scenarios
            }
            if any(math.isfinite(each.mean) for each in spreads.values()):
                yield Line(section, name, unit, one.kind, instrument or "", year, spreads)

    def beyond(
        self, kind: Any, ending: str, along: Callable[[str], str], instruments: Sequence[str]
    ) -> Iterator[Any]:
        """Tail means, or shares above thresholds, of the present values and totals of the run."""
        for name, one in OUTCOMES.items():
            held = f"{name}_{ending}"
            if "project" not in one.dims or "year" in one.dims or held not in self._run:
                continue
            cells = [self._run.cells(f"{held}{more}") for more in ("", "_standard_error")]
            places = self._run.labels(along(name))
            for instrument in instruments if "instrument" in one.dims else ("",):
                for at, label in enumerate(places):
                    values, errors = (
                        {scenario: float(self._at(cell, {
                            "scenario": scenario, "project": self._project,
                            "instrument": instrument,
                        })[at]) for scenario in self._scenarios}
                        for cell in cells
                    )  # fmt: skip
                    if any(map(math.isfinite, values.values())):
                        unit = self._run.unit(f"{name}_mean")
                        yield kind(name, instrument, unit, float(label), values, errors)

    def _spreads(self, one: Outcome) -> Any:
        run, name = self._run, one.name
        cells = {"mean": run.cells(f"{name}_mean")}
        for statistic in ("standard_error", "positive", "defined"):
            if f"{name}_{statistic}" in run:
                cells[statistic] = run.cells(f"{name}_{statistic}")
        quantiles = None
        if f"{name}_quantile" in run:
            quantiles = run.quantiles(name, _QUANTILES)["value"]

        def spread(**labels: Any) -> Spread:
            place = labels | {"project": self._project}
            numbers = {key: float(self._at(cell, place)) for key, cell in cells.items()}
            if quantiles is not None:
                three = self._at(quantiles, place)
                numbers |= dict(zip(("p5", "p50", "p95"), map(float, three), strict=True))
            return Spread(**numbers)

        return spread

    def _at(self, cells: Cells, labels: Mapping[str, Any]) -> Any:
        index = tuple(
            self._run.labels(dim).index(labels[dim]) for dim in cells.dims if dim in labels
        )
        return cells.values[index]


def _that_pay(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines of an instrument without the years in which it never pays; of one that cannot be
    repaid not how often it is."""
    idle = {
        one.year for one in lines if one.outcome == "instrument_payment"
        and not any((each.mean, each.p5, each.p95) != (0.0, 0.0, 0.0)
                    for each in one.spreads.values())
    }  # fmt: skip
    repays = any(one.outcome == "instrument_repaid" for one in lines)
    for one in lines:
        if (one.year is None or one.year not in idle) and (repays or one.outcome != "claw_back"):
            yield one


def _bad(run: Run, project: str, scenarios: Sequence[str], years: Sequence[int]) -> Iterator[Seen]:
    """Prices in the draws with the lowest net present values, beside those of all draws: the few
    that lie farthest from them, of those whose draws were kept."""
    year = years[len(years) // 2]
    for scenario in scenarios:
        own = run.draws("project_npv", {"scenario": scenario, "project": project})
        if own is None:
            return
        bad = own <= np.sort(own)[max(0, math.ceil(_BAD * own.size) - 1)]
        found = []
        for name, label, unit in _prices(run):
            dim = "market" if name == "carbon_price" else "commodity"
            price = run.draws(name, {"scenario": scenario, dim: label, "year": year})
            if price is None or not np.isfinite(price).all():
                continue
            low, middle, high = np.quantile(price, (0.25, 0.5, 0.75))
            far = float(np.median(price[bad]))
            if high > low and abs(far - middle) > _FAR * (high - low):
                called = title(run, dim, label)
                seen = Seen(label, called, unit, scenario, year, far, float(middle))
                found.append((abs(far - middle) / (high - low), seen))
        yield from (seen for _, seen in sorted(found, key=lambda one: -one[0])[:_SHOWN])


def _prices(run: Run) -> Iterator[tuple[str, str, str]]:
    """Outcome, label and unit of each price of a run."""
    if "carbon_price_mean" in run:
        unit = run.unit("carbon_price_mean")
        yield from (("carbon_price", str(one), unit) for one in run.labels("market"))
    if "commodity_price_mean" in run:
        labels, units = run.labels("commodity"), run.labels("commodity_unit")
        for one, unit in zip(labels, units, strict=True):
            yield "commodity_price", str(one), f"{run.attrs['currency']}/{unit}"


def _lacking(run: Run, instruments: Sequence[str]) -> Iterator[str]:
    """Keys of what the page would show and the run does not hold."""
    if not instruments:
        yield "instruments"
    elif "instrument_npv_mean" not in run:
        yield "instrument_npv"
    if "project_irr_mean" not in run:
        yield "cash"
    if not any(str(name).endswith("_tail") for name in run):
        yield "tails"
    if "project_npv" not in run:
        yield "draws"


def deal_rows(deal: Deal) -> tuple[list[str], list[list[Any]]]:
    """The numbers of a deal as a table: one row a line and scenario."""
    spread = ("mean", "standard_error", "p5", "p50", "p95", "positive", "defined")
    header = ["section", "outcome", "project", "instrument", "year", "scenario", "unit", *spread]
    rows = [
        [one.section, one.outcome, deal.project, one.instrument, one.year, scenario, one.unit,
         *(getattr(found, name) for name in spread)]
        for one in deal.lines for scenario, found in one.spreads.items()
    ]  # fmt: skip
    return header, rows
