"""Bookings at Cal.com and Calendly, made into meetings.

Reports come late, twice and in any order. So each is first added to what is known of its booking,
and then the appointment is brought to what all reports together say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.email.addresses import address_key
from domain.lead_files.row import SAID, UNKNOWN
from domain.meetings.bookings import Booking, Invitee
from store.meetings import (
    MeetingRefused,
    Origin,
    book_meeting,
    cancel_meeting,
    report_attended,
    report_missed,
)
from store.tables import CalendarBooking, Lead, Meeting, Rep

Outcome = Literal["booked", "cancelled", "no_show", "attended", "unchanged"]


class BookingRefused(Exception):
    """The booking can't become a meeting; it is kept, with the reason. The sentence is for the
    service's log and holds no personal data."""


def take_report(connection: Connection, report: Booking, at: datetime) -> Outcome:
    """Take one report, in a transaction of the caller's that is committed whatever this raises.

    The lead is the one with the attendee's address; somebody unknown who books becomes a lead. The
    meeting is with the rep who has the host's address, else with the lead's owner.

    Args:
        report: with its ``starts_at`` in journey time.
        at: journey time, UTC.

    Raises:
        BookingRefused: the time is taken or in the past.
    """
    address = address_key(report.invitee.email)
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"bookings of {address}", 0)))
    )
    lead_id = _lead(connection, report)
    _remember(connection, report, lead_id)
    match report.kind:
        case "missed" | "attended":
            return _attendance(connection, report, at)
        case _:
            return _appointment(connection, report, at)


def _lead(connection: Connection, report: Booking) -> int | None:
    key = address_key(report.invitee.email)
    found: int | None = connection.scalar(select(Lead.id).where(Lead.email_key == key))
    if found is None and report.kind == "set":
        found = _new_lead(connection, report.invitee, key, report.provider)
    return found


def _new_lead(connection: Connection, who: Invitee, key: str, source: str) -> int:
    known = {
        "first_name": who.first_name,
        "last_name": who.last_name,
        "language": who.language,
        "language_certainty": SAID if who.language else UNKNOWN,
        "time_zone": who.time_zone,
        "time_zone_certainty": SAID if who.time_zone else UNKNOWN,
    }
    made: int = connection.execute(
        insert(Lead)
        .values(
            email=who.email,
            email_key=key,
            source=source,
            **{name: value for name, value in known.items() if value},
        )
        .on_conflict_do_update(index_elements=["email_key"], set_={"email_key": key})
        .returning(Lead.id)
    ).scalar_one()
    return made


def _remember(connection: Connection, report: Booking, lead_id: int | None) -> None:
    """Add the report to what is known of its booking and of the one it took the place of."""
    connection.execute(insert(CalendarBooking).values(id=report.id).on_conflict_do_nothing())
    this = CalendarBooking.id == report.id
    if lead_id is not None:
        connection.execute(update(CalendarBooking).where(this).values(lead_id=lead_id))
    if report.replaces:
        connection.execute(
            insert(CalendarBooking)
            .values(id=report.replaces, replaced=True, lead_id=lead_id)
            .on_conflict_do_update(index_elements=["id"], set_={"replaced": True})
        )
        connection.execute(update(CalendarBooking).where(this).values(replaces=report.replaces))
    if report.kind == "set" and report.starts_at is not None:
        _remember_time(connection, report, report.starts_at)
    elif report.kind == "cancelled":
        gone = {"replaced": True} if report.replaced else {"cancelled": True}
        connection.execute(update(CalendarBooking).where(this).values(**gone))


def _remember_time(connection: Connection, report: Booking, starts_at: datetime) -> None:
    known = connection.execute(
        select(*CalendarBooking.__table__.c).where(CalendarBooking.id == report.id)
    ).one()
    if known.set_told_at is not None and known.set_told_at > report.told_at:
        return
    same = (known.starts_at, known.minutes) == (starts_at, report.minutes)
    host = connection.scalar(
        select(Rep.code).where(
            func.lower(Rep.email) == report.host.strip().casefold(), Rep.active.is_(True)
        )
    )
    connection.execute(
        update(CalendarBooking)
        .where(CalendarBooking.id == report.id)
        .values(
            starts_at=starts_at,
            minutes=report.minutes,
            host=host or "",
            join_url=report.join_url,
            set_told_at=report.told_at,
            applied=known.applied and same,
        )
    )


def _appointment(connection: Connection, report: Booking, at: datetime) -> Outcome:
    """Bring the appointment to the last booking of the chain that the report is part of."""
    chain = _chain(connection, report.id)
    last = next((one for one in chain if one.starts_at and not one.replaced), None)
    gone = next((one for one in chain if one.cancelled and not one.replaced), None)
    if gone is not None:
        made = connection.scalar(
            select(Meeting.id).where(Meeting.provider_id.in_([one.id for one in chain]))
        )
        cancelled = made is not None and cancel_meeting(connection, meeting_id=made, at=at)
        return "cancelled" if cancelled else "unchanged"
    if last is None or last.applied or _is_overtaken(connection, last):
        return "unchanged"
    return _book(connection, report.provider, last, at)


def _is_overtaken(connection: Connection, booking: Row[Any]) -> bool:
    """Whether the lead's appointment is made from a booking of later already: the reports between
    the two, which would tell how they hang together, are yet to come."""
    newer = select(CalendarBooking.id).where(
        CalendarBooking.lead_id == booking.lead_id,
        CalendarBooking.applied,
        CalendarBooking.set_told_at > booking.set_told_at,
    )
    return connection.scalar(newer.limit(1)) is not None


def _book(connection: Connection, provider: str, booking: Row[Any], at: datetime) -> Outcome:
    this = update(CalendarBooking).where(CalendarBooking.id == booking.id)
    try:
        # What routing has written for a lead without an owner is undone with a refusal.
        with connection.begin_nested():
            meeting_id = book_meeting(
                connection,
                lead_id=booking.lead_id,
                starts_at=booking.starts_at,
                minutes=booking.minutes,
                booked_by="lead",
                at=at,
                host=booking.host,
                origin=Origin(provider, booking.id, booking.join_url),
            )
    except MeetingRefused as refused:
        connection.execute(this.values(refused=str(refused)))
        raise BookingRefused(str(refused)) from None
    connection.execute(this.values(meeting_id=meeting_id, applied=True, refused=""))
    return "booked"


def _attendance(connection: Connection, report: Booking, at: datetime) -> Outcome:
    missed = report.kind == "missed"
    newest = connection.execute(
        update(CalendarBooking)
        .where(
            CalendarBooking.id == report.id,
            or_(
                CalendarBooking.missed_told_at.is_(None),
                CalendarBooking.missed_told_at <= report.told_at,
            ),
        )
        .values(missed=missed, missed_told_at=report.told_at)
        .returning(CalendarBooking.id)
    ).first()
    if newest is None:
        return "unchanged"
    made = connection.scalar(select(Meeting.id).where(Meeting.provider_id == report.id))
    if made is None:
        return "unchanged"
    if missed and report_missed(connection, made, told_at=report.told_at, at=at):
        return "no_show"
    if not missed and report_attended(connection, made, told_at=report.told_at):
        return "attended"
    return "unchanged"


def _chain(connection: Connection, booking_id: str) -> list[Row[Any]]:
    """The bookings that took each other's place, this one among them."""
    found: dict[str, Row[Any]] = {}
    wanted = {booking_id}
    while wanted:
        rows = connection.execute(
            select(*CalendarBooking.__table__.c).where(
                or_(CalendarBooking.id.in_(wanted), CalendarBooking.replaces.in_(wanted))
            )
        ).all()
        new = {row.id: row for row in rows if row.id not in found}
        found |= new
        wanted = {name for row in new.values() for name in (row.id, row.replaces) if name}
        wanted -= {name for name in wanted if name in found and name not in new}
    return list(found.values())
