"""README and docs say what is so: commands, files, configs, equations, copied numbers."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import documents
import pytest
import yaml
from batteries import some
from documents import ROOT

import simcore
from simcore import cli
from simcore.intake import packaged
from simcore.intake.entries import Catalog
from simcore.intake.instruments import RECORDS
from simcore.intake.schema import Experiment
from simcore.processes import KINDS as PROCESSES
from simcore.quantities import KINDS
from simcore.terminal.options import parser
from simcore.variables import OUTCOMES

COMMANDS = documents.commands("simcore")
PARSER = parser()
# A `yaml toy` needs what the page declares before it; its own test does that.
YAML = [block for block in documents.blocks() if block.info == "yaml"]
MODEL = (ROOT / "docs" / "model.md").read_text("utf-8")
EXCERPT_PAGE = ROOT / "README.md"


def refresh():
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- commands, files, links


def test_there_is_enough_to_check() -> None:
    assert {page.name for page in documents.PAGES} >= {
        "README.md", "CONTRIBUTING.md", "config.md", "dataset.md", "scale.md", "prices.md", "draws.md",
        "model.md", "performance.md", "develop.md",
    }  # fmt: skip
    named = [arguments[0] for _, arguments in COMMANDS]
    assert {"check", "plan", "run", "summary", "plot", "trace", "catalog", "schema", "digest",
            "calibrate", "backtest"} <= set(named)  # fmt: skip
    assert named.count("calibrate") + named.count("backtest") >= 4
    assert len(YAML) >= 10


@pytest.mark.parametrize(
    ("said", "arguments"),
    [pytest.param(said, arguments, id=said) for said, arguments in COMMANDS],
)
def test_command_is_understood(
    said: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    if arguments[1:] == []:
        assert arguments[0] in (*cli._COMMANDS, "--help"), said  # a command by its name
        return
    try:
        options = PARSER.parse_args(arguments)
    except SystemExit as stop:
        assert stop.code == 0, f"{said}\n{capsys.readouterr().err}"  # --help
        return
    assert options.name == arguments[0]
    for option in ("variable",):
        given = getattr(options, option, None)
        assert given in (None, "input", *OUTCOMES), said
    file = getattr(options, "file", None)
    if file is not None and not file.endswith(".zarr"):  # `deal` takes a run as well
        assert file in ("FILE", "resolved.yaml") or (ROOT / file).is_file(), said
        config = ROOT / ("configs/quickstart.yaml" if file == "FILE" else file)
        if options.set or getattr(options, "until", None):
            simcore.load(config, overrides=options.set, until=options.until)
    if options.name == "catalog" and options.entry not in (None, "NAME"):
        assert cli.main(["catalog", options.section, options.entry]) == 0, said


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {arguments[0] for _, arguments in documents.commands("make")}
    assert {"demo", "test", "readme"} <= targets
    assert targets <= set(re.findall(r"^([\w-]+):", makefile, re.M))


@pytest.mark.parametrize("page", documents.PAGES, ids=lambda page: page.name)
def test_files_and_links_exist(page: Path) -> None:
    for name in documents.paths(page):
        assert list(ROOT.glob(name.rstrip("/"))), f"{page.name} names {name}"
    for link in documents.links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in documents.anchors(target), f"{page.name} links to {link}"


def test_every_page_is_linked_from_the_index() -> None:
    assert "docs/README.md" in documents.links(ROOT / "README.md")
    linked = documents.links(ROOT / "docs" / "README.md")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= linked


def test_readme_is_short_and_opens_with_demo_and_test() -> None:
    page = EXCERPT_PAGE.read_text("utf-8")
    assert len(page.split()) <= 1200
    opening = next(one for one in documents.blocks() if one.page == EXCERPT_PAGE)
    assert [line.split("#")[0].strip() for line in opening.text.splitlines()] == [
        "make demo", "make test",
    ]  # fmt: skip


def test_tree_of_the_house_is_the_tree() -> None:
    page = (ROOT / "docs" / "develop.md").read_text("utf-8")
    tree = page.partition("<!-- tree -->\n```\n")[2].partition("```")[0]
    named = set(re.findall(r"^  ((?:[\w.]+/?  ?)*[\w.]+/?)  ", tree, re.M))
    named = {one.rstrip("/") for line in named for one in line.split()}
    there = {path.name for path in (ROOT / "simcore").iterdir() if not path.name.startswith("__")}
    assert named == there


# ---------------------------------------------------------------- the notebook

NOTEBOOK = ROOT / "docs" / "first_run.ipynb"
CELLS = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


def test_notebook_is_kept_without_outputs() -> None:
    code = [cell for cell in CELLS if cell["cell_type"] == "code"]
    assert code
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"] is not None]
    text = "".join(line for cell in CELLS for line in cell["source"] if "(" in line)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        assert (NOTEBOOK.parent / link).exists(), link


def test_notebook_runs_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    names: dict[str, Any] = {}
    for cell in CELLS:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
    assert names["run"].sizes["draw"] == 2000
    assert names["picture"].axes
    # Each year implies at least one, and some draws tell the two apart.
    shares = names["shares"]
    assert (shares["each year"] <= shares["at least one"]).all()
    assert (shares["each year"] < shares["at least one"]).any()
    by_year = (names["years"] < 0).mean("draw")
    assert (names["cheaper"]["each year"] <= by_year.min("year")).all()
    assert (names["cheaper"]["at least one"] >= by_year.max("year")).all()


# ---------------------------------------------------------------- configs


@pytest.mark.parametrize("block", some(YAML, each=3), ids=[block.label for block in YAML])
def test_config_checks(block: documents.Block, tmp_path: Path) -> None:
    assert isinstance(yaml.safe_load(block.text), dict)
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "ours.yaml").write_text("value: {buyer: automotive}\n", "utf-8")
    months = [f"{year}-{month:02d},{4 - 0.1 * month:g}" for year in range(2026, 2051)
              for month in range(1, 13)]  # fmt: skip
    (tmp_path / "curve.csv").write_text("month,hydrogen\n" + "\n".join(months) + "\n", "utf-8")
    file = tmp_path / "page.yaml"
    file.write_text(block.text, "utf-8")
    # The faults of a config are all found when it is loaded; a plan of the whole base takes longer.
    simcore.load(file)


def test_all_that_a_config_may_say_is_named() -> None:
    pages = {page.name: page.read_text("utf-8") for page in documents.PAGES}
    fields = Experiment.model_fields
    for page, names in {
        "config.md": {*KINDS, *packaged.scenarios(), *Catalog.model_fields, *fields} - {"catalog"},
        "prices.md": {*PROCESSES},
        "draws.md": {*get_args(fields["design"].annotation)},
    }.items():
        missing = sorted(name for name in names if not re.search(rf"\b{name}\b", pages[page]))
        assert not missing, f"docs/{page} does not name {', '.join(missing)}"


def test_scenarios_of_the_table_are_packaged() -> None:
    page = (ROOT / "docs" / "config.md").read_text("utf-8")
    table = page.partition("| packaged |")[2].partition("\n\n")[0]
    listed = {name for row in table.splitlines()[2:]
              for name in re.findall(r"`(\w+)`", row.split("|")[1])}  # fmt: skip
    assert listed <= set(packaged.scenarios())


def test_every_command_is_shown() -> None:
    shown = {arguments[0] for _, arguments in COMMANDS}
    assert set(cli._COMMANDS) <= shown


# ---------------------------------------------------------------- the model


def _defined() -> list[tuple[int, int]]:
    """Numbers of equations in the order of the page."""
    found: list[tuple[int, int]] = []
    for block in documents.blocks():
        if block.page.name == "model.md":
            for line in block.text.splitlines():
                number = re.search(r"\((\d+)\.(\d+)\)\s*$", line)
                if number:
                    found.append((int(number[1]), int(number[2])))
    return found


def _cited() -> Iterator[tuple[str, str]]:
    """Place and number of every section or equation that the package cites."""
    pattern = re.compile(r"MODEL (\d+(?:\.\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)")
    files = [*(ROOT / "simcore").rglob("*.py"), *(ROOT / "simcore").rglob("*.yaml"),
             *(ROOT / "configs").rglob("*.yaml"), *(ROOT / "tests").glob("*.py")]  # fmt: skip
    for path in sorted(files):
        for found in pattern.findall(path.read_text("utf-8")):
            for number in re.findall(r"\d+(?:\.\d+)?", found):
                yield str(path.relative_to(ROOT)), number


def test_equations_are_numbered_in_order() -> None:
    found = _defined()
    sections = [int(number) for number in re.findall(r"^## (\d+)\. ", MODEL, re.M)]
    assert sections == list(range(1, len(sections) + 1))
    for section in sections:
        own = [number for one, number in found if one == section]
        assert own == list(range(1, len(own) + 1)), section
    # Each stands under the heading of its section.
    parts = re.split(r"^## \d+\. .*$", MODEL, flags=re.M)[1:]
    for section, part in zip(sections, parts, strict=True):
        inside = re.findall(r"\((\d+)\.\d+\)\s*$", part, re.M)
        assert set(inside) <= {str(section)}


def test_every_citation_has_its_equation() -> None:
    equations = {f"{section}.{number}" for section, number in _defined()}
    sections = set(re.findall(r"^## (\d+)\. ", MODEL, re.M))
    cited = list(_cited())
    assert len(cited) > 20
    for place, number in cited:
        assert number in (equations if "." in number else sections), f"{place} cites {number}"
    for number in re.findall(r"\((\d+\.\d+)\)", MODEL):
        assert number in equations, f"docs/model.md cites ({number})"


def test_every_outcome_has_an_equation() -> None:
    assert set(OUTCOMES) <= set(refresh().equations())


def test_list_of_outcomes_is_that_of_the_program() -> None:
    module = refresh()
    page = (ROOT / "docs" / "dataset.md").read_text("utf-8")
    listed = module.LISTED.search(page)
    assert listed is not None
    assert listed["text"] == module.outcome_table(), "call `make readme`"


def test_keys_of_projects_and_instruments_are_those_of_the_records() -> None:
    module = refresh()
    found = [*module.KEYS.finditer((ROOT / "docs" / "config.md").read_text("utf-8"))]
    packaged_kinds = {one for one in RECORDS if RECORDS[one].__module__.startswith("simcore.")}
    assert {one["name"] for one in found} == {"project", "instrument", *packaged_kinds}
    for one in found:
        assert one["text"] == module.key_table(one["name"]), "call `make readme`"
        for row in one["text"].splitlines()[2:]:
            assert row.split("|")[4].strip(), f"{one['name']}: {row} says nothing"


def test_values_of_the_reference_of_keys() -> None:
    table = refresh().key_table("project")
    assert "| `output` | Mt/yr | needed |" in table
    assert "| `spend` |  | {-1: 1} |" in table
    assert "| `debt.covenant` |  | 1.3 |" in table
    assert "| `sided` |  | two | two: the firm pays" in refresh().key_table("ccfd")
    assert "`term`" not in refresh().key_table("ccfd")


# ---------------------------------------------------------------- copied numbers


def test_numbers_read_aloud_are_those_of_the_excerpt() -> None:
    page = EXCERPT_PAGE.read_text("utf-8")
    shown = refresh().OUTPUT.search(page)
    aloud = re.search(r"<!-- read aloud -->\n(.*?)<!-- end -->", page, re.S)
    assert shown is not None
    assert aloud is not None
    said = documents.numbers(aloud[1].replace("CO2", ""))
    assert len(said) > 5
    assert set(said) <= {one.strip("%") for one in documents.numbers(shown["text"])}


@pytest.mark.long
def test_numbers_of_the_buyer_are_those_of_his_run() -> None:
    at = {"region": "IN", "route": "ng_dri_eaf", "year": 2030, "quantile": 0.5}
    run = simcore.run(ROOT / "configs" / "buyer.yaml")
    own = run["cost_premium_quantile"].sel(at, drop=True).sel(destination="eu", scenario="law")
    premium = run["buyer_premium_quantile"].sel(at, drop=True).sel(against="EU.bf_bof")
    within, beyond = (premium.sel(scenario=name).item() for name in ("law", "beyond_quota"))
    said = " ".join((ROOT / "docs" / "first_run.md").read_text("utf-8").split())
    assert f"costs {-own.item():.0f} EUR less than one of an Indian furnace sold there" in said
    assert f"costs {-within:.0f} EUR less than a European furnace's" in said
    assert f"and {beyond:.0f} EUR more where a fifth" in said


@pytest.mark.long
def test_numbers_of_cars_and_budgets_are_those_of_a_run() -> None:
    run = simcore.run(ROOT / "configs" / "budget.yaml").sel(scenario="law")
    at = {"region": "EU", "destination": "domestic", "year": 2030}
    car = run["price_effect_quantile"].sel(at).sel(product="car")
    low, middle, high = car.sel(route="h2_dri_eaf", quantile=[0.05, 0.5, 0.95]).values
    gas, scrap = (car.sel(route=one, quantile=0.5).item() for one in ("ng_dri_eaf", "scrap_eaf"))
    share = run["price_uplift_quantile"].sel(at).sel(route="h2_dri_eaf", quantile=0.5)
    need = {
        one: run[f"budget_{one}_mean"].sel(budget="gas").item() for one in ("total", "net_total")
    }
    reserve = run["budget_total_quantile"].sel(budget="gas", quantile=0.95).item()
    said = " ".join((ROOT / "docs" / "config.md").read_text("utf-8").split())
    for text in (
        f"costs {middle:.0f} EUR more in 2030 under the law",
        f"(median; P5 {low:.0f}, P95 {high:.0f}), {100 * share.sel(product='car').item():.1f} %",
        f"with gas {gas:.0f} EUR more, from scrap {-scrap:.0f} EUR less",
        f"A ship costs {100 * share.sel(product='ship').item():.0f} % more",
        f"takes {need['total'] / 1e3:.1f} bn EUR until 2040 in the mean, and {reserve / 1e3:.1f} bn",
        f"the mean gap times the volume says {need['net_total'] / 1e3:.1f} bn",
    ):
        assert text in said, text


@pytest.mark.long
def test_numbers_of_the_gap_are_those_of_a_run() -> None:
    run = simcore.run({
        "name": "gap", "years": {"first": 2030, "last": 2035}, "regions": ["EU"],
        "routes": ["bf_bof", "h2_dri_eaf"], "destinations": ["domestic"],
        "outcomes": ["market_gap"], "keep": [],
        "scenarios": {"law": "law", "repeal": "cbam_repealed"},
    })  # fmt: skip
    gap = run["market_gap_mean"].sel(region="EU", route="h2_dri_eaf")
    law, repeal = gap.sel(scenario="law"), gap.sel(scenario="repeal")
    said = " ".join((ROOT / "docs" / "config.md").read_text("utf-8").split())
    for year, form in (
        (2030, "from {:.0f} to {:.0f} EUR/t in 2030"),
        (2035, "{:.0f} to {:.0f} in"),
    ):
        assert form.format(law.sel(year=year).item(), repeal.sel(year=year).item()) in said


@pytest.mark.slow
def test_copies_are_what_the_program_prints(tmp_path: Path) -> None:
    module = refresh()
    run = tmp_path / "quickstart.zarr"
    simcore.run(ROOT / "configs" / "quickstart.yaml", out=run).close()
    copies = 0
    for page in module.PAGES:
        for block in module.OUTPUT.finditer(page.read_text("utf-8")):
            fresh = module.printed(block["command"], str(run))
            for now, copied in zip(fresh.splitlines(), block["text"].splitlines(), strict=True):
                assert copied == now, f"{page.name}: call `make readme`"
            copies += 1
    assert copies


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:All-NaN slice")  # quantiles of the reference's own premium
@pytest.mark.parametrize(
    "block", [block for block in documents.blocks() if block.info == "python"],
    ids=lambda block: block.label,
)  # fmt: skip
def test_python_of_the_pages_runs(
    block: documents.Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    if "results/quickstart.zarr" in block.text:
        simcore.run("configs/quickstart.yaml", draws=256, out="results/quickstart.zarr").close()
    known = set(OUTCOMES)
    exec(compile(block.text, block.label, "exec"), {})
    for name in set(OUTCOMES) - known:
        OUTCOMES.withdraw(name)
