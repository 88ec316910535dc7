"""Charts of a sensitivity study: which inputs make the answer uncertain, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from simcore.analysis.headline import SOLD
from simcore.analysis.reading import Reading
from simcore.analysis.shares import Place as Indices
from simcore.analysis.shares import lead_of, places_of, told_shares
from simcore.report.charts import Chart, Column, Value, labels
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

SECTION: Final = "sensitivity"
_UNIT: Final = "share of the variance"
_MOST: Final = 6
_BARS: Final = 8
_SAID: Final = {"shapley": "Shapley effect, which sums to 100 %", "total": "total index",
                "first": "first-order index"}  # fmt: skip


def sensitivity_charts(study: xr.Dataset, asked: Mapping[str, Any]) -> list[Chart]:
    """Shares of the groups of inputs, at the place that is asked for if the study has it.

    Parameters
    ----------
    study : xarray.Dataset
        Indices (`simcore.dataset.indices`).
    asked : mapping of str to label
        Labels of the board by dimension.

    Returns
    -------
    list of Chart
        The first is for the board, if the study has its place; then one a place, and shares over
        the years where it has several.
    """
    places = list(places_of(study))
    reading = Reading(study)

    def near(one: Indices) -> bool:
        return all(one.labels[dim] == label for dim, label in asked.items() if dim in one.labels)

    first = next((one for one in places if near(one)), None)
    found = []
    if first is not None:
        found.append(_bars(reading, first, "board", "shares"))
    for one in places:
        chart = _bars(reading, one, SECTION, f"shares-{len(found)}")
        # A plant in the EU: both sales are the same sale.
        if len(found) < _MOST and all(chart.rows != known.rows for known in found):
            found.append(chart)
    return [*map(_largest, found), *_in_full(found), *_over_years(reading, places)]


def _largest(chart: Chart) -> Chart:
    """A chart with its largest shares; it says how many are left out."""
    left = len(chart.rows) - _BARS
    if left <= 0:
        return chart
    note = f"{chart.note} The largest {_BARS} of {len(chart.rows)}."
    return replace(chart, rows=chart.rows[:_BARS], note=note)


def _in_full(charts: list[Chart]) -> Iterator[Chart]:
    """Tables of those that have more shares than bars."""
    for chart in charts:
        if len(chart.rows) > _BARS:
            yield replace(chart, name=f"{chart.name}-all", kind="table", section=SECTION)


def _titles(reading: Reading) -> dict[str, str]:
    """What people call groups."""
    names = [str(one) for one in reading.labels("group")]
    if "group_title" not in reading:
        return {name: reading.title("group", name) for name in names}
    known = [str(one) for one in reading.dataset["group_title"].values.tolist()]
    return dict(zip(names, known, strict=True))


def _bars(reading: Reading, one: Indices, section: str, name: str) -> Chart:
    lead, titles = lead_of(reading.dataset), _titles(reading)
    rows: list[tuple[Value, ...]] = []
    zero, told = [], told_shares(one, lead)
    for group in one.groups:
        share = told[group]
        rows.append((_capital(titles[group]), share.value, share.low, share.high))
        if share.is_zero:
            zero.append(titles[group])
    note = f"{_capital(_SAID[lead])}, of the {one.scale} of the outcome; lines: 95 % intervals."
    if zero:
        words = ", ".join(zero) if len(zero) <= _BARS else f"{len(zero)} of {len(one.groups)}"
        note += f" Not told apart from zero: {words}."
    columns = (*labels("label=Inputs"), *(
        Column(kind, title, _UNIT)
        for kind, title in (("value", "Share"), ("low", "Low"), ("high", "High"))
    ))  # fmt: skip
    return Chart(
        name, f"What makes it uncertain: {_where(reading, one)}",
        "Which inputs is it worth knowing better?", "bars", _UNIT, columns, tuple(rows), section,
        note=note, source=_source(reading, f"{one.variable}_{lead}"),
    )  # fmt: skip


def _over_years(reading: Reading, places: list[Indices]) -> Iterator[Chart]:
    """Shares of groups over the years, a panel a place; they are those that sum to 1."""
    lead, titles = lead_of(reading.dataset), _titles(reading)
    # Another outcome of the study may be of all years.
    places = [one for one in places if "year" in one.labels]
    if lead != "shapley" or not places or len(reading.labels("year")) < 2:
        return
    rows: list[tuple[Value, ...]] = []
    told = [told_shares(one, lead) for one in places]
    for group, title in titles.items():
        for one, shares in zip(places, told, strict=True):
            panel = _where(reading, one, years=False)
            rows.append((panel, _capital(title), int(one.labels["year"]), shares[group].value))
    rows.sort(key=lambda row: str(row[0]))
    columns = (*labels("panel=Place", "series=Inputs", "x=Year"), Column("value", "Share", _UNIT))
    yield Chart(
        "shares-years", "What makes it uncertain, over the years",
        "Does it stay the same inputs?", "shares", _UNIT, columns, tuple(rows), SECTION,
        note="Shapley effects; below zero, which is noise, they count as zero.",
        source=_source(reading, f"{places[0].variable}_{lead}"),
    )  # fmt: skip


def _where(reading: Reading, one: Indices, *, years: bool = True) -> str:
    """Outcome and place in words; what all places share is left out."""
    words = []
    for dim, label in one.labels.items():
        if len(reading.labels(dim)) > 1 and (years or dim != "year"):
            title = reading.title(dim, label)
            words.append(SOLD.get(str(label), title) if dim == "destination" else title)
    known = OUTCOMES.get(one.variable)
    called = known.long_name if known else one.variable
    year = one.labels.get("year")
    if years and year is not None and str(year) not in words:
        words.append(str(year))
    return ", ".join([called, *words])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _source(reading: Reading, array: str) -> str:
    attrs = reading.attrs
    digest = str(attrs.get("digest", ""))[:12]
    return f"simcore sensitivity {digest}, {attrs['draws']:,} draws; {array} with its interval"
