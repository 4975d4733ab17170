"""Reads the calendars of reps in the background, in every worker: each when it is due, and none
twice at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from activities.background import in_background
from activities.public_get import NotRead, get_publicly
from activities.resources import Resources
from domain.meetings.busy_calendar import BadCalendar, BusyEntry, merged, read_busy
from domain.time.window import zone
from store.routing import busy_calendars
from store.routing.busy_calendars import DueCalendar
from store.sla.business_time import calendar_of

log = structlog.get_logger()

AHEAD = timedelta(days=90)
BEHIND = timedelta(days=1)


class BusyCalendars:
    """What a worker does about them."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def run(self) -> None:
        """Read what is due, until cancelled."""
        await in_background(self.read_one, "calendars of reps wait")

    def read_one(self) -> bool:
        """Read one calendar that is due; whether there was one."""
        engine = self.resources.engine
        with engine.begin() as connection:
            due = busy_calendars.take_due(connection, datetime.now(UTC))
        if due is None:
            return False
        try:
            self._read(due)
        except (NotRead, BadCalendar) as error:
            code = error.code if isinstance(error, NotRead) else "no_calendar"
            with engine.begin() as connection:
                busy_calendars.not_read(connection, due, code, datetime.now(UTC))
            # The address is a secret, and the rep sees what is wrong.
            log.info("a rep's calendar can't be read", rep=due.rep, code=code)
        return True

    def _read(self, due: DueCalendar) -> None:
        settings = self.resources.settings
        answer = get_publicly(due.url, due.etag, allow_private=settings.webhooks_allow_private)
        now = datetime.now(UTC)
        if answer.content is None:
            with self.resources.engine.begin() as connection:
                busy_calendars.unchanged(connection, due, now)
            return
        with self.resources.engine.connect() as connection:
            home = zone(calendar_of(connection, due.rep).time_zone)
        at = settings.clock().now()
        entries, unread = read_busy(answer.content, at - BEHIND, at + AHEAD, home)
        with self.resources.engine.begin() as connection:
            ours = busy_calendars.of_our_meetings(connection, {_local(one) for one in entries})
            times = merged(one for one in entries if _local(one) not in ours)
            # What is read in part is read anew each time, whether it has changed or not.
            etag, trouble = ("", "partly") if unread else (answer.etag, "")
            busy_calendars.keep_times(connection, due, times, etag, now, trouble=trouble)
        if unread:
            log.info("a rep's calendar is read in part", rep=due.rep, unread=unread)


def _local(entry: BusyEntry) -> str:
    return entry.uid.rpartition("@")[0]
