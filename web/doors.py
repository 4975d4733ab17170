"""How programs are answered at the doors they come in by: webhooks and the tracking API.

All refuse in one way, with a problem document (RFC 9457), and say 503 with ``Retry-After`` to what
they could not commit: what was not acknowledged is sent again. Bodies are bounded and timed for
all of them before they get here (``web.body_limits``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, HTTPConnection

from domain.refusals import Refusal
from store.published.policies import PolicyMissing
from web.problems import RequestProblem, answer, unavailable
from web.views import sorry, translator_of

log = structlog.get_logger(__name__)

_PROGRAMS = ("/api/", "/webhooks/", "/v1/")
_CODES = {401: "unauthorized", 403: "forbidden", 404: "not_found", 500: "internal"}


class BadItem(ValueError):
    """One event or message of a body is refused; the others are not. ``field`` is where in it the
    mistake is, such as ``properties.price``."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class DoorRoute(APIRoute):
    """A route whose every refusal is a problem document: ``APIRouter(route_class=DoorRoute)``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI calls it."""
        handle = super().get_route_handler()

        @functools.wraps(handle)
        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as problem:
                log.warning(
                    "a request of a program was refused",
                    door=self.path,
                    status=problem.status,
                    reason=str(problem),
                )
                return self.answer(problem)
            except (SQLAlchemyError, PolicyMissing) as error:
                return self.answer(unavailable(error))
            except ClientDisconnect:
                return Response(status_code=400)

        return answered

    def answer(self, problem: Refusal) -> Response:
        """The answer that tells of the problem."""
        return answer(problem)


def refusal(
    status: int,
    field: str,
    detail: str,
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
) -> RequestProblem:
    """Why a request is refused as a whole; nothing of it is kept.

    Args:
        field: where the mistake is: a header, ``body`` or a field of it; '' for nowhere.
        detail: a sentence that holds nothing of the body.
        code: for programs; the usual one of the status when left out.
    """
    code = code or _CODES.get(status, "unavailable" if status == 503 else "invalid")
    return RequestProblem(status, code, detail, headers, field=field)


def told(asked: HTTPConnection, problem: RequestProblem, sentence: str, home: str = "") -> Response:
    """The problem for a program, a page with the sentence for a person.

    Args:
        sentence: an English sentence of the catalogs.
        home: where a link on the page leads to.
    """
    if asked.url.path.startswith(_PROGRAMS):
        return answer(problem)
    response = sorry(translator_of(asked), problem.status, sentence, home=home)
    response.headers.update(problem.headers)
    return response
