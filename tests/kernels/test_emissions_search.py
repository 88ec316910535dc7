"""Halvings that the search for a price of emissions leaves out change no bracket."""

import numpy as np

from simcore.kernels import emissions_search as search
from simcore.kernels.emissions_year import BACKSTOP, REFERENCE, WIDTH


def test_a_halving_left_out_ends_as_one_that_was_tried():
    """Plain halvings of brackets whose root lies anywhere, also just above the surest price."""
    generator = np.random.default_rng(5)
    s = np.full(search.PLACES * WIDTH, np.nan)
    place = s.reshape(-1, WIDTH)
    place[REFERENCE] = generator.uniform(3, 5, WIDTH)
    place[BACKSTOP] = place[REFERENCE] + generator.uniform(0.5, 2, WIDTH)
    sure = place[REFERENCE] - generator.uniform(-0.4, 4.9, WIDTH)
    above = 10.0 ** generator.uniform(-8, 0, WIDTH)
    above[: WIDTH // 4] = 1e-7
    root = np.minimum(sure + above, place[BACKSTOP] - 1e-3)

    low, high = place[REFERENCE] - search.LOWEST, place[BACKSTOP].copy()
    for _ in range(search.HALVINGS):
        middle = 0.5 * (low + high)
        low, high = np.where(middle < root, middle, low), np.where(middle < root, high, middle)

    for j in range(WIDTH):
        search.begin.py_func(s, j, j, sure[j] + search.SURELY)
    trials = np.zeros(WIDTH)
    for _ in range(search.HALVINGS + 1):
        search.propose.py_func(s, WIDTH)
        steps = place[search._TRIES] > search.HALVINGS
        # What is tried now is a step, or a halving of the bracket it began with.
        for j in np.flatnonzero(steps & (trials == 0)):
            trials[j] = 1
            assert (place[search._LOW, j], place[search._HIGH, j]) == (low[j], high[j])
            assert place[search._LOW_SLACK, j] == low[j] - root[j]
        place[search._SLACK] = place[search._TRIED] - root
        search.sharpen.py_func(s, WIDTH)
    assert trials.all()
