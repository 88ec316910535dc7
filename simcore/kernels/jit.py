"""Compile options, compiled-code cache and bit-level primitives of every kernel, in one place.

numba's own cache key ignores compile options and edits in other files, so compiled code is kept in
a directory whose name is a digest of everything that decides it.
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


# What explains code and does not decide it: a text or comment on lines of its own, empty lines.
_EXPLANATION: Final = re.compile(
    rb'''^[ \t]*(?:r?"""(?:(?!""").)*"""|\#[^\n]*)?[ \t]*(?:\n|\Z)''', re.DOTALL | re.MULTILINE
)


def _ask_for_wide_vectors() -> None:
    """Let LLVM use 512-bit vectors where the machine has them; it prefers 256 bits by itself.

    Vectors of either width round alike, so only the time differs (about 0.75). A choice made by
    the user in the environment stands.
    """
    if _SETTINGS.CPU_FEATURES is not None or _SETTINGS.CPU_NAME is not None:
        return
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f") and features.get("avx512dq") and _SETTINGS.ENABLE_AVX:
        _SETTINGS.CPU_FEATURES = features.flatten() + ",-prefer-256-bit"


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

    def add(*parts: object) -> None:
        for part in parts:
            raw = part if isinstance(part, bytes) else repr(part).encode()
            digest.update(len(raw).to_bytes(8, "little") + raw)

    for path in sorted([*folder.glob("*.py"), *folder.glob("*.npy")], key=lambda p: p.name):
        content = path.read_bytes()
        add(path.name, _EXPLANATION.sub(b"", content) if path.suffix == ".py" else content)
    add(sorted(OPTIONS.items()), numba.__version__, llvmlite.__version__, sys.version)
    add(_SETTINGS.CPU_NAME or llvmlite.binding.get_host_cpu_name())
    add(_SETTINGS.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten())
    settings = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_")}
    add(sorted((k, v) for k, v in settings.items() if k not in _IRRELEVANT_ENVIRONMENT))
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
        return private_folder(f"kernels-{code_digest()}")
    except OSError:
        return None


_ask_for_wide_vectors()
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
    """Machine code, in a file that has the name of its kernel alone.

    Names differ, so a process and its fork may both compile: numba mixes up functions of one name
    (its issue 10486).
    """

    _locator_classes = [_Place]  # type: ignore  # noqa: RUF012 - as numba declares it

    def get_filename_base(self, fullname, _abiflags):
        return fullname.replace("<", "").replace(">", "")


class _Cache(FunctionCache):
    """numba's cache of one kernel, quick to read, and never a reason to fail."""

    _impl_class = _Code

    def load_overload(self, sig, target_context):
        """Read machine code; None where there is none to use."""
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
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


def is_cold(name: str) -> bool:
    """Whether a kernel, such as `simulate.run_blocks`, must be compiled before it runs here."""
    if IS_INTERPRETED:
        return False
    return CACHE_DIRECTORY is None or not (CACHE_DIRECTORY / f"{name}.nbi").exists()


def kernel(function: Callable, *, cached: bool = True) -> Callable:
    """Compile a function that Python calls; its machine code is cached between processes.

    Parameters
    ----------
    function : callable
        Body over arrays and numbers. Outside the folder of the kernels it is compiled in each
        process, for the digest knows nothing of it.
    cached : bool
        Whether its machine code may be kept.

    Returns
    -------
    callable
        The compiled function; it releases the interpreter lock.
    """
    if IS_INTERPRETED:
        return interpreted.quiet(function)
    compiled: Any = numba.njit(function, **OPTIONS)
    known = Path(function.__code__.co_filename).parent == Path(__file__).parent
    if CACHE_DIRECTORY is not None and known and cached:
        compiled._cache = _Cache(function)
    return compiled


OPERATION: Final = (types.uint64, *(types.int64,) * 4, types.boolean)
"""Types of the arguments of an operation."""


def entry(function: Callable) -> int:
    """Compile an operation, or read its machine code, and return its address for `call`."""
    if IS_INTERPRETED:
        return interpreted.lend(function)
    compiled: Any = numba.njit(function, **OPTIONS)
    compiled._cache = _Cache(function)
    compiled.compile(OPERATION)
    result = compiled.overloads[OPERATION]
    _ENTERED.append(compiled)
    address: int = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return address


_ENTERED: Final[list[Any]] = []


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
    return numba.njit(function, forceinline=True, **OPTIONS)


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


def _refuse_gaps(array):
    """Tell numba's typing that only contiguous arrays are meant."""
    if not isinstance(array, types.Array) or array.layout != "C" or array.ndim != 1:
        raise numba.core.errors.TypingError(f"a contiguous array of one axis is needed: {array}")


def _element(context, builder, kind, array, index):
    """Pointer to an element of a contiguous array, without wrap-around."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [index])


@primitive
def load(_typing, array, index):
    """Return `array[index]` (index uint64) of a contiguous table that no `store` changes.

    Tables passed as arguments could, for all the compiler knows, be changed by any store of the
    loop, and the bounds of a look-up are unknown; so the promise is what lets it vectorise.
    """

    def generate(context, builder, signature, arguments):
        pointer = _element(context, builder, signature.args[0], *arguments)
        value = builder.load(pointer)
        value.set_metadata("alias.scope", _table_scope(builder.module))
        return value

    _refuse_gaps(array)
    return array.dtype(array, types.uint64), generate


@primitive
def store(_typing, array, index, value):
    """Do `array[index] = value` (index uint64), `array` being no table that `load` reads."""

    def generate(context, builder, signature, arguments):
        pointer = _element(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer).set_metadata("noalias", _table_scope(builder.module))
        return context.get_dummy_value()

    _refuse_gaps(array)
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


@primitive
def borrowed(_typing, value):
    """Return an array, or a tuple of arrays, that does not count its references.

    Every slice, and every array handed to another kernel, counts a reference up and down by atomic
    operations, which cost as much as a row of formulas. Whoever called the kernel holds the arrays
    until it returns, so within it nobody need count.
    """

    def generate(context, builder, signature, arguments):
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), generate


@primitive
def reference(_typing, bench):
    """Return where a copy of a bench lies until the caller returns (uint64)."""

    def generate(context, builder, signature, arguments):
        place = cgutils.alloca_once(builder, context.get_value_type(signature.args[0]))
        _spread(builder, place, arguments[0])
        return builder.ptrtoint(place, ir.IntType(64))

    if bench != _bench_type():
        raise numba.core.errors.TypingError(f"a bench is needed: {bench}, not {_bench_type()}")
    return types.uint64(bench), generate


@primitive
def contents(_typing, place):
    """Return the bench of which `reference` has told the place, as `borrowed` would."""

    def generate(context, builder, signature, arguments):
        kind = context.get_value_type(signature.return_type)
        value = _gathered(builder, builder.inttoptr(arguments[0], kind.as_pointer()), kind)
        return _without_owner(context, builder, signature.return_type, value)

    return _bench_type()(types.uint64), generate


@primitive
def call(_typing, entry, bench, i, at_line, year, first_draw, central):
    """Call an operation by its address; see `entry`."""

    def generate(context, builder, signature, arguments):
        kinds, convention = signature.args[1:], context.call_conv
        callee = convention.get_function_type(types.none, kinds).as_pointer()
        status, _ = convention.call_function(
            builder, builder.inttoptr(arguments[0], callee), types.none, kinds, arguments[1:]
        )
        with cgutils.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(types.uint64, *OPERATION), generate


def _bench_type():
    from simcore.kernels.tape import empty_bench

    return numba.typeof(empty_bench())


def _spread(builder, place, value, *path):
    """Store each number of a tuple by itself, as LLVM knows tuples badly."""
    if isinstance(value.type, (ir.LiteralStructType, ir.ArrayType)):
        for at in range(len(value.type)):
            _spread(builder, place, builder.extract_value(value, at), *path, at)
    else:
        where = [ir.IntType(32)(at) for at in (0, *path)]
        builder.store(value, builder.gep(place, where, inbounds=True))


def _gathered(builder, place, kind, *path):
    """Load what `_spread` has stored."""
    if isinstance(kind, (ir.LiteralStructType, ir.ArrayType)):
        value = ir.Constant(kind, ir.Undefined)
        for at, one in enumerate(kind.elements):
            value = builder.insert_value(value, _gathered(builder, place, one, *path, at), at)
        return value
    where = [ir.IntType(32)(at) for at in (0, *path)]
    return builder.load(builder.gep(place, where, inbounds=True))


def _without_owner(context, builder, kind, value):
    """The value with the owner of each array in it set to null."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = context.get_constant_null(types.MemInfoPointer(kind.dtype))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for place, item in enumerate(kind):
            inner = builder.extract_value(value, place)
            inner = _without_owner(context, builder, item, inner)
            value = builder.insert_value(value, inner, place)
    return value
