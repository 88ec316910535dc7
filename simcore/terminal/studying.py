"""The command `sensitivity`: indices of a config, or those that were saved."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simcore.errors import ConfigError, Fault
from simcore.terminal.answering import draw_study, is_saved, refuse_options, show
from simcore.terminal.loading import read_config
from simcore.terminal.opening import opened
from simcore.terminal.questions import given

if TYPE_CHECKING:
    import xarray as xr

_OF_A_CONFIG: Final = (
    "of", "at", "groups", "order", "scale", "draws", "seed", "set", "allow_outside", "out",
    "overwrite", "threads", "executor",
)  # fmt: skip
"""Options that say what is computed, and how."""
_CLASSES: Final = ("default", "single")


def sensitivity(options: argparse.Namespace) -> None:
    """Compute or open indices, print them, and draw them where that is asked for."""
    if options.given:
        given(options)
        return
    from simcore.analysis.shares import share_rows
    from simcore.terminal.shares import shares_text

    if options.measures:
        raise ConfigError(Fault(
            "--measures", " ".join(options.measures), "--given, of the draws of a run",
            "add --given, or leave it out",
        ))  # fmt: skip
    with _named_as_options(), _found(options) as found:
        show(options, lambda: shares_text(found), share_rows(found), {
            **{name: found.attrs[name] for name in ("name", "draws", "batches", "dependent")},
            "groups": json.loads(found.attrs["groups"]),
        })  # fmt: skip
        if options.out is not None and options.format == "table":
            print(f"Indices   {options.out}")
        draw_study(options, found)


@contextlib.contextmanager
def _found(options: argparse.Namespace) -> Iterator[xr.Dataset]:
    """Indices that were saved, or those of a config."""
    file = Path(options.file)
    if is_saved(file):
        refuse_options(options, _OF_A_CONFIG, "saved indices, which are made")
        from simcore.dataset.indices import checked_indices

        with opened(file, studies=True) as result:
            yield checked_indices(result, file)
        return
    if options.executor:
        raise ConfigError(Fault(
            "--executor", options.executor, "threads of this process, as --threads T has them",
            "leave it out: draws of which some inputs are exchanged are made in memory",
        ))  # fmt: skip
    # What an option says lies over the config, as --set does.
    options.set = [*options.set, *asked_settings(options)]
    draws, options.draws = options.draws, None
    if draws is not None:
        options.set.append(f"sensitivity.draws={draws}")
    spec = read_config(options)
    if options.out is not None:
        from simcore.dataset import check_output

        check_output(options.out, overwrite=options.overwrite)
    from simcore.studies.sensitivity import sensitivity as study
    from simcore.terminal.progress import progress, say_if_cold

    say_if_cold("sensitivity", quiet=options.quiet)
    asked = spec.experiment.sensitivity
    many = spec.experiment.draws if asked is None or asked.draws is None else asked.draws
    with progress(many, quiet=options.quiet, threads=options.threads) as report:
        found = study(
            spec, out=options.out, overwrite=options.overwrite, threads=options.threads,
            report=report,
        )  # fmt: skip
    yield found


@contextlib.contextmanager
def _named_as_options() -> Iterator[None]:
    """Faults of what an option says name the option, not the setting that stands for it."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError([
            replace(one, file=f"--{found[1]}", line=None)
            if (found := re.match(r"--set sensitivity\.(\w+)=", one.file or "")) else one
            for one in error.faults
        ]) from error  # fmt: skip


def asked_settings(options: argparse.Namespace) -> list[str]:
    """Options as settings of the section `sensitivity` of a config."""
    found: dict[str, object] = {}
    if options.of:
        found["of"] = options.of
    if options.at:
        found["at"] = places(options.at)
    if options.groups:
        found["groups"] = groups_of(options.groups)
    for name in ("order", "scale"):
        if getattr(options, name):
            found[name] = getattr(options, name)
    return [f"sensitivity.{name}={json.dumps(value)}" for name, value in found.items()]


def places(texts: Sequence[str]) -> dict[str, list[str | int]]:
    """Labels by dimension: `region=EU,year=2030,2035`.

    Raises
    ------
    ConfigError
        A label without a dimension.
    """
    found: dict[str, list[str | int]] = {}
    dim = ""
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, equals, label = part.partition("=")
        dim, label = (name.strip(), label.strip()) if equals else (dim, part)
        if not dim or not label:
            raise ConfigError(Fault(
                "--at", part or "nothing", "DIM=LABEL,...", "such as --at region=EU,year=2030",
            ))  # fmt: skip
        found.setdefault(dim, []).append(int(label) if re.fullmatch(r"\d{4}", label) else label)
    return found


def groups_of(texts: Sequence[str]) -> str | dict[str, list[str]]:
    """`default`, `single`, or patterns by group: `policy=*.variant,*.delay`.

    Raises
    ------
    ConfigError
        Something else.
    """
    if len(texts) == 1 and texts[0] in _CLASSES:
        return texts[0]
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, patterns = text.partition("=")
        if not equals or not name or not patterns:
            raise ConfigError(Fault(
                "--groups", text, "default, single, or NAME=PATTERN,... for each group",
                "such as --groups policy='*.variant,*.delay' others=rest",
            ))  # fmt: skip
        found.setdefault(name, []).extend(patterns.split(","))
    return found
