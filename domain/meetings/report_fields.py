"""Reading what a booking service sends: null and what is of another kind count as absent, and
nothing is looked at that nobody needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Fields = Mapping[str, Any]
"""A JSON object."""

NOTHING: Fields = {}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_YEARS = range(1970, 2200)


class BadReport(ValueError):
    """A report that can't be read; the sentence names the field and quotes nothing."""


def required(value: str, field: str, *, longest: int = 300) -> str:
    """``value``, which the report is of no use without.

    Raises:
        BadReport: it is missing, or longer than any.
    """
    if not value or len(value) > longest:
        raise missing(field)
    return value


def missing(field: str) -> BadReport:
    """The sentence for a field that is needed."""
    return BadReport(f"The field {field} is missing or can't be read.")


def body_of(body: object) -> Fields:
    """The report as an object.

    Raises:
        BadReport: it is none.
    """
    if not isinstance(body, Mapping):
        raise missing("body")
    return body


def part(fields: Fields, *path: str) -> Fields:
    """The object at ``path``, an empty one if there is none."""
    found: Any = fields
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else NOTHING


def parts(fields: Fields, name: str) -> list[Fields]:
    """The objects in the list ``name``."""
    found = fields.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def words(fields: Fields, name: str) -> str:
    """The text ``name``, trimmed, without what no database takes; '' if there is none."""
    found = fields.get(name)
    return _UNSTORABLE.sub("", found).strip() if isinstance(found, str) else ""


def flag(fields: Fields, name: str) -> bool:
    """Whether ``name`` is true."""
    return fields.get(name) is True


def moment(fields: Fields, name: str) -> datetime | None:
    """The instant ``name`` (ISO 8601 with an offset), UTC; None if there is none."""
    try:
        found = datetime.fromisoformat(words(fields, name))
        at = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if found.tzinfo is not None and at.year in _YEARS else None


def web_address(value: object) -> str:
    """``value`` when it is an https address of sane length, else ''."""
    usable = isinstance(value, str) and len(value) <= 500 and is_web_address(value, "https")
    return str(value) if usable else ""


def is_web_address(value: str, *schemes: str) -> bool:
    """Whether it is a whole address of one of the schemes. ``urlsplit`` drops line breaks and tabs
    before it looks (WHATWG URL, §4.4); a header or a calendar with them is broken."""
    if not value.isprintable() or " " in value:
        return False
    try:
        found = urlsplit(value)
    except ValueError:
        return False
    return found.scheme in schemes and bool(found.hostname)
