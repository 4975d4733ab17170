"""A page that shows a list of the API: its filters are the API's parameters and stand in the
address, its columns and order are chosen, and it is saved, shared and taken out as it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from domain.refusals import Unavailable
from web.api.paging import Page
from web.console.lists.export import export_button, written
from web.console.lists.filters import day_field, many, search_field, tick
from web.console.lists.saved_views import SavedViews
from web.console.lists.sorting import ORDER_CHOSEN
from web.console.parts import Cell, button, choice, show, table
from web.console.visit import PageVisit
from web.console.words import _

T = TypeVar("T")
COLUMNS, ORDER = "columns", "order"
"""In the address beside the filters."""


@dataclass(frozen=True)
class ListColumn(Generic[T]):
    """A column: its key in the address, its heading (translated), what stands in it. ``order`` is
    the list's order that its heading asks for; ``fixed`` ones can't be left out, ``extra`` ones
    are shown when they are chosen."""

    key: str
    heading: str
    cell: Callable[[T], Cell]
    number: bool = False
    order: str = ""
    fixed: bool = False
    extra: bool = False


class ListPage(Generic[T]):
    """The list as it is open, and the pages read so far."""

    def __init__(
        self,
        visit: PageVisit,
        path: str,
        route: Callable[..., Page[T]],
        columns: Sequence[ListColumn[T]],
        asked: Mapping[str, Any],
        *,
        caption: str,
        listed: str = "",
    ) -> None:
        """
        Args:
            path: of the page under ``/console``, and of the list under ``/api`` where ``listed``
                does not say another.
            asked: the page's parameters: those of the route by their names there, ``order`` and
                ``columns`` (keys with commas between them).
            caption: what it lists, translated.
        """
        self.visit, self.path, self.caption = visit, path, caption
        self._route, self._columns, self._listed = route, columns, listed or path
        self.asked = dict(asked)
        self._items: list[T] = []
        self._cursor: str | None = None
        self._turn = 0

    def parameters(self) -> dict[str, Any]:
        """What the route is asked for."""
        return {
            name: value
            for name, value in self.asked.items()
            if name != COLUMNS and value not in (None, "", [], False)
        }

    def nothing(self) -> None:
        """Shown instead of an empty list."""
        raise NotImplementedError

    async def counted(self) -> str:
        """How many there are, in words; '' where nobody counts."""
        return ""

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set."""
        return bool(set(self.parameters()) - {ORDER})

    @contextmanager
    def filters(self) -> Iterator[None]:
        """The place for the fields, with the saved views above; call :meth:`begin` after it."""
        self._views = SavedViews(self.visit, self.path, self.address_query)
        bar = ui.element("div").classes("filters")
        with bar.props(f'role="search" aria-label="{self.caption}"'):
            yield
            self._choose_columns()

    async def begin(self) -> None:
        """Show the saved views and the first page."""
        with self.visit.top:
            export_button(self._listed, self.parameters)
        await self._views.show()
        with ui.element("div").classes("found"):
            self._status = ui.label("").classes("quiet").props('role="status"')
            self._body = ui.element("div")
        self._body.on(
            "click",
            self._sorted,
            js_handler=ORDER_CHOSEN,
        )
        await self.refresh()

    def search(self, label: str, name: str = "search") -> None:
        """The field for words."""
        search_field(label, self.asked[name], lambda words: self.want(**{name: words}))

    def many(self, label: str, name: str, options: Mapping[str, str]) -> None:
        """A field of several values."""
        many(label, options, self.asked[name] or [], lambda chosen: self.want(**{name: chosen}))

    def choice(self, label: str, name: str, options: Mapping[str, str]) -> None:
        """A field of one value; '' among the options is any."""
        chosen = self.asked[name] or ""
        known = dict(options) | ({} if chosen in options else {chosen: chosen})
        choice(label, known, chosen, lambda value: self.want(**{name: value}))

    def tick(self, label: str, name: str) -> None:
        """A field that is on or off."""
        tick(label, bool(self.asked[name]), lambda on: self.want(**{name: on or None}))

    def day(self, label: str, name: str) -> None:
        """A field for a day of the visitor's calendar."""
        day_field(label, self.asked[name], lambda chosen: self.want(**{name: chosen}))

    async def want(self, **changed: Any) -> None:
        """Ask for something else: in the address too, which can be passed on."""
        self.asked |= changed
        query = self.address_query()
        address = f"/console{self.path}{f'?{query}' if query else ''}"
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(address)})")
        self._views.mark()
        await self.refresh()

    def address_query(self) -> str:
        """The parameters as the address has them."""
        pairs = []
        for name, value in self.asked.items():
            several = value if isinstance(value, list | tuple) else [value]
            pairs += [(name, written(one)) for one in several if one not in (None, "", False)]
        return urlencode(pairs)

    async def refresh(self) -> None:
        """Read the first page anew."""
        self._turn += 1
        turn = self._turn
        try:
            page = await self._read(None)
            counted = await self.counted()
        except Unavailable as away:
            self._status.set_text(str(away))
            return
        # Somebody who types on wants the answer to the last letter, whichever comes last.
        if turn == self._turn:
            self._items, self._cursor = list(page.items), page.next_cursor
            self._status.set_text(counted)
            self._draw()

    async def _more(self) -> None:
        page = await self._read(self._cursor)
        self._items += page.items
        self._cursor = page.next_cursor
        self._draw()

    async def _read(self, cursor: str | None) -> Page[T]:
        page: Page[T] = await self.visit.ask(self._route, cursor=cursor, **self.parameters())
        return page

    def _draw(self) -> None:
        self._body.clear()
        with self._body:
            if not self._items:
                self.nothing()
                return
            self.show_rows(self._items)
            if self._cursor:
                with ui.element("div").classes("more"):
                    button(_("More"), self._more)

    def show_rows(self, items: Sequence[T]) -> None:
        """The rows, as a table of the chosen columns."""
        shown = self.shown_columns()
        show(
            table(
                [one.heading for one in shown],
                [[one.cell(item) for one in shown] for item in items],
                caption=self.caption,
                numbers=[at for at, one in enumerate(shown) if one.number],
                orders={at: one.order for at, one in enumerate(shown) if one.order},
                order=self.asked.get(ORDER) or "",
            )
        )

    async def _sorted(self, event: GenericEventArguments) -> None:
        await self.want(order=str(event.args))

    def shown_columns(self) -> list[ListColumn[T]]:
        """The columns that are chosen, else the usual ones."""
        chosen = set((self.asked.get(COLUMNS) or "").split(",")) - {""}
        return [
            one
            for one in self._columns
            if one.fixed or (one.key in chosen if chosen else not one.extra)
        ]

    def _choose_columns(self) -> None:
        free = {one.key: one.heading for one in self._columns if not one.fixed}
        if not free:
            return
        shown = [one.key for one in self.shown_columns() if not one.fixed]
        usual = [one.key for one in self._columns if not one.fixed and not one.extra]

        async def chosen(keys: Sequence[str]) -> None:
            ordered = [key for key in free if key in keys]
            await self.want(columns="" if ordered == usual else ",".join(ordered) or "none")

        many(_("Columns"), free, shown, chosen)
