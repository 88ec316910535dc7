"""Units of a run that differ along a dimension: of prices by commodity, of exposures by firm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from simcore.variables import Outcome

if TYPE_CHECKING:
    import xarray as xr

_HOLDING: Final = ("_unit", "_currency")


class Units:
    """The unit of an outcome at a place.

    Parameters
    ----------
    run : xarray.Dataset
    """

    def __init__(self, run: xr.Dataset) -> None:
        self.currency = str(run.attrs["currency"])
        self._held: dict[str, dict[str, str]] = {
            str(name): dict(zip(map(str, run[array.dims[0]].values.tolist()),
                                map(str, array.values.tolist()), strict=True))
            for name, array in run.coords.items()
            if str(name).endswith(_HOLDING) and array.dims
        }  # fmt: skip

    def held(self, at: Mapping[str, Any]) -> dict[str, str]:
        """What the coordinates that hold units say at a place: `commodity_unit` and so on."""
        return {
            name: own[str(label)]
            for dim, label in at.items()
            for name, own in self._held.items()
            if name.rpartition("_")[0] == dim and str(label) in own
        }

    def at(self, outcome: Outcome, at: Mapping[str, Any]) -> str:
        """Unit in the money of the run, such as `EUR t-1` or `EUR/MWh`."""
        return outcome.unit_at(self.currency, self.held(at))
