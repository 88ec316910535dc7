"""A workbook whose bytes follow from its content, in which no text becomes a formula."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

OPTIONS: Final = {
    "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}  # fmt: skip
_WRITTEN: Final = datetime.datetime(2000, 1, 1)
"""Date that each workbook has: the same run gives the same bytes."""


@contextlib.contextmanager
def opened_workbook(path: Path, **properties: str) -> Iterator[Any]:
    """Give a workbook to be filled; it is written when the block ends without an error."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), OPTIONS)
    book.set_properties({"created": _WRITTEN, "author": "simcore", **properties})
    yield book
    book.close()
