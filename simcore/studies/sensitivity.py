"""Which groups of inputs make an outcome uncertain: indices by pick-freeze, as a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.dataset.indices import DIMENSIONS as OF_INDICES
from simcore.dataset.indices import LEADING, MEASURES, Measure, labelled, save
from simcore.errors import ConfigError
from simcore.estimators.indices import (
    Estimate,
    Subset,
    batches_of,
    indices,
    measures_of,
    needed,
)
from simcore.intake import Spec
from simcore.intake.sensitivity import Sensitivity
from simcore.kernels.operations import BLOCK
from simcore.model.markets import at_price_limit, carbon_price
from simcore.model.scene import Scene
from simcore.plan import Plan, build, currency_rate, extended
from simcore.plan.groups import OTHER, origins
from simcore.plan.titles import titles_of
from simcore.running.executors import on_threads
from simcore.running.options import Options, Report, silent
from simcore.running.program import Request
from simcore.running.resolving import resolved
from simcore.running.rows import draws_of
from simcore.studies.asking import chosen_labels, narrowed
from simcore.studies.grouping import Grouping, dependent, group_titles, grouped
from simcore.studies.pick_freeze import Cell, Key, Rows, apart, cells_by_place
from simcore.variables import DIMENSIONS, OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_DEFINED: Final = 0.95
"""Least share of pairs of draws that have a value on both sides."""
_AT_LIMIT: Final = 16_384
"""Draws of which it is counted how many stand at a bound of the carbon price."""


def sensitivity(
    spec: Spec, *, out: Path | None = None, overwrite: bool = False, threads: int | None = None,
    report: Report = silent,
) -> xr.Dataset:  # fmt: skip
    """Indices of what the section `sensitivity` of a config asks for.

    Parameters
    ----------
    spec : Spec
    out : Path, optional
        Write them to this .zarr or .nc too.
    overwrite : bool
        Replace a dataset that stands there.
    threads : int, optional
        Worker threads; they change no bit.
    report : callable
        Told the share of the work that is done.

    Returns
    -------
    xarray.Dataset
        See `simcore.dataset.indices`.

    Raises
    ------
    ConfigError
        Names of outcomes, places or inputs that stand for nothing; groups that overlap or leave
        something out, or are too many; an outcome that does not vary or has too few values.
    OutputError
        The output exists or cannot be written.
    """
    asked = spec.experiment.sensitivity or Sensitivity()
    asks = narrowed(spec, asked)
    executor, options = on_threads(threads), Options()
    plan = replace(build(asks), draws=asked.draws or spec.experiment.draws)
    plan = resolved(plan, executor, options)
    coords = chosen_labels(plan, asked)
    study = _Study.of(plan, asked, coords, spec)
    found = study.run(executor.threads, report)
    if out is not None:
        save(found, out, overwrite=overwrite)
    return found


def check(spec: Spec) -> None:
    """Refuse, as a ConfigError, what is wrong in the section `sensitivity` of a config.

    Whether outcomes vary is only seen in draws.
    """
    asked = spec.experiment.sensitivity
    if asked is not None:
        plan = build(narrowed(spec, asked))
        _begun(plan, asked, chosen_labels(plan, asked))


class _Begun(NamedTuple):
    """The base of a study: its nodes, and which group each stream that they draw is of."""

    plan: Plan
    scenes: dict[str, Scene]
    base: dict[str, Scene]
    own: dict[Key, tuple[int, int, int]]
    reached: set[int]
    grouping: Grouping


def _begun(plan: Plan, asked: Sensitivity, coords: dict[str, tuple[Any, ...]]) -> _Begun:
    plan, scenes = extended(plan)
    graph, base = plan.graph, apart(scenes)
    own = cells_by_place(base, asked.of, coords)
    if not own:
        raise ConfigError(plan.spec.fault(
            ("sensitivity", "of"), found="outcomes that have no value at these places",
            expected="a route beside the reference, or a place that has the outcome",
            remedy="name other routes, regions or outcomes",
        ))  # fmt: skip
    reached = graph.closure(node for node, _, _ in own.values())
    drawn = origins(base.values(), graph, reached)
    # What the run draws beside what is asked for may be named as well.
    streams = {one.node: one.group for one in plan.inputs}
    whole = {
        node.stream.name: (streams.get(number, OTHER), node.stream)
        for number, node in enumerate(graph.nodes)
        if node.stream is not None and (node.yearly or number in streams)
    }  # fmt: skip
    return _Begun(plan, scenes, base, own, reached, grouped(plan.spec, asked, drawn, whole))


@dataclass(frozen=True)
class _Study:
    """What is run: cells by subset, and how the result is labelled.

    Attributes
    ----------
    plan : Plan
        With a graph that holds the nodes of all subsets.
    spec : Spec
        As the user wrote it.
    asked : Sensitivity
    coords : dict of str to tuple
        Labels asked for.
    grouping : Grouping
    subsets : list of frozenset of str
    cells : list of Cell
    limits : dict of (int, str) to int
        Node of what tells whether the price of a market is at a bound, by scenario and market.
    """

    plan: Plan
    spec: Spec
    asked: Sensitivity
    coords: dict[str, tuple[Any, ...]]
    grouping: Grouping
    subsets: list[Subset]
    cells: list[Cell]
    limits: dict[tuple[int, str], int]

    @classmethod
    def of(
        cls, plan: Plan, asked: Sensitivity, coords: dict[str, tuple[Any, ...]], spec: Spec
    ) -> _Study:
        """Build the nodes of all subsets in one graph."""
        begun = _begun(plan, asked, coords)
        plan, scenes, own, grouping = begun.plan, begun.scenes, begun.own, begun.grouping
        chosen = needed(grouping.names, asked.order)
        nodes = {key: [node] for key, (node, _, _) in own.items()}
        for one in chosen:
            kept = frozenset(name for group in one for name in grouping.members[group])
            again = cells_by_place(apart(scenes, kept), asked.of, coords)
            for key, (node, _, _) in again.items():
                nodes[key].append(node)
        cells = [
            Cell(*key, tuple(nodes[key]), first, last) for key, (_, first, last) in own.items()
        ]
        limits = {
            (place, market): at_price_limit(scene, market)
            for place, scene in enumerate(begun.base.values())
            for market in plan.coords["market"] if carbon_price(scene, market) in begun.reached
        }  # fmt: skip
        return cls(plan, spec, asked, coords, grouping, chosen, cells, limits)

    def run(self, threads: int, report: Report) -> xr.Dataset:
        """Make the draws, and label what follows from them."""
        rows = Rows.of(self.plan, self.coords, self.subsets, self.cells)
        sums, base = rows.reduced(self.asked.scale, threads, report)
        is_dependent = dependent(self.grouping, self.plan.factors, self.plan.shocks)
        names = self.grouping.names
        measures = measures_of(self.asked.order, len(names), dependent=is_dependent)
        pairs = np.min([one[..., 0].sum(axis=0) for one in sums["value"].values()], axis=0)
        defined = pairs / self.plan.draws
        refused = (defined > 0) & (defined < _DEFINED)
        by_scale: dict[str, tuple[dict[str, Estimate], dict[Subset, Estimate]]] = {}
        for scale in self.asked.scale:
            found, closed = indices(sums[scale], names, measures)
            for one in (*found.values(), *closed.values()):
                for values in (one.value, one.low, one.high):
                    values[..., refused] = np.nan
            by_scale[scale] = found, closed
        self._check(by_scale, defined, refused)
        return self._labelled(rows, by_scale, base, defined, measures, is_dependent=is_dependent)

    def _check(
        self, by_scale: Mapping[str, Any], defined: Floats, refused: NDArray[np.bool_]
    ) -> None:
        """Refuse a study none of whose rows has an index on some scale."""
        faults = []
        for position, scale in enumerate(self.asked.scale):
            found, _ = by_scale[scale]
            if not np.isnan(next(iter(found.values())).value).all():
                continue
            if refused.any() and not (defined >= _DEFINED).any():
                share = defined[refused].max()
                faults.append(self.plan.spec.fault(
                    ("sensitivity", "of"), found=f"a value in {100 * share:.0f} % of the draws",
                    expected=f"one in at least {100 * _DEFINED:.0f} % of them",
                    remedy="ask for an outcome that is always defined, or for other years",
                ))  # fmt: skip
                break
            what = "the same sign" if scale == "covers" else "the same value"
            faults.append(self.plan.spec.fault(
                ("sensitivity", "scale", position) if scale == "covers" else ("sensitivity", "of"),
                found=f"{' and '.join(self.asked.of)}: {what} in every draw",
                expected="an outcome that varies",
                remedy="leave out the scale covers" if scale == "covers"
                else "ask for another outcome, place or year",
            ))  # fmt: skip
        if faults:
            raise ConfigError(list(dict.fromkeys(faults)))

    def _labelled(
        self, rows: Rows, by_scale: Mapping[str, Any], base: Floats, defined: Floats,
        measures: Sequence[str], *, is_dependent: bool,
    ) -> xr.Dataset:  # fmt: skip
        scales = self.asked.scale
        arrays: dict[str, Measure] = {}
        shown = [one for one in self.subsets if one]
        for variable in self.asked.of:
            outcome = OUTCOMES[variable]
            for name in (*measures, *(("closed",) if shown else ())):
                parts = [
                    _stacked([by_scale[scale][1][one] for one in shown]) if name == "closed"
                    else by_scale[scale][0][name]
                    for scale in scales
                ]  # fmt: skip
                leading = LEADING.get(name, ("scale", "group"))
                about = {"long_name": f"{MEASURES[name]} of {outcome.long_name}"}
                value, low, high = (
                    rows.placed(variable, np.stack([getattr(one, part) for one in parts]))
                    for part in ("value", "low", "high")
                )
                arrays[f"{variable}_{name}"] = Measure(
                    (*leading, *outcome.dims), value, low, high, attrs=about
                )
            arrays |= _described(self.plan, variable, rows, base, defined)
        coords = self._coordinates(arrays)
        if self.limits:
            arrays["at_price_limit_mean"] = self._limits()
            coords.setdefault("scenario", ("scenario", self.plan.coords["scenario"]))
            coords.setdefault("year", ("year", self.coords["year"]))
            coords["market"] = ("market", self._markets())
        return labelled(arrays, coords, self._attrs(measures, is_dependent=is_dependent))

    def _coordinates(self, arrays: Mapping[str, Measure]) -> dict[str, tuple[str, Sequence[Any]]]:
        dims = {dim for one in arrays.values() for dim in one.dims}
        labels: dict[str, Sequence[Any]] = {
            **self.coords, "scale": self.asked.scale, "group": self.grouping.names,
            "group_2": self.grouping.names,
            "subset": ["+".join(_ordered(one, self.grouping)) for one in self.subsets if one],
        }  # fmt: skip
        known = (*OF_INDICES, *DIMENSIONS)
        found = {dim: (dim, labels[dim]) for dim in known if dim in dims}
        titles = group_titles(self.plan, self.asked, self.grouping.names)
        cut = replace(self.plan, coords=self.coords)
        return found | {"group_title": ("group", titles), **titles_of(cut, found)}

    def _attrs(self, measures: Sequence[str], *, is_dependent: bool) -> dict[str, Any]:
        plan, experiment = self.plan, self.spec.experiment
        whole = replace(plan, spec=self.spec)
        batches = int(batches_of(plan.draws, plan.replicates, BLOCK).max()) + 1
        found = {
            "title": experiment.title or experiment.name, "name": experiment.name,
            "draws": plan.draws, "batches": batches, "seed": experiment.seed,
            "sampler": experiment.design, "currency": experiment.currency,
            "price_year": experiment.money.base_year, "order": self.asked.order,
            "measures": ", ".join(measures), "outcomes": ", ".join(self.asked.of),
            "dependent": "yes" if is_dependent else "no",
            "groups": json.dumps(self.grouping.members),
            "groups_empty": json.dumps(self.grouping.empty),
            "groups_by": self.asked.groups if isinstance(self.asked.groups, str) else "patterns",
            "config": whole.resolved_yaml, "config_sha256": whole.digest,
        }  # fmt: skip
        if is_dependent and "second" not in measures and self.asked.order != "first_total":
            found["second_hidden"] = (
                "inputs of different groups are correlated: what two groups do together cannot be "
                "told from what they have in common"
            )
        return found

    def _markets(self) -> list[str]:
        return list(dict.fromkeys(market for _, market in self.limits))

    def _limits(self) -> Measure:
        """Share of the draws in which the price of each market stands at a hard bound."""
        years, markets = tuple(self.coords["year"]), self._markets()
        shape = len(self.plan.coords["scenario"]), len(markets), len(years)
        found = np.full(shape, np.nan)
        draws = min(self.plan.draws, _AT_LIMIT)
        requests = [Request(node, years) for node in self.limits.values()]
        values = draws_of(self.plan, requests, draws).mean(axis=1).reshape(-1, len(years))
        for (place, market), shares in zip(self.limits, values, strict=True):
            found[place, markets.index(market)] = shares
        return Measure(
            ("scenario", "market", "year"), found,
            attrs={"long_name": "Share of draws whose carbon price is at a hard bound"},
        )  # fmt: skip


def _described(
    plan: Plan, variable: str, rows: Rows, base: Floats, defined: Floats
) -> dict[str, Measure]:
    """Mean, standard deviation and share of defined draws of an outcome."""
    outcome = OUTCOMES[variable]
    known = ~np.isnan(base)
    count = np.maximum(known.sum(axis=1), 1)
    plain = np.where(known, base, 0.0)
    mean = np.where(known.any(axis=1), plain.sum(axis=1) / count, np.nan)
    square = np.where(known, base - mean[:, None], 0.0) ** 2
    deviation = np.where(count > 1, np.sqrt(square.sum(axis=1) / np.maximum(count - 1, 1)), np.nan)
    deviation[np.isnan(mean)] = np.nan
    rate = currency_rate(plan) if outcome.is_money else 1.0
    unit = {"units": outcome.unit_in(plan.experiment.currency) or "1"}
    return {
        f"{variable}_mean": Measure(outcome.dims, rows.placed(variable, mean * rate), attrs={
            **unit, "long_name": f"Mean of {outcome.long_name}"}),
        f"{variable}_standard_deviation": Measure(
            outcome.dims, rows.placed(variable, deviation * rate),
            attrs={**unit, "long_name": f"Standard deviation of {outcome.long_name}"}),
        f"{variable}_defined": Measure(outcome.dims, rows.placed(variable, defined), attrs={
            "long_name": f"Share of pairs of draws that have {outcome.long_name}"}),
    }  # fmt: skip


def _stacked(parts: Sequence[Estimate]) -> Estimate:
    return Estimate(*(np.stack([getattr(one, part) for one in parts])
                      for part in ("value", "low", "high")))  # fmt: skip


def _ordered(one: Subset, grouping: Grouping) -> list[str]:
    return [name for name in grouping.names if name in one]
