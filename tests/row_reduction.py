"""Rows of given numbers through the kernels that reduce rows, one step after the other.

The steps are those of `simcore.running.reduction`, but the values come from an array instead of a model,
so that they may be as nasty as a test wants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from replicate_intervals import intervals

from simcore.kernels import bins, quantiles, sinks
from simcore.kernels.intervals import Tally
from simcore.kernels.operations import BLOCK
from simcore.kernels.ranks import QuantileRanks, quantile_ranks
from simcore.kernels.select import between
from simcore.kernels.sinks import FILLED, KEPT_AT, RATE, ROOM, SCALE, START
from simcore.variables import INTERVAL_LEVEL, QUANTILES

POISON = -7e77
"""Stands wherever memory is only reserved; no test makes this value."""


@dataclass(frozen=True)
class Reduction:
    """What the steps leave behind, by row."""

    numbers: np.ndarray
    sums: np.ndarray
    count: np.ndarray
    slot: np.ndarray
    atom: np.ndarray
    below: np.ndarray
    size: np.ndarray
    rank_slot: np.ndarray
    places: np.ndarray
    arena: np.ndarray
    quantile: np.ndarray
    low: np.ndarray
    high: np.ndarray
    complete: np.ndarray
    ranks: QuantileRanks


def ranks_of(draws: int, replicates: int = 1) -> QuantileRanks:
    return quantile_ranks(draws, QUANTILES, INTERVAL_LEVEL, replicates=replicates)


def blocks_of(
    values: np.ndarray, workers: int, *, replicate: int = 0, replicates: int = 1
) -> list[list[tuple[np.ndarray, int]]]:
    """Blocks of the rows and their draws, by worker; a block that is not full ends in poison.

    All of them, or those of one replicate.
    """
    rows, draws = values.shape
    starts = range(0, draws, BLOCK)
    marks = [len(starts) * w // workers for w in range(workers + 1)]
    found: list[list[tuple[np.ndarray, int]]] = []
    for first, last in pairwise(marks):
        found.append([])
        for start in starts[first:last]:
            if start // BLOCK % replicates != replicate:
                continue
            valid = min(BLOCK, draws - start)
            block = np.full((rows, BLOCK), POISON)
            block[:, :valid] = values[:, start : start + valid]
            found[-1].append((block, valid))
    return found


def scratch() -> dict[str, np.ndarray]:
    return {
        "value": np.full(BLOCK, POISON),
        "found": np.full(BLOCK, POISON),
        "place": np.full(BLOCK, 2**31, np.uint32),
        "lanes": np.full((2, 32), POISON),
    }


def laid(values: np.ndarray, *, nbins: int = 512, look: int = 512, rate: float = 1.0) -> np.ndarray:
    """Numbers of the rows after the first look."""
    numbers = np.full((len(values), 4), POISON)
    numbers[:, RATE], numbers[:, SCALE] = rate, 0.0
    seen = np.ascontiguousarray(values[:, :look] * rate)
    bins.lay_bins(seen, nbins, numbers, 0, len(values))
    return numbers


def counted(
    values: np.ndarray, numbers: np.ndarray, *, nbins: int = 512, workers: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the rows, and their counts by worker."""
    rows = len(values)
    sums, count = np.zeros((rows, sinks.SUMS)), np.zeros((workers, rows, nbins + 1), np.int32)
    own = scratch()
    for worker, blocks in enumerate(blocks_of(values, workers)):
        for block, valid in blocks:
            for row in range(rows):
                sinks.count_row(
                    block, row, row, valid, numbers, sums, count[worker], own["value"],
                    own["place"], own["lanes"],
                )  # fmt: skip
    return sums, count


def reduced(
    values: np.ndarray, *, workers: int = 1, nbins: int = 512, look: int = 512, rate: float = 1.0,
    most_room: int | None = None, replicates: int = 1,
) -> Reduction:  # fmt: skip
    """Take rows (rows, draws) through every step; rows with atoms have `most_room` a worker."""
    rows, draws = values.shape
    ranks = ranks_of(draws, replicates)
    parts = ranks.taken.size
    numbers = laid(values, nbins=nbins, look=look, rate=rate)
    sums, count = counted(values, numbers, nbins=nbins, workers=workers)
    slot = np.full((rows, nbins + 1), 255, np.uint8)
    atom = np.full((rows, sinks.MOST_SLOTS), POISON)
    below, size = (np.full((rows, sinks.MOST_SLOTS), -77) for _ in range(2))
    rank_slot = np.full((rows, ranks.ranks.size), -77)
    places = np.full((workers, rows, 5), -77)
    wanted = np.ones(rows, bool)
    seen = np.ascontiguousarray(values[:, :look] * rate)
    bins.choose_bins(
        count, ranks, seen, numbers, wanted, slot, atom, below, size, rank_slot,
        np.full(sinks.MOST_SLOTS, POISON), places, 0, rows,
    )  # fmt: skip
    if most_room is not None:
        room, careful = places[..., ROOM], places[..., sinks.ATOMS] > 0
        room[careful] = np.minimum(room[careful], most_room)
    needed = places[..., ROOM].ravel()
    places[..., START] = (np.cumsum(needed) - needed).reshape(workers, rows)
    places[..., KEPT_AT] = -1
    arena = np.full(int(needed.sum()), POISON)
    own, tally = scratch(), Tally.of(parts, workers, rows, len(QUANTILES))
    for one in range(max(parts, 1)):
        in_slots = np.zeros((workers, rows if parts else 0, 2 * len(QUANTILES) + 1), np.int32)
        for worker, blocks in enumerate(
            blocks_of(values, workers, replicate=one, replicates=max(parts, 1))
        ):
            for block, valid in blocks:
                for row in range(rows):
                    sinks.collect_row(
                        block, row, row, valid, numbers, places[worker], slot, atom, arena,
                        in_slots[worker], own["value"], own["place"], own["found"],
                    )  # fmt: skip
        if parts:
            below_slots = in_slots.sum(axis=0).cumsum(axis=1)
            tally.filled[one] = places[..., FILLED]
            tally.under[one] = below_slots[:, :-1:2]
            tally.inside[one] = np.diff(below_slots, axis=1)[:, ::2]
    results: Any = [np.full((rows, ranks.weight.size), POISON) for _ in range(3)]
    complete = np.zeros(rows, bool)
    quantiles.select_ranks(
        arena, places, slot, atom, below, size, rank_slot, numbers, ranks, tally, wanted,
        *results, complete, 0, rows,
    )  # fmt: skip
    return Reduction(
        numbers, sums, count, slot, atom, below, size, rank_slot, places, arena, *results,
        complete, ranks,
    )  # fmt: skip


def with_fallback(found: Reduction, values: np.ndarray, *, rate: float = 1.0) -> Reduction:
    """Compute the rows anew whose values did not fit."""
    late = np.flatnonzero(~found.complete)
    quantiles.quantiles_of_rows(
        values[late] * rate, found.ranks, found.quantile, found.low, found.high, late
    )
    return replace(found, complete=np.ones_like(found.complete))


def expected(values: np.ndarray, replicates: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quantiles and the ends of their intervals by sorting; undefined values sort last."""
    ranks = ranks_of(values.shape[1])
    found = np.sort(values, axis=1)[:, ranks.ranks]
    middle = [
        [between(row[a], row[b], w) for a, b, w in zip(
            ranks.lower, ranks.upper, ranks.weight, strict=True,
        )]
        for row in found
    ]  # fmt: skip
    if replicates > 1:
        return np.array(middle), *intervals(values, QUANTILES, replicates)
    low, high = found[:, ranks.low], found[:, ranks.high]
    # The chance that no draw lies far enough out: the interval is open there.
    share, n = (1 - INTERVAL_LEVEL) / 2, values.shape[1]
    probabilities = np.array(QUANTILES)
    low[:, (1 - probabilities) ** n > share] = -np.inf
    high[:, probabilities**n > share] = np.inf
    ends = np.isnan(found[:, ranks.low]), np.isnan(found[:, ranks.high])
    return np.array(middle), np.where(ends[0], np.nan, low), np.where(ends[1], np.nan, high)


def nasty(n: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Columns of n draws that have each broken some way of finding quantiles."""
    generator = np.random.default_rng(seed)
    normal, share = generator.normal(size=n), generator.random(n)
    cauchy, step = generator.standard_cauchy(n), np.arange(n)
    late = np.where(step < 512, 1.0, 0.0)
    return {
        "normal": normal,
        "constant": np.full(n, 0.1),
        "zeros of both signs": np.where(share < 0.5, -0.0, 0.0),
        "zeros of both signs among others": np.where(share < 0.6, np.copysign(0.0, normal), normal),
        "two atoms": np.where(share < 0.4, 0.0, 1.0),
        "two atoms close together": np.where(share < 0.4, 1.0, 1.0 + 2.0**-52),
        "an atom of 99 %": np.where(share < 0.99, 3.7, normal),
        "an atom of 30 %": np.where(share < 0.3, 0.0, normal),
        "an atom among neighbours": np.where(share < 0.5, 1.0, 1.0 + 1e-9 * normal),
        "three atoms and a bulk": np.where(share < 0.6, np.floor(5 * share) / 3, normal),
        "integers": np.floor(7 * share),
        "many integers": np.floor(3000 * share),
        "heavy tails": cauchy,
        "heavier tails": np.sign(normal) * np.exp(np.abs(cauchy).clip(0, 600)),
        "infinities": np.where(np.abs(normal) > 1, np.copysign(np.inf, normal), normal),
        "mostly infinite": np.where(share < 0.97, np.inf, normal),
        "only infinities": np.where(share < 0.5, -np.inf, np.inf),
        "all undefined": np.full(n, np.nan),
        "few defined": np.where(share < 0.02, normal, np.nan),
        "half undefined": np.where(share < 0.5, normal, np.nan),
        "undefined at first": np.where(step < 512, np.nan, normal),
        "one defined at first": np.where((step < 512) & (step != 17), np.nan, 5 + normal),
        "denormal": generator.integers(0, 1000, n) * 5e-324,
        "denormal and zero": np.where(share < 0.5, 0.0, 5e-324),
        "huge": 1e300 * normal,
        "widest range": np.where(share < 0.5, -1.7e308, 1.7e308) * share,
        "neighbouring floats": 1 + generator.integers(0, 7, n) * 2.0**-52,
        "nested scales": normal * 10.0 ** generator.integers(-300, 300, n),
        "outlier": np.where(step == n // 2, 1e300, normal),
        "outlier at first": np.where(step == 0, 1e15, normal),
        "rising": step + 0.0,
        "falling": -1e-3 * step,
        "rising fast": np.exp(step / 10),
        "constant at first": late + (1 - late) * normal,
        "atom that widens": np.where(step < 512, np.where(share < 0.9, 0.0, normal), 1e-7 * normal),
        "atom that moves": np.where(step < 512, 0.0, 1.0) + np.where(share < 0.1, normal, 0.0),
        "narrow at first": np.where(step < 512, 1e-9, 1.0) * normal,
        "wide at first": np.where(step < 512, 1e9, 1.0) * normal,
        "alternating": np.where(step % 2 == 0, -1.0, 1.0) * step,
    }
