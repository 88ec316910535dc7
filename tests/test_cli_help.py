"""The command line before any run: help, exit codes, and what it costs to start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import synthetic_run

from simcore import cli, dataset

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = (
    "check", "plan", "run", "extend", "work", "summary", "plot", "trace", "catalog", "schema", "digest", "calibrate",
    "backtest", "validate", "verify", "deal", "report", "compare", "export", "sensitivity",
    "wait",
)  # fmt: skip
HEAVY = ("numba", "xarray", "scipy", "matplotlib", "pandas", "zarr", "netCDF4", "rich", "pydantic")


def _simcore(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "simcore", *arguments],
        capture_output=True, text=True, env=environment, timeout=120, check=False, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run.zarr"
    synthetic_run.make(out).close()
    return out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert f"simcore {command}" in text
    assert max(map(len, text.splitlines())) <= 100


def test_help_lists_every_command_and_version() -> None:
    found = _simcore("--help")
    assert found.returncode == 0
    assert all(f"\n    {command}" in found.stdout for command in COMMANDS)
    version = _simcore("--version")
    assert version.stdout.startswith("simcore ")


def _loaded(*arguments: str) -> set[str]:
    """Modules of a process after one command."""
    code = (
        "import sys\nfrom simcore import cli\n"
        f"try:\n    cli.main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT,
    )  # fmt: skip
    return set(found.stdout.rsplit("LOADED", 1)[1].split())


def test_help_loads_nothing_heavy() -> None:
    assert not set(HEAVY) & _loaded("--help")


def test_checking_a_config_loads_neither_compiler_nor_tables() -> None:
    loaded = _loaded("check", "configs/quickstart.yaml")
    assert "simcore.plan" in loaded
    assert not loaded & {
        "numba", "xarray", "scipy.stats", "matplotlib", "pandas", "zarr", "netCDF4", "rich",
    }  # fmt: skip


def test_no_command_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "commands:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "usage", "word"),
    [
        (("plot", "RUN", "--colour", "X"), "usage: simcore plot", "simcore plot has no --colour"),
        (("summary", "RUN", "more"), "usage: simcore summary", "too much: more"),
        (("--fly",), "usage: simcore [", "simcore has no --fly"),
        (("backtest", "--market", "eu_ets", "--horizons", "1", "F.csv"), "usage: simcore backtest",
         "put the file before this option"),
        (("calibrate", "F.csv", "--price-year", "1" * 5000), "usage: simcore calibrate",
         "is not within 1,950 and 2,100"),
    ],
)  # fmt: skip
def test_wrong_usage_shows_that_of_its_command(
    arguments: tuple[str, ...], usage: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(usage)
    assert word in " ".join(said.split())


@pytest.mark.parametrize("arguments", [("fly",), ("run",), ("run", "x", "--threads", "0")])
def test_wrong_usage_ends_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_missing_run_is_a_message(tmp_path: Path) -> None:
    found = _simcore("digest", str(tmp_path / "none.zarr"))
    assert found.returncode == 2
    assert "nothing there" in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""


def test_debug_shows_where_an_error_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCORE_DEBUG", "1")
    with pytest.raises(dataset.RunError):
        cli.main(["digest", str(tmp_path / "none.zarr")])


def test_interruption_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dataset, "open_run", interrupt)
    assert cli.main(["digest", "run.zarr"]) == 130
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "interrupted" in error


@pytest.mark.long
def test_a_reader_that_leaves_is_no_accident(saved: Path) -> None:
    command = f'"{sys.executable}" -m simcore summary "{saved}" --variable cost_premium | head -1'
    found = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert found.stderr == ""


def test_summary_prints_a_table_and_csv_and_json(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["summary", str(saved)]) == 0
    table = capsys.readouterr().out
    assert "carbon pays" in table
    assert max(map(len, table.splitlines())) <= 100
    choice = ["summary", str(saved), "--variable", "carbon_price", "--year", "2030"]
    assert cli.main([*choice, "--format", "json", "--quantiles", "0.1", "0.9"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unit"] == "EUR t-1"
    assert [row["market"] for row in found["rows"]] == ["eu_ets", "k_ets"] * 2
    assert {type(row["year"]) for row in found["rows"]} == {int}
    assert cli.main([*choice, "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("scenario,market,year,variable,unit,currency,price_year,mean")
    assert len(lines) == 6


def test_a_name_among_many_gets_a_short_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["catalog", "policies", "jp_corridor"]) == 2
    said = capsys.readouterr().err
    assert "simcore catalog policies lists them" in said
    assert max(map(len, said.splitlines())) <= 100


def test_a_wrong_choice_is_exit_2(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["summary", str(saved), "--route", "h2_dri"]) == 2
    assert "did you mean h2_dri_eaf?" in capsys.readouterr().err


def test_digest_prints_what_the_dataset_gives(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["digest", str(saved)]) == 0
    with dataset.open_run(saved) as run:
        assert capsys.readouterr().out.strip() == dataset.digest(run)


@pytest.mark.long
def test_plot_writes_beside_the_run_or_where_it_is_told(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plot", str(saved), "-o", str(tmp_path)]) == 0
    files = capsys.readouterr().out.split()
    assert len(files) == 6
    assert all(Path(file).is_file() for file in files)


def test_catalog_shows_sections_entries_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["routes"], ["policies"], ["sources"], ["regions", "EU"],
                      ["markets", "eu_ets"], ["routes", "h2_dri_eaf"], ["prices", "hydrogen"],
                      ["policies", "eu_free_allocation"]):  # fmt: skip
        assert cli.main(["catalog", *arguments]) == 0
        text = capsys.readouterr().out
        assert text.strip()
        assert max(map(len, text.splitlines())) <= 100
    assert "directive_2003_87" in text
    assert "in_force" in text
    assert cli.main(["catalog", "prices", "hydrogen"]) == 0
    lives = [line.split() for line in capsys.readouterr().out.splitlines()
             if line.split(".")[-1].startswith("lifetime ")]  # fmt: skip
    # Those of the regions that are like EU are stated there alone.
    assert len(lives) == 10
    assert {tuple(words[1:]) for words in lives} == {("20", "[yr]")}
    assert cli.main(["catalog", "systems", "eu_ets"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "variants.law.upper 833 [Mt] in_force, decision_2015_1814: Art. 1(5)" in text
    assert cli.main(["catalog", "routes", "h2_dri_aef"]) == 2
    assert "did you mean h2_dri_eaf?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "unit", "provenance"),
    [
        ("prices electricity", "0.03 [t/MWh]", "seen, mpp_power: grid emissions; 2025 MPP 0.20"),
        ("markets eu_ets", "2025: 74.29 [EUR/t]", "seen, eua_means: annual means of the front"),
        ("systems eu_ets", "2024: 1386.6 [Mt]", "seen, ec_cap: 1571.583007 in 2021 less two falls"),
        (
            "sectors steel",
            "regions.KR.average_intensity 1.5 [t/t]",
            "assumed, judgement: 70 % blast furnace",
        ),
    ],
)
def test_bare_numbers_of_the_catalog_show_their_own_source(
    arguments: str, unit: str, provenance: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not that of the entry around them, nor its unit."""
    assert cli.main(["catalog", *arguments.split()]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"{unit} {provenance}" in text
