"""The merge fields of an e-mail: what a template may say about a lead and its meeting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from domain.names import full_name, mailable, mailable_name
from domain.time.shown import full_moment
from domain.time.window import zone
from store.meetings.meeting_rows import meeting_details
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


def merge_fields(engine: Engine, lead: MailLead, meeting_id: int, language: str) -> dict[str, Any]:
    """All fields of a mail to a lead in ``language``; ``meeting`` only with a ``meeting_id``.
    ``rep`` is whom the meeting is with, else who owns the lead; nobody: whoever sends stands in."""
    fields = {"lead": lead_fields(lead), "rep": _rep(lead.rep_name, lead.rep_email)}
    if meeting_id:
        with engine.connect() as connection:
            about = meeting_details(connection, meeting_id)
        fields["rep"] = _rep(about.rep_name, about.rep_email) or fields["rep"]
        fields["meeting"] = meeting_fields(
            about.meeting.starts_at, about.meeting.minutes, lead.time_zone, language
        )
    return fields


def _rep(name: str | None, email: str | None) -> dict[str, str]:
    return {"name": name, "email": email or ""} if name else {}


def meeting_fields(at: datetime, minutes: int, time_zone: str, language: str) -> dict[str, Any]:
    """The fields of ``meeting``: its start on the lead's own clock and in the mail's language, and
    its length."""
    return {"starts_at": _meeting_time(at, time_zone, language), "minutes": minutes}


def _meeting_time(at: datetime, time_zone: str, language: str) -> str:
    local = at.astimezone(zone(time_zone))
    return f"{full_moment(local, language)} ({local:%Z})"
