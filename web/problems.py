"""What goes wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import http
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from domain.sentences import sentence
from store.engine import AWAY
from store.published.policies import PolicyMissing
from temporal.steering import TemporalAway
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
    """The same for programs: unauthorized, forbidden, not_found, invalid, refused, unavailable,
    internal."""
    errors: list[FieldError] = []


class Problem(Exception):
    """A request that can't be granted."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.errors = list(errors)
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


def refused(detail: str, field: str = "") -> Problem:
    """What was asked for is understood and can't be done now: 409."""
    return Problem(409, "refused", detail, [FieldError(field=field, message=detail)] * bool(field))


def invalid(field: str, detail: str) -> Problem:
    """A field holds what it can't hold: 422."""
    return Problem(422, "invalid", detail, [FieldError(field=field, message=detail)])


def missing(detail: str) -> Problem:
    """There is no such thing, or not for this caller: 404."""
    return Problem(404, "not_found", detail)


INTERNAL = Problem(500, "internal", "Something went wrong here, not in the request. Try again.")
"""The answer to what nobody foresaw; the log says where it happened."""


def unavailable(error: Exception) -> Problem:
    """A server is away that is needed: 503."""
    log.warning("a request can't be answered now", error=type(error).__name__)
    # What SQLAlchemy says holds the statement, and what was to be kept.
    detail = str(DATABASE_AWAY) if isinstance(error, SQLAlchemyError) else str(error)
    return Problem(503, "unavailable", detail)


def answer(problem: Problem, **more: object) -> Response:
    """The answer that tells of the problem; ``more`` are extension members (RFC 9457 3.2)."""
    body = ProblemDetails(
        title=http.HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=str(problem),
        code=problem.code,
        errors=problem.errors,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True) | more,
        problem.status,
        problem.headers,
        media_type="application/problem+json",
    )


def handle_problems(app: FastAPI) -> None:
    """Have every error of ``app`` answered with problem details."""

    @app.exception_handler(Problem)
    def told(_request: Request, problem: Problem) -> Response:
        return answer(problem)

    @app.exception_handler(HTTPException)
    def of_the_framework(_request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return answer(missing("There is no such address; /api/openapi.json lists them."))
        code = "method_not_allowed" if error.status_code == 405 else "invalid"
        return answer(Problem(error.status_code, code, str(error.detail), headers=error.headers))

    @app.exception_handler(RequestValidationError)
    def not_understood(_request: Request, error: RequestValidationError) -> Response:
        errors = [
            FieldError(field=_field(one["loc"]), message=_sentence(one)) for one in error.errors()
        ]
        return answer(
            Problem(422, "invalid", " ".join(f"{e.field}: {e.message}" for e in errors), errors)
        )

    @app.exception_handler(DataError)
    def not_to_be_kept(_request: Request, _error: Exception) -> Response:
        return answer(Problem(422, "invalid", str(NOT_TO_BE_KEPT)))

    def not_ready(_request: Request, error: Exception) -> Response:
        return answer(unavailable(error))

    # It is raised again after the answer, for the log.
    app.add_exception_handler(Exception, lambda _request, _error: answer(INTERNAL))
    for away in (*AWAY, PolicyMissing, TemporalAway):
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
