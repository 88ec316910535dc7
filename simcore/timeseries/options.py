"""What may be said of a file of prices, where it does not tell by itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DUPLICATES: Final = ("error", "last", "mean")
TOLD: Final = (
    "date", "where", "front", "first", "last", "duplicates", "missing", "encoding", "decimal",
    "date_order",
)  # fmt: skip
"""What a user may say of a file, in a config or as an option of a command; see `Options`."""


@dataclass(frozen=True)
class Options:
    """How to read a file, where it does not tell by itself.

    Attributes
    ----------
    date : str, optional
        Heading of the dates; by default `date`, or the only column of dates.
    where : mapping of str to str
        Keep only rows with these cells: {"instrument": "EUA"}.
    front : str, optional
        Column of the delivery of a future: keep on each date the price of the nearest delivery, and
        take the gaps between deliveries out of the changes; see `rolling.front`.
    first, last : str or int, optional
        Keep only dates from and to these: a day, month, quarter or year.
    duplicates : str
        `error` refuses two prices of one date; `last` or `mean` choose.
    encoding : str, optional
        Of the file; UTF-8 by default.
    decimal : str, optional
        `point` or `comma`.
    date_order : str, optional
        `dmy`, `mdy` or `ymd`.
    missing : str, optional
        A cell that says that there is no price, beside the usual marks: 0, closed.
    as_quoted : bool
        Whether to keep the gaps between deliveries: for what needs prices, not their changes.
    future : bool
        Whether dates may lie ahead, as those of a forward curve or a forecast do.
    signed : bool
        Whether prices may be zero or negative.
    fewest : int
        Dates with a price that a file must have.
    unit : str, optional
        What the prices are taken as, to be compared with what the file says.
    """

    date: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    front: str | None = None
    first: str | int | None = None
    last: str | int | None = None
    duplicates: str = "error"
    encoding: str | None = None
    decimal: str | None = None
    date_order: str | None = None
    missing: str | None = None
    as_quoted: bool = False
    future: bool = False
    signed: bool = False
    fewest: int = 2
    unit: str | None = None

    @property
    def marks(self) -> list[str]:
        """Cells that say that there is no price, beside the usual ones."""
        return [] if self.missing is None else [str(self.missing)]

    @property
    def latest(self) -> int:
        """The last year that two digits may mean."""
        return 2079 if self.future else datetime.date.today().year + 1

    @classmethod
    def of(cls, said: Any, **changes: Any) -> Options:
        """Options from what a command or a config says of a file, by the names of `TOLD`."""
        told = said if isinstance(said, Mapping) else vars(said)
        kept = {key: told[key] for key in TOLD if told.get(key) is not None}
        return cls(**{**kept, **changes})


def labels_of(column: str | None, told: Options) -> list[str]:
    """Headings that a file must have: of a column, and those that options name."""
    return [str(one) for one in (column, told.date, told.front, *told.where) if one]
