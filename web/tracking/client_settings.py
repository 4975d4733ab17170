"""``/v1/projects/KEY/settings``: what analytics.js asks for before it sends anything, where its
``cdnURL`` leads here."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Engine

from settings import Settings
from store.access.write_keys import find_source
from store.engine import AWAY

_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


def client_settings(settings: Settings, database: Engine) -> APIRouter:
    """The settings of a write key: everything goes to this app, and nothing elsewhere. 404 for a
    key that is unknown or revoked."""
    router = APIRouter()
    here = urlsplit(settings.web_url())

    @router.get("/v1/projects/{key}/settings")
    def show(key: str) -> Response:
        try:
            known = key.isascii() and key.isprintable() and _is_known(database, key)
        except AWAY:
            return JSONResponse({"success": False}, 503, headers=_ANY_ORIGIN | {"Retry-After": "5"})
        if not known:
            return JSONResponse({"success": False}, 404, headers=_ANY_ORIGIN)
        destination = {
            "apiKey": key,
            "apiHost": f"{here.netloc}{here.path}/v1",
            "protocol": here.scheme,
        }
        plan: dict[str, dict[str, str]] = {"track": {}, "identify": {}}
        return JSONResponse(
            {"integrations": {"Segment.io": destination}, "plan": plan},
            headers=_ANY_ORIGIN | {"Cache-Control": "public, max-age=120"},
        )

    return router


def _is_known(database: Engine, key: str) -> bool:
    with database.connect() as connection:
        return find_source(connection, key) is not None
