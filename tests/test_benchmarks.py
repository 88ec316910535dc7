"""The benchmarks run to their end and never time models that disagree. Nothing is timed here."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__, agreement, languages, randomness, stages, suites, totals, work
from benchmarks.cases import cases, for_languages, load
from benchmarks.peers import in_c, scalar
from benchmarks.peers.tape import UnknownOperationError, given_numbers
from benchmarks.table import WIDTH, Line, formatted
from simcore import plan
from simcore.kernels import random
from simcore.running import program

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[1]
PEERS = languages.peers()


def rehearse(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--tiny", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tapes() -> languages.Tapes:
    return languages.Tapes(load(for_languages(cases(tiny=True)["small"])))


def faults(tapes: languages.Tapes, name: str) -> tuple[str, ...]:
    peer = PEERS[name]
    if peer.missing:
        pytest.skip(peer.missing)
    model = peer.build(tapes.steps(whole=peer.whole))
    return languages.compare(tapes, peer, model).faults


@pytest.mark.slow
def test_a_rehearsal_ends_with_every_model_in_agreement():
    shown = rehearse()
    assert shown.count("statistics: largest difference") == 3
    for wanted in (
        "this machine",
        "simulate, s",
        "reduce to totals, s",
        "reduce, NumPy by np.sort",
        "peak memory",
        "standard normal",
        "xarray",
        "scrambled Sobol",
        "P95, cost_premium, sobol_bridge",
        "memory at hand",
        "3 regions",
        "found compiled",
        "simcore --help",
        "small run",
    ):
        assert wanted in shown
    assert max(map(len, shown.splitlines())) <= WIDTH
    for peer in PEERS.values():
        # Compared and timed, or skipped with the reason.
        skipped = f"{peer.title}: skipped, " in shown
        assert skipped or f"{peer.title}: largest difference" in shown
        assert shown.count(peer.title) == (1 if skipped else 2)


@pytest.mark.slow
def test_only_the_parts_asked_for_are_timed():
    shown = rehearse("--case", "small", "--part", "quantiles", "--part", "numbers")
    assert "nine exact quantiles" in shown and "standard normal" in shown
    assert shown.count("statistics: largest difference") == 1
    for other in ("this machine", "simulate, s", "in other languages", "3 regions", "--help"):
        assert other not in shown


@pytest.mark.parametrize("name", [name for name in PEERS if name != "jax"])
def test_a_language_agrees(tapes, name):
    assert faults(tapes, name) == ()


@pytest.mark.parametrize(
    "mode",
    [
        ("value.mode=seed",),
        (
            "value={double_claiming: allow, credit_limit: 0.1}",
            "cbam.declared=cheaper",
            "cbam.resource_shuffling=0.3",
        ),
        (
            "catalog.regions.KR.capex_factor={kind: lognormal, mu: -0.1, sigma: 0.1}",
            "catalog.regions.EU.capex_factor={kind: split_lognormal, p10: 0.8, p50: 0.9, p90: 1.2}",
            "catalog.markets.eu_ets.centre=mean",
        ),
    ],
    ids=["gross prices", "credits", "marginals"],
)
def test_c_knows_what_no_case_has(mode):
    large = for_languages(cases(tiny=True)["large"])
    spec = load(replace(large, overrides=(*large.overrides, *mode)))
    assert faults(languages.Tapes(spec), "c-wide") == ()


def test_fast_c_leaves_the_arithmetic_of_the_process_alone(tapes):
    """A library linked under -ffast-math turns subnormal numbers off, for NumPy too."""
    assert faults(tapes, "c-fast") == ()
    assert np.all(np.full(8, 1e-308) / np.arange(4.0, 12.0) > 0.0)


def test_a_machine_without_a_compiler_says_so(monkeypatch, tapes):
    monkeypatch.setattr(in_c.shutil, "which", lambda name: None)
    built = languages.build(tapes.spec, named=["c-wide"])
    assert built.report == ("C, and 512-bit vectors: skipped, gcc is not installed",)
    assert built.agreed
    assert not built.models


def test_jax_agrees_and_is_timed_where_it_is_installed():
    peer = PEERS["jax"]
    if peer.missing:
        pytest.skip(peer.missing)
    shown = rehearse("--case", "small", "--peer", "jax")
    assert shown.count(peer.title) == 2


def test_nothing_is_timed_after_a_disagreement(monkeypatch, capsys):
    found = agreement.Agreement(10, 1, 1e-3, "cost_premium", ("cost_premium: 1.00e-03",))
    monkeypatch.setattr(agreement, "compare", lambda *_, **__: found)
    assert __main__.main(["--tiny", "--case", "small"]) == 1
    shown = capsys.readouterr().out
    assert "nothing was timed" in shown
    assert "simulate, s" not in shown


def test_nothing_is_timed_after_a_disagreement_of_a_language(monkeypatch, capsys):
    monkeypatch.setitem(scalar.FORMULAS, "CHARGED", "{o} = {x[0]} * {x[1]}")
    assert __main__.main(["--tiny", "--case", "small", "--peer", "numba"]) == 1
    shown = capsys.readouterr().out
    assert "numba carbon_cost: " in shown
    assert "nothing was timed" in shown
    assert "simulate, s" not in shown


def test_a_wrong_formula_in_c_is_found(monkeypatch, tapes):
    monkeypatch.setitem(in_c.CALLS, "NETTED", "netted({o}, {x[0]}, {x[2]}, {x[1]});")
    assert any(one.startswith("c-wide carbon_value: ") for one in faults(tapes, "c-wide"))


def test_wrong_random_numbers_of_a_language_are_found(monkeypatch, tapes):
    # Under given numbers this is the same model, so only its own means can tell.
    monkeypatch.setitem(in_c.CALLS, "NORMAL", "draw_uniform({o}, &from, {slot});")
    assert [one for one in faults(tapes, "c-wide") if "own random numbers" in one]
    assert not any("e-" in one for one in faults(tapes, "c-wide"))


@pytest.mark.parametrize(("name", "table"), [("c-wide", in_c.CALLS), ("numba", scalar.FORMULAS)])
def test_an_operation_that_a_language_lacks_is_named(monkeypatch, tapes, name, table):
    monkeypatch.delitem(table, "NETTED")
    with pytest.raises(UnknownOperationError, match="lacks the operation NETTED"):
        faults(tapes, name)


def test_totals_do_not_depend_on_threads(tapes):
    one, two = tapes.totals(1024, 1), tapes.totals(1024, 2)
    np.testing.assert_allclose(two, one, rtol=1e-12)


def test_totals_of_part_of_a_block(tapes):
    values = tapes.values(700)
    found = tapes.totals(700, 2)
    np.testing.assert_array_equal(found[:, 0], np.sum(~np.isnan(values), axis=1))
    np.testing.assert_allclose(found[:, 1], np.nansum(values, axis=1), rtol=1e-12)
    np.testing.assert_allclose(found[:, 2], np.nansum(values**2, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(found[:, 3], np.sum(values > 0.0, axis=1))
    totals.handed_over(tapes.cuts, 700, 2)


@pytest.mark.skipif(not stages.HAS_CLOCK, reason="this processor lets no program read its counter")
def test_stages_are_those_of_a_run(monkeypatch):
    monkeypatch.setattr(stages, "_SHOWN", 99)
    spec = load(cases(tiny=True)["small"], draws=600)
    _, first, *lines, last = stages.stages("small", spec)
    assert first.split()[0] == "operation"
    found = {one.split()[0]: one.split()[-4:] for one in lines}
    assert {"CAP_AND_BANK", "PATH", "sums"} <= found.keys()
    asked = work.requests(plan.build(spec))
    programs = [program.compile_program(plan.build(spec), some)[0] for some in asked]
    assert int(found["sums"][2]) == sum(one.output_rows.size for one in programs)
    assert sum(float(one[1].rstrip("%")) for one in found.values()) == pytest.approx(100, abs=1)
    whole = sum(int(one[0].replace(",", "")) for one in found.values())
    assert int(last.split()[-1].replace(",", "")) == pytest.approx(whole, abs=10)


def test_random_numbers_are_those_of_a_design(tapes):
    small = for_languages(cases(tiny=True)["small"])
    spec = load(replace(small, overrides=(*small.overrides, "design=sobol")), draws=1024)
    sobol = languages.Tapes(spec)
    peer = PEERS["numba"]
    model = peer.build(sobol.steps(whole=True))
    given = [given_numbers(one, 1024) for one in sobol.steps(whole=True)]
    np.testing.assert_allclose(model.values(given), sobol.values(1024), rtol=1e-9, atol=1e-9)
    assert not np.array_equal(sobol.values(1024), tapes.values(1024))


def test_the_suites_run(monkeypatch):
    monkeypatch.setattr(suites.Runs, "tiny", True)
    monkeypatch.setattr(suites.Studies, "draws", 256)
    every = ((suites.Runs(), ("small", 2)), (suites.Pieces(), ()), (suites.Studies(), ()))
    for suite, arguments in every:
        suite.setup(*arguments)
        works = [name for name in dir(suite) if name.startswith(("time_", "peakmem_"))]
        assert works
        for name in works:
            getattr(suite, name)(*arguments)


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
