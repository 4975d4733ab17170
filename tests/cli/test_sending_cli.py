"""``starter.py sending status|resume``, for who has fixed the mail."""

from __future__ import annotations

import json

from sqlalchemy import Engine, text

from cli import sending
from tests.cli.terminal import run


def test_who_mended_the_mail_sees_why_it_stood_still_and_has_it_go_on(database: Engine) -> None:
    """If this failed, mail would wait for the next probe, and nobody could tell why."""
    assert "Mail goes out." in run(sending.app, "status")
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sending_pause (channel, reason, detail, reported, opened_at, "
                "probe_at) VALUES ('smtp', 'reputation', '550 5.7.26', false, now(), now())"
            )
        )
    assert "550 5.7.26" in run(sending.app, "status")
    (paused,) = json.loads(run(sending.app, "status", "--json"))["paused"]
    assert paused["reason"] == "reputation"

    assert "Mail goes on." in run(sending.app, "resume")

    assert "Sending is not paused." in run(sending.app, "resume")
    with database.connect() as connection:
        kept, _again = connection.execute(text("SELECT path FROM api_change")).scalars()
    assert kept == "/api/system/sending/resume"


def test_how_senders_stand_is_told_and_a_stopped_one_goes_on(database: Engine) -> None:
    """Who has only a terminal could not see why marketing's mail waits, nor let it go on."""
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sender_standing (domain, state, trouble, since, mails, bounced) "
                "VALUES ('we.example', 'stopped', 'bounces', now(), 1000, 21)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO send_counter VALUES ('slowed', 'we.example', now(), '2026-01-01', 1, "
                "1, 0)"
            )
        )
    assert "stopped" in run(sending.app, "reputation")
    (one,) = json.loads(run(sending.app, "reputation", "--days", "30", "--json"))["standings"]
    assert one["domain"] == "we.example"
    assert "Mail stays in the outbox" in run(sending.app, "domains")
    assert "goes on, slowly" in run(sending.app, "resume-sender", "we.example")
