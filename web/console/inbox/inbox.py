"""``/console/inbox``: one's own tasks, those of the team, and the leads that nobody has."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup
from nicegui import ui

from domain.access import Action, Role
from store import inbox as store
from store import presence
from store.inbox import Pile
from store.overflow import overflow as waiting_leads
from web.api import team as team_api
from web.api.access import team_of
from web.api.team import Presence
from web.console.frame import say_done
from web.console.inbox.listing import Inbox
from web.console.inbox.reassign import Reassign
from web.console.pages import console_page
from web.console.parts import empty, link, quiet, show, table
from web.console.picks import Row, pick_table
from web.console.times import ago
from web.console.visit import Visit
from web.console.words import N_, _, ngettext


@console_page("/inbox", Action.READ_TASKS, N_("Inbox"))
async def inbox(visit: Visit, tab: str = "", rep: str = "", task: int = 0) -> None:
    """``tab`` is mine, team or overflow; ``rep`` whose tasks of the team; ``task`` the one to
    open first."""
    own, team = visit.caller.rep, team_of(visit.caller)
    manages = visit.may(Action.REASSIGN)
    tab = tab if tab in ("mine", "team", "overflow") else "team" if manages else "mine"
    with visit.top:
        await _presence(visit)
    tabs = Tabs(visit, tab)
    await tabs.refresh()
    if tab == "overflow":
        await _overflow(visit)
        return
    if tab == "mine" and own:
        await Inbox(visit, Pile(owner=own), None, tabs.refresh).begin(task)
        return
    reps = await _reps(visit)
    ui.select(
        {"": _("Everybody")} | {one.code: f"{one.name} ({one.open_tasks})" for one in reps},
        label=_("Whose tasks"),
        value=rep if rep in {one.code for one in reps} else "",
        on_change=lambda change: ui.navigate.to(f"/inbox?tab=team&rep={change.value}"),
    ).props("outlined dense").classes("whose")
    pile = Pile(owner=rep or None, team=team)
    await Inbox(visit, pile, reps if manages else None, tabs.refresh).begin(task)


async def _reps(visit: Visit) -> list[presence.RepLine]:
    reps = await visit.read(presence.reps, visit.here.clock.now())
    team = team_of(visit.caller)
    return [one for one in reps if team is None or one.team == team]


class Tabs:
    """Whose work there is, and how much of it."""

    def __init__(self, visit: Visit, tab: str) -> None:
        self._visit, self._tab = visit, tab
        self._shown = show(Markup())

    async def refresh(self) -> None:
        """Count anew."""
        self._shown.set_content(await _tabs(self._visit, self._tab))


async def _tabs(visit: Visit, tab: str) -> Markup:
    team = Pile(team=team_of(visit.caller))
    tabs = [("team", _("Team"), await visit.read(store.how_many, team))]
    if visit.caller.rep:
        mine = await visit.read(store.how_many, Pile(owner=visit.caller.rep))
        tabs.insert(0, ("mine", _("Mine"), mine))
    if visit.caller.role != Role.SDR:
        tabs.append(("overflow", _("Overflow"), len(await visit.read(waiting_leads))))
    return Markup('<nav class="tabs" aria-label="{}">{}</nav>').format(
        _("Whose work"),
        Markup().join(
            Markup('<a href="/console/inbox?tab={}"{}>{} {}</a>').format(
                name, Markup(' aria-current="page"') if name == tab else "", text, quiet(number)
            )
            for name, text, number in tabs
        ),
    )


async def _presence(visit: Visit) -> None:
    """The switch with which a rep takes new leads or none."""
    rep = visit.caller.rep
    present = await visit.read(store.is_present, rep)
    if present is None:
        return

    async def switch(present: bool) -> None:
        served = await visit.act(team_api.set_presence, rep, Presence(present=present))
        number = len(served.leads)
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


async def _overflow(visit: Visit) -> None:
    """The leads that nobody could take."""
    leads = await visit.read(waiting_leads, team_of(visit.caller))
    if not leads:
        empty(_("No lead waits for somebody to take it."))
        return
    headings = [_("Lead"), _("Account"), _("Country"), _("Routing rule"), _("Waits since")]
    caption = _("Leads that nobody could take")
    rows = [
        (
            link(one.name or _("No name"), f"/leads/{one.lead_id}"),
            one.company,
            one.country,
            one.rule or _("No rule fits"),
            ago(one.since),
        )
        for one in leads
    ]
    if not visit.may(Action.REASSIGN):
        show(table(headings, rows, caption=caption))
        return
    bar = Reassign(visit, await _reps(visit), partial(_again, "/inbox?tab=overflow"))
    ticked = [Row(one.lead_id, one.name, cells) for one, cells in zip(leads, rows, strict=True)]
    pick_table(headings, ticked, bar.choose, caption=caption)


async def _again(address: str) -> None:
    ui.navigate.to(address)
