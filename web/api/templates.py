"""``/api/templates``, ``/api/cadences/templates``: marketing's mails, and tests of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from domain.refusals import Missing
from services.test_mails import send as send_test_mail
from store.access.api_tokens import Caller
from store.published.published_texts import TemplateLine, list_templates, published_texts
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_name

router = APIRouter(tags=["cadences and policies"])


class TemplateDetail(BaseModel):
    """A template in force in one language, as it was written."""

    name: str
    language: str
    version: int
    published_at: datetime
    source: str


class MailTest(BaseModel):
    """A mail to try: to whom it goes, for which lead it is written (somebody invented without
    one), and the text if it is not the published one."""

    model_config = ASKED

    address: str = Field(min_length=3, max_length=320)
    language: str = Field("en", pattern="^[a-z]{2,3}$")
    lead_id: int | None = None
    text: str | None = Field(None, max_length=500_000)


class TestSent(BaseModel):
    """The test went out."""

    subject: str


@router.get("/templates", dependencies=[Depends(may(Action.READ_CADENCES))])
def list_all(
    context: CurrentContext, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[TemplateLine]:
    """The templates that are published, by name."""
    return page_by_name(context, "templates", cursor, limit, list_templates)


@router.get("/templates/{name}", dependencies=[Depends(may(Action.READ_CADENCES))])
def show(context: CurrentContext, name: str, language: str = "en") -> TemplateDetail:
    """One template in one language, as it was written."""
    with context.database.connect() as connection:
        versions = published_texts(connection, "template", f"{name}.{language}")
    if not versions:
        raise Missing(f"The template '{name}' is not published in '{language}'.")
    newest = versions[0]
    return TemplateDetail(
        name=name,
        language=language,
        version=newest.version,
        published_at=newest.published_at,
        source=newest.source,
    )


@router.post("/cadences/templates/{name}/test", operation_id="send_test_mail")
def send(
    context: CurrentContext,
    caller: Annotated[Caller, Depends(may(Action.PUBLISH))],
    name: str,
    body: MailTest,
) -> TestSent:
    """Send a mail to a colleague, marked as a test in its subject. It counts as no touch, and its
    links do nothing to the lead. To whoever is no user nor rep nothing is sent: what is tried may
    say anything in the company's name."""
    subject = send_test_mail(
        context,
        caller,
        name,
        address=body.address,
        language=body.language,
        lead_id=body.lead_id,
        text=body.text,
    )
    return TestSent(subject=subject)
