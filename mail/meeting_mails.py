"""The mails about a meeting: which there are, and what they say in a rep's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.email.own_words import words_of
from domain.email.rendering import CompiledTemplate, RenderedEmail, RenderError, TemplateError
from domain.refusals import Invalid, TemplateMissing
from domain.sentences import sentence
from mail.follow_up import written
from mail.merge import merge_fields, owner_of
from mail.sample_mails import StillLinks
from mail.senders import brand, choose_sender
from mail.text import mail_text
from settings import Settings
from store.consent.consent import consent_policy
from store.meetings.meeting_rows import MeetingRow, meeting_details
from store.published.cadences import PublishedTemplate, latest_template
from store.published.published_texts import template_source
from store.routing.lead_facts import mail_lead

INVITES = "meeting-confirmation"
REMINDS = "meeting-reminder"
CANCELLED_BY_US = "meeting-cancelled-by-us"
HANDED_OVER = "meeting-handed-over"
CALLS_OFF = ("meeting-cancelled", CANCELLED_BY_US)
VIDEO_CALL, STARTS_AT = "{{ links.meeting }}", "{{ meeting.starts_at }}"
"""Stand for the address of the video call, which a meeting that is not set yet has not, and for the
time in words that somebody changes."""


@dataclass(frozen=True)
class MeetingMail:
    """A mail about a meeting as the lead would get it, with links that do nothing. Its ``words``
    are what somebody may write in their place; ``text`` is all of it, as plain text. ``starts_at``
    is how it names the time."""

    template: str
    language: str
    sender: str
    recipient: str
    subject: str
    words: str
    text: str
    starts_at: str


def template_about(connection: Connection, name: str, language: str) -> PublishedTemplate:
    """The newest version; one that says who called a meeting off may not be published yet."""
    try:
        return latest_template(connection, name, language)
    except TemplateMissing:
        if name != CANCELLED_BY_US:
            raise
        return latest_template(connection, CALLS_OFF[0], language)


def in_words_of(
    connection: Connection,
    template: PublishedTemplate,
    meeting: MeetingRow,
    parts: Mapping[str, str],
) -> CompiledTemplate:
    """The template in the rep's own words, where the rep has written any for this setting.

    Args:
        parts: what templates may include.

    Raises:
        TemplateError: they can't be compiled.
    """
    if not (meeting.mail_subject or meeting.mail_text):
        return template.compiled
    return written(
        connection,
        template.id,
        template.name,
        parts,
        subject=meeting.mail_subject,
        text=meeting.mail_text,
    )


def meeting_mail(
    connection: Connection,
    settings: Settings,
    meeting_id: int,
    template_name: str,
    parts: Mapping[str, str],
) -> MeetingMail:
    """The mail that goes out about a meeting as it is set now.

    Raises:
        Invalid: it can't be written in the words that the rep has chosen; ``field`` is ``text``.
        TemplateMissing: it is not published.
    """
    about = meeting_details(connection, meeting_id)
    lead = mail_lead(connection, about.meeting.lead_id)
    if lead is None:
        raise LookupError(f"There is no lead {about.meeting.lead_id}.")
    template = template_about(connection, template_name, lead.language)
    source = template_source(connection, template.id)
    who = consent_policy(connection).sender_of("")
    sender = choose_sender(connection, settings, who, owner_of(lead, about), "")
    sender = sender or brand(settings)
    fields = merge_fields(connection, settings, lead, about, template.language)
    links = StillLinks(settings.web_url().rstrip("/"))

    def rendered(one: CompiledTemplate, fields: Mapping[str, Any]) -> RenderedEmail:
        return mail_text(one, fields, settings, links, key="look", sender=sender)

    own = fields
    if fields["meeting"]["link"]:
        own = fields | {"meeting": fields["meeting"] | {"link": VIDEO_CALL}}
    try:
        mail = rendered(in_words_of(connection, template, about.meeting, parts), fields)
        words = rendered(words_of(source, template.name), own)
    except (TemplateError, RenderError) as error:
        why = error.problems[0].message if isinstance(error, TemplateError) else str(error)
        raise Invalid(
            sentence("The mail can't be written like this: {why}", why=why), "text"
        ) from None
    return MeetingMail(
        template=template.name,
        language=template.language,
        sender=f"{sender.name} <{sender.email}>",
        recipient=lead.email,
        subject=mail.subject,
        words=words.text.strip(),
        text=mail.text,
        starts_at=fields["meeting"]["starts_at"],
    )
