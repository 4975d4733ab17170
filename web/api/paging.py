"""Lists that are read page by page: every list of the API, with one kind of cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Connection

from domain.refusals import Invalid
from domain.sentences import sentence
from web.api.access import WebContext
from web.api.cursors import BadCursor

T = TypeVar("T")
Key = tuple[Any, ...]
"""The values by which a list is ordered, of one of its rows."""

MOST = 500
"""Rows of a page."""
PAGE = 50
"""Rows of a page when nobody says how many."""
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=4_000,
        description="`next_cursor` of the page before; left out for the first page.",
    ),
]


class Page(BaseModel, Generic[T]):
    """One page of a list. ``next_cursor`` asks for the page that follows; it is null on the last
    one. What is added to the list meanwhile moves nothing from one page to another."""

    items: list[T]
    next_cursor: str | None = None


class Done(BaseModel):
    """A change that was made, told in a sentence."""

    detail: str


def page(
    context: WebContext,
    of: str,
    cursor: str | None,
    limit: int,
    read: Callable[[Connection, Key | None, int], Sequence[T]],
    *,
    key: Callable[[T], Key],
) -> Page[T]:
    """The page of a list that begins after ``cursor``, or the first.

    Args:
        of: name of the list, its own.
        read: finds the rows after the one with this sort key (None: from the first on), so many
            at most.
        key: the sort key of a row; no two rows of the list have the same.

    Raises:
        Problem: the cursor is none of this list.
    """
    after = None if cursor is None else key_in(context, of, cursor)
    with context.database.connect() as connection:
        # One more than is shown tells whether there is another page.
        found = read(connection, after, limit + 1)
    shown = list(found[:limit])
    more = len(found) > limit
    return Page(
        items=shown, next_cursor=context.cursors.write(of, key(shown[-1])) if more else None
    )


def key_in(context: WebContext, of: str, cursor: str) -> Key:
    """The sort key in a cursor of the list ``of``.

    Raises:
        Problem: 422; the cursor is none of this list.
    """
    try:
        return context.cursors.read(of, cursor)
    except BadCursor:
        raise Invalid(
            sentence(
                "This is no cursor of this list: send next_cursor of the page before as it came, "
                "or leave the cursor out to begin anew."
            ),
            "cursor",
        ) from None


def after_in(items: Sequence[T], after: Key | None, limit: int, key: Callable[[T], Key]) -> list[T]:
    """The same of a short list that is known as a whole, in the order of ``key``."""
    return [one for one in items if after is None or key(one) > after][:limit]


def by_id(one: Any) -> Key:
    """The sort key of what is listed by id."""
    return (one.id,)


def by_name(one: Any) -> Key:
    """The sort key of what is listed by name."""
    return (one.name,)


def page_by_name(
    context: WebContext,
    of: str,
    cursor: str | None,
    limit: int,
    read: Callable[..., Sequence[T]],
    *,
    key: Callable[[T], Key] = by_name,
) -> Page[T]:
    """:func:`page` of a list in the order of its names, found by
    ``read(connection, after=name, limit=most)``; '' stands before the first.

    Args:
        key: the name of a row as :func:`by_name` has it, where it is called otherwise.

    Raises:
        Problem: the cursor is none of this list.
    """
    return page(
        context,
        of,
        cursor,
        limit,
        lambda connection, last, most: read(
            connection, after="" if last is None else last[0], limit=most
        ),
        key=key,
    )


def page_by_id(
    context: WebContext,
    of: str,
    cursor: str | None,
    limit: int,
    read: Callable[..., Sequence[T]],
    *,
    newest_first: bool = True,
) -> Page[T]:
    """:func:`page` of a list in the order of its ids, found by ``read(connection, before=id,
    limit=most)``, where None stands before the first, or by ``after=id``, where 0 does.

    Raises:
        Problem: the cursor is none of this list.
    """

    def found(connection: Connection, last: Key | None, most: int) -> Sequence[T]:
        if newest_first:
            return read(connection, before=last_id(last), limit=most)
        return read(connection, after=last_id(last) or 0, limit=most)

    return page(context, of, cursor, limit, found, key=by_id)


def last_id(after: Key | None) -> int | None:
    """The id in a sort key of :func:`by_id`."""
    return None if after is None else after[0]
