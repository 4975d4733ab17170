"""Answers of calendars: a lead that declines must not be waited for, nor one that accepts handed to
sales as if it had written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, text

from store.engine import engine
from store.mail.inbound import receive_mail
from store.meetings.invitation_answers import InvitationAnswer, answer_invitation
from store.meetings.meetings import book_meeting
from store.tables import Lead, Rep
from web.webhooks.inbound_mail import Form, read_mail

NOW = datetime(2026, 10, 23, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 10, 26, 10, 0, tzinfo=UTC)
LEAD, REP = "ada@lovelace.example", "rep@perennial.example"


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A lead of rep-1 in Meeting."""
    database = engine(database_url)
    with database.begin() as connection:
        connection.execute(insert(Rep).values(code="rep-1", name="R", email=REP))
        row = {"email": LEAD, "email_key": LEAD, "owner": "rep-1", "phase": "Meeting"}
        connection.execute(insert(Lead).values(row))
    yield database
    database.dispose()


def declined(connection: Connection, uid: str) -> InvitationAnswer:
    """The lead declines."""
    return answer_invitation(connection, uid, LEAD, partstat="DECLINED", proposed_at=None, now=NOW)


def rows(database: Engine, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def begin(database: Engine) -> str:
    """One meeting with the lead, and nothing else; the UID of its invitation."""
    with database.begin() as connection:
        for table in ("alert", "relay_message", "meeting"):
            connection.execute(text(f"DELETE FROM {table}"))
        meeting = book_meeting(
            connection,
            lead_id=connection.execute(text("SELECT id FROM lead")).scalar_one(),
            starts_at=TEN,
            minutes=30,
            booked_by="lead",
            at=NOW,
        )
        uid = connection.execute(
            text("SELECT uid FROM meeting WHERE id = :id"), {"id": meeting}
        ).scalar_one()
    return f"{uid}@perennial.example"


A = InvitationAnswer


def test_what_an_answer_does(database: Engine) -> None:
    """Cases: who, the answer, another time, the SEQUENCE, now; what becomes of it."""
    other, late = TEN + timedelta(days=1), TEN + timedelta(minutes=5)
    for who, said, proposed, sequence, now, taken, state, alerts in (
        (LEAD, "ACCEPTED", None, 0, NOW, A.NOTED, "booked", []),
        (LEAD, "TENTATIVE", None, None, NOW, A.NOTED, "booked", []),
        (LEAD, "NEEDS-ACTION", None, None, NOW, A.NOTED, "booked", []),
        (LEAD, "DECLINED", None, 0, NOW, A.CANCELLED, "cancelled", ["meeting_declined"]),
        (f"MAILTO:{LEAD.upper()}", "declined", None, None, NOW, A.CANCELLED, "cancelled",
         ["meeting_declined"]),
        (LEAD, "DECLINED", None, -1, NOW, A.NOTED, "booked", []),
        (LEAD, "DECLINED", None, None, late, A.TOLD, "booked", ["meeting_declined"]),
        (LEAD, "TENTATIVE", other, 0, NOW, A.TIME_PROPOSED, "booked", []),
        (LEAD, "DECLINED", other, 0, NOW, A.TIME_PROPOSED, "booked", []),
        (LEAD, "", other, None, NOW, A.TIME_PROPOSED, "booked", []),
        (LEAD, "ACCEPTED", TEN, 0, NOW, A.NOTED, "booked", []),
        (LEAD, "DELEGATED", None, 0, NOW, A.TOLD, "booked", ["invitation_answered"]),
        ("alias@x.example", "DECLINED", None, 0, NOW, A.TOLD, "booked", ["invitation_answered"]),
        (REP, "DECLINED", None, 0, NOW, A.NOTED, "booked", []),
    ):  # fmt: skip
        uid = begin(database)
        with database.begin() as connection:
            got = answer_invitation(
                connection,
                uid,
                who,
                partstat=said,
                proposed_at=proposed,
                now=now,
                sequence=sequence,
            )
        case = (who, said, proposed, sequence)
        assert got == taken, case
        assert rows(database, "SELECT state FROM meeting") == [(state,)], case
        assert [kind for (kind,) in rows(database, "SELECT kind FROM alert")] == alerts, case
        tasks = rows(database, "SELECT payload FROM relay_message WHERE kind = 'standalone_task'")
        assert len(tasks) == (taken == A.TIME_PROPOSED), case


def test_who_declined_called_it_off(database: Engine) -> None:
    """So the journey says so in words of its own, and its calendar entry goes."""
    uid = begin(database)
    with database.begin() as connection:
        declined(connection, uid)
    assert rows(database, "SELECT cancelled_by, missed, sequence FROM meeting") == [("lead", 0, 1)]
    with database.begin() as connection:
        again = declined(connection, uid)
    assert again == A.NOTED


@pytest.mark.parametrize("uid", ["", "x", "@perennial.example", "meeting-99@perennial.example"])
def test_what_is_no_invitation_of_ours_is_left_to_others(database: Engine, uid: str) -> None:
    """A lead that answers somebody else's invitation has still written to us."""
    begin(database)
    with database.begin() as connection:
        assert declined(connection, uid) == A.NOT_OURS
    assert rows(database, "SELECT state FROM meeting") == [("booked",)]


def answered(uid: str, method: str, what: str) -> bytes:
    """The lead's calendar answers, as it posts it."""
    return (
        f"From: Ada <{LEAD}>\r\nSubject: Abgelehnt\r\nMessage-ID: <{method}{uid}>\r\n"
        f"Content-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n"
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nSEQUENCE:0\r\nDTSTAMP:20261023T080000Z\r\n{what}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("method", "what", "state", "tasks", "tray"),
    [
        ("REPLY", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{LEAD}", "cancelled", 0, ""),
        ("REPLY", f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{LEAD}", "booked", 0, ""),
        ("COUNTER", f"DTSTART:20261027T100000Z\r\nATTENDEE:mailto:{LEAD}", "booked", 1, ""),
        # Nobody can tell which time is meant: a person reads it.
        ("COUNTER", f"ATTENDEE:mailto:{LEAD}", "booked", 0, "meeting"),
    ],
)
def test_an_answer_that_comes_by_mail_is_done(  # noqa: PLR0917  (a case of the table)
    database: Engine, method: str, what: str, state: str, tasks: int, tray: str
) -> None:
    """The rep would wait for somebody who said no, or never hear of the time that suits."""
    uid = begin(database)
    with database.begin() as connection:
        mail = read_mail(Form({"email": answered(uid, method, what)}), NOW)
        assert receive_mail(connection, mail)

    assert rows(database, "SELECT state FROM meeting") == [(state,)]
    asked = "SELECT count(*) FROM relay_message WHERE kind = 'standalone_task'"
    assert rows(database, asked) == [(tasks,)]
    assert rows(database, "SELECT kind, tray FROM inbound_message") == [("meeting_answer", tray)]
