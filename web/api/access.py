"""Who asks, what they may do, and what of the leads they see."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, Engine
from temporalio.client import Client
from temporalio.service import RPCError

from domain.access import ALLOWED, Action, Role
from domain.sentences import sentence
from health.readiness import Readiness
from health.watch import Watch
from mail.links import deployment_secret
from settings import Clock, Settings
from store.access.api_tokens import Caller, TokenExpired, begin_change, find_caller
from store.access.sessions import COOKIE, find_session
from store.views.visible import lead_is_visible, lead_of_visible_task
from temporal.connect import connect_temporal
from temporal.steering import TemporalAway
from web.api.cursors import Cursors
from web.api.recorded import Sent, worth_keeping
from web.problems import Problem, missing
from web.sign_in.auth_log import AuthLog

T = TypeVar("T")
CONNECT_SECONDS = 2.0
"""How long people wait for a first connection to Temporal."""
bearer = HTTPBearer(auto_error=False, description="`starter.py tokens create NAME --role ROLE`")


@dataclass
class Here:
    """What routes work with: one per app."""

    settings: Settings
    database: Engine
    clock: Clock = field(init=False)
    watch: Watch = field(init=False)
    readiness: Readiness = field(init=False)
    _client: Client | None = None

    def __post_init__(self) -> None:
        self.clock = self.settings.clock()
        self.watch = Watch(self.settings)
        self.readiness = Readiness(self.settings.database_url)

    @functools.cached_property
    def auth_log(self) -> AuthLog:
        """The log of who was let in, and of what decides it."""
        return AuthLog(deployment_secret(self.settings))

    @functools.cached_property
    def cursors(self) -> Cursors:
        """What lists are read on with, page by page."""
        return Cursors(deployment_secret(self.settings))

    def real_now(self) -> datetime:
        """Real time, UTC: what sessions, links and changes are reckoned in."""
        return datetime.now(UTC)

    async def temporal(self) -> Client:
        """A client of our namespace, made when it is first needed.

        Raises:
            TemporalAway: no address is set, or nobody answers there.
        """
        if not self.settings.temporal_address:
            raise TemporalAway(
                sentence("TEMPORAL_ADDRESS is not set for the web app: journeys are away.")
            )
        if self._client is None:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._client = await connect_temporal(
                        self.settings, self.settings.temporal_address
                    )
            except (RuntimeError, RPCError, TimeoutError):
                raise TemporalAway(sentence("Temporal did not answer: try again.")) from None
        return self._client


def _here(request: Request) -> Here:
    here: Here = request.app.state.here
    return here


Place = Annotated[Here, Depends(_here)]


def may(action: Action) -> Callable[..., Caller]:
    """The dependency of a route that does ``action``: who asks, by a token or else by a session of
    the console. A change is put on record before it is made.

    Raises:
        Problem: 401 without a token or a session that is in use, 403 when the role may not do that.
    """

    def check(
        request: Request,
        here: Place,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
        sent: Sent,
    ) -> Caller:
        token = credentials.credentials if credentials is not None else None
        change: int | None = None
        with here.database.begin() as connection:
            caller = _known(request) or identify(
                connection, token, request.cookies.get(COOKIE), here.real_now()
            )
            request.scope.setdefault("state", {})["caller"] = caller.name
            if caller.role not in ALLOWED[action]:
                whose = "token" if token is not None else "user"
                roles = ", ".join(sorted(ALLOWED[action]))
                raise Problem(
                    403,
                    "forbidden",
                    f"A {whose} of role {caller.role} may not {action}; {roles} may.",
                )
            if request.method != "GET":
                asked = worth_keeping(request.method, request.scope["route"].path, sent)
                change = begin_change(connection, caller, request.method, request.url.path, asked)
        # Only what was committed can be brought to an end.
        request.state.change = change
        return caller

    check.action = action  # type: ignore[attr-defined]
    return check


def known_as(scope: MutableMapping[str, Any], caller: Caller | None) -> None:
    """Spare :func:`may` the look-up of who asks: it was done for this request, just now."""
    scope.setdefault("state", {})["known_as"] = caller


def _known(request: Request) -> Caller | None:
    caller: Caller | None = request.scope.get("state", {}).get("known_as")
    return caller


def identify(
    connection: Connection, token: str | None, session: str | None, now: datetime
) -> Caller:
    """Who asks, by a bearer token or else by a session of the console (real time ``now``).

    Raises:
        Problem: 401; nobody known does.
    """
    if token is not None:
        try:
            caller = find_caller(connection, token)
        except TokenExpired as over:
            raise _nobody(str(over)) from None
        if caller is None:
            raise _nobody("The token is unknown or revoked.")
        return caller
    if session is None:
        raise _nobody("Send a token: Authorization: Bearer TOKEN.")
    signed_in = find_session(connection, session, now)
    if signed_in is None:
        raise _nobody(sentence("You are signed out: sign in again."))
    return signed_in.caller


def _nobody(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})


def sees(connection: Connection, caller: Caller, lead_id: int) -> None:
    """Whether the caller may see this lead.

    Raises:
        Problem: 404; there is none, or it is another team's.
    """
    if not lead_is_visible(connection, lead_id, team_of(caller)):
        raise missing(
            sentence("There is no lead {lead} among those of your team.", lead=lead_id)
            if caller.role == Role.SDR
            else sentence("There is no lead {lead}.", lead=lead_id)
        )


def sees_task(connection: Connection, caller: Caller, task_id: int) -> int:
    """The lead of a task that the caller may see: an SDR those of the team's leads and of the team.

    Raises:
        Problem: 404; there is none, or it is another team's.
    """
    lead_id = lead_of_visible_task(connection, task_id, team_of(caller))
    if lead_id is None:
        raise missing(
            sentence("There is no task {task} among those of your team.", task=task_id)
            if caller.role == Role.SDR
            else sentence("There is no task {task}.", task=task_id)
        )
    return lead_id


def team_of(caller: Caller) -> str | None:
    """The team whose leads the caller sees; None for all."""
    return caller.team if caller.role == Role.SDR else None


def found(thing: T | None, detail: str) -> T:
    """What there is; else 404 with ``detail``."""
    if thing is None:
        raise missing(detail)
    return thing
