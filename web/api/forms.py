"""``/api/forms``: hosted forms, and what was sent through them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from domain.access import Action
from services import forms
from store.access.api_tokens import Caller
from store.forms.lists import (
    FormCounts,
    FormLine,
    SubmissionLine,
    counts_of,
    list_forms,
    list_submissions,
)
from web.api.access import CurrentContext, may
from web.api.inputs import Id
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id, page_by_name

router = APIRouter(prefix="/forms", tags=["forms"])
Reader = Annotated[Caller, Depends(may(Action.READ_CADENCES))]
SubmissionReader = Annotated[Caller, Depends(may(Action.READ_FORMS))]


class FormDetail(BaseModel):
    """A form as it is published, with the address of its page, and what to put into a page of
    another site: ``embed_code`` with a script of ours, ``frame_code`` without."""

    name: str
    definition: dict[str, Any]
    counts: FormCounts
    page: str
    embed_code: str
    frame_code: str


@router.get("", operation_id="list_forms")
def list_all(
    context: CurrentContext, _caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[FormLine]:
    """The forms that are published, by name, with what came of each in the last thirty days."""

    read = partial(list_forms, now=context.clock.now())
    return page_by_name(context, "forms", cursor, limit, read)


@router.get("/{name}", operation_id="get_form")
def show(context: CurrentContext, _caller: Reader, name: str) -> FormDetail:
    """One of them."""
    form = forms.published_form(context, name)
    with context.database.connect() as connection:
        counts = counts_of(connection, [name], context.clock.now())
    return FormDetail(
        name=form.name,
        definition=form.model_dump(mode="json"),
        counts=counts.get(name, FormCounts()),
        page=forms.page_of(context, name),
        embed_code=forms.embed_code(context, name),
        frame_code=forms.frame_code(context, form),
    )


@router.get("/{name}/submissions", operation_id="list_form_submissions")
def submissions(
    context: CurrentContext,
    _caller: SubmissionReader,
    name: str,
    *,
    state: Annotated[
        Literal["taken", "spam"], Query(description="Of the submissions; spam is what waits.")
    ] = "taken",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[SubmissionLine]:
    """What was sent through a form, the newest first. What looks like spam is kept apart for thirty
    days, and counts as nothing until somebody releases it."""
    read = partial(list_submissions, form=name, spam=state == "spam")
    return page_by_id(context, "submissions", cursor, limit, read)


@router.post("/submissions/{submission_id}/release", operation_id="release_form_submission")
def release(context: CurrentContext, caller: SubmissionReader, submission_id: Id) -> Done:
    """Say that what was kept apart as spam is none: it is taken as of when it was sent."""
    forms.release(context, caller, submission_id)
    return Done(detail=f"Submission {submission_id} is taken.")
