"""Merges that were made, as they are shown. Times are journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from domain.contacts.merging import UNDO_WITHIN
from domain.names import full_name
from store.tables import LeadMerge


@dataclass(frozen=True)
class Merge:
    """A lead that went into another: who says so, when, and until when it can be undone (journey
    time, UTC)."""

    id: int
    lead_id: int
    merged_id: int
    name: str
    email: str
    by: str
    at: datetime
    undo_until: datetime
    undone_at: datetime | None
    undone_by: str


def merges_of(connection: Connection, lead_id: int, now: datetime) -> list[Merge]:
    """What was merged into this lead and can still be undone, the latest first.

    Args:
        now: journey time, UTC.
    """
    rows = connection.execute(
        select(LeadMerge)
        .where(
            LeadMerge.lead_id == lead_id,
            LeadMerge.into_id == lead_id,
            LeadMerge.undone_at.is_(None),
            LeadMerge.at > now - UNDO_WITHIN,
        )
        .order_by(LeadMerge.id.desc())
        .limit(20)
    ).all()
    return [_line(row) for row in rows if row.before]


def _line(row: Row[Any]) -> Merge:
    other = row.before.get("other", {})
    return Merge(
        id=row.id,
        lead_id=row.lead_id,
        merged_id=row.merged_id,
        name=full_name(other.get("first_name", ""), other.get("last_name", "")),
        email=other.get("email", ""),
        by=row.by,
        at=row.at,
        undo_until=row.at + UNDO_WITHIN,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


def merge_with(connection: Connection, merge_id: int) -> Merge | None:
    """A merge; None when there is none."""
    row = connection.execute(select(LeadMerge).where(LeadMerge.id == merge_id)).first()
    return None if row is None else _line(row)
