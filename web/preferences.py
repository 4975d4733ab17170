"""The page on which a lead says what mail it wants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection, Engine

from domain.consent import LIFTED_BY_THE_LEAD, Source
from domain.email.links import LinkClaim, LinkSigner
from settings import Settings
from store.consent import (
    choose_topics,
    consent_of,
    consent_policy,
    opt_in,
    opt_out,
    standing_opt_out,
)
from store.engagement import record_engagement
from store.patience import PAGE_SECONDS, keep_trying
from web.touched import TouchedLead, claim_of, touched_lead
from web.views import page
from web.words import words_in

PAGE: Source = "preference_page"


def preference_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/p/``: topics, unsubscribing from everything, and coming back."""
    router = APIRouter()

    def show(
        connection: Connection, touched: TouchedLead, *, news: str = "", status: int = 200
    ) -> Response:
        consent = consent_of(connection, touched.email_key)
        return page(
            "preferences.html",
            status,
            words=words_in(touched.language),
            sender=settings.email_from_name,
            sender_email=settings.email_from,
            topics=consent_policy(connection).words_of_topics(touched.language),
            refused=consent.refused,
            suppressed=consent.suppressed,
            may_come_back=consent.suppressed in LIFTED_BY_THE_LEAD,
            news=news,
        )

    @router.get("/p/{token}")
    def preferences(token: str) -> Response:
        claim = claim_of(signer, token, "preferences")
        with database.connect() as connection:
            return show(connection, touched_lead(connection, claim.touch_key))

    @router.post("/p/{token}")
    def choose(
        token: str,
        action: Annotated[str, Form()] = "",
        topics: Annotated[list[str] | None, Form()] = None,
        shown: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        """``action`` is save (of the topics ``shown``, those in ``topics`` are wanted), stop or
        come_back; with any other nothing changes."""
        claim = claim_of(signer, token, "preferences")
        at = settings.clock().now()
        return keep_trying(
            lambda: change(claim, action, topics or (), shown or (), at),
            PAGE_SECONDS,
            if_lost=False,
        )

    def change(
        claim: LinkClaim, action: str, topics: Collection[str], shown: Collection[str], at: datetime
    ) -> Response:
        with database.begin() as connection:
            touched = touched_lead(connection, claim.touch_key)
            words = words_in(touched.language)
            if action == "save":
                known = consent_policy(connection).topics
                wanted = {code: code in topics for code in shown if code in known}
                choose_topics(
                    connection, email_key=touched.email_key, wanted=wanted, at=at, source=PAGE
                )
                return show(connection, touched, news=words.saved)
            if action == "stop":
                unsubscribe_lead(connection, touched, source=PAGE, at=at)
                return show(connection, touched, news=words.unsubscribed_sentence)
            if action == "come_back":
                came_back = _come_back(connection, touched, at)
                return show(connection, touched, news=words.welcome_back if came_back else "")
            return show(connection, touched)

    return router


def unsubscribe_lead(
    connection: Connection, touched: TouchedLead, *, source: Source, at: datetime
) -> None:
    """The lead wants nothing more from marketing: its journey hears of it, the first time.

    The same word may have come through another door a moment before. It is kept as said here too,
    once as long as it stands, so that the history does not depend on who was faster.
    """
    record = opt_out(
        connection, email_key=touched.email_key, at=at, source=source
    ) or standing_opt_out(connection, touched.email_key)
    record_engagement(
        connection,
        lead_id=touched.lead_id,
        touch_id=touched.touch_id,
        kind="unsubscribe",
        at=at,
        key=f"unsubscribe:{touched.touch_key}:{record}",
    )


def _come_back(connection: Connection, touched: TouchedLead, at: datetime) -> bool:
    lifted = opt_in(
        connection, email_key=touched.email_key, at=at, source=PAGE, lifts=LIFTED_BY_THE_LEAD
    )
    if not lifted:
        return False
    record_engagement(
        connection,
        lead_id=touched.lead_id,
        touch_id=touched.touch_id,
        kind="resubscribe",
        at=at,
        key=f"resubscribe:{touched.touch_key}:{at.isoformat()}",
    )
    return True
