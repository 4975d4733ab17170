"""A list on a page that begins with its first rows and grows by a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from nicegui import ui

from web.api.paging import Page
from web.console.parts import button
from web.console.visit import PageVisit
from web.console.words import _

T = TypeVar("T")


class PagedList(Generic[T]):
    """The rows that were read so far, and a button for more while there are more."""

    def __init__(
        self,
        visit: PageVisit,
        route: Callable[..., Page[T]],
        *args: object,
        draw: Callable[[Sequence[T]], None],
        **kwargs: object,
    ) -> None:
        """
        Args:
            route: a list of the API, which takes a ``cursor``; ``args`` and ``kwargs`` are what
                else it takes.
            draw: shows all rows that were read.
        """
        self._read, self._draw = partial(visit.ask, route, *args, **kwargs), draw
        self._items: list[T] = []
        self._cursor: str | None = None
        self._body = ui.element("div")

    async def more(self) -> None:
        """Read the next page, at first the first one, and show it with those before it."""
        page: Page[T] = await self._read(cursor=self._cursor)
        self._items += page.items
        self._cursor = page.next_cursor
        self._body.clear()
        with self._body:
            self._draw(self._items)
            if self._cursor:
                with ui.element("div").classes("more"):
                    button(_("More"), self.more)
