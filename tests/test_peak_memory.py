"""Memory that a run takes, beside what `--dry-run` says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SMALL = {
    "name": "small", "years": {"first": 2026, "last": 2050}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf"], "scenarios": {"law": "law"},
    "memory": 1000,
}  # fmt: skip
RUN = """
import json, resource, sys
from pathlib import Path
import simcore
from simcore.running import engine, estimating
from simcore.running.executors import on_threads

plan, out = simcore.build(simcore.load(sys.argv[1])), Path(sys.argv[2])
engine.execute(plan, out=out, threads=2)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said = estimating.estimate(plan, on_threads(2), out=out)["memory_mb"]
print(json.dumps({"peak": peak * (1 if sys.platform == "darwin" else 1024) / 1e6, "said": said}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no module `resource`")
@pytest.mark.parametrize("keep", [[], ["cost_premium"]])
def test_memory_is_at_most_what_is_said_and_hardly_grows_with_draws(
    tmp_path: Path, keep: list[str]
) -> None:
    peaks = []
    for draws in (10**5, 10**6):
        config = tmp_path / f"{draws}.yaml"
        config.write_text(yaml.safe_dump(SMALL | {"draws": draws, "keep": keep}), encoding="utf-8")
        command = [sys.executable, "-c", RUN, str(config), str(tmp_path / f"{draws}.zarr")]
        made = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(made.stdout.splitlines()[-1])
        assert found["peak"] <= found["said"], (draws, found)
        print(draws, keep, found)
        peaks.append(found["peak"])
    # Ten times the draws in the memory of prices by view alone would be 200 MB more.
    assert keep or peaks[1] <= peaks[0] + 100, peaks
