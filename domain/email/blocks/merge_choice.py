"""A merge field as somebody picks it from a list: what it says, and what stands in for nothing."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from domain.email.merge_fields import FIELDS, MAY_BE_EMPTY, MEETING_FIELDS

FULL_NAME = "lead|full_name"
_CHOICE = re.compile(
    r"\s*(lead\s*\|\s*full_name|[a-z_]+(?:\.\w+)*)\s*"
    r"(?:\|\s*fallback\(\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*\)\s*)?"
)
_ATTRIBUTE = re.compile(r"lead\.attributes\.[A-Za-z]\w*")


class MergeChoice(NamedTuple):
    """A field by its path (``lead.first_name``), and its fallback, '' for none."""

    path: str
    fallback: str = ""


def pickable_fields(*, meeting: bool) -> list[str]:
    """Paths of the fields that a mail may say in its words, in the order of a list to pick from;
    those of a meeting too where the mail is about one."""
    known = {one for one in FIELDS if not one.startswith("links.")}
    known |= {one for one in MEETING_FIELDS if meeting and not one.startswith("links.")}
    order = ("lead.", "owner.", "sender.", "meeting.", "")
    return [
        FULL_NAME,
        *sorted(
            known, key=lambda one: (next(n for n, o in enumerate(order) if one.startswith(o)), one)
        ),
    ]


def needs_fallback(path: str) -> bool:
    """Whether a lead may have nothing there."""
    return path in MAY_BE_EMPTY or path == FULL_NAME or path.startswith("lead.attributes.")


def is_field(path: str, *, meeting: bool) -> bool:
    """Whether there is such a field; of attributes there is any."""
    return path in pickable_fields(meeting=meeting) or _ATTRIBUTE.fullmatch(path) is not None


def choice_of(code: str) -> MergeChoice | None:
    """What was picked, by what stands between the braces; None for an expression of another
    form."""
    found = _CHOICE.fullmatch(code)
    if found is None:
        return None
    path = re.sub(r"\s", "", found[1])
    fallback = found[2] or ""
    return MergeChoice(path, re.sub(r"\\(.)", r"\1", fallback[1:-1]))


def code_of(choice: MergeChoice) -> str:
    """What stands between the braces."""
    if not choice.fallback:
        return f" {choice.path} "
    return f" {choice.path}|fallback({json.dumps(choice.fallback, ensure_ascii=False)}) "
