"""Views of the console's lists that people saved: their own, and those they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from store.tables import ConsoleUser, SavedView

MOST_VIEWS = 100
"""That somebody may have."""


@dataclass(frozen=True)
class View:
    """A saved view. ``query`` is what stands in the page's address after the question mark; ``by``
    is whose it is."""

    id: int
    page: str
    name: str
    query: str
    shared: bool
    mine: bool
    by: str


def views_of(
    connection: Connection,
    user_id: int,
    team: str | None,
    *,
    page: str = "",
    after: int = 0,
    limit: int = MOST_VIEWS,
) -> list[View]:
    """The views that somebody sees, in the order in which they were saved.

    Args:
        team: whose shared views they see beside those for everybody; None: of all teams.
        page: path of a page; '' for all.
        after: id of the last one of the page before.
    """
    mine = SavedView.user_id == user_id
    ours = true() if team is None else SavedView.team.in_(["", team])
    query = (
        select(
            SavedView.id,
            SavedView.page,
            SavedView.name,
            SavedView.query,
            SavedView.shared,
            mine.label("mine"),
            ConsoleUser.name.label("by"),
        )
        .join(ConsoleUser, ConsoleUser.id == SavedView.user_id)
        .where(or_(mine, and_(SavedView.shared, ours)), SavedView.id > after)
        .order_by(SavedView.id)
        .limit(limit)
    )
    if page:
        query = query.where(SavedView.page == page)
    return [View(**row._mapping) for row in connection.execute(query)]


def save_view(
    connection: Connection, user_id: int, page: str, name: str, *, query: str, team: str | None
) -> int:
    """Save a view, in place of the user's own of this name; its id.

    Args:
        team: whom it is shared with: '' for everybody, None for nobody.
    """
    values = {"query": query, "shared": team is not None, "team": team or ""}
    saved = insert(SavedView).values(user_id=user_id, page=page, name=name, **values)
    saved = saved.on_conflict_do_update(index_elements=["user_id", "page", "name"], set_=values)
    return connection.scalars(saved.returning(SavedView.id)).one()


def how_many_views(connection: Connection, user_id: int) -> int:
    """How many views somebody has."""
    return len(connection.scalars(select(SavedView.id).where(SavedView.user_id == user_id)).all())


def remove_view(connection: Connection, user_id: int, view_id: int) -> bool:
    """Remove one's own view; whether it was one."""
    gone = delete(SavedView).where(SavedView.id == view_id, SavedView.user_id == user_id)
    return connection.execute(gone).rowcount > 0
