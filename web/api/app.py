"""The REST API as an app of its own, mounted at ``/api``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from settings import Settings
from store.access.api_tokens import end_change
from web.api import (
    accounts,
    cadences,
    changes,
    company_accounts,
    erasure,
    imports,
    keys,
    lead_history,
    leads,
    mails,
    me,
    meetings,
    opportunities,
    received,
    recycle,
    second_factor,
    sla,
    suppressions,
    system,
    tasks,
    team,
    templates,
    users,
    webhooks,
)
from web.api.access import Here
from web.api.gate import Gate
from web.api.operations import operation_id
from web.api.queries import refuse_unknown_parameters
from web.api.specification import TAGS, describe
from web.api.webhook_events import described_webhooks
from web.problems import ProblemDetails, handle_problems

log = structlog.get_logger(__name__)

SUBJECTS = (
    leads,
    lead_history,
    tasks,
    meetings,
    opportunities,
    recycle,
    accounts,
    team,
    sla,
    cadences,
    templates,
    suppressions,
    received,
    webhooks,
    users,
    second_factor,
    company_accounts,
    changes,
    mails,
    imports,
    erasure,
    keys,
    system,
    me,
)


ABOUT = (
    "Times in answers are journey time, UTC, unless they say otherwise. Every answer that is no "
    "success is problem details (RFC 9457): `detail` is for people, `code` and `errors` are for "
    "programs. A parameter, a field or a kind of value that is not known is refused with 422."
)


def create_api(settings: Settings, database: Engine) -> FastAPI:
    """The API over ``database``. Every route wants a bearer token or a session of the
    console; ``openapi.json`` does not.
    """
    api = FastAPI(
        title="Perennial",
        version="1",
        summary="Leads, the work of people on them, and what marketing and sales agreed.",
        description=ABOUT,
        contact={"name": settings.email_from_name, "url": settings.web_url()},
        license_info={"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
        servers=[{"url": "/api"}],
        openapi_tags=[{"name": name, "description": says} for name, says in TAGS.items()],
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        generate_unique_id_function=operation_id,
        dependencies=[Depends(refuse_unknown_parameters)],
        responses={503: {"model": ProblemDetails}},
        webhooks=described_webhooks(),
        telemetry={"exclude": lambda _scope: True, "auto_configure": False},
    )
    here = Here(settings, database)
    api.state.here = here
    for subject in SUBJECTS:
        api.include_router(subject.router)
    describe(api, [subject.router for subject in SUBJECTS])
    handle_problems(api)

    @api.middleware("http")
    async def on_record(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await answer(request)
        change: int | None = getattr(request.state, "change", None)
        if change is not None:
            # The answer is what it is: a record without an end is no reason to hide it.
            with suppress(SQLAlchemyError):
                await run_in_threadpool(_note, database, change, response.status_code)
        return response

    api.add_middleware(Gate, here=here)
    return api


def _note(database: Engine, change: int, status: int) -> None:
    """Complete the record of a change. What was done is done: when this can't be written, the
    answer stays what it is."""
    try:
        with database.begin() as connection:
            end_change(connection, change, status)
    except SQLAlchemyError as error:
        log.error("the record of a change lacks its end", change=change, error=type(error).__name__)
