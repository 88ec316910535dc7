"""One year of a contract: what is paid of what is due, and what is left of it (MODEL 12)."""

from __future__ import annotations

from simcore.kernels.elementary import exp
from simcore.kernels.jit import inlined


@inlined
def in_force(delay, year, start, term, first, last):
    """1 in the years of payment: `term` of them from `start + delay` on, inside `first..last`."""
    since = year - start - delay
    inside = (since >= 0.0) & (since < term) & (year >= first) & (year <= last)
    return 1.0 if inside else 0.0


@inlined
def settle(
    due, active, cap_year, cap_total, paid, received, run, ended, cut, one_sided, limited, patience
):
    """Settle what is due in a year (MODEL 12.2).

    Parameters
    ----------
    due : float
        Below zero what the firm owes; read only in a year of payment, may be undefined before.
    active : float
        Above zero in a year of payment.
    cap_year, cap_total : float
        Most that is paid in the year, and in all; infinite without a cap.
    paid, received, run, ended, cut : float
        State: what was paid in all, the same less what was repaid, years in a row in which the
        firm owed, whether the contract has ended, whether a cap has ever cut what was due.
    one_sided, limited : float
        Above zero where the firm owes nothing, or repays at most what it has received.
    patience : float
        Years in a row after which the contract ends; 0: never.

    Returns
    -------
    tuple of float
        Payment, and the state after it.
    """
    going = (active > 0.0) & (ended == 0.0)
    wanted = due if going else 0.0
    owed = wanted < 0.0
    wanted = 0.0 if owed & (one_sided > 0.0) else wanted
    left = cap_total - paid
    most = cap_year if cap_year < left else left
    payment = most if wanted > most else wanted
    least = -received
    payment = least if (limited > 0.0) & (payment < least) else payment
    exhausted = (wanted > 0.0) & (wanted >= left) & (left <= cap_year)
    # As a sum it would miss the cap by a last digit.
    paid = cap_total if exhausted else (paid + payment if payment > 0.0 else paid)
    cut = 1.0 if wanted > most else cut
    received = received + payment
    run = run + 1.0 if owed else 0.0
    ended = 1.0 if (patience > 0.0) & (run >= patience) else ended
    return payment, paid, received, run, ended, cut


@inlined
def settled_row(
    rows, out, due, active, cap_year, cap_total, room, paid, received, run, ended, cut,
    one_sided, limited, patience, worth,
):  # fmt: skip
    """Settle a year in the money of the contract, of which one is `worth` in real money.

    `due`, `room` (a further limit of the year) and the payment are in real money, the caps and the
    state in that of the contract.
    """
    for j in range(rows.shape[1]):
        most, space = rows[cap_year, j], rows[room, j] / worth
        payment, in_all, net, owing, over, cutting = settle(
            rows[due, j] / worth, rows[active, j], space if space < most else most,
            rows[cap_total, j], rows[paid, j], rows[received, j], rows[run, j], rows[ended, j],
            rows[cut, j], one_sided, limited, patience,
        )  # fmt: skip
        rows[out, j] = payment * worth
        rows[paid, j] = in_all
        rows[received, j] = net
        rows[run, j] = owing
        rows[ended, j] = over
        rows[cut, j] = cutting


@inlined
def compounded(log_rate, years):
    """(1 + rate)^years."""
    return exp(years * log_rate)


@inlined
def escalated(log_rate, year, since):
    """(1 + rate)^(year - since)."""
    return exp((year - since) * log_rate)
