"""The relay: what the database decided reaches Temporal, in order, and counts once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollActivityTaskQueueRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from domain.contracts.journey import JOURNEY_QUEUE, JourneyState, Phase, Stage, journey_id
from domain.contracts.rescoring import rescore_workflow_id
from domain.refusals import TaskOver
from domain.tasks.completion import Completion
from store.outbox.relay_messages import post as post_message
from store.scoring.scoring_runs import begin_run
from store.tasks import tasks
from tests.relay.post import DELIVERED, Post
from tests.relay.recorder import NOBODY

pytestmark = pytest.mark.xdist_group("relay")

ACCEPT = Completion(disposition="accept")


def starts(post: Post, lead_id: int) -> None:
    """Queue the start of a lead's journey."""
    with post.database.begin() as connection:
        post_message(
            connection,
            key=f"start:lead-{lead_id}",
            workflow_id=journey_id(lead_id),
            kind="start",
            name=Phase.NURTURE,
            payload={"lead_id": lead_id, "cadence": "welcome-nurture"},
        )


def does(post: Post, task_id: int, answer: Completion = ACCEPT) -> None:
    """A person does the task."""
    with post.database.begin() as connection:
        tasks.complete_task(connection, task_id, answer, "rep-1", post.settings.clock().now())


async def test_a_start_delivered_twice_is_one_journey(post: Post) -> None:
    """An imported lead would be nurtured twice over."""
    lead = post.lead()
    starts(post, lead)

    await post.relay.deliver_due()
    run = await post.client.get_workflow_handle(journey_id(lead)).describe()
    post.forget()
    await post.relay.deliver_due()

    again = await post.client.get_workflow_handle(journey_id(lead)).describe()
    assert again.run_id == run.run_id
    assert post.outcomes() == ["delivered"]


async def test_a_start_delivered_again_after_the_journey_ended_begins_no_second(
    post: Post,
) -> None:
    """A lead that was disqualified months ago would get the welcome mails again."""
    lead = post.lead()
    starts(post, lead)
    await post.relay.deliver_due()
    handle = post.client.get_workflow_handle(journey_id(lead))
    await handle.terminate()
    post.forget()

    await post.relay.deliver_due()

    assert (await handle.describe()).status == WorkflowExecutionStatus.TERMINATED


async def test_a_scoring_run_delivered_again_after_its_end_begins_no_second(post: Post) -> None:
    """A relay that died before it noted the delivery would have all leads counted again."""
    post.lead()
    with post.database.begin() as connection:
        run_id = begin_run(connection, newest_rules(connection), post.settings.clock().now())
    assert run_id
    async with post.working():
        await post.relay.deliver_due()
        run = post.client.get_workflow_handle(rescore_workflow_id(run_id))
        await run.result()
        began = await run.describe()
        post.forget()
        await post.relay.deliver_due()

    assert (await run.describe()).run_id == began.run_id
    assert post.outcomes() == ["delivered"]
    assert post.value("SELECT finished_at IS NOT NULL FROM scoring_run") is True


async def test_the_news_of_one_lead_arrive_in_the_order_they_happened(post: Post) -> None:
    """Booked, then cancelled: the other way round, the lead is reminded of a meeting it called
    off."""
    lead = post.lead()
    handle = await post.recorder(lead)
    codes = ["booked", "rescheduled", "cancelled", "replied"]
    post.tell(lead, *codes)

    while await post.relay.deliver_due():
        pass

    assert await post.heard(handle) == codes


async def test_news_brought_twice_count_once(post: Post) -> None:
    """A reply counted twice would wake the lead's next phase as well."""
    lead = post.lead()
    handle = await post.recorder(lead)
    post.tell(lead, "replied", "booked")

    async with post.recording():
        while await post.relay.deliver_due():
            pass
        post.forget()
        while await post.relay.deliver_due():
            pass
        await handle.signal("stop")
        counted = await handle.result()

    assert await post.heard(handle) == ["replied", "booked"] * 2
    assert counted == ["replied", "booked"]


async def test_news_for_a_journey_that_is_over_are_let_go(post: Post) -> None:
    """They would be tried for ever, and hold up nothing but the relay."""
    lead = post.lead()
    post.tell(lead, "replied")

    await post.relay.deliver_due()

    assert post.outcomes() == ["undeliverable"]


async def test_news_nobody_can_read_do_not_hold_up_those_of_other_leads(post: Post) -> None:
    """After an upgrade an older worker's relay may meet a field it does not know."""
    broken, fine = post.lead(), post.lead()
    handle = await post.recorder(fine)
    post.tell(broken, "replied")
    post.run("UPDATE relay_message SET payload = payload || '{\"of_tomorrow\": 1}'")
    post.tell(fine, "replied")

    await post.relay.deliver_due()

    assert post.outcomes() == ["", "delivered"]
    assert await post.heard(handle) == ["replied"]


async def test_what_happens_while_temporal_is_down_is_late_and_not_lost(post: Post) -> None:
    """Every restart of Temporal would strand the leads that stirred meanwhile."""
    told, new = post.lead(), post.lead()
    handle = await post.recorder(told)

    async with post.relaying():
        await asyncio.to_thread(post.server.stop)
        post.tell(told, "replied", "booked")
        starts(post, new)
        await post.reaches("SELECT max(attempts) > 0 FROM relay_message", True)
        await asyncio.to_thread(post.server.start)
        await post.reaches(DELIVERED, 3, seconds=120)

    assert await post.heard(handle) == ["replied", "booked"]
    started = await post.client.get_workflow_handle(journey_id(new)).describe()
    assert started.status == WorkflowExecutionStatus.RUNNING


async def test_relays_side_by_side_deliver_everything_once_and_in_order(post: Post) -> None:
    """Every worker runs one; with two workers a lead would hear things twice, or out of order."""
    codes = [f"code-{number}" for number in range(5)]
    handles = {lead: await post.recorder(lead) for lead in (post.lead() for _ in range(20))}

    async with post.relaying(3):
        for code in codes:
            for lead in handles:
                post.tell(lead, code)
        await post.reaches(DELIVERED, len(codes) * len(handles))

    for handle in handles.values():
        assert await post.heard(handle) == codes


async def test_a_task_done_before_the_wait_begins_reaches_the_journey(post: Post) -> None:
    """A quick SDR's answer would be lost, and the lead wait out the deadline."""
    lead = post.lead()
    task, handle = await post.waiter(lead, at_once=False)
    does(post, task)

    async with post.recording():
        await post.relay.deliver_due()
        assert post.outcomes() == [""], "it gave up before the journey had begun to wait"
        await handle.signal("begin")
        answer = await handle.result()
        post.run("UPDATE relay_message SET not_before = now()")
        await post.relay.deliver_due()

    assert answer.disposition == "accept"
    assert post.outcomes() == ["delivered"]
    assert post.value("SELECT late FROM task") is False


@pytest.mark.parametrize("taken", [False, True])
async def test_a_wait_that_no_worker_lives_to_begin_ends_with_the_answer(
    post: Post, taken: bool
) -> None:
    """A worker killed with the wait in hand would keep the person's answer from the journey until
    the deadline, days later, and all other news of the lead with it."""
    lead = post.lead()
    async with post.recording():
        task, handle = await post.waiter(lead, queue=NOBODY)
        if taken:
            await post.client.workflow_service.poll_activity_task_queue(
                PollActivityTaskQueueRequest(
                    namespace=post.client.namespace, task_queue=TaskQueue(name=NOBODY)
                ),
                timeout=timedelta(seconds=30),
            )
        does(post, task)

        async with post.relaying():
            answer = await asyncio.wait_for(handle.result(), 30)

    assert answer.disposition == "accept"


async def test_an_answer_delivered_twice_is_not_called_late(post: Post) -> None:
    """A relay that died before it noted the delivery would have the SDR told that the work was in
    vain."""
    lead = post.lead()
    async with post.recording():
        task, handle = await post.waiter(lead)
        does(post, task)
        async with post.relaying():
            await handle.result()
            await post.reaches(DELIVERED, 1)
    post.run("UPDATE task SET consumed = false")
    post.forget()

    await post.relay.deliver_due()

    assert post.outcomes() == ["delivered"]
    assert post.value("SELECT late FROM task") is False


async def test_what_our_row_says_is_no_proof_that_the_journey_knows(post: Post) -> None:
    """A worker that died between reading the answer and its report left the lead standing until
    the task's deadline, days later, with the SDR's answer shown as taken."""
    lead = post.lead()
    async with post.recording():
        task, handle = await post.waiter(lead, queue=NOBODY)
        await post.client.workflow_service.poll_activity_task_queue(
            PollActivityTaskQueueRequest(
                namespace=post.client.namespace, task_queue=TaskQueue(name=NOBODY)
            ),
            timeout=timedelta(seconds=30),
        )
        does(post, task)
        post.run("UPDATE task SET consumed = true")

        async with post.relaying():
            answer = await asyncio.wait_for(handle.result(), 30)

    assert answer.disposition == "accept"


async def test_reading_an_answer_is_not_taking_it(post: Post) -> None:
    """The journey has it when Temporal has: what reads it may die before the report."""
    lead = post.lead()
    task, handle = await post.waiter(lead, at_once=False)
    does(post, task)
    with post.database.begin() as connection:
        assert tasks.result_of(connection, task) is not None
    assert post.value("SELECT consumed FROM task") is False

    async with post.recording():
        await handle.signal("begin")
        await handle.result()
        async with post.relaying():
            await post.reaches("SELECT consumed FROM task", True)


async def test_after_an_outage_of_any_length_everything_goes_on_at_once(post: Post) -> None:
    """Growing gaps between tries made hot leads wait a minute longer than Temporal was away."""
    lead, other = post.lead(), post.lead()
    handle = await post.recorder(lead)
    async with post.relaying():
        await asyncio.to_thread(post.server.stop)
        post.tell(lead, "replied")
        await post.reaches("SELECT max(attempts) > 0 FROM relay_message", True)
        post.run(
            "UPDATE relay_message SET attempts = 9, not_before = now() + interval '10 minutes'"
        )
        post.tell(other, "replied")
        await asyncio.to_thread(post.server.start)
        await post.reaches("SELECT count(*) FROM relay_message WHERE outcome = ''", 0, seconds=60)

    assert await post.heard(handle) == ["replied"]


async def test_an_answer_for_a_journey_that_is_over_is_marked_late(post: Post) -> None:
    """The SDR must be told; nobody will act on it."""
    lead = post.lead()
    task, handle = await post.waiter(lead, at_once=False)
    await handle.terminate()
    does(post, task)

    await post.relay.deliver_due()

    assert post.outcomes() == ["undeliverable"]
    assert post.value("SELECT late FROM task") is True


async def test_the_whole_way_of_a_task_from_the_journey_to_the_person_and_back(
    post: Post,
) -> None:
    lead = post.lead()
    async with post.working(), post.relaying():
        await follow_up(post, lead)
        does(post, await open_task(post), Completion(disposition="return", reason="too_early"))
        await post.reaches("SELECT phase FROM lead", "Recycle")
        # The journey may be quicker than the answer that it was told.
        await post.reaches("SELECT count(*) FROM relay_message WHERE outcome = ''", 0)

    assert post.value("SELECT phase_reason FROM lead") == "too_early"
    assert post.values("SELECT state FROM task") == ["done"]
    assert post.outcomes() == ["delivered"]


async def test_an_answer_that_crosses_with_a_withdrawal_counts(post: Post) -> None:
    """The SDR said 'too early' just before the booking: the journey must not ask again, and must
    not forget the booking either."""
    lead = post.lead()
    async with post.working():
        handle = await follow_up(post, lead)
        does(post, await open_task(post), Completion(disposition="return", reason="too_early"))
        await handle.signal("pause")
        await post.reaches("SELECT consumed FROM task", True)
        await handle.signal("resume")
        await post.reaches("SELECT phase FROM lead", "Recycle")
        async with post.relaying():
            await post.reaches(DELIVERED, 1)

    assert post.values("SELECT state FROM task") == ["done"]
    assert post.value("SELECT late FROM task") is False


async def test_a_reply_that_sales_has_answered_does_not_wake_the_parked_lead(post: Post) -> None:
    """The lead wrote 'not this year', the SDR recycled it, and the next day it is called again."""
    lead = post.lead()
    async with post.working():
        handle = await follow_up(post, lead)
        task = await open_task(post)
        async with post.relaying():
            post.tell(lead, "replied", "score_reached")
            await post.reaches(DELIVERED, 2)
            does(post, task, Completion(disposition="return", reason="too_early"))
            await post.reaches("SELECT phase FROM lead", "Recycle")
        await handle.signal("stop")
        await post.reaches("SELECT phase FROM lead", "ended")

    phases = post.values("SELECT phase FROM stage_transition ORDER BY id")
    assert phases == ["FollowUp", "Recycle", "ended"]


async def test_who_is_too_late_is_told_so_and_the_journey_goes_on(post: Post) -> None:
    """Past its deadline a task is closed; an answer then is refused and breaks nothing."""
    post.hurry(60_000.0)
    lead = post.lead()
    async with post.working(), post.relaying():
        await follow_up(post, lead)
        task = await open_task(post)
        await post.reaches("SELECT state FROM task ORDER BY id LIMIT 1", "expired")
        with pytest.raises(TaskOver, match="its deadline passed on"):
            does(post, task)
        await post.reaches("SELECT phase_reason FROM lead", "not_worked")


def newest_rules(connection: Connection) -> int:
    """The id of the scoring rules in force."""
    found = text("SELECT max(id) FROM policy_version WHERE name = 'scoring'")
    return int(connection.execute(found).scalar_one())


async def follow_up(post: Post, lead_id: int) -> WorkflowHandle[Any, Any]:
    """Start the lead's journey in FollowUp."""
    return await post.client.start_workflow(
        Phase.FOLLOW_UP,
        JourneyState(lead_id=lead_id, reason="replied", stage=Stage.MQL),
        id=journey_id(lead_id),
        task_queue=JOURNEY_QUEUE,
    )


async def open_task(post: Post) -> int:
    """The id of the lead's task, once it is open."""
    await post.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    return int(post.value("SELECT id FROM task WHERE state = 'open'"))
