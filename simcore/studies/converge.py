"""How the error of an answer falls with draws in each design, by short runs of one outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simcore.analysis.converge import (
    Convergence,
    Course,
    Step,
    doubt_of,
    freedom_of,
    reach_of,
    require_statistic,
    sizes,
    until_said,
)
from simcore.analysis.targets import Target
from simcore.errors import ConfigError, Fault, suggest, unlisted
from simcore.intake import Spec
from simcore.kernels.designs import DESIGNS
from simcore.plan import Cell, Plan, has_years
from simcore.running.executors import Executor, on_threads
from simcore.running.items import Item, place_of
from simcore.running.options import Options
from simcore.running.reduction import samples
from simcore.running.resolving import resolved
from simcore.running.stopping import run_until_narrow, unreached
from simcore.statistics import Sample
from simcore.variables import OUTCOMES, QUANTILES, variable_of


def converge(
    plan: Plan, name: str, at: dict[str, str], *, statistic: str = "mean",
    designs: Sequence[str] = (), executor: Executor | None = None,
) -> Convergence:  # fmt: skip
    """Error of a statistic of an outcome at a place, with more and more draws in each design.

    Parameters
    ----------
    plan : Plan
        Its draws are the most that are taken; its `until` is looked for too.
    name, at
        The outcome and its place; see `analysis.targets.target_of`.
    statistic : str
        ``mean`` or one of the stored quantiles, such as ``p95``.
    designs : sequence of str
        Those of `DESIGNS` to compare; all without it.
    executor : Executor, optional
        Where the runs are done; threads, one a processor, without it.

    Raises
    ------
    ConfigError, RunError
        An outcome, a place, a design or a statistic that is not there.
    """
    require_statistic(statistic)
    unknown = [one for one in designs if one not in DESIGNS]
    if unknown:
        raise ConfigError([unlisted("--design", one, DESIGNS) for one in unknown])
    executor, options = executor or on_threads(None), Options()
    plan = resolved(plan, executor, options)
    cell = _cell(plan, name, at)
    year = at.get("year")
    years = (int(year),) if year is not None else ()
    one = replace(plan, cells=(cell,), inputs=())
    courses = tuple(
        _course(_in_design(one, design), design, statistic, years, executor, options)
        for design in (designs or DESIGNS)
    )
    place = {dim: plan.coords[dim][index] for dim, index in place_of(cell).items()}
    place |= {"year": years[0]} if years else {}
    variable = variable_of(name)
    target = Target(
        name, variable.long_name, variable.unit_in(plan.experiment.currency), variable.kind,
        place, np.empty(0), years,
    )  # fmt: skip
    until = plan.experiment.until
    if until is None:
        return Convergence(target, statistic, courses)
    tried = run_until_narrow(plan, executor, options=options)
    where = ", ".join(f"{dim} {label}" for dim, label in until.at.items())
    what = f"{until.variable}.{until.statistic}" + (f" at {where}" if where else "")
    return Convergence(
        target, statistic, courses,
        until_said(what, until.width, tried.interval or math.nan), bool(unreached(tried)),
        tried.tried,
    )  # fmt: skip


def _in_design(plan: Plan, design: str) -> Plan:
    """The plan with other random numbers."""
    spec: Spec = plan.spec
    experiment = spec.experiment.model_copy(update={"design": design})
    return replace(plan, spec=replace(spec, experiment=experiment))


def _course(
    plan: Plan, design: str, statistic: str, years: tuple[int, ...], executor: Executor,
    options: Options,
) -> Course:  # fmt: skip
    replicates = 1 if design == "random" else plan.experiment.replicates
    steps = []
    for draws in sizes(plan.draws, plan.experiment.replicates):
        if draws > plan.draws:
            continue
        ((item, sample),) = samples(replace(plan, draws=draws), executor, options)
        row = _row(item, years)
        freedom = freedom_of(draws, design, replicates)
        value, half = _told(sample, row, statistic, freedom)
        steps.append(Step(draws, value, half, freedom, doubt_of(draws, design, replicates)))
    return Course(design, replicates, tuple(steps))


def _row(item: Item, years: tuple[int, ...]) -> int:
    return item.request.years.index(years[0]) if years else 0


def _told(sample: Sample, row: int, statistic: str, freedom: int) -> tuple[float, float]:
    """Value of a statistic, and half its 95 % interval."""
    if statistic == "mean":
        error = float(sample.standard_error[row])
        return float(sample.mean[row]), reach_of(freedom) * error
    place = QUANTILES.index(float(statistic[1:]) / 100.0)
    low, high = float(sample.low[row, place]), float(sample.high[row, place])
    half = (high - low) / 2.0
    return float(sample.quantile[row, place]), half if math.isfinite(half) else math.inf


def _cell(plan: Plan, name: str, at: dict[str, str]) -> Cell:
    """The cell at a place; a dimension with one label needs none, of scenarios the first counts."""
    own = [one for one in plan.cells if one.variable == name]
    if not own:
        held = list(dict.fromkeys(one.variable for one in plan.cells))
        near, named, remedy = suggest(name, held), name, "add it to outcomes: in the config"
        if name in plan.experiment.outcomes:
            named = f"{name}, of which this run has none"
            remedy = "take one of these, or add what it is of, such as a route beside the reference"
        elif near and name not in OUTCOMES:
            remedy = f"did you mean {near}?"
        raise ConfigError(Fault("--of", named, f"one of {', '.join(held)}", remedy))
    if OUTCOMES[name].kind in ("category", "known", "component"):
        raise ConfigError(Fault(
            "--of", f"{name}, which is no number in each draw", "a number, or yes or no by draw",
            "choose another one, such as cost_premium",
        ))  # fmt: skip
    dims = list(place_of(own[0]))
    faults, place = [], dict[str, str]()
    for dim in dims:
        # Only labels at which the outcome has a value: the reference has no premium over itself.
        known = list(dict.fromkeys(str(plan.coords[dim][place_of(one)[dim]]) for one in own))
        label = at.get(dim, known[0] if len(known) == 1 or dim == "scenario" else None)
        if label is None:
            faults.append(Fault("--at", f"no {dim}", f"one of {', '.join(known)}",
                                f"add --at {dim}={known[0]}"))  # fmt: skip
        elif label not in known:
            faults.append(unlisted(f"--at {dim}", label, known))
        else:
            place[dim] = label
    faults += [
        Fault("--at", f"{dim}={label}", f"a dimension of {name}: {', '.join(dims)}", "leave it out")
        for dim, label in at.items() if dim not in (*dims, "year")
    ]  # fmt: skip
    found = [one for one in own if all(
        str(plan.coords[dim][index]) == place.get(dim) for dim, index in place_of(one).items()
    )]  # fmt: skip
    if found:
        # Each cell has years of its own.
        faults += _year_faults(plan, found[0], at)
    elif not faults:
        faults.append(Fault("--at", f"no {name} there", "a place that has one", "choose another"))
    if faults:
        raise ConfigError(faults)
    return found[0]


def _year_faults(plan: Plan, cell: Cell, at: dict[str, str]) -> list[Fault]:
    if not has_years(cell.variable):
        wrong = "year" in at
        return [Fault("--at", f"year={at['year']}", f"no year: {cell.variable} is of all years",
                      "leave it out")] if wrong else []  # fmt: skip
    known = [str(one) for one in plan.years if cell.first_year <= one <= cell.last_year]
    if at.get("year") in known:
        return []
    if not known:
        return [Fault(
            "--at", f"no {cell.variable} there, from {plan.years[0]} to {plan.years[-1]}",
            "a place that has one in some year of the run", "choose another place, or later years",
        )]  # fmt: skip
    found = f"year={at['year']}" if "year" in at else "no year"
    middle = known[len(known) // 2]
    return [Fault("--at", found, f"one of {known[0]} to {known[-1]}", f"add --at year={middle}")]
