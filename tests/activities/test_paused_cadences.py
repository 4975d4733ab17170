"""A mail in hand when its cadence is paused."""

from __future__ import annotations

from collections.abc import Callable

from mail.channels.base import Channel
from tests.support.sending import NOW, Desk, Provider


def test_a_mail_in_hand_waits_when_its_cadence_is_paused(desk: Callable[[Channel], Desk]) -> None:
    """Its step was looked at a moment before the pause: the offer that is withdrawn would go."""
    here = desk(Provider())
    here.run(
        "WITH version AS (INSERT INTO cadence_version (name, version, digest, source, definition, "
        "templates) VALUES ('offer', 1, '', '', '{}', '{}') RETURNING id) "
        "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, step, started_at) "
        "SELECT 'e', :lead, id, 1, '', :at FROM version",
        lead=here.lead_id,
        at=NOW,
    )
    enrollment = here.value("SELECT id FROM enrollment")
    here.run("INSERT INTO cadence_state (name, paused_at) VALUES ('offer', :at)", at=NOW)

    assert here.deliver(enrollment_id=enrollment) == "put_off"
    assert here.value("SELECT count(*) FROM touch") == 0

    here.run("UPDATE cadence_state SET paused_at = NULL")
    assert here.deliver(attempt=2, enrollment_id=enrollment) == "sent"
    assert here.deliver(attempt=3, enrollment_id=enrollment) == "sent"
    assert here.value("SELECT count(*) FROM touch") == 1
