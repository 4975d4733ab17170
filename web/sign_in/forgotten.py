"""The page for who has forgotten the password: a mail with a link that signs in once.

What it answers, and how soon, is the same whether the address is somebody's or not: a worker writes
the mail, once it is committed that one was asked for.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from crash_points import crash_point
from store.access.sessions import ask_for_way_back
from store.notifications.sign_in_mails import SignInMailKind, ask_for_mail
from web.sign_in.sentences import wait
from web.sign_in.sign_in import SignInService, private
from web.views import page, translator_of


def forgotten_pages(door: SignInService) -> APIRouter:
    """``/forgotten``."""
    router = APIRouter()

    @router.get("/forgotten")
    def ask(request: Request, email: str = "") -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        return _form(request, email[:320])

    @router.post("/forgotten")
    def send(request: Request, email: Annotated[str, Form(max_length=320)] = "") -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        now = datetime.now(UTC)
        with door.database.begin() as connection:
            again = ask_for_way_back(connection, email, door.network_mark(request), now)
            known = again is None and ask_for_mail(
                connection, SignInMailKind.WAY_BACK, email, web_url=door.settings.web_url()
            )
        if again is not None:
            door.note(request, "way-back", "locked", email)
            seconds = max(1, math.ceil((again - now).total_seconds()))
            sentence = wait(translator_of(request), math.ceil(seconds / 60))
            response = _form(request, email, trouble=sentence, status=429)
            response.headers["Retry-After"] = str(seconds)
            return response
        crash_point("door.way_back_asked")
        if known:
            door.note(request, "way-back", "ok", email)
        else:
            door.note(request, "way-back", "failed", email)
        stays = door.settings.email_channel == "outbox"
        return private(page("asked_back.html", translator_of(request), email=email, stays=stays))

    return router


def _form(request: Request, email: str, *, trouble: str = "", status: int = 200) -> Response:
    shown = page("forgotten.html", translator_of(request), status, email=email, trouble=trouble)
    return private(shown)
