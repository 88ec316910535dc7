"""Decisions of a run beside each other: what each is worth, what is regretted, and which one rules
choose where the scenarios have no probabilities (MODEL 20)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.rules import Rule, rule_of, scores_of
from simcore.analysis.samples import MANY, mean_and_error
from simcore.analysis.select import choose, quantiles
from simcore.dataset import RunError
from simcore.errors import Fault
from simcore.numerics.student import students_t
from simcore.statistics import probability_named
from simcore.variables import INTERVAL_LEVEL

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

VALUE: Final = "decision_npv"
ENDS: Final = (0.05, 0.5, 0.95)
HIGH: Final = 0.95
"""Probability of the regret that is told beside its mean."""
_SLOPE: Final = 0.01
"""Probability on each side of a quantile over which its density is taken, if there is room."""


@dataclass(frozen=True)
class Drawn:
    """What decisions are worth by scenario, and in each draw where draws were kept.

    Attributes
    ----------
    worth : float64, shape (scenarios, decisions)
        A metric of the distribution.
    error : float64, shape (scenarios, decisions)
        Its standard error.
    influence : float64, shape (scenarios, decisions, draws), or None
        Of each draw on the metric; their mean is zero.
    replicates, freedom : int
        Designs among the draws, and degrees of freedom of errors.
    """

    worth: Floats
    error: Floats
    influence: Floats | None
    replicates: int
    freedom: int

    def error_of(self, slopes: Floats) -> float:
        """Standard error of what gains so much with each; without draws the most that it may be."""
        if not slopes.any():
            return 0.0
        if self.influence is None:
            return float(np.sum(np.abs(slopes) * self.error))
        seen = np.nonzero(slopes)
        parts = slopes[seen][:, None] * self.influence[seen]
        return mean_and_error(parts.sum(axis=0), self.replicates)[1]


def among(
    run: xr.Dataset, scenarios: Sequence[str] = (), decisions: Sequence[str] = ()
) -> xr.Dataset:  # fmt: skip
    """The run cut to some scenarios and decisions; none: all.

    What it stores of the best of all decisions is left out where some are.

    Raises
    ------
    RunError
        A label that it does not have, or one decision alone.
    """
    told_of(run)
    known = run["decision"].values.tolist()
    found = choose(run, {"scenario": scenarios, "decision": decisions})
    if found.sizes["decision"] < 2:
        raise RunError(Fault(
            "--decision", f"{decisions[0] if decisions else known[0]} alone",
            "two decisions or more", f"name others beside it, of {', '.join(map(str, known))}",
        ))  # fmt: skip
    if found.sizes["decision"] < len(known):
        of_all = ("best_decision", "decision_regret")
        found = found.drop_vars([one for one in found if str(one).startswith(of_all)])
    return found


def decide(
    run: xr.Dataset, *, metric: str | None = None, rules: Sequence[Any] = (),
    weights: Mapping[str, float] | None = None,
) -> xr.Dataset:  # fmt: skip
    """Set the decisions of a run beside each other, and apply rules of choice.

    Parameters
    ----------
    run : xarray.Dataset
        With `decision_npv`; errors of differences need its draws.
    metric : str, optional
        `decision_npv.mean`, or a quantile such as `decision_npv.p5`; else that of the config.
    rules : sequence, optional
        As a config writes them, or `hurwicz=0.4`; else those of the config.
    weights : mapping of str to float, optional
        Of scenarios, for `expected`; else those of the config. They are made to sum to one.

    Returns
    -------
    xarray.Dataset
        Over `scenario` and `decision`, in 1e6 of the money of the run: `mean`, `mean_error`,
        `npv` (P5, P50, P95), `positive`, `best` (share of the draws in which it is the best, of
        equals that which is named first), `tied` (share in which one that is named before is as
        good), `regret`, `regret_high` (mean and P95 over the draws), `metric`, `metric_error`,
        `metric_regret` (to the best of the scenario).
        With `other`: `difference` of the metric, of the same draws, and `difference_error`.
        Over `rule`: `pick`, `next`, and with `decision` `score`, `score_error`, `behind` (the
        pick's less its own), `behind_error`, `told_apart` (from the pick, at 95 % over all
        decisions together), `enough` (of `satisfice`) and `deciding`, the scenario that decides
        its score.
        The attribute `paired` is 0 where errors are the most that they may be, without draws.

    Raises
    ------
    RunError
        The run has no decisions, or does not hold what is asked for.
    """
    import xarray as xr

    told = told_of(run)
    if int(run.attrs["draws"]) < 2:
        raise RunError(Fault(
            "draws", "one draw", "two or more, as nothing is known of its error",
            "run the config again with more: --draws 1024",
        ))  # fmt: skip
    metric = _metric(metric or told["metric"])
    asked = [rule_of(one) for one in (rules or told["rules"])]
    if "scenario" not in run.dims:
        run = run.expand_dims("scenario")
    labels = {dim: [str(one) for one in run[dim].values] for dim in ("scenario", "decision")}
    place = ("scenario", "decision")
    plain, judged = _drawn(run, None), _drawn(run, probability_named(metric.partition(".")[2]))
    found: dict[str, Any] = {
        "mean": (place, plain.worth), "mean_error": (place, plain.error),
        "npv": ((*place, "quantile"), _values(quantiles(run, VALUE, ENDS)["value"], place)),
        "positive": (place, _values(run[f"{VALUE}_positive"], place)),
        "metric": (place, judged.worth), "metric_error": (place, judged.error),
        "metric_regret": (place, judged.worth.max(axis=1)[:, None] - judged.worth),
    }  # fmt: skip
    found |= {name: (place, one) for name, one in _regrets(run, place).items()}
    found |= {
        name: ((*place, "other"), one) for name, one in _differences(judged).items()
    }  # fmt: skip
    own = _weights(weights if weights is not None else told["weights"], labels["scenario"], asked)
    found |= _chosen(run, asked, judged, own, labels)
    result = xr.Dataset(found, coords={
        **labels, "other": labels["decision"], "rule": [one.label for one in asked],
        "quantile": list(ENDS),
        **{f"{dim}_title": (dim, run[f"{dim}_title"].values) for dim in place
           if f"{dim}_title" in run.coords and run[f"{dim}_title"].ndim},
    })  # fmt: skip
    result.attrs = {
        "title": str(run.attrs.get("title", "")), "draws": int(run.attrs["draws"]),
        "currency": str(run.attrs["currency"]), "price_year": int(run.attrs["price_year"]),
        "units": f"1e6 {run.attrs['currency']}", "metric": metric,
        "valued_in": int(told["valued_in"]), "until": int(told["until"]),
        "paired": int(judged.influence is not None), "freedom": judged.freedom,
        "weights": json.dumps(dict(zip(labels["scenario"], own.tolist(), strict=True))),
    }  # fmt: skip
    return result


def regret_by_scenario(
    run: xr.Dataset, metric: str | None = None
) -> tuple[str, xr.DataArray]:  # fmt: skip
    """The metric, else that of the choice of a run, and how far each decision is behind the best
    of its scenario by it, from what the run stores: over `scenario` and `decision`."""
    metric = _metric(metric or str(told_of(run)["metric"]))
    probability = probability_named(metric.partition(".")[2])
    if probability is None:
        worth = run[f"{VALUE}_mean"]
    else:
        worth = quantiles(run, VALUE, [probability])["value"].isel(quantile=0, drop=True)
    lost = worth.max("decision") - worth
    return metric, lost.transpose(..., "decision").assign_attrs(run[f"{VALUE}_mean"].attrs)


def told_of(run: xr.Dataset) -> dict[str, Any]:
    """What a run says of its decisions and of the choice among them.

    Raises
    ------
    RunError
        It has none.
    """
    if f"{VALUE}_mean" not in run or "decisions" not in run.attrs:
        raise RunError(Fault(
            "decisions", "no decisions in this run", f"a config with decisions and {VALUE}",
            "write decisions: {now: [PROJECT], never: []}, and run again",
        ))  # fmt: skip
    found: dict[str, Any] = json.loads(run.attrs["decisions"])
    return found


def _metric(written: str) -> str:
    head, dot, last = written.partition(".")
    name = last if dot and head == VALUE else written
    try:
        probability_named(name)
    except ValueError:
        raise RunError(Fault(
            "metric", repr(written), f"{VALUE}.mean, or a quantile such as {VALUE}.p5",
            f"write {VALUE}.p5",
        )) from None  # fmt: skip
    return f"{VALUE}.{name}"


def _values(array: xr.DataArray, lead: Sequence[str]) -> Floats:
    """Numbers of an array, some dimensions first."""
    return np.asarray(array.transpose(*lead, ...).values, dtype=np.float64)


def _draws(run: xr.Dataset) -> Floats | None:
    """All draws by scenario and decision; None where they were not kept."""
    if VALUE not in run or run.sizes.get("draw") != run.attrs.get("draws"):
        return None
    return _values(run[VALUE], ("scenario", "decision"))


def _drawn(run: xr.Dataset, probability: float | None) -> Drawn:
    """The mean, or a quantile, of what decisions are worth."""
    place, draws = ("scenario", "decision"), _draws(run)
    freedom = min(int(run.attrs.get("degrees_of_freedom", MANY)), MANY)
    replicates = int(run.attrs.get("replicates", 1))
    if probability is None:
        worth = _values(run[f"{VALUE}_mean"], place)
        error = _values(run[f"{VALUE}_standard_error"], place)
        influence = None if draws is None else draws - draws.mean(axis=-1, keepdims=True)
        return Drawn(worth, error, influence, replicates, freedom)
    told = quantiles(run, VALUE, [probability])
    worth, low, high = (_values(told[part], place)[..., 0] for part in ("value", "low", "high"))
    error = (high - low) / (2.0 * students_t(INTERVAL_LEVEL, freedom))
    influence = None
    if draws is not None:
        side = min(_SLOPE, probability / 2.0, (1.0 - probability) / 2.0)
        ends = np.quantile(draws, (probability - side, probability + side), axis=-1)
        below = (draws <= worth[..., None]).astype(np.float64)
        influence = below.mean(axis=-1, keepdims=True) - below
        influence *= ((ends[1] - ends[0]) / (2.0 * side))[..., None]
    return Drawn(worth, error, influence, replicates, freedom)


def _above(run: xr.Dataset, amount: float) -> Drawn:
    """Share of the draws in which decisions are worth more than an amount."""
    place, draws = ("scenario", "decision"), _draws(run)
    freedom = min(int(run.attrs.get("degrees_of_freedom", MANY)), MANY)
    if draws is None:
        if amount != 0.0:
            raise RunError(Fault(
                "satisfice", f"above {amount:g}, of draws that were not kept",
                f"draws of {VALUE}, or above: 0", f"add {VALUE} to keep: and run again",
            ))  # fmt: skip
        worth = _values(run[f"{VALUE}_positive"], place)
        error = np.sqrt(worth * (1.0 - worth) / max(1, int(run.attrs["draws"]) - 1))
        return Drawn(worth, error, None, 1, freedom)
    over = (draws > amount).astype(np.float64)
    worth = over.mean(axis=-1)
    replicates = int(run.attrs.get("replicates", 1))
    error = np.array([[mean_and_error(one, replicates)[1] for one in row] for row in over])
    return Drawn(worth, error, over - worth[..., None], replicates, freedom)


def _regrets(run: xr.Dataset, place: Sequence[str]) -> dict[str, Floats]:
    """How often each is the best, and what is lost where it is not: as the run tells it, else of
    its draws; NaN without either."""
    shape, draws = tuple(run.sizes[dim] for dim in place), _draws(run)
    found = dict.fromkeys(("best", "tied", "regret", "regret_high"), np.full(shape, np.nan))
    if draws is not None:
        lost = draws.max(axis=1)[:, None] - draws
        first = draws.argmax(axis=1)
        found["best"] = np.stack([(first == at).mean(axis=-1) for at in range(shape[1])], axis=1)
        found["tied"] = (lost == 0).mean(axis=-1) - found["best"]
        found["regret"] = lost.mean(axis=-1)
        found["regret_high"] = np.quantile(lost, HIGH, axis=-1)
    if "decision_regret_quantile" in run:
        found["regret"] = _values(run["decision_regret_mean"], place)
        told = quantiles(run, "decision_regret", [HIGH])["value"]
        found["regret_high"] = _values(told, place)[..., 0]
    if "best_decision_probability" in run:
        found["best"] = _values(run["best_decision_probability"], place)
        if "decision_regret_positive" in run:
            without = 1.0 - _values(run["decision_regret_positive"], place)
            found["tied"] = without - found["best"]
    return found


def _differences(judged: Drawn) -> dict[str, Floats]:
    """The metric of each decision less that of each other one, with its standard error."""
    scenarios, decisions = judged.worth.shape
    error = np.zeros((scenarios, decisions, decisions))
    for s in range(scenarios):
        for d in range(decisions):
            for e in range(d):
                slopes = np.zeros(judged.worth.shape)
                slopes[s, d], slopes[s, e] = 1.0, -1.0
                error[s, d, e] = error[s, e, d] = judged.error_of(slopes)
    return {"difference": judged.worth[:, :, None] - judged.worth[:, None, :],
            "difference_error": error}  # fmt: skip


def _weights(
    weights: Mapping[str, float], scenarios: Sequence[str], rules: Sequence[Rule]
) -> Floats:  # fmt: skip
    """Weight of each scenario, which sum to one; of none asked for NaN.

    Raises
    ------
    RunError
        A rule needs them, and there are none.
    """
    found = np.array([float(weights.get(one, 0.0)) for one in scenarios])
    if found.sum() > 0:
        return found / found.sum()
    if any(one.name == "expected" for one in rules):
        raise RunError(Fault(
            "--rule", "expected, without weights of the scenarios", "a weight for each scenario",
            f"write choice: {{weights: {{{scenarios[0]}: 1}}}}, or take another rule",
        ))  # fmt: skip
    return np.full(len(scenarios), np.nan)


def _chosen(
    run: xr.Dataset, rules: Sequence[Rule], judged: Drawn, weights: Floats,
    labels: Mapping[str, list[str]],
) -> dict[str, Any]:  # fmt: skip
    """What each rule picks, and how far behind the others are."""
    names, scenarios = labels["decision"], labels["scenario"]
    columns: dict[str, list[Any]] = {name: [] for name in (
        "pick", "next", "score", "score_error", "behind", "behind_error", "told_apart", "enough",
        "deciding",
    )}  # fmt: skip
    for rule in rules:
        drawn = _above(run, rule.above) if rule.name == "satisfice" else judged
        found = scores_of(rule, drawn.worth, weights)
        order = np.argsort(-found.score, kind="stable")
        behind = found.score[order[0]] - found.score
        error = np.array([
            drawn.error_of(found.slopes[order[0]] - one) for one in found.slopes
        ])  # fmt: skip
        # Each is set against the pick: as many comparisons as there are others (Bonferroni).
        level = 1.0 - (1.0 - INTERVAL_LEVEL) / max(1, len(names) - 1)
        reach = students_t(level, drawn.freedom) * error
        columns["pick"].append(names[order[0]])
        columns["next"].append(names[order[1]] if len(names) > 1 else "")
        columns["score"].append(found.score)
        columns["score_error"].append(np.array([drawn.error_of(one) for one in found.slopes]))
        columns["behind"].append(behind)
        columns["behind_error"].append(error)
        columns["told_apart"].append((behind > reach) & (behind > 0))
        enough = found.score >= rule.probability - 1e-12
        columns["enough"].append(enough if rule.name == "satisfice" else np.ones(len(names), bool))
        columns["deciding"].append([scenarios[at] if at >= 0 else "" for at in found.deciding])
    alone = ("pick", "next")
    return {
        name: (("rule",) if name in alone else ("rule", "decision"),
               np.array(values, dtype=object if name in (*alone, "deciding") else None))
        for name, values in columns.items()
    }  # fmt: skip
