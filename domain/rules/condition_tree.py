"""The parts of a condition and how they are put together. What is no plain and, or, not stays one
part: whoever can't take it apart further asks the condition itself."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from domain.rules.condition_check import TEXT_LITERAL, dotted

_TOKEN = re.compile(
    rf"(?P<blank>\s+)|(?P<text>[bBrR]{{0,2}}(?:{TEXT_LITERAL.pattern}|'(?:[^'\\\n]|\\.)*'))"
    r"|(?P<word>\w+)|(?P<sign>&&|\|\||[=!<>]=|//|.)",
    re.S,
)
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")
_BINDS = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "+", "-", "*", "/", "%"})


@dataclass(frozen=True)
class Atom:
    """A part that is asked as it is written."""

    source: str


@dataclass(frozen=True)
class Not:
    """The opposite of a part."""

    part: Node


@dataclass(frozen=True)
class Joined:
    """Parts of which ``all`` or ``any`` must hold."""

    how: Literal["all", "any"]
    parts: tuple[Node, ...]


Node = Atom | Not | Joined


@dataclass(frozen=True)
class FactComparison:
    """An atom that compares one fact with what is written out.

    Attributes:
        path: of the fact, ``key`` the item of a map or ''.
        function: '' or daysSince, daysUntil.
        operator: ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or ``in`` for one of several.
    """

    path: str
    key: str
    function: str
    operator: str
    values: tuple[str | int | bool, ...]


def has_comment(source: str) -> bool:
    """Whether there is a comment in a condition; ``//`` in a text is none."""
    return any(one[0] == "//" for one in _TOKEN.finditer(source))


@functools.lru_cache(maxsize=1024)
def tree_of(source: str) -> Node:
    """The parts of a condition that is known to be right."""
    if has_comment(source):
        return Atom(source)
    tokens = [one for one in _TOKEN.finditer(source) if one.lastgroup != "blank"]
    return _TreeReader(source, tokens).node(0, len(tokens))


class _TreeReader:
    def __init__(self, source: str, tokens: list[re.Match[str]]) -> None:
        self._source, self._tokens = source, tokens

    def node(self, begin: int, end: int) -> Node:
        if any(self._sign(at) == "?" for at in self._outside(begin, end)):
            return self._atom(begin, end)
        for sign, how in (("||", "any"), ("&&", "all")):
            cuts = [at for at in self._outside(begin, end) if self._sign(at) == sign]
            if cuts:
                ends = [*cuts, end]
                begins = [begin, *(at + 1 for at in cuts)]
                parts = tuple(self.node(*span) for span in zip(begins, ends, strict=True))
                return Joined("all" if how == "all" else "any", parts)
        if self._sign(begin) == "!":
            outside = [self._sign(at) for at in self._outside(begin, end)]
            if _BINDS.isdisjoint(outside):
                return Not(self.node(begin + 1, end))
        # The first sign outside is what follows the bracket that begins the part.
        if self._sign(begin) == "(" and not any(True for _ in self._outside(begin, end)):
            return self.node(begin + 1, end - 1)
        return self._atom(begin, end)

    def _sign(self, at: int) -> str:
        token = self._tokens[at]
        return "" if token.lastgroup == "text" else token[0]

    def _outside(self, begin: int, end: int) -> Iterator[int]:
        """Positions of the tokens that stand in no bracket, without the brackets themselves."""
        depth = 0
        for at in range(begin, end):
            sign = self._sign(at)
            if sign in _OPENS:
                depth += 1
            elif sign in _CLOSES:
                depth -= 1
            elif depth == 0:
                yield at

    def _atom(self, begin: int, end: int) -> Atom:
        return Atom(self._source[self._tokens[begin].start() : self._tokens[end - 1].end()])


_LITERAL = r'"[^"\\\n]*"|' r"'[^'\\\n]*'|-?\d+|true|false"
_KEY = r"""\[\s*(?P<key>"[^"\\\n]*"|'[^'\\\n]*')\s*\]"""
_FACT = rf"(?P<path>[a-z_]+(?:\.[a-z_0-9]+)?)(?:\.(?P<field>[A-Za-z_]\w*)|{_KEY})?"
_COMPARED = re.compile(
    rf"(?:(?P<function>daysSince|daysUntil)\(\s*)?{_FACT}(?(function)\s*\))"
    rf"(?:\s*(?P<operator>[=!]=|[<>]=?)\s*(?P<value>{_LITERAL})"
    rf"|\s+in\s*\[(?P<values>\s*(?:{_LITERAL})(?:\s*,\s*(?:{_LITERAL}))*\s*)\])?"
)
_ONE = re.compile(_LITERAL)


@functools.lru_cache(maxsize=4096)
def comparison_of(atom: Atom) -> FactComparison | None:
    """What an atom compares, None for one that does more than that."""
    found = _COMPARED.fullmatch(dotted(atom.source).strip())
    if found is None:
        return None
    operator, written = found["operator"] or "in", found["value"] or found["values"]
    if written is None:
        operator, written = "==", "true"
    values = tuple(_value(one[0]) for one in _ONE.finditer(written))
    key = found["field"] or (found["key"] or "")[1:-1]
    return FactComparison(found["path"], key, found["function"] or "", operator, values)


def _value(written: str) -> str | int | bool:
    if written in ("true", "false"):
        return written == "true"
    value = ast.literal_eval(written)
    return value if isinstance(value, str | int) else str(value)
