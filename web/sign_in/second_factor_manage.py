"""Where who has a second factor gets new recovery codes or removes it: nothing without a code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from store.access.second_factor import (
    recovery_codes_left,
    remove_second_factor,
    renew_recovery_codes,
)
from store.access.sessions import end_other_sessions
from store.access.users import SignedIn, UserLine
from web.sign_in.second_factor import use_code
from web.sign_in.second_factor_set_up import (
    MANAGE,
    SET_UP,
    YOU,
    codes_page,
    in_turn,
    person_of,
    sign_in_first,
)
from web.sign_in.sentences import WRONG_CODE
from web.sign_in.sign_in import SignInService, private
from web.views import page, translator_of


def manage_pages(door: SignInService) -> APIRouter:
    """``/second-factor/manage``, ``…/recovery-codes`` and ``…/remove``."""
    router = APIRouter()

    @router.get(MANAGE)
    def show(request: Request) -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        person = person_of(door, request)
        if person is None or person.who is None:
            return sign_in_first()
        if not person.user.has_second_factor:
            return private(RedirectResponse(SET_UP, 303))
        with door.database.connect() as connection:
            return _form(connection, request, person.user)

    def change(
        request: Request, typed: str, do: Callable[[Connection, SignedIn], Response]
    ) -> Response:
        person = person_of(door, request)
        if person is None or person.who is None:
            return sign_in_first()
        user = person.user
        if not user.has_second_factor:
            return private(RedirectResponse(SET_UP, 303))
        counted = door.code_counted_as(request, user)
        refused = door.refused_for_now(request, user.email, counted)
        with door.database.begin() as connection:
            if refused:
                sentence, seconds = refused
                response = _form(connection, request, user, sentence, 429)
                response.headers["Retry-After"] = str(seconds)
                return response
            if use_code(door, connection, request, user, typed) is None:
                wrong = translator_of(request)(WRONG_CODE)
                return _form(connection, request, user, wrong, 422)
            return do(connection, person.who)

    @router.post("/second-factor/recovery-codes")
    async def renew(request: Request, code: Annotated[str, Form()] = "") -> Response:
        def renewed(connection: Connection, who: SignedIn) -> Response:
            codes = renew_recovery_codes(connection, who.user_id)
            door.note(request, "second-factor", "ok", who.email, did="recovery-codes")
            return codes_page(request, codes, YOU)

        return await in_turn(door, request, lambda: change(request, code, renewed))

    @router.post("/second-factor/remove")
    async def remove(request: Request, code: Annotated[str, Form()] = "") -> Response:
        def removed(connection: Connection, who: SignedIn) -> Response:
            remove_second_factor(connection, who.user_id)
            end_other_sessions(connection, who.user_id, who.session_id, datetime.now(UTC))
            door.note(request, "second-factor", "ok", who.email, did="removed")
            return private(RedirectResponse(SET_UP, 303))

        return await in_turn(door, request, lambda: change(request, code, removed))

    return router


def _form(
    connection: Connection, request: Request, user: UserLine, trouble: str = "", status: int = 200
) -> Response:
    _ = translator_of(request)
    return private(
        page(
            "second_factor_manage.html",
            _,
            status,
            email=user.email,
            left=_.ngettext(
                "One recovery code is left.",
                "{number} recovery codes are left.",
                recovery_codes_left(connection, user.id) or 0,
            ),
            trouble=trouble,
        )
    )
