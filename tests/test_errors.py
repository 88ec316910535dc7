"""Errors show where, what was found, what was expected and what to do; nothing else."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from simcore.errors import (
    ConfigError,
    Fault,
    OutputError,
    SimcoreError,
    dotted,
    format_faults,
    suggest,
    unlisted,
)

FAULT = Fault(
    where="catalog.markets.eu_ets.process.sigma",
    found="-0.2",
    expected="a number above 0",
    remedy="write a volatility per year, such as 0.3",
    file="experiment.yaml",
    line=12,
)


def test_a_fault_shows_its_place_and_three_lines() -> None:
    assert str(FAULT) == (
        "experiment.yaml:12: catalog.markets.eu_ets.process.sigma\n"
        "  found     -0.2\n"
        "  expected  a number above 0\n"
        "  remedy    write a volatility per year, such as 0.3"
    )


@pytest.mark.parametrize(
    ("where", "file", "line", "head"),
    [
        ("seed", None, None, "seed"),
        ("", "a.yaml", 3, "a.yaml:3"),
        ("", "a.yaml", None, "a.yaml"),
        ("seed", "a.yaml", None, "a.yaml: seed"),
        ("", None, None, "input"),
        ("seed", None, 3, "seed"),
    ],
)
def test_a_fault_leaves_out_what_it_does_not_know(
    where: str, file: str | None, line: int | None, head: str
) -> None:
    assert str(Fault(where, "a", "b", "c", file, line)).splitlines()[0] == head


@pytest.mark.parametrize("kind", [ConfigError, OutputError])
def test_every_fault_is_shown_and_counted(kind: type[ConfigError | OutputError]) -> None:
    error = kind([FAULT, Fault("seed", "x", "y", "z")])
    assert str(error) == f"{FAULT}\n{error.faults[1]}\n2 faults"
    assert str(kind(FAULT)).splitlines()[-1] == "1 fault"
    assert kind(iter([FAULT])).faults == (FAULT,)


def test_faults_beyond_the_hundredth_are_counted() -> None:
    text = format_faults([FAULT] * 101)
    assert text.splitlines()[-1] == "101 faults, the first 100 shown"
    assert text.count("found") == 100


def test_an_error_without_faults_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ConfigError([])


def test_exit_codes() -> None:
    assert SimcoreError("x").exit_code == 1
    assert ConfigError(FAULT).exit_code == 2
    assert OutputError(FAULT).exit_code == 2
    assert issubclass(ConfigError, SimcoreError)
    assert issubclass(OutputError, SimcoreError)


def test_errors_survive_the_trip_from_a_worker_process() -> None:
    back = pickle.loads(pickle.dumps(ConfigError([FAULT, FAULT])))
    assert back.faults == (FAULT, FAULT)
    assert str(back) == str(ConfigError([FAULT, FAULT]))


def test_a_fault_cannot_steer_the_terminal_or_pass_for_another() -> None:
    text = str(Fault("a\x1b[31m", "x\nseed: forged\x07", "e", "r", "f.yaml"))
    assert text.isascii()
    assert "\x1b" not in text
    assert "\x07" not in text
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


def test_a_long_finding_is_cut() -> None:
    assert len(str(Fault("a", "x" * 10_000, "e", "r"))) < 1000
    remedy = "\n".join(["row of a matrix"] * 100)
    assert str(Fault("a", "x", "e", remedy)).count("row of a matrix") == 100


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("sigam", ["sigma", "kappa"], "sigma"),
        ("EU_ETS", ["eu_ets", "uk_ets"], "eu_ets"),
        ("zzz", ["sigma", "kappa"], None),
        ("anything", [], None),
        ("x" * 1_000_000, ["sigma"], None),
    ],
)
def test_suggest(name: str, known: list[str], expected: str | None) -> None:
    assert suggest(name, known) == expected


def test_dotted() -> None:
    assert dotted(("markets", "eu_ets", "anchors", 2030)) == "markets.eu_ets.anchors.2030"
    assert dotted(()) == ""


def test_the_edge_modules_load_nothing_heavy() -> None:
    code = (
        "import sys, simcore.errors, simcore.units\n"
        "print([m for m in ('numpy', 'numba', 'xarray', 'scipy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_is_not_listed_is_told_of_the_nearest_or_what_to_do() -> None:
    fault = unlisted("--at year", 2031, [2030, 2040])
    assert (fault.where, fault.found) == ("--at year", "2031")
    assert fault.expected == "one of 2030, 2040"
    assert fault.remedy == "did you mean 2030?"
    assert unlisted("--kind", "zzz", ["fan"], remedy="see the list").remedy == "see the list"
    assert unlisted("--kind", "zzz", ["fan"]).remedy == "choose one of those"
