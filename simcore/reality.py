"""Set what was observed beside a run: the same quantity, in the unit and the money of the source.

A row is `inside` when the median of the run lies in the observed range, or the middle of the
observed range between P5 and P95; `near` when the two ranges meet, or the median misses the
observed one by at most a tenth of its middle; else `off`. Of a mean or a deterministic value the
one number counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.select import quantiles
from simcore.dataset import RunError
from simcore.distributions import CONSTANT, compile_distribution
from simcore.errors import Fault
from simcore.intake import document
from simcore.intake.packaged import formulas
from simcore.intake.packaged.observations import Observation
from simcore.units import UnitError, conversion, currency_of, deflate
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

VERDICTS: Final[dict[str, str]] = {
    "inside": "P50 in the observed range, or its middle between P5 and P95",
    "near": "the ranges meet, or P50 misses the observed one by at most a tenth",
    "off": "neither",
    "absent": "not in this run",
}
NEAR: Final = 0.1
PROBABILITIES: Final = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Finding:
    """An observation and the same quantity of a run.

    Attributes
    ----------
    observation : Observation
    low, high : float
        Observed range, in the unit as published; a single figure is widened.
    p5, p50, p95 : float
        Of the run, in that unit and its price year. Of a mean or a deterministic value all three
        are that value; undefined when absent.
    verdict : str
        One of `VERDICTS`.
    reason : str
        Why the run does not hold it; empty otherwise.
    """

    observation: Observation
    low: float
    high: float
    p5: float
    p50: float
    p95: float
    verdict: str
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether a row that must lie inside does not."""
        return self.observation.role == "must" and self.verdict in ("near", "off")

    @property
    def miss(self) -> float:
        """How far P50 lies outside the observed range, as a share of the observation; 0 inside."""
        return _miss(self.low, self.high, self.p50)

    @property
    def written(self) -> tuple[str, str, str]:
        """P5, P50 and P95 to three figures; one number alone stands in the middle."""
        values = (self.p5, self.p50, self.p95)
        largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
        places = min(2, max(0, 2 - math.floor(math.log10(largest)))) if largest > 0 else 0
        # Zero has no sign.
        p5, p50, p95 = (f"{round(value, places) + 0.0:,.{places}f}" for value in values)
        return (p5, p50, p95) if self.observation.statistic == "distribution" else ("", p50, "")


class _MissingError(Exception):
    """A quantity that a run does not hold; its message says why."""


def compare(dataset: xr.Dataset, observations: Iterable[Observation]) -> list[Finding]:
    """Set observations beside a run, its first scenario.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    observations : iterable of Observation

    Returns
    -------
    list of Finding
        One an observation, in their order.

    Raises
    ------
    RunError
        The run does not say what its money is worth, or a formula has another unit than its row.
    """
    run = _Run(dataset)
    return [_finding(run, one) for one in observations]


def verdict(low: float, high: float, p5: float, p50: float, p95: float) -> str:
    """Judge a distribution against an observed range, which may be open: `inside`, `near` or `off`.

    See the head of the module; all numbers are in one unit.
    """
    central = middle(low, high)
    if low <= p50 <= high or (math.isfinite(low + high) and p5 <= central <= p95):
        return "inside"
    meets = p5 <= high and low <= p95
    return "near" if meets or abs(_miss(low, high, p50)) <= NEAR else "off"


def middle(low: float, high: float) -> float:
    """Middle of a range; its only end where the other is open."""
    if math.isfinite(low) and math.isfinite(high):
        return (low + high) / 2
    return low if math.isfinite(low) else high


def _miss(low: float, high: float, value: float) -> float:
    beyond = min(0.0, value - low) + max(0.0, value - high)
    size = abs(middle(low, high))
    return beyond / size if size > 0 else math.copysign(math.inf, beyond) if beyond else 0.0


def config_of(
    name: str, observations: Sequence[Observation], *, changes: Mapping[str, Any], draws: int,
    seed: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write the smallest config of a run that holds some observations.

    Parameters
    ----------
    name : str
        Name of the run.
    observations : sequence of Observation
        At least one.
    changes : mapping
        What the run changes of the packaged defaults.
    draws : int
        Number of draws.
    seed : int, optional
        Of the packaged defaults without it.

    Returns
    -------
    dict
        A config.
    """
    lists = [list(formulas.terms(one.formula)) for one in observations]
    every = [term for found in lists for term in found]
    outcomes = sorted({term.name for term in every if term.name in OUTCOMES})
    kept = {term.name for found in lists if len(found) > 1 for term in found}
    years = [
        int(label)
        for term in every if term.name in OUTCOMES
        for label, dim in zip(term.labels, OUTCOMES[term.name].dims[1:], strict=True)
        if dim == "year"
    ]  # fmt: skip
    config: dict[str, Any] = {
        "extends": "base", "name": name, "draws": draws,
        "outcomes": outcomes or ["carbon_price"], "keep": sorted(kept - {formulas.CATALOG}),
        # Life of the plant ends beyond so short a horizon; no row asks for it.
        "plant": {"beyond": "hold"},
        "scenarios": {"law": {}},
    }  # fmt: skip
    if years:
        config["years"] = {"last": max(years)}
    return {**config, **({} if seed is None else {"seed": seed}), **changes}


def _finding(run: _Run, one: Observation) -> Finding:
    low, high = one.bounds
    try:
        values = _values(run, one)
    except _MissingError as missing:
        nothing = float("nan")
        return Finding(one, low, high, nothing, nothing, nothing, "absent", str(missing))
    except UnitError as error:
        raise RunError(Fault(one.id, error.found, error.expected, error.remedy)) from None
    p5, p50, p95 = map(float, values)
    return Finding(one, low, high, p5, p50, p95, verdict(low, high, p5, p50, p95))


def _values(run: _Run, one: Observation) -> np.ndarray:
    """P5, P50 and P95 of a row in its own unit, or one value three times."""
    if one.statistic == "central":
        return np.repeat(_evaluated(run, one, "central"), 3)
    # Quantiles and the mean of one term carry over to a line in it; else it takes the draws.
    line = len(list(formulas.terms(one.formula))) == 1 and not _divides(one.formula)
    if one.statistic == "mean":
        mean = _evaluated(run, one, "mean") if line else np.nanmean(_evaluated(run, one, "draws"))
        return np.repeat(mean, 3)
    if line:
        values: np.ndarray = np.sort(np.broadcast_to(_evaluated(run, one, "quantile"), 3))
    else:
        draws = np.atleast_1d(_evaluated(run, one, "draws"))
        draws = draws[np.isfinite(draws)]
        values = np.quantile(draws, PROBABILITIES) if len(draws) else np.full(3, np.nan)
    if np.isnan(values).any():
        raise _MissingError("undefined in this run")
    return values


def _divides(formula: formulas.Formula) -> bool:
    """Whether a term stands below a line of division, where quantiles do not carry over."""
    if not isinstance(formula, formulas.Operation):
        return False
    below = formula.sign == "/" and any(formulas.terms(formula.right))
    return below or _divides(formula.left) or _divides(formula.right)


def _evaluated(run: _Run, one: Observation, what: str) -> np.ndarray:
    """Evaluate a row, in its unit and its price year."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values, unit = _evaluate(one.formula, run, one, what)
    factor = conversion(unit, one.unit, exchange=run.exchange)
    currency = currency_of(one.unit)
    if currency is not None:
        factor /= run.real(currency, one.price_year)
    return values * factor


def _evaluate(
    formula: formulas.Formula, run: _Run, one: Observation, what: str
) -> tuple[np.ndarray, str]:
    """Values and unit of a formula, money in real terms of the run."""
    if isinstance(formula, formulas.Number):
        currency = currency_of(formula.unit)
        real = 1.0 if currency is None else run.real(currency, one.price_year)
        return np.array(formula.value * real), formula.unit
    if isinstance(formula, formulas.Term):
        if formula.name == formulas.CATALOG:
            return run.quantity(formula.labels[0], one, what)
        return run.outcome(formula, what)
    left, left_unit = _evaluate(formula.left, run, one, what)
    right, right_unit = _evaluate(formula.right, run, one, what)
    if formula.sign in "+-":
        right = right * conversion(right_unit, left_unit, exchange=run.exchange)
        return (left + right if formula.sign == "+" else left - right), left_unit
    if formula.sign == "*":
        return left * right, _joined(left_unit, "*", right_unit)
    return left / right, _joined(left_unit, "/", right_unit)


def _joined(left: str, sign: str, right: str) -> str:
    if right == "1":
        return left
    return right if left == "1" and sign == "*" else f"({left}){sign}({right})"


class _Run:
    """Numbers of a run by term."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    @cached_property
    def _config(self) -> dict[Any, Any]:
        return document.parse(str(self._dataset.attrs.get("config", "")), "config").data

    @cached_property
    def _money(self) -> Mapping[str, Any]:
        money = self._config.get("money")
        if not isinstance(money, dict) or "base_year" not in money:
            raise RunError(Fault(
                "config", "no money", "the resolved config of the run, with its price indices",
                "run the config again with this simcore",
            ))  # fmt: skip
        return money

    @property
    def exchange(self) -> Mapping[str, float]:
        found: Mapping[str, float] = self._money.get("exchange", {})
        return found

    def real(self, currency: str, year: int | None) -> float:
        """Factor from money of a year to money of the base year."""
        money = self._money
        assert year is not None
        return deflate(
            year, int(money["base_year"]), index=money.get("deflator", {}).get(currency),
            inflation=float(money["inflation"]),
        )  # fmt: skip

    def quantity(self, path: str, one: Observation, what: str) -> tuple[np.ndarray, str]:
        """A number or a distribution of the catalog; a bare number is in the unit of the row."""
        node: Any = self._config.get("catalog")
        *heads, last = path.split(".")
        for key in heads:
            node = _inside(node, key)
        found = _inside(node, last)
        # A region without a quantity of its own has that of all others.
        found = _inside(node, "default") if found is None else found
        entry = found if isinstance(found, Mapping) else {"kind": "constant", "value": found}
        try:
            marginal = compile_distribution(entry)
        except (ValueError, TypeError, KeyError):
            raise _MissingError(f"no quantity {path} in the catalog of this run") from None
        unit = str(entry.get("unit") or one.unit)
        currency = currency_of(unit)
        real = 1.0
        if currency is not None:
            real = self.real(currency, entry.get("price_year") or one.price_year)
        if marginal.kind == CONSTANT or what == "central":
            return np.array(marginal.central * real), unit
        if what == "mean":
            return np.array(marginal.mean * real), unit
        if what == "draws":
            raise _MissingError(f"draws of {path} are not kept")
        from simcore.kernels.marginals import quantile

        values = quantile(
            np.array(PROBABILITIES), kind=marginal.kind, params=marginal.params,
            pool=marginal.pool,
        )  # fmt: skip
        return values * real, unit

    def outcome(self, term: formulas.Term, what: str) -> tuple[np.ndarray, str]:
        """An outcome: one value, three quantiles, or all draws."""
        dims = ("scenario", *OUTCOMES[term.name].dims[1:])
        stored = term.name if what == "draws" else f"{term.name}_{what}"
        if stored not in self._dataset:
            raise _MissingError(self._why(term.name, what))
        dataset = self._dataset
        place = {"scenario": 0}
        for dim, label in zip(dims[1:], term.labels, strict=True):
            known = [str(one) for one in dataset[dim].values.tolist()]
            if dim == "commodity" and label not in known:
                # A region without a price of its own pays that of all others.
                label = f"{label.partition('.')[0]}.default"
            if label not in known:
                raise _MissingError(f"no {dim} {label} in this run")
            place[dim] = known.index(label)
        held = {
            str(name): str(labels.values[place[labels.dims[0]]])
            for name, labels in dataset.coords.items() if labels.dims and labels.dims[0] in place
        }  # fmt: skip
        unit = OUTCOMES[term.name].unit_at(str(dataset.attrs["currency"]), held)
        if what == "quantile":
            chosen = dataset.isel({dim: [at] for dim, at in place.items()})
            found = quantiles(chosen, term.name, PROBABILITIES)["value"].values
        else:
            found = dataset[stored].isel(place).values
        return np.asarray(found, dtype=float).squeeze(), unit

    def _why(self, name: str, what: str) -> str:
        if f"{name}_mean" not in self._dataset and f"{name}_central" not in self._dataset:
            return f"no {name} in this run"
        if what == "draws":
            return f"{name} kept no draws: add it to keep"
        return f"no {what} of {name} in this run"


def _inside(node: Any, key: str) -> Any:
    """What stands under a key, whole numbers included; None where nothing does."""
    if not isinstance(node, Mapping):
        return None
    return node.get(key, node.get(int(key)) if key.isdecimal() else None)
