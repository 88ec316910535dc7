"""Prices by date from CSV files: the one reader of all commands."""

from simcore.timeseries.oddities import is_warning, named
from simcore.timeseries.options import DUPLICATES, TOLD, Options, labels_of
from simcore.timeseries.reading import DAYS, History, annual_means, of_sheet, read, values_of
from simcore.timeseries.sheet import Sheet, read_sheet

__all__ = [
    "DAYS",
    "DUPLICATES",
    "TOLD",
    "History",
    "Options",
    "Sheet",
    "annual_means",
    "is_warning",
    "labels_of",
    "named",
    "of_sheet",
    "read",
    "read_sheet",
    "values_of",
]
