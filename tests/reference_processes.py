"""Price processes of the reference model: what a year's price is, over that of its anchor.

Section 3 of the model for one draw, one step after another.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from reference_paths import Case, known_year, moment, own_uniform, quantity, shock
from scipy.special import ndtri

FOLDER = Path()
"""Folder of the config; a test with a price history sets it."""


def multiplier(
    case: Case, name: str, path: Mapping[str, Any], mean: bool, own: str = ""
) -> dict[int, float]:
    """Mean over the steps of a year of exp(X + J), by year after the spot.

    Shocks are those of `name`, all else is named after `own`.
    """
    shared, name = name, own or name
    process, t0, seen = path["process"], known_year(path["spot"]), moment(path["spot"])
    years = range(t0 + 1, case.years[-1] + 1)
    if process["kind"] == "fixed":
        return dict.fromkeys(years, 1.0)
    if process["kind"] == "bootstrap":
        return resampled(case, name, process, t0, mean)
    steps = process.get("steps") or 1
    x = variance = jumped = 0.0
    result = {}
    for year in years:
        sigma = volatility(case, name, process, t0, year)
        kappa = 0.0
        if process["kind"] in ("log_ou", "regime_switching"):
            kappa = quantity(case, process.get("kappa") or 0.0, name + ".kappa")
        # Variance of the exact Ornstein-Uhlenbeck step of 1/steps year.
        new = sigma**2 / steps
        if kappa > 0:
            new = sigma**2 * -math.expm1(-2 * kappa / steps) / (2 * kappa)
        prices = []
        for step in range(steps):
            address = year if steps == 1 else year * steps + step
            now = new
            if seen is not None and year == t0 + 1 and step == 0:
                # From the day of the spot to the mean of the year, or to the end of its first step.
                now = sigma**2 * (year - seen + (1 / 3 if steps == 1 else 1 / steps))
            x = x * math.exp(-kappa / steps) + math.sqrt(now) * shock(case, shared, address)
            variance = variance * math.exp(-2 * kappa / steps) + now
            jumped += jump(case, name, process, year, step, steps, mean)
            prices.append(math.exp(x + jumped - (variance / 2 if mean else 0.0)))
        result[year] = sum(prices) / steps
    return result


def volatility(case: Case, name: str, process: Mapping[str, Any], t0: int, year: int) -> float:
    """Sigma of a year: its own, or that of the regime of the year."""
    if process["kind"] != "regime_switching":
        return quantity(case, process["sigma"], name + ".sigma")
    label = regime(case, name, process, t0, year)
    return quantity(case, process["regimes"][label]["sigma"], f"{name}.regimes.{label}.sigma")


def long_run(regimes: Mapping[str, Any]) -> list[float]:
    """Shares of regimes that a year does not change: the solution of share = share * chain."""
    n = len(regimes)
    chain = np.array(
        [[one["next"].get(other, 0.0) for other in regimes] for one in regimes.values()]
    )
    lines = np.vstack([chain.T - np.eye(n), np.ones(n)])
    return list(np.linalg.lstsq(lines, np.array([0.0] * n + [1.0]), rcond=None)[0])


def regime(case: Case, name: str, process: Mapping[str, Any], t0: int, year: int) -> str:
    """Name of the regime of a year; in the central case the first of the most frequent ones."""
    regimes = process["regimes"]
    shares = dict(zip(regimes, long_run(regimes), strict=True))
    if case.draw is None:
        most = max(shares.values())
        return next(label for label, share in shares.items() if math.isclose(share, most))
    current = process.get("initial")
    for moved in range(t0 + 1, year + 1):
        chances = shares if current is None else regimes[current]["next"]
        u, total = own_uniform(case, name + ".regime", moved), 0.0
        for label in regimes:
            total += chances.get(label, 0.0)
            current = label
            if u < total:
                break
    return current


def jump(
    case: Case, name: str, process: Mapping[str, Any], year: int, step: int, steps: int, mean: bool
) -> float:
    """What the jumps of a step add to the log price."""
    jumps = process.get("jumps")
    if not jumps:
        return 0.0
    rate, size, sd = (
        quantity(case, jumps[key], f"{name}.jumps.{key}") for key in ("rate", "mean", "sd")
    )
    expected = rate / steps
    added = -expected * math.expm1(size + sd**2 / 2) if mean else 0.0
    if case.draw is None:
        return added
    u = own_uniform(case, name + ".jump", year * steps + step)
    address = year if steps == 1 else year * steps + step
    z = float(ndtri(own_uniform(case, name + ".jump_size", address)))
    count, total = 0, math.exp(-expected)
    while u >= total:
        count += 1
        total += math.exp(-expected) * expected**count / math.factorial(count)
    return added + count * size + math.sqrt(count) * sd * z


def changes(history: Mapping[str, Any]) -> list[float]:
    """Changes of the log price from one observation to the next, less their mean."""
    with (FOLDER / history["csv"]).open(newline="", encoding="utf-8") as stream:
        prices = [float(row[history["column"]]) for row in csv.DictReader(stream)]
    found = [math.log(b / a) for a, b in zip(prices, prices[1:], strict=False)]
    middle = sum(found) / len(found)
    return [one - middle for one in found]


def resampled(
    case: Case, name: str, process: Mapping[str, Any], t0: int, mean: bool
) -> dict[int, float]:
    """exp of the changes of years drawn in blocks from a history that ends where it begins."""
    past, per_year = changes(process["history"]), process["history"]["per_year"]
    block, n = process.get("block") or 1, len(past)

    def over(start: int, years: int) -> float:
        return sum(past[(start + k) % n] for k in range(years * per_year))

    def log_mean(years: int) -> float:
        return math.log(sum(math.exp(over(start, years)) for start in range(n)) / n)

    x, start, result = 0.0, 0, {}
    for year in range(t0 + 1, case.years[-1] + 1):
        passed = year - t0 - 1
        if case.draw is not None:
            if passed % block == 0:
                start = int(n * own_uniform(case, name + ".block", year))
            x += over(start, 1)
            start += per_year
        centring = 0.0
        if mean:
            centring = (passed + 1) // block * log_mean(block) + log_mean((passed + 1) % block)
        result[year] = math.exp(x - centring)
    return result
