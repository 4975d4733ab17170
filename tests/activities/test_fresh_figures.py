"""Making the facts of figures in the background."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import background
from activities.background import in_background
from activities.daily_figures import DailyFiguresActivities
from activities.fresh_figures import FreshFigures
from domain.contracts.daily_figures import KeepFigures
from mail.channels.base import Channel
from store.figures import refresh
from tests.support.lead_histories import add_lead
from tests.support.sending import Desk, Provider


def test_a_worker_makes_some_facts_at_a_time_and_never_two_workers_at_once(
    desk: Callable[[Channel], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an import of a million leads one transaction of minutes would hold up the others, and
    a worker could not end."""
    here = desk(Provider())
    with here.database.begin() as connection:
        connection.execute(text("TRUNCATE figures_due"))
        for _ in range(3):
            add_lead(connection, [(1, "known", 0.0)])
    monkeypatch.setattr("activities.fresh_figures.BATCH", 2)
    worker = FreshFigures(here.resources)

    with here.database.begin() as another:
        assert refresh.refresh(another, most=1)
        assert not worker.make_some()
    assert here.value("SELECT count(*) FROM funnel_unit") == 1
    assert worker.make_some()
    assert not worker.make_some()
    assert here.value("SELECT count(*) FROM funnel_unit") == 3


async def test_what_fails_is_tried_again_until_the_worker_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A database that goes away for a minute would leave figures and calendars as they are until
    the worker starts again."""
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.001)
    failures: list[Exception] = [OperationalError("SELECT 1", {}, Exception("gone")), ValueError()]
    answers, done = [False, True], threading.Event()

    def do_some() -> bool:
        if failures:
            raise failures.pop()
        if answers:
            return answers.pop()
        done.set()
        return False

    task = asyncio.create_task(in_background(do_some, "it waits"))
    assert await asyncio.to_thread(done.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_figures_of_the_day_are_left_to_the_next_attempt_when_the_worker_stops(
    desk: Callable[[Channel], Desk],
) -> None:
    """One that waits for another worker would hold up the end of this one."""
    here = desk(Provider())
    attempt = ActivityEnvironment()
    with here.database.begin() as another:
        another.execute(text("SELECT pg_advisory_xact_lock(hashtext('figures of days'))"))
        waiting = asyncio.create_task(
            asyncio.to_thread(
                attempt.run, DailyFiguresActivities(here.resources).keep_figures, KeepFigures()
            )
        )
        await asyncio.sleep(0.5)
        assert not waiting.done()
        attempt.worker_shutdown()
        with pytest.raises(ApplicationError, match="left to the next attempt"):
            await asyncio.wait_for(waiting, 30)
