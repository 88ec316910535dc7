"""One page on a project: what it costs, who pays, what can go wrong, its cash flow."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simcore.analysis.deal import SECTIONS
from simcore.analysis.deal_records import Deal, Exceeded, Line, Spread, Tail
from simcore.analysis.notation import decimals, number, said_unit, share
from simcore.errors import printable
from simcore.terminal.deal_terms import PAGE, head_lines, is_idle, struck_per, wrapped
from simcore.variables import OUTCOMES

_TITLES: Final = {
    "cost": "WHAT IT COSTS", "payer": "WHO PAYS", "risk": "WHAT CAN GO WRONG", "cash": "CASH FLOW",
}  # fmt: skip
_COLUMNS: Final = {
    "cost": ("p5", "p50", "p95"), "payer": ("mean", "p5", "p95"), "risk": ("mean", "p5", "p95"),
    "cash": ("p5", "p50", "p95"),
}  # fmt: skip
_WORDS: Final = {
    "project_cost": "cost before carbon",
    "project_gap": "gap before support",
    "project_npv": "NPV with support",
    "break_even_strike": "strike to break even",
    "break_even_premium": "premium needed on top",
    "break_even_grant": "grant needed on top",
    "project_support": "support of all together",
    "instrument_strike": "strike",
    "instrument_reference": "reference price",
    "instrument_payment": "the public pays",
    "instrument_npv": "public cost, present value",
    "instrument_total": "public cost, sum of years",
    "instrument_repaid": "paid back by the firm",
    "public_cost_per_tco2": "public cost",
    "claw_back": "the firm pays more than it gets",
    "instrument_repays": "the firm pays in the year",
    "cap_binds": "the cap binds",
    "instrument_exhausted": "the cap is used up",
    "instrument_ended": "the contract has ended",
    "deal_closes": "the deal closes in the year",
    "project_margin": "margin with support",
    "project_revenue": "revenue",
    "project_free_cash": "free cash flow",
    "free_cash_npv": "free cash, present value",
    "project_irr": "internal rate, real",
    "equity_irr": "internal rate of equity",
    "dscr": "cover of debt service",
    "dscr_below": "the covenant is broken",
    "dscr_lowest": "lowest cover of debt service",
    "debt_capacity": "debt that it bears",
}
_SHORT: Final = {"project_npv": "NPV", "instrument_npv": "public cost", "free_cash_npv": "cash"}
"""In lines that say more than the outcome."""
_STRUCK: Final = {
    "break_even_strike", "instrument_strike", "instrument_reference", "public_cost_per_tco2",
}  # fmt: skip
_COMPARED: Final = {
    "project_gap", "project_npv", "break_even_strike", "instrument_npv", "free_cash_npv",
}  # fmt: skip
_TOTALS: Final = {"instrument_npv", "instrument_total"}
_RATES: Final = {"project_irr", "equity_irr"}
_MOST_RATE: Final = 10.0
_LARGE: Final = 9_999.5
"""From here on amounts are told in thousands."""
_Row = tuple[str, str, list[str]]
"""Label, year, and numbers, which are none where the label is a heading."""
_ADD: Final = {
    "instruments": "who pays: add instruments: [NAME] to the project, and the entry to "
    "catalog.instruments",
    "instrument_npv": "what the instruments pay: add instrument_payment and instrument_npv to "
    "outcomes",
    "cash": "revenue, internal rate and cover of debt: add project_irr and dscr_lowest to "
    "outcomes; they ask for a price of the product",
    "tails": "means of the worst draws: add risk: {tails: [0.05, 0.95], of: [project_npv]}",
    "draws": "what prices are in the worst draws: add project_npv and carbon_price to keep",
}


def deal_text(deal: Deal) -> str:
    """Show a deal in lines of at most 80 characters; two scenarios stand beside each other.

    Further scenarios follow below, each beside the first.
    """
    lines = head_lines(deal)
    first, *others = deal.scenarios
    pairs = [[first, other] for other in others] or [[first]]
    for beside in pairs:
        for section in SECTIONS:
            lines += _section(deal, section, beside)
    if deal.lacking:
        lines += ["", "NOT SHOWN"]
        for key in deal.lacking:
            lines += wrapped(_ADD[key], "  ")
    return "\n".join(map(printable, lines))


def _section(deal: Deal, section: str, scenarios: Sequence[str]) -> list[str]:
    columns: Sequence[str] = _COLUMNS[section]
    rows: list[_Row] = []
    before, instrument = "", ""
    for one in _told(deal, section):
        if one.instrument != instrument:
            instrument = one.instrument
            rows.append((instrument, "", []))
        label = _label(one)
        margin = "  " if instrument else ""
        alike = [each for each in deal.lines
                 if (each.outcome, each.instrument) == (one.outcome, one.instrument)]  # fmt: skip
        scale, places = _scale(_of_one_scale(deal, one), columns)
        told = f"{margin}{label}{_unit(one, scale, struck_per(deal, one.instrument))}"
        year = str(one.year or "") if not _is_fixed(alike) else ""
        rows.append((
            "" if told == before and year else told, year,
            [cell for name in scenarios
             for cell in _cells(one, one.spreads[name], columns, scale, places)],
        ))  # fmt: skip
        before = told
    if section == "risk":
        rows += _risks(deal, scenarios, columns)
    if not rows:
        return []
    columns, rows = _without_empty(columns, rows)
    lines = ["", *_table(_TITLES[section], scenarios, columns, rows)]
    for said in _said(deal, section, scenarios):
        lines += wrapped(said, "")
    return lines


def _of_one_scale(deal: Deal, one: Line | Tail | Exceeded) -> list[Line]:
    """Lines that have one unit: the years of an outcome, and what the public pays in all."""
    names = _TOTALS if one.outcome in _TOTALS else {one.outcome}
    return [line for line in deal.lines
            if line.outcome in names and line.instrument == one.instrument]  # fmt: skip


def _told(deal: Deal, section: str) -> Iterator[Line]:
    """Lines of a part of the page; a number that is the same in all years once."""
    facts = deal.facts[deal.scenarios[0]]
    for one in deal.lines:
        if one.section != section:
            continue
        # With one instrument the support is what it pays.
        if one.outcome == "project_support" and len(facts["instruments"]) == 1:
            continue
        if one.instrument and is_idle(deal, one):
            continue
        years = [each for each in deal.lines
                 if (each.outcome, each.instrument) == (one.outcome, one.instrument)]  # fmt: skip
        if one is years[0] or not _is_fixed(years):
            yield one


def _is_fixed(lines: Sequence[Line]) -> bool:
    """Whether a number is known and the same in all years that are told: a strike, mostly."""
    values = {
        value for one in lines for each in one.spreads.values()
        for value in (each.mean, each.p5, each.p95)
    }  # fmt: skip
    return len(lines) > 1 and max(values) - min(values) <= 1e-9 * abs(max(values))


def _without_empty(
    columns: Sequence[str], rows: Sequence[_Row]
) -> tuple[Sequence[str], list[_Row]]:
    """Leave out columns in which no row has anything: of shares there is one number."""
    each = len(columns)
    filled = [
        place for place in range(each)
        if any(cell for _, _, cells in rows for cell in cells[place::each])
    ]  # fmt: skip
    found = [(label, year, [cell for at, cell in enumerate(cells) if at % each in filled])
             for label, year, cells in rows]  # fmt: skip
    only = [columns[place] for place in filled]
    are_shares = all(cell.endswith("%") for _, _, cells in found for cell in cells)
    return ["share"] if only == ["mean"] and are_shares else only, found


def _label(one: Line) -> str:
    return _WORDS.get(one.outcome) or OUTCOMES[one.outcome].long_name.lower()


def _unit(one: Line, scale: float, paid: str = "CO2") -> str:
    """Unit after a label, in thousands of it where amounts are large; `paid`: what a strike is
    paid for."""
    if one.kind != "number" or one.unit == "1":
        return ""
    unit = said_unit(one.unit, scale)
    paid = "CO2" if one.outcome == "public_cost_per_tco2" else paid
    return f", {unit} {paid}" if one.outcome in _STRUCK else f", {unit}"


def _scale(lines: Sequence[Line], columns: Sequence[str]) -> tuple[float, int]:
    """By what amounts are divided, so that they have four digits, and their decimals."""
    values = [
        getattr(spread, name) for one in lines for spread in one.spreads.values()
        for name in columns
    ]  # fmt: skip
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    scale = 1000.0 if largest >= _LARGE and lines[0].kind == "number" else 1.0
    return scale, decimals([value / scale for value in values], figures=3)


def _cells(
    one: Line, spread: Spread, columns: Sequence[str], scale: float, places: int
) -> list[str]:
    if one.kind == "indicator":
        # Where the columns are quantiles a share stands in the middle.
        at = columns.index("mean") if "mean" in columns else 1
        return [share(spread.mean) if place == at else "" for place in range(len(columns))]
    if one.kind == "year":
        seen = "-" if not spread.defined > 0 else f"{share(spread.defined)}"
        when = "" if not spread.defined > 0 else f"in {spread.mean:.0f}"
        return [seen, "", when]
    if one.outcome in _RATES:
        return [_per_cent(getattr(spread, name)) for name in columns]
    return [number(getattr(spread, name) / scale, places) for name in columns]


def _per_cent(value: float) -> str:
    """A rate of return; what never comes back has -1, what exceeds all rates 10 (MODEL 11.20)."""
    if value <= -1.0:
        return "never"
    return f"{100 * value:.1f}%" if value < _MOST_RATE else ">1000%"


def _risks(deal: Deal, scenarios: Sequence[str], columns: Sequence[str]) -> list[_Row]:
    """The share of the draws that lose money, and the means of the worst."""
    rows: list[_Row] = []
    empty = [""] * (len(columns) - 1)
    value = deal.line("project_npv")
    if value is not None:
        lost = [1.0 - value.spreads[name].positive for name in scenarios]
        rows.append((
            "net present value below zero", "",
            [cell for one in lost for cell in (share(one), *empty)],
        ))  # fmt: skip
    instrument = ""
    far: list[Tail | Exceeded] = [*deal.tails, *deal.exceeded]
    order = ["", *(name for known in deal.facts.values() for name in known["instruments"])]
    for one in sorted(far, key=lambda one: order.index(one.instrument)):
        if one.instrument != instrument:
            instrument = one.instrument
            rows.append((instrument, "", []))
        margin = "  " if instrument else ""
        label, cells = _beyond(deal, one, scenarios)
        rows.append((margin + label, "", [c for cell in cells for c in (cell, *empty)]))
    return rows


def _beyond(deal: Deal, one: Tail | Exceeded, scenarios: Sequence[str]) -> tuple[str, list[str]]:
    """Label and numbers of a tail mean, or of the share above a threshold; all of an
    outcome has one unit."""
    like = Line("", one.outcome, one.unit, "number", one.instrument, None, {
        f"{name} {at}": Spread(value) for at, each in enumerate(deal.tails)
        if (each.outcome, each.instrument) == (one.outcome, one.instrument)
        for name, value in each.means.items()
    })  # fmt: skip
    scale, places = _scale([like, *_of_one_scale(deal, one)], ("mean", "p5", "p95"))
    name = _SHORT.get(one.outcome) or _label(like)
    if isinstance(one, Exceeded):
        above = f"above {one.threshold:,.10g}{_unit(like, 1.0)[1:]}"
        return f"{name} {above}", [share(one.shares[name]) for name in scenarios]
    side = "lowest" if one.probability < 0.5 else "highest"
    part = min(one.probability, 1.0 - one.probability)
    label = f"{name}, {side} {100 * part:.3g} %{_unit(like, scale)}"
    return label, [number(one.means[name] / scale, places) for name in scenarios]


def _table(
    title: str, scenarios: Sequence[str], columns: Sequence[str], rows: Sequence[_Row]
) -> list[str]:
    """Align the rows under their columns, those of a scenario under its name."""
    several, each = len(scenarios) > 1, len(columns)
    heading = [name.upper() if name.startswith("p") else name for name in columns]
    widths = [
        max(5, len(heading[place % each]),
            *(len(cells[place]) for _, _, cells in rows if cells))
        for place in range(each * len(scenarios))
    ]  # fmt: skip
    for at, name in enumerate(scenarios if several else ()):
        span = sum(widths[at * each : (at + 1) * each]) + each - 1
        widths[at * each] += max(0, len(name) - span)
    dated = 6 if any(year for _, year, _ in rows) else 0
    right = sum(widths) + len(widths) + 2 * len(scenarios) - 2
    left = min(max([len(title), *(len(label) for label, _, _ in rows)]), PAGE - right - dated)

    def line(label: str, year: str, cells: Sequence[str]) -> str:
        text = label.ljust(left) + (year.rjust(dated) if dated else "")
        for place, cell in enumerate(cells):
            gap = " " if place % each or not place else "   "
            text += gap + cell.rjust(widths[place])
        return text.rstrip()

    lines = []
    if several:
        spans = [sum(widths[at * each : (at + 1) * each]) + each - 1
                 for at in range(len(scenarios))]  # fmt: skip
        names = "".join(
            (" " if not place else "   ") + f"{name} ".ljust(span, "-")[:span]
            for place, (name, span) in enumerate(zip(scenarios, spans, strict=True))
        )
        lines.append(" " * (left + dated) + names)
    lines.append(line(title, "", heading * len(scenarios)))
    for label, year, cells in rows:
        *above, last = textwrap.wrap(
            label, left, subsequent_indent="  " + " " * (len(label) - len(label.lstrip()))
        ) or [""]
        lines += [*above, line(last, year, cells)]
    return lines


def _said(deal: Deal, section: str, scenarios: Sequence[str]) -> Iterator[str]:
    """Sentences under the table of a section."""
    if len(scenarios) > 1:
        yield from _difference(deal, section, *scenarios)
    if section == "risk":
        yield from _bad(deal, scenarios)
        yield from _sampled(deal, scenarios)
        for address, found in deal.resolved.items():
            shown = address.startswith("projects.") or found["scenario"] in scenarios
            if f"projects.{deal.project}." in address and shown:
                yield _found(deal, address, found)


def _difference(deal: Deal, section: str, first: str, other: str) -> Iterator[str]:
    """What the second scenario changes on average; the draws are the same, so that it is exact."""
    parts = []
    for line in deal.lines:
        early = line.year in (None, deal.years[0])
        if line.section != section or line.outcome not in _COMPARED or not early:
            continue
        change = line.spreads[other].mean - line.spreads[first].mean
        if change == 0:
            continue
        scale, _ = _scale([line], _COLUMNS[section])
        places = decimals([change / scale], figures=2)
        whose = f"{line.instrument}, " if line.instrument else ""
        year = f" in {line.year}" if line.year else ""
        unit = _unit(line, scale, struck_per(deal, line.instrument))[1:]
        parts.append(f"{whose}{_label(line)}{year} {change / scale:+,.{places}f}{unit}")
    if parts:
        yield f"{other} less {first}, on average: {'; '.join(parts)}."


def _sampled(deal: Deal, scenarios: Sequence[str]) -> Iterator[str]:
    """How far means are from those of infinitely many draws: of the widest scenario."""
    parts = []
    for line in deal.lines:
        if line.outcome not in _SHORT:
            continue
        error = max(line.spreads[name].standard_error for name in scenarios)
        if math.isfinite(error) and error > 0:
            whose = f"{line.instrument}, " if line.instrument else ""
            parts.append(f"{whose}{_SHORT[line.outcome]} {_amount(error, line.unit, 2)}")
    if parts:
        yield f"Standard errors of the means, from having drawn: {'; '.join(parts)}."


def _amount(value: float, unit: str, figures: int) -> str:
    """One number with its unit, in thousands where the tables would have it so."""
    scale = 1000.0 if _LARGE <= abs(value) < math.inf else 1.0
    shown = number(value / scale, decimals([value / scale], figures=figures))
    return f"{shown} {said_unit(unit, scale)}"


def _bad(deal: Deal, scenarios: Sequence[str]) -> Iterator[str]:
    for scenario in scenarios:
        seen = [one for one in deal.bad if one.scenario == scenario]
        if seen:
            told = ", ".join(
                f"{one.title} {_amount(one.bad, one.unit, 3)} (all: "
                f"{_amount(one.every, one.unit, 3)})"
                for one in seen
            )
            where = f" of {scenario}" if len(scenarios) > 1 else ""
            yield f"Prices of {seen[0].year} in the worst 5 % of the draws{where}, medians: {told}."


def _found(deal: Deal, address: str, found: Mapping[str, Any]) -> str:
    """How a strike was found."""
    *_, instrument, _ = address.split(".")
    scale = 1000.0 if found["value"] >= _LARGE else 1.0
    places = decimals([found["value"] / scale], figures=3)
    low, value, high = (
        number((math.inf if found[key] is None else found[key]) / scale, places)
        for key in ("low", "value", "high")
    )
    return (
        f"Strike of {instrument}: {value} {said_unit(found['unit'], scale)} "
        f"{struck_per(deal, instrument)} (95 % interval {low} to {high}), at which "
        f"{100 * found['break_even']:.10g} % of the draws of {found['scenario']} break even."
    )
