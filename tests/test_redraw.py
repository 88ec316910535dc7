"""A scenario that draws names again: what it does not name keeps its bits, and the joint law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import simcore
from simcore.intake import dependence, shipped
from simcore.intake.schema import Pair
from simcore.plan import Plan, build
from simcore.running import engine

KEPT = ["inputs", "carbon_price", "commodity_price"]
BASE: dict[str, Any] = {
    "name": "again", "draws": 256, "years": {"first": 2030, "last": 2030}, "keep": KEPT,
    "outcomes": ["levelised_cost", "home_carbon_cost", *KEPT[1:]], "dtype": "float64",
    "destinations": ["domestic"],
    # Between them they buy all that has a packaged correlation.
    "routes": ["bf_bof", "ng_dri_eaf", "h2_dri_eaf", "hbi_import_eaf", "scrap_eaf"],
}  # fmt: skip


BASE_SPEC = simcore.load({})


def drawn() -> set[str]:
    """Names that the base draws; of what other sectors buy a pattern would match nothing."""
    made = build(simcore.load(BASE))
    streams = (made.graph.nodes[one.node].stream for one in made.inputs)
    return {one.name for one in streams if one is not None} | set(made.shocks.names)


DRAWN = drawn()
SHOCKS = sorted({name for pair, _ in shipped.pairs("shocks") for name in pair} & DRAWN)
FACTORS = sorted({name for pair, _ in shipped.pairs("factors") for name in pair} & DRAWN)
AGAIN = {**{name: name for name in FACTORS}, **{f"{name}.shock": name for name in SHOCKS}}
"""Packaged correlated names of the base as patterns of `redraw`."""


def packaged(kind: str) -> dependence.Dependence:
    spec = BASE_SPEC
    return dependence.build(getattr(spec.experiment.correlations, kind), repair=False)


@pytest.fixture(scope="module", params=[6, pytest.param(1, marks=pytest.mark.long)])
def again(request: pytest.FixtureRequest) -> dict[str, str]:
    """All correlated names of the base, or some, by their patterns."""
    return {"eu_ets.anchor": "eu_ets.anchor", **dict([*AGAIN.items()][:: request.param])}


@pytest.fixture(scope="module")
def plan(again: dict[str, str]) -> Plan:
    """One scenario for each of the names, which it draws again."""
    changed = {f"s{place}": {"redraw": [one]} for place, one in enumerate(again)}
    return build(simcore.load({**BASE, "scenarios": {"shared": {}, **changed}}))


@pytest.fixture(scope="module")
def runs(plan: Plan) -> xr.Dataset:
    return engine.run(plan, threads=2)


def test_what_is_kept_keeps_its_bits(again: dict[str, str], plan: Plan, runs: xr.Dataset) -> None:
    """Of packaged correlated names: nothing but what follows from one has a row of its own."""
    for place, (pattern, name) in enumerate(again.items()):
        scenario = f"s{place}"
        for one in plan.inputs:
            stream = plan.graph.nodes[one.node].stream
            if one.name.endswith(f"({scenario})"):
                assert stream is not None
                assert stream.name == f"{scenario}/{pattern}"
        for prices, dim in ((runs.carbon_price, "market"), (runs.commodity_price, "commodity")):
            same = (prices.sel(scenario=scenario) == prices.sel(scenario="shared")).all(
                ["year", "draw"]
            )
            moved = {str(one) for one in prices[dim].values[~same.values]}
            assert all(follows(one, name) for one in moved), moved


def test_names_that_are_drawn_are_drawn_again(
    again: dict[str, str], plan: Plan, runs: xr.Dataset
) -> None:
    own = {one.name.rpartition(" (")[0] for one in plan.inputs if one.name.endswith(")")}
    asked = [name for name in FACTORS if name in again and name in runs["factor"].values]
    assert asked
    assert set(asked) <= own
    assert len(own) > (20 if len(again) == len(AGAIN) else len(asked))


def follows(path: str, name: str) -> bool:
    """Whether a path is that of a name, is linked or relative to it, or follows it as an index."""
    head = name.removesuffix(".anchor").removesuffix(".view")
    if path == head:
        return True
    catalog = BASE_SPEC.experiment.catalog
    if "." not in path:
        market = catalog.markets[path]
        return head in {one.to for one in (market.link, market.relative) if one is not None}
    commodity, place = path.split(".")
    return getattr(catalog.prices[commodity][place], "index", None) == head


def test_the_price_of_power_no_longer_moves_with_that_of_carbon(runs: xr.Dataset) -> None:
    """It did while names were drawn again by their own part of a factor alone."""
    scenario = "s0"
    for commodity in ("electricity.EU", "scrap.default"):
        price = runs.commodity_price.sel(commodity=commodity)
        assert (price.sel(scenario=scenario) == price.sel(scenario="shared")).all()
    carbon = runs.carbon_price.sel(market="eu_ets", year=2030)
    assert (carbon.sel(scenario=scenario) != carbon.sel(scenario="shared")).any()


# ---------------------------------------------------------------- the joint law


def covariances(found: dependence.Dependence, again: list[str]) -> tuple[Any, Any]:
    """Of all names, as they follow from the weights, and as they should be."""
    kept = [one for one in found.names if one not in again]
    k, r = ([found.names.index(one) for one in group] for group in (kept, again))
    mixed, fresh = np.zeros((len(r), len(k))), np.zeros((len(r), len(r)))
    for place, one in enumerate(again):
        own, new = found.anew(lambda name: name in again)[one]
        for name, weight in own:
            mixed[place, kept.index(name)] = weight
        for name, weight in new:
            fresh[place, again.index(name)] = weight
    inside = found.linear[np.ix_(k, k)]
    cross = mixed @ inside
    own_part = cross @ mixed.T + fresh @ fresh.T
    whole = np.block([[inside, cross.T], [cross, own_part]])
    return whole, found.linear[np.ix_(k + r, k + r)]


@pytest.mark.parametrize("kind", ["factors", "shocks"])
def test_each_packaged_name_drawn_again_keeps_its_correlations(kind: str) -> None:
    found = packaged(kind)
    for name in found.names:
        whole, expected = covariances(found, [name])
        np.testing.assert_allclose(whole, expected, rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("seed", range(8))
def test_any_part_of_any_matrix_keeps_its_correlations(seed: int) -> None:
    """Some of rank one among them, and some that had to be repaired."""
    numbers = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(8)]
    pairs = [
        Pair(between=[names[i], names[j]], rank=round(float(numbers.uniform(-0.6, 0.6)), 2))
        for i in range(6) for j in range(i) if numbers.random() < 0.6
    ]  # fmt: skip
    pairs.append(Pair(between=["n6", "n7"], rank=-1 if seed % 2 else 1))
    found = dependence.build(pairs, repair=True)
    for _ in range(6):
        again = [one for one in found.names if numbers.random() < 0.5]
        whole, expected = covariances(found, again)
        np.testing.assert_allclose(whole, expected, rtol=0, atol=1e-7)


def test_what_a_kept_name_decides_is_no_longer_drawn() -> None:
    for rank in (1, -1):
        found = dependence.build([Pair(between=["a", "b"], rank=rank)], repair=False)
        for again, kept in (("a", "b"), ("b", "a")):
            (((name, weight),), fresh) = found.anew(lambda one, again=again: one == again)[again]
            assert (name, fresh) == (kept, ())
            assert weight == pytest.approx(rank, rel=1e-15)


def test_a_group_that_is_correlated_with_no_other_is_drawn_as_before() -> None:
    """Its bits stay those of versions that drew each name by its own part of the factor."""
    for kind in ("factors", "shocks"):
        found = packaged(kind)
        for first in found.names:
            place = found.names.index(first)
            group, before = {place}, set[int]()
            while group != before:
                before = set(group)
                group |= {int(j) for i in before for j in np.flatnonzero(found.linear[i])}
            names = {found.names[one] for one in group}
            drawn = found.anew(lambda name, names=names: name in names)
            assert drawn == {name: ((), found.weights[name]) for name in drawn}


def test_rank_correlations_of_a_run_stay() -> None:
    run = simcore.run({
        "name": "law", "draws": 16384, "years": {"first": 2026, "last": 2027}, "regions": ["EU"],
        "routes": ["bf_bof", "scrap_eaf"], "outcomes": ["levelised_cost", "carbon_price"],
        "keep": ["inputs"], "scenarios": {"shared": {}, "again": {"redraw": ["eu_ets.anchor"]}},
    })  # fmt: skip
    ranks = {one: np.argsort(np.argsort(run.input.sel(factor=one).values)) for one in (
        "eu_ets.anchor", "eu_ets.anchor (again)", "electricity.EU.anchor", "scrap.default.anchor",
    )}  # fmt: skip
    spec = simcore.load({})
    asked = {frozenset(one.between): one.rank for one in spec.experiment.correlations.factors}
    for other in ("electricity.EU.anchor", "scrap.default.anchor"):
        wanted = asked[frozenset(("eu_ets.anchor", other))]
        for one in ("eu_ets.anchor", "eu_ets.anchor (again)"):
            found = float(np.corrcoef(ranks[one], ranks[other])[0, 1])
            assert found == pytest.approx(wanted, abs=0.03), (one, other)


# ---------------------------------------------------------------- how it is asked for


def test_of_independent_scenarios_nothing_is_drawn_again() -> None:
    config = {"name": "apart", "draws": 512, "regions": "EU", "years": "2026-2028",
              "outcomes": ["cost_premium"], "scenarios": {"one": {}, "two": {}},
              "independent_scenarios": True}  # fmt: skip
    plain, again = (
        build(simcore.load(one)) for one in (config, {**config, "redraw": ["eu_ets.*"]})
    )
    assert [cell.node for cell in plain.cells] == [cell.node for cell in again.cells]


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol", "antithetic", "sobol_bridge"])
def test_every_design_draws_again(design: str) -> None:
    run = simcore.run({
        "name": design, "draws": 2048, "design": design, "replicates": 4, "regions": ["EU"],
        "years": {"first": 2028, "last": 2030}, "routes": ["bf_bof", "scrap_eaf"],
        "outcomes": ["carbon_price", "commodity_price"], "keep": ["carbon_price", "commodity_price"],
        "scenarios": {"shared": {}, "again": {"redraw": ["eu_ets.*"]}},
    })  # fmt: skip
    power = run.commodity_price.sel(commodity="electricity.EU")
    assert (power.sel(scenario="again") == power.sel(scenario="shared")).all()
    carbon = run.carbon_price.sel(market="eu_ets", year=2030)
    pair = [np.argsort(np.argsort(carbon.sel(scenario=one).values)) for one in ("shared", "again")]
    # What both follow, the prices that stayed, is all that they share.
    assert 0.0 < np.corrcoef(*pair)[0, 1] < 0.8
    assert float(carbon.sel(scenario="again").mean()) == pytest.approx(
        float(carbon.sel(scenario="shared").mean()), rel=0.1
    )
