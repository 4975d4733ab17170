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
