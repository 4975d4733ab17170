"""The web app: pages for recipients of mails, webhooks, the API, sign-in, and the health check."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from domain.email.links import BadLink, ExpiredLink
from domain.translations.translator import N_
from mail.links import link_signer
from settings import Settings
from store.engine import AWAY, engine
from store.published.policies import PolicyMissing
from web.api.app import create_api
from web.body_limits import BodyLimits
from web.doors import refusal, told
from web.forms.pages import form_pages
from web.observed import Observed
from web.own_hosts import OwnHosts
from web.recipients.booking import booking_pages
from web.recipients.calendar_feed import calendar_feeds
from web.recipients.confirmation import confirmation_pages
from web.recipients.images import image_files
from web.recipients.links import recipient_pages
from web.recipients.preferences import preference_pages
from web.recipients.touched import LinkGone
from web.retry_after import retry_after
from web.safe_headers import SafeHeaders
from web.same_origin import SameOrigin
from web.sign_in.auth_log import LoggedRefusals
from web.sign_in.forgotten import forgotten_pages
from web.sign_in.oidc import oidc_pages
from web.sign_in.password import password_pages
from web.sign_in.second_factor import second_factor_pages
from web.sign_in.second_factor_manage import manage_pages
from web.sign_in.second_factor_set_up import set_up_pages
from web.sign_in.sign_in import SignInService, sign_in_pages
from web.tracking.api import tracking_api
from web.tracking.client_settings import client_settings
from web.unhandled import Unhandled
from web.views import PAGES, TROUBLE, page, translator_of
from web.webhooks.calendars import calendar_webhooks
from web.webhooks.sendgrid import sendgrid_webhook
from web.webhooks.sendgrid_inbound import sendgrid_inbound

log = structlog.get_logger(__name__)

NO_PAGE = N_("There is no page at this address.")
REFUSED = {
    DataError: (404, NO_PAGE),
    RequestValidationError: (404, NO_PAGE),
    BadLink: (
        404,
        N_(
            "This link is not complete. Perhaps the mail program broke it: please open it from the "
            "mail once more, or copy it whole."
        ),
    ),
    ExpiredLink: (410, N_("This link is too old. Please open one from a newer mail.")),
    LinkGone: (
        410,
        N_("This link is no longer valid. Nothing more will be sent because of it."),
    ),
}
"""What is wrong with a page's address → the status and the sentence of the answer."""


def create_app(settings: Settings) -> FastAPI:
    """The app over the database of ``settings``."""
    app = FastAPI(
        title="Perennial",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # FastAPI's own spans hold whole addresses, with the tokens in them; see web.observed. What
        # is mounted in this app makes none either.
        telemetry={"exclude": lambda _scope: True, "auto_configure": False},
    )
    database = engine(settings.database_url)
    signer = link_signer(settings)
    app.include_router(recipient_pages(settings, database, signer))
    app.include_router(preference_pages(settings, database, signer))
    app.include_router(confirmation_pages(settings, database, signer))
    app.include_router(booking_pages(settings, database, signer))
    app.include_router(image_files(database))
    app.include_router(form_pages(settings, database))
    app.include_router(calendar_feeds(settings, database))
    app.include_router(calendar_webhooks(settings, database))
    app.include_router(sendgrid_webhook(settings, database))
    app.include_router(sendgrid_inbound(settings, database))
    app.include_router(tracking_api(settings, database))
    app.include_router(client_settings(settings, database))
    door = SignInService(settings, database)
    for pages in (
        sign_in_pages,
        password_pages,
        forgotten_pages,
        second_factor_pages,
        set_up_pages,
        manage_pages,
    ):
        app.include_router(pages(door))
    if door.has_provider:
        app.include_router(oidc_pages(door))
    api = create_api(settings, database)
    app.mount("/api", api)

    @app.get("/")
    def landing(request: Request) -> Response:
        return page("landing.html", translator_of(request))

    @app.get("/outbox")
    def outbox() -> Response:
        return RedirectResponse("/console/outbox", 308)

    @app.get("/healthz")
    async def alive() -> Response:
        # Liveness: it asks nobody. A web app that is started anew because the database is away
        # comes back no better, and loses what people have open.
        return JSONResponse({"status": "ok"})

    @app.get("/readyz")
    async def ready() -> Response:
        problem = await api.state.context.readiness.problem()
        status = 503 if problem else 200
        return JSONResponse({"status": problem or "ok"}, status, headers=retry_after(status))

    @app.get("/style.css")
    def style() -> Response:
        return FileResponse(PAGES / "style.css", media_type="text/css")

    @app.get("/zone.js")
    def zone() -> Response:
        return FileResponse(PAGES / "zone.js", media_type="text/javascript")

    app.add_middleware(SameOrigin, own_hosts=[urlsplit(settings.web_url()).netloc])

    app.add_middleware(SafeHeaders, https=settings.web_url().startswith("https://"))
    app.add_middleware(OwnHosts, own_url=settings.web_url(), bound_host=settings.web_host)
    app.add_middleware(BodyLimits)
    app.add_middleware(Unhandled)
    # Outermost, or refusals given before them would be in no log, and not counted.
    app.add_middleware(LoggedRefusals, auth_log=door.auth_log)
    app.add_middleware(Observed)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        missing = error.status_code in (404, 405)
        return _sorry(request, error.status_code, NO_PAGE if missing else TROUBLE)

    for kind, (status, sentence) in REFUSED.items():
        app.add_exception_handler(kind, partial(_refused_with, status=status, sentence=sentence))

    def not_ready(request: Request, error: Exception) -> Response:
        log.warning("the database can't serve a page", error=type(error).__name__)
        return _sorry(request, 503, TROUBLE)

    for away in (*AWAY, PolicyMissing):
        app.add_exception_handler(away, not_ready)

    return app


def _refused_with(request: Request, _error: Exception, *, status: int, sentence: str) -> Response:
    return _sorry(request, status, sentence)


def _sorry(request: Request, status: int, sentence: str) -> Response:
    # Who came by a link in a mail is nobody of ours: the start page says nothing to them.
    start = "/" if sentence == NO_PAGE else ""
    home = "/console/" if request.url.path.startswith("/console/") else start
    return told(request, refusal(status, "", sentence), sentence, home)
