"""Human names of labels: made once, held by a run, counted by no digest."""

from __future__ import annotations

import pytest
from minimal import minimal_config

from simcore import dataset, load, run
from simcore.analysis.names import title, titles
from simcore.intake import packaged
from simcore.plan import build
from simcore.plan.titles import scenario_title, titles_of

RICH = {
    "name": "titles", "draws": 256, "years": "2030-2037", "destinations": ["domestic", "eu"], "regions": ["EU", "KR"],
    "routes": ["h2_dri_eaf", "scrap_eaf"], "outcomes": ["cost_premium", "support_gap"],
    "scenarios": {"law": "law", "own": {"title": "My view"}, "both": ["law", "cbam_delayed"],
                  "plain": {}},
}  # fmt: skip


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, str]]:
    """Titles by dimension and label."""
    plan = build(load(RICH))
    labels = {**plan.coords, "factor": tuple(one.name for one in plan.inputs)}
    found = titles_of(plan, labels)
    return {dim: dict(zip(labels[dim], texts, strict=True)) for dim, texts in found.values()}


@pytest.mark.parametrize(("dim", "label", "expected"), [
    ("region", "KR", "Korea"),
    ("route", "h2_dri_eaf", "Hydrogen DRI, EAF"),
    ("scenario", "law", "Law as it stands"),
    ("scenario", "own", "My view"),
    ("scenario", "both", "Law as it stands; CBAM delayed"),
    ("scenario", "plain", "plain"),
    ("destination", "eu", "in the EU"),
    ("commodity", "natural_gas.EU", "Natural gas, European Union"),
    ("component", "capex", "capital cost"),
    ("factor", "h2_dri_eaf.capex", "Hydrogen DRI, EAF: capital cost"),
    ("factor", "scrap_eaf.inputs.electricity", "Scrap, EAF: use of electricity"),
    ("factor", "bf_bof.utilisation.EU", "Blast furnace, BOF: utilisation, European Union"),
    ("factor", "KR.wacc", "Korea: cost of capital"),
    ("factor", "natural_gas.EU.anchor", "Natural gas, European Union: price level"),
    ("factor", "eu_ets.view", "EU ETS allowance: view of its price"),
    ("factor", "kr_free_allocation.law.2036",
     "Share of the benchmark allocated free to steel, Korea: 2036"),
])  # fmt: skip
def test_a_label_has_the_words_of_its_entry(
    told: dict[str, dict[str, str]], dim: str, label: str, expected: str
) -> None:
    assert told[dim][label] == expected


def test_no_two_labels_have_one_title(told: dict[str, dict[str, str]]) -> None:
    for dim, texts in told.items():
        assert len(set(texts.values())) == len(texts), dim
        assert all(texts.values()), dim
        assert not [one for one in texts.values() if "_" in one and dim != "scenario"], dim


def test_every_packaged_scenario_and_entry_has_a_title() -> None:
    for name, overlay in packaged.scenarios().items():
        assert overlay["title"], name
    for section in ("regions", "routes", "markets", "sectors", "products", "instruments"):
        for name, entry in packaged.catalog()[section].items():
            assert entry["title"], name


def test_a_title_is_no_setting_of_a_scenario() -> None:
    spec = load(RICH)
    assert {one.title for one in spec.scenarios.values()} == {spec.experiment.title}
    assert scenario_title(spec, "own") == "My view"


def test_a_run_holds_titles_that_its_digest_does_not_count() -> None:
    made = run(minimal_config(draws=256, outcomes=["cost_premium"], keep=[]))
    # Routes of one title are told apart.
    assert all(one == f"a route ({name})" for name, one in titles(made, "route").items())
    assert title(made, "region", "EU") == "a region"
    older = made.drop_vars([name for name in made.coords if str(name).endswith("_title")])
    assert "region_title" in made.coords and "region_title" not in older.coords
    assert title(older, "region", "EU") == "EU" and titles(older, "planet") == {}
    assert dataset.digest(older) == dataset.digest(made)
