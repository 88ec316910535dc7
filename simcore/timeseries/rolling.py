"""Several deliveries a date as one price: that of the nearest, without the gaps between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from simcore.timeseries.dates import Day


class Quote(NamedTuple):
    """A price of a date, the line it stands in, and its delivery where there are several."""

    day: Day
    price: float
    line: int
    delivery: Day | None = None


def front(quotes: Sequence[Quote], *, as_quoted: bool) -> tuple[list[Quote], list[str]]:
    """Keep on each date the price of the nearest delivery.

    Parameters
    ----------
    quotes : sequence of Quote
        Sorted by date, one price a date and delivery.
    as_quoted : bool
        Keep prices as they are. Otherwise earlier prices are multiplied, at each roll, by what the
        next delivery cost of the last one on the last date that has both: changes are then those of
        one delivery, and the last prices are as quoted.

    Returns
    -------
    list of Quote
        One a date.
    list of str
        Number of rolls, and what could not be done.

    Notes
    -----
    A delivery is held to its last date with a price, at most to the day, or the last day of the
    month, of its name. A date on which it has none is a gap; no earlier delivery comes back.
    """
    book: dict[Any, dict[Any, Quote]] = {}
    for one in quotes:
        if one.delivery is not None and one.day <= one.delivery:
            book.setdefault(one.delivery, {})[one.day] = one
    deliveries, kept, gaps = sorted(book), [], 0
    ends = {delivery: max(book[delivery]) for delivery in deliveries}
    at = 0
    for day in sorted({day for prices in book.values() for day in prices}):
        while ends[deliveries[at]] < day:
            at += 1
        quote = book[deliveries[at]].get(day)
        kept += [quote] if quote else []
        gaps += not quote
    rolls = [
        place for place in range(1, len(kept)) if kept[place].delivery != kept[place - 1].delivery
    ]
    notes = [f"front: the nearest delivery not yet expired, {len(rolls)} rolls"]
    if rolls:
        notes[0] += f", {kept[rolls[0]].day} to {kept[rolls[-1]].day}"
    if gaps:
        notes.append(f"{gaps:,} dates on which the nearest delivery has no price left out")
    if as_quoted or not rolls:
        return kept, notes
    factor, open_gaps = 1.0, []
    for place in range(len(kept) - 2, -1, -1):
        last, following = book[kept[place].delivery], book[kept[place + 1].delivery]
        if last is not following:
            both = [day for day in last if day in following and day <= kept[place].day]
            if both:
                day = max(both)
                factor *= following[day].price / last[day].price
            else:
                open_gaps.append(str(kept[place + 1].day))
        kept[place] = kept[place]._replace(price=factor * kept[place].price)
    notes[0] += f"; gaps between deliveries taken out, the first price times {factor:.4g}"
    if open_gaps:
        notes.append(
            f"warning: at {len(open_gaps)} rolls no date has both deliveries "
            f"({', '.join(open_gaps[:-4:-1])}): their gap counts as a change"
        )
    return kept, notes
