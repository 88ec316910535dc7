"""Whether all of a saved run is as it was written, and what of it can be used where it is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simcore.dataset.checksums import DIGEST, Bytes, canonical, counted, digest_of, head_of, kind_of
from simcore.dataset.containers import in_order
from simcore.dataset.saved import RunError, finished_run, unreadable
from simcore.errors import Fault


@dataclass(frozen=True)
class Verdict:
    """What `verify` found.

    Attributes
    ----------
    arrays : mapping of str to tuple of Fault
        What is wrong with each array; nothing where it is as it was written.
    others : tuple of Fault
        What is wrong with what belongs to no array, or to nothing that simcore reads.
    has_checksums : bool
        Whether the run has any; without them only what cannot be read is noticed.
    digest : str or None
        That of the values, where all can be read.
    """

    arrays: Mapping[str, tuple[Fault, ...]]
    others: tuple[Fault, ...]
    has_checksums: bool
    digest: str | None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that is wrong."""
        return (*self.others, *(fault for faults in self.arrays.values() for fault in faults))


def verify(path: str | os.PathLike[str]) -> Verdict:
    """Read all of a saved run and compare it with its checksums.

    Parameters
    ----------
    path : path
        A `.zarr` store or a `.nc` file.

    Returns
    -------
    Verdict

    Raises
    ------
    RunError
        When there is no complete run, or nothing of it can be read.
    """
    from simcore.dataset.checked import Source, plainly, sources_of

    place = finished_run(path)
    arrays: dict[str, list[Fault]] = {}

    def contents(source: Source) -> Iterator[Bytes]:
        variable, told = source.variable, set[str]()

        def read(box: tuple[slice, ...]) -> np.ndarray:
            try:
                return source.read(box)
            except RunError as error:
                # It may be read more than once.
                if str(box) not in told:
                    told.add(str(box))
                    arrays[source.name] += error.faults
                return np.zeros([one.stop - one.start for one in box], variable.dtype)

        for part in in_order(variable.shape, source.block, variable.dtype, read):
            yield canonical(part, kind_of(variable.dtype))

    try:
        with plainly(place) as plain:
            sources, about = sources_of(plain, place)
            arrays |= {str(name): [] for name in sorted(map(str, plain.variables))}
            heads = [head_of(name, source.variable) for name, source in sources.items()]
            counts = counted(heads)
            found = digest_of((head, contents(sources[head.name])) for head in counts)
            for head in heads:
                if head not in counts:
                    list(contents(sources[head.name]))
            written = plain.attrs.get(DIGEST)
    except Exception as error:
        raise unreadable(place, error) from error
    others = [fault for fault in about if fault.where not in arrays]
    for fault in about:
        if fault.where in arrays:
            arrays[fault.where].append(fault)
    if place.is_dir():
        others += _descriptions(place)
    intact = not about and not any(arrays.values())
    if intact and written not in (None, found):
        others.append(Fault(
            DIGEST, f"{written}, while that of the values is {found}", "one digest",
            "use the run that this is a copy of", file=str(place),
        ))  # fmt: skip
    return Verdict(
        {name: tuple(faults) for name, faults in arrays.items()}, tuple(others),
        any(source.checks for source in sources.values()) or bool(about),
        found if intact else None,
    )  # fmt: skip


def _descriptions(place: Path) -> list[Fault]:
    """Compare what each array says of itself with the top, which is all that simcore reads."""
    top = json.loads((place / "zarr.json").read_text("utf-8"))
    faults = []
    for name, expected in top.get("consolidated_metadata", {}).get("metadata", {}).items():
        file = place / name / "zarr.json"
        try:
            own = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            own = None
        if own != expected:
            faults.append(Fault(
                name, "damaged" if file.exists() else "missing",
                f"the entry of {name} in {place / 'zarr.json'}",
                "simcore can use the run; copy that entry for other readers", file=str(file),
            ))  # fmt: skip
    return faults
