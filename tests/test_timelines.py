"""The dated table and the picture of a policy, and delays that never undo what has passed."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import simcore
from simcore import cli
from simcore.intake import packaged
from simcore.plots.timelines import band
from simcore.terminal.timelines import readers_of, timeline_text

KNOWN = packaged.catalog() | {"systems": packaged.written("system")}
POLICIES, BASE, SCENARIOS = KNOWN["policies"], packaged.base(), packaged.scenarios()


def printed(*arguments: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert cli.main(["catalog", *arguments]) == 0
    return said.getvalue()


@cache
def told(name: str) -> str:
    """What `simcore catalog policies NAME` prints, without reading all tables for each name."""
    readers = readers_of(name, KNOWN, BASE, SCENARIOS)
    return timeline_text(name, POLICIES[name], readers=readers, sources=packaged.sources())


@pytest.mark.parametrize("name", ["eu_ets_cap", "eu_free_allocation", "uk_eu_link"])
def test_the_command_prints_the_table(name: str) -> None:
    assert printed("policies", name) == f"{told(name)}\n"


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_table_fits_and_names_every_date_and_source(name: str) -> None:
    text = told(name)
    assert max(map(len, text.splitlines())) <= 100
    for variant, table in POLICIES[name]["variants"].items():
        assert variant in text
        assert str(table["status"]) in text
        assert packaged.sources()[table["source"]]["publisher"].split()[0] in text
        for year in table["values"]:
            assert f"\n  {year}  " in text


def test_table_says_who_reads_it_and_what_is_only_information() -> None:
    text = " ".join(told("eu_free_allocation").split())
    assert text.count("read by cbam.free_allocation; sector ") == 1
    assert "sector steel (regions.EU.free_allocation" in text
    assert "scenario reform_2026" in text
    for name, policy in POLICIES.items():
        text = " ".join(told(name).split())
        unread = "nothing in the packaged configs" in text
        said = any("nformative" in str(table.get("note")) or "Not read" in str(table.get("note"))
                   for table in policy["variants"].values())  # fmt: skip
        # What nothing reads says why; what is read is no mere information.
        assert unread == said, name


def test_rows_hold_what_is_in_force() -> None:
    lines = told("eu_free_allocation").splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  20")}
    assert rows["2030"] == ["0.515", "0.59", "1"]
    assert rows["2035"] == ["0", "0.15", "1"]  # the law has ended
    assert rows["2039"] == ["0", "0", "1"]


@pytest.mark.parametrize("name", ["eu_free_allocation", "uk_eu_link", "eu_cscf", "de_ccfd_budget"])
def test_picture(name: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / "picture.png"
    assert str(path) in printed("policies", name, "--plot", str(path))
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [one.name for one in path.parent.iterdir()] == ["picture.png"]


def test_picture_needs_a_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["policies"], ["regions", "EU"], []):
        assert cli.main(["catalog", *arguments, "--plot", str(tmp_path / "a.png")]) == 2
        assert "name one policy" in capsys.readouterr().err
    assert cli.main(["catalog", "policies", "eu_cscf", "--plot", str(tmp_path)]) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_band_can_be_drawn(name: str) -> None:
    for variant in POLICIES[name]["variants"]:
        found = band(POLICIES[name], variant, np.arange(2000, 2051))
        known = ~np.isnan(found[0])
        assert known.any()
        assert (np.diff(found[:5, known], axis=0) >= 0).all()


def test_a_dated_value_of_any_kind_has_a_band() -> None:
    table = {"values": {2020: {"kind": "lognormal", "mu": 0.0, "sigma": 0.1}}}
    policy = {"variants": {"only": table}, "delay": 0, "known_until": 2019}
    low, *_, middle, _, high, mean = band(policy, "only", np.array([2020]))[:, 0]
    assert np.log([low, middle, high]) == pytest.approx([-0.16449, 0, 0.16449], abs=2e-3)
    assert mean == pytest.approx(np.exp(0.005), abs=1e-4)


def test_band_agrees_with_a_run() -> None:
    run = simcore.run({
        "draws": 4096, "years": {"first": 2026, "last": 2034}, "regions": ["UK"],
        "routes": ["scrap_eaf"], "outcomes": ["cbam_factor"], "keep": [],
        "cbam": {"free_allocation": "uk_eu_link"}, "scenarios": {"law": {}},
    })  # fmt: skip
    share = 1 - run.cbam_factor_mean.isel(scenario=0).values
    odds = POLICIES["uk_eu_link"]["variant"]
    expected = sum(
        chance * band(POLICIES["uk_eu_link"], variant, run.year.values)[-1]
        for variant, chance in zip(odds["values"], odds["probabilities"], strict=True)
    )
    assert share == pytest.approx(expected, abs=4 * 0.5 / 64)
    assert expected[[0, 1]].tolist() == [0, 0]
    assert expected[2:] == pytest.approx([0.15, 0.45, 0.70, 0.80, 0.80, 0.80, 0.80])


def switch(delay: int, **law: object) -> np.ndarray:
    """A table known until 2026, delayed, from 2026 to 2031; `law` changes it."""
    run = simcore.run({
        "draws": 256, "years": {"first": 2026, "last": 2031}, "regions": ["EU"],
        "routes": ["scrap_eaf"], "outcomes": ["cbam_factor"], "keep": [], "scenarios": {"law": {}},
        "cbam": {"free_allocation": "mine"},
        "catalog": {"policies": {"mine": {
            "variant": "law", "delay": delay, "known_until": 2026,
            "variants": {"law": {"values": {2020: 1.0, 2026: 0.5, 2028: 0.25, 2029: 0.0}} | law},
        }}},
    })  # fmt: skip
    return 1 - run.cbam_factor_central.values.ravel()


def test_a_delay_holds_what_is_known_and_never_undoes_it() -> None:
    assert switch(0).tolist() == [0.5, 0.5, 0.25, 0, 0, 0]
    assert switch(1).tolist() == [0.5, 0.5, 0.5, 0.25, 0, 0]
    # Without the hold, 2027 would read the table of 2024: 1.
    assert switch(3).tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0.25]


def test_a_decline_compounds_from_the_last_date_alone_and_waits_for_a_delay() -> None:
    table = {"values": {2020: 1.0, 2026: 0.8, 2028: 0.5}, "decline": 0.1}
    after = [0.5 * 0.9**n for n in range(4)]
    assert switch(0, **table) == pytest.approx([0.8, 0.8, *after])
    assert switch(2, **table) == pytest.approx([0.8, 0.8, 0.8, 0.8, *after[:2]])


def test_a_delay_moves_the_last_year_of_a_law() -> None:
    table = {"values": {2020: 1.0, 2026: 0.5}, "end": 2028}
    assert switch(0, **table).tolist() == [0.5, 0.5, 0.5, 0, 0, 0]
    assert switch(2, **table).tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0]
