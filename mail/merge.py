"""The merge fields of an e-mail: what a template may say about a lead and its meeting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text

from domain.names import full_name, mailable, mailable_name
from domain.time.window import zone

_KOREAN_DAYS = "월화수목금토일"
_MEETING = text(
    "SELECT starts_at, minutes, rep.name, rep.email FROM meeting "
    "LEFT JOIN rep ON rep.code = meeting.owner WHERE meeting.id = :id"
)


def lead_facts(row: Any) -> dict[str, Any]:
    """What is known of a lead, as conditions see it."""
    return {
        "first_name": row.first_name,
        "last_name": row.last_name,
        "title": row.title,
        "company": row.company or "",
        "country": row.country,
        "language": row.language,
        "attributes": row.attributes,
    }


def lead_fields(row: Any) -> dict[str, Any]:
    """The fields of ``lead`` in a template: only what a mail may say (``domain.names``), through
    whichever door it came."""
    facts = lead_facts(row)
    names = {name: mailable_name(facts[name]) for name in ("first_name", "last_name")}
    others = {name: mailable(facts[name]) for name in ("title", "company")}
    return facts | names | others | {"attributes": _mailable(row.attributes)}


def greeted_as(row: Any) -> str:
    """The lead's name as a mail may say it."""
    return full_name(mailable_name(row.first_name), mailable_name(row.last_name))


def _mailable(value: Any) -> Any:
    match value:
        case str():
            return mailable(value)
        case dict():
            return {key: _mailable(one) for key, one in value.items()}
        case list():
            return [_mailable(one) for one in value]
    return value


def merge_fields(engine: Engine, row: Any, meeting_id: int) -> dict[str, Any]:
    """All fields of a mail to the lead of ``row``; ``meeting`` only with a ``meeting_id``. ``rep``
    is whom the meeting is with, else who owns the lead; nobody: whoever sends stands in."""
    fields: dict[str, Any] = {"lead": lead_fields(row), "rep": _rep(row.rep_name, row.rep_email)}
    if meeting_id:
        with engine.connect() as connection:
            meeting = connection.execute(_MEETING, {"id": meeting_id}).one()
        fields["rep"] = _rep(meeting.name, meeting.email) or fields["rep"]
        fields["meeting"] = {
            "starts_at": meeting_time(meeting.starts_at, row.time_zone, row.language),
            "minutes": meeting.minutes,
        }
    return fields


def _rep(name: str | None, email: str | None) -> dict[str, str]:
    return {"name": name, "email": email or ""} if name else {}


def meeting_time(at: datetime, time_zone: str, language: str) -> str:
    """The start of a meeting in the lead's own time zone and language."""
    local = at.astimezone(zone(time_zone))
    if language == "ko":
        day = _KOREAN_DAYS[local.weekday()]
        return f"{local.year}년 {local.month}월 {local.day}일({day}) {local:%H:%M} ({local:%Z})"
    return f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M} ({local:%Z})"
