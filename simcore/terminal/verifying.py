"""The commands digest and verify; heavy imports inside."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simcore.errors import Fault, format_faults
from simcore.terminal.formats import print_json
from simcore.terminal.opening import opened

if TYPE_CHECKING:
    from simcore.dataset import Verdict

DAMAGED = 2
"""Exit status of every command that meets a damaged run."""


def digest(options: argparse.Namespace) -> None:
    """Print the fingerprint of a saved run; an error where it is not the stored one."""
    from simcore import dataset

    with opened(options.run, studies=True) as result:
        found = dataset.digest(result)
        written = result.attrs.get("digest", found)
    if found != written:
        raise dataset.RunError(Fault(
            "digest", f"{found}: not the values of the run, whose digest is {written}",
            "all values of the run, unchanged", "use the run that this was copied from",
            file=str(options.run),
        ))  # fmt: skip
    print(found)


def verify(options: argparse.Namespace) -> int:
    """Compare all of a saved run with its checksums; 1 where it has none."""
    from simcore import dataset

    verdict = dataset.verify(options.run)
    state = "ok" if verdict.has_checksums else "no checksums"
    if verdict.faults:
        state = "damaged"
    usable = [name for name, faults in verdict.arrays.items() if not faults]
    if options.json:
        print_json({
            "run": str(options.run), "state": state, "digest": verdict.digest,
            "arrays": {
                name: "damaged" if faults else "ok" for name, faults in verdict.arrays.items()
            },
            "faults": [
                {"file": one.file, "array": one.where, "found": one.found}
                for one in verdict.faults
            ],
        })  # fmt: skip
    else:
        print("\n".join(_lines(options.run, state, verdict, usable)))
    return {"ok": 0, "no checksums": 1}.get(state, DAMAGED)


def _lines(place: Path, state: str, verdict: Verdict, usable: Sequence[str]) -> list[str]:
    lines = [format_faults(verdict.faults)] if verdict.faults else []
    lines.append(f"{place}: {state}")
    count = len(verdict.arrays)
    if len(usable) < count:
        lost = ", ".join(name for name in verdict.arrays if name not in usable)
        text = f"{len(usable)} of {count} arrays can be used, all but {lost}"
        lines += textwrap.wrap(text, 98, initial_indent="  ", subsequent_indent="  ")
    elif state == "no checksums":
        lines.append(f"  {count} arrays can be read; whether they are as written is not known")
    else:
        lines.append(f"  {count} arrays as they were written")
    if verdict.digest:
        lines.append(f"  digest {verdict.digest}")
    return lines
