"""The same works as asv suites: `asv run --config benchmarks/asv.conf.json`.

asv follows times and memory from commit to commit; the table of `python -m benchmarks` compares
with the peers. Nothing here needs asv to be imported.
"""

from __future__ import annotations

import numpy as np

from benchmarks import work
from benchmarks.cases import Case, cases, load
from benchmarks.languages import CHUNK, Tapes
from benchmarks.measures import fill_normal
from simcore import intake, plan
from simcore.kernels.random import stream_key
from simcore.kernels.ranks import quantile_ranks
from simcore.kernels.select import order_statistics
from simcore.running import engine
from simcore.studies.sensitivity import sensitivity
from simcore.variables import INTERVAL_LEVEL, QUANTILES


def _case(name: str, tiny: bool) -> Case:
    return cases(tiny=tiny)[name]


class Runs:
    """Whole models, by case and threads."""

    params = (["small", "quickstart", "large"], [1, 2])
    param_names = ("case", "threads")
    timeout = 600
    tiny = False
    """Cut to a second's work, for a test."""

    def setup(self, name: str, threads: int) -> None:
        self.spec = load(_case(name, self.tiny))
        self.tapes = Tapes(self.spec)
        self.draws = CHUNK * max(1, self.spec.experiment.draws // CHUNK)
        engine.prepare(self.tapes.plan)
        self.tapes.totals(CHUNK, threads)

    def time_totals(self, name: str, threads: int) -> None:
        """Every value of every draw, added to the sums of its row."""
        self.tapes.totals(self.draws, threads)

    def time_run(self, name: str, threads: int) -> None:
        """Every statistic of every outcome, as a dataset."""
        work.simcore_reduced(self.spec, threads)()

    def peakmem_run(self, name: str, threads: int) -> None:
        """Memory of the same."""
        work.simcore_reduced(self.spec, threads)()

    def time_plan(self, name: str, threads: int) -> None:
        """Spec to plan, before any draw."""
        plan.build(self.spec)


class Studies:
    """Shapley effects of three groups on one cell: seven programs over the same draws."""

    draws = 65_536

    def setup(self) -> None:
        market = ["group:carbon_market", "group:energy_and_materials"]
        groups = {"policy": "group:policy", "market": market, "others": "rest"}
        self.spec = intake.load({
            "name": "study", "regions": "EU", "destinations": ["eu"],
            "routes": ["h2_dri_eaf", "bf_bof"], "outcomes": ["cost_premium"],
            "sensitivity": {"at": {"route": "h2_dri_eaf", "year": 2030}, "groups": groups,
                            "draws": self.draws},
        })  # fmt: skip
        engine.prepare(plan.build(self.spec))

    def time_shapley(self) -> None:
        """All of a study, its nodes included."""
        sensitivity(self.spec, threads=1)


class Pieces:
    """What a run is made of."""

    size = 2**18

    def setup(self) -> None:
        self.out = np.empty(self.size)
        self.key = stream_key(1, "benchmark")
        fill_normal(*self.key, 0, 0, self.out)
        self.normal = self.out.copy()
        ranks = quantile_ranks(self.size, probabilities=QUANTILES, level=INTERVAL_LEVEL)
        self.ranks = np.unique(np.concatenate([ranks.ranks[ranks.lower], ranks.ranks[ranks.upper]]))
        self.found = np.empty(len(self.ranks))
        order_statistics(self.normal, self.ranks, self.found)

    def time_normal(self) -> None:
        """Standard normal numbers."""
        fill_normal(*self.key, 0, 0, self.out)

    def time_quantiles(self) -> None:
        """Nine exact quantiles of a column."""
        order_statistics(self.normal, self.ranks, self.found)
