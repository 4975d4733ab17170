"""Meetings as their rows have them, and what mails and calendars tell of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, exists, select, update

from domain.email.sender import RepCard
from domain.meetings.places import MeetingPlace
from store.engine import RowGone
from store.routing.rep_cards import rep_card
from store.tables import Lead, Meeting, Touch
from store.tables.base import columns_of


class MeetingRow(NamedTuple):
    """A row of ``meeting``; its columns say what they hold."""

    id: int
    lead_id: int
    owner: str
    starts_at: datetime
    minutes: int
    state: str
    attempt: int
    missed: int
    cycle: int
    beside: bool
    provider: str
    uid: str
    sequence: int
    invited: bool
    cancelled_by: str
    proposed_at: datetime | None
    join_url: str
    place: str
    words: str
    mail_subject: str
    mail_text: str
    old_uid: str
    old_owner: str

    @property
    def ends_at(self) -> datetime:
        """When it ends: journey time, UTC."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class MeetingWords:
    """What a rep writes to the lead about a meeting: a ``note`` beside the template's words, and
    ``subject`` and ``text`` in place of the template's; '' for nothing."""

    note: str = ""
    subject: str = ""
    text: str = ""

    def columns(self) -> dict[str, str]:
        """As a row keeps them."""
        return {"words": self.note, "mail_subject": self.subject, "mail_text": self.text}


NO_WORDS = MeetingWords()
MEETING = columns_of(Meeting, MeetingRow)
"""What to select, or to return, for a :class:`MeetingRow`."""


@dataclass(frozen=True, slots=True)
class MeetingDetails:
    """A meeting with what mails and calendars tell of those who meet: the lead's time zone and
    phone number, the rep's card (None while it is with nobody)."""

    meeting: MeetingRow
    time_zone: str
    phone: str
    rep: RepCard | None

    @property
    def where(self) -> MeetingPlace:
        """Where it takes place. A calendar service's says so itself."""
        told = MeetingPlace(self.meeting.join_url, self.meeting.place)
        return told if any(told) or self.meeting.provider else MeetingPlace(phone=self.phone)


def meeting_details(connection: Connection, meeting_id: int) -> MeetingDetails:
    """The meeting with this id.

    Raises:
        RowGone: there is none.
    """
    row = connection.execute(
        select(*MEETING, Lead.time_zone, Lead.phone)
        .join(Lead, Lead.id == Meeting.lead_id)
        .where(Meeting.id == meeting_id)
    ).first()
    if row is None:
        raise RowGone(f"There is no meeting {meeting_id}.")
    *columns, time_zone, phone = row
    meeting = MeetingRow(*columns)
    return MeetingDetails(meeting, time_zone, phone, rep_card(connection, meeting.owner))


def mark_invited(connection: Connection, meeting: MeetingRow) -> bool:
    """Note that calendars get an invitation of ours; False when the meeting has another rep by
    now."""
    same = (Meeting.id == meeting.id, Meeting.uid == meeting.uid, Meeting.owner == meeting.owner)
    done = connection.execute(update(Meeting).where(*same).values(invited=True))
    return done.rowcount == 1


def mark_old_withdrawn(connection: Connection, meeting: MeetingRow) -> None:
    """Note that calendars have the invitation of the rep of before no more."""
    connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting.id, Meeting.old_uid == meeting.old_uid)
        .values(old_uid="", old_owner="")
    )


def mark_withdrawn(connection: Connection, meeting_id: int) -> None:
    """Note that calendars have our invitation no more, where a service's took its place."""
    connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.provider != "")
        .values(invited=False)
    )


def start_to_announce(connection: Connection, meeting_id: int, touch_key: str) -> datetime | None:
    """When a meeting begins (journey time, UTC) that no touch with this key has announced yet."""
    begun = exists().where(Touch.key == touch_key)
    return connection.scalar(select(Meeting.starts_at).where(Meeting.id == meeting_id, ~begun))
