"""Flip one operator of each scalar formula; the slow model must disagree: `make mutants`.

Each mutant is compiled anew, so all of them take an hour or two. Words choose formulas by name.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FORMULAS = (
    "arithmetic",
    "carbon",
    "contracts",
    "costs",
    "finance",
    "policy",
    "premium",
    "prices",
    "processes",
)
FLIPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
}  # fmt: skip
NAMES = {"min": "max", "max": "min"}


def flip(function: ast.FunctionDef) -> str:
    """Flip what stands last in a function; what was flipped, or nothing."""
    for node in reversed(list(ast.walk(function))):
        if isinstance(node, ast.BinOp) and type(node.op) in FLIPPED:
            node.op = FLIPPED[type(node.op)]()
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in FLIPPED:
            node.ops[0] = FLIPPED[type(node.ops[0])]()
        elif isinstance(node, ast.Name) and node.id in NAMES:
            node.id = NAMES[node.id]
        else:
            continue
        return ast.unparse(node)
    return ""


def mutants() -> Iterator[tuple[str, str, str]]:
    """File, formula and its mutant, and the source of the whole module with it."""
    for name in FORMULAS:
        path = f"simcore/kernels/{name}.py"
        text = (ROOT / path).read_text("utf-8")
        for place, node in enumerate(ast.parse(text).body):
            if isinstance(node, ast.FunctionDef) and "inlined" in map(
                ast.unparse, node.decorator_list
            ):
                module = ast.parse(text)
                if made := flip(module.body[place]):
                    yield path, f"{name}.{node.name}: {made}", ast.unparse(module)


def survives(folder: Path, path: str, source: str) -> bool:
    """Whether the slow model agrees with a mutant."""
    whole = (folder / path).read_text("utf-8")
    (folder / path).write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
         "tests/test_agreement.py"], cwd=folder, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": "", "SIMCORE_CACHE_DIR": str(folder / "cache")},
    )  # fmt: skip
    (folder / path).write_text(whole, "utf-8")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return done.returncode == 0


if __name__ == "__main__":
    alive = 0
    with tempfile.TemporaryDirectory() as made:
        for name in ("simcore", "tests", "configs"):
            shutil.copytree(ROOT / name, Path(made) / name)
        shutil.copy(ROOT / "pyproject.toml", made)
        untouched = "simcore/kernels/carbon.py"
        if not survives(Path(made), untouched, (ROOT / untouched).read_text("utf-8")):
            sys.exit("the untouched formulas do not agree either: run tests/test_agreement.py")
        for path, label, source in mutants():
            if sys.argv[1:] and not any(word in label for word in sys.argv[1:]):
                continue
            lives = survives(Path(made), path, source)
            alive += lives
            print("ALIVE" if lives else "found", label, flush=True)
    sys.exit(alive > 0)
