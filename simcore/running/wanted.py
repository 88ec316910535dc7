"""Bins of each row that hold a wanted rank: those whose values are collected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.running.compiled import Tile
from simcore.running.crew import Crew
from simcore.running.items import Need
from simcore.running.jobs import Job

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """Bins whose values are collected, as `kernels.bins.choose_bins` finds them.

    Attributes
    ----------
    ranks : QuantileRanks
    rows : ndarray, shape (rows,)
        Rows whose quantiles these ranks give.
    rank_slot : ndarray, shape (rows, ranks)
    slot, atom, below, size, places : ndarray
        Of all rows of the tile, whatever their ranks.
    """

    ranks: Any
    rows: NDArray[np.bool_]
    rank_slot: NDArray[np.int64]
    slot: NDArray[np.uint8]
    atom: Floats
    below: NDArray[np.int64]
    size: NDArray[np.int64]
    places: NDArray[np.int64]


def wanted_bins(
    job: Job, crew: Crew, tile: Tile, numbers: Floats, look: Floats, counts: NDArray[np.int32]
) -> list[Wanted]:
    """The bins that hold a wanted rank, and room for their values, for rows of the same ranks.

    Ranks are those of all draws, or of those in which a row is defined, where that is known.
    """
    from simcore.kernels import bins, sinks

    rows, slots = tile.rows, sinks.MOST_SLOTS
    shared: dict[str, NDArray[Any]] = {
        "slot": np.zeros((rows, tile.bins + 1), np.uint8),
        "atom": np.full((rows, slots), np.nan),
        "below": np.zeros((rows, slots), np.int64),
        "size": np.zeros((rows, slots), np.int64),
    }
    asked = tile.need == Need.QUANTILES

    def chosen(defined: int) -> Wanted:
        ranks = job.ranks_among(defined)
        one = Wanted(
            ranks, asked & (tile.defined == defined), np.full((rows, ranks.ranks.size), -1),
            **shared, places=np.zeros((len(counts), rows, 5), np.int64),
        )  # fmt: skip
        crew.over_rows(
            lambda first, last: bins.choose_bins(
                counts, ranks, look, numbers, one.rows, one.slot, one.atom, one.below, one.size,
                one.rank_slot, np.empty(slots), one.places, first, last,
            ),
            rows,
        )  # fmt: skip
        return one

    found = [chosen(defined) for defined in np.unique(tile.defined[asked]).tolist()]
    # Rows of other ranks have no room, so that these add up.
    places: NDArray[np.int64] = sum(one.places for one in found)  # type: ignore[assignment]
    places[:, :, sinks.KEPT_AT] = -1
    return [replace(one, places=places) for one in found]
