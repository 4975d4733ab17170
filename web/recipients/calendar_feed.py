"""``/calendar/…``: a rep's meetings, for calendar programs that subscribe to them.

Who has the address reads the meetings: it is a secret like a password, and no page names it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from domain.meetings.calendar_feed import calendar_feed
from settings import Settings
from store.access.calendar_feeds import ReadTooOften, read_feed
from store.meetings.rep_calendar import rep_calendar
from store.routing.rep_cards import rep_card
from web.retry_after import not_before

PAST = timedelta(days=90)
"""How long a meeting stays in the calendar."""


def calendar_feeds(settings: Settings, database: Engine) -> APIRouter:
    """``/calendar/{secret}.ics``."""
    router = APIRouter()

    @router.get("/calendar/{secret}.ics")
    def feed(request: Request, secret: str) -> Response:
        since = settings.clock().now() - PAST
        try:
            with database.begin() as connection:
                rep = read_feed(connection, secret, datetime.now(UTC))
                if rep is None:
                    raise HTTPException(404)
                card = rep_card(connection, rep)
                meetings = rep_calendar(connection, rep, since)
        except ReadTooOften as often:
            return not_before(Response(status_code=429), often.again_in)
        content = calendar_feed(
            meetings,
            name=card.name if card else rep,
            domain=settings.email_from.rpartition("@")[2],
            leads=f"{settings.web_url()}/console/leads/",
            language=(card.language if card else "") or "en",
        )
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)

    return router
