"""Kinds of values in the YAML files that have a form of their own, as ``docs/reference`` names
them."""

from __future__ import annotations

from pydantic import WithJsonSchema


def kind(name: str, meaning: str, *examples: object) -> WithJsonSchema:
    """Part of an ``Annotated`` type: what people call such a value, how it is written (Markdown),
    and ``examples`` that are valid, as plain YAML data."""
    return WithJsonSchema({"x-kind": name, "description": meaning, "examples": list(examples)})
