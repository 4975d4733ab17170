"""Appointments as people look at them: listed, and one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, func, select

from domain.names import full_name
from store.tables import Account, Lead, Meeting, Rep


class MeetingState(StrEnum):
    """How far an appointment has come."""

    BOOKED = "booked"
    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class MeetingLine:
    """An appointment with a lead; times are journey time, UTC."""

    id: int
    lead_id: int
    first_name: str
    last_name: str
    company: str
    owner: str
    """Code of the rep it is with; '' while nobody has the lead."""
    starts_at: datetime
    minutes: int
    state: MeetingState
    attempt: int
    """How often it was set."""
    missed: int
    """How many settings of it the lead did not come to."""
    cycle: int
    booked_by: str
    """``lead``, a rep's code, or the name of a token."""
    provider: str
    """Where it was booked: calcom, calendly; '' for here."""
    join_url: str
    """Where the video call takes place, '' for none."""
    place: str
    """The phone number or room of a meeting that is no video call; '' when the rep calls."""
    time_zone: str
    """Of the lead."""
    country: str
    """Of the lead."""
    words: str
    """What the rep wrote to the lead as it was last moved, or called off."""
    cancelled_by: str
    """Who called it off: lead, us; '' when nobody did, or it is not known."""
    cancelled_at: datetime | None
    """When it was called off."""

    @property
    def name(self) -> str:
        """The lead's name in the order of its script, '' if unknown."""
        return full_name(self.first_name, self.last_name)


@dataclass(frozen=True)
class MeetingFilter:
    """Which appointments; what is left out does not matter."""

    lead_id: int | None = None
    owner: str | None = None
    """Code of the rep; '' for those with nobody."""
    state: MeetingState | None = None
    standing: bool = False
    """Without those that were called off."""
    since: datetime | None = None
    until: datetime | None = None
    """They begin at ``since`` or later, and before ``until`` (journey time, UTC)."""
    team: str | None = None
    """Of the rep who owns the lead."""


_LINE = (
    select(
        Meeting.id,
        Meeting.lead_id,
        Lead.first_name,
        Lead.last_name,
        func.coalesce(Account.name, "").label("company"),
        Meeting.owner,
        Meeting.starts_at,
        Meeting.minutes,
        Meeting.state,
        Meeting.attempt,
        Meeting.missed,
        Meeting.cycle,
        Meeting.booked_by,
        Meeting.provider,
        Meeting.join_url,
        Meeting.place,
        Lead.time_zone,
        Lead.country,
        Meeting.words,
        Meeting.cancelled_by,
        Meeting.cancelled_at,
    )
    .join(Lead, Lead.id == Meeting.lead_id)
    .outerjoin(Account, Account.id == Lead.account_id)
)


def list_meetings(
    connection: Connection, wanted: MeetingFilter, *, limit: int = 50, latest_first: bool = True
) -> list[MeetingLine]:
    """Appointments, the one that begins last first, or else the one that begins first."""
    order = (Meeting.starts_at, Meeting.id)
    query = _of(wanted).order_by(*(one.desc() for one in order) if latest_first else order)
    return _lines(connection, query.limit(limit))


def meetings_page(
    connection: Connection, wanted: MeetingFilter, *, after: int = 0, limit: int = 50
) -> list[MeetingLine]:
    """Appointments in the order of their ids, from the one after ``after``: one that is moved
    between two pages is in neither twice."""
    query = _of(wanted).where(Meeting.id > after).order_by(Meeting.id).limit(limit)
    return _lines(connection, query)


def find_meeting(connection: Connection, meeting_id: int) -> MeetingLine | None:
    """One appointment, or None."""
    found = _lines(connection, _LINE.where(Meeting.id == meeting_id))
    return found[0] if found else None


def _of(wanted: MeetingFilter) -> Select[*tuple[Any, ...]]:
    query = _LINE
    if wanted.lead_id is not None:
        query = query.where(Meeting.lead_id == wanted.lead_id)
    if wanted.owner is not None:
        query = query.where(Meeting.owner == wanted.owner)
    if wanted.state is not None:
        query = query.where(Meeting.state == wanted.state)
    if wanted.standing:
        query = query.where(Meeting.state != MeetingState.CANCELLED)
    if wanted.since is not None:
        query = query.where(Meeting.starts_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Meeting.starts_at < wanted.until)
    if wanted.team is not None:
        query = query.where(Lead.owner.in_(select(Rep.code).where(Rep.team == wanted.team)))
    return query


def _lines(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[MeetingLine]:
    rows = connection.execute(query)
    return [MeetingLine(**{**row._mapping, "state": MeetingState(row.state)}) for row in rows]
