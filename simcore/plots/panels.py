"""What all pictures share: colours, marks, labels of a run, scenarios that coincide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

# Okabe and Ito: distinguishable with any colour vision. Yellow is too pale on white.
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
COLOURS: Final = (
    BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"
)  # fmt: skip
MARKERS: Final = "os^DvPX*"


def different_scenarios(dataset: xr.Dataset, name: str) -> dict[str, str]:
    """Scenarios whose values differ, and a label that names those that coincide."""
    labels: dict[str, list[str]] = {}
    for scenario in labels_of(dataset, "scenario"):
        values = dataset[name].sel(scenario=scenario).values
        for first in labels:
            if np.array_equal(dataset[name].sel(scenario=first).values, values, equal_nan=True):
                labels[first].append(scenario)
                break
        else:
            labels[scenario] = [scenario]
    return {first: " = ".join(names) for first, names in labels.items()}


def labels_of(dataset: xr.Dataset, dim: str) -> list[str]:
    """Labels along a dimension; none where the run has no such dimension."""
    if dim not in dataset.coords:
        return []
    return [str(name) for name in np.atleast_1d(dataset[dim].values).tolist()]
