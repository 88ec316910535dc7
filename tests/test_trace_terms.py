"""A carbon line of a trace, rebuilt by hand from the terms that the trace shows."""

from __future__ import annotations

import math
from typing import Any

import pytest

import simcore
from simcore.cli import main
from simcore.running import tracing

CONFIG: dict[str, Any] = {
    "name": "terms", "draws": 512, "years": {"first": 2026, "last": 2034},
    "plant": {"start": 2026, "lifetime": 5},
    "regions": ["EU", "KR", "UK"], "destinations": ["domestic", "eu"],
    "routes": ["bf_bof", "bf_bof_ccs", "h2_dri_eaf", "hbi_import_eaf"],
    "outcomes": ["home_carbon_cost", "cbam_cost"], "keep": [], "scenarios": {"law": {}},
}  # fmt: skip


def rows_of(config: dict[str, Any], draw: int) -> list[dict[str, Any]]:
    return tracing.trace(simcore.build(simcore.load(config)), draw)


@pytest.mark.parametrize("currency", ["EUR", "USD"])
@pytest.mark.parametrize("draw", [0, 300])
def test_carbon_costs_are_rebuilt_from_the_terms(draw: int, currency: str) -> None:
    rows = rows_of({**CONFIG, "currency": currency}, draw)

    def term(name: str, region: str, year: int, route: str | None = None) -> float:
        found = [
            row["values"][year] for row in rows
            if row["variable"] == "term" and row["name"] == name and row["region"] == region
            and row.get("route") == route
        ]  # fmt: skip
        assert len(found) == 1, (name, region, route)
        return float(found[0])

    def home(region: str, route: str, year: int) -> float:
        free = term("free allocation, phi", region, year)
        free *= term("cross-sectoral correction factor", region, year)
        own = term("emission intensity", region, year, route)
        due = term("coverage", region, year) * (own - free * term("benchmark", region, year, route))
        bought = term("precursor intensity", region, year, route)
        bought -= free * term("benchmark of precursors", region, year, route)
        due += term("precursors pay at the border", region, year) * max(0.0, bought)
        if region == "KR":
            due += term("allowances to buy for power", region, year, route)
        return term("home carbon price", region, year) * due

    def border(region: str, route: str, year: int) -> float:
        free = term("free allocation of CBAM, phi_EU", region, year)
        free *= term("correction factor of CBAM", region, year)
        embedded = term("emission intensity", region, year, route)
        embedded += term("precursor intensity", region, year, route)
        due = embedded - free * term("benchmark of CBAM", region, year, route)
        at_home = home(region, route, year)
        if region == "KR":  # power is not embedded: what it pays at home does not count
            power = term("allowances to buy for power", region, year, route)
            at_home -= term("home carbon price", region, year) * power
        paid = max(0.0, at_home)
        paid *= term("home price recognised by CBAM", region, year)
        covered = term("CBAM coverage", region, year)
        if region == "UK":
            covered *= 1 - term("linked to the market of CBAM", region, year)
        return covered * max(0.0, term("CBAM carbon price", region, year) * due - paid)

    linked = "linked to the market of CBAM" in {row.get("name") for row in rows}
    compared = 0
    for row in rows:
        if row["variable"] not in ("home_carbon_cost", "cbam_cost"):
            continue
        region, route = row["region"], row["route"]
        if region == "UK" and row["variable"] == "cbam_cost" and not linked:
            continue
        for year, value in row["values"].items():
            if math.isnan(value):  # the route does not exist yet
                continue
            if row["variable"] == "home_carbon_cost":
                assert value == pytest.approx(home(region, route, year), rel=1e-12, abs=1e-12)
            elif row["destination"] == "eu" and region != "EU":
                assert value == pytest.approx(border(region, route, year), rel=1e-12, abs=1e-10)
            else:
                assert value == 0
            compared += 1
    assert compared > 100


def test_the_command_shows_them(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "name: c\ndraws: 256\nyears: {first: 2026, last: 2028}\nregions: [KR]\nplant: {start: "
        "2026, lifetime: 2}\noutcomes: [cbam_cost]\nkeep: []\nscenarios: {law: {}}\n", "utf-8",
    )  # fmt: skip
    assert main(["trace", str(file), "--draw", "3", "--route", "h2_dri_eaf"]) == 0
    shown = capsys.readouterr().out
    for name in ("free allocation, phi law KR", "benchmark of CBAM law KR h2_dri_eaf",
                 "benchmark of CBAM law KR bf_bof", "mark-up on default values"):  # fmt: skip
        assert name in shown
    assert "benchmark law KR scrap_eaf" not in shown
