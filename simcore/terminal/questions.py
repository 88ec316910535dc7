"""The commands `tornado`, `discover` and `converge`, and what a finished run says of its inputs."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simcore.errors import ConfigError, Fault, OutputError
from simcore.terminal.answering import is_saved, refuse_options, show
from simcore.terminal.loading import build_plan, executor_of, read_config
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from simcore.analysis.tornado import CentralRuns
    from simcore.plan import Plan

_OF_A_CONFIG = ("draws", "seed", "set", "allow_outside", "threads", "executor")
"""Options that say how a config is run."""
_OF_INDICES = ("groups", "order", "scale", "out", "plots")
"""Options of `sensitivity` for which new draws are made."""
_PICTURES = (".png", ".svg", ".pdf")


def tornado(options: argparse.Namespace) -> None:
    """Show what each input does to an answer."""
    from simcore.analysis.targets import at_of, target_of
    from simcore.analysis.tornado import tornado as bars_of
    from simcore.terminal.question_tables import place_of, tornado_rows, tornado_text

    _require_picture(options.out)
    _require_answer(options.of)
    at = at_of(options.at)
    with _tornado_run(options) as (run, central):
        found = bars_of(run, target_of(run, options.of, at), central=central, most=options.most)
        title = str(run.attrs.get("title", ""))
    show(options, lambda: tornado_text(found), tornado_rows(found),
         {**place_of(found.target), "mean": found.mean, "central": found.base,
          "draws": found.draws, "not_kept": found.missing})  # fmt: skip

    def draw() -> Figure:
        from simcore.plots.drivers import bars

        return bars(found, title)

    _drawn(options, draw)


@contextlib.contextmanager
def _tornado_run(
    options: argparse.Namespace,
) -> Iterator[tuple[xr.Dataset, CentralRuns | None]]:
    """The saved run that is named, or that of a config with what its central cases need."""
    if is_saved(options.file):
        refuse_options(options, _OF_A_CONFIG)
        with opened(Path(options.file)) as run:
            yield run, None
        return
    from simcore.running import engine
    from simcore.studies.tornado import central_runs, settings_for, with_strikes
    from simcore.terminal.progress import progress, say_if_cold

    plain = read_config(options)
    options.set = [*options.set, *settings_for(plain, options.of)]
    plan = with_strikes(build_plan(options))
    say_if_cold("tornado")
    with (
        executor_of(options, to_file=False) as where,
        progress(plan.draws, quiet=False, workers=where.who, threads=where.threads) as report,
    ):
        run = engine.run(plan, executor=where, report=report)
    with run:
        yield run, central_runs(plan, run)


def given(options: argparse.Namespace) -> None:
    """Say what goes with outcomes of a saved run: `sensitivity RUN --given`."""
    from simcore.analysis.given import USUAL
    from simcore.analysis.given import given as found_in
    from simcore.analysis.targets import at_of, require_usual_target
    from simcore.terminal.question_tables import given_rows, given_text, place_of

    refuse_options(options, (*_OF_A_CONFIG, *_OF_INDICES))
    if not is_saved(options.file):
        raise ConfigError(Fault(
            "--given", options.file, "a saved run, in a .zarr or .nc",
            "simcore run FILE first, with keep: [inputs, carbon_price, commodity_price, ...]",
        ))  # fmt: skip
    _require_answer(*options.of or ())
    at, found = at_of(options.at), []
    with opened(Path(options.file)) as run:
        for name in options.of or [require_usual_target(run)]:
            found.append(found_in(run, name, at=at, measures=options.measures or USUAL))
    for place, one in enumerate(found):
        if place and options.format == "table":
            print()
        show(options, partial(given_text, one), given_rows(one), {
            **place_of(one.target), "draws": one.draws, "r2": one.fit,
            "r2_of_inputs_alone": one.fit_of_inputs, "dummy": one.floor, "notes": one.notes,
            "not_kept": one.missing,
        })  # fmt: skip


def discover(options: argparse.Namespace) -> None:
    """Find where a condition is met."""
    from simcore.analysis.discover import condition_of
    from simcore.analysis.discover import discover as found_in
    from simcore.analysis.targets import at_of
    from simcore.terminal.question_tables import discovery_rows, discovery_text, place_of

    _require_picture(options.out)
    condition, at = condition_of(options.where), at_of(options.at)
    _require_answer(condition.outcome, option="--where")
    with opened(options.run) as run:
        found = found_in(run, condition, at=at, repeats=options.repeats)
        title = str(run.attrs.get("title", ""))
    show(options, lambda: discovery_text(found), discovery_rows(found), {
        **place_of(found.target), "where": str(condition), "overall": found.share,
        "sentence": found.region.sentence(found.share), "draws": found.draws,
        "path": [{"limits": limits, "coverage": one.coverage, "density": one.density,
                  "mass": one.mass} for limits, one in found.path],
        "not_kept": found.missing,
    })  # fmt: skip

    def draw() -> Figure:
        from simcore.plots.drivers import trajectory

        return trajectory(found, title)

    _drawn(options, draw)


def converge(options: argparse.Namespace) -> int:
    """Show how the error of an answer falls with draws; 3 where `until` was missed."""
    from simcore.analysis.converge import of_run
    from simcore.analysis.targets import at_of, target_of
    from simcore.terminal.question_tables import convergence_rows, convergence_text, place_of

    _require_picture(options.out)
    at = at_of(options.at)
    if is_saved(options.file):
        refuse_options(options, (*_OF_A_CONFIG, "design", "until"))
        with opened(Path(options.file)) as run:
            name, at, statistic = _asked(options, at, run.attrs.get("until"))
            found = of_run(run, target_of(run, name, at), statistic)
            title = str(run.attrs.get("title", ""))
    else:
        from simcore.studies.converge import converge as found_by
        from simcore.terminal.progress import say_if_cold

        plan = build_plan(options)
        name, at, statistic = _asked(options, at, _until_text(plan))
        say_if_cold("converge")
        with executor_of(options, to_file=False) as where:
            found = found_by(plan, name, at, statistic=statistic, designs=options.design or (),
                             executor=where)  # fmt: skip
        title = plan.experiment.title or plan.name
    show(options, lambda: convergence_text(found), convergence_rows(found), {
        **place_of(found.target), "statistic": found.statistic, "until": found.until,
        "until_path": found.tried,
        "slopes": {one.design: one.slope for one in found.courses},
    })  # fmt: skip

    def draw() -> Figure:
        from simcore.plots.drivers import falling

        return falling(found, title)

    _drawn(options, draw)
    return 3 if found.missed else 0


def _until_text(plan: Plan) -> str | None:
    """What a config runs until, as a run keeps it."""
    until = plan.experiment.until
    if until is None:
        return None
    labels = ", ".join(f"{dim} {label}" for dim, label in until.at.items())
    where = f" at {labels}" if labels else ""
    return f"{until.variable}.{until.statistic}={until.width:g}{where}"


def _asked(
    options: argparse.Namespace, at: dict[str, str], until: str | None
) -> tuple[str, dict[str, str], str]:
    """Outcome, place and statistic: as asked for, else those of `until`."""
    if until is None and options.of is None:
        raise ConfigError(Fault(
            "--of", "no outcome, and no until in the config", "an outcome",
            "name one: --of cost_premium",
        ))  # fmt: skip
    if until is None or options.of is not None:
        return options.of, at, options.statistic or "mean"
    what, _, rest = until.partition("=")
    variable, _, statistic = what.rpartition(".")
    _, _, place = rest.partition(" at ")
    labels = dict(part.split(" ", 1) for part in place.split(", ") if part)
    return variable, {**labels, **at}, options.statistic or statistic


def _require_answer(*names: str, option: str = "--of") -> None:
    """Refuse an input where it is asked what inputs do to something."""
    if own := {"input", "inputs"} & set(names):
        raise ConfigError(Fault(
            option, own.pop(), "an outcome, which follows from the inputs",
            f"such as {option} cost_premium",
        ))  # fmt: skip


def _require_picture(out: Path | None) -> None:
    """Refuse a picture of no known kind before anything is computed."""
    if out is not None and out.suffix.lower() not in _PICTURES:
        raise OutputError(Fault(
            str(out), out.suffix or "no ending", f"a file that ends in {', '.join(_PICTURES)}",
            f"-o {out.with_suffix('.png')}; --format csv prints the numbers",
        ))  # fmt: skip


def _drawn(options: argparse.Namespace, draw: Callable[[], Figure]) -> None:
    if options.out is None:
        return
    from simcore.plots import save

    save(draw, options.out, expected="a file to write a picture into")
    if options.format == "table":
        print(f"\nPicture   {options.out}")
