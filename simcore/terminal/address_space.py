"""Little address space (`ulimit -v`): said before a library dies of it without a word."""

from __future__ import annotations

from typing import Final

from simcore.errors import ConfigError, Fault

_LEAST: Final = {"check": 250, "plan": 250, "catalog": 250, "schema": 250, "run": 1100}
_LIBRARIES: Final = 700
_COMPILER: Final = 1400
"""Megabytes that a command maps on two processors, with a margin: to read a config, to write a run
by its many threads, to load compiled kernels, to compile them. Below that LLVM and OpenBLAS end the
process, or wait for ever, instead of raising an error."""


def limit() -> int | None:
    """Address space that this process may map, MB; None without a limit."""
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if soft == resource.RLIM_INFINITY else soft // 2**20


def require(command: str, *, compiling: bool = False) -> None:
    """Refuse to begin what the limit of address space would kill.

    Parameters
    ----------
    command : str
        Such as `check`.
    compiling : bool
        Whether kernels must be compiled first.

    Raises
    ------
    ConfigError
        The limit is too low.
    """
    allowed = limit()
    if allowed is None:
        return
    needed = _COMPILER if compiling else _LEAST.get(command, _LIBRARIES)
    if allowed < needed:
        raise ConfigError(Fault(
            "ulimit -v", f"{allowed:,} MB of address space",
            f"at least {needed:,} MB for simcore {command}" + (
                ", which compiles the kernels first" if compiling else ""
            ),
            "raise the limit: ulimit -v unlimited",
        ))  # fmt: skip


def hint() -> str:
    """What to add to the message of a failure that the limit may have caused."""
    allowed = limit()
    return "" if allowed is None else f"; address space is limited to {allowed:,} MB (ulimit -v)"
