"""One row of a lead file becomes one checked lead, or a reason why it can't be one."""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from phonenumbers.timezone import time_zones_for_number

from domain.email.addresses import address_key
from domain.lead_files.columns import Columns, Field
from domain.lead_files.countries import country, country_code, language_code
from domain.lead_files.time_zones import time_zone_name
from domain.names import split_name
from domain.sentences import sentence

NO_EMAIL = "no e-mail address"
BAD_EMAIL = "not a valid e-mail address"
TOO_LONG = "a value is too long"
NOT_YES_OR_NO = "not clear whether they unsubscribed"

LIMITS: dict[Field, int] = {
    "email": 320,
    "first_name": 200,
    "last_name": 200,
    "full_name": 300,
    "title": 300,
    "company": 300,
    "phone": 100,
    "country": 100,
    "language": 100,
    "time_zone": 200,
    "source": 300,
    "unsubscribed": 300,
}
"""Longest value of each field, in characters."""
ATTRIBUTE_LIMIT = 32_767
"""Longest attribute in characters: what one cell of a spreadsheet holds."""

# Whole values that need no more than the domain's check: RFC 5322 dot-atoms, ASCII only.
_PLAIN_LOCAL = re.compile(r"[a-zA-Z0-9_+\-]+(?:\.[a-zA-Z0-9_+\-]+)*\Z")
_ROLES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)
_MAX_EMAIL_BYTES = 254
# What stands under a heading such as "Unsubscribed", without spaces and punctuation. Mailchimp
# writes "cleaned" for an address that it gave up.
_ANSWERS = {
    True: (
        "yes y true t 1 on checked unsubscribed unsubscribe optedout optout donotemail donotmail "
        "donotcontact nomail noemail cleaned nonsubscribed suppressed ✓ ✔ 예 네 참 수신거부 "
        "수신거부함 거부 거부함 구독취소 구독취소됨 구독해지 해지 是 真 已退订 退订 拒收 取消订阅 "
        "已取消订阅"
    ),
    False: (
        "no n false f 0 off unchecked subscribed subscribe optedin optin 아니오 아니요 거짓 수신 "
        "수신동의 동의 구독 구독중 구독함 否 假 未退订 订阅 已订阅"
    ),
}
_ANSWER = {word: answer for answer, words in _ANSWERS.items() for word in words.split()}
# When they unsubscribed, such as 2024-05-01 09:30:00 or 5/1/24.
_DATE = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?:[ T,].*)?")
_SEVERAL_ZONES = {"AU", "BR", "CA", "CL", "ID", "KZ", "MN", "MX", "RU", "US"}


class RejectedRowError(ValueError):
    """A row can't be imported. ``kind`` groups equal reasons, the message is the whole sentence."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A checked row. Empty strings are values the file does not have.

    ``language_guess`` and ``time_zone_guess`` follow from the country and the phone number; they
    are for new leads and never overwrite what is known.
    """

    email: str
    email_key: str
    first_name: str
    last_name: str
    title: str
    phone: str
    company: str
    company_key: str
    country: str
    language: str
    language_guess: str
    time_zone: str
    time_zone_guess: str
    source: str
    unsubscribed: bool
    """Whether they asked for no mail; a file never says that somebody wants mail again."""
    attributes: dict[str, str]


class RowReader:
    """Reads the rows of one file.

    Args:
        columns: what each column is.
        source: the source of rows that name none.
        erased: ``email_key`` of people who were erased, and don't come back by a file.
    """

    def __init__(
        self, columns: Columns, source: str = "", erased: Container[str] = frozenset()
    ) -> None:
        self._columns = columns
        self._source = source
        self._erased = erased

    def read(self, values: Sequence[str]) -> LeadRow:
        """Check and normalise one row.

        Raises:
            RejectedRowError: no or a bad e-mail address, one of somebody who was erased, or a
                value that is too long or doesn't say whether they unsubscribed.
        """
        found = {field: self._value(field, values) for field in self._columns.fields}
        if not found["email"]:
            raise RejectedRowError(NO_EMAIL, sentence("The row has no e-mail address."))
        email = checked_email(found["email"])
        if address_key(email) in self._erased:
            raise RejectedRowError(
                "erased",
                sentence(
                    "This person was erased at their request: if they want mail again, permit the "
                    "address with evidence first."
                ),
            )
        attributes = self._attributes(values)

        written_country = found.get("country", "")
        code = country_code(written_country) if written_country else ""
        if written_country and not code:
            attributes.setdefault("country", written_country)
        phone, region, zone = _phone(found.get("phone", ""), code)
        code = code or region
        known = country(code)

        first_name, last_name = found.get("first_name", ""), found.get("last_name", "")
        if found.get("full_name") and not (first_name and last_name):
            split = split_name(found["full_name"])
            first_name, last_name = first_name or split[0], last_name or split[1]

        company = found.get("company", "")
        return LeadRow(
            email=email,
            email_key=address_key(email),
            first_name=first_name,
            last_name=last_name,
            title=found.get("title", ""),
            phone=phone,
            company=company,
            company_key=company.casefold(),
            country=code,
            language=language_code(found.get("language", "")),
            language_guess=known.language if known else "",
            time_zone=time_zone_name(found.get("time_zone", "")),
            time_zone_guess=zone or (known.time_zone if known else ""),
            source=found.get("source") or self._source,
            unsubscribed=self._unsubscribed(values),
            attributes=attributes,
        )

    def _value(self, field: Field, values: Sequence[str]) -> str:
        for index in self._columns.fields[field]:
            if index < len(values):
                value = " ".join(values[index].split())
                if len(value) > LIMITS[field]:
                    raise _too_long(field, len(value), LIMITS[field])
                if value:
                    return value
        return ""

    def _unsubscribed(self, values: Sequence[str]) -> bool:
        """Whether any of the columns says so: there is one for each list they were on."""
        columns = self._columns.fields.get("unsubscribed", ())
        return any(_says_yes(values[index]) for index in columns if index < len(values))

    def _attributes(self, values: Sequence[str]) -> dict[str, str]:
        found = {}
        for key, index in self._columns.attributes:
            if index < len(values) and (value := values[index].strip()):
                if len(value) > ATTRIBUTE_LIMIT:
                    raise _too_long(key, len(value), ATTRIBUTE_LIMIT)
                found[key] = value
        return found


def _too_long(name: str, length: int, limit: int) -> RejectedRowError:
    return RejectedRowError(
        TOO_LONG,
        sentence(
            "{name} has {length:,} characters; at most {limit:,} fit.",
            name=name,
            length=length,
            limit=limit,
        ),
    )


def _says_yes(value: str) -> bool:
    """Whether a cell says yes; an empty one doesn't."""
    words = " ".join(value.split())
    folded = "".join(c for c in words.casefold() if c.isalnum() or c in "✓✔")
    if not words:
        return False
    if folded in _ANSWER:
        return _ANSWER[folded]
    if _DATE.fullmatch(words):
        return True
    raise RejectedRowError(
        NOT_YES_OR_NO,
        sentence(
            "“{value}” does not say whether this person unsubscribed: write yes or no.",
            value=words[:60],
        ),
    )


def checked_email(address: str) -> str:
    """The address in normal form, checked by email-validator without asking the DNS.

    Raises:
        RejectedRowError: the address can't be right; the sentence says what is wrong with it.
    """
    local, _, domain = address.rpartition("@")
    if _PLAIN_LOCAL.match(local) and len(address) <= _MAX_EMAIL_BYTES:
        # Nearly all addresses: the local part needs no second look, and the domains repeat.
        normal = _checked_domain(domain)
        if normal and len(local) + 1 + len(normal) <= _MAX_EMAIL_BYTES and normal.isascii():
            role = local.lower()
            return f"{role if role in _ROLES else local}@{normal}"
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise RejectedRowError(BAD_EMAIL, str(error)) from None


@functools.lru_cache(maxsize=65_536)
def _checked_domain(domain: str) -> str:
    """The domain of an address in normal form, or '' when email-validator refuses it."""
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain
    except EmailNotValidError:
        return ""


def _phone(written: str, code: str) -> tuple[str, str, str]:
    """A phone number as (E.164 or as written, its country, its time zone), each maybe ''.

    The time zone is given only for countries with several, and only when the number has one.
    """
    if not written:
        return "", "", ""
    try:
        number = phonenumbers.parse(written.lstrip("'="), code or None)
    except phonenumbers.NumberParseException:
        return written, "", ""
    if not phonenumbers.is_possible_number(number):
        return written, "", ""
    region = code or phonenumbers.region_code_for_number(number) or ""
    zone = ""
    if region in _SEVERAL_ZONES and (
        number.country_code == phonenumbers.country_code_for_region(region)
    ):
        zones = time_zones_for_number(number)
        zone = zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else ""
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phone, region if region.isalpha() else "", zone
