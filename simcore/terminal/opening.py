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


@contextlib.contextmanager
def opened(path: Path) -> Iterator[xr.Dataset]:
    """Give a saved run; what a command does not find in it is a fault of the run.

    Raises
    ------
    RunError
        It is no run, or lacks what every run has.
    """
    from simcore.dataset import RunError, open_run

    study = ""
    try:
        with open_run(path) as result:
            study = str(result.attrs.get("study", ""))
            yield result
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        if os.environ.get("SIMCORE_DEBUG") == "1":
            raise
        if study:
            raise RunError(Fault(
                "", f"indices of a {study} study, which hold no draws", "a run",
                f"simcore sensitivity {path} shows them, simcore plot {path} draws them",
                file=str(path),
            )) from error  # fmt: skip
        raise RunError(Fault(
            "", f"{type(error).__name__}: {error}", "all that simcore writes into a run",
            "run it again; SIMCORE_DEBUG=1 shows where reading it stopped", file=str(path),
        )) from error  # fmt: skip
