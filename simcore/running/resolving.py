"""Numbers that follow from the distribution of a run: strikes at which projects break even.

They are found before the main pass, over all draws of the run, and stand in the plan as numbers
from then on (MODEL 14.3). Where nothing limits a contract, the strike is a quantile of those at
which each draw breaks even. Where a cap, an exit or a payment to one side alone bends that, strikes
are tried, many in one pass, until the project breaks even in as many draws as asked for.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from simcore.errors import ConfigError, Fault
from simcore.intake.instruments import BreakEven
from simcore.kernels.ranks import quantile_ranks
from simcore.model.deals import break_even_strike, project_npv
from simcore.plan import Plan, Resolution, build, extended
from simcore.running.executors import Executor
from simcore.running.expecting import with_expected_gaps
from simcore.running.items import Item, Need
from simcore.running.options import Options
from simcore.running.program import Request
from simcore.running.reduction import samples
from simcore.variables import INTERVAL_LEVEL

_CLOSE: Final = 1e-9
"""Relative width of what is taken for one strike."""
_FEW: Final = 4096
"""Draws of the first search."""
_DOUBLINGS: Final = 24
"""How often the reach of the first strikes is doubled."""
_PASSES: Final = 24
"""Each leaves at most a quarter of the way between two strikes."""
_UNKNOWN: Final = 0.1234567890123e15
"""Stands for a strike that is yet to be found; no number of a config."""

Counts = Callable[[Sequence[float]], list[float]]
"""Of some strikes the draws in which the project breaks even."""


@dataclass(frozen=True)
class _Bid:
    """A strike that is asked for.

    Attributes
    ----------
    project, instrument : str
    scenario : str
        Under which the project is to break even.
    probability : float
        Share of the draws in which it is to.
    is_shared : bool
        Whether the contract is paid by this strike in other scenarios too.
    """

    project: str
    instrument: str
    scenario: str
    probability: float
    is_shared: bool

    @property
    def place(self) -> tuple[str, str]:
        """Project and instrument."""
        return self.project, self.instrument


def resolved(plan: Plan, executor: Executor, options: Options) -> Plan:
    """The plan with the gaps that its projects are expected to have, and the strikes at which its
    contracts let projects break even.

    They are those of all its draws; a plan whose strikes are found already is as it was.

    Raises
    ------
    ConfigError
        No strike lets a project break even in so many draws.
    """
    if plan.resolutions and plan.resolutions[0].draws == plan.draws:
        return plan
    plan = with_expected_gaps(plan, executor, options)
    asked = {name: list(_bids(plan, name)) for name in plan.spec.runs}
    bids = dict.fromkeys(bid for one in asked.values() for bid in one)
    if not bids:
        return plan
    found = {bid: _solved(plan, bid, executor, options) for bid in bids}
    strikes = {
        name: {**plan.strikes.get(name, {}), **{bid.place: found[bid].value for bid in one}}
        for name, one in asked.items()
    }
    made = build(plan.spec, strikes)
    return replace(made, draws=plan.draws, tried=plan.tried, resolutions=tuple(found.values()))


def asks_for_strikes(plan: Plan) -> bool:
    """Whether some contract has a strike that is to be found."""
    return any(True for name in plan.spec.runs for _ in _bids(plan, name))


def _bids(plan: Plan, scenario: str) -> Iterator[_Bid]:
    """Strikes that the contracts of a scenario ask for."""
    experiment = plan.spec.runs[scenario]
    for project, one in experiment.projects.items():
        for name in one.instruments:
            strike = getattr(experiment.catalog.instruments[name], "strike", None)
            if isinstance(strike, BreakEven):
                shared = strike.within is not None
                yield _Bid(project, name, strike.within or scenario, strike.break_even, shared)


def _solved(plan: Plan, bid: _Bid, executor: Executor, options: Options) -> Resolution:
    """Find a strike and its interval."""
    value, low, high = _linear(plan, bid, executor, options)
    counts, target = _counts(plan, bid, executor, options), bid.probability * plan.draws
    aside = _CLOSE * max(1.0, abs(value))
    under, over = (0.0, 0.0) if math.isnan(value) else counts([value - aside, value + aside])
    # Not so where what is paid is limited, as the strikes of single draws know no limit.
    if not under - 1.0 <= target <= over + 1.0:
        value, low, high = _searched(plan, bid, executor, options, (value, low, high))
    return Resolution(
        bid.project, bid.instrument, bid.scenario, bid.is_shared, bid.probability,
        value, low, high, plan.draws,
    )  # fmt: skip


def _linear(
    plan: Plan, bid: _Bid, executor: Executor, options: Options
) -> tuple[float, float, float]:
    """Quantile of the strikes at which each draw breaks even, and its interval; NaN where the
    contract pays in too few draws."""
    plan, scenes = extended(plan)
    node = break_even_strike(scenes[bid.scenario], bid.project)
    assert node is not None
    item = Item((), _request(plan, node), Need.QUANTILES)
    ((_, sample),) = samples(
        plan, executor, options, items=[item], probabilities=(bid.probability,)
    )
    ends = sample.quantile, sample.low, sample.high
    value, low, high = (float(end[0, 0]) for end in ends)
    return value, low, high


def _counts(plan: Plan, bid: _Bid, executor: Executor, options: Options) -> Counts:
    """What counts the draws in which a project breaks even, of any strikes, in one pass."""
    others = plan.strikes.get(bid.scenario, {})
    tried = {bid.scenario: {**others, bid.place: _UNKNOWN}}
    plan, scenes = extended(replace(plan, strikes=tried))
    worth, graph = project_npv(scenes[bid.scenario], bid.project), plan.graph
    unknown = graph.constant(_UNKNOWN)
    assert worth is not None

    def counts(strikes: Sequence[float]) -> list[float]:
        items = [
            Item((), _request(plan, graph.with_other(worth, unknown, graph.constant(strike))))
            for strike in strikes
        ]
        made = samples(replace(plan), executor, options, items=items)
        return [float(sample.positive.sum()) for _, sample in made]

    return counts


def _request(plan: Plan, node: int) -> Request:
    return Request(node, (), plan.years[0])


def _searched(
    plan: Plan, bid: _Bid, executor: Executor, options: Options,
    guess: tuple[float, float, float],
) -> tuple[float, float, float]:  # fmt: skip
    """The strike by trial, and the ends of the interval of independent draws, from a guess of the
    three."""
    if plan.draws > 4 * _FEW:
        # A few draws tell nearly where it is.
        with contextlib.suppress(ConfigError):
            guess = _searched(replace(plan, draws=_FEW), bid, executor, options, guess)
    counts, target = _counts(plan, bid, executor, options), bid.probability * plan.draws
    tried = _around(counts, target, guess)
    few, many = min(tried.values()), max(tried.values())
    if not few < target <= many + 1.0:
        raise ConfigError(_fault(plan, bid, few, many))
    ranks = quantile_ranks(plan.draws, [bid.probability], INTERVAL_LEVEL)
    first, last = (float(ranks.ranks[place[0]]) + 1.0 for place in (ranks.low, ranks.high))
    wanted = [target]
    if is_low := not ranks.open_low[0] and first > few:
        wanted.append(first)
    if is_high := not ranks.open_high[0] and last <= many:
        wanted.append(last)
    _narrow(counts, tried, wanted)
    low = _where(tried, first) if is_low else -math.inf
    high = _where(tried, last) if is_high else math.inf
    return _where(tried, target), low, high


def _around(counts: Counts, target: float, guess: tuple[float, float, float]) -> dict[float, float]:
    """Draws that break even by strikes on both sides of a guess, so far from it that more and fewer
    do than are wanted, if any strike lets them."""
    start, low, high = guess
    reach = high - low if math.isfinite(high - low) and high > low else 1.0
    start = 0.0 if math.isnan(start) else start
    tried: dict[float, float] = {}
    for steps in (range(4), range(4, _DOUBLINGS)):
        sides = [math.ldexp(side * reach, k) for k in steps for side in (-1, 1)]
        strikes = [start + each for each in sides]
        tried.update(zip(strikes, counts(strikes), strict=True))
        if min(tried.values()) < target - 1.0 and target + 1.0 < max(tried.values()):
            break
    return tried


def _narrow(counts: Counts, tried: dict[float, float], targets: Sequence[float]) -> None:
    """Try strikes, some for each number of draws in one pass, until each is met to within one, or
    two strikes on either side of it are the same; `tried` gets them."""
    for _ in range(_PASSES):
        strikes: dict[float, None] = {}
        for target in targets:
            below, above = _ends(tried, target)
            if _is_met(tried, target) or above - below <= _CLOSE * max(1.0, abs(above)):
                continue
            # About where a straight line meets it, and in quarters, as the line may be none.
            share = (target - tried[below]) / (tried[above] - tried[below])
            shares = [0.25, 0.5, 0.75, *(share + aside for aside in (-0.05, 0.0, 0.05))]
            strikes.update(
                (below + each * (above - below), None) for each in shares if 0 < each < 1
            )
        if not strikes:
            return
        tried.update(zip(strikes, counts(list(strikes)), strict=True))


def _is_met(tried: dict[float, float], target: float) -> bool:
    return any(abs(count - target) <= 0.5 for count in tried.values())


def _ends(tried: dict[float, float], target: float) -> tuple[float, float]:
    """Neighbours among the strikes, of which the first lets fewer draws break even than wanted, the
    other one as many or more."""
    reached = [strike for strike, count in tried.items() if count >= target]
    above = min(reached, default=max(tried))
    return max((strike for strike in tried if strike < above), default=above), above


def _where(tried: dict[float, float], target: float) -> float:
    """The least strike at which so many draws break even, to within one."""
    met = [strike for strike, count in tried.items() if abs(count - target) <= 0.5]
    return min(met, default=_ends(tried, target)[1])


def _fault(plan: Plan, bid: _Bid, few: float, many: float) -> Fault:
    """Of a project that breaks even in more, or in fewer, draws at any strike."""
    always = few >= bid.probability * plan.draws
    share = (few if always else many) / plan.draws
    return plan.spec.fault(
        ("catalog", "instruments", bid.instrument, "strike"), scenario=bid.scenario,
        found=f"{bid.project} breaks even in {'at least' if always else 'at most'} "
        f"{100 * share:.3g} % of the draws under {bid.scenario}, whatever the strike",
        expected=f"a strike at which it does in {100 * bid.probability:.10g} %",
        remedy="it needs no such contract: remove it, or write a strike" if always
        else "lower break_even, or lift what limits the contract: cap, term, delay, eligible",
    )  # fmt: skip
