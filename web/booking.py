"""The page on which a lead books, moves or cancels a meeting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection, Engine, select

from domain.cadences.window import zone
from domain.email.links import LinkSigner
from settings import Settings
from store.meetings import MeetingRefused, book_meeting, cancel_meeting, upcoming_meeting
from store.tables import Meeting, Rep
from web.slots import SLOT, open_slots
from web.touched import TouchedLead, claim_of, touched_lead
from web.views import page
from web.words import words_in

MINUTES = int(SLOT.total_seconds()) // 60


def booking_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/b/``: booking."""
    router = APIRouter()

    def show(
        connection: Connection,
        touched: TouchedLead,
        now: datetime,
        *,
        status: int = 200,
        trouble: str = "",
        news: str = "",
    ) -> Response:
        meeting = upcoming_meeting(connection, touched.lead_id)
        starts_at = meeting.starts_at if meeting and meeting.starts_at > now else None
        return page(
            "booking.html",
            status,
            words=words_in(touched.language),
            sender=settings.email_from_name,
            time_zone=zone(touched.time_zone).key,
            starts_at=starts_at and starts_at.astimezone(zone(touched.time_zone)),
            minutes=meeting.minutes if meeting else MINUTES,
            days=_days(connection, touched, now),
            trouble=trouble,
            news=news,
        )

    @router.get("/b/{token}")
    def slots(token: str) -> Response:
        claim = claim_of(signer, token, "booking")
        with database.connect() as connection:
            touched = touched_lead(connection, claim.touch_key)
            return show(connection, touched, settings.clock().now())

    @router.post("/b/{token}")
    def choose(
        token: str,
        starts_at: Annotated[str, Form()] = "",
        action: Annotated[str, Form()] = "book",
    ) -> Response:
        """``starts_at`` (ISO 8601 with offset, one of the page's slots) books or moves;
        ``action=cancel`` cancels."""
        claim = claim_of(signer, token, "booking")
        now = settings.clock().now()
        with database.begin() as connection:
            touched = touched_lead(connection, claim.touch_key)
            words = words_in(touched.language)
            if action == "cancel":
                meeting = upcoming_meeting(connection, touched.lead_id)
                if meeting and cancel_meeting(connection, meeting_id=meeting.id, at=now):
                    return show(connection, touched, now, news=words.cancelled)
                return show(connection, touched, now, status=409, trouble=words.nothing_to_cancel)
            _one_at_a_time(connection, touched.owner)
            chosen = _instant(starts_at)
            days = _days(connection, touched, now)
            if chosen is None or not any(chosen in slots for slots in days.values()):
                return show(connection, touched, now, status=409, trouble=words.taken)
            try:
                book_meeting(
                    connection,
                    lead_id=touched.lead_id,
                    starts_at=chosen,
                    minutes=MINUTES,
                    booked_by="lead",
                    at=now,
                )
            except MeetingRefused:
                return show(connection, touched, now, status=409, trouble=words.taken)
            return show(connection, touched, now, news=words.booked)

    return router


def _days(
    connection: Connection, touched: TouchedLead, now: datetime
) -> dict[date, list[datetime]]:
    """The free slots of the rep who owns the lead; of nobody's calendar while nobody does."""
    taken: list[tuple[datetime, datetime]] = []
    if touched.owner:
        rows = connection.execute(
            select(Meeting.starts_at, Meeting.minutes).where(
                Meeting.owner == touched.owner,
                Meeting.state == "booked",
                Meeting.starts_at > now - timedelta(days=1),
            )
        )
        taken = [(starts, starts + timedelta(minutes=minutes)) for starts, minutes in rows]
    return open_slots(now, touched.time_zone, touched.country, taken)


def _one_at_a_time(connection: Connection, owner: str) -> None:
    """Until the transaction ends nobody else books with this rep: no slot goes twice."""
    connection.execute(select(Rep.code).where(Rep.code == owner).with_for_update())


def _instant(value: str) -> datetime | None:
    """The instant (UTC) a form names; None when it is none, or has no offset."""
    try:
        instant = datetime.fromisoformat(value)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
