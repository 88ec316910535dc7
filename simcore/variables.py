"""Every array of a run, declared once: name, dimensions, unit, meaning.

Labelling, checking, tables and documentation all read this registry. `{money}` in a unit stands
for the output currency of the run in real terms of its base year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUANTILES: Final = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
INTERVAL_LEVEL: Final = 0.95

CELL: Final = ("scenario", "region", "destination", "route", "year")
PLANT: Final = ("scenario", "region", "route", "year")


@dataclass(frozen=True)
class Variable:
    """One declared array.

    Attributes
    ----------
    name : str
        Name in configs, datasets and commands.
    dims : tuple of str
        Dimensions without `draw`.
    unit : str
        UDUNITS-like unit; `{money}` is replaced by the output currency. Empty where it differs
        along a dimension; a coordinate then holds it.
    long_name : str
        Short human name, used on axes and in tables.
    description : str
        What it means, with the equation of the model.
    kind : str
        `number`, `indicator` (0 or 1), `conditional` (0 or 1 in some draws, else undefined),
        `category` (index of a route), `year`, `known` (the same in all draws), `component` (of a
        sum; only its central case is told), or `input` (an uncertain number).
    relative : bool
        True when the reference route has no such value (it would be zero or undefined).
    life : bool
        True when it covers the whole life of the plant, so that a route must exist at its start.
    commodity : str
        Commodity whose price it shows, which a run then needs although no route may buy it.
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    long_name: str
    description: str
    kind: str = "number"
    relative: bool = False
    life: bool = False
    commodity: str = ""

    @property
    def is_money(self) -> bool:
        """Whether the value is an amount of money, converted at the edge."""
        return "{money}" in self.unit


_ALL = (
    Variable(
        "carbon_price",
        ("scenario", "market", "year"),
        "{money} t-1",
        "Carbon price",
        "Price of one allowance (t CO2e) in each market; real terms.",
    ),
    Variable(
        "carbon_price_by_view",
        ("scenario", "market", "view", "year"),
        "{money} t-1",
        "Carbon price by view",
        "Carbon price in the draws of one view of the market that decides it (its own, or of the "
        "market that it follows); `defined` is the share of these draws. Undefined elsewhere.",
    ),
    Variable(
        "at_price_limit",
        ("scenario", "market", "year"),
        "1",
        "Price at a hard bound",
        "1 where the carbon price is at its backstop, its floor or its ceiling.",
        kind="indicator",
    ),
    Variable(
        "futures_price",
        ("scenario", "market", "year"),
        "{money} t-1",
        "Futures price",
        "What the futures for delivery in the year cost when the market was written down, in real "
        "terms: a fact to set beside carbon_price.",
        kind="known",
    ),
    Variable(
        "allowance_bank",
        ("scenario", "market", "year"),
        "Mt",
        "Allowances in circulation",
        "Bank at the end of the year; only of markets with the process cap_and_bank, and in the "
        "draws whose view has it.",
    ),
    Variable(
        "allowance_reserve",
        ("scenario", "market", "year"),
        "Mt",
        "Allowances in the stability reserve",
        "Reserve at the end of the year, after invalidation; cap_and_bank only.",
    ),
    Variable(
        "allowance_emissions",
        ("scenario", "market", "year"),
        "Mt",
        "Emissions under the cap",
        "Emissions of the system at its price; cap_and_bank only.",
    ),
    Variable(
        "allowance_invalidated",
        ("scenario", "market", "year"),
        "Mt",
        "Allowances invalidated",
        "What the reserve loses above its ceiling in the year; cap_and_bank only.",
    ),
    Variable(
        "allowance_removed",
        ("scenario", "market", "year"),
        "Mt",
        "Removals at the backstop price",
        "Emissions that removals offset where allowances do not suffice; cap_and_bank only.",
    ),
    Variable(
        "commodity_price",
        ("scenario", "commodity", "year"),
        "{money} per unit",
        "Commodity and energy price",
        "Price of each commodity path; the unit of each is in the commodity_unit coordinate.",
    ),
    Variable(
        "hydrogen_cost",
        ("scenario", "region", "year"),
        "{money} kg-1",
        "Hydrogen cost",
        "Cost of hydrogen at the plant, computed from electricity or bought.",
        commodity="hydrogen",
    ),
    Variable(
        "cbam_factor",
        ("scenario", "year"),
        "1",
        "CBAM factor",
        "1 - free-allocation share used by CBAM (phi_EU).",
    ),
    Variable(
        "levelised_cost",
        PLANT,
        "{money} t-1",
        "Levelised cost",
        "Cost of a tonne before carbon: annualised capital, operation and inputs.",
    ),
    Variable(
        "home_carbon_cost",
        PLANT,
        "{money} t-1",
        "Home carbon cost",
        "P*covered*(e1 - phi*CSCF*BM), sign kept: a surplus of free allowances is income.",
    ),
    Variable(
        "cbam_cost",
        CELL,
        "{money} t-1",
        "CBAM cost",
        "Certificates per tonne sold into the EU, net of the price paid at home, >= 0.",
    ),
    Variable(
        "carbon_cost",
        CELL,
        "{money} t-1",
        "Carbon cost",
        "home_carbon_cost, plus cbam_cost on tonnes sold into the EU from outside.",
    ),
    Variable(
        "total_cost",
        CELL,
        "{money} t-1",
        "Total cost",
        "levelised_cost + carbon_cost: what a tonne costs, carbon included.",
    ),
    Variable(
        "marginal_carbon_cost",
        PLANT,
        "{money} t-1",
        "Marginal carbon cost",
        "P*covered*e1: the incentive at the margin, free allocation aside.",
    ),
    Variable(
        "avoided_emissions",
        PLANT,
        "t t-1",
        "Avoided emissions",
        "Emission intensity of the reference route minus that of this one on the chosen boundary.",
        relative=True,
    ),
    Variable(
        "cost_premium",
        CELL,
        "{money} t-1",
        "Cost premium",
        "What the low-carbon tonne costs more than the reference tonne, carbon cost included.",
        relative=True,
    ),
    Variable(
        "cost_premium_ex_carbon",
        PLANT,
        "{money} t-1",
        "Cost premium before carbon",
        "Levelised cost minus the levelised cost of the reference route.",
        relative=True,
    ),
    Variable(
        "abatement_cost",
        PLANT,
        "{money} t-1",
        "Abatement cost",
        "cost_premium_ex_carbon / avoided_emissions, per t CO2e.",
        relative=True,
    ),
    Variable(
        "break_even_price",
        CELL,
        "{money} t-1",
        "Break-even carbon price",
        "Carbon price at which cost_premium = 0 under the year's allocation rules: the home price, "
        "or for EU-bound tonnes from outside the EU price given the home price. Undefined: none.",
        relative=True,
    ),
    Variable(
        "parity_price",
        ("scenario", "region", "destination", "route", "good", "year"),
        "{money} per unit",
        "Parity price of an input",
        "Price of the good at which cost_premium = 0, all else as drawn: its price minus "
        "cost_premium / (net use of the route - net use of the reference). Power counts with what "
        "makes hydrogen of it. Below zero: dearer even if the good cost nothing. Undefined: both "
        "use as much of it. The unit of each good is in the good_unit coordinate.",
        relative=True,
    ),
    Variable(
        "premium_per_tco2",
        CELL,
        "{money} t-1",
        "Carbon value per t CO2e",
        "Carbon-value premium per tonne of CO2e avoided.",
        relative=True,
    ),
    Variable(
        "premium_per_tonne",
        CELL,
        "{money} t-1",
        "Carbon value",
        "Carbon-value premium per tonne: what the avoided CO2 is worth (mode netted or seed).",
        relative=True,
    ),
    Variable(
        "annualised_premium_per_tonne",
        CELL,
        "{money} t-1 yr-1",
        "Annualised carbon value",
        "premium_per_tonne / plant lifetime (straight line).",
        relative=True,
    ),
    Variable(
        "support_gap",
        CELL,
        "{money} t-1",
        "Support gap",
        "cost_premium_ex_carbon - premium_per_tonne: what a subsidy or a buyer must still pay.",
        relative=True,
    ),
    Variable(
        "viability",
        CELL,
        "1",
        "Carbon value covers the cost",
        "1 where support_gap <= 0; its mean is a probability.",
        kind="indicator",
        relative=True,
    ),
    Variable(
        "viability_by_view",
        (*CELL[:-1], "view", "year"),
        "1",
        "Carbon value covers the cost, by view",
        "viability in the draws of one view of the market that decides: that of CBAM for tonnes "
        "sold into the EU, else the home market; `defined` is the share of these draws.",
        kind="conditional",
        relative=True,
    ),
    Variable(
        "green_is_cheaper",
        CELL,
        "1",
        "Green is cheaper",
        "1 where cost_premium <= 0; its mean is a probability.",
        kind="indicator",
        relative=True,
    ),
    Variable(
        "crossover_year",
        CELL[:-1],
        "yr",
        "Crossover year",
        "First year with cost_premium <= 0; undefined: never in the horizon.",
        kind="year",
        relative=True,
    ),
    Variable(
        "cheapest_route",
        ("scenario", "region", "destination", "year"),
        "1",
        "Cheapest route",
        "Route with the lowest levelised_cost + carbon_cost.",
        kind="category",
    ),
    Variable(
        "lifecycle_premium",
        CELL[:-1],
        "1e6 {money}",
        "Lifecycle carbon value",
        "Sum over the plant's life of premium_per_tonne * output.",
        relative=True,
        life=True,
    ),
    Variable(
        "npv_premium",
        CELL[:-1],
        "1e6 {money}",
        "Net present carbon value",
        "lifecycle_premium discounted at the region's WACC.",
        relative=True,
        life=True,
    ),
    Variable(
        "annuity_premium_per_tonne",
        CELL[:-1],
        "{money} t-1",
        "Annuity of the carbon value",
        "npv_premium / (output * annuity_factor(WACC, lifetime)).",
        relative=True,
        life=True,
    ),
    Variable(
        "waterfall",
        ("scenario", "region", "destination", "route", "component", "year"),
        "{money} t-1",
        "Cost premium by component",
        "Parts of cost_premium; they sum to the whole.",
        kind="component",
        relative=True,
    ),
    Variable(
        "exposure_cost",
        ("scenario", "exposure", "year"),
        "1e6 {money} yr-1",
        "Firm exposure",
        "Obligation shortfall times the carbon price.",
    ),
    Variable(
        "exposure_total",
        ("scenario", "exposure"),
        "1e6 {money}",
        "Cumulative firm exposure",
        "Sum of exposure_cost over its years.",
    ),
    Variable(
        "exposure_cost_local",
        ("scenario", "exposure", "year"),
        "",
        "Firm exposure in local currency",
        "exposure_cost in 1e6 of the currency in the exposure_currency coordinate a year, real.",
    ),
    Variable(
        "exposure_total_local",
        ("scenario", "exposure"),
        "",
        "Cumulative firm exposure in local currency",
        "exposure_total in 1e6 of the currency in the exposure_currency coordinate, real.",
    ),
)

OUTCOMES: Final[dict[str, Variable]] = {variable.name: variable for variable in _ALL}

INPUT: Final = Variable(
    "input",
    ("factor",),
    "",
    "Uncertain input",
    "Sampled value of each factor; the unit of each is in the factor_unit coordinate.",
    kind="input",
)


def variable_of(name: str) -> Variable:
    """What an outcome, or `input`, is declared to be."""
    return INPUT if name == INPUT.name else OUTCOMES[name]


PLANT_OUTCOMES: Final = tuple(one.name for one in _ALL if one.life)
"""Outcomes over the life of the plant."""

EXPOSURE_OUTCOMES: Final = tuple(one.name for one in _ALL if "exposure" in one.dims)
"""Outcomes of exposures."""

DIMENSIONS: Final[dict[str, str]] = {
    "scenario": "Named set of choices; all scenarios share the same draws",
    "region": "Where the plant stands",
    "destination": "Where the tonne is sold",
    "route": "Production route",
    "component": "Part of the cost premium",
    "market": "Carbon market",
    "view": "View of a carbon market, after its name",
    "commodity": "Commodity or energy carrier, with its region",
    "good": "Commodity or energy carrier whose parity price is asked for",
    "exposure": "Named firm exposure",
    "factor": "Uncertain input",
    "year": "Calendar year",
    "quantile": "Probability of the quantile",
    "draw": "Monte Carlo draw",
}
