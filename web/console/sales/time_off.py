"""A rep's time off is entered; what it moves is shown before."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup, escape
from nicegui import ui

import services.team
from domain.refusals import Invalid
from domain.sentences import sentence
from store.routing.presence import RecordedAbsence, RepLine
from store.views import team_overview
from store.views.team_overview import Moves
from web.console.forms import FormDialog, time_field, time_typed
from web.console.frame import say_done
from web.console.labels import task_kind
from web.console.parts import link, quiet, show
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import _, ngettext

MOST = 8
"""Tasks and meetings that are named; the rest is counted."""


async def enter_time_off(visit: PageVisit, rep: RepLine) -> None:
    """Ask from when until when and why; below stands what that moves."""
    with FormDialog(_("Time off of {name}", name=rep.name), wide=True) as form:
        asked = _TimeOff(visit, rep, form)
    await asked.look()
    done = await form.sent(_("Enter time off"), asked.enter)
    if done is None:
        return
    say_done(
        ngettext(
            "The time off is entered; 1 task has moved.",
            "The time off is entered; {number} tasks have moved.",
            done.tasks_moved,
        )
    )
    ui.navigate.reload()


class _TimeOff:
    """The fields, and what the times in them move."""

    def __init__(self, visit: PageVisit, rep: RepLine, form: FormDialog) -> None:
        self.visit, self.rep = visit, rep
        now = visit.context.clock.now()
        tomorrow = now.astimezone(visit.zone) + timedelta(days=1)
        back = tomorrow.replace(hour=9, minute=0)
        with ui.element("div").classes("filters"):
            self._from = form.field("begins_at", time_field(_("From"), visit, now))
            self._until = form.field(
                "until", time_field(_("Until, then back at work"), visit, back)
            )
        self._why = form.field("reason", ui.input(_("Why")).props("maxlength=500"))
        self._moved = ui.element("div").classes("stack").props('role="status"')
        for field in (self._from, self._until):
            field.on_value_change(self.look)

    async def look(self) -> None:
        """Show what the times move; nothing while they can't be."""
        try:
            begins, until = self._times()
        except Invalid:
            self._moved.clear()
            return
        moves = await self.visit.read(team_overview.what_moves, self.rep.code, begins, until)
        self._moved.clear()
        with self._moved:
            _tell(moves)

    async def enter(self) -> RecordedAbsence:
        """Have it entered; what is wrong is raised for the dialog to tell."""
        begins, until = self._times()
        return await self.visit.act(
            services.team.note_absence,
            self.rep.code,
            begins_at=begins,
            until=until,
            reason=(self._why.value or "").strip(),
        )

    def _times(self) -> tuple[datetime, datetime]:
        """UTC; what begins before now begins now.

        Raises:
            Invalid: they are no times, or in the wrong order.
        """
        now = self.visit.context.clock.now()
        begins = time_typed(self.visit, self._from.value or "")
        until = time_typed(self.visit, self._until.value or "")
        if begins is None:
            raise Invalid(sentence("Choose a time."), "begins_at")
        if until is None:
            raise Invalid(sentence("Choose a time."), "until")
        if until <= max(begins, now):
            raise Invalid(
                sentence("It ends before it begins, or lies in the past: choose another time."),
                "until",
            )
        return max(begins, now), until


def _tell(moves: Moves) -> None:
    leads_too = _("It is longer than a business day: leads with something due go with their tasks.")
    only_tasks = _("It is short: colleagues do what is due, and the leads stay.")
    show(escape(leads_too if moves.with_leads else only_tasks), "p")
    tasks = [
        Markup("{} <bdi>{}</bdi> {}").format(
            task_kind(one.kind), link(one.name, f"/leads/{one.lead_id}"), moment(one.due_at)
        )
        for one in moves.tasks
    ]
    _list(ngettext("1 task is due in it", "{number} tasks are due in it", len(tasks)), tasks)
    meetings = [
        Markup("<bdi>{}</bdi> {}").format(
            link(one.name, f"/leads/{one.lead_id}"), moment(one.starts_at)
        )
        for one in moves.meetings
    ]
    _list(ngettext("1 meeting is in it", "{number} meetings are in it", len(meetings)), meetings)
    if meetings and not moves.with_leads:
        show(quiet(_("Meetings stay: move them, or reassign their leads.")), "p")
    elif meetings:
        show(quiet(_("Meetings go with leads that have a task due; see to the others.")), "p")


def _list(heading: str, items: list[Markup]) -> None:
    show(escape(heading), "h3")
    lines = Markup().join(Markup("<li><span>{}</span></li>").format(one) for one in items[:MOST])
    if len(items) > MOST:
        lines += Markup("<li>{}</li>").format(
            quiet(ngettext("and 1 more", "and {number} more", len(items) - MOST))
        )
    if items:
        show(Markup('<ul class="rows">{}</ul>').format(lines))
