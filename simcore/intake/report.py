"""What a config says of the report of its run: title, question, where the board looks."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from simcore.quantities.annotations import Name, Year, listed, once
from simcore.quantities.records import Model


class Report(Model):
    """What `simcore report` shows first; a run does not read it."""

    title: str = ""
    """Title of the page; without it that of the config."""
    question: str = ""
    """What the reader wants to know."""
    at: dict[
        Literal["scenario", "sector", "region", "destination", "route", "year"],
        Annotated[list[str | Year], Field(min_length=1), BeforeValidator(listed)],
    ] = Field(default_factory=dict)
    """Labels by dimension, such as {region: EU, route: h2_dri_eaf, year: 2030}: the tonne that the
    first page is about."""
    years: Annotated[list[Year], BeforeValidator(listed), AfterValidator(once)] = Field(
        default_factory=list[Year]
    )
    """Years of its tables; without them three."""
    routes: Annotated[list[Name], BeforeValidator(listed), AfterValidator(once)] = Field(
        default_factory=list[Name]
    )
    """Routes that it shows; without them all."""
    language: Literal["en"] = "en"
    """Language of the page."""
