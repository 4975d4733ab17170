"""``/api/cadences/{name}/results``, ``/api/templates/{name}/results``: what cadences and mails
brought, step by step."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.steps import RESULT_DAYS, CadenceResults, MailResults, flat
from domain.inputs import Day
from services import figures_of_steps
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, figures_file
from web.api.inputs import QUERIED

router = APIRouter(tags=["cadences and policies"])
Reader = Annotated[Caller, Depends(may(Action.READ_CADENCES))]


class ResultParameters(BaseModel):
    """The days in which touches were made."""

    model_config = QUERIED

    begins: Day | None = Field(
        None,
        alias="from",
        description=f"First day, of the company's time zone; {RESULT_DAYS} before the end.",
    )
    to: Day | None = Field(None, description="The day after the last; tomorrow.")


class CadenceResultParameters(ResultParameters):
    """The same days, and the versions of the cadence."""

    version: int | None = Field(None, ge=1, le=2**31 - 1, description="Only of this version.")
    compare: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Differences of `version` from this one."
    )


@router.get("/cadences/{name}/results")
def show_cadence_results(
    context: CurrentContext,
    caller: Reader,
    name: str,
    query: Annotated[CadenceResultParameters, Query()],
) -> CadenceResults:
    """What the touches of a period brought, by step of the cadence, by language of its mails and by
    version."""
    return figures_of_steps.results_of_cadence(
        context,
        caller,
        name,
        query.begins,
        query.to,
        version=query.version,
        compare=query.compare,
    )


@router.get("/cadences/{name}/results.csv", response_class=Response, responses=CSV_ANSWER)
def cadence_results_file(
    context: CurrentContext,
    caller: Reader,
    name: str,
    query: Annotated[CadenceResultParameters, Query()],
) -> Response:
    """The same as a CSV file (UTF-8): a row for each version, step and language."""
    found = show_cadence_results(context, caller, name, query)
    path = f"cadences/{name}/results"
    return figures_file(context, caller, path, flat(found.rows), query, behind=found.behind)


@router.get("/templates/{name}/results")
def show_mail_results(
    context: CurrentContext,
    caller: Reader,
    name: str,
    query: Annotated[ResultParameters, Query()],
) -> MailResults:
    """What the mails of a period brought, whichever cadence sent them, and by language."""
    return figures_of_steps.results_of_mail(context, caller, name, query.begins, query.to)


@router.get("/templates/{name}/results.csv", response_class=Response, responses=CSV_ANSWER)
def mail_results_file(
    context: CurrentContext,
    caller: Reader,
    name: str,
    query: Annotated[ResultParameters, Query()],
) -> Response:
    """The same as a CSV file (UTF-8): a row for each cadence, version, step and language."""
    found = show_mail_results(context, caller, name, query)
    path = f"templates/{name}/results"
    return figures_file(context, caller, path, flat(found.rows), query, behind=found.behind)
