"""What a config asks a run for: outcomes, buyers, instruments, budgets, accounts, exposures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar
from weakref import ref

from simcore.intake.accounts import Account, Closing, Flow
from simcore.intake.budgets import Budget
from simcore.intake.findings import Address
from simcore.intake.schema import Experiment
from simcore.quantities import Constant
from simcore.units import currency_of
from simcore.variables import OUTCOMES, Outcome

Result = TypeVar("Result")


def once(function: Callable[[Experiment], Result]) -> Callable[[Experiment], Result]:
    """Answer once for each experiment, which never changes: it is asked hundreds of times.

    By identity, as an experiment takes longer to compare than to ask.
    """
    known: dict[int, tuple[ref[Experiment], Result]] = {}

    @wraps(function)
    def remembered(experiment: Experiment) -> Result:
        key = id(experiment)
        if key not in known:
            answer = function(experiment)
            known[key] = ref(experiment, lambda _: known.pop(key, None)), answer
        return known[key][1]

    return remembered


@once
def asked_outcomes(experiment: Experiment) -> list[Outcome]:
    """Outcomes that a config lists and that exist."""
    return [OUTCOMES[name] for name in experiment.outcomes if name in OUTCOMES]


def alternatives(experiment: Experiment) -> dict[str, tuple[str, str]]:
    """Region and route of what buyers compare with, by its name."""
    split = ((name, name.partition(".")) for name in experiment.against)
    return {name: (region, route) for name, (region, _, route) in split}


def project_instruments(experiment: Experiment) -> list[str]:
    """Instruments of the projects, each once."""
    named = (name for one in experiment.projects.values() for name in one.instruments)
    return list(dict.fromkeys(named))


def paying(experiment: Experiment) -> list[Any]:
    """Records of the instruments of the projects, of those that there are."""
    known = experiment.catalog.instruments
    return [known[name] for name in project_instruments(experiment) if name in known]


def asked_budgets(experiment: Experiment) -> Mapping[str, Budget]:
    """Budgets, where the run reports any; else those that accounts pay for."""
    if any("budget" in one.dims for one in asked_outcomes(experiment)):
        return experiment.budgets
    paid = {one.budget for _, one in asked_flows(experiment) if isinstance(one, Closing)}
    return {name: one for name, one in experiment.budgets.items() if name in paid}


def asked_accounts(experiment: Experiment) -> Mapping[str, Account]:
    """Accounts, where the run reports any."""
    asked = any("account" in one.dims for one in asked_outcomes(experiment))
    return experiment.accounts if asked else {}


def asked_flows(experiment: Experiment) -> Iterator[tuple[Address, Flow]]:
    """Flows of the accounts that the run reports, and where each stands."""
    for name, account in asked_accounts(experiment).items():
        for place, one in account.flows():
            yield ("accounts", name, *place), one


def flows_of_routes(experiment: Experiment) -> list[tuple[Address, Any]]:
    """Those that are counted by tonnes of a route in a region."""
    return [(place, one) for place, one in asked_flows(experiment) if hasattr(one, "route")]


def exposure_market(experiment: Experiment, name: str) -> str:
    """Market of an exposure: its own, or that of its plant's region."""
    record = experiment.exposures[name]
    if record.plant is None:
        return record.market or ""
    regions = experiment.catalog.regions
    return regions[record.plant.region].market or "" if record.plant.region in regions else ""


def exports(experiment: Experiment, exposure: str) -> bool:
    """Whether an exposure is that of a plant of which some tonnes are sold into the EU."""
    plant = experiment.exposures[exposure].plant
    if plant is None:
        return False
    eu = plant.destinations.eu
    return not (isinstance(eu, Constant) and eu.value == 0.0)


def exposure_currency(experiment: Experiment, name: str) -> str:
    """Currency in which an exposure is reported beside the run's.

    Its own; else that of the region of its plant, or of the price of its market.
    """
    record, regions = experiment.exposures[name], experiment.catalog.regions
    if record.currency is not None:
        return record.currency
    if record.plant is not None:
        return regions[record.plant.region].currency
    return currency_of(experiment.catalog.markets[exposure_market(experiment, name)].unit) or "EUR"


def read_rules(experiment: Experiment) -> set[str]:
    """Fields of what a sector meets in a region that the run reads beside those of a carbon
    cost."""
    found = {rule for one in asked_outcomes(experiment) for rule in one.needs.rules}
    if any(one.gap == "market" for one in asked_budgets(experiment).values()):
        found |= {"product_price", "border"}
    return found


def asked_at(experiment: Experiment, name: str, key: str = "routes") -> tuple[Address, ...]:
    """Where a config asks for a route or region, itself, for what a buyer compares with, for a
    project, a budget, or an account."""
    names = getattr(experiment, key)
    if name in names:
        return ((key, names.index(name)),)
    pairs = enumerate(alternatives(experiment).values())
    places: list[Address] = [("against", position) for position, pair in pairs if name in pair]
    for project, one in experiment.projects.items():
        if name == getattr(one, key.removesuffix("s")):
            places.append(("projects", project, key.removesuffix("s")))
        elif one.against is not None and name == one.against.route:
            places.append(("projects", project, "against", "route"))
    for budget, record in asked_budgets(experiment).items():
        if name == getattr(record, key.removesuffix("s")):
            places.append(("budgets", budget, key.removesuffix("s")))
    for place, flow in flows_of_routes(experiment):
        if name == getattr(flow, key.removesuffix("s")):
            places.append((*place, key.removesuffix("s")))
    return tuple(places)
