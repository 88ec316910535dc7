"""The page of decisions: what each is worth, what is regretted, what the rules take, in words."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.names import every_title
from simcore.analysis.notation import decimals, number, said_unit, share
from simcore.analysis.rules import Rule, rule_of
from simcore.errors import printable
from simcore.numerics.student import students_t
from simcore.terminal.deal_terms import PAGE, wrapped
from simcore.variables import INTERVAL_LEVEL

if TYPE_CHECKING:
    import xarray as xr

Titles = Mapping[str, Mapping[str, str]]

_LARGE: Final = 9_999.5
"""From here on amounts are told in thousands."""
_COMPARED: Final = ("region", "against", "capital", "reline", "reference_capital")
"""What must be the same of projects whose decisions are to compare."""
_WORDS: Final = {
    "region": "regions", "against": "routes", "capital": "capital", "reline": "costs of relining",
    "reference_capital": "reference_capital",
}  # fmt: skip


class Page:
    """The decisions of a run, for a reader.

    Parameters
    ----------
    found : xarray.Dataset
        Of `analysis.choice.decide`.
    run : xarray.Dataset
        That they are of.
    ids : bool
        Names as the config says them, and not titles.
    """

    def __init__(self, found: xr.Dataset, run: xr.Dataset, *, ids: bool = False) -> None:
        self.found, self.attrs = found, found.attrs
        self._titles: Titles = {} if ids else every_title(run)
        self._told = json.loads(str(run.attrs["decisions"]))["projects"]
        self._projects: dict[str, dict[str, Any]] = json.loads(run.attrs.get("projects", "{}"))
        self.decisions = [str(one) for one in found["decision"].values]
        self.scenarios = [str(one) for one in found["scenario"].values]
        self._metric = str(self.attrs["metric"]).partition(".")[2]
        self._rules = [rule_of(str(one)) for one in found["rule"].values]
        amounts = np.concatenate([found["npv"].values.ravel(), found["regret_high"].values.ravel()])
        largest = np.max(np.abs(amounts[np.isfinite(amounts)]), initial=0.0)
        self._scale = 1000.0 if largest >= 10 * _LARGE else 1.0
        self._places = decimals([largest / self._scale], figures=4)

    def text(self) -> str:
        """Lines of at most 80 characters."""
        lines = [
            *self._head(), "", *self._values(), "", *self._ahead(), "", *self._picks(),
        ]  # fmt: skip
        notes = list(self._notes())
        if notes:
            lines += ["", "NOTES", *(line for one in notes for line in wrapped(one, "  "))]
        return "\n".join(map(printable, lines))

    # --- what is asked -----------------------------------------------------------------------

    def _head(self) -> Iterator[str]:
        title = wrapped(str(self.attrs["title"]), "")
        yield from title
        yield "=" * max(map(len, title))
        pairs = [(one, self._described(one)) for one in self.decisions]
        pairs.append((
            "values", f"of {self.attrs['valued_in']}, of the years to {self.attrs['until']}, each "
            f"project at its own rate; real {self.attrs['currency']} of "
            f"{self.attrs['price_year']}, {self._unit_words()}; {self.attrs['draws']:,} draws",
        ))  # fmt: skip
        against = {self._set_against(one) for _, one in self._used()}
        if len(against) == 1:
            pairs.append(("against", f"{against.pop()}: NPV 0"))
        width = min(24, max(len(key) for key, _ in pairs) + 2)
        for key, text in pairs:
            yield from wrapped(key.ljust(width) + (" " if len(key) >= width else "") + text,
                               " " * width)  # fmt: skip

    def _unit_words(self) -> str:
        return "M: million" if self._scale == 1.0 else "bn: thousand million"

    def _used(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Projects of the decisions with what is said of them, in the first scenario."""
        known = self._projects.get(self.scenarios[0], {})
        names = dict.fromkeys(name for one in self.decisions for name in self._told[one])
        return [(name, known[name]) for name in names if name in known]

    def _set_against(self, facts: Mapping[str, Any]) -> str:
        capital = {"full": "", "sunk": ", paid"}.get(facts["capital"], f", relined for "
                                                     f"{facts['reline']}")  # fmt: skip
        route, region = self.name("route", facts["against"]), self.name("region", facts["region"])
        return f"{route} in {region}{capital}"

    def _described(self, decision: str) -> str:
        known = dict(self._used())
        parts = [
            f"{self._routes(one)} in {self.name('region', one['region'])}, "
            f"{one['output']:g} Mt/yr, {one['start']} to {one['end']}"
            + "".join(f", with {name}" for name in one["instruments"])
            for one in (known[name] for name in self._told[decision] if name in known)
        ]
        title = self.name("decision", decision)
        what = "; ".join(parts) or "nothing is built"
        return what if title == decision else f"{title}: {what}"

    def _routes(self, facts: Mapping[str, Any]) -> str:
        """The route of a project, and those that it changes to."""
        later = "".join(f", then {self.name('route', route)} from {year}"
                        for year, route in facts.get("phases", {}).items())  # fmt: skip
        return self.name("route", facts["route"]) + later

    def name(self, dim: str, label: str) -> str:
        """How a label is shown."""
        return self._titles.get(dim, {}).get(label, label)

    def amount(self, value: float) -> str:
        """An amount in the unit of the page."""
        return number(value / self._scale, self._places)

    @property
    def unit(self) -> str:
        """The unit of the page."""
        return said_unit(str(self.attrs["units"]), self._scale)

    # --- the tables --------------------------------------------------------------------------

    def _values(self) -> Iterator[str]:
        found, rows = self.found, list[tuple[str, list[str]]]()
        heading = ["P5", "P50", "P95", "mean", "best in", "regret", "P95"]
        for s, scenario in enumerate(self.scenarios):
            rows.append((self.name("scenario", scenario), []))
            for d, decision in enumerate(self.decisions):
                npv, one = found["npv"].values[s, d], found.isel(scenario=s, decision=d)
                rows.append((f"  {self.name('decision', decision)}", [
                    *(self.amount(value) for value in (*npv, float(one["mean"]))),
                    share(float(one["best"])), self.amount(float(one["regret"])),
                    self.amount(float(one["regret_high"])),
                ]))  # fmt: skip
        yield from _table(f"WHAT EACH IS WORTH, {self.unit}", heading, rows)
        yield from wrapped(
            "best in: share of the draws in which it is worth most. regret: what is lost against "
            "the best of the same draw, mean and P95.", "",
        )  # fmt: skip

    def _ahead(self) -> Iterator[str]:
        """How far the best of each scenario is ahead of each other one."""
        found, rows = self.found, list[tuple[str, list[str]]]()
        best = found["metric"].values.argmax(axis=1)
        reach = students_t(INTERVAL_LEVEL, int(self.attrs["freedom"]))
        for d, decision in enumerate(self.decisions):
            cells = []
            for s, first in enumerate(best):
                apart = float(found["difference"].values[s, first, d])
                error = reach * float(found["difference_error"].values[s, first, d])
                cells.append("best" if d == first else
                             f"{self.amount(apart)} +-{self.amount(error)}")  # fmt: skip
            rows.append((self.name("decision", decision), cells))
        for group in _groups(self.scenarios):
            at = slice(self.scenarios.index(group[0]), self.scenarios.index(group[-1]) + 1)
            yield from _table(
                f"BEHIND THE BEST {self._metric.upper()}, {self.unit}",
                [self.name("scenario", one) for one in group],
                [(label, cells[at]) for label, cells in rows],
            )  # fmt: skip
        which = "of the same draws" if self.attrs["paired"] else "without their draws, at most"
        yield from wrapped(f"Differences {which}, with half of their 95 % interval.", "")

    def _picks(self) -> Iterator[str]:
        said = "the mean" if self._metric == "mean" else f"the {self._metric.upper()}"
        scenarios = ", ".join(self.name("scenario", one) for one in self.scenarios)
        title = f"WHICH TO TAKE, {self.unit}"
        rows = [self._row(at, rule) for at, rule in enumerate(self._rules)]
        yield from _table(title, ["score", "takes", "next", "behind by"], rows, texts=(1, 2))
        yield from wrapped(
            f"By {said} in each scenario ({scenarios}); of `above` by the share of the draws. "
            "+-: 95 % over all decisions together.", "",
        )  # fmt: skip
        yield ""
        for at, rule in enumerate(self._rules):
            yield from wrapped(self.sentence(at, rule), "  ")
        yield from wrapped(self._verdict(), "")

    def _row(self, at: int, rule: Rule) -> tuple[str, list[str]]:
        found = self.found.isel(rule=at)
        pick, after = (self.decisions.index(str(found[key].item())) for key in ("pick", "next"))
        score, behind = float(found["score"].values[pick]), float(found["behind"].values[after])
        error = self._reach() * float(found["behind_error"].values[after])
        return rule.title, [
            self.score(rule, score), self.name("decision", self.decisions[pick]),
            self.name("decision", self.decisions[after]), self._with_error(rule, behind, error),
        ]  # fmt: skip

    def _reach(self) -> float:
        others = max(1, len(self.decisions) - 1)
        level = 1.0 - (1.0 - INTERVAL_LEVEL) / others
        return students_t(level, int(self.attrs["freedom"]))

    def score(self, rule: Rule, value: float) -> str:
        """A score of a rule: an amount, which is lost where it is regret, or a share."""
        value = abs(value) if rule.name == "minimax_regret" else value
        return share(value) if rule.name == "satisfice" else self.amount(value)

    def _with_error(self, rule: Rule, value: float, error: float) -> str:
        if rule.name != "satisfice":
            return f"{self.amount(value)} +-{self.amount(error)}"
        return f"{number(100 * value, 1)} +-{number(100 * error, 1)} %"

    # --- in words ----------------------------------------------------------------------------

    def sentence(self, at: int, rule: Rule) -> str:
        """What a rule says, for a board."""
        found = self.found.isel(rule=at)
        pick = self.decisions.index(str(found["pick"].item()))
        name, unit = self.name("decision", self.decisions[pick]), self.unit
        score = float(found["score"].values[pick])
        deciding = self.name("scenario", str(found["deciding"].values[pick]))
        if rule.name == "expected":
            weights = json.loads(str(self.attrs["weights"]))
            weighed = ", ".join(f"{number(100 * one)} % {self.name('scenario', key)}"
                                for key, one in weights.items() if one)  # fmt: skip
            text = f"Weighed by {weighed}, {name} is worth most: {self.amount(score)} {unit}."
        elif rule.name == "maximin":
            worth = self.found["metric"].values[:, pick]
            worst = f"At worst, under {deciding}," if np.ptp(worth) else "In every scenario"
            text = (f"{worst} {name} is worth {self.amount(score)} {unit}, and "
                    "no other decision is worth more at its worst.")  # fmt: skip
        elif rule.name == "minimax_regret" and score == 0.0:
            text = f"{name} is the best in every scenario, which leaves nothing to regret."
        elif rule.name == "minimax_regret":
            text = (f"{name} is at most {self.amount(-score)} {unit} behind the best of a scenario "
                    f"({deciding}), less than any other.")  # fmt: skip
        elif rule.name == "hurwicz":
            text = (f"With {number(100 * rule.weight)} % of the weight on the best scenario of "
                    f"each and the rest on its worst, {name} is worth most.")  # fmt: skip
        else:
            text = self._enough(rule, found, name, score)
        return text + self._alike(found, pick)

    def _enough(self, rule: Rule, found: xr.Dataset, name: str, score: float) -> str:
        above = f"above {rule.above:,.10g} {said_unit(str(self.attrs['units']))}"
        wanted = share(rule.probability)
        at = self.decisions.index(str(found["pick"].item()))
        error = students_t(INTERVAL_LEVEL, int(self.attrs["freedom"]))
        error *= float(found["score_error"].values[at])
        unsure = ""
        if abs(score - rule.probability) < error:
            unsure = f" These draws do not tell: {100 * score:.1f} +-{100 * error:.1f} %."
        if not found["enough"].values.any():
            return (f"No decision is {above} in {wanted} of the draws of every scenario; {name} "
                    f"is nearest, with {share(score)} in its worst.{unsure}")  # fmt: skip
        others = [self.name("decision", one) for one, enough in
                  zip(self.decisions, found["enough"].values, strict=True)
                  if enough and one != str(found["pick"].item())]  # fmt: skip
        also = (
            f" So {'is' if len(others) == 1 else 'are'} {' and '.join(others)}." if others else ""
        )
        return (
            f"{name} is {above} in {wanted} of the draws of every scenario or more.{unsure}{also}"
        )

    def _alike(self, found: xr.Dataset, pick: int) -> str:
        """The decisions that the pick is not told apart from."""
        behind, apart = found["behind"].values, found["told_apart"].values
        others = [d for d in range(len(self.decisions)) if d != pick and not apart[d]]
        error = found["behind_error"].values
        equal = [d for d in others if behind[d] == 0 and error[d] == 0]
        close = [d for d in others if d not in equal]
        text = ""
        if equal:
            text += f" {self._names(equal)} scores exactly the same; the first named is taken."
        if close:
            text += (f" It is not told apart from {self._names(close)}: with these draws the "
                     "difference may be chance.")  # fmt: skip
        return text

    def _names(self, places: Sequence[int]) -> str:
        return " and ".join(self.name("decision", self.decisions[one]) for one in places)

    def _verdict(self) -> str:
        picks = [str(one) for one in self.found["pick"].values]
        count = {one: picks.count(one) for one in dict.fromkeys(picks)}
        if len(picks) < 2:
            return ""
        if len(count) == 1:
            return f"All {len(picks)} rules take {self.name('decision', picks[0])}."
        told = ", ".join(f"{self.name('decision', one)} by {n}" for one, n in count.items())
        return f"The rules do not agree: {told} of {len(picks)}."

    def _notes(self) -> Iterator[str]:
        used = self._used()
        for key in _COMPARED:
            if len({str(one[key]) for _, one in used}) > 1:
                each = ", ".join(f"{name} {one[key] or '-'}" for name, one in used)
                yield (f"The projects are set against different {_WORDS[key]} ({each}): their "
                       "values do not compare as they stand.")  # fmt: skip
        if len({one["output"] for _, one in used}) > 1:
            yield "The plants differ in output, and larger ones are further from zero."
        if (self.found["tied"].values > 0).any():
            yield ("Where decisions are worth the same in a draw, that which the config names "
                   "first is counted as the best.")  # fmt: skip
        if not self.attrs["paired"]:
            yield ("Draws of decision_npv were not kept: errors are the most that they may be. Add "
                   "decision_npv to keep and run again.")  # fmt: skip


def _groups(scenarios: Sequence[str]) -> Iterator[Sequence[str]]:
    """Three scenarios beside each other, or fewer."""
    for at in range(0, len(scenarios), 3):
        yield scenarios[at : at + 3]


def _table(
    title: str, heading: Sequence[str], rows: Sequence[tuple[str, list[str]]], *,
    texts: Sequence[int] = (),
) -> Iterator[str]:  # fmt: skip
    """Rows under their heading, within the page; a label that is too long takes several lines.

    `texts` are columns of words, which are wrapped too.
    """
    widths = [max(len(heading[at]) if at not in texts else 4, *(
        [len(cells[at]) for _, cells in rows if cells and at not in texts] or [0]))
        for at in range(len(heading))]  # fmt: skip
    longest = max([len(title), *(len(label) for label, _ in rows)])
    room = PAGE - sum(widths) - 2 * len(widths)
    left = min(longest, room)
    if texts:
        left = min(longest, 22)
        for at in texts:
            others = sum(width for place, width in enumerate(widths) if place not in texts)
            widths[at] = (PAGE - left - others - 2 * len(widths)) // len(texts)
    headings = [textwrap.wrap(one, max(width, 4)) or [""]
                for one, width in zip(heading, widths, strict=True)]  # fmt: skip
    yield from _line(textwrap.wrap(title, left), headings, widths, left, texts)
    for label, cells in rows:
        own = textwrap.wrap(label, left if cells else PAGE, subsequent_indent="    ",
                            drop_whitespace=False) or [""]  # fmt: skip
        parts = [textwrap.wrap(cell, width) or [""] if at in texts else [cell]
                 for at, (cell, width) in enumerate(zip(cells, widths, strict=False))]  # fmt: skip
        yield from _line(own, parts, widths, left, texts)


def _line(
    label: Sequence[str], parts: Sequence[Sequence[str]], widths: Sequence[int], left: int,
    texts: Sequence[int],
) -> Iterator[str]:  # fmt: skip
    for at in range(max([len(label), *map(len, parts)])):
        text = (label[at] if at < len(label) else "").ljust(left)
        for place, (own, width) in enumerate(zip(parts, widths, strict=False)):
            cell = own[at] if at < len(own) else ""
            text += "  " + (cell.ljust(width) if place in texts else cell.rjust(width))
        yield text.rstrip()


def decision_rows(found: xr.Dataset) -> tuple[list[str], list[list[Any]]]:
    """The numbers of the decisions as a table: one row a number."""
    header = ["table", "rule", "scenario", "decision", "other", "quantity", "value",
              "standard_error", "unit"]  # fmt: skip
    unit, rows = str(found.attrs["units"]), list[list[Any]]()
    scenarios, decisions = (list(map(str, found[dim].values)) for dim in ("scenario", "decision"))
    for s, scenario in enumerate(scenarios):
        for d, decision in enumerate(decisions):
            one = found.isel(scenario=s, decision=d)
            head = ["value", "", scenario, decision, ""]
            named = {f"p{100 * q:g}": one["npv"].values[at]
                     for at, q in enumerate(found["quantile"].values)}  # fmt: skip
            for name, value in named.items():
                rows.append([*head, name, float(value), math.nan, unit])
            for name in ("mean", "metric"):
                error = float(one[f"{name}_error"])
                rows.append([*head, name, float(one[name]), error, unit])
            for name in ("metric_regret", "regret", "regret_high"):
                rows.append([*head, name, float(one[name]), math.nan, unit])
            for name in ("positive", "best", "tied"):
                rows.append([*head, name, float(one[name]), math.nan, "1"])
            rows += [
                ["difference", "", scenario, decision, other, "difference",
                 float(one["difference"].values[at]), float(one["difference_error"].values[at]),
                 unit]
                for at, other in enumerate(decisions) if other != decision
            ]  # fmt: skip
    for at, rule in enumerate(map(str, found["rule"].values)):
        one = found.isel(rule=at)
        for d, decision in enumerate(decisions):
            head = ["rule", rule, str(one["deciding"].values[d]), decision, str(one["pick"].item())]
            own = "1" if rule.startswith("satisfice") else unit
            rows.append([*head, "score", float(one["score"].values[d]), math.nan, own])
            rows.append([*head, "behind", float(one["behind"].values[d]),
                         float(one["behind_error"].values[d]), own])  # fmt: skip
            rows.append([*head, "told_apart", int(one["told_apart"].values[d]), math.nan, "1"])
    return header, rows
