"""The rows of a tile as the arrays that the kernels run, wherever its parts are done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.running.items import rows_of
from simcore.running.jobs import Job
from simcore.running.program import Recall, compile_program
from simcore.running.tiles import bins_for

Floats = NDArray[np.float64]


def by_output(outputs: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
    """Values by asked row in the order of the output rows, which fewer may be."""
    defined = outputs >= 0
    found = np.empty(defined.sum(), values.dtype)
    found[outputs[defined]] = values[defined]
    return found


@dataclass(frozen=True)
class Tile:
    """The rows of a tile as the arrays that the kernels run.

    Attributes
    ----------
    program : Program
    outputs : ndarray, shape (asked rows,)
        Output row of each row asked for; -1 where undefined.
    need : ndarray, shape (rows,)
    rate : ndarray, shape (rows,)
    drawn : ndarray, shape (rows,)
        Whether a row follows from random numbers.
    defined : ndarray, shape (rows,)
        Draws among which quantiles are told, as `Item` has it.
    bins : int
    """

    program: Any
    outputs: NDArray[np.int64]
    need: NDArray[np.int64]
    rate: Floats
    drawn: NDArray[np.bool_]
    defined: NDArray[np.int64]
    bins: int

    @classmethod
    def of(cls, job: Job, number: int, recall: Recall | None = None) -> Tile:
        """Compile a tile of a job."""
        tile = job.tiles[number]
        program, outputs = compile_program(job.plan, [item.request for item in tile], recall=recall)
        counts = [item.request.rows for item in tile]
        workers = min(job.counters, job.batches.numbers * job.replicates)
        return cls(
            program,
            outputs,
            need=by_output(outputs, np.repeat([int(item.need) for item in tile], counts)),
            rate=by_output(outputs, np.repeat([item.rate for item in tile], counts)),
            drawn=by_output(
                outputs, np.repeat([job.plan.drawn[item.request.node] for item in tile], counts)
            ),
            defined=by_output(outputs, np.repeat([item.defined for item in tile], counts)),
            bins=bins_for(job.plan, job.options, rows_of(tile), workers),
        )

    @property
    def rows(self) -> int:
        """Number of output rows."""
        return len(self.need)

    def asked(self, values: NDArray[Any], default: float) -> NDArray[Any]:
        """Values by output row in the order of the requests; the default where undefined."""
        found = np.full((len(self.outputs), *values.shape[1:]), default, dtype=values.dtype)
        defined = self.outputs >= 0
        found[defined] = values[self.outputs[defined]]
        return found
