"""One claim of many cases: some of them stay in `make test`, the others are long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(cases: Iterable[Any], *, each: int) -> list[Any]:
    """Parameters of a test, some of which stay in `make test`: the first, and one of each so many after it.

    Parameters
    ----------
    cases : iterable
        A tuple is a case of several parameters.
    each : int
        4: one of four stays, and three are long.
    """
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=() if place % each == 0 else pytest.mark.long,
        )
        for place, case in enumerate(cases)
    ]
