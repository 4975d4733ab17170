"""``/console/team``: who is at work, what waits for a rep, and how both sides keep the SLA."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from services.access import team_of
from store.views import team_overview
from store.views.sla_figures import SlaFigures, figures
from store.views.team_overview import Member
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, go, link, quiet, section, show, table
from web.console.sales.alerts import Alerts
from web.console.sales.sla import kept_by, show_sla
from web.console.sales.unassigned import UnassignedQueue
from web.console.times import moment, month_name
from web.console.visit import PageVisit
from web.console.words import N_, _

MONTH = re.compile(r"2\d{3}-(0[1-9]|1[0-2])")


@console_page("/team", Action.READ_TEAM, N_("Team"))
async def team(visit: PageVisit, month: str = "") -> None:
    """The team; an SDR sees the own one. ``month`` (UTC, YYYY-MM) is that of the SLA figures."""
    now = visit.context.clock.now()
    asked = month if MONTH.fullmatch(month) else f"{now:%Y-%m}"
    year, number = (int(part) for part in asked.split("-"))
    ours = team_of(visit.caller)
    found = await visit.read(team_overview.members, now, ours)
    this_month = await visit.read(figures, now.year, now.month, now)
    that_month = (
        this_month
        if (year, number) == (now.year, now.month)
        else await visit.read(figures, year, number, now)
    )

    with visit.top:
        if visit.may(Action.PUBLISH_TEAM):
            go(_("Teams and routing"), "/team-settings")
            go(_("SLA"), "/sla-settings")
        export_button("/team", of=_("Team"))
        if visit.may(Action.READ_TASKS):
            export_button("/team/alerts", of=_("Alerts"))
    _members(found, kept_by(this_month))
    with section(_("Waiting for a rep")).classes("stack"):
        await UnassignedQueue(visit, ui.navigate.reload).begin()
    if visit.may(Action.READ_TASKS):
        with section(_("Alerts")):
            await Alerts(visit, [one.rep for one in found]).draw()
    _sla(that_month, found, ours, date(year, number, 1))


def _sla(shown: SlaFigures, found: Sequence[Member], ours: str | None, month: date) -> None:
    with section(_("How the SLA was kept, {month}", month=month_name(month))).classes("stack"):
        with ui.element("div").classes("acts"):
            export_button("/sla/kept", {"month": f"{month:%Y-%m}"}, of=_("SLA"))
        show_sla(shown, {one.rep.code: one.rep.name for one in found}, ours)


def _members(found: Sequence[Member], kept: Mapping[str, tuple[int, int]]) -> None:
    if not found:
        empty(_("No team is published."), link(_("Look at the policies"), "/policies"))
        return
    show(
        table(
            (
                _("Rep"),
                _("Team"),
                _("State"),
                _("Time off"),
                _("Open leads"),
                _("Tasks open"),
                _("Late"),
                _("SLA this month"),
                _("Weight"),
            ),
            [_member(one, kept) for one in found],
            caption=_("Reps"),
            numbers=(4, 5, 6, 7, 8),
            sortable=True,
        )
    )


def _member(one: Member, kept: Mapping[str, tuple[int, int]]) -> tuple[Cell, ...]:
    rep = one.rep
    met, decided = kept.get(rep.code, (0, 0))
    return (
        link(rep.name, f"/team/{rep.code}"),
        rep.team,
        state_of(one),
        time_off(one),
        _("{open} of {cap}", open=f"{rep.open_leads:,}", cap=f"{rep.cap:,}"),
        f"{rep.open_tasks:,}",
        badge(f"{one.tasks_late:,}", "bad") if one.tasks_late else "0",
        f"{met / decided:.0%} ({met:,}/{decided:,})" if decided else "–",
        rep.weight,
    )


def state_of(one: Member) -> Markup:
    """Whether a rep is at work."""
    if one.rep.back_at is not None:
        return badge(_("Away"), "warn")
    if not one.rep.present:
        return badge(_("Takes no new leads"), "warn")
    return badge(_("At work"), "good")


def time_off(one: Member) -> Markup:
    """The absence of now or the next one."""
    if not one.absences:
        return Markup("–")
    first = one.absences[0]
    return Markup("{} – {} {}").format(
        moment(first.begins_at), moment(first.until), quiet(first.reason)
    )
