"""`simcore sensitivity`: indices of configs whose answer is known, what they share, what is refused."""

from __future__ import annotations

import json
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

import simcore
from simcore import cli
from simcore.analysis.shares import Place, Share, percentages, places_of, share_rows, told_shares
from simcore.dataset import RunError
from simcore.dataset.indices import checked_indices
from simcore.errors import ConfigError, OutputError
from simcore.intake import dependence, shipped
from simcore.intake.schema import Pair
from simcore.model.graph import Graph
from simcore.model.scene import Scene, normal_inputs, regimes_of
from simcore.studies.pick_freeze import apart

NO_PAIRS = dependence.build([], repair=False)

ROOT = Path(__file__).parents[1]
LINEAR: dict[str, Any] = yaml.safe_load(
    (ROOT / "configs" / "reference" / "e4_linear_normals.yaml").read_text("utf-8")
)
INPUTS = ["plant.other_opex", "plant.inputs.ore", "plant.inputs.power", "plant.support"]
WEIGHTS = np.array([20.0, 20.0, 15.0, -10.0])
"""Each input moves the cost by so many EUR a standard deviation: the identity of the config."""
SINGLE = {"x0": INPUTS[:1], "x1": INPUTS[1:2], "x2": INPUTS[2:3], "x3": "rest"}


def linear(**changes: Any) -> dict[str, Any]:
    asked = {"of": "levelised_cost", "groups": SINGLE, "draws": 16384, "scale": "value"}
    return {**LINEAR, "sensitivity": {**asked, **changes.pop("asked", {})}, **changes}


def correlations(*pairs: tuple[int, int, float]) -> Any:
    """Of the normals, from rank correlations."""
    found = np.eye(4)
    for i, j, rank in pairs:
        found[i, j] = found[j, i] = 2 * np.sin(np.pi * rank / 6)
    return found


def truth(r: Any, b: Any = WEIGHTS) -> dict[str, Any]:
    """First, total and Shapley of a linear function of normals, by linear algebra."""
    count, variance = len(b), b @ r @ b
    every = range(count)

    def closed(known: tuple[int, ...]) -> float:
        k, left = list(known), [i for i in every if i not in known]
        if not k or not left:
            return float(bool(k))
        mixed = r[np.ix_(left, k)] @ np.linalg.inv(r[np.ix_(k, k)])
        rest = r[np.ix_(left, left)] - mixed @ r[np.ix_(k, left)]
        return float(1 - b[left] @ rest @ b[left] / variance)

    def value(i: int) -> float:
        others = [j for j in every if j != i]
        return sum(
            factorial(n) * factorial(count - n - 1) / factorial(count)
            * (closed(tuple(sorted((*one, i)))) - closed(one))
            for n in range(count) for one in combinations(others, n)
        )  # fmt: skip

    return {
        "first": [closed((i,)) for i in every],
        "total": [1 - closed(tuple(j for j in every if j != i)) for i in every],
        "shapley": [value(i) for i in every],
    }


def check(found: xr.Dataset, variable: str, expected: dict[str, Any]) -> None:
    """Within two half widths of the 95 % interval: four standard errors."""
    for measure, values in expected.items():
        one, low, high = (
            found[f"{variable}_{measure}{end}"].values.reshape(len(values))
            for end in ("", "_low", "_high")
        )
        assert (np.abs(one - values) < np.maximum(high - low, 1e-9)).all(), (measure, one, values)
        assert (high - low < 0.06).all()


@pytest.fixture(scope="module")
def dependent() -> xr.Dataset:
    return simcore.sensitivity(linear())


def test_a_linear_bill_of_correlated_normals(dependent: xr.Dataset) -> None:
    r = correlations((0, 1, 0.5), (1, 2, -0.4))
    check(dependent, "levelised_cost", truth(r))
    assert dependent.attrs["dependent"] == "yes"
    assert "levelised_cost_second" not in dependent
    assert "correlated" in dependent.attrs["second_hidden"]
    assert float(dependent["levelised_cost_shapley"].sum()) == pytest.approx(1, abs=1e-12)
    sd = float(dependent["levelised_cost_standard_deviation"].squeeze())
    assert sd == pytest.approx(np.sqrt(WEIGHTS @ r @ WEIGHTS), rel=0.02)
    assert float(dependent["levelised_cost_mean"].squeeze()) == pytest.approx(290, abs=1)


def test_the_same_of_independent_normals_has_no_interaction() -> None:
    alone = linear(correlations={"factors": [], "shocks": []}, asked={"order": "second"})
    found = simcore.sensitivity(alone)
    share = (WEIGHTS**2 / (WEIGHTS @ WEIGHTS)).tolist()
    check(found, "levelised_cost", {"first": share, "total": share})
    second = found["levelised_cost_second"].values.reshape(4, 4)
    assert np.isnan(np.diag(second)).all()
    assert np.nanmax(np.abs(second)) < 0.04
    assert found.attrs["dependent"] == "no"
    assert "levelised_cost_shapley" not in found


def test_a_design_gives_the_same_with_its_own_replicates() -> None:
    found = simcore.sensitivity(linear(design="sobol", replicates=16, asked={"draws": 8192}))
    assert found.attrs["batches"] == 16
    check(found, "levelised_cost", truth(correlations((0, 1, 0.5), (1, 2, -0.4))))


@pytest.mark.parametrize("kept", [["x0"], ["x0", "x3"], ["x1", "x2", "x3"]])
def test_pairs_are_those_of_a_run_that_draws_again(dependent: xr.Dataset, kept: list[str]) -> None:
    """A scenario named B draws the same anew: the closed index by hand from its kept draws."""
    again = [INPUTS[int(name[1])] for name in SINGLE if name not in kept]
    run = simcore.run({**LINEAR, "draws": 16384, "scenarios": {"A": {}, "B": {"redraw": again}}})
    y, other = (run.levelised_cost.sel(scenario=one).squeeze().values for one in "AB")
    middle = (y + other).mean() / 2
    spread = ((y - middle) ** 2 + (other - middle) ** 2).mean() / 2
    expected = ((y - middle) * (other - middle)).mean() / spread
    found = dependent["levelised_cost_closed"].sel(subset="+".join(kept))
    assert float(found.squeeze()) == pytest.approx(expected, rel=1e-12)


PATHS: dict[str, Any] = {
    **LINEAR, "years": {"first": 2026, "last": 2030},
    "correlations": {"factors": [], "shocks": [{"between": ["ore.default", "power.default"],
                                                "rank": 0.6}]},
    "sensitivity": {"of": "levelised_cost", "groups": "single", "at": {"year": [2030]},
                    "scale": ["value", "covers"], "draws": 16384},
}  # fmt: skip
PATHS["catalog"] = json.loads(json.dumps(LINEAR["catalog"], default=str))
PATHS["catalog"]["markets"]["flat_market"]["path"] = {2026: 0}
PATHS["catalog"]["prices"] = {
    name: {"default": {"unit": unit, "price_year": 2025, "spot": {"year": 2025, "value": 10},
                       "process": {"kind": "gbm", "mu": 0, "sigma": 0.01}}}
    for name, unit in (("ore", "EUR/t"), ("power", "EUR/MWh"))
}  # fmt: skip
PATHS["catalog"]["routes"]["plant"] |= {
    "other_opex": 0,
    "inputs": {"ore": "2 t/t", "power": "1 MWh/t"},
    "support": 0,
}


@pytest.fixture(scope="module")
def paths() -> xr.Dataset:
    """A cost of two prices that walk in small steps, so that it is all but linear in them."""
    return simcore.sensitivity({
        **PATHS, "sensitivity": {**PATHS["sensitivity"], "scale": ["value"]},
    })  # fmt: skip


def test_a_path_with_all_its_shocks_is_one_input(paths: xr.Dataset) -> None:
    r = correlations((0, 1, 0.6))[:2, :2]
    assert paths["group"].values.tolist() == ["ore.default", "power.default"]
    assert paths["group_title"].values.tolist() == ["Ore: price", "Power: price"]
    check(paths, "levelised_cost", truth(r, np.array([2.0, 1.0])))


# ---------------------------------------------------------------- bits


def test_threads_change_no_bit(dependent: xr.Dataset) -> None:
    for threads in (1, 3):
        again = simcore.sensitivity(linear(), threads=threads)
        assert again.drop_attrs().identical(dependent.drop_attrs())


def test_what_is_not_asked_for_leaves_the_bits(dependent: xr.Dataset) -> None:
    """Another route, and an input that nothing reads."""
    config = json.loads(json.dumps(linear(), default=str))
    config["years"] = {"first": 2026, "last": 2026}
    for prices in config["catalog"]["prices"].values():
        prices["default"]["path"] = {2026: prices["default"]["path"]["2026"]}
    config["catalog"]["markets"]["flat_market"]["path"] = {2026: 0}
    config["catalog"]["routes"]["other"] = {
        **config["catalog"]["routes"]["plant"],
        "other_opex": {"kind": "normal", "mean": 100, "sd": 5, "unit": "EUR/t"},
    }
    config["routes"] = ["plant", "other"]
    found = simcore.sensitivity(config, at={"route": "plant"})
    for measure in ("first", "total", "shapley"):
        name = f"levelised_cost_{measure}"
        np.testing.assert_array_equal(found[name].values, dependent[name].values)
    assert json.loads(found.attrs["groups"])["x3"] == ["plant.support"]


@pytest.mark.parametrize("kind", ["factors", "shocks"])
def test_kept_names_of_all_packaged_tables_keep_their_rows(kind: str) -> None:
    """Of every packaged correlated name, of all sectors: no other name has another node."""
    spec = simcore.load({})
    graph = Graph()
    whole = next(iter(spec.scenarios.values()))
    scene = Scene(
        graph=graph, experiment=whole, stem="", start=2026, folder=spec.folder, factors=NO_PAIRS,
        shocks=NO_PAIRS, paths=regimes_of([whole.catalog]),
    )  # fmt: skip
    pairs = [Pair(between=list(pair), rank=rank) for pair, rank in sorted(
        (sorted(pair), rank) for pair, rank in shipped.pairs(kind)
    )]  # fmt: skip
    found = dependence.build(pairs, repair=False)
    role, steps = ("shock", {"yearly": True}) if kind == "shocks" else ("", {})
    names = {name: scene.shared_stream(name, role).name for name in found.names}

    def nodes(kept: frozenset[str] | None) -> dict[str, tuple[int, ...]]:
        (one,) = apart({"": scene}, kept).values()
        return {name: normal_inputs(one, name, found, role=role, **steps) for name in names}

    base = nodes(None)
    assert len(base) > 20
    for name, stream in names.items():
        again = nodes(frozenset(names.values()) - {stream})
        assert {other for other in names if again[other] != base[other]} == {name}


# ---------------------------------------------------------------- the packaged tables


QUICK: dict[str, Any] = {
    "name": "quick", "draws": 1024, "years": "2029-2030", "regions": "EU", "destinations": ["eu"],
    "routes": ["h2_dri_eaf", "bf_bof"], "outcomes": ["cost_premium", "green_is_cheaper"],
    "sensitivity": {"at": {"year": 2030, "scenario": "law"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Dataset, Path]:
    out = tmp_path_factory.mktemp("sens") / "quick.zarr"
    return simcore.sensitivity(QUICK, out=out), out


def test_every_stream_is_in_one_default_group(quick: tuple[xr.Dataset, Path]) -> None:
    found, _ = quick
    groups = json.loads(found.attrs["groups"])
    names = [one for names in groups.values() for one in names]
    assert len(names) == len(set(names)) > 30
    assert "eu_ets.shock" in groups["carbon_market"]
    assert "electricity.EU.shock" in groups["energy_and_materials"]
    assert "EU.wacc" in groups["finance"]
    assert found["group"].values.tolist() == list(groups)
    lead = found["cost_premium_shapley"].sel(scale="rank", route="h2_dri_eaf").squeeze()
    assert lead.sel(group="carbon_market") > 0.2
    assert lead.sel(group="policy") < 0.1


def test_what_was_saved_is_read_again(quick: tuple[xr.Dataset, Path]) -> None:
    found, out = quick
    with checked_indices(simcore.open_run(out), out) as again:
        xr.testing.assert_equal(again.load(), found)
        assert json.loads(again.attrs["groups"]) == json.loads(found.attrs["groups"])
    assert cli.main(["verify", str(out)]) == 0
    with pytest.raises(OutputError, match="already exists"):
        simcore.sensitivity(QUICK, out=out)


def test_saved_in_netcdf(tmp_path: Path) -> None:
    out = tmp_path / "sens.nc"
    found = simcore.sensitivity(QUICK, draws=256, order="first_total", out=out)
    with checked_indices(simcore.open_run(out), out) as again:
        xr.testing.assert_equal(again.load(), found)
    assert [one.name for one in tmp_path.iterdir()] == ["sens.nc"]


def test_a_run_is_no_indices(tmp_path: Path) -> None:
    out = tmp_path / "run.zarr"
    simcore.run({**QUICK, "draws": 256, "outcomes": ["cost_premium"]}, out=out).close()
    with pytest.raises(RunError, match="no sensitivity indices"):
        checked_indices(simcore.open_run(out), out)
    assert cli.main(["sensitivity", str(out)]) == 2


# ---------------------------------------------------------------- redraw by group


def test_redraw_takes_the_name_of_a_group() -> None:
    run = simcore.run({
        **{key: value for key, value in QUICK.items() if key != "sensitivity"},
        "draws": 256, "keep": ["inputs"], "outcomes": ["cost_premium"],
        "scenarios": {"shared": {}, "by_group": {"redraw": ["group:finance", "group:policy"]},
                      "plain": {"redraw": ["finance", "policy"]}},
    })  # fmt: skip
    groups = dict(zip(run["factor"].values, run["factor_group"].values, strict=True))
    for scenario in ("by_group", "plain"):
        own = {str(name) for name in groups if name.endswith(f" ({scenario})")}
        assert {groups[name] for name in own} == {"finance", "policy"}
        names = {name.removesuffix(f" ({scenario})") for name in own}
        assert names == {name for name, group in groups.items()
                         if group in ("finance", "policy") and "(" not in name}  # fmt: skip


def test_an_unknown_group_is_refused() -> None:
    spec = simcore.load({**QUICK, "redraw": ["group:finances"]})
    with pytest.raises(ConfigError, match="did you mean 'group:finance'"):
        simcore.build(spec)


# ---------------------------------------------------------------- faults

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "outcome": ({"of": "levelised_costs"}, "did you mean 'levelised_cost'"),
    "outcome_of_no_run": ({"of": "carbon_price"}, "add carbon_price to outcomes"),
    "dimension": ({"at": {"rout": "plant"}}, "did you mean 'route'"),
    "label": ({"at": {"route": "plants"}}, "did you mean plant"),
    "year": ({"at": {"year": 2031}}, "year 2031, which this run does not have"),
    "scenario": ({"at": {"scenario": "law"}}, "scenario law, which this run does not have"),
    "two_groups": (
        {"groups": {"a": "plant.*", "b": "plant.inputs.*"}},
        "plant.inputs.ore and plant.inputs.power in a and in b",
    ),
    "no_group": ({"groups": {"a": "plant.inputs.*"}}, "others: rest"),
    "pattern": ({"groups": {"a": "plant.input.ore", "b": "rest"}}, "did you mean"),
    "group": ({"groups": {"a": "group:technolog", "b": "rest"}}, "group:technology"),
    "two_rests": ({"groups": {"a": "rest", "b": "rest"}}, "one group of what is left"),
    "words": ({"groups": "defaults"}, "default, single, or patterns by group"),
    "covers": ({"scale": ["covers"]}, "the same sign in every draw"),
    "few": ({"draws": 100}, "256"),
    "twice": ({"scale": ["rank", "rank"]}, "each once"),
    "memory": ({"draws": 900_000_000}, "within memory"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str) -> None:
    asked, told = WRONG[name]
    with pytest.raises(ConfigError) as raised:
        simcore.sensitivity(linear(asked=asked))
    said = " ".join(str(raised.value).split())
    assert told in said
    assert "sensitivity" in said
    assert "remedy" in said


def test_check_tells_it_without_a_draw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "wrong.yaml"
    for name in ("pattern", "label", "two_groups", "outcome"):
        asked, told = WRONG[name]
        config.write_text(yaml.safe_dump(linear(asked=asked)), "utf-8")
        assert cli.main(["check", str(config)]) == 2
        assert told in " ".join(capsys.readouterr().err.split())
    config.write_text(yaml.safe_dump(linear()), "utf-8")
    assert cli.main(["check", str(config)]) == 0


def test_a_pattern_may_name_what_the_run_draws_elsewhere() -> None:
    """A shock of a price that this route does not buy is no fault, and in no group here."""
    groups = {"coal": "coking_coal*.shock", "others": "rest"}
    found = simcore.sensitivity(
        {**QUICK, "regions": ["EU", "CN"]}, at={"region": "EU", "route": "h2_dri_eaf", "year": 2030},
        groups={**groups, "power": "electricity.CN.shock"}, draws=256, order="first_total",
    )  # fmt: skip
    assert json.loads(found.attrs["groups_empty"]) == ["power"]


def test_too_many_groups_are_refused_for_shapley_alone() -> None:
    with pytest.raises(ConfigError, match="merge groups"):
        simcore.sensitivity(QUICK, groups="single")


def test_nothing_uncertain() -> None:
    config = json.loads(json.dumps(QUICK))
    config |= {"outcomes": ["levelised_cost", "cbam_factor"], "scenarios": "law"}
    with pytest.raises(ConfigError, match="nothing uncertain"):
        simcore.sensitivity(config, of="cbam_factor", at={"year": 2029})


def test_an_outcome_that_never_differs() -> None:
    """Hydrogen steel is never the cheaper one in such a run."""
    config = json.loads(json.dumps(QUICK))
    config["catalog"] = {"routes": {"h2_dri_eaf": {"other_opex": {
        "default": {"kind": "uniform", "low": 9000, "high": 9100, "unit": "EUR/t"}}}}}  # fmt: skip
    with pytest.raises(ConfigError, match="the same value in every draw"):
        simcore.sensitivity(config, of="green_is_cheaper", draws=256)


def test_too_few_defined_draws() -> None:
    """Of a view the price is undefined in the draws of the others."""
    config = {**QUICK, "outcomes": ["carbon_price_by_view"]}
    with pytest.raises(ConfigError, match="at least 95 %"):
        simcore.sensitivity(config, of="carbon_price_by_view", draws=256)


# ---------------------------------------------------------------- the command


def test_the_command_prints_and_saves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, out = tmp_path / "quick.yaml", tmp_path / "sens.zarr"
    config.write_text(yaml.safe_dump(QUICK), "utf-8")
    command = ["sensitivity", str(config), "--draws", "512", "--quiet", "-o", str(out)]
    assert cli.main([*command, "--groups", "paid=EU.wacc", "others=rest"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    assert "others" in said
    assert "Shapley" in said
    assert cli.main(["sensitivity", str(out)]) == 0
    assert capsys.readouterr().out.strip() in said
    assert cli.main(["sensitivity", str(out), "--plots", str(tmp_path / "pictures")]) == 0
    assert "Picture   " in capsys.readouterr().out
    assert (tmp_path / "pictures" / "sensitivity.png").stat().st_size > 5000
    assert cli.main(["sensitivity", str(out), "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("outcome,scenario,region,destination,route,year,scale,measure,group")
    assert cli.main(["sensitivity", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["groups"]["paid"] == ["EU.wacc"]
    assert len(found["rows"]) == len(lines) - 1
    assert cli.main(["summary", str(out)]) == 2
    assert "simcore plot" in capsys.readouterr().err
    assert cli.main(["sensitivity", str(out), "--draws", "512"]) == 2
    assert "no --draws with saved indices" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--at", "EU"), "DIM=LABEL"),
        (("--groups", "policy"), "NAME=PATTERN"),
        (("--of", "cost_premum"), "did you mean 'cost_premium'"),
        (("--at", "region=EV"), "--at: sensitivity.at.region.0"),
    ],
)
def test_the_command_refuses(
    option: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "quick.yaml"
    config.write_text(yaml.safe_dump(QUICK), "utf-8")
    assert cli.main(["sensitivity", str(config), "--quiet", *option]) == 2
    assert told in capsys.readouterr().err


def test_an_outcome_that_nobody_named_is_not_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "price.yaml"
    outcomes = {"outcomes": ["carbon_price", "levelised_cost"], "keep": ["levelised_cost"]}
    config.write_text(yaml.safe_dump(QUICK | outcomes), "utf-8")
    assert cli.main(["sensitivity", str(config), "--quiet", "--draws", "512"]) == 2
    said = capsys.readouterr().err
    assert "--of levelised_cost" in said and "one of carbon_price, levelised_cost" in said
    assert f"{config}:" in said and "sensitivity.of" not in said


def test_shares_are_printed_so_that_they_sum_to_100() -> None:
    for values in ([0.906, 0.0953, -0.0013], [1 / 3] * 3, [0.0004, 0.9996], [1.0]):
        assert sum(percentages(values)) == pytest.approx(100)
        assert min(percentages(values)) >= 0


def test_places_are_in_order_of_their_shares(quick: tuple[xr.Dataset, Path]) -> None:
    (place,) = places_of(quick[0])
    shares = [place.measures["shapley"][name].value for name in place.groups]
    assert shares == sorted(shares, reverse=True)
    header, rows = share_rows(quick[0])
    assert {row[header.index("measure")] for row in rows} == {"first", "total", "shapley", "closed"}


def test_told_shares_keep_their_intervals():
    """Of their sum, both ends are, too; what is below 0 is told as nothing."""
    raw = {"a": Share(0.9, 0.8, 1.0), "b": Share(0.3, 0.2, 0.4), "c": Share(-0.2, -0.3, 0.1)}
    place = Place("cost_premium", {}, "value", ("a", "b", "c"), {"shapley": raw, "total": raw})
    told = told_shares(place, "shapley")
    assert told["a"] == Share(0.9 / 1.2, 0.8 / 1.2, 1.0 / 1.2)
    assert told["b"] == Share(0.3 / 1.2, 0.2 / 1.2, 0.4 / 1.2)
    assert told["c"] == Share(0.0, -0.3 / 1.2, 0.1 / 1.2)
    assert told_shares(place, "total") == raw | {"c": Share(0.0, -0.3, 0.1)}
