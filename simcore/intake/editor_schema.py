"""The JSON Schema of a config, by which editors complete and check it, with the docs of the fields.

Pydantic can take the text under a field for its description, but would read the sources again at
every start for it; only the schema needs them.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import sys
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from simcore.glossary import meaning
from simcore.intake.entries import Catalog
from simcore.intake.findings import SINGULAR
from simcore.intake.forms import LISTS, SECTORAL
from simcore.intake.price_tables import PLACES, keys
from simcore.intake.schema import WHERE_GIVEN, Experiment
from simcore.intake.sourced import META, Place, places
from simcore.quantities import Uncertain
from simcore.quantities.records import Model
from simcore.variables import OUTCOMES


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic derives from field names; they only repeat the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """JSON Schema of a config file, for editors; no key is required, for the base supplies it."""
    fields = Experiment.model_fields.items()
    apart = {name: one for name, one in fields if WHERE_GIVEN in one.metadata}
    whole: dict[str, Any] = {
        name: (one.annotation, Field(default_factory=dict) if one.default_factory else None)
        for name, one in apart.items()
    }
    written = create_model(
        "Experiment", __base__=Experiment, __doc__=Experiment.__doc__, catalog=(Catalog, ...),
        **whole,
    )  # fmt: skip
    schema = written.model_json_schema(schema_generator=_Untitled)
    records = {record.__name__: record for record in _records(Model)}
    _describe(schema, Experiment)
    for name, definition in schema["$defs"].items():
        _describe(definition, records[name])
        definition.pop("required", None)
        for key in PLACES:
            if "additionalProperties" in str(definition["properties"].get(key, {})):
                definition["properties"][key] = _or(definition["properties"][key], "PriceFile")
    schema["$defs"]["PriceFile"] = _price_file()
    schema["title"] = "simcore experiment"
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema.pop("required", None)
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "`base` (the packaged defaults), `nothing`, or a file beside this one.",
    }
    _stated(schema, records)
    _natural(schema)
    return schema


def _price_file() -> dict[str, Any]:
    """What names a file in the place of a table by year."""
    named: dict[str, Any] = {key: {"type": ["string", "integer"]} for key in keys()}
    named["where"] = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "type": "object", "properties": named, "additionalProperties": False,
        "description": "Prices out of a CSV file beside the config, days and months averaged to "
        "calendar years: csv, date, column (or low, central and high of anchors), unit.",
    }  # fmt: skip


def _or(table: dict[str, Any], name: str) -> dict[str, Any]:
    """What a field holds, or the definition of a name in its place."""
    inner = {key: value for key, value in table.items() if key not in ("description", "default")}
    kept = {key: value for key, value in table.items() if key in ("description", "default")}
    choices = inner.pop("anyOf", [inner] if inner else [])
    return {**kept, "anyOf": [*choices, {"$ref": f"#/$defs/{name}"}]}


def _stated(schema: dict[str, Any], records: Mapping[str, Any]) -> None:
    """Let a plain number, or a table of them, say where it comes from."""
    meta = {key: {"type": "string"} for key in sorted(META)}
    for name, key, inside in (
        ("StatedNumber", "value", {"type": ["number", "string"]}),
        ("StatedTable", "values", {"type": "object"}),
    ):
        schema["$defs"][name] = {
            "type": "object", "properties": {key: inside, **meta}, "required": [key],
            "additionalProperties": False,
            "description": "With its unit and where it comes from.",
        }  # fmt: skip
    for name, definition in [("Experiment", schema), *schema["$defs"].items()]:
        record = records.get(name)
        if record is None or issubclass(record, Uncertain):
            continue
        for key, place in places(record).items():
            if key in definition["properties"]:
                definition["properties"][key] = _or_stated(definition["properties"][key], place)


def _or_stated(node: dict[str, Any], place: Place) -> dict[str, Any]:
    """What stands at a place, or the same with its source."""
    if place.item is not None:
        for one in (node, *node.get("anyOf", ())):
            for held in ("additionalProperties", "patternProperties"):
                inner = one.get(held)
                if held == "additionalProperties" and isinstance(inner, dict):
                    one[held] = _or_stated(inner, place.item)
                elif isinstance(inner, dict):
                    one[held] = {key: _or_stated(two, place.item) for key, two in inner.items()}
    if not place.last.number:
        return node
    return _or(node, "StatedNumber" if place.number else "StatedTable")


_TEXT: Final[dict[str, Any]] = {"type": "string"}
_DATED: Final[dict[str, Any]] = {
    "type": "object",
    "patternProperties": {"^[0-9]{4}$": {"type": ["number", "string"]}},
    "additionalProperties": False,
}
_LEVEL: Final[list[dict[str, Any]]] = [
    {"type": ["number", "string"], "description": "A constant real price, such as 3 EUR/kg."},
    {**_DATED, "description": "Real prices by year, linear in between."},
    {
        "type": "object",
        "properties": {
            "value": {"type": "number"}, "years": _DATED,
            **{key: {} for key in ("unit", "price_year", "source", "at", "status", "note")},
        },
        "additionalProperties": False,
    },
]  # fmt: skip
_LIKE: Final = {
    "type": "string",
    "description": "Another entry of this section, of which this one states the differences.",
}


def _natural(schema: dict[str, Any]) -> None:
    """Accept the forms that `simcore.intake.forms` and `templates` write out."""
    top, records = schema["properties"], schema["$defs"]
    years = {"type": ["integer", "array", "string"], "description": "2028-2035, or [2028, 2035]."}
    top["years"] = {"anyOf": [top["years"], years]}
    for key, names in (("outcomes", [*OUTCOMES]), ("keep", ["inputs", *OUTCOMES])):
        top[key]["items"]["enum"] = names
        # What an editor shows beside each name.
        top[key]["items"]["enumDescriptions"] = [
            meaning(name).text() if name in OUTCOMES else "Each uncertain input" for name in names
        ]
    for key in LISTS:
        top[key] = {"anyOf": [top[key], _TEXT]}
    top["sector"] = {**_TEXT, "description": "The only one of `sectors`."}
    named = {"type": ["array", "string"], "description": "Packaged names and files."}
    top["scenarios"] = {"anyOf": [top["scenarios"], named]}
    choices = {
        "type": ["array", "string", "object"],
        "description": "Scenarios, or changes by name.",
    }
    for key in top["grid"]["patternProperties"]:
        top["grid"]["patternProperties"][key] = choices
    catalog = records["Catalog"]["properties"]
    for section in SINGULAR:
        (key,) = catalog[section]["patternProperties"]
        entry = catalog[section]["patternProperties"][key]
        for one in entry.get("oneOf", [entry]):
            name = one["$ref"].rpartition("/")[2]
            records[name]["properties"].setdefault("like", _LIKE)
    records["Anchor"]["properties"]["sd"] = {
        "type": "number", "description": "Of the logarithm, in place of low and high.",
    }  # fmt: skip
    _also(records, "Anchor", [{"type": "number"}])
    for name in ("Electrolysis", "Generation", "Indexed", "Made", "Reforming", "Rules"):
        records[name]["properties"]["like"] = _LIKE
    (key,) = catalog["markets"]["patternProperties"]
    _also(catalog["markets"]["patternProperties"], key, _LEVEL)
    _also(catalog["policies"]["patternProperties"], key, [_DATED])
    prices = catalog["prices"]["patternProperties"]
    _also(prices[key]["patternProperties"], key, _LEVEL)
    own = dict(prices[key]["patternProperties"][key])
    records["Region"]["properties"]["prices"] = {
        "type": "object", "additionalProperties": own,
        "description": "Prices of this region: in full, or what differs from those it has else.",
    }  # fmt: skip
    _also(prices, key, _LEVEL)
    # What the sector of the run meets in a region may stand in the region.
    met = {name: records["SectorRegion"]["properties"][name] for name in SECTORAL}
    references = {"type": "object", "additionalProperties": _TEXT}
    met["reference"] = {"anyOf": [met["reference"], references]}
    records["Region"]["properties"] |= met
    records["Variant"]["patternProperties"] = _DATED["patternProperties"]
    project = records["Project"]["properties"]
    project["like"] = _LIKE | {"description": "Another project, from which this one differs."}
    _also(project, "against", [{**_TEXT, "description": "The route alone."}])
    _also(project, "instruments", [_TEXT])
    _also(project, "tax", [{"type": ["number", "string"], "description": "The rate alone."}])
    (key,) = top["decisions"]["patternProperties"]
    projects = {"type": ["array", "string", "null"], "items": _TEXT}
    _also(top["decisions"]["patternProperties"], key, [
        {**projects, "description": "The projects alone; [] to go on as before."},
    ])  # fmt: skip
    _also(records["RobustChoice"]["properties"], "rules", [_TEXT])
    _also(records["RobustChoice"]["properties"]["rules"]["anyOf"][0], "items", [
        {"enum": ["hurwicz", "satisfice"], "type": "string"},
    ])  # fmt: skip
    for record in list(records.values()):
        for field in record.get("properties", {}).values():
            _one_for_all(field, records)
    share = {
        "type": "object", "properties": {"share_of_capex": {"$ref": "#/$defs/YearlyQuantity"}},
        "additionalProperties": False,
    }  # fmt: skip
    for name in ("Route", "Retrofit"):
        for table in records[name]["properties"]["fixed_opex"]["anyOf"]:
            if "additionalProperties" in table:
                _also(table, "additionalProperties", [share])


def _also(holder: dict[str, Any], key: str, forms: list[dict[str, Any]]) -> None:
    holder[key] = {"anyOf": [holder[key], *forms]}


def _one_for_all(node: Any, records: dict[str, Any]) -> None:
    """A table by region may also be one quantity for all regions."""
    if not isinstance(node, dict):
        return
    choices = node.get("anyOf", [])
    by_region = [one for one in choices if isinstance(one.get("additionalProperties"), dict)]
    if by_region and {"type": "number"} in choices:
        records["YearlyQuantity"] = by_region[0]["additionalProperties"]
        by_region[0]["additionalProperties"] = {"$ref": "#/$defs/YearlyQuantity"}
        node["anyOf"] = [*choices, {"$ref": "#/$defs/YearlyQuantity"}]
        return
    for child in node.get("patternProperties", {}).values():
        _one_for_all(child, records)


def _records(record: type[Model]) -> list[type[Model]]:
    found = [record]
    for child in record.__subclasses__():
        found += _records(child)
    return found


def _describe(definition: dict[str, Any], record: type[Model]) -> None:
    """Add the docs of a record's fields, its own and those it inherits."""
    docs: dict[str, str] = {}
    for one in reversed(record.__mro__):
        if one.__module__.startswith("simcore."):
            own = _field_docs(one.__module__).get(one.__name__, {})
            # A field with another default keeps what is said of it above.
            docs |= {name: text for name, text in own.items() if text or name not in docs}
    for name, text in docs.items():
        if text and name in definition.get("properties", {}):
            entry = definition["properties"][name] | {"description": text}
            definition["properties"][name] = dict(sorted(entry.items()))


@functools.cache
def _field_docs(module: str) -> dict[str, dict[str, str]]:
    """Text under each annotated field, by class and field; empty where there is none."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, after in itertools.zip_longest(node.body, node.body[1:]):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                found.setdefault(node.name, {})[field.target.id] = _text(after)
    return found


def _text(node: ast.stmt | None) -> str:
    """The text of a statement that is nothing else."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(node.value.value) if isinstance(node.value.value, str) else ""
    return ""
