"""What a config asks of `simcore wait`: plants, dates, and what is known when one decides."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from simcore.intake.projects import Project
from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import Canonical, Name, Year, listed, once
from simcore.quantities.records import Model, Whole
from simcore.units.canonical import EURO_PER_CAPACITY

CARBON: Final = "carbon_price"
"""In `knows`: the carbon price where the plants stand."""
POLICY: Final = "policy"
"""In `knows`: every policy of the run that says in which year it is `revealed`."""
FEWEST_DRAWS: Final = 1024
MOST_DRAWS: Final = 10_000_000
"""All of them lie in memory at once: values of each plant and date, and all that is known."""
Known = Annotated[str, Field(min_length=1)]


class Waiting(Model):
    """A choice that may be put off: one of some plants at one of some dates, or none of them."""

    title: str = ""
    projects: Annotated[list[Name], BeforeValidator(listed), AfterValidator(once)] = Field(
        default_factory=list[Name]
    )
    """Plants, one of which may be built; without them the project of the same name. What none of
    them is worth is nothing: what they are set against goes on."""
    dates: Annotated[
        list[Year], Field(min_length=1), BeforeValidator(listed), AfterValidator(once),
        AfterValidator(sorted),
    ]  # fmt: skip
    """First years of production, of which one may be taken."""
    knows: Annotated[
        list[Known], Field(min_length=1), BeforeValidator(listed), AfterValidator(once)
    ]  # fmt: skip
    """What the decider goes by, as it stands in the year of the decision: `carbon_price`, prices
    such as `electricity`, markets, policies from the year in which they are `revealed` on
    (`policy`: all of these). Thresholds are told of the first."""
    lead: Annotated[Whole, Field(ge=0, le=20)] | None = None
    """Years from the decision to the start; without it the first year in which `spend` of a plant
    pays."""
    cost: Annotated[Quantity, Canonical(EURO_PER_CAPACITY, minimum=0.0, usual=ranges.CAPEX)] = (
        certain(0.0)
    )
    """What it costs to wait from one date to the next, such as repairs that carry a furnace on, by
    yearly capacity of the first plant; paid in the year of the decision that is put off."""
    draws: Annotated[Whole, Field(ge=FEWEST_DRAWS, le=MOST_DRAWS)] = 65_536
    """One half finds the rule, the other prices it."""
    degree: Literal["auto", 1, 2, 3] = "auto"
    """Of the polynomials in what is known; auto: the one that does best in draws kept aside."""

    def menu(self, name: str) -> list[str]:
        """Names of the plants."""
        return self.projects or [name]

    def leads(self, built: list[Project]) -> int:
        """Years from the decision to the start."""
        if self.lead is not None:
            return self.lead
        return max((-min(one.spend, default=0) for one in built), default=0)
