"""Check that the package and its peers agree, time them, print one table.

python -m benchmarks                       everything, some minutes
python -m benchmarks --case quickstart     one model (repeatable)
python -m benchmarks --peer c-wide         this peer besides NumPy only (repeatable)
python -m benchmarks --part stages         this part of the table only (repeatable)
python -m benchmarks --tiny                a rehearsal in seconds; its times mean nothing
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

# One thread for NumPy: its only threaded part, matrix products, is a trifle here. It must be said
# before NumPy is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

AGREEMENT_DRAWS = 600
PARTS = (
    "machine", "models", "stages", "languages", "growth", "storing", "numbers", "designs",
    "equal-time", "quantiles", "compiling", "starting",
)  # fmt: skip
"""Of the table, in its order. All models are compared before any part is timed."""
_FOOT = """
Medians of interleaved repetitions. peer/simcore compares one thread of each; above 1 the package
is faster (or smaller). Simulate: every value of every draw is handed over once. Reduce to totals:
the defined values of each row, their sum, that of their squares and the number above zero. Reduce:
the mean, its standard error, the share above zero and nine quantiles with their intervals (by
np.quantile: without intervals); indicators have the mean only. simcore's reducing ends with a
dataset. A peer that no line names is NumPy."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks.

    Returns
    -------
    int
        0, or 1 where the package and a peer disagree; then nothing is timed.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tiny", action="store_true", help="cut every model to a second's work")
    parser.add_argument("--case", action="append", metavar="NAME", help="only these models")
    parser.add_argument("--repetitions", type=int, default=5, help="of each timing (default 5)")
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu: CPU time, on a machine that others use at the same time",
    )
    parser.add_argument(
        "--peer",
        action="append",
        metavar="NAME",
        default=[],
        help="c-plain, c-fast, c-wide, numba or jax; without it, all that compile "
        "in less than minutes",
    )
    parser.add_argument(
        "--part", action="append", choices=PARTS, help="only these parts of the table (repeatable)"
    )
    parser.add_argument("--ready", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--kept", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--peak", nargs=2, metavar=("WORK", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    from benchmarks.cases import cases

    known = cases(tiny=options.tiny)
    unknown = sorted(set(options.case or ()) - set(known))
    if unknown:
        parser.error(f"unknown case {', '.join(unknown)}; known: {', '.join(known)}")
    chosen = {name: one for name, one in known.items() if name in (options.case or known)}
    if options.peak:
        return _peak(next(iter(chosen.values())), *options.peak)
    if options.kept:
        return _kept(next(iter(chosen.values())), options)
    if options.ready:
        return _ready(next(iter(chosen.values())))
    from benchmarks.languages import peers

    strange = sorted(set(options.peer) - set(peers()))
    if strange:
        parser.error(f"unknown peer {', '.join(strange)}; known: {', '.join(peers())}")
    return _report(options, known, chosen)


def _peak(case, work: str, argument: str) -> int:
    """Do one work once and print the peak memory of this process, MB."""
    from benchmarks import processes
    from benchmarks.cases import load

    if work == "simcore":
        from simcore import plan
        from simcore.running import engine

        engine.run(plan.build(load(case)), threads=int(argument))
    else:
        from benchmarks.work import numpy_reduced

        numpy_reduced(load(case), int(argument))()
    print(processes.own_peak())
    return 0


def _ready(case) -> int:
    """Load or compile the kernels once and print the seconds it took."""
    from time import perf_counter

    from benchmarks.cases import load
    from simcore import plan
    from simcore.running import engine

    planned = plan.build(load(case))
    start = perf_counter()
    engine.prepare(planned)
    print(perf_counter() - start)
    return 0


def _kept(case, options: argparse.Namespace) -> int:
    """Print the seconds of a run that keeps summaries, and of one that keeps every draw."""
    from benchmarks.growth import keeping
    from benchmarks.timing import Settings, interleaved

    settings = Settings(options.repetitions, options.tiny, options.clock)
    print(*interleaved(keeping(case), settings, times=2).values())
    return 0


def _report(options: argparse.Namespace, known: dict, chosen: dict) -> int:
    from benchmarks import agreement, growth, languages, measures, stages, table
    from benchmarks.cases import for_languages, load
    from benchmarks.timing import Settings

    print(f"{_machine()}\nclock: {options.clock}", flush=True)
    print(
        table.heading(
            f"agreement with the NumPy model, draw by draw (limit {agreement.LIMIT:g} "
            "of the scale of the terms)"
        )
    )
    agreed = True
    for case in chosen.values():
        found = agreement.compare(case.config, draws=AGREEMENT_DRAWS, overrides=case.overrides)
        agreed &= not found.faults
        print(
            f"  {case.name:<12}{found.values:>12,} values and {found.statistics:>9,} statistics: "
            f"largest difference {found.largest:.1e}",
            flush=True,
        )
        for fault in found.faults[:20]:
            print(f"    {fault}")
    built = {}
    wanted = options.part or PARTS
    # A rehearsal compiles one model only: that of the most operations.
    compared = list(chosen.values())[-1 if options.tiny else 0 :]
    for case in compared if agreed and "languages" in wanted else ():
        print(table.heading(f"{case.name} in other languages, without the structural view"))
        built[case.name] = languages.build(load(for_languages(case)), named=options.peer)
        agreed &= built[case.name].agreed
        for line in built[case.name].report:
            print(f"  {line}"[: table.WIDTH], flush=True)
    if not agreed:
        print("\nThe models disagree; nothing was timed.")
        return 1
    print(f"\n{table.header()}")
    settings = Settings(1 if options.tiny else options.repetitions, options.tiny, options.clock)
    small = known["small"]
    parts = {
        "machine": [measures.machine(settings)],
        "models": [measures.model(case, settings) for case in chosen.values()],
        "stages": [stages.stages(case.name, load(case)) for case in chosen.values()],
        "languages": [
            measures.languages(for_languages(known[name]), one, settings)
            for name, one in built.items()
        ],
        "growth": [growth.cells(settings)],
        "storing": [growth.storing(small, settings)],
        "numbers": [measures.random_numbers(settings)],
        "designs": [measures.designs(settings)],
        "equal-time": [measures.designs_at_equal_time(small, settings)],
        "quantiles": [measures.quantiles(settings)],
        "compiling": [growth.compilation(small, settings)],
        "starting": [measures.start_up(small, settings)],
    }
    groups = [group for name in PARTS if name in wanted for group in parts[name]]
    for group in groups:
        for line in group:
            print(line if isinstance(line, str) else table.formatted(line), flush=True)
    print(_FOOT)
    return 0


def _machine() -> str:
    """Date, versions and machine."""
    import llvmlite
    import numba
    import numpy
    import scipy

    import simcore

    versions = ", ".join(
        f"{one.__name__} {one.__version__}" for one in (simcore, numpy, scipy, numba, llvmlite)
    )
    load = f"; load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return (
        f"simcore benchmarks, {datetime.now(UTC):%Y-%m-%d}\n"
        f"{_processor()}, {os.cpu_count()} cores; {platform.system()}; "
        f"Python {platform.python_version()}{load}\n{versions}"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
