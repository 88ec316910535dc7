"""Prices by date from CSV files: the one reader of all commands."""

from simcore.timeseries.reading import DAYS, History, Options, annual_means, of_sheet, read
from simcore.timeseries.sheet import Sheet, read_sheet

__all__ = ["DAYS", "History", "Options", "Sheet", "annual_means", "of_sheet", "read", "read_sheet"]
