"""What the ledger and the events say of mails that were sent in a period."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.engagement.bounces import BounceMeaning
from domain.figures.deliverability import MailCount
from domain.figures.periods import Period

# Until each kept what its refusal means, a dead address was all that one for good could mean.
# What SMTP refused for a reason of ours is sent later, if it can be: only what stayed so counts.
_MAILS = text(
    f"""
    WITH mail AS (
        SELECT id, lead_id, sent_at AS at, delivered_at, false AS failed FROM touch
        WHERE state = 'sent' AND sent_at >= :start AND sent_at < :end
        UNION ALL
        SELECT id, lead_id, planned_at, delivered_at, true FROM touch
        WHERE state = 'failed' AND planned_at >= :start AND planned_at < :end
    ), heard AS (
        SELECT touch_id, bool_or(kind = 'complaint') AS complained,
            bool_or(kind = 'unsubscribe') AS unsubscribed,
            (array_agg(meaning ORDER BY at DESC) FILTER (WHERE bounced))[1] AS meaning
        FROM (
            SELECT touch_id, kind, at, kind IN ('bounce', 'soft_bounce') AS bounced,
                coalesce(detail->>'meaning', CASE kind WHEN 'bounce'
                    THEN '{BounceMeaning.ADDRESS_DEAD}' ELSE '{BounceMeaning.UNKNOWN}' END)
                    AS meaning
            FROM engagement
            WHERE kind IN ('bounce', 'soft_bounce', 'complaint', 'unsubscribe')
                AND at >= :start - interval '1 day' AND touch_id IS NOT NULL
        ) AS event GROUP BY touch_id
    ), refused AS (
        SELECT touch_id, max(at) AS at FROM mail_refusal
        WHERE meaning = '{BounceMeaning.REPUTATION}' AND at >= :start GROUP BY touch_id
    ), ended AS (
        SELECT CASE WHEN position('@' IN lead.email_key) > 0
                THEN split_part(lead.email_key, '@', 2) ELSE '' END AS domain,
            cast(date_trunc('week', mail.at AT TIME ZONE :zone) AS date) AS week,
            coalesce(heard.meaning, CASE WHEN delivered_at IS NULL
                AND (failed OR refused.at >= mail.at) AND refused.touch_id IS NOT NULL
                THEN '{BounceMeaning.REPUTATION}' END, '') AS meaning,
            failed, delivered_at, complained, unsubscribed
        FROM mail JOIN lead ON lead.id = mail.lead_id
        LEFT JOIN heard ON heard.touch_id = mail.id
        LEFT JOIN refused ON refused.touch_id = mail.id
        LEFT JOIN rep ON rep.code = lead.owner
        WHERE cast(:team AS text) IS NULL OR rep.team = :team
    )
    SELECT domain, week, meaning, count(*) AS sent,
        count(*) FILTER (WHERE delivered_at IS NOT NULL AND meaning = '') AS delivered,
        count(*) FILTER (WHERE complained) AS complained,
        count(*) FILTER (WHERE unsubscribed) AS unsubscribed
    FROM ended WHERE NOT failed OR meaning <> '' GROUP BY 1, 2, 3
    """
)


def mail_counts(connection: Connection, period: Period, team: str | None) -> list[MailCount]:
    """The mails of the period, by domain, week and end.

    Args:
        team: only to leads of this team; None for all.
    """
    asked = {
        "start": period.start,
        "end": period.end,
        "zone": period.time_zone,
        "team": team,
    }
    return [MailCount(*row) for row in connection.execute(_MAILS, asked)]
