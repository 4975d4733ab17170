"""What became of mails lately, by sender and by receiving domain, and what waits for a limit."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.engagement.bounces import BounceMeaning

# Each mail once; of those that failed only what was refused is mail that somebody has seen.
_COUNTS = text(
    f"""
    WITH mail AS (
        SELECT id, lead_id, sender, sent_at AS at, delivered_at, refusals, false AS failed
        FROM touch WHERE state = 'sent' AND sent_at >= :since
        UNION ALL
        SELECT id, lead_id, sender, planned_at, delivered_at, refusals, true
        FROM touch WHERE state = 'failed' AND planned_at >= :since
    ), heard AS (
        SELECT touch_id, bool_or(kind IN ('bounce', 'soft_bounce')) AS bounced,
            bool_or(kind = 'complaint') AS complained,
            bool_or(kind IN ('open', 'click')) AS opened, bool_or(kind = 'click') AS clicked
        FROM engagement WHERE at >= :since - interval '1 day' AND touch_id IS NOT NULL
            AND machine = '' AND kind IN ('bounce', 'soft_bounce', 'complaint', 'open', 'click')
        GROUP BY touch_id
    ), refused AS (
        SELECT DISTINCT touch_id FROM mail_refusal
        WHERE meaning = '{BounceMeaning.REPUTATION}' AND at >= :since
    ), ended AS (
        SELECT coalesce(nullif(lower(sender->>'email'), ''), :company) AS sender,
            CASE WHEN position('@' IN lead.email_key) > 0
                THEN split_part(lead.email_key, '@', 2) ELSE '' END AS receiver,
            coalesce(heard.bounced, failed AND refused.touch_id IS NOT NULL, false) AS bounced,
            failed, delivered_at, refusals, complained, opened, clicked
        FROM mail JOIN lead ON lead.id = mail.lead_id
        LEFT JOIN heard ON heard.touch_id = mail.id
        LEFT JOIN refused ON refused.touch_id = mail.id
    )
    SELECT grouping(sender) = 0 AS of_sender, sender, receiver, count(*) AS sent,
        count(*) FILTER (WHERE delivered_at IS NOT NULL AND NOT bounced) AS delivered,
        count(*) FILTER (WHERE bounced) AS bounced,
        count(*) FILTER (WHERE complained) AS complained,
        count(*) FILTER (WHERE refusals > 0) AS deferred,
        count(*) FILTER (WHERE opened AND NOT bounced) AS opened,
        count(*) FILTER (WHERE clicked AND NOT bounced) AS clicked
    FROM ended WHERE NOT failed OR bounced
    GROUP BY GROUPING SETS ((sender), (receiver)) ORDER BY sent DESC, sender, receiver
    """
)
_WAITING = text(
    """
    SELECT waits_for, count(*) AS mails FROM touch
    JOIN enrollment ON enrollment.id = touch.enrollment_id
    WHERE touch.state = 'planned' AND touch.waits_for <> '' AND enrollment.ended_at IS NULL
    GROUP BY waits_for
    """
)


class ReputationCount(NamedTuple):
    """Mails of one sender's address, or (not ``of_sender``) to one receiving domain."""

    of_sender: bool
    name: str
    sent: int
    delivered: int
    bounced: int
    complained: int
    deferred: int
    opened: int
    clicked: int


def reputation_counts(
    connection: Connection, since: datetime, company: str
) -> list[ReputationCount]:
    """What became of the mails sent since then (journey time, UTC), the largest first.

    Args:
        company: the address of the company's own sender.
    """
    rows = connection.execute(_COUNTS, {"since": since, "company": company})
    return [
        ReputationCount(row.of_sender, row.sender if row.of_sender else row.receiver, *row[3:])
        for row in rows
    ]


def waiting_mails(connection: Connection) -> dict[str, int]:
    """How many mails wait, by what they wait for: the scope and name of a limit, or ``stopped`` and
    a domain."""
    return {row.waits_for: row.mails for row in connection.execute(_WAITING)}
