"""The settlement of a contract in plain Python (section 12), one year after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Clauses:
    """What a contract says of payments, in its own money."""

    total: float = math.inf
    """Most that is paid in all."""
    yearly: float = math.inf
    one_sided: bool = False
    received: bool = False
    """Whether the firm repays at most what it has received."""
    exit_after: int = 0


@dataclass
class Account:
    """How a contract stands after its last year."""

    payments: list[float]
    paid: float = 0.0
    ended_in: int | None = None
    """Position of the year after which the firm leaves."""
    exhausted_in: int | None = None
    is_cut: bool = False


def account(
    clauses: Clauses, due: Sequence[float], is_active: Sequence[bool],
    room: Sequence[float] | None = None, worth: Sequence[float] | None = None,
) -> Account:  # fmt: skip
    """Settle what is due in each year (12.2), in real money of which a year has some worth."""
    found, net, owing = Account([]), 0.0, 0
    for year, wanted in enumerate(due):
        value = 1.0 if worth is None else worth[year]
        if not is_active[year]:
            found.payments.append(0.0)
            owing = 0
            continue
        if found.ended_in is not None:
            found.payments.append(0.0)
            continue
        amount = wanted / value
        owing = owing + 1 if amount < 0 else 0
        if amount < 0 and clauses.one_sided:
            amount = 0.0
        if amount < 0 and clauses.received:
            amount = max(amount, -net)
        left = clauses.total - found.paid
        most = min(clauses.yearly, left, math.inf if room is None else room[year] / value)
        if amount > most:
            amount, found.is_cut = most, True
        if amount > 0:
            found.paid += amount
        if found.exhausted_in is None and amount >= left:
            found.exhausted_in = year
        net += amount
        found.payments.append(amount * value)
        if clauses.exit_after and owing >= clauses.exit_after:
            found.ended_in = year
    return found
