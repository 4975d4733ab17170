"""What a condition may cost, told from its text before anything of it is parsed or run.

The evaluator can't be interrupted and lets no other thread run meanwhile, so a condition has to be
known as cheap beforehand. :func:`steps_of` gives an upper bound of its work on the largest facts
that :func:`bounded` lets through; a step is about a microsecond.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Any

from domain.sentences import sentence

MOST_STEPS = 20_000
"""The work of one condition."""
MOST_STEPS_OF_A_POLICY = 50_000
"""The work of all conditions of one policy: an event, or a lead, is put to each of them."""
MOST_ITEMS = 200
"""Items of a list or map that a condition reads or holds; facts beyond them are not seen."""
LONGEST_TEXT = 2000
"""Characters of a text that a condition reads; those beyond them are not seen."""
MOST_CONDITIONS = 200
"""Conditions of one policy or cadence."""
MOST_VALUES = 1000
"""Values within all facts together; facts beyond them are not seen."""

_DEEPEST_FACT = 8
_DEEPEST_BRACKETS = 20
_MOST_PLUS = 20
_LONGEST_PATTERN = 200
_MOST_REPEATS = 50

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*)
    |(?P<text>[bB]?(?:[rR](?:"[^"\r\n]*"|'[^'\r\n]*')|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'))
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<sign>&&|\|\||[=!<>]=|.)""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
# A comparison or a search goes through the whole of a text, list or map.
_THOROUGH = {"==": 20, "!=": 20, "in": 20, "+": 20, "contains": 10, "startsWith": 2, "endsWith": 2}
_THOROUGH |= {"number": 20, "date": 20, "daysSince": 20, "daysUntil": 20, "yes": 5, "lower": 10}
_REPEAT = re.compile(r"\{(\d*),?(\d*)\}")
_ESCAPED_SIGN = re.compile(r"\\[xXuU0-9]")


class TooCostly(ValueError):
    """A condition that would take too long. ``position`` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


@dataclass
class _Bracket:
    """An open bracket. ``times`` is how often what stands in it is evaluated."""

    token: _Token
    times: int
    macro: bool = False
    literal: bool = False
    commas: int = 0


def steps_of(source: str) -> int:
    """An upper bound of the work of a condition, in steps.

    Takes time in proportion to the text, whatever it is; text that is no CEL gets some bound.

    Raises:
        TooCostly: it nests too deeply, its lists are too long, a list function stands inside
            another one, a pattern of ``matches`` is not written out or too heavy, or the bound
            is beyond :data:`MOST_STEPS`.
    """
    tokens = [
        _Token(str(found.lastgroup), found[0], found.start())
        for found in _TOKEN.finditer(source)
        if found.lastgroup != "blank"
    ]
    return _Estimate(tokens).steps()


def too_costly_together(conditions: Iterable[str | None]) -> str:
    """What is wrong with these conditions of one policy together, '' when nothing is. Each is
    one that :func:`steps_of` takes, or None."""
    if sum(steps_of(one) for one in conditions if one) <= MOST_STEPS_OF_A_POLICY:
        return ""
    return "these conditions take too long together. Shorten their lists and patterns"


class _Estimate:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._open: list[_Bracket] = []
        self._maps = 0
        self._items_before = MOST_ITEMS  # of the list literal that ended right before a token

    def steps(self) -> int:
        steps = plus = 0
        for number, token in enumerate(self._tokens):
            times = self._open[-1].times if self._open else 1
            if token.kind == "text" and self._follows(number, token.text[-1]):
                raise TooCostly(
                    sentence("write text in one pair of quotation marks"), token.position
                )
            if token.text in _CLOSING:
                self._opens(number, token, times)
            elif token.text in _CLOSING.values():
                self._closes(number)
            elif token.text == "," and self._open:
                self._counts_item(token)
            elif token.text == "+":
                plus += 1
                if plus > _MOST_PLUS:
                    raise TooCostly(
                        sentence("at most {most} '+' in one condition", most=_MOST_PLUS),
                        token.position,
                    )
            steps += times * self._weight(number, token)
            if steps > MOST_STEPS:
                raise TooCostly(
                    sentence(
                        "this condition takes too long to answer. Shorten its lists and patterns, "
                        "or split it over several conditions"
                    ),
                    token.position,
                )
        return steps

    def _follows(self, number: int, mark: str) -> bool:
        """Whether text begins right where the text at ``number`` ends, as three quotation marks in
        a row look: they enclose text of several lines, in which anything could hide."""
        token = self._tokens[number]
        after = self._tokens[number + 1 : number + 2]
        return bool(
            after
            and after[0].text.startswith(mark)
            and after[0].position == token.position + len(token.text)
        )

    def _before(self, number: int, back: int = 1) -> str:
        return self._tokens[number - back].text if number >= back else ""

    def _opens(self, number: int, token: _Token, times: int) -> None:
        if len(self._open) >= _DEEPEST_BRACKETS:
            raise TooCostly(
                sentence("brackets are nested more than {most} deep here", most=_DEEPEST_BRACKETS),
                token.position,
            )
        macro = token.text == "(" and self._before(number) in _MACROS
        macro = macro and self._before(number, 2) in (".", "?")
        if macro:
            self._maps += self._before(number) == "map"
            if self._maps > 1:
                # Each could double what the one before it made.
                raise TooCostly(
                    sentence("map(…) can stand once in a condition"), token.position - 3
                )
            if any(bracket.macro for bracket in self._open):
                raise TooCostly(
                    sentence(
                        "{function}(…) can't stand inside another list function: the work would "
                        "multiply. Ask for one item with 'in', or split the condition",
                        function=self._before(number),
                    ),
                    self._tokens[number - 1].position,
                )
            literal = self._before(number, 3) == "]"
            times *= max(1, self._items_before if literal else MOST_ITEMS)
        before = self._tokens[number - 1] if number else None
        indexes = before is not None and (
            (before.kind in ("word", "text") and before.text != "in") or before.text in (")", "]")
        )
        self._open.append(_Bracket(token, times, macro, literal=not indexes))

    def _closes(self, number: int) -> None:
        if not self._open:
            return
        bracket = self._open.pop()
        is_list = bracket.token.text == "[" and bracket.literal
        empty = self._tokens[number - 1] is bracket.token
        self._items_before = (bracket.commas + (not empty)) if is_list else MOST_ITEMS

    def _counts_item(self, token: _Token) -> None:
        bracket = self._open[-1]
        bracket.commas += 1
        if bracket.commas >= MOST_ITEMS:
            raise TooCostly(
                sentence("a list holds at most {most} items", most=MOST_ITEMS), token.position
            )

    def _weight(self, number: int, token: _Token) -> int:
        if token.text == "matches" and self._before(number) == ".":
            return self._pattern_weight(number)
        return 1 if token.kind == "text" else _THOROUGH.get(token.text, 1)

    def _pattern_weight(self, number: int) -> int:
        """Patterns are compiled anew each time, which takes most of the time of ``matches``."""
        token = self._tokens[number]
        argument = self._tokens[number + 1 : number + 4]
        if len(argument) < 3 or argument[1].kind != "text" or argument[2].text != ")":
            raise TooCostly(
                sentence(
                    "the pattern of matches(…) must be written out, such as {sample}",
                    sample='matches("^(CTO|CIO)$")',
                ),
                token.position,
            )
        text = argument[1].text
        if len(text) > _LONGEST_PATTERN:
            raise TooCostly(
                sentence("a pattern has at most {most} characters", most=_LONGEST_PATTERN),
                argument[1].position,
            )
        raw = text[0] in "rR" or text[1] in "rR"
        pattern = text if raw else text.replace("\\\\", "\0")
        if not raw and _ESCAPED_SIGN.search(pattern):
            raise TooCostly(
                sentence("write the signs of a pattern themselves"), argument[1].position
            )
        pattern = pattern.replace("\0", "\\")
        repeats = [max(map(int, (found[1] or 0, found[2] or 0))) for found in _counts(pattern)]
        # A group that is repeated repeats what is repeated in it.
        nested = "(" in pattern.replace("(?i)", "")
        times = max(1, prod(repeats) if nested else max(repeats, default=1))
        if times > _MOST_REPEATS:
            raise TooCostly(
                sentence(
                    "a pattern repeats its parts at most {most} times, all {repeats} of it "
                    "multiplied. Use * or +",
                    most=_MOST_REPEATS,
                    repeats="{…}",
                ),
                argument[1].position,
            )
        # A class such as \w stands for hundreds of ranges of characters.
        return 6 * times * (len(pattern) + 40 * pattern.count("\\"))


def _counts(pattern: str) -> list[re.Match[str]]:
    # Longer numbers than these are beyond every limit, and slow to read.
    return [found for found in _REPEAT.finditer(pattern) if found[1] or found[2]]


def bounded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as conditions see them: of a long text the first :data:`LONGEST_TEXT`
    characters, of a long list or map the first :data:`MOST_ITEMS` items, nothing nested beyond
    eight levels, and :data:`MOST_VALUES` values in all."""
    left = MOST_VALUES

    def cut(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if isinstance(value, str):
            return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT]
        if isinstance(value, Mapping):
            if depth == 0:
                return {}
            return {
                cut(key, 0): cut(inner, depth - 1)
                for key, inner in islice(value.items(), MOST_ITEMS)
                if left > 0
            }
        if isinstance(value, list | tuple):
            if depth == 0:
                return []
            return [cut(inner, depth - 1) for inner in islice(value, MOST_ITEMS) if left > 0]
        if isinstance(value, bytes):
            return value[:LONGEST_TEXT]
        return value

    return {name: cut(value, _DEEPEST_FACT) for name, value in facts.items()}
