"""The figures of each day are kept, what has stopped is told, and digests of the week go out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.resources import Resources
from domain.access import Role
from domain.contracts.daily_figures import FiguresKept, FiguresTold, KeepFigures, TellFigures
from domain.figures.anomalies import stopped_series
from domain.figures.periods import today_in
from domain.figures.snapshots import Subject
from store.bounded import allow_long_work
from store.figures import anomalies
from store.figures.refresh import BATCH, is_due, last_change, refresh
from store.figures.snapshots import snapshot
from store.notifications.weekly import raise_weekly, tell_roles

log = structlog.get_logger()

WHOM: Mapping[str, tuple[Role, ...]] = {
    Subject.STAGE: (Role.MANAGER, Role.ADMIN),
    Subject.SOURCE: (Role.MARKETING, Role.ADMIN),
    Subject.INTAKE: (Role.OPS, Role.ADMIN),
}
"""What has stopped → who sees to it."""
LOOK_SECONDS = 1.0
AT_ONE_TIME = "REPEATABLE READ"
"""Facts are made again while they are counted."""


class DailyFiguresActivities:
    """The activities of the day's figures."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def keep_figures(self, _request: KeepFigures) -> FiguresKept:
        """Count all days that are over, restate what was not known before, and look for what has
        stopped. Done twice it changes nothing."""
        now, engine = self.resources.now(), self.resources.engine
        zone = self.resources.settings.company_time_zone
        self._make_facts()
        while True:
            with engine.execution_options(isolation_level=AT_ONE_TIME).begin() as connection:
                allow_long_work(connection)
                made = snapshot(connection, zone, now)
            if made:
                break
            _wait()
        stated, replaced = made
        found = self._watch(zone, now)
        log.info("figures of days", stated=stated, replaced=replaced, stopped=found)
        return FiguresKept(
            f"Figures stated: {stated}, of them restated: {replaced}; stopped since: {found}"
        )

    def _make_facts(self) -> None:
        """Until those are made of which something had changed when it began; another worker may
        be at it."""
        with self.resources.engine.connect() as connection:
            last = last_change(connection)
        waits = True
        while waits:
            with self.resources.engine.begin() as connection:
                allow_long_work(connection)
                made = refresh(connection, most=BATCH)
                waits = is_due(connection, last)
            if waits:
                _wait(0.0 if made else LOOK_SECONDS)

    def _watch(self, zone: str, now: datetime) -> int:
        today = today_in(zone, now)
        with self.resources.engine.begin() as connection:
            counts = anomalies.series(connection, today)
            if not counts:
                return 0
            stopped = stopped_series(counts)
            day = today - timedelta(days=1)
            new = anomalies.keep(connection, stopped, counts, day, now)
            for one in anomalies.list_anomalies(connection, len(new)) if new else ():
                if one.id in new:
                    tell_roles(connection, WHOM[one.subject], one.id, now)
        return len(new)

    @activity.defn(no_thread_cancel_exception=True)
    def tell_figures(self, _request: TellFigures) -> FiguresTold:
        """Have the digests of the week go out that are due."""
        zone = self.resources.settings.company_time_zone
        with self.resources.engine.begin() as connection:
            return FiguresTold(raise_weekly(connection, zone, self.resources.now()))


def _wait(seconds: float = LOOK_SECONDS) -> None:
    """Leave the rest to the next attempt, if nobody waits for this one any more."""
    if activity.is_cancelled() or activity.is_worker_shutdown():
        raise ApplicationError("The figures of the day are left to the next attempt.")
    time.sleep(seconds)
