"""How sure an answer is: errors by draws and design, doubts, and what `until` missed."""

import math

import numpy as np
import pytest
from small_config import route, small_config

from simcore import intake
from simcore.analysis.converge import Course, Step, doubt_of, freedom_of, of_run, sizes
from simcore.analysis.targets import target_of
from simcore.dataset import RunError
from simcore.errors import ConfigError
from simcore.plan import build
from simcore.running import engine
from simcore.studies.converge import converge

OPEX = {"kind": "normal", "mean": 300.0, "sd": 40.0, "unit": "EUR/t"}
AT = {"route": "new", "year": "2027"}


def config(**changes):
    return small_config(
        routes={"new": route(other_opex=OPEX)}, outcomes=["cost_premium", "cheapest_route"], keep=["cost_premium"],
        exposures={}, years={"first": 2026, "last": 2028},
        **{"draws": 8192, "design": "random", "replicates": 4, **changes},
    )  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    return build(intake.load(config()))


@pytest.fixture(scope="module")
def found(plan):
    return {one.design: one for one in converge(plan, "cost_premium", AT).courses}


def test_random_draws_have_the_error_of_their_number(found):
    steps = found["random"].steps
    assert [one.draws for one in steps] == [1024, 2048, 4096, 8192]
    for one in steps:
        assert one.half_width == pytest.approx(1.96 * 40 / math.sqrt(one.draws), rel=0.05)
        assert one.freedom == one.draws - 1 and one.doubt == ""
    assert found["random"].slope == pytest.approx(-0.5, abs=0.05)


def test_sobol_points_of_one_input_fall_faster(found):
    assert found["sobol"].steps[-1].half_width < found["random"].steps[-1].half_width / 20
    assert found["sobol"].steps[-1].freedom == 3
    assert found["sobol"].steps[0].doubt and not found["sobol"].steps[1].doubt
    assert found["sobol"].slope < -0.8


@pytest.mark.parametrize(("design", "replicates"), [("random", 1), ("sobol", 4)])
@pytest.mark.parametrize("statistic", ["mean", "p95"])
def test_a_run_says_what_a_config_does(design, replicates, statistic):
    spec = intake.load(config(design=design, draws=2048, replicates=replicates))
    run = engine.run(build(spec), threads=1)
    target = target_of(run, "cost_premium", AT)
    (course,) = of_run(run, target, statistic).courses
    again = converge(build(spec), "cost_premium", AT, statistic=statistic, designs=[design])
    mine, theirs = course.steps[-1], again.courses[0].steps[-1]
    assert (course.design, mine.draws) == (design, theirs.draws)
    assert mine.value == pytest.approx(theirs.value, rel=1e-9)
    assert mine.half_width == pytest.approx(theirs.half_width, rel=1e-6)


@pytest.mark.parametrize(("draws", "design", "word", "freedom"), [
    (2048, "sobol", "fewer than 2 blocks", 7), (256, "sobol", "fewer than 2 blocks", 255),
    (512, "sobol", "fewer than 2 blocks", 1), (4096, "sobol", "", 7),
    (5000, "sobol", "unequal", 7), (5000, "random", "", 4999),
])  # fmt: skip
def test_few_or_unequal_replicates_are_doubted(draws, design, word, freedom):
    assert word in doubt_of(draws, design, 8) and bool(doubt_of(draws, design, 8)) == bool(word)
    assert freedom_of(draws, design, 8) == freedom


def test_sizes_are_doubled_to_the_last():
    assert sizes(5000, 8) == [2048, 4096, 5000]
    assert sizes(4096, 8) == [2048, 4096] and sizes(300, 1) == [256, 300]


def test_slope_is_that_of_what_is_trusted():
    steps = [Step(2**k, 0.0, 8.0 / 2**k, 7, "" if k > 8 else "few") for k in range(8, 12)]
    assert Course("sobol", 8, tuple(steps)).slope == pytest.approx(-1.0)
    assert math.isnan(Course("sobol", 8, tuple(steps[:2])).slope)


def test_until_is_looked_for(plan):
    spec = intake.load(config(until="cost_premium.mean=0.5EUR/t"))
    one = converge(build(spec), "cost_premium", AT, designs=["random"])
    assert one.missed and "wanted 0.5, reached 1.7" in one.until
    assert [draws for draws, _ in one.tried] == [4096, 8192]
    run = engine.run(build(intake.load(config(until="cost_premium.mean=2EUR/t"))), threads=1)
    same = of_run(run, target_of(run, "cost_premium", AT), "mean")
    assert not same.missed and same.until.startswith("until cost_premium.mean: wanted 2, reached 1")


@pytest.mark.parametrize(("name", "at", "more", "word"), [
    ("cost_premiun", AT, {}, "did you mean cost_premium"),
    ("levelised_cost", AT, {}, "add it to outcomes"),
    ("cost_premium", {**AT, "year": "2050"}, {}, "2026 to 2028"),
    ("cost_premium", {**AT, "region": "XX"}, {}, "one of AA"),
    ("cost_premium", {**AT, "colour": "red"}, {}, "a dimension of cost_premium"),
    ("cheapest_route", AT, {}, "no number in each draw"),
    ("cost_premium", AT, {"designs": ["sobel"]}, "did you mean sobol"),
    ("cost_premium", AT, {"statistic": "p42"}, "--statistic"),
])  # fmt: skip
def test_what_is_not_there_is_named(plan, name, at, more, word):
    with pytest.raises((ConfigError, RunError), match=word):
        converge(plan, name, at, **more)


def test_a_short_run_is_refused():
    run = engine.run(build(intake.load(config(draws=300))), threads=1)
    with pytest.raises(RunError, match="two blocks"):
        of_run(run, target_of(run, "cost_premium", AT), "mean")
    assert np.isfinite(run["cost_premium_mean"].sel(route="new")).any()


def test_each_route_has_years_of_its_own():
    raw = config(draws=512)
    raw["routes"] = ["late", "never", "new", "old"]
    raw["catalog"]["routes"] |= {
        "late": route(other_opex=OPEX, available_from=2028),
        "never": route(other_opex=OPEX, available_from=2040),
    }
    plan = build(intake.load(raw))
    early = converge(plan, "cost_premium", {"route": "new", "year": "2026"}, designs=["random"])
    assert early.courses[0].steps[-1].half_width > 0
    for name, year, word in (("late", "2026", "one of 2028"), ("never", "2028", "later years")):
        with pytest.raises(ConfigError, match=word):
            converge(plan, "cost_premium", {"route": name, "year": year}, designs=["random"])
