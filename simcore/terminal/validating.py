"""The command validate; heavy imports inside."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.errors import ConfigError, Fault, printable
from simcore.terminal.formats import print_json, to_csv
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    from simcore.reality import Finding

DRAWS = 4000
_PICTURES = (".png", ".svg")


def validate(options: argparse.Namespace) -> int:
    """Set a run beside what was observed; 1 where a row that must lie inside does not."""
    _check(options)
    from simcore.intake import packaged
    from simcore.terminal.reality import COLUMNS, reality_rows, reality_text

    seen = packaged.reality()
    if options.run is None:
        findings, title = _run_all(options)
        left_out = 0
    else:
        from simcore.reality import compare

        rows = [one for one in seen.observations if not one.run]
        with opened(options.run) as result:
            findings = compare(result, rows)
            name = printable(str(result.attrs.get("title", options.run)))
            title = f"{name}, {result.attrs['draws']} draws"
        left_out = len(seen.observations) - len(rows)
        if all(one.verdict == "absent" for one in findings):
            raise ConfigError(Fault(
                str(options.run), "none of the observed quantities",
                "outcomes such as carbon_price, levelised_cost or commodity_price",
                "run a config with them, or simcore validate without RUN",
            ))  # fmt: skip
    if options.out is not None:
        from simcore.plots.reality import draw

        draw(findings, options.out, title=title)
    if options.format == "table":
        print(reality_text(findings, title=title, left_out=left_out))
        if options.out is not None:
            print(f"Picture   {options.out}")
    else:
        records = reality_rows(findings)
        if options.format == "csv":
            print(to_csv(COLUMNS, [list(row.values()) for row in records]), end="")
        else:
            judged = [one for one in findings if one.observation.role != "show"]
            print_json({
                "run": title, "judged": len(judged),
                "inside": sum(one.verdict == "inside" for one in judged),
                "failed": [one.observation.id for one in findings if one.failed],
                "rows": records,
            })  # fmt: skip
    return 1 if any(one.failed for one in findings) else 0


def _run_all(options: argparse.Namespace) -> tuple[list[Finding], str]:
    """Make the default run and those with inputs of their own."""
    from simcore import intake, plan
    from simcore.intake import packaged
    from simcore.reality import compare, config_of
    from simcore.running import engine
    from simcore.terminal.progress import say_if_cold

    say_if_cold("validate")
    seen = packaged.reality()
    draws = options.draws or DRAWS
    found: dict[str, Finding] = {}
    for name in ("", *seen.runs):
        rows = [one for one in seen.observations if one.run == name]
        changes: Any = seen.runs[name]["config"] if name else {}
        config = config_of(name or "default", rows, changes=changes, draws=draws, seed=options.seed)
        planned = plan.build(intake.load(config))
        with engine.run(planned, threads=options.threads) as result:
            found |= {one.observation.id: one for one in compare(result, rows)}
    title = f"Packaged defaults beside what was observed, {draws:,} draws"
    return [found[one.id] for one in seen.observations], title


def _check(options: argparse.Namespace) -> None:
    faults = []
    out: Path | None = options.out
    if out is not None and out.suffix.lower() not in _PICTURES:
        faults.append(Fault(
            "-o", str(out), "a name in .png or .svg", "write -o reality.png"
        ))  # fmt: skip
    if options.run is not None:
        faults += [
            Fault(f"--{name}", str(value), f"no --{name} with a saved run, whose draws are made",
                  f"leave out --{name}, or RUN")
            for name, value in (("draws", options.draws), ("seed", options.seed),
                                ("threads", options.threads))
            if value is not None
        ]  # fmt: skip
    if faults:
        raise ConfigError(faults)
