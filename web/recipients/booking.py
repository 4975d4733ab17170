"""The page on which a lead books, moves or cancels a meeting."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection, Engine

from domain.email.links import LinkClaim, LinkSigner
from domain.meetings.free_times import SLOT
from domain.meetings.places import MeetingPlace
from domain.refusals import MeetingRefused
from domain.time.shown import full_day, full_moment, zone_name
from domain.time.window import zone
from domain.translations.translator import translator_for
from settings import Settings
from store.access.link_limits import TooOften, record_move
from store.mail.ledger import TouchedLead
from store.meetings.meeting_rows import MeetingRow, meeting_details
from store.meetings.meetings import book_meeting, cancel_meeting, upcoming_meeting
from store.patience import PAGE_SECONDS, keep_trying
from store.routing.rep_cards import rep_card
from store.routing.rep_times import free_slots
from web.recipients.touched import claim_of, touched_lead
from web.retry_after import not_before
from web.views import page

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
        _ = translator_for(touched.language)
        meeting, there = _meeting_of(connection, touched, now), zone(touched.time_zone)
        card = rep_card(connection, meeting.owner if meeting else touched.owner)
        starts_at = meeting and full_moment(meeting.starts_at.astimezone(there), _.language)
        return page(
            "booking.html",
            _,
            status,
            sender=card.name if card else settings.email_from_name,
            where=meeting_details(connection, meeting.id).where if meeting else MeetingPlace(),
            time_zone=zone_name(now.astimezone(there), _.language),
            starts_at=starts_at,
            minutes=meeting.minutes if meeting else MINUTES,
            days={
                full_day(day, _.language): slots
                for day, slots in _days(connection, touched, now).items()
            },
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
        return keep_trying(
            lambda: change(claim, action, _instant(starts_at), now), PAGE_SECONDS, if_lost=False
        )

    def change(claim: LinkClaim, action: str, chosen: datetime | None, now: datetime) -> Response:
        with database.begin() as connection:
            touched = touched_lead(connection, claim.touch_key)
            _ = translator_for(touched.language)
            answer = functools.partial(show, connection, touched, now)
            taken = _("That time is no longer free. Please choose another.")
            meeting = _meeting_of(connection, touched, now)
            if action == "cancel":
                if meeting and cancel_meeting(connection, meeting_id=meeting.id, at=now, by="lead"):
                    return answer(news=_("The meeting is cancelled."))
                return answer(status=409, trouble=_("There is no meeting to cancel."))
            if meeting and meeting.starts_at == chosen:
                # The answer to an earlier request was lost, or the button was clicked twice.
                return answer(news=_("Thank you, the time is yours."))
            days = _days(connection, touched, now)
            if chosen is None or not any(chosen in slots for slots in days.values()):
                return answer(status=409, trouble=taken)
            try:
                # A refusal takes back the move, and the owner that the lead was given for it.
                with connection.begin_nested():
                    record_move(connection, touched.lead_id, now)
                    book_meeting(
                        connection,
                        lead_id=touched.lead_id,
                        starts_at=chosen,
                        minutes=MINUTES,
                        booked_by="lead",
                        at=now,
                        moves=meeting.id if meeting else 0,
                    )
            except MeetingRefused:
                return answer(status=409, trouble=taken)
            except TooOften as often:
                enough = _(
                    "You have moved this meeting often enough for today. Please try again "
                    "tomorrow, or reply to our mail."
                )
                return not_before(answer(status=429, trouble=enough), often.again_in)
            return answer(news=_("Thank you, the time is yours."))

    return router


def _meeting_of(connection: Connection, touched: TouchedLead, now: datetime) -> MeetingRow | None:
    """The meeting that the mail with the link is about if it lies ahead, else the lead's next."""
    named = re.match(r"meeting-(\d+)-", touched.touch_key)
    return upcoming_meeting(connection, touched.lead_id, now, named=int(named[1]) if named else 0)


def _days(
    connection: Connection, touched: TouchedLead, now: datetime
) -> dict[date, list[datetime]]:
    return free_slots(connection, touched.owner, touched.time_zone, touched.country, now)


def _instant(value: str) -> datetime | None:
    """The instant (UTC) a form names; None when it is none, or has no offset."""
    try:
        instant = datetime.fromisoformat(value)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
