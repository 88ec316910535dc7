"""What holds for every test: it wastes no time of the processors."""

from __future__ import annotations

import gc
import os

# Threads of linear algebra wait for each other in a loop: matrices here are small, and tests run
# beside each other. It is read when NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they load stay until the end. To pass over them each time
    that a graph of many small objects is made takes a sixth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
