"""How the work of a run is divided; all but the first look leave every bit of it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simcore.running.resuming import Record


@dataclass(frozen=True)
class Options:
    """How the work is divided.

    Attributes
    ----------
    look : int
        Draws of the first look, over which bins are laid and about whose first all sums are made.
    smallest : float
        Smallest room for a tile, MB.
    items : int, optional
        Most items of a tile; without it, as many as there is memory for.
    bins, collected, recalled : int, optional
        Bins of each row, values that may be collected at a time, and prices of systems that may be
        kept from pass to pass; without them, as memory has room.
    part : int, optional
        Batches of a part where draws are cut into parts, a power of two; without it, as many as are
        some seconds of work.
    kept : int, optional
        Draws of a kept row that lie in memory at a time; without it, all of them.
    record : Record, optional
        Where what is done is kept, so that a run that was killed can go on.
    """

    look: int = 512
    smallest: float = 48.0
    items: int | None = None
    bins: int | None = None
    collected: int | None = None
    recalled: int | None = None
    part: int | None = None
    kept: int | None = None
    record: Record | None = None

    @property
    def elsewhere(self) -> Options:
        """The same for another process, which has no part in the record."""
        return replace(self, record=None)


class Report(Protocol):
    """Told the share of the work that is done, and now and then a word about it."""

    def __call__(self, share: float, note: str = "") -> None: ...


def silent(share: float, note: str = "") -> None:
    """Report nothing."""


def between(report: Report, first: float, last: float) -> Report:
    """Report of a step that begins and ends at these shares of the whole."""

    def part(share: float, note: str = "") -> None:
        report(first + (last - first) * share, note)

    return part


def shared(report: Report, work: Sequence[float]) -> list[Report]:
    """Reports of steps that follow each other, each of which has so much of the work."""
    ends = [0.0, *accumulate(work)]
    whole = ends[-1] or 1.0
    return [between(report, first / whole, last / whole) for first, last in pairwise(ends)]
