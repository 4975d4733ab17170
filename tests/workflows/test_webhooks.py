"""A receiver that is down for a long weekend gets what it missed; one that stays away does not."""

from __future__ import annotations

from datetime import timedelta

from domain.contracts.journey import JOURNEY_QUEUE
from domain.contracts.webhooks import PAUSES, WEBHOOK_WORKFLOW, webhook_workflow_id
from store.outbox.outgoing import add_endpoint, announce
from tests.support.workflow_world import World


async def test_an_event_is_tried_ten_times_over_three_days_and_then_given_up(here: World) -> None:
    meeting = await here.has_meeting(here.lead())
    with here.database.begin() as connection:
        # A private address is refused before anybody is asked.
        add_endpoint(connection, "https://127.0.0.1/hook", [])
        announce(connection, "meeting.booked", meeting)
    delivery = here.value("SELECT id FROM webhook_delivery")

    handle = await here.client.start_workflow(
        WEBHOOK_WORKFLOW, delivery, id=webhook_workflow_id(delivery), task_queue=JOURNEY_QUEUE
    )
    await handle.result()

    assert here.value("SELECT state FROM webhook_delivery") == "failed"
    assert here.value("SELECT attempts FROM webhook_delivery") == len(PAUSES) + 1
    run = await handle.describe()
    assert run.close_time is not None
    passed = run.close_time - run.start_time
    assert abs(passed - sum(PAUSES, timedelta())) < timedelta(minutes=1)
