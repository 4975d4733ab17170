"""What somebody entered in a form: checked, and what it says of a lead."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of

from domain.contacts.countries import country_code
from domain.contacts.phones import read_phone
from domain.controls import without_controls
from domain.forms.policy import LEAD_FIELDS, FormField, HostedForm
from domain.identities import Facts
from domain.lead_files.columns import recognise
from domain.lead_files.row import (
    BY_PLACE,
    UNKNOWN,
    LeadRow,
    RejectedRowError,
    RowReader,
    checked_email,
)
from domain.time.time_zones import time_zone_name
from domain.translations.translator import N_

MISSING = N_("Please fill this in.")
NOT_TICKED = N_("Please tick this to go on.")
NO_ADDRESS = N_("This is no e-mail address. Write it like name@example.com.")
NO_PHONE = N_("This is no phone number. Write it with its country, like +49 30 1234567.")
NO_CHOICE = N_("Please choose one of these.")
TOO_LONG = N_("This is too long: at most {number} characters.")
CONSENT = "consent"
"""Where a mistake about the consent is told; no field is called so."""

_ROW = tuple(one.name for one in fields_of(LeadRow))
_LINKS = ("://", "www.")
_NAMES = ("first_name", "last_name", "full_name", "title", "company")


@dataclass(frozen=True)
class FormAnswers:
    """Field → what was typed, and field → what is wrong with it (a sentence of the catalogs).
    Without mistakes ``facts`` are what it says of the lead."""

    typed: Mapping[str, str]
    mistakes: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    agreed: bool = False

    @property
    def names_links(self) -> bool:
        """Whether an address of a page stands where a name belongs: what only programs write."""
        return any(sign in self.typed.get(name, "") for name in _NAMES for sign in _LINKS)


def check(
    form: HostedForm, entered: Mapping[str, str], *, agreed: bool, language: str, zone: str = ""
) -> FormAnswers:
    """Look through what was entered.

    Args:
        entered: field → as it was typed.
        agreed: whether the consent is ticked.
        language: in which the form was read, ISO 639.
        zone: the browser's, IANA name; '' where it does not tell.
    """
    typed = {one.field: _clean(one, entered.get(one.field, "")) for one in form.fields}
    mistakes = {
        one.field: wrong for one in form.fields if (wrong := _wrong(one, typed[one.field], typed))
    }
    if form.consent and form.consent.required and not agreed:
        mistakes[CONSENT] = NOT_TICKED
    if mistakes:
        return FormAnswers(typed, mistakes, agreed=agreed)
    known = {name: value for name, value in typed.items() if name in LEAD_FIELDS and value}
    try:
        row = _reader(tuple(known)).read(list(known.values()))
    except RejectedRowError:
        return FormAnswers(typed, {"email": NO_ADDRESS}, agreed=agreed)
    facts: Facts = {name: value for name in _ROW if (value := getattr(row, name))}
    for name in ("company_key", "source"):
        facts.pop(name, None)
    others = {one.field: typed[one.field] for one in form.fields if one.field not in LEAD_FIELDS}
    if attributes := facts.get("attributes", {}) | {k: v for k, v in others.items() if v}:
        facts["attributes"] = attributes
    told = {
        "language": language if len(form.title) > 1 else "",
        "time_zone": time_zone_name(zone) if zone else "",
    }
    for name, guess in told.items():
        if guess and facts.get(f"{name}_certainty", UNKNOWN) < BY_PLACE:
            facts |= {f"{name}_guess": guess, f"{name}_certainty": BY_PLACE}
    return FormAnswers(typed, {}, facts, agreed)


@functools.lru_cache(maxsize=256)
def _reader(names: tuple[str, ...]) -> RowReader:
    return RowReader(recognise(names, source_given=True))


def _clean(one: FormField, value: str) -> str:
    lines = without_controls(value.replace("\r\n", "\n")).strip()
    if one.kind == "yes_no":
        return "yes" if lines else ""
    return lines if one.kind == "long_text" else " ".join(lines.split())


def _wrong(one: FormField, value: str, typed: Mapping[str, str]) -> str:
    if not value:
        missing = NOT_TICKED if one.kind == "yes_no" else MISSING
        return missing if one.required else ""
    if len(value) > one.longest:
        return TOO_LONG
    match one.kind:
        case "email":
            return "" if _is_address(value) else NO_ADDRESS
        case "phone":
            country = country_code(typed.get("country", ""))
            return "" if read_phone(value, country).number else NO_PHONE
        case "country":
            return "" if country_code(value) == value else NO_CHOICE
        case "choice":
            return "" if value in {choice.value for choice in one.choices} else NO_CHOICE
    return ""


def _is_address(value: str) -> bool:
    try:
        return bool(checked_email(value))
    except RejectedRowError:
        return False
