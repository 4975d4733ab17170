"""``/console/consent-settings``: what leads can refuse, how much mail they get, and what ends it,
in a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.access import Action
from domain.authoring.yaml_source import Path
from domain.consent.consent_form import CapRow, TopicRow, TopicText, form_of, with_form
from domain.consent.policy import ConsentPolicy
from domain.email.sender import BRAND, OWNER
from store.published.published_texts import PublishedText
from web.console import labels
from web.console.pages import console_page
from web.console.parts import button, quiet, section, show
from web.console.sales.policy_form import Fields, PolicyForm, doubles_of, policy_to_change
from web.console.visit import PageVisit
from web.console.words import N_, _

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "sv", "tr", "zh")
"""Languages that are offered; others can be written into the file."""
PERIODS = {"day": N_("within 24 hours"), "week": N_("within seven days")}
ACTIONS = {"suppress": N_("No more mail goes there"), "record": N_("It is kept, and mail goes on")}


@console_page("/consent-settings", Action.PUBLISH, N_("Consent"))
async def consent_settings(visit: PageVisit) -> None:
    """What ``consent.yaml`` says, for whoever publishes it."""
    ConsentSettings(visit, *await policy_to_change(visit, ConsentPolicy)).build()


class ConsentSettings:
    """The form as it is open."""

    def __init__(self, visit: PageVisit, published: PublishedText, policy: ConsentPolicy) -> None:
        self.visit, self._published = visit, published
        self._begun, self.form = form_of(policy), form_of(policy)
        self._fields: dict[Path, ValidationElement[Any]] = {}
        self._codes: dict[int, ValidationElement[Any]] = {}

    def build(self) -> None:
        """All of it, where the page is being built."""
        PolicyForm(
            self.visit,
            "consent",
            self._published,
            lambda data: with_form(data, self._begun, self.form),
            self._where,
            doubles=self._doubles,
        )
        with section(_("Topics that leads can refuse")):
            said = _("Leads whose language is missing read the English words.")
            show(quiet(said), "p")
            self._topics = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add a topic"), self._add_topic)
        with section(_("How much mail a lead gets")):
            show(quiet(_("A mail over a cap waits.")), "p")
            self._caps = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add a cap"), self._add_cap)
        with section(_("What ends mail")), ui.element("fieldset").classes("setting"):
            self._action("hard_bounce", _("An address does not exist"))
            self._action("complaint", _("A lead calls a mail spam"))
            self._soft_bounces()
        self._draw_topics()
        self._draw_caps()

    def _where(self) -> Fields:
        return self._fields

    def _doubles(self) -> list[ValidationElement[Any]]:
        return doubles_of((one.code, self._codes.get(id(one))) for one in self.form.topics)

    def _keep(
        self, path: Path, field: ValidationElement[Any], keep: Callable[[Any], object]
    ) -> None:
        field.props("outlined dense options-dense")
        field.on_value_change(lambda: keep(field.value))
        self._fields[path] = field

    def _forget(self, part: str) -> None:
        self._fields = {path: one for path, one in self._fields.items() if path[0] != part}

    def _draw_topics(self) -> None:
        self._forget("topics")
        self._forget("senders")
        self._codes.clear()
        self._topics.clear()
        with self._topics:
            for topic in self.form.topics:
                self._topic(topic)

    def _topic(self, topic: TopicRow) -> None:
        with ui.element("fieldset").classes("setting"):
            english = topic.words.get("en", TopicText())
            show(escape(english.name or _("New topic")), "legend")
            if not topic.was:
                code = ui.input(_("Short name"), value=topic.code).props("maxlength=60")
                hint = _("Small letters, digits and dashes")
                code.props(f'hint="{hint}"')
                self._codes[id(topic)] = code
                self._keep(
                    ("topics",), code, lambda value: setattr(topic, "code", (value or "").strip())
                )
            senders = {"": _("As usual"), OWNER: _("The lead's owner"), BRAND: _("The company")}
            senders |= {code: labels.person(code) for code in sorted(self.visit.people)}
            senders.setdefault(topic.sender, topic.sender)
            sender = ui.select(senders, label=_("Mails are from"), value=topic.sender)
            self._keep(
                ("senders", topic.code),
                sender,
                lambda value: setattr(topic, "sender", value or ""),
            )
            for language, words in topic.words.items():
                self._words(topic, language, words)
            missing = [one for one in LANGUAGES if one not in topic.words]
            adding = ui.select(
                {one: labels.spoken(one) for one in missing}, label=_("Add a language")
            ).props("outlined dense options-dense")
            adding.on_value_change(lambda: self._add_language(topic, str(adding.value)))
            removing = button(_("Remove"), lambda: self._remove_topic(topic), danger=True)
            removing.props["aria-label"] = f"{_('Remove')}: {english.name}"

    def _words(self, topic: TopicRow, language: str, words: TopicText) -> None:
        spoken = labels.spoken(language)
        with ui.element("div").classes("in-language"):
            name = ui.input(f"{_('Name')} ({spoken})", value=words.name)
            self._keep(
                ("topics", topic.code, language, "name"),
                name.props("maxlength=300"),
                lambda value: setattr(words, "name", (value or "").strip()),
            )
            about = ui.input(f"{_('What it is about')} ({spoken})", value=words.description)
            self._keep(
                ("topics", topic.code, language, "description"),
                about.props("maxlength=300").classes("wide"),
                lambda value: setattr(words, "description", (value or "").strip()),
            )
            if language != "en":
                removing = ui.button(
                    icon="close",
                    color=None,
                    on_click=lambda: self._remove_language(topic, language),
                )
                removing.props("flat dense").classes("builder-remove")
                removing.props["aria-label"] = f"{_('Remove')}: {spoken}"

    def _add_topic(self) -> None:
        self.form.topics.append(TopicRow(words={"en": TopicText()}))
        self._draw_topics()

    def _remove_topic(self, topic: TopicRow) -> None:
        self.form.topics.remove(topic)
        with self._topics:
            self._draw_topics()

    def _add_language(self, topic: TopicRow, language: str) -> None:
        topic.words[language] = TopicText()
        with self._topics:
            self._draw_topics()

    def _remove_language(self, topic: TopicRow, language: str) -> None:
        del topic.words[language]
        with self._topics:
            self._draw_topics()

    def _draw_caps(self) -> None:
        self._forget("caps")
        self._caps.clear()
        with self._caps:
            for at, cap in enumerate(self.form.caps):
                self._cap(at, cap)

    def _cap(self, at: int, cap: CapRow) -> None:
        with ui.element("fieldset").classes("setting"):
            times = ui.number(_("Mails"), value=cap.times, precision=0, min=1)
            self._keep(
                ("caps", at),
                times.classes("short"),
                lambda value: setattr(cap, "times", None if value is None else int(value)),
            )
            periods = {code: _(name) for code, name in PERIODS.items()}
            per = ui.select(periods, value=cap.per)
            per.props["aria-label"] = _("Period of the limit")
            self._keep(("caps", at, "per"), per, lambda value: setattr(cap, "per", value))
            removing = button(_("Remove"), lambda: self._remove_cap(cap), danger=True)
            removing.props["aria-label"] = f"{_('Remove')}: {cap.times} {_(PERIODS[cap.per])}"

    def _add_cap(self) -> None:
        self.form.caps.append(CapRow(2, "day"))
        self._draw_caps()

    def _remove_cap(self, cap: CapRow) -> None:
        self.form.caps.remove(cap)
        with self._caps:
            self._draw_caps()

    def _action(self, name: str, label: str) -> None:
        actions = {code: _(action) for code, action in ACTIONS.items()}
        field = ui.select(actions, label=label, value=getattr(self.form, name)).classes("action")
        self._keep((name,), field, lambda value: setattr(self.form, name, value))

    def _soft_bounces(self) -> None:
        form = self.form
        count = ui.number(_("Mail comes back so often"), value=form.soft_count, precision=0)
        self._keep(
            ("soft_bounces", "count"),
            count,
            lambda value: setattr(form, "soft_count", None if value is None else int(value)),
        )
        within = ui.input(_("Within"), value=form.soft_within)
        self._keep(
            ("soft_bounces", "within"),
            within.classes("short"),
            lambda value: setattr(form, "soft_within", (value or "").strip()),
        )
        actions = {code: _(action) for code, action in ACTIONS.items()}
        action = ui.select(actions, label=_("What follows"), value=form.soft_action)
        self._keep(
            ("soft_bounces", "action"),
            action.classes("action"),
            lambda value: setattr(form, "soft_action", value),
        )
