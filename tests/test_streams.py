"""Streams of random numbers: each parameter of a price belongs to the family of that price."""

from typing import Any

from minimal import route
from small_config import market, small_config

import simcore

WIDE = {"kind": "uniform", "low": 0.1, "high": 0.3}
KINDS: dict[str, dict[str, Any]] = {
    "regimes": {
        "kind": "regime_switching", "kappa": WIDE,
        "regimes": {
            "calm": {"sigma": WIDE, "next": {"calm": 0.9, "wild": 0.1}},
            "wild": {"sigma": WIDE, "next": {"calm": 0.5, "wild": 0.5}},
        },
    },
    "jumps": {"kind": "gbm", "mu": WIDE, "sigma": WIDE,
              "jumps": {"rate": WIDE, "mean": WIDE, "sd": WIDE}},
}  # fmt: skip


def families(process: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Family and dimension of the streams of a price, by their name, that are no events."""
    made = small_config(markets={"price": market(process)}, outcomes=["carbon_price"])
    plan = simcore.build(simcore.load(made))
    streams = {node.stream for node in plan.graph.nodes if node.stream is not None}
    return {one.role: one.family for one in streams
            if one.path == "price" and one.role not in ("regime", "jump", "jump_size")}  # fmt: skip


def test_parameters_of_regimes_and_jumps_fill_their_cube_with_those_of_their_price():
    for label, count in (("regimes", 4), ("jumps", 6)):
        found = families(KINDS[label])
        assert len(found) == count, found
        assert {group for group, _ in found.values()} == {"price.*"}, found
        assert len({dimension for _, dimension in found.values()}) == count, found


def test_a_factor_correlated_with_a_regime_is_drawn_alike_where_the_price_has_no_regimes():
    """Not even the place of the regime among those of its price differs between scenarios."""
    shares = {"default": {**WIDE, "unit": "t/t"}}
    made = small_config(
        markets={"price": market({"kind": "fixed"})},
        routes={"new": {**route(), "emission_intensity": shares}},
        outcomes=["carbon_price", "avoided_emissions"],
        correlations={"factors": [
            {"between": ["price.regimes.wild.sigma", "new.emission_intensity"], "rank": 0.5}
        ], "shocks": []},
        scenarios={"law": {}, "moving": {"catalog": {"markets": {"price": {
            "process": KINDS["regimes"],
        }}}}},
    )  # fmt: skip
    plan = simcore.build(simcore.load(made))
    nodes = {one.node for one in plan.cells if one.variable == "avoided_emissions"}
    drawn = {node.stream for node in plan.graph.nodes
             if node.stream is not None and node.stream.role == "regimes.wild.sigma"}  # fmt: skip
    assert len(nodes) == 1
    assert [one.family for one in drawn] == [("price.*", 17)]
