"""Why a setting is not read by a run: what would read it."""

from __future__ import annotations

from typing import Final

from simcore.errors import dotted, suggest
from simcore.intake import shipped
from simcore.intake.findings import Address
from simcore.intake.instruments import Grant
from simcore.intake.schema import Experiment
from simcore.intake.usage import all_routes

_UNUSED: Final = {
    "markets": "no region, CBAM or exposure of this run uses the market {0}",
    "systems": "no market of this run is made by the system {0} (process: cap_and_bank)",
    "prices": "no route of this run trades {0} at this place",
    "policies": "nothing that this run reads refers to the policy {0}",
    "regions": "{0} is not among the regions, nor in against",
    "sectors": "this run makes nothing of that sector in that region",
    "routes": "{0} is not among the routes, nor a reference, nor in against",
    "technologies": "nothing of this run learns with {0}",
    "buyers": "value.buyer is another one",
    "instruments": "no project of this run has the instrument {0}",
    "products": "{0} is not among the products of this run",
}
_DEFAULTS: Final = (
    "read for tonnes sold into the EU from outside, with cbam.declared: default or cheaper"
)
_OWN: Final = "read for tonnes sold into the EU from outside, with cbam.declared: actual or cheaper"
_REASONS: Final = {
    "default_intensity": _DEFAULTS,
    "mark_up": _DEFAULTS,
    "default_benchmark": _DEFAULTS,
    "recognised_default": _DEFAULTS,
    "method": _OWN,
    "indirect": _OWN,
    "resource_shuffling": _OWN,
    "average_intensity": "read for tonnes sold into the EU from outside, with cbam.method: "
    "country_average",
    "pre_consumer_scrap": _OWN + ", of routes that buy scrap",
    "pre_consumer_share": "read where cbam.pre_consumer_scrap counts, of tonnes sold into the EU",
    "metal_intensity": "read where cbam.pre_consumer_scrap counts, of tonnes sold into the EU",
    "incidence": "read with an export_duty on scrap",
    "scrap": "read where the run buys that scrap",
    "captive_coverage": "read where a route uses power made on site (kind: generation)",
    "captive_allowance": "read where a route uses power made on site (kind: generation)",
    "power_allowance": "read with power_coverage above zero",
    "power_factor": "read for tonnes sold into the EU from outside, with cbam.indirect above zero",
    "default_power_factor": "read with cbam.power_factor: default, and cbam.indirect above zero",
    "compensation": "read of a route that uses the power it names",
    "efficiency": "read of a route without a benchmark",
    "grid": "read with cbam.power_factor: grid_mean, or power_coverage above zero",
    "hydrogen_rule": "read where a route buys hydrogen and has support, or a project is paid for "
    "its hydrogen, and by hydrogen_qualifies",
    "limit": "read where hydrogen may have support, with hydrogen_rule: low_carbon or intensity, "
    "and by hydrogen_class",
    "nuclear": "read where hydrogen is made with supply: nuclear",
    "additionality": "read with supply: renewable and additional: false",
    "hourly": "read with supply: renewable and matching: monthly",
    "additional": "read with supply: renewable, by the rules rfnbo and low_carbon and by "
    "hydrogen_class",
    "matching": "read with supply: renewable, by the rules rfnbo and low_carbon and by "
    "hydrogen_class",
    "removals": "read where a route emits less than nothing, or stores CO2 of biomass",
    "biogenic_intensity": "read of a plant whose CO2 is captured",
    "credit_price": "read with value.double_claiming: allow, or value.mode: seed",
    "credit_limit": "read with value.double_claiming: allow",
    "recognised": "read for tonnes sold into the EU from outside",
    "clean_intensity": "read with cbam.resource_shuffling above zero",
    "duty": "read of tonnes that a buyer here takes from there, with out_of_quota above zero",
    "product_price": "read by product_price, market_gap and the cash flow of a project",
    "willing": "read with sold above zero",
    "sold": "read with willing, or a buyer who pays more for what is sold as green",
    "reline": "read with capital: reline",
    "cumulation": "read by the instruments of the project, which has none",
    "market": "read with reference: market",
    "per": "read with an amount",
    "debt": "read by dscr, debt_capacity and equity_irr",
    "tax": "read by the cash flow of a project, such as free_cash_npv",
    "spend": "read by the cash flow of a project, such as free_cash_npv",
    "imports": "read of tonnes that a buyer here takes from there: against: [EU.bf_bof]",
    "emission_intensity": "read with boundary: scope12, or cbam.indirect",
    "variants": "another variant is chosen in every scenario",
    "cbam": "no tonne of this run crosses the border of the EU",
    "plant": "read by outcomes over the life of the plant, such as npv_carbon_value",
    "value": "read by outcomes of the carbon value, such as carbon_value",
    "budgets": "read by outcomes of a budget, such as budget_need; destination with gap: support, "
    "against with gap: buyer",
    "factors": "no entry that this run reads refers to it: {{kind: factor, name: {0}}}",
}

_OF_ACCOUNTS: Final = (
    "read by outcomes of an account, such as account_balance; repayment and proceeds with an issue"
)


def reason(address: Address, experiments: list[Experiment]) -> str:
    """Why a setting is not read."""
    entry = entry_length(address)
    if entry and (entry == len(address) or _is_only_followed(address, experiments)):
        known, name = shipped.names(address[1]), str(address[2])
        near = None if name in known else suggest(name, known)
        meant = f"; did you mean {near}?" if near else ""
        return _UNUSED[address[1]].format(dotted(address[2:entry])) + meant
    if address[0] == "accounts":
        return _OF_ACCOUNTS
    for part in reversed(address):
        if part in _REASONS:
            return _REASONS[part].format(address[-1])
    if address[0] == "catalog" and address[1] == "routes":
        return "no region of this run takes this value"
    if address[:2] == ("catalog", "instruments"):
        records = [one.catalog.instruments.get(address[2]) for one in experiments]
        if any(isinstance(one, Grant) for one in records):
            return "read of an instrument that pays by year: a grant is paid once"
    return "nothing that this run computes reads it"


def _is_only_followed(address: Address, experiments: list[Experiment]) -> bool:
    """Whether an address leads to a route of which a run takes only the draws, for others."""
    return address[1] == "routes" and not any(address[2] in all_routes(one) for one in experiments)


def entry_length(address: Address) -> int:
    """Number of parts that name an entry of the catalog; 0 for what is none."""
    if address[0] != "catalog" or len(address) < 3:
        return 0
    length = 5 if address[1] == "sectors" and address[3:4] == ("regions",) else 3
    length = 4 if address[1] == "prices" else length
    return length if len(address) >= length else 0
