"""Phone numbers as people and spreadsheets write them, to E.164 (ITU-T)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

_USUAL = re.compile(r"\+?\(?\d[\d ()-]{5,24}")
_BETWEEN_DIGITS = str.maketrans("", "", " ()-")
_FLOAT = re.compile(r"(\+?[\d ]{6,20})[.,]0+")
_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_WRAP = " '\"=‘’`\t"
_SEVERAL = re.compile(r"\s*(?:[;|\n]|,(?=\s*[+(\d])|\s/\s|\bor\b|\boder\b|또는)\s*", re.IGNORECASE)
_PREFIXES = re.compile(r"(?:tel|phone|mobile|p|t|m|telefon|전화)\s*[:.]\s*", re.IGNORECASE)
_SEVERAL_ZONES = frozenset(
    ("AU", "BR", "CA", "CD", "CL", "EC", "ES", "ID", "KZ", "MN", "MX", "NZ", "PG", "PT", "RU", "US")
)


@dataclass(frozen=True)
class Phone:
    """A phone number.

    ``number`` is E.164, '' when it can't be read; ``region`` the country it is of (ISO 3166-1);
    ``others`` is what else stood there.
    """

    number: str
    region: str = ""
    others: tuple[str, ...] = ()
    parsed: phonenumbers.PhoneNumber | None = field(default=None, repr=False, compare=False)


NO_PHONE = Phone("")


def read_phone(written: str, country: str = "") -> Phone:
    """Read a phone number.

    A float's ``.0`` is dropped. A number in scientific notation whose digits a spreadsheet rounded
    away (``8.21012E+11``) is none.

    Args:
        country: ISO 3166-1 alpha-2 code of where it is dialled, '' when not known.
    """
    whole = written.strip(_WRAP)
    usual = _USUAL.fullmatch(whole)
    if usual:
        first, rest, text = whole, [], _with_plus(whole)
    else:
        parts = [whole] if _SCIENTIFIC.fullmatch(whole) else _SEVERAL.split(whole)
        first, *rest = [part for part in parts if part] or [""]
        text = _as_digits(first)
    if not text:
        return NO_PHONE
    # What only parts its digits tells nothing, and costs.
    bare = text.translate(_BETWEEN_DIGITS) if usual else text
    try:
        number = _without_plus(text, country) or phonenumbers.parse(bare, country or None)
    except phonenumbers.NumberParseException:
        return NO_PHONE
    if not phonenumbers.is_possible_number(number):
        return NO_PHONE
    region = country or phonenumbers.region_code_for_number(number) or ""
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension:
        rest.append(first)
    return Phone(e164, region if region.isalpha() else "", tuple(rest), number)


def zone_of_phone(phone: Phone) -> str:
    """The IANA zone of a number, only of countries with several; '' when it does not tell."""
    number, region = phone.parsed, phone.region
    if number is None or region not in _SEVERAL_ZONES:
        return ""
    if number.country_code != phonenumbers.country_code_for_region(region):
        return ""
    zones = time_zones_for_number(number)
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else ""


def _without_plus(digits: str, country: str) -> phonenumbers.PhoneNumber | None:
    """An international number of the country whose plus a spreadsheet took away; None when it is
    none. In Germany nearly any digits are a number of some town as well."""
    if not country or not digits.isascii() or not digits.isdigit():
        return None
    code = phonenumbers.country_code_for_region(country)
    if not code or not digits.startswith(str(code)):
        return None
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    there = phonenumbers.is_valid_number_for_region(number, country)
    return number if there else None


def _as_digits(written: str) -> str:
    """What is to be dialled, '' when digits are missing."""
    text = _PREFIXES.sub("", written.strip(_WRAP), count=1) if ":" in written else written
    text = text.strip(_WRAP)
    if found := _FLOAT.fullmatch(text):
        return found[1]
    if found := _SCIENTIFIC.fullmatch(text):
        digits, exponent = found[1] + (found[2] or ""), int(found[3])
        # All digits are there when the fraction is as long as the exponent.
        return digits if len(digits) == exponent + 1 else ""
    return _with_plus(text)


def _with_plus(text: str) -> str:
    return "+" + text[2:] if text.startswith("00") and len(text) > 9 else text
