"""simcore: the distribution of the green premium, by region, route and year.

A config file is read once into a frozen Spec (`intake`), resolved with the packaged tables into a
Plan (`plan`), run in tiles of cells over blocks of draws (`running`, `kernels`) and labelled as an
xarray Dataset (`dataset`). Everything after that (`analysis`, `plots`) reads only the Dataset.

Public names
------------
load(source, ...) -> Spec
    Read and check a config.
build(spec) -> Plan
    Resolve it; nothing is left implicit.
run(config, ...) -> xarray.Dataset
    Simulate it.
open_run(path) -> xarray.Dataset
    Open what `simcore run` has written.
compare(old, new, ...) -> xarray.Dataset
    Two scenarios, of one run or of two, and their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray

    from simcore.analysis import compare
    from simcore.dataset import open_run
    from simcore.intake import load
    from simcore.plan import build

from simcore._version import __version__

__all__ = ["__version__", "build", "compare", "load", "open_run", "run"]


def run(
    config: str | Path | Mapping[str, Any],
    *,
    draws: int | None = None,
    seed: int | None = None,
    until: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    executor: str | None = None,
    overrides: Sequence[str] = (),
    progress: bool = False,
) -> xarray.Dataset:
    """Simulate a config.

    Parameters
    ----------
    config : path or mapping
        A YAML file, or its content.
    draws, seed : int, optional
        Replace those of the config.
    until : str, optional
        The same, such as ``cost_premium.p95=2EUR/t``.
    out : path, optional
        Write the run to this .zarr or .nc; without it the dataset is kept in memory.
    overwrite : bool
        Replace an existing run.
    threads : int, optional
        Worker threads; they change no bit of the result.
    executor : str, optional
        Where the work is done, such as ``threads:2``; it changes no bit either.
    overrides : sequence of str
        ``path.to.key=value`` settings.
    progress : bool
        Show how far it is: on stderr, a line in a notebook and a bar on a terminal.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    simcore.errors.ConfigError
        Every fault of the config at once, or a run that does not fit its memory budget.
    simcore.errors.OutputError
        The output exists or cannot be written.

    Examples
    --------
    >>> import simcore
    >>> ds = simcore.run("configs/quickstart.yaml", draws=1000)  # doctest: +SKIP
    >>> ds.cost_premium.quantile([0.05, 0.5, 0.95], "draw")  # doctest: +SKIP
    """
    from simcore.intake import load
    from simcore.plan import build
    from simcore.running import engine
    from simcore.running.executors import executor_named
    from simcore.terminal.progress import progress as shown
    from simcore.terminal.progress import say_if_cold

    plan = build(load(config, overrides=overrides, draws=draws, seed=seed, until=until))
    if progress:
        say_if_cold("run")
    with shown(plan.draws, quiet=not progress) as report:
        return engine.run(
            plan, out=None if out is None else Path(out), overwrite=overwrite, threads=threads,
            executor=None if executor is None else executor_named(executor), report=report,
        )  # fmt: skip


_ELSEWHERE = {
    "build": "simcore.plan",
    "compare": "simcore.analysis",
    "load": "simcore.intake",
    "open_run": "simcore.dataset",
}


def __getattr__(name: str) -> Any:
    """A public name of another room, which is loaded when it is first asked for."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module 'simcore' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE[name]), name)
