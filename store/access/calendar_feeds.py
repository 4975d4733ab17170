"""The secret addresses at which calendar programs read the meetings of reps."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from store.access.named_keys import digest
from store.tables import CalendarFeed, Rep

WINDOW = timedelta(hours=1)
MOST_READS = 60
"""How often an address is read in a window: programs ask every few minutes at most."""


class ReadTooOften(Exception):
    """Enough for now; ``again_in`` is after which time it may be read again."""

    def __init__(self, again_in: timedelta) -> None:
        super().__init__()
        self.again_in = again_in


def new_feed(connection: Connection, rep: str, now: datetime) -> str | None:
    """A new secret for a rep's calendar, in place of any earlier one; None for no rep."""
    if connection.scalar(select(Rep.code).where(Rep.code == rep, Rep.active)) is None:
        return None
    secret = secrets.token_urlsafe(32)
    values = {"secret": digest(secret), "made_at": now, "reads": 0, "reads_since": now}
    connection.execute(
        insert(CalendarFeed)
        .values(rep=rep, **values)
        .on_conflict_do_update(index_elements=["rep"], set_=values)
    )
    return secret


def end_feed(connection: Connection, rep: str) -> bool:
    """Have a rep's secret work no more; whether there was one."""
    return connection.execute(delete(CalendarFeed).where(CalendarFeed.rep == rep)).rowcount == 1


def feed_made_at(connection: Connection, rep: str) -> datetime | None:
    """When a rep's address was made (real time, UTC); None where there is none."""
    return connection.scalar(select(CalendarFeed.made_at).where(CalendarFeed.rep == rep))


def read_feed(connection: Connection, secret: str, now: datetime) -> str | None:
    """The rep whose calendar the secret opens, None for nobody's. Counts the read.

    Raises:
        ReadTooOften: it was read as often as may be.
    """
    over = CalendarFeed.reads_since <= now - WINDOW
    row = connection.execute(
        update(CalendarFeed)
        .where(CalendarFeed.secret == digest(secret), CalendarFeed.rep == Rep.code, Rep.active)
        .values(
            reads=case((over, 1), else_=CalendarFeed.reads + 1),
            reads_since=case((over, now), else_=CalendarFeed.reads_since),
        )
        .returning(CalendarFeed.rep, CalendarFeed.reads, CalendarFeed.reads_since)
    ).first()
    if row is None:
        return None
    if row.reads > MOST_READS:
        raise ReadTooOften(row.reads_since + WINDOW - now)
    return str(row.rep)
