"""The operations of the model's tape: what each reads, carries and writes, declared once by name.

An operation reads rows of 256 draws and writes rows. The graph checks calls against this table, the
program lays inputs, numbers and lines out in its order, and `dispatch` makes the kernel from it.
Free of numba, so that a plan can be built without the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

BLOCK: Final = 256
"""Draws in one block; part of the address of a random number, so never changed."""
NOTHING: Final = 0
"""Code of the operation that does nothing."""
SCRATCH: Final = 2
"""Rows at the head of a block that hold nothing from one operation to the next: uniform numbers
of an operation's stream, and what is made of them."""


@dataclass(frozen=True)
class Operation:
    """An operation of the tape.

    A name that ends in `...` holds any number of inputs, numbers or columns.

    Attributes
    ----------
    name : str
    formula : str or callable
        Function of `simcore.kernels`, `module.function`, or one from outside; `dispatch` says
        what its parameters may be. Empty: nothing is done.
    inputs : tuple of str
        Rows read.
    numbers : tuple of str
        Constants.
    columns : tuple of str
        Columns of a table with a line per simulated year.
    pool : str
        Instead of such a table, an array that each year reads as a whole.
    states : dict of str to float or None
        Rows carried from year to year and the value that they start with; None: the call says it.
    outputs : tuple of str
        Rows written: the operation's own first. One named like a state is that state.
    keeps : float or None
        Start of the own row where it is itself carried from year to year.
    yearly : bool
        Whether the row changes from year to year even where no input, line or state does.
    random : bool
        Whether it reads a stream of random numbers.
    """

    name: str
    formula: str | Callable[..., object]
    inputs: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    pool: str = ""
    states: dict[str, float | None] = field(default_factory=dict)
    outputs: tuple[str, ...] = ("value",)
    keeps: float | None = None
    yearly: bool = False
    random: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """What a call states."""
        stated = [name for name, start in self.states.items() if start is None]
        pool = (self.pool,) if self.pool else ()
        every = (*self.inputs, *self.numbers, *self.columns, *pool, *stated)
        return frozenset(name.removesuffix("...") for name in every)

    @cached_property
    def carried(self) -> tuple[str, ...]:
        """Rows beside the own one, after the inputs on the tape: states, then other outputs."""
        return (*self.states, *(name for name in self.outputs[1:] if name not in self.states))

    @cached_property
    def changes(self) -> bool:
        """Whether the row changes from year to year whatever its inputs do."""
        return self.yearly or bool(self.columns or self.states) or self.keeps is not None


OPERATIONS: Final[dict[str, Operation]] = {}
"""By name; the code of each on the tape is its position."""


def register(operation: Operation) -> None:
    """Add an operation, before the kernels are imported.

    Raises
    ------
    ValueError
        One of that name is there already.
    """
    if operation.name in OPERATIONS:
        raise ValueError(f"operations: a second {operation.name}; give it another name")
    OPERATIONS[operation.name] = operation


def is_packaged() -> bool:
    """Whether the table is that of the package, so that the kernel made from it may be kept."""
    return tuple(OPERATIONS) == _PACKAGED


def code_of(name: str) -> int:
    """Code of an operation on the tape."""
    return list(OPERATIONS).index(name)


def _declare(
    name: str, formula: str, inputs: str = "", *, numbers: str = "", columns: str = "",
    outputs: str = "value", **others: object,
) -> None:  # fmt: skip
    register(Operation(
        name, formula, tuple(inputs.split()), tuple(numbers.split()), tuple(columns.split()),
        outputs=tuple(outputs.split()), **others,  # type: ignore[arg-type]
    ))  # fmt: skip


_STEP = "steps step"
"""Steps a year, and which of them."""
DEMAND: Final = ("baseline", "grows", "known")
"""Head of a line of rules: baseline, whether it grows, known price or 0."""
RULES: Final = (
    "issued", "auctioned", "intake", "upper", "lower", "release", "ceiling", "trigger",
    "price_release", "steepness",
)  # fmt: skip
"""Then, for each variant: allowances issued, auctioned, intake rate, upper and lower threshold,
release, ceiling of the reserve, price trigger, release upon it, 1 / band of the release."""

_declare("NOTHING", "")
# random numbers
_declare("NORMAL", "draws.normal_row", numbers=_STEP, random=True)
_declare("BRIDGED", "bridge.bridged_row", numbers=_STEP, random=True)
_declare("FACTOR", "draws.factor_row", "normal...", numbers="kind central_value parameters...",
         pool="values", random=True)  # fmt: skip
# arithmetic
_declare("LINEAR", "arithmetic.linear_row", "terms...", numbers="weights...")
_declare("PRODUCT", "arithmetic.product", "a b")
_declare("SUM", "arithmetic.total", "a b")
_declare("DIFFERENCE", "arithmetic.difference", "a b")
_declare("QUOTIENT", "arithmetic.quotient", "a b")
_declare("SCALED", "arithmetic.scaled", "a", numbers="scale")
_declare("SMALLER", "arithmetic.smaller", "a b")
_declare("LARGER", "arithmetic.larger", "a b")
_declare("EXCESS", "arithmetic.excess", "value", numbers="side", columns="threshold")
_declare("LATCHED", "arithmetic.latched", "value", numbers="since", keeps=float("nan"))
_declare("SCHEDULED", "arithmetic.scheduled", "value", columns="weight")
# finance
_declare("CAPITAL_RECOVERY", "finance.recovery_at_risk", "wacc risk", numbers="life")
_declare("LOG_GROWTH", "finance.log_growth", "rate")
_declare("ACCUMULATED", "finance.accumulated_row", "amount", columns="weight first last", keeps=0.0)
_declare("DISCOUNTED", "finance.discounted_row", "amount log_rate", columns="weight first last",
         keeps=0.0)  # fmt: skip
_declare("BALANCE", "finance.balanced", "net rate", numbers="left", columns="active", keeps=0.0)
_declare("LOWEST", "finance.lowest", "value", columns="active", keeps=float("inf"))
_declare("PAID_BACK", "finance.paid_back", "value", columns="active", keeps=float("nan"))
_declare("TAXABLE", "finance.taxable", "profit", numbers="left", columns="active", keeps=0.0)
_declare("PRESENT_VALUE", "finance.present_value_row", "log_rate flows...", numbers="since last")
_declare("INTERNAL_RATE", "finance.internal_rate_row", "flows...", numbers="last")
_declare("TURNS", "finance.turns_row", "flows...", numbers="last")
# prices
_declare("DECAY", "prices.decay", "kappa")
_declare("STEP_SPREAD", "prices.step_spread", "sigma kappa")
_declare("PATH", "prices.path_row",
         "z decay spread first_spread drift occurs start strength lift shocks... jumps...",
         numbers="noisy centred ramp first_year lifted steps jumping",
         columns="centre above below correction floor ceiling since",
         states={"deviation": 0.0, "variance": 0.0, "jumped": 0.0})  # fmt: skip
_declare("JUMP", "processes.jump_row", "rate mean sd size", numbers=f"{_STEP} centred",
         yearly=True, random=True)  # fmt: skip
_declare("REGIME", "processes.regime_row", numbers="first_year count usual probabilities...",
         states={"state": -1.0}, random=True)  # fmt: skip
_declare("RESAMPLED", "processes.resampled_row", numbers="first_year block per_year",
         pool="changes", states={"state": 0.0}, random=True)  # fmt: skip
_declare("RESPONSE", "prices.response_row",
         "price above exponent_above below exponent_below backstop",
         columns="up down floor ceiling")  # fmt: skip
_declare("AT_BOUND", "prices.at_bound", "price backstop", columns="floor ceiling")
_declare("CAP_AND_BANK", "emissions_market.recalled_row",
         "variant level growth slope discount_rate backstop reference_price adjustment immediate "
         "hedge resolved active",
         numbers="variants first_year horizon in_force odds...", pool="rules",
         states=dict.fromkeys((
             "bank", "bank_before", "reserve", "price_1", "price_2", "price_3", "log_price",
             "grown", "abated",
         )),
         outputs="price emissions invalidated removed bank reserve")  # fmt: skip
# choices
_declare("CHOSEN", "processes.chosen_row", "which among...")
_declare("WHERE", "prices.where", "value label", numbers="wanted")
_declare("LABELLED", "prices.labelled", "value label")
_declare("TIMELINE", "policy.timeline_row", "variant delay uncertain...",
         numbers="combinations...", columns="coefficients... positions...")  # fmt: skip
# costs
_declare("LEARNING_EXPONENT", "costs.learning_exponent", "rate")
_declare("LEARNING", "costs.learnt", "exponent z share", columns="centre above below")
_declare("HYDROGEN", "costs.hydrogen", "charge learning electricity demand storage")
_declare("LEVELISED", "costs.levelised_row", "capital learning other pairs...", numbers="signs...")
_declare("ELECTROLYSER", "costs.electrolyser_charge",
         "capex recovery fixed stack_share stack_life hours demand", numbers="life")  # fmt: skip
# carbon
_declare("CREDITED", "carbon.credited", "intensity", numbers="share")
_declare("CHARGED", "carbon.charged", "covered intensity allocation benchmark")
_declare("CHARGED_WITH_PRECURSORS", "carbon.charged_with_precursors",
         "plant border precursor allocation benchmark")  # fmt: skip
_declare("SHUFFLED", "carbon.shuffled", "emissions", numbers="share clean")
_declare("CHARGED_AT_BORDER", "carbon.charged_at_border", "emissions allocation benchmark")
_declare("PAID", "carbon.paid_at_home", "home recognised")
_declare("CBAM", "carbon.cbam", "price covered gap paid")
# premium
_declare("NETTED", "premium.netted", "factor carbon_reference carbon")
_declare("NETTED_WITH_CREDIT", "premium.netted_with_credit",
         "factor carbon_reference carbon credit amount")  # fmt: skip
_declare("GROSS_VALUE", "premium.gross_value", "factor price_home price_cbam credit")
_declare("RATIO", "premium.ratio", "value divisor")
_declare("BREAK_EVEN_HOME", "premium.break_even_home", "excess charged_reference charged")
_declare("BREAK_EVEN_BORDER", "premium.break_even_border",
         "excess covered gap_reference paid_reference gap paid")  # fmt: skip
_declare("NOT_POSITIVE", "premium.not_positive", "value")
_declare("CROSSOVER", "premium.crossover", "value", numbers="first", keeps=float("nan"))
_declare("CHEAPEST", "premium.cheapest_row", "totals...", numbers="first_years...", yearly=True)
# contracts
_declare("IN_FORCE", "contracts.in_force", "delay", numbers="start term first last", yearly=True)
_declare("SETTLED", "contracts.settled_row", "due active cap_year cap_total room",
         numbers="one_sided limited patience", columns="worth",
         states=dict.fromkeys(("paid", "received", "run", "ended", "cut"), 0.0),
         outputs="payment paid received run ended cut")  # fmt: skip
_declare("COMPOUNDED", "contracts.compounded", "log_rate", numbers="years")
_declare("ESCALATED", "contracts.escalated", "log_rate", numbers="since", yearly=True)
_PACKAGED: Final = tuple(OPERATIONS)
