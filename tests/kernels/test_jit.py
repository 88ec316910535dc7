"""The cache directory, the primitives, and the same bits on any vector width."""

import ast
import importlib
import os
import platform
import shutil
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import llvmlite.binding
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernels import dispatch, jit, processor
from simcore.kernels.jit import bits_of, float_of, fma, kernel, load, store
from simcore.kernels.operations import OPERATIONS

SOURCES = Path(jit.__file__).parent

# Prints a digest of the bits of everything random, elementary, tabulated, summed and selected.
PROBE = """
import hashlib
import numpy as np
from simcore.kernels import (
    bins, designs, jit, marginal_form, marginals, quantiles, random, ranks, select, sinks,
)
out = np.empty(2560)
digest = hashlib.sha256()
random.fill_uniform(*random.stream_key(1, "probe"), 256, 2030, out)
random.normal_of_uniform(out, out)
digest.update(out.tobytes())
z = out.copy()
random.uniform_of_normal(out, out)
digest.update(out.tobytes())
params = np.array([0.1, 0.7, 1.3, 0, 0, 0, 0, 0])
value = np.empty_like(out)
marginals.fill_marginal(marginal_form.LOGNORMAL, params, out, out, z, value)
digest.update(value.tobytes())
params[0] = 100
marginals.fill_marginal(marginal_form.EMPIRICAL, params, np.sort(z), out, z, value)
digest.update(value.tobytes())
numbers, sums, count = np.zeros((1, 4)), np.zeros((1, 4)), np.zeros((1, 513), np.int32)
numbers[:, sinks.RATE] = 1.1
bins.lay_bins(value[None, :512].copy(), 512, numbers, 0, 1)
for block in range(10):
    sinks.count_row(
        value.reshape(10, 256), block, 0, 256 if block < 9 else 100, numbers, sums, count,
        np.empty(256), np.empty(256, np.uint32), np.empty((2, 32)),
    )
digest.update(numbers.tobytes() + sums.tobytes() + count.tobytes())
found = np.empty((3, 1, 2))
plan = ranks.quantile_ranks(2560, (0.05, 0.5), 0.9)
quantiles.quantiles_of_rows(value[None], plan, *found, np.zeros(1, np.int64))
digest.update(found.tobytes())
key = np.array([*random.stream_key(1, "probe"), *random.stream_key(1, "family")], dtype=np.uint64)
for design in designs.DESIGNS.values():
    designs.fill_design(design, key, 9, 256, 2030, 20000, 3, out)
    digest.update(out.tobytes())
print(digest.hexdigest(), jit.CACHE_DIRECTORY)
"""

# Enough to compile one kernel, or to read it.
SHORT_PROBE = """
import numpy as np
from simcore.kernels import jit, random
out = np.empty(256)
random.fill_uniform(*random.stream_key(1, "probe"), 0, 0, out)
print(out.sum().hex(), jit.CACHE_DIRECTORY)
"""


def begin(program=PROBE, *, package=SOURCES.parents[1], **environment):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": str(package), **environment},
        cwd=package,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process):
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    digest, _, directory = out.strip().partition(" ")
    return digest, directory


def probe(program=PROBE, **options):
    return end(begin(program, **options))


@kernel
def primitives(a, b, c):
    return fma(a, b, c), bits_of(a), float_of(bits_of(b))


@kernel
def copy_through(source, target):
    for i in range(source.size):
        store(target, np.uint64(i), load(source, np.uint64(i)))


@settings(max_examples=200, deadline=None)
@given(*(st.floats(-1e100, 1e100) for _ in range(3)))
def test_fma_rounds_once_and_bits_are_those_of_the_float(a, b, c):
    product, bits, same = primitives(a, b, c)
    assert product == float(Fraction(a) * Fraction(b) + Fraction(c))
    assert bits == struct.unpack("<Q", struct.pack("<d", a))[0]
    assert same == b


def test_load_and_store_read_and_write_elements():
    target = np.zeros(5)
    copy_through(np.arange(5.0), target)
    assert target.tolist() == [0, 1, 2, 3, 4]


def test_load_and_store_step_over_gaps():
    target = np.zeros(15)
    copy_through(np.arange(10.0)[::2], target[1::3])
    assert target[1::3].tolist() == [0, 2, 4, 6, 8]
    assert target.sum() == 20


def test_load_refuses_an_array_of_two_axes():
    with pytest.raises(numba.core.errors.TypingError):
        copy_through(np.zeros((2, 5)), np.zeros(5))


def test_the_digest_knows_every_source_and_table(tmp_path):
    shutil.copytree(SOURCES, tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    copy = tmp_path / "kernels"
    assert jit.code_digest(copy) == jit.code_digest()
    seen = {jit.code_digest()}
    for name in ("elementary.py", "inverse_normal.npy"):
        path = copy / name
        path.write_bytes(path.read_bytes() + b"\nX = 1\n")
        seen.add(jit.code_digest(copy))
    (copy / "one_more.py").write_text("")
    seen.add(jit.code_digest(copy))
    assert len(seen) == 4


def test_an_explanation_mended_costs_no_compilation(tmp_path):
    shutil.copytree(SOURCES, tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "kernels" / "finance.py"
    text = path.read_text()
    for edited, same in (
        (text.replace('"""', '"""Mended. ', 1), True),
        ("# One more line.\n" + text, True),
        (text + "\nX = 1  # a number\n", False),
        (text + '\nX = """a text"""\n', False),
    ):
        path.write_text(edited)
        assert (jit.code_digest(tmp_path / "kernels") == jit.code_digest()) is same


@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.py")), ids=lambda path: path.name)
def test_the_digest_leaves_out_nothing_but_explanations(path):
    """Two texts of several lines, the first ended on a line of its own, hide what stands between."""

    def code(source):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(body := getattr(node, "body", None), list):
                node.body = [one for one in body if not is_text(one)]
        return ast.dump(tree)

    def is_text(one):
        return isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)

    assert code(jit._EXPLANATION.sub(b"", path.read_bytes())) == code(path.read_bytes())


def test_the_digest_knows_options_and_settings(monkeypatch):
    before = jit.code_digest()
    monkeypatch.setenv("NUMBA_OPT", "1")
    assert jit.code_digest() != before
    monkeypatch.delenv("NUMBA_OPT")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert jit.code_digest() == before
    monkeypatch.setitem(jit.OPTIONS, "fastmath", True)
    assert jit.code_digest() != before


@pytest.mark.parametrize("setting", ["CPU_NAME", "CPU_FEATURES"])
def test_the_digest_knows_the_processor(monkeypatch, setting):
    before = jit.code_digest()
    monkeypatch.setattr(numba.config, setting, "another")
    assert jit.code_digest() != before


def test_the_digest_knows_an_edit_that_keeps_size_and_time(tmp_path):
    copy = tmp_path / "kernels"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "finance.py"
    status, text = path.stat(), path.read_text()
    path.write_text(text.replace("return", "retur2"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert jit.code_digest(copy) != jit.code_digest()


@pytest.mark.skipif(os.name != "posix", reason="owners of files")
def test_the_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path))
    assert jit.cache_directory() is not None
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    assert jit.cache_directory() is None


FORMULA = """
from simcore.kernels.jit import inlined

@inlined
def formula(x):
    return {factor} * x
"""
LOOP = """
from simcore.kernels.formula import formula
from simcore.kernels.jit import kernel

@kernel
def loop(values):
    for i in range(values.size):
        values[i] = formula(values[i])
"""
LOOP_PROBE = """
import numpy as np
from simcore.kernels import jit, loop
values = np.ones(3)
loop.loop(values)
hits = sum(loop.loop.stats.cache_hits.values())
print(values.sum() / 3, hits, jit.CACHE_DIRECTORY)
"""


@pytest.mark.long
def test_an_edited_formula_is_never_read_from_the_cache(tmp_path):
    kernels = tmp_path / "package" / "simcore" / "kernels"
    kernels.mkdir(parents=True)
    (kernels.parent / "__init__.py").write_text("")
    shutil.copy(SOURCES.parent / "cache.py", kernels.parent)
    for name in (
        "__init__.py",
        "code_key.py",
        "ingredients.py",
        "interpreted.py",
        "jit.py",
        "processor.py",
    ):
        shutil.copy(SOURCES / name, kernels / name)
    (kernels / "loop.py").write_text(LOOP)

    def found(factor):
        (kernels / "formula.py").write_text(FORMULA.format(factor=factor))
        environment = {"SIMCORE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        value, rest = probe(LOOP_PROBE, package=kernels.parents[1], **environment)
        hits, directory = rest.split()
        return float(value), int(hits), directory

    first, second = found(2.0), found(2.0)
    assert first[:2] == (2.0, 0)
    assert second == (2.0, 1, first[2])
    # Another line, another time: still the same code.
    (kernels / "loop.py").write_text("# A comment.\n" + LOOP)
    assert found(2.0) == second
    # The file of the kernel itself is as it was, so numba alone would read the old code.
    third = found(3.0)
    assert third == (3.0, 0, first[2])
    assert found(2.0) == second


@pytest.mark.long
def test_processes_may_compile_at_once(tmp_path):
    together = [begin(SHORT_PROBE, SIMCORE_CACHE_DIR=str(tmp_path)) for _ in range(3)]
    found = {end(process) for process in together}
    found.add(probe(SHORT_PROBE, SIMCORE_CACHE_DIR=str(tmp_path)))
    assert len(found) == 1
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert names
    assert {Path(name).suffix for name in names} == {".nbi", ".nbc"}


@pytest.mark.long
def test_a_damaged_file_is_compiled_anew(tmp_path):
    """Empty, or cut: the index of what is compiled, or what is."""
    expected = probe(SHORT_PROBE, SIMCORE_CACHE_DIR=str(tmp_path))
    for suffix, keep in (("nbi", 0), ("nbi", 40), ("nbc", 0), ("nbc", 40)):
        whole = {path: path.read_bytes() for path in tmp_path.rglob(f"*.{suffix}")}
        assert whole
        for path, content in whole.items():
            path.write_bytes(content[:keep])
        assert probe(SHORT_PROBE, SIMCORE_CACHE_DIR=str(tmp_path)) == expected
        assert any(len(path.read_bytes()) > keep for path in tmp_path.rglob(f"*.{suffix}"))


def test_a_full_disk_keeps_no_code_and_stops_no_run(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jit.FunctionCache, "save_overload", full)
    monkeypatch.setattr(jit, "CACHE_DIRECTORY", tmp_path)
    monkeypatch.setattr(jit, "__file__", __file__)

    def twice(x):
        return 2 * x

    assert kernel(twice)(3) == 6
    assert not list(tmp_path.rglob("*.nbi"))


def test_the_cache_directory_is_private_and_named_by_the_digest(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path / "cache"))
    found = jit.cache_directory()
    assert found == tmp_path / "cache" / f"kernels-{jit.common_digest()}"
    if os.name == "posix":
        assert found.stat().st_mode & 0o777 == 0o700
        found.chmod(0o777)
        assert jit.cache_directory() is None


def test_the_user_cache_follows_the_platform(tmp_path, monkeypatch):
    monkeypatch.delenv("SIMCORE_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jit.cache_directory().parent == tmp_path / "simcore"


def test_compiling_leaves_the_cache_of_others_alone():
    assert jit.CACHE_DIRECTORY is not None
    jit.kernel(lambda x: x + 1)
    assert os.environ.get("NUMBA_CACHE_DIR", "") == numba.config.CACHE_DIR


def test_a_kernel_is_cold_until_it_is_compiled(tmp_path, monkeypatch):
    monkeypatch.setattr(jit, "CACHE_DIRECTORY", tmp_path)
    monkeypatch.setattr(jit, "__file__", __file__)

    def thrice(x):
        return 3 * x

    one = kernel(thrice)
    assert jit.is_cold(one)
    one(3)
    assert not jit.is_cold(one)
    # Another process would find it; without a folder each compiles its own.
    assert not jit.is_cold(kernel(thrice))
    monkeypatch.setattr(jit, "CACHE_DIRECTORY", None)
    assert jit.is_cold(kernel(thrice))


def test_no_two_compiled_functions_have_one_name():
    # A fork that compiles beside its parent mixes up namesakes: numba's issue 10486.
    found = {}
    for path in SOURCES.glob("*.py"):
        module = importlib.import_module(f"simcore.kernels.{path.stem}")
        for one in vars(module).values():
            if isinstance(one, numba.core.dispatcher.Dispatcher):
                name = f"{one.py_func.__module__}.{one.py_func.__qualname__}"
                assert found.setdefault(name, one) is one
                assert "<" not in name
    assert "simcore.kernels.simulate.run_blocks" in found
    written = [dispatch.made(name).py_func for name in OPERATIONS if OPERATIONS[name].formula]
    names = {f"{one.__module__}.{one.__qualname__}" for one in written}
    assert len(names) == len(written)
    assert not names & found.keys()


@pytest.mark.long
def test_kernels_run_without_a_writable_folder(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    digest, directory = probe(SHORT_PROBE, SIMCORE_CACHE_DIR=str(blocked / "cache"))
    assert directory == "None"
    kept = tmp_path / "cache"
    for _ in range(2):
        # The second process reads what the first one compiled.
        again, directory = probe(SHORT_PROBE, SIMCORE_CACHE_DIR=str(kept))
        assert again == digest
        assert list(Path(directory).rglob("*.nbc"))


@pytest.mark.parametrize(
    ("told", "name", "slow"),
    [
        ("Mitigation: Microcode\n", "cascadelake", True),
        ("Mitigation: Microcode (locked)\n", "skylake", True),
        ("Unknown: Dependent on hypervisor status\n", "icelake-server", True),
        ("Vulnerable: No microcode\n", "cascadelake", False),
        ("Not affected\n", "emeraldrapids", False),
        (None, "cascadelake", True),
        (None, "znver3", False),
        ("Not affected\n", "znver4", True),
    ],
)
def test_what_the_system_says_of_gathers_decides(told, name, slow, tmp_path):
    file = tmp_path / "gather_data_sampling"
    if told is not None:
        file.write_text(told)
    assert processor.gathers_are_slow(file, name) is slow


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="x86 processors")
def test_slow_gathers_are_avoided_and_the_choice_of_the_user_stands(monkeypatch):
    settings = SimpleNamespace(CPU_FEATURES=None, CPU_NAME=None, ENABLE_AVX=1)
    monkeypatch.setattr(processor, "gathers_are_slow", lambda *_: True)
    if llvmlite.binding.get_host_cpu_features().get("avx2"):
        assert processor.features_for(settings).endswith("+prefer-no-gather")
    settings.CPU_NAME = "haswell"
    assert processor.features_for(settings) is None


LOOK_UPS = r"""
import re
import numba
import numpy as np
from simcore.kernels import elementary, marginals, random
from simcore.kernels.jit import kernel, load, store

@kernel
def tabulated(u, pool, out):
    for i in range(u.size):
        value = marginals.tabulated(load(u, np.uint64(i)), pool, np.uint64(0))
        store(out, np.uint64(i), value)

@kernel
def exponentials(x, out):
    for i in range(x.size):
        out[i] = elementary.exp(x[i])

def code_of(compiled, *kinds):
    compiled.compile(kinds)
    return compiled.inspect_asm(kinds)

row = numba.types.float64[::1]
normal = code_of(random.normal_of_uniform, row, row)
mixed = code_of(tabulated, row, row, row)
longest = max(re.split(r"^[.]L", code_of(exponentials, row, row), flags=re.M), key=len)
decided = re.compile(r"v?u?comisd[^\n]*\n(?:[^\n]*\n)?\tj")
print("ymm" in normal and "ymm" in mixed, len(decided.findall(normal + mixed)),
      longest.count("vfmadd") + longest.count("vfnmadd"))
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
def test_processors_without_masks_get_no_branch_in_a_look_up_and_several_vectors_side_by_side(
    tmp_path,
):
    """A branch on random numbers is mispredicted every other time, and costs more than a look-up;
    of the exponential function, whose steps wait for each other, several vectors are under way."""
    environment = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma,+bmi,+bmi2"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UPS],
        env={**os.environ, **environment, "SIMCORE_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    uses_vectors, branches, multiplied = done.stdout.split()
    assert uses_vectors == "True"
    assert branches == "0"
    one = 15
    assert int(multiplied) >= 2 * one


@pytest.mark.long
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
@pytest.mark.parametrize(
    ("name", "features"),
    [
        # In CI a whole run is that of any processor (`test_machines.py`), and one probe is enough.
        pytest.param("x86-64", "", marks=pytest.mark.slow),
        pytest.param("haswell", "+avx2,+fma,+bmi,+bmi2", marks=pytest.mark.slow),
        ("haswell", "+avx2,+fma,+bmi,+bmi2,+prefer-no-gather"),
    ],
)
def test_the_same_bits_on_narrower_vectors(name, features, tmp_path):
    here, _ = probe()
    environment = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    assert probe(**environment, SIMCORE_CACHE_DIR=str(tmp_path))[0] == here
