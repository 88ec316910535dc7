"""Grants, support of operation, and several instruments of one project together."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from paid_plants import (
    LIFE,
    OUTPUT,
    START,
    TWO_WAY,
    YEARS,
    config,
    of,
    run,
)
from reference_paths import merge

# --- grants --------------------------------------------------------------------------------------


@pytest.mark.parametrize("paid_in", [-3, -1, 0, 2])
@pytest.mark.parametrize("of_what", ["capex", "difference"])
def test_a_grant_is_its_annuity(paid_in: int, of_what: str) -> None:
    grant = {"kind": "grant", "share": 0.3, "paid_in": paid_in, "of": of_what}
    found = run(config({"grant": grant}, {"plant": {"instruments": ["grant"]}, "bare": {}}))
    amount = of(found, "instrument_total", "plant", "grant")
    assert np.all(amount > 100.0)
    at_date = amount * 1.07 ** -(paid_in + 1.0)
    added = of(found, "project_npv", "plant") - of(found, "project_npv", "bare")
    np.testing.assert_allclose(added, at_date, rtol=1e-9)
    support = of(found, "project_support", "plant")
    assert np.ptp(support, axis=0).max() < 1e-9
    since = np.arange(LIFE)[:, None] + 1.0
    np.testing.assert_allclose((OUTPUT * support * 1.07**-since).sum(0), at_date, rtol=1e-9)
    public = of(found, "instrument_npv", "plant", "grant")
    np.testing.assert_allclose(public, amount * 1.03 ** -(paid_in + 1.0), rtol=1e-9)
    paid = found["instrument_payment"].sel(project="plant", instrument="grant")
    others = paid.sel(year=[year for year in paid.year.values if year != START + paid_in])
    assert not others.fillna(0.0).any()
    if paid_in >= -2:
        np.testing.assert_array_equal(paid.sel(year=START + paid_in), amount)


def test_a_grant_is_cut_at_its_cap() -> None:
    grants = {name: {"kind": "grant", "share": 0.3} | more
              for name, more in (("free", {}), ("capped", {"cap": {"total": 600}}))}  # fmt: skip
    found = run(config(grants, {f"{name}_plant": {"instruments": [name]} for name in grants}))
    free, capped = (of(found, "instrument_total", f"{name}_plant", name) for name in grants)
    np.testing.assert_array_equal(capped, np.minimum(free, 600.0))
    binds = of(found, "cap_binds", "capped_plant", "capped")
    np.testing.assert_array_equal(binds, free > 600.0)
    assert 0.1 < binds.mean() < 0.9


def test_a_grant_to_the_difference_leaves_out_what_the_alternative_would_cost() -> None:
    grants = {of: {"kind": "grant", "share": 0.3, "of": of} for of in ("capex", "difference")}
    against = {"route": "bf_bof", "capital": "reline", "reline": 140.0}
    found = run(config(grants, {
        "whole": {"instruments": ["capex"]},
        "reline": {"instruments": ["difference"], "against": against},
        "sunk": {"instruments": ["difference"], "against": {"route": "bf_bof", "capital": "sunk"}},
        "full": {"instruments": ["difference"]},
    }, catalog={"routes": {"bf_bof": {"utilisation": 0.8}}}))  # fmt: skip
    whole = of(found, "instrument_total", "whole", "capex")
    less = {name: whole - of(found, "instrument_total", name, "difference")
            for name in ("reline", "sunk", "full")}  # fmt: skip
    np.testing.assert_allclose(less["reline"], 0.3 * 140.0 / 0.8 * OUTPUT, rtol=1e-9)
    np.testing.assert_array_equal(less["sunk"], 0.0)
    assert np.all(less["full"] > 10.0)


def test_a_share_of_the_investment_is_that_share_of_the_capital_charge() -> None:
    """Without interest during construction a grant of all of it pays the capital of the plant."""
    catalog = {"routes": {"h2_dri_eaf": {"interest_during_construction": 1.0, "risk_premium": 0,
                                         "lifetime": LIFE}}}  # fmt: skip
    grant = {"kind": "grant", "share": 1.0}
    given = config({"grant": grant}, {"plant": {"instruments": ["grant"]}}, catalog=catalog,
                   outcomes=["project_support", "waterfall", "levelised_cost"],
                   keep=["project_support", "levelised_cost"])  # fmt: skip
    given["projects"]["plant"]["rate"] = None
    less = merge(copy.deepcopy(given), {"catalog": {"routes": {"h2_dri_eaf": {"capex": 0}}}})
    costs = [run(one)["levelised_cost"].sel(region="EU", route="h2_dri_eaf", year=START)
             for one in (given, less)]  # fmt: skip
    support = of(run(given), "project_support", "plant")[0]
    np.testing.assert_allclose(support, costs[0] - costs[1], rtol=1e-9)


# --- support of operation ------------------------------------------------------------------------


def test_support_of_the_gap_leaves_no_loss() -> None:
    aid = {"kind": "opex", "covers": "gap"}
    found = run(config({"aid": aid}, {"plant": {"instruments": ["aid"]}}))
    gap = of(found, "project_gap", "plant")
    np.testing.assert_allclose(of(found, "project_margin", "plant"), np.maximum(0, -gap), atol=1e-9)


def test_amounts_by_what_they_are_paid_for() -> None:
    aids = {
        "tonne": {"amount": {"years": {2030: 100, 2040: 0}}}, "avoided": {"per": "avoided", "amount": 50},
        "hydrogen": {"per": "hydrogen", "amount": "2 EUR/kg"},
        "electricity": {"per": "electricity", "amount": "10 EUR/MWh", "share": 0.5},
    }  # fmt: skip
    given = config(
        {name: {"kind": "opex"} | one for name, one in aids.items()},
        {f"{name}_plant": {"instruments": [name]} for name in aids},
        catalog={
            "routes": {
                "h2_dri_eaf": {"inputs": {"hydrogen": "60 kg/t", "electricity": "0.8 MWh/t"}}
            }
        },
    )
    found = run(given)
    support = {name: of(found, "project_support", f"{name}_plant") for name in aids}
    np.testing.assert_allclose(support["hydrogen"], 120.0)
    np.testing.assert_allclose(support["electricity"], 4.0)
    fading = np.maximum(0.0, 100.0 - 10.0 * np.arange(LIFE))
    np.testing.assert_allclose(
        support["tonne"], np.broadcast_to(fading[:, None], support["tonne"].shape), atol=1e-12
    )
    avoided = found["avoided_emissions"].sel(region="EU", route="h2_dri_eaf", year=list(YEARS))
    np.testing.assert_allclose(support["avoided"], 50 * avoided.transpose("year", "draw"))


def test_an_electrolyser_of_its_own_takes_part_in_support_of_power() -> None:
    aid = {"kind": "opex", "per": "electricity", "amount": "10 EUR/MWh"}
    catalog = {
        "routes": {"h2_dri_eaf": {"inputs": {"hydrogen": "60 kg/t", "electricity": "0.8 MWh/t"}}},
        "prices": {"hydrogen": {"EU": {"electricity_demand": "50 kWh/kg"}}},
    }
    found = run(
        config(
            {"aid": aid}, {"plant": {"instruments": ["aid"], "hydrogen": "own"}}, catalog=catalog
        )
    )
    np.testing.assert_allclose(of(found, "project_support", "plant"), 10 * (0.8 + 60 * 0.05))


# --- several instruments -------------------------------------------------------------------------


def test_other_aid_is_deducted() -> None:
    both = {"aid": {"kind": "opex", "amount": 60}, "contract": TWO_WAY | {"other_aid": "deduct"},
            "grant": {"kind": "grant", "share": 0.2}}  # fmt: skip
    found = run(config(both, {
        "all": {"instruments": ["aid", "contract", "grant"]}, "first": {"instruments": ["contract"]},
        "granted": {"instruments": ["grant"]},
    }))  # fmt: skip
    alone = of(found, "instrument_payment", "first", "contract")
    annuity = OUTPUT * of(found, "project_support", "granted")
    paid = of(found, "instrument_payment", "all", "contract")
    np.testing.assert_allclose(paid, alone - 60 * OUTPUT - annuity, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("order", [["aid", "contract"], ["contract", "aid"]])
def test_all_support_together_stays_within_the_gap(order: list[str]) -> None:
    both = {"aid": {"kind": "opex", "amount": 150}, "contract": TWO_WAY | {"sided": "one"}}
    found = run(config(both, {
        "plant": {"instruments": order, "cumulation": {"of": "gap", "share": 0.9}},
        "free": {"instruments": order},
    }))  # fmt: skip
    most = 0.9 * np.maximum(0, of(found, "project_gap", "plant"))
    support, free = (of(found, "project_support", name) for name in ("plant", "free"))
    np.testing.assert_allclose(support, np.minimum(free, most), atol=1e-9)
    # In their order: the first takes what it can.
    first, unlimited = (
        of(found, "instrument_payment", name, order[0]) for name in ("plant", "free")
    )
    np.testing.assert_allclose(first, np.minimum(unlimited, OUTPUT * most), atol=1e-9)
    cut = np.any(free > most + 1e-9, axis=0)
    binding = [of(found, "cap_binds", "plant", name) for name in order]
    np.testing.assert_array_equal(np.maximum(*binding), cut)
