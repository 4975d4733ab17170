"""One open page: who looks at it, what they may see, and the one way to change things."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar, overload
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from nicegui import Client
from nicegui.element import Element
from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError

from domain.access import ALLOWED, Action
from domain.sentences import sentence
from health.readiness import NoAnswer
from store.access.api_tokens import Caller, begin_change, end_change
from store.access.sessions import caller_of, session_by_id
from store.access.users import SignedIn
from store.engine import AWAY
from store.published.policies import PolicyMissing
from temporal.steering import TemporalAway
from web.api.access import Here
from web.api.recorded import worth_keeping
from web.problems import DATABASE_AWAY, MAY_BE_DONE, NOT_TO_BE_KEPT, Problem

T = TypeVar("T")
P = ParamSpec("P")


class VisitOver(Problem):
    """The page shows what its visitor may not see any more: they are signed out, or their role, rep
    or team is another one now."""


@dataclass(frozen=True)
class _Known:
    """What FastAPI knows of a route; ``path`` has its parameters in braces."""

    action: Action
    method: str
    path: str
    asks_who: bool


@dataclass
class Visit:
    """A page that somebody has open. Times are shown in ``zone``."""

    here: Here
    who: SignedIn
    zone: ZoneInfo
    top: Element = field(init=False)
    """Beside the heading, where a page has its buttons."""
    is_open: bool = False
    """Whether the page was built: who they are was looked at just before that."""

    @property
    def language(self) -> str:
        """Language of the interface: en, ko, zh."""
        return self.who.language

    @property
    def caller(self) -> Caller:
        """Who they are to the store and the API."""
        return self.who.caller

    def may(self, action: Action) -> bool:
        """Whether their role may do that; what they may not is not offered."""
        return self.caller.role in ALLOWED[action]

    async def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What ``query(connection, …)`` of the store finds, asked in a thread.

        Raises:
            VisitOver: they are signed out, or another role, rep or team: a page that stays open
                must tell them nothing more.
        """

        def asked() -> T:
            with self.here.database.connect() as connection:
                if self.is_open:
                    now = self.here.real_now()
                    self._refuse_another(caller_of(connection, self.who.session_id, now))
                return query(connection, *args, **kwargs)

        return await self._answered(asked, else_said=DATABASE_AWAY)

    async def keep(
        self,
        action: Action,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Write down what is the visitor's own and changes nothing for anybody, such as a draft:
        it goes on no record.

        Raises:
            Problem: they are signed out, or their role may not do ``action``.
        """

        def kept() -> T:
            self.who = self._still_allowed(action)
            with self.here.database.begin() as connection:
                return query(connection, *args, **kwargs)

        return await self._answered(kept, else_said=MAY_BE_DONE)

    @overload
    async def act(
        self,
        route: Callable[Concatenate[Here, Caller, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T: ...

    @overload
    async def act(
        self, route: Callable[Concatenate[Here, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    async def act(self, route: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Do what a route of the API does, as its caller, with its checks and on its record.

        Args:
            args, kwargs: what the route takes beside the place and, if it asks, the caller.

        Raises:
            Problem: they are signed out, their role may not do that, or the route refuses.
        """
        known = _described(route)

        def acted() -> T:
            self.who = self._still_allowed(known.action)
            first = (self.here, self.caller) if known.asks_who else (self.here,)
            given = inspect.signature(route).bind(*first, *args, **kwargs)
            change = self._begin(known, given.arguments)
            status = 500
            try:
                done = route(*given.args, **given.kwargs)
                status = 200
            except Problem as problem:
                status = problem.status
                raise
            except DataError:
                status = 422
                raise Problem(status, "invalid", NOT_TO_BE_KEPT) from None
            except (TemporalAway, PolicyMissing) as away:
                status = 503
                raise Problem(status, "unavailable", str(away)) from None
            except AWAY:
                status = 503
                raise
            finally:
                self._end(change, status)
            return done

        return await self._answered(acted, else_said=MAY_BE_DONE)

    async def _answered(self, work: Callable[[], T], *, else_said: str) -> T:
        try:
            return await self.here.readiness.answered(run_in_threadpool(work))
        except NoAnswer:
            raise Problem(503, "unavailable", else_said) from None

    def _still_allowed(self, action: Action) -> SignedIn:
        """Who they are now: the page may be older than their signing out, or their new role."""
        with self.here.database.begin() as connection:
            who = session_by_id(connection, self.who.session_id, self.here.real_now())
        if who is None:
            raise _signed_out()
        if who.caller.role not in ALLOWED[action]:
            raise Problem(
                403,
                "forbidden",
                sentence(
                    "A {role} may not {action}; {roles} may.",
                    role=who.caller.role,
                    action=action,
                    roles=sorted(ALLOWED[action]),
                ),
            )
        self._refuse_another(who.caller)
        return who

    def _refuse_another(self, caller: Caller | None) -> None:
        if caller is None:
            raise _signed_out()
        if caller != self.caller:
            raise VisitOver(
                403, "forbidden", sentence("What you may do has changed: load the page again.")
            )

    def _begin(self, known: _Known, given: Mapping[str, Any]) -> int | None:
        """Put a change on record before it is made; None for what changes nothing."""
        if known.method == "GET":
            return None
        with self.here.database.begin() as connection:
            path = known.path.format_map(given)
            bodies = [one for one in given.values() if isinstance(one, BaseModel)]
            route = known.path.removeprefix("/api")
            asked = worth_keeping(known.method, route, bodies[0] if bodies else None)
            return begin_change(connection, self.caller, known.method, path, asked)

    def _end(self, change: int | None, status: int) -> None:
        if change is None:
            return
        # What was done is done: a record without an end is no reason to say it was not.
        with suppress(SQLAlchemyError), self.here.database.begin() as connection:
            end_change(connection, change, status)


def _signed_out() -> VisitOver:
    return VisitOver(401, "unauthorized", sentence("You are signed out: sign in again."))


_VISITS: WeakKeyDictionary[Client, Visit] = WeakKeyDictionary()


def visit_of(client: Client) -> Visit:
    """The visit that an open page belongs to."""
    return _VISITS[client]


def begin_visit(client: Client, visit: Visit) -> None:
    """Say whose a page is that is being built."""
    _VISITS[client] = visit


@functools.cache
def _described(route: Callable[..., Any]) -> _Known:
    router: APIRouter = sys.modules[route.__module__].router
    known = next(
        one for one in router.routes if isinstance(one, APIRoute) and one.endpoint is route
    )
    gate = next(one for one in known.dependant.dependencies if hasattr(one.call, "action"))
    action: Action = gate.call.action  # type: ignore[union-attr]
    (method,) = known.methods or {"GET"}
    return _Known(action, method, f"/api{known.path}", asks_who=gate.name is not None)
