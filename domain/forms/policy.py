"""Hosted forms (``cadences/forms.yaml``): what they ask, what people agree to, and what follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from babel import negotiate_locale
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.authoring.yaml_messages import did_you_mean
from domain.cadences.cadence import Name
from domain.contacts.attributes import attribute_key
from domain.contacts.consent_headings import consent_sense
from domain.meetings.report_fields import is_web_address
from domain.rules.policy import Policy, PolicyFile, first_double, mistake

FieldKind = Literal["email", "text", "phone", "country", "choice", "yes_no", "long_text"]

FALLBACK_LANGUAGE = "en"
LEAD_FIELDS: Mapping[str, FieldKind] = {
    "email": "email",
    "first_name": "text",
    "last_name": "text",
    "full_name": "text",
    "title": "text",
    "company": "text",
    "phone": "phone",
    "country": "country",
}
"""A lead's own field → the kind of question that fills it."""
_NOT_ASKED = ("language", "time_zone", "source", "unsubscribed", "consent")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
MOST_FORMS = 100
MOST_FIELDS = 40
MOST_CHOICES = 100
MOST_ORIGINS = 20
LONGEST_ANSWER: Mapping[FieldKind, int] = {"long_text": 2_000}
"""Characters that an answer of a kind may have."""
LONGEST_SHORT_ANSWER = 300

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Lines = Annotated[dict[Language, Line], Field(min_length=1)]
Paragraphs = Annotated[dict[Language, Paragraph], Field(min_length=1)]


def _checked_attribute(value: str) -> str:
    if value in LEAD_FIELDS:
        return value
    if value in _NOT_ASKED or consent_sense(value):
        raise mistake(
            f"'{value}' is nothing that a form asks for as a field. What people agree to is "
            "'consent:'; language and time zone are known from the page, 'source:' is the form's"
        )
    if not value or attribute_key(value) != value or len(value) > 60:
        near = attribute_key(value)[:60] or "company_size"
        raise mistake(f"'{value}' can't be an attribute's name. Write '{near}'")
    return value


def _checked_redirect(value: str) -> str:
    if value and not is_web_address(value, "https"):
        raise mistake(
            f"'{value[:60]}' is no address to go on to. Write it whole, such as "
            "https://www.example.com/thanks"
        )
    return value


def _checked_origin(value: str) -> str:
    found = urlsplit(value) if is_web_address(value, "https", "http") else None
    if found is None or not _HOST.fullmatch(value.partition("://")[2]):
        raise mistake(
            f"'{value[:60]}' is no origin. Write scheme and host without a path, such as "
            "https://www.example.com"
        )
    if found.scheme == "http" and found.hostname not in ("localhost", "127.0.0.1"):
        raise mistake(
            f"'{value[:60]}' must begin with https://: anybody may change what http sends"
        )
    return value.lower()


class Choice(Policy):
    """One of the answers to choose from."""

    value: Line
    """What the attribute holds then."""
    label: Lines
    """Language (ISO 639) → what people read."""


class FormField(Policy):
    """One question."""

    field: Annotated[str, AfterValidator(_checked_attribute)]
    """What of the lead it fills: `email`, `first_name`, `last_name`, `full_name`, `title`,
    `company`, `phone`, `country`, or the name of an attribute."""
    kind: FieldKind = "text"
    """How it is asked for. `email`, `phone` and `country` are of the fields that are called so."""
    label: Lines
    """Language (ISO 639) → the question."""
    hint: Lines | None = None
    """Language → what stands below it."""
    required: bool = False
    """Whether it must be answered."""
    choices: list[Choice] = Field(default_factory=list, max_length=MOST_CHOICES)
    """With kind `choice`: the answers."""

    @model_validator(mode="after")
    def _fits(self) -> FormField:
        kind = LEAD_FIELDS.get(self.field)
        if kind is not None and self.kind != kind:
            raise mistake(f"'{self.field}' is asked for as kind '{kind}'", ("kind",))
        if kind is None and self.kind in ("email", "phone", "country"):
            raise mistake(
                f"kind '{self.kind}' is of the field '{self.kind}' only. Write 'text'", ("kind",)
            )
        if bool(self.choices) != (self.kind == "choice"):
            raise mistake(
                "a field of kind 'choice' needs 'choices:', and no other has them", ("choices",)
            )
        if double := first_double(one.value for one in self.choices):
            raise mistake(
                f"'{double[1]}' can be chosen twice. Delete one", ("choices", double[0], "value")
            )
        return self

    @property
    def longest(self) -> int:
        """Characters that its answer may have."""
        return LONGEST_ANSWER.get(self.kind, LONGEST_SHORT_ANSWER)


class FormConsent(Policy):
    """What people agree to by a tick. Each wording is a version, kept with whoever agreed to it."""

    topic: Name
    """The topic of consent.yaml that it is for."""
    text: Paragraphs
    """Language (ISO 639) → what is agreed to."""
    required: bool = False
    """Whether the form is sent without it."""


class HostedForm(Policy):
    """One form, with a page of its own at `/f/NAME`."""

    name: Name
    """Its name, in its address."""
    title: Lines
    """Language (ISO 639) → its heading. These are the languages of the form; in English, else in
    the first one, stands what is missing in another."""
    intro: Paragraphs | None = None
    """Language → what stands below the heading."""
    button: Lines | None = None
    """Language → what the button says; `Send` without it."""
    fields: list[FormField] = Field(min_length=1, max_length=MOST_FIELDS)
    """What it asks, in order; `email`, required, must be among it."""
    consent: FormConsent | None = None
    """What people agree to."""
    confirm: bool = True
    """Whether a new address is asked by one mail to confirm itself (double opt-in). Marketing
    writes to it only when it has, or a colleague permits it."""
    enters: str = ""
    """The cadence that a new lead enters once its address is confirmed, and a known one that is in
    none and never was; '' for none."""
    done: Paragraphs | None = None
    """Language → what is shown after it is sent."""
    redirect: Annotated[str, AfterValidator(_checked_redirect)] = ""
    """In place of that, a whole https address to go on to."""
    origins: list[Annotated[str, AfterValidator(_checked_origin)]] = Field(
        default_factory=list, max_length=MOST_ORIGINS
    )
    """The sites that may show it within their own pages, such as `https://www.example.com`."""
    source: str = Field(default="", max_length=100)
    """Where its leads come from; its name without it."""
    campaign: str = Field(default="", max_length=100)
    """The campaign of whoever comes without UTM parameters; '' for none."""
    open: bool = True
    """Whether it takes anything now."""

    @model_validator(mode="after")
    def _whole(self) -> HostedForm:
        if double := first_double(one.field for one in self.fields):
            raise mistake(
                f"'{double[1]}' is asked for twice. Delete one", ("fields", double[0], "field")
            )
        names = {one.field for one in self.fields}
        if not any(one.field == "email" and one.required for one in self.fields):
            raise mistake(
                "a form asks for the address: add {field: email, kind: email, required: true, "
                "label: …}",
                ("fields",),
            )
        if "full_name" in names and names & {"first_name", "last_name"}:
            raise mistake("ask for 'full_name' or for its parts, not for both", ("fields",))
        if self.enters and not self.confirm:
            raise mistake(
                "nobody enters a cadence whose address was never confirmed. Leave 'confirm:' out",
                ("confirm",),
            )
        if self.done and self.redirect:
            raise mistake(
                "'done' is never shown where 'redirect' leads away. Delete one", ("done",)
            )
        for path, texts in self._texts():
            for language in texts:
                if language not in self.title:
                    advice = did_you_mean(language, list(self.title))
                    raise mistake(
                        f"the form has no title in '{language}'.{advice} Add one, or delete this",
                        (*path, language),
                    )
        return self

    def _texts(self) -> list[tuple[tuple[str | int, ...], Mapping[str, str]]]:
        found: list[tuple[tuple[str | int, ...], Mapping[str, str] | None]] = [
            (("intro",), self.intro),
            (("button",), self.button),
            (("done",), self.done),
            (("consent", "text"), self.consent.text if self.consent else None),
        ]
        for number, one in enumerate(self.fields):
            found += [
                (("fields", number, "label"), one.label),
                (("fields", number, "hint"), one.hint),
            ]
            found += [
                (("fields", number, "choices", place, "label"), choice.label)
                for place, choice in enumerate(one.choices)
            ]
        return [(path, texts) for path, texts in found if texts]

    @property
    def lead_source(self) -> str:
        """Where its leads come from."""
        return self.source or self.name

    def language_for(self, *tags: str) -> str:
        """The language of the form that suits these best (BCP 47), the first first."""
        found = negotiate_locale([tag.lower() for tag in tags], list(self.title), sep="-")
        return found or spoken(self.title, "")


def spoken(texts: Mapping[str, str], language: str) -> str:
    """The language in which a text is told: this one, else English, else the first there is."""
    chosen = next((one for one in (language, FALLBACK_LANGUAGE) if one in texts), "")
    return chosen or next(iter(texts))


def said(texts: Mapping[str, str], language: str) -> str:
    """A text in the language of :func:`spoken`."""
    return texts[spoken(texts, language)]


class FormsPolicy(PolicyFile):
    """The forms that are hosted here."""

    policy: Literal["forms"]
    forms: list[HostedForm] = Field(max_length=MOST_FORMS)
    """Each with a name of its own."""

    @model_validator(mode="after")
    def _each_once(self) -> FormsPolicy:
        if double := first_double(one.name for one in self.forms):
            raise mistake(
                f"there are two forms '{double[1]}'. Rename one", ("forms", double[0], "name")
            )
        return self

    def named(self, name: str) -> HostedForm | None:
        """The form of this name; None when there is none."""
        return next((one for one in self.forms if one.name == name), None)
