"""The groups of the table: each measures one kind of thing and gives its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr

from benchmarks import processes, work
from benchmarks.cases import Case, load
from benchmarks.languages import CHUNK, Built
from benchmarks.lookups import sentence
from benchmarks.table import Line, heading
from benchmarks.timing import Settings, fastest, interleaved
from simcore import plan
from simcore.kernels.operations import BLOCK
from simcore.kernels.random import fill_uniform, normal_of_uniform, stream_key
from simcore.kernels.ranks import quantile_ranks
from simcore.kernels.select import order_statistics
from simcore.running import engine
from simcore.variables import INTERVAL_LEVEL, QUANTILES

_CHUNKS = (1024, 2048, 4096)
"""Draws that NumPy computes at a time, besides all of them."""


def machine(settings: Settings) -> Iterator[str | Line]:
    """What two threads give here at best: a loop that touches no memory."""
    from concurrent.futures import ThreadPoolExecutor

    from numba import njit

    steps = 10_000 if settings.tiny else 100_000_000

    @njit(nogil=True)
    def turn(steps):
        x = np.uint64(88172645463325252)
        for _ in range(steps):
            x ^= x << np.uint64(13)
            x ^= x >> np.uint64(7)
        return x

    yield heading("this machine")
    yield f"  {sentence()}"
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = interleaved(
            {
                "one": lambda: turn(steps),
                "two": lambda: list(pool.map(turn, [steps // 2] * 2)),
            },
            settings,
            times=2,
        )
    two = found["two"] if settings.clock == "wall" else None
    yield Line("a loop without memory, s", found["one"], two)


def model(case: Case, settings: Settings) -> Iterator[str | Line]:
    """Time and memory of one case."""
    spec = load(case)
    draws, values = spec.experiment.draws, work.values_per_draw(spec)
    chunks = [one for one in _CHUNKS if one < draws] + [draws]
    simulating, adding, reducing = (
        fastest({one: numpy(spec, one) for one in chunks}, settings)
        for numpy in (work.numpy_simulated, work.numpy_totals, work.numpy_reduced)
    )
    yield heading(f"{case.name}: {case.title}; {draws:,} draws of {values:,} values")
    # CPU time adds up over threads, so it says nothing about two of them.
    two = settings.clock == "wall"
    for what, own, numpy in (
        ("simulate, s", work.simcore_simulated, work.numpy_simulated(spec, simulating)),
        ("reduce to totals, s", work.simcore_totals, work.numpy_totals(spec, adding)),
    ):
        works = {"one": own(spec, 1), "numpy": numpy}
        if two:
            works["two"] = own(spec, 2)
        found = interleaved(works, settings)
        yield Line(what, found["one"], found.get("two"), found["numpy"])
    per_value = (found["one"], found.get("two"), found["numpy"])
    yield Line("  ns a value", *(t and t / draws / values * 1e9 for t in per_value))
    works = {
        "one": work.simcore_reduced(spec, 1),
        "numpy": work.numpy_reduced(spec, reducing),
        "quantile": work.numpy_quantile(spec, reducing),
    }
    if two:
        works["two"] = work.simcore_reduced(spec, 2)
    found = interleaved(works, settings)
    times = found["one"], found.get("two"), found["numpy"]
    yield Line("reduce, NumPy by np.quantile, s", *times[:2], found["quantile"])
    yield Line("reduce, NumPy by np.sort, s", *times)
    yield Line("  ns a value", *(t and t / draws / values * 1e9 for t in times))
    yield Line("  draws a second", *(t and draws / t for t in times), larger_is_better=True)
    yield Line(
        "peak memory of a process, MB",
        processes.peak_memory(case, "simcore", 1, tiny=settings.tiny),
        None if settings.tiny else processes.peak_memory(case, "simcore", 2, tiny=False),
        processes.peak_memory(case, "numpy", reducing, tiny=settings.tiny),
    )
    yield (
        f"  NumPy computes {simulating:,} draws at a time (simulate), {adding:,} (totals), "
        f"{reducing:,} (reduce), the fastest tried."
    )


def languages(case: Case, built: Built, settings: Settings) -> Iterator[str | Line]:
    """The same work in other languages: every value once, added to its row's sums."""
    whole = 1 if settings.tiny else max(1, case.draws // CHUNK)
    draws = whole * CHUNK
    spec, values = load(case, draws=draws), work.values_per_draw(built.tapes.spec)
    chunk = fastest({one: work.numpy_totals(spec, one) for one in _CHUNKS}, settings)
    works: dict[str, work.Work] = {"one": lambda: built.tapes.totals(draws, 1)}
    if settings.clock == "wall":
        works["two"] = lambda: built.tapes.totals(draws, 2)
    works["NumPy"] = work.numpy_totals(spec, chunk)
    works |= {title: partial(model.totals, draws, 1) for title, model in built.models.items()}
    found = {name: time / draws * 1e9 for name, time in interleaved(works, settings).items()}
    one, two = found.pop("one"), found.pop("two", None)
    yield heading(
        f"{case.name}: reduced to totals; {draws:,} draws of {values:,} values; ns a draw"
    )
    for title, time in found.items():
        yield Line(title, one, two, time)
    yield Line("  ns a value", one / values, two and two / values)


def fill_normal(k0: int, k1: int, first: int, step: int, out: np.ndarray) -> None:
    """Write standard normal numbers of consecutive draws."""
    fill_uniform(k0, k1, first, step, out)
    normal_of_uniform(out, out)


def random_numbers(settings: Settings) -> Iterator[str | Line]:
    """Uniform and normal numbers, one value."""
    size = 2**12 if settings.tiny else 2**20
    key, out, generator = stream_key(1, "benchmark"), np.empty(size), np.random.default_rng(1)
    yield heading("random numbers, addressed by (seed, name, draw, step); ns a value")
    for what, fill, draw in (
        ("uniform", fill_uniform, generator.random),
        ("standard normal", fill_normal, generator.standard_normal),
    ):
        found = interleaved(
            {
                "one": lambda fill=fill: fill(key[0], key[1], 0, 0, out),
                "numpy": lambda draw=draw: draw(out=out),
            },
            settings,
            times=5,
        )
        yield Line(what, found["one"] / size * 1e9, None, found["numpy"] / size * 1e9)


def designs(settings: Settings) -> Iterator[str | Line]:
    """Scrambled Sobol points, one coordinate."""
    yield heading("scrambled Sobol points; ns a coordinate")
    try:
        from simcore.kernels.designs import fill_sobol
    except ImportError:
        yield "  skipped: this version of the package has no designs"
        return
    from numba import njit
    from scipy.stats import qmc

    points, dimensions = (2**9, 4) if settings.tiny else (2**14, 16)
    key, out = np.arange(1, 5, dtype=np.uint64), np.empty(BLOCK)

    # As in a run, blocks are asked for by compiled code: a call from Python would cost as much.
    @njit
    def fill(key, out):
        for dimension in range(dimensions):
            for block in range(points // BLOCK):
                fill_sobol(key, dimension, 0, block, 0, out)

    found = interleaved(
        {
            "one": lambda: fill(key, out),
            "scipy": lambda: qmc.Sobol(dimensions, scramble=True, rng=1).random(points),
        },
        settings,
        times=3,
    )
    each = {name: time / points / dimensions * 1e9 for name, time in found.items()}
    yield Line(f"scipy.stats.qmc, {dimensions} dimensions", each["one"], None, each["scipy"])


def designs_at_equal_time(case: Case, settings: Settings) -> Iterator[str | Line]:
    """Squared errors of a run times its seconds: even designs against random draws."""
    draws, seeds = (1024, 3) if settings.tiny else (65_536, 40)
    yield heading(f"{case.name}, {draws:,} draws: variance of {seeds} runs x time; peer: random")

    def planned(design: str, seed: int) -> plan.Plan:
        one = replace(case, overrides=(*case.overrides, f"design={design}", f"seed={seed}"))
        return plan.build(load(one, draws=draws))

    designs = ("random", "sobol", "sobol_bridge")
    time = interleaved(
        {one: partial(engine.run, planned(one, 0), threads=1) for one in designs}, settings, times=2
    )
    errors = {
        one: _errors([engine.run(planned(one, seed)) for seed in range(seeds)]) for one in designs
    }
    for what, name in (
        ("mean", "all outcomes"),
        ("mean", "cost_premium"),
        ("P95", "all outcomes"),
        ("P95", "cost_premium"),
    ):
        for design in designs[1:]:
            names = errors["random"] if name == "all outcomes" else (name,)
            # Each outcome counts the same, whatever its number of cells.
            ratio = np.exp(
                np.mean(
                    [
                        np.nanmean(np.log(errors[design][one][what] / errors["random"][one][what]))
                        for one in names
                        if np.isfinite(errors["random"][one][what]).any()
                    ]
                )
            )
            cost = ratio * time[design] / time["random"]
            yield Line(f"{what}, {name}, {design}", cost, None, 1.0)


def _errors(runs: Sequence[xr.Dataset]) -> dict[str, dict[str, np.ndarray]]:
    """Variance over runs of each outcome's means and 95th percentiles, cell by cell.

    NaN where a cell is undefined, certain, or its percentile one value that many draws share.
    """
    found = {}
    for name in sorted(
        str(one).removesuffix("_quantile")
        for one in runs[0].data_vars
        if str(one).endswith("_quantile")
    ):
        mean = np.array([one[f"{name}_mean"].values.ravel() for one in runs])
        percentile = np.array(
            [one[f"{name}_quantile"].sel(quantile=0.95).values.ravel() for one in runs]
        )
        found[name] = {}
        for what, values in (("mean", mean), ("P95", percentile)):
            variance = values.var(axis=0, ddof=1)
            same = variance <= (1e-9 * np.abs(values).max(axis=0)) ** 2
            found[name][what] = np.where(same, np.nan, variance)
    return found


def quantiles(settings: Settings) -> Iterator[str | Line]:
    """Nine exact quantiles of columns of draws."""
    draws, columns = (600, 5) if settings.tiny else (20_000, 250)
    ranks = quantile_ranks(draws, probabilities=QUANTILES, level=INTERVAL_LEVEL)
    wanted = np.unique(np.concatenate([ranks.ranks[ranks.lower], ranks.ranks[ranks.upper]]))
    values = np.random.default_rng(1).standard_normal((columns, draws))
    out = np.empty(len(wanted))

    def select() -> None:
        for column in values:
            order_statistics(column, wanted, out)

    labelled = xr.DataArray(values, dims=("column", "draw"))
    found = interleaved(
        {
            "one": select,
            "xarray": lambda: labelled.quantile(QUANTILES, "draw"),
            "quantile": lambda: np.quantile(values, QUANTILES, axis=-1),
            "partition": lambda: np.partition(values, wanted, axis=-1),
            "sort": lambda: np.sort(values, axis=-1),
        },
        settings,
        times=3,
    )
    each = {name: value / values.size * 1e9 for name, value in found.items()}
    yield heading(f"nine exact quantiles of {draws:,} draws; ns a value")
    yield Line("xarray's quantile", each["one"], None, each["xarray"])
    for name in ("quantile", "partition", "sort"):
        yield Line(f"NumPy by np.{name}", each["one"], None, each[name])


def start_up(case: Case, settings: Settings) -> Iterator[str | Line]:
    """Wall-clock seconds from the start of a process to its end."""
    count = 1 if settings.tiny else 2 * settings.repetitions + 1
    yield heading("process start to end, wall clock; s")
    yield Line("python -c pass", processes.start(["-c", "pass"], repetitions=count))
    yield Line("import numpy", peer=processes.start(["-c", "import numpy"], repetitions=count))
    for what, command in (
        ("import simcore", ["-c", "import simcore"]),
        ("simcore --help", ["-m", "simcore", "--help"]),
        (
            "simcore check configs/quickstart.yaml",
            ["-m", "simcore", "check", "configs/quickstart.yaml"],
        ),
    ):
        yield Line(what, processes.start(command, repetitions=count))
    warm, cold = processes.small_run(case, repetitions=count, cold=not settings.tiny)
    yield Line("small run, 1,000 draws, to its table", warm)
    if cold is not None:
        yield Line("the same, compiling the kernels", cold)
