"""A price by year, taken as it is written under `path`."""

from typing import Final, Literal

from simcore.processes.declaration import Kind, Process


class Scenario(Process):
    """Prices by year, under `path`."""

    kind: Literal["scenario"] = "scenario"


SCENARIO: Final = Kind(Scenario, made_of="path")
