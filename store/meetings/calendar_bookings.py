"""Bookings at Cal.com and Calendly, made into meetings.

Reports come late, twice and in any order. So each is first added to what is known of its booking,
and then the appointment is brought to what all reports together say. What a service has made is a
fact: nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from domain.meetings.bookings import Booking, Invitee
from store.access.users import reps_with
from store.meetings.booked_leads import lead_of
from store.meetings.meeting_alerts import MeetingAlert, alert_rep
from store.meetings.meetings import (
    CancelledBy,
    Origin,
    book_meeting,
    cancel_meeting,
    report_attended,
    report_missed,
)
from store.tables import CalendarBooking, Meeting
from store.tables.base import columns_of

Outcome = Literal["booked", "cancelled", "no_show", "attended", "reassigned", "unchanged"]


class BookingRow(NamedTuple):
    """A row of ``calendar_booking``; its columns say what they hold."""

    id: str
    booking: str
    attendee: str
    event: str
    lead_id: int | None
    replaces: str
    replaced: bool
    starts_at: datetime | None
    minutes: int
    host: str
    join_url: str
    set_told_at: datetime | None
    cancelled: bool
    cancelled_by: CancelledBy
    missed: bool
    missed_told_at: datetime | None
    applied: bool


_BOOKING = columns_of(CalendarBooking, BookingRow)


def apply_reports(connection: Connection, reports: Sequence[Booking], at: datetime) -> Outcome:
    """Take what one message reports, in a transaction of the caller's.

    The lead is the one with the attendee's address; somebody unknown who books becomes a lead. The
    meeting is with the rep who has the host's address, else with the lead's owner.

    Args:
        reports: of one booking, each with its ``starts_at`` in journey time.
        at: journey time, UTC.

    Returns:
        What they changed.
    """
    # In one order, or two messages that arrive together might wait for each other.
    people = sorted({f"bookings of {one.invitee.key}" for one in reports if one.invitee})
    for name in (*people, *{f"booking {one.booking}" for one in reports}):
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    outcomes = [
        _take(connection, report, booking, at)
        for report in reports
        for booking in _bookings(connection, report)
    ]
    return next((one for one in outcomes if one != "unchanged"), "unchanged")


def _take(connection: Connection, report: Booking, booking: BookingRow, at: datetime) -> Outcome:
    told_at = report.told_at or at
    _remember(connection, report, booking, told_at)
    if report.kind in ("missed", "attended"):
        return _attendance(
            connection, booking.id, missed=report.kind == "missed", told_at=told_at, at=at
        )
    outcome = _appointment(connection, booking.id, at)
    for other in _held_back(connection, booking):
        _appointment(connection, other, at)
    return outcome


def _bookings(connection: Connection, report: Booking) -> list[BookingRow]:
    """The bookings a report is about, known or made now: the invitee's, or everybody's."""
    in_it = CalendarBooking.booking == report.booking
    who = report.invitee
    if who is None:
        return [BookingRow(*row) for row in connection.execute(select(*_BOOKING).where(in_it))]
    found = connection.execute(
        select(*_BOOKING)
        .where(in_it, CalendarBooking.attendee.in_((who.key, "")))
        .order_by(CalendarBooking.attendee.desc())
    ).first()
    sets = report.kind == "set"
    if found is None and report.guest and not _has_seat(connection, report, who):
        return []
    lead_id = lead_of(connection, who, report.provider, makes=sets)
    name = found.id if found is not None else _free_id(connection, report.booking)
    values = {
        "attendee": who.key,
        "lead_id": found.lead_id if found is not None and found.lead_id else lead_id,
    }
    if found is None:
        connection.execute(
            insert(CalendarBooking).values(id=name, booking=report.booking, **values)
        )
    else:
        connection.execute(
            update(CalendarBooking).where(CalendarBooking.id == name).values(**values)
        )
    return [_booking(connection, name)]


def _booking(connection: Connection, name: str) -> BookingRow:
    row = connection.execute(select(*_BOOKING).where(CalendarBooking.id == name)).one()
    return BookingRow(*row)


def _has_seat(connection: Connection, report: Booking, who: Invitee) -> bool:
    """Whether somebody who came along has a seat: in the booking that this one replaces, or, as far
    as it is about who came, as a lead of ours whose booking is yet to be reported."""
    if report.kind in ("missed", "attended"):
        return lead_of(connection, who, report.provider, makes=False) is not None
    seat = select(CalendarBooking.id).where(
        CalendarBooking.booking == report.replaces, CalendarBooking.attendee == who.key
    )
    return bool(report.replaces) and connection.scalar(seat) is not None


def _free_id(connection: Connection, booking: str) -> str:
    """The id of one more person's booking."""
    others = connection.scalar(
        select(func.count()).select_from(CalendarBooking).where(CalendarBooking.booking == booking)
    )
    return f"{booking}#{others + 1}" if others else booking


def _remember(
    connection: Connection, report: Booking, booking: BookingRow, told_at: datetime
) -> None:
    """Add the report to what is known of its booking and of the one it took the place of."""
    this = CalendarBooking.id == booking.id
    if report.replaces:
        replaced = connection.execute(
            update(CalendarBooking)
            .where(
                CalendarBooking.booking == report.replaces,
                CalendarBooking.attendee == booking.attendee,
            )
            .values(replaced=True)
        )
        if not replaced.rowcount:
            connection.execute(
                insert(CalendarBooking).values(
                    id=_free_id(connection, report.replaces),
                    booking=report.replaces,
                    attendee=booking.attendee,
                    replaced=True,
                    lead_id=booking.lead_id,
                )
            )
        connection.execute(update(CalendarBooking).where(this).values(replaces=report.replaces))
    if report.kind == "set" and report.starts_at is not None:
        _remember_time(connection, report, booking, report.starts_at, told_at)
    elif report.kind == "cancelled" and report.replaced:
        connection.execute(update(CalendarBooking).where(this).values(replaced=True))
    elif report.kind == "cancelled":
        connection.execute(
            update(CalendarBooking)
            .where(this)
            .values(
                cancelled=True,
                cancelled_by=report.cancelled_by or booking.cancelled_by,
            )
        )


def _remember_time(
    connection: Connection,
    report: Booking,
    known: BookingRow,
    starts_at: datetime,
    told_at: datetime,
) -> None:
    if known.set_told_at is not None and known.set_told_at > told_at:
        return
    same = (known.starts_at, known.minutes) == (starts_at, report.minutes)
    hosts = reps_with(connection, report.host)
    connection.execute(
        update(CalendarBooking)
        .where(CalendarBooking.id == known.id)
        .values(
            starts_at=starts_at,
            minutes=report.minutes,
            host=hosts[0] if hosts else "",
            event=report.event,
            join_url=report.join_url,
            set_told_at=told_at,
            applied=known.applied and same,
        )
    )


def _appointment(connection: Connection, name: str, at: datetime) -> Outcome:
    """Bring the appointment to the last booking of the chain that this one is part of."""
    chain = _chain(connection, name)
    last = next((one for one in chain if one.starts_at and not one.replaced), None)
    gone = next((one for one in chain if one.cancelled and not one.replaced), None)
    made = connection.scalar(
        select(Meeting.id).where(Meeting.provider_id.in_([one.id for one in chain]))
    )
    if gone is not None:
        cancelled = made is not None and cancel_meeting(
            connection, meeting_id=made, at=at, by=gone.cancelled_by, reported=True
        )
        return "cancelled" if cancelled else "unchanged"
    if last is None or last.starts_at is None or last.lead_id is None:
        return "unchanged"
    if _is_overtaken(connection, last):
        return "unchanged"
    if last.applied:
        return _reassign(connection, last, at)
    moves = made or _displaced(connection, chain, last, last.lead_id, at)
    return _book(connection, last, last.lead_id, last.starts_at, moves=moves, at=at)


def _is_overtaken(connection: Connection, booking: BookingRow) -> bool:
    """Whether it may be the beginning of a later booking's chain of which a part is yet to come:
    then that part will tell."""
    later = aliased(CalendarBooking)
    unseen = select(later.id).where(
        later.attendee == booking.attendee,
        later.applied,
        later.set_told_at > booking.set_told_at,
        later.replaces.in_(
            select(CalendarBooking.booking).where(
                CalendarBooking.attendee == booking.attendee, CalendarBooking.starts_at.is_(None)
            )
        ),
    )
    return not booking.applied and connection.scalar(unseen.limit(1)) is not None


def _displaced(
    connection: Connection, chain: list[BookingRow], booking: BookingRow, lead_id: int, at: datetime
) -> int:
    """The meeting that a booking probably moves if the one whose place it took was never reported:
    the only one that the lead has from earlier reports of that service; 0 if that is not so. The
    rep hears of it, and the report that is missing sets it right."""
    if all(one.starts_at for one in chain):
        return 0
    earlier = connection.execute(
        select(Meeting.id, Meeting.owner, CalendarBooking.id.label("booking"))
        .join(CalendarBooking, CalendarBooking.id == Meeting.provider_id)
        .where(
            Meeting.state == "booked",
            Meeting.provider == _provider(booking),
            CalendarBooking.attendee == booking.attendee,
            CalendarBooking.set_told_at < booking.set_told_at,
        )
    ).all()
    if len(earlier) != 1:
        return 0
    meeting_id, owner, displaced = earlier[0]
    connection.execute(
        update(CalendarBooking).where(CalendarBooking.id == displaced).values(applied=False)
    )
    alert_rep(
        connection,
        MeetingAlert.SECOND,
        owner,
        lead_id=lead_id,
        about=displaced,
        at=at,
    )
    found: int = meeting_id
    return found


def _held_back(connection: Connection, booking: BookingRow) -> list[str]:
    """The other bookings of the same person that wait for a report like this."""
    return list(
        connection.scalars(
            select(CalendarBooking.id).where(
                CalendarBooking.attendee == booking.attendee,
                CalendarBooking.id != booking.id,
                CalendarBooking.starts_at.is_not(None),
                CalendarBooking.applied.is_(False),
                CalendarBooking.replaced.is_(False),
                CalendarBooking.cancelled.is_(False),
            )
        )
    )


def _book(
    connection: Connection,
    booking: BookingRow,
    lead_id: int,
    starts_at: datetime,
    *,
    moves: int,
    at: datetime,
) -> Outcome:
    provider = _provider(booking)
    meeting_id = book_meeting(
        connection,
        lead_id=lead_id,
        starts_at=starts_at,
        minutes=booking.minutes,
        booked_by="lead",
        at=at,
        host=booking.host,
        origin=Origin(provider, booking.id, booking.join_url, booking.event),
        moves=moves,
    )
    connection.execute(
        update(CalendarBooking)
        .where(CalendarBooking.id == booking.id)
        .values(meeting_id=meeting_id, applied=True)
    )
    if booking.missed and booking.missed_told_at is not None:
        report_missed(connection, meeting_id, told_at=booking.missed_told_at, at=at)
    return "booked"


def _provider(booking: BookingRow) -> str:
    return booking.booking.partition(":")[0]


def _reassign(connection: Connection, booking: BookingRow, at: datetime) -> Outcome:
    """Give the appointment to the rep whom the service has made its host."""
    if not booking.host:
        return "unchanged"
    changed = connection.execute(
        update(Meeting)
        .where(
            Meeting.provider_id == booking.id,
            Meeting.state == "booked",
            Meeting.owner != booking.host,
        )
        .values(owner=booking.host)
        .returning(Meeting.id, Meeting.lead_id, Meeting.attempt)
    ).first()
    if changed is None:
        return "unchanged"
    alert_rep(
        connection,
        MeetingAlert.REASSIGNED,
        booking.host,
        lead_id=changed.lead_id,
        about=f"meeting-{changed.id}-{changed.attempt}:{booking.host}",
        at=at,
    )
    return "reassigned"


def _attendance(
    connection: Connection, name: str, *, missed: bool, told_at: datetime, at: datetime
) -> Outcome:
    newest = connection.execute(
        update(CalendarBooking)
        .where(
            CalendarBooking.id == name,
            or_(
                CalendarBooking.missed_told_at.is_(None),
                CalendarBooking.missed_told_at <= told_at,
            ),
        )
        .values(missed=missed, missed_told_at=told_at)
        .returning(CalendarBooking.id)
    ).first()
    made = connection.scalar(select(Meeting.id).where(Meeting.provider_id == name))
    if newest is None or made is None:
        return "unchanged"
    if missed and report_missed(connection, made, told_at=told_at, at=at):
        return "no_show"
    if not missed and report_attended(connection, made, told_at=told_at):
        return "attended"
    return "unchanged"


def _chain(connection: Connection, name: str) -> list[BookingRow]:
    """The bookings of one person that took each other's place, this one among them."""
    first = _booking(connection, name)
    found: dict[str, BookingRow] = {}
    wanted = {first.booking}
    while wanted:
        rows = connection.execute(
            select(*_BOOKING).where(
                CalendarBooking.attendee == first.attendee,
                or_(CalendarBooking.booking.in_(wanted), CalendarBooking.replaces.in_(wanted)),
            )
        )
        new = [row for row in (BookingRow(*row) for row in rows) if row.id not in found]
        found |= {row.id: row for row in new}
        wanted = {name for row in new for name in (row.booking, row.replaces) if name}
    return list(found.values())
