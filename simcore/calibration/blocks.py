"""What a calibration writes: a config with one market, or with correlations of shocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from simcore.calibration.correlation import Correlation, is_possible
from simcore.calibration.history import History
from simcore.calibration.processes import Calibration
from simcore.intake import document
from simcore.processes import FITS, KINDS
from simcore.processes.estimates import Estimate, Fit

_AHEAD: Final = (*range(1, 11), 12, 15, 20, 25, 30, 40)
"""Years after the last price at which the path of a reverting price is written."""


def market_block(
    found: Calibration,
    fit: Fit,
    *,
    name: str,
    unit: str,
    inflation: float,
    price_year: int | None,
    today: str,
) -> str:
    """Write a config that adds, or replaces, one market.

    Parameters
    ----------
    found : Calibration
    fit : Fit
        The process to write, one of those found.
    name : str
        Name of the market in the config.
    unit : str
        Unit of the prices, such as EUR/t.
    inflation : float
        Per year; taken off the growth of a nominal history, because paths grow in real money.
    price_year : int or None
        The prices are real money of this year; None: each is money of its own year.
    today : str
        Date of the fit, YYYY-MM-DD.

    Returns
    -------
    str
        YAML. `simcore check` accepts it, alone or as part of a config.
    """
    history = found.history
    year, last = int(str(history.dates[-1])[:4]), _figures(float(history.prices[-1]))
    eroded = 0.0 if price_year is not None else math.log1p(inflation)
    source = f"{history.file}, {history.column}"
    dates = f"{history.dates[0]} to {history.dates[-1]}"
    sample = f"{fit.changes} {found.frequency} changes, {dates}"
    money: dict[str, Any] = {"nominal": price_year is None}
    if price_year is not None:
        money["price_year"] = price_year
    process = _process(fit, eroded, source, sample)
    drifts = bool(KINDS[process["kind"]].drift)
    market: dict[str, Any] = {
        "title": f"{name}, fitted to {history.file}",
        "unit": unit,
        **money,
        "spot": {"year": year, "value": last, "source": source,
                 "at": f"price of {history.dates[-1]}", "status": "seen"},
        **_centre(fit, drifts, last, year, eroded),
        "after": "hold",
        "centre": "median",
        "process": process,
        # A config merges with the packaged market of the same name: these must not survive.
        "corridor": None,
        "tightening": None,
        "source": source,
        "at": sample,
        "status": "seen",
        "note": _note(found, fit, today),
    }  # fmt: skip
    lines = [
        f"# {fit.kind} fitted by maximum likelihood to {source}",
        f"# {sample}; fitted on {today}",
        *(f"# {label}: {one.value:.6g} (standard error {one.error:.3g}) {one.unit}"
          for label, one in fit.estimates.items()),
        *(f"# beware: {warning}" for warning in found.warnings),
    ]  # fmt: skip
    content = {"name": f"with_{name}"[:60], "catalog": {"markets": {name: market}}}
    return "\n".join(_printable(line) for line in lines) + "\n" + document.dump(content)


def correlation_block(
    found: Sequence[Correlation], histories: Sequence[History], *, frequency: str, today: str
) -> str:
    """Write a config with the rank correlations of shocks.

    Parameters
    ----------
    found : sequence of Correlation
        One a pair.
    histories : sequence of History
        Of which they were estimated; named as the source.
    frequency : str
        Of the changes, such as `monthly`.
    today : str
        Date of the estimate, YYYY-MM-DD.

    Returns
    -------
    str
        YAML. `simcore check` accepts it, alone or as part of a config.
    """
    source = "; ".join(f"{one.file}, {one.column}" for one in histories)
    shocks = [
        {
            "between": list(one.between),
            "rank": round(one.rank, 3),
            "source": source,
            "at": f"{one.changes} {frequency} changes, {one.first} to {one.last}, standard error "
            f"{one.error:.3f}, fitted on {today}",
            "status": "seen",
        }
        for one in found
    ]
    content: dict[str, Any] = {"name": "with_correlations", "correlations": {"shocks": shocks}}
    if not is_possible(tuple(found)):
        content["correlations"]["repair"] = True
    return (
        "# Rank correlations of shocks. A list replaces the packaged one whole: copy the packaged\n"
        "# pairs that you want to keep (simcore plan FILE prints them).\n" + document.dump(content)
    )


def _process(fit: Fit, eroded: float, source: str, sample: str) -> dict[str, Any]:
    meta = {"unit": "1", "source": source, "at": sample, "status": "seen"}

    def quantity(
        label: str | float, *, shift: float = 0.0, signed: bool = False, most: float = math.inf
    ) -> Any:
        """An estimate with its error, by its label; or a number that follows from others."""
        one = fit.estimates[label] if isinstance(label, str) else Estimate(label, 0.0, "1")
        value = round(one.value - shift, 6)
        if not one.error > 0:
            return {"kind": "constant", "value": value, **meta}
        error = float(f"{one.error:.3g}")
        if signed:
            return {"kind": "normal", "mean": value, "sd": error, **meta}
        # Neither volatility nor reversion is below zero; six errors cut nothing off above.
        ends = {"low": 0.0, "high": min(round(value + 6 * error, 6), most)}
        return {"kind": "truncated_normal", "mean": value, "sd": error, **ends, **meta}

    return FITS[fit.kind].written(fit, quantity, eroded)


def _centre(fit: Fit, drifts: bool, last: float, year: int, eroded: float) -> dict[str, Any]:
    """The median path: growth for what wanders, the way back to its level for what reverts."""
    if drifts:
        return {"anchors": {}, "carry": 0.0}
    if "level" not in fit.estimates:
        return {"anchors": {}, "carry": round(-eroded, 6) or 0.0}
    kappa = fit.estimates["kappa_corrected"].value
    away = math.log(last) - math.log(max(fit.estimates["level"].value, 5e-324))
    # kappa of zero leaves the price where it is, wherever the level may lie.
    # A level that the history says nothing about may lie beyond all numbers.
    path = {
        year + step: _figures(last * math.exp(_within(away * math.expm1(-kappa * step), 30.0)))
        for step in _AHEAD
    }
    return {"anchors": path, "carry": 0.0}


def _note(found: Calibration, fit: Fit, today: str) -> str:
    estimates = ", ".join(
        f"{label} {one.value:.4g} +- {one.error:.2g}" for label, one in fit.estimates.items()
    )
    compared = ", ".join(f"{one.kind} {one.bic:.1f}" for one in found.fits if not one.unusable)
    return _printable(f"Fitted on {today}: {estimates}. BIC: {compared}.")


def _figures(value: float) -> float:
    return float(f"{value:.6g}")


def _within(value: float, most: float) -> float:
    return min(most, max(-most, value))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
