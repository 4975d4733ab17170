"""Which campaigns brought leads and visitors: kept as it is heard of, told in the order of its own
times. Times are journey time, UTC."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.engagement.campaigns import CampaignLink


@dataclass(frozen=True)
class NewTouch:
    """Somebody came by a link of a campaign: a lead, or a visitor whom nobody knows yet."""

    engagement_id: int
    lead_id: int | None
    visitor_id: int | None
    via: str
    link: CampaignLink
    at: datetime


@dataclass(frozen=True)
class CampaignTouchLine:
    """A touch of a lead; ``via`` is the kind of what it did, or import."""

    at: datetime
    via: str
    source: str
    medium: str
    campaign: str
    content: str
    term: str


@dataclass(frozen=True)
class FirstAndLast:
    """The earliest and the latest touch of a lead, whenever they were heard of; None without."""

    first: CampaignTouchLine | None
    last: CampaignTouchLine | None


_INSERT = text(
    """
    INSERT INTO campaign_touch (key, lead_id, visitor_id, via, source, medium, campaign, content,
        term, at)
    SELECT key, lead_id, visitor_id, via, source, medium, campaign, content, term, at
    FROM jsonb_to_recordset(cast(:touches AS jsonb)) AS one (key text, lead_id bigint,
        visitor_id bigint, via text, source text, medium text, campaign text, content text,
        term text, at timestamptz)
    ON CONFLICT (key) DO NOTHING
    """
)
_FIRST_AND_LAST = text(
    """
    (SELECT at, via, source, medium, campaign, content, term FROM campaign_touch
        WHERE lead_id = :lead ORDER BY at, id LIMIT 1)
    UNION ALL
    (SELECT at, via, source, medium, campaign, content, term FROM campaign_touch
        WHERE lead_id = :lead ORDER BY at DESC, id DESC LIMIT 1)
    """
)
_IMPORTED = text(
    """
    INSERT INTO campaign_touch (key, lead_id, via, source, medium, campaign, content, term, at)
    SELECT 'import:' || lead.id || ':' || md5(touch::text), lead.id, 'import', touch->>'source',
        touch->>'medium', touch->>'campaign', touch->>'content', touch->>'term',
        coalesce(cast(nullif(touch->>'at', '') AS timestamptz),
            CASE WHEN cast(touch->>'first' AS boolean) THEN lead.created_at ELSE :now END)
    FROM import_row JOIN lead USING (email_key),
        jsonb_array_elements(import_row.beside->'touches') AS touch
    WHERE import_row.beside <> '{}'
    ON CONFLICT (key) DO NOTHING
    """
)


def keep_touches(connection: Connection, touches: Sequence[NewTouch]) -> None:
    """Keep by which campaigns people came; each engagement once."""
    if not touches:
        return
    rows = [
        {
            "key": _key(one.engagement_id),
            "lead_id": one.lead_id,
            "visitor_id": one.visitor_id,
            "via": one.via,
            **one.link._asdict(),
            "at": one.at.isoformat(),
        }
        for one in touches
    ]
    connection.execute(_INSERT, {"touches": json.dumps(rows)})


def drop_touches(connection: Connection, engagement_ids: Collection[int]) -> None:
    """Forget those of what turned out to be a machine's."""
    if engagement_ids:
        keys = [_key(one) for one in engagement_ids]
        connection.execute(
            text("DELETE FROM campaign_touch WHERE key = ANY(:keys)"), {"keys": keys}
        )


def keep_imported(connection: Connection, now: datetime) -> None:
    """Keep what the merged rows of a file say of campaigns. A first touch without a time is one of
    when the lead came to be, a last touch one of ``now``; the same file again adds nothing."""
    connection.execute(_IMPORTED, {"now": now})


def first_and_last(connection: Connection, lead_id: int) -> FirstAndLast:
    """The first and the last touch of a lead."""
    found = [
        CampaignTouchLine(**row._mapping)
        for row in connection.execute(_FIRST_AND_LAST, {"lead": lead_id})
    ]
    return FirstAndLast(found[0], found[-1]) if found else FirstAndLast(None, None)


def _key(engagement_id: int) -> str:
    return f"event:{engagement_id}"
