"""One open page: who looks at it, what they may see, and the one way to change things."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from nicegui import Client
from nicegui.element import Element
from nicegui.elements.html import Html
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from domain.access import ALLOWED, Action
from domain.refusals import Invalid, Unauthorized, Unavailable
from domain.sentences import sentence
from health.readiness import NoAnswer
from services.access import act_of, authorise
from store.access.api_tokens import Caller
from store.access.sessions import caller_of, session_by_id
from store.access.users import SignedIn
from store.published.policies import PolicyMissing
from web.api.access import WebContext
from web.problems import DATABASE_AWAY, MAY_BE_DONE, NOT_TO_BE_KEPT

T = TypeVar("T")
P = ParamSpec("P")


class VisitOver(Unauthorized):
    """The page shows what its visitor may not see any more: they are signed out, or their role, rep
    or team is another one now."""


@dataclass
class PageVisit:
    """A page that somebody has open. Times are shown in ``zone``."""

    context: WebContext
    who: SignedIn
    zone: ZoneInfo
    heading: Html = field(init=False)
    """What the page is called (``web.console.frame.name_page``)."""
    top: Element = field(init=False)
    """Beside the heading, where a page has its buttons."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Reps and managers: code → name."""
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
            with self.context.database.connect() as connection:
                if self.is_open:
                    now = self.context.real_now()
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
            Refusal: they are signed out, or their role may not do ``action``.
        """

        def kept() -> T:
            with self.context.database.begin() as connection:
                return query(connection, *args, **kwargs)

        return await self._allowed(action, kept, else_said=MAY_BE_DONE)

    async def act(
        self,
        act: Callable[Concatenate[WebContext, Caller, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Change something as the visitor, by the function of ``services/`` that the API's route
        and the command line call too: with its checks and on its record.

        Args:
            args, kwargs: what it takes beside context and caller.

        Raises:
            Refusal: they are signed out, their role may not do that, or it is refused.
            TypeError: it is no such function.
        """
        known = act_of(act)
        if known is None:
            raise TypeError(f"{act} is no act of services/")

        acting = partial(act, self.context, self.caller, *args, **kwargs)
        return await self._allowed(known.action, acting, else_said=MAY_BE_DONE)

    async def ask(
        self,
        route: Callable[Concatenate[WebContext, Caller, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What a GET route of the API answers the visitor, such as a page of a list with its
        cursor.

        Raises:
            Refusal: they are signed out, their role may not see that, or it is refused.
        """

        asking = partial(route, self.context, self.caller, *args, **kwargs)
        return await self._allowed(_gate(route), asking, else_said=DATABASE_AWAY)

    async def _answered(self, work: Callable[[], T], *, else_said: str) -> T:
        try:
            return await self.context.readiness.answered(run_in_threadpool(work))
        except NoAnswer:
            raise Unavailable(else_said) from None

    async def _allowed(self, action: Action, work: Callable[[], T], *, else_said: str) -> T:
        """The answer of what only some may do, if the visitor still may."""

        def done() -> T:
            self.who = self._still_allowed(action)
            try:
                return work()
            except DataError:
                raise Invalid(NOT_TO_BE_KEPT) from None
            except PolicyMissing as missing:
                raise Unavailable(str(missing)) from None

        return await self._answered(done, else_said=else_said)

    def _still_allowed(self, action: Action) -> SignedIn:
        """Who they are now: the page may be older than their signing out, or their new role."""
        with self.context.database.begin() as connection:
            who = session_by_id(connection, self.who.session_id, self.context.real_now())
        if who is None:
            raise _signed_out()
        authorise(who.caller, action)
        self._refuse_another(who.caller)
        return who

    def _refuse_another(self, caller: Caller | None) -> None:
        if caller is None:
            raise _signed_out()
        if caller != self.caller:
            raise VisitOver(sentence("What you may do has changed: load the page again."))


def _signed_out() -> VisitOver:
    return VisitOver(sentence("You are signed out: sign in again."))


_VISITS: WeakKeyDictionary[Client, PageVisit] = WeakKeyDictionary()


def visit_of(client: Client) -> PageVisit:
    """The visit that an open page belongs to."""
    return _VISITS[client]


def begin_visit(client: Client, visit: PageVisit) -> None:
    """Say whose a page is that is being built."""
    _VISITS[client] = visit


@cache
def _gate(route: Callable[..., Any]) -> Action:
    """What a caller must be allowed to for this route."""
    router: APIRouter = sys.modules[route.__module__].router
    known = next(
        one for one in router.routes if isinstance(one, APIRoute) and one.endpoint is route
    )
    gates = (getattr(one.call, "action", None) for one in known.dependant.dependencies)
    needed: Action = next(action for action in gates if action is not None)
    return needed
