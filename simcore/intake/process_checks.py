"""Processes of a config: parameters that their kind uses, histories that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from simcore.distributions import DistributionError
from simcore.errors import ConfigError
from simcore.intake import shipped
from simcore.intake.asked import once
from simcore.intake.compilation import file_fault
from simcore.intake.entries import Indexed
from simcore.intake.findings import Address, Finding, of_file
from simcore.intake.paths import PricePath
from simcore.intake.priced import used_entries, used_paths
from simcore.intake.schema import Experiment
from simcore.intake.views import kinds as kinds_of
from simcore.intake.views import parts
from simcore.processes import KINDS, kind_of
from simcore.processes.history import PriceHistory, yearly_changes


def shockless(scenarios: Mapping[str, Experiment]) -> dict[str, str]:
    """Uncertain prices whose shocks cannot be correlated, because they have none in any scenario.

    The kind of process, or `indexed`, by name such as eu_ets or natural_gas.EU. Prices that do not
    move are left out: nobody takes them for correlated ones.
    """
    kinds: dict[str, set[str]] = {}
    for experiment in scenarios.values():
        for name, found in _kinds(experiment).items():
            kinds.setdefault(name, set()).update(found)
    # What moves, but not by normal shocks that could be correlated.
    without = {name for name, kind in KINDS.items() if kind.moves and not kind.shocked}
    return {
        name: " or ".join(sorted(found))
        for name, found in kinds.items()
        if found <= {"indexed", *without}
    }


@once
def _kinds(experiment: Experiment) -> dict[str, set[str]]:
    """Kinds of process of each price that a run meets, or `indexed`, by its name."""
    named = [(".".join(address[2:]), price) for address, price in used_entries(experiment)]
    moving = {name: set(kinds_of(one)) for name, one in named if isinstance(one, PricePath)}
    return moving | {name: {"indexed"} for name, one in named if isinstance(one, Indexed)}


def shock_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Correlations asked for shocks of prices that have none; packaged pairs may mention them."""
    without, packaged = shockless(scenarios), shipped.pairs("shocks")
    *some, last = [name for name, kind in KINDS.items() if kind.shocked]
    for position, pair in enumerate(experiment.correlations.shocks):
        for name in pair.between:
            if name in without and (frozenset(pair.between), pair.rank) not in packaged:
                indexed = without[name] == "indexed"
                yield Finding(
                    ("correlations", "shocks", position, "between"),
                    f"shocks of {name}, "
                    + ("which follows an index" if indexed else
                       f"whose process {without[name]} has none"),
                    f"two prices with shocks: {', '.join(some)} or {last}",
                    "name its index" if indexed else
                    f"remove the pair, or give {name} another process",
                )  # fmt: skip


def process_findings(experiment: Experiment, folder: Path) -> Iterator[Finding]:
    """Find processes that cannot be simulated."""
    alone = (one for address, price in used_paths(experiment) for one in parts(address, price))
    for address, price in alone:
        process, design = price.process, experiment.design
        assert process is not None
        kind = kind_of(process)
        if kind.made_of == "system" and address[1] == "prices":
            yield Finding(
                (*address, "process", "kind"), f"{kind.name} for a commodity",
                f"{kind.name} for a carbon market", "use another kind",
            )  # fmt: skip
        for name, value in process:
            if isinstance(value, PriceHistory):
                yield from _history((*address, "process", name), value, folder)
        steps = getattr(process, "steps", 1)
        if steps > 1 and design.startswith("sobol"):
            yield Finding(
                (*address, "process", "steps"), f"{steps} steps a year with design: {design}",
                "one step, or another design: a Sobol sequence has too few dimensions",
                "write steps: 1, or design: random", also=(("design",),),
            )  # fmt: skip


def _history(address: Address, history: PriceHistory, folder: Path) -> Iterator[Finding]:
    wrong = file_fault((*address, "csv"), folder, history.csv)
    if wrong is not None:
        yield wrong
        return
    try:
        yearly_changes(folder, history)
    except ConfigError as error:
        yield from of_file((*address, "csv"), error)
    except DistributionError as error:
        yield Finding(
            (*address, "csv"), str(error), "prices above zero of at least two years",
            "correct the file, the column or per_year",
        )  # fmt: skip


def unused_findings(address: Address, price: PricePath) -> Iterator[Finding]:
    """What is written beside a process and would change nothing."""
    kind = kind_of(price.process)
    if price.path and kind.made_of != "path":
        yield Finding(
            (*address, "path"),
            f"path with the process {kind.name}",
            "path with the process scenario",
            "use kind: scenario, or remove path",
        )
    driftless = price.anchors or kind.drift or kind.made_of == "system"
    if kind.made_of != "path" and getattr(price.carry, "value", None) != 0 and driftless:
        what = "anchors" if price.anchors else f"the process {kind.name}"
        other = f", and use {kind.drift}" if kind.drift and not price.anchors else ""
        yield Finding(
            (*address, "carry"), f"carry with {what}",
            "carry only without anchors and with another kind", f"remove carry{other}",
        )  # fmt: skip
