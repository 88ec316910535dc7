"""Memory of this process that others of the machine map; it has no name, and ends with them all.

So nothing is left behind, however they end. Only Linux has it; elsewhere arrays are sent.
"""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


PAGE: Final = mmap.PAGESIZE // 8
"""Values of a page, at which alone a part of a memory can be mapped by itself."""


class Memory:
    """Room for so many values, zero as yet; it takes memory where it is written to.

    Where all of it will be, it is quicker to take that at once, as a whole.

    Attributes
    ----------
    address : str
        Where other processes find it while this object lives here.
    values : ndarray
        Seen here; it may outlive this object.
    """

    def __init__(self, values: int, *, is_whole: bool = False) -> None:
        if sys.platform != "linux":
            raise OSError("memory without a name is known to Linux alone")
        file = os.memfd_create("simcore")
        weakref.finalize(self, os.close, file)
        size = 8 * max(1, values)
        if is_whole:
            os.posix_fallocate(file, 0, size)
        else:
            os.ftruncate(file, size)
        self.address = f"/proc/{os.getpid()}/fd/{file}"
        self.values = _mapped(file, 0, size if is_whole else 0)


def mapped(address: str, first: int = 0, values: int = 0) -> Floats | None:
    """The values at the address of another process; None where this one may not reach them.

    Given how many, from the first one of a page on, only these, all of which will be written.
    """
    try:
        file = os.open(address, os.O_RDWR)
    except OSError:
        return None
    try:
        return _mapped(file, 8 * first, 8 * values)
    finally:
        os.close(file)


def can_map() -> bool:
    """Whether memory can be mapped here."""
    try:
        memory = Memory(1)
    except OSError:
        return False
    return mapped(memory.address) is not None


def _mapped(file: int, offset: int, size: int) -> Floats:
    """So many bytes, whose pages are made ready at once; or all of them, page by page."""
    flags = mmap.MAP_SHARED | (getattr(mmap, "MAP_POPULATE", 0) if size else 0)
    return np.frombuffer(mmap.mmap(file, size, flags, offset=offset), np.float64)
