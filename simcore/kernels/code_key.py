"""Digest of the code of one kernel and of all that it calls, so that an edit compiles no other.

What a function says is its bytecode, without lines and docstring, and the values of the names that
it reads: other functions, numbers, tables. Names of attributes are looked up too, which may take
in more than is read and never less. What has no description here makes the digest that of all.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable
from typing import Any, Final

import numpy as np

_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))
_SCALARS: Final = (np.bool_, np.int64, np.uint64, np.float64, np.uint8, np.int32, np.uint32)
_NAMED: Final = (types.BuiltinFunctionType, type, type(np.sqrt))


class _UnknownError(Exception):
    """A value that has no description."""

    pass


def code_key(function: Callable, of_all: Callable[[], str]) -> str:
    """Digest of what a function says.

    Parameters
    ----------
    function : callable
        Of Python, as it is before it is compiled.
    of_all : callable
        Makes the digest of all code, which stands in where one of the values is of unknown kind.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    seen: dict[int, int] = {}
    # What is looked at stays until the end, so that no other takes its place in memory.
    kept: list[object] = []
    digest = hashlib.blake2b(digest_size=12)
    pending: list[object] = [function]
    try:
        while pending:
            one = pending.pop()
            if isinstance(one, (types.FunctionType, types.ModuleType)) or hasattr(one, "py_func"):
                if id(one) in seen:
                    digest.update(b"seen%d" % seen[id(one)])
                    continue
                seen[id(one)] = len(seen)
            words, more = _described(one)
            kept.append(more)
            digest.update(len(words).to_bytes(8, "little") + words)
            pending += reversed(more)
    except _UnknownError:
        digest.update(of_all().encode())
    return digest.hexdigest()


def _described(one: Any) -> tuple[bytes, list[Any]]:
    """A value in words, and the values of which it is made."""
    if isinstance(one, _PLAIN):
        return repr((type(one).__name__, one)).encode(), []
    if isinstance(one, (np.ndarray, *_SCALARS)):
        return repr((one.dtype.str, one.shape)).encode() + one.tobytes(), []
    if isinstance(one, tuple | frozenset):
        parts = list(one) if isinstance(one, tuple) else sorted(one, key=repr)
        return repr((type(one).__name__, len(parts))).encode(), parts
    if isinstance(one, types.CodeType):
        return _code(one)
    if isinstance(one, types.FunctionType):
        return _function(one)
    if hasattr(one, "py_func"):
        return repr(sorted(one.targetoptions.items())).encode(), [one.py_func]
    if isinstance(one, _NAMED):
        module = getattr(one, "__module__", "")
        return repr(("named", module, getattr(one, "__qualname__", one.__name__))).encode(), []
    if isinstance(one, types.ModuleType):
        return one.__name__.encode(), []
    if type(one).__name__ == "_Intrinsic":
        # Those of the package are in the digest of what decides all machine code.
        return repr(("primitive", one._defn.__module__, one._name)).encode(), []
    raise _UnknownError


def _code(code: types.CodeType) -> tuple[bytes, list[Any]]:
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    counts = code.co_argcount, code.co_kwonlyargcount, code.co_flags
    return repr((code.co_name, names, counts)).encode() + code.co_code, list(code.co_consts)


def _function(function: types.FunctionType) -> tuple[bytes, list[Any]]:
    code = function.__code__
    if function.__doc__ is not None and code.co_consts[:1] == (function.__doc__,):
        code = code.replace(co_consts=(None, *code.co_consts[1:]))
    found: list[Any] = [code, function.__defaults__]
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    values = {name: cell.cell_contents for name, cell in cells}
    names = _names(code)
    values |= {name: function.__globals__[name] for name in names if name in function.__globals__}
    words: list[str] = []
    for name, value in sorted(values.items()):
        words.append(name)
        found.append(value)
        if isinstance(value, types.ModuleType) and value.__name__.startswith("simcore"):
            held = sorted(names & vars(value).keys())
            words += held
            found += [vars(value)[one] for one in held]
    return repr((function.__module__, function.__qualname__, words)).encode(), found


def _names(code: types.CodeType) -> set[str]:
    """Names that a function and those written in it read."""
    inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))
