"""Which part of the catalog an uncertain input comes from, in words of who asks what matters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from simcore.intake.entries import Computed
from simcore.intake.schema import Experiment
from simcore.kernels.streams import SHOCK, Stream
from simcore.model.graph import Graph
from simcore.model.scene import Scene
from simcore.plan.correlated import holds

_OF_SECTION: Final = {
    "markets": "carbon_market", "systems": "carbon_market", "prices": "energy_and_materials",
    "policies": "policy", "regions": "technology", "sectors": "trade", "routes": "technology",
    "technologies": "technology", "buyers": "buyer", "instruments": "project",
    "products": "product", "exposures": "volume", "projects": "project", "budgets": "volume",
    "accounts": "account",
}  # fmt: skip
_OF_FIELD: Final = {
    ("markets", "tightening"): "policy", ("systems", "resolution"): "policy",
    ("regions", "wacc"): "finance", ("regions", "credit_price"): "carbon_market",
}  # fmt: skip
"""Where a field of a section belongs elsewhere."""
OTHER: Final = "other"
DEFAULTS: Final = tuple(dict.fromkeys((*_OF_SECTION.values(), *_OF_FIELD.values(), OTHER)))
"""Groups that need no patterns, in the order in which they are shown."""
TITLES: Final = {
    "carbon_market": "carbon prices", "energy_and_materials": "energy and material prices",
    "policy": "laws and policy", "technology": "plants and technology",
    "trade": "trade and regions", "buyer": "what buyers pay",
    "project": "contracts and grants", "product": "products",
    "volume": "volumes", "account": "funds and bonds",
    "finance": "cost of capital", OTHER: "other inputs",
}  # fmt: skip
"""What people call the default groups."""
_BY_GROUP: Final = "group:"
"""What a pattern begins with that names a group."""


def factor_group(experiment: Experiment, place: str) -> str:
    """Group of an input by the name of the place that it is drawn for: `eu_ets.anchor` is of a
    carbon market, `h2_dri_eaf.capex` of technology."""
    head, *rest = place.split(".")
    section, record = record_of(experiment, head, rest)
    if not section:
        return OTHER
    # An electrolyser and a power plant are plants, although they stand among the prices.
    inner = record.get(rest[0]) if section == "prices" and rest else None
    if isinstance(inner, Computed):
        return "technology"
    field = rest[0] if rest else ""
    return _OF_FIELD.get((section, field), _OF_SECTION[section])


def record_of(experiment: Experiment, head: str, rest: list[str]) -> tuple[str, Any]:
    """Section and entry that a name begins with; empty and None where there is none.

    Where two sections have an entry of that name, the one that has what the rest leads to.
    """
    found = list(_records(experiment, head))
    found.sort(key=lambda one: not (one[0] == "sectors" or holds(one[1], rest)))
    return found[0] if found else ("", None)


def _records(experiment: Experiment, head: str) -> Iterator[tuple[str, Any]]:
    """Entries of that name, by section; what a region says of a sector under the region's."""
    for section, entries in experiment.catalog:
        if section != "sectors" and head in entries:
            yield section, entries[head]
    for section in ("exposures", "projects", "budgets", "accounts"):
        if head in getattr(experiment, section):
            yield section, getattr(experiment, section)[head]
    for made in experiment.catalog.sectors.values():
        if head in made.regions:
            yield "sectors", made.regions[head]


def origins(
    scenes: Iterable[Scene], graph: Graph, reached: Collection[int]
) -> dict[str, tuple[str, Stream]]:
    """Streams that some of the reached nodes draw, by name without stem, each with its group.

    Of a name that is only correlated with what is drawn, nothing is read: it is none of them.
    """
    found: dict[str, tuple[str, Stream]] = {}
    for scene in scenes:
        for one in scene.inputs.values():
            stream = graph.nodes[one.node].stream
            if one.node in reached and stream is not None:
                plain = stream._replace(stem="")
                found.setdefault(plain.name, (factor_group(scene.experiment, one.place), plain))
        for number in reached:
            node = graph.nodes[number]
            if node.stream is None or not node.yearly:
                continue
            plain = node.stream._replace(stem="")
            if plain.role != SHOCK or plain.path in scene.shocked:
                group = factor_group(scene.experiment, plain.path or plain.name)
                found.setdefault(plain.name, (group, plain))
    return found


def named_group(pattern: str, factors: Collection[str] = ()) -> str | None:
    """Default group that a pattern names: `group:policy`, or `policy` where no factor is so named.

    A name after `group:` that is no group is given back as it is.
    """
    if pattern.startswith(_BY_GROUP):
        return pattern.removeprefix(_BY_GROUP)
    return pattern if pattern in DEFAULTS and pattern not in factors else None


def matched(
    pattern: str, streams: Mapping[str, tuple[str, Stream]], factors: Collection[str] = ()
) -> set[str]:
    """Names of the streams that a pattern, or the name of a group, stands for."""
    group = named_group(pattern, factors)
    if group is not None:
        return {name for name, (own, _) in streams.items() if own == group}
    return {name for name in streams if fnmatchcase(name, pattern)}


def family(experiment: Experiment, stream: Stream) -> str:
    """What a stream belongs to by itself: a market, another price path, or its own input."""
    head = stream.name.partition(".")[0]
    if head in experiment.catalog.markets and stream.path:
        return head
    return stream.path or stream.name
