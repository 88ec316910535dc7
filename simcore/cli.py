"""The command `simcore`: one short function per command, heavy imports inside."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simcore.errors import ConfigError, Fault
from simcore.terminal import address_space, events, failures, streams
from simcore.terminal.loading import build_plan, executor_of, read_config, warn
from simcore.terminal.options import SECTIONS, parsed

if TYPE_CHECKING:
    from simcore.plan import Plan
    from simcore.running.executors import Executor


_MADE: Final = 200_000
"""Objects after which the collector looks for what is in use no more: most commands make fewer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        0 done, 2 bad input (a damaged run too) or usage, 3 a run whose `until` was not reached, 130
        interrupted, 1 anything else, such as a row of `validate` that must lie inside and does not.
    """
    # The collector would go over the libraries again and again while they are being loaded, and
    # over all that ends with the process.
    usual = gc.get_threshold()
    gc.set_threshold(_MADE, *usual[1:])
    atexit.register(gc.freeze)
    # No plugin of pydantic is looked for.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Each thread of OpenBLAS takes time to begin, maps a buffer and forbids a fork, and nothing
    # here is large enough.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with streams.held() as out:
        options = parsed(arguments)
        if options is None:
            return 0
        try:
            events.begin(options)
            address_space.require(options.name)
            command = getattr(import_module(_COMMANDS[options.name]), options.name)
            status = int(command(options) or 0)
        except (Exception, KeyboardInterrupt) as error:
            if os.environ.get("SIMCORE_DEBUG") == "1" and not isinstance(error, KeyboardInterrupt):
                raise
            text, status = failures.told(error)
            events.failed(options.name, text, status)
        else:
            events.done(status)
        finally:
            if arguments is not None:
                gc.set_threshold(*usual)
        out.flush()
        if out.lost is None or status:
            return status
        # A reader that leaves (head, less) has seen enough.
        if not isinstance(out.lost, BrokenPipeError):
            print(f"simcore {options.name}: what was printed is lost: {out.lost.strerror}",
                  file=sys.stderr)  # fmt: skip
        return int(_is_for_its_words(options))


def _is_for_its_words(options: argparse.Namespace) -> bool:
    """Whether a command is there for what it prints, and not for the files that it writes."""
    words = getattr(options, "json", False) or getattr(options, "dry_run", False)
    return bool(words or not (options.name in ("run", "plot") or getattr(options, "out", None)))


def check(options: argparse.Namespace) -> None:
    """Say every fault of a config at once."""
    loaded = read_config(options)
    from simcore.effects import warnings_of
    from simcore.intake.process_checks import shockless
    from simcore.plan import labels

    warn(options, loaded, warnings_of(loaded))
    known, experiment = labels(loaded), loaded.experiment
    if experiment.sensitivity is not None:
        from simcore.studies.sensitivity import check as check_study

        check_study(loaded)
    always = ("scenario", "region", "destination", "route", "market")
    several = ("sector",) if len(known["sector"]) > 1 else ()
    counted = (
        "project", "instrument", "product", "budget", "account", "decision", "portfolio",
    )  # fmt: skip
    sizes = ", ".join(
        f"{len(known[dim])} {dim if len(known[dim]) == 1 else dim + 's'}"
        for dim in (*several, *always, *counted)
        if known[dim] or dim in always
    )
    print(f"{options.file}: ok; {experiment.name}, {experiment.draws:,} draws, {sizes}")
    named = {name for pair in experiment.correlations.shocks for name in pair.between}
    for name, kind in shockless(loaded.scenarios).items():
        if name in named:
            print(f"note: {name} is a {kind}, without shocks: packaged correlations leave it out")


def run(options: argparse.Namespace) -> int:
    """Simulate a config and say what came out."""
    planned = build_plan(options, warning=True)
    out = options.out or Path("results") / f"{planned.name}.zarr"
    from simcore import dataset
    from simcore.running import describe, tiles
    from simcore.running.items import items_of
    from simcore.running.options import Options
    from simcore.terminal.estimates import show_estimate

    with executor_of(options) as executor:
        if planned.experiment.until is None:
            kept = tiles.kept_at_once(planned, out, is_cut=not executor.shares_memory)
            tiles.check_memory(planned, items_of(planned), options=Options(kept=kept))
        dataset.check_output(out, overwrite=options.overwrite, needed=describe.disk_bytes(planned))
        if options.dry_run:
            show_estimate(planned, out, executor, as_json=options.json)
            return 0
        return _simulated(options, planned, out, executor, overwrite=options.overwrite)


def extend(options: argparse.Namespace) -> int:
    """Take more draws of a saved run."""
    from simcore import dataset
    from simcore.running import describe
    from simcore.terminal.extending import longer

    with executor_of(options) as executor:
        planned, out = longer(options), options.out or options.run
        overwrite = options.overwrite or options.out is None
        dataset.check_output(out, overwrite=overwrite, needed=describe.disk_bytes(planned))
        return _simulated(options, planned, out, executor, overwrite=overwrite)


def work(options: argparse.Namespace) -> int:
    """Do parts of a run in progress; 1 where it has ended before it was complete."""
    from simcore.terminal.working import joined

    with _terminable():
        return joined(options)


def _simulated(
    options: argparse.Namespace, planned: Plan, out: Path, executor: Executor, *, overwrite: bool
) -> int:
    """Simulate a plan into its place and say what came out."""
    from simcore.running import engine
    from simcore.running.options import silent
    from simcore.running.stopping import run_until_narrow, unreached
    from simcore.terminal.formats import print_json
    from simcore.terminal.pictures import drawn
    from simcore.terminal.progress import progress, say_if_cold
    from simcore.terminal.showing import show_run

    say_if_cold(options.name, quiet=options.quiet)
    with _terminable():
        engine.prepare(planned)
        # What is loaded stays; only what the run makes is worth collecting.
        gc.freeze()
        # While this process has no other thread.
        executor.begin()
        planned = run_until_narrow(planned, executor, report=silent if options.quiet else _say)
    start = time.monotonic()
    reporting = progress(
        planned.draws, quiet=options.quiet, workers=executor.who, threads=executor.threads
    )  # fmt: skip
    with _terminable(), failures.plain_warnings(), reporting as report:
        done = engine.execute(
            planned, out=out, overwrite=overwrite, executor=executor, report=report,
            fresh=options.fresh,
        )  # fmt: skip
    seconds = time.monotonic() - start
    pictures = drawn(done, options, out)
    if options.json:
        print_json({
            "out": str(out), "draws": planned.draws, "seconds": round(seconds, 3),
            "draws_per_second": round(planned.draws / max(seconds, 1e-9), 1),
            "peak_memory_mb": round(_peak_memory(), 1), "digest": done.attrs["digest"],
            **({"until_path": planned.tried} if planned.tried else {}),
            **{key: json.loads(text) for key, text in done.attrs.items() if key == "resolved"},
            **({"notes": list(planned.spec.notes)} if planned.spec.notes else {}),
        })  # fmt: skip
    elif not options.quiet:
        show_run(done, out, planned.draws, seconds, pictures, ids=options.ids)
    if missed := unreached(planned):
        print(f"simcore {options.name}: {missed}", file=sys.stderr)
    return 3 if missed else 0


def trace(options: argparse.Namespace) -> None:
    """Recompute one draw and print every variable of it."""
    planned = build_plan(options)
    from simcore.running import tracing
    from simcore.terminal.formats import print_rows
    from simcore.terminal.progress import say_if_cold
    from simcore.terminal.settlements import settlement_text
    from simcore.terminal.traces import trace_table, trace_text

    say_if_cold("trace")

    found = tracing.trace(
        planned, options.draw, region=options.region, route=options.route, project=options.project
    )
    if options.format == "table":
        shown = trace_text if options.project is None else settlement_text
        print(shown(found, title=f"{planned.name}: draw {options.draw} of {planned.draws:,}"))
        return
    header, rows = trace_table(found)
    print_rows(options.format, header, rows, {"name": planned.name, "draw": options.draw})


def catalog(options: argparse.Namespace) -> None:
    """Show what the package knows."""
    from simcore.intake import packaged
    from simcore.terminal.outline import catalog_text, entry_of, outcome_entries

    known = packaged.catalog() | {
        "systems": packaged.written("system"), "sources": packaged.sources(),
        "outcomes": outcome_entries(),
    }  # fmt: skip
    if options.plot is not None and (options.section, bool(options.entry)) != ("policies", True):
        raise ConfigError(Fault(
            "--plot", "no name of a policy", "simcore catalog policies NAME --plot FILE",
            "name one policy",
        ))  # fmt: skip
    if options.section != "policies" or not options.entry:
        print(catalog_text(
            known, SECTIONS, section=options.section, name=options.entry,
            records=packaged.records(), whole=options.long,
        ))  # fmt: skip
        return
    from simcore.terminal.timelines import readers_of, timeline_text

    policy = entry_of(known["policies"], "policies", options.entry)
    readers = readers_of(options.entry, known, packaged.base(), packaged.scenarios())
    print(timeline_text(options.entry, policy, readers=readers, sources=known["sources"]))
    if options.plot is not None:
        from simcore.plots.timelines import draw

        print(f"\nPicture   {draw(options.entry, policy, options.plot)}")


def schema(options: argparse.Namespace) -> None:
    """Print the JSON Schema of a config."""
    from simcore.intake.editor_schema import json_schema
    from simcore.terminal.formats import print_json

    print_json(json_schema())


def _say(share: float, note: str = "") -> None:
    print(note, file=sys.stderr)


def _peak_memory() -> float:
    """Largest memory of this process so far, MB."""
    with contextlib.suppress(OSError, StopIteration):
        # What getrusage says on Linux may be the memory of the parent before it became us.
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return float(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1e3
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


class _terminable:  # noqa: N801 - used as a statement
    """End a run as cleanly when a scheduler stops it (SIGTERM) as on Ctrl-C, and say so."""

    def __enter__(self) -> None:
        import signal

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        self._before = signal.signal(signal.SIGTERM, interrupt)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, *_: object
    ) -> None:
        import signal

        signal.signal(signal.SIGTERM, self._before)
        if kind is KeyboardInterrupt:
            notes = getattr(error, "__notes__", ())
            raise KeyboardInterrupt("no output was changed", *notes) from None


_COMMANDS: Final[dict[str, str]] = {
    name: f"simcore.{module}"
    for module, names in {
        "cli": ("check", "run", "extend", "work", "trace", "catalog", "schema"),
        "terminal.planning": ("plan",),
        "terminal.showing": ("summary",),
        "terminal.pictures": ("plot",),
        "terminal.calibrating": ("calibrate", "backtest"),
        "terminal.validating": ("validate",),
        "terminal.comparing": ("compare",),
        "terminal.reporting": ("report",),
        "terminal.exporting": ("export",),
        "terminal.auditing": ("audit",),
        "terminal.verifying": ("digest", "verify"),
        "terminal.dealing": ("deal",),
        "terminal.deciding": ("decide",),
        "terminal.studying": ("sensitivity",),
        "terminal.questions": ("tornado", "discover", "converge"),
        "terminal.waiting": ("wait",),
    }.items()
    for name in names
}
"""Modules of the commands, by name: only that of the one which is asked for is loaded."""
