"""Memory of this process that others of the machine map; it has no name, and ends with them all.

So nothing is left behind, however they end. Only Linux has it; elsewhere arrays are sent.
"""

from __future__ import annotations

import mmap
import os
import sys
import weakref

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
        self.values = _mapped(file, is_whole=is_whole)


def mapped(address: str, *, is_whole: bool = False) -> Floats | None:
    """The values at the address of another process; None where this one may not reach them.

    Where all of them will be written, they are soon at hand as a whole.
    """
    try:
        file = os.open(address, os.O_RDWR)
    except OSError:
        return None
    try:
        return _mapped(file, is_whole=is_whole)
    finally:
        os.close(file)


def can_map() -> bool:
    """Whether memory can be mapped here."""
    try:
        memory = Memory(1)
    except OSError:
        return False
    return mapped(memory.address) is not None


def _mapped(file: int, *, is_whole: bool = False) -> Floats:
    flags = mmap.MAP_SHARED | (mmap.MAP_POPULATE if is_whole else 0)
    return np.frombuffer(mmap.mmap(file, 0, flags), np.float64)
