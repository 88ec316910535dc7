"""The configs that ship: each checks, and the copies equal what they copy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from batteries import some

import simcore
from simcore.cli import main

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))


SCENARIOS = [path for path in CONFIGS if path.parent.name == "scenarios"]
RUNS = [
    *(path for path in CONFIGS if path not in SCENARIOS),
    *sorted((ROOT / "experiments").glob("*/experiment.yaml")),
]


@pytest.mark.parametrize("path", some(RUNS, each=4), ids=lambda path: str(path.relative_to(ROOT)))
def test_checks_without_a_false_alarm(path, capsys):
    assert main(["check", str(path)]) == 0
    said = capsys.readouterr()
    assert "ok" in said.out
    assert said.err == ""


@pytest.mark.parametrize("path", some(SCENARIOS, each=4), ids=lambda path: path.stem)
def test_a_scenario_is_a_config(path):
    """That all of its settings do something is asked of all at once, in test_effects.py."""
    assert simcore.load(path).experiment.name


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_editor_header_points_to_the_schema(path):
    if path.name == "base.yaml":
        return  # a copy of the packaged defaults, byte for byte
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == ROOT / "configs" / "schema.json"


def test_base_is_the_packaged_base():
    packaged = ROOT / "simcore" / "data" / "base.yaml"
    assert (ROOT / "configs" / "base.yaml").read_bytes() == packaged.read_bytes()


OWN = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", some(OWN, each=4), ids=lambda path: path.name)
def test_what_is_written_out_is_read_again(path, tmp_path):
    """A run holds its config, and can be made again from it."""
    spec = simcore.load(path)
    copy = tmp_path / "resolved.yaml"
    copy.write_text(yaml.safe_dump(spec.resolved(), sort_keys=False), encoding="utf-8")
    assert simcore.load(copy).resolved() == spec.resolved()


@pytest.mark.long
def test_a_resolved_config_resolves_to_itself(tmp_path):
    plan = simcore.build(simcore.load(ROOT / "configs" / "quickstart.yaml"))
    copy = tmp_path / "resolved.yaml"
    copy.write_text(plan.resolved_yaml, encoding="utf-8")
    again = simcore.build(simcore.load(copy))
    assert again.digest == plan.digest
    assert again.resolved_yaml == plan.resolved_yaml
    assert plan.digest != simcore.build(simcore.load(copy, seed=1)).digest
