"""The page of a project tells what its run holds, in 80 columns."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from rendered import faults_of

import simcore
from simcore import cli
from simcore.analysis.deal import deal_of
from simcore.analysis.deal_records import Deal
from simcore.analysis.headline import OpenedRun
from simcore.terminal.deal import PAGE, deal_text

CONFIG = {
    "name": "two_plants", "draws": 256, "years": "2028-2038", "regions": ["EU"],
    "routes": ["h2_dri_eaf"], "scenarios": {"law": "law", "repealed": "cbam_repealed"},
    "projects": {
        "ruhr": {
            "title": "Hydrogen on the Ruhr", "region": "EU", "route": "h2_dri_eaf", "start": 2030,
            "lifetime": 15, "output": 2,
            "against": {"route": "bf_bof", "capital": "reline", "reline": "150 EUR/(t/yr)"},
        },
        "later": {"like": "ruhr", "start": 2032, "lifetime": 5},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("configs") / "two_plants.yaml"
    file.write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    return file


@pytest.fixture(scope="module")
def saved(config, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "two_plants.zarr"
    simcore.run(config, out=out).close()
    return out


@pytest.fixture(scope="module")
def run(saved):
    with simcore.open_run(saved) as opened:
        yield opened


def page(run, *chosen, **options) -> tuple[Deal, str]:
    found = deal_of(OpenedRun(run), *chosen, **options)
    return found, deal_text(found)


def test_the_page_fits_and_says_what_the_project_is(run) -> None:
    _, text = page(run, "ruhr")
    assert max(map(len, text.splitlines())) <= PAGE == 80
    assert text.isascii()
    said = " ".join(text.split())
    for part in (
        "Hydrogen on the Ruhr (ruhr)", "Hydrogen DRI, EAF in European Union, 2 Mt/yr", "2030 to 2044",
        "years after 2038 as that", "Blast furnace, BOF in European Union, relined for 150 EUR/(t/yr)", "of 2029,",
        "real EUR of 2025", "256 draws", "repealed less law, on average",
    ):  # fmt: skip
        assert part in said, part


def test_numbers_are_those_of_the_run(run) -> None:
    found, _ = page(run, "later")
    assert found.years == (2032, 2036)
    for one in found.lines:
        place = {"project": "later"} | ({} if one.year is None else {"year": one.year})
        for scenario, spread in one.spreads.items():
            cell = run.sel(scenario=scenario, **place)
            assert spread.mean == float(cell[f"{one.outcome}_mean"])
            if f"{one.outcome}_quantile" in run:
                stored = cell[f"{one.outcome}_quantile"].sel(quantile=[0.05, 0.5, 0.95])
                assert [spread.p5, spread.p50, spread.p95] == stored.values.tolist()
    outcomes = {one.outcome for one in found.lines}
    assert {"project_gap", "project_npv", "break_even_premium", "deal_closes"} <= outcomes


def test_the_difference_is_that_of_the_means(run) -> None:
    _, text = page(run, "ruhr")
    means = run["project_npv_mean"].sel(project="ruhr")
    change = float(means.sel(scenario="repealed") - means.sel(scenario="law"))
    shown = run["project_npv_quantile"].sel(project="ruhr", quantile=[0.05, 0.5, 0.95])
    scale = 1 if float(abs(shown).max()) < 9999 else 1000
    unit = "M EUR" if scale == 1 else "bn EUR"
    places = 0 if abs(change / scale) >= 10 else 1 if abs(change / scale) >= 1 else 2
    told = " ".join(text.split())
    assert f"NPV with support {change / scale:+,.{places}f} {unit}" in told


def test_bad_draws_are_those_of_the_lowest_value(run) -> None:
    found, _ = page(run, "ruhr")
    value = run["project_npv"].sel(scenario="law", project="ruhr").values
    price = run["carbon_price"].sel(scenario="law", market="eu_ets", year=2035).values
    lowest = np.argsort(value, kind="stable")[: math.ceil(0.05 * 256)]
    one = next(one for one in found.bad if (one.scenario, one.name) == ("law", "eu_ets"))
    assert (one.bad, one.every) == (np.median(price[lowest]), np.median(price))


def test_one_scenario_is_one_block_and_three_are_two(run) -> None:
    _, alone = page(run, "ruhr", ["law"])
    assert "repealed" not in alone
    assert alone.count("WHAT IT COSTS") == 1


def test_large_amounts_come_in_thousands(run) -> None:
    large = run.copy()
    for name in ("mean", "quantile"):
        large[f"project_npv_{name}"] = run[f"project_npv_{name}"] * 100
    _, text = page(large, "ruhr")
    assert "NPV with support, bn EUR" in text
    assert max(map(len, text.splitlines())) <= PAGE


def test_a_saved_run_and_its_config_give_the_same_page(config, saved, capsys) -> None:
    assert cli.main(["deal", str(saved), "--project", "ruhr"]) == 0
    stored = capsys.readouterr().out
    assert cli.main(["deal", str(config), "--project", "ruhr"]) == 0
    assert capsys.readouterr().out == stored


def test_json_and_csv_hold_the_same_numbers(saved, capsys) -> None:
    asked = ["deal", str(saved), "--project", "ruhr", "--scenario", "law"]
    assert cli.main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert cli.main([*asked, "--format", "csv"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.startswith("section,outcome,project,instrument,year,scenario,unit,mean,")
    assert len(rows) == len(found["lines"])
    at = header.split(",").index("p50")
    seen = [float(row.split(",")[at]) if row.split(",")[at] else None for row in rows]
    assert seen == [one["spreads"]["law"]["p50"] for one in found["lines"]]


def test_pictures_say_what_they_show(saved, tmp_path, capsys) -> None:
    asked = ["deal", str(saved), "--project", "ruhr", "--plots", str(tmp_path)]
    assert cli.main(asked) == 0
    files = [line.split()[-1] for line in capsys.readouterr().out.splitlines()
             if line.startswith("Picture")]  # fmt: skip
    assert [Path(one).name for one in files] == ["ruhr_payments.png", "ruhr_exceedance.png"]
    assert all(Path(one).read_bytes().startswith(b"\x89PNG") for one in files)


@pytest.mark.parametrize("currency", ["EUR", "KRW"])
def test_all_of_a_picture_can_be_read(run, currency) -> None:
    if currency == "KRW":
        won = {
            name: (array * 1600.0).assign_attrs(
                {**array.attrs, "units": array.attrs["units"].replace("EUR", "KRW")})
            for name, array in run.data_vars.items() if "EUR" in str(array.attrs.get("units"))
        }  # fmt: skip
        run = run.assign(won).assign_coords(project=["Stahlwerk " * 12, "$later$"])
    for kind in ("gaps", "exceedance"):
        assert faults_of(simcore.plot(run, kind)) == []


def test_the_curve_is_that_of_the_draws_or_of_nine_quantiles(run) -> None:
    from simcore.plots.deals import exceedance

    one = run.sel(project=["ruhr"])
    line = exceedance(one).axes[0].lines[0]
    drawn = one["project_npv"].sel(scenario="law", project="ruhr").values
    amounts, shares = line.get_xdata(), line.get_ydata()
    for place in (0, 77, 254):
        assert shares[place] == pytest.approx(100 * (drawn > amounts[place]).mean())
    figure = exceedance(one.drop_vars("project_npv"))
    assert len(figure.axes[0].lines[0].get_xdata()) == 9
    assert any("nine stored quantiles" in one.get_text() for one in figure.texts)


def test_the_table_of_a_run_has_a_line_a_project(saved, capsys) -> None:
    assert cli.main(["summary", str(saved)]) == 0
    assert "Hydrogen on the Ruhr" in capsys.readouterr().out
    assert cli.main(["summary", str(saved), "--ids"]) == 0
    text = capsys.readouterr().out
    block = text[text.index("Projects: npv") :].splitlines()
    assert [line.split()[0] for line in block[3:7]] == ["law", "later", "repealed", "later"]
    assert max(map(len, text.splitlines())) <= 100


def test_summary_chooses_projects(saved, capsys) -> None:
    asked = ["summary", str(saved), "--variable", "project_npv", "--format", "csv"]
    assert cli.main([*asked, "--project", "later"]) == 0
    assert {line.split(",")[1] for line in capsys.readouterr().out.splitlines()[2:]} == {"later"}
    assert cli.main([*asked, "--project", "rhur"]) == 2
    assert "did you mean ruhr?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "several projects, and none is named"),
        (["--project", "rhur"], "did you mean ruhr?"),
        (["--project", "ruhr", "--scenario", "laws"], "some of law, repealed"),
        (["--project", "ruhr", "--draws", "7"], "leave it out, or name the config"),
    ],
)
def test_what_is_wrong_is_said(saved, capsys, arguments, said) -> None:
    assert cli.main(["deal", str(saved), *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_config_is_not_run_for_a_project_that_it_lacks(config, capsys, monkeypatch) -> None:
    from simcore.running import engine

    monkeypatch.setattr(engine, "run", lambda *_, **__: pytest.fail("it ran"))
    assert cli.main(["deal", str(config), "--project", "rhur"]) == 2
    assert "did you mean ruhr?" in capsys.readouterr().err


def test_a_run_without_projects_says_how_to_have_one(capsys) -> None:
    file = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
    assert cli.main(["deal", str(file)]) == 2
    assert "write projects:" in " ".join(capsys.readouterr().err.split())


@pytest.mark.long
def test_summary_has_no_line_of_what_a_project_is_not_paid_by(tmp_path, capsys) -> None:
    bid = {"kind": "ccfd", "strike": "150 EUR/t", "term": 3, "cap": {"total": "9000 M EUR"}}
    config = {
        **CONFIG, "years": "2029-2034",
        "catalog": {"instruments": {"bid": bid, "other": {**bid, "sided": "one"}}},
        "projects": {
            name: {"region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 4, "output": 1,
                   "instruments": [paid]}
            for name, paid in (("one", "bid"), ("two", "other"))
        },
    }  # fmt: skip
    out = tmp_path / "paid.zarr"
    simcore.run(config, out=out).close()

    def rows(name: str) -> list[list[str]]:
        assert cli.main(["summary", str(out), "--variable", name, "--format", "csv"]) == 0
        return [line.split(",") for line in capsys.readouterr().out.splitlines()[2:]]

    pairs = {(row[1], row[2]) for row in rows("instrument_npv")}
    assert pairs == {("one", "bid"), ("two", "other")}
    repaid = rows("instrument_repays")
    assert {row[3] for row in repaid} == {"2030", "2031", "2032", "2033"}
    # One that never repays is told with its zero, and a cap that is never used up with its blank.
    assert [row[8] for row in repaid if row[1] == "two"] == ["0"] * 8
    assert len(rows("instrument_exhausted")) == 4
    _, text = page(simcore.open_run(out), "two")
    assert "one-sided" in text
    assert "the public pays" in text
    assert "project_margin" not in text


def test_payments_are_drawn_as_fan_and_what_is_paid_once_as_a_bar(tmp_path) -> None:
    from simcore.plots.deals import payments

    grant = {"kind": "grant", "share": 0.4, "paid_in": 0}
    bid = {"kind": "ccfd", "strike": "150 EUR/t", "term": 3}
    config = {
        **CONFIG, "years": "2029-2034", "scenarios": {"law": "law"},
        "catalog": {"instruments": {"bid": bid, "grant": grant}},
        "projects": {"one": {
            "region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 5, "output": 1,
            "instruments": ["bid", "grant"],
        }},
    }  # fmt: skip
    run = simcore.run(config)
    figure = payments(run)
    contract, once = figure.axes[:2]
    titles = [axes.get_title(loc="left") for axes in (contract, once)]
    assert titles == ["bid of one", "grant of one"]
    line = contract.lines[0]
    assert line.get_xdata().tolist() == [2030, 2031, 2032]
    place = {"scenario": "law", "project": "one", "instrument": "bid", "quantile": 0.5}
    median = run["instrument_payment_quantile"].sel(place).sel(year=[2030, 2031, 2032])
    assert line.get_ydata().tolist() == median.values.tolist()
    (bar,) = once.patches
    paid = run["instrument_total_mean"].sel(scenario="law", project="one", instrument="grant")
    assert bar.get_height() == pytest.approx(float(paid))
    words = {text.get_text() for text in contract.texts}
    assert {"public pays", "firm repays"} <= words


def test_prices_of_the_bad_draws_are_those_that_lie_farthest_off(config, tmp_path) -> None:
    run = simcore.run(config, overrides=["keep=[project_npv, carbon_price, commodity_price]",
                                         "projects.ruhr.route=ng_dri_eaf"])  # fmt: skip
    found, text = page(run, "ruhr", ["law"])
    names = [one.name for one in found.bad]
    assert 1 <= len(names) <= 3
    assert "EUR/MWh" in text or "EUR/t" in text
    value = run["project_npv"].sel(scenario="law", project="ruhr").values
    bad = value <= np.sort(value)[math.ceil(0.05 * value.size) - 1]
    prices = run["commodity_price"].sel(scenario="law", year=found.bad[0].year)
    for one in found.bad:
        if one.name in prices["commodity"]:
            own = prices.sel(commodity=one.name).values
            assert (one.bad, one.every) == pytest.approx((np.median(own[bad]), np.median(own)))
    assert "Standard errors of the means" in text


PAID = {
    **CONFIG, "years": "2028-2036", "scenarios": {"law": "law"}, "currency": "KRW",
    "risk": {"tails": [0.25, 0.75], "of": ["project_npv", "instrument_npv"]},
    "catalog": {"instruments": {
        "bid": {"kind": "ccfd", "strike": "300 EUR/t", "cover": 0.5, "sided": "two"},
        "capped": {"kind": "opex", "amount": "20 EUR/t", "cap": {"total": "30 M EUR"}, "rate": "4 %"},
        "late": {"kind": "opex", "amount": "20 EUR/t", "last": 2029},
    }},
    "projects": {"one": {
        "region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 6, "output": 2,
        "sold": 0.4, "instruments": ["late", "bid", "capped"],
    }},
}  # fmt: skip


@pytest.fixture(scope="module")
def paid():
    return simcore.run(PAID)


def test_the_page_has_lines_of_the_clauses_that_there_are(paid) -> None:
    _, text = page(paid)
    block = text.split("WHO PAYS")[1].split("WHAT CAN GO WRONG")[0]
    late, rest = block.split("\nlate\n")[1].split("\nbid\n")
    bid, capped = rest.split("\ncapped\n")
    assert "the firm pays more than it gets" in bid
    assert "cap" not in bid
    assert "the cap binds" in capped
    assert "the firm pays" not in capped
    # A programme that ends before the plant starts costs nothing: one line says that.
    assert len(late.strip().splitlines()) == 1


def test_instruments_stand_in_one_order_on_the_page(paid) -> None:
    _, text = page(paid)
    for part in ("WHO PAYS", "WHAT CAN GO WRONG"):
        own = [
            line for line in text.split(part)[1].splitlines() if line in ("bid", "capped", "late")
        ]
        assert own[:3] == ["late", "bid", "capped"]


def test_shares_are_in_per_cent_and_one_sum_in_one_unit(paid) -> None:
    _, text = page(paid)
    told = " ".join(text.split())
    assert "covers 50 % of the CO2" in told
    assert "public rate 4 %" in told
    assert "40 % of it sold as green" in told
    own = [part.split("\ncapped")[0] for part in text.split("\nbid\n")[1:]]
    lines = [line for part in own for line in part.splitlines() if "  public cost," in line]
    units = {word for line in lines for word in ("M KRW", "bn KRW") if f" {word} " in line}
    assert len(lines) >= 4
    assert units == {"bn KRW"}
    (errors,) = [part for part in told.split(". ") if "Standard errors" in part]
    assert "bn KRW" in errors
    assert max(map(len, text.splitlines())) <= PAGE


def test_what_is_never_paid_is_named_and_not_drawn(paid) -> None:
    from simcore.plots.deals import payments

    figure = payments(paid)
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
    assert titles == ["bid of one", "capped of one"]
    assert any("Zero in every year: late of one" in one.get_text() for one in figure.texts)


def test_a_name_in_a_run_leads_to_no_other_folder(run, tmp_path) -> None:
    from simcore.plots.deals import draw_deal

    told = run.attrs["projects"].replace('"ruhr"', '"../ruhr"')
    odd = run.assign_coords(project=["../ruhr", "later"]).assign_attrs(projects=told)
    found, text = page(odd, "../ruhr", ["law"])
    assert "(../ruhr)" in text
    files = draw_deal(odd, found, tmp_path / "pictures")
    assert {one.parent for one in files} == {tmp_path / "pictures"}
    assert all(one.is_file() for one in files)


def test_a_damaged_run_is_a_fault_and_no_accident(saved, tmp_path, capsys) -> None:
    import shutil

    broken = tmp_path / "broken.zarr"
    shutil.copytree(saved, broken)
    file = broken / "zarr.json"
    content = json.loads(file.read_text())
    content["attributes"]["projects"] = json.dumps({"law": {"ruhr": {"title": "x"}}})
    file.write_text(json.dumps(content))
    assert cli.main(["deal", str(broken), "--project", "ruhr"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_table_of_projects_says_what_a_strike_is_paid_for() -> None:
    from simcore.analysis.headline import OpenedRun
    from simcore.analysis.projects import projects_beside
    from simcore.terminal.projects import project_lines

    plant = {"region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 4, "output": 1}
    bids = {"gas": {"kind": "cfd", "strike": "5 EUR/kg", "floor": "2 EUR/kg", "term": 3},
            "carbon": {"kind": "ccfd", "strike": 150, "term": 3}}  # fmt: skip

    def title(*names: str) -> str:
        run = simcore.run({
            **CONFIG, "years": "2029-2034", "catalog": {"instruments": bids},
            "projects": {f"plant_{name}": {**plant, "instruments": [name]} for name in names},
        })  # fmt: skip
        table = projects_beside(OpenedRun(run), [0.5])
        assert table is not None
        return project_lines(table, ["p50"], {})[1]

    assert "EUR/t of hydrogen, " in title("gas")
    assert "EUR/t CO2, " in title("carbon")
    assert "EUR/t of hydrogen or CO2, " in title("gas", "carbon")
