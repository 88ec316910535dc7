"""The commands calibrate and backtest; heavy imports inside."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.errors import ConfigError, Fault, OutputError
from simcore.files import whole
from simcore.terminal.formats import print_json, to_csv

if TYPE_CHECKING:
    from simcore.calibration.backtest import Backtest
    from simcore.calibration.history import History

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}(\.[A-Za-z][A-Za-z0-9_]{0,63})?")


def calibrate(options: argparse.Namespace) -> None:
    """Fit processes, or correlations, to price histories."""
    _check_out(options.out, options.files, overwrite=options.overwrite)
    if options.correlation:
        _correlate(options)
        return
    if len(options.files) != 1:
        raise ConfigError(Fault(
            "PRICES.csv", f"{len(options.files)} files", "one file",
            "calibrate one at a time, or add --correlation",
        ))  # fmt: skip
    from simcore import units
    from simcore.calibration import blocks, processes
    from simcore.calibration.history import frequency_of, sampled
    from simcore.intake import packaged
    from simcore.processes import FITS
    from simcore.terminal.calibrations import calibration_text

    names = _names(options, 1)
    try:
        units.conversion(options.unit, "EUR/t", exchange=packaged.base()["money"]["exchange"])
    except units.UnitError as error:
        raise ConfigError(
            Fault("--unit", options.unit, "money per tonne, such as EUR/t", str(error))
        ) from None
    read = _histories(options, unit=options.unit)
    frequency = _frequency(options, read)
    history = sampled(read[0], frequency)
    kinds = tuple(FITS) if options.process == "all" else (options.process,)
    try:
        found = processes.calibrate(history, kinds=kinds, frequency=frequency)
    except ValueError as error:
        raise ConfigError(Fault(
            history.column, str(error),
            f"{processes.FEWEST} changes or more, of a price that changes",
            "take a longer history" if frequency == frequency_of(read[0]) else
            f"take a longer history, or --frequency {frequency_of(read[0])}", str(options.files[0]),
        )) from None  # fmt: skip
    inflation = float(packaged.base()["money"]["inflation"])
    text = blocks.market_block(
        found, found.fits[0], name=names[0], unit=options.unit, inflation=inflation,
        price_year=options.price_year, today=date.today().isoformat(),
    )  # fmt: skip
    _check_market(options, found.fits[0].kind, text)
    _write(options.out, text)
    if options.json:
        print_json({
            "file": history.file, "column": history.column, "frequency": frequency,
            "first": str(history.dates[0]), "last": str(history.dates[-1]),
            "prices": len(history.prices), "notes": list(history.notes),
            "fits": [asdict(one) for one in found.fits],
            "unit_root": asdict(found.unit_root), "warnings": list(found.warnings),
            "out": None if options.out is None else str(options.out),
        })  # fmt: skip
        return
    print(calibration_text(found, unit=options.unit))
    if options.out is not None:
        print(f"\nMarket    {options.out} ({found.fits[0].kind})")
        print(f"Next      simcore check {options.out}")


def _check_market(options: argparse.Namespace, kind: str, text: str) -> None:
    """Refuse to write a market that no run would take, such as one of a misprinted history."""
    if options.out is None:
        return
    from simcore import intake
    from simcore.intake import document

    try:
        content = document.parse(text, str(options.out)).data
        intake.load({str(key): one for key, one in content.items()})
    except ConfigError as error:
        raise ConfigError([
            Fault(
                f"{kind}, {one.where}", one.found, one.expected,
                "look for misprints and changes of unit in the file, fit another --process, or "
                "leave out -o to see all", str(options.files[0]),
            )
            for one in error.faults
        ]) from None  # fmt: skip


def backtest(options: argparse.Namespace) -> None:
    """Score a market on the past."""
    from simcore.calibration import backtest as testing
    from simcore.calibration import markets, predictive
    from simcore.terminal.calibrations import backtest_text

    for option, value, low in (("minimum", options.minimum, 0.5), ("window", options.window, 0.5),
                               ("carry", options.carry, -1.0)):  # fmt: skip
        if value is not None and not low <= value < 100:
            raise ConfigError(Fault(
                f"--{option}", f"{value:g}", f"a number from {low:g} to 100",
                "years, or a rate such as 0.04",
            ))  # fmt: skip
    history = _histories(options)[0]
    spec, name, market = markets.find(options.market, name=options.chosen, view=options.view)
    try:
        forecasts = {
            years: predictive.ahead(spec, market, years, growth=options.carry)
            for years in sorted(set(options.horizons))
        }
    except ValueError as error:
        raise ConfigError(Fault(
            f"catalog.markets.{name}", str(error), "a market with a volatility",
            "choose another market, or of one with views another --view",
        )) from None  # fmt: skip
    result = testing.backtest(
        history, forecasts, name=name, carry=options.carry, minimum=options.minimum,
        window=options.window,
    )  # fmt: skip
    files = _save(result, name, options.out) if options.out is not None else []
    if options.json:
        print_json({
            "file": history.file, "column": history.column, "market": name,
            "view": options.view, "frequency": result.frequency,
            "first": str(history.dates[0]), "last": str(history.dates[-1]),
            "notes": list(history.notes), "carry": options.carry, "minimum": options.minimum,
            "window": options.window, "anchors": bool(market.anchors), "overlapping": True,
            "scores": [_plain(asdict(one)) for one in result.scores],
            "files": [str(file) for file in files],
        })  # fmt: skip
        return
    label = name if options.view is None else f"{name}, view {options.view}"
    print(backtest_text(result, label, anchors=bool(market.anchors), carry=options.carry))
    for file in files:
        print(f"Written   {file}")


def _correlate(options: argparse.Namespace) -> None:
    from simcore.calibration import blocks, correlation
    from simcore.terminal.calibrations import correlation_text, noted

    if len(options.files) < 2:
        raise ConfigError(Fault(
            "--correlation", "one file", "two files or more", "repeat a file with another --column"
        ))  # fmt: skip
    names = _names(options, len(options.files))
    histories = dict(zip(names, _histories(options), strict=True))
    frequency = _frequency(options, list(histories.values()))
    found = correlation.correlate(histories, frequency=frequency)
    text = blocks.correlation_block(
        found, list(histories.values()), frequency=frequency,
        today=date.today().isoformat(),
    )  # fmt: skip
    _write(options.out, text)
    if options.json:
        print_json({
            "frequency": frequency, "pairs": [asdict(one) for one in found],
            "possible": correlation.is_possible(found),
            "notes": {name: list(one.notes) for name, one in histories.items()},
        })  # fmt: skip
        return
    print(correlation_text(found, frequency, possible=correlation.is_possible(found)))
    for name, history in histories.items():
        print("\n".join(noted(history, name)), end="\n" if history.notes else "")
    print(f"\nConfig    {options.out}" if options.out is not None else f"\n{text}", end="\n")


def _histories(options: argparse.Namespace, unit: str | None = None) -> list[History]:
    from simcore.timeseries import Options, read

    count = len(options.files)
    columns = _each(options.column or [None], count, "--column")
    conditions = _each(options.where or [""], count, "--where") if count > 1 else [
        ",".join(options.where)
    ]  # fmt: skip
    told = Options.of(options, where={}, unit=unit)
    return [
        read(file, column=column, options=told, where=_conditions(condition))
        for file, column, condition in zip(options.files, columns, conditions, strict=True)
    ]  # fmt: skip


def _frequency(options: argparse.Namespace, histories: list[History]) -> str:
    """As asked for; otherwise weekly, or the coarsest of the files."""
    from simcore.calibration.history import FREQUENCIES, frequency_of

    found = max((frequency_of(one) for one in histories), key=FREQUENCIES.index)
    asked = str(options.frequency or "weekly")
    if options.frequency is not None and FREQUENCIES.index(asked) < FREQUENCIES.index(found):
        raise ConfigError(Fault(
            "--frequency", f"{asked} of {found} prices", f"{found}, or coarser",
            f"write --frequency {found}, or leave it out",
        ))  # fmt: skip
    return max(asked, found, key=FREQUENCIES.index)


def _each(values: list[Any], count: int, option: str) -> list[Any]:
    """One value for all files, or one for each."""
    if len(values) in (1, count):
        return values * (count // len(values))
    raise ConfigError(Fault(
        option, f"{len(values)} for {count} files", f"one, or {count}", f"repeat {option} per file"
    ))  # fmt: skip


def _conditions(text: str) -> dict[str, str]:
    pairs = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise ConfigError(
                Fault("--where", part, "COLUMN=VALUE", "write --where instrument=EUA")
            )
        pairs[key.strip()] = value.strip()
    return pairs


def _names(options: argparse.Namespace, count: int) -> list[str]:
    given = options.names or [re.sub(r"\W", "_", file.stem) for file in options.files]
    faults = [
        Fault("--names", name, "letters, digits and _ (electricity.EU for a price of a region)",
              "add --names NAME ...")
        for name in given
        if not _NAME.fullmatch(name) or (count == 1 and "." in name)
    ]  # fmt: skip
    if len(given) != count or len(set(given)) != count:
        faults.append(Fault(
            "--names", " ".join(given), f"{count} different names", "add --names NAME ..."
        ))  # fmt: skip
    if faults:
        raise ConfigError(faults)
    return list(given)


def _check_out(out: Path | None, files: Sequence[Path], *, overwrite: bool) -> None:
    if out is None or not out.exists():
        return
    if not overwrite:
        raise OutputError(
            Fault(str(out), "a file stands there", "a new name", "add --overwrite, or another -o")
        )
    if any(Path(file).exists() and out.samefile(file) for file in files):
        raise OutputError(
            Fault(str(out), "the file of the prices", "a place for the market", "choose another -o")
        )


def _write(out: Path | None, text: str) -> None:
    """Write a file whole or not at all."""
    if out is None:
        return
    with whole(out, expected="a file that can be written", remedy="choose another -o") as partial:
        partial.write_text(text, encoding="utf-8")


def _save(result: Backtest, name: str, folder: Path) -> list[Path]:
    from simcore.plots.backtests import draw
    from simcore.terminal.calibrations import forecast_rows, score_rows

    picture = draw(result, name, folder / "backtest.png")
    files = [folder / "scores.csv", folder / "forecasts.csv"]
    for file, rows in zip(files, (score_rows(result), forecast_rows(result)), strict=True):
        _write(file, to_csv(*rows))
    return [picture, *files]


def _plain(score: Mapping[str, Any]) -> dict[str, Any]:
    """A score without its array; the PIT as ten counts."""
    counts = [0] * 10
    for one in score["pit"]:
        counts[min(9, math.floor(10 * one))] += 1
    return {**{key: value for key, value in score.items() if key != "pit"}, "pit": counts}
