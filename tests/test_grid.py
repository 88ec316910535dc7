"""Claims of `grid:`: the cross product of overlays, its checks, and its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore
from simcore import cli
from simcore.errors import ConfigError

CONFIG: dict[str, Any] = {
    "name": "grid", "draws": 256, "years": {"first": 2030, "last": 2031}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["scrap_eaf"],
    "outcomes": ["cost_premium_ex_carbon", "support_gap"], "keep": ["support_gap"],
}  # fmt: skip
LOW = {"catalog": {"regions": {"EU": {"wacc": 0.05}}}}
GRID = {"policy": ["law", "reform_2026"], "capital": {"cheap": LOW, "usual": {}}}
HAND = {"law_cheap": ["law", LOW], "law_usual": "law",
        "reform_2026_cheap": ["reform_2026", LOW], "reform_2026_usual": "reform_2026"}  # fmt: skip


@pytest.fixture(scope="module")
def spec() -> Any:
    return simcore.load({**CONFIG, "grid": GRID})


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "grid.zarr"
    simcore.run({**CONFIG, "grid": GRID}, out=out).close()
    return out


def test_a_grid_is_its_scenarios_written_by_hand(spec: Any) -> None:
    by_hand = simcore.load({**CONFIG, "scenarios": HAND})
    assert list(spec.runs) == list(HAND)

    def without_grid(run: Any) -> dict[str, Any]:
        found: dict[str, Any] = run.model_dump()
        return {key: one for key, one in found.items() if key not in ("grid", "scenarios")}

    for name in HAND:
        assert without_grid(spec.runs[name]) == without_grid(by_hand.runs[name])


def test_the_resolved_config_has_the_same_grid(spec: Any) -> None:
    again = simcore.load(spec.resolved())
    assert again.experiment.grid == {
        "policy": ["law", "reform_2026"],
        "capital": ["cheap", "usual"],
    }
    assert again.resolved() == spec.resolved()


def test_the_title_of_a_cell_is_that_of_its_choices() -> None:
    grid = {
        "policy": {"now": {"title": "Law"}},
        "capital": {"cheap": {**LOW}, "usual": {"title": "Usual"}},
    }
    found = simcore.load({**CONFIG, "grid": grid}).experiment.scenarios
    assert [one["title"] for one in found.values()] == ["Law, cheap", "Law, Usual"]


def test_scenarios_beside_a_grid_stay_and_packaged_ones_go() -> None:
    beside = simcore.load({**CONFIG, "grid": {"policy": ["law"]}, "scenarios": {"mine": {}}})
    assert list(beside.runs) == ["mine", "law"]


def test_choices_are_packaged_names_files_and_changes(tmp_path: Path) -> None:
    (tmp_path / "cheap.yaml").write_text("catalog: {regions: {EU: {wacc: 0.05}}}\n")
    (tmp_path / "grid.yaml").write_text(
        "draws: 256\nregions: [EU]\nroutes: [scrap_eaf]\n"
        "grid: {policy: 'law, reform_2026', capital: [cheap.yaml, {usual: {}}]}\n"
    )
    found = simcore.load(tmp_path / "grid.yaml")
    assert list(found.runs) == list(HAND)
    rates = [one.catalog.regions["EU"].wacc for one in found.runs.values()]
    assert rates[0] == rates[2] != rates[1]


@pytest.mark.parametrize(
    ("grid", "more", "words"),
    [
        ({"p": ["law", "laww"]}, {}, ["grid.p.1", "did you mean 'law'"]),
        ({"p": []}, {}, ["grid.p", "axes, each a list"]),
        ([1], {}, ["axes, each a list"]),
        ({"p": ["law", "law"]}, {}, ["law twice"]),
        ({"p": {f"a{i}": {} for i in range(11)}, "q": {f"b{i}": {} for i in range(10)}}, {},
         ["11 x 10 = 110 scenarios", "at most 100"]),
        ({"p": {"a": {}, "a_b": {}}, "q": {"b_c": {}, "c": {}}}, {}, ["two cells named a_b_c"]),
        ({"p": ["law"], "q": {"low": {}, "high": {}}}, {"scenarios": {"law_low": {}}},
         ["law_low, which is a cell of the grid too"]),
        ({"p": {"a": {"catalog": {"regions": {"EU": {"wac": 1}}}}}}, {}, ["did you mean 'wacc'"]),
        ({"p": {"a b": {}}}, {}, ["a name of letters"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_grid_is_said(
    grid: Any, more: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, "grid": grid, **more})
    assert all(one in str(caught.value) for one in words), str(caught.value)


def test_a_fault_in_a_choice_names_the_line_in_which_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text("regions: [EU]\ngrid:\n  capital:\n    cheap:\n      plant: {lifetme: 3}\n")
    with pytest.raises(ConfigError, match=r"grid\.yaml:5: "):
        simcore.load(path)


def test_one_table_shows_the_grid_by_its_axes(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["summary", str(saved)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    head = next(at for at, line in enumerate(lines) if line.startswith("Support gap"))
    table = [line.split() for line in lines[head + 1 :]]
    axis = table[0]
    assert axis[:2] == ["region", "route"]
    with simcore.open_run(saved) as run:
        gap = run.support_gap_quantile.sel(year=2031, quantile=0.5).squeeze()
        shown = float(gap.sel(scenario="reform_2026_cheap"))
    row, column = axis[2], axis[3:]
    label = {"policy": "reform_2026", "capital": "cheap"}
    found = next(one for one in table[1:] if label[row] in one)
    at = column.index(label["capital" if row == "policy" else "policy"])
    middles = [cell for cell in found[found.index(label[row]) + 1 :] if "(" not in cell]
    middles = [cell for cell in middles if cell != "to" and ")" not in cell]
    assert float(middles[at].replace(",", "")) == pytest.approx(shown, abs=0.6)
    assert "Other scenarios" not in "\n".join(lines)


def test_an_axis_moves_what_it_says_and_nothing_else(saved: Path) -> None:
    with simcore.open_run(saved) as run:
        cost = run.cost_premium_ex_carbon_mean
        same = np.array_equal(
            cost.sel(scenario="law_cheap"), cost.sel(scenario="reform_2026_cheap")
        )
        assert same
        assert not np.array_equal(cost.sel(scenario="law_cheap"), cost.sel(scenario="law_usual"))


def test_a_grid_beyond_all_measure_is_refused_at_once() -> None:
    axes = {f"axis{place}": {f"c{one}": {} for one in range(10)} for place in range(12)}
    with pytest.raises(ConfigError, match="= 1,000,000,000,000 scenarios"):
        simcore.load({**CONFIG, "grid": axes})
