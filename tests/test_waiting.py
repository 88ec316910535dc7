"""The right to wait: the study beside a run and a plain regression, what is refused, the command."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml
from small_config import market, route, small_config

import simcore
from simcore.analysis.waiting import Ends, choices_of, said_limit, said_simple
from simcore.cli import main
from simcore.errors import ConfigError
from simcore.studies.waiting import waiting
from simcore.terminal.waiting_table import _choice_lines

DATES = (2030, 2032, 2034)
DRAWS = 2048
GAS = {"region": "EU", "route": "ng_dri_eaf", "start": 2030, "lifetime": 20, "output": 2.0,
       "against": "bf_bof"}  # fmt: skip


def config(waits: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One gas-based plant in place of a furnace, that may be put off."""
    asked = {"dates": list(DATES), "knows": ["carbon_price"], "draws": DRAWS, "degree": 1}
    return copy.deepcopy({
        "name": "small", "draws": 256, "seed": 5, "years": "2026-2053", "regions": ["EU"],
        "routes": ["ng_dri_eaf"], "scenarios": ["law"], "projects": {"gas": GAS},
        "waiting": {"gas": {**asked, **(waits or {})}}, **changes,
    })  # fmt: skip


def choice(content, **options):
    found = waiting(simcore.load(content), **options)
    (one,) = choices_of(found)
    return one


@pytest.fixture(scope="module")
def found():
    return waiting(simcore.load(config()))


@pytest.fixture(scope="module")
def run():
    """The same plants as projects of a run of independent draws, all valued in one year."""
    plants = {f"in_{date}": {**GAS, "start": date, "valued_in": 2029} for date in DATES}
    content = config(projects=plants, design="random", replicates=1, draws=DRAWS,
                     outcomes=["project_npv", "carbon_price"],
                     keep=["project_npv", "carbon_price"], dtype="float64")  # fmt: skip
    del content["waiting"]
    return simcore.run(content)


# --- beside a run --------------------------------------------------------------------------------


def test_values_are_those_of_projects_of_a_run(found, run):
    half = np.arange(DRAWS) // 256 % 2 == 1
    for date in DATES:
        npv = run["project_npv"].sel(project=f"in_{date}").values.ravel()[half]
        fixed = found["wait_fixed"].sel(date=date, option="gas").item()
        assert fixed == pytest.approx(npv.mean(), rel=1e-12)
    assert found["wait_fixed"].sel(date=2034, option="never").item() == 0.0


def test_the_rule_is_that_of_a_plain_regression(found, run):
    # Backwards from the last date, a straight line in the log of the price of the year before.
    half = np.arange(DRAWS) // 256 % 2 == 1
    npv = [run["project_npv"].sel(project=f"in_{date}").values.ravel() for date in DATES]
    logs = [np.log(run["carbon_price"].sel(market="eu_ets", year=date - 1).values.ravel())
            for date in DATES]  # fmt: skip
    waits, rules = np.zeros((~half).sum()), []
    for worth, known in zip(reversed(npv), reversed(logs), strict=True):
        slope, start = np.polyfit(known[~half], worth[~half] - waits, 1)
        rules.insert(0, (slope, start))
        builds = start + slope * known[~half] > 0
        waits = np.where(builds, worth[~half], waits)
    value, still = np.zeros(half.sum()), np.ones(half.sum(), bool)
    shares = []
    for (slope, start), worth, known in zip(rules, npv, logs, strict=True):
        builds = still & (start + slope * known[half] > 0)
        value[builds] = worth[half][builds]
        still &= ~builds
        shares.append(builds.mean())
    (one,) = choices_of(found)
    assert one.means["wait_value"].value == pytest.approx(value.mean(), rel=1e-9)
    assert [one.probability[date, "gas"] for date in DATES] == pytest.approx(shares)
    assert one.never == pytest.approx(still.mean())
    for limit, (slope, start) in zip(one.limits, rules, strict=True):
        assert limit.kind == "above"
        assert limit.value == pytest.approx(np.exp(-start / slope), rel=1e-6)
    best = max(0.0, *(worth[half].mean() for worth in npv))
    assert one.means["wait_best"].value == pytest.approx(best, rel=1e-12)
    foresight = np.maximum(np.max(npv, axis=0)[half], 0.0).mean()
    assert one.means["wait_perfect"].value == pytest.approx(foresight, rel=1e-12)
    paired = value - (npv[one.dates.index(one.best[0])][half] if best > 0 else 0.0)
    option = one.means["wait_option"]
    assert option.value == pytest.approx(paired.mean(), rel=1e-9)
    assert option.half == pytest.approx(
        1.959964 * paired.std(ddof=1) / len(paired) ** 0.5, rel=1e-5
    )


def test_the_order_of_what_is_known(found):
    (one,) = choices_of(found)
    means = one.means
    assert means["wait_best"].value <= means["wait_value"].high
    assert means["wait_value"].value <= means["wait_perfect"].value
    assert means["wait_simple"].value <= means["wait_perfect"].value
    shares = [value for value in one.probability.values() if np.isfinite(value)]
    assert sum(shares) == pytest.approx(1.0)


def test_design_and_replicates_of_the_run_change_nothing(found):
    again = waiting(simcore.load(config(design="sobol", replicates=4)))
    np.testing.assert_array_equal(again["wait_value"], found["wait_value"])


def test_threads_change_nothing(found):
    again = simcore.wait(config(), names="gas", threads=2)
    np.testing.assert_array_equal(again["wait_value"], found["wait_value"])


# --- what it depends on --------------------------------------------------------------------------


def test_without_uncertainty_the_option_is_worth_nothing():
    prices = {"kind": "scenario"}
    quiet = small_config(
        years={"first": 2026, "last": 2040}, outcomes=["project_npv"], exposures={}, draws=256,
        markets={"home_ets": market(prices, path={2026: 40.0, 2040: 300.0})},
        projects={"new": {"region": "AA", "route": "new", "start": 2028, "lifetime": 8, "output": 1,
                          "against": "old"}},
        waiting={"new": {"dates": [2028, 2030, 2032], "knows": "carbon_price", "draws": 1024}},
    )  # fmt: skip
    quiet["catalog"]["markets"]["home_ets"].pop("spot")
    one = choice(quiet)
    assert one.means["wait_option"] == (0.0, 0.0, 0.0)
    assert one.means["wait_perfect"].value == one.means["wait_best"].value
    assert not one.is_worth
    assert np.isnan(one.captured)


def ruled(revealed: int, knows: str = "policy") -> dict[str, Any]:
    """A plant that gains 60 a tonne where emissions are covered, in 0.4 of the draws, else loses."""
    content = small_config(
        years={"first": 2026, "last": 2042}, outcomes=["project_npv"], exposures={}, draws=256,
        routes={"new": route(other_opex=100.0)},
        projects={"new": {"region": "AA", "route": "new", "start": 2028, "lifetime": 8, "output": 1,
                          "against": "old"}},
        waiting={"new": {"dates": [2028, 2030, 2032], "knows": knows, "draws": 4096}},
    )  # fmt: skip
    content["catalog"]["regions"]["AA"]["coverage"] = "rule"
    content["catalog"]["policies"] = {"rule": {
        "variant": {"kind": "discrete", "values": ["off", "on"], "probabilities": [0.6, 0.4]},
        "known_until": 2026, "revealed": revealed,
        "variants": {name: {"values": {2026: value}} for name, value in (("off", 0), ("on", 1))},
    }}  # fmt: skip
    return content


@pytest.mark.parametrize("knows", ["policy", "rule"])
def test_a_policy_tells_from_the_year_on_in_which_it_is_revealed(knows):
    # Decided in 2027, 2029 and 2031: in 2029 one knows, and who may build does so then.
    one = choice(ruled(2029, knows))
    built = [one.probability[date, "new"] for date in one.dates]
    assert built[::2] == [0.0, 0.0]
    assert built[1] == pytest.approx(0.4, abs=0.04)
    assert one.limits == []
    assert one.simple == {}
    early = choice(ruled(2027, knows))
    assert early.probability[2028, "new"] == pytest.approx(built[1])
    assert early.means["wait_value"].value > one.means["wait_value"].value > 0
    assert early.means["wait_value"].value == pytest.approx(early.means["wait_perfect"].value)


def test_a_policy_that_is_revealed_too_late_is_refused():
    with pytest.raises(ConfigError, match=r"none is revealed by the last decision \(2031\)"):
        simcore.load(ruled(2040))
    with pytest.raises(ConfigError, match="2040, after the last decision"):
        simcore.load(ruled(2040, "rule"))


def test_to_wait_that_costs_something_is_worth_less():
    plant = {"gas": {**GAS, "rate": 0.08}}
    free = choice(config(projects=plant))
    dear = choice(config({"cost": "60 EUR/(t/yr)"}, projects=plant))
    assert dear.means["wait_value"].value < free.means["wait_value"].value
    paid = 60 * 2.0
    # Discounted to 2029, the year of the first decision, from which on it is paid.
    assert dear.fixed[2032, "gas"].value == pytest.approx(free.fixed[2032, "gas"].value - paid)
    assert dear.fixed[2030, "never"].value == 0.0
    assert dear.fixed[2032, "never"].value == pytest.approx(-paid)
    assert dear.fixed[2034, "never"].value == pytest.approx(-paid - paid / 1.08**2)
    assert (2030, "never") not in free.fixed


def test_the_lead_is_the_first_year_that_is_paid():
    assert choice(config(), draws=1024).lead == 1
    two = config(projects={"gas": {**GAS, "spend": {-2: 0.4, -1: 0.6}}})
    assert choice(two, draws=1024).lead == 2
    assert choice(config({"lead": 0}), draws=1024).lead == 0


def test_of_several_plants_the_best_is_taken_and_one_that_comes_later_waits():
    plants = {"gas": GAS, "scrap": {**GAS, "route": "scrap_eaf"},
              "h2": {**GAS, "route": "h2_dri_eaf", "start": 2032}}  # fmt: skip
    route = {"routes": {"h2_dri_eaf": {"available_from": 2032}}}
    one = choice(config(projects=plants, catalog=route, waiting={"furnace": {
        "projects": list(plants), "dates": list(DATES), "draws": DRAWS,
        "knows": ["carbon_price", "natural_gas", "scrap"]}}))  # fmt: skip
    assert (2030, "h2") not in one.fixed
    assert (2032, "h2") in one.fixed
    assert one.options == {name: name for name in (*plants, "never")}
    best = max(value.value for value in one.fixed.values())
    assert one.means["wait_best"].value == best
    assert one.means["wait_value"].high >= best


def test_contracts_are_bid_anew_for_each_date():
    contract = {"kind": "ccfd", "term": 15, "source": "illustration", "status": "assumed"}

    def told(strike):
        one = {"contract": {**contract, "strike": strike}}
        plant = {"gas": {**GAS, "instruments": ["contract"]}}
        found = choice(config(projects=plant, catalog={"instruments": one}), draws=1024)
        return [found.fixed[date, "gas"].value for date in DATES]

    anew = told({"break_even": 0.8})
    assert told({"break_even": 0.8, "in": "law"}) == anew
    assert told("200 EUR/t") != anew


# --- what is refused -----------------------------------------------------------------------------

FAULTS = {
    "unknown project": ({"projects": ["gass"]}, "waiting.gas.projects.0", "did you mean 'gas'?"),
    "date outside": ({"dates": [2030, 2060]}, "waiting.gas.dates.1", "2026-2060"),
    "date twice": ({"dates": [2030, 2030]}, "waiting.gas.dates", "remove one"),
    "before the run": ({"dates": [2026, 2030]}, "waiting.gas.dates.0", "a later date"),
    "unknown name": ({"knows": ["carbon_prize"]}, "waiting.gas.knows.0", "'carbon_price'?"),
    "unknown price": ({"knows": ["electricty"]}, "waiting.gas.knows.0", "electricity"),
    "nothing revealed": ({"knows": ["policy"]}, "waiting.gas.knows.0", "remove it"),
    "certain policy": ({"knows": ["eu_free_allocation"]}, "waiting.gas.knows.0", "tells nothing"),
    "nothing known": ({"knows": []}, "waiting.gas.knows", ""),
    "few draws": ({"draws": 100}, "waiting.gas.draws", ""),
    "high degree": ({"degree": 4}, "waiting.gas.degree", ""),
    "unit of the cost": ({"cost": "5 EUR/t"}, "waiting.gas.cost", ""),
    "unknown key": ({"known": ["carbon_price"]}, "waiting.gas.known", "knows"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name):
    change, where, remedy = FAULTS[name]
    with pytest.raises(ConfigError) as raised:
        simcore.load(config(change))
    assert [one.where for one in raised.value.faults] == [where]
    assert remedy in raised.value.faults[0].remedy


def test_a_policy_that_does_not_say_when():
    chance = {"kind": "discrete", "values": ["law", "reform_2026"], "probabilities": [0.4, 0.6]}
    catalog = {"policies": {"eu_free_allocation": {"variant": chance}}}
    for name in ("policy", "eu_free_allocation"):
        with pytest.raises(ConfigError, match=r"eu_free_allocation\.revealed: YEAR"):
            simcore.load(config({"knows": [name]}, catalog=catalog, scenarios={"undecided": {}}))


def test_plants_of_two_regions_and_one_that_outlives_the_run():
    other = {**GAS, "region": "UK"}
    with pytest.raises(ConfigError, match="plants of one region"):
        simcore.load(config({"projects": ["gas", "other"]}, projects={"gas": GAS, "other": other}))
    with pytest.raises(ConfigError, match="after the horizon"):
        simcore.load(config({"dates": [2030, 2040]}, projects={"gas": {**GAS, "beyond": "error"}}))


def test_phases_would_not_move_with_the_start():
    later = {**GAS, "phases": {2030: "ng_dri_eaf", 2036: "h2_dri_eaf"}, "conversion": 100}
    for plant in (later, {**GAS, "closes": 2040}):
        with pytest.raises(ConfigError, match="do not move with its start"):
            simcore.load(config(projects={"gas": plant}))


def test_what_else_names_projects_is_no_hindrance(found):
    """Each part names a plant that is not of the choice, and is an outcome of the run."""
    other = {"gas": GAS, "scrap": {**GAS, "route": "scrap_eaf"}}
    works = {"kind": "capex", "project": "scrap"}
    content = config(
        projects=other, portfolios={"both": {"projects": ["gas", "scrap"]}},
        decisions={"now": ["scrap"], "none": []},
        accounts={"fund": {"first": 2028, "last": 2040, "rate": 0.03, "outflow": {"works": works}}},
        outcomes=["portfolio_npv", "decision_npv", "account_balance"],
    )  # fmt: skip
    again = waiting(simcore.load(content))
    np.testing.assert_array_equal(again["wait_value"], found["wait_value"])


def test_too_few_draws_for_a_degree_that_is_asked_for():
    with pytest.raises(ConfigError, match="50 draws for each coefficient"):
        choice(config({
            "knows": ["carbon_price", "natural_gas", "electricity", "scrap"], "degree": 3,
            "draws": 1024,
        }))  # fmt: skip


# --- the command ---------------------------------------------------------------------------------


def test_command_saves_shows_again_and_draws(tmp_path, capsys):
    file, out = tmp_path / "small.yaml", tmp_path / "wait.nc"
    file.write_text(yaml.safe_dump(config()))
    assert main(["wait", str(file), "-o", str(out), "--plots", str(tmp_path), "--quiet"]) == 0
    text = capsys.readouterr().out
    assert (tmp_path / "waiting.png").stat().st_size > 10_000
    assert max(map(len, text.splitlines())) <= 100
    assert "not what an option" in text
    assert "2030: start gas if the carbon price of 2029 is above" in text
    assert main(["wait", str(out)]) == 0
    assert capsys.readouterr().out.strip() in text
    assert main(["wait", str(out), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    with simcore.open_run(out) as found:
        (one,) = choices_of(found)
    told = {row["what"]: row["value"] for row in rows if row["date"] is None}
    assert told["wait_value"] == one.means["wait_value"].value
    assert main(["wait", str(out), "--csv"]) == 0
    assert said_limit(one, one.limits[0]) in capsys.readouterr().out
    assert f"above {one.simple['limit']:.0f} EUR/t" in said_simple(one)
    assert main(["wait", str(out), "--seed", "3"]) == 2
    assert "no --seed with what was saved" in capsys.readouterr().err
    assert main(["summary", str(out)]) == 2
    assert f"simcore wait {out} shows them" in capsys.readouterr().err
    assert main(["plot", str(out), "--kind", "routes", "-o", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("option", "simple"), [((1, -2, 4), (1, -2, 4)), ((9, 5, 13), (-1, -3, 1))]
)
def test_a_limit_that_gains_nothing_is_not_told(found, option, simple):
    one = next(each for each in choices_of(found) if each.simple)
    means = {**one.means, "wait_option": Ends(*option), "wait_simple_option": Ends(*simple)}
    lines = " ".join(_choice_lines(found, replace(one, means=means)))
    assert "one limit: none does better" in " ".join(lines.split())
    means["wait_option"], means["wait_simple_option"] = Ends(9, 5, 13), Ends(3, 1, 5)
    lines = " ".join(_choice_lines(found, replace(one, means=means)))
    assert "one limit: start" in lines and "33%" in lines


def test_command_names_what_is_there(tmp_path, capsys):
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(config()))
    assert main(["wait", str(file), "--project", "gass"]) == 2
    assert "did you mean gas?" in capsys.readouterr().err
    assert main(["wait", str(file), "--draws", "500"]) == 2
    content = config()
    del content["waiting"]
    file.write_text(yaml.safe_dump(content))
    assert main(["wait", str(file)]) == 2
    assert "write waiting:" in capsys.readouterr().err
