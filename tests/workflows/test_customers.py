"""After the opportunity: what a customer would miss if one of its arrows led nowhere."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.contracts.journey import EventCode, JourneyEvent, JourneyState, Phase
from tests.support import customer_policies
from tests.support.sandbox import workflow_runner
from tests.support.time_zones import where_it_is_night
from tests.support.workflow_world import TEST_SERVER, World, says
from tests.workflows.deaf import DeafCustomer

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def shop(here: World) -> World:
    """A world with customer success."""
    customer_policies.team(here)
    customer_policies.caring(here)
    here.person.will("hand_over", says("done"))
    return here


async def test_a_customer_is_welcomed_renewed_and_comes_back_when_it_leaves(shop: World) -> None:
    """A year of silence ends with a contract that nobody renewed. The two years have four clock
    changes, and customer success is away when they begin."""
    team = customer_policies.team(shop)
    shop.person.will("upsell", says("not_now"))
    shop.person.will("renewal", says("renewed"), says("lost", reason="price"))
    lead = customer_policies.bought(shop)
    sold = customer_policies.sold_on(shop)

    handle = await shop.start(Phase.CUSTOMER, lead, reason="won", owner="rep-1")
    ending = await shop.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "churned")
    assert shop.values("SELECT kind FROM task ORDER BY opened_at, id") == [
        "hand_over",
        "hand_over",
        "upsell",
        "renewal",
        "renewal",
    ]
    assert set(shop.values("SELECT owner FROM task")) == {"cs-1"}
    assert shop.values("SELECT step FROM touch WHERE state = 'sent' ORDER BY id") == [
        "email-onboarding-1-first-week",
        "email-onboarding-2-second-week",
        "email-onboarding-3-first-numbers",
    ]
    success = next(one for one in team.teams if one.team == "success").calendar
    opened = shop.values("SELECT opened_at FROM task WHERE kind = 'renewal' ORDER BY id")
    for year, at in enumerate(opened, 1):
        month, day = sold.month, min(sold.day, 28 if sold.month == 2 else sold.day)
        date = sold.replace(year=sold.year + year, month=month, day=day) - timedelta(days=60)
        expected = success.next_open(datetime.combine(date, time(), BERLIN))
        assert abs(at - expected) < timedelta(seconds=5)
        assert success.is_open(at + timedelta(seconds=5))
    opened_at, due_at = (
        shop.value(f"SELECT {column} FROM task WHERE title = 'Welcome call'")
        for column in ("opened_at", "due_at")
    )
    assert due_at == success.add_days(opened_at, 2)
    assert due_at - opened_at > timedelta(days=2 + customer_policies.CLOSED_DAYS - 1)
    # It is a lead again, of the rep who knows it.
    assert shop.value("SELECT owner FROM lead") == "rep-1"
    assert shop.value("SELECT count(*) FROM renewal") == 0
    assert shop.values("SELECT cause FROM assignment ORDER BY id") == ["hand_over", "churned"]


async def test_what_a_customer_writes_reaches_its_owner_and_stop_ends_everything(
    shop: World,
) -> None:
    """A customer's question would lie in an inbox that nobody reads; a stopped one would go on
    getting mails."""
    lead = customer_policies.bought(shop)
    handle = await shop.start(Phase.CUSTOMER, lead, reason="won", owner="rep-1")
    await shop.reaches("SELECT count(*) FROM task WHERE state = 'done'", 2)
    await shop.environment.sleep(timedelta(days=4))
    await shop.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)

    await shop.does(lead, "reply")

    await shop.reaches(
        "SELECT owner || ' ' || state || ' ' || due_in FROM task WHERE kind = 'customer_question'",
        "cs-1 open 4 business hours",
    )
    assert shop.value("SELECT ended_at FROM enrollment") is None

    await shop.does(lead, "reply")
    await handle.signal("stop")
    ending = await shop.ending(handle)

    assert (ending.phase, ending.outcome) == ("", "stopped")
    assert shop.value("SELECT count(*) FROM task WHERE kind = 'customer_question'") == 1
    await shop.reaches("SELECT state FROM task WHERE kind = 'customer_question'", "withdrawn")
    await shop.reaches("SELECT exit_reason FROM enrollment", "stopped")


async def test_a_pause_holds_the_mails_of_a_customer_too(shop: World) -> None:
    """Somebody who is told to be left alone would be written to."""
    shop.person.will("upsell", says("not_now"))
    shop.person.will("renewal", says("lost", reason="price"))
    night = where_it_is_night(await shop.now())
    lead = customer_policies.bought(shop, time_zone=night)
    handle = await shop.start(Phase.CUSTOMER, lead, reason="won", owner="rep-1")
    await shop.reaches("SELECT count(*) FROM task WHERE state = 'done'", 2)
    await handle.signal("pause")
    await shop.environment.sleep(timedelta(days=100))

    assert shop.value("SELECT count(*) FROM touch") == 0
    await handle.signal("resume")
    ending = await shop.ending(handle)

    assert ending.reason == "churned"
    assert shop.value("SELECT count(*) FROM touch WHERE state = 'sent'") == 3
    first = shop.value("SELECT min(sent_at) FROM touch")
    assert first - datetime.now(UTC) > timedelta(days=99)


async def test_a_listener_that_dies_stops_the_journey_for_all_to_see() -> None:
    """It died in silence, and what the customer wrote lay in an inbox that nobody read."""
    async with (
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=str(TEST_SERVER)
        ) as server,
        Worker(
            server.client,
            task_queue="deaf",
            workflows=[DeafCustomer],
            workflow_runner=workflow_runner(),
        ),
    ):
        state = JourneyState(1, entered="an earlier run")
        handle = await server.client.start_workflow(
            "DeafCustomer", state, id="lead-1", task_queue="deaf"
        )
        await handle.signal("engagement", JourneyEvent(EventCode.REPLIED))

        failed = None
        for _ in range(100):
            if failed:
                break
            await asyncio.sleep(0.1)
            history = await handle.fetch_history()
            failed = next(
                (
                    event.workflow_task_failed_event_attributes.failure.message
                    for event in history.events
                    if event.HasField("workflow_task_failed_event_attributes")
                ),
                None,
            )
        await handle.terminate()

    assert failed == "nobody hears replied"
