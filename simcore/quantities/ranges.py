"""Where numbers of a kind usually lie: beyond, `simcore check` asks whether that was meant.

Judged, in the unit in which the model counts: wide enough for every material and decade, narrow
enough that per cent written as a plain number, kilo for mega, or another currency falls outside.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class Range(NamedTuple):
    """Usual values of a field.

    Attributes
    ----------
    low, high : float
        In the unit of the field; the low end is asked of central values alone, unless it lies
        below zero.
    zero : bool
        Whether nothing at all is usual too.
    mistake : str
        What a plain number is taken for: `per cent`; a `surcharge`, 0.15 for 1.15; `kilo`, kg/t.
    """

    low: float
    high: float
    zero: bool = True
    mistake: Literal["per cent", "surcharge", "kilo"] = "per cent"

    def in_unit(self, scale: float) -> Range:
        """The same in a unit of which one is `scale` of those of the field."""
        return self._replace(low=self.low / scale, high=self.high / scale)

    def holds(self, value: float) -> bool:
        """Whether a number is usual."""
        return self.low <= value <= self.high or (value == 0 and self.zero)


Ranges = dict[str, Range]
"""By measure: MWh, kg of hydrogen, t of anything else, or allowance."""

SHARE: Final = Range(0.0, 1.0)
SMALL_SHARE: Final = Range(0.001, 0.25)
WACC: Final = Range(0.005, 0.3)
RISK: Final = Range(-0.1, 0.2)
DRIFT: Final = Range(-0.3, 0.3)
VOLATILITY: Final = Range(0.005, 1.5)
REVERSION: Final = Range(0.002, 30.0)
LOG_CHANGE: Final = Range(-2.5, 2.5)
FACTOR: Final = Range(0.1, 5.0, zero=False)
SURCHARGE: Final = Range(0.8, 5.0, zero=False, mistake="surcharge")
RATIO: Final = Range(0.02, 5.0)
UTILISATION: Final = Range(0.2, 1.05)
LEARNING: Final = Range(0.002, 0.4)
LIFETIME: Final = Range(1.0, 100.0)
STACK_LIFETIME: Final = Range(2.0, 30.0)
DELAY: Final = Range(0.0, 20.0)
STRIKE: Final = Range(0.0, 2_000.0)
TAX: Final = Range(0.0, 0.6)
OUTPUT: Final = Range(0.001, 100.0)
VOLUME: Final = Range(0.001, 3_000.0)
UNITS: Final = Range(1e-6, 10_000.0)
SHORTFALL: Final = Range(-500.0, 500.0)
EXPONENT: Final = Range(0.3, 1.2)
LOAD_HOURS: Final = Range(500.0, 8784.0)
CAPEX: Final = Range(1.0, 20_000.0)
CAPEX_PER_KILOWATT: Final = Range(50.0, 10_000.0)
FIXED_OPEX: Final = Range(0.05, 1_000.0)
COST: Final = Range(-2_000.0, 5_000.0)
AMOUNTS_PAID: Final = Range(-2_000.0, 20_000.0)
FREIGHT: Final = Range(1.0, 500.0)
STORAGE: Final = Range(0.005, 20.0)
DEMAND: Final = Range(30.0, 90.0)
INTENSITY: Final = Range(-5.0, 30.0)
CONTAINED: Final = Range(0.01, 5.0, mistake="kilo")
BENCHMARK: Final = Range(0.0005, 20.0, mistake="kilo")
MILLIONS: Final = Range(0.001, 1_000_000.0)
USED: Final = Range(1e-6, 1_000_000.0)
PRODUCT_PRICE: Final = Range(0.01, 1e10)
CARBON_PRICE: Final = Range(0.1, 2_000.0)
AMOUNT: Final = Range(0.0, 20_000.0)
HEAT: Final = Range(0.1, 100.0)
UNIT_AMOUNT: Final = Range(0.001, 1_000_000.0)
CONTENT: Final = Range(1e-6, 100_000.0, zero=False, mistake="kilo")
POWER_FACTOR: Final = Range(0.0, 2.0)
HEAT_RATE: Final = Range(3.6, 20.0)
CAP_FALL: Final = Range(0.0, 0.2)

PRICES: Final[Ranges] = {
    "allowance": CARBON_PRICE, "MWh": Range(0.5, 1_000.0), "kg": Range(0.2, 50.0),
    "t": Range(0.1, 200_000.0),
}  # fmt: skip
"""EUR per unit bought."""
PREMIUMS: Final[Ranges] = {
    "MWh": Range(-200.0, 500.0), "kg": Range(-20.0, 20.0), "t": Range(-5_000.0, 20_000.0),
}  # fmt: skip
AMOUNTS: Final[Ranges] = {
    "MWh": Range(1e-4, 100.0), "kg": Range(1e-3, 500.0), "t": Range(1e-6, 30.0),
}  # fmt: skip
"""Per tonne of product, or of CO2."""
EMISSION_FACTORS: Final[Ranges] = {
    "MWh": Range(-1.0, 2.0), "kg": Range(-0.05, 0.05), "t": Range(-5.0, 30.0),
}  # fmt: skip
"""t CO2e per unit bought."""


def meant(value: float, usual: Range, unit: str) -> str:
    """What was probably meant by a number outside its usual range; empty where nothing is near."""

    def fits(other: float) -> bool:
        return usual.low <= other <= usual.high and other != 0

    if unit == "1" and usual.mistake == "surcharge" and fits(1 + value):
        return f"did you mean {1 + value:g}?"
    if unit == "1" and usual.mistake != "kilo":
        if value > usual.high and fits(value / 100):
            return f"did you mean {value / 100:g} or {value:g} %?"
        if 0 < value < usual.low and fits(value * 100):
            return f"did you mean {value * 100:g} or {value * 1e4:g} %?"
        return ""
    if unit == "yr" and fits(value / _HOURS):
        return f"did you mean {value:g} h?"
    for factor in (100.0,) if unit.startswith("%") else (1e3, 1e6):
        for other in (value / factor, value * factor):
            if fits(other):
                return f"did you mean {shown_number(other, unit)}?"
    return ""


_HOURS: Final = 8760.0


def shown_number(value: float, unit: str) -> str:
    """A number with its unit."""
    return f"{value:g}" if unit == "1" else f"{value:g} {unit}"


def shown_range(usual: Range, unit: str) -> str:
    """A range in words, such as `0.1 to 2,000 EUR/t`."""
    tail = "" if unit == "1" else f" {unit}"
    return f"{usual.low:,.3g} to {_long(usual.high)}{tail}"


def _long(value: float) -> str:
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.3g}"
