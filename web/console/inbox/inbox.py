"""``/console/inbox``: one's own tasks, those of the team, and the leads that nobody has."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

import services.team
from domain.access import Action
from services.access import team_of
from store.access.api_tokens import Caller
from store.routing import presence
from store.routing.unassigned import unassigned as waiting_leads
from store.views import inbox as store
from store.views.inbox import OpenTaskCounts, TaskFilter
from web.console.frame import say_done
from web.console.inbox.listing import InboxPage
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import go, quiet, show
from web.console.sales.unassigned import UnassignedQueue
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext


@console_page("/inbox", Action.READ_TASKS, N_("Inbox"))
async def inbox(
    visit: PageVisit,
    tab: str = "",
    rep: str = "",
    *,
    late: bool = False,
    task: int = 0,
    sort: str = "",
) -> None:
    """``tab`` is mine, team or unassigned; ``rep`` whose tasks of the team, ``late`` only those
    that are late; ``task`` the one to open first; ``sort`` which tasks, such as calls."""
    own, team = visit.caller.rep, team_of(visit.caller)
    manages = visit.may(Action.REASSIGN)
    tab = tab if tab in ("mine", "team", "unassigned") else "team" if manages else "mine"
    tabs = Tabs(visit, tab)
    present = await tabs.refresh()
    if present is not None:
        with visit.top:
            _presence(visit, present)
    with visit.top:
        if tab == "unassigned":
            export_button("/team/unassigned")
        else:
            of = "mine" if tab == "mine" and own else "team"
            export_button("/tasks", {"of": of, "owner": rep or None})
    if tab == "unassigned":
        await UnassignedQueue(visit, tabs.refresh, tabs.refresh).begin()
        return
    if tab == "mine" and own:
        mine = TaskFilter(owner=own)
        await InboxPage(visit, mine, None, tabs.refresh, sort=sort).begin(task)
        return
    reps = await _reps(visit)
    whose = {one.code: f"{one.name} ({one.open_tasks})" for one in reps}
    if manages:
        whose |= await _managers(visit)
    rep = rep if rep in whose else ""
    _narrow(whose, rep, late)
    pile = TaskFilter(owner=rep or None, team=team)
    await InboxPage(
        visit, pile, reps if manages else None, tabs.refresh, late=late, sort=sort
    ).begin(task)


async def _managers(visit: PageVisit) -> dict[str, str]:
    """Managers, whose are reviews of losses and what no rep is asked."""
    people = await visit.read(presence.people_at_work)
    return {one.code: _("{name} (manager)", name=one.name) for one in people if one.manager}


def _narrow(whose: dict[str, str], rep: str, late: bool) -> None:
    """What narrows the team's tasks down, and the way to a rep's presence and time off."""

    def narrowed() -> None:
        asked = {"tab": "team", "rep": chosen.value or ""} | ({"late": 1} if only.value else {})
        ui.navigate.to(f"/inbox?{urlencode(asked)}")

    with ui.element("div").classes("filters"):
        chosen = ui.select(
            {"": _("Everybody")} | whose,
            label=_("Whose tasks"),
            value=rep,
            on_change=narrowed,
        ).classes("whose")
        only = ui.checkbox(_("Only late ones"), value=late, on_change=narrowed)
        if rep:
            go(_("Presence and time off"), f"/team/{rep}")


async def _reps(visit: PageVisit) -> list[presence.RepLine]:
    reps = await visit.read(presence.reps, visit.context.clock.now())
    team = team_of(visit.caller)
    return [one for one in reps if team is None or one.team == team]


class Tabs:
    """Whose work there is, and how much of it."""

    def __init__(self, visit: PageVisit, tab: str) -> None:
        self._visit, self._tab = visit, tab
        self._shown = show(Markup())

    async def refresh(self) -> bool | None:
        """Count anew; whether the visitor takes new leads, None for who gets none."""
        caller = self._visit.caller
        waiting = await self._visit.read(
            store.waiting, caller.rep, team_of(caller), self._visit.context.clock.now()
        )
        unserved = len(await self._visit.read(waiting_leads, team_of(caller)))
        self._shown.set_content(_tabs(caller, self._tab, waiting, unserved))
        return waiting.present


def _tabs(caller: Caller, tab: str, waiting: OpenTaskCounts, unserved: int) -> Markup:
    tabs = [("team", _("Team"), waiting.team)]
    if caller.rep:
        tabs.insert(0, ("mine", _("Mine"), waiting.own))
    if unserved or tab == "unassigned" or not caller.of_one_team:
        tabs.append(("unassigned", _("Unassigned"), unserved))
    return Markup('<nav class="tabs" aria-label="{}">{}</nav>').format(
        _("Whose work"),
        Markup().join(
            Markup('<a href="/console/inbox?tab={}"{}>{} {}</a>').format(
                name, Markup(' aria-current="page"') if name == tab else "", text, quiet(number)
            )
            for name, text, number in tabs
        ),
    )


def _presence(visit: PageVisit, present: bool) -> None:
    """The switch with which a rep takes new leads or none."""
    rep = visit.caller.rep

    async def switch(present: bool) -> None:
        served = await visit.act(services.team.set_presence, rep, present=present)
        number = len(served)
        if not present:
            say_done(_("You get no new leads until you switch this on."))
        elif number:
            say_done(
                ngettext("You got 1 lead that waited.", "You got {number} that waited.", number)
            )
        else:
            say_done(_("You get new leads again."))

    ui.switch(
        _("I take new leads"),
        value=present,
        on_change=lambda change: switch(change.value),
    ).props("dense")
