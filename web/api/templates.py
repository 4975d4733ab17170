"""``/api/templates``, ``/api/cadences/templates``: marketing's mails, and tests of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.email.addresses import address_key
from domain.email.checked import check_template
from domain.email.message import MailError, mailbox
from domain.email.rendering import CompiledTemplate, RenderError
from domain.inputs import ASKED
from domain.sentences import sentence
from mail.channels.base import ChannelError, MessageRejected, OutcomeUnknown
from mail.channels.registry import channel_from
from mail.sample_mails import preview, send_test
from store.access.api_tokens import Caller, tests_asked_for
from store.access.users import is_colleague
from store.consent.suppressions import why_suppressed
from store.published.cadences import TemplateMissing, latest_template
from store.published.published_texts import TemplateLine, list_templates, published_texts
from web.api.access import Here, Place, may, sees
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_name
from web.problems import Problem, invalid, missing, refused
from web.template_parts import TEMPLATES, template_parts

router = APIRouter(tags=["cadences and policies"])
TESTS_AN_HOUR = 30
TESTS_A_DAY = 100


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


class Sent(BaseModel):
    """The test went out."""

    subject: str


@router.get("/templates", dependencies=[Depends(may(Action.READ_CADENCES))])
def list_all(here: Place, cursor: Cursor = None, limit: Limit = PAGE) -> Page[TemplateLine]:
    """The templates that are published, by name."""
    return page_by_name(here, "templates", cursor, limit, list_templates)


@router.get("/templates/{name}", dependencies=[Depends(may(Action.READ_CADENCES))])
def show(here: Place, name: str, language: str = "en") -> TemplateDetail:
    """One template in one language, as it was written."""
    with here.database.connect() as connection:
        versions = published_texts(connection, "template", f"{name}.{language}")
    if not versions:
        raise missing(f"The template '{name}' is not published in '{language}'.")
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
    here: Place, caller: Annotated[Caller, Depends(may(Action.PUBLISH))], name: str, body: MailTest
) -> Sent:
    """Send a mail to a colleague, marked as a test in its subject. It counts as no touch, and its
    links do nothing to the lead. To whoever is no user nor rep nothing is sent: what is tried may
    say anything in the company's name."""
    try:
        address = mailbox(body.address)
    except MailError:
        raise invalid(
            "address", sentence("'{address}' is no e-mail address.", address=body.address)
        ) from None
    now = here.clock.now()
    with here.database.connect() as connection:
        if not is_colleague(connection, address):
            raise refused(
                sentence(
                    "Tests go to colleagues only: {address} is no user's and no rep's.",
                    address=address,
                ),
                "address",
            )
        _refuse_too_many(connection, here, caller)
        template = _template(connection, name, body)
        if why_suppressed(connection, address_key(address)) is not None:
            raise refused(sentence("This address is suppressed: nothing is sent to it."), "address")
        if body.lead_id is not None:
            sees(connection, caller, body.lead_id)
        try:
            mail = preview(
                connection,
                here.settings,
                template,
                name=name,
                language=body.language,
                lead_id=body.lead_id,
                now=now,
            )
        except RenderError as error:
            raise refused(str(error), "text") from None
    try:
        channel = channel_from(here.settings, here.database)
        subject = send_test(channel, here.settings, mail, address, body.lead_id)
    except MessageRejected as rejected:
        raise refused(
            sentence("The mail was refused: {error}", error=str(rejected)), "address"
        ) from None
    except OutcomeUnknown:
        raise Problem(
            503,
            "unavailable",
            sentence("The mail may have gone out or not: look before you try again."),
        ) from None
    except (ChannelError, ValueError) as error:
        raise Problem(
            503,
            "unavailable",
            sentence("The mail did not go out. {error}", error=str(error)),
        ) from None
    return Sent(subject=subject)


def _refuse_too_many(connection: Connection, here: Here, caller: Caller) -> None:
    """Refuse when the caller has sent as many tests as there may be. This one is on record
    already, as are those that come at the same time: they see each other."""
    since = here.real_now() - timedelta(days=1)
    asked = tests_asked_for(connection, caller.name, since)
    hour = sum(at > here.real_now() - timedelta(hours=1) for at in asked)
    for count, limit, wait in ((hour, TESTS_AN_HOUR, 3600), (len(asked), TESTS_A_DAY, 86400)):
        if count > limit:
            raise Problem(
                429,
                "refused",
                sentence(
                    "You have sent {count} tests, the most there are in an hour or a day: try "
                    "again later.",
                    count=limit,
                ),
                headers={"Retry-After": str(wait)},
            )


def _template(connection: Connection, name: str, body: MailTest) -> CompiledTemplate:
    """What is to be tried: the text that was sent along, else what is published."""
    if body.text is None:
        try:
            return latest_template(connection, name, body.language).compiled
        except TemplateMissing as gone:
            raise missing(str(gone)) from None
    file = f"{name}.{body.language}.mjml"
    compiled, problems = check_template(name, body.text, file, template_parts(TEMPLATES))
    if compiled is None or problems:
        raise invalid("text", "\n".join(map(str, problems)))
    return compiled
