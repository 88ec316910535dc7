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

    Attributes
    ----------
    address : str
        Where other processes find it while this object lives here.
    values : ndarray
        Seen here; it may outlive this object.
    """

    def __init__(self, values: int) -> None:
        if sys.platform != "linux":
            raise OSError("memory without a name is known to Linux alone")
        file = os.memfd_create("simcore")
        weakref.finalize(self, os.close, file)
        os.ftruncate(file, 8 * max(1, values))
        self.address = f"/proc/{os.getpid()}/fd/{file}"
        self.values = _mapped(file)


def mapped(address: str, first: int = 0, values: int = 0) -> Floats | None:
    """The values at the address of another process; None where this one may not reach them.

    Given how many, from a first one on, only these, all of which will be written: it is quicker to
    take their memory at once than page by page.
    """
    try:
        file = os.open(address, os.O_RDWR)
    except OSError:
        return None
    try:
        if not values:
            return _mapped(file)
        begin = 8 * first // mmap.PAGESIZE * mmap.PAGESIZE
        size = 8 * (first + values) - begin
        os.posix_fallocate(file, begin, size)
        here = mmap.mmap(file, size, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=begin)
        return np.frombuffer(here, np.float64)[-values:]
    finally:
        os.close(file)


def can_map() -> bool:
    """Whether memory can be mapped here."""
    try:
        memory = Memory(1)
    except OSError:
        return False
    return mapped(memory.address) is not None


def _mapped(file: int) -> Floats:
    return np.frombuffer(mmap.mmap(file, 0), np.float64)
