"""What a booking service reports of an appointment, whichever service it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.contacts.countries import language_code
from domain.contacts.person_names import split_name
from domain.contacts.phones import read_phone
from domain.email.addresses import person_key
from domain.meetings.report_fields import BadReport
from domain.time.time_zones import time_zone_name

Provider = Literal["calcom", "calendly"]
NO_ADDRESS = "sms.cal.com"
"""Cal.com gives those who book by phone alone an address here; no mail ever arrives at it."""


@dataclass(frozen=True)
class Invitee:
    """Who booked: by ``email``, or ``phone`` alone (E.164 where it could be read as a number).

    ``time_zone`` (IANA) and ``language`` (primary subtag) are '' when unknown.
    """

    email: str
    first_name: str = ""
    last_name: str = ""
    time_zone: str = ""
    language: str = ""
    phone: str = ""

    @property
    def key(self) -> str:
        """What makes two of them the same: the case-folded address, else ``tel:`` and the phone."""
        return person_key(self.email, self.phone)


@dataclass(frozen=True)
class Booking:
    """News of the booking of one person. Times are real time, UTC.

    ``booking`` is ``<provider>:<id there>``; several people may be in one, and are all meant when
    there is no ``invitee``. A service gives a moved appointment a new booking: the new one names
    the one it ``replaces``, the old one is cancelled with ``replaced`` set.
    """

    kind: Literal["set", "cancelled", "missed", "attended"]
    provider: Provider
    booking: str
    told_at: datetime | None
    """When the service says that it happened."""
    invitee: Invitee | None
    guest: bool = False
    """Somebody who came along, and counts only where the booking is known to be theirs as well."""
    event: str = ""
    """What several may take part in at the same time, as the service calls it."""
    host: str = ""
    """The host's address."""
    starts_at: datetime | None = None
    minutes: int = 0
    """0 when the service tells of no time between start and end."""
    replaces: str = ""
    replaced: bool = False
    cancelled_by: Literal["", "lead", "us"] = ""
    join_url: str = ""


def minutes_of(starts_at: datetime | None, ends_at: datetime | None) -> int:
    """The length of an appointment; 0 when it is unknown, or the end is not after the start."""
    if starts_at is None or ends_at is None:
        return 0
    return max(0, round((ends_at - starts_at).total_seconds() / 60))


def invitee(
    email: str, name: str, time_zone: str = "", language: str = "", phone: str = ""
) -> Invitee:
    """Who booked, from one field for the name and whatever the service calls zone and language.

    Raises:
        BadReport: there is neither an address nor a phone number.
    """
    email = email.strip()
    local, _, domain = email.rpartition("@")
    if domain.casefold() == NO_ADDRESS:
        email, phone = "", phone or f"+{local.lstrip('+')}"
    phone = read_phone(phone).number
    if "@" not in email and not phone:
        raise BadReport("The attendee has no e-mail address.")
    first, last = split_name(name)
    return Invitee(
        email=email if "@" in email else "",
        first_name=first,
        last_name=last,
        time_zone=time_zone_name(time_zone),
        language=language_code(language),
        phone=phone,
    )
