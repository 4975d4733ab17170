"""Who asks, what they may do, and what of the leads they see."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeVar

import anyio.from_thread
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from temporalio.client import Client
from temporalio.service import RPCError

from domain.access import Action
from domain.refusals import TemporalAway, Unauthorized
from domain.sentences import sentence
from health.readiness import ReadinessCheck
from health.watch import HealthWatch
from mail.links import deployment_secret
from services.access import authorise
from services.context import Context
from store.access.api_tokens import Caller, find_caller
from store.access.sessions import COOKIE, find_session
from temporal.connect import connect_temporal
from web.api.cursors import Cursors
from web.sign_in.auth_log import AuthLog

T = TypeVar("T")
CONNECT_SECONDS = 2.0
"""How long people wait for a first connection to Temporal."""
bearer = HTTPBearer(auto_error=False, description="`starter.py tokens create NAME --role ROLE`")


@dataclass
class WebContext(Context):
    """What routes work with: one per app."""

    watch: HealthWatch = field(init=False)
    readiness: ReadinessCheck = field(init=False)
    _client: Client | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.watch = HealthWatch(self.settings)
        self.readiness = ReadinessCheck(self.settings.database_url)

    @functools.cached_property
    def auth_log(self) -> AuthLog:
        """The log of who was let in, and of what decides it."""
        return AuthLog(deployment_secret(self.settings))

    @functools.cached_property
    def cursors(self) -> Cursors:
        """What lists are read on with, page by page."""
        return Cursors(deployment_secret(self.settings))

    def in_temporal(self, act: Callable[[Client], Awaitable[T]]) -> T:
        """See :class:`services.context.Context`: in a thread of a route."""

        async def done() -> T:
            return await act(await self.temporal())

        return anyio.from_thread.run(done)

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


def _context(request: Request) -> WebContext:
    context: WebContext = request.app.state.context
    return context


CurrentContext = Annotated[WebContext, Depends(_context)]


def may(action: Action) -> Callable[..., Caller]:
    """The dependency of a route that does ``action``: who asks, by a token or else by a session of
    the console.

    Raises:
        Unauthorized: without a token or a session that is in use.
        Forbidden: the role may not do that.
    """

    def check(
        request: Request,
        context: CurrentContext,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    ) -> Caller:
        token = credentials.credentials if credentials is not None else None
        caller = _known(request)
        if caller is None:
            with context.database.begin() as connection:
                session = request.cookies.get(COOKIE)
                caller = identify(connection, token, session, context.real_now())
        request.scope.setdefault("state", {})["caller"] = caller.name
        authorise(caller, action)
        return caller

    check.action = action  # type: ignore[attr-defined]
    return check


def known_as(scope: MutableMapping[str, Any], caller: Caller | None) -> None:
    """Spare :func:`may` the look-up of who asks: it was done for this request, just now."""
    scope.setdefault("state", {})["known_as"] = caller


def _known(request: Request) -> Caller | None:
    caller: Caller | None = request.scope.get("state", {}).get("known_as")
    return caller


def caller_of_request(context: WebContext, connection: HTTPConnection) -> Caller:
    """Who sends a request that no route has seen yet; asks the database, so call it in a thread.

    Raises:
        Unauthorized: nobody known does.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    with context.database.begin() as database:
        return identify(
            database,
            token if scheme.casefold() == "bearer" and token else None,
            connection.cookies.get(COOKIE),
            context.real_now(),
        )


def identify(
    connection: Connection, token: str | None, session: str | None, now: datetime
) -> Caller:
    """Who asks, by a bearer token or else by a session of the console (real time ``now``).

    Raises:
        Unauthorized: nobody known does.
    """
    if token is not None:
        caller = find_caller(connection, token)
        if caller is None:
            raise Unauthorized("The token is unknown or revoked.")
        return caller
    if session is None:
        raise Unauthorized("Send a token: Authorization: Bearer TOKEN.")
    signed_in = find_session(connection, session, now)
    if signed_in is None:
        raise Unauthorized(sentence("You are signed out: sign in again."))
    return signed_in.caller
