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
from benchmarks.peers import numpy_run
from benchmarks.peers.numpy_inputs import addressed, generated
from simcore.kernels.select import quantile_ranks

TINY = cases(tiny=True)
DRAWS = 300

MODES = {
    "seed formula": ("value.mode=seed",),
    "indirect emissions": ("boundary=scope12",),
    "default values": ("cbam.declared=default", "value.double_claiming=allow"),
    "cheaper declaration": ("cbam.declared=cheaper", "cbam.resource_shuffling=0.3"),
    "country average": ("cbam.method=country_average",),
    "credits": ("value={double_claiming: allow, credit_limit: 0.1}",),
    "won": ("currency=KRW",),
    "separate draws": ("independent_scenarios=true",),
    "exposure": ("exposures={maker: {market: k_ets, shortfall: 20, first: 2028, last: 2040}}",),
    "random walk": ("catalog.markets.eu_ets.process.kind=random_walk",
                    "catalog.markets.eu_ets.centre=mean"),
    "reversion to a mean": ("catalog.markets.eu_ets.centre=mean",),
    "geometric Brownian motion": (
        "catalog.markets.k_ets={anchors: {}, process: {kind: gbm, mu: 0.03}}",),
    "no noise": ("catalog.markets.k_ets.process.kind=fixed",),
    "given path": ("catalog.markets.eu_ets={process: {kind: scenario}, path: {2026: 70, 2030: 120}}",),
    "uncertain law": (
        "catalog.policies.eu_free_allocation.variant="
        "{kind: discrete, values: [law, reform_2026], probabilities: [0.6, 0.4]}",),
}
MARGINALS = (
    "{kind: uniform, low: 0.05, high: 0.09}",
    "{kind: pert, low: 0.05, mode: 0.06, high: 0.1}",
    "{kind: beta, alpha: 2, beta: 3, low: 0.04, high: 0.1}",
    "{kind: normal, mean: 0.07, sd: 0.005}",
    "{kind: truncated_normal, mean: 0.07, sd: 0.02, low: 0.03, high: 0.08}",
    "{kind: lognormal, mu: -2.6, sigma: 0.1}",
    "{kind: split_lognormal, p10: 0.05, p50: 0.06, p90: 0.09}",
    "{kind: discrete, values: [0.08, 0.05, 0.06], probabilities: [0.2, 0.5, 0.3]}",
    "{kind: empirical, values: [0.08, 0.05, 0.055, 0.07]}",
)


def assert_agrees(*overrides: str) -> None:
    case = TINY["large"]
    found = agreement.compare(case.config, draws=DRAWS, overrides=(*case.overrides, *overrides))
    assert not found.faults, "\n".join(found.faults[:10])
    assert found.values > 100 * DRAWS
    assert found.statistics > 1000


@pytest.mark.parametrize("overrides", MODES.values(), ids=MODES)
def test_every_mode_agrees(overrides):
    assert_agrees(*overrides)


@pytest.mark.parametrize("marginal", MARGINALS, ids=lambda text: text.split()[1].rstrip(","))
def test_every_distribution_agrees(marginal):
    assert_agrees(f"catalog.regions.KR.wacc={marginal}")


def test_a_difference_is_found(monkeypatch):
    netted = numpy_run.model._netted
    monkeypatch.setattr(
        numpy_run.model, "_netted", lambda *terms: netted(*terms) * (1.0 + 1e-6)
    )
    case = TINY["quickstart"]
    found = agreement.compare(case.config, draws=DRAWS, overrides=case.overrides)
    assert found.largest > agreement.LIMIT
    assert any("premium_per_tonne" in fault for fault in found.faults)


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
    found = numpy_run.summarise(values, ranks)
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
