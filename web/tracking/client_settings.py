"""``/v1/projects/KEY/settings``: what analytics.js asks for before it sends anything, where its
``cdnURL`` leads here."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Engine

from settings import Settings
from store.access.write_keys import find_source
from web.doors import refusal
from web.tracking.route import ANY_ORIGIN, TrackingRoute


def client_settings(settings: Settings, database: Engine) -> APIRouter:
    """The settings of a write key: everything goes to this app, and nothing elsewhere. 404 for a
    key that is unknown or revoked."""
    router = APIRouter(route_class=TrackingRoute)
    context = urlsplit(settings.web_url())

    @router.get("/v1/projects/{key}/settings")
    def show(key: str) -> Response:
        if not (key.isascii() and key.isprintable() and _is_known(database, key)):
            raise refusal(404, "writeKey", "The write key is unknown or revoked.")
        destination = {
            "apiKey": key,
            "apiHost": f"{context.netloc}{context.path}/v1",
            "protocol": context.scheme,
        }
        plan: dict[str, dict[str, str]] = {"track": {}, "identify": {}}
        return JSONResponse(
            {"integrations": {"Segment.io": destination}, "plan": plan},
            headers=ANY_ORIGIN | {"Cache-Control": "public, max-age=120"},
        )

    return router


def _is_known(database: Engine, key: str) -> bool:
    with database.connect() as connection:
        return find_source(connection, key) is not None
