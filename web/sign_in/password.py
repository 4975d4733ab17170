"""The page on which somebody who is signed in chooses a password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from domain.passwords import SHORTEST_PASSWORD, WeakPassword
from store.access.passwords import check_password, set_password
from store.access.sessions import came_by_link
from store.access.users import SignedIn, user_by_id
from web.sign_in.sentences import WRONG_PASSWORD, weak
from web.sign_in.sign_in import CONSOLE, SignInService, busy_page, private
from web.sign_in.sign_in_queue import QueueFull
from web.views import page, translator_of


def password_pages(door: SignInService) -> APIRouter:
    """``/password``."""
    router = APIRouter()
    database = door.database

    @router.get("/password")
    def ask_password(request: Request) -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        with database.begin() as connection:
            who = door.who(connection, request)
            if who is None:
                return private(RedirectResponse("/sign-in?next=/password", 303))
            return _password_form(request, connection, who)

    def choose(request: Request, current: str, new: str, again: str) -> Response:
        _ = translator_of(request)
        with database.begin() as connection:
            who = door.who(connection, request)
            if who is None:
                return private(RedirectResponse("/sign-in?next=/password", 303))
            if new != again:
                trouble = _("The two new passwords are not the same.")
                return _password_form(request, connection, who, trouble, 422)
            needs_current = asks_current(connection, who)
        trouble = ""
        if needs_current:
            if refused := door.refused_for_now(request, who.email):
                trouble = refused[0]
            elif check_password(database, who.email, current) != who.user_id:
                trouble = _(WRONG_PASSWORD)
        with database.begin() as connection:
            if not trouble:
                try:
                    set_password(connection, who.user_id, new, datetime.now(UTC))
                except WeakPassword as refused_as:
                    trouble = weak(_, refused_as.weakness)
            if trouble:
                door.note(request, "password", "refused", who.email)
                return _password_form(request, connection, who, trouble, 422)
            door.succeeded(connection, request, who.email)
            door.note(
                request, "password", "ok", who.email, asked="link" if not needs_current else ""
            )
            return door.let_in(connection, request, who.user_id, "password", CONSOLE)

    @router.post("/password")
    async def choose_password(
        request: Request,
        current: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        """Who came by a link within the last minutes needs no password until now: that is how a
        forgotten one is replaced."""
        if not door.takes_passwords:
            return door.no_passwords(request)
        # Who is not signed in takes no place of those who are.
        if not await run_in_threadpool(is_signed_in, request):
            return private(RedirectResponse("/sign-in?next=/password", 303))
        try:
            return await door.known_browsers.run(choose, request, current, new, again)
        except QueueFull:
            return busy_page(request)

    def is_signed_in(request: Request) -> bool:
        with database.begin() as connection:
            return door.who(connection, request) is not None

    return router


def _password_form(
    request: Request, connection: Connection, who: SignedIn, trouble: str = "", status: int = 200
) -> Response:
    return private(
        page(
            "password.html",
            translator_of(request),
            status,
            shortest=SHORTEST_PASSWORD,
            email=who.email,
            asks_current=asks_current(connection, who),
            trouble=trouble,
        )
    )


def asks_current(connection: Connection, who: SignedIn) -> bool:
    """Whether who changes how they sign in must show their password: not without one, and not
    right after a one-time link."""
    user = user_by_id(connection, who.user_id)
    has_password = user is not None and user.has_password
    return has_password and not came_by_link(connection, who.session_id, datetime.now(UTC))
