"""What was taken for granted when the files of a config were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from simcore.intake.compilation import column
from simcore.intake.priced import used_paths
from simcore.intake.schema import Experiment
from simcore.intake.stated import entries, quantities
from simcore.intake.views import parts
from simcore.processes.history import PriceHistory, past_prices
from simcore.quantities import Empirical


def file_notes(
    scenarios: Mapping[str, Experiment], folder: Path, packaged: Set[int]
) -> tuple[str, ...]:
    """Notes of the histories and columns that scenarios read; `packaged` entries have none.

    Prices by year are read before: see `price_tables`.
    """
    found: dict[str, None] = {}
    for experiment in scenarios.values():
        for file, notes in _read(experiment, folder, packaged):
            from simcore.timeseries import named

            found |= dict.fromkeys(named(note, file) for note in notes)
    return tuple(found)


def _read(
    experiment: Experiment, folder: Path, packaged: Set[int]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for address, price in used_paths(experiment):
        for _, part in parts(address, price):
            for _, value in part.process or ():
                if isinstance(value, PriceHistory):
                    yield value.csv, past_prices(folder, value)[1]
    stated = [one for _, one in entries(experiment.catalog) if id(one) not in packaged]
    every = [*experiment.factors.values()]
    for one in (*stated, *experiment.exposures.values()):
        every += [quantity for _, quantity, _ in quantities(one, ())]
    for quantity in every:
        if isinstance(quantity, Empirical) and quantity.csv is not None:
            yield quantity.csv, column(folder, quantity)[1]
