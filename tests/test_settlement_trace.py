"""A payment of a trace, recomputed by hand from the numbers beside it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml

import simcore
from simcore.cli import main
from simcore.running import tracing

CONTRACT: dict[str, Any] = {
    "kind": "ccfd", "term": 8, "strike": "190 EUR/t", "escalation": 0.01, "cover": 0.9,
    "green_revenue": 0.5, "source": "test", "status": "assumed",
}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "caps": {"cap": {"total": "900 M EUR", "yearly": "300 M EUR/yr"}},
    "one sided": {"sided": "one", "strike": "100 EUR/t"},
    "repays what it has": {"repay": "received", "strike": "120 EUR/t"},
    "leaves": {"exit_after": 2, "strike": "60 EUR/t"},
    "nominal": {"nominal": True, "cap": {"total": "700 M EUR"}},
    "after a grant": {"other_aid": "deduct"},
    "indexed": {"indexation": {"base": 2030, "shares": {"hydrogen": 1, "electricity": 0.5}}},
}  # fmt: skip


def config(changes: dict[str, Any]) -> dict[str, Any]:
    grant = {"kind": "grant", "share": 0.3, "source": "test", "status": "assumed"}
    return {
        "name": "settled", "draws": 512, "years": "2028-2040", "regions": ["EU"],
        "routes": ["h2_dri_eaf"], "scenarios": {"law": "law"},
        "outcomes": ["project_npv", "instrument_payment"], "keep": [],
        "catalog": {"instruments": {"contract": {**CONTRACT, **changes}, "grant": grant}},
        "projects": {"one": {
            "region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 10, "output": 2.0,
            "against": "bf_bof", "sold": 0.5, "willing": "30 EUR/t",
            "instruments": ["contract", "grant"],
        }},
    }  # fmt: skip


def traced(changes: dict[str, Any], draw: int) -> dict[str, dict[int, float]]:
    plan = simcore.build(simcore.load(config(changes)))
    rows = tracing.trace(plan, draw, project="one")
    found = {
        row["name"]: row["values"] for row in rows
        if row["variable"] == "term" and row.get("instrument", "contract") == "contract"
    }  # fmt: skip
    payment = next(
        row["values"]
        for row in rows
        if row["variable"] == "instrument_payment" and row["instrument"] == "contract"
    )
    return found | {"outcome": payment}


@pytest.mark.parametrize("draw", [0, 40, 301])
@pytest.mark.parametrize("case", CASES)
def test_a_payment_follows_from_what_stands_beside_it(case: str, draw: int) -> None:
    changes = CASES[case]
    seen = traced(changes, draw)
    record = {**CONTRACT, **changes}
    total = float(str(record.get("cap", {}).get("total", "inf")).split()[0])
    cap = float(str(record.get("cap", {}).get("yearly", "inf")).split()[0])
    paid = received = run = ended = 0.0
    for year in range(2030, 2040):
        now = {name: values[year] for name, values in seen.items()}
        tonnes = now["avoided CO2"] * now["output"] * now["share covered"]
        due = (now["strike"] - now["reference price"]) * tonnes
        due -= now["green share set off"] * max(0.0, now["green revenue"]) * now["output"]
        due -= now.get("other aid", 0.0)
        assert now["due"] == pytest.approx(due, rel=1e-9, abs=1e-6)
        worth = now.get("value of money", 1.0)
        due /= worth
        x = due if now["in force"] > 0 and not ended else 0.0
        owes = x < 0
        if owes and record.get("sided") == "one":
            x = 0.0
        if x > 0:
            x = min(x, cap, total - paid)
            paid += x
        elif record.get("repay") == "received":
            x = max(x, -received)
        received += x
        run = run + 1 if owes else 0
        if record.get("exit_after") and run >= record["exit_after"]:
            ended = 1.0
        assert now["payment"] == pytest.approx(x * worth, rel=1e-9, abs=1e-6)
        assert now["payment"] == now["outcome"]
        assert now["paid so far"] == pytest.approx(paid, rel=1e-9, abs=1e-6)
        assert now["net so far"] == pytest.approx(received, rel=1e-9, abs=1e-6)
        assert (now["years owing"], now["ended"]) == (run, ended)
        assert now["in force"] == (1.0 if year < 2038 else 0.0)
        if math.isfinite(total):
            assert now["left of the cap"] == pytest.approx(total - paid, abs=1e-6)


@pytest.mark.parametrize("paid_in", [-1, 0, 2, -4])
def test_what_is_paid_once_stands_in_the_year_of_its_payment(paid_in: int) -> None:
    content = config({})
    content["catalog"]["instruments"]["grant"]["paid_in"] = paid_in
    content["years"] = "2026-2040"
    rows = tracing.trace(simcore.build(simcore.load(content)), 3, project="one")
    (once,) = [row["values"] for row in rows if row.get("name") == "paid once"]
    (payment,) = [
        row["values"]
        for row in rows
        if (row["variable"], row.get("instrument")) == ("instrument_payment", "grant")
    ]
    assert list(once) == [2030 + paid_in]
    assert once[2030 + paid_in] == pytest.approx(payment[2030 + paid_in])


def test_each_clause_matters_in_some_draw() -> None:
    """Else a case above would be another one under a different name."""
    plain = [traced({}, draw)["payment"] for draw in (0, 40, 301)]
    for case in ("caps", "nominal", "after a grant", "indexed"):
        assert [traced(CASES[case], draw)["payment"] for draw in (0, 40, 301)] != plain
    leaving = [traced(CASES["leaves"], draw) for draw in (0, 40, 301)]
    assert any(1.0 in one["ended"].values() for one in leaving)


def test_the_table_has_a_line_a_year_and_fits(tmp_path, capsys) -> None:
    file = tmp_path / "settled.yaml"
    file.write_text(yaml.safe_dump(config(CASES["caps"])))
    assert main(["trace", str(file), "--draw", "40", "--project", "one"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    block = text[text.index("contract, scenario law") :].splitlines()
    years = [line.split()[0] for line in block if line[:4].isdigit()][:10]
    assert years == [str(year) for year in range(2030, 2040)]
    assert "left of" in text
    assert "eu_ets" not in text
    assert main(["trace", str(file), "--draw", "40", "--project", "two"]) == 2
    assert "choose one of the run" in capsys.readouterr().err


def test_amounts_are_in_the_money_of_the_run() -> None:
    euro = simcore.build(simcore.load(config({})))
    dollar = simcore.build(simcore.load({**config({}), "currency": "USD"}))
    rate = dollar.experiment.money.exchange["USD"]
    for one, other in zip(
        tracing.trace(euro, 5, project="one"), tracing.trace(dollar, 5, project="one"), strict=True
    ):
        scale = rate if "EUR" in one["unit"] else 1.0
        assert other["unit"] == one["unit"].replace("EUR", "USD")
        values = (one.get("values") or {0: one.get("value")}).items()
        for year, value in values:
            told = other["values"][year] if "values" in other else other["value"]
            assert told == pytest.approx(value * scale, nan_ok=True)
