"""What people are writing and have not published: nothing they typed is lost.

Each has a draft of their own, so two who write the same don't write over each other. Times are
real time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, delete, select
from sqlalchemy.dialects.postgresql import insert

from store.published.published_texts import Kind
from store.tables import ConsoleUser, Draft


@dataclass(frozen=True)
class Written:
    """A draft: whose it is, what it says, and the id of the version it was begun from (0: none)."""

    kind: Kind
    name: str
    user_id: int
    by: str
    text: str
    based_on: int
    at: datetime


def keep_draft(
    connection: Connection,
    *,
    kind: Kind,
    name: str,
    user_id: int,
    text: str,
    based_on: int,
    at: datetime,
) -> None:
    """Keep what somebody has typed so far, in the place of what was kept of theirs before.

    Args:
        based_on: id of the version that it was begun from; 0 for none.
        at: real time, UTC.
    """
    # PostgreSQL keeps no NUL.
    values = {"text": text.replace("\0", ""), "based_on": based_on, "at": at}
    connection.execute(
        insert(Draft)
        .values(kind=kind, name=name, user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["kind", "name", "user_id"], set_=values)
    )


def drafts_of(connection: Connection, kind: Kind, name: str) -> list[Written]:
    """Everybody's drafts of one thing, the newest first."""
    rows = connection.execute(_drafts().where(Draft.kind == kind, Draft.name == name))
    return [Written(**row._mapping) for row in rows]


def list_drafts(connection: Connection, user_id: int) -> list[Written]:
    """What one person is writing, the newest first."""
    rows = connection.execute(_drafts().where(Draft.user_id == user_id))
    return [Written(**row._mapping) for row in rows]


def drop_draft(connection: Connection, kind: Kind, name: str, user_id: int) -> None:
    """Forget somebody's draft: it was published, or they began anew."""
    connection.execute(
        delete(Draft).where(Draft.kind == kind, Draft.name == name, Draft.user_id == user_id)
    )


def _drafts() -> Select[str, str, int, str, str, int, datetime]:
    return (
        select(
            Draft.kind,
            Draft.name,
            Draft.user_id,
            ConsoleUser.name.label("by"),
            Draft.text,
            Draft.based_on,
            Draft.at,
        )
        .join(ConsoleUser, ConsoleUser.id == Draft.user_id)
        .order_by(Draft.at.desc())
    )
