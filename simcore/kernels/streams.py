"""Streams of random numbers: what each moves, and the Sobol sequence that it is a dimension of.

A price path is a family: its anchor, its parameters and its shocks have dimensions of their own of
one sequence (see `designs`). Free of numba.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SHOCK: Final = "shock"
MEMBERS: Final = (
    "anchor", "sigma", "kappa", "tightening.occurs", "tightening.year", "tightening.strength",
    "carry", "mu", "jumps.rate", "jumps.mean", "jumps.sd",
)  # fmt: skip
"""Roles that have a dimension of a price path: position is dimension, so only append."""
REGIMES: Final = 16
"""Dimension of the parameters of the first regime of volatility."""
SHOCKS: Final = 20
"""First dimension of shocks."""


class Stream(NamedTuple):
    """A stream of random numbers.

    Attributes
    ----------
    role : str
        What it is for its price path, such as `sigma`; of a factor of no path its name.
    path : str
        Name of the price path; empty: none.
    stem : str
        Of a scenario with draws of its own, put before the name.
    place : int
        Position among the regimes of the path, of a parameter of one of them.
    """

    role: str
    path: str = ""
    stem: str = ""
    place: int = 0

    @property
    def name(self) -> str:
        """Name under which its numbers are addressed."""
        return self.stem + ".".join(filter(None, (self.path, self.role)))

    @property
    def family(self) -> tuple[str, int]:
        """Name of its Sobol sequence, which no other stream bears, and dimension of it."""
        group = f"{self.stem}{self.path}.*"
        if self.path and self.role == SHOCK:
            return group, SHOCKS
        if self.path and self.role in MEMBERS:
            return group, MEMBERS.index(self.role)
        if self.path and self.role.startswith("regimes.") and REGIMES + self.place < SHOCKS:
            return group, REGIMES + self.place
        return self.name, 0
