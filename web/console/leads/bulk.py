"""What can be done about several leads of the list at once: those that are ticked, or all that its
filters let through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape
from nicegui import ui

import services.persons
import services.suppressions
from domain.access import Action
from domain.lead_files.person import PersonFields
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from services.enrollments import MOST
from store.routing import presence
from store.views.lead_search import LeadFilter, lead_ids
from web.api import paging
from web.console.forms import FormDialog
from web.console.frame import say_done, say_no
from web.console.leads.person import FIELDS
from web.console.lists.export import export_button
from web.console.marketing.enroll import enroll_leads
from web.console.parts import button, show
from web.console.refusals import told
from web.console.sales.give import Giving
from web.console.visit import PageVisit
from web.console.words import _, ngettext

AT_ONCE = 500
"""Leads that are changed one by one."""
SET_TOGETHER = ("title", "company", "country", "language", "time_zone")
"""What several leads may have in common."""


@dataclass(frozen=True)
class _Outcome:
    """How many leads were changed, and the others with why not."""

    done: int
    refused: Sequence[tuple[int, str]]


class LeadBulk:
    """The bar above the list.

    Args:
        wanted: the filters of the list as they are now.
        parameters: the same as the API's parameters.
        then: shows the list anew.
    """

    def __init__(
        self,
        visit: PageVisit,
        wanted: Callable[[], LeadFilter],
        parameters: Callable[[], Mapping[str, Any]],
        then: Callable[[], Awaitable[None]],
    ) -> None:
        self.visit, self._wanted, self._parameters, self._then = visit, wanted, parameters, then
        self._ids: Sequence[int] = ()
        self._everything = False
        self._giving: Giving | None = None

    async def begin(self) -> None:
        """Show it."""
        visit = self.visit
        if visit.may(Action.REASSIGN):
            reps = await visit.read(presence.reps, visit.context.clock.now())
            self._giving = Giving(visit, reps, self._done)
            acts = self._giving.acts
        else:
            with ui.element("div").classes("chosen").props('role="status"'):
                self._told = ui.label("")
                self._all = button(_("Choose all that match"), self._choose_all)
                acts = ui.element("div").classes("acts")
        self._acts = acts
        with acts:
            if self._giving is not None:
                self._all = button(_("Choose all that match"), self._choose_all)
            if visit.may(Action.ENROLL):
                button(_("Enroll"), self._enroll, main=True)
            if visit.may(Action.SUPPRESS):
                button(_("Suppress"), self._suppress)
            if visit.may(Action.EDIT_LEADS):
                button(_("Set a field"), self._set_field)
            export_button("/leads", self._exported, of=_("chosen leads"))
        self._show()

    def choose(self, ids: Sequence[int]) -> None:
        """These are the leads that are ticked now."""
        self._ids, self._everything = ids, False
        self._show()

    async def _choose_all(self) -> None:
        visit = self.visit
        now = visit.context.clock.now()
        found = await visit.read(lead_ids, now, self._wanted(), MOST + 1)
        if len(found) > MOST:
            say_no(
                _("More than {most} leads match: narrow the list by its filters.", most=f"{MOST:,}")
            )
            return
        self._ids, self._everything = found, True
        self._show()

    def _exported(self) -> Mapping[str, Any]:
        if self._everything:
            return self._parameters()
        if len(self._ids) > paging.MOST:
            raise Invalid(
                sentence(
                    "A file has at most {most} leads that are ticked: choose fewer, or all that "
                    "match.",
                    most=paging.MOST,
                )
            )
        return {"lead": list(self._ids), "order": "id"}

    async def _enroll(self) -> None:
        await enroll_leads(self.visit, list(self._ids))

    async def _suppress(self) -> None:
        leads = self._few()
        if leads is None:
            return
        number = len(leads)
        with FormDialog(
            ngettext(
                "Send 1 lead no more marketing mail?",
                "Send {number} leads no more marketing mail?",
                number,
            )
        ) as form:
            show(escape(_("Running cadences end for them.")), "p")
            reason = form.field("reason", ui.input(_("Why")))

        async def save() -> _Outcome:
            said = reason.value.strip()
            return await self._each(
                leads, lambda lead: self.visit.act(services.suppressions.suppress, lead, said)
            )

        outcome = await form.sent(_("Suppress"), save)
        if outcome is not None:
            said = ngettext(
                "1 lead gets no more marketing mail.",
                "{number} leads get no more marketing mail.",
                outcome.done,
            )
            await self._close(outcome, said)

    async def _set_field(self) -> None:
        leads = self._few()
        if leads is None:
            return
        number = len(leads)
        with FormDialog(
            ngettext("Set a field of 1 lead", "Set a field of {number} leads", number)
        ) as form:
            names = {name: _(FIELDS[name]) for name in SET_TOGETHER}
            field = ui.select(names, label=_("Field"), value=SET_TOGETHER[0])
            value = ui.input(_("Value"))
            # A mistake is told of the field that holds it.
            for name in SET_TOGETHER:
                form.field(name, value)

        async def save() -> _Outcome:
            name, wanted = str(field.value), value.value.strip()
            if not wanted:
                # What is left empty by mistake would empty it for all of them.
                raise Invalid(sentence("Say which value they are to have."), name)
            said = PersonFields(**{name: wanted})
            return await self._each(
                leads, lambda lead: self.visit.act(services.persons.correct, lead, said)
            )

        outcome = await form.sent(_("Set"), save)
        if outcome is not None:
            said = ngettext("1 lead has it.", "{number} leads have it.", outcome.done)
            await self._close(outcome, said)

    async def _each(
        self, leads: Sequence[int], act: Callable[[int], Awaitable[object]]
    ) -> _Outcome:
        """Do it for one lead after the other. One that is refused stops no other, unless what was
        entered will not do for any."""
        done, refused = 0, []
        for lead in leads:
            try:
                await act(lead)
            except (Missing, Conflict) as refusal:
                refused.append((lead, str(refusal)))
            else:
                done += 1
        return _Outcome(done, refused)

    async def _close(self, outcome: _Outcome, said: str) -> None:
        """Tell of how many leads were changed, and which were not, and why."""
        if outcome.done:
            say_done(said)
        if outcome.refused:
            lead, why = outcome.refused[0]
            say_no(
                ngettext(
                    "1 lead was left out: #{lead}, {why}",
                    "{number} leads were left out, the first of them #{lead}: {why}",
                    len(outcome.refused),
                    lead=lead,
                    why=told(why),
                )
            )
        await self._done()

    def _few(self) -> Sequence[int] | None:
        """The chosen leads, if they can be changed one by one."""
        if len(self._ids) <= AT_ONCE:
            return list(self._ids)
        say_no(
            _(
                "At most {most} leads at once are changed so: choose fewer, or narrow the list.",
                most=AT_ONCE,
            )
        )
        return None

    async def _done(self) -> None:
        self.choose(())
        await self._then()

    def _show(self) -> None:
        number = len(self._ids)
        if self._giving is not None:
            self._giving.choose(self._ids)
        else:
            self._told.set_text(
                ngettext("1 lead chosen", "{number} leads chosen", number)
                if number
                else _("Choose leads to do something about them.")
            )
            self._acts.set_visibility(number > 0)
        self._all.set_visibility(not self._everything)
