"""The carbon price behind a table: of all draws, by view with weights, and beside the futures."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from simcore.analysis.views import MarketPrice
from simcore.terminal.tables import WIDTH, decimals, number, share


def price_lines(prices: Sequence[MarketPrice], unit: str) -> list[str]:
    """Say what the carbon price of one scenario and year is made of.

    The market that decides most stands first and is told in full, the others in a line.
    """
    if not prices:
        return []
    first, *others = prices
    text = f"{first.market} {first.year}: {_band(first.quantiles)} {unit} (P5/P50/P95)"
    if not math.isnan(first.futures):
        text += f", futures {number(first.futures, _places(first.quantiles))}"
    if first.at_limit > 0:
        text += f", {share(first.at_limit)} of the draws at a hard limit"
    lines = [text]
    if first.views:
        parts = [f"{one.name} {share(one.weight)} {_band(one.quantiles)}" for one in first.views]
        lines += _wrapped("  views, weights judged: ", parts)
    if others:
        parts = [f"{one.market} {_band(one.quantiles)}" for one in others]
        lines += _wrapped("  other markets: ", parts)
    return lines


def _places(values: Sequence[float]) -> int:
    return decimals(values, figures=2)


def _band(values: Sequence[float]) -> str:
    return "/".join(number(value, _places(values)) for value in values)


def _wrapped(head: str, parts: Sequence[str]) -> list[str]:
    """Join parts by commas; a part is not broken."""
    glued = [part.replace(" ", "\0") for part in parts]
    found = textwrap.wrap(head + ", ".join(glued), WIDTH, subsequent_indent="    ")
    return [line.replace("\0", " ") for line in found]
