"""What happened to a lead, as the page and the terminal tell it."""

from __future__ import annotations

import json
from datetime import timedelta

from store.scoring.engagement import LeadActivity
from store.views.lead_timeline import TimelineEntry as Line
from store.views.lead_timeline import history, timeline, timeline_length
from tests.support.scored_leads import NOW, Book


def test_a_reply_is_told_once_on_the_page_and_by_its_points_at_the_terminal(book: Book) -> None:
    """Its text stands on the page; at the terminal its points would be missing from the score."""
    lead = book.lead()
    book.record(LeadActivity("1:reply", "reply", NOW, lead_id=lead))
    book.run(
        "INSERT INTO inbound_message (message_id, lead_id, kind, sender, subject, text, "
        "received_at) VALUES ('1', :lead, 'reply', '', 'Re: hello', 'Call me', :at)",
        lead=lead,
        at=NOW,
    )

    with book.database.connect() as connection:
        page = timeline(connection, lead, NOW)
        said = history(connection, lead)

    assert [one.kind for one in page if one.kind != "stage"] == ["answer"]
    assert [(one.what, one.detail) for one in said if one.what != "stage"] == [
        ("engagement", "reply · +40 points")
    ]


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


def test_a_timeline_in_pages_says_the_same_as_in_one(book: Book) -> None:
    """A new cycle would look like any other move where a page begins, and what happened at the same
    moment would be told twice or never."""
    lead = book.lead()
    at = NOW - timedelta(days=1)
    for number, cycle in enumerate((1, 1, 2, 2, 3, 3)):
        book.run(
            "INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, "
            "cycle, at) VALUES (:lead, :key, 'a', 'b', 'Nurture', '', :cycle, :at)",
            lead=lead,
            key=f"run-{number}",
            cycle=cycle,
            at=at + timedelta(minutes=number // 2),
        )
    book.run(
        "INSERT INTO task (key, lead_id, kind, title, owner, state, opened_at, due_at, "
        "deadline_at, workflow_id, run_id, dispositions, answer) VALUES ('t', :lead, 'call', '', "
        "'', 'open', :at, :at, :at, '', '', '[]', cast(:answer AS jsonb))",
        lead=lead,
        at=at,
        answer=json.dumps(
            {"refused": [{"refused_at": at.isoformat(), "disposition": "no_answer"}] * 3}
        ),
    )
    book.run(
        "INSERT INTO opportunity (key, lead_id, opened_at, closed_at, outcome) "
        "VALUES ('o', :lead, :at, :at, 'lost')",
        lead=lead,
        at=at,
    )

    with book.database.connect() as connection:
        whole = timeline(connection, lead, NOW, limit=None)
        for limit in (1, 2, 3):
            pages: list[Line] = []
            while page := timeline(
                connection, lead, NOW, after=pages[-1].place if pages else None, limit=limit
            ):
                assert len(page) <= limit
                pages += page
            assert pages == whole
        assert timeline_length(connection, lead, NOW) == len(whole) == 12

    new = [one.facts["cycle"] for one in whole if one.kind == "stage" and one.facts["new_cycle"]]
    assert new == [3, 2]
