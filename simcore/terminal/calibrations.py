"""Tables of fits, correlations and back-tests, within 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simcore.analysis.notation import number, share
from simcore.terminal.tables import WIDTH, grid, shortened

if TYPE_CHECKING:
    from simcore.calibration.backtest import Backtest
    from simcore.calibration.correlation import Correlation
    from simcore.calibration.history import History
    from simcore.calibration.processes import Calibration


PERIOD_NAMES = {
    "monthly": "month", "quarterly": "quarter", "half-yearly": "half-year", "annual": "year",
}  # fmt: skip


def calibration_text(found: Calibration, *, unit: str) -> str:
    """Show estimates with standard errors, criteria, and warnings."""
    history = found.history
    lines = [
        shortened(f"{history.file}, {history.column}", WIDTH),
        f"{len(history.prices):,} {found.frequency} prices, {history.dates[0]} to "
        f"{history.dates[-1]}, {unit}",
        "",
    ]
    rows = [
        (fit.kind if place == 0 else "", label, f"{one.value:.4g}", f"{one.error:.2g}",
         unit if one.unit == "price" else one.unit)
        for fit in found.fits
        for place, (label, one) in enumerate(fit.estimates.items())
    ]  # fmt: skip
    table = [["-" if cell == "nan" else cell for cell in row] for row in rows]
    lines += grid(("process", "parameter", "value", "std.error", "unit"), table, text_columns=2)
    lines.append("")
    table = [
        [fit.kind, number(fit.log_likelihood, 1), number(fit.aic, 1), number(fit.bic, 1),
         "-" if fit.unusable else number(fit.bic - found.fits[0].bic, 1)]
        for fit in found.fits
    ]  # fmt: skip
    header = ("process", "log likelihood", "AIC", "BIC", "BIC less the best")
    lines += grid(header, table, text_columns=1)
    root = found.unit_root
    lines += ["", *_wrapped(
        f"ADF, constant, {root.lags} lags: {root.statistic:.2f}; critical "
        + ", ".join(f"{100 * level:.0f} % {value:.2f}" for level, value in root.critical.items())
    )]  # fmt: skip
    lines += noted(history)
    for warning in found.warnings:
        lines += _wrapped(f"beware: {warning}")
    return "\n".join(lines)


def correlation_text(found: Sequence[Correlation], frequency: str, *, possible: bool) -> str:
    """Show rank correlations with standard errors."""
    rows = [
        (*one.between, number(one.rank, 3), number(one.error, 3), f"{one.changes:,}", one.first,
         one.last)
        for one in found
    ]  # fmt: skip
    header = ("price", "and", "rank", "std.error", "changes", "from", "to")
    lines = [f"Rank (Spearman) correlations of {frequency} log changes", ""]
    lines += grid(header, rows, text_columns=2)
    if not possible:
        lines += _wrapped(
            "beware: pairs on different dates do not fit one matrix; repair: true is written"
        )
    return "\n".join(lines)


def backtest_text(result: Backtest, name: str, *, anchors: bool, carry: float) -> str:
    """Show scores and coverage by horizon and model, and what they cannot say."""
    from simcore.calibration.backtest import STEPS

    history = result.history
    step = STEPS[result.frequency]
    every = f"{step} weeks" if result.frequency == "weekly" else PERIOD_NAMES[result.frequency]
    lines = [
        shortened(f"Back-test of {name} on {history.file}, {history.column}", WIDTH),
        f"{len(history.prices):,} {result.frequency} prices, {history.dates[0]} to "
        f"{history.dates[-1]}; an origin every {every}",
        "",
    ]
    rows = [
        (f"{one.horizon}" if place % 3 == 0 else "", one.model, f"{one.origins}", f"{one.apart}",
         number(one.crps, 3), number(one.mirrored, 3), number(one.log_score, 2),
         number(one.mean_error, 2), share(one.below), share(one.above),
         *(share(one.coverage[band]) for band in (0.5, 0.8, 0.95)))
        for place, one in enumerate(result.scores)
    ]  # fmt: skip
    header = ("years", "model", "origins", "apart", "CRPS", "mirrored", "log", "error", "<P10",
              ">P90", "50%", "80%", "95%")  # fmt: skip
    lines += [*grid(header, rows, text_columns=2), ""]
    estimated = "all" if result.window is None else f"the last {result.window:g}"
    for note in (
        "CRPS and error (mean of outcome less median) in ln(price), log score in nats; lower CRPS "
        f"and log are better. mirrored: CRPS on the path and on its mirror image in logs about "
        f"{carry:+.1%} a year together, where no direction wins. <P10, >P90: share of outcomes "
        "below and above these forecasts (10% each, of a true one). 50%, 80%, 95%: share inside "
        "that band.",
        *_p_values(result),
        f"{name}: parameters of today, which knew this past, around the price of each origin"
        + (f", its anchors' spread around {carry:+.1%} a year instead of their own centre."
           if anchors else "."),
        f"Random walks: volatility from {estimated} years of {result.frequency} changes before "
        "each origin.",
        "Thin evidence: one historical path, and forecasts from neighbouring origins overlap; only "
        "`apart` of them do not. Small differences are chance, and good scores prove little.",
    ):  # fmt: skip
        lines += _wrapped(note)
    for what, counts in (("without a price in that or the outcome's period", result.skipped),
                         ("before which no price had changed", result.still)):  # fmt: skip
        if any(counts.values()):
            left = ", ".join(f"{count} at {years} y" for years, count in counts.items())
            lines += _wrapped(f"note: origins {what}, left out: {left}")
    lines += noted(history)
    return "\n".join(lines)


def _p_values(result: Backtest) -> list[str]:
    """Tests of the 80 % band where there are enough independent origins, and why not elsewhere."""
    from simcore.calibration.backtest import FEWEST

    notes, few = [], []
    for years in result.origins:
        scores = [one for one in result.scores if one.horizon == years]
        if scores[0].apart < FEWEST:
            few.append(f"{scores[0].apart} at {years} y")
            continue
        values = "; ".join(
            f"{one.model} {one.kupiec:.2f}, {one.christoffersen:.2f}" for one in scores
        )
        notes.append(
            f"p-values of the 80 % band at {years} y, {scores[0].apart} independent origins "
            f"(Kupiec, Christoffersen): {values}."
        )
    if few:
        notes.append(
            f"No p-value below {FEWEST} independent origins ({', '.join(few)}): on so few, a test "
            "rejects almost nothing, however wrong the band."
        )
    return notes


def score_rows(result: Backtest) -> tuple[list[str], list[list[Any]]]:
    """One row a horizon and model, for CSV."""
    header = ["horizon_years", "model", "origins", "origins_apart", "crps_ln_price",
              "crps_mirrored_ln_price", "log_score_nats", "mean_error_ln_price", "below_p10",
              "above_p90", "cover50", "cover80", "cover95", "kupiec_p_apart",
              "christoffersen_p_apart"]  # fmt: skip
    return header, [
        [one.horizon, one.model, one.origins, one.apart, one.crps, one.mirrored, one.log_score,
         one.mean_error, one.below, one.above, *one.coverage.values(), one.kupiec,
         one.christoffersen]
        for one in result.scores
    ]  # fmt: skip


def forecast_rows(result: Backtest) -> tuple[list[str], list[list[Any]]]:
    """One row a forecast, for CSV: origin, target, PIT, and the bands as prices."""
    import numpy as np

    from simcore.calibration.backtest import LEVELS

    prices, dates = result.history.prices, result.history.dates
    rows = []
    for one in result.scores:
        origins, targets = result.origins[one.horizon], result.targets[one.horizon]
        bands = prices[origins] * np.exp(result.bands[one.model, one.horizon])
        rows += [
            [one.horizon, one.model, str(dates[origin]), str(dates[target]),
             float(prices[origin]), float(prices[target]), float(one.pit[place]),
             *bands[:, place].tolist()]
            for place, (origin, target) in enumerate(zip(origins, targets, strict=True))
        ]  # fmt: skip
    header = ["horizon_years", "model", "origin", "target", "price_at_origin", "outcome", "pit"]
    return [*header, *(f"p{100 * level:g}" for level in LEVELS)], rows


def noted(history: History, name: str = "") -> list[str]:
    """What was taken for granted of a file, and what is odd in it."""
    from simcore.timeseries import is_warning, named

    notes = [named(note, name) if name else note for note in history.notes]
    return [line for note in notes
            for line in _wrapped(note if is_warning(note) else f"note: {note}")]  # fmt: skip


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")
