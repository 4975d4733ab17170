"""The REST API as an app of its own, mounted at ``/api``."""

from __future__ import annotations

import functools

from fastapi import Depends, FastAPI
from sqlalchemy import Engine
from starlette.routing import BaseRoute

from settings import Settings
from web.api import (
    account_matches,
    accounts,
    bundles,
    cadence_results,
    cadences,
    changes,
    company_accounts,
    deliverability,
    duplicates,
    enrollments,
    erasure,
    figures,
    figures_leaks,
    figures_money,
    figures_of_data,
    figures_of_days,
    figures_of_months,
    figures_of_sales,
    figures_pipeline,
    figures_scoring,
    forms,
    images,
    imports,
    keys,
    lead_history,
    lead_work,
    leads,
    mails,
    me,
    meetings,
    money,
    notifications,
    opportunities,
    received,
    recycle,
    search,
    second_factor,
    segments,
    sla,
    suppressions,
    system,
    tasks,
    team,
    templates,
    users,
    views,
    webhooks,
)
from web.api.access import WebContext
from web.api.csv_lists import CsvLists
from web.api.gate import ApiGate
from web.api.operations import operation_id
from web.api.queries import refuse_unknown_parameters
from web.api.specification import TAGS, describe
from web.api.webhook_events import described_webhooks
from web.problems import ProblemDetails, handle_problems

SUBJECTS = (
    leads,
    lead_history,
    duplicates,
    lead_work,
    tasks,
    meetings,
    opportunities,
    recycle,
    accounts,
    account_matches,
    team,
    sla,
    figures,
    money,
    figures_money,
    figures_of_sales,
    figures_scoring,
    figures_pipeline,
    figures_of_data,
    figures_of_days,
    figures_of_months,
    figures_leaks,
    bundles,
    cadence_results,
    cadences,
    enrollments,
    templates,
    segments,
    forms,
    deliverability,
    suppressions,
    received,
    webhooks,
    users,
    second_factor,
    company_accounts,
    changes,
    mails,
    imports,
    images,
    erasure,
    keys,
    system,
    me,
    notifications,
    views,
    search,
)


ABOUT = (
    "Times in answers are journey time, UTC, unless they say otherwise. Every answer that is no "
    "success is problem details (RFC 9457): `detail` is for people, `code` and `errors` are for "
    "programs. A parameter, a field or a kind of value that is not known is refused with 422."
)


@functools.cache
def _routes() -> tuple[BaseRoute, ...]:
    """All routes. FastAPI takes a second to build them, so a process does it once, however many
    apps it has."""
    built = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        dependencies=[Depends(refuse_unknown_parameters)],
        responses={503: {"model": ProblemDetails}},
    )
    for subject in SUBJECTS:
        built.include_router(subject.router)
    return tuple(built.routes)


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
        routes=[*_routes()],
        webhooks=described_webhooks(),
        telemetry={"exclude": lambda _scope: True, "auto_configure": False},
    )
    context = WebContext(settings, database)
    api.state.context = context
    describe(api, [subject.router for subject in SUBJECTS])
    handle_problems(api)

    api.add_middleware(CsvLists, context=context, routers=[subject.router for subject in SUBJECTS])
    # Added last, passed first.
    api.add_middleware(ApiGate, context=context)
    return api
