"""Sampling designs: what each promises of its draws, and that all are functions of the address."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simcore.kernels import designs, random, sobol_tables
from simcore.kernels.designs import ANTITHETIC, DESIGNS, LATIN_HYPERCUBE, RANDOM, SOBOL
from simcore.kernels.streams import MEMBERS, REGIMES, SHOCKS, Stream

OTHERS = [ANTITHETIC, LATIN_HYPERCUBE, SOBOL]
EVERY = [RANDOM, *OTHERS]


def stream_of(name):
    """Stream of a name: `path.role`, or a factor of no path."""
    path, _, role = name.partition(".")
    return Stream(role, path) if role else Stream(path)


def points(design, name, n, *, first=0, step=0, total=None, replicates=1, seed=1):
    """Draws first..first + n - 1 of a stream."""
    family, dimension = stream_of(name).family
    key = np.array(
        [*random.stream_key(seed, name), *random.stream_key(seed, family)], dtype=np.uint64
    )
    padded = -(-n // 256) * 256
    out = np.full(padded, np.nan)
    total = first + n if total is None else total
    designs.fill_design(design, key, dimension, first, step, total, replicates, out)
    return out[:n]


def strata(u, count):
    return np.bincount(np.floor(u * count).astype(int), minlength=count)


# ---------------------------------------------------------------- the address


def test_the_random_design_is_the_addressed_random_numbers():
    out = np.empty(1024)
    random.fill_uniform(*random.stream_key(1, "x.sigma"), 512, 7, out)
    assert np.array_equal(points(RANDOM, "x.sigma", 1024, first=512, step=7, replicates=8), out)


def test_an_unknown_design_writes_nothing_believable():
    assert np.isnan(points(99, "x", 256)).all()


@settings(max_examples=60, deadline=None)
@given(
    design=st.sampled_from(EVERY),
    name=st.sampled_from(["capex", "eu_ets.anchor", "eu_ets.shock"]),
    total=st.integers(1, 4000),
    replicates=st.integers(1, 9),
    block=st.integers(0, 15),
    count=st.integers(1, 4),
)
def test_any_split_into_blocks_gives_the_same_bits(design, name, total, replicates, block, count):
    step = 2031 if name.endswith("shock") else 0
    options = {"step": step, "total": total, "replicates": replicates}
    whole = points(design, name, 20 * 256, **options)
    part = points(design, name, count * 256, first=block * 256, **options)
    here = slice(block * 256, min(total, (block + count) * 256))
    assert np.array_equal(whole[here], part[: max(0, here.stop - here.start)])
    # float64 is finer than any of the grids: the ends are never met.
    assert (whole[:total] > 0).all() and (whole[:total] < 1).all()


@pytest.mark.parametrize("replicates", [1, 3, 8])
@pytest.mark.parametrize("design", [RANDOM, ANTITHETIC, SOBOL])
def test_first_draws_are_those_of_a_shorter_run(design, replicates):
    short = points(design, "x", 1000, replicates=replicates)
    assert np.array_equal(short, points(design, "x", 9000, replicates=replicates)[:1000])


@pytest.mark.parametrize("design", EVERY)
def test_seed_name_and_step_change_the_draws(design):
    found = [
        points(design, name, 256, step=step, seed=seed)
        for name in ("a", "b", "a.sigma", "a.shock")
        for step in (0, 2026, 2027)
        for seed in (1, 2)
    ]
    for one, other in itertools.combinations(found, 2):
        assert not np.array_equal(one, other)


# ---------------------------------------------------------------- every design is uniform


@pytest.mark.parametrize("name", ["a", "p.anchor", "p.tightening.strength", "p.shock"])
@pytest.mark.parametrize("design", OTHERS)
def test_a_single_draw_is_uniform_over_seeds(design, name):
    """Draw 77 of 500, over 4000 seeds: unbiased, however few draws there are."""
    step = 2031 if name.endswith("shock") else 0
    u = np.array([points(design, name, 256, seed=s, step=step, total=500)[77] for s in range(4000)])
    assert stats.kstest(u, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("design", OTHERS)
@pytest.mark.parametrize("pair", [(3, 4), (3, 200), (0, 128)])
def test_two_draws_are_uncorrelated_but_for_the_design(design, pair):
    """Over seeds, stratified draws avoid each other: correlation -1/(n - 1) at n = 256."""
    if design == ANTITHETIC:
        pair = (pair[0] + 1, pair[1] + 3)
    u = np.array([points(design, "a", 256, seed=s)[list(pair)] for s in range(4000)])
    assert abs(np.corrcoef(u.T)[0, 1] + 1 / 255) < 4.5 / 4000**0.5


# ---------------------------------------------------------------- antithetic


def test_antithetic_pairs_are_exact_mirrors():
    u = points(ANTITHETIC, "x", 5120)
    assert np.array_equal(u[1::2], 1 - u[::2])
    assert np.array_equal(u[::2], points(RANDOM, "x", 2560))
    z = np.empty_like(u)
    random.normal_of_uniform(u, z)
    assert np.array_equal(z[1::2], -z[::2])


# ---------------------------------------------------------------- Latin hypercube


@settings(max_examples=80, deadline=None)
@given(total=st.integers(1, 6000), replicates=st.integers(1, 9), seed=st.integers(0, 10**9))
def test_one_draw_falls_into_each_stratum(total, replicates, seed):
    u = points(LATIN_HYPERCUBE, "x", total, replicates=replicates, seed=seed)
    replicate = np.arange(total) // 256 % replicates
    for one in range(replicates):
        mine = u[replicate == one]
        if mine.size:
            assert (strata(mine, mine.size) == 1).all()


def test_a_million_strata_hold_one_draw_each():
    total = 1_000_003
    assert (strata(points(LATIN_HYPERCUBE, "x", total), total) == 1).all()


def test_a_draw_keeps_its_stratum_among_a_billion():
    """The largest run allowed: the number of the stratum takes 30 of 53 bits."""
    total = 1_000_000_000
    u = points(LATIN_HYPERCUBE, "x", 25_600, first=512_000_000, total=total)
    place = np.floor(u * total)
    assert np.unique(place).size == u.size
    assert stats.kstest(u, "uniform").pvalue > 1e-4
    within = u * total - place
    assert stats.kstest(within, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("total", [2, 3, 6, 20, 60])
def test_every_pair_of_strata_is_as_likely(total):
    """For two draws of a sample, next to each other or not, over 8000 seeds."""
    count = 8000
    found = np.array(
        [np.floor(points(LATIN_HYPERCUBE, "x", total, seed=s) * total) for s in range(count)]
    ).astype(int)
    for other in {1, total // 2, total - 1}:
        pairs = np.bincount(found[:, 0] * total + found[:, other], minlength=total**2)
        possible = pairs.reshape(total, total)[~np.eye(total, dtype=bool)]
        assert possible.sum() == count
        assert stats.chisquare(possible).pvalue > 1e-4


def test_the_order_of_the_strata_is_random():
    """Neighbours in time, and neighbours in place, know nothing of each other."""
    total = 20_000
    u = points(LATIN_HYPERCUBE, "x", total)
    for lag in (1, 2, 141, 142, 256):
        assert abs(np.corrcoef(u[lag:], u[:-lag])[0, 1]) < 4.5 / total**0.5
    time = np.argsort(u) / total
    for lag in (1, 2, 141, 142, 256):
        assert abs(np.corrcoef(time[lag:], time[:-lag])[0, 1]) < 4.5 / total**0.5


# ---------------------------------------------------------------- Sobol


def test_direction_numbers_are_rebuilt():
    shipped = np.load(sobol_tables.DIRECTIONS, allow_pickle=False)
    assert np.array_equal(shipped, sobol_tables.build_directions())


def test_points_before_scrambling_are_those_of_scipy():
    count = 1024
    natural = stats.qmc.Sobol(sobol_tables.DIMENSIONS, scramble=False, bits=32).random(count)
    gray = np.arange(count) ^ (np.arange(count) >> 1)
    for dimension in range(sobol_tables.DIMENSIONS):
        digits = [designs.sobol_point(np.uint64(dimension), np.uint64(i)) for i in gray]
        found = [int(f"{int(d):032b}"[::-1], 2) / 2.0**32 for d in digits]
        assert np.array_equal(found, natural[:, dimension])
    patterns = designs._PATTERNS.reshape(sobol_tables.DIMENSIONS, 256)
    for dimension in (0, 1, 77, 127):
        for lane in (0, 1, 100, 255):
            digits = designs.sobol_point(np.uint64(dimension), np.uint64(lane))
            assert digits == patterns[dimension, lane]


MOVED = [("p.shock", year) for year in (2020, 2026, 2050, 2100, 2010)]


@pytest.mark.parametrize(
    ("name", "step"), [("x", 0), ("p.anchor", 0), ("p.sigma", 0), ("p.mu", 0), *MOVED]
)
def test_aligned_draws_fall_one_into_each_stratum(name, step):
    n = 1 << 14
    u = points(SOBOL, name, n, step=step)
    for m in range(8, 15):
        groups = np.floor(u.reshape(-1, 1 << m) * (1 << m)).astype(int)
        assert (np.sort(groups, axis=1) == np.arange(1 << m)).all()


@pytest.mark.parametrize("replicates", [2, 8])
def test_each_replicate_is_a_sequence_of_its_own(replicates):
    n = 2048 * replicates
    u = points(SOBOL, "x", n, replicates=replicates).reshape(8, replicates, 256)
    each = [u[:, one].reshape(-1) for one in range(replicates)]
    for one in each:
        assert (strata(one, 2048) == 1).all()
    for one, other in itertools.combinations(each, 2):
        assert not np.isin(one, other).any()
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / 2048**0.5


def elementary(x, y, m, split):
    """Draws in each of the 2**m boxes, 2**split of them side by side along x."""
    place = np.floor(x * 2**split) * 2 ** (m - split) + np.floor(y * 2 ** (m - split))
    return np.bincount(place.astype(int), minlength=1 << m)


@pytest.mark.parametrize("first", [0, 3])
def test_first_two_dimensions_are_a_net_of_quality_zero(first):
    """(0, m, 2)-net: every elementary box of volume 2**-m holds one of 2**m aligned draws."""
    for m in (8, 10, 13):
        at = first << m
        x, y = (points(SOBOL, name, 1 << m, first=at) for name in ("p.anchor", "p.sigma"))
        for split in range(m + 1):
            assert (elementary(x, y, m, split) == 1).all()


def quality(x, y, m):
    """Least t for which 2**m points are a (t, m, 2)-net."""
    return next(
        t for t in range(m + 1)
        if all((elementary(x, y, m - t, split) == 1 << t).all() for split in range(m - t + 1))
    )  # fmt: skip


def test_members_of_a_family_are_the_nets_that_their_dimensions_are():
    m = 11
    members = [(f"p.{name}", 0) for name in MEMBERS[:4]]
    members += [("p.shock", year) for year in (2026, 2027)]
    plain = stats.qmc.Sobol(64, scramble=False, bits=32).random(1 << m)
    columns = [0, 1, 2, 3, SHOCKS + 6, SHOCKS + 7]
    mine = [points(SOBOL, name, 1 << m, step=step) for name, step in members]
    for one, other in itertools.combinations(range(6), 2):
        expected = quality(plain[:, columns[one]], plain[:, columns[other]], m)
        assert quality(mine[one], mine[other], m) == expected < m - 3


def test_no_two_streams_share_family_and_dimension():
    roles = (*MEMBERS, *(f"regimes.{name}.sigma" for name in ("calm", "wild", "worst")), "shock")
    streams = [Stream(role, "eu_ets", place=max(place - len(MEMBERS), 0))
               for place, role in enumerate(roles)]  # fmt: skip
    families = [one.family for one in streams]
    assert {name for name, _ in families} == {"eu_ets.*"}
    years = [SHOCKS + (year - designs.FIRST_YEAR) % 108 for year in range(1990, 2098)]
    assert sorted(years) == list(range(SHOCKS, sobol_tables.DIMENSIONS))
    assert len({dimension for _, dimension in families} | set(years)) == len(roles) + 107
    assert Stream("tightening.year", "natural_gas.EU").family == ("natural_gas.EU.*", 4)
    assert Stream("capex.EU", "bf_bof").family == ("bf_bof.capex.EU", 0)
    # A factor with the name of a market, or of a parameter, is no member of its family.
    assert Stream("eu_ets").family == ("eu_ets", 0)
    assert Stream("mine.sigma").family == ("mine.sigma", 0)
    assert Stream("sigma", "eu_ets", "high/").family == ("high/eu_ets.*", 1)
    assert len(MEMBERS) <= REGIMES


def test_one_more_member_moves_no_shock():
    assert Stream("shock", "eu_ets").family == ("eu_ets.*", 20)


def test_families_are_matched_at_random():
    """Correlations between families are those of random draws, in the first digits too."""
    n, names = 2048, [f"factor {i}" for i in range(60)]
    u = np.array([points(SOBOL, name, n) for name in names])
    off = ~np.eye(len(names), dtype=bool)
    # Without an order of its own, two factors agree or differ in all first digits: +-1.
    for digit in (2, 4, 8):
        wave = 2.0 * (np.floor(u * digit) % 2) - 1
        matched = (wave @ wave.T / n)[off]
        assert abs(matched).max() < 5.5 / n**0.5
        assert 0.85 < matched.std() * n**0.5 < 1.15
    assert 0.85 < np.corrcoef(u)[off].std() * n**0.5 < 1.15


@pytest.mark.long
@pytest.mark.parametrize("word", range(4))
def test_scrambling_flips_the_nodes_of_the_tree_independently(word):
    """63 nodes of the first six levels over 4000 keys: even odds, and no pair agrees too often.

    The lowest bits of 32-bit quarters of the key decide, so each quarter is also held fixed.
    """
    count = 4000
    keys = np.array([random.stream_key(s, "tree") for s in range(count)], dtype=np.uint64)
    if word > 1:
        keep = np.uint64(0xFFFFFFFF if word == 2 else 0xFFFFFFFF00000000)
        keys[:, 0] = keys[0, 0] & ~keep | keys[:, 0] & keep
    flips = []
    for depth in range(6):
        for node in range(1 << depth):
            y = np.uint64(node)
            bits = [designs.nested(y, k1, k2) >> np.uint64(depth) & np.uint64(1) for k1, k2 in keys]
            flips.append(2.0 * np.array(bits, dtype=float) - 1)
    flips = np.array(flips)
    assert abs(flips.mean(axis=1)).max() < 5 / count**0.5
    together = flips @ flips.T / count
    np.fill_diagonal(together, 0)
    assert abs(together).max() < 5.5 / count**0.5


def test_nested_permutation_keeps_the_tree():
    """A digit of the result depends on the same and the earlier digits only."""
    generator = np.random.default_rng(1)
    for _ in range(200):
        y, k1, k2, noise = generator.integers(0, 2**64, 4, dtype=np.uint64)
        digits = int(generator.integers(1, 64))
        low = np.uint64((1 << digits) - 1)
        first = designs.nested(y, k1, k2)
        second = designs.nested(y & low | noise & ~low, k1, k2)
        assert first & low == second & low


# ---------------------------------------------------------------- what they are for


def smooth(u):
    """A product of four increasing functions; its mean is 1."""
    slopes = np.array([1.0, 0.7, 0.5, 0.3])
    return np.prod(1 + slopes * (u - 0.5), axis=1)


def errors(design, names, n, replications=40):
    found = [
        smooth(np.column_stack([points(design, name, n, seed=s) for name in names])).mean() - 1
        for s in range(replications)
    ]
    return float(np.sqrt(np.mean(np.square(found))))


FAMILY = ["p.anchor", "p.sigma", "p.kappa", "p.carry"]
STRANGERS = ["a", "b", "c", "d"]


def test_means_converge_faster_than_random():
    n = 4096
    chance = errors(RANDOM, FAMILY, n)
    # Root mean square errors of 40 runs scatter by 11 %; the bounds are twice what is expected.
    assert chance == pytest.approx(0.383 / n**0.5, rel=0.4)
    assert errors(SOBOL, FAMILY, n) < chance / 100
    assert errors(SOBOL, STRANGERS, n) < chance / 2.5
    assert errors(LATIN_HYPERCUBE, STRANGERS, n) < chance / 2.5
    assert errors(ANTITHETIC, STRANGERS, n) < chance / 2


def test_within_a_family_the_error_falls_faster_than_one_over_n():
    coarse, fine = (errors(SOBOL, FAMILY, n) for n in (256, 4096))
    assert fine < coarse / 16


@pytest.mark.parametrize("design", OTHERS)
def test_replicates_tell_the_error(design):
    """The spread of the replicates' means against the true error, over 60 runs."""
    n, replicates = 8192, 8
    stated, true = [], []
    for seed in range(60):
        u = np.column_stack(
            [points(design, name, n, replicates=replicates, seed=seed) for name in STRANGERS]
        )
        values = smooth(u).reshape(-1, replicates, 256).mean(axis=(0, 2))
        stated.append(values.var(ddof=1) / replicates)
        true.append((values.mean() - 1) ** 2)
    # Ratio of two estimates with 420 and 60 degrees of freedom.
    ratio = np.mean(true) / np.mean(stated)
    assert stats.f.ppf(1e-4, 60, 420) < ratio < stats.f.isf(1e-4, 60, 420)


def test_designs_have_the_names_of_the_config():
    assert list(DESIGNS) == ["random", "latin_hypercube", "sobol", "antithetic", "sobol_bridge"]
