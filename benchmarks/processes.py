"""What only a fresh process shows: start-up, compilation, peak memory."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.cases import ROOT, Case
from benchmarks.timing import seconds


def _finish(arguments: Sequence[str], **settings: str) -> str:
    """Run Python with arguments in the root of the repository; its standard output."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def start(arguments: Sequence[str], *, repetitions: int, **settings: str) -> float:
    """Median seconds from the start of a Python process to its end."""
    return statistics.median(
        seconds(lambda: _finish(arguments, **settings)) for _ in range(repetitions)
    )


def small_run(case: Case, *, repetitions: int, cold: bool) -> tuple[float, float | None]:
    """Seconds of `simcore run` from process start to printed table: warm, and without a cache.

    The cold run compiles all kernels into an empty cache, the warm ones find them there.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "small.yaml"
        config.write_text(yaml.safe_dump(case.config), encoding="utf-8")
        command = [
            "-m",
            "simcore",
            "run",
            str(config),
            "--draws",
            "1000",
            "--overwrite",
            "--out",
            str(Path(folder) / "small.zarr"),
        ]
        if not cold:
            return start(command, repetitions=repetitions), None
        cache = {"SIMCORE_CACHE_DIR": str(Path(folder) / "cache")}
        empty = start(command, repetitions=1, **cache)
        return start(command, repetitions=repetitions, **cache), empty


def peak_memory(case: Case, work: str, argument: int, *, tiny: bool) -> float:
    """Peak memory in MB of a process that runs one work of a case once."""
    command = ["-m", "benchmarks", "--peak", work, str(argument), "--case", case.name]
    return float(_finish([*command, "--tiny"] if tiny else command))


def keeping(case: Case, *, repetitions: int, tiny: bool) -> tuple[float, float]:
    """Seconds of summaries, and of summaries with every draw kept, in memory that stays at hand.

    What is freed stays with the process, so no page is asked of the system a second time. Elsewhere
    than under glibc the settings mean nothing.
    """
    stays = str(2**40)
    found = _finish(
        [
            "-m",
            "benchmarks",
            "--kept",
            "--case",
            case.name,
            "--repetitions",
            str(repetitions),
            *(["--tiny"] if tiny else []),
        ],
        MALLOC_MMAP_THRESHOLD_=stays,
        MALLOC_TRIM_THRESHOLD_=stays,
    )
    reduced, kept = map(float, found.split())
    return reduced, kept


def compilation(case: Case, *, tiny: bool) -> tuple[float, float | None]:
    """Seconds that loading the compiled kernels takes, and compiling them (not if tiny)."""
    command = ["-m", "benchmarks", "--ready", "--case", case.name]
    if tiny:
        return float(_finish([*command, "--tiny"])), None
    with tempfile.TemporaryDirectory() as folder:
        cold = float(_finish(command, SIMCORE_CACHE_DIR=folder))
        return float(_finish(command, SIMCORE_CACHE_DIR=folder)), cold


def own_peak() -> float:
    """Peak memory of this process, MB."""
    # The resource usage of a child begins with that of its parent; the kernel's own mark does not.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
