"""A budget: a gap per tonne, and how many tonnes of it are to be paid for by year (MODEL 13)."""

from typing import Annotated, Literal

from pydantic import Field

from simcore.intake.measures import MOST_OUTPUT
from simcore.quantities import Quantity, ranges
from simcore.quantities.annotations import Canonical, Name, Year
from simcore.quantities.records import Described
from simcore.units.canonical import MEGATONNE_PER_YEAR

Volume = Annotated[
    Quantity,
    Canonical(MEGATONNE_PER_YEAR, minimum=0.0, maximum=MOST_OUTPUT, usual=ranges.OUTPUT),
]


class Budget(Described):
    """What closes a gap for a volume."""

    title: str = ""
    region: Name
    route: Name
    gap: Literal["support", "market", "buyer"] = "support"
    """support: support_gap; market: market_gap; buyer: buyer_premium, over `against`."""
    destination: Literal["domestic", "eu"] = "domestic"
    """Where the tonnes are sold, for `gap: support`."""
    against: str | None = None
    """One of the run's `against`, for `gap: buyer`; without it the only one that there is."""
    volume: dict[Year, Volume] = Field(min_length=1)
    """Mt/yr: none before the first date, linear between dates, held after the last; one draw for
    all dates."""

    @property
    def first(self) -> int:
        """First year with any volume."""
        dates = sorted(self.volume)
        zero = [getattr(self.volume[date], "value", None) == 0 for date in dates]
        for position, date in enumerate(dates):
            if not zero[position]:
                return date if position == 0 else dates[position - 1] + 1
        return dates[-1] + 1
