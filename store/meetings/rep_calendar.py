"""A rep's meetings, for the calendar that programs subscribe to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.meetings.calendar_feed import FeedEntry
from domain.meetings.places import MeetingPlace
from domain.names import full_name
from store.tables import Account, Lead, Meeting

MOST = 1000
"""Meetings in a calendar, the latest of all."""


def rep_calendar(connection: Connection, rep: str, since: datetime) -> list[FeedEntry]:
    """The rep's meetings that begin at ``since`` (journey time, UTC) or later, called off or not,
    in the order in which they begin."""
    latest = (
        select(
            Meeting.lead_id,
            Meeting.uid,
            Meeting.sequence,
            Meeting.state,
            Meeting.starts_at,
            Meeting.minutes,
            Meeting.created_at,
            Meeting.provider,
            Meeting.join_url,
            Meeting.place,
            Lead.first_name,
            Lead.last_name,
            Lead.phone,
            func.coalesce(Account.name, "").label("company"),
        )
        .join(Lead, Lead.id == Meeting.lead_id)
        .outerjoin(Account, Account.id == Lead.account_id)
        .where(Meeting.owner == rep, Meeting.starts_at >= since)
        .order_by(Meeting.starts_at.desc(), Meeting.id.desc())
        .limit(MOST)
    )
    return [
        FeedEntry(
            lead_id=row.lead_id,
            uid=row.uid,
            sequence=row.sequence,
            cancelled=row.state == "cancelled",
            starts_at=row.starts_at,
            minutes=row.minutes,
            made_at=row.created_at,
            lead=full_name(row.first_name, row.last_name),
            company=row.company,
            where=MeetingPlace(row.join_url, row.place, "" if row.provider else row.phone),
        )
        for row in reversed(connection.execute(latest).all())
    ]
