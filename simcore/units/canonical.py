"""Units in which the model counts, each declared once and shown in this spelling."""

from __future__ import annotations

from typing import Final

from simcore.units.names import parse_unit

ONE: Final = parse_unit("1")
YEAR: Final = parse_unit("yr")
PER_YEAR: Final = parse_unit("1/yr")
HOUR_PER_YEAR: Final = parse_unit("h/yr")
TONNE_PER_TONNE: Final = parse_unit("t/t")
MEGATONNE: Final = parse_unit("Mt")
MEGATONNE_PER_YEAR: Final = parse_unit("Mt/yr")
KWH_PER_KILOGRAM: Final = parse_unit("kWh/kg")
MWH_PER_TONNE: Final = parse_unit("MWh/t")
TONNE_PER_MWH: Final = parse_unit("t/MWh")
GIGAJOULE_PER_MWH: Final = parse_unit("GJ/MWh")
EURO: Final = parse_unit("EUR")
TONNE: Final = parse_unit("t")
MILLION_EURO: Final = parse_unit("M EUR")
MILLION_EURO_PER_YEAR: Final = parse_unit("M EUR/yr")
EURO_PER_TONNE: Final = parse_unit("EUR/t")
EURO_PER_KILOGRAM: Final = parse_unit("EUR/kg")
EURO_PER_MWH: Final = parse_unit("EUR/MWh")
EURO_PER_KILOWATT: Final = parse_unit("EUR/kW")
EURO_PER_CAPACITY: Final = parse_unit("EUR/(t/yr)")
EURO_PER_CAPACITY_YEAR: Final = parse_unit("EUR/(t/yr)/yr")
