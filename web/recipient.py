"""What the links in a mail do: clicks, opens and unsubscribing."""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from domain.email.links import LinkClaim, LinkSigner
from domain.engagement.machines import machine_of_request, read_networks
from settings import Settings
from store.engagement import record_engagement
from store.policies import PolicyMissing
from store.tables import Suppression
from web.preferences import unsubscribe_lead
from web.touched import LinkGone, TouchedLead, claim_of, touched_lead
from web.views import page
from web.words import words_in

log = structlog.get_logger(__name__)

# Reloading a page and clicking twice are one visit. A longer one would let a scanner's visit
# swallow that of the person it reads for.
VISIT_SECONDS = 60

DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent picture of one pixel (GIF)."""


def recipient_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/l/`` clicks, ``/o/`` opens, ``/u/`` unsubscribing."""
    router = APIRouter()

    networks = read_networks(settings.scanner_networks)

    def record(kind: Literal["click", "open"], claim: LinkClaim, request: Request) -> None:
        """A visit counts once per touch, address and minute. What can't be recorded must not keep
        the recipient from where the link leads."""
        machine = machine_of_request(
            request.headers.get("user-agent", ""),
            request.client.host if request.client else "",
            networks,
        )
        at = settings.clock().now()
        address = hashlib.sha256(claim.url.encode()).hexdigest()[:16]
        visit = int(at.timestamp()) // VISIT_SECONDS
        try:
            with database.begin() as connection:
                touched = touched_lead(connection, claim.touch_key)
                record_engagement(
                    connection,
                    lead_id=touched.lead_id,
                    touch_id=touched.touch_id,
                    kind=kind,
                    at=at,
                    key=f"{kind}:{claim.touch_key}:{address}:{visit}:{machine}",
                    detail={"url": claim.url} if claim.url else None,
                    machine=machine,
                )
        except LinkGone:
            log.info("a link of a touch that is gone was followed", kind=kind)
        except (SQLAlchemyError, PolicyMissing) as error:
            log.warning("an engagement is lost", kind=kind, error=type(error).__name__)

    def show(touched: TouchedLead, *, done: bool) -> Response:
        return page(
            "unsubscribe.html",
            words=words_in(touched.language),
            sender=settings.email_from_name,
            done=done,
        )

    @router.api_route("/l/{token}", methods=["GET", "HEAD"])
    def click(token: str, request: Request) -> Response:
        claim = claim_of(signer, token, "click")
        # Programs that check links ask with HEAD; people don't.
        if request.method == "GET":
            record("click", claim, request)
        return RedirectResponse(claim.url, 302, {"Cache-Control": "no-store"})

    @router.get("/o/{token}.gif")
    def opened(token: str, request: Request) -> Response:
        record("open", claim_of(signer, token, "opened"), request)
        return Response(DOT, media_type="image/gif", headers={"Cache-Control": "no-store"})

    @router.get("/u/{token}")
    def ask_to_unsubscribe(token: str) -> Response:
        claim = claim_of(signer, token, "unsubscribe")
        with database.connect() as connection:
            touched = touched_lead(connection, claim.touch_key)
            done = connection.scalar(
                select(Suppression.reason).where(Suppression.email_key == touched.email_key)
            )
        return show(touched, done=done is not None)

    @router.post("/u/{token}")
    def unsubscribe(token: str) -> Response:
        """The page's button and the one-click POST of mail programs (RFC 8058), whose body says
        nothing more than the address already does."""
        claim = claim_of(signer, token, "unsubscribe")
        at = settings.clock().now()
        with database.begin() as connection:
            touched = touched_lead(connection, claim.touch_key)
            unsubscribe_lead(connection, touched, source="unsubscribe_link", at=at)
        return show(touched, done=True)

    return router
