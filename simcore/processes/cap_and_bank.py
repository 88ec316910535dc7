"""A carbon price that clears an emissions trading system in each draw (MODEL 9)."""

from typing import Final, Literal

from simcore.processes.declaration import Kind, Process
from simcore.quantities.annotations import Name


class CapAndBank(Process):
    """The price that clears an emissions trading system."""

    kind: Literal["cap_and_bank"] = "cap_and_bank"
    system: Name
    """Emissions trading system under `catalog.systems`."""


CAP_AND_BANK: Final = Kind(
    CapAndBank,
    made_of="system",
    lacking={
        "system": ("a system under catalog.systems", "add system: eu_ets, or one of your own")
    },
)
