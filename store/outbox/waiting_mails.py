"""Mails of cadences that wait for room under a limit, or for a sender that is stopped."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.contracts.journey import ENDED
from store.outbox.relay_messages import plan_anew

_WAITING = text(
    """
    SELECT DISTINCT CASE WHEN enrollment.key ~ '^(lead|opportunity)-'
            THEN split_part(enrollment.key, ':', 1) ELSE 'lead-' || lead.id END AS workflow_id
    FROM touch JOIN enrollment ON enrollment.id = touch.enrollment_id
    JOIN lead ON lead.id = enrollment.lead_id
    WHERE touch.state = 'planned' AND touch.waits_for <> ''
        AND (:code = '' OR touch.waits_for = :code) AND enrollment.ended_at IS NULL
        AND (lead.phase <> :ended OR enrollment.key ~ '^(lead|opportunity)-')
    ORDER BY workflow_id
    """
)


def wake_waiting(connection: Connection, why: str, code: str = "") -> None:
    """Have those look again whose mail waits for what ``code`` names (``touch.waits_for``); '' for
    all.

    Args:
        why: a word that the messages are known by.
    """
    waiting = connection.execute(_WAITING, {"code": code, "ended": ENDED}).scalars().all()
    plan_anew(connection, why, waiting)


def limits_changed(connection: Connection) -> None:
    """Forget whose turn comes when: those who wait ask anew, by the limits of now."""
    connection.execute(text("UPDATE send_counter SET tail = NULL WHERE tail IS NOT NULL"))
    wake_waiting(connection, "limits")
