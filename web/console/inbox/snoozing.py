"""Until when tasks are put off: asked in a dialog, by key or by mouse."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from markupsafe import escape
from nicegui import ui

from domain.tasks.snoozing import times_to_snooze
from web.console.frame import say_no
from web.console.parts import button, show
from web.console.times import weekday_time
from web.console.visit import PageVisit
from web.console.words import _

KEYS = "123456789"


async def ask_until(visit: PageVisit, latest: datetime, explained: str) -> datetime | None:
    """Ask until when (journey time, UTC); None for not at all, which is also the answer where the
    deadline leaves no time.

    Args:
        latest: the deadline.
        explained: what holds for the times that are offered.
    """
    offered = times_to_snooze(visit.context.clock.now(), latest, visit.zone)
    if not offered:
        say_no(_("It is due too soon to be put off."))
        return None
    with ui.dialog() as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = _("Snooze until")
        show(escape(_("Snooze until")), "h2")
        show(escape(explained), "p")
        with ui.element("div").classes("slots"):
            for number, at in enumerate(offered):
                key = KEYS[number] if number < len(KEYS) else ""
                button(weekday_time(at), partial(dialog.submit, at), key=key)
        with ui.element("div").classes("acts"):
            button(_("Cancel"), partial(dialog.submit, None), key="Escape")
    until = await dialog
    dialog.delete()
    return until if isinstance(until, datetime) else None
