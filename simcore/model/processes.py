"""Price processes as nodes: shocks, jumps, volatility regimes, resampled history (MODEL 3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simcore.intake.compilation import compiled
from simcore.intake.paths import Path, Spot
from simcore.intake.process_checks import yearly_changes
from simcore.intake.processes import Process
from simcore.model.setting import Setting, multiplier, normal_inputs, quantity
from simcore.numerics.chain import stationary
from simcore.quantities import FactorReference

NOISY = ("gbm", "random_walk", "log_ou", "regime_switching")
"""Kinds whose deviation is driven by normal shocks."""


def shock_nodes(setting: Setting, name: str, steps: int) -> list[int]:
    """Nodes of the standard normal shocks of the steps of a year."""
    found: list[int] = []
    setting.shocked.add(name)
    for step in range(steps):
        mixed = normal_inputs(
            setting, name, setting.shocks, yearly=True, suffix=".shock", steps=steps, step=step
        )
        stream = f"{setting.stem}{name}.shock"
        found += mixed or (
            setting.graph.node("NORMAL", steps=steps, step=step, stream=stream, yearly=True),
        )
    return found


def step_nodes(setting: Setting, name: str, process: Process, spot: Spot) -> tuple[int, int, int]:
    """Nodes of decay and standard deviation of a step, and of the first one after the spot.

    Parameters
    ----------
    setting : Setting
    name : str
        Name of the path.
    process : Process
        Of a noisy kind.
    spot : Spot
        The known price; where it has a date the first step leads from there to the mean of the
        next year (or of the first of its steps), with variance sigma^2 * (T + 1/3).
    """
    graph, steps = setting.graph, process.steps
    reverts = process.kind in ("log_ou", "regime_switching")
    zero = graph.constant(0.0)
    kappa = quantity(setting, f"{name}.kappa", process.kappa, "1") if reverts else zero
    # The exact step of 1/n year is that of a year with kappa/n and sigma/sqrt(n).
    if steps > 1:
        kappa = graph.scaled(kappa, 1.0 / steps)
    if process.kind == "regime_switching":
        of_year = regime_volatility(setting, name, process, spot.year + 1)
    else:
        of_year = quantity(setting, f"{name}.sigma", process.sigma, "1")
    spread = graph.node("STEP_SPREAD", sigma=_of_step(setting, of_year, steps), kappa=kappa)
    first, share = spread, first_share(process, spot)
    if share is not None:
        first = graph.scaled(of_year, share**0.5)
    return graph.node("DECAY", kappa=kappa), spread, first


def first_share(process: Process, spot: Spot) -> float | None:
    """Variance of the first step after a dated spot, in years; None without a date.

    The mean of a random walk over the year that begins T after the spot has the variance of T
    years and a third; the end of its first step that of T years and the step.
    """
    if spot.moment is None:
        return None
    ahead = spot.year + 1 - spot.moment
    return ahead + (1.0 / 3.0 if process.steps == 1 else 1.0 / process.steps)


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
    return setting.graph.node(
        "REGIME", first_year=first, count=len(named), central=np.argmax(share),
        probabilities=table.ravel(), stream=f"{setting.stem}{name}.regime",
    )  # fmt: skip


def regime_volatility(setting: Setting, name: str, process: Process, first: int) -> int:
    """Node of the volatility in the regime of a year."""
    assert process.regimes is not None
    sigmas = [
        quantity(setting, f"{name}.regimes.{label}.sigma", regime.sigma, "1")
        for label, regime in process.regimes.items()
    ]
    regime = regime_node(setting, name, process, first)
    return setting.graph.node("CHOSEN", which=regime, among=sigmas)


def _of_step(setting: Setting, sigma: int, steps: int) -> int:
    if steps == 1:
        return sigma
    return setting.graph.scaled(sigma, steps**-0.5)


def transition_matrix(process: Process) -> np.ndarray:
    """Probabilities of next year's regime (columns) by this year's (rows)."""
    assert process.regimes is not None
    named = process.regimes
    return np.array([[one.next.get(other, 0.0) for other in named] for one in named.values()])


def jump_nodes(setting: Setting, name: str, process: Process, *, centred: bool) -> list[int]:
    """Nodes of what jumps add to the log price in each step; none without jumps."""
    jumps = process.jumps
    if jumps is None:
        return []
    graph, steps = setting.graph, process.steps
    inputs: dict[str, Any] = {
        field: quantity(setting, f"{name}.jumps.{field}", getattr(jumps, field), "1")
        for field in ("rate", "mean", "sd")
    }
    found = []
    for step in range(steps):
        size = graph.node(
            "NORMAL", steps=steps, step=step, stream=f"{setting.stem}{name}.jump_size", yearly=True
        )
        found.append(graph.node(
            "JUMP", **inputs, size=size, steps=steps, step=step, centred=centred,
            stream=f"{setting.stem}{name}.jump",
        ))  # fmt: skip
    return found


def resampled_node(setting: Setting, name: str, process: Process, first: int) -> int:
    """Node of a year's change of the log price, out of the history."""
    assert process.history is not None
    return setting.graph.node(
        "RESAMPLED", first_year=first, block=process.block, per_year=process.history.per_year,
        changes=yearly_changes(setting.folder, process.history),
        stream=f"{setting.stem}{name}.block",
    )  # fmt: skip


def resampled_log_mean(setting: Setting, record: Path, years: np.ndarray) -> np.ndarray:
    """ln E[exp(X)] of a resampled deviation after some years, by year (0 and less: 0)."""
    process = record.process
    assert process is not None
    history, block = process.history, process.block
    assert history is not None
    changes = yearly_changes(setting.folder, history)
    places = np.arange(len(changes))
    part, partial = np.zeros(len(changes)), [0.0]
    for year in range(block):
        part = part + changes[(places + year * history.per_year) % len(changes)]
        partial.append(math.log(np.mean(np.exp(part))))
    ahead = np.maximum(years, 0).astype(int)
    return np.array([year // block * partial[block] + partial[year % block] for year in ahead])


def yearly_variance(
    setting: Setting, process: Process, spot: Spot, years: np.ndarray
) -> np.ndarray:
    """Variance of the deviation by year, every parameter at its central value (known years: 0)."""
    ahead = np.maximum(years - spot.year, 0).astype(float)
    found = np.zeros(len(years))
    if process.kind == "bootstrap" and process.history is not None:
        return np.var(yearly_changes(setting.folder, process.history)) * ahead
    if process.kind in NOISY:
        square, kappa = _central_square(setting, process), 0.0
        if process.kind in ("log_ou", "regime_switching"):
            kappa = central_of(setting, process.kappa)
        step = square * (-math.expm1(-2 * kappa) / (2 * kappa) if kappa > 0 else 1.0)
        share = first_share(process.model_copy(update={"steps": 1}), spot)
        first = step if share is None else square * share
        last = int(ahead.max(initial=0))
        by_age = [0.0, first]
        for _ in range(last):
            by_age.append(by_age[-1] * math.exp(-2 * kappa) + step)
        found = np.array(by_age)[ahead.astype(int)]
    if process.jumps is not None:
        rate, size, sd = (
            central_of(setting, getattr(process.jumps, key)) for key in ("rate", "mean", "sd")
        )
        found = found + ahead * rate * (size**2 + sd**2)
    return found


def _central_square(setting: Setting, process: Process) -> float:
    """Square of the volatility, that of regimes in the long run."""
    if process.regimes is None:
        return central_of(setting, process.sigma) ** 2
    shares = stationary(transition_matrix(process))
    sigmas = [central_of(setting, one.sigma) for one in process.regimes.values()]
    return float(shares @ np.square(sigmas))


def central_of(setting: Setting, value: Any) -> float:
    """Central value of a pure number."""
    if isinstance(value, FactorReference):
        value = setting.experiment.factors[value.name]
    scale = multiplier(value, "1", setting.experiment.money)
    return float(compiled(value, setting.folder).central) * scale
