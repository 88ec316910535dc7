"""What a config says of the report of its run: title, question, where the board looks."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from simcore.quantities.annotations import Name, Year
from simcore.quantities.records import Model, fault


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _once(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise fault(str(values), "each once", "remove one")
    return values


class Report(Model):
    """What `simcore report` shows first; a run does not read it."""

    title: str = ""
    """Title of the page; without it that of the config."""
    question: str = ""
    """What the reader wants to know."""
    at: dict[
        Literal["scenario", "sector", "region", "destination", "route", "year"],
        Annotated[list[str | Year], Field(min_length=1), BeforeValidator(_listed)],
    ] = Field(default_factory=dict)
    """Labels by dimension, such as {region: EU, route: h2_dri_eaf, year: 2030}: the tonne that the
    first page is about."""
    years: Annotated[list[Year], BeforeValidator(_listed), AfterValidator(_once)] = Field(
        default_factory=list[Year]
    )
    """Years of its tables; without them three."""
    routes: Annotated[list[Name], BeforeValidator(_listed), AfterValidator(_once)] = Field(
        default_factory=list[Name]
    )
    """Routes that it shows; without them all."""
    language: Literal["en"] = "en"
    """Language of the page."""
