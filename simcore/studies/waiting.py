"""What the right to wait is worth: rules found on recomputed draws, as a dataset (MODEL 21)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simcore._version import __version__
from simcore.dataset.indices import save
from simcore.dataset.waiting import KNOWN, NEVER, STUDY, Found, labelled
from simcore.errors import ConfigError, Fault, unlisted
from simcore.estimators.least_squares import affordable
from simcore.estimators.waiting import (
    best_fixed,
    best_rule,
    best_simple,
    every_degree,
    fixed,
    follow,
    mean_of,
    perfect,
    probabilities,
    threshold,
)
from simcore.intake import Spec
from simcore.intake.instruments import BreakEven
from simcore.intake.policies import variants
from simcore.intake.priced import used_markets, used_prices
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit, unit_of_field
from simcore.intake.usage import price_of
from simcore.intake.waiting import CARBON, POLICY, Waiting
from simcore.intake.waiting_checks import price_known_as, uncertain_policies
from simcore.kernels.operations import BLOCK
from simcore.model.commodities import commodity_price
from simcore.model.markets import carbon_price, home_price
from simcore.model.policies import variant_node
from simcore.model.projects import rate_of
from simcore.model.scene import Scene, quantity
from simcore.plan import Plan, build, currency_rate, extended
from simcore.running.executors import on_threads
from simcore.running.options import Options, Report, silent
from simcore.running.program import Request
from simcore.running.resolving import resolved
from simcore.running.rows import draws_of

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_OUTCOME: Final = "project_npv"
"""Alone asked for, so that no part of a config that names other projects is looked at."""


def waiting(
    spec: Spec, *, names: Sequence[str] = (), draws: int | None = None, out: Path | None = None,
    overwrite: bool = False, threads: int | None = None, report: Report = silent,
) -> xr.Dataset:  # fmt: skip
    """What waiting is worth, of each choice of the section `waiting` in each scenario.

    The draws are independent ones, whatever `design` says: the half that prices a rule must tell
    nothing of the half that finds it. Strikes that contracts ask for are those of the run.

    Parameters
    ----------
    spec : Spec
    names : sequence of str, optional
        Choices, or projects that stand in them; all without it.
    draws : int, optional
        Replaces those of each choice.
    out : Path, optional
        Write the result to this .zarr or .nc too.
    overwrite : bool
        Replace a dataset that stands there.
    threads : int, optional
        Worker threads; they change no draw.
    report : callable
        Told the share of the work that is done.

    Returns
    -------
    xarray.Dataset
        See `simcore.dataset.waiting`.

    Raises
    ------
    ConfigError
        No such choice; too few draws for the degree that is asked for; a plant without a value.
    OutputError
        The output exists or cannot be written.
    """
    chosen = _chosen(spec, names)
    plan, scenes = extended(_planned(spec, chosen))
    found: list[Found] = []
    for place, name in enumerate(chosen):
        report(place / len(chosen), name)
        asked = spec.experiment.waiting[name]
        own = replace(plan, draws=draws or asked.draws)
        study = _Study(spec, name, asked, own, scenes)
        found += [study.found(scenario, threads) for scenario in spec.runs]
    report(1.0)
    experiment, whole = spec.experiment, replace(build(spec), spec=spec)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    result = labelled(found, list(spec.scenarios), experiment.currency, {
        "title": experiment.title or experiment.name, "name": experiment.name,
        "history": f"{now} simcore {__version__}: waiting written", "study": STUDY,
        "seed": experiment.seed, "price_year": experiment.money.base_year,
        "config": whole.resolved_yaml, "config_sha256": whole.digest,
    })  # fmt: skip
    if out is not None:
        save(result, out, overwrite=overwrite)
    return result


def _chosen(spec: Spec, names: Sequence[str]) -> list[str]:
    """Names of the choices that are asked for, by their own names or by those of their plants."""
    known = spec.experiment.waiting
    if not known:
        raise ConfigError(Fault(
            spec.file, "no section waiting", "choices that may be put off",
            "write waiting: {PROJECT: {dates: [2028, 2030, 2032], knows: [carbon_price]}}",
        ))  # fmt: skip
    found: dict[str, None] = {}
    for name in names:
        own = (
            [name]
            if name in known
            else [key for key, one in known.items() if name in one.menu(key)]
        )
        if not own:
            remedy = "choose one of those, or add it to waiting"
            raise ConfigError(unlisted("--project", name, known, remedy=remedy))
        found |= dict.fromkeys(own)
    return list(found or known)


@dataclass(frozen=True)
class _Feature:
    """One thing that is known when it is decided.

    Attributes
    ----------
    name : str
        As the config has it.
    node : int
    unit : str
        Empty of what is no price.
    value : int or None
        Of a policy the position of the variant that is told from the others.
    """

    name: str
    node: int
    unit: str = ""
    value: int | None = None


def _planned(spec: Spec, chosen: Sequence[str]) -> Plan:
    """A plan in whose graph each scenario stands once for each date, with all plants of the choices
    that start then."""
    experiment = spec.experiment
    dates = sorted({date for name in chosen for date in experiment.waiting[name].dates})
    dated = {
        _label(scenario, date): _dated(run, scenario, chosen, date)
        for scenario, run in spec.runs.items() for date in dates
    }  # fmt: skip
    first = next(iter(dated.values()))
    asks = replace(spec, experiment=first, runs=dated, scenarios=dict(dated))
    plan = resolved(build(asks), on_threads(None), Options())
    changes = {"design": "random"}
    plain = replace(
        asks, experiment=first.model_copy(update=changes),
        runs={label: one.model_copy(update=changes) for label, one in dated.items()},
    )  # fmt: skip
    return replace(plan, spec=plain)


@dataclass(frozen=True)
class _Study:
    """A choice in the graph of all.

    Attributes
    ----------
    spec : Spec
        As the user wrote it.
    name : str
    asked : Waiting
    plan : Plan
        Of `_planned`, with the draws of this choice.
    scenes : mapping of str to Scene
        By scenario and date.
    """

    spec: Spec
    name: str
    asked: Waiting
    plan: Plan
    scenes: Mapping[str, Scene]

    @property
    def menu(self) -> list[str]:
        """Names of the plants."""
        return self.asked.menu(self.name)

    @property
    def lead(self) -> int:
        """Years from the decision to the start."""
        projects = next(iter(self.plan.spec.runs.values())).projects
        return self.asked.leads([projects[one] for one in self.menu])

    def found(self, scenario: str, threads: int | None) -> Found:
        """What is found in a scenario."""
        plan, dates, menu = self.plan, self.asked.dates, self.menu
        scene = self.scenes[_label(scenario, dates[0])]
        rate, cost, output = self._to_wait(scene)
        features = list(self._features(scene))
        requests = [Request(rate, (), plan.years[0]), Request(cost, (), plan.years[0])]
        cells = {
            (date, one): node for date in dates for one in menu
            if (node := self._node(scenario, date, one)) is not None
        }  # fmt: skip
        requests += [Request(node, (), plan.years[0]) for node in cells.values()]
        years = [date - self.lead for date in dates]
        requests += [Request(one.node, tuple(years)) for one in features]
        rows = draws_of(plan, requests, plan.draws, threads=on_threads(threads).threads)
        money = currency_rate(plan)
        worth = dict(zip(cells, rows[2 : 2 + len(cells)] * money, strict=True))
        self._check(scenario, worth)
        paid = self._paid(rows[0], rows[1] * output * money, years)
        values = self._values(worth, paid)
        seen = rows[2 + len(cells) :].reshape(len(features), len(dates), plan.draws)
        own = [self._seen(scene, features, date) for date in dates]
        return self._told(scenario, values, features, own, _scaled(features, seen, money))

    def _node(self, scenario: str, date: int, project: str) -> int | None:
        """Node of the value of a project that starts at a date; None where it cannot."""
        plan = self.plan
        place = (plan.coords["scenario"].index(_label(scenario, date)),
                 plan.coords["project"].index(project))  # fmt: skip
        cell = next(one for one in plan.cells if one.index == place)
        return cell.node if cell.first_year <= plan.years[-1] else None

    def _to_wait(self, scene: Scene) -> tuple[int, int, float]:
        """Nodes of the rate and of the cost of waiting, EUR per t/yr, and the output, Mt/yr."""
        unit = unit_of_field(Waiting, "cost")
        cost = quantity(scene, f"{self.name}.waiting.cost", self.asked.cost, unit)
        return rate_of(scene, self.menu[0]), cost, scene.experiment.projects[self.menu[0]].output

    def _paid(self, rate: Floats, cost: Floats, years: Sequence[int]) -> list[Floats]:
        """What has been paid for waiting when it comes to each date, of the year of valuation."""
        found, sum_paid = [], np.zeros_like(cost)
        for year in years:
            found.append(sum_paid)
            sum_paid = sum_paid + cost * (1.0 + rate) ** (self.valued_in - year)
        return found

    @property
    def valued_in(self) -> int:
        """Year to which all values are discounted."""
        return next(iter(self.plan.spec.runs.values())).projects[self.menu[0]].value_year

    def _values(self, worth: Mapping[tuple[int, str], Floats], paid: list[Floats]) -> list[Floats]:
        """Values by date of the plants and, last, of none of them, which is chosen at the last date
        or, where waiting costs something, at any."""
        costs, none = bool(paid[-1].any()), np.full(self.plan.draws, np.nan)
        found = []
        for place, date in enumerate(self.asked.dates):
            ends = costs or date == self.asked.dates[-1]
            lines = [worth.get((date, one), none) - paid[place] for one in self.menu]
            found.append(np.stack([*lines, -paid[place] if ends else none]))
        return found

    def _told(
        self, scenario: str, values: list[Floats], features: list[_Feature],
        own: list[list[int]], known: list[Floats],
    ) -> Found:  # fmt: skip
        """Find the rules on one half of the draws and price them on the other."""
        dates, never, plan = self.asked.dates, len(self.menu), self.plan
        prices = np.arange(plan.draws) // BLOCK % 2 == 1
        held = [known[at][own[at]] for at in range(len(dates))]
        fits, met = ([one[:, half] for one in held] for half in (~prices, prices))
        fit, price = ([one[:, half] for one in values] for half in (~prices, prices))
        wanted = None if self.asked.degree == "auto" else self.asked.degree
        if wanted is not None:
            self._require(wanted, max(map(len, own)), int((~prices).sum()))
        degree, rule = best_rule(fit, fits, every_degree(wanted))
        taken = follow(rule, price, met)
        date, option = best_fixed(price)
        chosen = price[date][option]
        ends = {}
        for at, step in enumerate(rule):
            for place, feature in enumerate(own[at]):
                if features[feature].unit:
                    told = threshold(step, fits[at], place, never)
                    ends[dates[at], features[feature].name] = told._replace(
                        value=float(np.exp(told.value))
                    )
        lead = next((at for at, one in enumerate(features) if one.unit), None)
        simple = None
        if lead is not None:
            lines = [np.exp(one[lead]) for one in known]
            best = best_simple(fit, [one[~prices] for one in lines], never)
            after = best.follow(price, [one[prices] for one in lines], never)
            simple = (features[lead].name, best, mean_of(after.value),
                      mean_of(after.value - chosen))  # fmt: skip
        return Found(
            scenario=scenario, name=self.name, title=self.asked.title, options=[*self.menu, NEVER],
            titles=[self._title(one) for one in self.menu], dates=dates, lead=self.lead,
            valued_in=self.valued_in, draws=plan.draws, degree=degree, fixed=fixed(price),
            best=(date, option), best_value=mean_of(chosen), value=mean_of(taken.value),
            perfect=mean_of(perfect(price)), option=mean_of(taken.value - chosen),
            probability=probabilities(taken, len(dates), never + 1), thresholds=ends,
            units={one.name: one.unit for one in features if one.unit},
            knows=list(dict.fromkeys(one.name for one in features)), known={
                (date, one.name): np.exp(np.quantile(known[at][place], KNOWN)).tolist()
                for at, date in enumerate(dates)
                for place, one in enumerate(features) if one.unit
            }, simple=simple,
        )  # fmt: skip

    def _title(self, project: str) -> str:
        one = self.spec.experiment.projects.get(project)
        return project if one is None else one.title or project

    def _seen(self, scene: Scene, features: Sequence[_Feature], date: int) -> list[int]:
        """Places of the features that are known when it is decided on a date."""
        policies = scene.experiment.catalog.policies
        return [
            at for at, one in enumerate(features)
            if one.value is None or (policies[one.name].revealed or 9999) <= date - self.lead
        ]  # fmt: skip

    def _features(self, scene: Scene) -> Iterator[_Feature]:
        """What is known, in the order of the config."""
        experiment = scene.experiment
        region = experiment.projects[self.menu[0]].region
        money = experiment.currency
        policies = experiment.catalog.policies
        for name in self.asked.knows:
            if name == CARBON:
                yield _Feature(name, home_price(scene, region), f"{money}/t")
            elif name == POLICY or name in policies:
                for each in uncertain_policies(experiment) if name == POLICY else [name]:
                    if policies[each].revealed is None or each not in uncertain_policies(
                        experiment
                    ):
                        continue
                    # One variant follows from all others.
                    for value in range(1, len(variants(policies[each]))):
                        yield _Feature(each, variant_node(scene, each), value=value)
            elif name in used_markets(experiment):
                yield _Feature(name, carbon_price(scene, name), f"{money}/t")
            else:
                label = price_known_as(experiment, name, region)
                assert label is not None, "checked with the config"
                node = commodity_price(scene, label)
                assert node is not None, "checked with the config"
                commodity, place = used_prices(experiment)[label]
                entry = price_of(experiment, commodity, place)
                assert entry is not None, "checked with the config"
                unit = commodity_unit(experiment, commodity, entry)
                yield _Feature(name, node, f"{money}/{unit}")

    def _require(self, degree: int, features: int, draws: int) -> None:
        """Refuse a degree for whose coefficients there are too few draws."""
        if affordable(features, draws, degree) < degree:
            raise ConfigError(self.spec.fault(
                ("waiting", self.name, "degree"), found=f"degree {degree} of {features} things "
                f"that are known, from {draws:,} draws", expected="50 draws for each coefficient",
                remedy="take more draws, or write degree: auto",
            ))  # fmt: skip

    def _check(self, scenario: str, worth: Mapping[tuple[int, str], Floats]) -> None:
        """Refuse a plant without a value in some draw."""
        for (date, project), values in worth.items():
            if not np.isfinite(values).all():
                share = 100.0 * (1.0 - float(np.isfinite(values).mean()))
                raise ConfigError(self.spec.fault(
                    ("waiting", self.name), found=f"no value of {project} from {date} on under "
                    f"{scenario} in {share:.3g} % of the draws", expected="a value in every draw",
                    remedy="remove the project, or the date",
                ))  # fmt: skip


def _label(scenario: str, date: int) -> str:
    """The scenario that starts at a date."""
    return f"{scenario} {date}"


def _dated(run: Experiment, scenario: str, chosen: Sequence[str], date: int) -> Experiment:
    """A scenario whose plants start at a date, all of them valued in one year.

    Contracts whose strikes break even under a scenario are bid under it, for the same date.
    """
    built = {one for name in chosen for one in run.waiting[name].menu(name)}
    # Of all choices of the config, so that none depends on which of them are asked for.
    stated = [
        year for name, one in run.waiting.items() for each in one.menu(name)
        if (year := run.projects[each].valued_in) is not None
    ]  # fmt: skip
    valued_in = min(stated, default=min(one.dates[0] for one in run.waiting.values()) - 1)
    projects = {
        name: one.model_copy(update={"start": date, "valued_in": valued_in})
        for name, one in run.projects.items() if name in built
    }  # fmt: skip
    instruments = {}
    for key, one in run.catalog.instruments.items():
        strike = getattr(one, "strike", None)
        if isinstance(strike, BreakEven) and strike.within is not None:
            bid = strike.model_copy(update={"within": _label(strike.within, date)})
            one = one.model_copy(update={"strike": bid})
        instruments[key] = one
    return run.model_copy(update={
        "projects": projects, "outcomes": [_OUTCOME], "keep": [], "until": None, "risk": None,
        "redraw": [], "independent_scenarios": False,
        "catalog": run.catalog.model_copy(update={"instruments": instruments}),
    })  # fmt: skip


def _scaled(features: Sequence[_Feature], seen: Floats, money: float) -> list[Floats]:
    """By date what is known, shape (features, draws): logs of prices, and 0 or 1 of variants."""
    lines = np.empty_like(seen)
    for place, one in enumerate(features):
        if one.value is not None:
            lines[place] = seen[place] == one.value
        else:
            lines[place] = np.log(np.maximum(seen[place] * money, 1e-6))
    return list(np.swapaxes(lines, 0, 1))
