"""What holds the repository together: lint, hooks, versions, what is packaged, slow tests."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from documents import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def recipe(target: str) -> list[str]:
    """Commands of a target of the Makefile."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.M)
    assert found is not None, target
    return [line.strip() for line in found[1].splitlines()]


def pins(name: str) -> dict[str, str]:
    """Versions of a constraints file."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = [line.partition("==") for line in lines if not line.startswith("#")]
    assert all(sign for _, sign, _ in found), "only NAME==VERSION"
    return {package: version for package, _, version in found}


def test_hooks_are_what_lint_runs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [one["repo"] for one in hooks] == ["local"]
    entries = [one["entry"] for one in hooks[0]["hooks"]]
    assert entries == [line.replace("$(BIN)", ".venv/bin") for line in recipe("lint")]


def test_the_lowest_versions_are_the_bounds() -> None:
    extra = PROJECT["project"]["optional-dependencies"]["test"]
    bounds = {}
    for line in (*PROJECT["project"]["dependencies"], *extra):
        package, bound = re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,<[\d.]+)?", line).groups()
        bounds[package] = bound
    lowest = pins("constraints-lowest.txt")
    assert lowest.keys() == bounds.keys()
    for package, version in lowest.items():
        assert version == bounds[package] or version == f"{bounds[package]}.0", package


def test_every_dependency_is_pinned() -> None:
    pinned = {package.lower() for package in pins("constraints.txt")}
    for line in PROJECT["project"]["dependencies"]:
        assert re.match(r"[\w-]+", line)[0].lower() in pinned, line


def test_ci_runs_all_that_is_not_slow() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    made = ["lint & lint=$!", "test-lowest", 'test MARK="not slow"']
    assert re.findall(r"^make (.*)$", script, re.M) == made
    assert re.search("^wait .lint$", script, re.M)
    chosen = re.search("-m '(.*?)'", PROJECT["tool"]["pytest"]["ini_options"]["addopts"])[1]
    assert chosen == "not slow and not long"
    assert recipe("test")[0].endswith('-n 2 --dist worksteal -m "$(MARK)"')
    assert re.search(f"^MARK = {chosen}$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert recipe("test-long")[0].endswith('-m "long and not slow"')
    assert recipe("test-slow")[0].endswith("-m slow")


def test_types_and_data_are_packaged() -> None:
    shipped = PROJECT["tool"]["setuptools"]["package-data"]["simcore"]
    for pattern in shipped:
        assert list((ROOT / "simcore").glob(pattern)), pattern
    assert {"py.typed", "data/**/*"} <= set(shipped)


def test_every_slow_test_has_its_reason() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w/]+\.py)::(\w+)` \| (.+?) \|$", page, re.M)
    assert len(rows) == 20
    for file, test, reason in rows:
        text = (ROOT / "tests" / file).read_text("utf-8")
        assert re.search(rf"^def {test}\(", text, re.M), f"{file} has no {test}"
        assert len(reason.split()) > 3


@pytest.mark.parametrize(
    "name", ["constraints.txt", "constraints-lowest.txt", ".pre-commit-config.yaml"]
)
def test_no_address_of_an_index(name: str) -> None:
    assert "://" not in (ROOT / name).read_text("utf-8")
