"""What changes of a lead's appointments when the lead gets another rep. Times are journey time,
UTC."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import EventCode, JourneyEvent, Phase
from store.outbox.meeting_messages import signal_meeting
from store.routing.rep_cards import place_with

_TAKE_OVER = text(
    """
    UPDATE meeting SET owner = :owner FROM (
        SELECT id, owner FROM meeting WHERE lead_id = :lead AND state = 'booked'
            AND owner = ANY(:before) FOR UPDATE SKIP LOCKED
    ) AS was
    WHERE meeting.id = was.id
    RETURNING meeting.id, meeting.uid, meeting.provider, meeting.cycle, meeting.beside,
        meeting.invited AND meeting.starts_at > :now AND (meeting.beside OR :in_meeting)
            AS announced, was.owner AS before
    """
)
_ANEW = text(
    """
    UPDATE meeting SET uid = :uid, invited = false, words = '', mail_subject = '', mail_text = '',
        attempt = attempt + 1, sequence = sequence + 1,
        old_owner = CASE old_uid WHEN '' THEN :before ELSE old_owner END,
        old_uid = CASE old_uid WHEN '' THEN uid ELSE old_uid END
    WHERE id = :id RETURNING attempt
    """
)


def hand_meetings_over(
    connection: Connection,
    *,
    lead_id: int,
    phase: str,
    before: Collection[str],
    owner: str,
    now: datetime,
) -> None:
    """Give what a lead, which is in ``phase``, has booked with one of ``before`` to ``owner``.

    An entry in a calendar is its organizer's (RFC 5546, 2.1.4): nobody else can move it or call it
    off. So who was invited is invited anew, by the new rep, and the entry of the rep of before is
    withdrawn. A calendar service keeps its own.
    """
    values = {"lead": lead_id, "before": list(before), "owner": owner, "now": now}
    rows = connection.execute(_TAKE_OVER, values | {"in_meeting": phase == Phase.MEETING}).all()
    for row in [one for one in rows if not one.provider]:
        code = row.uid
        if row.announced and owner:
            code = str(uuid.uuid4())
            attempt = connection.scalar(_ANEW, {"id": row.id, "uid": code, "before": row.before})
            signal_meeting(
                connection,
                JourneyEvent(EventCode.RESCHEDULED),
                meeting_id=row.id,
                lead_id=lead_id,
                cycle=row.cycle,
                attempt=int(attempt or 0),
                beside=row.beside,
                once=EventCode.RESCHEDULED,
            )
        # Who comes would wait in the call of the rep of before.
        where = place_with(connection, owner, code)
        connection.execute(
            text("UPDATE meeting SET join_url = :link, place = :place WHERE id = :id"),
            {"link": where.link, "place": where.place, "id": row.id},
        )
