"""The NumPy model in benchmarks/ is the same model: draw by draw, in every mode.

It is written from the equations for whole arrays and shares no formula with the kernels, so this
is a check of both.
"""

from __future__ import annotations

import numpy as np
import pytest

import simcore
from benchmarks import agreement
from benchmarks.cases import cases
from benchmarks.peers import in_c, numpy_run, scalar, tape
from benchmarks.peers.numpy_inputs import addressed, generated
from simcore.kernels.operations import OPERATIONS
from simcore.kernels.ranks import quantile_ranks

pytestmark = pytest.mark.long
TINY = cases(tiny=True)
DRAWS = 300

MODES = {
    "seed formula, in won, own draws per scenario": (
        "value.mode=seed",
        "currency=KRW",
        "independent_scenarios=true",
    ),
    "indirect emissions, exposure": (
        "boundary=scope12",
        "exposures={maker: {market: k_ets, shortfall: 20, first: 2028, last: 2029}}",
    ),
    "default values, credits": ("cbam.declared=default", "value.double_claiming=allow"),
    "cheaper declaration, shuffled, limited credits": (
        "cbam.declared=cheaper",
        "cbam.resource_shuffling=0.3",
        "value={double_claiming: allow, credit_limit: 0.1}",
    ),
    "captures, imported iron, a new reference": (
        "routes=[bf_bof, bf_bof_ccs, ng_dri_eaf_ccs, hbi_import_eaf]",
        "reference_capital=new",
        "years={first: 2031, last: 2034}",
        "plant={start: 2032, lifetime: 3, output: 1.0, valued_in: 2029, beyond: hold}",
    ),
    "country average, uncertain law": (
        "cbam.method=country_average",
        "catalog.policies.eu_free_allocation.variant="
        "{kind: discrete, values: [law, reform_2026], probabilities: [0.6, 0.4]}",
    ),
    "random walk around a mean, geometric Brownian motion": (
        "catalog.markets.eu_ets={centre: mean, process: {kind: random_walk, sigma: 0.3}}",
        "catalog.markets.k_ets={anchors: {}, process: "
        "{kind: gbm, mu: 0.03, sigma: {kind: uniform, low: 0.2, high: 0.4}}}",
    ),
    "reversion to a mean": ("catalog.markets.eu_ets.centre=mean",),
    "one view that a system makes, a linked market, places in a corridor": (
        "regions=[UK, JP]",
        "catalog.markets.eu_ets.view=structural",
        "catalog.systems.eu_ets.horizon=9",
    ),
    "given path": (
        "catalog.markets.eu_ets={process: {kind: scenario}, path: {2026: 70, 2030: 120}}",
    ),
}
MARGINALS = {
    "regions.EU.wacc": "{kind: pert, low: 0.05, mode: 0.06, high: 0.1}",
    "regions.EU.capex_factor": "{kind: split_lognormal, p10: 0.8, p50: 0.9, p90: 1.2}",
    "regions.KR.wacc": "{kind: beta, alpha: 2, beta: 3, low: 0.04, high: 0.1}",
    "regions.KR.capex_factor": "{kind: lognormal, mu: -0.1, sigma: 0.1}",
    "routes.bf_bof.risk_premium": "{kind: empirical, values: [0.03, 0.01, 0.015, 0.02]}",
    "routes.h2_dri_eaf.risk_premium": "{kind: normal, mean: 0.02, sd: 0.003}",
    "routes.h2_dri_eaf.first_of_a_kind": "{kind: truncated_normal, mean: 1.1, sd: 0.1, low: 1.0, high: 1.3}",
    "routes.h2_dri_eaf.interest_during_construction": "{kind: uniform, low: 1.05, high: 1.15}",
    "buyers.general.indirect_factor": "{kind: discrete, values: [1.3, 1.0, 1.1], probabilities: [0.2, 0.5, 0.3]}",
}


def assert_agrees(*overrides: str, **config: object) -> None:
    case = TINY["large"]
    found = agreement.compare(
        {**case.config, **config}, draws=DRAWS, overrides=(*case.overrides, *overrides)
    )
    assert not found.faults, "\n".join(found.faults[:10])
    assert found.values > 100 * DRAWS
    assert found.statistics > 1000


@pytest.mark.parametrize("overrides", MODES.values(), ids=MODES)
def test_every_mode_agrees(overrides):
    assert_agrees(*overrides)


def test_every_distribution_agrees():
    assert_agrees(*(f"catalog.{path}={written}" for path, written in MARGINALS.items()))


def test_a_path_without_noise_agrees():
    assert_agrees(catalog={"markets": {"k_ets": {"process": {"kind": "fixed"}}}})


def test_a_difference_is_found(monkeypatch):
    netted = numpy_run.model._netted
    monkeypatch.setattr(numpy_run.model, "_netted", lambda *terms: netted(*terms) * (1.0 + 1e-6))
    case = TINY["quickstart"]
    found = agreement.compare(case.config, draws=DRAWS, overrides=case.overrides)
    assert found.largest > agreement.LIMIT
    assert any("carbon_value" in fault for fault in found.faults)


def results(randomness, *, chunk):
    case = TINY["quickstart"]
    spec = simcore.load(case.config, overrides=case.overrides, draws=randomness.draws)
    return dict(numpy_run.results(spec, randomness, chunk=chunk))


def test_chunks_change_nothing():
    whole = results(addressed(1, DRAWS), chunk=DRAWS)
    parts = results(addressed(1, DRAWS), chunk=128)
    assert whole.keys() == parts.keys()
    for key, values in whole.items():
        np.testing.assert_array_equal(values, parts[key], err_msg=" ".join(key))


def test_totals_are_those_of_the_values():
    case = TINY["large"]
    spec = simcore.load(case.config, overrides=case.overrides, draws=DRAWS)
    found = numpy_run.totals(spec, addressed(1, DRAWS), chunk=128)
    values = dict(numpy_run.results(spec, addressed(1, DRAWS), chunk=DRAWS))
    assert found.keys() == values.keys()
    for key, rows in values.items():
        exact = [
            np.sum(np.isfinite(rows), axis=1),
            np.nansum(rows, axis=1),
            np.nansum(rows**2, axis=1),
            np.sum(rows > 0.0, axis=1),
        ]
        # Years that are all alike stand there once.
        one = np.broadcast_to(found[key], (len(rows), 4))
        scale = np.nansum(np.abs(rows), axis=1).max()
        np.testing.assert_allclose(
            one, np.transpose(exact), rtol=1e-12, atol=1e-12 * scale, err_msg=" ".join(key)
        )


def test_its_own_generator_gives_the_same_distribution():
    case, draws = TINY["quickstart"], 4000
    dataset = simcore.run(case.config, draws=draws, overrides=(*case.overrides, "keep=[]"))
    place = {"scenario": "law", "region": "KR", "destination": "eu", "route": "h2_dri_eaf"}
    here = dataset["cost_premium_mean"].sel(place).values
    error = dataset["cost_premium_standard_error"].sel(place).values
    there = results(generated(7, draws), chunk=draws)
    mean = there["cost_premium", *place.values()].mean(axis=-1)
    known = np.isfinite(here)
    assert known.sum() > 1
    assert np.all(np.abs(mean - here)[known] < 6 * error[known])


@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
def test_summaries_agree_with_numpy_by_name(missing):
    generator = np.random.default_rng(3)
    values = generator.standard_normal((4, 500))
    values[generator.random(values.shape) < missing] = np.nan
    ranks = quantile_ranks(500, probabilities=[0.1, 0.5, 0.9], level=0.95)
    found = numpy_run.summarise(values, lambda draws: ranks)
    for row, line in enumerate(values):
        known = line[np.isfinite(line)]
        assert found["defined"][row] == len(known) / 500
        if missing == 0.0:
            np.testing.assert_allclose(found["quantile"][row], np.quantile(line, [0.1, 0.5, 0.9]))
        if len(known) > 1:
            np.testing.assert_allclose(found["mean"][row], known.mean())
            error = known.std(ddof=1) / np.sqrt(len(known))
            np.testing.assert_allclose(found["standard_error"][row], error)
        else:
            assert np.isnan(found["mean"][row])


@pytest.mark.parametrize("formulas", [scalar.FORMULAS, in_c.CALLS], ids=["scalar numba", "C"])
def test_each_operation_has_a_formula_or_is_named_as_unwritten(formulas: dict) -> None:
    assert not formulas.keys() & tape.UNWRITTEN
    assert formulas.keys() | tape.UNWRITTEN == OPERATIONS.keys()
