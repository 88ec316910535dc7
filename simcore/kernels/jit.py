"""Compile options, compiled-code cache and bit-level primitives of every kernel, in one place.

numba's own cache key ignores compile options and edits in other files. So compiled code is kept in
a folder named by a digest of what decides all of it alike, each kernel in a file named by a digest
of its own code and of all that it calls.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import llvmlite
import llvmlite.binding
import numba
import numba.extending
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.runtime import rtsys

from simcore.cache import private_folder
from simcore.kernels import interpreted
from simcore.kernels.code_key import code_key
from simcore.kernels.ingredients import as_ingredient
from simcore.kernels.processor import features_for

# error_model="numpy": the default tests every divisor for zero, which stops vectorisation.
OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": False,
    "boundscheck": False,
    # Nobody calls kernels from C; each such entry would cost compiling time.
    "no_cfunc_wrapper": True,
}

_SETTINGS: Final[Any] = numba.config

IS_INTERPRETED: Final = bool(_SETTINGS.DISABLE_JIT)
"""Whether the user asks numba not to compile, so that Python runs the kernels line by line."""

# Settings of numba that change neither the compiled code nor its place.
_IRRELEVANT_ENVIRONMENT: Final = frozenset(
    {"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "NUMBA_DEBUG_CACHE"}
)

_COMMON: Final = ("jit.py", "calls.py", "tape.py", "code_key.py", "ingredients.py")
"""Modules that decide the machine code of all kernels."""

# What explains code and does not decide it: a text or comment on lines of its own, empty lines.
_EXPLANATION: Final = re.compile(
    rb'''^[ \t]*(?:r?"""(?:(?!""").)*"""|\#[^\n]*)?[ \t]*(?:\n|\Z)''', re.DOTALL | re.MULTILINE
)


def code_digest(folder: Path | None = None) -> str:
    """Digest of everything that decides the machine code of the kernels.

    Parameters
    ----------
    folder : Path, optional
        Folder of the kernel sources and frozen tables; this module's own by default.

    Returns
    -------
    str
        Hexadecimal digits: sources without docstrings and comments, tables, options, versions of
        numba and llvmlite, processor, and settings of numba from the environment.
    """
    folder = Path(__file__).parent if folder is None else folder
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted([*folder.glob("*.py"), *folder.glob("*.npy")], key=lambda p: p.name):
        _add(digest, path.name, _without_explanation(path))
    _add(digest, *_surroundings())
    return digest.hexdigest()


def _add(digest: Any, *parts: object) -> None:
    for part in parts:
        raw = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(len(raw).to_bytes(8, "little") + raw)


def _without_explanation(path: Path) -> bytes:
    content = path.read_bytes()
    return _EXPLANATION.sub(b"", content) if path.suffix == ".py" else content


def _surroundings() -> list[object]:
    """What decides machine code besides what is compiled."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_")}
    return [
        sorted(OPTIONS.items()), numba.__version__, llvmlite.__version__, sys.version,
        _SETTINGS.CPU_NAME or llvmlite.binding.get_host_cpu_name(),
        _SETTINGS.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten(),
        sorted((k, v) for k, v in settings.items() if k not in _IRRELEVANT_ENVIRONMENT),
    ]  # fmt: skip


def common_digest(folder: Path | None = None) -> str:
    """Digest of what decides the machine code of all kernels alike.

    Parameters
    ----------
    folder : Path, optional
        Folder of the kernel sources; this module's own by default.

    Returns
    -------
    str
        Hexadecimal digits: the primitives, what a tape is, options, versions, processor, settings.
    """
    folder = Path(__file__).parent if folder is None else folder
    digest = hashlib.blake2b(digest_size=12)
    for path in (folder / name for name in _COMMON):
        if path.exists():
            _add(digest, path.name, _without_explanation(path))
    _add(digest, *_surroundings())
    return digest.hexdigest()


def cache_directory() -> Path | None:
    """Folder for compiled code, created where needed.

    Returns
    -------
    Path or None
        None when no candidate is writable, or is writable by others; kernels are then compiled
        anew in each process.
    """
    try:
        return private_folder(f"kernels-{common_digest()}")
    except OSError:
        return None


# LLVM makes the vectors of a long loop one after the other, so that each waits for its own steps;
# up to this cost it makes several side by side, as many as the registers hold: half the time. It is
# so for all that numba compiles in this process.
llvmlite.binding.set_option("simcore", "-small-loop-cost=200")
_SETTINGS.CPU_FEATURES = features_for(_SETTINGS) or _SETTINGS.CPU_FEATURES
CACHE_DIRECTORY: Final = cache_directory()


class _Place:
    """Where numba keeps the machine code of a kernel, as its cache asks for it."""

    @classmethod
    def from_function(cls, _function, _file):
        return cls()

    def get_cache_path(self):
        return str(CACHE_DIRECTORY)

    def get_source_stamp(self):
        # The folder says which code it holds; with numba's stamp a second checkout would compile.
        return ""

    def ensure_cache_path(self):
        pass  # `cache_directory` has written there


class _Code(CompileResultCacheImpl):
    """Machine code, in a file named by its kernel and the digest of all that this calls.

    Names differ, so a process and its fork may both compile: numba mixes up functions of one name
    (its issue 10486).
    """

    _locator_classes = [_Place]  # type: ignore  # noqa: RUF012 - as numba declares it

    def __init__(self, function):
        self._key = code_key(function, code_digest)
        super().__init__(function)

    def get_filename_base(self, fullname, _abiflags):
        return f"{fullname.replace('<', '').replace('>', '')}-{self._key}"

    def check_cachable(self, result):
        # numba would name the file of a source, which `_Place` does not have.
        return not (result.lifted or result.library.has_dynamic_globals)


class _Cache(FunctionCache):
    """numba's cache of one kernel, quick to read, and never a reason to fail."""

    _impl_class = _Code

    def __init__(self, function):
        # What it calls may be defined only below it.
        self._function, self._ready = function, False

    def _prepare(self):
        if not self._ready:
            super().__init__(self._function)
            self._ready = True

    @property
    def cache_path(self):
        """Folder of the files."""
        return str(CACHE_DIRECTORY)

    def is_kept(self):
        """Whether machine code is at hand."""
        self._prepare()
        return Path(self._cache_file._index_path).exists()

    def load_overload(self, sig, target_context):
        """Read machine code; None where there is none to use."""
        self._prepare()
        # numba would first load all it knows of Python and NumPy (and scipy.linalg for its BLAS),
        # which only a compiler needs; machine code needs the allocator.
        rtsys.initialize(target_context)
        try:
            return self._load_overload(sig, target_context)
        except Exception:
            # A file cut short, by a crash of the machine say, raises whatever its bytes spell.
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data):
        """Keep machine code, if the disk takes it."""
        self._prepare()
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)

    def _index_key(self, sig, codegen):
        fields = tuple(_fields(kind) for kind in sig)
        return (*super()._index_key(sig, codegen), fields)


def _fields(kind: Any) -> object:
    """Names of the fields of a type, as a named tuple is pickled by its own name alone."""
    return getattr(kind, "fields", ()), tuple(_fields(one) for one in getattr(kind, "types", ()))


def is_cold(compiled: Any) -> bool:
    """Whether a kernel, such as `simulate.run_blocks`, must be compiled before it runs here."""
    if IS_INTERPRETED or compiled.signatures:
        return False
    return not (isinstance(compiled._cache, _Cache) and compiled._cache.is_kept())


def kernel(function: Callable, *, cached: bool = True, made: bool = False) -> Callable:
    """Compile a function that Python calls; its machine code is cached between processes.

    Parameters
    ----------
    function : callable
        Body over arrays and numbers. Outside the folder of the kernels it is compiled in each
        process, for the digest knows nothing of it.
    cached : bool
        Whether its machine code may be kept.
    made : bool
        Whether the package has made the function itself, so that it stands in no file.

    Returns
    -------
    callable
        The compiled function; it releases the interpreter lock.
    """
    if IS_INTERPRETED:
        return interpreted.quiet(function)
    options: dict[str, Any] = {**OPTIONS, "no_cpython_wrapper": made}
    compiled: Any = numba.njit(function, **options)
    if CACHE_DIRECTORY is not None and cached and (made or is_of_package(function)):
        compiled._cache = _Cache(function)
    return as_ingredient(compiled, **OPTIONS)


def is_of_package(function: Callable) -> bool:
    """Whether a function stands in the folder of the kernels, so that its code may be kept."""
    return Path(function.__code__.co_filename).parent == Path(__file__).parent


def inlined(function: Callable) -> Callable:
    """Compile a formula, or a short loop over a row, that kernels call; LLVM puts it in its place.

    Parameters
    ----------
    function : callable
        Body over numbers and rows.

    Returns
    -------
    callable
        The compiled function, not cached by itself; always inlined, as a formula that stays a call
        stops vectorisation, and the call of a row costs as much as its loop.
    """
    compiled = numba.njit(function, forceinline=True, **OPTIONS)
    return compiled if IS_INTERPRETED else as_ingredient(compiled, forceinline=True, **OPTIONS)


def part(function: Callable) -> Callable:
    """Take a function as part of the one kernel that calls it, for the reader's sake.

    Parameters
    ----------
    function : callable
        Body over arrays and numbers.

    Returns
    -------
    callable
        numba puts it into its caller before it compiles that, so it is compiled once and not
        twice.
    """
    return numba.njit(function, inline="always", **OPTIONS)


def primitive(generator: Callable) -> Callable:
    """Take the function that writes a primitive's machine code for the primitive."""
    if IS_INTERPRETED:
        plain: Callable = getattr(interpreted, generator.__name__)
        return plain
    compiled: Callable = numba.extending.intrinsic(generator)
    return compiled


@primitive
def fma(_typing, a, b, c):
    """Return a * b + c rounded once, on every machine."""

    def generate(_context, builder, _signature, arguments):
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@primitive
def bits_of(_typing, value):
    """Return the 64 bits of a float64 as uint64."""

    def generate(_context, builder, _signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), generate


@primitive
def float_of(_typing, bits):
    """Return the float64 with the given 64 bits (uint64)."""

    def generate(_context, builder, _signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), generate


@primitive
def reversed_bits(_typing, word):
    """Return the bits of a uint64 in reverse order."""

    def generate(_context, builder, _signature, arguments):
        return builder.bitreverse(arguments[0])

    return types.uint64(types.uint64), generate


def _table_scope(module):
    """Metadata of the alias scope of look-up tables (LLVM's `alias.scope` and `noalias`)."""
    domain = module.add_metadata([ir.MetaDataString(module, "simcore")])
    scope = module.add_metadata([ir.MetaDataString(module, "simcore.table"), domain])
    return module.add_metadata([scope])


def _refuse_axes(array):
    """Tell numba's typing that only arrays of one axis are meant."""
    if not isinstance(array, types.Array) or array.ndim != 1:
        raise numba.core.errors.TypingError(f"an array of one axis is needed: {array}")


def _element(context, builder, kind, array, index):
    """Pointer to an element of an array, without wrap-around."""
    held = context.make_array(kind)(context, builder, array)
    if kind.layout == "C":
        return builder.gep(held.data, [index])
    (stride,) = cgutils.unpack_tuple(builder, held.strides, 1)
    start = builder.bitcast(held.data, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(start, [builder.mul(index, stride)]), held.data.type)


@primitive
def load(_typing, array, index):
    """Return `array[index]` (index uint64) of a table that no `store` changes.

    Tables passed as arguments could, for all the compiler knows, be changed by any store of the
    loop, and the bounds of a look-up are unknown; so the promise is what lets it vectorise.
    """

    def generate(context, builder, signature, arguments):
        pointer = _element(context, builder, signature.args[0], *arguments)
        value = builder.load(pointer)
        value.set_metadata("alias.scope", _table_scope(builder.module))
        return value

    _refuse_axes(array)
    return array.dtype(array, types.uint64), generate


@primitive
def store(_typing, array, index, value):
    """Do `array[index] = value` (index uint64), `array` being no table that `load` reads."""

    def generate(context, builder, signature, arguments):
        pointer = _element(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer).set_metadata("noalias", _table_scope(builder.module))
        return context.get_dummy_value()

    _refuse_axes(array)
    return types.void(array, types.uint64, array.dtype), generate


@primitive
def prefetch(_typing, array, index):
    """Ask for the cache line of `array.ravel()[index]` (index uint64), soon to be used."""

    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch",
            [pointer.type],
            ir.FunctionType(ir.VoidType(), [pointer.type, flag, flag, flag]),
        )
        builder.call(function, [pointer, flag(1), flag(2), flag(1)])
        return context.get_dummy_value()

    return types.void(array, types.uint64), generate
