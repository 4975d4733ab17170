"""Traits of ``identify`` and ``group`` calls become fields of leads and accounts.

Segment's reserved traits, in camelCase or snake_case, and every header that an import knows are
fields; the rest are attributes, as text. https://segment.com/docs/connections/spec/identify/#traits
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields as fields_of
from typing import Any, NamedTuple

from domain.contacts.attributes import attribute_key
from domain.contacts.companies import company_domain
from domain.contacts.countries import language_code
from domain.email.addresses import address_key
from domain.identities import Facts, TrackedCompany
from domain.lead_files.columns import Field, recognise
from domain.lead_files.row import (
    BY_PLACE,
    LIMITS,
    UNKNOWN,
    LeadRow,
    RejectedRowError,
    RowReader,
    checked_email,
)
from domain.time.time_zones import time_zone_name
from web.doors import BadItem

# Traits may come without an address, rows of a file may not.
_ANY_ADDRESS = "nobody@example.com"
_NUMBERED = re.compile(r"_\d+\Z")
_NAMES = {
    "company_name": "company",
    "address_country": "country",
    "name_first": "first_name",
    "name_last": "last_name",
}
# Where the text is in the objects of a list, as of phones of several kinds.
_VALUE = ("value", "number")
_TEXT_OF_ENTRY = (*_VALUE, "address", "email", "phone", "name")
# Kept as they are said: what they mean is read by domain.consent.trait_consent.
_CONSENT = ("unsubscribed", "consent")
_ROW = tuple(field.name for field in fields_of(LeadRow))
LONGEST_NAME = 300


class UnreadTrait(NamedTuple):
    """A trait that is not what its name says: its path, and a sentence."""

    field: str
    message: str


def lead_facts(traits: Mapping[str, Any]) -> tuple[Facts, list[UnreadTrait]]:
    """What traits say of a lead; ``email`` and ``email_key`` when there is an address. What can't
    be the field whose name it has is left out of it, and kept as an attribute where it can be."""
    unread: list[UnreadTrait] = []
    flat = list(_flat(traits))
    email = _address(flat, unread)
    fields: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for name, path, value in flat:
        field = _field_of(name)
        text = _text(value)
        if field == "email" or not text:
            continue
        wrong = _wrong(field, value)
        if wrong:
            unread.append(UnreadTrait(path, wrong))
        if field in (None, *_CONSENT) or wrong:
            if key := attribute_key(name):
                attributes.setdefault(key, text)
        else:
            fields.setdefault(name, text)
    facts = _read(email, fields, unread)
    if attributes:
        facts["attributes"] = facts.get("attributes", {}) | attributes
    return facts, unread


def with_guesses(facts: Facts, context: Mapping[str, Any]) -> Facts:
    """The facts, and what a browser or a phone knows of its own time zone and language, as
    Segment's libraries send it: better guesses than those by the country, and no more."""
    zone, locale = context.get("timezone"), context.get("locale")
    known = {
        "time_zone": time_zone_name(zone) if isinstance(zone, str) else "",
        "language": language_code(locale) if isinstance(locale, str) else "",
    }
    guesses: Facts = {}
    for field, guess in known.items():
        if guess and facts.get(f"{field}_certainty", UNKNOWN) < BY_PLACE:
            guesses |= {f"{field}_guess": guess, f"{field}_certainty": BY_PLACE}
    return facts | guesses


def address_in(said: Mapping[str, Any]) -> Facts:
    """``email`` and ``email_key`` of traits or properties; {} without an address that can be
    right."""
    email = _address(_flat(said), [])
    return {"email": email, "email_key": address_key(email)} if email else {}


def group_of(group_id: str, traits: Mapping[str, Any]) -> TrackedCompany:
    """The company that a ``group`` call tells of.

    Raises:
        BadItem: its name is too long.
    """
    flat: dict[str, str] = {}
    for each, _path, value in _flat(traits):
        if text := _text(value):
            flat.setdefault(each, text)
    name = " ".join(flat.pop("name", "").split())
    if len(name) > LONGEST_NAME:
        raise BadItem("traits.name", f"The name has more than {LONGEST_NAME} characters.")
    domain = flat.pop("domain", "") or company_domain(flat.get("website", ""))
    attributes = {key: value for name, value in flat.items() if (key := attribute_key(name))}
    return TrackedCompany(group_id, name, domain.strip().casefold(), attributes)


@functools.lru_cache(maxsize=1024)
def _reader(names: tuple[str, ...]) -> RowReader:
    return RowReader(recognise(("email", *names), source_given=True))


@functools.lru_cache(maxsize=4096)
def _field_of(name: str) -> Field | None:
    """The field that a trait is; None for an attribute."""
    fields = recognise(("email", name), source_given=True).fields
    return next((field for field, columns in fields.items() if 1 in columns), None)


def _read(email: str, fields: Mapping[str, str], unread: list[UnreadTrait]) -> Facts:
    try:
        row = _reader(tuple(fields)).read([email or _ANY_ADDRESS, *fields.values()])
    except RejectedRowError as error:
        good = {name: value for name, value in fields.items() if _is_taken(name, value)}
        if len(good) == len(fields):
            unread.append(UnreadTrait("traits", str(error)))
            return {}
        unread += [UnreadTrait(f"traits.{name}", str(error)) for name in fields if name not in good]
        return _read(email, good, unread)
    facts = {name: value for name in _ROW if (value := getattr(row, name))}
    for name in ("company_key", "source") if email else ("company_key", "source", "email"):
        facts.pop(name, None)
    if not email:
        del facts["email_key"]
    return facts


def _is_taken(name: str, value: str) -> bool:
    try:
        _reader((name,)).read([_ANY_ADDRESS, value])
    except RejectedRowError:
        return False
    return True


def _address(flat: Iterable[tuple[str, str, object]], unread: list[UnreadTrait]) -> str:
    """The first address that can be right, in normal form; '' without one."""
    for name, path, value in flat:
        if (
            _field_of(_NUMBERED.sub("", name)) != "email"
            or isinstance(value, bool)
            or value is None
        ):
            continue
        if isinstance(value, list | dict):
            unread.append(UnreadTrait(path, "It must be text."))
            continue
        written = str(value).strip().removeprefix("mailto:")
        if not written:
            continue
        try:
            return checked_email(written)
        except RejectedRowError as error:
            unread.append(UnreadTrait(path, f"It is no e-mail address: {error}"))
    return ""


def _wrong(field: Field | None, value: object) -> str:
    """Why a value can't be what the field holds; ''."""
    if field is None or field in ("email", *_CONSENT):
        return ""
    if isinstance(value, bool | list | dict):
        return "It must be text."
    if len(_text(value)) > LIMITS[field]:
        return f"It has more than {LIMITS[field]} characters."
    return ""


def _flat(traits: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    """(snake_case name, path, value) of each trait. Those of an object are told apart by its name;
    of a list for a field the first is the field, and the others are numbered."""
    for name, value in traits.items():
        snake = attribute_key(name)
        if isinstance(value, dict):
            for key, inner in value.items():
                is_value = key in _VALUE and _field_of(snake) is not None
                whole = snake if is_value else f"{snake}_{attribute_key(key)}"
                yield _NAMES.get(whole, whole), f"traits.{name}.{key}", inner
        elif isinstance(value, list) and value and _field_of(snake) is not None:
            for place, entry in enumerate(one for one in value if one not in (None, "")):
                numbered = f"{snake}_{place + 1}" if place else snake
                yield numbered, f"traits.{name}[{place}]", _text_of_entry(entry)
        else:
            yield _NAMES.get(snake, snake), f"traits.{name}", value


def _text_of_entry(entry: object) -> object:
    if not isinstance(entry, dict):
        return entry
    return next((entry[name] for name in _TEXT_OF_ENTRY if name in entry), entry)


def _text(value: object) -> str:
    """The value as text; '' for one that says nothing."""
    if value is None or (isinstance(value, list | dict) and not value):
        return ""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, ensure_ascii=False)
