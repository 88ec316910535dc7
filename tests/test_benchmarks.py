"""The benchmarks run to their end and never time models that disagree. Nothing is timed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks import __main__, agreement, randomness
from benchmarks.table import WIDTH, Line, formatted
from simcore.kernels import random

ROOT = Path(__file__).parents[1]


def test_a_rehearsal_ends_with_every_model_in_agreement():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--tiny"], cwd=ROOT, capture_output=True, text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("largest difference") == 3
    for wanted in ("simulate, s", "reduce, NumPy by np.sort", "peak memory", "standard normal",
                   "simcore --help", "small run"):
        assert wanted in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= WIDTH


def test_nothing_is_timed_after_a_disagreement(monkeypatch, capsys):
    found = agreement.Agreement(10, 1, 1e-3, "cost_premium", ("cost_premium: 1.00e-03",))
    monkeypatch.setattr(agreement, "compare", lambda *_, **__: found)
    assert __main__.main(["--tiny", "--case", "small"]) == 1
    shown = capsys.readouterr().out
    assert "nothing was timed" in shown
    assert "simulate, s" not in shown


def test_ratios_favour_the_faster():
    assert "4.00x" in formatted(Line("time, s", 1.0, None, 4.0))
    assert "4.00x" in formatted(Line("draws a second", 8.0, None, 2.0, larger_is_better=True))
    assert "1.60x" in formatted(Line("time, s", 8.0, 5.0))


def test_random_words_are_those_of_a_run_interleaved():
    raw = b"".join(randomness.chunks("factor", 8 * 256 * 300))
    words = np.frombuffer(raw, dtype="<u8").reshape(300, 256)
    for factor in (0, 1, 255):
        u = np.empty(512)
        random.fill_uniform(*random.stream_key(1, f"factor {factor}"), 0, 0, u)
        np.testing.assert_array_equal(((words[:, factor] >> 12) + 0.5) * 2.0**-52, u[:300])


def test_a_battery_that_is_not_installed_is_said_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert randomness.main(["--practrand"]) == 2
    assert "RNG_test is not installed" in capsys.readouterr().err
