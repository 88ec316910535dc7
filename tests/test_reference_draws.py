"""The reference model's random numbers and distributions against known answers."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from reference_draws import (
    Z90,
    central,
    cholesky,
    cumulative,
    fitted,
    quantile,
    threefry2x64_20,
    uniform,
)

ONES = (1 << 64) - 1


# ---------------------------------------------------------------- random numbers


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
        ((ONES, ONES), (ONES, ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
        (
            (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
            (0x243F6A8885A308D3, 0x13198A2E03707344),
            (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
        ),
    ],
)
def test_threefry_known_answers(key, counter, expected):
    """Known answers of Random123 for threefry2x64-20."""
    assert threefry2x64_20(key, counter) == expected


def test_uniforms_differ_by_every_part_of_the_address():
    numbers = [
        uniform(seed, name, draw, step)
        for seed in (1, 2)
        for name in ("a", "b")
        for draw in (0, 1, 127, 128, 255, 256)
        for step in (0, 2026)
    ]
    assert len(set(numbers)) == len(numbers)
    assert all(0 < u < 1 for u in numbers)


def test_uniforms_are_uniform():
    numbers = [uniform(7, "x", draw) for draw in range(4000)]
    assert statistics.mean(numbers) == pytest.approx(0.5, abs=4 * math.sqrt(1 / 12 / 4000))
    assert statistics.pvariance(numbers) == pytest.approx(1 / 12, rel=0.06)


def test_cholesky_of_two():
    assert cholesky([[1, 0.6], [0.6, 1]]) == [[1, 0], [0.6, pytest.approx(0.8)]]
    assert cholesky([[1, 1], [1, 1]]) == [[1, 0], [1, 0]]
    with pytest.raises(ValueError, match="semi-definite"):
        cholesky([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])


# ---------------------------------------------------------------- marginals

CONTINUOUS: list[dict[str, Any]] = [
    {"kind": "uniform", "low": 2, "high": 6},
    {"kind": "triangular", "low": 1, "mode": 2, "high": 5},
    {"kind": "pert", "low": 1, "mode": 2, "high": 5},
    {"kind": "normal", "mean": 3, "sd": 2},
    {"kind": "truncated_normal", "mean": 3, "sd": 2, "low": 0, "high": 7},
    {"kind": "lognormal", "mu": 0.5, "sigma": 0.4},
    {"kind": "split_lognormal", "p10": 1, "p50": 2, "p90": 6},
    {"kind": "beta", "alpha": 2, "beta": 5, "low": 0, "high": 3},
]


@pytest.mark.parametrize("q", CONTINUOUS, ids=lambda q: q["kind"])
@pytest.mark.parametrize("u", [0.001, 0.1, 0.5, 0.77, 0.999])
def test_quantile_inverts_cumulative(q, u):
    assert cumulative(q, quantile(q, u)) == pytest.approx(u, abs=1e-10)


@pytest.mark.parametrize("q", CONTINUOUS, ids=lambda q: q["kind"])
def test_fit_returns_to_its_own_quantiles(q):
    three = q["kind"] in ("triangular", "pert", "split_lognormal")
    points = (0.1, 0.5, 0.9) if three else (0.1, 0.9)
    given = {"kind": q["kind"], "quantiles": {p: quantile(q, p) for p in points}}
    if q["kind"] in ("beta", "truncated_normal"):
        given |= {"low": q["low"], "high": q["high"]}
    again = fitted(given)
    for p in (0.02, 0.1, 0.5, 0.9, 0.98):
        assert quantile(again, p) == pytest.approx(quantile(q, p), rel=1e-6)


def test_closed_form_quantiles():
    assert quantile({"kind": "uniform", "low": 2, "high": 6}, 0.25) == 3
    symmetric = {"kind": "triangular", "low": 0, "mode": 1, "high": 2}
    assert quantile(symmetric, 0.5) == pytest.approx(1, abs=1e-15)
    split = {"kind": "split_lognormal", "p10": 1, "p50": 2, "p90": 6}
    assert [quantile(split, p) for p in (0.1, 0.5, 0.9)] == pytest.approx([1, 2, 6], rel=1e-12)
    normal = {"kind": "normal", "quantiles": {0.1: 4.5, 0.9: 7}}
    assert fitted(normal)["mean"] == pytest.approx(5.75)
    assert fitted(normal)["sd"] == pytest.approx(1.25 / Z90)
    coin = {"kind": "bernoulli", "probability": 0.3}
    assert [quantile(coin, u) for u in (0.69, 0.71)] == [0, 1]
    points = {"kind": "discrete", "values": [3, 1], "probabilities": [0.25, 0.75]}
    assert [quantile(points, u) for u in (0.74, 0.76)] == [1, 3]
    listed = {"kind": "empirical", "values": [4, 1, 3]}
    assert [quantile(listed, u) for u in (0.25, 0.5, 0.75)] == [2, 3, 3.5]
    assert cumulative(listed, 2) == pytest.approx(0.25)


def test_mixture_of_two_uniforms():
    parts = [{"kind": "uniform", "low": 0, "high": 1}, {"kind": "uniform", "low": 10, "high": 12}]
    q = {"kind": "mixture", "components": parts, "weights": [1, 3]}
    assert quantile(q, 0.125) == pytest.approx(0.5)
    assert quantile(q, 0.625) == pytest.approx(11)
    assert central(q) == pytest.approx(10 + 2 / 3)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ({"kind": "triangular", "low": 0, "mode": 1, "high": 5}, 5 - 10**0.5),
        ({"kind": "pert", "low": 0, "mode": 1, "high": 5}, 1.38336130),
        ({"kind": "uniform", "low": 0, "high": 5}, 2.5),
        ({"kind": "normal", "mean": 4, "sd": 1}, 4),
        ({"kind": "lognormal", "mu": 0.0, "sigma": 1}, 1),
        ({"kind": "split_lognormal", "p10": 1, "p50": 2, "p90": 6}, 2),
        ({"kind": "beta", "alpha": 1, "beta": 3}, 1 - 0.5 ** (1 / 3)),
        ({"kind": "discrete", "values": [3, 1], "probabilities": [0.25, 0.75]}, 1),
        ({"kind": "bernoulli", "probability": 0.3}, 0),
        ({"kind": "empirical", "values": [4, 1, 3]}, 3),
    ],
)
def test_central_values(q, expected):
    assert central(q) == pytest.approx(expected)
