"""Marketing's mails, tried on colleagues."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from domain.access import Action
from domain.email.addresses import address_key
from domain.email.checked import check_template
from domain.email.message import MailError, mailbox
from domain.email.rendering import CompiledTemplate, RenderError
from domain.refusals import Conflict, Invalid, TooMany, Unavailable
from domain.sentences import sentence
from mail.channels.base import ChannelError, MessageRejected, OutcomeUnknown
from mail.channels.registry import channel_from
from mail.sample_mails import preview, send_test
from services.access import changes, may_see
from services.context import Context
from services.template_parts import TEMPLATES, template_parts
from store.access.api_tokens import Caller, tests_asked_for
from store.access.users import is_colleague
from store.consent.suppressions import why_suppressed
from store.published.cadences import latest_template

TESTS_AN_HOUR = 30
TESTS_A_DAY = 100


@changes(Action.PUBLISH, "POST /cadences/templates/{name}/test")
def send(
    context: Context,
    caller: Caller,
    name: str,
    *,
    address: str,
    language: str,
    lead_id: int | None = None,
    text: str | None = None,
) -> str:
    """Send a mail to a colleague, marked as a test in its subject. It counts as no touch, and its
    links do nothing to the lead. To whoever is no user nor rep nothing is sent: what is tried may
    say anything in the company's name.

    Args:
        lead_id: for whom it is written; None for somebody invented.
        text: in place of what is published.

    Returns:
        Its subject.

    Raises:
        Invalid: the address is none, or there are mistakes in the text.
        Missing: there is no such lead for this caller, or the template is not published.
        Conflict: the address is no colleague's, is suppressed or refused, or the mail can't be
            rendered.
        TooMany: the caller has sent as many as may be.
        Unavailable: it did not go out, or nobody knows whether it did.
    """
    try:
        colleague = mailbox(address)
    except MailError:
        raise Invalid(
            sentence("'{address}' is no e-mail address.", address=address), "address"
        ) from None
    with context.database.connect() as connection:
        if not is_colleague(connection, colleague):
            raise Conflict(
                sentence(
                    "Tests go to colleagues only: {address} is no user's and no rep's.",
                    address=colleague,
                ),
                "address",
            )
        _refuse_too_many(connection, context, caller)
        template = _template(connection, name, language, text)
        if why_suppressed(connection, address_key(colleague)) is not None:
            raise Conflict(
                sentence("This address is suppressed: nothing is sent to it."), "address"
            )
        if lead_id is not None:
            may_see(connection, caller, lead_id)
        try:
            mail = preview(
                connection,
                context.settings,
                template,
                name=name,
                language=language,
                lead_id=lead_id,
                now=context.clock.now(),
            )
        except RenderError as error:
            raise Conflict(str(error), "text") from None
    try:
        channel = channel_from(context.settings, context.database)
        subject = send_test(channel, context.settings, mail, colleague, lead_id)
    except MessageRejected as rejected:
        raise Conflict(
            sentence("The mail was refused: {error}", error=str(rejected)), "address"
        ) from None
    except OutcomeUnknown:
        raise Unavailable(
            sentence("The mail may have gone out or not: look before you try again.")
        ) from None
    except (ChannelError, ValueError) as error:
        raise Unavailable(sentence("The mail did not go out. {error}", error=str(error))) from None
    return subject


def _refuse_too_many(connection: Connection, context: Context, caller: Caller) -> None:
    """Refuse when the caller has sent as many tests as there may be. This one is on record
    already, as are those that come at the same time: they see each other."""
    now = context.real_now()
    asked = tests_asked_for(connection, caller.name, now - timedelta(days=1))
    hour = sum(at > now - timedelta(hours=1) for at in asked)
    for count, limit, wait in ((hour, TESTS_AN_HOUR, 3600), (len(asked), TESTS_A_DAY, 86400)):
        if count > limit:
            raise TooMany(
                sentence(
                    "You have sent {count} tests, the most there are in an hour or a day: try "
                    "again later.",
                    count=limit,
                ),
                again_in=wait,
            )


def _template(
    connection: Connection, name: str, language: str, text: str | None
) -> CompiledTemplate:
    """What is to be tried: the text that was sent along, else what is published."""
    if text is None:
        return latest_template(connection, name, language).compiled
    file = f"{name}.{language}.mjml"
    compiled, problems = check_template(name, text, file, template_parts(TEMPLATES))
    if compiled is None or problems:
        raise Invalid("\n".join(map(str, problems)), "text")
    return compiled
