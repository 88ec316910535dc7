"""The head of the page of a project: plant, alternative, instruments and their terms in words."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Final

from simcore.analysis.deal_records import Deal, Line
from simcore.analysis.headline import SOLD
from simcore.analysis.projects import is_struck
from simcore.terminal.tables import named

PAGE: Final = 80
"""Characters of a line."""
_KINDS: Final = {
    "ccfd": "carbon contract", "cfd": "contract for difference", "opex": "support of operation",
    "procurement": "public buyers", "product": "support of products",
}  # fmt: skip
_PHRASES: Final = {
    "term": "{} years", "sided": "{}-sided", "reference": "{} reference", "strike": "strike {}",
    "strike.break_even": "strike at which {} of the draws break even",
    "strike.in": "bid under {}", "cap.total": "at most {} in all",
    "cap.yearly": "at most {} a year", "exit_after": "ends after {} years of repaying",
    "other_aid": "other aid: {}",
    "indexation.base": "indexed since {}", "green_revenue": "{} of the green revenue set off",
    "repay": "repays what it has {}", "nominal": "in money of each year", "per": "per {}",
    "floor": "reference price not below {}", "uplift": "{} on top", "covers": "covers the {}",
    "content": "{} in each", "passed_on": "{} of it passed on", "spread": "{} below the rate",
    "first": "from {}", "last": "until {}", "efficiency": "{} of the power counts",
    "rate": "public rate {}", "cover": "covers {} of the CO2", "delay": "{} late",
}  # fmt: skip
"""Terms of an instrument, said so that one can read them; others by their key."""
_SHARES: Final = {
    "share", "rate", "spread", "cover", "green_revenue", "passed_on", "intensity", "efficiency",
    "escalation", "eligible.avoided", "strike.break_even",
}  # fmt: skip
"""Terms that are told in per cent, however they were written."""
_OF_DEBT: Final = {
    "share": "a share of {} of the investment", "rate": "at an interest of {}",
    "years": "{} years", "nominal": "nominal", "repayment": "{}", "covenant": "covenant {}",
}  # fmt: skip
_OF_A_CAP: Final = {"cap_binds", "instrument_exhausted"}
_OF_TWO_SIDES: Final = {"instrument_repaid", "instrument_repays", "claw_back"}
_CAPITAL: Final = {
    "full": "with its capital", "sunk": "which stands and is paid", "reline": "relined",
}  # fmt: skip


def head_lines(deal: Deal) -> list[str]:
    """Say what the project is."""
    facts = deal.facts[deal.scenarios[0]]
    title = facts["title"] or deal.project
    name = "" if title == deal.project else f" ({deal.project})"
    lines = wrapped(f"{title}{name}", "")
    lines.append("=" * max(map(len, lines)))
    years = f"{facts['start']} to {facts['end']}"
    held = f" (years after {deal.years[-1]} as that)" if facts["end"] > deal.years[-1] else ""
    own = ", hydrogen of its own" if facts["hydrogen"] == "own" else ""
    sold = SOLD.get(facts["destination"], facts["destination"])
    what = f" of {deal.product}" if deal.product else ""
    region = named(deal.titles, "region", facts["region"])
    route, against = (named(deal.titles, "route", facts[key]) for key in ("route", "against"))
    pairs: list[tuple[str, str]] = [
        ("plant", f"{route} in {region}{own}, {facts['output']:g} Mt/yr{what}, "
                  f"{years}{held}, {sold}"),
        ("against", f"{against} in {region}, {_capital(facts)}"),
        ("values", f"of {facts['value_year']}, discounted at {_rate(facts)}; real "
                   f"{deal.currency} of {deal.price_year}, M: million; {deal.draws:,} draws"),
    ]  # fmt: skip
    # Runs of before know neither.
    if facts.get("phases"):
        told = [f"{named(deal.titles, 'route', one)} from {first}"
                for first, one in facts["phases"].items()]  # fmt: skip
        pairs.insert(1, ("then", f"{', '.join(told)}; conversion for {facts['conversion']}"))
    if facts["end"] < facts.get("planned_end", facts["end"]):
        planned = f"closed in {facts['end']}, {facts['planned_end'] - facts['end']} years before "
        pairs.insert(1, ("closure", planned + "its lifetime is over; what is left of its capital "
                         "counts in that year"))  # fmt: skip
    if facts["sold"]:
        paid = f" for {facts['willing']} more" if facts["willing"] else ""
        pairs.insert(1, ("green", f"{_per_cent(facts['sold'])} of it sold as green{paid}"))
    for name, one in facts["instruments"].items():
        pairs.append((name, _terms(one)))
    if facts["debt"]:
        pairs.append(("debt", _listed(facts["debt"], _OF_DEBT)))
    width = max(len(key) for key, _ in pairs) + 2
    for key, text in pairs:
        lines += wrapped(key.ljust(width) + text, " " * width)
    return lines


def _capital(facts: Mapping[str, Any]) -> str:
    words = _CAPITAL[facts["capital"]]
    if facts["capital"] == "full":
        return f"{words} (reference_capital: {facts['reference_capital']})"
    return f"{words} for {facts['reline']}" if facts["reline"] else words


def _rate(facts: Mapping[str, Any]) -> str:
    return _per_cent(facts["rate"]) or "the cost of capital of the region and the risk of the route"


def _terms(one: Mapping[str, Any]) -> str:
    kind = _KINDS.get(one["kind"], one["kind"].replace("_", " "))
    title = one["title"]
    head = kind if not title else title if kind in title.lower() else f"{title} ({kind})"
    terms = _listed(one["terms"], _PHRASES)
    return f"{head}: {terms}" if terms else head


def _listed(terms: Mapping[str, str], phrases: Mapping[str, str]) -> str:
    return ", ".join(_phrase(key, word, phrases) for key, word in terms.items())


def _phrase(key: str, word: str, phrases: Mapping[str, str]) -> str:
    if key in _SHARES or key.startswith(("steps.", "indexation.shares.")):
        word = _per_cent(word)
    if key in phrases:
        return phrases[key].format(word)
    if key.startswith("steps."):
        return f"{word} of it from year {key.rpartition('.')[2]} on"
    if key.startswith("indexation.shares."):
        return f"{key.rpartition('.')[2].replace('_', ' ')} by {word}"
    return f"{key.replace('_', ' ').replace('.', ' ')} {word}"


def _per_cent(word: str) -> str:
    """A share in per cent; what is said in another way as it is."""
    try:
        return f"{100 * float(word):.10g} %"
    except ValueError:
        return word


def struck_per(deal: Deal, instrument: str = "") -> str:
    """What a tonne of a strike is of: CO2, unless the instrument says hydrogen or product.

    Of a project the first instrument with a strike decides.
    """
    found = deal.facts[deal.scenarios[0]]["instruments"]
    terms = [
        one["terms"] for name, one in found.items()
        if name == instrument or (not instrument and is_struck(one["terms"]))
    ]  # fmt: skip
    return paid_for(terms[0] if terms else {})


def paid_for(terms: Mapping[str, str]) -> str:
    """What a tonne of the strike of an instrument with such terms is of."""
    per = terms.get("per", "")
    return {"hydrogen": "of hydrogen", "tonne": "of product"}.get(per, "CO2")


def is_idle(deal: Deal, one: Line) -> bool:
    """Whether a line is of a clause that its instrument does not have, or more than the cost of an
    instrument that never pays."""
    terms = [
        known["instruments"][one.instrument]["terms"] for known in deal.facts.values()
        if one.instrument in known["instruments"]
    ]  # fmt: skip
    if one.outcome in _OF_A_CAP and not any("cap." in key for each in terms for key in each):
        return True
    if one.outcome in _OF_TWO_SIDES and all(each.get("sided") != "two" for each in terms):
        return True
    cost = deal.line("instrument_npv", instrument=one.instrument)
    never = cost is not None and all(
        (each.mean, each.p5, each.p95) == (0.0, 0.0, 0.0) for each in cost.spreads.values()
    )
    return never and one.outcome != "instrument_npv"


def wrapped(text: str, margin: str) -> list[str]:
    """Lines of a text within the page."""
    # Neither 100 % nor two-sided is parted.
    lines = textwrap.wrap(text.replace(" %", "\xa0%"), PAGE, subsequent_indent=margin,
                          break_on_hyphens=False)  # fmt: skip
    return [line.replace("\xa0", " ") for line in lines]
