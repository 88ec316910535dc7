"""Addressed randomness: known answers, the address, the inverse normal, and statistics."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import kolmogorov, log_ndtr, ndtr, ndtri

from simcore.kernels import marginal_form, normal_tables, random

ONES = (1 << 64) - 1
# Random123, kat_vectors: threefry2x64, 20 rounds: counter, key, answer.
KNOWN = [
    ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
    ((ONES, ONES), (ONES, ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344),
        (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
    ),
]


def words(k0, k1, c0, c1):
    found = random.threefry2x64(*(np.uint64(x) for x in (k0, k1, c0, c1)))
    return tuple(int(word) for word in found)


def uniforms(seed, name, n, first=0, step=0):
    out = np.full(n, np.nan)
    random.fill_uniform(*random.stream_key(seed, name), first, step, out)
    return out


def normals(seed, name, n, first=0, step=0):
    out = np.full(n, np.nan)
    random.fill_uniform(*random.stream_key(seed, name), first, step, out)
    random.normal_of_uniform(out, out)
    return out


def inverse(u):
    out = np.full(np.size(u), np.nan)
    random.normal_of_uniform(np.atleast_1d(np.asarray(u, dtype=float)), out)
    return out


def cdf(z):
    out = np.full(np.size(z), np.nan)
    random.uniform_of_normal(np.atleast_1d(np.asarray(z, dtype=float)), out)
    return out


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_threefry_known_answers(counter, key, answer):
    assert words(*key, *counter) == answer


def test_the_key_is_the_digest_of_seed_and_name():
    digest = hashlib.blake2b(b"42/eu_ets.anchor", digest_size=16).digest()
    first, second = random.stream_key(42, "eu_ets.anchor")
    assert int(first) == int.from_bytes(digest[:8], "little")
    assert int(second) == int.from_bytes(digest[8:], "little")
    assert random.stream_key(42, "a") != random.stream_key(43, "a") != random.stream_key(43, "b")


@settings(max_examples=60, deadline=None)
@given(
    draw=st.integers(0, 2**40),
    step=st.integers(0, 3000),
    seed=st.integers(0, 2**70),
)
def test_the_address_of_a_draw(draw, step, seed):
    block, lane, half = draw >> 8, draw & 127, (draw >> 7) & 1
    key = random.stream_key(seed, "factor")
    word = words(*key, block * 128 + lane, step)[half]
    expected = ((word >> 12) + 0.5) * 2.0**-52
    assert uniforms(seed, "factor", 256, block * 256, step)[draw & 255] == expected


def test_draws_do_not_depend_on_how_they_are_asked_for():
    whole = normals(7, "x", 2048)
    pieces = [normals(7, "x", 256, first) for first in range(0, 2048, 256)]
    assert np.array_equal(whole, np.concatenate(pieces))
    assert np.array_equal(whole[:512], normals(7, "x", 512))


def test_uniforms_lie_strictly_within_zero_and_one():
    lowest, highest = (
        random.uniform_of_word(np.uint64(0)),
        random.uniform_of_word(np.uint64(ONES)),
    )
    assert lowest == 2.0**-53
    assert highest == 1 - 2.0**-53


def test_normals_are_the_inverse_of_the_uniforms():
    assert np.array_equal(normals(3, "x", 1024, 512, 9), inverse(uniforms(3, "x", 1024, 512, 9)))


def test_inverse_normal_is_accurate_from_the_tails_to_the_middle():
    generator = np.random.default_rng(4)
    p = np.concatenate(
        [
            generator.uniform(0, 0.5, 300_000),
            0.5 * 2.0 ** -generator.uniform(0, 52, 300_000),
            0.5 - 2.0 ** -generator.uniform(1, 53, 100_000),
        ]
    )
    true = ndtri(p)
    found = inverse(p)
    assert (abs(found - true) <= 1e-10 * abs(true)).all()


def test_inverse_normal_is_odd_and_zero_at_one_half():
    u = uniforms(5, "x", 2560)
    assert np.array_equal(inverse(1 - u), -inverse(u))
    assert inverse(0.5)[0] == 0.0


def test_inverse_normal_increases_across_every_joint():
    edge = marginal_form.edges()[1:-1]
    words_near = np.floor(edge * 2.0**52)[:, None] + np.arange(-5, 5)
    u = (np.unique(words_near[words_near >= 0]) + 0.5) * 2.0**-52
    u = np.concatenate([u[u < 0.5], 1 - u[u < 0.5][::-1]])
    assert (np.diff(inverse(u)) > 0).all()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**52 - 2))
def test_inverse_normal_increases_from_each_uniform_to_the_next(word):
    u = (np.array([word, word + 1]) + 0.5) * 2.0**-52
    below, above = inverse(u)
    assert below < above


def test_inverse_normal_is_finite_for_probabilities_of_zero_and_one():
    assert np.array_equal(inverse([0.0, 1.0]), inverse([2.0**-53, 1 - 2.0**-53]))
    assert np.isfinite(inverse([0.0, 1.0])).all()


def test_normal_cdf_is_accurate_to_the_far_tail():
    z = np.random.default_rng(5).uniform(-37, 9, 200_000)
    # Beyond -5 the logarithm is the better reference.
    true = np.where(z < -5, np.exp(log_ndtr(z)), ndtr(z))
    assert (abs(cdf(z) - true) <= 1e-12 * true).all()


def test_normal_cdf_at_its_edges():
    assert cdf([np.inf, -np.inf, -40.0, 40.0]).tolist() == [1.0, 0.0, 0.0, 1.0]
    assert cdf(0.0)[0] == pytest.approx(0.5, rel=3e-16)
    assert np.isnan(cdf(np.nan))[0]
    assert (np.diff(cdf(np.linspace(-9, 9, 100_001))) >= 0).all()


@settings(max_examples=200, deadline=None)
@given(st.floats(-8, 8))
def test_inverse_normal_undoes_normal_cdf(z):
    # Near 1 the probability itself holds few digits, so the lower tail is tried.
    z = -abs(z)
    assert inverse(cdf(z))[0] == pytest.approx(z, rel=1.1e-10, abs=1e-15)


def test_the_frozen_tables_are_those_of_their_makers():
    width = np.diff(marginal_form.edges(), append=0.5)
    assert_same_cubics(
        np.load(normal_tables.INVERSE_NORMAL, allow_pickle=False).reshape(-1, 4),
        normal_tables.build_inverse_normal().reshape(-1, 4),
        width,
    )
    octave = 2.0 ** np.arange(normal_tables.TAIL_OCTAVES) / normal_tables.TAIL_PER_OCTAVE
    assert_same_cubics(
        np.load(normal_tables.NORMAL_TAIL, allow_pickle=False).reshape(-1, 8),
        normal_tables.build_normal_tail().reshape(-1, 8),
        np.repeat(octave / 2, normal_tables.TAIL_PER_OCTAVE),
    )


def assert_same_cubics(frozen, built, width):
    """Compare what each coefficient adds over its segment with the largest value there."""
    share = width[:, None] ** np.arange(frozen.shape[1])
    largest = np.abs(built * share).max(axis=1, keepdims=True)
    assert (np.abs((frozen - built) * share) <= 1e-13 * largest).all()


def test_uniforms_are_uniform():
    n = 1 << 16
    u = np.sort(uniforms(11, "statistics", n))
    steps = np.arange(n + 1) / n
    distance = max(np.max(steps[1:] - u), np.max(u - steps[:-1]))
    # False alarm once in a million seeds; the seed is fixed.
    assert kolmogorov(distance * np.sqrt(n)) > 1e-6


def test_normals_have_the_moments_of_the_normal_distribution():
    n = 1 << 18
    z = normals(12, "statistics", n)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        error = (np.mean(z**power) - moment) / np.sqrt(variance / n)
        assert abs(error) < 5


def test_streams_steps_and_draws_are_uncorrelated():
    n = 1 << 16
    rows = [normals(13, name, n, 0, step) for name in ("a", "b", "c") for step in (0, 2026, 2027)]
    rows += [normals(14, "a", n), np.roll(rows[0], 1), np.roll(rows[0], 128)]
    correlation = np.corrcoef(rows) * np.sqrt(n)
    off_diagonal = correlation[~np.eye(len(rows), dtype=bool)]
    assert abs(off_diagonal).max() < 5
