"""What is deleted because nobody needs it any more: swept by the sales sweep, a slice in each
round."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from store.mail.sending import forget_refusals
from store.notifications.unseen import forget_old
from store.tracking.tracking_use import forget_use

UNKNOWN_MAIL = timedelta(days=90)
"""How long a mail of somebody who is no lead is kept."""
ANONYMOUS = timedelta(days=180)
"""How long a visitor whom nobody knows is, after it was last seen."""
SPAM = timedelta(days=30)
"""How long a form is kept that looks like spam and that nobody says is none."""
SLICE = 1000

_FORGET_MAIL = text(
    "DELETE FROM inbound_message WHERE id IN (SELECT id FROM inbound_message "
    "WHERE lead_id IS NULL AND received_at < :before LIMIT :slice)"
)
_FORGET_SPAM = text(
    "DELETE FROM form_submission WHERE id IN (SELECT id FROM form_submission "
    "WHERE state = 'spam' AND at < :before LIMIT :slice FOR UPDATE SKIP LOCKED)"
)
# Whoever tracks that visitor this moment has it locked.
_FORGET_VISITORS = text(
    """
    WITH gone AS MATERIALIZED (
        SELECT id FROM visitor WHERE lead_id IS NULL AND last_seen_at < :before
        ORDER BY id LIMIT :slice FOR UPDATE SKIP LOCKED
    ), events AS (
        DELETE FROM engagement USING gone WHERE visitor_id = gone.id AND lead_id IS NULL
    ), keys AS (
        DELETE FROM visitor_key USING gone WHERE visitor_id = gone.id
    )
    SELECT id FROM gone
    """
)


def sweep(connection: Connection, now: datetime) -> None:
    """Delete a slice of what has been kept for its time; events go by month
    (:mod:`store.scoring.event_months`).

    Args:
        now: journey time, UTC.
    """
    connection.execute(_FORGET_MAIL, {"before": now - UNKNOWN_MAIL, "slice": SLICE})
    connection.execute(_FORGET_SPAM, {"before": now - SPAM, "slice": SLICE})
    gone = connection.scalars(_FORGET_VISITORS, {"before": now - ANONYMOUS, "slice": SLICE}).all()
    if gone:
        connection.execute(text("DELETE FROM visitor WHERE id = ANY(:ids)"), {"ids": list(gone)})
    forget_use(connection)
    forget_refusals(connection, now)
    forget_old(connection)
