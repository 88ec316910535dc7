"""Draws of a plan, pair by pair: those of the base, and the same with a subset of inputs kept.

Random numbers have addresses, so that a subset of the inputs is kept by its names while the rest is
drawn again, given what is kept where both are correlated. Each subset is a scene of one graph: what
reads nothing that is drawn again is the same node. One program is cut for each subset; they run one
after the other over the same draws, and only sums by batch are held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ConfigError
from simcore.estimators.indices import Scale, Subset, batches_of, pair_sums
from simcore.kernels.operations import BLOCK
from simcore.model.outcomes import cells_of
from simcore.model.scene import Scene
from simcore.plan import Plan, has_years
from simcore.running.options import Report
from simcore.running.program import Request, compile_program, restrict_outputs
from simcore.variables import OUTCOMES

Floats = NDArray[np.float64]

ANEW: Final = "B/"
"""Put before the names of streams that are drawn again, for every subset the same."""
_REST: Final = "the rest"
_UNIT: Final = 16 * BLOCK
"""Draws that one program makes before it hands out their sums."""
Key = tuple[str, tuple[int, ...]]
"""An outcome, and its position along each of its dimensions but the year."""


@dataclass(frozen=True)
class _Redrawn:
    """Names of all streams but those that are kept."""

    kept: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name not in self.kept


@dataclass(frozen=True)
class Cell:
    """One outcome at one place, in the base and for each subset.

    Attributes
    ----------
    variable : str
    index : tuple of int
        Position along each dimension of the outcome but the year, among the labels asked for.
    nodes : tuple of int
        That of the base, then those of the subsets.
    first, last : int
        Years in which it is defined.
    """

    variable: str
    index: tuple[int, ...]
    nodes: tuple[int, ...]
    first: int
    last: int


def apart(scenes: Mapping[str, Scene], kept: frozenset[str] | None = None) -> dict[str, Scene]:
    """Scenes of the same graph in which all but the kept names is drawn again; nothing without."""
    return {
        name: replace(
            one, stem="", redraw=() if kept is None else (_REST,), anew=ANEW,
            members={} if kept is None else {_REST: _Redrawn(kept)},
            inputs={}, built={}, matched=set(), shocked=set(),
        )
        for name, one in scenes.items()
    }  # fmt: skip


def cells_by_place(
    scenes: Mapping[str, Scene], outcomes: Sequence[str], coords: dict[str, tuple[Any, ...]]
) -> dict[Key, tuple[int, int, int]]:
    """Node, first and last year of each cell, by outcome and place."""
    return {
        (name, (place, *index)): (node, first, last)
        for name in outcomes for place, scene in enumerate(scenes.values())
        for index, node, first, last in cells_of(OUTCOMES[name], scene, coords)
    }  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Rows of the programs: cells that coincide in all of them stand once.

    Attributes
    ----------
    plan : Plan
    coords : dict of str to tuple
        Labels asked for.
    subsets : sequence of frozenset of str
    requests : tuple of tuple of Request
        Those of the base, then of each subset.
    first : dict of Key to int
        First row of each cell.
    """

    plan: Plan
    coords: Mapping[str, tuple[Any, ...]]
    subsets: Sequence[Subset]
    requests: tuple[tuple[Request, ...], ...]
    first: dict[Key, int]

    @classmethod
    def of(
        cls, plan: Plan, coords: Mapping[str, tuple[Any, ...]], subsets: Sequence[Subset],
        cells: Sequence[Cell],
    ) -> Rows:  # fmt: skip
        """Ask for the rows of all cells of a study."""
        years = tuple(coords["year"])
        known: dict[Any, int] = {}
        first, at = {}, 0
        asked: list[list[Request]] = [[] for _ in (None, *subsets)]
        for cell in cells:
            own = years if has_years(cell.variable) else ()
            key = (*cell.nodes, cell.first, cell.last, own)
            if key not in known:
                known[key] = at
                at += max(1, len(own))
                for program, node in zip(asked, cell.nodes, strict=True):
                    program.append(Request(node, own, cell.first, cell.last))
            first[cell.variable, cell.index] = known[key]
        return cls(plan, coords, subsets, tuple(map(tuple, asked)), first)

    @property
    def count(self) -> int:
        """Number of rows."""
        return sum(one.rows for one in self.requests[0])

    def reduced(
        self, asked: Sequence[str], threads: int, report: Report
    ) -> tuple[dict[str, dict[Subset, Floats]], Floats]:
        """Sums over pairs by scale, `value` in any case, and subset; and draws of the base."""
        plan = self.plan
        self._check_memory(len(asked))
        steps = len(self.requests)
        base = np.empty((self.count, plan.draws))

        def keep(first: int, part: Floats) -> None:
            base[:, first : first + part.shape[1]] = part

        with ThreadPoolExecutor(threads) as pool:
            for _ in self._over_draws(0, keep, pool):
                pass
            report(1 / steps)
            scales = {name: Scale(name, base) for name in dict.fromkeys((*asked, "value"))}
            own = {name: scale.of(base) for name, scale in scales.items()}
            batch = batches_of(plan.draws, plan.replicates, BLOCK)
            batches = int(batch.max()) + 1
            found: dict[str, dict[Subset, Floats]] = {name: {} for name in scales}

            def sums(first: int, part: Floats) -> dict[str, Floats]:
                here = slice(first, first + part.shape[1])
                return {
                    name: pair_sums(own[name][:, here], scale.of(part), batch[here], batches,
                                    scale.pivot)
                    for name, scale in scales.items()
                }  # fmt: skip

            for place, one in enumerate(self.subsets, 1):
                total: dict[str, Floats] = {}
                # In the order of the draws, so that threads change no bit.
                for parts in self._over_draws(place, sums, pool):
                    total = {name: total.get(name, 0.0) + part for name, part in parts.items()}
                for name, part in total.items():
                    found[name][one] = part
                report((place + 1) / steps)
        return found, base

    def _over_draws(self, place: int, work: Any, pool: ThreadPoolExecutor) -> Iterator[Any]:
        """What a function of first draw and draws makes of each unit, in order."""
        from simcore.kernels.simulate import simulate

        plan = self.plan
        program, outputs = compile_program(plan, self.requests[place])
        # Not a year longer than asked for.
        program = restrict_outputs(program, 0, program.output_rows.size)

        def unit(first: int) -> Any:
            part = np.empty((len(outputs), min(_UNIT, plan.draws - first)))
            simulate(program, outputs, first, part.shape[1], False, part)
            return work(first, part)

        yield from pool.map(unit, range(0, plan.draws, _UNIT))

    def _check_memory(self, scales: int) -> None:
        plan = self.plan
        needed_mb = 8e-6 * self.count * plan.draws * (2 + 2 * scales)
        if needed_mb > plan.experiment.memory:
            raise ConfigError(plan.spec.fault(
                ("sensitivity", "draws"),
                found=f"{self.count:,} rows of {plan.draws:,} draws, {needed_mb:,.0f} MB",
                expected=f"a study within memory: {plan.experiment.memory:,.0f} MB",
                remedy="name fewer places under at, take fewer draws, or raise memory",
            ))  # fmt: skip

    def placed(self, variable: str, values: Floats) -> Floats:
        """Values by row, shape (..., rows), where the cells of an outcome stand; NaN elsewhere."""
        lengths = [len(self.coords[dim]) for dim in OUTCOMES[variable].dims]
        found: Floats = np.full((*values.shape[:-1], *lengths), np.nan)
        for (name, index), first in self.first.items():
            if name != variable:
                continue
            # A single value counts as a year, which it has not.
            here = found if has_years(variable) else found[..., None]
            place: tuple[Any, ...] = (..., *index, slice(None))
            here[place] = values[..., first : first + here.shape[-1]]
        return found
