"""What a firm or plant pays for missing allowances: growth, tables, plants, local currency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simcore
from simcore import cli
from simcore.analysis import summarise
from simcore.analysis.exposures import exposures_of
from simcore.analysis.headline import OpenedRun
from simcore.effects import warnings_of
from simcore.errors import ConfigError
from simcore.running.tracing import trace

RATE = simcore.load({}).experiment.money.exchange["KRW"]


def run(exposures: dict[str, Any], **changes: Any) -> Any:
    """Exposures in a Korean market at 30,000 KRW."""
    return simcore.run({
        "draws": 256, "years": {"first": 2026, "last": 2030}, "regions": ["KR"],
        "routes": ["bf_bof"], "scenarios": {"law": {}}, "dtype": "float64",
        "outcomes": ["exposure_cost", "exposure_total", "exposure_cost_local",
                     "exposure_total_local", "home_carbon_cost"],
        "keep": ["exposure_cost_local", "home_carbon_cost"], "exposures": exposures,
        "catalog": {"markets": {"flat": {"unit": "KRW/t", "process": {"kind": "scenario"},
                                         "path": {2026: 30000}}}},
        **changes,
    }, threads=1).squeeze("scenario")  # fmt: skip


def test_case_a2_with_growth_a_table_and_another_currency() -> None:
    years = {"market": "flat", "first": 2026, "last": 2030}
    found = run({
        "flat_line": {**years, "shortfall": 20},
        "growing": {**years, "shortfall": 20, "growth": 0.05},
        "by_year": {**years, "shortfall": {2026: 20, 2028: 10}, "growth": 0.1},
        "old_table": {**years, "shortfall": {2024: 20}, "growth": 0.05},
        "late": {**years, "shortfall": "20000 kt/yr", "first": 2028, "growth": 0.05},
        "in_dollar": {**years, "shortfall": 20, "currency": "USD"},
    })  # fmt: skip
    cost = {str(one): found.exposure_cost_local_central.sel(exposure=one).values.tolist()
            for one in found.exposure.values}  # fmt: skip
    assert cost["flat_line"] == pytest.approx([600e3] * 5, rel=1e-12)
    assert cost["growing"] == pytest.approx([600e3 * 1.05**n for n in range(5)], rel=1e-12)
    assert cost["by_year"] == pytest.approx([600e3, 600e3, 300e3, 330e3, 363e3], rel=1e-12)
    assert cost["old_table"] == cost["growing"]  # grown from the first year of the exposure
    assert cost["late"] == pytest.approx([0, 0, 600e3, 630e3, 661.5e3], rel=1e-12)
    total = found.exposure_total_local_central
    assert float(total.sel(exposure="flat_line")) == pytest.approx(3000e3, rel=1e-12)
    assert found.exposure_currency.values.tolist() == ["KRW"] * 5 + ["USD"]
    in_euro = found.exposure_cost_central.sel(exposure="in_dollar", year=2026)
    assert float(in_euro) == pytest.approx(600e3 / RATE, rel=1e-12)
    dollar = simcore.load({}).experiment.money.exchange["USD"]
    assert cost["in_dollar"][0] == pytest.approx(600e3 / RATE * dollar, rel=1e-12)


def test_tables_state_each_exposures_own_currency() -> None:
    years = {"market": "flat", "shortfall": 20, "first": 2026, "last": 2030}
    found = run({"firm": years, "in_dollar": {**years, "currency": "USD"}})
    units = {"exposure_cost_local": " yr-1", "exposure_total_local": ""}
    for variable, ending in units.items():
        frame = summarise(found.expand_dims(scenario=["law"]), variable=variable)
        by_name = frame.groupby("exposure")["unit"].unique()
        assert by_name["firm"].tolist() == [f"1e6 KRW{ending}"]
        assert by_name["in_dollar"].tolist() == [f"1e6 USD{ending}"]
    assert "unit" not in summarise(found.expand_dims(scenario=["law"]), variable="exposure_cost")


def test_a_run_of_exposures_alone_names_what_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Path(__file__).parents[1] / "configs" / "reference" / "a2_firm_exposure.yaml"
    out = tmp_path / "a2.zarr"
    assert cli.main(["run", str(config), "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "exposure_total_local" in text
    line = next(one for one in text.splitlines() if "simcore summary" in one and "csv" in one)
    assert cli.main(["summary", str(out), *line.split()[3:]]) == 0


def test_the_table_leaves_out_years_that_are_not_those_of_an_exposure() -> None:
    years = {"market": "flat", "shortfall": 20, "first": 2027, "last": 2028}
    found = run({
        "firm": years, "later": {**years, "shortfall": {2027: 0, 2028: 5}},
        "free": {**years, "shortfall": 0},
    }, outcomes=["exposure_cost", "exposure_total"], keep=[]).expand_dims("scenario")  # fmt: skip
    rows = exposures_of(OpenedRun(found), (0.5,))
    assert [(one.exposure, one.year) for one in rows] == [
        ("firm", 2027), ("firm", 2028), ("firm", None), ("later", 2028), ("later", None),
        ("free", None),
    ]  # fmt: skip
    assert rows[-1].amounts == {"exposure_cost": (0.0,)}


def test_a_plant_lacks_what_its_allocation_leaves() -> None:
    plant = {"region": "KR", "route": "bf_bof", "output": 16.0}
    found = run({"mill": {"plant": plant, "first": 2026, "last": 2030, "growth": 0.02}})
    per_tonne = found.home_carbon_cost.sel(region="KR", route="bf_bof")
    grown = [16 * 1.02**n for n in range(5)]
    cost = found.exposure_cost_local.sel(exposure="mill") / RATE
    for position, output in enumerate(grown):
        one = cost.isel(year=position).values
        assert one == pytest.approx(output * per_tonne.isel(year=position).values, rel=1e-12)
    assert found.exposure_currency.values.tolist() == ["KRW"]


def test_a_tenth_sold_into_the_eu_pays_at_the_border() -> None:
    """Both bills in each draw: all tonnes at home, and those that cross at what a tonne pays."""
    works = {"region": "KR", "route": "bf_bof", "output": 16.0}
    years = {"first": 2026, "last": 2029, "growth": 0.02}
    sold = {"years": {2026: 0.1, 2028: "20 %"}}
    parts = ["exposure_allowances", "exposure_border", "exposure_cost"]
    found = run({
        "abroad": {"plant": {**works, "destinations": {"domestic": 0.9, "eu": 0.1}}, **years},
        "more": {"plant": {**works, "destinations": {"eu": sold}}, **years},
        "at_home": {"plant": works, **years},
    }, outcomes=[*parts, "cbam_cost", "exposure_total"], keep=[*parts, "cbam_cost"],
        destinations=["domestic", "eu"])  # fmt: skip
    due = found.cbam_cost.sel(region="KR", route="bf_bof", destination="eu")
    assert float(due.min()) > 0
    border, bought = found.exposure_border, found.exposure_allowances
    for position, year in enumerate(range(2026, 2031)):
        output = 16.0 * 1.02**position if year < 2030 else 0.0
        for name, share in {"abroad": 0.1, "more": (0.1, 0.15, 0.2, 0.2, 0.2)[position]}.items():
            paid = border.sel(exposure=name, year=year).values
            assert paid == pytest.approx(share * output * due.sel(year=year).values, rel=1e-12)
    assert (border.sel(exposure="at_home") == 0).all()
    for name in ("abroad", "more"):  # all tonnes need allowances, wherever they are sold
        assert (bought.sel(exposure=name) == bought.sel(exposure="at_home")).all()
    assert (found.exposure_cost == border + bought).all()
    whole = found.exposure_cost_central.sum("year")
    assert found.exposure_total_central.values == pytest.approx(whole.values, rel=1e-12)


def test_the_border_bill_needs_no_destination_of_the_run() -> None:
    """What a firm sells is its own affair: the run may compare tonnes at home alone."""
    plant = {"region": "KR", "route": "bf_bof", "output": 16.0, "destinations": {"eu": 0.1}}
    firm = {"mill": {"plant": plant, "first": 2026, "last": 2029}}
    about = {"outcomes": ["exposure_border"], "keep": ["exposure_border"]}
    home, both = (
        run(firm, destinations=sold, **about) for sold in (["domestic"], ["domestic", "eu"])
    )
    assert float(home.exposure_border.sel(year=2029).min()) > 0
    assert (home.exposure_border == both.exposure_border).all()
    plan = simcore.build(simcore.load({
        "draws": 256, "years": "2026-2030", "regions": ["KR"], "routes": ["bf_bof"],
        "destinations": ["domestic"], "exposures": firm, "scenarios": {"law": "law"}, **about,
    }))  # fmt: skip
    traced = {one["name"] for one in trace(plan, 3) if one["variable"] == "term"}
    assert {"CBAM carbon price", "CBAM coverage"} <= traced


def test_a_share_that_never_crosses_the_border_is_said() -> None:
    mill = {"plant": {"region": "EU", "route": "bf_bof", "output": 1, "destinations": {"eu": 0.5}},
            "first": 2026, "last": 2030}  # fmt: skip
    said = warnings_of(simcore.load({
        "regions": ["EU"], "scenarios": {"law": {}}, "exposures": {"mill": mill},
        "outcomes": ["exposure_border"], "keep": [],
    }))  # fmt: skip
    assert [one.where for one in said] == ["exposures.mill.plant.destinations.eu"]
    assert "changes nothing" in said[0].found


def test_an_uncertain_shortfall_is_one_factor_for_all_years() -> None:
    found = run({"firm": {
        "market": "flat", "first": 2026, "last": 2028,
        "shortfall": {"kind": "triangular", "low": 10, "mode": 20, "high": 30},
    }}, keep=["exposure_cost_local", "inputs"])  # fmt: skip
    short = found.input.sel(factor="firm.shortfall").values
    assert 10 < short.min() < 12
    assert 28 < short.max() < 30
    cost = found.exposure_cost_local.sel(exposure="firm")
    for year, share in ((2026, 1), (2028, 1), (2029, 0)):
        assert cost.sel(year=year).values == pytest.approx(share * 30e3 * short, rel=1e-12)
    assert found.factor_unit.sel(factor="firm.shortfall") == "Mt/yr"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"market": "flat"}, "neither shortfall nor plant"),
        ({"shortfall": 1}, "no market"),
        ({"market": "flat", "shortfall": {2027: 1}}, "values from 2027 on"),
        ({"market": "flat", "shortfall": "3 EUR/t"}, "EUR/t"),
        ({"plant": {"region": "EU", "route": "bf_bof", "output": 1}}, "unknown region of the run"),
        ({"plant": {"region": "KR", "route": "moe", "output": 1}}, "unknown route of the run"),
        ({"market": "flat", "plant": {"region": "KR", "route": "bf_bof", "output": 1}},
         "market beside plant"),
        ({"market": "flat", "shortfall": 1, "currency": "XYZ"}, "unknown currency"),
        ({"plant": {"region": "KR", "route": "bf_bof", "output": 1,
                    "destinations": {"eu": 0.1, "domestic": 0.8}}}, "shares that sum to 0.9"),
        ({"plant": {"region": "KR", "route": "bf_bof", "output": 1, "destinations": {
            "eu": {"kind": "uniform", "low": 0, "high": 1}, "domestic": 0.8}}}, "differs by draw"),
    ],
)  # fmt: skip
def test_what_is_refused(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        run({"firm": {"first": 2026, "last": 2030, **entry}})
