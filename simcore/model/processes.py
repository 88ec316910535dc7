"""Price processes as nodes: shocks, jumps, volatility regimes, resampled history (MODEL 3)."""

from __future__ import annotations

import math

import numpy as np

from simcore.kernels.operations import Operation
from simcore.model.setting import Setting, normal_inputs, quantity
from simcore.spec.entries import Path
from simcore.spec.process_checks import yearly_changes
from simcore.spec.processes import Process

NOISY = ("gbm", "random_walk", "log_ou", "regime_switching")
"""Kinds whose deviation is driven by normal shocks."""


def shock_nodes(setting: Setting, name: str, steps: int) -> list[int]:
    """Nodes of the standard normal shocks of the steps of a year."""
    found: list[int] = []
    setting.shocked.add(name)
    for step in range(steps):
        numbers = () if steps == 1 else (steps, step)
        mixed = normal_inputs(
            setting, name, setting.shocks, yearly=True, suffix=".shock", numbers=numbers
        )
        stream = f"{setting.stem}{name}.shock"
        found += mixed or (
            setting.graph.add(Operation.NORMAL, numbers=numbers, stream=stream, yearly=True),
        )
    return found


def step_nodes(setting: Setting, name: str, process: Process, first: int) -> tuple[int, int]:
    """Nodes of decay and standard deviation of a step.

    Parameters
    ----------
    setting : Setting
    name : str
        Name of the path.
    process : Process
        Of a noisy kind.
    first : int
        First year that moves.
    """
    graph, steps = setting.graph, process.steps
    reverts = process.kind in ("log_ou", "regime_switching")
    zero = graph.constant(0.0)
    kappa = quantity(setting, f"{name}.kappa", process.kappa, "1") if reverts else zero
    # The exact step of 1/n year is that of a year with kappa/n and sigma/sqrt(n).
    if steps > 1:
        kappa = graph.add(Operation.SCALED, (kappa,), numbers=(1.0 / steps,))
    if process.kind == "regime_switching":
        sigma = regime_volatility(setting, name, process, first)
    else:
        sigma = _of_step(setting, quantity(setting, f"{name}.sigma", process.sigma, "1"), steps)
    return (
        graph.add(Operation.DECAY, (kappa,)),
        graph.add(Operation.STEP_SPREAD, (sigma, kappa)),
    )


def regime_node(setting: Setting, name: str, process: Process, first: int) -> int:
    """Node of the regime of a year, by its position."""
    chain = transition_matrix(process)
    share = stationary(chain)
    assert process.regimes is not None
    named = list(process.regimes)
    start = share if process.initial is None else chain[named.index(process.initial)]
    # The probabilities of one year end in 1, whatever rounding makes of their sum.
    table = np.cumsum(np.vstack([start, chain]), axis=1)
    table[:, -1] = 1.0
    numbers = (first, len(named), int(np.argmax(share)), *table.ravel())
    return setting.graph.add(
        Operation.REGIME,
        numbers=numbers,
        stream=f"{setting.stem}{name}.regime",
        yearly=True,
        state=(-1.0,),
    )


def regime_volatility(setting: Setting, name: str, process: Process, first: int) -> int:
    """Node of the volatility of a step in the regime of a year."""
    assert process.regimes is not None
    found = [
        quantity(setting, f"{name}.regimes.{label}.sigma", regime.sigma, "1")
        for label, regime in process.regimes.items()
    ]
    sigmas = [_of_step(setting, sigma, process.steps) for sigma in found]
    regime = regime_node(setting, name, process, first)
    return setting.graph.add(Operation.CHOSEN, (regime, *sigmas))


def _of_step(setting: Setting, sigma: int, steps: int) -> int:
    if steps == 1:
        return sigma
    return setting.graph.add(Operation.SCALED, (sigma,), numbers=(steps**-0.5,))


def transition_matrix(process: Process) -> np.ndarray:
    """Probabilities of next year's regime (columns) by this year's (rows)."""
    assert process.regimes is not None
    named = process.regimes
    return np.array([[one.next.get(other, 0.0) for other in named] for one in named.values()])


def stationary(chain: np.ndarray) -> np.ndarray:
    """Share of each regime in the long run, from equal shares on."""
    # The mean of chain and identity has the same limit and no cycles.
    step = np.linalg.matrix_power(0.5 * (chain + np.eye(len(chain))), 2**20)
    shares: np.ndarray = np.full(len(chain), 1.0 / len(chain)) @ step
    return shares / shares.sum()


def jump_nodes(setting: Setting, name: str, process: Process, *, centred: bool) -> list[int]:
    """Nodes of what jumps add to the log price in each step; none without jumps."""
    jumps = process.jumps
    if jumps is None:
        return []
    graph, steps = setting.graph, process.steps
    inputs = [
        quantity(setting, f"{name}.jumps.{field}", getattr(jumps, field), "1")
        for field in ("rate", "mean", "sd")
    ]
    found = []
    for step in range(steps):
        place = (steps, step)
        size = graph.add(
            Operation.NORMAL,
            numbers=() if steps == 1 else place,
            stream=f"{setting.stem}{name}.jump_size",
            yearly=True,
        )
        found.append(
            graph.add(
                Operation.JUMP,
                (*inputs, size),
                numbers=(*place, float(centred)),
                stream=f"{setting.stem}{name}.jump",
                yearly=True,
            )
        )
    return found


def resampled_node(setting: Setting, name: str, process: Process, first: int) -> int:
    """Node of a year's change of the log price, out of the history."""
    assert process.history is not None
    return setting.graph.add(
        Operation.RESAMPLED,
        numbers=(first, process.block, process.history.per_year),
        table=yearly_changes(setting.folder, process.history),
        stream=f"{setting.stem}{name}.block",
        yearly=True,
        state=(0.0,),
    )


def resampled_log_mean(setting: Setting, record: Path, years: np.ndarray) -> np.ndarray:
    """ln E[exp(X)] of a resampled deviation after some years, by year (0 and less: 0)."""
    history, block = record.process.history, record.process.block
    assert history is not None
    changes = yearly_changes(setting.folder, history)
    places = np.arange(len(changes))
    part, partial = np.zeros(len(changes)), [0.0]
    for year in range(block):
        part = part + changes[(places + year * history.per_year) % len(changes)]
        partial.append(math.log(np.mean(np.exp(part))))
    ahead = np.maximum(years, 0).astype(int)
    return np.array([year // block * partial[block] + partial[year % block] for year in ahead])
