"""What a run shows of itself: a short display, the premium first, a label for every place."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run
import xarray as xr
from batteries import some
from small_config import small_config
from test_effects import CONFIG

import simcore
from simcore.dataset import digest
from simcore.variables import OUTCOMES

SUFFIXES = pytest.mark.parametrize("suffix", ["memory", ".zarr", ".nc"])


def made(suffix: str, folder: Path, **options: Any) -> xr.Dataset:
    return synthetic_run.make(None if suffix == "memory" else folder / f"run{suffix}", **options)


@SUFFIXES
def test_the_display_is_short_and_names_each_outcome_and_label(suffix: str, tmp_path: Path) -> None:
    with made(suffix, tmp_path) as run:
        for shown in (run, run.sel(year=2030), run.assign_attrs(config="x: <b>\n" * 50_000)):
            text = shown._repr_html_()
            assert len(text) < 20_000
            for name in ("Synthetic", "cost_premium", "waterfall", "EUR t-1", "h2_dri_eaf", "0.99"):
                assert name in text
        assert len(repr(run)) < 10_000
        assert type(pickle.loads(pickle.dumps(run.load()))) is type(run)


def test_the_display_of_the_largest_run_is_below_20_kb() -> None:
    """Every outcome, long labels, a title that is code."""
    outcomes = [
        name for name, one in OUTCOMES.items() if name != "waterfall" and "exposure" not in one.dims
    ]
    run = simcore.run(CONFIG | {
        "title": "<script>" * 40, "draws": 2, "outcomes": outcomes, "parity": ["scrap"],
        "against": ["EU.bf_bof"], "products": ["car"],
        "budgets": {"steel": {"region": "EU", "route": "scrap_eaf", "volume": {2030: 1}}},
        "portfolios": {"firm": {"projects": ["plant"]}},
        "accounts": {"fund": {"first": 2030, "last": 2030, "rate": 0.0, "outflow": {
            "steel": {"kind": "gap", "budget": "steel"}}}},
        "projects": {"plant": {"region": "EU", "route": "ng_dri_eaf", "start": 2030, "lifetime": 1,
                               "output": 1.0, "instruments": ["eu_public_buyers"]}},
        "decisions": {"build": ["plant"], "never": []},
        "scenarios": {f"{'a_long_name_' * 5}{k}": {} for k in range(9)}, "keep": ["cost_premium"],
        "plant": {"start": 2030, "lifetime": 1},
    })  # fmt: skip
    text = run._repr_html_()
    assert len(text) < 20_000
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    held = [name for name in outcomes if f"{name}_mean" in run]
    listed = [name for name in held if f"<td>{name}</td>" in text]
    # As many as have room, and how many more there are.
    assert len(listed) > 80
    assert listed == held or " more</td>" in text


@SUFFIXES
def test_the_premium_stands_first(suffix: str, tmp_path: Path) -> None:
    with made(suffix, tmp_path) as run:
        found = [run] if suffix == "memory" else [run, xr.open_dataset(tmp_path / f"run{suffix}")]
        for opened in found:
            names = list(opened.data_vars)
            summaries = [name for name in names if "draw" not in opened[name].dims]
            assert names[0] == "cost_premium"
            assert summaries[0] == "cost_premium_mean"
            assert summaries.index("viability_mean") < summaries.index("carbon_price_mean")


def test_without_the_premium_the_order_is_that_of_the_config(tmp_path: Path) -> None:
    names = ["carbon_price", "commodity_price"]
    with synthetic_run.make(tmp_path / "x.zarr", outcomes=names, kept=[]) as run:
        found = [name for name in run.data_vars if str(name).endswith("_mean")]
        assert found[:2] == ["carbon_price_mean", "commodity_price_mean"]


ASKED: dict[str, dict[str, Any]] = {
    "prices": CONFIG | {"outcomes": ["carbon_price"]},
    "commodities": CONFIG | {"outcomes": ["cost_premium", "commodity_price"], "keep": ["inputs"]},
    "plants": CONFIG | {"outcomes": ["npv_carbon_value"]},
    "nothing uncertain": small_config(),
}


@pytest.mark.parametrize(
    ("name", "suffix"),
    some([(name, suffix) for suffix in ("memory", ".zarr", ".nc") for name in ASKED], each=3),
)
def test_every_dimension_has_labels_whatever_the_outcomes(name, suffix, tmp_path) -> None:
    out = None if suffix == "memory" else tmp_path / f"run{suffix}"
    run = simcore.run(ASKED[name], draws=2, out=out)
    for found in [run] if out is None else [run, xr.open_dataset(out)]:
        assert set(found.dims) <= set(found.coords)
        assert found.coords["commodity_unit"].dims == ("commodity",)
        assert not {"commodity_unit", "factor_unit", "factor_source"} & set(found.data_vars)


def test_labels_without_values_do_not_count_in_the_digest(tmp_path: Path) -> None:
    """Older runs had none; a run that holds prices always had them."""
    run = simcore.run(CONFIG | {"outcomes": ["carbon_price"]}, draws=2)
    older = run.drop_vars("commodity")
    assert digest(older) == digest(run)
    other = run.assign_coords(commodity_unit=run.commodity_unit.str.upper())
    assert digest(other) != digest(run)
    with synthetic_run.make() as prices:
        assert digest(prices.drop_vars("commodity")) != digest(prices)
        renamed = prices.assign_coords(commodity=["a", "b"])
        assert digest(renamed) != digest(prices)


@pytest.mark.parametrize("kind", [np.int32, np.uint16, np.int16])
def test_the_digest_is_that_of_a_copy_with_shorter_labels(kind, tmp_path: Path) -> None:
    with synthetic_run.make() as run:
        short = run.assign_coords(year=run.year.astype(kind), draw=run.draw.astype(kind))
        assert digest(short) == digest(run)
        assert digest(run.assign_coords(year=run.year + 1)) != digest(run)
        assert digest(run.assign(cost_premium=run.cost_premium.astype("f8"))) != digest(run)


def test_the_digest_is_that_of_a_classic_copy(tmp_path: Path) -> None:
    with synthetic_run.make() as run:
        plain = run.assign_attrs({
            name: value for name, value in run.attrs.items() if not isinstance(value, int)
        })  # fmt: skip
        plain.to_netcdf(tmp_path / "copy.nc", format="NETCDF4_CLASSIC")
        with xr.open_dataset(tmp_path / "copy.nc") as copy:
            assert copy.year.dtype == np.int32
            assert digest(copy) == digest(run)


def test_a_zarr_store_says_which_format_it_is(tmp_path: Path) -> None:
    with synthetic_run.make(tmp_path / "x.zarr") as run:
        assert run.attrs["zarr_format_needed"].startswith("3: zarr-python 3")


# --- progress ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("notebook", [True, False])
def test_progress_is_one_line_where_asked_for(notebook: bool, capsys, monkeypatch) -> None:
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    else:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    config = CONFIG | {"draws": 300, "outcomes": ["carbon_price"]}
    quiet = simcore.run(config)
    assert capsys.readouterr() == ("", "")
    told = simcore.run(config, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "100 % of 300 draws" in err
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err.startswith("\r") == notebook
    assert digest(quiet) == digest(told)
