"""A dated table from outside: the recipe of docs/extend.md in a run, a table and a picture."""

from __future__ import annotations

from pathlib import Path

import documents
import numpy as np
import pytest

import simcore
from simcore import cli
from simcore.dated import DatedTable
from simcore.plots.timelines import draw
from simcore.terminal.timelines import timeline_text


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("toy") / "toy.yaml"
    file.write_text(documents.recipe("dated table"), "utf-8")
    return file


def test_a_run_reads_it(config: Path, tmp_path: Path) -> None:
    run = simcore.run(config, out=tmp_path / "toy.zarr", threads=1).squeeze("scenario")
    share = 1 - run.cbam_factor.values.astype(float)
    # Variant and delay by hand: what each of the four kinds of draw reads, 2026 to 2033.
    fast = [[0.9, 0.9, 0.5, 0.5, 0.5, 0, 0, 0], [0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0]]
    assert {tuple(draw.round(6).tolist()) for draw in share.T if draw[-1] < 1e-6} == {
        *map(tuple, fast)
    }
    slow = share[:, share[-1] > 1e-6]
    late = slow[4] > 0.89
    for drawn, first in ((slow[:, ~late], 4), (slow[:, late], 6)):
        assert np.allclose(drawn[:first], 0.9)
        assert 0.4 <= drawn[first].min() < 0.45
        assert 0.55 < drawn[first].max() <= 0.6
        assert np.allclose(drawn[first + 1] / drawn[first], 0.9)
    assert abs(late.mean() - 0.25) < 0.1


def test_every_command_knows_it(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "plan"):
        assert cli.main([command, str(config)]) == 0
    assert "phase_out" in capsys.readouterr().out
    assert cli.main(["trace", str(config), "--draw", "0"]) == 0
    assert "free allocation, phi" in capsys.readouterr().out


def test_it_has_a_table_and_a_picture(config: Path, tmp_path: Path) -> None:
    policy = simcore.load(config).resolved()["catalog"]["policies"]["phase_out"]
    text = timeline_text("phase_out", policy, readers=["region EU"], sources={})
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in text.splitlines()
            if line.startswith("  20")}  # fmt: skip
    assert rows["2028"] == ["0.5", "0.9"]
    assert rows["2031"] == ["0", "0.45 (0.36 to 0.54)"]
    assert "read by  region EU" in text
    assert draw("phase_out", policy, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_the_rule_holds_for_any_value() -> None:
    table = DatedTable({2026: "a", 2030: "b"}, end=2032)
    assert table.at(2025) is None
    assert table.at(2029) == (2026, "a", 1.0)
    assert table.at(2033) == (2030, "b", 0.0)
    late = table.delayed(3, known_until=2027)
    assert [late.asked(year) for year in (2027, 2028, 2030, 2031)] == [2027, 2027, 2027, 2028]
    assert late.at(2035) == (2030, "b", 1.0)


def test_numbers_grow_after_the_last_date_alone() -> None:
    table = DatedTable({2026: 10.0, 2028: 20.0}, growth=0.5)
    assert table.over(range(2025, 2031), before=0.0) == [0.0, 10.0, 10.0, 20.0, 30.0, 45.0]
    assert np.isnan(table.over([2025])).all()
    falling = DatedTable.written({"values": {2026: 8.0}, "decline": 0.5, "end": 2028})
    assert falling.over(range(2026, 2030)) == [8.0, 4.0, 2.0, 0.0]
