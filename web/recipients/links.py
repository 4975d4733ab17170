"""What the links in a mail do: clicks, opens and unsubscribing."""

from __future__ import annotations

import base64
from typing import Literal

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Engine

from domain.email.links import LinkClaim, LinkSigner
from domain.engagement.bot_detection import machine_of_request, read_networks
from domain.translations.translator import Translator, translator_for
from settings import Settings
from store.consent.suppressions import why_suppressed
from store.engine import AWAY
from web.recipients.touched import LinkGone, claim_of, touched_lead
from web.recipients.visit_spool import SpooledVisit
from web.recipients.visits import NotKept, Visits
from web.views import page, translator_of

log = structlog.get_logger(__name__)

DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent picture of one pixel (GIF)."""


def recipient_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/l/`` clicks, ``/o/`` opens, ``/u/`` unsubscribing."""
    visits = Visits(settings, database)
    router = APIRouter(lifespan=visits.replayed)

    networks = read_networks(settings.scanner_networks)

    async def keep(kind: Literal["click", "open"], claim: LinkClaim, request: Request) -> None:
        """Whatever becomes of it, the recipient gets where the link leads."""
        machine = machine_of_request(
            request.headers.get("user-agent", ""),
            request.client.host if request.client else "",
            networks,
        )
        visit = SpooledVisit(
            kind=kind,
            touch_key=claim.touch_key,
            at=settings.clock().now(),
            url=claim.url,
            machine=machine,
        )
        try:
            await visits.keep(visit)
        except LinkGone:
            log.info("a link of a touch that is gone was followed", kind=kind)
        except NotKept:
            pass  # Counted and logged where it happened.

    def show(_: Translator, *, done: bool) -> Response:
        return page("unsubscribe.html", _, sender=settings.email_from_name, done=done)

    @router.api_route("/l/{token}", methods=["GET", "HEAD"])
    async def click(token: str, request: Request) -> Response:
        claim = claim_of(signer, token, "click")
        # Programs that check links ask with HEAD; people don't.
        if request.method == "GET":
            await keep("click", claim, request)
        return RedirectResponse(claim.url, 302, {"Cache-Control": "no-store"})

    @router.get("/o/{token}.gif")
    async def opened(token: str, request: Request) -> Response:
        await keep("open", claim_of(signer, token, "opened"), request)
        return Response(DOT, media_type="image/gif", headers={"Cache-Control": "no-store"})

    @router.get("/u/{token}")
    def ask_to_unsubscribe(token: str, request: Request) -> Response:
        claim = claim_of(signer, token, "unsubscribe")
        try:
            with database.connect() as connection:
                touched = touched_lead(connection, claim.touch_key)
                done = why_suppressed(connection, touched.email_key)
        except AWAY:
            # The button works without a database.
            return show(translator_of(request), done=False)
        return show(translator_for(touched.language), done=done is not None)

    @router.post("/u/{token}")
    async def unsubscribe(token: str, request: Request) -> Response:
        """The page's button and the one-click POST of mail programs (RFC 8058), whose body says
        nothing more than the address already does.

        Mail programs ask once: 200 means that it is committed or on disk, 503 that it is neither.
        """
        claim = claim_of(signer, token, "unsubscribe")
        at = settings.clock().now()
        try:
            touched = await visits.keep(
                SpooledVisit(kind="unsubscribe", touch_key=claim.touch_key, at=at)
            )
        except NotKept:
            raise HTTPException(503) from None
        _ = translator_for(touched.language) if touched else translator_of(request)
        return show(_, done=True)

    return router
