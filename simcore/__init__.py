"""simcore: the distribution of the green premium, by region, route and year.

A config file is read once into a frozen Spec (`spec`), resolved with the packaged tables into a
Plan (`plan`), run in tiles of cells over blocks of draws (`engine`, `kernels`) and labelled as an
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
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray

    from simcore.intake import Spec
    from simcore.plan import Plan

from simcore._version import __version__

__all__ = ["__version__", "build", "load", "open_run", "run"]


def load(
    source: str | Path | Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
    until: str | None = None,
    allow_outside: Sequence[str | Path] = (),
) -> Spec:
    """Read and check a config; see `simcore.intake.load`."""
    from simcore import intake

    return intake.load(
        source, overrides=overrides, draws=draws, seed=seed, until=until,
        allow_outside=allow_outside,
    )  # fmt: skip


def build(spec: Spec) -> Plan:
    """Resolve a Spec into a Plan; see `simcore.plan.build`."""
    from simcore import plan

    return plan.build(spec)


def run(
    config: str | Path | Mapping[str, Any],
    *,
    draws: int | None = None,
    seed: int | None = None,
    until: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    overrides: Sequence[str] = (),
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
    overrides : sequence of str
        ``path.to.key=value`` settings.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    simcore.errors.ConfigError
        Every fault of the config at once.

    Examples
    --------
    >>> import simcore
    >>> ds = simcore.run("configs/quickstart.yaml", draws=1000)  # doctest: +SKIP
    >>> ds.cost_premium.quantile([0.05, 0.5, 0.95], "draw")  # doctest: +SKIP
    """
    from simcore.running import engine

    plan = build(load(config, overrides=overrides, draws=draws, seed=seed, until=until))
    return engine.run(
        plan, out=None if out is None else Path(out), overwrite=overwrite, threads=threads
    )


def open_run(path: str | Path) -> xarray.Dataset:
    """Open a run that was written to .zarr or .nc."""
    from simcore.dataset import open_run as opened

    return opened(path)
