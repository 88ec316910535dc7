"""Bad input: an error before the run, all of it at once, and never a traceback."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from batteries import some

import simcore
from simcore import cli
from simcore.errors import ConfigError, Fault, OutputError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "configs" / "invalid"
EXPECTED = yaml.safe_load((ROOT / "tests" / "data" / "invalid.yaml").read_text("utf-8"))
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SMALL = ["draws=256", "years.last=2027", "routes=[bf_bof, h2_dri_eaf]", "regions=[EU]",
         "outcomes=[cost_premium]", "keep=[]", "scenarios={law: {}}"]  # fmt: skip


def faults_of(source: Any, **options: Any) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        simcore.build(simcore.load(source, **options))
    return caught.value.faults


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def main(*arguments: str) -> int:
    """Exit status of a command, usage errors included."""
    try:
        return cli.main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    ("changes", "where", "found", "remedy"),
    [
        ({"catalog": {"prices": {"hydrogen": {"EU": {"kind": "triangular", "low": 2, "mode": 3,
                                                     "high": 4}}}}},
         "catalog.prices.hydrogen.EU", "a distribution of kind triangular", "{kind: path, anchors"),
        ({"catalog": {"policies": {"eu_free_allocation": "reform_2026"}}},
         "catalog.policies.eu_free_allocation", '"reform_2026"', "write {variant: NAME}"),
        ({"catalog": {"regions": {"DE": {"wacc": 0.1}}}},
         "catalog.regions.DE", "unknown region 'DE', which lacks currency", "add like: NAME"),
        ({"money": 2020}, "money", "2020", "write money: {price_year: 2025}"),
        ({"catalog": {"markets": {"eu_ets": {"process": {"sigma": 0.4}}}}},
         "catalog.markets.eu_ets.process.kind", "no 'kind'", "add kind: log_ou"),
        ({"exposures": {"mill": {"first": 2026, "last": 2027, "plant": {
            "region": "EU", "route": "bf_bof", "output": 1,
            "destinations": {"eu": {2026: 0.1, 2027: 0.5}}}}}},
         "exposures.mill.plant.destinations.eu", '{"2026": 0.1, "2027": 0.5}', "{years: {2026: 0.1, 2027: 0.5}}"),
    ],
)  # fmt: skip
def test_what_new_users_write_is_answered_with_what_to_write(changes, where, found, remedy):
    (fault,) = faults_of(changes)
    assert fault.where == where
    assert fault.found == found
    assert remedy in fault.remedy


def test_a_price_with_a_range_is_written_as_its_fault_says():
    simcore.load({"catalog": {"prices": {"hydrogen": {"EU": {
        "kind": "path", "anchors": {2030: {"low": 2, "central": 3, "high": 4}}, "unit": "EUR/kg",
        "spot": {"year": 2026, "value": 4}, "process": {"kind": "fixed"},
    }}}}})  # fmt: skip


def test_a_hint_stands_for_a_long_list_and_says_where_the_list_is():
    faults = faults_of({"region": ["EU"], "outcomes": ["green_premium"]})
    assert len(faults) == 2
    (route,) = faults_of({"routes": ["green"]})
    assert "`simcore catalog routes` lists them" in route.expected
    for fault, near, command in zip(
        faults, ("regions", "cost_premium"), ("simcore schema", "simcore catalog outcomes"),
        strict=True,
    ):  # fmt: skip
        assert fault.remedy == f"did you mean {near!r}?"
        assert fault.expected.startswith(f"{near}, or another of ")
        assert f"`{command}` lists them" in fault.expected
        assert len(fault.expected) < 100


# --- one file a fault ----------------------------------------------------------------------------


def test_every_file_has_an_expectation():
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("name", some(FILES, each=4))
def test_faults(name, folder, capsys):
    path = FOLDER / f"{name}.yaml"
    assert main("run", str(path), "-o", "out.zarr") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "pydantic" not in said.err
    assert not list(folder.iterdir())
    # The message: one block a fault, then their number.
    head, *blocks = said.err.rstrip("\n").split("\n" + str(FOLDER))
    count = len(EXPECTED[name])
    assert head == "simcore run: error"
    assert blocks[-1].endswith(f"\n{count} fault{'s' * (count > 1)}")
    assert len(blocks) == count
    for block, expected in zip(blocks, EXPECTED[name], strict=True):
        file = expected.get("file", path.name)
        where = f": {expected['where']}" if expected["where"] else ""
        place, found, wanted, remedy = block.split("\n")[:4]
        assert place == f"/{file}:{expected['line']}{where}"
        assert found.startswith("  found     ")
        assert wanted.startswith("  expected  ")
        assert remedy.startswith("  remedy    ")
        assert expected["found"] in found
        assert expected["expected"] in wanted
        assert expected["remedy"] in remedy
        line = (FOLDER / file).read_text("utf-8").split("\n")[expected["line"] - 1]
        assert not where or _is_named(expected["where"].split("."), line)


def _is_named(path: list[str], line: str) -> bool:
    """Whether a line holds one of the last keys of a path, or is an entry of a list."""
    return any(part in line for part in path[-3:]) or "- {" in line or "<<" in line


@pytest.mark.parametrize("name", some(["several", "alias_bomb"], each=2))
def test_process_ends_with_2_and_a_message(name, folder):
    path = FOLDER / f"{name}.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "simcore", "run", str(path)], capture_output=True, text=True,
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{path}:{EXPECTED[name][0]['line']}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(folder.iterdir())


def test_all_faults_at_once():
    """Keys, units, names, dependence and overlays are checked in one go, in the order of lines."""
    found = faults_of(FOLDER / "several.yaml")
    assert len(found) == 8
    lines = [fault.line for fault in found]
    assert lines == sorted(lines)


def test_a_left_out_part_brings_no_further_faults(tmp_path):
    path = tmp_path / "route.yaml"
    path.write_text(
        "name: faulty\nregions: [EU]\nroutes: [bf_bof, plasma]\ncatalog:\n  routes:\n"
        "    plasma: {sector: steel, lifetime: 20, inputs: {electricity: 4 kg/kg}}\n"
    )
    assert [one.where for one in faults_of(path)] == [
        "catalog.routes.plasma.capex", "catalog.routes.plasma.utilisation",
    ]  # fmt: skip


def test_projects_that_are_like_each_other_are_one_fault(tmp_path):
    """Told of one of them; that the others lack what a template says, and are none, follows."""
    path = tmp_path / "loop.yaml"
    path.write_text(
        "extends: base\nname: faulty\nprojects:\n  gas: {like: scrap, start: 2030}\n"
        "  scrap: {like: later, start: 2031}\n  later: {like: gas}\n"
        "decisions: {now: [gas], then: [later], never: []}\n"
    )
    (loop,) = faults_of(path)
    assert loop.found == "gas like scrap like later like gas"


def test_a_cost_that_is_no_number_is_not_missed_as_well(tmp_path):
    path = tmp_path / "phases.yaml"
    path.write_text(
        "extends: base\nname: faulty\nprojects:\n  plant: {region: EU, lifetime: 20, output: 2,\n"
        "    phases: {2030: ng_dri_eaf, 2036: h2_dri_eaf}, conversion: .nan}\n"
    )
    (number,) = faults_of(path)
    assert (number.where, number.found) == ("projects.plant.conversion", ".nan")


def test_what_one_entry_lacks_hides_no_other_entry(tmp_path):
    """Faults beside each other leave out the entry that holds them, not the whole catalog."""
    path = tmp_path / "region.yaml"
    path.write_text(
        "name: faulty\nregions: [EU, MX]\nroutes: [bf_bof, plasma]\ncatalog:\n  routes:\n"
        "    plasma: {sector: steel, lifetime: 20, capex: 1 EUR/(t/yr), utilisation: 1,\n"
        "             emission_intensity: 0, inputs: {unobtainium: 4 t/t}}\n"
        "  regions:\n    EU: {benchmarks: {plasma: 0}}\n    MX: {title: Mexico}\n"
    )
    lacking = ("currency", "wacc")
    commodity, region = faults_of(path)
    assert commodity.where == "catalog.routes.plasma.inputs.unobtainium"
    assert region.where == "catalog.regions.MX"
    assert region.found.endswith(f"which lacks {', '.join(lacking)}")


def test_growth_that_turns_a_price_negative(tmp_path):
    change = {"catalog": {"markets": {"eu_ets": {"corridor": {"growth": -2}}}}}
    (fault,) = faults_of({"name": "growth", **change})
    assert (fault.where, fault.expected) == (
        "catalog.markets.eu_ets.corridor.growth", "a number > -1"
    )  # fmt: skip


def test_hole_in_a_history(tmp_path):
    """The next price is not that of the next year; cells after the last price are no hole."""
    path = tmp_path / "history.yaml"
    path.write_text(
        "name: faulty\ncatalog:\n  markets:\n    eu_ets:\n      process: {kind: bootstrap, "
        "history: {csv: prices.csv, column: price, per_year: 1}}\n"
    )
    (tmp_path / "prices.csv").write_text("year,price\n2020,10\n2021,\n2022,12\n2023,13\n")
    (fault,) = faults_of(path)
    assert fault.found == "prices.csv: no price between 2020-12-31 and 2022-12-31"
    (tmp_path / "prices.csv").write_text("id,price\na,10\nb,\nc,12\nd,13\n")
    (fault,) = faults_of(path)
    assert fault.found == "prices.csv:3: an empty cell between two numbers"
    (tmp_path / "prices.csv").write_text("year,price\n2019,\n2020,10\n2021,11\n2022,9\n2023,\n")
    simcore.build(simcore.load(path))


# --- what cannot be a file of the repository -----------------------------------------------------


def test_file_of_5_megabytes(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("name: large\ntitle: '" + "x" * 5_000_000 + "'\n")
    (fault,) = faults_of(path)
    assert "more than 1 MB" in fault.found
    assert fault.file == str(path)


def test_missing_file_names_its_neighbour(folder, capsys):
    (folder / "quickstart.yaml").write_text("name: quick\n")
    assert main("check", "quickstrat.yaml") == 2
    assert "did you mean quickstart.yaml?" in capsys.readouterr().err


def test_folder_in_place_of_a_config(folder, capsys):
    assert main("check", str(folder)) == 2
    assert "a folder" in capsys.readouterr().err


def test_config_given_in_python():
    (fault,) = faults_of({"name": "python", "regions": ["EU", "Mars"], "routes": ("bf_bof",)})
    assert (fault.file, fault.line, fault.where) == ("<config>", None, "regions.1")


@pytest.mark.parametrize(
    ("setting", "where", "found"),
    [
        ("drws=10", "drws", "unknown key 'drws'"),
        ("catalog.markets.uk_ets.process.sigmaa=0.3", "catalog.markets.uk_ets.process.sigmaa",
         "unknown key 'sigmaa'"),
        ("years.first=2020", "years.first", "2020, before the first year of"),
        ("regions=[EU, JPN]", "regions.1", "unknown region 'JPN'"),
        ("draws=1e12", "draws", "1000000000000"),
        ("draws", "", "draws"),
        ("=5", "", "=5"),
        ("draws=[1", "", "neither , nor ] of a list"),
        ("draws=.inf", "draws", ".inf"),
    ],
)  # fmt: skip
def test_setting(setting, where, found):
    faults = faults_of(ROOT / "configs" / "quickstart.yaml", overrides=[setting])
    assert faults[0].where == where
    assert found in faults[0].found
    assert str(faults[0].file).startswith("--set")
    assert len(faults) == 1


def test_argument(folder, capsys):
    quickstart = str(ROOT / "configs" / "quickstart.yaml")
    assert main("run", quickstart, "--draws", "1000000000000") == 2
    assert "--draws 1000000000000: draws" in capsys.readouterr().err
    assert main("run", quickstart, "--draws", "many") == 2
    for until in ("cost_premium.p95", 'it\'s "q": [', "cost_premium.p95=0"):
        capsys.readouterr()
        assert main("run", quickstart, "--until", until) == 2
        said = capsys.readouterr().err
        assert f"--until {until}: until" in said
        assert "YAML" not in said
    assert main("run", quickstart, "--threads", "two") == 2
    assert "two is not a whole number" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_what_cannot_be_read_hides_no_other_fault(folder, capsys):
    Path("unread.yaml").write_text(
        "draws: .nan\nseed: 1_000\nrutes: [moe]\nplant: {start: 2099, lifetime: .inf}\n",
        encoding="utf-8",
    )
    assert main("check", "unread.yaml") == 2
    said = capsys.readouterr().err
    # Each once, by line: what is unread is not also missing or of the wrong type.
    places = ["1: draws", "2: seed", "3: rutes", "4: plant.lifetime", "4: plant.start"]
    found = [line for line in said.splitlines() if line.startswith("unread.yaml:")]
    assert sorted(found) == [f"unread.yaml:{place}" for place in places]
    assert "5 faults" in said
    Path("unread.yaml").write_text("extends: .nan\n", encoding="utf-8")
    assert main("check", "unread.yaml") == 2
    said = capsys.readouterr().err
    assert "unread.yaml:1: extends" in said and "1 fault\n" in said


def test_more_draws_than_memory(folder, capsys):
    small = ("--set", "regions=[EU]", "--set", "years.last=2030")
    config = (str(ROOT / "configs" / "quickstart.yaml"), *small)
    for more in ((), ("--dry-run",)):
        assert main("run", *config, "--draws", "900000000", "-o", "out.zarr", *more) == 2
        said = capsys.readouterr().err
        assert "--draws 900000000: draws\n" in said
        assert "lower draws" in said
    # What keeps no draws needs no memory for them.
    summaries = ("--set", "keep=[]", "--dry-run", "--json")
    assert main("run", *config, "--draws", "900000000", "-o", "out.zarr", *summaries) == 0
    assert json.loads(capsys.readouterr().out)["disk_mb"] < 100
    assert not list(folder.iterdir())


# --- anything at all -----------------------------------------------------------------------------

JUNK: list[Any] = [
    None, True, -1, 0, 2.5, 1e308, 10**40, 1e-320, "", "x", "eu_ets", "EU", "default", "5 EUR/t",
    "5 furlong", "% %", [], [1], [None], {}, {"a": 1}, {2030: 1}, {"kind": 5}, {"value": None},
    {"kind": "normal", "mean": 0, "sd": 1}, {"kind": "uniform", "low": 1, "high": 2},
    {"kind": "factor", "name": "g"}, {"kind": "empirical", "csv": "a.csv", "column": "b"},
    {"kind": "mixture", "components": [1, 2], "weights": [0.5, 0.5]}, {"kind": ["x"]},
    {"kind": "beta", "quantiles": {0.1: -5, 0.5: 0, 0.9: 2}}, {"value": "3 t"}, 1990, 2200,
    {"kind": "lognormal", "mu": 1000, "sigma": 1},
    {"kind": "truncated_normal", "mean": 1e9, "sd": 1e-9, "low": 0, "high": 1},
    {"kind": "pert", "low": 0, "mode": 0, "high": 1e300, "shape": 1e9},
]  # fmt: skip


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every mapping or list inside data, with each of its keys or positions."""
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from places(node[key])


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "configs"),
    [(0, 60), *(pytest.param(seed, 60, marks=pytest.mark.slow) for seed in range(1, 21))],
)  # fmt: skip
def test_no_config_brings_a_traceback(seed, configs):
    """Whatever stands anywhere in a config, it is refused with a message, or it is built."""
    random = Random(seed)
    whole = simcore.load(
        {"name": "fuzz", "regions": ["EU", "IN"], "routes": ["bf_bof", "h2_dri_eaf"],
         "factors": {"g": {"kind": "uniform", "low": 1, "high": 2}}}
    ).resolved()  # fmt: skip
    refused = 0
    for _ in range(configs):
        config = copy.deepcopy(whole)
        for _ in range(random.choice([1, 1, 1, 3])):
            holder, key = random.choice(list(places(config)) or [(config, "name")])
            if random.random() < 0.8 or isinstance(holder, list):
                holder[key] = copy.deepcopy(random.choice(JUNK))
            else:
                holder[random.choice(["zz", 2031, "kind", "value", "EU", 1.5])] = holder.pop(key)
        try:
            simcore.build(simcore.load(config))
        except ConfigError as error:
            assert str(error)
            refused += 1
    assert refused > configs / 2


# --- outputs -------------------------------------------------------------------------------------


def run(out: str, *more: str) -> int:
    settings = [part for one in SMALL for part in ("--set", one)]
    return main("run", str(ROOT / "configs" / "quickstart.yaml"), "--quiet", "-o", out, *settings,
                *more)  # fmt: skip


def test_existing_output_needs_overwrite(folder, capsys):
    assert run("out.nc") == 0
    before = (folder / "out.nc").read_bytes()
    assert run("out.nc") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "out.nc" in said.err
    assert "--overwrite" in said.err
    assert (folder / "out.nc").read_bytes() == before
    assert run("out.nc", "--overwrite") == 0


def test_what_is_no_run_is_never_replaced(folder, capsys):
    (folder / "out.nc").write_text("a letter")
    assert run("out.nc", "--overwrite") == 2
    assert "not a simcore run" in capsys.readouterr().err
    assert (folder / "out.nc").read_text() == "a letter"


def test_output_of_another_suffix(folder, capsys):
    assert run("out.csv") == 2
    assert "ends in .zarr or .nc" in capsys.readouterr().err
    assert not list(folder.iterdir())


@pytest.mark.parametrize("out", ["/", ".", "", "..", ".zarr"])
def test_output_without_a_name(out, folder, capsys):
    assert run(out) == 2
    said = capsys.readouterr().err
    assert "ends in .zarr or .nc" in said
    assert "Traceback" not in said
    assert not list(folder.iterdir())


def test_file_in_place_of_the_output_folder(folder, capsys):
    (folder / "results").write_text("not a folder")
    assert run("results/out.zarr") == 2
    assert "not a folder" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["results"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
def test_unwritable_output_folder(folder, capsys):
    (folder / "closed").mkdir(mode=0o500)
    assert run("closed/out.zarr") == 2
    assert "not writable" in capsys.readouterr().err
    assert not list((folder / "closed").iterdir())


def test_interruption_says_whether_the_output_changed(folder, capsys, monkeypatch):
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simcore.plots.plot_run", stop)
    assert run("out.nc", "--plots") == 130
    assert capsys.readouterr().err == "simcore run: interrupted\n"
    assert (folder / "out.nc").exists()
    monkeypatch.setattr("simcore.running.engine.execute", stop)
    assert run("other.nc") == 130
    assert capsys.readouterr().err == "simcore run: interrupted; no output was changed\n"
    assert not (folder / "other.nc").exists()


def test_output_fault_in_python(tmp_path):
    with pytest.raises(OutputError):
        simcore.run(ROOT / "configs" / "quickstart.yaml", overrides=SMALL, out=tmp_path / "out.txt")
