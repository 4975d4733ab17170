"""Calendar invitations: what Outlook and Gmail need to show, move and remove one entry."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from domain.email.message import CalendarPart
from domain.meetings.invitation import Invitation, uid_of
from domain.meetings.places import MeetingPlace
from mail.channels.base import EmailMessage
from mail.channels.sendgrid import _request
from tests.support.messages import KOREAN, PLAIN

# Clocks in Berlin go back between the two times.
BEFORE = datetime(2026, 10, 23, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
AFTER = datetime(2026, 10, 30, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))

INVITATION = Invitation(
    uid=uid_of("meeting-7", "perennial.example"),
    sequence=0,
    cancelled=False,
    starts_at=BEFORE,
    minutes=30,
    written_at=datetime(2026, 10, 1, 8, 0, tzinfo=UTC),
    summary="Meeting with Clara Moss",
    description="Move or cancel: https://go.perennial.example/b/" + "x" * 120,
    where=MeetingPlace(),
    organizer=("Clara Moss", "clara@perennial.example"),
    attendee=('김민준 "MJ"', "minjun@acme.example"),
)


def event(part: CalendarPart) -> Event:
    (found,) = Calendar.from_ical(part.content).walk("VEVENT")
    assert isinstance(found, Event)
    return found


def mail(message: EmailMessage) -> Parsed:
    raw = message.to_bytes(datetime(2026, 10, 1, 8, 0, tzinfo=UTC))
    return message_from_bytes(raw, _class=Parsed, policy=policy.default)


def test_three_changes_keep_the_uid_and_raise_the_sequence() -> None:
    """A calendar that sees another UID adds a second meeting instead of moving the first."""
    revisions = [
        INVITATION,
        dataclasses.replace(INVITATION, sequence=1, starts_at=AFTER),
        dataclasses.replace(INVITATION, sequence=2, starts_at=AFTER + timedelta(hours=1)),
        dataclasses.replace(INVITATION, sequence=3, cancelled=True),
    ]
    events = [event(revision.part()) for revision in revisions]
    assert {str(one["uid"]) for one in events} == {"meeting-7@perennial.example"}
    assert [one["sequence"] for one in events] == [0, 1, 2, 3]
    assert [revision.part().method for revision in revisions] == [*["REQUEST"] * 3, "CANCEL"]
    assert [str(one["status"]) for one in events] == [*["CONFIRMED"] * 3, "CANCELLED"]


def test_times_are_utc_on_both_sides_of_a_clock_change() -> None:
    """Two o'clock in Berlin is twelve UTC in summer and one in winter."""
    before, after = (
        event(dataclasses.replace(INVITATION, starts_at=at).part()) for at in (BEFORE, AFTER)
    )
    assert b"DTSTART:20261023T120000Z" in INVITATION.part().content
    assert before.decoded("dtstart") == datetime(2026, 10, 23, 12, 0, tzinfo=UTC)
    assert after.decoded("dtstart") == datetime(2026, 10, 30, 13, 0, tzinfo=UTC)
    assert after.decoded("dtend") - after.decoded("dtstart") == timedelta(minutes=30)


def test_who_invites_whom_is_read_back() -> None:
    read = event(INVITATION.part())
    assert str(read["organizer"]) == "mailto:clara@perennial.example"
    assert str(read["attendee"]) == "mailto:minjun@acme.example"
    assert read["attendee"].params["CN"] == "김민준 'MJ'"
    assert read["attendee"].params["RSVP"] == "TRUE"
    assert max(len(line) for line in INVITATION.part().content.split(b"\r\n")) <= 75


def test_the_mail_has_the_invitation_as_alternative_and_as_file() -> None:
    """Gmail and Outlook show the alternative with the method; others open the file."""
    part = INVITATION.part()
    parsed = mail(dataclasses.replace(KOREAN, calendar=part))
    assert parsed.get_content_type() == "multipart/mixed"
    alternatives, attachment = parsed.iter_parts()
    assert [one.get_content_type() for one in alternatives.iter_parts()] == [
        "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    calendar = list(alternatives.iter_parts())[-1]
    assert calendar["content-type"].params["method"] == "REQUEST"
    assert calendar.get_payload(decode=True) == attachment.get_payload(decode=True) == part.content
    assert attachment.get_filename() == "invite.ics"
    assert attachment.get_content_disposition() == "attachment"
    plain = parsed.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().strip() == KOREAN.text.strip()


def test_a_mail_without_invitation_stays_as_it_was() -> None:
    assert mail(PLAIN).get_content_type() == "multipart/alternative"


def test_sendgrid_gets_both_forms() -> None:
    part = dataclasses.replace(INVITATION, cancelled=True).part()
    request = _request(dataclasses.replace(PLAIN, calendar=part))
    assert [one["type"] for one in request["content"]] == [
        "text/plain", "text/html", "text/calendar; method=CANCEL",
    ]  # fmt: skip
    (attachment,) = request["attachments"]
    assert (attachment["filename"], attachment["type"]) == ("invite.ics", "application/ics")
    assert "attachments" not in _request(PLAIN)
