"""All that another machine may compute otherwise, in one config, and digests of what it makes.

Run as `python tests/machines.py plan` it prints the digest of every number that reaches the
kernels, or decides which of their results are read; `run` that of a run; `write` stores both.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml

STORED = Path(__file__).with_name("data") / "machines.json"


def config(folder: Path) -> dict[str, Any]:
    """Every distribution, fit and process; correlations to be repaired; a past to draw from."""
    from reference_paths import merge
    from rich_config import rich_config

    rows = [f"{2000 + year}-{month:02d}-15,{40 + (37 * (12 * year + month)) % 29}"
            for year in range(6) for month in range(1, 13)]  # fmt: skip
    (folder / "past.csv").write_text("date,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    spot = {"year": 2024, "value": 60.0}
    anchors = {2028: {"low": 40.0, "central": 70.0, "high": 160.0}}
    plain = {"title": "another", "unit": "EUR/t", "spot": spot}
    past = {"csv": "past.csv", "column": "price", "per_year": 12}
    jumps = {"rate": 0.7, "mean": -0.1, "sd": 0.3}
    regimes = {"calm": {"sigma": 0.1, "next": {"calm": 0.85, "rough": 0.15}},
               "rough": {"sigma": 0.6, "next": {"calm": 0.35, "rough": 0.65}}}  # fmt: skip
    markets = {
        "past": plain | {"process": {"kind": "bootstrap", "history": past, "block": 2},
                         "anchors": anchors, "centre": "mean"},
        "jumping": plain | {"process": {"kind": "log_ou", "sigma": 0.3, "kappa": 0.4,
                                        "jumps": jumps, "steps": 4}, "anchors": anchors},
        "regimes": plain | {"process": {"kind": "regime_switching", "regimes": regimes},
                            "anchors": anchors},
    }  # fmt: skip
    quantities = {
        "beta": {"kind": "beta", "quantiles": {0.1: 0.21, 0.9: 0.63}},
        "narrow": {"kind": "beta", "alpha": 310.5, "beta": 92.25, "low": 0.5, "high": 2.0},
        "truncated": {"kind": "truncated_normal", "low": 0.0, "high": 2.0,
                      "quantiles": {0.1: 0.4, 0.9: 1.5}},
        "pert": {"kind": "pert", "low": 0.8, "mode": 1.0, "high": 1.9, "shape": 2.5},
        "mixed": {"kind": "mixture", "weights": [0.5, 0.3, 0.2], "components": [
            {"kind": "truncated_normal", "mean": 1.0, "sd": 0.2, "low": 0.0, "high": 9.0},
            {"kind": "pert", "low": 0.7, "mode": 1.3, "high": 2.5},
            {"kind": "split_lognormal", "quantiles": {0.1: 0.6, 0.5: 1.0, 0.9: 2.0}}]},
    }  # fmt: skip
    blast = {f"{name}_route": {"emission_intensity": one} for name, one in quantities.items()}
    ranks = (("border_ets", "past", 0.9), ("past", "jumping", 0.9), ("border_ets", "jumping", -0.4))
    found = rich_config(
        draws=700,
        correlations={
            "repair": True,
            "factors": [{"between": [f"{a}.anchor", f"{b}.anchor"], "rank": rank}
                        for a, b, rank in ranks],
            "shocks": [],
        },
        exposures={name: {"market": name, "shortfall": 1.0, "first": 2026, "last": 2029,
                          "growth": 0.037} for name in markets},
        catalog={"markets": markets},
    )  # fmt: skip
    for name, one in blast.items():
        found["catalog"]["routes"][name] = merge(found["catalog"]["routes"]["electric"], one)
        found["routes"].append(name)
    return found


def _plan() -> Any:
    import simcore
    from simcore import intake

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "machines.yaml"
        path.write_text(yaml.safe_dump(config(folder)), encoding="utf-8")
        return simcore.build(intake.load(path))


def plan_digest() -> str:
    """Digest of the numbers that reach the kernels, and of those that decide on intervals."""
    from simcore.kernels.bridge import bridge_table
    from simcore.kernels.ranks import quantile_ranks
    from simcore.numerics.student import reach, students_t
    from simcore.variables import QUANTILES

    plan, found = _plan(), hashlib.sha256()
    for node in plan.graph.nodes:
        plain = (node.operation, node.inputs, *map(float.hex, node.numbers), node.stream,
                 *map(float.hex, node.state), node.keeps)  # fmt: skip
        found.update(repr(plain).encode())
        found.update(b"" if node.table is None else np.ascontiguousarray(node.table).tobytes())
    found.update(plan.factors.used.tobytes())
    for draws, replicates in ((700, 1), (12_345, 1), (65_536, 16)):
        for one in quantile_ranks(draws, QUANTILES, 0.95, replicates=replicates):
            found.update(np.asarray(one).tobytes())
    found.update(bridge_table(2024, 2026, 2050).tobytes())
    found.update(repr([(students_t(0.95, n), reach(2.0, n)) for n in range(1, 40)]).encode())
    return found.hexdigest()


def run_digest() -> str:
    """Digest of a run."""
    from simcore import dataset
    from simcore.running import engine

    return dataset.digest(engine.run(_plan(), threads=2))


MADE = {"plan": plan_digest, "run": run_digest}

if __name__ == "__main__":
    if sys.argv[1] == "write":
        digests = {name: make() for name, make in MADE.items()}
        STORED.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    else:
        print(MADE[sys.argv[1]]())
