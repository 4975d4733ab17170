"""The reference of the YAML files (``docs/reference``), made from the models that read them."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from domain.brand.policy import Color
from domain.cadences.cadence import Cadence, Name, Reason
from domain.checking.policies import POLICIES
from domain.consent import policy as consent
from domain.sales.customers import MonthsField
from domain.sales.team import Code
from domain.scoring import policy as scoring
from domain.time.calendar_fields import (
    CountryField,
    DayField,
    NamedDaysField,
    WeekField,
    ZoneField,
)
from domain.time.span import SpanField
from domain.time.spans import ClockSpanField, DelayField
from domain.time.window import MinuteOfDay

FILES: Mapping[str, type[BaseModel]] = {"cadence": Cadence, **POLICIES}
"""What a file may say it is → the model that reads it."""

KINDS: tuple[Any, ...] = (
    *(SpanField, ClockSpanField, DelayField, MonthsField, MinuteOfDay, DayField),
    *(WeekField, NamedDaysField, ZoneField, CountryField),
    *(scoring.CapField, consent.CapField, scoring.KindsField, Name, Reason, Code),
    Color,
)
"""Types of values with a form of their own (``domain.authoring.kinds``)."""

_Schema = dict[str, Any]


class _AsWritten(GenerateJsonSchema):
    """JSON Schema with what stands under each field in the code, and defaults as in YAML."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        meanings = _docstrings(schema["cls"])
        for name, field in schema["cls"].model_fields.items():
            written = made["properties"][field.alias or name]
            if not field.description and name in meanings:
                written["description"] = meanings[name]
            if not field.is_required():
                kind: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
                default = field.get_default(call_default_factory=True)
                written["default"] = kind.dump_python(
                    default, mode="json", by_alias=True, exclude_none=True
                )
        return made


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Name of a field → the text under it. Pydantic would read it too, but in each program that
    imports the models (``use_attribute_docstrings``): that doubles what their import costs."""
    found = {}
    for one in reversed(model.__mro__):
        if not issubclass(one, BaseModel) or one is BaseModel:
            continue
        (written,) = ast.parse(inspect.getsource(one)).body
        for field, below in itertools.pairwise(
            written.body if isinstance(written, ast.ClassDef) else ()
        ):
            match field, below:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                    found[name] = text
    return found


def pages(examples: Mapping[str, str]) -> dict[str, str]:
    """Name of a file → its Markdown. ``examples`` has the YAML of each of :data:`FILES`."""
    made = {f"{name}.md": _page(name, model, examples[name]) for name, model in FILES.items()}
    return {"README.md": _index(), **made}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model, with the meaning of each key and its default as in YAML."""
    return model.model_json_schema(schema_generator=_AsWritten)


def schema_files() -> dict[str, str]:
    """Name of a file → a JSON Schema (2020-12, https://json-schema.org) for editors of YAML."""
    return {
        f"{name}.json": json.dumps(
            {"$schema": GenerateJsonSchema.schema_dialect, **schema_of(model)},
            ensure_ascii=False,
            indent=1,
            sort_keys=True,
        )
        + "\n"
        for name, model in FILES.items()
    }


def kind_schemas() -> list[tuple[Any, _Schema]]:
    """Each of :data:`KINDS` with its name (``x-kind``), ``description`` and ``examples``."""
    return [(one, TypeAdapter(one).json_schema()) for one in KINDS]


def _index() -> str:
    lines = [
        "# The YAML files, key by key",
        "",
        "What may stand in cadences and policies. These pages are made from the code that reads "
        "the files (`make reference`), so they are what it accepts.",
        "",
        *(f"- [`{_head(name)}`]({name}.md): {_first(model)}" for name, model in FILES.items()),
        "",
        "A key that is not named here is refused. Conditions have [a page of their own]"
        "(../conditions.md).",
        "",
        "An editor with a YAML language server completes and checks a file whose first line names "
        "its schema, as those in `cadences/` do: `# yaml-language-server: "
        "$schema=schemas/cadence.json`. `starter.py cadence lint --watch` checks what no schema "
        "can say each time a file is saved.",
        "",
        "## Kinds of values",
        "",
        "Text is put in quotation marks where YAML would read something else in it.",
    ]
    for _, schema in kind_schemas():
        examples = " · ".join(f"`{_yaml(one)}`" for one in schema["examples"])
        lines += ["", f"### {schema['x-kind']}", "", f"{schema['description']} {examples}"]
    return "\n".join(lines) + "\n"


def _page(name: str, model: type[BaseModel], example: str) -> str:
    schema = schema_of(model)
    sections = _Sections(schema)
    lines = [f"# `{_head(name)}`", "", _first(model), ""]
    lines += ["```yaml", example.rstrip(), "```", ""]
    lines += _table(schema, sections)
    for heading, definition in sections.all():
        lines += ["", f"## {heading}", "", *_paragraphs(definition), *_table(definition, sections)]
    return "\n".join(lines) + "\n"


def _head(name: str) -> str:
    return "cadence: …" if name == "cadence" else f"policy: {name}"


def _first(model: type[BaseModel]) -> str:
    return _text((model.__doc__ or "").partition("\n\n")[0])


def _paragraphs(definition: _Schema) -> list[str]:
    text = _text(definition.get("description", ""))
    return [text, ""] if text else []


def _text(docstring: str) -> str:
    plain = " ".join(docstring.split()).replace("``", "`")
    return plain.replace("A condition ", "A [condition](../conditions.md) ")


class _Sections:
    """The models inside a file, each with the places where it may stand."""

    def __init__(self, root: _Schema) -> None:
        self._definitions: Mapping[str, _Schema] = root.get("$defs", {})
        self._places: dict[str, list[str]] = {}
        self._told_by: dict[str, list[str]] = {}
        self._visit(root, "")

    def all(self) -> Iterator[tuple[str, _Schema]]:
        """Heading and model of each."""
        for name in self._places:
            yield self._heading(name), self._definitions[name]

    def told(self, reference: str) -> str:
        """A link to the section of a model, or the values of an enumeration."""
        name = _named(reference)
        if name not in self._places:
            return _value(self._definitions[name], self)
        words = " and ".join(self._told_by.get(name, ["keys"]))
        return f"[{words}](#{anchor(self._heading(name))})"

    def _heading(self, name: str) -> str:
        places = ", ".join(f"`{place}`" for place in self._places[name])
        told_by = self._told_by.get(name)
        return f"{places} with {' and '.join(told_by)}" if told_by else places

    def _visit(self, model: _Schema, path: str) -> None:
        new: list[tuple[str, str]] = []
        for key, schema in model["properties"].items():
            for place, name, among in _models(schema, f"{path}.{key}" if path else key):
                if "enum" in self._definitions[name]:
                    continue
                if name not in self._places:
                    self._places[name] = []
                    new.append((name, place))
                # What a model may hold itself is found where it is first.
                if not any(place.startswith(one) for one in self._places[name]):
                    self._places[name].append(place)
                if len(among) > 1:
                    self._told_by[name] = self._difference(name, among)
        for name, place in new:
            self._visit(self._definitions[name], place)

    def _difference(self, name: str, among: list[str]) -> list[str]:
        """The keys by which one of several models is told from the others."""
        others = {key for one in among if one != name for key in self._definitions[one]["required"]}
        return [f"`{key}`" for key in self._definitions[name]["required"] if key not in others]


def _models(schema: _Schema, path: str) -> Iterator[tuple[str, str, list[str]]]:
    """Place and name of each model that a schema names, and of those that may stand instead."""
    members = schema.get("anyOf") or schema.get("oneOf") or [schema]
    among = [_named(member["$ref"]) for member in members if "$ref" in member]
    for member in members:
        if "$ref" in member:
            yield path, _named(member["$ref"]), among
        elif isinstance(member.get("items"), dict):
            yield from _models(member["items"], f"{path}[]")
        elif values := _values(member):
            yield from _models(values, f"{path}.*")


def _values(mapping: _Schema) -> _Schema | None:
    """What stands behind the keys of a mapping."""
    patterns = mapping.get("patternProperties") or {"": mapping.get("additionalProperties")}
    found = next(iter(patterns.values()))
    return found if isinstance(found, dict) else None


def _named(reference: str) -> str:
    return reference.rpartition("/")[2]


def anchor(heading: str) -> str:
    """What Markdown viewers call a heading in an address."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _table(model: _Schema, sections: _Sections) -> list[str]:
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, schema in model["properties"].items():
        default = "required" if key in model.get("required", ()) else _default(schema)
        meaning = _text(schema.get("description", "Which policy the file is."))
        cells = (f"`{key}`", _value(schema, sections), default, meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return rows


def _default(schema: _Schema) -> str:
    default = schema.get("default")
    if default is None or (isinstance(default, dict) and "$ref" in schema):
        return ""
    return f"`{_yaml(default)}`"


def _yaml(value: Any) -> str:
    if isinstance(value, str):
        return value if re.fullmatch(r"[\w /.-]+", value) else f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def _value(schema: _Schema, sections: _Sections) -> str:
    """What may stand behind a key."""
    if "$ref" in schema:
        return sections.told(schema["$ref"])
    if "x-kind" in schema:
        return f"[{schema['x-kind']}](README.md#{anchor(schema['x-kind'])})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _or([f"`{_yaml(one)}`" for one in schema["enum"]])
    if members := schema.get("anyOf") or schema.get("oneOf"):
        told = [_value(one, sections) for one in members if one.get("type") != "null"]
        return _or(list(dict.fromkeys(told)))
    match schema.get("type"):
        case "array":
            items = schema.get("items") or schema["prefixItems"][0]
            return f"list of {_value(items, sections)}{_length(schema)}"
        case "object":
            names = schema.get("propertyNames", {}).get("enum")
            keys = f" of {_or([f'`{one}`' for one in names])}" if names else ""
            return f"mapping{keys} to {_value(_values(schema) or {}, sections)}"
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return f"whole number{_range(schema)}"
        case "number":
            return f"number{_range(schema)}"
        case _:
            return "text"


def _or(values: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))


def _length(schema: _Schema) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if least and least == most:
        return f" ({least} of them)"
    return f" (at most {most})" if most else ""


def _range(schema: _Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    return f", at least {least}" if least is not None else ""
