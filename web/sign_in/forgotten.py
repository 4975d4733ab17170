"""The page for who has forgotten the password: a mail with a link that signs in once.

What it answers, and how soon, is the same whether the address is somebody's or not: the mail is
written when the answer is out.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from mail.channels.registry import channel_from
from mail.sign_in_mails import way_back
from mail.staff import send_to_colleague
from store.access.sessions import ask_for_way_back
from store.access.users import FIRST_ADMIN, WAY_BACK_LIFE, find_user, make_link
from web.sign_in.sentences import BUSY, wait
from web.sign_in.sign_in import SignInService, busy, private
from web.sign_in.sign_in_queue import QueueFull, SignInQueue
from web.views import page, translator_of

log = structlog.get_logger(__name__)


def forgotten_pages(door: SignInService) -> APIRouter:
    """``/forgotten``."""
    router = APIRouter()
    mails = SignInQueue(at_once=1, waiting=20)

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
        if again is not None:
            door.note(request, "way-back", "locked", email)
            seconds = max(1, math.ceil((again - now).total_seconds()))
            sentence = wait(translator_of(request), math.ceil(seconds / 60))
            response = _form(request, email, trouble=sentence, status=429)
            response.headers["Retry-After"] = str(seconds)
            return response
        try:
            mails.begin(_send, door, request, email)
        except QueueFull:
            trouble = translator_of(request)(BUSY)
            return busy(_form(request, email, trouble=trouble, status=503))
        stays = door.settings.email_channel == "outbox"
        return private(page("asked_back.html", translator_of(request), email=email, stays=stays))

    return router


def _send(door: SignInService, request: Request, email: str) -> None:
    try:
        with door.database.begin() as connection:
            user = find_user(connection, email)
            if user is None or user.disabled_at is not None or user.email == FIRST_ADMIN:
                door.note(request, "way-back", "failed", email)
                return
            token = make_link(connection, user.id, datetime.now(UTC), WAY_BACK_LIFE)
        url = f"{door.settings.web_url()}/enter/{token}?next=/password"
        channel = channel_from(door.settings, door.database)
        send_to_colleague(channel, door.settings, way_back(user, url, WAY_BACK_LIFE))
    except Exception as error:
        # Not its text: it may hold the address.
        log.error("a mail to a colleague did not go out", error=type(error).__name__)
        door.note(request, "way-back", "failed", email)
    else:
        door.note(request, "way-back", "ok", email)


def _form(request: Request, email: str, *, trouble: str = "", status: int = 200) -> Response:
    shown = page("forgotten.html", translator_of(request), status, email=email, trouble=trouble)
    return private(shown)
