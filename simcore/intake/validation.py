"""Data against the records of the schema: what does not fit, in the words of the config.

Where that stands in what the user wrote, `trails` says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from pydantic import ValidationError

from simcore.errors import suggest
from simcore.intake import shipped
from simcore.intake.accounts import flow_kinds
from simcore.intake.findings import SINGULAR, Address, Finding
from simcore.intake.instruments import kinds
from simcore.intake.schema import Experiment
from simcore.intake.shipped import Known, catalog_of, details
from simcore.intake.sourced import misfit
from simcore.intake.trails import bare, is_process, trail
from simcore.processes import KINDS as PROCESSES
from simcore.processes import fields_of, lack, refusal
from simcore.quantities import KINDS as DISTRIBUTIONS
from simcore.quantities.annotations import YEARS
from simcore.quantities.records import shown
from simcore.units import UnitError, parse_quantity

_ROUNDS: Final = 8
_FEW: Final = 3
"""Missing keys from which on an entry is taken for one that lacks its template."""
_MANY: Final = 12
"""Known keys from which on a hint stands for their list."""
_FEW_OF: Final = {"regions": 1}
"""The same of sections whose entries need hardly more."""


def validate(data: Mapping[str, Any], known: Known) -> tuple[Experiment | None, list[Finding]]:
    """Check a complete config against the records.

    Entries of the catalog that are `known` need no check; those that fit are added. The experiment
    is None if anything is wrong.
    """
    wrong: list[Any] = []
    content = dict(data)
    if "catalog" in data:
        content["catalog"], errors = catalog_of(data["catalog"], known)
        wrong = [{**one, "loc": ("catalog", *one["loc"])} for one in errors]
    try:
        experiment = Experiment.model_validate(content)
    except ValidationError as error:
        wrong += details(error)
    return (None, _findings(wrong, data)) if wrong else (experiment, [])


def mended(
    data: Mapping[str, Any], findings: Iterable[Finding], known: Known
) -> tuple[Experiment | None, dict[str, Any]]:
    """Give a config with its faulty parts left out, so that the rest can be checked as well.

    The experiment is None where nothing usable is left; the mapping is the data of it.
    """
    content = dict(data)
    addresses = [one.address for one in findings]
    tried: set[Address] = set()
    for _ in range(_ROUNDS):
        earlier, leaving = frozenset(tried), list[Address]()
        for address in addresses:
            # What is still wrong after it was left out is missed: so leave out what holds it.
            while address in earlier and address:
                address = address[:-1]
            tried.add(address)
            leaving.append(address)
        content = _without(content, leaving, shipped.base())
        experiment, more = validate(content, known)
        if experiment is not None:
            return experiment, content
        addresses = [one.address for one in more]
    return None, content


def _without(data: Any, addresses: Sequence[Address], packaged: Any) -> Any:
    """Data without what stands at addresses, or with what the package says in its place."""
    inside: dict[Any, list[Address]] = {}
    for address in addresses:
        if address:
            inside.setdefault(address[0], []).append(address[1:])
    if isinstance(data, list):
        return [
            _without(one, inside.get(place, ()), None)
            for place, one in enumerate(data) if all(inside.get(place, ()))
        ]  # fmt: skip
    if not isinstance(data, dict) or not inside:
        return data
    known = packaged if isinstance(packaged, Mapping) else {}
    return {
        part: _without(value, inside.get(part, ()), known.get(part))
        if all(inside.get(part, ())) else known[part]
        for part, value in data.items() if all(inside.get(part, ())) or part in known
    }  # fmt: skip


def _findings(every: Sequence[Any], data: Mapping[str, Any]) -> list[Finding]:
    found: dict[Finding, Address] = {}
    meant: set[Address] = set()
    lacking: dict[Address, list[str]] = {}
    for one in every:
        address, record = trail(one["loc"], data, one["type"])
        level = _misread_level(address, data)
        if level is not None:
            finding = level
        elif told := _of_process(one["type"], address, record):
            finding = told
        elif one["type"] == "extra_forbidden":
            finding, near = _extra(address, record)
            if near:
                meant.add((*address[:-1], near))
        else:
            finding = Finding(address, *_describe(one, address))
        if one["type"] == "missing" and level is None:
            lacking.setdefault(address[:-1], []).append(str(address[-1]))
        found[finding] = address
    strange = {}
    for address, keys in lacking.items():
        entry = _strange_entry(address, keys, data)
        if entry is not None:
            strange[address] = entry
    # Nor is anything known of what a sector meets in a strange region.
    regions = {address[2] for address in strange if address[1] == "regions"}
    found = {entry: address for address, entry in strange.items()} | {
        one: place for one, place in found.items()
        if not (one.address[:-1] in strange and one.found.startswith("no "))
        and not (one.address[1:2] == ("sectors",) and regions.intersection(one.address[4:5]))
    }  # fmt: skip
    # A misspelt key that is required is one fault, not an unknown and a missing one. Start and
    # route of a plant follow from its phases, if these can be read.
    unread = {one.address[:2] for one in found if one.address[2:3] == ("phases",)}
    return [
        one for one, place in found.items()
        if not (place in meant and one.found.startswith("no "))
        and not (place[:2] in unread and place[2:] in (("route",), ("start",)))
    ]  # fmt: skip


def _misread_level(address: Address, data: Mapping[str, Any]) -> Finding | None:
    """The one finding of a price by year that could not be read as one."""
    node: Any = data
    for depth, part in enumerate(address[:4]):
        node = node.get(part) if isinstance(node, Mapping) else None
        place = address[: depth + 1]
        is_level = isinstance(node, Mapping) and node and all(type(key) is int for key in node)
        if is_level and _natural(place) is _PRICE:
            return Finding(
                place, shown(node), _PRICE[0],
                "write numbers in one unit, such as {2026: 60 EUR/t, 2035: 50 EUR/t}",
            )  # fmt: skip
    return None


def _strange_entry(
    address: Address, lacking: Sequence[str], data: Mapping[str, Any]
) -> Finding | None:
    """The one finding of an entry that is probably a misspelt name, or lacks its template."""
    of_projects = address[:1] == ("projects",) and len(address) == 2
    if not of_projects and (
        address[:1] != ("catalog",) or len(address) != (4 if address[1:2] == ("prices",) else 3)
    ):
        return None
    name, node = str(address[-1]), data
    for part in address[:-1]:
        node = node[part]
    known: Collection[str] = ()
    if of_projects:
        what = "project"
    elif address[1] == "prices":
        what, known = "region", shipped.places(address[2])
    else:
        what, known = SINGULAR.get(address[1], "entry"), shipped.names(address[1])
    if name in known or (of_projects and len(lacking) < _FEW):
        return None
    near = suggest(name, chain(known, (str(one) for one in node if one != address[-1])))
    if near is None and len(lacking) < _FEW_OF.get(address[1], _FEW):
        return None
    listed = ", ".join(lacking)
    either = f"did you mean {near!r}? If not, " if near else ""
    return Finding(
        address, f"unknown {what} {name!r}, which lacks {listed}",
        f"a known {what}, one like it, or all of a new one",
        f"{either}add like: {near or 'NAME'}, or all of these keys", name=name,
    )  # fmt: skip


def _of_process(kind: str, address: Address, record: Any) -> Finding | None:
    """The finding of a field that a process of its kind has not, or lacks."""
    if not is_process(record):
        return None
    if kind == "extra_forbidden":
        told = refusal(record, str(address[-1]))
        return None if told is None else Finding(address, *told)
    if kind == "missing" and address[-1] == "kind":
        return Finding(
            address, "no 'kind'", f"one of the kinds {', '.join(PROCESSES)}",
            "add kind: log_ou, or another of these",
        )  # fmt: skip
    told = lack(record, str(address[-1])) if kind == "missing" else None
    return None if told is None else Finding(address[:-1], *told)


def _extra(address: Address, record: Any) -> tuple[Finding, str | None]:
    """The finding of an unknown key, and the key that was probably meant."""
    name = str(address[-1])
    if address == ("sector",):
        # Where it stands alone it is the short form of `sectors`.
        told = ("both sector and sectors", "one of the two", "remove sector")
        return Finding(address, *told), None
    known = sorted(getattr(bare(record), "model_fields", {}))
    if is_process(record):
        known = fields_of(record)
    near = suggest(name, known)
    listed = f"one of {', '.join(known)}"
    if near and len(known) > _MANY:
        listed = f"{near}, or another of {len(known)} keys: `simcore schema` lists them"
    return Finding(
        address,
        f"unknown key {name!r}",
        listed,
        f"did you mean {near!r}?" if near else "remove it, or see `simcore schema`",
    ), near


_INSTRUMENTS: Final = ("catalog", "instruments")
_PLAIN: Final = {
    # kind of pydantic: (expected, remedy)
    "float_type": ("a number", "write a number, without quotes or unit"),
    "float_parsing": ("a number", "write a number, without quotes or unit"),
    "int_type": ("a whole number", "write a whole number, without quotes or unit"),
    "int_parsing": ("a whole number", "write a whole number, without quotes or unit"),
    "int_from_float": ("a whole number", "write a whole number, without quotes or unit"),
    "bool_type": ("true or false", "write true or false"),
    "bool_parsing": ("true or false", "write true or false"),
    "string_type": ("a text", "write a text, in quotes if it looks like a number"),
    "list_type": ("a list", "write [a, b], or one `- entry` a line"),
    "dict_type": ("a mapping of keys to values", "write lines `key: value`, or leave the key out"),
    "model_attributes_type": (
        "a mapping of keys to values",
        "write lines `key: value`, or leave the key out",
    ),
    "model_type": ("a mapping of keys to values", "write lines `key: value`, or leave the key out"),
    "finite_number": ("a finite number", "write a finite number, or leave the entry out"),
}
_BOUNDS: Final = {
    "greater_than_equal": ("ge", ">=", "raise it"),
    "greater_than": ("gt", ">", "raise it"),
    "less_than_equal": ("le", "<=", "lower it"),
    "less_than": ("lt", "<", "lower it"),
}


def _describe(error: Mapping[str, Any], address: Address) -> tuple[str, str, str]:
    """Found, expected and remedy of an error, in the words of the config."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    name = str(address[-1]) if address else "the config"
    if kind == "simcore":
        return context["message"], context["expected"], context["remedy"]
    natural = _natural(address)
    if natural is not None and kind in ("model_type", "dict_type", "model_attributes_type"):
        return shown(value), *natural
    if kind in _PLAIN:
        expected, remedy = _PLAIN[kind]
        if kind.startswith("float") and (other := misfit(address, value)):
            expected, remedy = other
        elif kind.startswith("float") and isinstance(value, str):
            remedy = _beside(value, name) or remedy
        return shown(value), expected, remedy
    if kind in _BOUNDS:
        key, sign, remedy = _BOUNDS[kind]
        if key in ("lt", "le") and context[key] == 1 and isinstance(value, int | float):
            remedy = (
                f"did you mean {value / 100:g} or {value:g} %?" if 2 <= value <= 100 else remedy
            )
        # A year has no thousands.
        bound = context[key] if context[key] in YEARS else f"{context[key]:,.12g}"
        return shown(value), f"a number {sign} {bound}", remedy
    if kind == "missing":
        return f"no {name!r}", f"the key {name!r}", f"add {name}: ..."
    if kind in ("too_short", "too_long"):
        found = f"{context['actual_length']} entries"
        if kind == "too_short":
            return found, f"at least {context['min_length']}", "add one"
        return found, f"at most {context['max_length']}", "remove some"
    if kind in ("union_tag_invalid", "literal_error"):
        tag = context.get("tag", value)
        if _natural(address) is _PRICE and tag in DISTRIBUTIONS:
            return (
                f"a distribution of kind {tag}", _PRICE[0],
                "write {kind: path, anchors: {2030: {low: 2, central: 3, high: 4}}}, with unit, "
                "spot and process",
            )  # fmt: skip
        return _choice(str(context.get("expected_tags", context.get("expected"))),
                       context.get("tag", value))  # fmt: skip
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return shown(value), _PATTERNS.get(pattern, f"a text like {pattern}"), "rename it"
    if kind == "union_tag_not_found" and (known := _kinds_at(address)):
        return shown(value), "a mapping with `kind`", f"add kind: {' or '.join(known)}"
    if kind == "union_tag_not_found":
        return shown(value), "a number, or a mapping with `kind`", "add kind: ..."
    message = str(error["msg"])
    return shown(value), message[0].lower() + message[1:], f"correct {name}"


def _kinds_at(address: Address) -> list[str]:
    """Kinds of the entries of which one stands at an address."""
    if address[:2] == _INSTRUMENTS and len(address) == 3:
        return kinds()
    return flow_kinds() if address[:1] == ("accounts",) and len(address) == 4 else []


def _beside(text: str, name: str) -> str:
    """How a number with its unit is written where the unit is a key of its own."""
    try:
        value, unit = parse_quantity(text)
    except UnitError:
        return ""
    if unit == "1":
        return f"write {name}: {value:g}"
    if name in ("value", "low", "central", "high"):
        return f"put the unit beside it: {{{name}: {value:g}, unit: {unit}}}"
    return f"write {name}: {{value: {value:g}, unit: {unit}}}"


_PRICE: Final = (
    "a price: with its unit, by year, or a path with unit, spot and process",
    "write for example 60 EUR/t, or {2026: 60 EUR/t, 2035: 50 EUR/t}",
)
_VOLUME: Final = (
    "a volume by year, in Mt/yr: none before the first, the last one held",
    "write volume: {2030: 5}",
)
_AMOUNTS: Final = {
    "issue": ("amounts by year, in M EUR", "write issue: {2030: 5000 M EUR}"),
    "amount": (
        "an amount by year, in M EUR/yr: none before the first, the last one held",
        "write amount: {2030: 500}",
    ),
}
"""Of an account."""
_PRICES: Final = {("prices", 3), ("prices", 4), ("markets", 3)}
"""Where such a price may stand: the section of the catalog, and the length of the address."""
_POLICY: Final = (
    "a policy: its variant in force, or values by year",
    "write {variant: NAME}, one of `simcore catalog policies NAME`, or {2026: 0.5, 2030: 0}",
)
_NATURAL: Final = {
    ("money",): ("a mapping of keys to values", "write money: {price_year: 2025}"),
    ("years",): (
        "the first and the last year", "write years: 2028-2035, or {first: 2028, last: 2035}",
    ),
    ("scenarios",): (
        "changes by name, or a list of packaged names and files, each once",
        "write scenarios: [law, reform_2026], or lines `name: changes`",
    ),
    ("plant",): ("a mapping of keys to values", "write plant: {start: 2030, lifetime: 20}"),
}  # fmt: skip


def _natural(address: Address) -> tuple[str, str] | None:
    """Expected and remedy where a config has forms of its own."""
    if address[:1] == ("catalog",) and (*address[1:2], len(address)) in _PRICES:
        return _PRICE
    if address[:1] == ("budgets",) and address[2:] == ("volume",):
        return _VOLUME
    if address[:1] == ("accounts",) and address[-1:] == ("volume",):
        return _VOLUME
    if address[:1] == ("accounts",) and address[-1:] in (("issue",), ("amount",)):
        return _AMOUNTS[address[-1]]
    if address[:2] == ("catalog", "policies") and len(address) == 3:
        return _POLICY
    return _NATURAL.get(address)


_PATTERNS: Final = {
    r"^[A-Za-z][A-Za-z0-9_]{0,63}$": "a name of letters, digits and _ that begins with a letter",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$": "a name of letters, digits, dots, dashes and _",
    r"^[A-Z]{3}$": "a currency code of three capital letters",
}


def _choice(expected: str, value: Any) -> tuple[str, str, str]:
    choices = [one.strip(" '") for one in expected.replace(" or ", ",").split(",")]
    near = suggest(str(value), choices)
    return (
        shown(value),
        f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0],
        f"did you mean {near!r}?" if near else "choose one of these",
    )
