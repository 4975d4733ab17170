"""What a lead did in the moment in which its journey began another cycle.

News of an earlier cycle is history to a journey, so what was recorded a moment too early must be
taken along: else an appointment that the lead was promised is nobody's, and a reply is not
answered.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.contracts.journey import PhaseEntry
from store.journeys import journeys
from store.meetings.meetings import book_meeting, cancel_meeting
from store.scoring.engagement import record_engagement
from tests.support.scored_leads import NOW, Book

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def lead(book: Book) -> int:
    """A lead that rests, in its first cycle."""
    lead = book.lead(phase="FollowUp")
    enter(book, lead, "Recycle", 1)
    return lead


def enter(book: Book, lead: int, phase: str, cycle: int) -> None:
    """The journey goes on in this phase."""
    entry = PhaseEntry(lead, f"{phase}-{lead}-{cycle}", phase, "", "test", cycle)
    with book.database.begin() as connection:
        journeys.record_entry(connection, entry, NOW)


def appoint(book: Book, lead: int, days: int) -> int:
    """The lead books, or moves what it has booked."""
    with book.database.begin() as connection:
        return book_meeting(
            connection,
            lead_id=lead,
            starts_at=NOW + timedelta(days=days),
            minutes=30,
            booked_by="lead",
            at=LATER,
        )


def told(book: Book, lead: int, cycle: int) -> list[str]:
    """What the lead's journey is told of a cycle."""
    return book.values(
        "SELECT payload->>'code' FROM relay_message WHERE kind = 'signal' "
        "AND workflow_id = 'lead-' || :lead AND payload->>'cycle' = :cycle ORDER BY id",
        lead=lead,
        cycle=str(cycle),
    )


@pytest.mark.parametrize("phase", ["Nurture", "FollowUp"])
def test_an_appointment_that_was_made_as_the_journey_went_elsewhere_is_told_again(
    book: Book, lead: int, phase: str
) -> None:
    appoint(book, lead, 2)

    enter(book, lead, phase, 2)
    enter(book, lead, phase, 2)

    assert told(book, lead, 2) == ["booked"]


def test_an_appointment_goes_on_in_the_cycle_of_its_journey(book: Book, lead: int) -> None:
    """A new time would be an appointment beside it, and nobody would hear that it is cancelled."""
    meeting = appoint(book, lead, 2)

    enter(book, lead, "Meeting", 2)

    assert appoint(book, lead, 3) == meeting
    with book.database.begin() as connection:
        assert cancel_meeting(connection, meeting_id=meeting, at=LATER)
    assert told(book, lead, 2) == ["rescheduled", "cancelled"]


def test_an_appointment_of_before_the_rest_is_not_brought_up_again(book: Book) -> None:
    """Nobody said how it went: that was settled in the cycle in which it was."""
    lead = book.lead(phase="Meeting")
    with book.database.begin() as connection:
        book_meeting(
            connection,
            lead_id=lead,
            starts_at=NOW - timedelta(days=3),
            minutes=30,
            booked_by="lead",
            at=NOW - timedelta(days=5),
        )
    enter(book, lead, "Recycle", 1)

    enter(book, lead, "Nurture", 2)

    assert told(book, lead, 2) == []


@pytest.mark.parametrize(("phase", "news"), [("Nurture", ["replied"]), ("FollowUp", [])])
def test_a_reply_that_came_as_something_else_woke_the_lead_reaches_sales(
    book: Book, lead: int, phase: str, news: list[str]
) -> None:
    """Unless the lead is with sales anyway."""
    with book.database.begin() as connection:
        record_engagement(connection, lead_id=lead, kind="reply", at=LATER, key="reply")

    enter(book, lead, phase, 2)

    assert told(book, lead, 2) == news
