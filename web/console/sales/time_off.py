"""A rep's time off is entered: what it moves is shown before it is confirmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape
from nicegui import ui

import services.team
from store.routing.presence import RepLine
from store.views import team_overview
from store.views.team_overview import Moves
from web.console.frame import say_done
from web.console.labels import task_kind
from web.console.parts import button, link, quiet, show
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import _, ngettext

MOST = 8
"""Tasks and meetings that are named; the rest is counted."""


def enter_time_off(visit: PageVisit, rep: RepLine) -> None:
    """Ask from when until when and why."""
    with ui.dialog() as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = _("Time off of {name}", name=rep.name)
        _TimeOff(visit, rep, dialog)
    dialog.open()


class _TimeOff:
    """The dialog: times first, then what they move."""

    def __init__(self, visit: PageVisit, rep: RepLine, dialog: ui.dialog) -> None:
        self.visit, self.rep, self.dialog = visit, rep, dialog
        now = visit.context.clock.now().astimezone(visit.zone)
        tomorrow = (now + timedelta(days=1)).replace(hour=9, minute=0)
        show(escape(_("Time off of {name}", name=rep.name)), "h2")
        with ui.element("div").classes("filters"):
            self._from = self._time(_("From"), now)
            self._until = self._time(_("Until, then back at work"), tomorrow)
        self._why = ui.input(_("Why")).props("outlined dense maxlength=500")
        self._moved = ui.element("div").classes("stack").props('role="status"')
        with ui.element("div").classes("acts"):
            button(_("Cancel"), dialog.close)
            self._look = button(_("Show what it moves"), self._show, main=True)
            self._confirm = button(_("Enter time off"), self._enter, main=True)
        self._confirm.set_visibility(False)

    def _time(self, label: str, at: datetime) -> ui.input:
        field = ui.input(label, value=f"{at:%Y-%m-%dT%H:%M}", on_change=self._changed)
        return field.props("type=datetime-local stack-label outlined dense")

    def _changed(self) -> None:
        """Other times move other things: they are to be looked at again."""
        self._moved.clear()
        self._confirm.set_visibility(False)
        self._look.set_visibility(True)

    async def _show(self) -> None:
        times = self._times()
        if times is None:
            return
        begins, until = times
        moves = await self.visit.read(team_overview.what_moves, self.rep.code, begins, until)
        self._moved.clear()
        with self._moved:
            _tell(moves)
        self._look.set_visibility(False)
        self._confirm.set_visibility(True)

    async def _enter(self) -> None:
        times = self._times()
        if times is None:
            return
        begins, until = times
        done = await self.visit.act(
            services.team.note_absence,
            self.rep.code,
            begins_at=begins,
            until=until,
            reason=self._why.value.strip(),
        )
        say_done(
            ngettext(
                "The time off is entered; 1 task has moved.",
                "The time off is entered; {number} tasks have moved.",
                done.tasks_moved,
            )
        )
        self.dialog.close()
        ui.navigate.reload()

    def _times(self) -> tuple[datetime, datetime] | None:
        """UTC; what begins before now begins now."""
        now = self.visit.context.clock.now()
        try:
            begins, until = (
                datetime.fromisoformat(field.value or "")
                .replace(tzinfo=self.visit.zone)
                .astimezone(UTC)
                for field in (self._from, self._until)
            )
        except ValueError:
            ui.notify(_("Choose both times first."))
            return None
        if until <= max(begins, now):
            ui.notify(_("It ends before it begins, or lies in the past: choose another time."))
            return None
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
