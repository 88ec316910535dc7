"""Faults in what a config asks of waiting: plants, dates and names that its run does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simcore.intake.findings import FIRST, Address, Finding, unknown
from simcore.intake.naming_projects import lacking_findings
from simcore.intake.policies import used_policies, variants
from simcore.intake.priced import used_markets, used_prices
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment
from simcore.intake.usage import there_from
from simcore.intake.waiting import CARBON, POLICY, Waiting

_LAST = ("years", "last")
_DEFINE = "write projects: [...] in it, or define it under projects"


def uncertain_policies(experiment: Experiment) -> list[str]:
    """Policies of the run of which a draw may meet one of several variants."""
    policies = experiment.catalog.policies
    return [one for one in used_policies(experiment)
            if one in policies and len(variants(policies[one])) > 1]  # fmt: skip


def price_known_as(experiment: Experiment, name: str, region: str) -> str | None:
    """Label of the price of a commodity that a name of `knows` means in a region; None if none."""
    known = used_prices(experiment)
    return next((one for one in (name, f"{name}.{region}") if one in known), None)


def waiting_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Find what is wrong with each choice that may be put off, whose plants every scenario must
    have."""
    for name, one in experiment.waiting.items():
        address: Address = ("waiting", name)
        menu = one.menu(name)
        built = [experiment.projects[each] for each in menu if each in experiment.projects]
        if len(built) < len(menu):
            for place, each in enumerate(menu):
                if each not in experiment.projects:
                    where = (*address, "projects", place) if one.projects else address
                    yield from lacking_findings(scenarios, where, each, define=_DEFINE)
            continue
        yield from _together(address, menu, built)
        yield from _dates(experiment, address, one, menu, built)
        yield from _known(experiment, address, one, built[0].region)


def _together(address: Address, menu: list[str], built: list[Project]) -> Iterator[Finding]:
    """Plants that cannot stand in one choice, or in any."""
    for place, (name, one) in enumerate(zip(menu, built, strict=True)):
        if one.phases or one.closes is not None:
            what = "phases" if one.phases else "closes"
            yield Finding(
                (*address, "projects", place),
                f"{name}, which has {what}: years that do not move with its start",
                "a plant of one route for its whole life",
                f"write a plant of one route out, without {what}, and name it", also=(address,),
            )  # fmt: skip
    for place, (name, one) in enumerate(zip(menu, built, strict=True)):
        if one.region != built[0].region:
            yield Finding(
                (*address, "projects", place),
                f"{name} in {one.region}, beside {menu[0]} in {built[0].region}",
                "plants of one region, as what is known is its prices",
                "remove it, or write a choice of its own",
            )  # fmt: skip


def _dates(
    experiment: Experiment, address: Address, one: Waiting, menu: list[str], built: list[Project]
) -> Iterator[Finding]:
    years, lead = experiment.years, one.leads(built)
    for place, date in enumerate(one.dates):
        where = (*address, "dates", place)
        if not years.first <= date <= years.last:
            yield Finding(
                where, f"{date}", f"a year in {years.first}-{years.last}, the years of the run",
                "choose another date, or write years: "
                f"{min(date - lead, years.first)}-{max(date, years.last)}",
                also=(FIRST if date < years.first else _LAST,),
            )  # fmt: skip
            continue
        if date - lead < years.first:
            yield Finding(
                where, f"{date}, decided in {date - lead}, of which the run knows no prices",
                f"{years.first + lead} or later, with {lead} years from decision to start",
                f"choose a later date, write years: {date - lead}-{years.last}, or a shorter lead",
                also=((*address, "lead"), FIRST),
            )  # fmt: skip
        if all(date < there_from(experiment, each.route) for each in built):
            yield Finding(
                where, f"{date}, before any of {', '.join(menu)} is available",
                f"{min(there_from(experiment, each.route) for each in built)} or later",
                "choose a later date, or name another route in the project",
            )  # fmt: skip
        for name, each in zip(menu, built, strict=True):
            end = date + each.lifetime - 1
            if each.beyond == "error" and end > years.last:
                yield Finding(
                    where, f"{date}, with {name} living until {end}, after the horizon "
                    f"{years.last}", "a life inside the horizon, or beyond: hold",
                    f"write years: {years.first}-{end}, or set beyond: hold of {name}",
                    also=(("projects", name, "beyond"), _LAST),
                )  # fmt: skip


def _known(
    experiment: Experiment, address: Address, one: Waiting, region: str
) -> Iterator[Finding]:
    """Names that are no price of the run; of policies see `revealed_findings`."""
    policies, markets = experiment.catalog.policies, used_markets(experiment)
    for place, name in enumerate(one.knows):
        if name in (CARBON, POLICY) or name in policies or name in markets:
            continue
        if price_known_as(experiment, name, region) is None:
            known = [CARBON, POLICY, *markets, *uncertain_policies(experiment)]
            known += [label for label in used_prices(experiment) if "." in label]
            known += [label.rpartition(".")[0] for label in used_prices(experiment)
                      if label.endswith(f".{region}")]  # fmt: skip
            yield unknown(
                (*address, "knows", place), name, dict.fromkeys(known), "price or policy of the run"
            )


def revealed_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Find policies that tell a decider nothing under any scenario."""
    choices = {name: None for one in scenarios.values() for name in uncertain_policies(one)}
    years = {
        name: [year for one in scenarios.values()
               if (year := one.catalog.policies[name].revealed) is not None]
        for name in choices
    }  # fmt: skip
    for key, one in experiment.waiting.items():
        built = [experiment.projects[each] for each in one.menu(key) if each in experiment.projects]
        last = one.dates[-1] - one.leads(built)
        for place, name in enumerate(one.knows):
            where = ("waiting", key, "knows", place)
            if name == POLICY and not any(years.values()):
                yield Finding(
                    where, "policy, and no uncertain policy of the run says when it is revealed",
                    "a policy with `revealed`, the year in which its variant is known",
                    f"write catalog.policies.{next(iter(choices))}.revealed: YEAR, or remove it"
                    if choices else "remove it: no policy of the run is uncertain",
                )  # fmt: skip
            elif name == POLICY and min(min(one) for one in years.values() if one) > last:
                yield Finding(
                    where, f"policy, and none is revealed by the last decision ({last})",
                    "a policy that is known by then", "remove it, or add a later date",
                )  # fmt: skip
            elif name not in experiment.catalog.policies:
                continue
            elif name not in choices:
                yield Finding(
                    where, f"{name}, which is the same in all draws", "an uncertain policy",
                    "remove it: it tells nothing",
                )  # fmt: skip
            elif not years[name]:
                yield Finding(
                    where, f"{name}, which does not say when it is revealed",
                    "the year in which its variant is known",
                    f"write catalog.policies.{name}.revealed: YEAR, or remove it",
                )  # fmt: skip
            elif min(years[name]) > last:
                yield Finding(
                    where, f"{name}, which is revealed in {min(years[name])}, after the last "
                    f"decision ({last})", "a policy that is known by then",
                    "remove it, or add a later date",
                )  # fmt: skip
