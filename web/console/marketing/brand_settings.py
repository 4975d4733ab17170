"""``/console/brand-settings``: how mails look, whom they are from and what stands under them, in a
form with a mail beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup, escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.access import Action
from domain.authoring.yaml_source import Path, SourceProblem, read, validate
from domain.brand.brand_form import SenderRow, WordsRow, form_of, with_form
from domain.brand.policy import ENGLISH, BrandPolicy, Font
from domain.consent.policy import ConsentPolicy
from settings import ROOT
from store.consent.consent import consent_policy
from store.published.published_texts import (
    PublishedText,
    TemplateLine,
    list_templates,
    published_texts,
)
from web.console import labels
from web.console.marketing.brand_preview import BrandPreview
from web.console.marketing.consent_settings import LANGUAGES
from web.console.marketing.image_picker import pick_image
from web.console.pages import console_page
from web.console.parts import button, quiet, section, show
from web.console.sales.policy_form import Fields, PolicyForm, doubles_of, field_of
from web.console.visit import PageVisit
from web.console.words import N_, _

SHIPPED = ROOT / "cadences" / "brand.yaml"
"""What the form begins with until one is published."""
COLORS = {
    "text": N_("Text"),
    "link": N_("Links and the company's name"),
    "button": N_("Buttons"),
    "button_text": N_("Text on buttons"),
    "small_print": N_("Small print"),
    "background": N_("Background"),
    "line": N_("Line above the footer"),
}
FONTS = {
    "helvetica": "Helvetica",
    "arial": "Arial",
    "verdana": "Verdana",
    "tahoma": "Tahoma",
    "trebuchet": "Trebuchet",
    "georgia": "Georgia",
    "times": "Times New Roman",
    "courier": "Courier New",
}
FOOTERS = {
    "footer": N_("Why leads get marketing's mails"),
    "footer_customer": N_("Why customers get them"),
    "footer_called": N_("Why somebody gets them whom we called"),
    "footer_meeting": N_("Under mails about a meeting"),
}
LABELS = {
    "preferences": N_("Link to the preferences"),
    "between": N_("Between the links"),
    "unsubscribe": N_("Link to unsubscribe"),
    "signed": N_("After the name of who signs (optional)"),
}
PAUSE = 0.5
"""Seconds without typing after which the mail is drawn anew."""


@console_page("/brand-settings", Action.PUBLISH, N_("Brand"))
async def brand_settings(visit: PageVisit) -> None:
    """What ``brand.yaml`` says, for whoever publishes it."""
    versions = await visit.read(published_texts, "policy", BrandPolicy.name())
    published = (
        versions[0] if versions else await run_in_threadpool(_shipped, visit.context.real_now())
    )
    mails = await visit.read(list_templates)
    consent = await visit.read(consent_policy)
    page = BrandSettings(visit, published, mails, consent)
    page.build()
    await page.look()


def _shipped(at: datetime) -> PublishedText:
    return PublishedText(0, 0, SHIPPED.read_text(encoding="utf-8"), at)


class BrandSettings:
    """The form as it is open."""

    def __init__(
        self,
        visit: PageVisit,
        published: PublishedText,
        mails: list[TemplateLine],
        consent: ConsentPolicy,
    ) -> None:
        policy, _problems = validate(BrandPolicy, published.source, "")
        if policy is None:
            raise ValueError("The policy in force can't be read.")
        self.visit, self._published, self._consent = visit, published, consent
        self._begun, self.form = form_of(policy), form_of(policy)
        self._preview = BrandPreview(visit, mails)
        self._fields: dict[Path, ValidationElement[Any]] = {}
        self._topics: dict[int, ValidationElement[Any]] = {}
        self._timer: ui.timer | None = None

    def build(self) -> None:
        """All of it, where the page is being built."""
        self._policy_form = PolicyForm(
            self.visit,
            "brand",
            self._published,
            lambda data: with_form(data, self._begun, self.form),
            self._where,
            doubles=self._doubles,
        )
        with ui.element("div").classes("writing brand-form"):
            with ui.element("div").classes("stack"):
                with section(_("Company")), ui.element("fieldset").classes("setting"):
                    self._company()
                with section(_("Look")):
                    self._logo_part()
                    self._look_part()
                with section(_("Senders")):
                    said = _(
                        "Mails that no rep sends are from these. An address has to be at a domain "
                        "that the company sends from ({domains}).",
                        domains=", ".join(sorted(self.visit.context.settings.sending_domains())),
                    )
                    show(quiet(said), "p")
                    self._senders = ui.element("div").classes("stack")
                    with ui.element("div").classes("acts"):
                        button(_("Add a sender"), self._add_sender)
                with section(_("Languages")):
                    said = _(
                        "What stands under mails. {company} is the company's name. The postal "
                        "address and the link to unsubscribe always stand there.",
                        company="{company}",
                    )
                    show(quiet(said), "p")
                    self._languages = ui.element("div").classes("stack")
                    with ui.element("div").classes("acts"):
                        self._adding_language = ui.element("div").classes("adding-language")
            self._preview.build()
        self._draw_senders()
        self._draw_languages()

    async def look(self) -> None:
        """Draw the mail anew, and say at its field what can't stay so."""
        text = await run_in_threadpool(self._policy_form.written)
        policy, problems = await run_in_threadpool(validate, BrandPolicy, text, "")
        self._tell(text, problems)
        if policy is not None:
            await self._preview.show(policy)

    def _tell(self, text: str, problems: list[SourceProblem]) -> None:
        source = read(text, "")
        found = {
            id(field): one.message
            for one in reversed(problems)
            if (field := field_of(source.path_at(one.line, one.column), self._fields)) is not None
        }
        for field in self._fields.values():
            if field.error != found.get(id(field)):
                field.error = found.get(id(field))

    def _where(self) -> Fields:
        return self._fields

    def _doubles(self) -> list[ValidationElement[Any]]:
        return doubles_of((one.topic, self._topics.get(id(one))) for one in self.form.senders)

    def _changed(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = ui.timer(PAUSE, self.look, once=True)

    def _keep(
        self, path: Path, field: ValidationElement[Any], keep: Callable[[Any], object]
    ) -> ValidationElement[Any]:
        def kept() -> None:
            keep(field.value)
            self._changed()

        field.props("outlined dense options-dense")
        field.on_value_change(kept)
        self._fields[path] = field
        return field

    def _text(self, path: Path, label: str, of: Any, name: str) -> ValidationElement[Any]:
        field = ui.input(label, value=getattr(of, name)).props("maxlength=300")
        return self._keep(path, field, lambda value: setattr(of, name, (value or "").strip()))

    def _forget(self, *parts: str) -> None:
        self._fields = {path: one for path, one in self._fields.items() if path[0] not in parts}

    def _company(self) -> None:
        self._text(("company",), _("Name"), self.form, "company")
        address = self._text(("postal_address",), _("Postal address"), self.form, "postal_address")
        address.classes("wide")
        usual = self.visit.context.settings.email_postal_address
        address.props["hint"] = _("Empty: {address}", address=usual)

    def _logo_part(self) -> None:
        with ui.element("fieldset").classes("setting"):
            show(escape(_("Logo")), "legend")
            self._logo = ui.element("div").classes("logo")
            width = ui.number(_("Width in pixels"), value=self.form.logo_width, precision=0)
            self._keep(
                ("logo", "width"),
                width.classes("short"),
                lambda value: setattr(
                    self.form, "logo_width", None if value is None else int(value)
                ),
            )
            button(_("Choose an image"), self._choose_logo)
            self._no_logo = button(_("Remove"), self._remove_logo, danger=True)
            self._no_logo.props["aria-label"] = f"{_('Remove')}: {_('Logo')}"
        self._draw_logo()

    async def _choose_logo(self) -> None:
        chosen = await pick_image(self.visit)
        if chosen is not None:
            self.form.logo = chosen.name
            self._draw_logo()
            await self.look()

    async def _remove_logo(self) -> None:
        self.form.logo = ""
        self._draw_logo()
        await self.look()

    def _draw_logo(self) -> None:
        self._logo.clear()
        self._no_logo.set_visibility(bool(self.form.logo))
        with self._logo:
            if not self.form.logo:
                show(quiet(_("The company's name stands in its place.")), "p")
                return
            said = Markup('<img src="/images/{}" alt="{}">')
            show(said.format(self.form.logo, _("Logo")), "p")

    def _look_part(self) -> None:
        with ui.element("fieldset").classes("setting"):
            show(escape(_("Colours")), "legend")
            said = _("Everybody can read text whose contrast is at least 4.5 to 1.")
            show(quiet(said), "p")
            for name, label in COLORS.items():
                self._color(name, _(label))
        with ui.element("fieldset").classes("setting"):
            show(escape(_("Font")), "legend")
            offered = {one: FONTS[one] for one in get_args(Font)}
            font = ui.select(offered, value=self.form.font)
            font.props["aria-label"] = _("Font")
            self._keep(("font",), font, lambda value: setattr(self.form, "font", value))

    def _color(self, name: str, label: str) -> None:
        value = self.form.colors[name]
        field = ui.input(label, value=value).props("maxlength=30").classes("color")
        with field.add_slot("append"):
            swatch = ui.element("input").props("type=color")
        swatch.props["value"] = value
        choosing = _("Choose a colour")
        swatch.props["aria-label"] = f"{choosing}: {label}"
        swatch.on(
            "change",
            lambda event: field.set_value(str(event.args)),
            js_handler="(event) => emit(event.target.value)",
        )

        def keep(typed: Any) -> None:
            written = str(typed or "").strip()
            self.form.colors[name] = written
            swatch.props["value"] = written

        self._keep(("colors", name), field, keep)

    def _draw_senders(self) -> None:
        self._forget("sender", "senders")
        self._topics.clear()
        self._senders.clear()
        with self._senders:
            self._sender(self.form.sender, ("sender",))
            for one in self.form.senders:
                self._sender(one, ("senders", one.topic))

    def _sender(self, row: SenderRow, path: Path) -> None:
        with ui.element("fieldset").classes("setting"):
            if path == ("sender",):
                show(escape(_("All mails")), "legend")
                settings = self.visit.context.settings
                usual = f"{settings.email_from_name} <{settings.email_from}>"
                show(quiet(_("Empty: {address}", address=usual)), "p")
            else:
                known = {
                    topic: words.name
                    for topic, words in self._consent.words_of_topics(self.visit.language).items()
                }
                known.setdefault(row.topic, row.topic)
                topic = ui.select(known, label=_("Topic"), value=row.topic)
                self._topics[id(row)] = topic
                self._keep(path, topic, lambda value: self._name_topic(row, str(value or "")))
            self._text((*path, "name"), _("Name"), row, "name")
            self._text((*path, "email"), _("E-mail address"), row, "email")
            if path != ("sender",):
                removing = button(_("Remove"), lambda: self._remove_sender(row), danger=True)
                removing.props["aria-label"] = f"{_('Remove')}: {row.topic or _('Sender')}"

    def _name_topic(self, row: SenderRow, topic: str) -> None:
        row.topic = topic
        with self._senders:
            self._draw_senders()

    def _add_sender(self) -> None:
        taken = {one.topic for one in self.form.senders}
        free = next((one for one in sorted(self._consent.topics) if one not in taken), "")
        self.form.senders.append(SenderRow(free))
        self._draw_senders()

    def _remove_sender(self, row: SenderRow) -> None:
        self.form.senders.remove(row)
        with self._senders:
            self._draw_senders()
        self._changed()

    def _draw_languages(self) -> None:
        self._forget("languages")
        self._languages.clear()
        with self._languages:
            for language, words in self.form.languages.items():
                self._language(language, words)
        self._adding_language.clear()
        with self._adding_language:
            missing = [one for one in LANGUAGES if one not in self.form.languages]
            adding = ui.select(
                {one: labels.spoken(one) for one in missing}, label=_("Add a language")
            ).props("outlined dense options-dense")
            adding.on_value_change(lambda: self._add_language(str(adding.value)))
        self._preview.speak(self.form.languages)

    def _language(self, language: str, words: WordsRow) -> None:
        spoken, path = labels.spoken(language), ("languages", language)
        with ui.element("details").classes("brand-language"):
            show(escape(spoken), "summary")
            with ui.element("fieldset").classes("setting"):
                company = self._text((*path, "company"), _("Name of the company"), words, "company")
                company.props["hint"] = _("Empty: {name}", name=self.form.company)
                for name, label in FOOTERS.items():
                    self._text((*path, name), _(label), words, name).classes("line")
                for name, label in LABELS.items():
                    self._text((*path, name), _(label), words, name)
                contact = ui.checkbox(
                    _("The sender's e-mail address stands in the footer"), value=words.contact
                ).props("dense")
                contact.bind_value_to(words, "contact")
                contact.on_value_change(self._changed)
                if language != ENGLISH:
                    removing = button(
                        _("Remove"), lambda: self._remove_language(language), danger=True
                    )
                    removing.props["aria-label"] = f"{_('Remove')}: {spoken}"

    def _add_language(self, language: str) -> None:
        """It begins with the English words, to be translated."""
        self.form.languages[language] = replace(self.form.languages[ENGLISH])
        with self._languages:
            self._draw_languages()

    def _remove_language(self, language: str) -> None:
        del self.form.languages[language]
        with self._languages:
            self._draw_languages()
        self._changed()
