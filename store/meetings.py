"""Appointments: booked by an SDR, by the lead or through a calendar service; moved, cancelled,
held or missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.journey import ENDED, Code, Notice, Phase, journey_id
from domain.meetings.free_times import Busy, is_free, next_free
from domain.sentences import sentence
from store.business_time import calendar_of
from store.outgoing import announce
from store.relay_messages import notify_journey, post, start_again
from store.routing import assign
from store.tables import Lead, Meeting, Rep

LONGEST_MINUTES = 8 * 60
HORIZON_DAYS = 365
"""How far ahead a meeting may be booked with us."""
_LONGEST = timedelta(minutes=LONGEST_MINUTES)
_SETTING: tuple[Any, ...] = (Meeting.id, Meeting.lead_id, Meeting.attempt, Meeting.cycle)
_STILL_MOVES = ("booked", "no_show", "cancelled")


class MeetingRefused(Exception):
    """The appointment cannot be made; the sentence says why.

    ``overlap`` is whether the time is taken, ``free`` the next starts (UTC) that are not.
    """

    def __init__(self, sentence: str, *, overlap: bool = False, free: Sequence[datetime] = ()):
        super().__init__(sentence)
        self.overlap = overlap
        self.free = list(free)


@dataclass(frozen=True)
class Origin:
    """The booking at a calendar service that a meeting was made from."""

    provider: str = ""
    id: str | None = None
    join_url: str = ""


HERE = Origin()
"""Booked with us: by a rep, on the lead's page, through the API."""


def book_meeting(
    connection: Connection,
    *,
    lead_id: int,
    starts_at: datetime,
    minutes: int,
    booked_by: str,
    at: datetime,
    notify: bool = True,
    host: str = "",
    origin: Origin = HERE,
) -> int:
    """Book an appointment, or move the one the lead already has (also one it missed).

    A lead without an owner gets one. A lead without a journey, or whose last one has ended, begins
    one with the meeting. Bookings with one rep wait for each other until their transactions end.

    Args:
        starts_at, at: journey time, UTC.
        booked_by: ``lead`` or a rep's code.
        notify: whether to tell the journey, or begin one; a task's disposition brings the news by
            itself.
        host: code of the rep the meeting is with; '' for the lead's owner.

    Returns:
        The meeting's id.

    Raises:
        MeetingRefused: it would begin in the past or, booked with us, more than ``HORIZON_DAYS``
            ahead; last for no time or all day; or overlap another meeting of the rep; or there is
            no such lead or rep. Nothing is written then.
    """
    if starts_at <= at:
        raise MeetingRefused(sentence("The meeting would begin in the past; choose a later time."))
    # A calendar service has made the appointment already: it is kept as it is.
    if not origin.provider and starts_at - at > timedelta(days=HORIZON_DAYS):
        raise MeetingRefused(
            sentence(
                "The meeting would begin on {day:%d %b %Y}, more than a year ahead; choose an "
                "earlier time, or check the year.",
                day=starts_at,
            )
        )
    if not 0 < minutes <= LONGEST_MINUTES:
        raise MeetingRefused(
            sentence("A meeting lasts between 1 and {most} minutes.", most=LONGEST_MINUTES)
        )
    lead = connection.execute(
        select(Lead.owner, Lead.cycle, Lead.phase).where(Lead.id == lead_id).with_for_update()
    ).first()
    if lead is None:
        raise MeetingRefused(sentence("There is no lead {lead}.", lead=lead_id))
    ended = lead.phase == ENDED
    cycle = lead.cycle + ended
    owner = host or lead.owner or assign(connection, lead_id, at)
    current = _latest(connection, lead_id, cycle)
    moved = current.id if current is not None and current.state in _STILL_MOVES else 0
    _hold_time(connection, owner, starts_at, minutes, moved, named=bool(host))
    connection.execute(update(Lead).where(Lead.id == lead_id, Lead.owner == "").values(owner=owner))
    values = {
        "starts_at": starts_at,
        "minutes": minutes,
        "state": "booked",
        "booked_by": booked_by,
        "owner": owner,
        "provider": origin.provider,
        "provider_id": origin.id,
        "join_url": origin.join_url,
    }
    code = Code.BOOKED
    if current is not None and moved:
        code = Code.RESCHEDULED if current.state == "booked" else Code.BOOKED
        made = connection.execute(
            update(Meeting)
            .where(Meeting.id == moved)
            .values(**values, attempt=Meeting.attempt + 1, sequence=Meeting.sequence + 1)
            .returning(*_SETTING)
        ).one()
    else:
        made = connection.execute(
            insert(Meeting).values(**values, lead_id=lead_id, cycle=cycle).returning(*_SETTING)
        ).one()
    meeting_id: int = made.id
    announce(connection, f"meeting.{code}", meeting_id, at=at)
    if ended:
        start_again(
            connection,
            lead_id,
            phase=Phase.MEETING,
            cycle=cycle,
            reason=Code.BOOKED,
            meeting_id=meeting_id,
        )
    elif notify and (lead.phase or not _begin_journey(connection, lead_id, cycle, meeting_id)):
        # A journey elsewhere goes to the meeting now, whether it was set before or not.
        news = code if lead.phase in ("", Phase.MEETING) else Code.BOOKED
        _tell(connection, meeting_id, news, made)
    return meeting_id


def cancel_meeting(connection: Connection, *, meeting_id: int, at: datetime) -> bool:
    """Cancel a booked appointment that lies ahead and tell the journey.

    Returns:
        Whether there was one to cancel.
    """
    row = _cancel(connection, meeting_id, at)
    if row is None:
        return False
    _tell(connection, meeting_id, Code.CANCELLED, row)
    return True


def call_off(connection: Connection, meeting_id: int, at: datetime) -> int:
    """Cancel an appointment that lies ahead, without telling the journey, which asked for it.

    Returns:
        Its attempt, 0 when there is none; the same answer again when it is asked again.
    """
    _cancel(connection, meeting_id, at)
    attempt: int | None = connection.execute(
        select(Meeting.attempt).where(
            Meeting.id == meeting_id, Meeting.state == "cancelled", Meeting.starts_at > at
        )
    ).scalar()
    return attempt or 0


def report_missed(
    connection: Connection, meeting_id: int, *, told_at: datetime, at: datetime
) -> bool:
    """Write what a calendar service says: the lead did not come to an appointment that has begun.
    The journey no longer waits for a person to say so.

    Returns:
        Whether it is news; what a person has said of the meeting stays.
    """
    row = connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.state == "booked", Meeting.starts_at <= at)
        .values(state="no_show", missed=Meeting.missed + 1)
        .returning(*_SETTING)
    ).first()
    if row is None:
        return False
    announce(connection, "meeting.no_show", meeting_id, at=at)
    _tell(connection, meeting_id, Code.NO_SHOW, row, told_at)
    return True


def report_attended(connection: Connection, meeting_id: int, *, told_at: datetime) -> bool:
    """Take a no-show back while the journey still tries to win the lead back: the rep is asked how
    the meeting went after all.

    Returns:
        Whether there was one to take back.
    """
    row = connection.execute(
        update(Meeting)
        .where(
            Meeting.id == meeting_id,
            Meeting.state == "no_show",
            select(Lead.phase).where(Lead.id == Meeting.lead_id).scalar_subquery() == Phase.MEETING,
        )
        .values(state="booked", missed=Meeting.missed - 1)
        .returning(*_SETTING)
    ).first()
    if row is None:
        return False
    _tell(connection, meeting_id, Code.ATTENDED, row, told_at)
    return True


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
    missed = case((Meeting.state != "booked", 0), else_=0 if state == "held" else 1)
    connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id)
        .values(state=state, missed=Meeting.missed + missed)
    )
    announce(connection, f"meeting.{state}", meeting_id)


def busy_times(
    connection: Connection, owner: str, since: datetime, *, without: int = 0
) -> list[Busy]:
    """When the rep ``owner`` has meetings that end after ``since``, in order."""
    rows = connection.execute(
        select(Meeting.starts_at, Meeting.minutes)
        .where(
            Meeting.owner == owner,
            Meeting.state == "booked",
            Meeting.starts_at > since - _LONGEST,
            Meeting.id != without,
        )
        .order_by(Meeting.starts_at)
    )
    return [(starts, starts + timedelta(minutes=minutes)) for starts, minutes in rows]


def _hold_time(
    connection: Connection,
    owner: str,
    starts_at: datetime,
    minutes: int,
    moved: int,
    *,
    named: bool,
) -> None:
    """Keep others from booking with this rep until the transaction ends, and refuse a time that is
    taken. The lock comes after the lead's, and nothing is locked after it."""
    if not owner:
        return
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"meetings of {owner}", 0)))
    )
    if named and connection.scalar(select(Rep.active).where(Rep.code == owner)) is None:
        raise MeetingRefused(sentence("There is no rep '{rep}'; name one of team.yaml.", rep=owner))
    busy = busy_times(connection, owner, starts_at, without=moved)
    ends_at = starts_at + timedelta(minutes=minutes)
    if is_free(starts_at, ends_at, busy):
        return
    taken = next(one for one in busy if not is_free(starts_at, ends_at, [one]))
    free = next_free(calendar_of(connection, owner), busy, starts_at, minutes)
    times = [sentence("{at:%a %d %b %Y %H:%M}", at=one) for one in free]
    raise MeetingRefused(
        sentence(
            "{rep} has another meeting on {begins:%a %d %b %Y} from {begins:%H:%M} to "
            "{ends:%H:%M} UTC. {instead}",
            rep=owner,
            begins=taken[0],
            ends=taken[1],
            instead=sentence("Free next: {times} UTC.", times=times)
            if times
            else sentence("Choose another day."),
        ),
        overlap=True,
        free=free,
    )


def _begin_journey(connection: Connection, lead_id: int, cycle: int, meeting_id: int) -> bool:
    """Start the journey of a lead that has none with its meeting; False when its start is on the
    way already."""
    return post(
        connection,
        key=f"start:{journey_id(lead_id)}",
        workflow_id=journey_id(lead_id),
        kind="start",
        name=Phase.MEETING,
        payload={
            "lead_id": lead_id,
            "cycle": cycle,
            "reason": Code.BOOKED,
            "meeting_id": meeting_id,
        },
    )


def _tell(
    connection: Connection,
    meeting_id: int,
    code: Code,
    setting: Row[Any],
    told_at: datetime | None = None,
) -> None:
    """Signal the journey; ``setting`` has lead_id, attempt and cycle of the meeting."""
    # A no-show may be reported, taken back and reported again.
    when = f":{told_at.timestamp():.0f}" if told_at else ""
    notify_journey(
        connection,
        setting.lead_id,
        key=f"meeting-{meeting_id}-{setting.attempt}:{code}{when}",
        signal="meeting",
        notice=Notice(code, ref=meeting_id, cycle=setting.cycle, attempt=setting.attempt),
    )


def _cancel(connection: Connection, meeting_id: int, at: datetime) -> Row[Any] | None:
    row = connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.state == "booked", Meeting.starts_at > at)
        .values(state="cancelled", missed=Meeting.missed + 1, sequence=Meeting.sequence + 1)
        .returning(*_SETTING)
    ).first()
    if row is not None:
        announce(connection, "meeting.cancelled", meeting_id, at=at)
    return row


def _latest(connection: Connection, lead_id: int, cycle: int) -> Row[tuple[Meeting]] | None:
    return connection.execute(
        select(*Meeting.__table__.c)
        .where(Meeting.lead_id == lead_id, Meeting.cycle == cycle)
        .order_by(Meeting.id.desc())
        .limit(1)
    ).first()
