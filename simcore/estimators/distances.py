"""How far the distribution of an answer moves when an input is known: PAWN and delta, by SALib.

SALib cuts every input into parts of equally many draws. Of an input with a few values that leaves
empty parts and splits values, so here each value is a part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ConfigError, Fault
from simcore.estimators.association import bins_for

Floats = NDArray[np.float64]

PARTS: Final = 10
"""Parts into which PAWN cuts an input."""
_REPEATS: Final = 5
"""Bootstrap repeats by which the bias of delta is taken off."""


def pawn(columns: Floats, answer: Floats, numbers: Sequence[bool]) -> tuple[Floats, Floats]:
    """Median Kolmogorov-Smirnov distance of the answer, given a part of an input, to the answer.

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    answer : float64, shape (draws,)
    numbers : sequence of bool, length (inputs,)
        Whether an input is a number; else each of its values is a part.

    Returns
    -------
    value, error : float64, shape (inputs,)
        The error is NaN: PAWN has none.

    Raises
    ------
    ConfigError
        SALib is not installed.
    """
    analyze = _salib("SALib.analyze.pawn").analyze
    value = np.empty(len(columns))
    for place, (column, is_number) in enumerate(zip(columns, numbers, strict=True)):
        if is_number:
            problem = {"num_vars": 1, "names": ["x"], "bounds": [[0, 1]]}
            value[place] = analyze(problem, column[:, None], answer, S=PARTS)["median"][0]
        else:
            value[place] = np.median([
                _distance(answer[column == one], answer) for one in np.unique(column)
            ])  # fmt: skip
    return value, np.full(len(columns), np.nan)


def delta(columns: Floats, answer: Floats, numbers: Sequence[bool]) -> tuple[Floats, Floats]:
    """Mean distance of the density of the answer given an input to its density (Borgonovo 2007).

    Half the area between them, on average over the parts of an input, less what so many parts show
    by chance (Plischke et al. 2013, eq. 30). Parameters, returns and errors as in `pawn`, with the
    standard error of the bootstrap.
    """
    area = _salib("SALib.analyze.delta").calc_delta
    rng, size = np.random.default_rng(0), answer.size
    grid = np.linspace(answer.min(), answer.max(), 100)
    value, error = np.empty(len(columns)), np.empty(len(columns))
    samples = [rng.integers(0, size, size) for _ in range(_REPEATS)]
    for place, (column, is_number) in enumerate(zip(columns, numbers, strict=True)):
        # Equal values stand next to each other, whatever their order among themselves.
        found, *drawn = (
            area(answer[some], grid, column[some], _edges(column[some], is_number=is_number))
            for some in (np.arange(size), *samples)
        )
        reduced = 2.0 * found - np.array(drawn)
        value[place], error[place] = reduced.mean(), reduced.std(ddof=1)
    return value, error


Measure = Callable[[Floats, Floats, Sequence[bool]], tuple[Floats, Floats]]
MEASURES: Final[dict[str, Measure]] = {"pawn": pawn, "delta": delta}


def _edges(column: Floats, *, is_number: bool) -> Floats:
    """Ranks after which a part of an input ends, from 0."""
    if is_number:
        return np.linspace(0, column.size, bins_for(column.size) + 1)
    _, counts = np.unique(column, return_counts=True)
    return np.concatenate([[0.0], np.cumsum(counts)])


def _distance(some: Floats, every: Floats) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    at = np.concatenate([some, every])
    one, two = (
        np.searchsorted(np.sort(sample), at, side="right") / sample.size for sample in (some, every)
    )
    return float(np.abs(one - two).max())


def _salib(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(Fault(
            "--measures", f"SALib cannot be loaded ({error})", "SALib, for pawn and delta",
            'pip install "simcore[sensitivity]", or leave them out: first, spearman, prcc',
        )) from error  # fmt: skip
