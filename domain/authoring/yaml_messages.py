"""Pydantic's errors, said for the person who wrote the YAML."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Collection, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from domain.sentences import Sentence

_SENTENCES = {
    "string_type": "this must be text. Put it in quotation marks if it looks like a number",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "float_type": "this must be a number",
    "float_parsing": "this must be a number",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
}
_LIST_TYPES = ("list_type", "tuple_type", "set_type", "frozen_set_type")
_MAPPING_TYPES = ("dict_type", "model_type", "model_attributes_type", "dataclass_type")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """``Did you mean 'welcome'?`` or, with nothing near, ``Use one of …``; '' for no choice."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    if near:
        return f" Did you mean '{near[0]}'?"
    return f" Use one of {', '.join(sorted(known))}" if known else ""


def sentence(detail: Any, keys: Collection[str]) -> str:
    """What is wrong and what to write instead.

    ``detail`` is one of ``ValidationError.errors()``, ``keys`` the keys that were allowed where
    an unknown one stands.
    """
    kind, context, given = detail["type"], detail.get("ctx", {}), detail.get("input")
    if kind == "extra_forbidden":
        word = str(detail["loc"][-1])
        return f"unknown key '{word}'.{did_you_mean(word, keys)}"
    if kind == "missing":
        return f"'{detail['loc'][-1]}:' is missing here"
    if given is None and kind.endswith("_type"):
        return "there is nothing after the colon. Write a value or delete the key"
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in _LIST_TYPES:
        return "this must be a list: one line beginning with '- ' for each entry, or [a, b]"
    if kind in _MAPPING_TYPES:
        return "this must be keys with values, such as 'key: value'"
    if kind in ("literal_error", "enum"):
        known = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return f"'{given}' is not known here.{did_you_mean(str(given), known)}"
    if kind == "too_short":
        return "this is empty. Write at least one entry"
    if isinstance(said := context.get("message"), Sentence):
        return said
    message = str(detail["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def resolve(
    model: type[BaseModel], data: Any, location: Sequence[str | int]
) -> tuple[tuple[str | int, ...], frozenset[str]]:
    """Where pydantic's ``loc`` is in the data, without the tags of unions.

    Returns the path, and the keys that the model which holds its last part allows.
    """
    kind: Any = model
    path: tuple[str | int, ...] = ()
    keys: frozenset[str] = frozenset()
    for part in location:
        members = _union_members(kind)
        if members:
            chosen = [member for member in members if _named(member, part)]
            kind = chosen[0] if chosen else None
            if chosen:
                continue
        model_here = _bare(kind)
        keys = _keys_of(model_here)
        kind = _step_into(model_here, part)
        parts: dict[str | int, Any] = {}
        if isinstance(data, dict):
            parts = data
        elif isinstance(data, list):
            parts = dict(enumerate(data))
        if part in parts:
            data, path = parts[part], (*path, part)
    return path, keys


def _bare(kind: Any) -> Any:
    """The type without ``Annotated`` and ``| None``."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        return _bare(members[0]) if len(members) == 1 else kind
    return kind


def _union_members(kind: Any) -> list[Any]:
    bare = _bare(kind)
    if get_origin(bare) in (Union, types.UnionType):
        return [member for member in get_args(bare) if member is not type(None)]
    return []


def _named(member: Any, part: str | int) -> bool:
    """Whether pydantic calls this member of a union ``part`` in its error locations."""
    if get_origin(member) is Annotated:
        if any(isinstance(extra, Tag) and extra.tag == part for extra in get_args(member)[1:]):
            return True
        member = _bare(member)
    if not isinstance(member, type) or not issubclass(member, BaseModel):
        return bool(getattr(member, "__name__", None) == part)
    literals = (
        get_args(field.annotation)
        for field in member.model_fields.values()
        if get_origin(field.annotation) is Literal
    )
    return member.__name__ == part or any(part in values for values in literals)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _keys_of(kind: Any) -> frozenset[str]:
    if not _is_model(kind):
        return frozenset()
    return frozenset(_key(name, field) for name, field in kind.model_fields.items())


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _step_into(kind: Any, part: str | int) -> Any:
    """The type of what stands at ``part`` of a value of type ``kind``."""
    if _is_model(kind):
        for name, field in kind.model_fields.items():
            if part in (name, _key(name, field)):
                return field.annotation
        return None
    arguments = get_args(kind)
    if not arguments:
        return None
    return arguments[1] if get_origin(kind) is dict else arguments[0]
