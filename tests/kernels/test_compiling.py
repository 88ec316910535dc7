"""What is compiled anew after an edit, and two processes that compile beside each other."""

import importlib
import io
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from simcore.kernels import compiling, dispatch, jit, operations, prices
from simcore.kernels.code_key import code_key

SOURCE = """
import numpy as np
TABLE = np.arange(4.0)
FACTOR = 2.0

def scaled(x):
    {text}
    return {factor} * x * FACTOR

def first(x):
    return scaled(x) + TABLE[0]

def second(x):
    return x + 1.0
"""
ROOT = Path(__file__).parents[2]


def keys(text="'''Twice.'''", factor="2.0", **changed):
    scope = types.ModuleType("edited")
    exec(SOURCE.format(text=text, factor=factor), vars(scope))
    vars(scope).update(changed)
    return [code_key(getattr(scope, name), lambda: "all") for name in ("first", "second")]


def test_an_edit_changes_the_key_of_what_calls_it_and_no_other():
    first, second = keys()
    for changed in (
        {"factor": "3.0"}, {"factor": "-2.0"}, {"FACTOR": 3.0}, {"FACTOR": 2},
        {"TABLE": np.arange(1.0, 5.0)}, {"TABLE": np.arange(4)},
    ):  # fmt: skip
        assert keys(**changed)[0] != first, changed
        assert keys(**changed)[1] == second, changed
    assert keys(text="'''Mended.'''") == [first, second]
    assert keys(text="'''Twice.'''\n    # A comment.\n") == [first, second]


def test_a_value_of_unknown_kind_brings_in_the_digest_of_all():
    scope = types.ModuleType("edited")
    exec(SOURCE.format(text="pass", factor="2.0"), vars(scope))
    scope.FACTOR = object()
    with_one, with_other = (code_key(scope.first, lambda one=one: one) for one in ("a", "b"))
    assert with_one != with_other
    assert code_key(scope.second, lambda: "a") == code_key(scope.second, lambda: "b")


def test_each_kernel_has_a_key_of_its_own_without_the_digest_of_all():
    def of_all():
        raise AssertionError("a value of unknown kind: describe it in code_key")

    found = [dispatch.made(one.name) for one in operations.OPERATIONS.values() if one.formula]
    for path in Path(jit.__file__).parent.glob("*.py"):
        module = importlib.import_module(f"simcore.kernels.{path.stem}")
        found += [one for one in vars(module).values() if hasattr(one, "py_func")]
    functions = {one.py_func for one in found}
    assert len({code_key(one, of_all) for one in functions}) == len(functions) > 150


def test_an_edited_formula_changes_the_keys_of_its_operations_only(monkeypatch):
    def all_keys():
        kept = [one.name for one in operations.OPERATIONS.values() if one.formula]
        return {name: code_key(dispatch.made(name).py_func, lambda: "all") for name in kept}

    before = all_keys()
    monkeypatch.setitem(vars(prices), "ramped", prices.labelled)
    after = all_keys()
    assert {name for name, key in after.items() if key != before[name]} == {"PATH"}


def test_a_helper_makes_what_it_is_asked_for_and_says_so(monkeypatch):
    made = []
    monkeypatch.setattr(dispatch, "entries", made.extend)
    answers = io.StringIO()
    compiling.help_out(io.StringIO("SUM\nRATIO\n"), answers)
    assert made == ["SUM", "RATIO"]
    assert answers.getvalue() == "ready\ndone\ndone\n"


@pytest.mark.parametrize("helper", ["raise SystemExit(1)", "print('ready', flush=True)", "a b"])
def test_a_helper_that_fails_costs_time_and_nothing_else(monkeypatch, helper):
    made, told = [], []
    monkeypatch.setattr(compiling, "missing", lambda names: [*names])
    monkeypatch.setattr(compiling, "_may_help", lambda: True)
    monkeypatch.setattr(compiling, "_HELPER", helper)
    monkeypatch.setattr(compiling, "_listeners", [lambda *one: told.append(one)])
    monkeypatch.setattr(dispatch, "entries", made.extend)
    names = [f"N{one}" for one in range(9)]
    compiling.compile_all(names, [lambda: made.append("other")])
    # One may have been lost on its way; it is compiled where it is needed.
    assert {*made} <= {*names, "other"}
    assert len(made) >= 9
    assert told == [(done, 10) for done in range(len(made) + 1)]


def test_where_the_system_begins_no_process_all_is_compiled_here(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    made, told = [], []
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(compiling, "missing", lambda names: [*names])
    monkeypatch.setattr(compiling, "_may_help", lambda: True)
    monkeypatch.setattr(compiling, "_listeners", [lambda *one: told.append(one)])
    monkeypatch.setattr(dispatch, "entries", made.extend)
    compiling.compile_all(compiling.DEAR, [lambda: made.append("other")])
    assert sorted(made) == sorted([*compiling.DEAR, "other"])
    assert told == [(done, 7) for done in range(8)]


def test_what_is_there_is_not_told(monkeypatch):
    told = []
    monkeypatch.setattr(compiling, "_listeners", [lambda *one: told.append(one)])
    monkeypatch.setattr(compiling, "missing", lambda names: [])
    compiling.compile_all(["SUM"])
    assert told == []


PROBE = """
import hashlib, sys
from small_config import small_config
import simcore
from simcore.kernels import compiling, jit
from simcore.running import engine
told = []
compiling.report_to(lambda *one: told.append(one))
if sys.argv[1] == "alone":
    compiling._may_help = lambda: False
plan = simcore.build(simcore.load(small_config(draws=512)))
found = engine.run(plan)
names = sorted(path.name for path in jit.CACHE_DIRECTORY.iterdir() if "operation_" in path.name)
bits = b"".join(one.values.tobytes() for name, one in sorted(found.data_vars.items()))
print(hashlib.sha256(bits).hexdigest(), told[-1], names)
"""


@pytest.mark.slow
def test_two_processes_make_the_bits_and_the_operations_of_one(tmp_path):
    found = []
    for how in ("alone", "beside"):
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        cache = str(tmp_path / how)
        done = subprocess.run(
            [sys.executable, "-c", PROBE, how], capture_output=True, text=True, check=False,
            env={**os.environ, "SIMCORE_CACHE_DIR": cache, "PYTHONPATH": paths},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
    assert found[0] == found[1]
