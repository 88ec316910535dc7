"""No process: the price stays on its anchor path."""

from typing import Final, Literal

from simcore.processes.declaration import Kind, Process


class Fixed(Process):
    """The price stays on its anchor path."""

    kind: Literal["fixed"] = "fixed"


FIXED: Final = Kind(Fixed, on_top=True)
