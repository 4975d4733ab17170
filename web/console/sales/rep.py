"""``/console/team/{rep}``: one rep's presence, time off and work, and where the work can go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nicegui import ui

import services.team
from domain.access import Action
from services.access import found, team_of
from store.views import team_overview
from store.views.team_overview import Member, WorkLine
from web.console import labels
from web.console.frame import name_page, say_done
from web.console.labels import phase as phase_label
from web.console.labels import task_kind
from web.console.pages import console_page
from web.console.parts import (
    Cell,
    badge,
    button,
    empty,
    facts,
    link,
    quiet,
    section,
    show,
    sure,
    table,
)
from web.console.picks import Row, pick_table
from web.console.sales.give import Giving
from web.console.sales.profile import rep_profile
from web.console.sales.team import state_of
from web.console.sales.time_off import enter_time_off
from web.console.times import countdown, exact
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext


@console_page("/team/{rep}", Action.READ_TEAM, N_("Rep"))
async def team_rep(visit: PageVisit, rep: str) -> None:
    """A rep of the team; an SDR sees the own team's."""
    now = visit.context.clock.now()
    everybody = await visit.read(team_overview.members, now, team_of(visit.caller))
    known = {one.rep.code: one for one in everybody}
    member = found(known.get(rep), f"There is no rep {rep} in the team.")
    own = not visit.caller.of_one_team or visit.caller.rep == rep
    name_page(visit, member.rep.name)

    with ui.element("div").classes("columns"):
        with ui.element("div"), section(_("At work")).classes("stack"):
            _facts(member)
            if own and visit.may(Action.SET_PRESENCE):
                _presence(visit, member)
        with ui.element("div"), section(_("Time off")).classes("stack"):
            _time_off(visit, member, own and visit.may(Action.SET_PRESENCE))
    with section(_("To leads")).classes("stack"):
        await rep_profile(visit, rep, may=own and visit.may(Action.SET_PROFILE))
    if visit.may(Action.READ_TASKS):
        work = await visit.read(team_overview.work_of, rep)
        _work(visit, rep, work, [one for one in everybody if one.rep.code != rep])


def _facts(member: Member) -> None:
    rep = member.rep
    show(
        facts(
            (
                (_("State"), state_of(member)),
                (_("Code"), rep.code),
                (_("Team"), rep.team),
                (
                    _("Open leads"),
                    _("{open} of {cap}", open=f"{rep.open_leads:,}", cap=f"{rep.cap:,}"),
                ),
                (_("Tasks open"), f"{rep.open_tasks:,}"),
                (_("Tasks late"), f"{member.tasks_late:,}"),
                (_("Weight"), rep.weight),
            )
        )
    )


def _presence(visit: PageVisit, member: Member) -> None:
    rep = member.rep

    async def present(is_present: bool) -> None:
        served = await visit.act(services.team.set_presence, rep.code, present=is_present)
        if is_present:
            say_done(
                ngettext(
                    "Takes new leads again; 1 lead that waited has a rep now.",
                    "Takes new leads again; {number} leads that waited have a rep now.",
                    len(served),
                )
            )
        ui.navigate.reload()

    with ui.element("div").classes("acts"):
        if rep.present:
            button(_("Take no new leads"), lambda: present(False))
        else:
            button(_("Take new leads"), lambda: present(True), main=True)


def _time_off(visit: PageVisit, member: Member, may: bool) -> None:
    if member.absences:
        show(
            table(
                (_("From"), _("Until"), _("Why")),
                [(exact(one.begins_at), exact(one.until), one.reason) for one in member.absences],
                caption=_("Time off"),
            )
        )
    else:
        show(quiet(_("None is planned.")), "p")
    if not may:
        return

    async def end() -> None:
        away = member.rep.back_at is not None
        question = (
            _("Back at work now? Leads that wait may come at once.")
            if away
            else _("Take back the next time off?")
        )
        if await sure(question, _("Back now") if away else _("Take back"), danger=False):
            await visit.act(services.team.end_absence, member.rep.code)
            ui.navigate.reload()

    with ui.element("div").classes("acts"):
        button(_("Enter time off"), lambda: enter_time_off(visit, member.rep), main=True)
        if member.absences:
            button(_("Back now") if member.rep.back_at else _("Take back the next"), end)


def _work(visit: PageVisit, rep: str, work: Sequence[WorkLine], others: Sequence[Member]) -> None:
    own = [one for one in work if one.owner == rep]
    for_others = [one for one in work if one.owner != rep]
    headings = (_("Lead"), _("Account"), _("Phase"), _("Task"), _("Due"))
    with section(_("Leads and tasks")).classes("stack"):
        if not own:
            empty(_("No open leads."))
        elif visit.may(Action.REASSIGN):
            giving = Giving(visit, [one.rep for one in others], ui.navigate.reload)
            rows = [Row(one.lead_id, one.name, _cells(one)) for one in own]
            caption = ngettext("1 lead", "{number} leads", len(own))
            pick_table(headings, rows, giving.choose, caption=caption)
        else:
            caption = ngettext("1 lead", "{number} leads", len(own))
            show(table(headings, [_cells(one) for one in own], caption=caption))
    if for_others:
        with section(_("Done for others")):
            show(quiet(_("These leads stay with their owners; time off moves what is due.")), "p")
            show(
                table(
                    (*headings, _("Owner")),
                    [(*_cells(one), labels.person(one.owner)) for one in for_others],
                    caption=_("Done for others"),
                )
            )


def _cells(one: WorkLine) -> tuple[Cell, ...]:
    return (
        link(one.name, f"/leads/{one.lead_id}"),
        one.company,
        badge(phase_label(one.phase)),
        task_kind(one.kind) if one.kind else "–",
        _due(one.due_at),
    )


def _due(at: datetime | None) -> Cell:
    return countdown(at) if at else "–"
