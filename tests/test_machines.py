"""The same bits on every machine: processor, libraries and their versions decide no digit.

`machines.py` has a config with all that could differ. Its digests are stored: whoever changes the
model writes them anew with `PYTHONPATH=.:tests python tests/machines.py write`.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import machines
import pytest
from numpy._core import _multiarray_umath as compiled  # names of its parts by processor

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "simcore"
STORED = json.loads(machines.STORED.read_text(encoding="utf-8"))

VECTORS = [one for one in compiled.__cpu_dispatch__ if compiled.__cpu_features__.get(one)]
WIDEST = [one for one in VECTORS if "512" in one or "V4" in one]
OLD_PROCESSOR = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX2_Usable,-FMA_Usable"


def made(what: str, **environment: str) -> str:
    """A digest, made by another process."""
    done = subprocess.run(
        [sys.executable, TESTS / "machines.py", what], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{TESTS}", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_plan_and_run_are_those_stored():
    """Also on the lowest versions (`make test-lowest`) and on the machines of others."""
    assert {name: make() for name, make in machines.MADE.items()} == STORED


@pytest.mark.long
@pytest.mark.parametrize("environment", [
    {"NPY_DISABLE_CPU_FEATURES": " ".join(WIDEST), "OPENBLAS_CORETYPE": "Haswell"},
    {"NPY_DISABLE_CPU_FEATURES": " ".join(VECTORS), "OPENBLAS_CORETYPE": "Prescott",
     "GLIBC_TUNABLES": OLD_PROCESSOR},
], ids=["without 512 bits", "without vectors"])  # fmt: skip
def test_plan_is_the_same_on_an_older_processor(environment):
    assert made("plan", **environment) == STORED["plan"]


@pytest.mark.long
def test_run_is_the_same_on_an_older_processor(tmp_path):
    """Kernels compiled for any x86-64, without fused multiply-adds."""
    found = made(
        "run", NPY_DISABLE_CPU_FEATURES=" ".join(VECTORS), OPENBLAS_CORETYPE="Prescott",
        GLIBC_TUNABLES=OLD_PROCESSOR, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="",
        SIMCORE_CACHE_DIR=str(tmp_path),
    )  # fmt: skip
    assert found == STORED["run"]


# ---------------------------------------------------------------- what may compute

ROOMS = [
    "distributions", "numerics", "processes", "model", "plan", "units", "quantities", "intake",
    "running", "kernels", "timeseries", "dated.py", "statistics.py",
]  # fmt: skip
"""What makes the numbers that kernels read, or the statistics that are stored."""

EXACT = {
    # Nothing is computed, or rounded once by IEEE 754, or in an order that is stated.
    "np": {
        "abs", "all", "any", "append", "arange", "argmax", "argsort", "array", "asarray", "ascontiguousarray",
        "atleast_1d", "bincount", "bool_", "broadcast_arrays", "broadcast_to", "ceil", "clip",
        "concatenate", "cumsum", "datetime64", "diag", "diff", "dtype", "empty", "empty_like", "errstate", "eye",
        "fill_diagonal", "flatnonzero", "float32", "float64", "floor", "frexp", "frombuffer",
        "full", "hstack", "inf", "int32", "int64", "isfinite", "isinf", "isnan", "ix_", "ldexp", "load",
        "longdouble", "maximum", "minimum", "moveaxis", "nan", "nan_to_num", "nanmax", "ndarray",
        "ndindex", "ones", "pi", "prod", "repeat", "rint", "roll", "save", "searchsorted", "sort",
        "sqrt", "stack", "tile", "uint16", "uint32", "uint64", "uint8", "union1d", "unique",
        "vstack", "where", "zeros", "zeros_like",
    },
    "math": {
        "ceil", "comb", "copysign", "factorial", "floor", "frexp", "fsum", "inf", "isclose", "isfinite",
        "isinf", "isnan", "ldexp", "nan", "pi", "sqrt",
    },
}  # fmt: skip
COMPUTING = {"mean", "std", "var", "dot", "prod", "trace"}
"""Methods of arrays whose order of sums is NumPy's own; `sum` is looked at below."""

FIT = "the fit of a past, or its score: figures that a person reads and writes down in few digits"
COUNT = "a sum of counts, which are whole numbers"
BOUND = "a bound, a check within a tolerance or an estimate of memory: no digit of a result"
TABLE = "makes a frozen table that is shipped"
MAY = {
    "kernels/normal_tables.py": TABLE,
    "kernels/sobol_tables.py": TABLE,
    "processes/estimates.py": FIT,
    "processes/regimes.py": FIT,
    "processes/gbm.py:_fit": FIT,
    "processes/log_ou.py:_fit": FIT,
    "processes/log_ou.py:_profile": FIT,
    "processes/log_ou.py:bias": FIT,
    "processes/jumps.py:growth": FIT,
    "processes/jumps.py:jumps_ahead": FIT,
    "processes/jumps.py:merton": FIT,
    "processes/jumps.py:negative_log_likelihood": FIT,
    "processes/regime_switching.py:_ahead": FIT,
    "processes/regime_switching.py:_odds": FIT,
    "processes/shocks.py:volatile_ahead": FIT,
    "processes/shocks.py:wandering": FIT,
    "processes/history.py:_check_even": BOUND,
    "timeseries/oddities.py": "what is asked about",
    "timeseries/dates.py": COUNT,
    "intake/grid.py:_too_many": COUNT,
    "timeseries/reading.py:values_of": COUNT,
    "timeseries/sheet.py": COUNT,
    "running/executors/dask_workers.py:_Cluster": COUNT,
    "running/executors/dask_workers.py:on_dask": COUNT,
    "running/merging.py:Collected": COUNT,
    "running/finite.py:check_finite": COUNT,
    "running/finite.py:_distance": "which input is named first",
    "quantities/__init__.py:Lognormal": "the text of a remedy",
    "quantities/__init__.py:check_probabilities": BOUND,
    "intake/system_checks.py:_resolution": BOUND,
    "intake/system_checks.py:_rules": BOUND,
    "running/tiles.py:_collected_share": BOUND,
    "running/tiles.py:tile_memory": BOUND,
    "running/compiled.py:by_output": COUNT,
    "running/keeping.py:Keeper": "a type of numbers",
    "running/executors/meeting.py:bits_of": "the same number everywhere",
    "running/rooms.py:arena_of": COUNT,
    "running/stages.py:_draws_of": COUNT,
    "running/executors/workplace.py:_packed": "numbers as they are, into a file",
    "running/crew.py:Crew": "where work is cut, which changes no bit",
    "running/resuming.py:manifest_of": "the text of a version",
    "running/reduction.py:Team": "where work is cut, which changes no bit",
    "running/reduction.py:_select": COUNT,
    "running/reduction.py:reduce_tile": COUNT,
    "running/stages.py:_collect": COUNT,
    "running/stages.py:_narrow": COUNT,
    "running/stages.py:_is_of": "where work is cut, which changes no bit",
    "running/stages.py:_over_draws": COUNT,
    "running/stages.py:_parted": "where work is cut, which changes no bit",
    "running/stopping.py:_widths": COUNT,
    "running/resolving.py:_counts": COUNT,
    "running/tails.py:check_defined": COUNT,
    "running/tails.py:_where_defined": COUNT,
    "running/tails.py:_tell_undefined": COUNT,
    "running/wanted.py:wanted_bins": COUNT,
    "running/engine.py:_simulate": COUNT,
    "running/items.py:rows_of": COUNT,
    "running/estimating.py": COUNT,
    "running/tiles.py:rows_of_tile": COUNT,
    "plan/records.py:nominal_size": COUNT,
    "intake/findings.py:_merged": COUNT,
    "kernels/intervals.py:interval_ranks": COUNT,
    "kernels/quantiles.py:_select_ends": COUNT,
    "kernels/quantiles.py:quantiles_of_rows": COUNT,
    "kernels/quantiles.py:select_ranks": COUNT,
    "statistics.py:-": COUNT,
    "statistics.py:_share": COUNT,
    "statistics.py:_share_error": COUNT,
    "statistics.py:spread_of_replicates": COUNT,
    "numerics/elementary.py:power": "a power of a fraction, exact",
    "units/__init__.py:_factor": "a power of a fraction, exact",
    "units/names.py:_times": "a power of a fraction, exact",
}
"""Modules, and functions or classes in them, that may do otherwise, and why."""


def inexact(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and name of what a library or the processor may round as it likes."""
    found = []
    for node in ast.walk(tree):
        what = ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [
                one.name for one in node.names
            ]  # fmt: skip
            what = next((one for one in names if one.split(".")[0] in ("scipy", "statistics")), "")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            what = "@"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            # A power of two numbers in the text is made when Python reads it.
            plain = all(
                isinstance(one, ast.Constant | ast.UnaryOp) for one in (node.left, node.right)
            )
            what = "" if plain else "**"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = node.value.id
            if module in EXACT and node.attr not in EXACT[module]:
                what = f"{module}.{node.attr}"
        elif isinstance(node, ast.Call):
            what = _called(node)
        if what:
            found.append((node.lineno, what))
    return found


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name) and node.func.id in ("sum", "pow"):
        return f"{node.func.id}()"
    if not isinstance(node.func, ast.Attribute):
        return ""
    of, name = ast.unparse(node.func.value), node.func.attr
    if name in COMPUTING and of != "np":
        return f".{name}()"
    # The graph's is a node of the model.
    if name == "sum" and of.rpartition(".")[2] not in ("graph", "self", "np"):
        return ".sum()"
    if name == "argsort" and not any(one.arg == "kind" for one in node.keywords):
        return "argsort() that is not stable"
    return ""


def modules() -> list[Path]:
    return [path for room in ROOMS for path in
            ([PACKAGE / room] if room.endswith(".py") else sorted((PACKAGE / room).rglob("*.py")))]  # fmt: skip


def places() -> dict[str, list[tuple[int, str]]]:
    """What is inexact, by module and by function or class in it."""
    found = {}
    for path in modules():
        own = path.relative_to(PACKAGE).as_posix()
        for part in ast.parse(path.read_text(encoding="utf-8")).body:
            name = own if own in MAY else f"{own}:{getattr(part, 'name', '-')}"
            found.setdefault(name, []).extend(inexact(part))
    return {name: what for name, what in found.items() if what}


def test_nothing_that_reaches_a_kernel_is_left_to_a_library():
    found = places()
    wrong = [f"{name} line {line}: {what}" for name, lines in found.items() if name not in MAY
             for line, what in lines]  # fmt: skip
    assert not wrong, f"use simcore.numerics.elementary instead: {wrong}"
    assert set(MAY) <= set(found), "an exception that nothing needs any more"


@pytest.mark.parametrize("source", [
    "np.exp(x)", "math.log(x)", "x ** n", "x ** 0.5", "2.0 ** x", "a @ b", "np.interp(x, a, b)",
    "np.linalg.eigh(a)", "from scipy.special import ndtr", "import scipy", "import statistics",
    "from statistics import NormalDist", "a.sum(axis=0)", "sum(one for one in a)", "a.mean()",
    "a.dot(b)", "np.mean(a)", "np.argsort(a)", "pow(a, b)", "np.linspace(0, 1, 5)",
])  # fmt: skip
def test_what_is_inexact_is_seen(source):
    assert inexact(ast.parse(source))


@pytest.mark.parametrize("source", [
    "2.0 ** -53", "2**63", "np.sqrt(x)", "math.fsum(a)", "total(a * b)", "scene.graph.sum(a, b)",
    "exp(x)", "np.argsort(a, kind='stable')", "from simcore.statistics import Sample",
    "np.cumsum(a)", "f(**options)",
])  # fmt: skip
def test_what_is_exact_passes(source):
    assert not inexact(ast.parse(source))
