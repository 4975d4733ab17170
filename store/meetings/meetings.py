"""Appointments: booked by an SDR, by the lead or through a calendar service; moved, cancelled,
held or missed.

A lead may have several. The lead's journey sees one of them through; each other one (``beside``)
has a workflow of its own, so that none waits for another. See docs/decisions/several-meetings.md.
Times are journey time, UTC.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, case, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.journey import ENDED, EventCode, Phase
from domain.meetings.free_times import HORIZON, is_free, next_free
from domain.meetings.places import MeetingPlace
from domain.refusals import MeetingRefused
from domain.sentences import sentence
from store.meetings.meeting_alerts import MeetingAlert, alert_rep
from store.meetings.meeting_news import (
    begin_journey,
    notify_journey,
    notify_of_meeting,
    see_through_in_journey,
    see_through_on_its_own,
)
from store.meetings.meeting_places import SALE_OR_CUSTOMER, MeetingSlot, place_of
from store.meetings.meeting_rows import MEETING, NO_WORDS, MeetingRow, MeetingWords
from store.outbox.outgoing import announce
from store.outbox.relay_messages import start_again
from store.routing.busy_calendars import calendar_times
from store.routing.credits import count_turn_again, give_turn_back
from store.routing.rep_cards import place_with
from store.routing.rep_times import LONGEST_MINUTES, busy_times, lock_times, within
from store.routing.routing import assign
from store.sla.business_time import calendar_of
from store.tables import CalendarBooking, Lead, Meeting, Rep

HORIZON_DAYS = 365
"""How far ahead a meeting may be booked with us."""
CancelledBy = Literal["", "lead", "us"]
"""Who called a meeting off; '' when nobody said so."""


@dataclass(frozen=True)
class Origin:
    """The booking at a calendar service that a meeting was made from. ``event`` is what several
    leads may take part in at the same time."""

    provider: str = ""
    id: str | None = None
    join_url: str = ""
    event: str = ""


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
    moves: int = 0,
    words: MeetingWords = NO_WORDS,
) -> int:
    """Book an appointment, move one, or set one anew that was missed or called off.

    Booked with us, it moves the one that the lead has with us, and what can't be is refused. What a
    calendar service has made is a fact: it is written down whatever it is like, beside what the
    lead has already, and the rep is alerted where somebody must act.

    A lead without an owner gets one. A lead without a journey, or whose last one has ended, begins
    one with the meeting. Bookings with one rep wait for each other until their transactions end.

    Args:
        starts_at, at: journey time, UTC.
        booked_by: ``lead`` or a rep's code.
        notify: whether to tell the journey, or begin one; a task's disposition brings the news by
            itself.
        host: code of the rep the meeting is with; '' for the lead's owner.
        moves: id of the meeting to move, or to set anew.
        words: what the lead is written about it.

    Returns:
        The meeting's id.

    Raises:
        MeetingRefused: booked with us, it would begin in the past or more than ``HORIZON_DAYS``
            ahead; last for no time or all day; or overlap another meeting of the rep. Or there is
            no such lead or rep. Nothing is written then.
    """
    if not origin.provider:
        _refuse_impossible(starts_at, minutes, at)
    lead = connection.execute(
        select(Lead.owner, Lead.cycle, Lead.phase).where(Lead.id == lead_id).with_for_update()
    ).first()
    if lead is None:
        raise MeetingRefused(sentence("There is no lead {lead}.", lead=lead_id))
    ended = lead.phase == ENDED
    cycle = lead.cycle + ended
    owner = host or lead.owner or assign(connection, lead_id, at)
    place = place_of(
        connection,
        lead_id=lead_id,
        phase=lead.phase,
        cycle=cycle,
        at=at,
        here=not origin.provider,
        moves=moves,
        by_journey=not notify,
    )
    overlaps = _reserve(
        connection, owner, starts_at, minutes, place.row, named=bool(host), origin=origin
    )
    connection.execute(update(Lead).where(Lead.id == lead_id, Lead.owner == "").values(owner=owner))
    values = {
        "starts_at": starts_at,
        "set_at": at,
        "minutes": minutes,
        "state": "booked",
        "booked_by": booked_by,
        "owner": owner,
        "provider": origin.provider,
        "provider_id": origin.id,
        "cancelled_by": "",
        "cancelled_at": None,
        "proposed_at": None,
    } | words.columns()
    code = place.row.uid if place.row else str(uuid.uuid4())
    where = (
        MeetingPlace(origin.join_url) if origin.provider else place_with(connection, owner, code)
    )
    values |= {"uid": code, "join_url": where.link, "place": where.place}
    made = _write(connection, place, values | {"lead_id": lead_id, "cycle": cycle})
    was_booked = place.row is not None and place.row.state == "booked"
    code = EventCode.RESCHEDULED if was_booked else EventCode.BOOKED
    announce(connection, f"meeting.{code}", made.id, at=at)
    _alert(connection, made, place, origin, overlaps=overlaps, at=at)
    if made.beside and (notify or lead.phase in SALE_OR_CUSTOMER or moves):
        see_through_on_its_own(connection, made)
        notify_of_meeting(connection, made, code)
        if place.row is None and lead.phase == Phase.CUSTOMER:
            # Whoever looks after the customer prepares it.
            notify_journey(connection, made, code)
    elif ended:
        start_again(
            connection,
            lead_id,
            phase=Phase.MEETING,
            cycle=cycle,
            reason=EventCode.BOOKED,
            meeting_id=made.id,
        )
    elif not notify:
        _give_to_journey(connection, made, place)
    elif lead.phase or not begin_journey(connection, made):
        # A journey elsewhere goes to the meeting now, whether it was set before or not.
        news = code if lead.phase in ("", Phase.MEETING) else EventCode.BOOKED
        notify_of_meeting(connection, made, news)
    return made.id


def _write(connection: Connection, place: MeetingSlot, values: dict[str, Any]) -> MeetingRow:
    if place.row is None:
        query = insert(Meeting).values(**values, beside=place.beside)
        return MeetingRow(*connection.execute(query.returning(*MEETING)).one())
    moved = update(Meeting).where(Meeting.id == place.row.id)
    again = {"attempt": Meeting.attempt + 1, "sequence": Meeting.sequence + 1}
    row = connection.execute(moved.values(**values, **again).returning(*MEETING)).one()
    return MeetingRow(*row)


def _give_to_journey(connection: Connection, made: MeetingRow, place: MeetingSlot) -> None:
    """Let the journey, which asked for it, see this meeting through, and no other one."""
    see_through_in_journey(connection, made)
    for other in place.others:
        if not other.beside:
            see_through_on_its_own(connection, other)


def _refuse_impossible(starts_at: datetime, minutes: int, at: datetime) -> None:
    if starts_at <= at:
        raise MeetingRefused(sentence("The meeting would begin in the past; choose a later time."))
    if starts_at - at > timedelta(days=HORIZON_DAYS):
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


def _reserve(
    connection: Connection,
    owner: str,
    starts_at: datetime,
    minutes: int,
    moved: MeetingRow | None,
    *,
    named: bool,
    origin: Origin,
) -> bool:
    """Keep others from booking with this rep until the transaction ends; whether the time is taken,
    which is refused unless a calendar service has made the appointment."""
    if not owner:
        return False
    lock_times(connection, owner)
    if named and connection.scalar(select(Rep.active).where(Rep.code == owner)) is None:
        raise MeetingRefused(sentence("There is no rep '{rep}'; name one of team.yaml.", rep=owner))
    busy = busy_times(connection, owner, starts_at, without=moved.id if moved is not None else 0)
    ends_at = starts_at + timedelta(minutes=minutes)
    if is_free(starts_at, ends_at, busy):
        return False
    if origin.provider:
        return not _same_event(connection, owner, starts_at, ends_at, origin)
    taken = next(one for one in busy if not is_free(starts_at, ends_at, [one]))
    busy += calendar_times(connection, owner, starts_at, starts_at + HORIZON)
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
        free=free,
    )


def _same_event(
    connection: Connection, owner: str, starts_at: datetime, ends_at: datetime, origin: Origin
) -> bool:
    """Whether all that the rep has then is the event that this booking is a part of."""
    others = connection.scalars(
        select(CalendarBooking.event)
        .select_from(Meeting)
        .outerjoin(CalendarBooking, CalendarBooking.id == Meeting.provider_id)
        .where(
            Meeting.owner == owner,
            Meeting.state == "booked",
            *within(starts_at, ends_at),
            Meeting.provider_id.is_distinct_from(origin.id),
        )
    )
    return all(origin.event and event == origin.event for event in others)


def _alert(
    connection: Connection,
    made: MeetingRow,
    place: MeetingSlot,
    origin: Origin,
    *,
    overlaps: bool,
    at: datetime,
) -> None:
    """Tell the rep what nobody else can settle."""
    kinds = []
    if overlaps:
        kinds.append(MeetingAlert.OVERLAP)
    if place.row is None and any(other.ends_at > at for other in place.others):
        kinds.append(MeetingAlert.SECOND)
    old = place.row
    if old is not None and old.provider and old.state == "booked" and not origin.provider:
        kinds.append(MeetingAlert.CANCEL_THERE)
    for kind in kinds:
        alert_rep(
            connection,
            kind,
            made.owner,
            lead_id=made.lead_id,
            about=f"meeting-{made.id}-{made.attempt}",
            at=at,
        )


def cancel_meeting(
    connection: Connection,
    *,
    meeting_id: int,
    at: datetime,
    by: CancelledBy = "",
    reported: bool = False,
    words: MeetingWords = NO_WORDS,
) -> bool:
    """Cancel a booked appointment and whoever sees it through.

    Args:
        by: who calls it off.
        words: what the lead is written about it.
        reported: whether a calendar service says so, which is a fact even if the meeting has begun;
            otherwise it must lie ahead.

    Returns:
        Whether there was one to cancel.
    """
    row = _cancel(connection, meeting_id, at, by, reported=reported, words=words)
    if row is None:
        return False
    notify_of_meeting(connection, row, EventCode.CANCELLED, reason=by)
    return True


def call_off(connection: Connection, meeting_id: int, at: datetime) -> int:
    """Cancel an appointment that lies ahead, without telling the journey, which asked for it; and
    what else the lead has booked, each of which tells the lead by itself.

    Returns:
        Its attempt, 0 when there is none; the same answer again when it is asked again.
    """
    _cancel(connection, meeting_id, at, "us")
    row = connection.execute(
        select(Meeting.lead_id, Meeting.attempt, Meeting.state, Meeting.starts_at).where(
            Meeting.id == meeting_id
        )
    ).first()
    if row is None:
        return 0
    others = select(Meeting.id).where(
        Meeting.lead_id == row.lead_id, Meeting.state == "booked", Meeting.beside
    )
    for other in connection.scalars(others).all():
        cancel_meeting(connection, meeting_id=other, at=at, by="us")
    attempt: int = row.attempt
    return attempt if row.state == "cancelled" and row.starts_at > at else 0


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
        .returning(*MEETING)
    ).first()
    if row is None:
        return False
    missed = MeetingRow(*row)
    announce(connection, "meeting.no_show", meeting_id, at=at)
    give_turn_back(connection, missed.lead_id, missed.owner, "no_show")
    notify_of_meeting(connection, missed, EventCode.NO_SHOW, told_at=told_at)
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
        .returning(*MEETING)
    ).first()
    if row is None:
        return False
    meeting = MeetingRow(*row)
    count_turn_again(connection, meeting.lead_id)
    if meeting.beside:
        # The workflow that saw it through is over: another one asks the rep.
        see_through_on_its_own(connection, meeting)
    notify_of_meeting(connection, meeting, EventCode.ATTENDED, told_at=told_at)
    return True


def upcoming_meeting(
    connection: Connection, lead_id: int, now: datetime, *, named: int = 0
) -> MeetingRow | None:
    """The lead's booked appointment that lies ahead: the one ``named`` if it is one, else the next.

    Args:
        now: journey time, UTC.
    """
    row = connection.execute(
        select(*MEETING)
        .where(Meeting.lead_id == lead_id, Meeting.state == "booked", Meeting.starts_at > now)
        .order_by((Meeting.id == named).desc(), Meeting.starts_at, Meeting.id)
        .limit(1)
    ).first()
    return None if row is None else MeetingRow(*row)


def record_outcome(connection: Connection, meeting_id: int, state: str) -> None:
    """Write how the appointment went: held, no_show or cancelled."""
    missed = case((Meeting.state != "booked", 0), else_=1 if state == "no_show" else 0)
    connection.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id)
        .values(state=state, missed=Meeting.missed + missed)
    )
    announce(connection, f"meeting.{state}", meeting_id)


def _cancel(
    connection: Connection,
    meeting_id: int,
    at: datetime,
    by: CancelledBy,
    *,
    reported: bool = False,
    words: MeetingWords = NO_WORDS,
) -> MeetingRow | None:
    booked = update(Meeting).where(Meeting.id == meeting_id, Meeting.state == "booked")
    row = connection.execute(
        (booked if reported else booked.where(Meeting.starts_at > at))
        .values(
            state="cancelled",
            sequence=Meeting.sequence + 1,
            cancelled_by=by,
            cancelled_at=at,
            **words.columns(),
        )
        .returning(*MEETING)
    ).first()
    if row is None:
        return None
    announce(connection, "meeting.cancelled", meeting_id, at=at)
    return MeetingRow(*row)
