"""A condition as the tree that Google's CEL parser makes of it, and such a tree as CEL again.

The parser gives its tree away as a protocol buffer (``cel.expr.ParsedExpr`` and ``Expr`` of
https://github.com/google/cel-spec), of which is read what conditions are made of.
"""

from __future__ import annotations

import functools
import json
import re
import struct
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from cel_expr_python import cel as parser

AND, OR, NOT, IN, INDEX, IF, HAS = "_&&_", "_||_", "!_", "@in", "_[_]", "_?_:_", "has"
"""What the tree calls these operators and functions."""

_BY_BINDING = ("||", "&&", "== != < <= > >=", "+ -", "* / %")
_BINARY = {
    f"_{sign}_": (sign, binds)
    for binds, signs in enumerate(_BY_BINDING, 2)
    for sign in signs.split()
} | {IN: ("in", 4)}
"""Operator → how it is written, and how firmly it binds."""
_UNARY = {NOT: "!", "-_": "-"}
_TERNARY_BINDS, _UNARY_BINDS, _MEMBER_BINDS = 1, 7, 8
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RESERVED = (
    *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import"),
    *("in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void"),
    "while",
)


class NoTree(ValueError):
    """CEL that can't be parsed, or holds what conditions are not made of."""


@dataclass(frozen=True)
class CelValue:
    """A value that is written out."""

    value: str | bool | int | float | None


@dataclass(frozen=True)
class CelName:
    """A variable."""

    name: str


@dataclass(frozen=True)
class CelField:
    """A field."""

    of: CelTree
    field: str


@dataclass(frozen=True)
class CelCall:
    """An operator, such as ``_==_``, or a function, ``of.function(…)`` where it is called on
    something. ``_&&_`` and ``_||_`` take all that stands beside each other; ``has`` may also be of
    ``_[_]``, which CEL asks with ``in``."""

    function: str
    arguments: tuple[CelTree, ...]
    of: CelTree | None = None


@dataclass(frozen=True)
class CelList:
    """A list that is written out."""

    items: tuple[CelTree, ...]


@dataclass(frozen=True)
class CelMacro:
    """A list function with a variable of its own: ``over.name(variable, parts)``."""

    name: str
    over: CelTree
    variable: str
    parts: tuple[CelTree, ...]


CelTree: TypeAlias = CelValue | CelName | CelField | CelCall | CelList | CelMacro


@functools.lru_cache(maxsize=4096)
def tree_of_cel(source: str) -> CelTree:
    """The tree of a condition.

    Raises:
        NoTree: there is none.
    """
    try:
        parsed = _environment().compile(source, disable_check=True).serialize()
    except (RuntimeError, ValueError) as error:
        raise NoTree from error
    # An Any (1 its type, 2 its value) of a ParsedExpr (2 its Expr).
    (whole,) = _message(_fields(parsed)[2][0])[2]
    return _tree(_message(whole))


def item_of(tree: CelTree) -> tuple[CelTree, str] | None:
    """What a field or an item with a name is of, and its name; None for all else."""
    match tree:
        case CelField(of=of, field=name):
            return of, name
        case CelCall(function="_[_]", arguments=(of, CelValue(value=str(name)))):
            return of, name
    return None


def in_cel(tree: CelTree) -> str:
    """A tree as CEL."""
    return _written(tree, 0)


def calls(function: str, *arguments: CelTree) -> CelTree:
    """An operator or function of these, ``_&&_`` and ``_||_`` without the brackets that change
    nothing."""
    if function in (AND, OR):
        arguments = tuple(
            inner
            for one in arguments
            for inner in (
                one.arguments if isinstance(one, CelCall) and one.function == function else (one,)
            )
        )
    return CelCall(function, arguments)


def filled(tree: CelTree, names: Mapping[str, CelTree]) -> CelTree:
    """A tree with others in place of these variables."""

    def inside(one: CelTree) -> CelTree:
        return filled(one, names)

    match tree:
        case CelName(name=name):
            return names.get(name, tree)
        case CelField():
            return replace(tree, of=inside(tree.of))
        case CelList(items=items):
            return CelList(tuple(map(inside, items)))
        case CelMacro():
            return replace(tree, over=inside(tree.over), parts=tuple(map(inside, tree.parts)))
        case CelCall(of=None):
            return calls(tree.function, *map(inside, tree.arguments))
        case CelCall(of=of) if of is not None:
            return CelCall(tree.function, tuple(map(inside, tree.arguments)), inside(of))
    return tree


@functools.cache
def _environment() -> parser.Env:
    return parser.NewEnv()


_Fields = Mapping[int, list[int | bytes]]


def _fields(data: bytes) -> _Fields:
    """The fields of a protocol buffer by number: varints as they are, all else as bytes."""
    found: dict[int, list[int | bytes]] = defaultdict(list)
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(data, at)
            found[tag >> 3].append(number)
            continue
        length = {1: 8, 5: 4}.get(kind)
        if length is None:
            length, at = _varint(data, at)
        found[tag >> 3].append(data[at : at + length])
        at += length
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _message(value: int | bytes) -> _Fields:
    if isinstance(value, int):
        raise NoTree
    return _fields(value)


def _text(fields: _Fields, number: int) -> str:
    value = fields[number][0] if fields.get(number) else b""
    return "" if isinstance(value, int) else value.decode()


def _inner(fields: _Fields, number: int) -> CelTree:
    return _tree(_message(fields[number][0]))


def _listed(fields: _Fields, number: int) -> tuple[CelTree, ...]:
    return tuple(_tree(_message(one)) for one in fields.get(number, ()))


def _tree(expression: _Fields) -> CelTree:
    """An ``Expr``: exactly one of the kinds 3 to 9."""
    kind = next((number for number in range(3, 10) if expression.get(number)), 0)
    if not kind:
        raise NoTree
    fields = _message(expression[kind][0])
    match kind:
        case 3:
            return _value(fields)
        case 4:
            return CelName(_text(fields, 1))
        case 5:
            field = CelField(_inner(fields, 1), _text(fields, 2))
            return CelCall(HAS, (field,)) if fields.get(3) else field
        case 6:
            return _call(fields)
        case 7:
            return CelList(_listed(fields, 1))
        case 9:
            return _macro(fields)
    raise NoTree


def _value(constant: _Fields) -> CelValue:
    for number, values in constant.items():
        (value,) = values
        match number, value:
            case 1, int():
                return CelValue(None)
            case 2, int():
                return CelValue(bool(value))
            case 3, int():
                return CelValue(value - 2**64 if value >= 2**63 else value)
            case 5, bytes():
                return CelValue(float(struct.unpack("<d", value)[0]))
            case 6, bytes():
                return CelValue(value.decode())
    raise NoTree


def _call(fields: _Fields) -> CelTree:
    function, arguments = _text(fields, 2), _listed(fields, 3)
    if fields.get(1):
        return CelCall(function, arguments, _inner(fields, 1))
    if function == "lower" and len(arguments) == 1:
        return CelCall(function, (), arguments[0])
    if function == INDEX:
        of, key = arguments
        if isinstance(key, CelValue) and isinstance(key.value, str) and is_word(key.value):
            return CelField(of, key.value)
    return calls(function, *arguments)


def is_word(name: str) -> bool:
    """Whether a name can stand behind a dot."""
    return bool(_WORD.fullmatch(name)) and name not in _RESERVED


def _macro(fields: _Fields) -> CelMacro:
    """What the parser has made of a list function, a loop that adds up, as it was written."""
    variable, sum_name = CelName(_text(fields, 1)), CelName(_text(fields, 3))
    over, begin, step = (_inner(fields, number) for number in (2, 4, 6))
    if fields.get(8) or not isinstance(step, CelCall):
        raise NoTree
    name, parts = "", tuple[CelTree, ...]()
    match begin, step.function, step.arguments:
        case CelValue(value=False), "_||_", (first, *rest) if first == sum_name:
            name, parts = "exists", (calls(OR, *rest) if len(rest) > 1 else rest[0],)
        case CelValue(value=True), "_&&_", (first, *rest) if first == sum_name:
            name, parts = "all", (calls(AND, *rest) if len(rest) > 1 else rest[0],)
        case CelValue(value=int()), "_?_:_", (when, _, last) if last == sum_name:
            name, parts = "exists_one", (when,)
        case CelList(), "_+_", (_, CelList(items=(made,))):
            name, parts = "map", (made,)
        case CelList(), "_?_:_", (when, CelCall(arguments=(_, CelList(items=(made,)))), _):
            name, parts = ("filter", (when,)) if made == variable else ("map", (when, made))
    if not name:
        raise NoTree
    return CelMacro(name, over, variable.name, parts)


def _written(tree: CelTree, firmly: int) -> str:
    text, binds = _with_binding(tree)
    return f"({text})" if binds < firmly else text


def _with_binding(tree: CelTree) -> tuple[str, int]:
    match tree:
        case CelValue():
            return _literal(tree.value), _MEMBER_BINDS
        case CelName():
            return tree.name, _MEMBER_BINDS
        case CelField():
            return f"{_written(tree.of, _MEMBER_BINDS)}.{tree.field}", _MEMBER_BINDS
        case CelList():
            return f"[{_series(tree.items)}]", _MEMBER_BINDS
        case CelMacro():
            inner = ", ".join([tree.variable, *map(in_cel, tree.parts)])
            return f"{_written(tree.over, _MEMBER_BINDS)}.{tree.name}({inner})", _MEMBER_BINDS
        case CelCall():
            return _call_written(tree)


def _call_written(call: CelCall) -> tuple[str, int]:
    arguments = call.arguments
    if call.function == HAS and isinstance(arguments[0], CelCall):
        return _call_written(CelCall(IN, arguments[0].arguments[::-1]))
    if call.of is not None:
        of = _written(call.of, _MEMBER_BINDS)
        return f"{of}.{call.function}({_series(arguments)})", _MEMBER_BINDS
    if call.function in _BINARY:
        sign, binds = _BINARY[call.function]
        first, *rest = arguments
        parts = [_written(first, binds), *(_written(one, binds + 1) for one in rest)]
        return f" {sign} ".join(parts), binds
    if call.function in _UNARY:
        # Of two in a row the parser makes none.
        return f"{_UNARY[call.function]}{_written(arguments[0], _MEMBER_BINDS)}", _UNARY_BINDS
    if call.function == INDEX:
        inside, key = arguments
        return f"{_written(inside, _MEMBER_BINDS)}[{in_cel(key)}]", _MEMBER_BINDS
    if call.function == IF:
        when, then, otherwise = arguments
        parts = [_written(one, _TERNARY_BINDS + 1) for one in (when, then)]
        return f"{parts[0]} ? {parts[1]} : {_written(otherwise, _TERNARY_BINDS)}", _TERNARY_BINDS
    return f"{call.function}({_series(arguments)})", _MEMBER_BINDS


def _series(items: tuple[CelTree, ...]) -> str:
    return ", ".join(map(in_cel, items))


def _literal(value: str | bool | float | None) -> str:
    return json.dumps(value, ensure_ascii=False)
