"""Where people set up a second factor: signed in, or on their way in when their role needs one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import pyotp
import segno
from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from store.access.passwords import check_password
from store.access.sealing import UnknownSecret
from store.access.second_factor import add_second_factor, matching_step
from store.access.sessions import end_other_sessions
from store.access.users import SignedIn, UserLine, user_by_id
from web.sign_in.half_signed_in import Half
from web.sign_in.password import asks_current
from web.sign_in.second_factor import LONGEST_CODE
from web.sign_in.sentences import WRONG_CODE, WRONG_PASSWORD
from web.sign_in.sign_in import CONSOLE, SignInService, busy_page, private
from web.sign_in.sign_in_queue import QueueFull
from web.views import page, translator_of

SET_UP = "/second-factor/set-up"
MANAGE = "/second-factor/manage"
YOU = f"{CONSOLE}/you"
WITHIN = timedelta(minutes=15)
"""How long somebody may take from seeing the secret to the first code."""
ISSUER = "Perennial"


@dataclass(frozen=True)
class SettingUp:
    """Who asks: in a session (``who``), or else half way in."""

    user: UserLine
    who: SignedIn | None
    half: Half | None
    asks_current: bool


@dataclass(frozen=True)
class Tried:
    """What was sent: the secret as the page had it, a code of the app, and the password."""

    sealed: str
    code: str
    current: str


def set_up_pages(door: SignInService) -> APIRouter:
    """``/second-factor/set-up``."""
    router = APIRouter()

    @router.get(SET_UP)
    def show(request: Request) -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        person = person_of(door, request)
        if person is None:
            return sign_in_first()
        if person.user.has_second_factor:
            return private(RedirectResponse(MANAGE if person.who else "/second-factor", 303))
        return _form(door, request, person)

    @router.post(SET_UP)
    async def confirm(
        request: Request,
        sealed: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
        current: Annotated[str, Form()] = "",
    ) -> Response:
        tried = Tried(sealed, code[:LONGEST_CODE], current)
        return await in_turn(door, request, lambda: _set_up(door, request, tried))

    return router


def _set_up(door: SignInService, request: Request, tried: Tried) -> Response:
    person = person_of(door, request)
    if person is None:
        return sign_in_first()
    if person.user.has_second_factor:
        return private(RedirectResponse(SET_UP, 303))
    _ = translator_of(request)
    try:
        secret = door.box.open(tried.sealed, person.user.id, WITHIN)
    except UnknownSecret:
        trouble = _(
            "That took too long, so there is a new key. Put it into your app in place of the one "
            "before."
        )
        return _form(door, request, person, trouble=trouble)
    if person.asks_current and (
        trouble := _wrong_password(door, request, person.user, tried.current)
    ):
        return _form(door, request, person, tried.sealed, trouble)
    step = matching_step(secret, tried.code, datetime.now(UTC))
    if step is None:
        return _form(door, request, person, tried.sealed, _(WRONG_CODE))
    return _turned_on(door, request, person, tried.sealed, step)


def _turned_on(
    door: SignInService, request: Request, person: SettingUp, sealed: str, step: int
) -> Response:
    """Keep the second factor, end the sessions that began without it, and show the codes."""
    user, now = person.user, datetime.now(UTC)
    with door.database.begin() as connection:
        codes = add_second_factor(connection, user.id, sealed, step, now)
        if codes is None:  # Set up in another window meanwhile.
            return private(RedirectResponse(SET_UP, 303))
        stays = person.who.session_id if person.who else 0
        end_other_sessions(connection, user.id, stays, now)
        door.note(request, "second-factor", "ok", user.email, did="set-up")
        if person.asks_current or (person.half and person.half.way == "password"):
            door.succeeded(connection, request, user.email)
        if person.half is None:
            return codes_page(request, codes, YOU)
        half = person.half
        shown = codes_page(request, codes, half.leads_to)
        return door.let_in(connection, request, user.id, half.way, half.leads_to, shown=shown)


def person_of(door: SignInService, request: Request) -> SettingUp | None:
    """Who is signed in in this browser, or was let half way in within the last minutes."""
    with door.database.begin() as connection:
        if who := door.who(connection, request):
            user = user_by_id(connection, who.user_id)
            return SettingUp(user, who, None, asks_current(connection, who)) if user else None
        found = door.half.read(connection, request)
        return SettingUp(found[1], None, found[0], asks_current=False) if found else None


async def in_turn(door: SignInService, request: Request, do: Callable[[], Response]) -> Response:
    """What ``do`` answers, asked among those who are known; who is not gets no place there."""
    if not door.takes_passwords:
        return door.no_passwords(request)
    if await run_in_threadpool(person_of, door, request) is None:
        return sign_in_first()
    try:
        return await door.known_browsers.run(do)
    except QueueFull:
        return busy_page(request)


def sign_in_first() -> Response:
    """The way to the pages of the second factor for who is not signed in."""
    return private(RedirectResponse(f"/sign-in?next={SET_UP}", 303))


def codes_page(request: Request, codes: list[str], leads_to: str) -> Response:
    """The page that shows recovery codes, once."""
    _ = translator_of(request)
    return private(page("recovery_codes.html", _, codes=codes, leads_to=leads_to))


def _wrong_password(door: SignInService, request: Request, user: UserLine, current: str) -> str:
    """Why who sits at somebody's open browser may not go on; '' for who knows the password."""
    if refused := door.refused_for_now(request, user.email):
        return refused[0]
    if check_password(door.database, user.email, current) != user.id:
        door.note(request, "second-factor", "refused", user.email)
        return translator_of(request)(WRONG_PASSWORD)
    return ""


def _form(
    door: SignInService, request: Request, person: SettingUp, sealed: str = "", trouble: str = ""
) -> Response:
    """The page with the secret: a new one, or the one that was shown before."""
    user = person.user
    sealed = sealed or door.box.new(user.id)
    secret = door.box.open(sealed, user.id)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return private(
        page(
            "second_factor_set_up.html",
            translator_of(request),
            422 if trouble else 200,
            asks_current=person.asks_current,
            is_needed=door.settings.needs_second_factor(user.role),
            is_inside=person.who is not None,
            email=user.email,
            sealed=sealed,
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            uri=uri,
            picture=segno.make(uri, error="m").svg_data_uri(scale=4, light="white"),
            trouble=trouble,
        )
    )
