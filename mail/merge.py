"""The merge fields of an e-mail: what a template may say about a lead and its meeting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.brand.policy import BrandPolicy, brand_fields
from domain.email.sender import RepCard, card_of
from domain.meetings.places import MeetingPlace
from domain.names import full_name, mailable, mailable_name
from domain.time.shown import full_moment, short_zone_name
from domain.time.window import zone
from mail.text import owner_fields
from settings import Settings
from store.meetings.meeting_rows import MeetingDetails
from store.published.brand import brand_policy
from store.routing.lead_facts import MailLead


def lead_facts(lead: MailLead) -> dict[str, Any]:
    """What is known of a lead, as conditions see it."""
    return {
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "title": lead.title,
        "company": lead.company or "",
        "country": lead.country,
        "language": lead.language,
        "attributes": lead.attributes,
    }


def lead_fields(lead: MailLead) -> dict[str, Any]:
    """The fields of ``lead`` in a template: only what a mail may say (``domain.names``), through
    whichever door it came."""
    facts = lead_facts(lead)
    names = {name: mailable_name(facts[name]) for name in ("first_name", "last_name")}
    others = {name: mailable(facts[name]) for name in ("title", "company")}
    return facts | names | others | {"attributes": _mailable(lead.attributes)}


def greeted_as(lead: MailLead) -> str:
    """The lead's name as a mail may say it."""
    return full_name(mailable_name(lead.first_name), mailable_name(lead.last_name))


def _mailable(value: Any) -> Any:
    match value:
        case str():
            return mailable(value)
        case dict():
            return {key: _mailable(one) for key, one in value.items()}
        case list():
            return [_mailable(one) for one in value]
    return value


def owner_of(lead: MailLead, about: MeetingDetails | None) -> RepCard | None:
    """Whom a lead's mail names: whom the meeting is with, else who owns the lead."""
    return (about.rep if about else None) or card_of(lead.owner)


def merge_fields(
    connection: Connection,
    settings: Settings,
    lead: MailLead,
    about: MeetingDetails | None,
    language: str,
) -> dict[str, Any]:
    """All fields of a mail to a lead in ``language``; ``meeting`` only in one ``about`` a meeting,
    ``owner`` only where there is one: else whoever sends stands in."""
    fields = {"lead": lead_fields(lead)} | company_fields(
        brand_policy(connection), settings, language
    )
    if owner := owner_of(lead, about):
        fields["owner"] = owner_fields(owner)
    if about is not None:
        meeting = about.meeting
        fields["meeting"] = meeting_fields(
            meeting.starts_at,
            meeting.minutes,
            about.where,
            lead.time_zone,
            language,
            words=meeting.words,
        )
    return fields


def company_fields(brand: BrandPolicy, settings: Settings, language: str) -> dict[str, Any]:
    """What a mail in ``language`` says of the company, and how it looks."""
    return {
        "brand": brand_fields(brand, language, settings.web_url()),
        "postal_address": brand.postal_address or "",
    }


def meeting_fields(
    at: datetime,
    minutes: int,
    where: MeetingPlace,
    time_zone: str,
    language: str,
    *,
    words: str = "",
) -> dict[str, Any]:
    """The fields of ``meeting``: its start on the lead's own clock and in the mail's language, its
    length, its place, and what the rep wrote about it."""
    local = at.astimezone(zone(time_zone))
    starts_at = f"{full_moment(local, language)} ({short_zone_name(local, language)})"
    return {"starts_at": starts_at, "minutes": minutes, "words": words} | where._asdict()
