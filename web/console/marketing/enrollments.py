"""``/console/enrollments``: runs of enrollment, by hand and of each day by itself, how far each is,
and undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup
from nicegui import ui

import services.enrollments
from domain.access import Action
from domain.labels import ENROLLMENT_STATES
from store.journeys.enrollment_runs import EnrollmentRunLine, RunLead, untouched
from web.api import enrollments as enrollments_api
from web.console import labels
from web.console.frame import name_page, say_done
from web.console.lists.export import export_button
from web.console.paged import PagedList
from web.console.pages import console_page
from web.console.parts import (
    Cell,
    badge,
    button,
    choice,
    empty,
    facts,
    link,
    quiet,
    section,
    show,
    sure,
    table,
)
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

LOOK_SECONDS = 3.0
"""How often an open page asks how far the run is."""


@console_page("/enrollments", Action.READ_CADENCES, N_("Enrollments"))
async def enrollments(visit: PageVisit, *, cadence: str = "") -> None:
    """Who enrolled leads in which cadence, and what had leads enter on a day, the latest first."""
    with visit.top:
        export_button("/enrollments", {"cadence": cadence})

    def draw(runs: Sequence[EnrollmentRunLine]) -> None:
        if not runs:
            empty(
                _("Nobody has enrolled leads yet."),
                link(_("Choose leads in the list"), "/leads"),
            )
            return
        show(
            table(
                (
                    _("Run"),
                    _("Cadence"),
                    _("When"),
                    _("Who"),
                    _("Entered"),
                    _("To come"),
                    _("Stay out"),
                    "",
                ),
                [_row(one) for one in runs],
                caption=_("Enrollments"),
                numbers=(4, 5, 6),
            )
        )

    await PagedList(visit, enrollments_api.list_runs, cadence=cadence, draw=draw).more()


def _row(one: EnrollmentRunLine) -> tuple[Cell, ...]:
    return (
        link(f"#{one.id}", f"/enrollments/{one.id}"),
        Markup('<span class="two">{}{}</span>').format(
            link(one.cadence, f"/cadences/{one.cadence}"), quiet(one.reason)
        ),
        moment(one.at),
        _who(one),
        one.entered,
        one.waiting + one.on_the_way,
        one.stays_out,
        badge(_("undone"), "warn") if one.undone_at else "",
    )


def _who(run: EnrollmentRunLine) -> str:
    return labels.person(run.by) if run.way == "hand" else labels.entry_way(run.way, run.what)


@console_page("/enrollments/{run_id}", Action.READ_CADENCES, N_("Enrollment"))
async def enrollment(visit: PageVisit, run_id: int, *, state: str = "") -> None:
    """One run: how far it is, its leads, and undo."""
    screen = RunScreen(visit, run_id, state if state in ENROLLMENT_STATES else "")
    await screen.open()
    ui.timer(LOOK_SECONDS, screen.look)


class RunScreen:
    """The page as it is open; it follows the run."""

    def __init__(self, visit: PageVisit, run_id: int, state: str) -> None:
        self.visit, self.run_id, self.state = visit, run_id, state
        self._run: EnrollmentRunLine | None = None

    async def open(self) -> None:
        """Build the page.

        Raises:
            Missing: there is no such run.
        """
        self._run = run = await self._read()
        name_page(self.visit, _("Enrollment in {cadence}", cadence=run.cadence))
        with self.visit.top:
            export_button(f"/enrollments/{self.run_id}/leads", self._asked)
            self._undo = button(_("Undo"), self._ask, danger=True)
        self._facts = show(Markup())
        with section(_("Leads")):
            states = {"": _("All")} | {
                name: labels.enrollment_state(name) for name in ENROLLMENT_STATES
            }
            with ui.element("div").classes("filters"):
                choice(_("What became of them"), states, self.state, self._choose)
            self._leads = ui.element("div")
        await self._draw()

    async def look(self) -> None:
        """Show it anew when it has come further."""
        run = await self._read()
        if run != self._run:
            self._run = run
            await self._draw()

    async def _draw(self) -> None:
        run = self._run
        if run is None:
            return
        self._facts.set_content(_about(run))
        back = 0
        if self.visit.may(Action.ENROLL):
            back = await self.visit.read(untouched, self.run_id)
        self._undo.set_visibility(back > 0)
        self._leads.clear()
        with self._leads:
            await PagedList(
                self.visit,
                enrollments_api.list_run_leads,
                self.run_id,
                state=self.state,
                draw=_leads_shown,
            ).more()

    async def _choose(self, state: str) -> None:
        self.state = state
        await self._draw()

    def _asked(self) -> dict[str, object]:
        return {"state": self.state}

    async def _ask(self) -> None:
        back = await self.visit.read(untouched, self.run_id)
        question = ngettext(
            "Undo the enrollment of 1 lead?", "Undo the enrollment of {number} leads?", back
        )
        happens = _(
            "Leads that have not entered don't, and those that have go back where they were. Who "
            "got a mail or a task of the cadence stays in it."
        )
        if not await sure(f"{question} {happens}", _("Undo")):
            return
        done = await self.visit.act(services.enrollments.undo, self.run_id)
        taken = done.dropped + done.going_back
        said = ngettext("1 lead is taken back.", "{number} leads are taken back.", taken)
        if done.stay:
            stays = ngettext(
                "1 stays: it was touched, or has gone on.",
                "{number} stay: they were touched, or have gone on.",
                done.stay,
            )
            said = f"{said} {stays}"
        say_done(said)
        await self.look()

    async def _read(self) -> EnrollmentRunLine:
        return await self.visit.ask(enrollments_api.show_run, self.run_id)


def _about(run: EnrollmentRunLine) -> Markup:
    out = Markup(", ").join(
        Markup("{} {}").format(labels.why_not(why), quiet(f"{number:,}"))
        for why, number in sorted(run.left_out.items(), key=lambda item: -item[1])
    )
    undone: Cell = ""
    if run.undone_at:
        undone = Markup("{} {}").format(
            moment(run.undone_at), quiet(_("by {who}", who=labels.person(run.undone_by)))
        )
    return facts(
        [
            (_("Cadence"), link(run.cadence, f"/cadences/{run.cadence}")),
            (
                _("Begun"),
                Markup("{} {}").format(
                    moment(run.at),
                    quiet(_("by {who}", who=labels.person(run.by)) if run.way == "hand" else ""),
                ),
            ),
            (_("By itself"), _who(run) if run.way != "hand" else ""),
            (_("Why"), run.reason),
            (_("How fast"), _pace(run)),
            (_("Chosen"), f"{run.selected:,}"),
            (_("Entered"), f"{run.entered:,}"),
            (_("On the way"), f"{run.on_the_way:,}" if run.on_the_way else ""),
            (_("To come"), _to_come(run.waiting, run.last_due)),
            (_("Stay out"), out),
            (_("Undone"), undone),
            (_("Undone before they entered"), f"{run.dropped:,}" if run.dropped else ""),
            (_("Go back"), f"{run.going_back:,}" if run.going_back else ""),
            (_("Back where they were"), f"{run.back:,}" if run.back else ""),
        ]
    )


def _pace(run: EnrollmentRunLine) -> str:
    if run.per_hour:
        return _("{number} an hour", number=f"{run.per_hour:,}")
    return _("{number} a day", number=f"{run.per_day:,}") if run.per_day else _("All at once")


def _to_come(waiting: int, last: datetime | None) -> Cell:
    if not waiting:
        return ""
    return Markup("{} {} {}").format(f"{waiting:,}", quiet(_("until")), moment(last))


def _leads_shown(leads: Sequence[RunLead]) -> None:
    if not leads:
        empty(_("There are none."))
        return
    show(
        table(
            (_("Lead"), _("What became of it"), _("When"), _("Was before"), ""),
            [_lead_row(one) for one in leads],
            caption=_("Leads"),
        )
    )


def _lead_row(one: RunLead) -> tuple[Cell, ...]:
    before = labels.phase(one.left_phase) if one.entered_at else ""
    if one.left_reason and one.entered_at:
        before = f"{before}: {labels.reason(one.left_reason)}"
    state = labels.enrollment_state(one.state)
    return (
        link(one.name, f"/leads/{one.lead_id}"),
        Markup('<span class="two">{}{}</span>').format(
            state, quiet(labels.why_not(one.why) if one.why else "")
        ),
        moment(one.entered_at or one.due_at),
        before,
        badge(_("touched"), "good") if one.touched else "",
    )
