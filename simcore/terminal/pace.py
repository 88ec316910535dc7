"""How fast a run is, and what is left of it."""

from __future__ import annotations

import math
import time

GOING_ON = "going on"
"""What a run says of the share that it found done."""


class Pace:
    """The pace of a run, from what this try of it has done.

    Parameters
    ----------
    draws : int
        In which it is told.
    """

    def __init__(self, draws: int) -> None:
        self._draws = draws
        self._found, self._begun = 0.0, time.monotonic()

    def at(self, share: float, note: str = "") -> tuple[float, float]:
        """Draws a second, and seconds that are left at that pace, where so much is done."""
        now = time.monotonic()
        if note == GOING_ON:
            self._found, self._begun = share, now
        pace = (share - self._found) / max(now - self._begun, 1e-9)
        return self._draws * pace, (1 - share) / pace if pace > 0 else math.inf
