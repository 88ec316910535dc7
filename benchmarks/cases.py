"""The models that are measured: a small one, the quickstart, and all outcomes of the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import simcore
from simcore.intake import Spec

ROOT = Path(__file__).parents[1]
QUICKSTART = ROOT / "configs" / "quickstart.yaml"

_TINY = (
    "regions=[EU, KR]",
    "routes=[bf_bof, h2_dri_eaf]",
    "years={first: 2027, last: 2029}",
    "plant={start: 2028, lifetime: 3, output: 1.0, valued_in: 2027, beyond: hold}",
)


_WITHOUT: Final = (
    "catalog.sectors.steel.regions.EU.compensation=null",
    "catalog.sectors.steel.regions.UK.compensation=null",
    "catalog.sectors.steel.regions.KR.power_coverage=0",
)
"""What the models of other libraries do not know: bought power in a carbon market, and what is paid
back of its carbon."""


@dataclass(frozen=True)
class Case:
    """One model to measure.

    Attributes
    ----------
    name, title : str
    config : path or mapping
        The experiment.
    draws : int
        Draws that are timed.
    overrides : tuple of str
        Settings laid over the config.
    """

    name: str
    title: str
    config: Any
    draws: int
    overrides: tuple[str, ...] = ()


def cases(*, tiny: bool) -> dict[str, Case]:
    """The cases by name; `tiny` cuts them to a second's work, for a test."""
    one_region = {
        "name": "small",
        "regions": ["EU"],
        "routes": ["bf_bof", "ng_dri_eaf"],
        "scenarios": {"law": {}},
        "outcomes": [
            "carbon_price",
            "levelised_cost",
            "carbon_cost",
            "cost_premium",
            "cost_premium_ex_carbon",
            "carbon_value",
            "support_gap",
            "viability",
            "abatement_cost",
            "crossover_year",
        ],
    }
    found = (
        Case("small", "1 region, 2 routes", one_region, 100_000, _WITHOUT[:1]),
        Case("quickstart", "configs/quickstart.yaml", QUICKSTART, 20_000, _WITHOUT),
        Case("large", "every outcome of the packaged base", {"name": "large"}, 4_096, _WITHOUT),
    )
    if tiny:
        found = tuple(
            replace(
                one,
                draws=600,
                overrides=(*one.overrides, *(() if one.name == "small" else _TINY)),
            )
            for one in found
        )
    return {one.name: one for one in found}


def for_languages(case: Case) -> Case:
    """The case as the other languages have it: without the view whose price a system makes.

    The weights of the other views are as before among each other.
    """
    weights = {"market": 0.4375, "analysts": 0.375, "history": 0.1875, "structural": 0.0}
    left_out = tuple(
        f"catalog.markets.eu_ets.views.{name}.weight={weight}" for name, weight in weights.items()
    )
    return replace(
        case, title=f"{case.title}, no structural view", overrides=(*case.overrides, *left_out)
    )


def load(case: Case, *, draws: int | None = None, keep: Sequence[str] = ()) -> Spec:
    """Read a case; the draws of these outcomes are kept, of all others only summaries."""
    return simcore.load(
        case.config,
        draws=draws or case.draws,
        overrides=(*case.overrides, f"keep=[{', '.join(keep)}]"),
    )
