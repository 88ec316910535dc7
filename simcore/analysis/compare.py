"""Two scenarios, of one run or of two, beside each other: draw by draw where they share draws.

Where they do not, or kept none, quantiles are set beside quantiles. Their shift is no quantile of
a difference, and its interval is that of two independent samples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.names import title
from simcore.analysis.samples import MANY, of_draws, reach_of_mean
from simcore.analysis.select import choose, quantiles, require_outcome
from simcore.dataset import RunError
from simcore.errors import Fault, suggest
from simcore.variables import OUTCOMES, Outcome

if TYPE_CHECKING:
    import xarray as xr

PROBABILITIES: Final = (0.05, 0.5, 0.95)
GAPS: Final = (
    "support_gap", "market_gap", "project_gap", "buyer_premium", "asking_premium", "cost_premium",
    "cost_premium_ex_carbon",
)  # fmt: skip
"""Outcomes per tonne of product of which a volume makes a budget."""
_KINDS: Final = ("number", "year", "indicator", "conditional")
_SAME: Final = {
    "currency": "run both with the same currency: in the config",
    "price_year": "run both with the same money.base_year",
    "schema_version": "run the older one again with this version",
}
"""Attributes without which numbers of two runs cannot be set beside each other."""


@dataclass(frozen=True)
class Side:
    """A scenario of a run.

    Attributes
    ----------
    run : xarray.Dataset
        The run, cut to what is asked for.
    scenario : str
    """

    run: xr.Dataset
    scenario: str

    @property
    def cells(self) -> xr.Dataset:
        """The run in this scenario alone."""
        return self.run.sel(scenario=self.scenario, drop=True)

    @property
    def draws(self) -> tuple[Any, ...]:
        """What says which random numbers its draws have."""
        attrs = self.run.attrs
        names = ("seed", "sampler", "replicates", "draws")
        own = self.scenario if _is_drawn_alone(self.run) else ""
        return (*(attrs.get(name) for name in names), own)


def difference(
    dataset: xr.Dataset, variable: str, scenario_a: str, scenario_b: str
) -> xr.DataArray:
    """Subtract scenario b from scenario a, draw by draw.

    Both scenarios share their draws, so the difference is policy and not noise.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run that kept the draws of the variable.
    variable : str
        Outcome.
    scenario_a, scenario_b : str
        Names of scenarios of the run.

    Returns
    -------
    xarray.DataArray
        `variable[a] - variable[b]` over (region, ..., draw), in float64.

    Raises
    ------
    RunError
        When a name is unknown or the draws were not kept.
    """
    variable = require_outcome(dataset, variable)
    choose(dataset, {"scenario": [scenario_a, scenario_b]})
    if variable not in dataset:
        raise RunError(Fault(
            variable, "summaries only", "its draws",
            f"add {variable} to keep: in the config and run again",
        ))  # fmt: skip
    kept = dataset[variable]
    first = kept.sel(scenario=scenario_a, drop=True).astype("float64")
    second = kept.sel(scenario=scenario_b, drop=True).astype("float64")
    result = (first - second).rename(variable)
    result.attrs = {
        **kept.attrs,
        "long_name": f"{kept.attrs['long_name']}, {scenario_a} minus {scenario_b}",
    }
    return result


def compare(
    old: xr.Dataset,
    new: xr.Dataset | None = None,
    *,
    variable: str,
    old_scenario: str | None = None,
    new_scenario: str | None = None,
    labels: Mapping[str, Iterable[Any] | None] | None = None,
    volume: float | None = None,
    probabilities: Sequence[float] = PROBABILITIES,
) -> xr.Dataset:
    """Set an outcome of two scenarios beside each other.

    Parameters
    ----------
    old, new : xarray.Dataset
        Runs; without `new` both scenarios are of `old`.
    variable : str
        Outcome that is a number or an indicator.
    old_scenario, new_scenario : str, optional
        Scenario of each side. Without the first: the first of the run. Without the second: of one
        run the next, of two the same scenario, else the first.
    labels : mapping of str to labels, optional
        Labels to keep by dimension.
    volume : float, optional
        Mt a year of which the gap is closed; then there is a budget.
    probabilities : sequence of float
        Of the quantiles.

    Returns
    -------
    xarray.Dataset
        Over the cells that both sides have and, with `_quantile`, `quantile`:

        - `old_quantile`, `new_quantile`, `difference_quantile`, each with `_low` and `_high`, the
          ends of a 95 % interval; not of an indicator;
        - `old_mean`, `new_mean`, `difference_mean`, the last with `_low` and `_high`;
        - with a volume `old_budget`, `new_budget` and `difference_budget` (with `_low` and
          `_high`), in 1e6 of the currency, a year where the outcome is of one: the mean of
          max(gap, 0) times the volume; and `old_needed`, `new_needed`, the shares of draws with a
          gap above zero.

        In the unit of the outcome. The attribute `paired` is 1 where differences are taken draw by
        draw; then `difference_quantile` is a quantile of the difference, else the shift of the
        quantile. `why_unpaired` says why it is not.

    Raises
    ------
    RunError
        A name is not in a run, or the runs are not of the same money or schema, or a budget needs
        draws that were not kept.
    """
    import xarray as xr

    other = old if new is None else new
    if new is not None:
        _require_same(old, new)
    first, second = _sides(old, other, new is not None, old_scenario, new_scenario)
    for run in (old, other):
        variable = require_outcome(run, variable)
    outcome = _comparable(variable, volume)
    cut = [choose(run, labels or {}) for run in (old, other)]
    a, b = _aligned(Side(cut[0], first), Side(cut[1], second), outcome)
    why = _why_unpaired(a, b, variable)
    whole = all(one.run.attrs.get("draws") == one.run.sizes.get("draw") for one in (a, b))
    replicates = int(a.run.attrs.get("replicates", 1)) if whole else 1
    found = _means(a, b, variable)
    if f"{variable}_quantile" in a.run:
        found |= _quantiles(a, b, variable, probabilities)
    if not why:
        asked = probabilities if "old_quantile" in found else ()
        found |= _piecewise(
            a, b, variable, lambda x, y: of_draws(y - x, replicates, asked, "difference")
        )
    if volume is not None:
        found |= _budgets(a, b, variable, volume, replicates, paired=not why)
    result = xr.Dataset(found)
    unit = outcome.unit_in(str(old.attrs["currency"]))
    for name, array in result.data_vars.items():
        array.attrs = {"units": _unit_of(str(name), unit, outcome, str(old.attrs["currency"]))}
    result.attrs = {
        "variable": variable, "long_name": outcome.long_name, "units": unit,
        "old_scenario": a.scenario, "new_scenario": b.scenario,
        "old_title": title(old, "scenario", a.scenario),
        "new_title": title(other, "scenario", b.scenario),
        "currency": str(old.attrs["currency"]), "price_year": int(old.attrs["price_year"]),
        "old_draws": int(old.attrs["draws"]), "new_draws": int(other.attrs["draws"]),
        "paired": int(not why), "why_unpaired": why,
        **({"volume": volume, "volume_unit": "Mt"} if volume is not None else {}),
    }  # fmt: skip
    return result


def _require_same(old: xr.Dataset, new: xr.Dataset) -> None:
    faults = [
        Fault(name, f"{old.attrs.get(name)} and {new.attrs.get(name)}", "the same in both", remedy)
        for name, remedy in _SAME.items()
        if old.attrs.get(name) != new.attrs.get(name)
    ]
    if faults:
        raise RunError(faults)


def _sides(
    old: xr.Dataset, new: xr.Dataset, two: bool, first: str | None, second: str | None
) -> tuple[str, str]:
    """Scenario of each side."""
    known, others = ([str(name) for name in run["scenario"].values] for run in (old, new))
    choose(old, {"scenario": [first] if first else None})
    choose(new, {"scenario": [second] if second else None})
    if two:
        first = first or (second if second in known else known[0])
        return first, second or (first if first in others else others[0])
    first = first or next((name for name in known if name != second), known[0])
    if second is None:
        second = next((name for name in known if name != first), None)
    if second is None:
        raise RunError(Fault(
            "scenario", f"{first} alone", "two scenarios, or two runs",
            "name a second run, or add a scenario to the config and run again",
        ))  # fmt: skip
    return first, second


def _comparable(name: str, volume: float | None) -> Outcome:
    """What is declared of an outcome that can be compared."""
    one = OUTCOMES.get(name)
    if one is None or one.kind not in _KINDS:
        kind = "an uncertain input" if one is None else f"a {one.kind}"
        raise RunError(Fault(
            "variable", f"{name}, {kind}", "an outcome that is a number or yes or no by draw",
            "choose another one, such as cost_premium",
        ))  # fmt: skip
    if volume is not None and name not in GAPS:
        near = suggest(name, GAPS) or GAPS[0]
        raise RunError(Fault(
            "volume", f"of {name}", f"a gap per tonne of product: {', '.join(GAPS)}",
            f"leave --volume out, or take --variable {near}",
        ))  # fmt: skip
    return one


def _aligned(a: Side, b: Side, outcome: Outcome) -> tuple[Side, Side]:
    """Both sides cut to the cells that both have, in the order of the first."""
    shared: dict[str, list[Any]] = {}
    for dim in outcome.dims:
        if dim == "scenario":
            continue
        theirs = set(b.run[dim].values.tolist())
        shared[dim] = [label for label in a.run[dim].values.tolist() if label in theirs]
        if not shared[dim]:
            raise RunError(Fault(
                dim, f"{_join(a.run[dim])} and {_join(b.run[dim])}", f"a {dim} that both runs have",
                "run one of them again with what the other has",
            ))  # fmt: skip
    return tuple(Side(one.run.sel(shared), one.scenario) for one in (a, b))  # type: ignore


def _why_unpaired(a: Side, b: Side, name: str) -> str:
    """Why draws of two sides cannot be subtracted; empty where they can."""
    lacking = [one for one in (a, b) if name not in one.run]
    if a.draws != b.draws:
        if _is_drawn_alone(a.run) or _is_drawn_alone(b.run):
            return "independent_scenarios: each scenario has draws of its own"
        names = ("seed", "design", "replicates", "draws")
        apart = [n for n, x, y in zip(names, a.draws, b.draws, strict=False) if x != y]
        return f"the two runs differ in {', '.join(apart)}"
    if lacking:
        return f"the draws of {name} were not kept; add keep: [{name}] to the config and run again"
    return ""


def _is_drawn_alone(run: xr.Dataset) -> bool:
    config = str(run.attrs.get("config", ""))
    return re.search(r"^independent_scenarios: *true *$", config, re.M) is not None


def _piecewise(
    a: Side, b: Side, name: str, make: Callable[[xr.DataArray, xr.DataArray], dict[str, Any]]
) -> dict[str, Any]:
    """What is made of the draws of both sides, of few at a time: all may not fit in memory."""
    import xarray as xr

    old, new = a.cells[name], b.cells[name]
    dim = old.dims[0]
    if dim == "draw":
        return make(old.astype("float64"), new.astype("float64"))
    parts = [
        xr.Dataset(make(*(one.isel({dim: [at]}).astype("float64") for one in (old, new))))
        for at in range(old.sizes[dim])
    ]
    return {str(one): array for one, array in xr.concat(parts, dim).data_vars.items()}


def _quantiles(
    a: Side, b: Side, name: str, probabilities: Sequence[float]
) -> dict[str, xr.DataArray]:
    """Quantiles of each side and their shift, with the interval of independent samples."""
    found: dict[str, Any] = {}
    sides = [quantiles(one.cells, name, probabilities) for one in (a, b)]
    for side, told in zip(("old", "new"), sides, strict=True):
        for part, ending in (("value", ""), ("low", "_low"), ("high", "_high")):
            found[f"{side}_quantile{ending}"] = told[part]
    # Half-widths of independent samples add as the roots of squares do (Zou and Donner 2008).
    old, new = sides
    shift = new["value"] - old["value"]
    down = np.hypot(new["value"] - new["low"], old["high"] - old["value"])
    up = np.hypot(new["high"] - new["value"], old["value"] - old["low"])
    return found | {
        "difference_quantile": shift,
        "difference_quantile_low": shift - down, "difference_quantile_high": shift + up,
    }  # fmt: skip


def _means(a: Side, b: Side, name: str) -> dict[str, xr.DataArray]:
    """Mean of each side and their difference, with the interval of independent samples."""
    old, new = (one.cells[f"{name}_mean"] for one in (a, b))
    errors = [one.cells[f"{name}_standard_error"] for one in (a, b)]
    freedom = min(int(one.run.attrs.get("degrees_of_freedom", MANY)) for one in (a, b))
    reach = reach_of_mean(freedom) * np.hypot(errors[0], errors[1])
    return {
        "old_mean": old, "new_mean": new, "difference_mean": new - old,
        "difference_mean_low": new - old - reach, "difference_mean_high": new - old + reach,
    }  # fmt: skip


def _budgets(
    a: Side, b: Side, name: str, volume: float, replicates: int, *, paired: bool
) -> dict[str, Any]:
    """Mean of what closes the gap of each draw, for a volume, and how often there is a gap."""
    if missing := [one.scenario for one in (a, b) if name not in one.run]:
        raise RunError(Fault(
            "volume", f"no draws of {name} ({', '.join(dict.fromkeys(missing))})",
            "draws: the mean of max(gap, 0) is not in the summaries",
            f"add keep: [{name}] to the config and run again",
        ))  # fmt: skip
    parts = [int(one.run.attrs.get("replicates", 1)) for one in (a, b)]

    def make(old: xr.DataArray, new: xr.DataArray) -> dict[str, Any]:
        needs = [gap.clip(min=0.0) * volume for gap in (old, new)]
        told = of_draws(needs[0], parts[0], (), "old") | of_draws(needs[1], parts[1], (), "new")
        if paired:
            told |= of_draws(needs[1] - needs[0], replicates, (), "difference")
        for side, gap in (("old", old), ("new", new)):
            told[f"{side}_needed"] = (gap > 0).where(gap.notnull()).mean("draw")
        return told

    told = _piecewise(a, b, name, make)
    reach = [told[f"{side}_mean_high"] - told[f"{side}_mean"] for side in ("old", "new")]
    apart = told["new_mean"] - told["old_mean"]
    found = {
        "old_budget": told["old_mean"], "new_budget": told["new_mean"],
        "difference_budget": apart,
        "difference_budget_low": apart - np.hypot(reach[0], reach[1]),
        "difference_budget_high": apart + np.hypot(reach[0], reach[1]),
        "old_needed": told["old_needed"], "new_needed": told["new_needed"],
    }  # fmt: skip
    if paired:
        for end in ("", "_low", "_high"):
            found[f"difference_budget{end}"] = told[f"difference_mean{end}"]
    return found


def _unit_of(name: str, unit: str, outcome: Outcome, currency: str) -> str:
    if name.endswith("_needed"):
        return "1"
    if "_budget" in name:
        return f"1e6 {currency}" + (" yr-1" if "year" in outcome.dims else "")
    return unit


def _join(names: Any) -> str:
    return ", ".join(str(name) for name in names.values.tolist())
