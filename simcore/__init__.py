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
sensitivity(config, ...) -> xarray.Dataset
    Tell which inputs make its outcomes uncertain.
wait(config, ...) -> xarray.Dataset
    Tell what it is worth to put a plant off.
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
    from simcore.plots import plot

from simcore._version import __version__

__all__ = ["__version__", "build", "compare", "load", "open_run", "plot", "run", "sensitivity",
           "wait"]  # fmt: skip


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
    fresh: bool = False,
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
        Where the work is done, such as ``processes:2``; it changes no bit either. Processes need
        ``if __name__ == "__main__":`` around what a script does.
    fresh : bool
        Discard what a run to `out` that was stopped has kept; without it, the run goes on there.
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
    from simcore.running.executors import executor_named, on_threads
    from simcore.terminal.progress import progress as shown
    from simcore.terminal.progress import say_if_cold

    plan = build(load(config, overrides=overrides, draws=draws, seed=seed, until=until))
    if progress:
        say_if_cold("run")
    with (
        on_threads(threads) if executor is None else executor_named(executor) as where,
        shown(plan.draws, quiet=not progress, workers=where.who) as report,
    ):
        return engine.run(
            plan, out=None if out is None else Path(out), overwrite=overwrite, executor=where,
            report=report, fresh=fresh,
        )  # fmt: skip


def sensitivity(
    config: str | Path | Mapping[str, Any],
    *,
    of: str | Sequence[str] | None = None,
    at: Mapping[str, Any] | None = None,
    groups: str | Mapping[str, Any] | None = None,
    order: str | None = None,
    scale: str | Sequence[str] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    overrides: Sequence[str] = (),
    progress: bool = False,
) -> xarray.Dataset:
    """Tell which inputs make outcomes uncertain: Sobol' indices and Shapley effects.

    Parameters
    ----------
    config : path or mapping
        A YAML file, or its content; what its section `sensitivity` says holds unless it is said
        here.
    of : str or sequence of str, optional
        Outcomes; ``cost_premium`` by default.
    at : mapping, optional
        Labels by dimension, such as ``{"region": "EU", "year": [2030, 2035]}``.
    groups : str or mapping, optional
        ``default``, ``single``, or patterns by group, one of which may be ``rest``.
    order : str, optional
        ``first_total``, ``second`` or ``shapley`` (default).
    scale : str or sequence of str, optional
        Of ``rank``, ``value`` and ``covers``.
    draws, seed : int, optional
        Replace those of the config.
    out : path, optional
        Write the indices to this .zarr or .nc too.
    overwrite : bool
        Replace what stands there.
    threads : int, optional
        Worker threads; they change no bit of the result.
    overrides : sequence of str
        ``path.to.key=value`` settings.
    progress : bool
        Show how far it is.

    Returns
    -------
    xarray.Dataset
        Without unit, over scale, group and the dimensions of each outcome; see docs/sensitivity.md.

    Raises
    ------
    simcore.errors.ConfigError
        Every fault of the config or of what is asked for.
    simcore.errors.OutputError
        The output exists or cannot be written.
    """
    import json

    from simcore.intake import load
    from simcore.studies.sensitivity import sensitivity as study
    from simcore.terminal.progress import progress as shown

    asked = {"of": of, "at": at, "groups": groups, "order": order, "scale": scale, "draws": draws}
    said = [f"sensitivity.{name}={json.dumps(one)}" for name, one in asked.items()
            if one is not None]  # fmt: skip
    spec = load(config, overrides=[*overrides, *said], seed=seed)
    with shown(draws or spec.experiment.draws, quiet=not progress) as report:
        return study(
            spec, out=None if out is None else Path(out), overwrite=overwrite, threads=threads,
            report=report,
        )  # fmt: skip


def wait(
    config: str | Path | Mapping[str, Any],
    *,
    names: str | Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    overrides: Sequence[str] = (),
    progress: bool = False,
) -> xarray.Dataset:
    """Tell what the right to wait is worth, and by which thresholds one starts.

    Parameters
    ----------
    config : path or mapping
        A YAML file, or its content, with a section `waiting`.
    names : str or sequence of str, optional
        Choices of it, or projects that stand in them; all without it.
    draws, seed : int, optional
        Replace those of each choice, and the seed of the config.
    out : path, optional
        Write the result to this .zarr or .nc too.
    overwrite : bool
        Replace what stands there.
    threads : int, optional
        Worker threads; they change no draw.
    overrides : sequence of str
        ``path.to.key=value`` settings.
    progress : bool
        Show how far it is.

    Returns
    -------
    xarray.Dataset
        By scenario and choice; see docs/waiting.md.

    Raises
    ------
    simcore.errors.ConfigError
        Every fault of the config or of what is asked for.
    simcore.errors.OutputError
        The output exists or cannot be written.
    """
    from simcore.intake import load
    from simcore.studies.waiting import waiting as study
    from simcore.terminal.progress import progress as shown

    spec = load(config, overrides=overrides, seed=seed)
    every = [draws or one.draws for one in spec.experiment.waiting.values()]
    with shown(max(every, default=1), quiet=not progress) as report:
        return study(
            spec, names=[names] if isinstance(names, str) else names, draws=draws,
            out=None if out is None else Path(out), overwrite=overwrite, threads=threads,
            report=report,
        )  # fmt: skip


_ELSEWHERE = {
    "plot": "simcore.plots",
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
