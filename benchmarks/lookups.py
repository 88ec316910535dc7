"""What a look-up in a table costs on this machine: by gathers of several values, by a load each.

python -m benchmarks.lookups      prints nanoseconds a look-up, and the way that numba takes
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

_CACHE = Path("/sys/devices/system/cpu/cpu0/cache/index2/size")
_LENGTH = 512
"""Of the table, which lies in the first cache."""
_VALUES = 2048


def _features(*, gathers: bool) -> str:
    """Features of the processor with one way of looking up."""
    import llvmlite.binding

    known = llvmlite.binding.get_host_cpu_features()
    wide = ",-prefer-256-bit" if known.get("avx512f") else ""
    return known.flatten() + wide + (",+fast-gather" if gathers else ",+prefer-no-gather")


def cost(features: str | None) -> tuple[float, bool]:
    """Nanoseconds of a look-up with features of the processor (None: those that simcore chooses),
    and whether it is a gather.

    In a process of its own, as the way is set before compiling.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lookups"],
        env=os.environ | ({} if features is None else {"NUMBA_CPU_FEATURES": features}),
        check=True,
        capture_output=True,
        text=True,
    )
    nanoseconds, way = done.stdout.split()
    return float(nanoseconds), way == "gathers"


def sentence() -> str:
    """The second cache, the cost of each way, and the one that is taken here."""
    size = re.sub(r"\D", "", _CACHE.read_text()) if _CACHE.exists() else "?"
    gather, is_gather = cost(_features(gathers=True))
    load, _ = cost(_features(gathers=False))
    _, chosen = cost(None)
    by_gathers = f"{gather:.2f} ns by gathers, " if is_gather else ""
    return (
        f"second cache {size} KB; a look-up in a table takes {by_gathers}{load:.2f} ns by loads: "
        f"{'gathers' if chosen else 'loads'} it is"
    )


def _measure() -> tuple[float, str]:
    from simcore.kernels.jit import kernel, load, store

    @kernel
    def look_up(table, places, out):
        for i in range(places.size):
            store(out, np.uint64(i), load(table, places[i]))

    generator = np.random.default_rng(1)
    table, out = generator.random(_LENGTH), np.empty(_VALUES)
    places = generator.integers(0, _LENGTH, _VALUES).astype(np.uint64)
    best = np.inf
    look_up(table, places, out)
    for _ in range(200):
        start = perf_counter()
        for _ in range(50):
            look_up(table, places, out)
        best = min(best, (perf_counter() - start) / 50 / _VALUES)
    way = "gathers" if "gather" in "".join(look_up.inspect_asm().values()) else "loads"
    return 1e9 * best, way


if __name__ == "__main__":
    print(*_measure())
