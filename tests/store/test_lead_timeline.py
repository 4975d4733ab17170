"""What happened to a lead, as the page and the terminal tell it."""

from __future__ import annotations

from datetime import timedelta

from store.engagement import Happened
from store.lead_timeline import history, timeline
from tests.store.scored import NOW, Book


def test_a_reply_is_told_once_on_the_page_and_by_its_points_at_the_terminal(book: Book) -> None:
    """Its text stands on the page; at the terminal its points would be missing from the score."""
    lead = book.lead()
    book.record(Happened("1:reply", "reply", NOW, lead_id=lead))
    book.run(
        "INSERT INTO inbound_message (message_id, lead_id, kind, sender, subject, text, "
        "received_at) VALUES ('1', :lead, 'reply', '', 'Re: hello', 'Call me', :at)",
        lead=lead,
        at=NOW,
    )

    with book.database.connect() as connection:
        page = timeline(connection, lead, NOW)
        said = history(connection, lead)

    assert [one.kind for one in page] == ["answer"]
    assert [(one.what, one.detail) for one in said] == [("engagement", "reply · +40 points")]


def test_the_history_tells_mails_stages_and_meetings_to_come_in_their_order(book: Book) -> None:
    """Who is about to call would not know of the meeting that is booked."""
    lead = book.lead()
    book.touch(lead, NOW - timedelta(hours=2))
    book.run("UPDATE touch SET step = 'welcome'")
    book.run(
        "INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, cycle, "
        "at) VALUES (:lead, 'x', 'known', 'mql', 'FollowUp', 'score_reached', 2, :at)",
        lead=lead,
        at=NOW - timedelta(hours=1),
    )
    book.run(
        "INSERT INTO meeting (lead_id, state, attempt, starts_at) VALUES (:lead, 'booked', 2, :at)",
        lead=lead,
        at=NOW + timedelta(days=1),
    )

    with book.database.connect() as connection:
        page = timeline(connection, lead, NOW)
        said = history(connection, lead)

    assert [one.kind for one in page] == ["stage", "mail"]
    assert [(one.what, one.detail) for one in said] == [
        ("mail", "sent · welcome"),
        ("stage", "mql · FollowUp · score_reached · cycle 2"),
        ("meeting", "booked · attempt 2"),
    ]
