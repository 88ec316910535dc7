"""The page: one file that needs no network, no script and no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simcore.analysis.reading import Reading, place_of
from simcore.analysis.select import outcomes_of
from simcore.analysis.sentences import answer_of, error_of
from simcore.errors import printable
from simcore.report import method
from simcore.report.board import where
from simcore.report.charts import Chart
from simcore.report.content import charts_at
from simcore.report.equations import equations_of, mathml
from simcore.report.panels import colour_of, letter, series_of
from simcore.report.pictures import drawn
from simcore.report.svg import DASHES, SERIES, Canvas
from simcore.report.tables import grid_of
from simcore.report.tiles import tiles_of
from simcore.report.twins import as_link

if TYPE_CHECKING:
    import xarray as xr

SECTIONS: Final = {
    "board": "The answer",
    "decisions": "Decisions",
    "everywhere": "All regions and routes",
    "sensitivity": "What the answer depends on",
    "comparison": "Beside the other run",
    "method": "Method and sources",
}
"""Parts of the page, in their order; those without content are left out."""


# What turns the direction of text round could make a name look like another.
_STEERS: Final = {
    code: f"\\u{code:04x}"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


@dataclass(frozen=True)
class Asked:
    """What a reader wants to know, and where.

    Attributes
    ----------
    question, title : str
        Empty: the title of the run.
    at : mapping of str to sequence of str
        Labels by dimension, of which the board takes the first.
    years : sequence of int
        Of tables; empty: telling ones.
    routes : sequence of str
        Those shown; empty: all.
    """

    question: str = ""
    title: str = ""
    at: Mapping[str, Sequence[str]] = field(default_factory=dict)
    years: Sequence[int] = ()
    routes: Sequence[str] = ()


def asked_of(dataset: xr.Dataset) -> Asked:
    """What the config of a run says of its report."""
    told = Reading(dataset).config.get("report") or {}
    at = {str(dim): [str(one) for one in names] for dim, names in told.get("at", {}).items()}
    return Asked(
        str(told.get("question", "")), str(told.get("title", "")), at,
        tuple(told.get("years", ())), tuple(told.get("routes", ())),
    )  # fmt: skip


def page_of(
    dataset: xr.Dataset, asked: Asked | None = None, *,
    sources: Mapping[str, Mapping[str, Any]] | None = None, more: Sequence[Chart] = (),
    changes: Sequence[tuple[str, str, str]] = (), audit: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Write the report of a run.

    Parameters
    ----------
    dataset : xarray.Dataset
        An opened run.
    asked : Asked, optional
        Without it what the config of the run says.
    sources : mapping, optional
        What is known of each source by its key: title, publisher, date, kind, note, url.
    more : sequence of Chart
        Charts of other datasets: a sensitivity study, a comparison.
    changes : sequence of (address, old, new)
        How the config of the other run differs.
    audit : mapping, optional
        What else proves how the run was made.

    Returns
    -------
    str
        HTML; the same bytes for the same run.

    Raises
    ------
    RunError
        `asked` names a label that the run does not have.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    asked = asked or asked_of(dataset)
    reading = Reading(dataset, years=asked.years, routes=asked.routes)
    place = place_of(reading, asked.at)
    charts = charts_at(reading, place, more)
    correlations = method.correlations(reading)
    title = printable(asked.title or str(dataset.attrs.get("title", "")) or "A run of simcore")
    shown = {name: [one for one in charts if one.section == name] for name in SECTIONS}
    environment = Environment(
        loader=PackageLoader("simcore.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {
        "pictures": lambda chart, small=False: [
            (one.title, Markup(one.svg)) for one in drawn(chart, small=small, mark=place.year)
        ],
        "legend": lambda chart: [(name, Markup(swatch)) for name, swatch in legend(chart)],
        "twin": as_link, "grid": grid_of, "mathml": lambda one: Markup(mathml(one)),
        "chosen": classes,
    }  # fmt: skip
    template = environment.get_template("page.html")
    text = template.render(
        title=title, question=printable(asked.question) or title, place=place,
        asked=bool(asked.question), answer=answer_of(reading, place), where=where(reading, place),
        tiles=tiles_of(reading, place), charts=shown, sections=SECTIONS, changes=list(changes),
        choosers=chooser(shown["everywhere"]),
        cited=method.cited(reading, sources or {}), correlations=correlations,
        equations=equations_of(outcomes_of(reading.run)), limits=method.LIMITS,
        made_by=method.made_by(reading), error=method.sampling_error(reading),
        errors=list(error_of(reading, place)),
        draws=f"{int(dataset.attrs['draws']):,}", seed=str(dataset.attrs.get("seed", "")),
        money=reading.money(), config=str(dataset.attrs.get("config", "")),
        audit=[(str(key), str(value)) for key, value in (audit or {}).items()],
        style=Markup(environment.get_template("style.css").render()),
    )  # fmt: skip
    return str(text.translate(_STEERS))


def legend(chart: Chart) -> list[tuple[str, str]]:
    """Names of series with what they look like, for panels that do not name them."""
    names = series_of(chart)
    places = {name: place for place, name in enumerate(names)}
    found = []
    for place, name in enumerate(names):
        canvas = Canvas(30, 14)
        colour = SERIES[colour_of(places, name) % len(SERIES)]
        if chart.kind == "shares":
            canvas.box(0, 0, 18, 14, colour)
            canvas.text(9, 11, letter(place), size=11, colour="#ffffff", anchor="middle", bold=True)
        else:
            canvas.box(0, 2, 30, 10, colour, opacity=0.2)
            canvas.line(0, 7, 30, 7, colour, width=2.2, dash=DASHES[place % len(DASHES)])
        found.append((name, canvas.ornament()))
    return found


@dataclass(frozen=True)
class Choice:
    """Radio buttons of one kind: what they choose, and their labels."""

    name: str
    labels: tuple[str, ...]


def chooser(charts: Sequence[Chart]) -> list[Choice]:
    """The kinds of choice among charts, in the order of their labels."""
    found: dict[str, dict[str, None]] = {}
    for chart in charts:
        for choice in chart.choices:
            for kind, label in choice:
                found.setdefault(kind, {})[label] = None
    return [Choice(kind, tuple(names)) for kind, names in found.items()]


def classes(chart: Chart, choosers: Sequence[Choice]) -> str:
    """What makes the chosen charts show: `k0-2` for the third label of the first choice."""
    own = {pair for choice in chart.choices for pair in choice}
    return " ".join(
        f"k{kind}-{place}"
        for kind, one in enumerate(choosers)
        for place, label in enumerate(one.labels) if (one.name, label) in own
    )  # fmt: skip
