"""A run that is extended is a new run of as many draws, and refused where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rich_config import rich_config

from simcore import cli, dataset
from simcore.terminal import extending

CONFIG = rich_config(draws=600, regions=["XA"], routes=["blast", "hydrogen"],
                     outcomes=["cost_premium", "crossover_year"], keep=["cost_premium"])  # fmt: skip


def simulate(folder: Path, name: str, *arguments: str, **changes: Any) -> Path:
    file, out = folder / f"{name}.yaml", folder / f"{name}.zarr"
    file.write_text(yaml.safe_dump(CONFIG | changes))
    assert cli.main(["run", str(file), "--quiet", "-o", str(out), *arguments]) == 0
    return out


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("runs"), "short")


def files_of(out: Path) -> dict[str, bytes]:
    """Content of each file but the one that knows the hour."""
    return {
        str(file.relative_to(out)): file.read_bytes()
        for file in out.rglob("*") if file.is_file() and file.parent != out
    }  # fmt: skip


def test_a_longer_run_is_a_new_one_of_as_many_draws(tmp_path, short):
    new = simulate(tmp_path, "new", "--draws", "1500", "--threads", "1")
    out = tmp_path / "longer.zarr"
    before = files_of(short)
    assert cli.main(["extend", str(short), "--draws", "1500", "--quiet", "-o", str(out)]) == 0
    assert files_of(out) == files_of(new)
    with dataset.open_run(out) as longer, dataset.open_run(new) as right:
        assert dataset.digest(longer) == dataset.digest(right)
        for name in ("config", "config_sha256", "draws"):
            assert longer.attrs[name] == right.attrs[name]
        with dataset.open_run(short) as first:
            assert first["cost_premium"].equals(longer["cost_premium"].isel(draw=slice(600)))
    assert files_of(short) == before
    assert cli.main(["extend", str(out), "--draws", "1600", "--quiet"]) == 0
    with dataset.open_run(out) as longest:
        assert longest.attrs["draws"] == 1600


@pytest.mark.parametrize(
    ("changes", "draws", "words"),
    [
        ({"design": "latin_hypercube"}, 1000, "change every draw"),
        ({"until": "cost_premium.mean=1000 EUR/t"}, 1000, "ends by itself"),
        ({}, 600, "more than the 600"),
    ],
)
def test_what_cannot_be_extended_is_refused(tmp_path, short, capsys, changes, draws, words):
    out = simulate(tmp_path, "other", **changes) if changes else short
    assert cli.main(["extend", str(out), "--draws", str(draws)]) == 2
    assert words in capsys.readouterr().err


def test_a_run_that_would_not_be_made_again_is_refused(short, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(extending, "__version__", "9.9.9")
        assert cli.main(["extend", str(short), "--draws", "1000"]) == 2
    assert "9.9.9" in capsys.readouterr().err
    monkeypatch.setattr("simcore.plan.Plan.digest", "0")
    assert cli.main(["extend", str(short), "--draws", "1000"]) == 2
    assert "another one by now" in capsys.readouterr().err
