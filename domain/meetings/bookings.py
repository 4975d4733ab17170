"""What a booking service reports of an appointment, whichever service it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from domain.contacts.countries import language_code
from domain.contacts.time_zones import time_zone_name
from domain.names import split_name

Provider = Literal["calcom", "calendly"]


class BadReport(ValueError):
    """A report that can't be read; the sentence names the field and quotes nothing."""


class Report(BaseModel):
    """A part of a report: fields we don't know are left alone."""


class CamelReport(Report):
    """One whose fields are in camel case."""

    model_config = {"alias_generator": to_camel, "populate_by_name": True}


@dataclass(frozen=True)
class Invitee:
    """Who booked. ``time_zone`` (IANA) and ``language`` (primary subtag) are '' when unknown."""

    email: str
    first_name: str = ""
    last_name: str = ""
    time_zone: str = ""
    language: str = ""


@dataclass(frozen=True)
class Booking:
    """News of one booking. Times are real time, UTC.

    ``id`` is ``<provider>:<id there>``. A service gives a moved appointment a new booking: the new
    one names the one it ``replaces``, the old one is cancelled with ``replaced`` set.
    """

    kind: Literal["set", "cancelled", "missed", "attended"]
    provider: Provider
    id: str
    told_at: datetime
    invitee: Invitee
    host: str = ""
    """The host's address."""
    starts_at: datetime | None = None
    minutes: int = 0
    replaces: str = ""
    replaced: bool = False
    join_url: str = ""


def bad_report(error: ValidationError) -> BadReport:
    """The first thing wrong with a report, as a sentence."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(map(str, first["loc"])) or "body"
    return BadReport(f"The field {where} is missing or can't be read ({first['type']}).")


def minutes_of(starts_at: datetime, ends_at: datetime) -> int:
    """The length of an appointment.

    Raises:
        BadReport: it ends before it begins.
    """
    minutes = round((ends_at - starts_at).total_seconds() / 60)
    if minutes <= 0:
        raise BadReport("The meeting ends before it begins.")
    return minutes


def invitee(email: str, name: str, time_zone: str, language: str) -> Invitee:
    """Who booked, from one field for the name and whatever the service calls zone and language.

    Raises:
        BadReport: there is no address.
    """
    email = email.strip()
    if "@" not in email:
        raise BadReport("The attendee has no e-mail address.")
    first, last = split_name(name)
    return Invitee(
        email=email,
        first_name=first,
        last_name=last,
        time_zone=time_zone_name(time_zone),
        language=language_code(language),
    )


def web_address(value: object) -> str:
    """``value`` when it is an https address of sane length, else ''."""
    if not isinstance(value, str) or len(value) > 500:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme == "https" and parts.netloc else ""
