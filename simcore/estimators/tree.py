"""A second opinion on where draws of interest lie: the best leaf of a small decision tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.estimators.box import Box, Limit, apart

DEPTH: Final = 3
_LEAST: Final = 0.03
"""Share of the draws that a leaf holds at least."""


def best_leaf(
    columns: NDArray[np.float64], wanted: NDArray[np.bool_], *, numbers: Sequence[bool]
) -> Box | None:
    """The leaf of a tree of depth three that tells the draws of interest best apart (CART).

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    wanted : bool, shape (draws,)
    numbers : sequence of bool, length (inputs,)
        Whether an input is a number, and not one of a few classes.

    Returns
    -------
    Box or None
        None where scikit-learn is not installed.
    """
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        return None
    grown = DecisionTreeClassifier(
        max_depth=DEPTH, min_samples_leaf=_LEAST, random_state=0
    ).fit(columns.T, wanted).tree_  # fmt: skip
    leaves = [_box(limits, columns, numbers) for limits in _leaves(grown, 0, {})]
    return max(leaves, key=lambda box: apart(box, columns, wanted))


def _leaves(tree: Any, node: int, limits: dict[int, Limit]) -> list[dict[int, Limit]]:
    """Limits of each leaf below a node, by input."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        return [limits]
    column, edge = int(tree.feature[node]), float(tree.threshold[node])
    own = limits.get(column, Limit(column))
    below = {**limits, column: Limit(column, own.low, edge)}
    above = {**limits, column: Limit(column, float(np.nextafter(edge, np.inf)), own.high)}
    return _leaves(tree, left, below) + _leaves(tree, right, above)


def _box(limits: dict[int, Limit], columns: NDArray[np.float64], numbers: Sequence[bool]) -> Box:
    """The limits of a leaf; those of classes as the classes that lie within."""
    return tuple(
        one if numbers[column] else Limit(column, classes=tuple(
            int(value) for value in np.unique(columns[column]) if one.low <= value <= one.high
        ))
        for column, one in limits.items()
    )  # fmt: skip
