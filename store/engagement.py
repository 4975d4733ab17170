"""What leads do, and what follows from it: score, crossing, suppression, news for the journey."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.journey import ENDED, Code, Notice, Phase
from domain.policies import ScoringPolicy
from store.policies import policy
from store.relay_messages import notify_journey, start_again

NOTICE_OF_KIND = {
    "reply": Code.REPLIED,
    "unsubscribe": Code.UNSUBSCRIBED,
    "bounce": Code.BOUNCED,
    "complaint": Code.UNSUBSCRIBED,
}
"""Engagements that always change the plan."""
ANSWERS = ("click", "reply", "form", "booking")
"""Engagements that make a known lead an engaged one and wake a parked one."""


def record_engagement(
    connection: Connection,
    *,
    lead_id: int,
    kind: str,
    at: datetime,
    key: str,
    touch_id: int | None = None,
    points: int | None = None,
    detail: dict[str, Any] | None = None,
) -> bool:
    """Record something a lead did, once per ``key``, and queue what the journey must know of it.

    Args:
        kind: open, click, reply, form, booking, unsubscribe, bounce, complaint, score,
            machine_open, soft_bounce or resubscribe.
        at: journey time, UTC.
        points: added to the score; the scoring policy's points for ``kind`` when None.

    Returns:
        Whether it was new.
    """
    scoring = policy(connection, ScoringPolicy, "scoring")
    worth = scoring.points.get(kind, 0) if points is None else points
    row = connection.execute(
        text(
            """
            WITH new AS (
                INSERT INTO engagement (key, lead_id, touch_id, kind, points, detail, at)
                VALUES (:key, :lead, :touch, :kind, :points, cast(:detail AS jsonb), :at)
                ON CONFLICT (key) DO NOTHING RETURNING id
            )
            UPDATE lead SET
                score = greatest(0, score + :points),
                stage = CASE WHEN stage = 'known' AND :answer THEN 'engaged' ELSE stage END,
                updated_at = :at
            FROM new WHERE lead.id = :lead
            RETURNING new.id, lead.score, lead.phase, lead.cycle, lead.crossed_cycle
            """
        ),
        {
            "key": key,
            "lead": lead_id,
            "touch": touch_id,
            "kind": kind,
            "points": worth,
            "detail": json.dumps(detail or {}),
            "at": at,
            "answer": kind in ANSWERS,
        },
    ).first()
    if row is None:
        return False
    if row.phase == ENDED and kind == "reply":
        start_again(
            connection,
            lead_id,
            phase=Phase.FOLLOW_UP,
            cycle=row.cycle + 1,
            reason=Code.REPLIED,
        )
    elif code := NOTICE_OF_KIND.get(kind):
        notify_journey(
            connection,
            lead_id,
            key=f"engagement:{row.id}",
            signal="engagement",
            notice=Notice(code, ref=row.id, cycle=row.cycle),
        )
    ready = row.score >= scoring.threshold and row.phase in (Phase.NURTURE, Phase.RECYCLE)
    if ready and _cross(connection, lead_id, row.cycle):
        return True
    if row.phase == Phase.RECYCLE and kind in ANSWERS and kind != "reply":
        notify_journey(
            connection,
            lead_id,
            key=f"interest:lead-{lead_id}:{row.cycle}",
            signal="engagement",
            notice=Notice(Code.INTEREST, ref=row.id, cycle=row.cycle),
        )
    return True


def _cross(connection: Connection, lead_id: int, cycle: int) -> bool:
    """Queue the crossing of this cycle; False when there was one already."""
    crossed = connection.execute(
        text(
            "UPDATE lead SET crossed_cycle = :cycle "
            "WHERE id = :lead AND crossed_cycle < :cycle RETURNING id"
        ),
        {"lead": lead_id, "cycle": cycle},
    ).first()
    if crossed is None:
        return False
    return notify_journey(
        connection,
        lead_id,
        key=f"crossing:lead-{lead_id}:{cycle}",
        signal="engagement",
        notice=Notice(Code.SCORE_REACHED, cycle=cycle),
    )


def suppress(connection: Connection, *, email_key: str, reason: str, at: datetime) -> None:
    """Never mail this address again. ``reason``: unsubscribed, manual, bounced or
    complained; the last two stop operational mail too, and so win over the others."""
    connection.execute(
        text(
            "INSERT INTO suppression (email_key, reason, at) VALUES (:email, :reason, :at) "
            "ON CONFLICT (email_key) DO UPDATE SET reason = excluded.reason, at = excluded.at "
            "WHERE suppression.reason IN ('unsubscribed', 'manual') "
            "AND excluded.reason IN ('bounced', 'complained')"
        ),
        {"email": email_key, "reason": reason, "at": at},
    )


def engagement_facts(connection: Connection, lead_id: int) -> dict[str, int]:
    """Counts of what the lead did, as cadence conditions see them."""
    rows = connection.execute(
        text("SELECT kind, count(*) AS times FROM engagement WHERE lead_id = :lead GROUP BY kind"),
        {"lead": lead_id},
    )
    counts: dict[str, int] = {row.kind: row.times for row in rows}
    return {
        "opens": counts.get("open", 0),
        "clicks": counts.get("click", 0),
        "replies": counts.get("reply", 0),
        "forms": counts.get("form", 0),
    }
