"""``starter.py meetings`` as a seller at a terminal meets it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert, text

from cli import meetings
from cli.errors import UserError
from store.published.policies import publish_policy
from store.tables import Lead
from tests.cli.terminal import run
from tests.web.conftest import SCORING

SEOUL = ZoneInfo("Asia/Seoul")
TEN = (datetime.now(SEOUL) + timedelta(days=30)).replace(hour=10, minute=0, second=0, microsecond=0)


@pytest.fixture
def lead(database: Engine, rep: str) -> int:
    """A lead of rep-1 in Seoul."""
    with database.begin() as connection:
        publish_policy(connection, "scoring", SCORING)
        made: int = connection.execute(
            insert(Lead)
            .values(
                first_name="지우",
                last_name="서",
                email="jiwoo@x.example",
                email_key="jiwoo@x.example",
                owner=rep,
                time_zone="Asia/Seoul",
            )
            .returning(Lead.id)
        ).scalar_one()
    return made


def test_a_seller_books_moves_finds_and_calls_off_an_appointment(lead: int) -> None:
    """Whoever sits at a terminal would have to write SQL to see when to meet whom."""
    booked = run(meetings.app, "book", str(lead), "--at", f"{TEN:%Y-%m-%d %H:%M}")
    later = f"{TEN + timedelta(days=7):%Y-%m-%d %H:%M}"
    moved = run(meetings.app, "book", "jiwoo@x.example", "--at", later, "--minutes", "45")
    (listed,) = json.loads(run(meetings.app, "list", "--state", "booked", "--json"))
    number = str(listed["id"])
    shown = run(meetings.app, "show", number)
    before = run(meetings.app, "list", "--lead", str(lead), "--to", f"{TEN:%Y-%m-%d}")
    after = run(meetings.app, "list", "--owner", "rep-1", "--from", f"{TEN:%Y-%m-%d}")
    third = f"{TEN + timedelta(days=8):%Y-%m-%d %H:%M}"
    again = run(meetings.app, "reschedule", number, "--at", third, "--words", "A clash, sorry.")
    gone = run(meetings.app, "cancel", number, "--words", "I am ill.")

    assert f"{TEN.astimezone(UTC):%d %b %Y %H:%M} UTC, with rep-1" in " ".join(booked.split())
    assert "is set anew" in moved
    assert (listed["owner"], listed["booked_by"], listed["attempt"]) == ("rep-1", "rep-1", 2)
    assert "for 45 minutes" in shown
    assert f"{TEN + timedelta(days=7):%d %b %Y} 10:00 KST" in shown
    assert "서지우" in shown
    assert "No meetings here" in before
    assert number in after
    assert f"begins {TEN.astimezone(UTC) + timedelta(days=8):%d %b %Y %H:%M}" in again
    assert "is called off" in gone
    with pytest.raises(UserError, match=f"Meeting {number} is not booked, or has begun"):
        run(meetings.app, "cancel", number)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["book", "jiwoo@x.example", "--at", "+400 days"], "more than a year ahead"),
        (["book", "jiwoo@x.example", "--at", "2020-05-04 10:00"], "in the past"),
        (["book", "jiwoo@x.example", "--at", "+2 days", "--by", "rep-7"], "Nobody has the code"),
        (["book", "nobody@x.example", "--at", "+2 days"], "There is no lead 'nobody@x.example'"),
        (["list", "--from", "2026-11-31"], "--from 2026-11-31: November 2026 has 30 days"),
        (["show", "999"], "There is no meeting 999"),
        (["cancel", "999"], "There is no meeting 999"),
    ],
)
def test_a_slip_is_told_in_a_sentence_and_books_nothing(
    database: Engine, lead: int, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        run(meetings.app, *arguments)
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM meeting")) == 0
