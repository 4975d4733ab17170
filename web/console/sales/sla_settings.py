"""``/console/sla-settings``: what marketing and sales promise each other, in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.access import Action
from domain.authoring.yaml_source import Path
from domain.sales.sla import SlaPolicy
from domain.sales.sla_form import SPANS, UNITS, BreachRow, SpanRow, form_of, with_form
from store.published.published_texts import PublishedText
from web.console.pages import console_page
from web.console.parts import button, quiet, section, show
from web.console.sales.policy_form import Fields, PolicyForm, policy_to_change
from web.console.visit import PageVisit
from web.console.words import N_, _

UNIT_NAMES = {
    "business minutes": N_("business minutes"),
    "business hours": N_("business hours"),
    "business days": N_("business days"),
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
    "weeks": N_("weeks"),
}
SPAN_NAMES = {
    "hand_over_within": N_("A lead that is ready is in a rep's list within"),
    "accept_within": N_("A lead is accepted or returned within"),
    "accept_hot_within": N_("A hot lead is accepted or returned within"),
    "first_week": N_("The first week is"),
    "return_within": N_("A lead that is not worked is returned within"),
}
ACTIONS = {
    "remind": N_("Remind the rep"),
    "reassign": N_("Give the lead to a colleague"),
    "tell_manager": N_("Tell the manager"),
}


@console_page("/sla-settings", Action.PUBLISH_TEAM, N_("SLA"))
async def sla_settings(visit: PageVisit) -> None:
    """What ``sla.yaml`` says, for whoever answers for the teams."""
    SlaSettings(visit, *await policy_to_change(visit, SlaPolicy)).build()


class SlaSettings:
    """The form as it is open."""

    def __init__(self, visit: PageVisit, published: PublishedText, policy: SlaPolicy) -> None:
        self.visit, self._published = visit, published
        self._begun, self.form = form_of(policy), form_of(policy)
        self._fields: dict[Path, ValidationElement[Any]] = {}

    def build(self) -> None:
        """All of it, where the page is being built."""
        PolicyForm(
            self.visit,
            "sla",
            self._published,
            lambda data: with_form(data, self._begun, self.form),
            self._where,
        )
        with section(_("Marketing to sales")), ui.element("fieldset").classes("setting"):
            self._count("mqls_a_month", "marketing", _("Leads that are handed over in a month"))
            self._span("hand_over_within")
        with section(_("Sales to marketing")), ui.element("fieldset").classes("setting"):
            for name in ("accept_within", "accept_hot_within"):
                self._span(name)
            self._count("calls_in_first_week", "sales", _("Calls in the first week"))
            for name in ("first_week", "return_within"):
                self._span(name)
        with section(_("When a promise is broken")):
            show(quiet(_("Counted from when it was due.")), "p")
            self._actions = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add an action"), self._add)
            pilot = ui.checkbox(
                _("Measure only: nobody is reminded or loses a lead"), value=self.form.pilot
            )
            pilot.bind_value_to(self.form, "pilot")
        self._draw_actions()

    def _where(self) -> Fields:
        return self._fields

    def _count(self, name: str, side: str, label: str) -> None:
        field = ui.number(label, value=getattr(self.form, name), precision=0)
        field.props("outlined dense")
        field.on_value_change(
            lambda change: setattr(
                self.form, name, None if change.value is None else int(change.value)
            )
        )
        self._fields[side, name] = field

    def _span(self, name: str) -> None:
        with ui.element("div").classes("span-of"):
            show(escape(_(SPAN_NAMES[name])), "span")
            amount = self._amount(_(SPAN_NAMES[name]), self.form.spans[name])
            unit = _unit(self.form.spans[name])

        def changed() -> None:
            self.form.spans[name] = SpanRow(int(amount.value or 0), str(unit.value))

        amount.on_value_change(changed)
        unit.on_value_change(changed)
        self._fields[SPANS[name], name] = amount

    @staticmethod
    def _amount(label: str, span: SpanRow) -> ui.number:
        field = ui.number(value=span.amount, precision=0, min=0).props("outlined dense")
        field.props["aria-label"] = label
        return field.classes("short")

    def _draw_actions(self) -> None:
        self._fields = {path: one for path, one in self._fields.items() if path[0] != "on_breach"}
        self._actions.clear()
        with self._actions:
            for at, row in enumerate(self.form.on_breach):
                self._action(at, row)

    def _action(self, at: int, row: BreachRow) -> None:
        with ui.element("fieldset").classes("setting"):
            amount = self._amount(_("After"), row.after).props(f'label="{_("After")}"')
            unit = _unit(row.after)
            do = ui.select({code: _(name) for code, name in ACTIONS.items()}, value=row.do)
            do.props("outlined dense").classes("action")

            def changed() -> None:
                span = SpanRow(int(amount.value or 0), str(unit.value))
                self.form.on_breach[at] = BreachRow(span, str(do.value))

            for field in (amount, unit, do):
                field.on_value_change(changed)
            removing = button(_("Remove"), partial(self._remove, at), danger=True)
            removing.props["aria-label"] = f"{_('Remove')}: {_(ACTIONS[row.do])}"
        self._fields["on_breach", at, "after"] = amount
        self._fields["on_breach", at, "do"] = do

    def _add(self) -> None:
        last = self.form.on_breach[-1].after if self.form.on_breach else SpanRow(0, UNITS[0])
        self.form.on_breach.append(BreachRow(replace(last, amount=last.amount + 1), "tell_manager"))
        self._draw_actions()

    def _remove(self, at: int) -> None:
        del self.form.on_breach[at]
        self._draw_actions()


def _unit(span: SpanRow) -> ui.select:
    names: Mapping[str, str] = {code: _(UNIT_NAMES[code]) for code in UNITS}
    field = ui.select(dict(names), value=span.unit).props("outlined dense")
    field.props["aria-label"] = _("Unit")
    return field
