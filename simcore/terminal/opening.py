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

_SHOWN_BY = {"waiting": "wait"}
"""Commands that show what a study has found, where it has another name."""


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
            by = _SHOWN_BY.get(study, study)
            raise RunError(Fault(
                "", f"what a {study} study has found, which holds no draws", "a run",
                f"simcore {by} {path} shows it, simcore plot {path} draws it",
                file=str(path),
            )) from error  # fmt: skip
        raise RunError(Fault(
            "", f"{type(error).__name__}: {error}", "all that simcore writes into a run",
            "run it again; SIMCORE_DEBUG=1 shows where reading it stopped", file=str(path),
        )) from error  # fmt: skip
