"""The law of the house: imports point one way, and heavy libraries stay out of the start-up."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "simcore"

# Lowest first; a module may import from its own room and from rooms before it.
LAYERS = [
    ["errors", "_version", "numerics", "cache"],
    ["statistics"],
    ["estimators"],
    ["variables"],
    ["glossary"],
    ["units", "files", "dated"],
    ["timeseries"],
    ["kernels", "dataset"],
    ["distributions"],
    ["quantities"],
    ["processes"],
    ["intake"],
    ["model"],
    ["plan"],
    ["analysis", "calibration", "effects", "changes"],
    ["reality", "running"],
    ["studies"],
    ["plots", "report"],
    ["terminal"],
    ["cli"],
    ["__init__", "__main__"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
COMPUTES_NO_RUN = {"analysis", "plots", "report"}
FORBIDDEN_THERE = {"quantities", "processes", "intake", "model", "plan", "running"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(tree(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = [node.module]
            if node.module == "simcore":
                names = [f"simcore.{alias.name}" for alias in node.names]
        found += [
            (name.split(".")[1], node.lineno) for name in names if name.startswith("simcore.")
        ]
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    own = room(path)
    assert own in RANK, f"{path}: give the room {own!r} a layer in this test"
    for name, line in imports(path):
        if name.startswith("__") or name == own:
            continue
        if name not in RANK:  # a public name of simcore itself
            continue
        assert RANK[name] < RANK[own], f"{path}:{line}: {own} imports {name}, which lies above it"
        if own in COMPUTES_NO_RUN:
            assert name not in FORBIDDEN_THERE, f"{path}:{line}: {own} computes no run"


def privates(module: ast.Module) -> set[str]:
    """Private names of other modules of the package that a module imports or reaches for."""
    imported = [
        alias
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simcore")
        for alias in node.names
    ]
    modules = {alias.asname or alias.name for alias in imported}
    found = {alias.name for alias in imported} | {
        node.attr
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    }
    return {one for one in found if one.startswith("_") and not one.startswith("__")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_reaches_for_the_private_parts_of_another(path):
    # The module of the version is private, not what it holds.
    assert privates(tree(path)) <= {"_version"}


def test_a_private_part_is_seen():
    for source in ("from simcore.plan import _a", "from simcore import plan\nplan._b()"):
        assert privates(ast.parse(source))


@pytest.mark.parametrize("path", sorted((PACKAGE / "kernels").glob("*.py")), ids=lambda p: p.name)
def test_kernels_import_no_other_room(path):
    assert {name for name, _ in imports(path)} <= {"kernels", "numerics", "cache"}


def test_the_law_names_only_rooms_that_exist():
    rooms = {path.stem for path in PACKAGE.glob("*.py")}
    rooms |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(RANK) == rooms
    assert rooms >= COMPUTES_NO_RUN | FORBIDDEN_THERE


@pytest.mark.parametrize("path", sorted((PACKAGE / "running").glob("*.py")), ids=lambda p: p.name)
def test_running_reads_no_yaml(path):
    text = path.read_text(encoding="utf-8")
    assert "import yaml" not in text and "document" not in text


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_checking_a_config_loads_no_heavy_library():
    quickstart = PACKAGE.parent / "configs" / "quickstart.yaml"
    modules = loaded_by(
        f"from simcore import intake, plan\nplan.build(intake.load({str(quickstart)!r}))"
    )
    assert not modules & {"numba", "xarray", "scipy.stats", "matplotlib", "pandas", "zarr", "rich"}
    # What reads the files of a config waits until it names one.
    assert "simcore.timeseries" not in modules


@pytest.mark.parametrize("name", ["simcore", "simcore.cli"])
def test_importing_simcore_is_light(name):
    assert not loaded_by(f"import {name}") & {"numba", "numpy", "xarray", "pydantic", "yaml"}


def names_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def used_names(path: Path) -> set[str]:
    """What a module reads, or names in a text without spaces, such as where a command is; not in a
    function of that name itself, and not what it imports."""
    found = set()
    for part in tree(path).body:
        own = {
            name
            for node in ast.walk(part)
            for name in (
                [node.id] if isinstance(node, ast.Name)
                else [node.attr] if isinstance(node, ast.Attribute)
                else names_of(node.value)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
                and " " not in node.value else ()
            )
        }  # fmt: skip
        found |= own - {getattr(part, "name", None)}
    return found


def test_what_only_tests_use_stands_with_them():
    """A function of the package is used there, told of in a page, or made for an experiment; a
    private one in its module."""
    # What was registered from outside may be taken out again.
    used = set().union({"withdraw"}, *map(used_names, MODULES))
    around = [
        *(PACKAGE.parent / "docs").glob("*.md"),
        *(PACKAGE.parent / "experiments").rglob("*.py"),
    ]
    used |= set().union(*(names_of(path.read_text(encoding="utf-8")) for path in around))
    idle = [
        f"{path.relative_to(PACKAGE)}:{part.lineno}: {part.name}"
        for path in MODULES if room(path) != "kernels"
        for part in tree(path).body
        if isinstance(part, ast.FunctionDef) and not part.decorator_list
        and part.name not in (used_names(path) if part.name.startswith("_") else used)
        and not part.name.startswith("__")
    ]  # fmt: skip
    assert idle == []
