"""Who a lead is, entered and corrected in dialogs, and the further ways to reach it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from markupsafe import Markup
from nicegui import ui

import services.persons
from domain.access import Action
from domain.lead_files.person import PersonFields
from services.access import team_of
from store.lead_work.persons import FORMER, OtherContact, Person, person_of
from store.published.cadences import enterable_cadences
from store.views.lead_search import owners
from web.console import labels
from web.console.forms import Fields, fill_in
from web.console.frame import say_done
from web.console.parts import button, quiet, show, sure
from web.console.visit import PageVisit
from web.console.words import N_, _

FIELDS = {
    "email": N_("E-mail address"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "title": N_("Job title"),
    "phone": N_("Phone"),
    "company": N_("Company"),
    "country": N_("Country"),
    "language": N_("Language"),
    "time_zone": N_("Time zone"),
}
"""What is asked of a person, in its order."""
CONTACTS = {"phone": N_("Phone"), "email": N_("E-mail address")}
"""Kinds of further ways to reach somebody."""


async def enter_lead(visit: PageVisit) -> None:
    """Ask who a new lead is, and go to its page."""
    cadences = await visit.read(enterable_cadences)
    people = await visit.read(owners, team_of(visit.caller))
    found: list[Person] = []

    def fields() -> Fields:
        made: dict[str, Any] = {name: ui.input(_(label)) for name, label in FIELDS.items()}
        made["email"].props("type=email")
        journeys = {"": _("None: no journey is started")} | {name: name for name in cadences}
        made["cadence"] = ui.select(journeys, label=_("Cadence"), value="")
        if not visit.caller.of_one_team:
            nobody = {"": _("Nobody")}
            made["owner"] = ui.select(nobody | people, label=_("Owner"), value="")
        made["source"] = ui.input(_("Source"))
        return made

    async def save(typed: dict[str, Any]) -> None:
        said = {name: typed[name] for name in FIELDS if typed[name].strip() or name == "email"}
        if not said["email"].strip():
            del said["email"]
        found.append(
            await visit.act(
                services.persons.create,
                PersonFields(**said),
                cadence=typed["cadence"],
                owner=typed.get("owner", ""),
                source=typed["source"].strip(),
            )
        )

    if await fill_in(_("New lead"), _("Enter the lead"), fields, save, pairs=True):
        say_done(
            _("The lead is entered.")
            if found[-1].email
            else _("The lead is entered. Sales is to call it: no mail can go to it.")
        )
        ui.navigate.to(f"/leads/{found[-1].lead_id}")


class PersonPart:
    """On a lead's page: what is known of the person, what was said instead, and the further ways
    to reach them.

    Args:
        changed: called after something was done.
    """

    def __init__(
        self, visit: PageVisit, lead_id: int, changed: Callable[[], Awaitable[None]]
    ) -> None:
        self.visit, self.lead_id, self._changed = visit, lead_id, changed
        self._facts = show(Markup())
        self._others = ui.element("div").classes("stack by-hand")
        if visit.may(Action.EDIT_LEADS):
            with ui.element("div").classes("acts"):
                button(_("Correct"), self._correct, key="e")
                button(_("Add a phone or address"), self._add)

    async def refresh(self, facts: Markup) -> None:
        """Read it anew; ``facts`` is what the page itself knows of the person."""
        person = await self.visit.read(person_of, self.lead_id)
        self._facts.set_content(facts)
        self._others.clear()
        if person is None:
            return
        with self._others:
            for contact in person.contacts:
                self._contact(contact)
            for claim in person.claims:
                if claim.field in person.entered:
                    self._claim(claim.field, claim.value, claim.source)

    def _contact(self, contact: OtherContact) -> None:
        label = _("former") if contact.label == FORMER else contact.label
        scheme = "tel:" if contact.kind == "phone" else ""
        value = Markup('<a href="tel:{}">{}</a>').format(contact.value, contact.value)
        with ui.element("div").classes("acts"):
            show(
                Markup("<span>{}</span> {}").format(
                    value if scheme else contact.value,
                    quiet(label or _(CONTACTS[contact.kind])),
                ),
                "span",
            )
            if self.visit.may(Action.EDIT_LEADS):
                main = _("Call there") if contact.kind == "phone" else _("Write there")
                button(main, partial(self._make_primary, contact))
                button(_("Remove"), partial(self._remove, contact))

    def _claim(self, field: str, value: str, source: str) -> None:
        with ui.element("div").classes("acts"):
            show(
                Markup("<span>{}</span>").format(
                    _(
                        "{source} says {field}: {value}",
                        source=source,
                        field=_(FIELDS[field]),
                        value=value,
                    )
                ),
                "span",
            )
            if self.visit.may(Action.EDIT_LEADS):
                button(_("Take it over"), partial(self._take_over, field, value))

    async def _correct(self) -> None:
        person = await self.visit.read(person_of, self.lead_id)
        if person is None:
            return
        known = {name: getattr(person, name) for name in FIELDS}
        known["country"] = labels.country(person.country) if person.country else ""
        known["language"] = labels.spoken(person.language)

        def fields() -> Fields:
            return {name: ui.input(_(FIELDS[name]), value=known[name]) for name in FIELDS}

        async def save(typed: dict[str, Any]) -> None:
            said = {name: value for name, value in typed.items() if value != known[name]}
            if said:
                await self.visit.act(services.persons.correct, self.lead_id, PersonFields(**said))

        if await fill_in(_("Correct the lead"), _("Save"), fields, save, pairs=True):
            say_done(_("Saved. No import and no program replaces what you entered."))
            await self._changed()

    async def _take_over(self, field: str, value: str) -> None:
        said = PersonFields(**{field: value})
        await self.visit.act(services.persons.correct, self.lead_id, said)
        await self._changed()

    async def _add(self) -> None:
        def fields() -> Fields:
            kinds = {kind: _(label) for kind, label in CONTACTS.items()}
            return {
                "kind": ui.select(kinds, label=_("What"), value="phone"),
                "value": ui.input(_("Number or address")),
                "label": ui.input(_("What it is called, such as mobile")),
            }

        async def save(typed: dict[str, Any]) -> None:
            await self.visit.act(services.persons.add_contact, self.lead_id, **typed)

        if await fill_in(_("Add a phone or address"), _("Add"), fields, save):
            say_done(_("Kept. Nothing is sent there until you choose it."))
            await self._changed()

    async def _make_primary(self, contact: OtherContact) -> None:
        question = (
            _("Call {value} from now on?", value=contact.value)
            if contact.kind == "phone"
            else _("Have mail go to {value} from now on?", value=contact.value)
        )
        if await sure(question, _("Change it"), danger=False):
            await self.visit.act(services.persons.make_primary, self.lead_id, contact.id)
            await self._changed()

    async def _remove(self, contact: OtherContact) -> None:
        if await sure(_("Remove {value}?", value=contact.value), _("Remove")):
            await self.visit.act(services.persons.remove_contact, self.lead_id, contact.id)
            await self._changed()
