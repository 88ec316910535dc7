"""Accounts: their years, their issue, and what their flows name must be of the run, and in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from simcore.intake.accounts import (
    Account,
    Auction,
    Border,
    Building,
    Closing,
    FixedAmount,
    Freed,
    Payment,
    Surcharge,
)
from simcore.intake.asked import asked_accounts
from simcore.intake.findings import (
    FIRST,
    Address,
    Finding,
    strange_sector,
    unknown,
    unknown_entry,
)
from simcore.intake.schema import Experiment
from simcore.intake.usage import rules_of, sector_of, sector_regions, there_from
from simcore.quantities import ByYear

_LAST: Final = ("years", "last")


def account_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find accounts outside of the run, and flows of what it does not have."""
    for name, one in asked_accounts(experiment).items():
        address = ("accounts", name)
        yield from _years(experiment, address, one)
        yield from _issue(address, one)
        if one.nominal:
            yield from _of_a_year(address, one)
        for place, flow in one.flows():
            where = (*address, *place)
            yield from _dates(where, one, flow)
            check = _CHECKS.get(type(flow))
            if check is not None:
                yield from check(experiment, where, one, flow)


def _years(experiment: Experiment, address: Address, one: Account) -> Iterator[Finding]:
    years = experiment.years
    for key, value, too_far, also in (
        ("first", one.first, one.first < years.first, FIRST),
        ("last", one.last, one.last > years.last, _LAST),
    ):
        if too_far:
            first, last = min(one.first, years.first), max(one.last, years.last)
            yield Finding(
                (*address, key), f"{value}",
                f"a year in {years.first}-{years.last}, the years of the run",
                f"write years: {first}-{last}, or {key}: {getattr(years, key)}", also=(also,),
            )  # fmt: skip
    if not one.flows() and not one.issue:
        yield Finding(
            address, "neither inflow, outflow nor issue", "at least one of them",
            "add inflow: {NAME: {kind: auction, market: ..., volume: {2030: 500}}}",
        )  # fmt: skip


def _issue(address: Address, one: Account) -> Iterator[Finding]:
    for year in one.issue:
        if not one.first <= year <= one.last:
            yield Finding(
                (*address, "issue", year), f"{year}",
                f"a year in {one.first}-{one.last}, those of the account",
                "move it, or change first or last",
            )  # fmt: skip
    if one.issue and one.repayment is None:
        yield Finding(
            address, "an issue without repayment", "repayment, for what is borrowed",
            "add repayment: {kind: level, years: 20}",
        )  # fmt: skip


def _of_a_year(address: Address, one: Account) -> Iterator[Finding]:
    """Money of each year is not that of a price year."""
    stated: list[tuple[Address, Any]] = [(("issue", year), it) for year, it in one.issue.items()]
    for place, flow in one.flows():
        if isinstance(flow, FixedAmount):
            stated += [((*place, "amount", year), it) for year, it in flow.amount.items()]
        elif isinstance(flow, Surcharge):
            stated.append(((*place, "amount"), flow.amount))
    for where, amount in stated:
        if getattr(amount, "price_year", None) is not None:
            yield Finding(
                (*address, *where), f"price_year: {amount.price_year} with nominal: true",
                "an amount in money of the year in which it is paid",
                "remove price_year, or nominal",
            )  # fmt: skip


def _dates(address: Address, one: Account, flow: Any) -> Iterator[Finding]:
    """Something must flow before the account ends."""
    for key in ("volume", "amount"):
        table = getattr(flow, key, None)
        table = table.years if isinstance(table, ByYear) and key == "volume" else table
        if isinstance(table, dict) and min(table) > one.last:
            yield Finding(
                (*address, key), f"nothing until {min(table)}",
                f"some {key} in {one.first}-{one.last}, the years of the account",
                "begin it earlier, or let the account last longer",
            )  # fmt: skip


def _market(experiment: Experiment, address: Address, one: Account, flow: Any) -> Iterator[Finding]:
    yield from unknown_entry((*address, "market"), flow.market, experiment.catalog, "markets")


def _tonnes(experiment: Experiment, address: Address, one: Account, flow: Any) -> Iterator[Finding]:
    """What is counted by tonnes of a route in a region."""
    catalog = experiment.catalog
    wrong = [
        *unknown_entry((*address, "region"), flow.region, catalog, "regions"),
        *unknown_entry((*address, "route"), flow.route, catalog, "routes"),
        *strange_sector(experiment, (*address, "route"), flow.route),
    ]
    yield from wrong
    if wrong or flow.region not in sector_regions(experiment, sector_of(experiment, flow.route)):
        return
    if isinstance(flow, Border) and catalog.regions[flow.region].market == experiment.cbam.market:
        yield Finding(
            (*address, "region"), f"{flow.region}, whose tonnes pay no CBAM",
            f"a region outside of {experiment.cbam.market}", "name another region",
        )  # fmt: skip
    if (
        isinstance(flow, Freed)
        and rules_of(experiment, flow.region, flow.route).free_allocation == 0
    ):
        yield Finding(
            (*address, "region"), f"{flow.region}, which has no free allowances for {flow.route}",
            "a region and a route with free allocation", "name others, or remove it",
        )  # fmt: skip
    first = max(one.first, min(flow.volume))
    there = there_from(experiment, flow.route)
    if first < there:
        yield Finding(
            (*address, "volume"), f"tonnes of {first}",
            f"{there} or later, when {flow.route} is available",
            f"begin the volume in {there}", also=((*address, "route"),),
        )  # fmt: skip


def _product(
    experiment: Experiment, address: Address, one: Account, flow: Any
) -> Iterator[Finding]:
    yield from unknown_entry((*address, "product"), flow.product, experiment.catalog, "products")


def _budget(experiment: Experiment, address: Address, one: Account, flow: Any) -> Iterator[Finding]:
    if flow.budget not in experiment.budgets:
        yield unknown((*address, "budget"), flow.budget, experiment.budgets, "budget of the run")


def _project(
    experiment: Experiment, address: Address, one: Account, flow: Any
) -> Iterator[Finding]:
    if flow.project not in experiment.projects:
        known = experiment.projects
        yield unknown((*address, "project"), flow.project, known, "project of the run")


def _instrument(
    experiment: Experiment, address: Address, one: Account, flow: Any
) -> Iterator[Finding]:
    yield from _project(experiment, address, one, flow)
    built = experiment.projects.get(flow.project)
    if built is not None and flow.instrument not in built.instruments:
        known = built.instruments
        what = f"instrument of {flow.project}"
        yield unknown((*address, "instrument"), flow.instrument, known, what)


_CHECKS: Final[dict[type, Callable[[Experiment, Address, Account, Any], Iterator[Finding]]]] = {
    Auction: _market, Freed: _tonnes, Border: _tonnes, Surcharge: _product, Closing: _budget,
    Payment: _instrument, Building: _project,
}  # fmt: skip
