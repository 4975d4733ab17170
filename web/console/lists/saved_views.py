"""The views at the head of a list: the own ones and those of colleagues, each a link."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from markupsafe import Markup, escape
from nicegui import ui

import services.saved_views
from services.access import team_of
from services.saved_views import LONGEST_NAME, NOT_KEPT
from store.access.saved_views import MOST_VIEWS, View
from web.api import views as views_api
from web.console.frame import say_done
from web.console.parts import button, show, sure
from web.console.visit import PageVisit
from web.console.words import _


class SavedViews:
    """The row of views, in the place where it is made.

    Args:
        query: tells the parameters with which the list is shown now.
    """

    def __init__(self, visit: PageVisit, path: str, query: Callable[[], str]) -> None:
        self._visit, self._path, self._query = visit, path, query
        self._views: list[View] = []
        self._row = ui.element("div").classes("views")
        with self._row.props(f'role="group" aria-label="{_("Views")}"'):
            self._links = show(Markup())
            self._save = button(_("Save view"), self._ask)
            self._remove = button(_("Remove view"), self._take_away)

    async def show(self) -> None:
        """Read them, and show them."""
        found = await self._visit.ask(views_api.list_views, of=self._path, limit=MOST_VIEWS)
        self._views = list(found.items)
        self.mark()

    def mark(self) -> None:
        """Show which of them the list is now."""
        now = _as_kept(self._query())
        shown = next((one for one in self._views if _as_kept(one.query) == now), None)
        links = [_link(_("All"), self._path, "", not now)]
        for one in self._views:
            name = one.name if one.mine else _("{view} by {name}", view=one.name, name=one.by)
            links.append(_link(name, self._path, one.query, one is shown))
        # Without a view of anybody's there is nothing to choose from.
        self._links.set_content(Markup(" ").join(links) if self._views else "")
        self._save.set_visibility(bool(now) and shown is None)
        self._remove.set_visibility(shown is not None and shown.mine)
        self._row.set_visibility(bool(self._views or now))
        self._shown = shown

    async def _ask(self) -> None:
        team = team_of(self._visit.caller)
        with ui.dialog() as dialog, ui.card().classes("ask"):
            show(escape(_("Save view")), "h2")
            name = ui.input(_("Name")).props(f"maxlength={LONGEST_NAME} autofocus").classes("once")
            shared = ui.checkbox(_("Share with my team") if team else _("Share with everybody"))
            show(escape(_("Filters, columns and order are kept; words looked for are not.")), "p")

            async def save() -> None:
                if not (name.value or "").strip():
                    name.props["error"] = True
                    name.props["error-message"] = _("Give it a name.")
                    name.update()
                    return
                await self._visit.act(
                    services.saved_views.save_view,
                    self._path,
                    name.value,
                    self._query(),
                    shared=bool(shared.value),
                )
                dialog.submit(True)

            name.on("keydown.enter", save)
            with ui.element("div").classes("acts"):
                button(_("Cancel"), lambda: dialog.submit(None))
                button(_("Save"), save, main=True)
        if await dialog:
            say_done(_("The view is saved."))
            await self.show()
        dialog.delete()

    async def _take_away(self) -> None:
        view = self._shown
        if view is None or not await sure(
            _("Remove the view {view}?", view=view.name), _("Remove view")
        ):
            return
        await self._visit.act(services.saved_views.remove_view, view.id)
        say_done(_("The view is removed."))
        await self.show()


def _as_kept(query: str) -> list[tuple[str, str]]:
    return sorted(pair for pair in parse_qsl(query) if pair[0] not in NOT_KEPT)


def _link(name: str, path: str, query: str, is_shown: bool) -> Markup:
    return Markup('<a href="/console{}"{}>{}</a>').format(
        f"{path}?{query}" if query else path,
        Markup(' aria-current="true"') if is_shown else "",
        name,
    )
