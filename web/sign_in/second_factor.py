"""The second page of signing in: a code of the authenticator app, or a recovery code. Nobody has a
session before it is right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from store.access.second_factor import Proof, check_second_factor
from store.access.sessions import tries_over
from store.access.users import UserLine
from web.sign_in.half_signed_in import Half
from web.sign_in.sentences import BUSY, WRONG_CODE
from web.sign_in.sign_in import SignInService, busy, private
from web.sign_in.sign_in_queue import QueueFull
from web.views import page, translator_of

LONGEST_CODE = 100
"""Characters of what is typed that are looked at."""


def second_factor_pages(door: SignInService) -> APIRouter:
    """``/second-factor``."""
    router = APIRouter()
    database = door.database

    def half_of(request: Request) -> tuple[Half, UserLine] | None:
        with database.connect() as connection:
            return door.half.read(connection, request)

    @router.get("/second-factor")
    def ask_code(request: Request) -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        found = half_of(request)
        if found is None:
            return private(RedirectResponse("/sign-in", 303))
        if not found[1].has_second_factor:
            return private(RedirectResponse("/second-factor/set-up", 303))
        return _form(request)

    def try_code(request: Request, typed: str) -> Response:
        found = half_of(request)
        if found is None:
            return _too_late(door, request)
        half, user = found
        counted = door.code_counted_as(request, user)
        if refused := door.refused_for_now(request, user.email, counted):
            sentence, seconds = refused
            response = _form(request, sentence, 429)
            response.headers["Retry-After"] = str(seconds)
            return response
        with database.begin() as connection:
            if use_code(door, connection, request, user, typed) is None:
                return _form(request, translator_of(request)(WRONG_CODE), 401)
            if half.way == "password":
                door.succeeded(connection, request, user.email)
            return door.let_in(connection, request, user.id, half.way, half.leads_to)

    @router.post("/second-factor")
    async def check_code(request: Request, code: Annotated[str, Form()] = "") -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        # Who has shown no password takes no place of those who have.
        found = await run_in_threadpool(half_of, request)
        if found is None:
            return _too_late(door, request)
        try:
            queue = door.queue_of(request, found[1].email)
            return await queue.run(try_code, request, code)
        except QueueFull:
            door.note(request, "sign-in", "busy", found[1].email)
            return busy(_form(request, translator_of(request)(BUSY), 503))

    return router


def use_code(
    door: SignInService, connection: Connection, request: Request, user: UserLine, typed: str
) -> Proof | None:
    """What was typed, if it is right; it is used up then, and failed tries are forgotten."""
    proof = check_second_factor(
        connection, door.box, user.id, typed[:LONGEST_CODE], datetime.now(UTC)
    )
    if proof is None:
        door.note(request, "second-factor", "failed", user.email)
        return None
    tries_over(connection, door.code_counted_as(request, user)[0])
    door.note(request, "second-factor", "ok", user.email, proof=proof)
    return proof


def _form(request: Request, trouble: str = "", status: int = 200) -> Response:
    return private(page("second_factor.html", translator_of(request), status, trouble=trouble))


def _too_late(door: SignInService, request: Request) -> Response:
    door.note(request, "second-factor", "refused")
    _ = translator_of(request)
    trouble = _("That took too long. Sign in again.")
    return door.form(request, trouble=trouble, status=401)
