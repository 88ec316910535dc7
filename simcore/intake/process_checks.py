"""Processes of a config: parameters that their kind uses, histories that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, Final

import numpy as np

from simcore.intake import shipped
from simcore.intake.compilation import file_fault, past_prices
from simcore.intake.entries import Indexed
from simcore.intake.findings import Finding, Path
from simcore.intake.paths import Path as PricePath
from simcore.intake.processes import PriceHistory
from simcore.intake.schema import Experiment
from simcore.intake.usage import used_commodities, used_markets, used_places
from simcore.intake.views import kinds as kinds_of
from simcore.intake.views import parts
from simcore.quantities import Constant

_NOISY: Final = ("gbm", "random_walk", "log_ou", "regime_switching")
# Parameters of a process, the kinds that use them, and those of these that must state them.
_USED_BY: Final = {
    "sigma": (("gbm", "random_walk", "log_ou"), ("gbm", "random_walk", "log_ou")),
    "kappa": (("log_ou", "regime_switching"), ("log_ou",)),
    "mu": (("gbm",), ()),
    "jumps": (_NOISY, ()),
    "steps": (_NOISY, ()),
    "regimes": (("regime_switching",), ("regime_switching",)),
    "initial": (("regime_switching",), ()),
    "history": (("bootstrap",), ("bootstrap",)),
    "block": (("bootstrap",), ()),
    "system": (("cap_and_bank",), ()),
}
_SHOCKLESS: Final = ("bootstrap", "cap_and_bank")
"""Kinds that move from year to year, but not by normal shocks that could be correlated."""
_WHAT: Final = {
    "sigma": ("sigma, per square root of a year", "add sigma: ..., or use kind: fixed"),
    "kappa": ("kappa, per year", "add kappa: ..., or use kind: fixed"),
    "regimes": ("two or three regimes, each with sigma and next", "add regimes: ..."),
    "history": ("past prices: csv, column and per_year", "add history: {csv: FILE, ...}"),
}


def shockless(scenarios: Mapping[str, Experiment]) -> dict[str, str]:
    """Uncertain prices whose shocks cannot be correlated, because they have none in any scenario.

    Parameters
    ----------
    scenarios : mapping of str to Experiment
        With the overlay of each scenario.

    Returns
    -------
    dict of str to str
        Kind of process, or `indexed`, by name of the path, such as eu_ets or natural_gas.EU.
        Prices that do not move are left out: nobody takes them for correlated ones.
    """
    kinds: dict[str, set[str]] = {}
    for experiment in scenarios.values():
        for path, price in used_paths(experiment):
            kinds.setdefault(".".join(path[2:]), set()).update(kinds_of(price))
        for name in used_commodities(experiment):
            for place in used_places(experiment, name):
                if isinstance(experiment.catalog.prices[name][place], Indexed):
                    kinds.setdefault(f"{name}.{place}", set()).add("indexed")
    return {
        name: " or ".join(sorted(found))
        for name, found in kinds.items()
        if found <= {*_SHOCKLESS, "indexed"}
    }


def shock_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Correlations asked for shocks of prices that have none; packaged pairs may mention them."""
    without, packaged = shockless(scenarios), shipped.pairs("shocks")
    for position, pair in enumerate(experiment.correlations.shocks):
        for name in pair.between:
            if name in without and (frozenset(pair.between), pair.rank) not in packaged:
                indexed = without[name] == "indexed"
                yield Finding(
                    ("correlations", "shocks", position, "between"),
                    f"shocks of {name}, "
                    + ("which follows an index" if indexed else
                       f"whose process {without[name]} has none"),
                    "two prices with shocks: gbm, random_walk, log_ou or regime_switching",
                    "name its index" if indexed else
                    f"remove the pair, or give {name} another process",
                )  # fmt: skip


def process_findings(experiment: Experiment, folder: FilePath) -> Iterator[Finding]:
    """Find processes that cannot be simulated.

    Parameters
    ----------
    experiment : Experiment
        With the overlay of a scenario.
    folder : Path
        Folder of the config, for CSV files.

    Yields
    ------
    Finding
    """
    alone = (one for path, price in used_paths(experiment) for one in parts(path, price))
    for path, price in alone:
        process = price.process
        assert process is not None
        if process.kind == "cap_and_bank" and path[1] == "prices":
            yield Finding(
                (*path, "process", "kind"), "cap_and_bank for a commodity",
                "cap_and_bank for a carbon market", "use another kind",
            )  # fmt: skip
        if process.kind == "bootstrap" and process.history is not None:
            yield from _history((*path, "process", "history"), process.history, folder)
        design = experiment.design
        if process.steps > 1 and design.startswith("sobol"):
            yield Finding(
                (*path, "process", "steps"), f"{process.steps} steps a year with design: {design}",
                "one step, or another design: a Sobol sequence has too few dimensions",
                "write steps: 1, or design: random", also=(("design",),),
            )  # fmt: skip


def used_paths(experiment: Experiment) -> Iterator[tuple[Path, PricePath]]:
    """Price paths that an experiment uses, and where they stand."""
    catalog = experiment.catalog
    for name in used_markets(experiment):
        if name in catalog.markets:
            yield ("catalog", "markets", name), catalog.markets[name]
    for name in used_commodities(experiment):
        for place in used_places(experiment, name):
            price = catalog.prices[name][place]
            if isinstance(price, PricePath):
                yield ("catalog", "prices", name, place), price


def _history(path: Path, history: PriceHistory, folder: FilePath) -> Iterator[Finding]:
    wrong = file_fault((*path, "csv"), folder, history.csv)
    if wrong is not None:
        yield wrong
        return
    try:
        yearly_changes(folder, history)
    except ValueError as error:
        yield Finding(
            (*path, "csv"), str(error), "prices above zero of at least two years",
            "correct the file, the column or per_year",
        )  # fmt: skip


def unused_findings(path: Path, price: PricePath) -> Iterator[Finding]:
    """What is written of a process and would change nothing, and what it lacks."""
    process = price.process
    assert process is not None
    kind = process.kind
    for key, (kinds, needing) in _USED_BY.items():
        value, default = getattr(process, key), type(process).model_fields[key].default
        if kind not in kinds and value != default and not _is_zero(value):
            yield Finding(
                (*path, "process", key), f"{key} with the process {kind}, which has none",
                f"{key} with {' or '.join(kinds)}", f"remove {key}, or change kind",
            )  # fmt: skip
        elif kind in needing and (key not in process.model_fields_set or value is None):
            expected, remedy = _WHAT[key]
            yield Finding((*path, "process"), f"no {key} with the process {kind}", expected, remedy)
    if price.path and kind != "scenario":
        yield Finding(
            (*path, "path"), f"path with the process {kind}", "path with the process scenario",
            "use kind: scenario, or remove path",
        )  # fmt: skip
    driftless = price.anchors or kind in ("gbm", "cap_and_bank")
    if kind != "scenario" and not _is_zero(price.carry) and driftless:
        what = "anchors" if price.anchors else f"the process {kind}"
        yield Finding(
            (*path, "carry"), f"carry with {what}",
            "carry only without anchors and with another kind",
            "remove carry" + (", and use mu" if what.endswith("gbm") else ""),
        )  # fmt: skip


def _is_zero(quantity: Any) -> bool:
    return isinstance(quantity, Constant) and quantity.value == 0


def yearly_changes(folder: FilePath, history: PriceHistory) -> np.ndarray:
    """Change of the log price over the year that begins at each observation, its mean removed.

    The last observation is followed by the first, so that all are drawn equally often.

    Raises
    ------
    ValueError
        The file cannot be read, holds prices <= 0, or less than two years.
    """
    prices, count = past_prices(folder, history), history.per_year
    if len(prices) < 2 * count + 1:
        raise ValueError(f"{history.csv}: {len(prices)} prices, less than two years of {count}")
    changes = np.diff(np.log(prices))
    changes -= changes.mean()
    return np.array([np.roll(changes, -i)[:count].sum() for i in range(len(changes))])
