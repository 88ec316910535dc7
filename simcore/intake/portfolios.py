"""A portfolio: projects and exposures that one firm holds together (MODEL 11)."""

from typing import Annotated

from pydantic import Field

from simcore.quantities import Certain, ranges
from simcore.quantities.annotations import Canonical, Name, Year
from simcore.quantities.records import Described
from simcore.units.canonical import ONE

CertainRate = Annotated[Certain, Canonical(ONE, minimum=-0.5, central=1.0, usual=ranges.RISK)]


class Portfolio(Described):
    """What a firm builds, less what it owes for what it has."""

    title: str = ""
    projects: list[Name] = Field(default_factory=list[Name])
    """Of `projects`: what each earns over what it is set against."""
    exposures: list[Name] = Field(default_factory=list[Name])
    """Of `exposures`: the bills of plants that run without the projects."""
    rate: CertainRate | None = None
    """Real discount rate of all members; without it that of each project, and for an exposure the
    cost of capital of the region of its plant."""
    valued_in: Year | None = None
    """Year to which values are discounted; without it the first year of the run."""

    @property
    def members(self) -> list[str]:
        """Names of its projects, then of its exposures."""
        return [*self.projects, *self.exposures]
