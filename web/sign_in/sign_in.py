"""The way into the console: signing in with a password or a one-time link, and out again."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection, Engine

from domain.email.addresses import address_key
from domain.translations.translator import N_
from mail.links import deployment_secret
from settings import Settings
from store.access.passwords import check_password
from store.access.second_factor import SecretBox
from store.access.sessions import (
    BROWSER,
    COOKIE,
    LONGEST,
    Way,
    begin_session,
    begin_try,
    end_session,
    find_session,
    tries_over,
)
from store.access.users import SignedIn, UserLine, link_works, use_link, user_by_id
from web.networks import network_of
from web.safe_headers import HEADERS
from web.sign_in.auth_log import AuthLog
from web.sign_in.half_signed_in import HalfCookies
from web.sign_in.sentences import BUSY, wait
from web.sign_in.sign_in_queue import QueueFull, SignInQueue
from web.views import page, sorry, translator_of

CONSOLE = "/console"
KNOWN_COOKIE = "perennial_known"
"""Says, signed, that somebody has signed in in this browser; it lets nobody in."""
KNOWN_SECONDS = 365 * 24 * 3600
BUSY_SECONDS = 10
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def own_path(path: str) -> str:
    """``path`` if it leads to a page of this web app, else the console's: what stands in a link
    may have been written by anybody."""
    return path if _OWN_PATH.fullmatch(path) else CONSOLE


class SignInService:
    """What lets people in: shared by the routes here and those of OpenID Connect."""

    def __init__(self, settings: Settings, database: Engine) -> None:
        self.settings = settings
        self.database = database
        self.secret = deployment_secret(settings)
        self.secure = settings.web_url().startswith("https://")
        self.has_provider = bool(settings.oidc_issuer)
        self.takes_passwords = settings.passwords == "on"
        self.auth_log = AuthLog(self.secret)
        self.half = HalfCookies(self.secret, secure=self.secure)
        self.box = SecretBox(self.secret)
        self.strangers = SignInQueue(at_once=2, waiting=8)
        self.known_browsers = SignInQueue(at_once=1, waiting=8)
        """Those in which the user has signed in before: no stranger's tries hold them up."""
        self._known = URLSafeTimedSerializer(self.secret, salt="perennial.known")

    def form(
        self,
        request: Request,
        *,
        leads_to: str = CONSOLE,
        email: str = "",
        trouble: str = "",
        status: int = 200,
    ) -> Response:
        """The page to sign in on; ``leads_to`` is where to go then."""
        return learning_zone(
            page(
                "sign_in.html",
                translator_of(request),
                status,
                provider=self.has_provider,
                takes_passwords=self.takes_passwords,
                next=own_path(leads_to),
                email=email,
                trouble=trouble,
            )
        )

    def no_passwords(self, request: Request) -> Response:
        """The answer to passwords and links where only the provider lets in: 403."""
        self.note(request, "sign-in", "refused", way="password")
        _ = translator_of(request)
        trouble = _(
            "Passwords and one-time links are switched off here: sign in with your company account."
        )
        return self.form(request, trouble=trouble, status=403)

    def go_on(
        self, connection: Connection, request: Request, user_id: int, way: Way, leads_to: str
    ) -> Response:
        """After a password or a link: on to the second factor, to where it is set up if the role
        needs one, or in."""
        user = user_by_id(connection, user_id)
        if user is None or not (
            user.has_second_factor or self.settings.needs_second_factor(user.role)
        ):
            if user and way == "password":
                self.succeeded(connection, request, user.email)
            return self.let_in(connection, request, user_id, way, leads_to)
        self.note(request, "sign-in", "half", user.email, way=way)
        step = "/second-factor" if user.has_second_factor else "/second-factor/set-up"
        response = private(RedirectResponse(step, 303))
        self.half.give(response, connection, user.id, way, own_path(leads_to))
        # Whoever was signed in here may be somebody else: nothing is set up for them.
        self.leave(connection, request, response)
        return response

    def leave(self, connection: Connection, request: Request, response: Response) -> None:
        """End the session that this browser has."""
        if token := request.cookies.get(COOKIE):
            end_session(connection, token, datetime.now(UTC))
        response.delete_cookie(COOKIE, path="/", secure=self.secure, httponly=True, samesite="lax")

    def let_in(
        self,
        connection: Connection,
        request: Request,
        user_id: int,
        way: Way,
        leads_to: str,
        *,
        shown: Response | None = None,
    ) -> Response:
        """Begin a session in this browser, which ends the one it had, and go on, or first to the
        page that is ``shown``."""
        now = datetime.now(UTC)
        if before := request.cookies.get(COOKIE):
            end_session(connection, before, now)
        token = begin_session(
            connection, user_id, now, way, browser_of(request.headers.get("User-Agent", ""))
        )
        who = find_session(connection, token, now)
        if who is None:
            end_session(connection, token, now)
            self.note(request, "sign-in", "refused", way=way)
            _ = translator_of(request)
            trouble = _(
                "You are not in the team policy any more. Ask an admin to give you another role."
            )
            return self.form(request, trouble=trouble, status=403)
        self.note(request, "sign-in", "ok", who.email, way=way)
        response = shown or private(RedirectResponse(own_path(leads_to), 303))
        self.half.take(response)
        known = self._known.dumps([self._hashed(_key(who.email)), secrets.token_hex(16)])
        for name, value, seconds in (
            (COOKIE, token, int(LONGEST.total_seconds())),
            (KNOWN_COOKIE, known, KNOWN_SECONDS),
        ):
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                path="/",
                secure=self.secure,
                httponly=True,
                samesite="lax",
            )
        return response

    def counted_as(self, request: Request, email: str) -> tuple[str, str]:
        """Under which name and network address a try counts.

        A browser in which this user has signed in before counts for itself: else whoever knows an
        address could keep its owner out for ever, by failing on purpose.
        """
        try:
            whose, browser = self._known.loads(
                request.cookies.get(KNOWN_COOKIE, ""), max_age=KNOWN_SECONDS
            )
        except BadData:
            whose = browser = ""
        if hmac.compare_digest(str(whose), self._hashed(_key(email))):
            return f"{BROWSER}{browser}", f"{BROWSER}{browser}"
        return email, self.network_mark(request)

    def network_mark(self, request: Request) -> str:
        """A keyed hash of the network that a request comes from."""
        return self._hashed(network_of(_host(request)))

    def code_counted_as(self, request: Request, user: UserLine) -> tuple[str, str]:
        """The same for a try of the user's second factor: who knows the password must not win new
        tries by showing it again."""
        name, address = self.counted_as(request, user.email)
        return f"code {name if name.startswith(BROWSER) else user.id}", address

    def queue_of(self, request: Request, email: str) -> SignInQueue:
        """Where a try of this user in this browser waits."""
        is_known = self.counted_as(request, email)[0].startswith(BROWSER)
        return self.known_browsers if is_known else self.strangers

    def note(
        self, request: Request, event: str, outcome: str, user: str = "", **codes: str
    ) -> None:
        """Write into the log of authentication what came of a request."""
        self.auth_log.note(event, outcome, user=user, host=_host(request), **codes)

    def refused_for_now(
        self, request: Request, email: str, counted_as: tuple[str, str] | None = None
    ) -> tuple[str, int] | None:
        """Count a try; the sentence and the seconds to wait when there were too many."""
        now = datetime.now(UTC)
        with self.database.begin() as connection:
            again = begin_try(connection, *(counted_as or self.counted_as(request, email)), now)
        if again is None:
            return None
        self.note(request, "sign-in", "locked", email)
        seconds = max(1, math.ceil((again - now).total_seconds()))
        return wait(translator_of(request), math.ceil(seconds / 60)), seconds

    def succeeded(self, connection: Connection, request: Request, email: str) -> None:
        """Forget the failed tries: somebody knew the password."""
        tries_over(connection, self.counted_as(request, email)[0])

    def _hashed(self, what: str) -> str:
        return hmac.new(self.secret.encode(), what.encode(), hashlib.sha256).hexdigest()

    def who(self, connection: Connection, request: Request) -> SignedIn | None:
        """Who is signed in in this browser."""
        token = request.cookies.get(COOKIE)
        return find_session(connection, token, datetime.now(UTC)) if token else None


_FAMILIES = (("Edg", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


def browser_of(agent: str) -> str:
    """Family and system of a browser by its ``User-Agent``, such as Firefox on Linux; '' for one
    that is neither known."""
    family = next((name for mark, name in _FAMILIES if mark in agent), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return " on ".join(filter(None, (family, system)))


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _key(email: str) -> str:
    return address_key(email)


def busy(response: Response) -> Response:
    """The answer to whom there is no room for: try again in a few seconds."""
    response.headers["Retry-After"] = str(BUSY_SECONDS)
    return response


def busy_page(request: Request) -> Response:
    """The same where there is no form to show again."""
    title = N_("This can't be done from here")
    return busy(private(sorry(translator_of(request), 503, BUSY, title=title)))


def private(response: Response) -> Response:
    """A page that no cache keeps. Its forms must say where they come from, so it can't go without
    a referrer altogether as other pages do (``Origin`` would be null)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def learning_zone(response: Response) -> Response:
    """A private page whose script keeps the browser's time zone for the page that comes next."""
    response.headers["Content-Security-Policy"] = (
        f"{HEADERS['Content-Security-Policy']}; script-src 'self'"
    )
    return private(response)


def sign_in_pages(door: SignInService) -> APIRouter:
    """``/sign-in``, ``/sign-out`` and ``/enter/``."""
    router = APIRouter()
    database = door.database

    @router.get("/sign-in")
    def ask(request: Request, leads_to: Annotated[str, Query(alias="next")] = CONSOLE) -> Response:
        with database.begin() as connection:
            if door.who(connection, request) is not None:
                return private(RedirectResponse(own_path(leads_to), 303))
        return door.form(request, leads_to=leads_to)

    def try_password(request: Request, email: str, password: str, leads_to: str) -> Response:
        if refused := door.refused_for_now(request, email):
            sentence, seconds = refused
            response = door.form(
                request, leads_to=leads_to, email=email, trouble=sentence, status=429
            )
            response.headers["Retry-After"] = str(seconds)
            return response
        user_id = check_password(database, email, password)
        if user_id is None:
            door.note(request, "sign-in", "failed", email, way="password")
            _ = translator_of(request)
            wrong = _("The e-mail address and the password do not belong together.")
            return door.form(request, leads_to=leads_to, email=email, trouble=wrong, status=401)
        with database.begin() as connection:
            return door.go_on(connection, request, user_id, "password", leads_to)

    @router.post("/sign-in")
    async def sign_in(
        request: Request,
        email: Annotated[str, Form(max_length=320)] = "",
        password: Annotated[str, Form()] = "",
        leads_to: Annotated[str, Form(alias="next")] = CONSOLE,
    ) -> Response:
        if not door.takes_passwords:
            return door.no_passwords(request)
        queue = door.queue_of(request, email)
        try:
            return await queue.run(try_password, request, email, password, leads_to)
        except QueueFull:
            door.note(request, "sign-in", "busy", email)
            return busy(door.form(request, trouble=translator_of(request)(BUSY), status=503))

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        response = private(RedirectResponse("/sign-in", 303))
        with database.begin() as connection:
            who = door.who(connection, request)
            door.leave(connection, request, response)
        if who is not None:
            door.note(request, "sign-out", "ok", who.email)
        return response

    @router.get("/enter/{token}")
    def show_link(request: Request, token: str) -> Response:
        """Only a button: mail scanners and chat programs look at every link."""
        if not door.takes_passwords:
            return door.no_passwords(request)
        with database.connect() as connection:
            works = link_works(connection, token, datetime.now(UTC))
        if not works:
            return _over(request)
        return learning_zone(page("enter.html", translator_of(request)))

    @router.post("/enter/{token}")
    def enter(
        request: Request, token: str, wanted: Annotated[str, Query(alias="next")] = ""
    ) -> Response:
        """On to the page that the link names; without one, a new user chooses a password first."""
        if not door.takes_passwords:
            return door.no_passwords(request)
        with database.begin() as connection:
            user_id = use_link(connection, token, datetime.now(UTC))
            user = user_by_id(connection, user_id) if user_id is not None else None
            if user is None:
                door.note(request, "sign-in", "failed", way="link")
                return _over(request)
            leads_to = wanted or (CONSOLE if user.has_password else "/password")
            return door.go_on(connection, request, user.id, "link", leads_to)

    return router


def _over(request: Request) -> Response:
    return private(
        sorry(
            translator_of(request),
            410,
            N_("This link was used already, or is too old. Ask an admin for another one."),
            title=N_("Sign in"),
        )
    )
