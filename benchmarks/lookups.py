"""What a look-up in a table costs on this machine: by gathers of several values, by a load each.

python -m benchmarks.lookups      prints nanoseconds a look-up, in the way that is set for numba
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
    return known.flatten() + wide + ("" if gathers else ",+prefer-no-gather")


def cost(*, gathers: bool) -> float:
    """Nanoseconds of a look-up, in a process of its own, as the way is set before compiling."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lookups"],
        env={**os.environ, "NUMBA_CPU_FEATURES": _features(gathers=gathers)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def sentence() -> str:
    """The second cache, both costs, and the way that simcore takes here."""
    from simcore.kernels import jit

    avoids = "+prefer-no-gather" in (jit._SETTINGS.CPU_FEATURES or "")
    size = re.sub(r"\D", "", _CACHE.read_text()) if _CACHE.exists() else "?"
    gather, load = cost(gathers=True), cost(gathers=False)
    return (
        f"second cache {size} KB; a look-up in a table takes {gather:.2f} ns by gathers, {load:.2f} "
        f"by loads: {'loads' if avoids else 'gathers'} it is"
    )


def _measure() -> float:
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
    return 1e9 * best


if __name__ == "__main__":
    print(_measure())
