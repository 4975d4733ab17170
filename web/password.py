"""The page on which somebody who is signed in chooses a password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from store.sessions import came_by_link
from store.users import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    SignedIn,
    check_password,
    set_password,
    user_by_id,
)
from web.sign_in import CONSOLE, Door, private
from web.sign_in_words import sign_in_words_for
from web.views import page


def password_pages(door: Door) -> APIRouter:
    """``/password``."""
    router = APIRouter()
    database = door.database

    @router.get("/password")
    def ask_password(request: Request) -> Response:
        with database.begin() as connection:
            who = door.who(connection, request)
            if who is None:
                return private(RedirectResponse("/sign-in?next=/password", 303))
            return _password_form(request, connection, who)

    @router.post("/password")
    def choose_password(
        request: Request,
        current: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        """Who came by a link within the last minutes needs no password until now: that is how a
        forgotten one is replaced."""
        words = sign_in_words_for(request)
        with database.begin() as connection:
            who = door.who(connection, request)
            if who is None:
                return private(RedirectResponse("/sign-in?next=/password", 303))
            trouble = ""
            if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
                trouble = words.length
            elif new != again:
                trouble = words.differ
            if trouble:
                return _password_form(request, connection, who, trouble, 422)
            asks_current = _asks_current(connection, who)
        if asks_current:
            if refused := door.refused_for_now(request, who.email):
                trouble = refused[0]
            elif check_password(database, who.email, current) != who.user_id:
                trouble = words.current_wrong
        with database.begin() as connection:
            if trouble:
                return _password_form(request, connection, who, trouble, 422)
            set_password(connection, who.user_id, new, datetime.now(UTC))
            door.succeeded(connection, request, who.email)
            return door.let_in(connection, request, who.user_id, "password", CONSOLE)

    return router


def _password_form(
    request: Request, connection: Connection, who: SignedIn, trouble: str = "", status: int = 200
) -> Response:
    return private(
        page(
            "password.html",
            status,
            words=sign_in_words_for(request),
            email=who.email,
            asks_current=_asks_current(connection, who),
            trouble=trouble,
        )
    )


def _asks_current(connection: Connection, who: SignedIn) -> bool:
    user = user_by_id(connection, who.user_id)
    has_password = user is not None and user.has_password
    return has_password and not came_by_link(connection, who.session_id, datetime.now(UTC))
