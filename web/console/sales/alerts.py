"""What people must hear of now, lead by lead, with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup, escape
from nicegui import ui

import services.team
from domain.access import Action
from store.alerts import CLOSE_BY_THEMSELVES
from store.routing.presence import RepLine
from store.views.alerts_by_lead import LeadAlerts, alerts_by_lead
from web.console import labels
from web.console.frame import say_done
from web.console.parts import badge, button, empty, link, quiet, show
from web.console.sales.give import BY_RULES, described, tell_given, tell_owners
from web.console.times import ago
from web.console.visit import PageVisit
from web.console.words import N_, _

STEP = 20
"""Leads that are shown at first, and that come with each press."""
GOES = {
    "hot_lead": N_("Goes when the lead is answered"),
    "unassigned": N_("Goes when a rep has the leads"),
    "sending_paused": N_("Goes when mail goes out again"),
    "sender_stopped": N_("Goes when somebody lets the sender go on"),
}
"""Alerts that nobody puts away, and when they go."""


class Alerts:
    """The list as it is open; ``reps`` are those to whom a lead can be given."""

    def __init__(self, visit: PageVisit, reps: Sequence[RepLine]) -> None:
        self.visit, self._reps, self._limit = visit, reps, STEP
        self._list = ui.element("div")

    async def draw(self) -> None:
        """Read them anew."""
        caller = self.visit.caller
        owner = caller.rep if caller.of_one_team else None
        found = await self.visit.read(alerts_by_lead, owner, limit=self._limit + 1)
        self._list.clear()
        with self._list:
            if not found:
                empty(_("Nothing that anybody must hear of now."))
                return
            with ui.element("ul").classes("rows alerts"):
                for one in found[: self._limit]:
                    with ui.element("li"):
                        self._row(one)
            if len(found) > self._limit:
                with ui.element("div").classes("more"):
                    button(_("More"), self._more)

    async def _more(self) -> None:
        self._limit += 3 * STEP
        await self.draw()

    def _row(self, one: LeadAlerts) -> None:
        show(_told(one), "div").classes("grow")
        with ui.element("div").classes("acts"):
            if one.lead_id and self.visit.may(Action.REASSIGN):
                self._act(_("Reassign"), partial(self._reassign, one), one)
                if one.owner:
                    self._act(_("Nudge"), partial(self._nudge, one), one)
            closable = [alert.id for alert in one.alerts if alert.kind not in CLOSE_BY_THEMSELVES]
            if closable and self.visit.may(Action.COMPLETE_TASKS):
                self._act(_("Dismiss"), partial(self._put_away, closable), one)

    @staticmethod
    def _act(text: str, what: object, one: LeadAlerts) -> None:
        pressed = button(text, what)  # type: ignore[arg-type]
        if one.name:
            pressed.props["aria-label"] = f"{text}: {one.name}"

    async def _put_away(self, ids: Sequence[int]) -> None:
        for alert in ids:
            await self.visit.act(services.team.put_away, alert)
        say_done(_("The alert is dismissed."))
        await self.draw()

    async def _nudge(self, one: LeadAlerts) -> None:
        owner = await self.visit.act(services.team.nudge, one.lead_id)
        say_done(_("{rep} sees it among the alerts now.", rep=labels.person(owner)))
        await self.draw()

    async def _reassign(self, one: LeadAlerts) -> None:
        options = {BY_RULES: _("Whoever's turn it is, by the rules")} | {
            rep.code: described(rep) for rep in self._reps if rep.code != one.owner
        }
        with ui.dialog() as dialog, ui.card().classes("ask"):
            title = _("Give {name} to somebody else", name=one.name or f"#{one.lead_id}")
            dialog.props["aria-label"] = title
            show(escape(title), "h2")
            to = ui.select(options, value=BY_RULES, label=_("Give to")).props("outlined dense")
            with ui.element("div").classes("acts"):
                button(_("Cancel"), lambda: dialog.submit(None))
                button(_("Reassign"), lambda: dialog.submit(to.value), main=True)
        answer = await dialog
        dialog.delete()
        if answer is None:
            return
        if answer == BY_RULES:
            tell_owners(await self.visit.act(services.team.reassign_by_rules, [one.lead_id]))
        else:
            moved = await self.visit.act(services.team.reassign, [one.lead_id], answer)
            tell_given(len(moved), answer)
        await self.draw()


def _told(one: LeadAlerts) -> Markup:
    about = link(one.name or f"#{one.lead_id}", f"/leads/{one.lead_id}") if one.lead_id else ""
    owner = labels.person(one.owner) or (_("Nobody") if one.lead_id else "")
    said = [
        Markup("{} {}").format(
            badge(labels.alert(alert.kind), "warn"),
            quiet(" · ".join(part for part in _about(alert.kind, alert.owner, one) if part)),
        )
        for alert in one.alerts
    ]
    due = ago(one.alerts[0].due_at)
    head = Markup(" ").join(
        part
        for part in (Markup("<bdi>{}</bdi>").format(about) if about else "", one.company)
        if part
    )
    return Markup("{} {} {}").format(
        head,
        quiet(" · ".join(part for part in (owner, due) if part)),
        Markup().join(Markup("<div>{}</div>").format(line) for line in said),
    )


def _about(kind: str, told: str, one: LeadAlerts) -> tuple[str, str]:
    """For whom an alert is, where that is not the lead's owner, and when it goes by itself."""
    whom = "" if told in ("", one.owner) else _("for {rep}", rep=labels.person(told))
    return whom, _(GOES[kind]) if kind in GOES else ""
