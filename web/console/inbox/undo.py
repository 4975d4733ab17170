"""Dispositions that the visitor has just given and can still undo, and those refused after all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from markupsafe import Markup, escape
from nicegui import ui

import services.tasks
from domain.tasks.completion import Completion
from store.tasks.pending_dispositions import UNDO_SECONDS, PendingCompletion, pending_of
from web.console.labels import disposition
from web.console.parts import button, show
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _


class Undo:
    """The bar that counts down, and the notices of refusals, inside two elements.

    ``reopen`` shows a task again with what was typed for it.
    """

    def __init__(
        self,
        visit: PageVisit,
        bar: ui.element,
        refusals: ui.element,
        reopen: Callable[[int, Completion], Awaitable[None]],
    ) -> None:
        self.visit, self.bar, self.refusals, self._reopen = visit, bar, refusals, reopen
        self._timer: ui.timer | None = None

    async def refresh(self) -> None:
        """Show which dispositions of the visitor are pending now."""
        pending = await self.visit.read(pending_of, self.visit.who.user_id)
        waiting = [one for one in pending if not one.refused and one.seconds_left > 0]
        self.bar.clear()
        self.refusals.clear()
        if self._timer is not None:
            self._timer.cancel()
        if waiting:
            newest = max(waiting, key=lambda one: one.seconds_left)
            with self.bar:
                self._count_down(newest)
                self._timer = ui.timer(newest.seconds_left + 0.1, self.refresh, once=True)
        with self.refusals:
            for one in pending:
                if one.refused:
                    self._refusal(one)

    def _count_down(self, one: PendingCompletion) -> None:
        with ui.element("div").classes("undo").props('role="status"'):
            show(
                Markup("<b>{}</b> {}").format(disposition(one.completion.disposition), one.lead),
                "span",
            )
            button(_("Undo"), partial(self._undo, one.task_id), key="u")
            show(
                Markup(
                    '<i style="animation-duration:{:.1f}s;animation-delay:-{:.1f}s"></i>'
                ).format(UNDO_SECONDS, max(0.0, UNDO_SECONDS - one.seconds_left))
            ).classes("left")

    def _refusal(self, one: PendingCompletion) -> None:
        with ui.element("div").classes("refused").props('role="alert"'):
            show(
                escape(
                    _(
                        "“{disposition}” for {lead} was not taken. What you typed is kept.",
                        disposition=disposition(one.completion.disposition),
                        lead=one.lead,
                    )
                ),
                "p",
            )
            show(escape(told(one.refused)), "p")
            with ui.element("div").classes("acts"):
                button(_("Open again"), partial(self._undo, one.task_id))
                button(_("Put away"), partial(self._put_away, one.task_id))

    async def _undo(self, task_id: int) -> None:
        answer = await self.visit.act(services.tasks.undo, task_id)
        await self._reopen(task_id, answer)
        await self.refresh()

    async def _put_away(self, task_id: int) -> None:
        await self.visit.act(services.tasks.undo, task_id)
        await self.refresh()
