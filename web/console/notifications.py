"""``/console/notifications``: what one was told of; each line leads to where it is seen to."""

from __future__ import annotations

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.notifications.wording import place_of, tell
from domain.sentences import sentence
from services.access import found
from store.notifications.lines import NotificationLine
from store.notifications.unseen import list_notifications, mark_seen, notification
from web.console.pages import console_page
from web.console.parts import badge, empty, go, link, quiet, show
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 50


@console_page("/notifications", Action.OWN_SETTINGS, N_("Notifications"))
async def notifications(visit: PageVisit, before: int | None = None, to: int | None = None) -> None:
    """The newest first, all of which count as seen then; ``to`` is one that is gone to."""
    user, now = visit.who.user_id, visit.context.real_now()
    if to is not None:
        one = found(
            await visit.read(notification, user, to),
            sentence("There is no notification {number} of yours.", number=to),
        )
        await visit.keep(Action.OWN_SETTINGS, mark_seen, user, now, to)
        ui.navigate.to(_place(one))
        return
    with visit.top:
        go(_("What to be told"), "/you#notifications")
    lines = await visit.read(list_notifications, user, before=before, limit=PAGE)
    await visit.keep(Action.OWN_SETTINGS, mark_seen, user, now)
    if not lines:
        empty(_("Nothing yet: what is yours to do, and what goes wrong, is told here."))
        return
    show(
        Markup('<ul class="items">{}</ul>').format(
            Markup().join(_item(one, visit) for one in lines)
        )
    )
    if len(lines) == PAGE:
        show(link(_("Earlier ones"), "/notifications", before=lines[-1].id), "p")


def _item(one: NotificationLine, visit: PageVisit) -> Markup:
    said = tell(one, visit.language, visit.zone.key)
    new = Markup() if one.seen else badge(_("New"), "good")
    return Markup('<li><div class="what"><a href="{}">{}</a> {}<br>{} {}</div></li>').format(
        _place(one), said.text, new, moment(one.raised_at), quiet(said.detail)
    )


def _place(one: NotificationLine) -> str:
    return f"/console{place_of(one.kind, task_id=one.task_id, lead_id=one.lead_id)}"
