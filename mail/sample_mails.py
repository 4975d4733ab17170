"""Mails that are looked at before any lead gets them: previews, and tests to an address."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.brand.policy import BrandPolicy
from domain.consent.policy import SALES_TOPIC
from domain.contracts.confirmation import CONFIRMATION_MAIL
from domain.email.checked import is_about_a_meeting
from domain.email.rendering import CompiledTemplate, RenderedEmail
from domain.email.sender import BRAND, card_of
from domain.meetings.places import MeetingPlace
from mail.channels.base import Channel, EmailMessage
from mail.merge import company_fields, lead_fields, meeting_fields
from mail.senders import brand, choose_sender
from mail.text import mail_text, owner_fields
from settings import Settings
from store.consent.consent import consent_policy
from store.meetings.meeting_lines import MeetingFilter, list_meetings
from store.published.brand import brand_policy
from store.published.published_texts import topic_of_template
from store.routing.lead_facts import MailLead, mail_lead

INVENTED = MailLead(
    id=0,
    email="",
    first_name="Robin",
    last_name="Sample",
    title="",
    country="GB",
    language="",
    time_zone="Europe/London",
    source="",
    attributes={},
    stage="",
    company="Sample & Partners",
    owner=None,
)
"""Whom a mail is shown for where there is no lead."""
SOME_ROOM = MeetingPlace(link="https://meet.example/room")


@dataclass(frozen=True)
class StillLinks:
    """Links that do nothing to a lead: those of the text lead on uncounted, our own pages say
    that there is nothing to find."""

    base: str

    def click(self, _key: str, url: str, /) -> str:
        """The address itself."""
        return url

    def unsubscribe(self, _key: str, /) -> str:
        """A page that unsubscribes nobody."""
        return f"{self.base}/u/test"

    def preferences(self, _key: str, /) -> str:
        """A page that knows nobody."""
        return f"{self.base}/p/test"

    def booking(self, _key: str, /) -> str:
        """A page that books nothing."""
        return f"{self.base}/b/test"

    def confirmation(self, _key: str, /) -> str:
        """A page that confirms nothing."""
        return f"{self.base}/c/test"


def preview(
    connection: Connection,
    settings: Settings,
    template: CompiledTemplate,
    *,
    name: str,
    language: str,
    lead_id: int | None,
    now: datetime,
    looks: BrandPolicy | None = None,
) -> RenderedEmail:
    """A mail as a lead would get it, with links that do nothing.

    Args:
        name: of the template.
        language: of the template; the lead is taken to speak it.
        lead_id: None, or an id that there is none of, for somebody invented.
        now: journey time, UTC; a lead without a meeting is given one tomorrow.
        looks: how the company's mails look; None: as the brand policy in force says.

    Raises:
        RenderError: a field is missing for this lead, or the template does what it must not.
    """
    known = None if lead_id is None else mail_lead(connection, lead_id)
    lead = replace(known or INVENTED, language=language)
    fields: dict[str, Any] = {"lead": lead_fields(lead)}
    fields |= company_fields(looks or brand_policy(connection), settings, language)
    owner = card_of(lead.owner)
    if owner is not None:
        fields["owner"] = owner_fields(owner)
    if is_about_a_meeting(name):
        last = list_meetings(connection, MeetingFilter(lead_id=known.id), limit=1) if known else []
        starts_at, minutes = (
            (last[0].starts_at, last[0].minutes) if last else (now + timedelta(days=1), 30)
        )
        where = MeetingPlace(last[0].join_url, last[0].place) if last else SOME_ROOM
        fields["meeting"] = meeting_fields(starts_at, minutes, where, lead.time_zone, language)
    links = StillLinks(settings.web_url().rstrip("/"))
    topic = _topic(connection, name)
    who = BRAND if name == CONFIRMATION_MAIL else consent_policy(connection).sender_of(topic)
    sender = choose_sender(connection, settings, who, owner, topic) or brand(settings)
    return mail_text(template, fields, settings, links, key="test", sender=sender)


def _topic(connection: Connection, template: str) -> str:
    if template == CONFIRMATION_MAIL or is_about_a_meeting(template):
        return ""
    # What no cadence sends goes out after a call.
    return topic_of_template(connection, template) or SALES_TOPIC


def send_test(
    channel: Channel, settings: Settings, mail: RenderedEmail, address: str, lead_id: int | None
) -> str:
    """Send a mail to an address, marked as a test; it is no touch and nothing counts it.

    Args:
        lead_id: whom it is rendered for. It is part of the message's key, so that erasing the
            lead finds it.

    Returns:
        The subject it went with.

    Raises:
        ChannelError: the channel did not take it.
    """
    number = uuid.uuid4()
    subject = f"[Test] {mail.subject}"
    channel.send(
        EmailMessage(
            touch_key=f"test:{lead_id or 0}:{number}",
            message_id=f"{number}@{settings.email_from.rpartition('@')[2]}",
            sender_name=settings.email_from_name,
            sender_email=settings.email_from,
            recipient_name="",
            recipient_email=address,
            subject=subject,
            text=mail.text,
            html=mail.html,
        )
    )
    return subject
