"""The same tape in other languages: which peers there are, whether they agree, what is timed."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np

from benchmarks import agreement, totals, work
from benchmarks.agreement import Agreement
from benchmarks.peers import in_c, scalar, tape
from simcore import plan
from simcore.intake import Spec
from simcore.kernels.simulate import simulate
from simcore.running import program

CHUNK = 1024
"""All peers compute a multiple of this many draws; JAX so many at a time."""
FARTHEST = 6.0
"""Most standard errors between two means under different random numbers."""
COMPARED = ("carbon_price", "levelised_cost", "carbon_cost")
"""Outcomes whose means are compared: defined in all draws or in none."""


class Model(Protocol):
    """A peer's compiled programs."""

    def totals(
        self, draws: int, seed: int, given: Sequence[np.ndarray] | None = None
    ) -> np.ndarray:
        """The sums of each output; see `tape.SUMS`."""

    def values(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """Every value under given random numbers."""


class Peer(NamedTuple):
    """A model in another language.

    Attributes
    ----------
    name, title : str
    missing : str or None
        Why it cannot run here.
    build : callable
        From the steps of the programs to the model.
    whole : bool
        One program for all regions instead of one each. What is computed row by row wants a
        region's rows in the cache; what is computed draw by draw does better without repeating
        what the regions share.
    most_steps : float
        A larger model takes minutes to compile, so it is measured only when asked for by name.
    """

    name: str
    title: str
    missing: str | None
    build: Callable[[Sequence[tape.Steps]], Model]
    whole: bool = False
    most_steps: float = np.inf


def peers() -> dict[str, Peer]:
    """The peers by name, whether they can run here or not."""
    c = in_c.missing()
    has_jax = importlib.util.find_spec("jax") is not None
    without_jax = None if has_jax else "JAX is not installed (extra bench-jax)"
    found = (
        Peer("c-plain", "C, gcc -O3 -march=native", c, partial(in_c.Model, options=in_c.PLAIN)),
        Peer("c-fast", "C, and -ffast-math", c, partial(in_c.Model, options=in_c.FAST)),
        Peer("c-wide", "C, and 512-bit vectors", c, partial(in_c.Model, options=in_c.WIDE)),
        Peer("numba", "numba, draw by draw", None, scalar.Model, whole=True, most_steps=3000),
        Peer("jax", "JAX, float64", without_jax, _in_jax, most_steps=500),
    )
    return {one.name: one for one in found}


def _in_jax(programs: Sequence[tape.Steps]) -> Model:
    # Loading JAX takes a second and starts its threads, so only who wants it pays.
    from benchmarks.peers import in_jax

    return in_jax.Model(programs, CHUNK)


class Tapes:
    """The programs of a case, by region and as one, and what their outputs are.

    Parameters
    ----------
    spec : Spec
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.plan = plan.build(spec)
        self.requests = work.requests(self.plan)

    @cached_property
    def cuts(self) -> list[totals.Cut]:
        """One program a region, and where its rows stand."""
        return [program.compile_program(self.plan, some) for some in self.requests]

    @cached_property
    def names(self) -> list[str]:
        """Outcome of each row that is handed out."""
        groups = plan.unique_values(self.plan.cells)
        return [
            groups[one.node, one.first_year, one.last_year][0].variable
            for some in self.requests
            for one in some
            for _ in range(one.rows)
        ]

    def steps(self, *, whole: bool) -> list[tape.Steps]:
        """The programs taken apart; their outputs stand in the same order."""
        if whole:
            return [tape.steps_of(*program.compile_program(self.plan, list(chain(*self.requests))))]
        return [tape.steps_of(*one) for one in self.cuts]

    def count(self, *, whole: bool) -> int:
        """Number of steps of all programs."""
        return sum(len(one.static) + len(one.yearly) for one in self.steps(whole=whole))

    def totals(self, draws: int, threads: int) -> np.ndarray:
        """The package's own totals."""
        return totals.totals(self.cuts, draws, threads)

    def values(self, draws: int) -> np.ndarray:
        """The package's own values, (output, draw)."""
        found = [np.empty((outputs.size, draws)) for _, outputs in self.cuts]
        for one, out in zip(self.cuts, found, strict=True):
            simulate(*one, 0, draws, False, out)
        return np.vstack(found)


class Built(NamedTuple):
    """A case in all languages that can be had.

    Attributes
    ----------
    tapes : Tapes
    models : dict of str to Model
        By title.
    report : tuple of str
        A line a peer: how well it agrees and how long it compiled, or why it is skipped.
    agreed : bool
    """

    tapes: Tapes
    models: dict[str, Model]
    report: tuple[str, ...]
    agreed: bool


def build(spec: Spec, *, named: Sequence[str] = ()) -> Built:
    """Compile a case in every language and compare it with the package.

    Parameters
    ----------
    spec : Spec
    named : sequence of str
        Names of the only peers wanted; without any, all that compile soon enough.
    """
    tapes = Tapes(spec)
    models: dict[str, Model] = {}
    report, agreed = [], True
    for peer in peers().values():
        if named and peer.name not in named:
            continue
        reason = peer.missing
        if reason is None and not named and tapes.count(whole=peer.whole) > peer.most_steps:
            reason = f"compiling it takes minutes (--peer {peer.name})"
        if reason is None:
            start = time.perf_counter()
            try:
                model = peer.build(tapes.steps(whole=peer.whole))
            except in_c.CompileError as error:
                reason = str(error)
        if reason is not None:
            report.append(f"{peer.title}: skipped, {reason}")
            continue
        found = compare(tapes, peer, model)
        models[peer.title] = model
        agreed &= not found.faults
        report.append(
            f"{peer.title}: largest difference {found.largest:.1e}; compiled and "
            f"compared in {time.perf_counter() - start:.0f} s"
        )
        report += [f"  {fault}" for fault in found.faults]
    return Built(tapes, models, tuple(report), agreed)


def compare(tapes: Tapes, peer: Peer, model: Model) -> Agreement:
    """Compare a peer with the package: values and totals under the same random numbers, then
    means under the peer's own.
    """
    draws = CHUNK
    own, steps = tapes.values(draws), tapes.steps(whole=peer.whole)
    given = [tape.given_numbers(one, draws) for one in steps]
    found = model.values(given)
    names = np.array(tapes.names)
    scale = _scale(names, own)
    largest, where, faults = 0.0, "", []
    for name in dict.fromkeys(tapes.names):
        rows = names == name
        if not np.array_equal(np.isnan(own[rows]), np.isnan(found[rows])):
            faults.append(f"{peer.name} {name}: values defined in one of the two only")
            continue
        terms = agreement.terms(name, own[rows], scale)
        worst = float(np.nanmax(np.abs(own[rows] - found[rows]) / terms, initial=0.0))
        if worst > largest:
            largest, where = worst, name
        if not worst <= agreement.LIMIT:
            faults.append(f"{peer.name} {name}: {worst:.2e}")
    faults += _totals_apart(peer.name, found, model.totals(draws, 0, given))
    faults += _totals_apart("simcore", own, tapes.totals(draws, 2))
    faults += _means_apart(peer.name, names, own, model.totals(4 * draws, 1), 4 * draws)
    return Agreement(own.size, 2 * len(tapes.names), largest, where, tuple(faults))


def _scale(names: np.ndarray, values: np.ndarray) -> float:
    """Largest cost of a tonne in the run: premiums are differences of such numbers."""
    costs = [
        np.nanmax(np.abs(values[names == name]), initial=0.0)
        for name in ("levelised_cost", "carbon_cost")
    ]
    return float(sum(costs)) or 1000.0


def _totals_apart(who: str, values: np.ndarray, found: np.ndarray) -> list[str]:
    """Whether totals are those of the values."""
    defined, positive = np.sum(values == values, axis=1), np.sum(values > 0.0, axis=1)
    squares = np.nansum(values**2, axis=1)
    exact = np.stack([defined, np.nansum(values, axis=1), squares, positive], axis=1)
    terms = np.stack([defined, np.nansum(np.abs(values), axis=1), squares, positive], axis=1)
    # Negated, so that a total that is no number counts as wrong.
    wrong = ~(np.abs(found - exact) <= agreement.LIMIT * terms)
    return [f"{who}: {np.sum(wrong)} totals are off"] if wrong.any() else []


def _means_apart(
    who: str, names: np.ndarray, own: np.ndarray, totals: np.ndarray, draws: int
) -> list[str]:
    """Outcomes whose mean under a peer's own random numbers is too far from the package's."""
    # Each with its own spread: far years have heavy tails, and an extreme draw moves both.
    mean = totals[:, 1] / draws
    spread = np.maximum(totals[:, 2] / draws - mean * mean, 0.0)
    error = np.sqrt(own.var(axis=1, ddof=1) / own.shape[1] + spread / draws)
    allowed = FARTHEST * error + agreement.LIMIT * np.abs(own).mean(axis=1)
    near = np.abs(mean - own.mean(axis=1)) <= allowed
    checked = np.isin(names, COMPARED) & np.isfinite(allowed)
    return [
        f"{who} {name}: the mean under its own random numbers is off"
        for name in dict.fromkeys(names[checked & ~near])
    ]
