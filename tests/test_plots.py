"""Claims of simcore.plots: which pictures exist and what stands on them, not how they look."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run
import xarray as xr

from simcore import plots
from simcore.dataset import RunError
from simcore.errors import OutputError
from simcore.plots import figures
from simcore.plots.kinds import kinds

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def run() -> Any:
    kinds()
    return synthetic_run.make()


def _text(figure: Any) -> str:
    import matplotlib.text

    return "\n".join(one.get_text() for one in figure.findobj(matplotlib.text.Text))


def _stems(run: Any, folder: Path, **asked: Any) -> list[str]:
    files, _ = plots.plot_run(run, folder, **asked)
    return [file.name for file in files]


def test_pictures_of_the_question_are_written(run: Any, tmp_path: Path) -> None:
    names = _stems(run, tmp_path / "new" / "pictures")
    assert names == ["prices.png", "value.png", "premium.png", "waterfall.png", "crossing.png"]
    files = list((tmp_path / "new/pictures").iterdir())
    assert all(file.read_bytes().startswith(PNG) for file in files)
    assert {file.name for file in files} == set(names)


def test_pictures_need_neither_a_display_nor_pyplot(run: Any, tmp_path: Path) -> None:
    plots.plot_run(run, tmp_path, kind=["prices"])
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
    run = synthetic_run.make(outcomes=outcomes, kept=())
    assert _stems(run, tmp_path) == expected
    _, lacking = plots.plot_run(run, tmp_path, kind=["value"])
    assert "add cost_premium_ex_carbon, carbon_value to outcomes" in lacking[0].remedy


def test_titles_and_axes_name_money_year_and_labels(run: Any) -> None:
    law = run.sel(scenario="law")
    prices = _text(figures.carbon_price(run))
    assert "EUR/t (real, 2025)" in prices
    assert {"eu_ets", "k_ets", "law", "reform_2026"} <= set(prices.splitlines())
    value = _text(figures.cost_and_value(law, "eu"))
    assert "sold into the EU" in value
    assert "extra cost before carbon" in value
    assert {"EU", "KR", "h2_dri_eaf", "scrap_eaf"} <= set(value.splitlines())
    assert "bf_bof" not in value.splitlines()
    fall = _text(figures.waterfall(law, route="scrap_eaf", year=2030))
    assert "scrap_eaf" in fall
    assert "2030" in fall
    assert {"capex", "electricity", "carbon", "cost premium"} <= set(fall.splitlines())
    chance = _text(figures.green_is_cheaper(law))
    assert "%" in chance.splitlines()


def test_bars_of_the_waterfall_end_at_the_premium(run: Any) -> None:
    law = run.sel(scenario="law")
    figure = figures.waterfall(law, route="h2_dri_eaf", year=2030, destination="domestic")
    cell = law.waterfall_central.sel(route="h2_dri_eaf", year=2030, destination="domestic")
    for axes, region in zip(figure.axes, ("EU", "KR"), strict=False):
        bars = [bar for bar in axes.patches if hasattr(bar, "get_width")]
        total = float(cell.sel(region=region).sum())
        assert bars[-1].get_width() == pytest.approx(total)
        assert bars[-2].get_x() + bars[-2].get_width() == pytest.approx(total)


def test_the_waterfall_is_of_a_route_that_saves_carbon(run: Any) -> None:
    law = run.sel(scenario="law")
    names = ["capex", "electricity", "home_carbon"]
    parts = law.waterfall_central.assign_coords(component=names)

    def title(h2_dri_eaf: float, scrap_eaf: float) -> str:
        carbon = xr.DataArray([np.nan, h2_dri_eaf, scrap_eaf], dims="route")
        changed = xr.where(parts.component == "home_carbon", carbon, parts)
        return _text(figures.waterfall(law.drop_dims("component").assign(
            waterfall_central=changed.transpose(*parts.dims).assign_attrs(parts.attrs))))  # fmt: skip

    assert "h2_dri_eaf" in title(-1.0, 10_000.0)
    # Where all cost more carbon than the reference, the largest premium of all is drawn.
    assert "scrap_eaf" in title(5_000.0, 10_000.0)


def test_a_name_that_is_not_there(run: Any, tmp_path: Path) -> None:
    for asked in ({"routes": ["scrap_eav"]}, {"scenarios": ["reform"]}, {"years": [1999]},
                  {"kind": ["rotues"]}, {"regions": ["DE"]}):  # fmt: skip
        with pytest.raises(RunError):
            plots.plot_run(run, tmp_path, **asked)
    assert not list(tmp_path.iterdir())


def test_one_file_is_of_the_kind_that_it_ends_in(run: Any, tmp_path: Path) -> None:
    assert _stems(run, tmp_path / "a.svg", kind=["prices"]) == ["a.svg"]
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    assert _stems(run, tmp_path, kind=["prices"], format="pdf") == ["prices.pdf"]
    with pytest.raises(RunError, match="5 pictures"):
        plots.plot_run(run, tmp_path / "b.png")


def test_scenarios_that_coincide_are_drawn_once(run: Any) -> None:
    same = run.copy(deep=True)
    same.carbon_price_quantile.values[1] = same.carbon_price_quantile.values[0]
    assert "law = reform_2026" not in _text(figures.carbon_price(run))
    figure = figures.carbon_price(same)
    assert len(figure.axes[0].collections) == 2


def test_a_title_is_text_and_not_a_formula(run: Any, tmp_path: Path) -> None:
    odd = run.assign_attrs(title=r"cost in $ and \frac{1}{ $")
    assert len(_stems(odd, tmp_path)) == 5


def test_bad_places(run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        plots.plot_run(run, tmp_path / "file")


def test_a_picture_of_one_panel_has_room_for_its_title(run: Any) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    one = run.sel(scenario="law")
    figure = figures.waterfall(one.sel(region=one["region"].values[:1]))
    FigureCanvasAgg(figure).draw()
    box = next(text for text in figure.texts if "central" in text.get_text()).get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_a_long_title_stays_inside_its_picture(run: Any) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    named = run.assign_attrs(
        title="price, bank and reserve of a market under one law or another " * 3
    )
    for figure in (figures.carbon_price(named), figures.cost_premium(named.sel(scenario="law"))):
        FigureCanvasAgg(figure).draw()
        box = next(one for one in figure.texts if "bank" in one.get_text()).get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y1 <= figure.bbox.height
