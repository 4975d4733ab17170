"""When reps are busy by calendars of their own. Busy times are journey time, UTC; when a calendar
is read is real time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql

from domain.meetings.free_times import Busy
from store.tables import BusyCalendar, BusyTime, Meeting, Rep

EVERY = timedelta(minutes=10)
"""How often a calendar is read."""
SELDOM = timedelta(hours=6)
"""The longest pause after failures."""
LEASE = timedelta(minutes=2)
FRESH = timedelta(hours=2)
"""For how long what was read counts as what is."""
KEPT = timedelta(days=3)
"""For how long it is gone by when it can't be read any more."""

State = Literal["new", "read", "stale", "lost"]
"""Not read yet; as it is; gone by, though it could not be read since; too old to go by."""


@dataclass(frozen=True)
class CalendarState:
    """What a rep is told of the own calendar. Real time, UTC; the address is told to nobody."""

    host: str
    state: State
    read_at: datetime | None
    trouble: str
    """Code of why it can't be read, '' when it can."""


@dataclass(frozen=True)
class DueCalendar:
    """A calendar to read now. ``etag`` is '' when the busy times are to be reckoned anew."""

    rep: str
    url: str
    etag: str


def set_calendar(connection: Connection, rep: str, url: str, now: datetime) -> bool:
    """Have a rep's calendar read at this address from now on; whether there is such a rep."""
    if connection.scalar(select(Rep.code).where(Rep.code == rep, Rep.active)) is None:
        return False
    end_calendar(connection, rep)
    connection.execute(insert(BusyCalendar).values(rep=rep, url=url, look_at=now))
    return True


def end_calendar(connection: Connection, rep: str) -> bool:
    """Read a rep's calendar no more, and forget its times; whether there was one."""
    return connection.execute(delete(BusyCalendar).where(BusyCalendar.rep == rep)).rowcount == 1


def calendar_state(connection: Connection, rep: str, now: datetime) -> CalendarState | None:
    """How a rep's calendar stands; None where there is none."""
    row = connection.execute(
        select(BusyCalendar.url, BusyCalendar.read_at, BusyCalendar.trouble).where(
            BusyCalendar.rep == rep
        )
    ).first()
    if row is None:
        return None
    age = now - row.read_at if row.read_at else None
    state: State = "new"
    if age is not None:
        state = "read" if age <= FRESH else "stale" if age <= KEPT else "lost"
    elif row.trouble:
        state = "lost"
    return CalendarState(urlsplit(row.url).hostname or "", state, row.read_at, row.trouble)


def calendar_times(
    connection: Connection, rep: str, since: datetime, until: datetime
) -> list[Busy]:
    """When the rep is busy by the own calendar between two journey times; nothing by one that was
    not read for too long."""
    rows = connection.execute(
        select(BusyTime.begins_at, BusyTime.ends_at)
        .join(BusyCalendar, BusyCalendar.rep == BusyTime.rep)
        .where(
            BusyTime.rep == rep,
            BusyTime.begins_at < until,
            BusyTime.ends_at > since,
            BusyCalendar.read_at > text("now() - cast(:kept AS interval)").bindparams(kept=KEPT),
        )
        .order_by(BusyTime.begins_at)
    )
    return [(row.begins_at, row.ends_at) for row in rows]


def take_due(connection: Connection, now: datetime) -> DueCalendar | None:
    """A calendar that is due, which nobody else reads meanwhile; None when there is none."""
    due = (
        select(BusyCalendar.rep)
        .join(Rep, Rep.code == BusyCalendar.rep)
        .where(BusyCalendar.look_at <= now, Rep.active)
        .order_by(BusyCalendar.look_at)
        .limit(1)
        .with_for_update(of=BusyCalendar, skip_locked=True)
        .scalar_subquery()
    )
    row = connection.execute(
        update(BusyCalendar)
        .where(BusyCalendar.rep == due)
        .values(look_at=now + LEASE)
        .returning(BusyCalendar.rep, BusyCalendar.url, BusyCalendar.etag, BusyCalendar.counted_at)
    ).first()
    if row is None:
        return None
    # What comes again is reckoned for some time ahead only.
    recent = row.counted_at is not None and now - row.counted_at < timedelta(days=1)
    return DueCalendar(row.rep, row.url, row.etag if recent else "")


def unchanged(connection: Connection, due: DueCalendar, now: datetime) -> None:
    """Note that a calendar is as it was."""
    _note(connection, due, now, read_at=now, failures=0, trouble="")


def keep_times(
    connection: Connection,
    due: DueCalendar,
    times: Sequence[Busy],
    etag: str,
    now: datetime,
    *,
    trouble: str = "",
) -> None:
    """Write down the busy times of a calendar that was read, in place of those of before;
    ``trouble`` is a code for what could not be read of it."""
    mine = _note(
        connection, due, now, read_at=now, counted_at=now, etag=etag, failures=0, trouble=trouble
    )
    if not mine:
        return
    connection.execute(delete(BusyTime).where(BusyTime.rep == due.rep))
    if times:
        rows = [{"rep": due.rep, "begins_at": one[0], "ends_at": one[1]} for one in times]
        connection.execute(postgresql.insert(BusyTime), rows)


def not_read(connection: Connection, due: DueCalendar, trouble: str, now: datetime) -> None:
    """Note that a calendar could not be read; it is tried again at growing gaps."""
    failures = connection.scalar(select(BusyCalendar.failures).where(BusyCalendar.rep == due.rep))
    pause = min(EVERY * 2 ** min(failures or 0, 10), SELDOM)
    _note(
        connection,
        due,
        now,
        trouble=trouble,
        failures=BusyCalendar.failures + 1,
        look_at=now + pause,
    )


def of_our_meetings(connection: Connection, uids: Collection[str]) -> set[str]:
    """Those of the UIDs (what stands before the @) under which a calendar has a meeting of ours:
    it is known here how it is set."""
    if not uids:
        return set()
    wanted = sorted(uids)
    found = select(Meeting.uid).where(Meeting.uid.in_(wanted))
    old = select(Meeting.old_uid).where(Meeting.old_uid.in_(wanted))
    return {*connection.scalars(found), *connection.scalars(old)}


def _note(connection: Connection, due: DueCalendar, now: datetime, **values: object) -> bool:
    """Write down what came of it, unless the rep has set another address meanwhile."""
    same = (BusyCalendar.rep == due.rep, BusyCalendar.url == due.url)
    noted = update(BusyCalendar).where(*same).values({"look_at": now + EVERY, **values})
    return connection.execute(noted).rowcount == 1
