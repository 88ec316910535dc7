"""How sure an answer is with so many draws: the half-width of its 95 % interval as they grow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.select import quantiles
from simcore.analysis.targets import Target
from simcore.dataset import RunError
from simcore.errors import Fault
from simcore.numerics.normal import quantile
from simcore.numerics.student import students_t
from simcore.statistics import spread_of_replicates
from simcore.variables import INTERVAL_LEVEL

if TYPE_CHECKING:
    import xarray as xr

BLOCK: Final = 256
"""Draws of a block, of which a replicate takes every so many-th."""
BLOCKS: Final = 2
"""Blocks of each replicate from which on its spread tells an error."""
STATISTICS: Final = ("mean", *(f"p{one}" for one in (1, 5, 10, 25, 50, 75, 90, 95, 99)))
SLOPES: Final = {"random": -0.5, "antithetic": -0.5}
"""By which power of the draws the error falls; of the other designs between that and -1."""


@dataclass(frozen=True)
class Step:
    """An answer with so many draws.

    Attributes
    ----------
    draws : int
    value : float
    half_width : float
        Of its 95 % interval; infinite where it has no bound yet.
    freedom : int
        Degrees of freedom of the error.
    doubt : str
        Why the half-width is not to be trusted; empty where it is.
    """

    draws: int
    value: float
    half_width: float
    freedom: int
    doubt: str = ""


@dataclass(frozen=True)
class Course:
    """The steps of one design.

    Attributes
    ----------
    design : str
    replicates : int
    steps : tuple of Step
    """

    design: str
    replicates: int
    steps: tuple[Step, ...]

    @property
    def slope(self) -> float:
        """By which power of the draws the half-width falls, over the steps that are trusted."""
        sure = [one for one in self.steps if not one.doubt and 0 < one.half_width < math.inf]
        if len(sure) < 2:
            return math.nan
        log = np.log([[one.draws, one.half_width] for one in sure])
        return float(np.polyfit(log[:, 0], log[:, 1], 1)[0])


@dataclass(frozen=True)
class Convergence:
    """How the error of an answer falls.

    Attributes
    ----------
    target : Target
    statistic : str
        One of `STATISTICS`.
    courses : tuple of Course
    until : str
        What the interval was to reach, and whether it does; empty where nothing was asked.
    missed : bool
    tried : tuple of (int, float)
        Draws and whole widths on the way to `until`.
    """

    target: Target
    statistic: str
    courses: tuple[Course, ...]
    until: str = ""
    missed: bool = False
    tried: tuple[tuple[int, float], ...] = ()


def require_statistic(name: str) -> str:
    """Give a statistic back; an unknown one is a RunError."""
    if name not in STATISTICS:
        raise RunError(Fault(
            "--statistic", name, f"one of {', '.join(STATISTICS)}", "p95 is the 95 % quantile",
        ))  # fmt: skip
    return name


def sizes(draws: int, replicates: int) -> list[int]:
    """Draws of the steps: doubled from one block of each replicate on, and all of them."""
    found = [BLOCK * replicates]
    while 2 * found[-1] <= draws:
        found.append(2 * found[-1])
    return [*(one for one in found if one < draws), draws]


def doubt_of(draws: int, design: str, replicates: int) -> str:
    """Why the error of so many draws in replicates is not to be trusted."""
    if design == "random" or replicates < 2:
        return ""
    if draws < BLOCKS * BLOCK * replicates:
        return f"fewer than {BLOCKS} blocks of {BLOCK} in each replicate"
    if draws % (BLOCK * replicates):
        return "replicates of unequal size"
    return ""


def freedom_of(draws: int, design: str, replicates: int) -> int:
    """Degrees of freedom of an error of so many draws."""
    used = 1 if design == "random" else min(replicates, -(-draws // BLOCK))
    return used - 1 if used > 1 else draws - 1


def of_run(run: xr.Dataset, target: Target, statistic: str) -> Convergence:
    """How the error falls over the kept draws of a run.

    Raises
    ------
    RunError
        The run is too short, or its draws cannot be taken for those of a shorter run.
    """
    require_statistic(statistic)
    design, replicates = _design(run)
    if target.values.size < 2 * BLOCK:
        raise RunError(Fault(
            "draws", f"{target.values.size:,}", f"at least {2 * BLOCK:,}, two blocks",
            "run the config again with more --draws",
        ))  # fmt: skip
    # Every draw of a Latin hypercube changes with their number: a part of them is no shorter one.
    every = [target.values.size] if design == "latin_hypercube" else sizes(
        target.values.size, replicates
    )  # fmt: skip
    steps = tuple(
        _step(run, target, statistic, draws, design, replicates) for draws in every
        if draws <= target.values.size
    )  # fmt: skip
    until, missed, tried = _until(run)
    return Convergence(
        target, statistic, (Course(design, replicates, steps),), until, missed, tried
    )  # fmt: skip


def _step(
    run: xr.Dataset, target: Target, statistic: str, draws: int, design: str, replicates: int
) -> Step:
    freedom, doubt = freedom_of(draws, design, replicates), doubt_of(draws, design, replicates)
    if statistic == "mean":
        value, error = _mean(target.values[:draws], replicates)
        return Step(draws, value, reach_of(freedom) * error, freedom, doubt)
    cell = run[[target.name, "quantile"]].sel(target.place).isel(draw=slice(draws))
    cell = cell.assign_attrs(draws=draws, replicates=replicates)
    found = quantiles(cell, target.name, [float(statistic[1:]) / 100.0])
    value, low, high = (float(found[one].item()) for one in ("value", "low", "high"))
    half = (high - low) / 2 if math.isfinite(low) and math.isfinite(high) else math.inf
    return Step(draws, value, half, freedom, doubt)


def reach_of(freedom: int) -> float:
    """Standard errors in half a 95 % interval of a mean."""
    if freedom < 1:
        return math.inf
    if freedom < 200:
        return students_t(INTERVAL_LEVEL, freedom)
    return float(quantile((1.0 + INTERVAL_LEVEL) / 2.0))


def _mean(values: np.ndarray, replicates: int) -> tuple[float, float]:
    """Mean and its standard error, by replicates where there are several."""
    defined = np.isfinite(values)
    numbers = np.where(defined, values, 0.0)
    part = np.arange(values.size) // BLOCK % replicates
    count, sums = (
        np.bincount(part, one, replicates)[:, None].astype(np.float64) for one in (defined, numbers)
    )
    mean = float(sums.sum() / count.sum())
    error = float(spread_of_replicates(sums, count)[0]) if replicates > 1 else math.nan
    if math.isnan(error):
        error = float(values[defined].std(ddof=1)) / math.sqrt(float(count.sum()))
    return mean, error


def _design(run: xr.Dataset) -> tuple[str, int]:
    """Design of a run, and its replicates."""
    found = re.search(r"; (\w+(?: \w+)?) design", str(run.attrs.get("sampler", "")))
    design = found[1].replace(" ", "_") if found else "random"
    return design, 1 if design == "random" else int(run.attrs.get("replicates", 1))


def _until(run: xr.Dataset) -> tuple[str, bool, tuple[tuple[int, float], ...]]:
    """What the config of a run asked for, what came of it, and the way there."""
    asked = run.attrs.get("until")
    if asked is None:
        return "", False, ()
    path: Sequence[Any] = json.loads(run.attrs.get("until_path", "[]"))
    tried = tuple((int(draws), math.inf if width is None else float(width))
                  for draws, width in path)  # fmt: skip
    name, _, rest = str(asked).partition("=")
    wanted, _, place = rest.partition(" at ")
    reached = tried[-1][1] if tried else math.nan
    missed = run.attrs.get("until_reached") == "no"
    where = f" at {place}" if place else ""
    return until_said(f"{name}{where}", float(wanted), reached), missed, tried


def until_said(what: str, wanted: float, reached: float) -> str:
    """What was wanted and what was reached, in a line."""
    width = f"{reached:,.4g} wide" if math.isfinite(reached) else "without a bound"
    return f"until {what}: wanted {wanted:,.4g}, reached {width}"
