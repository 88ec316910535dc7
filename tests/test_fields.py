"""The unit in which the model reads a quantity is that of its field, and stands nowhere else."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Annotated

import pytest
import small_config

import simcore
from simcore.intake.entries import Region
from simcore.intake.routes import Route
from simcore.intake.stated import unit_of_field
from simcore.model.graph import Graph
from simcore.model.scene import Scene, read
from simcore.quantities import Constant, Quantity
from simcore.quantities.annotations import Canonical
from simcore.quantities.records import Model
from simcore.running.describe import layout_of

MODEL = Path(simcore.__file__).parent / "model"
# Dated values of policies have no field of their own, and what a process states is a plain number.
STATED = {("policies.py", "1"), ("processes.py", "1")}


def test_no_node_names_a_unit() -> None:
    found = set()
    for path in MODEL.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if name in ("quantity", "read", "route_quantity", "yearly_quantity"):
                taken = node.args[3:] if name == "quantity" else node.args[4:]
                found |= {(path.name, one.value) for one in taken if isinstance(one, ast.Constant)}
    assert {one for one in found if one[1] not in ("learning_share", "size_exponent")} == STATED


@pytest.mark.parametrize(("unit", "value"), [("EUR/kg", 0.5), ("EUR/t", 500.0), ("EUR/MWh", None)])
def test_another_annotation_gives_another_scale(unit: str, value: float | None) -> None:
    class Toy(Model):
        cost: Annotated[Quantity, Canonical(unit)]

    loaded = simcore.load(small_config.small_config())
    experiment = next(iter(loaded.scenarios.values()))
    plan = simcore.build(loaded)
    scene = Scene(Graph(), experiment, "", 2026, plan.factors, plan.shocks, loaded.folder, {})
    toy = Toy(cost=Constant(value=0.5, unit="EUR/kg"))
    if value is None:
        with pytest.raises(ValueError, match="MWh"):
            read(scene, toy, "cost", "toy")
        return
    node = scene.graph.nodes[read(scene, toy, "cost", "toy")]
    assert node.numbers == (pytest.approx(value),)


def test_a_field_without_a_unit_is_an_error() -> None:
    assert unit_of_field(Region, "wacc") == "1"
    assert unit_of_field(Route, "capex") == "EUR/(t/yr)"
    with pytest.raises((AssertionError, KeyError)):
        unit_of_field(Region, "market")


def test_a_run_names_the_sources_of_what_it_refers_to() -> None:
    made = small_config.small_config()
    made["catalog"]["regions"]["AA"]["wacc"] = {
        "value": 0.08, "source": "our_wacc", "at": "p. 1", "status": "assumed",
    }  # fmt: skip
    made["catalog"]["buyers"]["unused"] = {"indirect_factor": {"value": 1.0, "source": "nowhere"}}
    attrs = layout_of(simcore.build(simcore.load(made))).attrs
    assert "our_wacc" in json.loads(str(attrs["sources"]))
    assert "nowhere" not in json.loads(str(attrs["sources"]))
    assert "catalog.regions.AA.wacc" in json.loads(str(attrs["assumed"]))
