"""How much of an answer's uncertainty goes with each input, from the draws that a run kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.drivers import Drivers, drivers_of, inputs_alone
from simcore.analysis.targets import Target, target_of
from simcore.dataset import RunError
from simcore.errors import Fault, unlisted
from simcore.estimators.association import first_order, held_out_fit, partial_ranks, spearman

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

MEASURES: Final = {
    "first": "share of the variance that the input alone explains, by bins (Plischke)",
    "spearman": "rank correlation with the answer",
    "prcc": "partial rank correlation, the other inputs held",
    "pawn": "median distance of the distributions with the input in one of ten parts (SALib)",
    "delta": "mean distance of the densities with the input known (SALib)",
}
"""What each measure tells."""
USUAL: Final = ("first", "spearman", "prcc")
ENOUGH: Final = 0.95
"""R2 of a linear fit from which on the inputs at hand explain the answer."""
LEAST_DRAWS: Final = 256
MOST_DRAWS: Final = 5_000
"""Draws of which SALib is asked."""
_CANDIDATES: Final = 15
"""Inputs of which SALib is asked, those that lead by the measures of all."""


@dataclass(frozen=True)
class Row:
    """What the draws tell of one input.

    Attributes
    ----------
    name, title, unit, group, when : str
        See `Driver`.
    measures : dict of str to (float, float)
        Value and standard error by name; NaN where there is none.
    inflation : float
        Variance inflation, 1 / (1 - R2 of it by the other inputs).
    """

    name: str
    title: str
    unit: str
    group: str
    when: str
    measures: dict[str, tuple[float, float]]
    inflation: float


@dataclass(frozen=True)
class Given:
    """What the draws of a run tell of the inputs of an answer.

    Attributes
    ----------
    target : Target
    rows : tuple of Row
        The strongest first, by the first measure.
    fit : float
        R2 of a linear fit, half of the draws held out.
    fit_of_inputs : float
        The same of the inputs alone, without prices; NaN where none were kept.
    missing : tuple of str
        What was not kept, as `keep` names it.
    floor : dict of str to float
        By measure what an input reaches that has nothing to do with the answer.
    draws : int
    """

    target: Target
    rows: tuple[Row, ...]
    fit: float
    fit_of_inputs: float
    missing: tuple[str, ...]
    floor: dict[str, float]
    draws: int

    @property
    def notes(self) -> list[str]:
        """What a reader must know before he trusts the table."""
        found = []
        said = (
            f"A linear fit of these inputs has R2 {self.fit:.3f} on the held-out half of the draws"
        )
        if self.fit >= ENOUGH:
            return [f"{said}: they explain the answer."]
        if self.missing:
            keeps = [one for one in self.missing if one != "inputs"]
            outcomes = f", and {', '.join(keeps)} to outcomes" if keeps else ""
            found.append(
                f"warning: {said}, below {ENOUGH:g}: something that moves the answer is not here. "
                f"Add {', '.join(self.missing)} to keep{outcomes} in the config and run again."
            )
        elif self.target.kind in ("indicator", "conditional", "category"):
            found.append(f"{said}; an answer of 0 or 1 is no linear function of anything.")
        else:
            found.append(
                f"warning: {said}, below {ENOUGH:g}: the answer is not linear in them, or a price "
                "of another year moves it. Partial correlations tell less than the other columns."
            )
        return found


def given(
    run: xr.Dataset, name: str, *, at: dict[str, str], measures: Sequence[str] = USUAL,
) -> Given:  # fmt: skip
    """Measure what goes with an outcome of a saved run.

    Parameters
    ----------
    run : xarray.Dataset
        With kept inputs, prices and the outcome.
    name : str
        Outcome.
    at : mapping of str to str
        Its place; see `targets.target_of`.
    measures : sequence of str
        Of `MEASURES`.

    Raises
    ------
    RunError
        Something is not kept, the draws are too few, or a name is unknown.
    """
    unknown = [one for one in measures if one not in MEASURES]
    if unknown:
        raise RunError([unlisted("--measures", one, MEASURES) for one in unknown])
    target = target_of(run, name, at)
    if "delta" in measures and target.kind in ("indicator", "conditional"):
        raise RunError(Fault(
            "--measures", f"delta of {name}, which is 0 or 1", "an answer that has a density",
            "leave delta out: pawn measures it, or ask of a number such as project_npv",
        ))  # fmt: skip
    drivers = drivers_of(run, target)
    columns, answer = drivers.columns, target.values[drivers.draws]
    require_draws(answer.size, max(LEAST_DRAWS, 2 * len(columns) + 32))
    if np.ptp(answer) == 0:
        raise RunError(Fault(
            name, f"{answer[0]:g} in every draw", "an outcome that differs between the draws",
            "choose another outcome or place",
        ))  # fmt: skip
    found = {"first": first_order(columns, answer)}
    found["spearman"] = spearman(columns, answer)
    partial, error, inflation = partial_ranks(columns, answer)
    found["prcc"] = partial, error
    floor = _floor(answer)
    asked = [one for one in measures if one in ("pawn", "delta")]
    if asked:
        more, floors = _by_salib(drivers, columns, answer, found, asked)
        found |= more
        floor |= floors
    rows = [
        Row(one.name, one.title, one.unit, one.group, one.when,
            {name: (float(found[name][0][place]), float(found[name][1][place]))
             for name in measures}, float(inflation[place]))
        for place, one in enumerate(drivers.moving)
    ]  # fmt: skip
    rows.sort(key=lambda row: -_size(row.measures[measures[0]][0]))
    inputs = inputs_alone(run, target)
    alone = held_out_fit(inputs, answer) if len(inputs) else math.nan
    return Given(
        target, tuple(rows), held_out_fit(columns, answer), alone, drivers.missing,
        {name: floor[name] for name in measures}, answer.size,
    )  # fmt: skip


def require_draws(found: int, least: int) -> None:
    """Raise RunError where there are too few draws to tell anything."""
    if found < least:
        raise RunError(Fault(
            "draws", f"{found:,}", f"at least {least:,} for so many inputs",
            "run the config again with more --draws",
        ))  # fmt: skip


def _size(value: float) -> float:
    return abs(value) if math.isfinite(value) else -1.0


def _floor(answer: Floats) -> dict[str, float]:
    """What a dummy input, which moves nothing, reaches in these draws."""
    dummy = np.random.default_rng(0).random((8, answer.size))
    rank = float(np.abs(spearman(dummy, answer)[0]).max())
    return {
        "first": float(np.abs(first_order(dummy, answer)[0]).max()), "spearman": rank,
        "prcc": float(np.abs(partial_ranks(dummy, answer)[0]).max()),
    }  # fmt: skip


def _by_salib(
    drivers: Drivers, columns: Floats, answer: Floats, found: dict[str, tuple[Floats, Floats]],
    asked: Sequence[str],
) -> tuple[dict[str, tuple[Floats, Floats]], dict[str, float]]:  # fmt: skip
    """PAWN and delta of the inputs that lead, and of a dummy."""
    from simcore.estimators.distances import MEASURES as DISTANCES

    leading = np.maximum(np.abs(found["first"][0]), np.abs(found["spearman"][0]))
    chosen = np.argsort(-leading, kind="stable")[:_CANDIDATES]
    some = slice(0, MOST_DRAWS)
    dummy = np.random.default_rng(0).random(answer[some].size)
    table = np.vstack([columns[chosen][:, some], dummy])
    numbers = [*(drivers.numbers[place] for place in chosen), True]
    values, floors = {}, {}
    for name in asked:
        value, error = DISTANCES[name](table, answer[some], numbers)
        whole, spread = np.full((2, len(columns)), math.nan)
        whole[chosen], spread[chosen] = value[:-1], error[:-1]
        values[name], floors[name] = (whole, spread), float(value[-1])
    return values, floors
