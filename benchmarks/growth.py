"""How time grows: with the size of the model, with what is kept, with what must be compiled."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import processes, work
from benchmarks.cases import Case, load
from benchmarks.languages import Tapes
from benchmarks.table import Line, heading
from benchmarks.timing import Settings, interleaved
from simcore import plan
from simcore.kernels.operations import BLOCK
from simcore.running import engine

_SMALLEST: dict[str, Any] = {
    "name": "growth",
    "regions": ["EU"],
    "routes": ["bf_bof", "h2_dri_eaf"],
    "years": {"first": 2026, "last": 2030},
    "scenarios": {"law": {}},
    "plant": {"start": 2028, "lifetime": 3, "output": 1.0, "valued_in": 2027, "beyond": "hold"},
    "outcomes": [
        "levelised_cost",
        "carbon_cost",
        "cost_premium",
        "carbon_value",
        "abatement_cost",
    ],
}
_REFORM = {"catalog": {"policies": {"eu_free_allocation": {"variant": "reform_2026"}}}}
_GROWN: dict[str, dict[str, Any]] = {
    "1 region, 2 routes, 5 years, 1 scenario": {},
    "3 regions": {"regions": ["EU", "KR", "JP"]},
    "6 regions": {"regions": ["EU", "UK", "KR", "JP", "CN", "IN"]},
    "4 routes": {"routes": ["bf_bof", "h2_dri_eaf", "ng_dri_eaf", "scrap_eaf"]},
    "8 routes": {
        "routes": [
            "bf_bof",
            "bf_bof_ccs",
            "ng_dri_eaf",
            "ng_dri_eaf_ccs",
            "h2_dri_eaf",
            "hbi_import_eaf",
            "scrap_eaf",
            "moe",
        ]
    },
    "25 years": {"years": {"first": 2026, "last": 2050}},
    "2 scenarios": {"scenarios": {"law": {}, "reform_2026": _REFORM}},
}


def cells(settings: Settings) -> Iterator[str | Line]:
    """Time a value as regions, routes, years and scenarios grow; it must not rise."""
    draws = (2 if settings.tiny else 64) * BLOCK
    chosen = list(_GROWN.items())[: 2 if settings.tiny else None]
    tapes = {
        what: Tapes(load(Case("growth", what, _SMALLEST | change, draws)))
        for what, change in chosen
    }
    found = interleaved(
        {what: lambda one=one: one.totals(draws, 1) for what, one in tapes.items()}, settings
    )
    yield heading("growth of the first model below; reduced to totals; ns a value")
    for what, seconds in found.items():
        values = work.values_per_draw(tapes[what].spec)
        rate = f"{values:,} values, {draws / seconds:,.0f} draws/s"
        yield Line(f"{what}", seconds / draws / values * 1e9)
        yield f"      {rate}"


def keeping(case: Case, **out: Any) -> dict[str, Callable[[], Any]]:
    """A run that keeps summaries, and one that keeps every value of every draw too."""
    reduced = plan.build(load(case))
    kept = plan.build(load(case, keep=reduced.experiment.outcomes))
    return {
        "reduced": lambda: engine.run(reduced, threads=1),
        "kept": lambda: engine.run(kept, threads=1, **out),
    }


def storing(case: Case, settings: Settings) -> Iterator[str | Line]:
    """A run that keeps every value of every draw beside one that keeps summaries."""
    yield heading(f"{case.name}: what keeping every value of every draw costs; s")
    for what, out in (("fresh memory", None), ("Zarr", "kept.zarr")):
        with tempfile.TemporaryDirectory() as folder:
            where = {"out": Path(folder) / out, "overwrite": True} if out else {}
            found = interleaved(keeping(case, **where), settings)
        yield _kept(what, found["reduced"], found["kept"])
    at_hand = processes.keeping(case, repetitions=settings.repetitions, tiny=settings.tiny)
    yield _kept("memory at hand", *at_hand)


def _kept(what: str, reduced: float, kept: float) -> Line:
    return Line(f"{what}; peer: summaries only", kept, None, reduced)


def compilation(case: Case, settings: Settings) -> Iterator[str | Line]:
    """Seconds until the kernels are ready in a fresh process."""
    warm, cold = processes.compilation(case, tiny=settings.tiny)
    yield heading("kernels ready in a fresh process; s")
    yield Line("found compiled", warm)
    if cold is not None:
        yield Line("compiled", cold)
