"""One mail to one lead, in free words or from a template of marketing's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from domain.access import Action
from domain.consent.policy import SALES_TOPIC
from domain.contracts.confirmation import CONFIRMATION_MAIL
from domain.contracts.written_mail import SendWrittenMail
from domain.email.checked import is_about_a_meeting
from domain.email.letter import compile_letter
from domain.email.own_words import in_own_words, words_of
from domain.email.rendering import RenderedEmail, RenderError, TemplateError
from domain.email.sender import OWNER, card_of
from domain.labels import SUPPRESSIONS
from domain.refusals import Conflict, Invalid
from domain.sentences import Sentence, sentence
from mail.merge import merge_fields
from mail.sample_mails import StillLinks
from mail.senders import brand, choose_sender
from mail.text import mail_text
from services.access import changes, found, may_see
from services.context import Context
from services.template_parts import TEMPLATES, template_parts
from store.access.api_tokens import Caller
from store.consent import consent
from store.lead_work import written_mails
from store.lead_work.written_mails import Letter
from store.published.cadences import latest_template
from store.published.published_texts import template_source
from store.routing.lead_facts import MailLead, mail_lead


@dataclass(frozen=True)
class MailDraft:
    """What is to be sent: subject and text, or the name of a ``template``, whose subject and words
    those then stand in for; '' leaves the template's. A second time with the same ``request`` it is
    the same mail; '' for a mail of its own."""

    subject: str = ""
    text: str = ""
    template: str = ""
    request: str = ""


@dataclass(frozen=True)
class PreviewedMail:
    """A mail as the lead would get it. Of a template, ``words`` are what somebody may write in
    their place, with the merge fields filled in; '' where it has none of its own."""

    mail: RenderedEmail
    words: str


@changes(Action.WRITE_MAIL, "POST /leads/{lead_id}/mails", keep=("template",))
def send(context: Context, caller: Caller, lead_id: int, draft: MailDraft) -> SendWrittenMail:
    """Send one mail to a lead, in the name of whoever owns it. What becomes of it is in the lead's
    history.

    Raises:
        Missing: there is no such lead for this caller, or no such template.
        Invalid: it has no subject or no text, or the words can't be sent.
        Conflict: the lead wants no such mail or has no address that takes it, or the mail can't be
            rendered for it.
    """
    request = f"{caller.by}:{draft.request}" if draft.request else str(uuid.uuid4())
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        if (before := written_mails.sent_by_request(connection, request)) is not None:
            return before
        lead = found(mail_lead(connection, lead_id), "")
        _refuse_unwanted(connection, lead)
        letter = _letter(connection, lead, draft, caller.by)
        _rendered(connection, context, lead, letter)
        now = context.clock.now()
        return written_mails.send_letter(connection, lead_id, letter, request, now)


def preview(
    connection: Connection, context: Context, caller: Caller, lead_id: int, draft: MailDraft
) -> PreviewedMail:
    """The mail as the lead would get it, with links that do nothing.

    Raises:
        Missing, Invalid, Conflict: as :func:`send`.
    """
    may_see(connection, caller, lead_id)
    lead = found(mail_lead(connection, lead_id), "")
    letter = _letter(connection, lead, draft, caller.by)
    mail = _rendered(connection, context, lead, letter)
    if letter.template_version_id is None:
        return PreviewedMail(mail, "")
    source = template_source(connection, letter.template_version_id)
    try:
        own = replace(letter, compiled=words_of(source, draft.template))
    except TemplateError:
        return PreviewedMail(mail, "")
    return PreviewedMail(mail, _rendered(connection, context, lead, own).text.strip())


def _letter(connection: Connection, lead: MailLead, draft: MailDraft, by: str) -> Letter:
    subject, text = " ".join(draft.subject.split()), draft.text.strip()
    parts = template_parts(TEMPLATES)
    if not draft.template:
        compiled = compile_letter(draft.subject, draft.text, lead.language, parts)
        return Letter(subject, text, compiled, None, by)
    if is_about_a_meeting(draft.template) or draft.template == CONFIRMATION_MAIL:
        raise Conflict(
            sentence("{name} goes out by itself when it is due.", name=draft.template), "template"
        )
    template = latest_template(connection, draft.template, lead.language)
    if not (subject or text):
        return Letter("", "", template.compiled, template.id, by)
    source = template_source(connection, template.id)
    try:
        compiled = in_own_words(source, draft.template, parts, subject=subject, words=text)
    except TemplateError as error:
        why = error.problems[0].message
        raise Invalid(
            sentence("The mail can't be written like this: {why}.", why=why),
            "text" if text else "subject",
        ) from None
    return Letter(subject, text, compiled, template.id, by)


def _rendered(
    connection: Connection, context: Context, lead: MailLead, letter: Letter
) -> RenderedEmail:
    settings = context.settings
    owner = card_of(lead.owner)
    sender = choose_sender(connection, settings, OWNER, owner, SALES_TOPIC) or brand(settings)
    links = StillLinks(settings.web_url().rstrip("/"))
    fields = merge_fields(connection, settings, lead, None, lead.language)
    try:
        return mail_text(letter.compiled, fields, settings, links, key="preview", sender=sender)
    except RenderError as error:
        field = "text" if letter.own_words else "template"
        raise Conflict(str(error), field) from None


def _refuse_unwanted(connection: Connection, lead: MailLead) -> None:
    """What the ledger would hold back is refused while somebody can do something about it."""
    if not lead.email:
        raise Conflict(sentence("The lead has no e-mail address."))
    allowed = consent.consent_of(connection, consent.email_key_of(connection, lead.id))
    if allowed.suppressed:
        raise Conflict(
            sentence(
                "The lead gets no mail: {suppression}.",
                suppression=Sentence(SUPPRESSIONS[allowed.suppressed], {}),
            )
        )
    if SALES_TOPIC in allowed.refused:
        raise Conflict(sentence("The lead wants no mail from sales."))
