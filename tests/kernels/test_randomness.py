"""Quality of the random numbers over the whole map (seed, factor, draw, step) -> u.

Seeds are fixed, so each test passes always or never; each bound has a false-alarm rate below 1e-4
for a perfect generator (4.5 standard errors of one number, more of the largest of many).
Neighbours along every part of the address are compared, since a run uses them side by side.
`python -m benchmarks.randomness` feeds the same words to PractRand and others.
"""

import numpy as np
import pytest
from scipy import stats

from simcore.kernels import random
from simcore.kernels.jit import kernel

ALPHA = 1e-4
ALONG = ["draw", "half", "step", "factor", "seed"]


def stream(n, *, seed=1, name="factor 0", step=0, first=0):
    out = np.empty(n)
    random.fill_uniform(*random.stream_key(seed, name), first, step, out)
    return out


def neighbours(along, count, n):
    """Streams that differ in one part of the address only, shape (count, n)."""
    if along == "draw":
        return stream(count * n).reshape(n, count).T
    if along == "half":  # draws 128 apart share one call of Threefry
        return stream(count * n).reshape(-1, count, 128).transpose(1, 0, 2).reshape(count, n)
    options = {
        "step": lambda i: {"step": 2000 + i},
        "factor": lambda i: {"name": f"factor {i}"},
        "seed": lambda i: {"seed": i},
    }[along]
    return np.array([stream(n, **options(i)) for i in range(count)])


def largest(count):
    """Bound in standard errors of the largest of `count` normal numbers."""
    return stats.norm.isf(ALPHA / 2 / count)


# ---------------------------------------------------------------- one number at a time


@pytest.mark.parametrize("along", ALONG)
def test_moments(along):
    u = neighbours(along, 64, 4096).reshape(-1)
    for order in range(1, 7):
        mean, square = 1 / (order + 1), 1 / (2 * order + 1)
        assert abs(np.mean(u**order) - mean) < 4.5 * np.sqrt((square - mean**2) / u.size)


@pytest.mark.parametrize("along", ALONG)
def test_kolmogorov_smirnov_in_every_stream_and_over_streams(along):
    p = [stats.kstest(one, "uniform").pvalue for one in neighbours(along, 64, 4096)]
    assert min(p) > ALPHA / 64
    assert stats.kstest(p, "uniform").pvalue > ALPHA


@pytest.mark.parametrize("along", ["step", "factor", "seed"])
def test_many_streams_of_one_block(along):
    """The first numbers of many streams are uniform too: what a run of few draws sees."""
    u = neighbours(along, 2000, 256)
    for draw in (0, 1, 127, 128, 255):
        assert stats.kstest(u[:, draw], "uniform").pvalue > ALPHA


def test_tails():
    u = stream(1 << 22)
    for edge in (2.0**-8, 2.0**-12, 2.0**-16):
        for count in ((u < edge).sum(), (u > 1 - edge).sum()):
            assert ALPHA < stats.poisson.cdf(count, u.size * edge) < 1 - ALPHA


def test_normals():
    z = np.empty(1 << 20)
    random.fill_uniform(*random.stream_key(1, "factor 0"), 0, 2030, z)
    random.normal_of_uniform(z, z)
    moments = {1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0, 5: 0.0, 6: 15.0}
    double = {1: 1.0, 2: 3.0, 3: 15.0, 4: 105.0, 5: 945.0, 6: 10395.0}
    for order, mean in moments.items():
        error = np.sqrt((double[order] - mean**2) / z.size)
        assert abs(np.mean(z**order) - mean) < 4.5 * error
    assert stats.kstest(z, "norm").pvalue > ALPHA


# ---------------------------------------------------------------- neighbours


def cells(*digits, base):
    """Counts of the combinations of digits below `base`."""
    place = np.zeros(digits[0].size, dtype=np.int64)
    for one in digits:
        place = place * base + np.floor(one.reshape(-1) * base).astype(np.int64)
    return np.bincount(place, minlength=base ** len(digits))


@pytest.mark.parametrize("along", ALONG)
def test_chi_square_of_pairs_and_triples(along):
    u = neighbours(along, 48, 8192)
    assert stats.chisquare(cells(u[:-1], u[1:], base=64)[:]).pvalue > ALPHA / 2
    assert stats.chisquare(cells(u[:-2], u[1:-1], u[2:], base=16)).pvalue > ALPHA / 2


@pytest.mark.parametrize("along", ALONG)
def test_low_bits_of_neighbours(along):
    """The same of the last 12 of 52 bits, which a uniform number hides."""
    u = np.ldexp(neighbours(along, 32, 8192), 40) % 1
    assert stats.kstest(u.reshape(-1), "uniform").pvalue > ALPHA
    assert stats.chisquare(cells(u[:-1], u[1:], base=64)).pvalue > ALPHA


@pytest.mark.parametrize("along", ALONG)
def test_correlation_between_neighbouring_streams(along):
    count, n = 64, 8192
    u = neighbours(along, count, n)
    pairs = count * (count - 1) // 2
    off = np.triu_indices(count, 1)
    for values in (u, abs(u - 0.5), np.floor(u * 2)):
        r = np.corrcoef(values)[off] * n**0.5
        assert abs(r).max() < largest(pairs)
        assert ALPHA < stats.chi2.cdf((r**2).sum(), pairs) < 1 - ALPHA


def test_correlation_between_different_parts_of_the_address():
    """One part changed in one stream, another in the other, draws shifted against each other."""
    n = 1 << 16
    streams = [stream(n), stream(n, seed=2), stream(n, name="factor 1"), stream(n, step=1)]
    streams += [stream(n, first=256 * k) for k in (1, 2, 3)]
    r = np.corrcoef(streams)[np.triu_indices(len(streams), 1)] * n**0.5
    assert abs(r).max() < largest(r.size)


def test_serial_correlation_at_every_lag():
    u = stream(1 << 18) - 0.5
    power = abs(np.fft.rfft(u, 2 * u.size)) ** 2
    r = np.fft.irfft(power)[1:2049] * 12 / u.size**0.5
    assert abs(r).max() < largest(r.size)
    assert ALPHA < stats.chi2.cdf((r**2).sum(), r.size) < 1 - ALPHA


def test_runs_up_and_down():
    """Number of turning points of each stream: mean 2 (n - 2) / 3."""
    for along in ALONG:
        u = neighbours(along, 512, 512).T.reshape(-1)
        rises = np.diff(u) > 0
        turns = (rises[1:] != rises[:-1]).sum()
        n = u.size
        assert abs(turns - 2 * (n - 2) / 3) < 4.5 * np.sqrt((16 * n - 29) / 90)


# ---------------------------------------------------------------- words


@kernel
def fill_words(k0, k1, step, out):
    for i in range(out.shape[0]):
        first, last = random.threefry2x64(k0, k1, np.uint64(i), step)
        out[i, 0] = first
        out[i, 1] = last


@kernel
def changed(inputs, which, bit, counts):
    """Count how often each bit of the words changes with one bit of (key, counter)."""
    one = np.uint64(1)
    for row in range(inputs.shape[0]):
        a, b, c, d = inputs[row]
        before = random.threefry2x64(a, b, c, d)
        flip = one << np.uint64(bit)
        if which == 0:
            a ^= flip
        elif which == 1:
            b ^= flip
        elif which == 2:
            c ^= flip
        else:
            d ^= flip
        after = random.threefry2x64(a, b, c, d)
        for word in range(2):
            difference = before[word] ^ after[word]
            for i in range(64):
                counts[word * 64 + i] += np.int64((difference >> np.uint64(i)) & one)


def test_every_bit_is_as_often_one_as_zero_and_bits_are_uncorrelated():
    n = 1 << 16
    out = np.empty((n, 2), dtype=np.uint64)
    fill_words(*random.stream_key(1, "factor 0"), np.uint64(2030), out)
    bits = np.unpackbits(out.view(np.uint8).reshape(n, 16), axis=1) * 2.0 - 1
    assert abs(bits.sum(axis=0)).max() < largest(128) * n**0.5
    r = (bits.T @ bits)[np.triu_indices(128, 1)] / n**0.5
    assert abs(r).max() < largest(r.size)
    assert ALPHA < stats.chi2.cdf((r**2).sum(), r.size) < 1 - ALPHA
    # And each bit with every bit of the next draw.
    r = (bits[1:].T @ bits[:-1]).reshape(-1) / n**0.5
    assert abs(r).max() < largest(r.size)


def test_avalanche():
    """One bit of key or counter changes each bit of both words in half of all cases.

    Counters as small as those of a run, keys as random as digests are.
    """
    n = 4096
    generator = np.random.default_rng(1)
    inputs = generator.integers(0, 2**64, (n, 4), dtype=np.uint64)
    inputs[:, 2] = generator.integers(0, 2**24, n)
    inputs[:, 3] = generator.integers(0, 2101, n)
    counts = np.zeros((4, 64, 128), dtype=np.int64)
    for which in range(4):
        for bit in range(64):
            changed(inputs, which, bit, counts[which, bit])
    z = (counts - n / 2) / (n / 4) ** 0.5
    assert abs(z).max() < largest(z.size)
    assert ALPHA < stats.chi2.cdf((z**2).sum(), z.size) < 1 - ALPHA


def test_no_word_comes_twice():
    """Over draws, steps, factors and seeds: 2**20 words of 64 bits repeat with odds 3e-8."""
    u = np.concatenate([neighbours(along, 512, 512).reshape(-1)[512:] for along in ALONG[2:]])
    # 52 bits of each: about 7.7e5**2 / 2**53 = 7e-5 repeats expected.
    assert np.unique(u).size == u.size


# ---------------------------------------------------------------- the long battery


@pytest.mark.slow
@pytest.mark.parametrize("along", ALONG)
def test_long_collisions_and_spacings(along):
    """Knuth's collision test and Marsaglia's birthday spacings on interleaved streams."""
    u = neighbours(along, 256, 1 << 16).T.reshape(-1)
    # Collisions: 2**20 balls into 2**24 urns of 3 digits of 8 bits, 5 times.
    found = expected = 0.0
    balls, urns = 1 << 20, 1 << 24
    for k in range(5):
        digits = np.floor(u[3 * balls * k : 3 * balls * (k + 1)] * 256).astype(np.int64)
        place = digits[::3] << 16 | digits[1::3] << 8 | digits[2::3]
        found += balls - np.unique(place).size
        expected += balls - urns * -np.expm1(balls * np.log1p(-1 / urns))
    assert abs(found - expected) < 4.5 * expected**0.5
    # Spacings: 4096 birthdays in 2**32 days repeat Poisson(4) spacings; 1024 times, at both ends.
    for shift in (32, 52):
        days = np.floor(np.ldexp(u[: 4096 * 1024], shift) % 2**32).reshape(1024, 4096)
        gaps = np.sort(np.diff(np.sort(days, axis=1), axis=1), axis=1)
        repeats = (np.diff(gaps, axis=1) == 0).sum(axis=1)
        seen = np.bincount(np.minimum(repeats, 11), minlength=12)
        odds = stats.poisson.pmf(np.arange(12), 4096**3 / 2**34)
        odds[11] += stats.poisson.sf(11, 4096**3 / 2**34)
        assert stats.chisquare(seen, odds / odds.sum() * 1024).pvalue > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("along", ALONG)
def test_long_chi_square_and_maxima(along):
    u = neighbours(along, 256, 1 << 17)
    rows = u.reshape(-1)
    assert stats.chisquare(cells(rows, base=1 << 16)).pvalue > ALPHA
    assert stats.chisquare(cells(u[:-1], u[1:], base=1 << 9)).pvalue > ALPHA
    assert stats.chisquare(cells(*(u[i : i - 4] for i in range(4)), base=22)).pvalue > ALPHA
    # Largest of 8 neighbours: its 8th power is uniform.
    top = u.reshape(-1, 8, u.shape[1]).max(axis=1).reshape(-1) ** 8
    assert stats.kstest(top[:1_000_000], "uniform").pvalue > ALPHA
    # Hamming weights of neighbouring numbers.
    bits = np.bitwise_count(np.ldexp(u[:, : 1 << 14], 52).astype(np.uint64)).astype(float)
    r = np.corrcoef(bits)[np.triu_indices(256, 1)] * (1 << 14) ** 0.5
    assert abs(r).max() < largest(r.size)
    assert ALPHA < stats.chi2.cdf((r**2).sum(), r.size) < 1 - ALPHA
