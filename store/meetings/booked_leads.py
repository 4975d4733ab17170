"""Which lead it is that booked at a calendar service."""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.lead_files.row import SAID, UNKNOWN
from domain.meetings.bookings import Invitee
from store.identities.merged_leads import lead_at
from store.tables import Lead


def lead_of(connection: Connection, who: Invitee, source: str, *, makes: bool) -> int | None:
    """The lead with the invitee's address, as its own or as a further one; without an address, the
    one lead that has the phone number. A number that we don't have is kept.

    Args:
        source: where a lead that is made comes from.
        makes: whether somebody unknown becomes a lead.

    Returns:
        Its id, None for somebody unknown.
    """
    found = lead_at(connection, who.key)
    if found is None and not who.email:
        with_phone = connection.scalars(
            select(Lead.id).where(Lead.phone == who.phone).limit(2)
        ).all()
        found = with_phone[0] if len(with_phone) == 1 else None
    if found is None and makes:
        found = _new_lead(connection, who, source)
    if found is not None and who.phone:
        connection.execute(
            update(Lead).where(Lead.id == found, Lead.phone == "").values(phone=who.phone)
        )
    return found


def _new_lead(connection: Connection, who: Invitee, source: str) -> int:
    known = {
        "first_name": who.first_name,
        "last_name": who.last_name,
        "language": who.language,
        "language_certainty": SAID if who.language else UNKNOWN,
        "time_zone": who.time_zone,
        "time_zone_certainty": SAID if who.time_zone else UNKNOWN,
        "phone": who.phone,
    }
    made: int = connection.execute(
        insert(Lead)
        .values(
            email=who.email,
            email_key=who.key,
            source=source,
            **{name: value for name, value in known.items() if value},
        )
        .on_conflict_do_update(index_elements=["email_key"], set_={"email_key": who.key})
        .returning(Lead.id)
    ).scalar_one()
    return made
