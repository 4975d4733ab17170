"""What a day holds for somebody: what the digest of a morning says. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.names import full_name
from store.routing.unassigned import how_many_wait
from store.views.inbox import InboxLine, TaskFilter, how_many, lines

MOST = 10
"""Tasks and meetings that a digest names."""


@dataclass(frozen=True)
class MeetingToday:
    """A meeting of the day."""

    lead_id: int
    name: str
    company: str
    starts_at: datetime


@dataclass(frozen=True)
class Morning:
    """``tasks`` are the first that wait, of ``open`` in all, of which ``late`` are late; the rest
    of them waits for the team: ``team_late`` and ``unassigned`` are None for who answers for no
    team."""

    tasks: Sequence[InboxLine]
    open: int
    late: int
    meetings: Sequence[MeetingToday]
    team_late: int | None
    unassigned: int | None


def morning(
    connection: Connection, rep: str, *, for_team: bool, now: datetime, ends: datetime
) -> Morning:
    """What waits for a rep at ``now``, and the meetings until the day ``ends``.

    Args:
        rep: code; '' for who is no rep.
        for_team: whether to tell of what waits for anybody, too.
    """
    own = TaskFilter(owner=rep)
    return Morning(
        lines(connection, own, now, MOST) if rep else (),
        how_many(connection, own) if rep else 0,
        how_many(connection, TaskFilter(owner=rep, late_at=now)) if rep else 0,
        _meetings(connection, rep, now, ends) if rep else (),
        how_many(connection, TaskFilter(late_at=now)) if for_team else None,
        how_many_wait(connection) if for_team else None,
    )


def _meetings(
    connection: Connection, rep: str, now: datetime, ends: datetime
) -> list[MeetingToday]:
    rows = connection.execute(
        text(
            """
            SELECT lead.id, first_name, last_name, email, coalesce(account.name, '') AS company,
                starts_at
            FROM meeting JOIN lead ON lead.id = lead_id
            LEFT JOIN account ON account.id = account_id
            WHERE meeting.owner = :rep AND state = 'booked'
                AND starts_at >= :now AND starts_at < :ends
            ORDER BY starts_at, meeting.id LIMIT :most
            """
        ),
        {"rep": rep, "now": now, "ends": ends, "most": MOST},
    )
    return [
        MeetingToday(
            row.id,
            full_name(row.first_name, row.last_name) or row.email,
            row.company,
            row.starts_at,
        )
        for row in rows
    ]
