"""On every page: how much its visitor has not seen, in the title and beside the navigation, and on
the desktop where the browser may."""

from __future__ import annotations

import json
from datetime import timedelta

from markupsafe import Markup
from nicegui import app, ui

from domain.notifications.wording import tell
from store.notifications.choices import hours_of
from store.notifications.unseen import Unseen, unseen_lines
from web.console.unseen import UnseenWatch
from web.console.visit import PageVisit
from web.console.words import _

SECONDS = 1.5
"""How often an open page looks."""
MOST = 3
"""Notifications that appear on a desktop at once."""
LATELY = timedelta(minutes=5)
"""What is older does not appear any more: it is counted."""


def bell() -> Markup:
    """The way to the notifications; ``console.js`` writes how many there are."""
    return Markup(
        '<a class="bell" href="/console/notifications">'
        '<i class="material-icons" aria-hidden="true">notifications</i>'
        '<span>{}</span> <b role="status" data-said="{}" hidden></b></a>'
    ).format(_("Notifications"), _("{number} not seen", number="{number}"))


class Bell:
    """Looks whether something new has come, and tells the page."""

    def __init__(self, visit: PageVisit) -> None:
        self._visit = visit
        self._shown: Unseen | None = None

    async def look(self) -> None:
        """Tell the page what has changed since it was told last."""
        visit = self._visit
        watch: UnseenWatch = app.state.unseen
        found = watch.of(visit.who.user_id)
        if found is None or found == self._shown:
            return
        more = self._shown is None or found.newest > self._shown.newest
        self._shown = found
        lines = await self._lines() if more and found.number else []
        ui.run_javascript(f"notifyOf({found.number}, {json.dumps(lines)})")

    async def _lines(self) -> list[dict[str, object]]:
        """What may appear on a desktop now, the oldest first."""
        visit = self._visit
        now = visit.context.clock.now()
        hours = await visit.read(hours_of, visit.who.user_id)
        if hours is not None and hours.opens(now) > now:
            return []
        found = await visit.read(unseen_lines, visit.who.user_id, 0, MOST)
        told = []
        for one in reversed(found):
            if one.raised_at > now - LATELY:
                said = tell(one, visit.language, visit.zone.key)
                told.append({"id": one.id, "text": said.text, "detail": said.detail})
        return told


def watch_for_new(visit: PageVisit) -> None:
    """Have an open page look for what is new."""
    ui.timer(SECONDS, Bell(visit).look)
