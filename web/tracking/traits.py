"""Traits of ``identify`` and ``group`` calls become fields of leads and accounts.

Segment's reserved traits, in camelCase or snake_case, and every header that an import knows are
fields; the rest are attributes, as text. https://segment.com/docs/connections/spec/identify/#traits
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from domain.attributes import attribute_key
from domain.identities import Facts, Group
from domain.lead_files.columns import recognise
from domain.lead_files.row import RejectedRowError, RowReader, checked_email
from web.tracking.refusal import BadMessage

# Traits may come without an address, rows of a file may not.
_ANY_ADDRESS = "nobody@example.com"
_NAMES = {"company_name": "company", "address_country": "country"}
LONGEST_NAME = 300


def lead_facts(traits: Mapping[str, Any]) -> Facts:
    """What traits say of a lead; ``email`` and ``email_key`` when there is an address.

    Raises:
        BadMessage: the address can't be right, a value is too long, or what must be text, such as
            a name, is a list or a truth value.
    """
    address = traits.get("email")
    email = _checked(address) if address not in (None, "") else ""
    for name, value in traits.items():
        if isinstance(value, list | bool) and _is_field(attribute_key(name)):
            raise BadMessage(f"traits.{name}", f"The {name} must be text.")
    flat = _flat(traits)
    flat.pop("email", None)
    try:
        row = _reader(tuple(flat)).read([email or _ANY_ADDRESS, *flat.values()])
    except RejectedRowError as error:
        raise BadMessage("traits", str(error)) from None
    facts = {name: value for name, value in asdict(row).items() if value}
    for name in ("company_key", "source") if email else ("company_key", "source", "email"):
        facts.pop(name, None)
    if not email:
        del facts["email_key"]
    return facts


def group_of(group_id: str, traits: Mapping[str, Any]) -> Group:
    """The company that a ``group`` call tells of.

    Raises:
        BadMessage: its name is too long.
    """
    flat = _flat(traits)
    name = " ".join(flat.pop("name", "").split())
    if len(name) > LONGEST_NAME:
        raise BadMessage("traits.name", f"The name has more than {LONGEST_NAME} characters.")
    domain = flat.pop("domain", "") or _host(flat.get("website", ""))
    attributes = {key: value for name, value in flat.items() if (key := attribute_key(name))}
    return Group(group_id, name, domain.strip().casefold(), attributes)


@functools.lru_cache(maxsize=1024)
def _reader(names: tuple[str, ...]) -> RowReader:
    return RowReader(recognise(("email", *names), source_given=True))


@functools.lru_cache(maxsize=1024)
def _is_field(name: str) -> bool:
    """Whether a trait is a field of leads, not one of the attributes, which may be anything."""
    return not recognise(("email", name), source_given=True).attributes


def _checked(address: object) -> str:
    if not isinstance(address, str):
        raise BadMessage("traits.email", "The e-mail address must be text.")
    try:
        return checked_email(address.strip())
    except RejectedRowError as error:
        raise BadMessage("traits.email", f"It is no e-mail address: {error}") from None


def _flat(traits: Mapping[str, Any]) -> dict[str, str]:
    """Traits as text by their snake_case names; those of an object are told apart by its name."""
    flat: dict[str, str] = {}
    for name, value in traits.items():
        snake = attribute_key(name)
        inner = value if isinstance(value, dict) else {"": value}
        for key, one in inner.items():
            whole = f"{snake}_{attribute_key(key)}" if key else snake
            if text := _text(one):
                flat.setdefault(_NAMES.get(whole, whole), text)
    return flat


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, ensure_ascii=False)


def _host(website: str) -> str:
    try:
        return urlsplit(website if "//" in website else f"//{website}").hostname or ""
    except ValueError:
        return ""
