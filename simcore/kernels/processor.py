"""What the processor at hand does well, for the compiler; none of it changes a bit of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import llvmlite.binding

_GATHERS: Final = Path("/sys/devices/system/cpu/vulnerabilities/gather_data_sampling")
_SLOWED: Final = ("Mitigation: Microcode", "Unknown")
"""Since August 2023 microcode makes the gather instruction safe and slow; a guest is not told."""
_AFFECTED: Final = frozenset({
    "skylake", "skylake-avx512", "cascadelake", "cooperlake", "cannonlake", "icelake-client",
    "icelake-server", "tigerlake", "rocketlake",
})  # fmt: skip
"""LLVM's names of the processors that this microcode is for, where the system does not say."""
_NEVER_QUICK: Final = frozenset({"znver4"})
"""No microcode slows it, and yet GCC makes no gathers there (its `x86-tune.def`). LLVM makes them
wherever there are 512 bits."""


def features_for(settings: Any) -> str | None:
    """Features of the processor with what suits it, as LLVM spells them.

    Parameters
    ----------
    settings : module
        numba's; a processor or features that the user names there stand.

    Returns
    -------
    str or None
        None: as numba would take them.

    Notes
    -----
    LLVM prefers 256-bit vectors even where there are 512 bits (0.75 of the time). A look-up in a
    table is a gather of several values; where its microcode is slowed, one load a value takes less
    than half the time (1.6 and 0.64 ns a value on Cascade Lake), elsewhere more.
    """
    if settings.CPU_FEATURES is not None or settings.CPU_NAME is not None:
        return None
    known = llvmlite.binding.get_host_cpu_features()
    wishes = []
    if known.get("avx512f") and known.get("avx512dq") and settings.ENABLE_AVX:
        wishes.append("-prefer-256-bit")
    if known.get("avx2") and gathers_are_slow(_GATHERS, llvmlite.binding.get_host_cpu_name()):
        wishes.append("+prefer-no-gather")
    return ",".join([known.flatten(), *wishes]) if wishes else None


def gathers_are_slow(told: Path, name: str) -> bool:
    """Whether the gather instruction is slow, by the name of the processor and by what the system
    tells of its microcode in a file."""
    if name in _NEVER_QUICK:
        return True
    try:
        return told.read_text(encoding="ascii").startswith(_SLOWED)
    except (OSError, ValueError):
        return name in _AFFECTED
