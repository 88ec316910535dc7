"""The table of `simcore wait`: ways to decide, how often and when it is built, thresholds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from simcore.analysis.notation import decimals, number, share
from simcore.analysis.waiting import (
    CALLED,
    ORDER,
    Choice,
    Ends,
    choices_of,
    said_feature,
    said_limit,
    said_simple,
)
from simcore.terminal.tables import grid, wrapped

if TYPE_CHECKING:
    import xarray as xr

_GAINS: Final = {"wait_value": "wait_option", "wait_simple": "wait_simple_option"}
_MEANING: Final = (
    "Means over draws at the cost of capital of the firm: what it may expect, and not what an "
    "option costs that is valued risk-neutrally. never: what the plants are set against goes on, "
    "which counts as 0, less what waiting has cost. One half of the draws finds each rule, the "
    "other prices it. Thresholds hold with all else that is known at its median."
)


def waiting_text(found: xr.Dataset) -> str:
    """Each choice: fixed dates, ways to decide, how often and when it is built, thresholds."""
    lines: list[str] = []
    for one in choices_of(found):
        lines += [*([""] if lines else []), *_choice_lines(found, one)]
    lines.append("")
    lines += wrapped(_MEANING)
    return "\n".join(lines)


def _choice_lines(found: xr.Dataset, one: Choice) -> list[str]:
    money = f"M {found.attrs['currency']} of {found.attrs['price_year']}"
    knows = ", ".join(said_feature(name) if name in {each.feature for each in one.limits}
                      else name.replace("_", " ") for name in one.knows)  # fmt: skip
    lines = wrapped(
        f"{one.title}, {one.scenario}: {money}, value of {one.valued_in}; "
        f"{one.draws:,} draws; decided {_years(one.lead)} before the start"
    )  # fmt: skip
    lines += wrapped(f"known then: {knows}")
    places = decimals([each.value for each in one.fixed.values()], figures=4)
    header = ["start, whatever happens"]
    for title in one.options.values():
        header += [title, "+-"]
    rows = []
    for date in one.dates:
        row = [str(date)]
        for option in one.options:
            mean = one.fixed.get((date, option))
            row += ["-", ""] if mean is None else [number(mean.value, places), _half(mean, places)]
        rows.append(row)
    lines += ["", *grid(header, rows, text_columns=1), ""]
    lines += _ways(one, places)
    lines += ["", *_shares(one), ""]
    first = one.limits[0].feature if one.limits else ""
    lines += [line for each in one.limits if each.feature == first
              for line in wrapped(said_limit(one, each))]  # fmt: skip
    if one.simple:
        # Which limit comes out where none does better is chance.
        said = (
            f"{said_simple(one)}: {share(one.captured)} of the option"
            if one.captured > 0
            else "none does better than the best fixed date, as far as these draws tell"
        )
        lines += wrapped(f"one limit: {said}")
    return lines


def _ways(one: Choice, places: int) -> list[str]:
    """Ways to decide, and what each gains over the best fixed date."""
    date, option = one.best
    named = "never" if option == "never" else f"{one.options[option]} in {date}"
    rows = []
    for name in ORDER:
        if name not in one.means:
            continue
        mean, title = one.means[name], CALLED[name]
        more = one.means.get(_GAINS.get(name, ""))
        rows.append([
            f"{title}: {named}" if name == "wait_best" else title,
            number(mean.value, places), _half(mean, places),
            "" if more is None else number(more.value, places, sign=True),
            "" if more is None else _half(more, places),
        ])  # fmt: skip
    lines = grid(["how it is decided", "value", "+-", "more than fixed", "+-"], rows,
                 text_columns=1)  # fmt: skip
    gain = one.means["wait_option"]
    said = f"option to wait: {number(gain.value, places)} +- {_half(gain, places)}"
    return [*lines, said if one.is_worth else f"{said}, not told apart from nothing"]


def _shares(one: Choice) -> list[str]:
    """How often the adaptive rule takes each option at each date."""
    rows = [
        [str(date), *(share(one.probability[date, option]) for option in one.options)]
        for date in one.dates
    ]
    rows.append(["in all", *(
        share(math.fsum(
            value for (_, name), value in one.probability.items()
            if name == option and math.isfinite(value)
        )) for option in one.options
    )])  # fmt: skip
    return grid(["the rule starts", *one.options.values()], rows, text_columns=1)


def _half(mean: Ends, places: int) -> str:
    return number(mean.half, places)


def _years(count: int) -> str:
    return f"{count} year{'' if count == 1 else 's'}"
