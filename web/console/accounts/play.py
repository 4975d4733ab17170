"""The dialog that starts a cadence for leads: of a company, or those that were ticked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import escape
from nicegui import ui

from store.consent.do_not_market import Play
from store.published.cadences import enterable_cadences
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.parts import show
from web.console.visit import PageVisit
from web.console.words import _, ngettext


async def play_cadence(visit: PageVisit, start: Callable[[str], Awaitable[Play]]) -> bool:
    """Ask which cadence, start it, and say for how many; whether it was started.

    Args:
        start: starts the cadence of this name.
    """
    names = await visit.read(enterable_cadences)
    with FormDialog(_("Play a cadence")) as form:
        show(escape(_("The leads that are with marketing begin the cadence now.")), "p")
        cadence = form.field(
            "cadence",
            ui.select(names, label=_("Cadence"), value=names[0] if names else None),
        )

    async def save() -> Play:
        return await start(str(cadence.value or ""))

    done = await form.sent(_("Play"), save)
    if done is None:
        return False
    said = ngettext("1 lead begins it.", "{number} leads begin it.", len(done.started))
    if left := len(done.left_alone):
        stays = ngettext(
            "1 lead stays as it is: it is with sales, or has no journey.",
            "{number} leads stay as they are: they are with sales, or have no journey.",
            left,
        )
        said = f"{said} {stays}"
    say_done(said)
    return True
