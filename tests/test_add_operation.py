"""An operation from outside: that of docs/extend.md, from its config to table, picture and trace."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import documents
import numpy as np
import pytest
import yaml
from small_config import market, small_config

import simcore
from simcore.kernels import operations
from simcore.kernels.operations import OPERATIONS
from simcore.kernels.streams import Stream
from simcore.model.graph import Graph
from simcore.running.program import Request, compile_program, operations_of

SCRIPT = '''
"""The recipe, and what is asked of it, in a process whose kernels are made from its table."""
import json, sys
from pathlib import Path

folder, recipe = Path(sys.argv[1]), sys.argv[2]
exec(compile(Path(recipe).read_text("utf-8"), recipe, "exec", dont_inherit=True), {"__name__": "toy"})

from simcore import cli
from simcore.kernels import jit

for command in json.loads(sys.argv[3]):
    print("$", *command)
    status = cli.main(command)
    assert status == 0, (command, status)
# What it says may change in ways that no digest knows.
kept = [one.name for one in jit.CACHE_DIRECTORY.iterdir()]
assert kept
assert not [name for name in kept if "UNEVEN" in name]
'''


@pytest.mark.long
def test_the_operation_of_the_page_from_config_to_picture(tmp_path: Path) -> None:
    walks = {"kind": "uneven", "sigma": 0.2}, {"kind": "random_walk", "sigma": 0.2}
    config = small_config(
        markets=dict(zip(("bent", "even"), map(market, walks), strict=True)),
        years={"first": 2026, "last": 2030}, outcomes=["carbon_price"], keep=["carbon_price"],
        correlations={
            "factors": [], "shocks": [{"between": ["bent", "even"], "rank": 1.0}],
        },
    )  # fmt: skip
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(config), "utf-8")
    (tmp_path / "recipe.py").write_text(documents.recipe("operation", "python"), "utf-8")
    run = str(tmp_path / "run.zarr")
    commands = [
        ["run", str(tmp_path / "toy.yaml"), "--out", run, "--quiet"],
        ["summary", run, "--variable", "carbon_price"],
        ["plot", run, "--out", str(tmp_path / "pictures")],
        ["trace", str(tmp_path / "toy.yaml"), "--draw", "3"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(tmp_path / "recipe.py"),
         json.dumps(commands)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "bent" in done.stdout.partition("$ trace")[2]
    assert list((tmp_path / "pictures").iterdir())
    price = simcore.open_run(run).carbon_price.isel(scenario=0)
    bent, even = (np.log(price.sel(market=one).values / 80.0) for one in ("bent", "even"))
    steps = np.diff(even, axis=0)
    apart = np.diff(bent, axis=0) - steps
    # The same drift apart in every draw that rises; half of the fall besides in the others.
    apart -= apart.min(axis=1, keepdims=True)
    rises = apart < 1e-9
    assert 0.45 < rises.mean() < 0.55
    for step, one, rose in zip(steps, apart, rises, strict=True):
        slope, at_zero = np.polyfit(step[~rose], one[~rose], 1)
        assert slope == pytest.approx(-0.5, rel=1e-9)
        assert step[rose].min() > at_zero / 0.5 - 1e-9


def test_a_call_that_names_the_wrong_things_fails_at_once() -> None:
    graph = Graph()
    one = graph.constant(1.0)
    for operation, stated, words in (
        ("LEARNINGS", {}, "no operation 'LEARNINGS'"),
        ("RATIO", {"value": one}, "RATIO lacks divisor; it takes divisor, value"),
        ("SCALED", {"a": one, "b": 2.0}, "SCALED lacks scale, knows no b"),
        ("NORMAL", {"steps": 1, "step": 0}, "NORMAL needs a stream"),
        ("SUM", {"a": one, "b": one, "stream": Stream("x")}, "SUM reads no stream"),
    ):
        with pytest.raises(TypeError, match=words):
            graph.node(operation, **stated)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no output 'bank'"):
        graph.output(graph.sum(one, one), "bank")
    with pytest.raises(ValueError, match="a second SUM"):
        operations.register(OPERATIONS["SUM"])


def test_equal_calls_are_one_node_and_others_are_not() -> None:
    graph = Graph()
    one, two = graph.constant(1.0), graph.constant(2.0)
    assert graph.sum(one, two) == graph.node("SUM", b=two, a=one) != graph.sum(two, one)


def test_an_operation_that_the_kernel_lacks_is_an_error_and_nothing_does_nothing() -> None:
    from simcore.kernels.simulate import simulate

    plan = simcore.build(simcore.load(small_config()))
    node = next(n for n, node in enumerate(plan.graph.nodes) if node.operation == "DIFFERENCE")
    program, outputs = compile_program(plan, [Request(node, tuple(plan.years))])
    out = np.empty((len(outputs), 256))
    simulate(program, outputs, 0, 256, False, out)
    assert np.isfinite(out).all()

    def run(code: int) -> None:
        codes = np.full_like(program.static.code, code)
        simulate(program._replace(static=program.static._replace(code=codes)), outputs, 0, 256,
                 False, out)  # fmt: skip

    run(operations.code_of("NOTHING"))
    with pytest.raises(ValueError, match="does not know"):
        run(len(OPERATIONS))


def test_each_operation_states_what_its_formula_asks_for() -> None:
    from simcore.kernels import dispatch

    for one in OPERATIONS.values():
        if one.formula:
            dispatch.written(one, dispatch.parameters_of(one))
    wrong = replace(OPERATIONS["RATIO"], inputs=("value", "other"))
    with pytest.raises(ValueError, match=r"RATIO asks for \['divisor'\]"):
        dispatch.written(wrong, dispatch.parameters_of(wrong))


def test_a_program_has_the_operations_that_it_uses_and_no_others() -> None:
    plan = simcore.build(simcore.load(small_config()))
    node = next(n for n, node in enumerate(plan.graph.nodes) if node.operation == "DIFFERENCE")
    program, _ = compile_program(plan, [Request(node, tuple(plan.years))])
    used = {*program.static.code.tolist(), *program.yearly.code.tolist()}
    assert {*np.flatnonzero(program.entries).tolist()} == used - {operations.NOTHING}
    assert len(used) < len(OPERATIONS) / 2
    names = list(OPERATIONS)
    assert {names[code] for code in used} <= operations_of(plan)
