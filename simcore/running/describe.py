"""What a run will hold and need, known before the first draw."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from simcore.dataset import Layout, stored_bytes, threshold_of
from simcore.errors import dotted
from simcore.intake import Spec
from simcore.intake.asked import alternatives, read_rules
from simcore.intake.findings import Address
from simcore.intake.policies import pays_duty
from simcore.intake.process_checks import shockless
from simcore.intake.schema import Experiment
from simcore.intake.stated import described
from simcore.intake.usage import (
    built_in,
    met_imports,
    product_of,
    products_of,
    references,
    sector_of,
    sector_regions,
)
from simcore.plan import Plan, currency_rate
from simcore.plan.titles import titles_aside, titles_of
from simcore.running.audit import audit_text
from simcore.running.batches import Batches
from simcore.running.decisions import told_decisions
from simcore.running.projects import told_projects
from simcore.running.tiles import replicates_of
from simcore.variables import OUTCOMES


def layout_of(plan: Plan) -> Layout:
    """Describe the dataset of a run."""
    return replace(shapes_of(plan), attrs=_attrs(plan))


def disk_bytes(plan: Plan) -> int:
    """Bytes of a run on disk before compression, an upper estimate."""
    return stored_bytes(shapes_of(plan))


def shapes_of(plan: Plan) -> Layout:
    """The same without what is written about it."""
    experiment = plan.experiment
    parts = [name for name, one in OUTCOMES.items() if one.kind == "component"]
    named = [*(name for name in experiment.outcomes if name not in parts), *parts]
    # Where no price has views there is nothing to tell apart by view.
    outcomes = tuple(
        name for name in named if plan.coords["view"] or "view" not in OUTCOMES[name].dims
    )
    coords = _used_coords(plan, outcomes)
    units = {name: held for name, held in plan.units.items() if held[0] in coords}
    routes = {one: sector_of(experiment, one) for one in coords["route"]}
    made = {one: product_of(experiment, one) for one in coords.get("sector", ())}
    risk = experiment.risk
    if risk is not None:
        coords |= {"tail": tuple(risk.tails)} if risk.of else {}
        coords |= {threshold_of(name): tuple(values) for name, values in risk.exceed.items()}
    return Layout(
        coords=coords,
        outcomes=outcomes,
        # Where nothing is uncertain there are no inputs to keep.
        kept=tuple(
            name for name in experiment.keep
            if (plan.inputs if name == "inputs" else name in outcomes)
        ),
        draws=plan.draws, dtype=experiment.dtype,
        currency=experiment.currency, price_year=experiment.money.base_year,
        extra_coords={
            **units,
            "route_sector": ("route", tuple(routes.values())),
            **({"sector_product": ("sector", tuple(made.values()))} if made else {}),
            **titles_of(plan, coords),
            "factor_unit": ("factor", tuple(one.unit for one in plan.inputs)),
            "factor_status": ("factor", tuple(one.status for one in plan.inputs)),
            "factor_source": ("factor", tuple(one.source for one in plan.inputs)),
            "factor_group": ("factor", tuple(one.group for one in plan.inputs)),
        },
        tailed=tuple(risk.of) if risk else (), exceeded=tuple(risk.exceed) if risk else (),
        stretch=Batches(plan.draws, replicates_of(plan)).stretch,
    )  # fmt: skip


def _used_coords(plan: Plan, outcomes: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    dims = {dim for name in outcomes for dim in OUTCOMES[name].dims}
    dims |= {OUTCOMES[name].among for name in outcomes if OUTCOMES[name].kind == "category"}
    # Digests count the units of commodities, even in a run without their prices.
    united = {"factor", "commodity"}
    dims |= {"route", "year"} | united | ({"sector"} if len(plan.coords["sector"]) > 1 else set())
    return {
        name: labels for name, labels in plan.coords.items()
        if name in dims and (labels or name in united)
    }  # fmt: skip


def _attrs(plan: Plan) -> dict[str, str | int | float]:
    experiment = plan.experiment
    keys, assumed = _provenance(plan.spec)
    return {
        "title": experiment.title
        or f"{experiment.name}: {products_of(experiment)}, {', '.join(experiment.regions)}",
        "source": "simcore Monte Carlo simulation of the green premium",
        "history": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} simcore run",
        "audit": audit_text(plan.spec),
        "config": plan.resolved_yaml,
        "config_sha256": plan.digest,
        "product": products_of(experiment),
        "seed": experiment.seed,
        **_stopping(plan),
        **_resolved(plan),
        **_untold_imports(plan),
        **told_projects(plan.spec),
        **told_decisions(plan.spec),
        **({"grid": json.dumps(experiment.grid)} if experiment.grid else {}),
        "sampler": _sampler(experiment.design, experiment.replicates),
        "replicates": 1 if experiment.design == "random" else experiment.replicates,
        "degrees_of_freedom": plan.freedom,
        "sources": json.dumps(keys),
        "assumed": json.dumps(assumed),
        "correlations": json.dumps({
            kind: {
                "names": list(one.names), "requested": one.requested.round(6).tolist(),
                "used": one.used.round(6).tolist(),
            }
            for kind, one in (("factors", plan.factors), ("shocks", plan.shocks))
        }),
        "choices": json.dumps({one.name: one.choices for one in plan.inputs if one.choices}),
        "without_shocks": json.dumps(shockless(plan.spec.scenarios)),
        "titles_aside": json.dumps(titles_aside(plan.spec)),
        "references": json.dumps({
            name: _by_region(references(one)) for name, one in plan.spec.scenarios.items()
        }),
    }  # fmt: skip


def _by_region(found: Mapping[tuple[str, str], str]) -> dict[str, dict[str, str]]:
    """Reference routes by region and sector."""
    regions: dict[str, dict[str, str]] = {}
    for (region, sector), route in found.items():
        regions.setdefault(region, {})[sector] = route
    return regions


def _untold_imports(plan: Plan) -> dict[str, str]:
    """Regions of which nothing is said of bringing tonnes in, and those from which no duty is paid,
    by scenario and what the buyer compares with."""
    if not plan.experiment.against:
        return {}
    freight: dict[str, dict[str, list[str]]] = {}
    duty: dict[str, dict[str, list[str]]] = {}
    for scenario, one in plan.spec.scenarios.items():
        met = met_imports(one).items()
        for against, (home, route) in alternatives(one).items():
            for (buyer, sector, origin), place in met:
                if (buyer, sector) != (home, sector_of(one, route)):
                    continue
                if place is None:
                    freight.setdefault(scenario, {}).setdefault(against, []).append(origin)
                elif not pays_duty(sector_regions(one, sector)[buyer].imports[place]):
                    duty.setdefault(scenario, {}).setdefault(against, []).append(origin)
    return {"without_freight": json.dumps(freight), "without_duty": json.dumps(duty)}


def _stopping(plan: Plan) -> dict[str, str | float]:
    """What `until` asked for and what came of it."""
    until = plan.experiment.until
    if until is None or plan.interval is None:
        return {}
    labels = ", ".join(f"{dim} {label}" for dim, label in until.at.items())
    return {
        "until": f"{until.variable}.{until.statistic}={until.width:g}"
        + (f" at {labels}" if labels else ""),
        # JSON, in which a Zarr store keeps its attributes, has no infinity.
        "until_interval": plan.interval if math.isfinite(plan.interval) else "inf",
        "until_path": json.dumps(
            [[draws, width if math.isfinite(width) else None] for draws, width in plan.tried]
        ),
        "until_reached": "yes" if plan.interval <= until.width else "no",
    }


def _resolved(plan: Plan) -> dict[str, str]:
    """Strikes that follow from the distribution, by their place in the config."""
    if not plan.resolutions:
        return {}
    rate = currency_rate(plan)

    def number(value: float) -> float | None:
        return value * rate if math.isfinite(value) else None

    found = {
        ("" if one.is_shared else f"scenarios.{one.scenario}.")
        + f"projects.{one.project}.{one.instrument}.strike": {
            "value": number(one.value), "low": number(one.low), "high": number(one.high),
            "unit": f"{plan.experiment.currency} t-1", "draws": one.draws,
            "break_even": one.probability, "scenario": one.scenario,
        }
        for one in plan.resolutions
    }  # fmt: skip
    return {"resolved": json.dumps(found)}


def _sampler(design: str, replicates: int) -> str:
    """How the random numbers of a run come about, replicates included where they matter."""
    several = "" if design in ("random", "antithetic") else f" in {replicates} replicates"
    return (
        "threefry2x64-20 addressed by (seed, factor, draw, step); "
        f"{design.replace('_', ' ')} design{several}"
    )


def _provenance(spec: Spec) -> tuple[list[str], list[str]]:
    """Sources of what the run refers to in any scenario, and paths of what is assumed of it."""
    said = [pair for one in spec.runs.values() for pair in described(one) if _is_met(one, pair[0])]
    sources = {one.source for _, one in said if one.source}
    assumed = {dotted(path): None for path, one in said if one.status == "assumed"}
    return sorted(sources), list(assumed)


def _is_met(experiment: Experiment, address: Address) -> bool:
    """Whether the run refers to this, of what a region says for buyers and of its price."""
    if address[:2] != ("catalog", "sectors") or len(address) < 6:
        return True
    sector, (region, field) = address[2], address[4:6]
    if field == "imports":
        met = ((buyer, made, place)
               for (buyer, made, _), place in met_imports(experiment).items())  # fmt: skip
        return (region, sector, address[6]) in met
    asked = field in read_rules(experiment)
    priced = {*experiment.regions, *built_in(experiment)}
    return field != "product_price" or (asked and region in priced)
