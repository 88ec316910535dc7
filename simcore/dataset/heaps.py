"""Damage of a NetCDF file over which HDF5 would never end.

HDF5 keeps texts and references in collections of entries that have no checksum, and goes from entry
to entry by their stated length: at a length of zero, as in a part of a disk that was lost, it stays
where it is for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_COLLECTION: Final = b"GCOL\x01\x00\x00\x00"
_HEAD: Final = 16
"""Bytes of the head of a collection, and of that of an entry."""
_SEARCHED: Final = 32_000_000
"""Bytes at either end of a file: between them lie draws, of which there may be many."""


def is_endless(path: Path) -> bool:
    """Whether HDF5 would not come to an end of reading a file.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        for start in sorted({0, max(0, size - _SEARCHED)}):
            file.seek(start)
            content = file.read(_SEARCHED)
            place = content.find(_COLLECTION)
            while place >= 0:
                if _is_endless(content, place):
                    return True
                place = content.find(_COLLECTION, place + _HEAD)
    return False


def _is_endless(content: bytes, start: int) -> bool:
    """Whether an entry of a collection leads to itself."""
    stop = min(start + _number(content, start + 8, 8), len(content))
    place = start + _HEAD
    while place + _HEAD <= stop:
        length = _number(content, place + 8, 8)
        # Entry 0 is the room that is left, and its length that of all of it.
        if _number(content, place, 2):
            length = (_HEAD + -(-length // 8) * 8) % 2**64
        if length == 0:
            return True
        place += length
    return False


def _number(content: bytes, place: int, size: int) -> int:
    return int.from_bytes(content[place : place + size], "little")
