"""Who a lead is, as people enter and correct it. Times are journey time, UTC.

What a person entered stays until a person enters something else: imports and programs leave fields
of ``lead.entered`` as they are, and what they say instead is a ``lead_claim``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.email.addresses import address_key, person_key
from domain.lead_files.person import PERSON_FIELDS
from domain.lead_files.row import BY_COUNTRY, SAID
from domain.time.time_zones import main_zone
from store.accounts.accounts import ensure_accounts, name_key
from store.consent.consent import carry_refusals, email_key_of, lock_address
from store.identities.places import places, plan_moved_anew
from store.published.policies import PolicyMissing
from store.scoring.scoring import refresh_fit

FORMER = "former"
"""What an address is called that a lead was known by before."""
MOST_CONTACTS = 20
"""People add no more; a merge may bring others beside."""


class KnownBy(NamedTuple):
    """A lead that has an address or phone number already, and the field that says so."""

    lead_id: int
    field: str


@dataclass(frozen=True)
class OtherContact:
    """A further phone number or address of a lead."""

    id: int
    kind: str
    """phone, email."""
    value: str
    label: str
    by: str
    at: datetime


@dataclass(frozen=True)
class ClaimLine:
    """What was said of a field that a person entered, or that a browser may not change."""

    field: str
    value: str
    source: str
    at: datetime


@dataclass(frozen=True)
class Person:
    """Who a lead is. ``entered`` are the fields that a person entered, ``claims`` what others said
    of them since, ``contacts`` the further ways to reach the lead."""

    lead_id: int
    email: str
    first_name: str
    last_name: str
    title: str
    phone: str
    company: str
    country: str
    language: str
    time_zone: str
    entered: Sequence[str]
    contacts: Sequence[OtherContact]
    claims: Sequence[ClaimLine]


_PERSON = text(
    """
    SELECT email, first_name, last_name, title, phone, coalesce(account.name, '') AS company,
        country, language, time_zone, entered
    FROM lead LEFT JOIN account ON account.id = lead.account_id WHERE lead.id = :lead
    """
)
_CLAIMS = text(
    """
    SELECT field, value, coalesce(nullif(lead_claim.source, ''), write_key.name, '') AS source, at
    FROM lead_claim LEFT JOIN write_key ON write_key.id = write_key_id
    WHERE lead_id = :lead ORDER BY field
    """
)
_KNOWN = text(
    """
    SELECT id, 'email' AS field FROM lead WHERE email_key = :email AND :email <> ''
    UNION ALL
    SELECT lead_id, 'email' FROM lead_contact
    WHERE kind = 'email' AND value_key = :email AND :email <> ''
    UNION ALL
    (SELECT id, 'phone' FROM lead WHERE phone = :phone AND phone <> '' ORDER BY id LIMIT 2)
    UNION ALL
    (SELECT lead_id, 'phone' FROM lead_contact
     WHERE kind = 'phone' AND value_key = :phone AND :phone <> '' ORDER BY id LIMIT 2)
    """
)
_RECORD = text(
    "INSERT INTO lead_correction (lead_id, field, before, after, by, at) "
    "VALUES (:lead, :field, :before, :after, :by, :at)"
)
_ENTERED = text(
    """
    UPDATE lead SET updated_at = now(), entered = ARRAY(
        SELECT DISTINCT field FROM unnest(entered || cast(:fields AS text[])) AS field ORDER BY 1)
    WHERE id = :lead
    """
)


def person_of(connection: Connection, lead_id: int) -> Person | None:
    """Who a lead is; None when there is none."""
    row = connection.execute(_PERSON, {"lead": lead_id}).first()
    if row is None:
        return None
    claims = connection.execute(_CLAIMS, {"lead": lead_id})
    return Person(
        lead_id,
        **row._mapping,
        contacts=contacts_of(connection, lead_id),
        claims=[ClaimLine(*one) for one in claims],
    )


def known_by(connection: Connection, email_key: str, phone: str, but: int = 0) -> KnownBy | None:
    """Another lead than ``but`` that has this address, or else this phone number ('' for none),
    as its own or as a further one."""
    found = connection.execute(_KNOWN, {"email": email_key, "phone": phone})
    return next((KnownBy(*row) for row in found if row.id != but), None)


def lock_addresses(connection: Connection, email_keys: Sequence[str]) -> None:
    """Let nobody else write about these addresses; before any lead is locked."""
    for email_key in sorted({key for key in email_keys if key}):
        lock_address(connection, email_key)


def lock_person(connection: Connection, lead_id: int) -> None:
    """Let nobody else change who the lead is until the transaction ends."""
    connection.execute(text("SELECT FROM lead WHERE id = :id FOR UPDATE"), {"id": lead_id})


def note_entered(
    connection: Connection, lead_id: int, fields: Sequence[str], by: str, now: datetime
) -> None:
    """Keep that somebody entered a lead with these fields by hand."""
    connection.execute(
        _RECORD, {"lead": lead_id, "field": "", "before": "", "after": "", "by": by, "at": now}
    )
    connection.execute(_ENTERED, {"lead": lead_id, "fields": list(fields)})


def correct(
    connection: Connection, lead_id: int, said: Mapping[str, str], by: str, now: datetime
) -> list[str]:
    """Write what somebody says of a lead, with what they said before it; another address takes the
    refusals of mail along that the person has expressed. What waits for the lead is planned anew
    when it is elsewhere.

    Args:
        said: field → value, checked (``domain.contacts.person``); others stay. Lock the addresses
            first, and look that the new one is nobody's.

    Returns:
        The fields that have another value now.
    """
    lock_person(connection, lead_id)
    known = person_of(connection, lead_id)
    if known is None:
        return []
    changed: list[str] = [
        one for one in PERSON_FIELDS if one in said and said[one] != getattr(known, one)
    ]
    these, values = "SELECT cast(:lead AS bigint)", {"lead": lead_id}
    before = places(connection, these, values)
    if "email" in changed:
        _move_address(connection, known, said["email"], by, now)
    elif "phone" in changed and said["phone"] and not known.email:
        _move_number(connection, known.lead_id, said["phone"], by, now)
    row: dict[str, Any] = {one: said[one] for one in changed if one != "company"}
    if "company" in changed:
        row["account_id"] = _account(connection, said["company"])
    for guessed in ("language", "time_zone"):
        if guessed in said:
            row[f"{guessed}_certainty"] = SAID
    _set(connection, lead_id, row)
    if "country" in changed and "time_zone" not in said:
        _guess_time_zone(connection, lead_id, said["country"])
    connection.execute(_ENTERED, {"lead": lead_id, "fields": list(said)})
    connection.execute(
        text("DELETE FROM lead_claim WHERE lead_id = :lead AND field = ANY(:fields)"),
        {"lead": lead_id, "fields": list(said)},
    )
    for field in changed:
        record = {"before": getattr(known, field), "after": said[field]}
        connection.execute(_RECORD, record | {"lead": lead_id, "field": field, "by": by, "at": now})
    plan_moved_anew(connection, before, places(connection, these, values))
    if changed:
        with contextlib.suppress(PolicyMissing):
            refresh_fit(connection, [lead_id], now)
    return changed


def _set(connection: Connection, lead_id: int, values: Mapping[str, Any]) -> None:
    if values:
        columns = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(
            text(f"UPDATE lead SET {columns} WHERE id = :lead"), {**values, "lead": lead_id}
        )


def _account(connection: Connection, company: str) -> int | None:
    if not company:
        return None
    key = name_key(company)
    return ensure_accounts(connection, {}, {key: company}).by_name[key]


def _guess_time_zone(connection: Connection, lead_id: int, country: str) -> None:
    if zone := main_zone(country):
        connection.execute(
            text(
                "UPDATE lead SET time_zone = :zone, time_zone_certainty = :degree "
                "WHERE id = :lead AND time_zone_certainty < :said"
            ),
            {"zone": zone, "degree": BY_COUNTRY, "said": SAID, "lead": lead_id},
        )


def _move_address(
    connection: Connection, known: Person, email: str, by: str, now: datetime
) -> None:
    """Give a lead another address; by the one of before it is still found."""
    former, key = email_key_of(connection, known.lead_id), address_key(email)
    connection.execute(
        text(
            "DELETE FROM lead_contact WHERE lead_id = :lead AND kind = 'email' AND value_key = :k"
        ),
        {"lead": known.lead_id, "k": key},
    )
    if former and former != key:
        if known.email:
            add_contact(connection, known.lead_id, ("email", known.email, FORMER), by, now)
        carry_refusals(connection, former, key, now, evidence=f"said of {former} (by {by})")
    _set(connection, known.lead_id, {"email_key": key})


def _move_number(connection: Connection, lead_id: int, phone: str, by: str, now: datetime) -> None:
    """Have a lead without an address found by another number, unless somebody else is."""
    former, key = email_key_of(connection, lead_id), person_key("", phone)
    moved = connection.execute(
        text(
            "UPDATE lead SET email_key = :key WHERE id = :lead "
            "AND NOT EXISTS (SELECT FROM lead AS other WHERE other.email_key = :key)"
        ),
        {"key": key, "lead": lead_id},
    ).rowcount
    if moved:
        carry_refusals(connection, former, key, now, evidence=f"said of {former} (by {by})")


def contacts_of(connection: Connection, lead_id: int) -> list[OtherContact]:
    """The further ways to reach a lead, the oldest first: all, for what is not seen can't be
    removed."""
    found = connection.execute(
        text(
            "SELECT id, kind, value, label, by, at FROM lead_contact WHERE lead_id = :lead "
            "ORDER BY id"
        ),
        {"lead": lead_id},
    )
    return [OtherContact(*row) for row in found]


def add_contact(
    connection: Connection, lead_id: int, contact: tuple[str, str, str], by: str, now: datetime
) -> int | None:
    """Keep a further phone number or address of a lead.

    Args:
        contact: kind (phone, email), value and label.

    Returns:
        Its id; None when it has it already.
    """
    kind, value, label = contact
    key = address_key(value) if kind == "email" else value
    made: int | None = connection.execute(
        text(
            """
            INSERT INTO lead_contact (lead_id, kind, value, value_key, label, by, at)
            SELECT :lead, :kind, :value, :key, :label, :by, :at
            WHERE NOT EXISTS (SELECT FROM lead_contact
                WHERE lead_id = :lead AND kind = :kind AND value_key = :key)
            RETURNING id
            """
        ),
        {
            "lead": lead_id,
            "kind": kind,
            "value": value,
            "key": key,
            "label": label,
            "by": by,
            "at": now,
        },
    ).scalar()
    return made


def remove_contact(connection: Connection, lead_id: int, contact_id: int) -> OtherContact | None:
    """Forget a further phone number or address; what it was, None when there is none."""
    row = connection.execute(
        text(
            "DELETE FROM lead_contact WHERE id = :id AND lead_id = :lead "
            "RETURNING id, kind, value, label, by, at"
        ),
        {"id": contact_id, "lead": lead_id},
    ).first()
    return None if row is None else OtherContact(*row)
