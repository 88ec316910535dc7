"""A run as labelled arrays: declared in `layout`, written in `store`, opened again in `saved`,
its values checked as they are read in `checked`.

The same flat dataset lives in memory, in a Zarr store and in a NetCDF file (`containers`).
"""

from simcore.dataset.layout import SCHEMA_VERSION, Layout, statistics_of, stored_bytes, threshold_of
from simcore.dataset.saved import RunError, digest, open_run
from simcore.dataset.store import Finished, Store, check_output
from simcore.dataset.verifying import Verdict, verify

__all__ = [
    "SCHEMA_VERSION",
    "Finished",
    "Layout",
    "RunError",
    "Store",
    "Verdict",
    "check_output",
    "digest",
    "open_run",
    "statistics_of",
    "stored_bytes",
    "threshold_of",
    "verify",
]
