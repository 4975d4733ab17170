"""A form as a page: hosted, or within a page of another site."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel import Locale, UnknownLocaleError
from fastapi.responses import RedirectResponse, Response

from domain.contacts.countries import country_code
from domain.forms.answers import CONSENT, FormAnswers
from domain.forms.policy import FormField, HostedForm, said, spoken
from domain.translations.cldr_names import country_names
from domain.translations.translator import N_, Translator, translator_for
from web.forms.origin import CameFrom
from web.forms.stamp import Stamp, Stamps
from web.views import page

LOOK = N_("Please look at what is marked below.")
WAIT = N_(
    "Please wait {number} seconds, then press the button once more. That is how we tell people "
    "from programs."
)
OPEN_TOO_LONG = N_("This page was open for long. Please press the button once more.")
SENT_ALREADY = N_(
    "This page was sent already, with other answers. Press the button once more to send these too."
)
READ_AGAIN = N_(
    "This may read otherwise than when you opened the page. Please read it, and tick it if you "
    "agree."
)
TOO_MUCH = N_("Too much is coming in here just now. Please try again in an hour.")
THANKS = N_("Thank you. We have got what you sent.")
TRAP = "more_details"
"""The field that no person sees."""
FIELD = "answer."
"""Before the name of a field, so that none is taken for one of ours."""
_FILLED_AS = {
    "email": "email",
    "first_name": "given-name",
    "last_name": "family-name",
    "full_name": "name",
    "title": "organization-title",
    "company": "organization",
    "phone": "tel",
    "country": "country",
}
_INPUTS = {"email": "email", "phone": "tel", "text": "text"}


@dataclass(frozen=True)
class FormView:
    """A form in a language.

    Attributes:
        embedded: whether it stands in a page of another site.
        sender: who we are.
        preview: whether it is only looked at, and can't be sent.
    """

    form: HostedForm
    language: str
    embedded: bool
    sender: str
    came_from: CameFrom
    preview: bool = False

    @property
    def consent_language(self) -> str:
        """The language in which the wording of the consent stands on it; '' without one."""
        consent = self.form.consent
        return spoken(consent.text, self.language) if consent else ""

    @property
    def _(self) -> Translator:
        return translator_for(self.language)

    def ask(
        self,
        stamps: Stamps,
        stamp: Stamp,
        answers: FormAnswers | None = None,
        *,
        trouble: str = "",
        status: int = 200,
    ) -> Response:
        """The form, with what was typed and what is wrong with it.

        Args:
            trouble: what stands above it, already translated.
        """
        answers = answers or FormAnswers({})
        consent = self.form.consent
        shown = page(
            "form.html",
            self._,
            status,
            **self._heading(),
            intro=self._said(self.form.intro),
            button=self._said(self.form.button) or self._("Send"),
            trouble=trouble,
            fields=[self._field(one, answers) for one in self.form.fields],
            consent={
                "text": said(consent.text, self.language),
                "required": consent.required,
                "agreed": answers.agreed,
                "mistake": self._mistake(answers, CONSENT, 0),
            }
            if consent
            else None,
            stamp=stamps.write(stamp),
            work=stamp.page,
            trap=TRAP,
            agreed_to=CONSENT,
            carried=self.came_from.told,
            preview=self.preview,
            others=self._other_languages(),
        )
        return self._guarded(shown)

    def done(self) -> Response:
        """What is shown after it was sent. A page within another leads on by a link: it is not the
        whole window."""
        if self.form.redirect and not self.embedded:
            return self._guarded(RedirectResponse(self.form.redirect, 303))
        shown = page(
            "form_done.html",
            self._,
            **self._heading(),
            done=self._said(self.form.done) or self._(THANKS),
            asks=self.form.confirm,
            leads_to=self.form.redirect,
        )
        return self._guarded(shown)

    def closed(self) -> Response:
        """What is shown in place of a form that takes nothing."""
        shown = page("form_closed.html", self._, 410, **self._heading())
        return self._guarded(shown)

    def _heading(self) -> dict[str, Any]:
        return {
            "sender": self.sender,
            "title": said(self.form.title, self.language),
            "spoken": self.language,
            "direction": _locale(self.language).text_direction,
            "embedded": self.embedded,
            "name": self.form.name,
        }

    def _said(self, texts: Mapping[str, str] | None) -> str:
        return said(texts, self.language) if texts else ""

    def _field(self, one: FormField, answers: FormAnswers) -> dict[str, object]:
        if one.kind == "country":
            choices = _countries(self.language)
        else:
            choices = [(each.value, said(each.label, self.language)) for each in one.choices]
        return {
            "name": f"{FIELD}{one.field}",
            "id": f"field-{self.form.fields.index(one)}",
            "kind": one.kind,
            "input": _INPUTS.get(one.kind, "text"),
            "label": said(one.label, self.language),
            "hint": self._said(one.hint),
            "required": one.required,
            "value": answers.typed.get(one.field, ""),
            "mistake": self._mistake(answers, one.field, one.longest),
            "choices": choices,
            "longest": one.longest,
            "filled_as": _FILLED_AS.get(one.field, "off"),
        }

    def _mistake(self, answers: FormAnswers, name: str, longest: int) -> str:
        wrong = answers.mistakes.get(name, "")
        return self._(wrong, number=longest) if wrong else ""

    def _other_languages(self) -> list[tuple[str, str, str]]:
        """Tag, own name and address of the form in each of its other languages."""
        if self.embedded:
            return []
        return [
            (
                one,
                str(_locale(one).get_language_name(one) or one),
                "?" + urlencode({**self.came_from.told, "language": one}),
            )
            for one in self.form.title
            if one != self.language
        ]

    def _guarded(self, shown: Response) -> Response:
        """Only the sites that the form names may show it; its own script is all that runs."""
        within = " ".join(["'self'", *self.form.origins]) if self.embedded else "'none'"
        leads_to = urlsplit(self.form.redirect)
        on = f" {leads_to.scheme}://{leads_to.netloc}" if self.form.redirect else ""
        shown.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            f"form-action 'self'{on}; base-uri 'none'; frame-ancestors {within}"
        )
        # With no-referrer a browser does not say by Origin that a page sends to its own site.
        shown.headers["Referrer-Policy"] = "same-origin"
        return shown


@functools.cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except UnknownLocaleError:
        return Locale.parse("en")


@functools.cache
def _countries(language: str) -> list[tuple[str, str]]:
    names = country_names(_locale(language).language)
    known = [(code, name) for code, name in names.items() if country_code(code) == code]
    return sorted(known, key=lambda one: one[1])
