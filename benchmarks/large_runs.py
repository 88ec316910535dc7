"""What large runs take: a table of Markdown, from draws that are timed on this machine.

    python benchmarks/large_runs.py

The price of a core-hour is assumed: about what clouds list for a virtual core of a plain machine,
as recalled. 1e10 draws are ten times 1e9, which are the most of a run.
"""

from __future__ import annotations

from typing import Any, Final

import simcore
from simcore.running.estimating import estimate
from simcore.running.executors import on_threads

PRICE: Final = 0.05
"""Of a core-hour, EUR; assumed."""
SMALL: Final[dict[str, Any]] = {
    "name": "small", "years": {"first": 2026, "last": 2050}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf"], "scenarios": {"law": "law"},
}  # fmt: skip
RUNS: Final = (("small", SMALL), ("quickstart", "configs/quickstart.yaml"))
DRAWS: Final = (10**5, 10**6, 10**7, 10**8, 10**9, 10**10)
MEMORY: Final = (1000, 64_000)
CORES: Final = 16


def main() -> None:
    """Print the table."""
    print("| run | draws | memory, MB | passes | core-hours | with 16 cores | EUR |")
    print("|---|---|---|---|---|---|---|")
    for name, config in RUNS:
        for draws in DRAWS:
            for memory in MEMORY:
                if draws >= 10**8 or memory == MEMORY[0]:
                    print(_row(name, config, draws, memory))


def _row(name: str, config: Any, draws: int, memory: int) -> str:
    times = max(1, draws // 10**9)
    spec = simcore.load(config, overrides=["keep=[]", f"memory={memory}"], draws=draws // times)
    # As many counters as two threads have, so that the table is that of any machine.
    needed = estimate(simcore.build(spec), on_threads(2))
    hours = needed["core_hours"] * times
    cells = (
        name, f"1e{len(str(draws)) - 1}", f"{memory}", f"{needed['passes']:,}", _short(hours),
        _time(3600 * hours / CORES), _short(hours * PRICE),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.0f} h"


if __name__ == "__main__":
    main()
