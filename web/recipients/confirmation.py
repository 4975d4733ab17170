"""The page on which somebody confirms that an address is theirs."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection, Engine

from domain.consent.policy import LIFTED_BY_THE_LEAD
from domain.email.links import LinkClaim, LinkSigner
from domain.translations.translator import translator_for
from settings import Settings
from store.consent.confirmations import is_waiting
from store.consent.consent import consent_of, opt_in
from store.mail.ledger import TouchedLead
from store.patience import PAGE_SECONDS, keep_trying
from web.recipients.touched import claim_of, touched_lead
from web.views import page


def confirmation_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/c/``: a question, and a button that says yes. Opening the page says nothing: programs that
    check mails follow every link."""
    router = APIRouter()

    def show(connection: Connection, touched: TouchedLead) -> Response:
        suppressed = consent_of(connection, touched.email_key).suppressed
        return page(
            "confirmation.html",
            translator_for(touched.language),
            sender=settings.email_from_name,
            sender_email=settings.email_from,
            done=not suppressed,
            stopped="" if suppressed in LIFTED_BY_THE_LEAD else suppressed,
        )

    @router.get("/c/{token}")
    def ask(token: str) -> Response:
        claim = claim_of(signer, token, "confirmation")
        with database.connect() as connection:
            return show(connection, touched_lead(connection, claim.touch_key))

    @router.post("/c/{token}")
    def confirm(token: str) -> Response:
        claim = claim_of(signer, token, "confirmation")
        at = settings.clock().now()
        return keep_trying(lambda: say_yes(claim, at), PAGE_SECONDS, if_lost=False)

    def say_yes(claim: LinkClaim, at: datetime) -> Response:
        with database.begin() as connection:
            touched = touched_lead(connection, claim.touch_key)
            # A link that was kept says yes once: what was said since then counts.
            if is_waiting(connection, touched.email_key):
                opt_in(
                    connection,
                    email_key=touched.email_key,
                    at=at,
                    source="confirmation",
                    lifts=LIFTED_BY_THE_LEAD,
                    evidence=touched.touch_key,
                )
            return show(connection, touched)

    return router
