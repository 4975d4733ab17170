"""The mail that goes out after a call: looked at by whoever calls, before it goes, and as it is
sent in that person's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.consent.policy import SALES_TOPIC
from domain.email.own_words import in_own_words, words_of
from domain.email.rendering import CompiledTemplate, RenderedEmail, RenderError, TemplateError
from domain.email.sender import Sender
from domain.refusals import Invalid
from domain.sentences import sentence
from mail.merge import merge_fields, owner_of
from mail.sample_mails import StillLinks
from mail.senders import brand, choose_sender
from mail.text import mail_text
from settings import Settings
from store.consent.consent import consent_of, consent_policy, email_key_of
from store.published.cadences import latest_template
from store.published.published_texts import template_source
from store.routing.lead_facts import MailLead, mail_lead


@dataclass(frozen=True)
class FollowUpMail:
    """A mail that would go out.

    Its ``words`` are what somebody may write in their place; ``text`` is all of it, as plain text.
    ``stopped`` says why it will not go out whatever is decided: ``no_address``, or the reason of a
    suppression; '' for a mail that goes.
    """

    template: str
    language: str
    sender: str
    recipient: str
    subject: str
    words: str
    text: str
    stopped: str


def written(
    connection: Connection,
    template_id: int,
    name: str,
    parts: Mapping[str, str],
    *,
    subject: str,
    text: str,
) -> CompiledTemplate:
    """A published template in other words; '' leaves those of the template.

    Raises:
        TemplateError: they can't be compiled.
    """
    source = template_source(connection, template_id)
    return in_own_words(source, name, parts, subject=subject, words=text)


def follow_up_mail(
    connection: Connection,
    settings: Settings,
    lead_id: int,
    template_name: str,
    parts: Mapping[str, str],
    *,
    subject: str = "",
    text: str = "",
) -> FollowUpMail:
    """The mail after a call as the lead would get it, with links that do nothing.

    Args:
        parts: what templates may include.
        subject, text: in place of the template's; '' for those.

    Raises:
        Invalid: it can't be written with these words; ``field`` is ``mail``.
        TemplateMissing: the mail is not published.
    """
    lead = mail_lead(connection, lead_id)
    if lead is None:
        raise LookupError(f"There is no lead {lead_id}.")
    template = latest_template(connection, template_name, lead.language)
    source = template_source(connection, template.id)
    try:
        whole = template.compiled
        if subject or text:
            whole = in_own_words(source, template_name, parts, subject=subject, words=text)
        mail = _rendered(connection, settings, lead, whole, template.language)
        own = _rendered(
            connection, settings, lead, words_of(source, template_name), template.language
        )
    except TemplateError as error:
        raise Invalid(
            sentence("The mail can't be written like this: {why}.", why=error.problems[0].message),
            "mail",
        ) from None
    except RenderError as error:
        raise Invalid(
            sentence("The mail can't be written like this: {why}", why=str(error)), "mail"
        ) from None
    sender = _sender(connection, settings, lead)
    return FollowUpMail(
        template=template_name,
        language=template.language,
        sender=f"{sender.name} <{sender.email}>",
        recipient=lead.email,
        subject=mail.subject,
        words=own.text.strip(),
        text=mail.text,
        stopped=_stopped(connection, lead),
    )


def _rendered(
    connection: Connection,
    settings: Settings,
    lead: MailLead,
    template: CompiledTemplate,
    language: str,
) -> RenderedEmail:
    sender = _sender(connection, settings, lead)
    fields = merge_fields(connection, settings, lead, None, language)
    links = StillLinks(settings.web_url().rstrip("/"))
    return mail_text(template, fields, settings, links, key="look", sender=sender)


def _sender(connection: Connection, settings: Settings, lead: MailLead) -> Sender:
    who = consent_policy(connection).sender_of(SALES_TOPIC)
    return choose_sender(connection, settings, who, owner_of(lead, None), SALES_TOPIC) or brand(
        settings
    )


def _stopped(connection: Connection, lead: MailLead) -> str:
    if not lead.email:
        return "no_address"
    known = consent_of(connection, email_key_of(connection, lead.id))
    return known.suppressed or ("unsubscribed" if SALES_TOPIC in known.refused else "")
