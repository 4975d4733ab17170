"""Appointments: booked by an SDR or by the lead, moved, cancelled, held or missed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.journey import ENDED, Code, Notice, Phase
from store.journeys import least_busy_rep
from store.relay_messages import notify_journey, start_again
from store.tables import Lead, Meeting


class MeetingRefused(Exception):
    """The appointment cannot be made; the sentence says why."""


def book_meeting(
    connection: Connection,
    *,
    lead_id: int,
    starts_at: datetime,
    minutes: int,
    booked_by: str,
    at: datetime,
    notify: bool = True,
) -> int:
    """Book an appointment, or move the one the lead already has (also one it missed).

    A lead without an owner gets one. A lead whose journey has ended begins its next cycle with
    the meeting.

    Args:
        starts_at, at: journey time, UTC.
        booked_by: ``lead`` or a rep's code.
        notify: whether to signal the journey; a task's disposition brings the news by itself.

    Returns:
        The meeting's id.

    Raises:
        MeetingRefused: it would begin in the past, or there is no such lead.
    """
    if starts_at <= at:
        raise MeetingRefused("The meeting would begin in the past; choose a later time.")
    lead = connection.execute(
        select(Lead.owner, Lead.cycle, Lead.phase).where(Lead.id == lead_id).with_for_update()
    ).first()
    if lead is None:
        raise MeetingRefused(f"There is no lead {lead_id}.")
    ended = lead.phase == ENDED
    cycle = lead.cycle + ended
    owner = lead.owner or least_busy_rep(connection)
    connection.execute(update(Lead).where(Lead.id == lead_id).values(owner=owner))
    current = _latest(connection, lead_id, cycle)
    if current is not None and current.state in ("booked", "no_show", "cancelled"):
        connection.execute(
            update(Meeting)
            .where(Meeting.id == current.id)
            .values(
                starts_at=starts_at,
                minutes=minutes,
                state="booked",
                attempt=Meeting.attempt + 1,
                booked_by=booked_by,
                owner=owner,
            )
        )
        meeting_id, attempt = int(current.id), int(current.attempt) + 1
        code = Code.RESCHEDULED if current.state == "booked" else Code.BOOKED
    else:
        meeting_id = connection.execute(
            insert(Meeting)
            .values(
                lead_id=lead_id,
                owner=owner,
                starts_at=starts_at,
                minutes=minutes,
                state="booked",
                booked_by=booked_by,
                cycle=cycle,
            )
            .returning(Meeting.id)
        ).scalar_one()
        attempt, code = 1, Code.BOOKED
    if ended:
        start_again(
            connection,
            lead_id,
            phase=Phase.MEETING,
            cycle=cycle,
            reason=Code.BOOKED,
            meeting_id=meeting_id,
        )
    elif notify:
        notify_journey(
            connection,
            lead_id,
            key=f"meeting-{meeting_id}-{attempt}:{code}",
            signal="meeting",
            notice=Notice(code, ref=meeting_id, cycle=cycle, attempt=attempt),
        )
    return meeting_id


def cancel_meeting(connection: Connection, *, meeting_id: int, at: datetime) -> bool:
    """Cancel a booked appointment and tell the journey.

    Returns:
        Whether there was one to cancel.
    """
    row = connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.state == "booked", Meeting.starts_at > at)
        .values(state="cancelled", missed=Meeting.missed + 1)
        .returning(Meeting.lead_id, Meeting.attempt, Meeting.cycle)
    ).first()
    if row is None:
        return False
    notify_journey(
        connection,
        row.lead_id,
        key=f"meeting-{meeting_id}-{row.attempt}:cancelled",
        signal="meeting",
        notice=Notice(Code.CANCELLED, ref=meeting_id, cycle=row.cycle, attempt=row.attempt),
    )
    return True


def call_off(connection: Connection, meeting_id: int, at: datetime) -> int:
    """Cancel an appointment that lies ahead, without telling the journey, which asked for it.

    Returns:
        Its attempt, 0 when there is none; the same answer again when it is asked again.
    """
    connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.state == "booked", Meeting.starts_at > at)
        .values(state="cancelled", missed=Meeting.missed + 1)
    )
    attempt: int | None = connection.execute(
        select(Meeting.attempt).where(
            Meeting.id == meeting_id, Meeting.state == "cancelled", Meeting.starts_at > at
        )
    ).scalar()
    return attempt or 0


def upcoming_meeting(connection: Connection, lead_id: int) -> Row[tuple[Meeting]] | None:
    """The lead's booked appointment, if any: id, starts_at, minutes, attempt."""
    return connection.execute(
        select(*Meeting.__table__.c)
        .where(Meeting.lead_id == lead_id, Meeting.state == "booked")
        .order_by(Meeting.id.desc())
        .limit(1)
    ).first()


def record_outcome(connection: Connection, meeting_id: int, state: str) -> None:
    """Write how the appointment went: held, no_show or cancelled."""
    connection.execute(
        text(
            "UPDATE meeting SET state = :state, "
            "missed = missed + CASE WHEN :state = 'held' THEN 0 ELSE 1 END WHERE id = :id"
        ),
        {"state": state, "id": meeting_id},
    )


def _latest(connection: Connection, lead_id: int, cycle: int) -> Row[tuple[Meeting]] | None:
    return connection.execute(
        select(*Meeting.__table__.c)
        .where(Meeting.lead_id == lead_id, Meeting.cycle == cycle)
        .order_by(Meeting.id.desc())
        .limit(1)
    ).first()
