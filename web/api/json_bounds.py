"""What a JSON body may be made of, looked at before anybody parses it."""

from __future__ import annotations

import json
import re

DEEPEST = 40
"""How many arrays and objects may lie in each other."""
MOST_VALUES = 50_000
LONGEST_NUMBER = 40
"""Digits."""

# A string runs to the end of the text when it has no end of its own: each character is looked at
# once. Possessive, for the same reason.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|\d++|[\[\]{},:]', re.DOTALL)
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class BadJson(ValueError):
    """A body that is not worth parsing; the sentence says why."""


def check_json(body: bytes) -> None:
    """Look through the bytes of a JSON text in one pass, without building anything.

    Raises:
        BadJson: it is not UTF-8, nested beyond :data:`DEEPEST`, of more than :data:`MOST_VALUES`
            values, or holds a number beyond :data:`LONGEST_NUMBER` digits, a NUL, or half a
            surrogate pair, none of which can be kept.
    """
    if b"\0" in body:
        raise BadJson("The body is not UTF-8.")
    depth = values = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJson(f"The body is nested more than {DEEPEST} levels deep.")
        elif first in b"]}":
            depth -= 1
        elif first in b"0123456789" and token.end() - token.start() > LONGEST_NUMBER:
            raise BadJson(f"A number has more than {LONGEST_NUMBER} digits.")
        elif first in b",:":
            values += 1
            if values > MOST_VALUES:
                raise BadJson(f"The body has more than {MOST_VALUES:,} values.")
    if _SUSPECT_ESCAPE.search(body):
        _check_texts(body)


def _check_texts(body: bytes) -> None:
    try:
        written = json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return  # The parser says what is wrong with it.
    try:
        written.encode()
    except UnicodeEncodeError:
        raise BadJson("A text holds half a surrogate pair.") from None
    # The writer escapes it, a backslash before it too.
    if re.search(r"(?<!\\)(?:\\\\)*\\u0000", written):
        raise BadJson("A text holds a NUL character.")
