"""What goes wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import http
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from domain.refusals import (
    Invalid,
    LeadKnown,
    Missing,
    Mistake,
    Refusal,
    TooMany,
    Unavailable,
)
from domain.sentences import sentence
from store.engine import AWAY
from store.published.policies import PolicyMissing
from web.retry_after import retry_after

log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One mistake: the field in the request, such as ``at`` or ``files[0].text``, a sentence, and
    for text that was sent the place in it (from 1)."""

    field: str
    message: str
    line: int | None = None
    column: int | None = None


class ProblemDetails(BaseModel):
    """The body of every answer that is no success, ``application/problem+json``."""

    type: str = "about:blank"
    title: str
    """The HTTP status in words."""
    status: int
    detail: str
    """What is wrong and what to do, for people."""
    code: str
    """The same for programs: unauthorized, forbidden, not_found, invalid, refused, lead_known,
    unavailable, internal."""
    errors: list[FieldError] = []
    lead_id: int | None = None
    """With the code lead_known: the lead that is there already, for whoever may see it."""


class RequestProblem(Refusal):
    """What only HTTP can refuse: a body that is too large, too many requests."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        field: str = "",
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        super().__init__(detail, field, mistakes)
        self.status = status
        self.code = code
        self.headers = {**retry_after(status), **(headers or {})}


NOT_TO_BE_KEPT = sentence(
    "A text with a NUL character, or a number that is too large, can't be kept or looked for."
)
"""What is said of a value that PostgreSQL has no place for."""
DATABASE_AWAY = sentence("The database does not answer, or takes no changes now: try again.")
MAY_BE_DONE = sentence(
    "The database has not answered. What you did may be kept all the same: look again before you "
    "repeat it."
)


INTERNAL = RequestProblem(
    500, "internal", "Something went wrong here, not in the request. Try again."
)
"""The answer to what nobody foresaw; the log says where it happened."""


HEADERS = {401: {"WWW-Authenticate": "Bearer"}}
"""What an answer with a status says beside its body."""


def unavailable(error: Exception) -> Unavailable:
    """A server is away that is needed."""
    log.warning("a request can't be answered now", error=type(error).__name__)
    # What SQLAlchemy says holds the statement, and what was to be kept.
    return Unavailable(str(DATABASE_AWAY) if isinstance(error, SQLAlchemyError) else str(error))


def answer(refusal: Refusal, **more: object) -> Response:
    """The answer that tells of it; ``more`` are extension members (RFC 9457 3.2)."""
    mistakes = refusal.mistakes
    if refusal.field:
        mistakes = [Mistake(refusal.field, str(refusal)), *mistakes]
    body = ProblemDetails(
        title=http.HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=str(refusal),
        code=refusal.code,
        errors=[FieldError(**asdict(one)) for one in mistakes],
        lead_id=(refusal.lead_id or None) if isinstance(refusal, LeadKnown) else None,
    )
    own = refusal.headers if isinstance(refusal, RequestProblem) else {}
    if isinstance(refusal, TooMany):
        own = {"Retry-After": str(refusal.again_in)}
    return JSONResponse(
        body.model_dump(exclude_none=True) | more,
        refusal.status,
        {**HEADERS.get(refusal.status, {}), **retry_after(refusal.status), **own},
        media_type="application/problem+json",
    )


def handle_problems(app: FastAPI) -> None:
    """Have every error of ``app`` answered with problem details."""

    @app.exception_handler(Refusal)
    def told(_request: Request, refusal: Refusal) -> Response:
        if refusal.status == 503:
            log.warning("the API can't answer", error=type(refusal).__name__)
        return answer(refusal)

    @app.exception_handler(HTTPException)
    def of_the_framework(_request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return answer(Missing("There is no such address; /api/openapi.json lists them."))
        code = "method_not_allowed" if error.status_code == 405 else "invalid"
        return answer(
            RequestProblem(error.status_code, code, str(error.detail), headers=error.headers)
        )

    @app.exception_handler(RequestValidationError)
    def not_understood(_request: Request, error: RequestValidationError) -> Response:
        found = [Mistake(_field(one["loc"]), _sentence(one)) for one in error.errors()]
        said = " ".join(f"{one.field}: {one.message}" for one in found)
        return answer(Invalid(said, mistakes=found))

    @app.exception_handler(DataError)
    def not_to_be_kept(_request: Request, _error: Exception) -> Response:
        return answer(Invalid(str(NOT_TO_BE_KEPT)))

    def not_ready(_request: Request, error: Exception) -> Response:
        return answer(unavailable(error))

    # It is raised again after the answer, for the log.
    app.add_exception_handler(Exception, lambda _request, _error: answer(INTERNAL))
    for away in (*AWAY, PolicyMissing):
        app.add_exception_handler(away, not_ready)


def _field(location: Sequence[Any]) -> str:
    """``files[0].text`` of ``("body", "files", 0, "text")``."""
    name = ""
    for part in location[1:] or location[:1]:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += f".{part}" if name else str(part)
    return name


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "The body is no JSON."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message[0].upper()}{message[1:]}." if not message.endswith(".") else message
