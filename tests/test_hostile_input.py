"""Names, numbers and runs that nobody means: a message with exit code 2, never a traceback."""

from __future__ import annotations

import difflib
import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import synthetic_run
import yaml
from batteries import some

import simcore
from simcore import cli
from simcore.errors import ConfigError, printable
from simcore.intake import load
from simcore.kernels import interpreted
from simcore.terminal import address_space
from simcore.terminal.failures import told
from simcore.terminal.formats import to_csv, to_json

ROOT = Path(__file__).resolve().parents[1]
DIGITS = "1" * 5000
STEERING = "\x1b]8;;http://x\x07\x1b[31m=1\nV\u202e\x9b$\\frac{"
CONFIG = """
extends: base
name: small
draws: 8
years: {first: 2026, last: 2026}
regions: [IN]
routes: [bf_bof, h2_dri_eaf]
outcomes: [carbon_price, cost_premium]
keep: [cost_premium]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile")
    (path / "small.yaml").write_text(CONFIG, encoding="utf-8")
    synthetic_run.make(path / "run.zarr").close()
    (path / "loop").symlink_to("loop")
    os.mkfifo(path / "pipe")
    return path


def _ends(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    capsys.readouterr()
    try:
        code = cli.main([*map(str, arguments)])
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["x" * 300, "loop", "loop/x", "pipe", "/dev/null/x", "b\udcff", "."]
)
@pytest.mark.parametrize(
    "command",
    [
        "check {}", "digest {}", "summary {}.nc", "plot run.zarr --kind prices -o {}/x", "calibrate {} --names x",
        "backtest {} --market eu_ets", "run small.yaml -o {}.nc --dry-run --set draws=-1",
        "catalog policies eu_free_allocation --plot {}/x.png",
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_used(
    folder: Path, command: str, name: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    writes_beside = name in ("b\udcff", ".") and ("plot" in command)
    code, said = _ends(capsys, *(word.format(name) for word in command.split()))
    assert code == (0 if writes_beside else 2)
    assert "of simcore itself" not in said


@pytest.mark.parametrize("number", [DIGITS, "-1", "nan", "inf", "1e400", "9" * 20, ""])
@pytest.mark.parametrize(
    "command",
    [
        "check small.yaml --draws={}", "check small.yaml --set draws={}",
        "check small.yaml --set years.{}=1", "check small.yaml --set {}=1",
        "check small.yaml --set catalog.markets.eu_ets.spot.year={}",
        "run small.yaml --dry-run --threads={}", "run small.yaml --dry-run --executor threads:{}",
        "trace small.yaml --draw={}", "summary run.zarr --year={}", "summary run.zarr --quantiles={}",
        "calibrate none.csv --price-year={}", "backtest none.csv --market eu_ets --horizons={}",
        "backtest none.csv --market eu_ets --minimum={}",
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_meant(
    folder: Path, command: str, number: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    code, said = _ends(capsys, *(word.format(number) for word in command.split()))
    assert code == 2
    assert "of simcore itself" not in said


def test_no_file_takes_the_place_of_a_device(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "pipe.png").unlink(missing_ok=True)
    os.mkfifo(folder / "pipe.png")
    code, said = _ends(capsys, "catalog", "policies", "eu_free_allocation", "--plot", "pipe.png")
    assert (code, "a device or pipe" in said) == (2, True)
    assert not (folder / "pipe.png").is_file()


def _run_with(folder: Path, change: object) -> Path:
    place = folder / "changed.zarr"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder / "run.zarr", place)
    content = json.loads((place / "zarr.json").read_text("utf-8"))
    change(content["attributes"])  # type: ignore[operator]
    (place / "zarr.json").write_text(json.dumps(content), "utf-8")
    return place


@pytest.mark.parametrize("mark", ["one", None, [1, 2], "NaN", 10**30])
@pytest.mark.parametrize("name", ["schema_version", "complete", "draws", "price_year"])
def test_a_run_with_other_marks(
    folder: Path, name: str, mark: object, capsys: pytest.CaptureFixture[str]
) -> None:
    place = _run_with(folder, lambda attrs: attrs.update({name: mark}))
    code, said = _ends(capsys, "summary", place)
    assert (code, "of simcore itself" in said) == (2, False)


@pytest.mark.parametrize("name", ["currency", "price_year", "draws", "schema_version"])
def test_a_run_that_lacks_a_mark(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = _run_with(folder, lambda attrs: attrs.pop(name))
    assert _ends(capsys, "summary", place)[0] == 2


def _steers(text: str) -> bool:
    return any(printable(line) != line for line in text.split("\n"))


@pytest.mark.parametrize(
    "options", ["", "--variable cost_premium", "--format csv", "--format json"]
)
def test_a_title_steers_nothing(
    folder: Path, options: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder / "titled.zarr"
    if not place.exists():
        simcore.run(yaml.safe_load(CONFIG) | {"title": STEERING}, out=place).close()
    capsys.readouterr()
    assert cli.main(["summary", str(place), *options.split()]) == 0
    shown = capsys.readouterr()
    assert _steers(STEERING)
    assert not _steers(shown.out + shown.err)
    if not options:
        # A title is wrapped, and a line break is a space like any other.
        assert shown.out.splitlines()[0] == printable(STEERING.replace("\n", " "))


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1", "'=1"), ("\x1b=1", "'\\x1b=1"), (" \u202e@x", "' \\u202e@x"), ("\uff1d1", "'\uff1d1"),
        ("\t1", "'\\t1"), ("a=b", "a=b"), ("", ""), ("2\u00a0000 t", "2\u00a0000 t"),
        ("Stahl \u2013 gr\u00fcn", "Stahl \u2013 gr\u00fcn"),
    ],
)  # fmt: skip
def test_no_formula_hides(cell: str, written: str) -> None:
    assert to_csv(["name", "x"], [[cell, 1]]).splitlines()[1] == f"{written},1"


@pytest.mark.parametrize("ascii_only", [False, True])
def test_json_is_json_and_steers_nothing(ascii_only: bool) -> None:
    value = {STEERING: [float("nan"), np.float32("inf"), np.int64(3), "\x7f\udcff\u00e9"]}
    text = to_json(value, ascii_only=ascii_only)
    assert not _steers(text)
    assert text.isascii() is ascii_only
    assert json.loads(text) == {STEERING: [None, None, 3, "\x7f\udcff\u00e9"]}


@pytest.mark.parametrize(
    "bad", ["seed=.inf", "catalog.markets.eu_ets.spot.value=.nan", "x=[", "a b"]
)
def test_one_setting_hides_no_other(folder: Path, bad: str) -> None:
    settings = [bad, "draws=-1", "value.buyer=nobody"]
    with pytest.raises(ConfigError) as raised:
        load(folder / "small.yaml", overrides=settings)
    assert len(raised.value.faults) == 3
    with pytest.raises(ConfigError) as raised:
        load(folder / "none.yaml", overrides=[bad])
    assert len(raised.value.faults) == 2


@pytest.mark.long
@pytest.mark.parametrize(
    "config",
    [
        {f"drws_{one}": 1 for one in range(600)},
        {"outcomes": [f"cost_premum_{one}" for one in range(600)]},
        {"keep": [f"cost_premum_{one}" for one in range(600)], "outcomes": ["cost_premium"]},
        {"catalog": {"routes": {f"bf_bf_{one}": {"sector": "steel"} for one in range(600)}}},
        {"catalog": {"routes": {f"route_{one}": {"like": f"rute_{one}"} for one in range(500)}}},
    ],
    ids=["keys", "outcomes", "kept", "entries", "templates"],
)
def test_of_many_unknown_names_few_are_looked_for(
    config: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    near = difflib.get_close_matches
    monkeypatch.setattr(
        difflib, "get_close_matches",
        lambda name, known, **more: looked.append(len(known)) or near(name, known, **more),
    )  # fmt: skip
    with pytest.raises(ConfigError) as raised:
        load({"extends": "base", "name": "many"} | config)
    assert len(raised.value.faults) >= 500
    assert "did you mean" in raised.value.faults[0].remedy
    assert len(looked) <= 300
    assert sum(looked) <= 40_000


def test_a_csv_too_large_says_how_large_it_may_be(folder: Path) -> None:
    with (folder / "large.csv").open("wb") as file:
        file.truncate(50_000_001)
    config = CONFIG + "factors: {f: {kind: empirical, csv: large.csv, column: x}}\n"
    (folder / "large.yaml").write_text(config, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(folder / "large.yaml")
    assert "at most 50 MB" in str(raised.value)


@pytest.mark.parametrize(
    ("command", "megabytes"),
    some([("check", 200), ("check", 100), ("run", 1000), ("check", 400), ("run", 100),
          ("check", 1000), ("run", 200), ("run", 400)], each=3),
)  # fmt: skip
def test_little_address_space_is_said(folder: Path, command: str, megabytes: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simcore", command, "small.yaml"], cwd=folder, text=True,
        capture_output=True, timeout=300, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20,) * 2),
    )  # fmt: skip
    enough = command == "check" and megabytes >= 400
    assert done.returncode == (0 if enough else 2)
    assert ("ulimit -v" in done.stderr) != enough


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RuntimeError("can't start new thread"), 1, "out of memory; lower draws"),
        (MemoryError(), 1, "out of memory; lower draws"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 1, "out of memory; lower draws"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "check free space"),
        (RuntimeError("NetCDF: HDF error"), 2, "check free space"),
    ],
    ids=["thread", "memory", "call", "disk", "library"],
)
def test_what_a_run_lacked_is_said(
    error: Exception, code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("simcore.dataset.store.sync", fails)
    ended, told = _ends(capsys, "run", folder / "small.yaml", "-o", tmp_path / "x.zarr", "--quiet")
    assert ended == code
    assert said in told
    assert not list(tmp_path.iterdir())


def test_a_limit_of_memory_takes_the_blame_for_no_other_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(address_space, "limit", lambda: 900)
    text, code = told(KeyError("flue"))
    assert (code, "out of memory" in text) == (1, False)
    assert "'flue'" in text
    assert "limited to 900 MB (ulimit -v)" in text
    text, code = told(MemoryError())
    assert (code, text) == (1, "out of memory; address space is limited to 900 MB (ulimit -v)")


@pytest.mark.long
def test_kernels_without_a_compiler_give_the_same_bits(folder: Path) -> None:
    # Blocks of 256 draws, each number by itself: of one scenario and few rows.
    few = CONFIG.replace("extends: base\n", "scenarios: {law: law}\n")
    (folder / "few.yaml").write_text(few + "destinations: [eu]\n", encoding="utf-8")
    found = set()
    for name, setting in (("compiled", "0"), ("interpreted", "1")):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": setting}
        for arguments in (("run", "few.yaml", "-o", f"{name}.zarr", "--quiet"),
                          ("digest", f"{name}.zarr")):  # fmt: skip
            done = subprocess.run(
                [sys.executable, "-m", "simcore", *arguments], cwd=folder, env=environment,
                capture_output=True, text=True, timeout=500, check=True,
            )  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("a", "b", "c", "result"),
    [
        (1 + 2.0**-30, 1 - 2.0**-30, -1.0, -(2.0**-60)),  # two roundings would give zero
        (1e300, 1e300, -1e300, np.inf), (-1e300, 1e300, 0.0, -np.inf), (2.0, 3.0, 4.0, 10.0),
        (np.inf, 0.0, 1.0, np.nan), (5e-324, 0.5, 5e-324, 1e-323), (-0.0, 1.0, -0.0, -0.0),
    ],
)  # fmt: skip
def test_a_sum_of_a_product_is_rounded_once(a: float, b: float, c: float, result: float) -> None:
    with np.errstate(all="ignore"):
        found = interpreted.fma(a, b, c)
    assert np.float64(found).tobytes() == np.float64(result).tobytes() or found != found != result
