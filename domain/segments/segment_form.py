"""A segment of ``segments.yaml`` as a form, and the file with what people changed of it."""

from __future__ import annotations

import copy
import itertools
import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.segments.policy import Segment

EMPTY_FILE = "policy: segments\nsegments: []\n"
"""The file before there is any segment."""
_LONGEST_NAME = 60
_ROOM_FOR_NUMBER = 4


@dataclass
class SegmentForm:
    """What the form shows of a segment, which is all of it; ``when`` is '' before there is a
    condition."""

    name: str = ""
    title: str = ""
    description: str = ""
    when: str = ""


def form_of(segment: Segment) -> SegmentForm:
    """A segment as the form shows it."""
    return SegmentForm(segment.name, segment.title, segment.description, segment.when)


def with_form(data: Mapping[str, Any], before: SegmentForm, after: SegmentForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
        before: without a name, if the segment is new: it stands last then.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))
    rows = made.setdefault("segments", [])
    row = next((one for one in rows if before.name and one.get("name") == before.name), None)
    if row is None:
        rows.append({name: value for name, value in asdict(after).items() if value})
        return made
    was = asdict(before)
    row |= {name: value for name, value in asdict(after).items() if value != was[name]}
    if not after.description:
        row.pop("description", None)
    return made


def without(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The plain data of the file without a segment."""
    return {**data, "segments": [one for one in data["segments"] if one.get("name") != name]}


def free_name(title: str, taken: Container[str]) -> str:
    """A name that nobody has, from a title: ``segment`` where this has no letters from a to z."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", ""))
    name = words[: _LONGEST_NAME - _ROOM_FOR_NUMBER].strip("-") or "segment"
    others = (f"{name}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], others) if one not in taken)
