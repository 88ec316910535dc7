"""What holds for every test: what was collected is never looked through for garbage again."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they load stay until the end. To pass over them each time
    that a graph of many small objects is made takes a sixth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
