"""Bytes of a file as text: what it is, and in which encoding it is written."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path
from typing import Final

from simcore.errors import ConfigError, Fault
from simcore.files import note_read

_MAX_BYTES: Final = 50_000_000
_SHEET: Final = "save the sheet as CSV"
_KINDS: Final = (
    (b"PK\x03\x04", "a workbook of a spreadsheet program, or another archive", _SHEET),
    (b"\xd0\xcf\x11\xe0", "a workbook of a spreadsheet program", _SHEET),
    (b"\x1f\x8b", "a compressed file", "unpack it"),
    (b"%PDF", "a PDF", "give its table as CSV"),
    (b"PAR1", "a Parquet file", "write it as CSV"),
    (b"<", "a page in HTML or XML, whatever its name", "open it in a spreadsheet and save as CSV"),
    (b"{", "a JSON file", "write it as CSV"),
)
_MARKED: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""Marks at the beginning of a file; UTF-32 has that of UTF-16 in its own."""


def refusal(name: str, found: str, remedy: str) -> ConfigError:
    """Fault of a file that is no table of dates and prices."""
    return ConfigError(Fault("", found, "a CSV file of dates and prices", remedy, name))


def text_of(path: Path, name: str, encoding: str | None) -> tuple[str, str]:
    """Text of a file, and what was taken for granted of its encoding.

    Parameters
    ----------
    path : Path
    name : str
        How to call the file in faults.
    encoding : str, optional
        As Python names it; by default that of the file's mark, or UTF-8.

    Raises
    ------
    ConfigError
        No file, too large, no text, or text in another encoding.
    """
    content = _bytes_of(path, name)
    own = next((one for mark, one in _MARKED if content.startswith(mark)), None)
    if own is None and encoding is None:
        bare = content[:400].lstrip()
        for begins, found, remedy in _KINDS:
            if bare.startswith(begins):
                raise refusal(name, found, remedy)
        # Half of the bytes of plain words in UTF-16 are zero.
        own = next((one for half, one in ((1, "utf-16-le"), (0, "utf-16-be"))
                    if len(content) > 3 and not any(content[half:400:2])), None)  # fmt: skip
    try:
        text = content.decode(encoding or own or "utf-8")
    except (UnicodeError, LookupError) as error:
        raise refusal(
            name, f"the file cannot be read: {error}",
            "save it as CSV in UTF-8, or name its encoding: --encoding cp1252, cp949 ...",
        ) from None  # fmt: skip
    if "\0" in text:
        raise refusal(name, "the file cannot be read: it is no text", "save it as CSV in UTF-8")
    told = "" if encoding or own in (None, "utf-8-sig") else f"read as {str(own).upper()}"
    return text.removeprefix("\ufeff"), told


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refusal(name, "not a regular file", "give the path of a CSV file")
        if status.st_size > _MAX_BYTES:
            raise ConfigError(Fault(
                "", f"{status.st_size:,} bytes", f"a CSV file of at most {_MAX_BYTES / 1e6:g} MB",
                "keep only the rows and columns that are needed", name,
            ))  # fmt: skip
        content = path.read_bytes()
        note_read(path, content)
        return content
    except FileNotFoundError:
        raise refusal(name, "no such file", "check the path") from None
    except OSError as error:
        raise refusal(name, f"the file cannot be read: {error}", "check the file") from None
