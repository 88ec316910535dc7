"""Claims of `simcore compare`: two scenarios of one run, or two runs, beside each other."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run

import simcore
from simcore import cli
from simcore.analysis.samples import mean_and_reach, of_draws
from simcore.changes import changes
from simcore.dataset import RunError
from simcore.numerics.student import students_t
from simcore.terminal.comparing import megatonnes

DRAWS = 512
CONFIG: dict[str, Any] = {
    "name": "compared", "draws": DRAWS, "years": {"first": 2029, "last": 2031},
    "regions": ["EU", "KR"], "destinations": ["domestic"], "routes": ["h2_dri_eaf", "scrap_eaf"],
    "outcomes": ["support_gap", "cost_premium", "viability", "crossover_year", "carbon_price"],
    "keep": ["support_gap", "viability", "crossover_year"],
    "scenarios": {"law": "law", "reform_2026": "reform_2026"},
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "compared.zarr"
    simcore.run(CONFIG, out=out).close()
    return out


@pytest.fixture(scope="module")
def run(saved: Path) -> Any:
    with simcore.open_run(saved) as opened:
        yield opened


@pytest.fixture(scope="module")
def other_seed() -> Any:
    return simcore.run(CONFIG, seed=5)


def test_a_paired_difference_is_that_of_the_draws(run: Any) -> None:
    found = simcore.compare(run, variable="support_gap")
    assert (found.attrs["old_scenario"], found.attrs["new_scenario"]) == ("law", "reform_2026")
    assert found.attrs["paired"] == 1
    law, reform = (run.support_gap.sel(scenario=one).values.astype(float) for one in
                   ("law", "reform_2026"))  # fmt: skip
    apart = np.moveaxis(np.quantile(reform - law, (0.05, 0.5, 0.95), axis=-1), 0, -1)
    np.testing.assert_allclose(found.difference_quantile, apart, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.difference_mean, (reform - law).mean(-1), rtol=1e-12)
    error = (reform - law).std(-1, ddof=1) / np.sqrt(DRAWS)
    # Student's t of 200 degrees of freedom stands for that of more.
    np.testing.assert_allclose(
        found.difference_mean_high - found.difference_mean, students_t(0.95, 200) * error
    )
    shown = run.support_gap_quantile.sel(scenario="law", quantile=[0.05, 0.5, 0.95])
    np.testing.assert_array_equal(found.old_quantile, shown)


def test_a_run_against_itself_shows_no_change(run: Any) -> None:
    same = simcore.compare(run, run, variable="support_gap")
    for name in ("difference_quantile", "difference_mean"):
        for end in ("", "_low", "_high"):
            assert (same[name + end].fillna(0.0) == 0.0).all()
    config = run.attrs["config"]
    assert changes(config, "law", config, "law") == []


def test_other_draws_are_not_paired_and_their_intervals_are_wider(
    run: Any, other_seed: Any
) -> None:
    paired = simcore.compare(run, variable="support_gap")
    apart = simcore.compare(run, other_seed, variable="support_gap",
                            old_scenario="law", new_scenario="reform_2026")  # fmt: skip
    assert apart.attrs["paired"] == 0
    assert "seed" in apart.attrs["why_unpaired"]

    def width(found: Any, name: str) -> Any:
        wide = (found[f"{name}_high"] - found[f"{name}_low"]).sel(region="EU")
        return wide.sel(route="scrap_eaf", destination="domestic")

    for name in ("difference_mean", "difference_quantile"):
        assert (width(paired, name) < width(apart, name)).all()
    shift = apart.new_quantile - apart.old_quantile
    np.testing.assert_array_equal(apart.difference_quantile, shift)
    up = np.hypot(apart.new_quantile_high - apart.new_quantile,
                  apart.old_quantile - apart.old_quantile_low)  # fmt: skip
    np.testing.assert_allclose(apart.difference_quantile_high, shift + up)


def test_without_draws_quantiles_shift_and_what_to_keep_is_said(run: Any) -> None:
    found = simcore.compare(run, variable="cost_premium")
    assert found.attrs["paired"] == 0
    assert "keep: [cost_premium]" in found.attrs["why_unpaired"]
    with pytest.raises(RunError, match=r"keep: \[cost_premium\]"):
        simcore.compare(run, variable="cost_premium", volume=5.0)


def test_scenarios_with_draws_of_their_own_are_not_paired(run: Any) -> None:
    alone = run.assign_attrs(config=run.attrs["config"].replace(
        "independent_scenarios: false", "independent_scenarios: true"))  # fmt: skip
    assert simcore.compare(alone, variable="support_gap").attrs["paired"] == 0
    assert simcore.compare(alone, alone, variable="support_gap").attrs["paired"] == 1


def test_a_budget_is_the_mean_need_times_the_volume(run: Any, other_seed: Any) -> None:
    law, reform = (run.support_gap.sel(scenario=one, year=2031).values.astype(float)
                   for one in ("law", "reform_2026"))  # fmt: skip
    found = simcore.compare(run, variable="support_gap", labels={"year": [2031]}, volume=5.0)
    need = 5.0 * np.maximum(law, 0).mean(-1)
    np.testing.assert_allclose(found.old_budget.sel(year=2031), need)
    needed = (reform > 0).mean(-1)
    np.testing.assert_allclose(found.new_needed.sel(year=2031), needed)
    apart = 5.0 * (np.maximum(reform, 0) - np.maximum(law, 0)).mean(-1)
    np.testing.assert_allclose(found.difference_budget.sel(year=2031), apart, atol=1e-9)
    assert found.difference_budget.attrs["units"] == "1e6 EUR yr-1"
    wide = simcore.compare(run, other_seed, variable="support_gap", labels={"year": [2031]},
                           volume=5.0)  # fmt: skip
    assert (wide.difference_budget_high - wide.difference_budget_low >
            found.difference_budget_high - found.difference_budget_low).all()  # fmt: skip


def test_an_indicator_has_a_mean_and_no_quantiles(run: Any) -> None:
    found = simcore.compare(run, variable="viability")
    assert "difference_quantile" not in found
    draws = run.viability.values.astype(float)
    np.testing.assert_allclose(found.difference_mean, (draws[1] - draws[0]).mean(-1))


def test_draws_in_which_one_side_is_undefined_do_not_count(run: Any) -> None:
    found = simcore.compare(run, variable="crossover_year")
    draws = run.crossover_year.values.astype(float)
    apart = draws[1] - draws[0]
    assert np.isnan(apart).any()
    assert np.isfinite(apart).any()
    with np.errstate(all="ignore"):
        expected = [np.nanmean(one) if np.isfinite(one).any() else np.nan
                    for one in apart.reshape(-1, DRAWS)]  # fmt: skip
    np.testing.assert_allclose(found.difference_mean.values.ravel(), expected)
    middle = [np.nanquantile(one, 0.5) if np.isfinite(one).any() else np.nan
              for one in apart.reshape(-1, DRAWS)]  # fmt: skip
    np.testing.assert_allclose(found.difference_quantile.sel(quantile=0.5).values.ravel(), middle)


def test_the_interval_of_a_mean_of_replicates_is_of_their_means() -> None:
    rng = np.random.default_rng(3)
    draws = rng.normal(size=8 * 256)
    # Blocks of 256 draws belong to replicates in turn.
    means = draws.reshape(2, 4, 256).mean(axis=(0, 2))
    mean, reach = mean_and_reach(draws, 4)
    assert mean == pytest.approx(draws.mean())
    assert reach == pytest.approx(students_t(0.95, 3) * means.std(ddof=1) / 2)
    assert np.isnan(mean_and_reach(np.full(4, np.nan), 1)).all()
    assert np.isnan(mean_and_reach(np.array([1.0]), 1)[1])


def test_the_interval_of_a_paired_mean_covers_as_often_as_it_says() -> None:
    import xarray as xr

    rng = np.random.default_rng(11)
    values = xr.DataArray(rng.normal(size=(2000, 40)), dims=("cell", "draw"))
    found = of_draws(values, 1, (0.5,))
    for name in ("difference_mean", "difference_quantile"):
        inside = (found[f"{name}_low"] <= 0) & (found[f"{name}_high"] >= 0)
        # The binomial error of 2,000 trials is half a per cent; order statistics cover more.
        assert 0.935 < float(inside.mean()) < 0.975


def test_what_differs_is_told_with_its_address() -> None:
    # What this version cannot read is compared as it was written.
    old = (
        "extends: nothing\nname: a\nseed: 1\nscenarios: {law: {}, tight: {cbam: {mark_up: 0.3}}}\n"
    )
    old += "cbam:\n  mark_up: 0.1\n"
    new = old.replace("seed: 1", "seed: 2") + "  more: 1\n"
    found = [(one.path, one.old, one.new) for one in changes(old, "law", new, "tight")]
    assert found == [("seed", 1, 2), ("cbam.mark_up", 0.1, 0.3), ("cbam.more", None, 1)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"variable": "waterfall"}, "a component"),
        ({"variable": "support_gab"}, "did you mean support_gap"),
        ({"variable": "support_gap", "new_scenario": "refrom_2026"}, "did you mean reform_2026"),
        ({"variable": "carbon_price", "volume": 5.0}, "a gap per tonne of product"),
    ],
)
def test_what_cannot_be_compared_is_said(run: Any, asked: dict[str, Any], found: str) -> None:
    if asked["variable"] == "waterfall":
        run = synthetic_run.make()
    with pytest.raises(RunError, match=found):
        simcore.compare(run, **asked)


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({"currency": "USD"}, "same currency"),
        ({"price_year": 2020}, "base_year"),
        ({"schema_version": 0}, "run the older one again"),
    ],
)
def test_runs_of_other_money_or_schema_are_refused(
    run: Any, changed: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(RunError, match=remedy):
        simcore.compare(run, run.assign_attrs(changed), variable="support_gap")


def test_runs_without_a_common_cell_and_one_scenario_alone_are_refused(run: Any) -> None:
    with pytest.raises(RunError, match="a region that both runs have"):
        simcore.compare(run.sel(region=["EU"]), run.sel(region=["KR"]), variable="support_gap")
    with pytest.raises(RunError, match="name a second run"):
        simcore.compare(run.sel(scenario=["law"]), variable="support_gap")


def test_the_command_says_what_differs_and_what_it_changes(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["compare", str(saved), "--variable", "support_gap", "--to", "reform_2026"]
    assert cli.main([*asked, "--year", "2031", "--volume", "5Mt"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "eu_free_allocation.variant: law -> reform_2026" in " ".join(text.split())
    assert "the same 512 draws" in text
    assert "Budget of 5 Mt a year" in text
    assert cli.main([*asked, "--year", "2031", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with simcore.open_run(saved) as run:
        found = simcore.compare(run, variable="support_gap", labels={"year": [2031]})
    assert len(told["rows"]) == 4
    cell = found.sel(region="KR", destination="domestic", route="scrap_eaf", year=2031)
    row = next(one for one in told["rows"] if (one["region"], one["route"]) == ("KR", "scrap_eaf"))
    assert row["difference_p95_low"] == float(cell.difference_quantile_low.sel(quantile=0.95))
    assert any(one["path"].endswith("eu_free_allocation.variant") for one in told["changes"])
    assert cli.main([*asked, "--format", "csv"]) == 0
    title, _, table = capsys.readouterr().out.partition("\n")
    assert title == "# Support gap (support_gap) | from law to reform_2026 | paired"
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 12
    assert {row["unit"] for row in rows} == {"EUR t-1"}
    assert cli.main([*asked, "--market", "eu_ets"]) == 2
    assert "--market" in capsys.readouterr().err
    assert cli.main([*asked, "--volume", "five"]) == 2
    assert "--volume 5Mt" in capsys.readouterr().err


def test_sides_are_named_as_people_call_them_and_words_stay_whole(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compare", str(saved), "--variable", "support_gap"]) == 0
    text = capsys.readouterr().out
    assert "From Law as it stands (law) to Reform of 2026 (reform_2026); paired" in text
    heads = next(line for line in text.splitlines() if "95 % of P50" in line)
    assert "Law as it stands" in heads and "Reform of 2026" in heads
    labels = next(line for line in text.splitlines() if line.startswith("region"))
    assert labels.split()[:4] == ["region", "route", "year", "P5"]
    assert cli.main(["compare", str(saved), str(saved), "--variable", "support_gap"]) == 0
    text = capsys.readouterr().out
    assert "Law as it stands (law): from the first run to the second" in text


def test_runs_without_a_common_year_are_refused_by_their_years(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = CONFIG | {"years": {"first": 2033, "last": 2034}, "draws": 256}
    simcore.run(later, out=tmp_path / "later.zarr").close()
    assert cli.main(["compare", str(saved), str(tmp_path / "later.zarr")]) == 2
    assert "2029, 2030, 2031 and 2033, 2034" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"), [("5Mt", 5.0), ("100 kt/yr", 0.1), ("2e6 t", 2.0), ("1.5 Mt", 1.5)]
)
def test_a_volume_is_read_in_megatonnes(text: str, value: float) -> None:
    assert megatonnes(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["5", "Mt", "-1Mt", "0Mt", "5 EUR"])
def test_what_is_no_volume_is_refused(text: str) -> None:
    with pytest.raises(RunError, match="tonnes a year"):
        megatonnes(text)
