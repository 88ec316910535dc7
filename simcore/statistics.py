"""What a run tells of its draws: each statistic declared once, with the function that makes it.

The layout of a run, its reduction, its tables and summaries read `STATISTICS`, so that a new
statistic is one entry and one function of what the passes over the draws leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.elementary import total

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """What the passes over the draws leave of some rows.

    Attributes
    ----------
    draws : int
        Draws of the run.
    taken : ndarray, shape (replicates,)
        Draws of which these are, by replicate.
    known : ndarray, shape (rows,)
        Whether the row exists in its year; else it is undefined in every draw.
    central : ndarray, shape (rows,)
        The central case.
    count, positive : ndarray, shape (replicates, rows)
        Defined draws, and draws above zero.
    mean, variance, standard_error : ndarray, shape (rows,)
        Of the defined draws; the error is that of the mean.
    quantile, low, high : ndarray, shape (rows, quantile)
        Quantiles and the ends of their intervals; NaN where not asked for.
    categories : ndarray, shape (rows, categories)
        Draws by category, where asked for.
    """

    draws: int
    taken: Floats
    known: NDArray[np.bool_]
    central: Floats
    count: NDArray[Any]
    positive: NDArray[Any]
    mean: Floats
    variance: Floats
    standard_error: Floats
    quantile: Floats
    low: Floats
    high: Floats
    categories: NDArray[np.int64]

    def rows(self, first: int, last: int) -> Sample:
        """The same of the rows first..last-1."""
        some = slice(first, last)
        parts = {
            one.name: getattr(self, one.name)[some]
            for one in fields(self)
            if one.name not in ("draws", "taken", "count", "positive")
        }
        return replace(self, count=self.count[:, some], positive=self.positive[:, some], **parts)


Make = Callable[[Sample], NDArray[Any]]


class Statistic(NamedTuple):
    """One declared statistic.

    Attributes
    ----------
    name : str
        Ending of the arrays that hold it, after the outcome; name of its column in tables.
    long_name : str
        What it is, after the name of the outcome.
    of : mapping of str to callable
        By kind of outcome (`variables.Variable.kind`) that has it, what makes it of a `Sample`:
        an array (rows,) or (rows, label).
    dims : tuple of str
        Dimensions beside those of the outcome.
    is_share : bool
        Whether it is a share of the draws, whatever the unit of the outcome.
    heading : str
        Heading of its column, where its name is too long.
    leaves : int
        When its column leaves a table that is too wide: 1 goes first, 0 never.
    """

    name: str
    long_name: str
    of: Mapping[str, Make]
    dims: tuple[str, ...] = ()
    is_share: bool = False
    heading: str = ""
    leaves: int = 0


AMONG: Final = "among"
"""In place of the dimension whose labels a category chooses among."""


def probability_named(statistic: str) -> float | None:
    """Probability of the quantile that a word such as p5 or p97.5 names; None of `mean`.

    Raises
    ------
    ValueError
        It names neither.
    """
    if statistic == "mean":
        return None
    found = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?)", statistic)
    if found is None or float(found[1]) == 0.0:
        raise ValueError(statistic)
    return float(found[1]) / 100.0


def spread_of_replicates(sums: Floats, count: Floats) -> Floats:
    """Standard error of a mean from the means of replicates; NaN where fewer than two have draws.

    Of the sums of the values and their number in each replicate, shape (replicates, rows).
    """
    used = count > 0
    number, whole = used.sum(axis=0), count.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(used, sums / count - total(sums, axis=0) / whole, 0.0) * (count / whole)
        error: Floats = np.sqrt(total(off * off, axis=0) * (number / (number - 1.0)))
    error[number < 2] = np.nan
    return error


def _holding(sample: Sample) -> Floats:
    """Draws in which it holds, by replicate; NaN in years that do not exist."""
    return np.where(sample.known, sample.positive, np.nan)


def _share(sample: Sample) -> Floats:
    """Share of the draws in which it holds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = _holding(sample).sum(axis=0) / sample.taken.sum()
    return share


def _share_error(sample: Sample) -> Floats:
    """Standard error of `_share`."""
    yes, share = _holding(sample), _share(sample)
    spread = spread_of_replicates(yes, np.broadcast_to(sample.taken[:, None], yes.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        single = np.sqrt(share * (1.0 - share) / (sample.taken.sum() - 1.0))
    return np.where(np.isnan(spread), single, spread)


def _sd(sample: Sample) -> Floats:
    """Standard deviation; a single draw tells none."""
    return np.sqrt(sample.variance)


def _for_numbers(make: Make) -> dict[str, Make]:
    return {"number": make, "year": make}


def _for_shares(make: Make) -> dict[str, Make]:
    return {"indicator": make, "conditional": make}


_INTERVAL: Final = "of the 95 % order-statistic interval of the quantile"

STATISTICS: Final[dict[str, Statistic]] = {one.name: one for one in (
    Statistic("mean", "mean over the draws",
              {**_for_numbers(lambda s: s.mean), **_for_shares(_share), "input": lambda s: s.mean}),
    Statistic("sd", "standard deviation over the draws", {"input": _sd}),
    Statistic("standard_error", "standard error of the mean",
              {**_for_numbers(lambda s: s.standard_error), **_for_shares(_share_error)},
              heading="std.error", leaves=2),
    Statistic("probability", "share of the draws",
              {"category": lambda s: s.categories / s.draws}, dims=(AMONG,), is_share=True),
    Statistic("quantile", "quantile over the draws", _for_numbers(lambda s: s.quantile),
              dims=("quantile",)),
    Statistic("quantile_low", f"lower end {_INTERVAL}", _for_numbers(lambda s: s.low),
              dims=("quantile",), leaves=1),
    Statistic("quantile_high", f"upper end {_INTERVAL}", _for_numbers(lambda s: s.high),
              dims=("quantile",), leaves=1),
    Statistic("positive", "share of the draws above zero",
              _for_numbers(lambda s: s.positive.sum(axis=0) / s.draws), is_share=True,
              heading="P(>0)", leaves=4),
    Statistic("defined", "share of the draws in which the value is defined",
              {kind: lambda s: s.count.sum(axis=0) / s.draws
               for kind in ("number", "year", "conditional")}, is_share=True, leaves=3),
    Statistic("central", "central case: every uncertain number at its median, every choice at its "
              "likeliest value, no shocks",
              {kind: lambda s: s.central
               for kind in ("number", "year", "known", "component", "input")}, leaves=5),
)}  # fmt: skip

OF_TAILS: Final[dict[str, Statistic]] = {one.name: one for one in (
    Statistic("tail", "mean {tails}", {}, dims=("tail",)),
    Statistic("tail_standard_error", "standard error of the mean {tails}", {},
              dims=("tail",), heading="error", leaves=1),
    Statistic("tail_quantile", "quantile over the draws", {}, dims=("tail",)),
    Statistic("tail_quantile_low", f"lower end {_INTERVAL}", {}, dims=("tail",)),
    Statistic("tail_quantile_high", f"upper end {_INTERVAL}", {}, dims=("tail",)),
)}  # fmt: skip
"""What a run tells beside of the outcomes that `risk` names, by tail."""
OF_THRESHOLDS: Final[dict[str, Statistic]] = {one.name: one for one in (
    Statistic("exceedance", "share of the draws above the threshold", {}, dims=("threshold",),
              is_share=True),
    Statistic("exceedance_standard_error", "standard error of the share above the threshold", {},
              dims=("threshold",), is_share=True, heading="error", leaves=1),
)}  # fmt: skip
"""The same by threshold; each outcome has thresholds of its own, along `V_threshold`."""


def statistics_of_kind(kind: str) -> tuple[Statistic, ...]:
    """Statistics of outcomes of a kind, in the order of their declaration."""
    return tuple(one for one in STATISTICS.values() if kind in one.of)


def statistics_from(sample: Sample, kind: str) -> dict[str, NDArray[Any]]:
    """All statistics of rows of outcomes of a kind, by name; shape (rows,) or (rows, label)."""
    return {one.name: one.of[kind](sample) for one in statistics_of_kind(kind)}


def split_name(array: str) -> tuple[str, str] | None:
    """Outcome and statistic of a summary array, such as `cost_premium` and `quantile_low`."""
    known = (*STATISTICS, *OF_TAILS, *OF_THRESHOLDS)
    endings = [name for name in known if array.endswith(f"_{name}")]
    statistic = max(endings, key=len, default=None)
    return None if statistic is None else (array[: -len(statistic) - 1], statistic)
