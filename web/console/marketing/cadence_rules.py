"""What a cadence says beside its steps: its name, its topic, when its mail goes, what ends it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from babel.dates import get_day_names
from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup, escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement
from pydantic import ValidationError

from domain.cadences.cadence import ALWAYS_EXIT
from domain.cadences.cadence_form import CadenceForm, WindowForm
from domain.checking.step_mistakes import mistakes_of_rules
from domain.time.window import WEEKDAYS, SendWindow
from web.console.marketing.course import EXITS, window_text
from web.console.marketing.step_text import as_text
from web.console.parts import button, facts, quiet, show
from web.console.words import _

LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_TIME = 60, 2_000, 5
BUSINESS = "business"


def rules_shown(form: CadenceForm, language: str) -> Markup:
    """The rules as they are written, in words."""
    ends = {*form.exit_on, *ALWAYS_EXIT}
    said = facts(
        {
            _("Name of the cadence"): form.name,
            _("Topic"): form.topic,
            _("Mail goes"): window_words(form.window, language),
            _("Ends early when"): ", ".join(_(EXITS[one]) for one in EXITS if one in ends),
        }
    )
    about = Markup("<p>{}</p>").format(form.description) if form.description else Markup()
    if not form.others:
        return about + said
    note = quiet(_("The form has no fields for this: change it in the text."))
    others = Markup("<p>{}</p><pre>{}</pre>").format(note, as_text(dict(form.others)))
    return about + said + others


class RulesDialog:
    """The rules as they are open. The form that is given stays as it is.

    Args:
        topics: those of the consent policy.
        language: the visitor's.
    """

    def __init__(self, form: CadenceForm, topics: Sequence[str], language: str) -> None:
        self.form, self._topics, self._language = copy.copy(form), topics, language
        self.form.window = copy.deepcopy(form.window)
        self.form.exit_on = list(form.exit_on)
        self._fields: dict[str, ValidationElement[Any]] = {}

    async def asked(self, mistakes: Sequence[str]) -> CadenceForm | None:
        """Open it until it is saved without a mistake, which gives the form, or given up: None."""
        with ui.dialog().props("persistent") as self._dialog, ui.card().classes("ask wide-ask"):
            self._dialog.props["aria-label"] = _("Rules")
            show(escape(_("Rules")), "h2")
            self._about()
            if self.form.window is not None:
                self._window(self.form.window)
            self._exits()
            self._whole = ui.label(" ".join(mistakes)).props('role="alert"').classes("wrong")
            self._whole.set_visibility(bool(mistakes))
            with ui.element("div").classes("acts"):
                button(_("Cancel"), lambda: self._dialog.submit(False))
                button(_("Save rules"), self._save, main=True)
        self._dialog.on("keydown.escape", lambda: self._dialog.submit(False))
        saved = await self._dialog
        self._dialog.delete()
        return self.form if saved else None

    def _about(self) -> None:
        name = ui.input(_("Name of the cadence"), value=self.form.name)
        name.props(f"outlined dense maxlength={LONGEST_NAME}")
        name.props["hint"] = _("Small letters, digits and dashes")

        def named() -> None:
            self.form.name = "-".join((name.value or "").lower().split())

        name.on_value_change(named)
        name.on("blur", lambda: name.set_value(self.form.name))
        offered = list(dict.fromkeys([*self._topics, self.form.topic]))
        topic = ui.select(offered, label=_("Topic"), value=self.form.topic)
        topic.props("outlined dense options-dense")
        topic.props["hint"] = _("What leads refuse on the page that mails link to.")
        topic.on_value_change(lambda: setattr(self.form, "topic", str(topic.value or "")))
        about = ui.textarea(_("Whom it is for, and what it is to achieve."))
        about.set_value(self.form.description)
        about.props(f"outlined dense autogrow maxlength={LONGEST_DESCRIPTION}")
        about.on_value_change(
            lambda: setattr(self.form, "description", (about.value or "").strip())
        )
        self._fields |= {"name": name, "topic": topic, "description": about}

    def _window(self, window: WindowForm) -> None:
        names = get_day_names("wide", locale=self._language)
        offered = {BUSINESS: _("Business days of the lead's country")}
        offered |= {code: names[at] for at, code in enumerate(WEEKDAYS)}
        offered |= {one: one for one in window.days if one not in offered}
        with ui.element("fieldset").classes("setting"):
            show(escape(_("When its mail may go, by the lead's clock")), "legend")
            days = ui.select(offered, label=_("Days"), value=list(window.days), multiple=True)
            days.props("outlined dense options-dense use-chips")
            days.on_value_change(lambda: setattr(window, "days", list(days.value or ())))
            with ui.element("div").classes("span-fields"):
                begins = self._time(_("Opens at"), window, "begins")
                ends = self._time(_("Closes at"), window, "ends")
            holidays = ui.checkbox(_("Not on holidays"), value=window.skip_holidays)
            holidays.on_value_change(lambda: setattr(window, "skip_holidays", bool(holidays.value)))
        self._fields |= {"days": days, "begins": begins, "ends": ends}

    def _time(self, label: str, window: WindowForm, name: str) -> ui.input:
        field = ui.input(label, value=getattr(window, name), placeholder="09:00")
        field.props(f"outlined dense maxlength={LONGEST_TIME}")
        field.on_value_change(lambda: setattr(window, name, (field.value or "").strip()))
        return field

    def _exits(self) -> None:
        with ui.element("fieldset").classes("setting"):
            show(escape(_("What ends it early")), "legend")
            for code, name in EXITS.items():
                always = code in ALWAYS_EXIT
                one = ui.checkbox(_(name), value=always or code in self.form.exit_on)
                one.set_enabled(not always)
                one.on_value_change(lambda event, code=code: self._ends(code, on=event.value))

    def _ends(self, code: str, *, on: bool) -> None:
        others = [one for one in self.form.exit_on if one != code]
        self.form.exit_on = [*others, code] if on else others

    async def _save(self) -> None:
        found = await run_in_threadpool(mistakes_of_rules, self.form)
        for name, field in self._fields.items():
            field.without_auto_validation().error = found.get(name)
        whole = found.get("", "")
        self._whole.set_text(whole)
        self._whole.set_visibility(bool(whole))
        if not found:
            self._dialog.submit(True)


def window_words(window: WindowForm | None, language: str) -> str:
    """When mail goes, in words; '' for a window that is wrong."""
    if window is None:
        return ""
    written = {
        "days": window.days,
        "from": window.begins,
        "to": window.ends,
        "skip_holidays": window.skip_holidays,
    }
    try:
        return window_text(SendWindow.model_validate(written), language)
    except ValidationError:
        return ""
