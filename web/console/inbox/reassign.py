"""Several leads chosen in a list, to be given to a rep at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from store.presence import RepLine
from web.api import team as team_api
from web.api.team import Reassignment
from web.console.frame import say_done
from web.console.parts import button
from web.console.visit import Visit
from web.console.words import _, ngettext

PICKED = (
    "(e) => { if (e.target.dataset.pick) emit(Number(e.target.dataset.pick), e.target.checked) }"
)
"""Tells which box of a list was ticked: its ``data-pick``, a lead's id, and whether it is now."""


class Reassign:
    """The bar that gives chosen leads to a rep; hidden while none is chosen."""

    def __init__(
        self, visit: Visit, reps: list[RepLine], given: Callable[[], Awaitable[None]]
    ) -> None:
        self.visit, self._given = visit, given
        self.chosen: set[int] = set()
        with ui.element("div").classes("chosen").props('role="status"') as self._bar:
            self._count = ui.label("")
            self._to = ui.select({one.code: _named(one) for one in reps}, label=_("Give to")).props(
                "outlined dense"
            )
            button(_("Reassign"), self._give, main=True)
        self._show()

    def picked(self, event: GenericEventArguments) -> None:
        """A box of the list was ticked or cleared."""
        lead_id, ticked = event.args
        (self.chosen.add if ticked else self.chosen.discard)(int(lead_id))
        self._show()

    def choose(self, lead_ids: list[int]) -> None:
        """These are the leads that are ticked now."""
        self.chosen = set(lead_ids)
        self._show()

    async def _give(self) -> None:
        if not self._to.value:
            ui.notify(_("Choose a rep first."))
            return
        to = str(self._to.value)
        moved = await self.visit.act(team_api.give, Reassignment(leads=sorted(self.chosen), to=to))
        number = len(moved.leads)
        say_done(
            ngettext("1 lead is now {rep}'s.", "{number} leads are now {rep}'s.", number, rep=to)
        )
        self.chosen.clear()
        self._show()
        await self._given()

    def _show(self) -> None:
        number = len(self.chosen)
        self._count.set_text(ngettext("1 lead chosen", "{number} leads chosen", number))
        self._bar.set_visibility(number > 0)


def _named(rep: RepLine) -> str:
    work = ngettext("1 task", "{number} tasks", rep.open_tasks)
    away = "" if rep.present and rep.back_at is None else _("away")
    return " · ".join(part for part in (f"{rep.name} ({rep.code})", work, away) if part)
