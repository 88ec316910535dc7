"""Single settings (--set path=value) follow the rules of a file, at exactly their path."""

from __future__ import annotations

from typing import Any

import pytest

from simcore.intake import load
from simcore.intake.overlay import put, setting
from simcore.processes.fixed import Fixed

CONFIG = {"name": "settings"}


def changed(data: dict[str, Any], text: str) -> Any:
    path, read = setting(text)
    return put(data, read.data, path)


@pytest.mark.parametrize(
    ("data", "text", "expected"),
    [
        ({"a": {"kind": "gbm", "sigma": 1}}, "a={kind: fixed}", {"a": {"kind": "fixed"}}),
        ({"a": {"kind": "gbm", "sigma": 1}}, "a={sigma: 2}", {"a": {"kind": "gbm", "sigma": 2}}),
        ({"a": {"kind": "gbm", "sigma": 1}}, "a.kind=fixed", {"a": {"kind": "fixed", "sigma": 1}}),
        ({"a": {2026: 1, 2030: 2}}, "a.2030=3", {"a": {2026: 1, 2030: 3}}),
        ({"a": {2026: 1, 2030: 2}}, "a={2030: 3}", {"a": {2030: 3}}),
        ({"a": [1, 2]}, "a.1=5", {"a": [1, 5]}),
        ({"a": {"b": 1}}, "a={c: 2}", {"a": {"b": 1, "c": 2}}),
        ({}, "a.b.c=2", {"a": {"b": {"c": 2}}}),
        ({"a": 1}, "a.b=2", {"a": {"b": 2}}),
    ],
)
def test_a_setting_replaces_what_a_file_would(data: Any, text: str, expected: Any) -> None:
    assert changed(data, text) == expected


def test_another_process_may_be_set_whole() -> None:
    spec = load(CONFIG, overrides=["catalog.markets.eu_ets.process={kind: fixed}"])
    process = spec.experiment.catalog.markets["eu_ets"].process
    assert process == Fixed()


def test_fields_of_other_kinds_at_their_defaults_say_nothing() -> None:
    # Complete configs once wrote every field of every kind.
    old = "{kind: random_walk, sigma: 0.3, kappa: 0.0, mu: 0, jumps: null, block: 1, system: null}"
    spec = load(CONFIG, overrides=[f"catalog.markets.eu_ets.process={old}"])
    process = spec.experiment.catalog.markets["eu_ets"].process
    assert process.model_dump(exclude_none=True) == {
        "kind": "random_walk", "sigma": 0.3, "steps": 1,
    }  # fmt: skip
