"""Claims of simcore.plots: what is drawn, that its numbers are the run's, that all can be read."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import documents
import numpy as np
import pytest
import synthetic_run
import xarray as xr
from rendered import faults_of

import simcore
from simcore import plots
from simcore.dataset import RunError
from simcore.errors import OutputError
from simcore.plots.amounts import amounts_of
from simcore.plots.choice import MOST, cells_of
from simcore.plots.kinds import Kind, every_kind, kind_of, kinds_text, register, withdraw
from simcore.plots.marks import year_ticks
from simcore.plots.sheet import width_of, wrapped

PNG = b"\x89PNG\r\n\x1a\n"
OF_ROUTES = ("routes", "value", "premium", "waterfall", "crossing", "compare", "converge")
COSTS = ("levelised_cost", "carbon_cost")


@pytest.fixture(scope="module")
def run() -> Any:
    return synthetic_run.make(
        draws=1024, outcomes=(*synthetic_run.OUTCOME_NAMES, *COSTS, "at_price_limit")
    ).load()


def text_of(figure: Any) -> str:
    import matplotlib.text

    words = " ".join(one.get_text() for one in figure.findobj(matplotlib.text.Text))
    return " ".join(words.split())


def title_of(figure: Any) -> str:
    size = max(one.get_fontsize() for one in figure.texts)
    return " ".join(one.get_text() for one in figure.texts if one.get_fontsize() == size)


def stems(run: Any, folder: Path, **asked: Any) -> list[str]:
    files, _ = plots.plot_run(run, folder, **asked)
    return [file.name for file in files]


# ---------------------------------------------------------------- what is drawn


def test_pictures_of_the_question_are_written(run: Any, tmp_path: Path) -> None:
    names = stems(run, tmp_path / "new" / "pictures")
    assert names == [f"{one}.png" for one in (
        "routes", "value", "crossing", "waterfall", "compare", "prices",
    )]  # fmt: skip
    files = list((tmp_path / "new/pictures").iterdir())
    assert all(file.read_bytes().startswith(PNG) for file in files)
    assert {file.name for file in files} == set(names)
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (("carbon_price",), ["prices.png"]),
        (("green_is_cheaper",), ["crossing.png"]),
        (("support_gap",), []),
    ],
)
def test_only_what_the_run_holds_is_drawn(
    tmp_path: Path, outcomes: tuple[str, ...], expected: list[str]
) -> None:
    held = synthetic_run.make(outcomes=outcomes, kept=())
    assert stems(held, tmp_path) == expected
    _, lacking = plots.plot_run(held, tmp_path, kind=["value", "converge"])
    assert "add cost_premium_ex_carbon, carbon_value to outcomes" in lacking[0].remedy
    assert "add cost_premium to keep" in lacking[1].remedy


def test_a_picture_each_of_what_is_asked_for(run: Any, tmp_path: Path) -> None:
    names = stems(run, tmp_path, kind=["crossing"], scenarios=["all"], destinations=["all"])
    assert names == [f"crossing_{one}_{where}.png" for one in synthetic_run.SCENARIOS
                     for where in ("domestic", "eu")]  # fmt: skip
    assert stems(run, tmp_path / "a.svg", kind=["prices"]) == ["a.svg"]
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    assert stems(run, tmp_path, kind=["prices"], format="pdf") == ["prices.pdf"]
    with pytest.raises(RunError, match="6 pictures"):
        plots.plot_run(run, tmp_path / "b.png")


def test_names_that_are_not_there(run: Any, tmp_path: Path) -> None:
    for asked in ({"routes": ["scrap_eav"]}, {"scenarios": ["reform"]}, {"years": [1999]},
                  {"kind": ["rotues"]}, {"regions": ["DE"]}):  # fmt: skip
        with pytest.raises(RunError):
            plots.plot_run(run, tmp_path, **asked)
    assert not list(tmp_path.iterdir())
    with pytest.raises(RunError, match="did you mean routes"):
        kind_of("rotues")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        plots.plot_run(run, tmp_path / "file", kind=["prices"])


def test_the_kind_of_the_pages_is_drawn(run: Any, tmp_path: Path) -> None:
    exec(compile(documents.recipe("kind of picture", "python"), "extend.md", "exec"), {})
    try:
        assert "one draw in twenty" in text_of(simcore.plot(run, "tails"))
        assert stems(run, tmp_path, kind=["tails"], scenarios=["all"]) == [
            "tails_law.png", "tails_reform_2026.png",
        ]  # fmt: skip
        assert faults_of(simcore.plot(run, "tails")) == []
    finally:
        withdraw("tails")


def test_a_kind_is_one_declaration(run: Any, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    register(Kind("blank", "nothing at all", lambda *_: Figure(), needs=(("never_there",),)))
    try:
        assert "  blank " in kinds_text()
        with pytest.raises(RunError, match="never_there"):
            simcore.plot(run, "blank")
        register(Kind("blank", "nothing at all", lambda *_: Figure()))
        assert isinstance(simcore.plot(run, "blank"), Figure)
        assert stems(run, tmp_path, kind=["blank"]) == ["blank.png"]
    finally:
        withdraw("blank")


# ---------------------------------------------------------------- its numbers are those of the run


def test_titles_say_the_finding_with_numbers_of_the_run(run: Any) -> None:
    place = {"scenario": "law", "region": "EU", "quantile": 0.5, "year": 2030}
    value = title_of(simcore.plot(run, "value", routes=["scrap_eaf"], years=[2030]))
    cost = run["cost_premium_ex_carbon_quantile"].sel(place).sel(route="scrap_eaf")
    paid = run["carbon_value_quantile"].sel(place).sel(route="scrap_eaf", destination="domestic")
    assert value == (
        f"scrap_eaf in EU costs {cost:.0f} EUR/t more in 2030; carbon pays {paid:.0f}"
    )  # fmt: skip
    told = title_of(simcore.plot(run, "routes", routes=["scrap_eaf"], regions=["KR"], years=[2030]))
    low, middle, high = (
        run["cost_premium_quantile"].sel(
            scenario="law", region="KR", destination="domestic", route="scrap_eaf", year=2030,
            quantile=at)
        for at in (0.05, 0.5, 0.95)
    )  # fmt: skip
    assert (
        told == f"scrap_eaf in KR costs {middle:.0f} EUR/t more ({low:.0f} to {high:.0f}) in 2030"
    )
    price = title_of(simcore.plot(run, "prices", years=[2040]))
    middle = run["carbon_price_quantile"].sel(
        scenario="law", market="eu_ets", year=2040, quantile=0.5
    )
    assert price.startswith(f"eu_ets: {middle:.0f} EUR/t in 2040")


def test_human_names_reference_and_scenario_stand_on_it(run: Any) -> None:
    named = run.assign_coords(
        region_title=("region", ["European Union", "Korea"]),
        route_title=("route", ["Blast furnace", "Hydrogen DRI, EAF", "Scrap, EAF"]),
        scenario_title=("scenario", ["Law in force", "Reform"]),
    ).assign_attrs(references='{"law": {"EU": {"steel": "bf_bof"}, "KR": {"steel": "bf_bof"}}}')
    words = text_of(simcore.plot(named, "value"))
    for part in ("European Union", "Hydrogen DRI, EAF", "against Blast furnace", "sold at home",
                 "scenario Law in force", "EUR of 2025 per t", "--scenario NAME or all"):  # fmt: skip
        assert part in words
    assert "h2_dri_eaf" not in words
    assert "against Blast furnace" in text_of(simcore.plot(named, "value", routes="scrap_eaf"))
    # A reference that the run does not ask for has its name beside the run.
    aside = named.assign_attrs(
        references='{"law": {"EU": {"steel": "slab_import"}, "KR": {"steel": "slab_import"}}}',
        titles_aside='{"route": {"slab_import": "Imported slab"}}',
    )
    assert "against Imported slab" in text_of(simcore.plot(aside, "value"))


@pytest.mark.parametrize("full", [True, False])
def test_bars_of_the_waterfall_run_from_cost_to_cost(run: Any, full: bool) -> None:
    told = '{"law": {"EU": {"steel": "bf_bof"}, "KR": {"steel": "bf_bof"}}}'
    held = run.assign_attrs(references=told)
    held = held if full else held.drop_vars("carbon_cost_central")
    figure = simcore.plot(held.drop_vars("cost_premium_central"), "waterfall",
                          routes=["h2_dri_eaf"], years=[2030])  # fmt: skip
    cell = run.sel(scenario="law", destination="domestic", year=2030)
    for axes, region in zip(figure.axes, ("EU", "KR"), strict=False):
        bars = [bar for bar in axes.patches if hasattr(bar, "get_width")]
        own = cell.sel(region=region, route="bf_bof")
        start = float(own.levelised_cost_central + own.carbon_cost_central) if full else 0.0
        total = start + float(cell.waterfall_central.sel(region=region, route="h2_dri_eaf").sum())
        assert len(bars) == 4 + full
        assert bars[0].get_width() == pytest.approx(start) or not full
        assert bars[-1].get_width() == pytest.approx(total)
        assert bars[-2].get_x() + bars[-2].get_width() == pytest.approx(total)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    # Capital, inputs, carbon.
    assert next(one for one in names if one in ("capex", "electricity", "carbon")) == "capex"
    assert ("levelised_cost" in text_of(figure)) is not full


@pytest.mark.parametrize(
    "given", [["support", "electricity", "home_carbon"], ["home_carbon", "capex", "scrap"],
              ["cbam", "support", "fixed_opex"]]
)  # fmt: skip
def test_parts_stand_in_the_order_capital_fixed_inputs_carbon_support(
    run: Any, given: list[str]
) -> None:
    figure = simcore.plot(run.assign_coords(component=given), "waterfall", regions="EU")
    names = [label.get_text().replace(" ", "_") for label in figure.axes[0].get_yticklabels()]
    order = ["capex", "fixed_opex", "electricity", "scrap", "home_carbon", "cbam", "support"]
    assert [one for one in names if one in given] == [one for one in order if one in given]


def test_the_leading_route_saves_carbon(run: Any) -> None:
    names = ["capex", "electricity", "home_carbon"]
    parts = run.waterfall_central.assign_coords(component=names)

    def title(h2_dri_eaf: float, scrap_eaf: float) -> str:
        carbon = xr.DataArray([np.nan, h2_dri_eaf, scrap_eaf], dims="route")
        changed = xr.where(parts.component == "home_carbon", carbon, parts)
        held = run.drop_dims("component").drop_vars("cost_premium_central").assign(
            waterfall_central=changed.transpose(*parts.dims).assign_attrs(parts.attrs))  # fmt: skip
        return title_of(simcore.plot(held, "waterfall"))

    assert "h2_dri_eaf" in title(-1.0, 10_000.0)
    # Where all cost more carbon than the reference, the largest premium of all is drawn.
    assert "scrap_eaf" in title(5_000.0, 10_000.0)


def test_the_difference_is_that_of_the_draws(run: Any) -> None:
    figure = simcore.plot(run, "compare", regions=["KR"], routes=["scrap_eaf"])
    beside, apart = figure.axes
    kept = run["cost_premium"].sel(region="KR", route="scrap_eaf", destination="domestic")
    drawn = (kept.sel(scenario="reform_2026") - kept.sel(scenario="law")).mean("draw")
    np.testing.assert_allclose(apart.lines[1].get_ydata(), drawn, rtol=1e-5)
    assert len(beside.lines) >= 6
    # Where the second scenario changes nothing in the leading cell, another one is shown.
    means = run["cost_premium_mean"].copy(deep=True)
    means.loc[{"scenario": "reform_2026", "region": "EU"}] = means.sel(scenario="law", region="EU")
    told = title_of(simcore.plot(run.assign(cost_premium_mean=means), "compare"))
    assert "in KR" in told
    alone = simcore.plot(run.drop_vars("cost_premium"), "compare")
    assert len(alone.axes) == 1
    assert "No difference draw by draw" in text_of(alone)


# ---------------------------------------------------------------- panels


def test_at_most_twelve_panels_and_the_rest_is_named(run: Any) -> None:
    many = many_routes(run)
    cells = cells_of(many.sel(scenario="law", destination="domestic"), "cost_premium_mean")
    assert len(cells.regions) * len(cells.routes) == MOST
    figure = simcore.plot(many, "value")
    assert len([axes for axes in figure.axes if axes.get_visible()]) == MOST
    assert "No panel was left for routes way_6; way_7 (--route ID)" in text_of(figure)
    one = simcore.plot(many, "value", regions=["KR"], routes=["way_7"])
    assert len(one.axes) == 1


def test_panels_of_a_row_have_one_scale(run: Any) -> None:
    figure = simcore.plot(run, "value")
    rows: dict[int, set[tuple[float, float]]] = {}
    for axes in figure.axes:
        rows.setdefault(axes.get_subplotspec().rowspan.start, set()).add(axes.get_ylim())
    assert [len(limits) for limits in rows.values()] == [1, 1]


@pytest.mark.parametrize(
    ("years", "ticks"),
    [
        (range(2026, 2051), [2026, 2030, 2035, 2040, 2045, 2050]),
        (range(2026, 2035), [2026, 2028, 2030, 2032, 2034]),
        (range(2026, 2029), [2026, 2027, 2028]),
        (range(2026, 2028), [2026, 2027]),
        (range(2030, 2031), [2030]),
    ],
)
def test_first_and_last_year_are_ticked(years: range, ticks: list[int]) -> None:
    assert year_ticks(years, 3.4) == ticks


@pytest.mark.parametrize(
    ("units", "largest", "unit", "text"),
    [
        ("EUR t-1", 527.3, "EUR/t", "527"),
        ("KRW t-1", 1_421_104.0, "thousand KRW/t", "1,421"),
        ("1e6 EUR yr-1", 123.4, "million EUR/yr", "123"),
        ("1e6 KRW", 2_345_000.0, "billion KRW", "2,345"),
        ("EUR kg-1", 7.321, "EUR/kg", "7.32"),
        ("EUR t-1", -0.4, "EUR/t", "-0.400"),
        ("EUR t-1", float("nan"), "EUR/t", "nan"),
    ],
)
def test_one_number_format(units: str, largest: float, unit: str, text: str) -> None:
    amounts = amounts_of({"units": units, "price_year": 2025}, [largest, 0.0])
    assert amounts.unit == unit
    assert amounts.text(largest) == text
    assert amounts.tick(1000.0) == "1,000"


def test_words_are_wrapped_and_never_cut() -> None:
    text = "a b " * 30 + "x" * 200
    lines = wrapped(text, 2.0, 9.0)
    assert max(width_of(line, 9.0) for line in lines.split("\n")) <= 2.0
    assert lines.replace("\n", "").replace(" ", "") == text.replace(" ", "")


# ---------------------------------------------------------------- all can be read


def many_routes(run: Any) -> Any:
    """The run with two regions and eight routes."""
    ways = [f"way_{at}" for at in range(8)]
    return run.isel(route=[1, 2, 1, 2, 1, 2, 1, 2]).assign_coords(route=ways)


def _one_region(run: Any) -> Any:
    return run.isel(region=[0])


def _won(run: Any) -> Any:
    money = {}
    for name, array in run.data_vars.items():
        unit = str(array.attrs.get("units", ""))
        if "EUR" in unit:
            attrs = {**array.attrs, "units": unit.replace("EUR", "KRW")}
            money[name] = (array * 1600.0).astype(array.dtype).assign_attrs(attrs)
    return run.assign(money).assign_attrs(currency="KRW")


def _century(run: Any) -> Any:
    return run.reindex(year=np.arange(2000, 2101), method="nearest")


def _without(run: Any) -> Any:
    """A route without any value, another below zero everywhere."""
    found = {}
    for name, array in run.data_vars.items():
        if "route" in array.dims and array.dtype.kind == "f":
            changed = -abs(array) - 5.0 if "standard" not in str(name) else array
            found[name] = changed.where(run.route != "scrap_eaf").assign_attrs(array.attrs)
    return run.assign(found)


def _hostile(run: Any) -> Any:
    return run.assign_coords(
        region=["$x$ <b>" + "long name " * 9, "عربى"], market=["\\frac{1}{", "가나다" * 9],
        route=["$\\alpha$" * 12, "\u202e<script>" + "W" * 70, "한국"],
    ).assign_attrs(title="$ " * 40)  # fmt: skip


HARD = {
    "one region": _one_region, "eight routes": many_routes, "won": _won, "century": _century,
    "undefined and negative": _without, "hostile names": _hostile,
    "one route": lambda run: run.isel(route=[0, 1]), "one year": lambda run: run.isel(year=[4]),
}  # fmt: skip


def _checked(run: Any, kind: str, name: str) -> list[str]:
    # A notebook draws with 72 dots an inch, where letters are widest.
    dpi = 72 if name == "hostile names" else 110
    return faults_of(simcore.plot(HARD[name](run), kind), few_years=name == "one year", dpi=dpi)


@pytest.mark.parametrize("name", ["hostile names", pytest.param("century", marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", [*OF_ROUTES, "prices"])
def test_all_of_a_picture_can_be_read(run: Any, kind: str, name: str) -> None:
    assert _checked(run, kind, name) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [one for one in HARD if one not in ("hostile names", "century")])
@pytest.mark.parametrize("kind", [*OF_ROUTES, "prices"])
def test_all_of_a_picture_can_be_read_in_hard_cases(run: Any, kind: str, name: str) -> None:
    assert _checked(run, kind, name) == []


def test_what_cannot_be_read_is_seen(run: Any) -> None:
    figure = simcore.plot(run, "crossing")
    figure.text(0.99, 0.5, "beyond the edge of it all")
    figure.axes[0].set_ylabel("")
    figure.axes[0].set_yticks([0, 1])
    faults = faults_of(figure)
    assert any("beyond" in one for one in faults)
    assert "a row without a unit" in faults
    assert "2 ticks along y" in faults
    assert any("overlap" in one for one in faults)


def test_every_kind_says_what_it_shows() -> None:
    page = (documents.ROOT / "docs" / "pictures.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    told = {name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert told == set(every_kind())
    for one in every_kind().values():
        assert 20 < len(one.shows) < 140
        assert one.shows[0].islower()
