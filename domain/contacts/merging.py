"""Two leads that are one person: what speaks for it, which goes on, and which value wins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from domain.contracts.journey import Phase

UNDO_WITHIN = timedelta(days=30)
"""Journey time in which a merge can be undone."""


class Likeness(StrEnum):
    """Why two leads may be the same person, what says it most surely first."""

    MAILBOX = "mailbox"
    """Their addresses are one mailbox: they differ in a subaddress or in what Gmail ignores."""
    PHONE = "phone"
    NAME_AND_COMPANY = "name_and_company"
    """The same whole name at the same account or, without one, at the same mail domain."""


FIELDS = (
    *("email", "first_name", "last_name", "title", "phone", "account_id", "country", "language"),
    *("time_zone", "source"),
)
"""The fields of which somebody may choose whose value wins."""
ATTRIBUTE = "attributes."
"""An attribute's field begins so."""
_HOW_FAR = {
    Phase.NURTURE: 1,
    Phase.RECYCLE: 1,
    Phase.FOLLOW_UP: 2,
    Phase.MEETING: 3,
    Phase.OPPORTUNITY: 4,
    Phase.CUSTOMER: 5,
}


def how_far(phase: str, *, begins: bool = False) -> int:
    """How far a journey is: of two, the one that is further goes on.

    Args:
        phase: '' before the start, 'ended' after the end.
        begins: whether its start is on the way.
    """
    return max(_HOW_FAR.get(Phase(phase), 0) if phase in list(Phase) else 0, int(begins))


def from_other(kept: Mapping[str, Any], other: Mapping[str, Any], field: str) -> bool:
    """Whether the other lead's value wins while nobody chooses: where the kept one has none, or
    one that was only guessed.

    Args:
        kept, other: rows of leads; attributes as fields that begin with :data:`ATTRIBUTE`.
    """
    if field in ("language", "time_zone"):
        certainty = f"{field}_certainty"
        return bool(other[certainty] > kept[certainty])
    return kept.get(field) in (None, "") and other.get(field) not in (None, "")


def with_attributes(lead: Mapping[str, Any]) -> dict[str, Any]:
    """A lead's row with each attribute as a field."""
    return {
        **lead,
        **{f"{ATTRIBUTE}{name}": value for name, value in lead["attributes"].items()},
    }


def fields_of(kept: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The fields in which two leads differ, as a person chooses among them."""
    own, their = with_attributes(kept), with_attributes(other)
    attributes = sorted(name for name in {*own, *their} if name.startswith(ATTRIBUTE))
    return [
        name
        for name in (*FIELDS, *attributes)
        if own.get(name) != their.get(name) and (own.get(name) or their.get(name))
    ]


def merged_values(
    kept: Mapping[str, Any], other: Mapping[str, Any], chosen: Collection[str]
) -> dict[str, Any]:
    """The columns of the lead that comes of two, as far as they are another than the kept one's.

    Args:
        chosen: the fields of which the other's value wins.
    """
    own, their = with_attributes(kept), with_attributes(other)
    values: dict[str, Any] = {}
    attributes = dict(kept["attributes"])
    for name in fields_of(kept, other):
        if name not in chosen:
            continue
        if name.startswith(ATTRIBUTE):
            attributes[name.removeprefix(ATTRIBUTE)] = their.get(name)
        else:
            values[name] = their.get(name)
        if name in ("language", "time_zone"):
            values[f"{name}_certainty"] = their[f"{name}_certainty"]
        if name == "email":
            values["email_key"] = their["email_key"]
    present = {name: value for name, value in attributes.items() if value is not None}
    if present != own["attributes"]:
        values["attributes"] = present
    return values
