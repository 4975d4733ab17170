"""The figures of each day are kept by a Schedule of a real server, and digests of the week reach
those who asked for them, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import ScheduleHandle, ScheduleOverlapPolicy

from activities.notified import compose
from domain.access import Role
from domain.contracts.daily_figures import DAILY_FIGURES_ID
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import NotificationKind, NotifyBy
from store.access.users import add_user
from store.figures.refresh import refresh
from store.notifications import choices, deliveries
from store.notifications.weekly import raise_weekly
from temporal.schedules import see_to_daily_figures
from tests.relay.post import Post
from tests.support.lead_histories import BEGIN, add_lead

pytestmark = pytest.mark.xdist_group("relay")

WEEKLY = [NotificationKind.WEEKLY]
MONDAY = BEGIN + timedelta(days=7)


@pytest.fixture
async def schedule(post: Post) -> AsyncIterator[ScheduleHandle]:
    """The Schedule as a worker makes it; gone after the test."""
    await see_to_daily_figures(post.client, post.settings)
    handle = post.client.get_schedule_handle(DAILY_FIGURES_ID)
    yield handle
    await handle.delete()


async def test_the_schedule_keeps_the_days_and_skips_what_overlaps(
    post: Post, schedule: ScheduleHandle
) -> None:
    """Each worker makes sure of it; a worker with another time zone or an operator's pause must
    not make a second one, and an outage of a weekend not three runs at once."""
    with post.database.begin() as connection:
        add_lead(connection, [(1, "known", 0)])
    seoul = post.settings.model_copy(update={"company_time_zone": "Asia/Seoul"})
    await schedule.pause(note="maintenance")
    await see_to_daily_figures(post.client, seoul)

    known = (await schedule.describe()).schedule
    assert known.policy.overlap == ScheduleOverlapPolicy.SKIP
    assert known.policy.catchup_window == timedelta(days=7)
    assert known.spec.time_zone_name == "Asia/Seoul"
    assert known.state.paused
    await schedule.unpause()
    async with post.working(), post.relaying():
        await schedule.trigger()
        await post.reaches(
            "SELECT count(*) FROM figure_snapshot WHERE name = 'known' AND measure = 'entered' "
            "AND subject = 'stage'",
            1,
        )
        await _over(post)


async def test_a_schedule_that_is_as_it_should_be_is_not_touched(
    post: Post, schedule: ScheduleHandle
) -> None:
    """Each worker that starts after an outage would drop the run that is owed."""
    before = (await schedule.describe()).info.last_updated_at
    await see_to_daily_figures(post.client, post.settings)

    assert (await schedule.describe()).info.last_updated_at == before


async def test_a_schedule_that_temporal_refuses_keeps_no_worker_from_its_journeys(
    post: Post,
) -> None:
    """A zone that Python knows and Temporal does not."""
    nowhere = post.settings.model_copy(update={"company_time_zone": "Atlantis/City"})
    await see_to_daily_figures(post.client, nowhere)


async def _over(post: Post) -> None:
    """What was started is over, so that no other test has it in its worker."""
    for _ in range(300):
        running = [
            one
            async for one in post.client.list_workflows(
                "WorkflowType = 'DailyFigures' AND ExecutionStatus = 'Running'"
            )
        ]
        if not running:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it does not end")


def user(post: Post, role: Role, rep: str = "", kinds: Any = WEEKLY) -> int:
    """A colleague, and what of it they want by mail."""
    if rep:
        post.run(
            "INSERT INTO rep (code, name, email) VALUES (:rep, 'Hana', '') ON CONFLICT DO NOTHING",
            rep=rep,
        )
    with post.database.begin() as connection:
        one = add_user(connection, f"{role}@lindenmoor.example", str(role), role, rep)
        choices.choose(connection, one, {NotifyBy.MAIL: kinds}, WorkingHours("Europe/Berlin"))
    return one


async def test_a_week_is_told_once_to_who_asked_for_it(post: Post) -> None:
    """Staff mail has its own consent: whoever did not choose it gets none, nobody two, and no
    lead's ledger has a row of it."""
    now = datetime.now(UTC)
    tuesday = now - timedelta(days=now.weekday() - 1)
    user(post, Role.MARKETING)
    user(post, Role.OPS, kinds=[])
    async with post.working(), post.relaying():
        for when in (tuesday, tuesday, tuesday + timedelta(days=1)):
            with post.database.begin() as connection:
                assert raise_weekly(connection, "UTC", when) == 1
        with post.database.begin() as connection:
            assert raise_weekly(connection, "UTC", tuesday + timedelta(days=2)) == 0
        await post.reaches("SELECT count(*) FROM notification_delivery WHERE state = 'sent'", 1)

    assert post.values("SELECT recipient FROM outbox_message") == ["marketing@lindenmoor.example"]
    assert post.value("SELECT subject FROM outbox_message").startswith("Your week in figures")
    assert post.value("SELECT count(*) FROM touch") == 0


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (Role.SDR, {"Leads handed over: 1": "the week before: 0", "Entered SAL: 0": None}),
        (Role.SUCCESS, {"Leads handed over: 1": "the week before: 0"}),
        (Role.MANAGER, {"Leads handed over: 2": "the week before: 0"}),
        (Role.MARKETING, {"New by fair: 3": "the week before: 0", "Entered MQL: 2": None}),
        (Role.OPS, {"Mails sent: 0": "the week before: 0"}),
    ],
)
async def test_each_role_reads_the_figures_it_steers_by(
    post: Post, role: Role, said: dict[str, str | None]
) -> None:
    """An SDR steers by the own leads, a manager by those of all; the week is Monday to Sunday."""
    rep = "rep-1" if role in (Role.SDR, Role.SUCCESS) else ""
    one = user(post, role, rep)
    with post.database.begin() as connection:
        for owner, moves in (
            ("rep-1", [(1, "known", 0.0), (1, "mql", 2.0)]),
            ("rep-2", [(1, "known", 0.0), (1, "mql", 6.5)]),
            ("", [(1, "known", 1.0)]),
            ("", [(1, "known", 7.0)]),
        ):
            lead = add_lead(connection, moves, owner=owner, source="fair")
            if owner:
                connection.exec_driver_sql(
                    "INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot) "
                    "VALUES (%s, 1, %s, 'score', 'A', 80, false)",
                    (lead, BEGIN + timedelta(days=moves[-1][2])),
                )
        refresh(connection)
    with post.database.begin() as connection:
        raise_weekly(connection, "UTC", MONDAY)
        whom = deliveries.recipient(connection, one, NotifyBy.MAIL)
        assert whom is not None
        _batch, found = deliveries.claim(connection, one, NotifyBy.MAIL)

    message = compose(post.database, whom, found, MONDAY, company_zone="UTC")

    lines = {one.text: one.detail for one in message.lines}
    assert message.heading.startswith("Your week in figures")
    assert all(one.path.startswith("/") for one in message.lines)
    for text, detail in said.items():
        assert text in lines, lines
        assert detail is None or lines[text] == detail
