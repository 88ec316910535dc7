"""Functions that only kernels call: numba compiles each to machine code of its own, which is waste.

Here their code is optimised, so that kernels take in what they always did, and goes no further.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Codegen:
    """numba's, without the environment of a function, which has no place outside machine code."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, *_: object) -> None:
        """Do nothing."""
        return


class _Ingredient(JITCodeLibrary):  # type: ignore[misc]
    """Code of a function, to be linked into a kernel."""

    @property
    def codegen(self) -> Any:
        """Who makes code."""
        return _Codegen(self._codegen)

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        """No machine code, no address."""
        return 0


class _Ingredients(Compiler):  # type: ignore[misc]
    """numba's compiler, which puts a function into a library of this kind."""

    def __init__(self, typing: Any, target: Any, library: Any, *rest: Any) -> None:
        own = _Ingredient(target.codegen(), "ingredient") if library is None else library
        super().__init__(typing, target, own, *rest)


def as_ingredient(compiled: Any, **options: Any) -> Callable[..., Any]:
    """Have kernels that call a compiled function take it in; Python calls it as before.

    Parameters
    ----------
    compiled : numba dispatcher
    **options
        Those with which it is compiled.

    Returns
    -------
    callable
        The compiled function.
    """
    chosen = {**options, "no_cpython_wrapper": True, "pipeline_class": _Ingredients}
    within: Any = numba.njit(compiled.py_func, **chosen)
    compiled.get_call_template = within.get_call_template
    compiled.get_overload = within.get_overload
    result: Callable[..., Any] = compiled
    return result
