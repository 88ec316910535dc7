"""Open a run that anyone may have written, for a command that reads it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from simcore.errors import Fault

if TYPE_CHECKING:
    import xarray as xr

WAITING = "waiting"
"""Study whose findings are no indices."""


@contextlib.contextmanager
def opened(path: Path, *, studies: bool = False) -> Iterator[xr.Dataset]:
    """Give a saved run, or with `studies` the indices of a study as well.

    A run without checksums, as somebody has changed it, may lack anything: what a command does not
    find in it is a fault of the run. One that is as it was written lacks nothing.

    Raises
    ------
    RunError
        It is no run, or lacks what every run has.
    """
    from simcore.dataset import RunError, open_run
    from simcore.dataset.checksums import SEAL
    from simcore.dataset.saved import attributes_of

    with open_run(path) as result:
        study = result.attrs.get("study")
        if study and not studies:
            what, by = ("findings", "wait") if study == WAITING else ("indices", "sensitivity")
            raise RunError(Fault(
                "", f"{what} of a {study} study, which hold no draws", "a run",
                f"simcore {by} {path} shows them, simcore plot {path} draws them",
                file=str(path),
            ))  # fmt: skip
        if SEAL in attributes_of(path) or os.environ.get("SIMCORE_DEBUG") == "1":
            yield result
            return
        try:
            yield result
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise RunError(Fault(
                "", f"{type(error).__name__}: {error}", "all that simcore writes into a run",
                "run it again; SIMCORE_DEBUG=1 shows where reading it stopped", file=str(path),
            )) from error  # fmt: skip
