"""What drives an answer: inputs and prices of a run, tornado, discovery, measures, by hand."""

import json

import numpy as np
import pytest
import xarray as xr
from small_config import commodity, market, route, small_config

from simcore import intake
from simcore.analysis.discover import condition_of, discover
from simcore.analysis.drivers import Driver, drivers_of
from simcore.analysis.given import Given, given
from simcore.analysis.targets import at_of, target_of, usual_target
from simcore.analysis.tornado import Reading, tornado
from simcore.dataset import RunError
from simcore.plan import build
from simcore.running import engine
from simcore.studies.tornado import central_runs, settings_for, with_strikes

STEEL = {"year": "2035", "route": "h2_dri_eaf"}
CONFIG = {
    "extends": "base", "name": "drivers", "seed": 7, "draws": 1024, "years": "2026-2036",
    "regions": ["EU"], "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf"],
    "outcomes": ["carbon_price", "commodity_price", "cost_premium", "project_npv", "deal_closes",
                 "project_gap"],
    "keep": ["inputs", "carbon_price", "commodity_price", "cost_premium", "project_npv",
             "deal_closes"],
    "scenarios": {"law": "law"},
    "projects": {"plant": {"title": "A plant", "region": "EU", "route": "h2_dri_eaf",
                           "start": 2030, "lifetime": 7, "output": 2.0, "against": "bf_bof"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    spec = intake.load(CONFIG)
    assert settings_for(spec, "cost_premium")[0].startswith("outcomes=[carbon_price")
    return with_strikes(build(spec))


@pytest.fixture(scope="module")
def run(plan):
    return engine.run(plan, threads=1).load()


def without(run, *names):
    return run.drop_vars(names)


# --- the inputs of an answer -------------------------------------------------------------------


def test_a_price_stands_for_its_factors(run):
    found = drivers_of(run, target_of(run, "cost_premium", STEEL))
    names = [one.name for one in found.moving]
    assert names[0] == "eu_ets" and "renewable_electricity.EU" in names
    # Of what moves a price, politics alone stands beside it.
    inside = [one for one in found.moving if one.name.startswith("eu_ets.")]
    assert [one.name for one in inside] == ["eu_ets.resolution.year"]
    assert inside[0].group == "policy"
    # What follows from another price is no input; what it adds is.
    assert "scrap.EU" not in names and "scrap.EU.coefficient" in names
    assert found.missing == () and found.draws.all()
    price = next(one for one in found.moving if one.name == "eu_ets")
    assert price.values == pytest.approx(run["carbon_price"].sel(year=2035)[0, 0].values)
    assert (price.unit, price.when, price.classes) == ("EUR/t", "2035", None)


def test_a_present_value_takes_the_discounted_mean_of_its_years(run):
    target = target_of(run, "project_npv", {})
    assert target.years == tuple(range(2030, 2037))
    names = list(run["factor"].values)
    assert target.rate == pytest.approx(float(run["input_central"][names.index("EU.wacc")]))
    factors = (1 + target.rate) ** -np.arange(7.0)
    known = factors @ run["carbon_price"].sel(year=slice(2030, 2036))[0, 0].values / factors.sum()
    price = drivers_of(run, target).moving[0]
    assert price.values == pytest.approx(known, rel=1e-6) and price.when == "2030-2036"


def test_a_price_does_not_drive_itself(run):
    found = drivers_of(run, target_of(run, "carbon_price", {"year": "2035"}))
    names = [one.name for one in found.moving]
    assert "eu_ets" not in names and "eu_ets.anchor" in names


def test_choices_have_names(run):
    choices = json.loads(run.attrs["choices"])
    assert "market" in choices["eu_ets.view"]
    found = drivers_of(without(run, "carbon_price"), target_of(run, "cost_premium", STEEL))
    assert found.missing == ("carbon_price",)
    view = next(one for one in found.moving if one.name == "eu_ets.view")
    assert list(view.classes.values()) == choices["eu_ets.view"]
    assert view.said(0.0) == choices["eu_ets.view"][0]


# --- measures ----------------------------------------------------------------------------------


def test_prices_explain_what_inputs_do_not(run):
    found = given(run, "cost_premium", at=STEEL)
    assert found.fit > 0.98 and found.fit_of_inputs < 0.35
    assert "explain the answer" in found.notes[0]
    assert found.rows[0].name == "eu_ets" and found.rows[0].measures["spearman"][0] < -0.7
    blind = given(without(run, "carbon_price", "commodity_price"), "cost_premium", at=STEEL)
    assert blind.fit == pytest.approx(found.fit_of_inputs, abs=0.05)
    (note,) = blind.notes
    assert "warning" in note and "carbon_price, commodity_price to keep" in note


def test_present_values_are_explained_too(run):
    assert given(run, "project_npv", at={}).fit > 0.97


# --- tornado -----------------------------------------------------------------------------------


def test_the_carbon_price_leads(run):
    found = tornado(run, target_of(run, "cost_premium", STEEL))
    first, second = found.bars[:2]
    assert first.name == "eu_ets" and first.given.spread > 1.5 * second.given.spread
    price = run["carbon_price"].sel(year=2035)[0, 0].values.astype(float)
    answer = run["cost_premium"].sel(year=2035, route="h2_dri_eaf")[0, 0, 0].values.astype(float)
    low, high = np.quantile(price, [0.1, 0.9])
    assert first.given.low == pytest.approx(answer[price <= low].mean())
    assert first.given.high == pytest.approx(answer[price >= high].mean())
    assert (first.low, first.high) == (pytest.approx(low), pytest.approx(high))
    assert len(found.bars) == 12 and found.left_out == len(
        drivers_of(run, found.target).moving) - 12  # fmt: skip
    assert first.central is None and np.isnan(found.base)
    half = found.others.given.spread / 2
    assert found.others.given.low == pytest.approx(found.mean - half)


def test_central_cases_are_those_of_a_config_that_says_so(plan, run):
    """An input at its P10 is a run in which it has that value: the config is changed instead."""
    target = target_of(run, "cost_premium", STEEL)
    found = tornado(run, target, central=central_runs(plan, run), most=99)
    told = run["cost_premium_central"].sel(year=2035, route="h2_dri_eaf").item()
    assert found.base == pytest.approx(told, rel=1e-6)
    bar = {one.name: one for one in found.bars}["EU.wacc"]
    for value, answer in ((bar.low, bar.central.low), (bar.high, bar.central.high)):
        changed = intake.load(CONFIG, draws=256, overrides=[f"catalog.regions.EU.wacc={value!r}"])
        again = engine.run(build(changed), threads=1)
        known = again["cost_premium_central"].sel(year=2035, route="h2_dri_eaf").item()
        assert answer == pytest.approx(known, rel=1e-6)


@pytest.fixture(scope="module")
def small():
    """Premium of a tonne that needs 2 t of ore and saves 2 t CO2, both prices uncertain."""
    spec = intake.load(small_config(
        markets={"home_ets": market({"kind": "gbm", "mu": 0.0, "sigma": 0.3})},
        prices={"ore": {"default": {**commodity(50.0)["default"], "path": {2026: 50.0}}}},
        routes={"new": route(inputs={"ore": {"kind": "uniform", "low": 1.0, "high": 3.0}})},
        outcomes=["carbon_price", "commodity_price", "cost_premium"],
        keep=["inputs", "carbon_price", "commodity_price", "cost_premium"], draws=1024,
        years={"first": 2026, "last": 2028},
    ))  # fmt: skip
    plan = with_strikes(build(spec))
    return plan, engine.run(plan, threads=1).load()


def test_a_price_moves_whole_by_its_own_quantiles(small):
    plan, run = small
    target = target_of(run, "cost_premium", {"route": "new", "year": "2028"})
    found = tornado(run, target, central=central_runs(plan, run))
    bars = {one.name: one for one in found.bars}
    assert set(bars) == {"home_ets", "new.inputs.ore"}
    price = run["carbon_price"].sel(year=2028)[0, 0].values.astype(float)
    low, high = np.quantile(price, [0.1, 0.9])
    # The premium is 50 EUR/t times the ore, less the price of the two tonnes that are saved.
    ore = run["input_central"].sel(factor="new.inputs.ore").item()
    answers = bars["home_ets"].central
    assert answers.low == pytest.approx(50 * ore - 2 * low, rel=1e-5)
    assert answers.high == pytest.approx(50 * ore - 2 * high, rel=1e-5)
    used = bars["new.inputs.ore"]
    assert used.central.high - used.central.low == pytest.approx(50 * (used.high - used.low))
    assert used.low == pytest.approx(1.2, abs=0.02) and found.others is None


def test_variants_have_a_bar_by_name(run):
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 1024).astype(float)
    price = rng.random(1024)
    made = xr.Dataset(
        {"input": (("factor", "draw"), np.array([kind, price])),
         "cost_premium": (("scenario", "draw"), (10.0 * (kind == 1) + price)[None]),
         "cost_premium_mean": (("scenario",), [0.0])},
        {"scenario": ["law"], "factor": ["rule.variant", "x"], "year": [2030],
         "factor_group": ("factor", ["policy", "other"]), "factor_unit": ("factor", ["1", "1"])},
        {"choices": json.dumps({"rule.variant": ["old", "new", "none"]})},
    )  # fmt: skip
    bar = tornado(made, target_of(made, "cost_premium", {})).bars[0]
    assert bar.name == "rule.variant" and bar.high_said == "new" and bar.low_said in ("old", "none")
    assert bar.given.high - bar.given.low == pytest.approx(10.0, abs=0.2)


def test_a_bar_that_another_input_lends_is_left_out():
    """Two prices that go together, of which one alone is in the answer."""
    price = np.random.default_rng(1).normal(100.0, 20.0, 1024)
    made = xr.Dataset(
        {"input": (("factor", "draw"), np.array([price + 1e-3, price, price[::-1]])),
         "cost_premium": (("scenario", "draw"), (300.0 - price - 0.1 * price[::-1])[None]),
         "cost_premium_mean": (("scenario",), [0.0])},
        {"scenario": ["law"], "factor": ["theirs", "ours", "other"], "year": [2030],
         "factor_group": ("factor", ["x"] * 3), "factor_unit": ("factor", ["EUR/t"] * 3),
         "scenario_title": ("scenario", ["The law"])},
    )  # fmt: skip
    target = target_of(made, "cost_premium", {})
    moved = {"theirs": 0.0, "ours": 50.0, "other": 5.0}

    def central(_, drivers, __):
        return 190.0, [Reading(190.0 + moved[one.name], 190.0 - moved[one.name]) for one in drivers]

    found = tornado(made, target, central=central)
    assert [one.name for one in found.bars] == ["ours", "other"] and target.where() == "The law"
    assert found.borrowed == (("theirs", "ours", pytest.approx(1.0)),)
    assert len(tornado(made, target).bars) == 3


def test_how_high_in_its_range_is_no_bare_number(run):
    drivers = drivers_of(run.drop_vars("carbon_price"), target_of(run, "cost_premium", STEEL))
    said = {one.name: one.said(-1.2816) for one in drivers.moving}
    assert said["eu_ets.anchor"] == "its P10" and said["electrolyser.capacity"] == "its P10"
    assert said["EU.wacc"] == "-1.28"
    assert Driver("x", "x", "1e6 t yr-1", "", np.zeros(2)).said(2.0) == "2 M t/yr"


# --- where it fails ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(run):
    return discover(run, condition_of("cost_premium > 300"), at=STEEL, repeats=10)


def test_coverage_and_density_are_counted_by_hand(run, found):
    half = slice(512, None)
    answer = run["cost_premium"].sel(year=2035, route="h2_dri_eaf")[0, 0, 0].values[half]
    inside, fails = np.ones(512, bool), answer > 300
    for side in found.region.sides:
        if side.name in run["market"].values:
            values = run["carbon_price"].sel(year=2035, market=side.name)[0].values
        elif side.name in run["commodity"].values:
            values = run["commodity_price"].sel(year=2035, commodity=side.name)[0].values
        else:
            values = run["input"].sel(factor=side.name).values
        low = -np.inf if np.isnan(side.low) else side.low
        high = np.inf if np.isnan(side.high) else side.high
        inside &= (values[half] >= low) & (values[half] <= high)
    held = found.region.held
    assert held.coverage == (inside & fails).sum() / fails.sum()
    assert held.density == (inside & fails).sum() / inside.sum() and held.mass == inside.mean()
    assert found.share == fails.mean()
    assert found.region.sides[0].name == "eu_ets" and len(found.region.sides) <= 4
    assert found.region.sides[0].restricted == 1.0


def test_the_sentence_says_what_was_counted(found):
    text, held = found.region.sentence(found.share), found.region.held
    first = found.region.sides[0]
    assert text.startswith(f"{first.title} below {first.high:g} EUR/t in 2035")
    assert f"{100 * held.coverage:.0f} % of the failures lie here" in text
    assert f"({100 * found.share:.0f} % overall)" in text


def test_the_way_goes_from_everything_to_little(found):
    assert found.path[0][0] == 0 and found.path[0][1].coverage == 1.0
    masses = [score.mass for _, score in found.path]
    assert masses == sorted(masses, reverse=True)


# --- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "word"), [
    ("cost_premium", "OUTCOME SIGN NUMBER"), ("cost_premium ~ 3", "OUTCOME SIGN NUMBER"),
    ("cost_premium < 1.2.3", "a number"),
])  # fmt: skip
def test_a_condition_is_a_comparison(text, word):
    with pytest.raises(RunError, match=word):
        condition_of(text)


@pytest.mark.parametrize(("text", "word"), [
    ("cost_premium > 1e9", "0 of 1,024 draws meet"),
    ("cost_premium < 1e9", "0 of 1,024 draws do not meet"),
    ("cost_premium > 300", "no year"),
])  # fmt: skip
def test_a_condition_that_tells_nothing(run, text, word):
    at = {"route": "h2_dri_eaf"} if word == "no year" else STEEL
    with pytest.raises(RunError, match=word) as error:
        discover(run, condition_of(text), at=at)
    remedy = error.value.faults[0].remedy
    assert "the median of cost_premium here is" in remedy or "add --at year" in remedy


def test_few_draws_are_refused(run):
    few = run.isel(draw=slice(200))
    target = target_of(few, "cost_premium", STEEL)
    for ask in (
        lambda: tornado(few, target),
        lambda: given(few, "cost_premium", at=STEEL),
        lambda: discover(few, condition_of("cost_premium > 300"), at=STEEL),
    ):
        with pytest.raises(RunError, match="more --draws"):
            ask()


def test_what_is_not_kept_is_named(run):
    bare = without(run, "input", "carbon_price", "commodity_price")
    with pytest.raises(RunError, match=r"keep: \[inputs, carbon_price, commodity_price"):
        tornado(bare, target_of(bare, "cost_premium", STEEL))
    with pytest.raises(RunError, match="add project_gap to keep"):
        target_of(run, "project_gap", {"year": "2035"})


@pytest.mark.parametrize(("at", "word"), [
    ({"year": "2035", "route": "h2_dri"}, "did you mean h2_dri_eaf"),
    ({"year": "2035"}, "add --at route="),
    ({**STEEL, "colour": "green"}, "a dimension of cost_premium"),
    ({"year": "2035", "route": "bf_bof"}, "defined in 0 %"),
])  # fmt: skip
def test_places_that_are_not_there(run, at, word):
    with pytest.raises(RunError, match=word):
        target_of(run, "cost_premium", at)


def test_at_is_read_with_commas():
    assert at_of(["project=a, year=2030", "region=EU"]) == {
        "project": "a", "year": "2030", "region": "EU",
    }  # fmt: skip
    for wrong in (["project"], ["year=2030,year=2031"]):
        with pytest.raises(RunError, match="--at"):
            at_of(wrong)


def test_measures_have_names(run):
    with pytest.raises(RunError, match="did you mean spearman"):
        given(run, "cost_premium", at=STEEL, measures=["spearmann"])


def test_what_is_0_or_1_has_no_density(run):
    at = {"year": "2035"}
    with pytest.raises(RunError, match="pawn measures it"):
        given(run, "deal_closes", at=at, measures=["delta"])


def test_the_usual_answer_is_the_first_that_is_kept(run):
    assert usual_target(run).name == "project_npv"
    rest = usual_target(without(run, "project_npv"))
    assert (rest.name, rest.place["route"]) == ("cost_premium", "h2_dri_eaf")


def test_a_price_that_is_undefined_moves_nothing(run):
    some = run.drop_vars("input").assign({
        name: run[name].where(run["draw"] > 0 if "draw" in run.coords
                              else xr.DataArray(np.arange(1024) > 0, dims="draw"))
        for name in ("carbon_price", "commodity_price")
    })  # fmt: skip
    with pytest.raises(RunError, match="nothing in this run is uncertain"):
        drivers_of(some, target_of(run, "cost_premium", STEEL))


def test_a_former_name_means_the_present_one(run):
    older = run.rename({
        one: one.replace("cost_premium", "carbon_value") for one in map(str, run.data_vars)
        if one.startswith("cost_premium")
    })  # fmt: skip
    assert target_of(older, "premium_per_tonne", STEEL).name == "carbon_value"


def test_a_fit_that_is_unknown_explains_nothing(run):
    target = target_of(run, "cost_premium", STEEL)
    found = Given(target, (), float("nan"), 0.0, (), {}, 1024)
    assert "they explain" not in " ".join(found.notes)


def test_prices_alone_say_that_inputs_are_missing(run):
    found = given(run.drop_vars("input"), "cost_premium", at=STEEL, measures=["spearman"])
    assert found.missing == ("inputs",) and np.isnan(found.fit_of_inputs)


def test_a_limit_on_years_is_a_year(run):
    first = drivers_of(run, target_of(run, "cost_premium", STEEL)).moving[-1].name
    years = xr.DataArray(np.random.default_rng(1).uniform(2026, 2050, 1024), dims="draw")
    some = run.copy()
    some["input"] = run["input"].where(run["factor"] != first, years)
    some["cost_premium"] = run["cost_premium"] * 0 + years
    found = discover(some, condition_of("cost_premium > 2044"), at=STEEL, repeats=2)
    (side,) = found.region.sides
    assert side.name == first and 2043.5 < side.low < 2046
