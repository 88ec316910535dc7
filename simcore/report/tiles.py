"""The four numbers at the top of the board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from simcore.analysis.reading import Place, Reading
from simcore.analysis.sentences import Number, Sentence, Teller, is_known
from simcore.report.board import AMOUNTS


@dataclass(frozen=True)
class Tile:
    """A number that stands out.

    Attributes
    ----------
    label : str
    number : Number
    unit : str
        Empty where the number says it.
    detail : Sentence
    """

    label: str
    number: Number
    unit: str
    detail: Sentence


def tiles_of(reading: Reading, place: Place) -> list[Tile]:
    """The first four that the run can fill: those of the tonne, and of its first project."""
    tonne = list((_of_buyer if place.against else _of_tonne)(reading, place))
    project = list(_of_project(reading))
    first = tonne[: 4 - min(2, len(project))]
    return [*first, *project, *_beside(reading, place)][:4]


def _of_tonne(reading: Reading, place: Place) -> Iterator[Tile]:
    source = Teller(reading, place.at(("scenario", "region", "destination", "route", "year")))
    year = str(place.year)
    outcome = reading.held("cost_premium_ex_carbon", "cost_premium")
    apart = outcome == "cost_premium_ex_carbon"
    if outcome:
        label = "Costs more, before carbon" if apart else "Costs more, carbon included"
        yield from _range(reading, source, label, outcome, year)
    name = reading.held("viability", "green_is_cheaper", statistic="mean")
    if name:
        share = source.share(f"{name}_mean")
        if is_known([share]):
            label = "Value covers cost" if name == "viability" else "Green is cheaper"
            views = source.over_views(f"{name}_by_view_mean")
            more = ("; ", views[0], " to ", views[1], " by view of the price") if views else ()
            yield Tile(label, share, "", Sentence((f"of the draws in {year}", *more)))
    if apart and reading.held("support_gap"):
        yield from _range(reading, source, "Still missing", "support_gap", year)
    if apart and reading.held("carbon_value"):
        yield from _range(reading, source, "Avoided CO₂ is worth", "carbon_value", year)


def _of_buyer(reading: Reading, place: Place) -> Iterator[Tile]:
    """What the delivered tonne costs its buyer, and what he compares it with."""
    source = Teller(reading, place.at(("scenario", "against", "region", "route", "year")))
    for name in ("buyer_premium", "landed_cost", "alternative_cost", "buyer_cost_per_tco2"):
        if reading.held(name):
            yield from _range(reading, source, AMOUNTS[name], name, str(place.year))


def _beside(reading: Reading, place: Place) -> Iterator[Tile]:
    """What is told where there is nothing more important."""
    source = Teller(reading, place.at(("scenario", "region", "destination", "route", "year")))
    year = str(place.year)
    yield from _of_budgets(reading, place)
    if reading.held("abatement_cost"):
        yield from _range(reading, source, "Abatement cost", "abatement_cost", year)
    if reading.held("break_even_price"):
        yield from _range(reading, source, "Break-even carbon price", "break_even_price", year)
    if reading.held("carbon_price"):
        market = reading.markets(place)[0]
        at = {"scenario": place.scenario, "market": market, "year": place.year}
        label = f"Price: {reading.title('market', market)}"
        yield from _range(reading, Teller(reading, at), label, "carbon_price", year)


def _of_budgets(reading: Reading, place: Place) -> Iterator[Tile]:
    """What the first budget needs in all, with its reserve."""
    if reading.held("budget_total"):
        budget = reading.labels("budget")[0]
        source = Teller(reading, {"scenario": place.scenario, "budget": budget})
        mean, high = source.mean("budget_total"), source.amounts("budget_total")[2]
        if is_known((mean, high)):
            detail = Sentence(("mean, all years; P95 ", high,
                               f". {reading.title('budget', budget)}"))  # fmt: skip
            yield Tile("Closing the gap costs", mean, reading.unit("budget_total"), detail)


def _of_project(reading: Reading) -> Iterator[Tile]:
    scenario, known = next(iter(reading.projects().items()), ("", {}))
    if not known:
        return
    project, told = next(iter(known.items()))
    title = reading.called("project", project, told)
    at = {"scenario": scenario, "project": project}
    source = Teller(reading, at)
    if reading.held("project_npv"):
        low, middle, high = source.amounts("project_npv")
        if is_known((low, middle, high)):
            detail = Sentence(("P5, the worse side, ", low, "; P95 ", high, f". {title}"))
            yield Tile("Net present value", middle, reading.unit("project_npv"), detail)
    yield from islice(_liabilities(reading, at, told), 1)
    if reading.held("project_npv"):
        share = source.share("project_npv_positive")
        if is_known([share]):
            yield Tile("Worth more than zero", share, "", Sentence(("of the draws",)))
    if reading.held("break_even_strike"):
        yield from _range(reading, source, "Break-even strike", "break_even_strike", "")


def _liabilities(
    reading: Reading, at: Mapping[str, Any], told: Mapping[str, Any]
) -> Iterator[Tile]:
    if not reading.held("instrument_npv"):
        return
    for instrument, terms in told.get("instruments", {}).items():
        source = Teller(reading, {**at, "instrument": instrument})
        _, middle, high = source.amounts("instrument_npv")
        if is_known((middle, high)):
            title = reading.called("instrument", instrument, terms)
            detail = Sentence(("P95, the worse side; P50 ", middle, f". {title}"))
            yield Tile("The public may owe", high, reading.unit("instrument_npv"), detail)


def _range(reading: Reading, source: Teller, label: str, outcome: str, year: str) -> Iterator[Tile]:
    low, middle, high = source.amounts(outcome)
    if is_known((low, middle, high)):
        when = f" in {year}" if year else ""
        detail = Sentence(("P5 ", low, " to P95 ", high, when))
        yield Tile(label, middle, reading.unit(outcome), detail)
