"""Faults in what the region of a buyer says of bringing tonnes in."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake import shipped
from simcore.intake.asked import alternatives
from simcore.intake.findings import Finding, unknown, unknown_entry
from simcore.intake.schema import Experiment
from simcore.intake.usage import lineage, sector_of, sector_regions


def import_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find entries of `imports` that name nothing, or the region itself."""
    known = {"default", *shipped.mentionable(experiment.catalog, "regions")}
    compared = (
        (region, sector_of(experiment, route))
        for region, route in alternatives(experiment).values()
    )
    for buyer, sector in dict.fromkeys(compared):
        made = sector_regions(experiment, sector)
        place = ("catalog", "sectors", sector, "regions", buyer, "imports")
        for origin, record in made[buyer].imports.items() if buyer in made else ():
            if origin == buyer and len(lineage(experiment, buyer)) == 1:  # else it is inherited
                yield Finding(
                    (*place, origin), f"imports of {buyer} from {buyer}", "another region",
                    "remove it: what is made at home is not brought in",
                )  # fmt: skip
            if origin not in known:
                yield unknown((*place, origin), origin, known, "region")
            if isinstance(record.duty, str):
                yield from unknown_entry(
                    (*place, origin, "duty"), record.duty, experiment.catalog, "policies"
                )
