"""`simcore plan`: a config in full, or only what differs from the base or from another config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simcore import cli
from simcore.changes import Change
from simcore.terminal.planning import short

CONFIG = """name: mine
draws: 1000
regions: [EU, KR]
outcomes: [cost_premium, carbon_price]
keep: [cost_premium]
scenarios: {law: {}, half: {cbam: {coverage: 0.5}}}
catalog:
  routes: {h2_dri_eaf: {capex: 900 EUR/(t/yr)}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(CONFIG)
    return path


def differences(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Change]:
    assert cli.main(["plan", *arguments, "--json"]) == 0
    return {one["path"]: Change(**one) for one in json.loads(capsys.readouterr().out)}


def test_only_what_was_written_differs_from_the_base(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = differences(capsys, str(file), "--diff")
    assert found["draws"] == Change("draws", 20000, 1000)
    assert found["regions"].new == ["EU", "KR"]
    assert found["scenarios.half"].new["cbam"] == {"coverage": 0.5}
    assert found["scenarios.half"].old is None
    capex = found["catalog.routes.h2_dri_eaf.capex.default"]
    assert capex.new["value"] == 900
    assert capex.old["kind"] == "triangular"
    # What the run does not need is no difference: the catalog of both is whole.
    assert {path.split(".")[0] for path in found} == {
        "draws", "regions", "outcomes", "keep", "scenarios", "catalog",
    }  # fmt: skip
    assert all(path.startswith("catalog.routes.h2_dri_eaf.capex") for path in found
               if path.startswith("catalog"))  # fmt: skip


def test_the_table_fits_and_cuts_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", str(file), "--diff"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "900 (unit EUR/(t/yr))" in text
    assert "~" not in text
    assert len(text.splitlines()) < 60


def test_another_config_takes_the_place_of_the_base(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(CONFIG.replace("1000", "2000"))
    assert differences(capsys, str(file), "--diff", str(other)) == {
        "draws": Change("draws", 2000, 1000)
    }
    assert cli.main(["plan", str(file), "--diff", str(file)]) == 0
    assert "nothing differs" in capsys.readouterr().out
    assert differences(capsys, str(file), "--set", "draws=3", "--diff", str(file)) == {
        "draws": Change("draws", 1000, 3)
    }
    assert cli.main(["plan", str(file), "--diff", str(tmp_path / "none.yaml")]) == 2


def test_of_one_setting_the_table_tells_that_one(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for change, said in {"draws=3": ["draws", "1000", "3"],
                         "catalog.regions.EU.wacc=0.09": ["catalog.regions.EU.wacc"]}.items():  # fmt: skip
        command = ["plan", str(file), "--set", change, "--diff", str(file)]
        assert cli.main(command) == 0
        heads, first, *rest = capsys.readouterr().out.splitlines()
        assert heads.split() == ["setting", file.name, "yours"]
        assert first.split()[: len(said)] == said
        assert not any(line.startswith(("catalog", "draws")) for line in rest)
        assert rest[-1].startswith(f"1 setting differs from {file}; ")
    assert cli.main(["plan", str(file), "--set", "draws=3", "--set", "seed=8", "--diff",
                     str(file)]) == 0  # fmt: skip
    assert "\n2 settings differ from " in capsys.readouterr().out


def test_a_plan_in_json_is_the_resolved_config(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["regions"] == ["EU", "KR"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"), (0.05, "0.05"), ([], "none"), (["a", 2], "a, 2"),
        ({"kind": "constant", "value": 3.0, "source": "x"}, "3"),
        ({"kind": "normal", "mean": 1.0, "sd": 0.5, "note": "x"}, "normal mean 1, sd 0.5"),
        ({"values": {2026: 0.9}}, "{values {2026 0.9}}"),
    ],
)  # fmt: skip
def test_a_value_in_a_line(value: object, text: str) -> None:
    assert short(value) == text
