"""The carbon price as an ensemble of views: its numbers, its identities, its median."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

import simcore
from simcore.kernels import bins, sinks
from simcore.kernels.prices import answered, log_answer
from simcore.kernels.ranks import quantile_ranks
from simcore.running import engine, reduction, tails, views
from simcore.running.options import Options
from simcore.variables import INTERVAL_LEVEL, QUANTILES

YEARS = (2027, 2028, 2030, 2035, 2040)
ENSEMBLE = {2027: (53, 82, 127), 2028: (42, 85, 163), 2030: (32, 91, 204), 2035: (24, 114, 264),
            2040: (21, 133, 296)}  # fmt: skip
VIEWS = {
    "market": {2027: (53, 82, 126), 2030: (30, 79, 191), 2035: (22, 78, 244), 2040: (19, 83, 281)},
    "analysts": {2027: (53, 84, 131), 2030: (35, 101, 225), 2035: (30, 124, 290)},
    "history": {2027: (48, 82, 137), 2030: (26, 82, 228), 2035: (16, 83, 295)},
    "structural": {2027: (54, 78, 115), 2030: (64, 98, 150), 2035: (92, 142, 202)},
}
ASIA = {
    # The design says 31 for P95 of 2027; its own three views give 35.
    "k_ets": (1.606, {2027: (9, 18, 35), 2030: (5, 26, 65), 2035: (4, 32, 97)}),
    "gx_ets": (169 * 1.02, {2027: (1762, 3194, 4407), 2030: (1925, 3482, 4815)}),
    "cn_ets": (8.12, {2027: (54, 91, 126), 2030: (37, 104, 224), 2035: (27, 119, 350)}),
    "in_ccts": (1.13, {2027: (2, 8, 24), 2030: (2, 9, 31), 2035: (2, 10, 52)}),
}


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return simcore.run({
        "name": "views", "draws": 20_000, "years": {"first": 2026, "last": 2040},
        "outcomes": ["carbon_price", "carbon_price_by_view", "at_price_limit", "viability",
                     "viability_by_view"],
        "keep": ["carbon_price"], "dtype": "float64",
        "routes": ["bf_bof", "scrap_eaf", "ng_dri_eaf"],
        "plant": {"start": 2030, "lifetime": 10},
        "scenarios": {"base": {}, "market": "prices_market", "bare": {"catalog": {"markets": {
            "eu_ets": {"policy_effect": None, "response": None}}}}},
    })  # fmt: skip


def triple(values: xr.DataArray, year: int) -> list[float]:
    return values.sel(year=year, quantile=[0.05, 0.5, 0.95]).values.tolist()


def near(found: list[float], expected: tuple[float, ...], tails: float = 0.08) -> bool:
    errors = [abs(a / b - 1) for a, b in zip(found, expected, strict=True)]
    return errors[1] <= 0.04 and max(errors) <= tails


@pytest.mark.parametrize("year", YEARS)
def test_quantiles_of_the_ensemble(run, year):
    price = run.carbon_price_quantile.sel(scenario="base", market="eu_ets")
    assert near(triple(price, year), ENSEMBLE[year])


@pytest.mark.parametrize("view", VIEWS)
def test_quantiles_of_the_views(run, view):
    price = run.carbon_price_by_view_quantile.sel(
        scenario="base", market="eu_ets", view=f"eu_ets.{view}"
    )
    for year, expected in VIEWS[view].items():
        assert near(triple(price, year), expected), (year, triple(price, year))


@pytest.mark.parametrize("market", ASIA)
def test_quantiles_of_other_markets(run, market):
    rate, table = ASIA[market]
    price = rate * run.carbon_price_quantile.sel(scenario="base", market=market)
    for year, expected in table.items():
        found = triple(price, year)
        # Numbers of one digit are rounded by more than the tolerance.
        rough = [0.55 if one < 10 else 0.0 for one in expected]
        for a, b, more, share in zip(found, expected, rough, (0.08, 0.04, 0.08), strict=True):
            assert abs(a - b) <= share * b + more, (year, found)


def test_mean_over_the_futures_price(run):
    futures = 97 / 1.02**5
    ensemble = float(run.carbon_price_mean.sel(scenario="base", market="eu_ets", year=2030))
    alone = run.carbon_price_mean.sel(scenario="bare", market="eu_ets", year=2030)
    assert 1.05 <= ensemble / futures <= 1.35
    assert alone > ensemble  # the response takes from the top
    own = run.carbon_price_mean.sel(scenario="market", market="eu_ets", year=2030)
    assert 1.0 <= float(own) / futures <= 1.15


def test_width_of_the_first_year_and_hard_bounds(run):
    price = run.carbon_price.sel(scenario="base", market="eu_ets")
    assert 0.24 <= float(np.log(price.sel(year=2027)).std()) <= 0.32
    assert float(price.sel(year=2026).std()) < 1e-9
    limit = run.at_price_limit_mean.sel(scenario="base", market="eu_ets")
    for year, most in ((2026, 0.0), (2030, 0.01), (2035, 0.05), (2040, 0.10)):
        assert float(limit.sel(year=year)) <= most
    assert float(limit.sel(year=2040)) > 0.03


def test_shares_of_draws_are_the_weights(run):
    share = run.carbon_price_by_view_defined.sel(scenario="base", market="eu_ets", year=2030)
    for view, weight in {
        "market": 0.35,
        "analysts": 0.3,
        "history": 0.15,
        "structural": 0.2,
    }.items():
        found = float(share.sel(view=f"eu_ets.{view}"))
        assert found == pytest.approx(weight, abs=4 * math.sqrt(weight * (1 - weight) / 20_000))
    alone = run.carbon_price_by_view_defined.sel(scenario="market", market="eu_ets", year=2030)
    assert float(alone.sel(view="eu_ets.market")) == 1.0


@pytest.mark.parametrize(("region", "destination", "market"), [
    ("EU", "domestic", "eu_ets"), ("UK", "domestic", "eu_ets"), ("KR", "eu", "eu_ets"),
    ("KR", "domestic", "k_ets"),
])  # fmt: skip
def test_viability_is_the_sum_over_views(run, region, destination, market):
    at = {"scenario": "base", "region": region, "destination": destination, "route": "scrap_eaf"}
    parts = run.viability_by_view_mean.sel(at) * run.viability_by_view_defined.sel(at)
    whole = run.viability_mean.sel(at)
    np.testing.assert_allclose(parts.sum("view"), whole, atol=1e-12)
    defined = parts["view"].values[parts.notnull().all("year").values]
    assert {str(one).partition(".")[0] for one in defined} == {market}


def without_room(*arguments, choose=bins.choose_bins):
    """Choose bins as ever, and give no row room for what lies in them."""
    choose(*arguments)
    given = inspect.signature(choose.py_func).bind(*arguments).arguments
    some = given["places"][:, given["first"] : given["last"]]
    some[..., sinks.ROOM] = np.minimum(some[..., sinks.ROOM], 1)


@pytest.mark.parametrize(("design", "how"), [
    ("random", "collected"), ("random", "refined"), ("random", "groups"), ("random", "anew"),
    ("sobol", "collected"),
])  # fmt: skip
def test_statistics_of_a_view_are_those_of_its_draws(design, how, monkeypatch):
    """Each view has its own number of draws, and so ranks of its own."""
    spec = simcore.load({
        "name": "apart", "draws": 2048, "design": design, "regions": ["EU"],
        "years": {"first": 2026, "last": 2028}, "destinations": ["domestic"],
        "routes": ["bf_bof"], "scenarios": {"base": {}},
        "outcomes": ["carbon_price_by_view"], "keep": ["carbon_price_by_view"], "dtype": "float64",
    })  # fmt: skip
    if how == "refined":
        monkeypatch.setattr(reduction, "passes_of", lambda *_: 0)
    if how in ("groups", "anew"):
        monkeypatch.setattr(reduction, "passes_of", lambda *_: None)
    if how == "anew":
        monkeypatch.setattr(bins, "choose_bins", without_room)
    # With few values at a time, rows are collected in several groups.
    options = Options(collected=3000) if how == "groups" else None
    run = engine.run(simcore.build(spec), threads=2, options=options)
    name, met = "carbon_price_by_view", set()
    for view in run["view"].values:
        for year in run["year"].values:
            at = {"scenario": "base", "market": "eu_ets", "view": view, "year": year}
            draws = np.sort(run[name].sel(at).dropna("draw").values)
            if not draws.size:
                continue
            met.add(draws.size)
            ranks = quantile_ranks(draws.size, QUANTILES, INTERVAL_LEVEL)
            for end, where in (("low", ranks.low), ("high", ranks.high)):
                found = run[f"{name}_quantile_{end}"].sel(at).values
                np.testing.assert_array_equal(
                    np.where(np.isinf(found), 0.0, found),
                    np.where(np.isinf(found), 0.0, draws[ranks.ranks[where]]),
                )
            quantiles = run[f"{name}_quantile"].sel(at).values
            np.testing.assert_allclose(quantiles, np.quantile(draws, QUANTILES), rtol=1e-13)
            error = draws.std(ddof=1) / math.sqrt(draws.size)
            np.testing.assert_allclose(run[f"{name}_mean"].sel(at), draws.mean(), rtol=1e-12)
            np.testing.assert_allclose(
                run[f"{name}_standard_error"].sel(at), error, rtol=1e-9, atol=1e-12
            )
            assert float(run[f"{name}_defined"].sel(at)) == draws.size / 2048
    assert len(met) > 2


def test_mean_of_a_price_is_the_sum_over_views(run):
    at = {"scenario": "base", "market": "uk_ets"}
    parts = run.carbon_price_by_view_mean.sel(at) * run.carbon_price_by_view_defined.sel(at)
    np.testing.assert_allclose(parts.sum("view"), run.carbon_price_mean.sel(at), rtol=1e-12)


def test_europe_and_asia_are_hardly_correlated(run):
    price = run.carbon_price.sel(scenario="base", year=2030)
    for market in ASIA:
        rank = spearmanr(price.sel(market="eu_ets"), price.sel(market=market))[0]
        assert abs(rank) <= 0.1


def test_views_share_the_shocks():
    """Two views of one process and one sigma are the same path up to their level."""
    view = {"weight": 0.5, "process": {"kind": "random_walk", "sigma": 0.3}}
    spot = {"date": "2026-06-01", "value": 140}
    run = simcore.run({
        "name": "shared", "draws": 512, "regions": ["EU"], "destinations": ["domestic"],
        "routes": ["bf_bof"], "outcomes": ["carbon_price"], "keep": ["carbon_price"],
        "dtype": "float64", "years": {"first": 2026, "last": 2032},
        "scenarios": {name: {"catalog": {"markets": {"eu_ets": {"view": name}}}}
                      for name in ("low", "high")},
        "catalog": {"markets": {"eu_ets": {
            "response": None, "policy_effect": None, "spot": {"date": "2026-06-01", "value": 70},
            "views": {"low": view, "high": {**view, "spot": spot}},
        }}},
    })  # fmt: skip
    low, high = (
        run.carbon_price.sel(scenario=one, market="eu_ets", year=slice(2027, None)).values
        for one in ("low", "high")
    )
    np.testing.assert_allclose(high / low, 2.0, rtol=1e-12)
    # From the first of June: seven months and a third of a year, then a year.
    walk = np.log(low / low.mean(axis=1, keepdims=True))
    first = 0.3**2 * (214 / 365 + 1 / 3)
    assert walk[0].var() == pytest.approx(first, rel=0.2)
    steps = np.diff(np.log(low), axis=0)
    assert steps.std() == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize("price", [1.0, 24.0, 35.0, 90.0, 150.0, 151.0, 300.0, 2000.0])
def test_response_is_the_identity_between_and_increases(price):
    def answer(price):
        return answered(price, log_answer(price, 150.0, 0.5, 35.0, 0.65), 150.0, 35.0)

    found = answer(price)
    if 35 <= price <= 150:
        assert found == price
    assert answer(price * 1.001) > found
    assert answer(price * (1 + 1e-12)) == pytest.approx(found, rel=1e-9)
    assert answer(300.0) == pytest.approx(212.13, abs=0.01)


def test_forward_curve_of_ones_own():
    """A curve in place of anchors, with a premium: the mean follows both."""
    run = simcore.run({
        "name": "forward", "draws": 20_000, "regions": ["EU"], "destinations": ["domestic"],
        "routes": ["bf_bof"], "outcomes": ["carbon_price"], "keep": [],
        "years": {"first": 2026, "last": 2032}, "scenarios": {"base": {}},
        "catalog": {"markets": {"eu_ets": {
            "view": "mine", "response": None, "policy_effect": None,
            "views": {"mine": {
                "forward": {2027: 90, 2030: 97}, "premium": 0.02, "centre": "mean",
                "process": {"kind": "random_walk", "sigma": 0.3},
            }},
        }}},
    })  # fmt: skip
    mean = float(run.carbon_price_mean.sel(scenario="base", market="eu_ets", year=2030))
    assert mean == pytest.approx(97 / 1.02**5 * math.exp(0.02 * 4), rel=0.02)


def skewed(process: dict[str, object]) -> dict[str, object]:
    return {"unit": "EUR/t", "spot": {"year": 2026, "value": 70}, "process": process,
            "anchors": {2030: {"low": 80, "central": 115, "high": 275}}}  # fmt: skip


@pytest.mark.parametrize("process", [
    {"kind": "log_ou", "sigma": {"kind": "triangular", "low": 0.36, "mode": 0.47, "high": 0.57},
     "kappa": 0.05},
    {"kind": "random_walk", "sigma": 0.3},
])  # fmt: skip
def test_median_at_an_anchor_is_the_stated_one(process):
    run = simcore.run({
        "name": "median", "draws": 50_000, "regions": ["EU"], "destinations": ["domestic"],
        "routes": ["bf_bof"], "outcomes": ["carbon_price"], "keep": [],
        "years": {"first": 2026, "last": 2030}, "scenarios": {"base": {}},
        "catalog": {"markets": {"eu_ets": {"views": None, "response": None,
                                           "policy_effect": None, "nominal": False,
                                           **skewed(process)}}},
    })  # fmt: skip
    at = {"scenario": "base", "market": "eu_ets", "year": 2030}
    assert float(run.carbon_price_quantile.sel({**at, "quantile": 0.5})) == pytest.approx(
        115, rel=0.02
    )
    assert float(run.carbon_price_central.sel(at)) == pytest.approx(115)


def test_median_of_every_packaged_commodity():
    run = simcore.run({"name": "medians", "draws": 20_000, "outcomes": ["commodity_price"],
                       "keep": [], "scenarios": {"base": {}}})  # fmt: skip
    spec = simcore.load({"name": "medians", "outcomes": ["commodity_price"], "keep": []})
    checked = 0
    for label in run.commodity.values:
        name, _, place = str(label).partition(".")
        record = spec.experiment.catalog.prices[name][place]
        process = getattr(record, "process", None)
        if process is None or process.jumps is not None or process.steps > 1:
            continue
        if not record.anchors or record.centre == "mean":
            continue
        for year in record.anchors:
            if year not in run.year:
                continue
            at = {"scenario": "base", "commodity": label, "year": year}
            median = float(run.commodity_price_quantile.sel(at).sel(quantile=0.5))
            assert median == pytest.approx(float(run.commodity_price_central.sel(at)), rel=0.02)
            checked += 1
    assert checked > 20


@pytest.mark.parametrize("known", [20, 400])
def test_a_known_price_is_neither_answered_nor_held(known):
    """One price is below the lower threshold, the other above every backstop."""
    spot = {"year": 2026, "value": known, "price_year": 2025}
    run = simcore.run({
        "name": "known", "draws": 256, "years": {"first": 2026, "last": 2027},
        "regions": ["EU"], "outcomes": ["carbon_price", "at_price_limit"], "keep": ["carbon_price"],
        "plant": {"beyond": "hold"}, "catalog": {"markets": {"eu_ets": {"spot": spot}}},
    })  # fmt: skip
    price = run.carbon_price.sel(market="eu_ets", year=2026)
    assert float(abs(price - known).max()) < 1e-4
    assert float(run.at_price_limit_mean.sel(market="eu_ets", year=2026).max()) == 0.0


@pytest.mark.parametrize("risk", [None, {"of": "cost_premium", "tails": [0.02, 0.95]}])
def test_a_run_tells_the_share_of_all_its_passes(risk, monkeypatch):
    """None of what comes after the tiles is done at 100 %."""
    shares, met = [], []
    for module in (views, tails):

        def noted(*arguments, plain=module.samples, **options):
            met.append(shares[-1] if shares else 0.0)
            return plain(*arguments, **options)

        monkeypatch.setattr(module, "samples", noted)
    config = {
        "name": "small", "draws": 2048, "years": "2028-2031", "regions": "EU", "risk": risk,
        "routes": ["bf_bof", "h2_dri_eaf"],
        "outcomes": ["carbon_price_by_view", "cost_premium"],
    }  # fmt: skip
    spec = simcore.load({key: value for key, value in config.items() if value is not None})
    engine.run(simcore.build(spec), threads=1,
               report=lambda share, note="": shares.append(share) or None)  # fmt: skip
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    after = [one for one in met if one > 0.0]
    assert len(after) == (1 if risk is None else 3)
    assert after == sorted({*after}) and max(after) < 0.95
