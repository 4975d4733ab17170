"""The page on which a lead says what mail it wants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection, Engine

from domain.consent.policy import LIFTED_BY_THE_LEAD, Source
from domain.email.links import LinkClaim, LinkSigner
from domain.translations.translator import translator_for
from settings import Settings
from store.access.link_limits import TooOften, refuse_returns
from store.consent.consent import (
    choose_topics,
    consent_of,
    consent_policy,
    lock_address,
    opt_in,
    opt_out,
    standing_opt_out,
)
from store.mail.ledger import TouchedLead
from store.patience import PAGE_SECONDS, keep_trying
from store.scoring.engagement import record_engagement
from web.recipients.touched import claim_of, touched_lead
from web.retry_after import not_before
from web.views import page

PAGE: Source = "preference_page"


def preference_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/p/``: topics, unsubscribing from everything, and coming back."""
    router = APIRouter()

    def show(
        connection: Connection,
        touched: TouchedLead,
        *,
        news: str = "",
        trouble: str = "",
        status: int = 200,
    ) -> Response:
        consent = consent_of(connection, touched.email_key)
        return page(
            "preferences.html",
            translator_for(touched.language),
            status,
            sender=settings.email_from_name,
            sender_email=settings.email_from,
            topics=consent_policy(connection).words_of_topics(touched.language),
            refused=consent.refused,
            suppressed=consent.suppressed,
            may_come_back=consent.suppressed in LIFTED_BY_THE_LEAD,
            news=news,
            trouble=trouble,
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
            _ = translator_for(touched.language)
            try:
                news = _do(connection, touched, action, topics=topics, shown=shown, at=at)
            except TooOften as often:
                enough = _(
                    "You have changed this often enough for today. Please try again tomorrow. You "
                    "can unsubscribe at any time."
                )
                answer = show(connection, touched, trouble=enough, status=429)
                return not_before(answer, often.again_in)
            return show(connection, touched, news=news)

    return router


def _do(
    connection: Connection,
    touched: TouchedLead,
    action: str,
    *,
    topics: Collection[str],
    shown: Collection[str],
    at: datetime,
) -> str:
    """Do what the page asks for; the words that tell of it.

    Raises:
        TooOften: coming back is for another day. What ends mail is done all the same.
    """
    _ = translator_for(touched.language)
    match action:
        case "save":
            known = consent_policy(connection).topics
            wanted = {code: code in topics for code in shown if code in known}
            _choose(connection, touched, wanted, at)
            return _("Your choice is saved.")
        case "stop":
            unsubscribe_lead(connection, touched, source=PAGE, at=at)
            return _("We will not write to you again. It takes effect at once.")
        case "come_back":
            return (
                _("You get e-mails from us again.") if _come_back(connection, touched, at) else ""
            )
    return ""


def _choose(
    connection: Connection, touched: TouchedLead, wanted: Mapping[str, bool], at: datetime
) -> None:
    email_key = touched.email_key
    lock_address(connection, email_key)
    refused = consent_of(connection, email_key).refused
    try:
        if any(wants and topic in refused for topic, wants in wanted.items()):
            refuse_returns(connection, email_key, at, of_topics=True)
    except TooOften:
        ended = {topic: wants for topic, wants in wanted.items() if not wants}
        choose_topics(connection, email_key=email_key, wanted=ended, at=at, source=PAGE)
        raise
    choose_topics(connection, email_key=email_key, wanted=wanted, at=at, source=PAGE)


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
    lock_address(connection, touched.email_key)
    refuse_returns(connection, touched.email_key, at)
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
