"""Where the parts of a run are done: in this process, in others of this machine, on a cluster."""

from simcore.running.executors import dask_workers as _dask_workers
from simcore.running.executors import folder as _folder
from simcore.running.executors import processes as _processes
from simcore.running.executors.registry import (
    EXECUTORS,
    Executor,
    executor,
    executor_named,
    on_threads,
)

__all__ = ["EXECUTORS", "Executor", "executor", "executor_named", "on_threads"]

del _dask_workers, _folder, _processes
