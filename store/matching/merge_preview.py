"""What a merge would make of two leads, told before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from domain.contacts.merging import UNDO_WITHIN, Likeness, fields_of, how_far, with_attributes
from domain.names import full_name
from store.matching.merging import OF_PERSON, further, two_leads, why_not
from store.matching.moving import counted
from store.matching.suspects import why_alike


@dataclass(frozen=True)
class MergeField:
    """A field in which two leads differ: both values ('' for none), and the lead whose value
    wins."""

    name: str
    kept: str
    other: str
    wins: int


@dataclass(frozen=True)
class MergeSide:
    """One of two leads that may be merged. ``phase_since`` is journey time, UTC."""

    id: int
    name: str
    email: str
    stage: str
    phase: str
    phase_reason: str
    owner: str
    score: int
    suppressed: str
    """Why its address gets no mail, '' when it does."""


@dataclass(frozen=True)
class MergePreview:
    """What becomes of two leads.

    Attributes:
        keep: id of the lead whose journey is further and goes on.
        rows: table → rows of the other lead that go along.
        ends_journey: whether the other lead's journey ends.
        suppressed: why the merged lead gets no mail, '' when it does: the stricter word wins.
        refused: why it can't be merged so, '' when it can.
        undo_days: in which it can be undone, of journey time.
    """

    kept: MergeSide
    other: MergeSide
    why: list[Likeness]
    keep: int
    fields: list[MergeField]
    rows: dict[str, int]
    ends_journey: bool
    suppressed: str
    refused: str
    undo_days: int


def preview(
    connection: Connection,
    lead_id: int,
    other_id: int,
    choices: Mapping[str, int],
) -> MergePreview:
    """What merging ``other_id`` into ``lead_id`` would do.

    Args:
        choices: field → id of the lead whose value wins.

    Raises:
        Missing: one of them is none.
        Conflict: they are one.
        Invalid: a choice is none.
    """
    two = two_leads(connection, lead_id, other_id)
    chosen = two.chosen(dict(choices))
    own, their = with_attributes(two.kept), with_attributes(two.other)
    accounts = _account_names(connection, two.kept["account_id"], two.other["account_id"])
    rows = counted(connection, other_id)
    kept, other = (_side(connection, lead) for lead in (two.kept, two.other))
    return MergePreview(
        kept=kept,
        other=other,
        why=why_alike(connection, lead_id, other_id),
        keep=further(connection, two),
        fields=[
            MergeField(
                name,
                _shown(own.get(name), accounts if name == "account_id" else {}),
                _shown(their.get(name), accounts if name == "account_id" else {}),
                other_id if name in chosen else lead_id,
            )
            for name in fields_of(two.kept, two.other)
        ],
        rows=rows,
        ends_journey=how_far(two.other["phase"]) > 0,
        suppressed=_suppressed(kept, other, takes_other="email" in chosen),
        refused=why_not(connection, two, sum(rows.values())),
        undo_days=UNDO_WITHIN.days,
    )


def _side(connection: Connection, lead: Mapping[str, Any]) -> MergeSide:
    reason = connection.scalar(
        text("SELECT reason FROM suppression WHERE email_key = :key"), {"key": lead["email_key"]}
    )
    return MergeSide(
        id=lead["id"],
        name=full_name(lead["first_name"], lead["last_name"]) or lead["email"],
        email=lead["email"],
        stage=lead["stage"],
        phase=lead["phase"],
        phase_reason=lead["phase_reason"],
        owner=lead["owner"],
        score=round(lead["interest"]),
        suppressed=reason or "",
    )


def _suppressed(kept: MergeSide, other: MergeSide, *, takes_other: bool) -> str:
    """What stops the address that stays, or was said by either person."""
    address = other if takes_other else kept
    said = [one.suppressed for one in (kept, other) if one.suppressed in OF_PERSON]
    ranked = sorted(said, key=OF_PERSON.index)
    return ranked[-1] if ranked else address.suppressed


def _shown(value: Any, names: Mapping[int, str]) -> str:
    if value is None:
        return ""
    return names.get(value, str(value)) if names else str(value)


def _account_names(connection: Connection, *ids: int | None) -> dict[int, str]:
    rows = connection.execute(
        text("SELECT id, name FROM account WHERE id = ANY(cast(:ids AS bigint[]))"),
        {"ids": [one for one in ids if one is not None]},
    )
    return {row.id: row.name for row in rows}
