"""The mail about an appointment: read, and put in other words, before the appointment is set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mail.meeting_mails import CANCELLED_BY_US, INVITES, meeting_mail
from services.template_parts import TEMPLATES, template_parts
from settings import Settings
from store.meetings.meeting_rows import NO_WORDS, MeetingWords


@dataclass(frozen=True)
class MeetingChange:
    """What is to become of an appointment: of ``meeting_id``, which moves to ``starts_at`` (journey
    time, UTC) or is called off where that is None; or of one that ``lead_id`` is to have.
    ``minutes`` None leaves its length."""

    lead_id: int = 0
    meeting_id: int = 0
    starts_at: datetime | None = None
    minutes: int | None = None
    words: MeetingWords = NO_WORDS


def mail_about(change: MeetingChange) -> str:
    """The template that the lead gets."""
    return INVITES if change.starts_at else CANCELLED_BY_US


def check_mail(
    connection: Connection, settings: Settings, meeting_id: int, change: MeetingChange
) -> None:
    """Refuse own words that the mail can't be written in.

    Raises:
        Invalid: they can't be sent; ``field`` is ``text``.
    """
    if change.words.subject or change.words.text:
        parts = template_parts(TEMPLATES)
        meeting_mail(connection, settings, meeting_id, mail_about(change), parts)
