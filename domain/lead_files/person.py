"""Who a lead is, as people type it: read as a file's row is, with each mistake at its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import BaseModel, Field

from domain.contacts.addresses import bare_address
from domain.contacts.companies import company_name
from domain.contacts.countries import country_code, language_code
from domain.contacts.phones import read_phone
from domain.contacts.texts import plain
from domain.inputs import ASKED
from domain.lead_files import columns
from domain.lead_files.columns import Columns
from domain.lead_files.row import LIMITS, RejectedRowError, checked_email
from domain.refusals import Invalid, Mistake
from domain.sentences import Sentence, sentence
from domain.time.time_zones import time_zone_name

PERSON_FIELDS: tuple[columns.Field, ...] = (
    *("email", "first_name", "last_name", "title", "phone", "company"),
    *("country", "language", "time_zone"),
)
"""What is known of who a lead is, in the order in which it is shown."""
_NAMES = ("first_name", "last_name", "title")
_NEVER_EMPTY = ("language", "time_zone")
"""Of these a lead always has one."""


class PersonFields(BaseModel):
    """Who a lead is. What is left out stays as it is; an empty text says that there is none."""

    model_config = ASKED

    email: str | None = Field(default=None, max_length=LIMITS["email"])
    first_name: str | None = Field(default=None, max_length=LIMITS["first_name"])
    last_name: str | None = Field(default=None, max_length=LIMITS["last_name"])
    title: str | None = Field(default=None, max_length=LIMITS["title"])
    phone: str | None = Field(
        default=None,
        max_length=LIMITS["phone"],
        description="With its country's code, or as it is dialled in the lead's country.",
    )
    company: str | None = Field(default=None, max_length=LIMITS["company"])
    country: str | None = Field(
        default=None, max_length=LIMITS["country"], description="ISO 3166-1 code, or a name."
    )
    language: str | None = Field(
        default=None, max_length=LIMITS["language"], description="BCP 47 tag, or a name."
    )
    time_zone: str | None = Field(
        default=None, max_length=LIMITS["time_zone"], description="IANA name."
    )

    @property
    def said(self) -> dict[str, str]:
        """The fields that were given, as they were typed."""
        given = {name: getattr(self, name) for name in PERSON_FIELDS}
        return {name: value for name, value in given.items() if value is not None}


def checked_person(
    said: Mapping[str, str], country: str = "", *, is_new: bool = False
) -> dict[str, str]:
    """What was typed, in the form in which it is kept; '' where it says that there is none.

    Args:
        country: in which the lead is, as far as that is known (ISO 3166-1); for its phone.
        is_new: whether a name and a phone number will do in place of an address.

    Raises:
        Invalid: with a mistake for each field that holds what it can't hold.
    """
    found: dict[str, str] = {}
    mistakes: list[Mistake] = []

    def take(name: str, read: Callable[[str], str], wrong: Callable[[str], Sentence]) -> None:
        if name not in said:
            return
        typed = plain(said[name])
        found[name] = read(typed) if typed else ""
        if typed and not found[name]:
            mistakes.append(Mistake(name, wrong(typed)))

    found |= {name: plain(said[name]) for name in _NAMES if name in said}
    take("company", company_name, lambda one: sentence("'{name}' is no company.", name=one))
    take("country", country_code, lambda one: sentence("'{name}' is no country.", name=one))
    take("language", language_code, lambda one: sentence("'{name}' is no language.", name=one))
    where = found.get("country", country)
    take("phone", lambda one: read_phone(one, where).number, _no_phone)
    take(
        "time_zone",
        lambda one: time_zone_name(one, where),
        lambda one: sentence(
            "'{name}' is no time zone. Write one such as Europe/Berlin.", name=one
        ),
    )
    found = {name: one for name, one in found.items() if one or name not in _NEVER_EMPTY}
    if is_new and not plain(said.get("email", "")):
        found["email"] = ""
        mistakes = _without_address(said, found) + mistakes
    elif "email" in said:
        try:
            found["email"] = email_of(said["email"])
        except Invalid as wrong:
            mistakes.insert(0, Mistake("email", str(wrong)))
    if mistakes:
        said_first, *others = [one.message for one in mistakes]
        raise Invalid(" ".join([said_first, *others]) if others else said_first, mistakes=mistakes)
    return found


def _without_address(said: Mapping[str, str], found: Mapping[str, str]) -> list[Mistake]:
    """What is wrong with somebody new who has no address."""
    if not plain(said.get("phone", "")):
        return [Mistake("email", sentence("An e-mail address or a phone number is needed."))]
    if not (found.get("first_name") or found.get("last_name")):
        return [Mistake("last_name", sentence("Without an e-mail address a name is needed."))]
    return []


def email_of(typed: str) -> str:
    """An address as it is kept.

    Raises:
        Invalid: it is none.
    """
    written = bare_address(plain(typed))
    if not written:
        raise Invalid(sentence("An e-mail address is needed."), "email")
    try:
        return checked_email(written)
    except RejectedRowError as wrong:
        raise Invalid(
            sentence(
                "'{address}' is no e-mail address: {wrong}", address=written, wrong=str(wrong)
            ),
            "email",
        ) from None


def phone_of(typed: str, country: str) -> str:
    """A phone number in E.164.

    Args:
        country: in which it is dialled, if that is known (ISO 3166-1).

    Raises:
        Invalid: it is none.
    """
    number = read_phone(plain(typed), country).number
    if not number:
        raise Invalid(_no_phone(typed), "phone")
    return number


def person_columns() -> Columns:
    """The columns of a file that has one for each of :data:`PERSON_FIELDS`."""
    return Columns(
        {name: (index,) for index, name in enumerate(PERSON_FIELDS)},
        (),
        PERSON_FIELDS,
        PERSON_FIELDS,
    )


def _no_phone(typed: str) -> Sentence:
    return sentence(
        "'{phone}' is no phone number. Write it with its country's code, such as +82 2 555 0123.",
        phone=typed,
    )
