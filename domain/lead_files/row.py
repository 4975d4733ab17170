"""One row of a lead file becomes one checked lead, or a reason why it can't be one."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from domain.contacts.addresses import addresses_in, bare_address
from domain.contacts.companies import company_domain, company_key, company_name
from domain.contacts.countries import country_code, language_code, main_language
from domain.contacts.dates import Order, in_iso
from domain.contacts.person_names import bare_family_name, bare_name, split_name
from domain.contacts.phones import NO_PHONE, Phone, read_phone, zone_of_phone
from domain.contacts.texts import kept, plain, said
from domain.email.addresses import address_key, person_key
from domain.lead_files.beside import TOLD_BESIDE, read_beside
from domain.lead_files.columns import NAME_FIELDS, Columns
from domain.lead_files.headings import Field, Hint
from domain.lead_files.lead_file import FileRow
from domain.lead_files.opt_outs import CONSENT_NOT_SAID, NOT_YES_OR_NO, OptOuts
from domain.lead_files.rejects import RejectedRowError
from domain.sentences import sentence
from domain.time.time_zones import has_one_time, main_zone, time_zone_name, zone_of_place

__all__ = [
    "BAD_EMAIL",
    "BY_COUNTRY",
    "BY_PLACE",
    "CONSENT_NOT_SAID",
    "NOT_YES_OR_NO",
    "NO_EMAIL",
    "SAID",
    "TOO_LONG",
    "UNKNOWN",
    "LeadRow",
    "RejectedRowError",
    "RowReader",
    "checked_email",
    "with_opt_out",
]

NO_EMAIL = "no e-mail address"
BAD_EMAIL = "not a valid e-mail address"
TOO_LONG = "a value is too long"

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
    "consent": 300,
}
"""Longest value of each field, in characters."""
_ANSWERS: tuple[Field, ...] = ("unsubscribed", "consent")
ATTRIBUTE_LIMIT = 32_767
"""Longest attribute in characters: what one cell of a spreadsheet holds."""

# Whole values that need no more than the domain's check: RFC 5322 dot-atoms, ASCII only.
_PLAIN_LOCAL = re.compile(r"[a-zA-Z0-9_+\-]+(?:\.[a-zA-Z0-9_+\-]+)*\Z")
_ROLES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)
_MAX_EMAIL_BYTES = 254
UNKNOWN, BY_COUNTRY, BY_PLACE, SAID = range(4)
"""How sure a language or a time zone is: nobody knows, it is that of the country, that of the place
or phone number, or it was said."""


@dataclass(slots=True)
class LeadRow:
    """A checked row. Empty strings are values the file does not have.

    ``language_guess`` and ``time_zone_guess`` follow from country, place and phone number; how sure
    language and time zone are is :data:`UNKNOWN` to :data:`SAID`. What was said is never replaced
    by a guess, and a guess by no worse one.
    """

    email: str
    """'' for who is known by a phone number only."""
    email_key: str
    first_name: str
    last_name: str
    title: str
    phone: str
    company: str
    company_key: str
    company_domain: str
    country: str
    language: str
    language_guess: str
    language_certainty: int
    time_zone: str
    time_zone_guess: str
    time_zone_certainty: int
    source: str
    unsubscribed: bool
    """Whether they asked for no mail; a file never says that somebody wants mail again."""
    attributes: dict[str, str]
    beside: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the row says beside the lead (:mod:`domain.lead_files.beside`); mostly nothing."""


class RowReader:
    """Reads the rows of one file.

    Args:
        columns: what each column is.
        source: the source of rows that name none.
        erased: ``email_key`` of people who were erased, and don't come back by a file.
        currency: of amounts that name none.
    """

    def __init__(
        self,
        columns: Columns,
        source: str = "",
        erased: Container[str] = frozenset(),
        currency: str = "",
    ) -> None:
        self._columns = columns
        self._source = source
        self._currency = currency
        self._erased = erased
        self._optouts = OptOuts(columns)
        # Opt-outs and consent are read by OptOuts.
        self._cells = [
            (name, indices, LIMITS[name])
            for name, indices in columns.fields.items()
            if name not in _ANSWERS
        ]
        self._several = [(name, indices) for name, indices, _ in self._cells if len(indices) > 1]
        self._answers = [
            (name, index) for name in _ANSWERS for index in columns.fields.get(name, ())
        ]
        self.tells_beside = [name for name in columns.hints if name in TOLD_BESIDE]
        """Which columns tell something beside the lead."""
        self.not_understood: Counter[str] = Counter()
        """How many rows had a country, language, time_zone, phone or date that could not be read
        and is kept as an attribute; ``no_time_zone`` are those of whom no zone is known, and
        ``no_email`` those with a phone number and no address."""

    def read(self, values: Sequence[str]) -> LeadRow:
        """Check and normalise one row.

        Raises:
            RejectedRowError: a bad e-mail address, or none and no name with a phone number;
                somebody who was erased; or a value that is too long or doesn't say whether they
                unsubscribed.
            LeadFileError: a column nobody decided about says that somebody wants no mail.
        """
        try:
            return self._read(values)
        except RejectedRowError as error:
            opted_out = self.opted_out(values)
            if not opted_out:
                raise
            raise RejectedRowError(error.kind, with_opt_out(str(error)), opted_out) from None

    def read_record(self, record: FileRow) -> LeadRow:
        """As :meth:`read`, of a row of a file; one that could not be understood is rejected.

        Raises:
            RejectedRowError: as for :meth:`read`, or what the file says against the row.
            LeadFileError: as for :meth:`read`.
        """
        if not record.problem:
            return self.read(record.values)
        opted_out = self.opted_out(record.values)
        reason = with_opt_out(record.said) if opted_out else record.said
        raise RejectedRowError(record.problem, reason, opted_out)

    def opted_out(self, values: Sequence[str]) -> tuple[str, ...]:
        """Keys of the addresses in a row that can't be imported, when it says that their people
        want no mail. A row with a value too much is read from its end as well."""
        shift = max(0, len(values) - len(self._columns.header))
        if not any(self._optouts.surely(values, by) for by in {0, shift}):
            return ()
        cells = (
            values[index + by]
            for by in {0, shift}
            for index in self._columns.fields.get("email", ())
            if index + by < len(values)
        )
        found = {}
        for address in addresses_in(plain(" ".join(cells))):
            with suppress(RejectedRowError):
                found[address_key(checked_email(address))] = True
        return tuple(one for one in found if one not in self._erased)

    def _read(self, values: Sequence[str]) -> LeadRow:
        found = self._fields(values)
        self._check_answers(values)
        written_email = found.get("email", "")
        email = _email(written_email) if written_email else ""
        email_key = person_key(email, "" if email else _only_phone(found))
        if email_key in self._erased:
            raise RejectedRowError(
                "erased",
                sentence(
                    "This person was erased at their request: if they want mail again, permit the "
                    "address with evidence first."
                ),
            )
        unsubscribed = self._optouts.read(values)
        attributes = self._attributes(values)
        self._keep_others(values, found, attributes)

        written = found.get("country", "")
        code = country_code(written) if written else ""
        phone = self._phone(found.get("phone", ""), code, attributes)
        if written and not code:
            self._keep("country", written, attributes)
        code = code or phone.region

        language = language_code(found.get("language", ""))
        if found.get("language") and not language:
            self._keep("language", found["language"], attributes)
        zone = time_zone_name(found["time_zone"], code) if found.get("time_zone") else ""
        if found.get("time_zone") and not zone:
            self._keep("time_zone", found["time_zone"], attributes)
        place = self._place(code, values) or zone_of_phone(phone)
        zone_guess = place or main_zone(code)
        language_guess = main_language(code)
        if not (zone or zone_guess):
            self.not_understood["no_time_zone"] += 1
        if not email:
            self.not_understood["no_email"] += 1

        first_name, last_name = _names(found, code, attributes)
        company = company_name(found.get("company", ""))
        return LeadRow(
            email=email,
            email_key=email_key,
            first_name=first_name,
            last_name=last_name,
            title=found.get("title", ""),
            phone=phone.number,
            company=company,
            company_key=company_key(company) if company else "",
            company_domain=self._domain(values) if company else "",
            country=code,
            language=language,
            language_guess=language_guess,
            language_certainty=SAID if language else BY_COUNTRY if language_guess else UNKNOWN,
            time_zone=zone,
            time_zone_guess=zone_guess,
            time_zone_certainty=(
                SAID if zone else BY_PLACE if place else BY_COUNTRY if zone_guess else UNKNOWN
            ),
            source=found.get("source") or self._source,
            unsubscribed=unsubscribed,
            attributes=attributes,
            beside=self._beside(values) if self.tells_beside else {},
        )

    def _fields(self, values: Sequence[str]) -> dict[Field, str]:
        """The first value of each field that says anything."""
        found = {}
        for field, indices, limit in self._cells:
            value = ""
            for index in indices:
                if index < len(values) and values[index]:
                    value = said(values[index])
                    if len(value) > limit:
                        raise _too_long(field, len(value), limit)
                    if value:
                        break
            found[field] = value
        return found

    def _check_answers(self, values: Sequence[str]) -> None:
        for field, index in self._answers:
            if index < len(values) and len(values[index]) > LIMITS[field]:
                length = len(said(values[index]))
                if length > LIMITS[field]:
                    raise _too_long(field, length, LIMITS[field])

    def _keep(self, name: str, written: str, attributes: dict[str, str]) -> None:
        """What is not understood is counted, and kept as it was written."""
        attributes.setdefault(name, written)
        self.not_understood[name] += 1

    def _keep_others(
        self, values: Sequence[str], found: Mapping[Field, str], attributes: dict[str, str]
    ) -> None:
        """A second phone number, address or other value of a field is kept as an attribute."""
        for field, indices in self._several:
            value = found[field]
            for index in indices:
                other = said(values[index]) if index < len(values) else ""
                if other and other.casefold() != value.casefold():
                    attributes.setdefault(self._columns.keys[index], other)

    def _phone(self, written: str, country: str, attributes: dict[str, str]) -> Phone:
        if not written:
            return NO_PHONE
        phone = read_phone(written, country)
        if not phone.number:
            self._keep("phone", written, attributes)
        for number, other in enumerate(phone.others, start=2):
            attributes.setdefault(f"phone_{number}", other)
        return phone

    def _place(self, country: str, values: Sequence[str]) -> str:
        """The zone of state and city, in the countries that have several."""
        if not country or has_one_time(country):
            return ""
        state, city = (self._hint(name, values) for name in ("state", "city"))
        return zone_of_place(country, state, city)

    def _beside(self, values: Sequence[str]) -> dict[str, Any]:
        """Campaigns, and the money of an opportunity; what is not understood is counted."""
        said = {name: self._hint(name, values) for name in self.tells_beside}
        beside, not_understood = read_beside(said, self._currency)
        self.not_understood.update(not_understood)
        return beside

    def _domain(self, values: Sequence[str]) -> str:
        return company_domain(self._hint("domain", values))

    def _hint(self, name: Hint, values: Sequence[str]) -> str:
        for index in self._columns.hints.get(name, ()):
            if index < len(values) and (value := said(values[index])):
                return value
        return ""

    def _attributes(self, values: Sequence[str]) -> dict[str, str]:
        found = {}
        for key, index in self._columns.attributes:
            if index < len(values) and (value := kept(values[index])):
                if len(value) > ATTRIBUTE_LIMIT:
                    raise _too_long(key, len(value), ATTRIBUTE_LIMIT)
                if index in self._columns.orders:
                    value = self._day(value, self._columns.orders[index])
                found[key] = value
        return found

    def _day(self, written: str, order: Order | None) -> str:
        """A day as YYYY-MM-DD, which conditions and policies understand."""
        iso = in_iso(written, order)
        if not iso:
            self.not_understood["date"] += 1
        return iso or written


def _email(written: str) -> str:
    """The address of a cell.

    Raises:
        RejectedRowError: it is none, or there are several.
    """
    try:
        return checked_email(bare_address(written))
    except RejectedRowError:
        if len(addresses_in(written)) < 2:
            raise
    raise RejectedRowError(
        BAD_EMAIL, sentence("There are several addresses in one cell: give each a row of its own.")
    )


def _only_phone(found: Mapping[Field, str]) -> str:
    """The phone number of a row without an address.

    Raises:
        RejectedRowError: it has no name, or no number that can be called.
    """
    code = country_code(found.get("country", ""))
    number = read_phone(found.get("phone", ""), code).number
    if not number or not any(_names(found, code, {})):
        raise RejectedRowError(
            NO_EMAIL,
            sentence("The row has no e-mail address, and no name with a phone number either."),
        )
    return number


def _names(found: Mapping[Field, str], country: str, attributes: dict[str, str]) -> tuple[str, str]:
    """First and last name; an address in their place is none. What stood beside them is kept with
    the name as it was written."""
    written = [found.get(name, "") for name in NAME_FIELDS]
    if any("@" in value for value in written):
        written = ["" if "@" in value else value for value in written]
    first, whole = bare_name(written[0]), bare_name(written[2])
    last = bare_family_name(written[1])
    if [first, last, whole] != written:
        attributes.setdefault("name_as_written", written[2] or " ".join(written).strip())
    if whole and not (first and last):
        split = split_name(written[2], japanese=country == "JP")
        first, last = first or said(split[0]), last or said(split[1])
    return first, last


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


def with_opt_out(reason: str) -> str:
    """The reason of a reject, and that what the row says of mail counts all the same."""
    return sentence(
        "{reason} That this person wants no mail is recorded all the same.", reason=reason
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
        raise RejectedRowError(BAD_EMAIL, _why_not(str(error))) from None


def _why_not(said: str) -> str:
    """What email-validator says of an address, in words of ours."""
    known = (
        ("must have an @-sign", sentence("There is no @ in the address.")),
        ("something before the @-sign", sentence("Nothing stands before the @ of the address.")),
        ("something after the @-sign", sentence("Nothing stands after the @ of the address.")),
        ("should have a period", sentence("What stands after the @ has no dot: it is no domain.")),
        ("reserved name", sentence("What stands after the @ is reserved: nobody has mail there.")),
        ("too long", sentence("The address is too long.")),
        ("two periods in a row", sentence("There are two dots in a row in the address.")),
        ("before the @-sign", sentence("What stands before the @ can't be part of an address.")),
        ("after the @-sign", sentence("What stands after the @ can't be a domain.")),
    )
    other = sentence("No mail can go to such an address.")
    return next((words for part, words in known if part in said), other)


@functools.lru_cache(maxsize=16_384)
def _checked_domain(domain: str) -> str:
    """The domain of an address in normal form, or '' when email-validator refuses it."""
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain
    except EmailNotValidError:
        return ""
