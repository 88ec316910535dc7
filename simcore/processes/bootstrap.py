"""Changes of past prices drawn again, in blocks of years."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simcore.numerics.elementary import exp, log, mean_of
from simcore.processes.declaration import Floats, Kind, Maker, Motion, Process
from simcore.processes.history import PriceHistory, yearly_changes
from simcore.quantities.records import Whole


class Bootstrap(Process):
    """Changes of past prices drawn again."""

    kind: Literal["bootstrap"] = "bootstrap"
    history: PriceHistory
    """Past prices whose changes are drawn again."""
    block: Whole = Field(default=1, ge=1, le=50)
    """Years drawn in one piece."""


def _motion(make: Maker, process: Bootstrap, centred: bool) -> Motion:
    change = make.node(
        "RESAMPLED", role="block", first_year=make.first, block=process.block,
        per_year=process.history.per_year, changes=yearly_changes(make.folder, process.history),
    )  # fmt: skip
    return Motion(added=(change,))


def _variance(make: Maker, process: Bootstrap, ages: NDArray[np.int64]) -> Floats:
    changes = yearly_changes(make.folder, process.history)
    apart = changes - mean_of(changes)
    return np.asarray(mean_of(apart * apart) * ages)


def _log_mean(make: Maker, process: Bootstrap, ages: NDArray[np.int64]) -> Floats:
    history, block = process.history, process.block
    changes = yearly_changes(make.folder, history)
    places = np.arange(len(changes))
    part, partial = np.zeros(len(changes)), [0.0]
    for year in range(block):
        part = part + changes[(places + year * history.per_year) % len(changes)]
        partial.append(log(float(mean_of(exp(part)))))
    return np.array([year // block * partial[block] + partial[year % block] for year in ages])


BOOTSTRAP: Final = Kind(
    Bootstrap,
    motion=_motion,
    variance=_variance,
    log_mean=_log_mean,
    lacking={
        "history": (
            "past prices inside the process: csv, column and per_year",
            "write process: {kind: bootstrap, history: {csv: FILE, column: NAME, per_year: 1}}",
        )
    },
)
